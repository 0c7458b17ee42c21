"""对账结果表 (the published tables of what was booked): arrivals, applications, credits, refunds."""

from __future__ import annotations

import polars as pl

from nxmed.collections.balances import DUE
from nxmed.collections.credits import ACCOUNT, Decided
from nxmed.collections.reversals import Reversed


def arrivals_table(lines: pl.DataFrame, duplicates: pl.DataFrame, *, pieces: pl.DataFrame, undone: Reversed,
                   payers: pl.DataFrame, rule: str) -> pl.DataFrame:
    """到账明细 (every line handled, with its class and what became of its money)."""
    onto = pl.concat([pieces.select("line", "amt"), undone.from_dues.select("line", amt=-pl.col("amt"))])
    applied = onto.group_by("line").agg(applied_amt=pl.col("amt").sum())
    done = undone.accepted.with_columns(_done=pl.lit(True))
    matched = pl.col("class").is_null() & pl.col("match_step").is_not_null()
    undone_line = pl.col("_done").fill_null(False)
    booked = (
        lines.join(applied, on="line", how="left").join(done, on="line", how="left")
        .with_columns(pl.col("applied_amt").fill_null(0))
        .with_columns(credit_amt=pl.when(matched | undone_line).then(pl.col("paid_amt") - pl.col("applied_amt"))
                      .otherwise(pl.lit(0, pl.Int64)))
        .with_columns(
            pl.when(undone_line).then(pl.lit("reversal")).when("reversal").then(pl.lit("unidentified"))
            .when(~matched).then(pl.col("class"))
            .when(pl.col("credit_amt") == 0).then(pl.lit("applied"))
            .when(pl.col("applied_amt") == 0).then(pl.lit("credit")).otherwise(pl.lit("partly_applied"))
            .alias("class"),
            confirmed=pl.col("tied") & ~pl.col("waits"),
        )
    )
    repeated = duplicates.join(payers, on="taxpayer_no", how="left").with_columns(
        pl.lit("duplicate").alias("class"), pl.col("first_emp").alias("emp_no"), match_step=pl.lit(None, pl.String),
        applied_amt=pl.lit(0, pl.Int64), credit_amt=pl.lit(0, pl.Int64), confirmed=pl.lit(False),
        waits=pl.lit(False),
        tie_kind=pl.lit(None, pl.String))
    columns = [
        "elec_taxrpt_no", "line_no", "taxpayer_no", "emp_no", "insutype", "part", "paid_amt", "latefee_amt", "class",
        "match_step", "applied_amt", "credit_amt", "intsury_time", "arrived_period", "clct_bill_id",
        "levy_subitem_name", "levy_attr", "accrym_begn", "accrym_end", "treasury_code", "org_taxrpt_no", "confirmed",
        "waits", "tie_kind", "src_file", "src_row",
    ]
    return pl.concat([booked.select(columns), repeated.select(columns)]).with_columns(rule=pl.lit(rule)).sort(
        "elec_taxrpt_no", "line_no", "arrived_period")


def applications_table(paid: pl.DataFrame, undone: Reversed, decided: Decided, *, open_now: pl.DataFrame,
                       lines: pl.DataFrame, lots: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """入账明细 (line × due × amt of payments, reversals with the line they undo, decisions with their lot's line)."""
    text, number = pl.lit(None, pl.String), pl.lit(None, pl.Int64)
    key = ["elec_taxrpt_no", "line_no", "clct_bill_id", "part", "amt"]
    own = lines.select("line", "elec_taxrpt_no", "line_no")
    both = pl.concat([
        paid.select(*key, source=pl.lit("payment"), decision_sn=text, org_taxrpt_no=text, org_line_no=number,
                    intsury_time="intsury_time"),
        undone.from_dues.join(own, on="line").with_columns(amt=-pl.col("amt")).select(
            *key, source=pl.lit("reversal"), decision_sn=text, org_taxrpt_no="org_taxrpt_no",
            org_line_no="org_line_no", intsury_time="org_time"),
        decided.applied.join(open_now.select("due", *DUE), on="due").join(
            lots.select("lot", "elec_taxrpt_no", "line_no", "intsury_time"), on="lot").select(
            *key, source=pl.lit("credit"), decision_sn="decision_sn", org_taxrpt_no=text, org_line_no=number,
            intsury_time="intsury_time"),
    ])
    return both.join(
        known.select(*DUE, "emp_no", "insutype", "accrym", "dedln_date"), on=DUE,
    ).sort("elec_taxrpt_no", "line_no", "clct_bill_id", "part", "source", "decision_sn", "org_taxrpt_no",
           "org_line_no", nulls_last=True)


def unit_credits_table(opening: pl.DataFrame, lots: pl.DataFrame, undone: Reversed, decided: Decided, rule: str,
                       ) -> pl.DataFrame:
    """单位多缴 (what each unit had, got, used, got back and has left, by insurance)."""
    account = lots.select("lot", *ACCOUNT)
    first = opening.select(*ACCOUNT, opening_amt="amt")
    added = pl.concat([lots.select(*ACCOUNT, amt="amt"), opening.select(*ACCOUNT, amt=-pl.col("amt"))])
    moves = [
        first.group_by(ACCOUNT).agg(pl.col("opening_amt").sum()),
        added.group_by(ACCOUNT).agg(added_amt=pl.col("amt").sum()),
        *(frame.join(account, on="lot").group_by(ACCOUNT).agg(pl.col("amt").sum().alias(name))
          for name, frame in (("reversed_amt", undone.from_lots), ("applied_amt", decided.applied),
                              ("refunded_amt", decided.refunds))),
        decided.lots.group_by(ACCOUNT).agg(credit_amt=pl.col("amt").sum()),
    ]
    joined = account.select(ACCOUNT).unique()
    for move in moves:
        joined = joined.join(move, on=ACCOUNT, how="left")
    return joined.with_columns(pl.exclude(ACCOUNT).fill_null(0)).with_columns(rule=pl.lit(rule)).sort(
        ACCOUNT)


def refunds_table(decided: Decided, lots: pl.DataFrame, rule: str) -> pl.DataFrame:
    """退还清单 (money to be sent back, by decision and the line that brought it)."""
    return decided.refunds.join(lots.drop("amt"), on="lot").select(
        "decision_sn", "emp_no", "insutype", "elec_taxrpt_no", "line_no", "amt", "intsury_time", rule=pl.lit(rule),
    ).sort("decision_sn", "elec_taxrpt_no", "line_no", nulls_last=False)
