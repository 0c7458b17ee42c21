"""救助的发现 (what a person must look at after a month of assistance)."""

from __future__ import annotations

import polars as pl

from nxmed.assistance.shapes import ORDINARY_FUND, TILT_FUND
from nxmed.kernel import finding
from nxmed.kernel.identifiers import mask_expr
from nxmed.kernel.period import Period

FUND_WORDS = {"ordinary": (ORDINARY_FUND, "救助"), "tilt": (TILT_FUND, "倾斜救助")}
UNCHANGED = "上年未变"
"""Why an item of the year before is not published: nothing of its own happened this year."""
UNPLACED = {
    "kind": ("CLAIM_NOT_COVERED", "医疗类别不属于门诊慢特病或住院，不予救助"),
    "refunded": ("CLAIM_NOT_COVERED", "所指结算已退费，不予救助"),
    "repeated": ("CLAIM_REPEATED", "同一笔费用已有申请，本申请不再支付"),
}


def yuan_text(amount: pl.Expr) -> pl.Expr:
    """元, 两位小数 (fen as text)."""
    size = amount.abs()
    return pl.concat_str([
        pl.when(amount < 0).then(pl.lit("-")).otherwise(pl.lit("")), (size // 100).cast(pl.String), pl.lit("."),
        (size % 100).cast(pl.String).str.zfill(2)])


def of_run(first_month: bool) -> list[pl.DataFrame]:
    """首月提示."""
    if not first_month:
        return []
    return [finding.make("FIRST_MONTH", pl.DataFrame({"month": [1]}),
                         "首个救助月份：以前的已付只有一站式支付和期初救助")]


def of_items(items: pl.DataFrame) -> list[pl.DataFrame]:
    """无标准、多付 (published items)."""
    without = items.filter(pl.col("class") == "no_standard")
    found = [finding.make(
        "NO_STANDARD", without, pl.format("身份属第十四条未给标准的类别，救助基数 {} 元未计算", yuan_text(pl.col("base_amt"))),
        actual=yuan_text(pl.col("base_amt")), ref_no=pl.coalesce("clm_sn", "setl_id"))]
    for name, (fund, zh) in FUND_WORDS.items():
        over = items.filter(pl.col(f"delta_{name}") < 0)
        found.append(finding.make(
            "OVERPAID_ASSISTANCE", over, pl.format(
                "{} {} 应付 {} 元，已付 {} 元，多付 {} 元，须追回", pl.lit(zh), pl.col("class").replace_strict(
                    {"refunded": "（已退费或已撤销）"}, default="", return_dtype=pl.String),
                yuan_text(pl.col(f"{name}_amt")), yuan_text(pl.col(f"paid_{name}")), yuan_text(-pl.col(f"delta_{name}"))),
            expected=yuan_text(pl.col(f"{name}_amt")), actual=yuan_text(pl.col(f"paid_{name}")),
            diff_amt=-pl.col(f"delta_{name}"), ref_no=pl.concat_str([pl.lit(fund), pl.col("clm_sn").fill_null("")], separator="|")))
    return found


def of_claims(items: pl.DataFrame, claims: pl.DataFrame, unplaced: pl.DataFrame, period: Period) -> list[pl.DataFrame]:
    """申请 (claims that change nothing, lack the certificate or a paying agency, or name another person's settlement).

    items: published items; claims: every claim with its item. Only claims that P's own month brought are told, but what
    an open delta waits for is told every month.
    """
    new = unplaced.filter(pl.col("inbox_month") == period.text)
    found = [
        finding.make(code, new.filter(pl.col("reason") == reason), words, ref_no=pl.col("clm_sn"))
        for reason, (code, words) in UNPLACED.items()]
    waiting = items.filter((pl.col("claim_state") == "claimable") & pl.col("claimed"))
    amount = pl.col("delta_ordinary").clip(0) + pl.col("delta_tilt").clip(0)
    found.append(finding.make(
        "CERTIFICATE_MISSING", waiting.filter(~pl.col("valid")), pl.format(
            "补报申请没有身份认定证明，{} 元暂不支付", yuan_text(amount)), ref_no=pl.col("clm_sn"), diff_amt=amount))
    found.append(finding.make(
        "NO_PAYING_AGENCY", waiting.filter(pl.col("valid")), pl.format(
            "参保地、户籍地都不在本区，{} 元没有经办机构支付", yuan_text(amount)), ref_no=pl.col("clm_sn"), diff_amt=amount))
    named = claims.filter(pl.col("inbox_month") == period.text).join(
        items.select("item", "setl_id", of_item="certno"), on="item", how="inner")
    other = named.filter(pl.col("certno").is_not_null() & pl.col("of_item").is_not_null() & (pl.col("certno") != pl.col("of_item")))
    found.append(finding.make(
        "CLAIM_PERSON_DIFFERS", other, "申请人与所指结算的人员不是同一人，按结算的人员支付", ref_no=pl.col("clm_sn"),
        expected=mask_expr(pl.col("of_item")), actual=mask_expr(pl.col("certno"))))
    return found


def of_years(persons: pl.DataFrame) -> list[pl.DataFrame]:
    """身份跨类 (a person with items of both schemes in one year)."""
    both = persons.group_by("certno", "psn_no", "benefit_year").agg(
        pl.col("scheme").n_unique().alias("n"), pl.col("ordinary_amt").sum()).filter(pl.col("n") > 1)
    return [finding.make(
        "SCHEME_CHANGED", both, pl.format("{} 年度内兼有第一、二档与第三至五档身份，两类累计各自计算", pl.col("benefit_year")),
        ref_no=pl.concat_str([pl.coalesce("psn_no", mask_expr(pl.col("certno"))), "benefit_year"], separator="|"))]


def of_opening(rest: pl.DataFrame) -> list[pl.DataFrame]:
    """期初余额 (opening amounts that found no item to lie on)."""
    return [finding.make(
        "OPENING_NOT_PLACED", rest, pl.format(
            "证件 {} {} 年度期初已付中，救助 {} 元、倾斜 {} 元没有对应的应救助费用", mask_expr(pl.col("certno")), pl.col("year"),
            yuan_text(pl.col("ordinary_amt")), yuan_text(pl.col("tilt_amt"))),
        diff_amt=pl.col("ordinary_amt") + pl.col("tilt_amt"), ref_no=pl.concat_str([
            mask_expr(pl.col("certno")), "year"], separator="|"))]


def of_years_gone(items: pl.DataFrame, period: Period) -> list[pl.DataFrame]:
    """年度已过 (claims of P's month for a benefit year before the last: not computed any more)."""
    late = items.filter((pl.col("benefit_year") < period.year - 1) & (pl.col("claim_month") == period.text))
    return [finding.make(
        "BENEFIT_YEAR_CLOSED", late, pl.format("{} 年度的费用不再计算，请按旧年度处理", pl.col("benefit_year")),
        ref_no=pl.col("clm_sn"))]


def of_year_before(unlisted: pl.DataFrame, before: pl.DataFrame) -> list[pl.DataFrame]:
    """上年已办项目的差额变了 (an item of the year before that is not published again, but is owed otherwise than it was when last
    published: an identity that came late moved the running totals, or one was taken back).

    unlisted: items that are not published; before: items as earlier months published them. SPEC publishes only what was itself
    settled, refunded or given an identity this year; what follows for its neighbours is told here, so that no overpayment is silent.
    """
    moved = unlisted.filter(pl.col("why") == UNCHANGED)
    pieces = []
    for key in ("setl_id", "clm_sn"):
        last = before.filter(pl.col(key).is_not_null()).sort("period", descending=True).unique(key, keep="first", maintain_order=True)
        mine = moved.filter(pl.col(key).is_not_null() if key == "setl_id" else pl.col("setl_id").is_null() & pl.col(key).is_not_null())
        pieces.append(mine.join(last.select(key, was_ordinary="ordinary_amt", was_tilt="tilt_amt"), on=key, how="inner").select(
            "setl_id", "clm_sn", "psn_no", "benefit_year", "ordinary_amt", "tilt_amt", "delta_ordinary", "delta_tilt", "was_ordinary",
            "was_tilt"))
    rows = pl.concat(pieces).filter((pl.col("ordinary_amt") != pl.col("was_ordinary")) | (pl.col("tilt_amt") != pl.col("was_tilt")))
    return [finding.make(
        "YEAR_BEFORE_SHIFT", rows, pl.format(
            "{} 年度的项目重算后，应救助由 {} 元变为 {} 元，倾斜由 {} 元变为 {} 元；现差额 {} 元、倾斜 {} 元，负数须追回，正数请本人申请",
            pl.col("benefit_year"), *(yuan_text(pl.col(c)) for c in (
                "was_ordinary", "ordinary_amt", "was_tilt", "tilt_amt", "delta_ordinary", "delta_tilt"))),
        expected=yuan_text(pl.col("ordinary_amt") + pl.col("tilt_amt")), actual=yuan_text(pl.col("was_ordinary") + pl.col("was_tilt")),
        diff_amt=-(pl.col("delta_ordinary") + pl.col("delta_tilt")), ref_no=pl.coalesce("clm_sn", "setl_id"))]
