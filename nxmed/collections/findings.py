"""对账的发现 (what a person must look at after a month's arrivals)."""

from __future__ import annotations

import polars as pl

from nxmed.collections.proofs import MATCHED
from nxmed.collections.reversals import Reversed
from nxmed.collections.wording import yuan_text
from nxmed.kernel import finding

MESSAGES = {
    "UNKNOWN_LEVY_ITEM": "征收品目“{}”无法识别险种，本行 {} 元待查",
    "REVERSAL_WAITS": "退库所指税票 {} 尚有明细待国库确认，本行 {} 元暂不冲减",
    "PAYER_MISMATCH": "核定单 {} 不属于本行缴费人，本行 {} 元待查",
    "UNKNOWN_PAYER": "税票 {} 的缴费人既不是参保单位也不是灵活就业人员，本行 {} 元待查",
    "REVERSAL_UNMATCHED": "退库所指税票 {} 没有入账或余额不足，本行 {} 元待查",
    "OVERPAID": "税票 {} 超出可抵应缴 {} 元，记为单位多缴",
    "DUPLICATE_ARRIVAL": "税票 {} 的本行以前月份已送达，本次 {} 元不入账",
}
SUBJECT = {
    "UNKNOWN_LEVY_ITEM": "levy_subitem_name", "PAYER_MISMATCH": "clct_bill_id", "REVERSAL_WAITS": "org_taxrpt_no",
    "REVERSAL_UNMATCHED": "org_taxrpt_no",
}


def of_run(first_month: bool) -> list[pl.DataFrame]:
    """首月提示 (one row when the month starts from the opening files)."""
    if not first_month:
        return []
    return [finding.make("FIRST_MONTH", pl.DataFrame({"month": [1]}),
                         "首个对账月份，欠费与多缴由期初文件起算")]


def of_lines(lines: pl.DataFrame, duplicates: pl.DataFrame, arrivals: pl.DataFrame, undone: Reversed,
             ) -> list[pl.DataFrame]:
    """逐行发现 (one per line: duplicates, unknown items and payers, reversals, overpayments)."""
    refused = lines.filter("reversal").join(undone.accepted, on="line", how="anti")
    over = arrivals.filter(pl.col("class").is_in(["partly_applied", "credit"]))
    found = [
        _make(code, lines.filter(pl.col("code") == code), "paid_amt")
        for code in ("UNKNOWN_LEVY_ITEM", "REVERSAL_WAITS", "PAYER_MISMATCH", "UNKNOWN_PAYER")
    ]
    return [
        _make("DUPLICATE_ARRIVAL", duplicates, "paid_amt"), *found,
        _make("REVERSAL_UNMATCHED", refused, "paid_amt"), _make("OVERPAID", over, "credit_amt"),
    ]


def _make(code: str, frame: pl.DataFrame, amount: str) -> pl.DataFrame:
    subject = pl.col(SUBJECT.get(code, "elec_taxrpt_no")).fill_null("（未填）")
    return finding.make(
        code, frame, pl.format(MESSAGES[code], subject, yuan_text(pl.col(amount))),
        actual=yuan_text(pl.col("paid_amt")), diff_amt=pl.col(amount), ref_no=_reference(code), rule=_rule(frame),
    )


def _reference(code: str) -> pl.Expr:
    return pl.col("org_taxrpt_no") if code.startswith("REVERSAL") else pl.lit(None, pl.String)


def _rule(frame: pl.DataFrame) -> pl.Expr:
    return pl.col("rule") if "rule" in frame.columns else pl.lit(None, pl.String)


def of_decisions(decisions: pl.DataFrame) -> list[pl.DataFrame]:
    """多缴处理的发现 (above the credit: not done; an `apply` above the open dues: the rest stays a credit)."""
    shown = decisions.with_columns(ref_no="decision_sn", wanted=yuan_text(pl.col("amt")))
    exceeded = shown.filter(~pl.col("done"))
    unused = shown.filter(pl.col("done") & (pl.col("used") < pl.col("amt")))
    return [
        finding.make("CREDIT_EXCEEDED", exceeded,
                     pl.format("处理决定 {} 要处理 {} 元，多缴余额 {} 元，未执行", "decision_sn", "wanted",
                               yuan_text(pl.col("credit"))),
                     expected=yuan_text(pl.col("credit")), actual=pl.col("wanted"),
                     diff_amt=pl.col("amt") - pl.col("credit")),
        finding.make("CREDIT_NOT_USED", unused,
                     pl.format("处理决定 {} 要抵缴 {} 元，可抵欠费 {} 元，其余仍为多缴", "decision_sn", "wanted",
                               yuan_text(pl.col("used"))),
                     expected=pl.col("wanted"), actual=yuan_text(pl.col("used")),
                     diff_amt=pl.col("used") - pl.col("amt")),
    ]


def of_latefees(applications: pl.DataFrame, arrivals: pl.DataFrame, known: pl.DataFrame, rule: str,
                ) -> list[pl.DataFrame]:
    """滞纳金应收与实收 (per payer: Σ over the applications of the month against what the payer's booked lines brought).

    Received: `latefee` beside principal that was booked, and lines that are a late charge themselves.
    """
    payer = known.select("clct_bill_id", "part", taxpayer_no=pl.coalesce("payer", "taxpayer_no"))
    owed = applications.join(payer, on=["clct_bill_id", "part"]).group_by("taxpayer_no").agg(
        owed=pl.col("latefee_due").sum())
    charge = pl.col("class") == "late_charge"
    itself = pl.when(charge).then(pl.col("paid_amt")).otherwise(pl.lit(0, pl.Int64))
    received = arrivals.filter(charge | pl.col("class").is_in(MATCHED)).group_by("taxpayer_no").agg(
        received=(pl.col("latefee_amt") + itself).sum())
    both = owed.join(received, on="taxpayer_no", how="full", coalesce=True).with_columns(
        pl.col("owed", "received").fill_null(0)).filter(pl.col("owed") != pl.col("received"))
    shown = both.with_columns(expected=yuan_text(pl.col("owed")), actual=yuan_text(pl.col("received")),
                              diff_amt=pl.col("received") - pl.col("owed"))
    return [finding.make("LATEFEE_DIFF", shown, pl.format("本月入账应收滞纳金 {} 元，实收 {} 元", "expected", "actual"),
                         rule=rule)]


