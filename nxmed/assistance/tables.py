"""救助的发布表 (items, persons' years, what is to be paid, who is watched)."""

from __future__ import annotations

import polars as pl

from nxmed.assistance.entitlement import BY_ITEM, BY_YEAR, Standards
from nxmed.assistance.identity import watched_codes
from nxmed.assistance.paid import CLAIMED, SOURCE, item_id, to_pay
from nxmed.kernel.period import Period
from nxmed.law.catalog import Law

PERSON_PAYEE = "2"
"""ptcp_type of the account register: a person."""
INSURED_HERE, INSURED_AWAY = "NXJZ-17", "NXJZ-18"
RULES = {"no_identity": "NXJZ-12", "no_standard": "NXJZ-10;NXJZ-14", "not_referred": "NXJZ-13", "refunded": "NXJZ-13"}


def with_rule(items: pl.DataFrame) -> pl.DataFrame:
    """依据 (the articles a row rests on)."""
    tiered = pl.concat_str([pl.lit("NXJZ-12;NXJZ-13;NXJZ-14."), "tier"])
    return items.with_columns(rule=pl.when(pl.col("class").is_in(["due", "nothing_due"])).then(tiered).otherwise(
        pl.col("class").replace_strict(RULES, default=None, return_dtype=pl.String)))


def payout_items(items: pl.DataFrame, period: Period) -> pl.DataFrame:
    """付款项 (one per item and fund with a delta above 0 and a claim; `item_id` is the same whenever the month is
    computed again)."""
    due = to_pay(items, CLAIMED, "source_key", "psn_no", "certno", "payer", "insu_admdvs", "tier", "by_claim")
    ids = [item_id(key, fund, period.text, by_claim=claim)
           for key, fund, claim in due.select("source_key", "fund_pay_type", "by_claim").iter_rows()]
    here = pl.col("insu_admdvs") == pl.col("payer")
    return due.select(
        pl.Series("item_id", ids, pl.String), pl.lit(SOURCE).alias("source"), "source_key", "fund_pay_type",
        pl.lit(PERSON_PAYEE).alias("payee_type"), pl.coalesce("psn_no", "certno").alias("payee_code"), "amt",
        pl.col("payer").alias("insu_admdvs"),
        pl.concat_str([pl.lit("NXJZ-14."), "tier", pl.when(here.fill_null(False)).then(pl.lit(f";{INSURED_HERE}")).otherwise(
            pl.lit(f";{INSURED_AWAY}"))]).alias("rule"),
    ).sort("item_id")


def years(counted: pl.DataFrame, standards: dict[int, Standards]) -> pl.DataFrame:
    """人员年度 (totals of the items that count, and what is left of each cap; one row per person, year and scheme).

    counted: all items of the person's year that count, with owed, paid and deltas.
    """
    pieces = []
    for year, s in sorted(standards.items()):
        mine = counted.filter(pl.col("benefit_year") == year)
        sums = mine.group_by("person", "benefit_year", "scheme").agg(
            pl.col("certno").first(), pl.col("psn_no").min(), items=pl.len().cast(pl.Int64), run_amt=pl.col("run_after").max(),
            **{c: pl.col(c).sum() for c in TOTALS})
        low = pl.col("scheme") == "12"
        pieces.append(sums.with_columns(
            ordinary_left=pl.when(low).then(pl.lit(s.cap[BY_ITEM[0]])).otherwise(pl.lit(s.cap[BY_YEAR[0]])) - pl.col("ordinary_amt"),
            tilt_left=pl.when(low).then(pl.lit(s.tilt_cap[BY_ITEM[0]], pl.Int64) - pl.col("tilt_amt")),
            rule=pl.when(low).then(pl.lit("NXJZ-14.1;NXJZ-14.2")).otherwise(pl.lit("NXJZ-14.3;NXJZ-14.4;NXJZ-14.5"))))
    if not pieces:
        return pl.DataFrame(schema=YEARS)
    return pl.concat([p.select(list(YEARS)) for p in pieces]).sort("benefit_year", "certno", "psn_no", "scheme", nulls_last=True)


TOTALS = ("base_amt", "ordinary_amt", "tilt_amt", "paid_ordinary", "paid_tilt", "delta_ordinary", "delta_tilt")
YEAR_PARTS = ("person", "benefit_year", "scheme", "certno", "psn_no", "run_after", *TOTALS)
"""What `years` needs of an item."""
YEARS: dict[str, pl.DataType] = {
    "certno": pl.String(), "psn_no": pl.String(), "benefit_year": pl.Int64(), "scheme": pl.String(), "items": pl.Int64(),
    **dict.fromkeys(("base_amt", "run_amt", "ordinary_amt", "tilt_amt", "ordinary_left", "tilt_left", "paid_ordinary",
                     "paid_tilt", "delta_ordinary", "delta_tilt"), pl.Int64()), "rule": pl.String()}
WATCH: dict[str, pl.DataType] = {
    "certno": pl.String(), "psn_no": pl.String(), "benefit_year": pl.Int64(), "items": pl.Int64(), "base_amt": pl.Int64(),
    "threshold_amt": pl.Int64(), "over_amt": pl.Int64(), "identified": pl.Boolean(), "rule": pl.String()}


def watch(items: pl.DataFrame, identities: pl.DataFrame, law: Law, period: Period) -> pl.DataFrame:
    """因病返贫预警 (NXJZ-36.2: persons marked as lifted out of poverty in P's year whose bases of the year exceed the amount).

    items: all items of the year that were not refunded, whatever their class. `identified`: one of them has a tier.
    """
    number = law.number("assistance.watch_amount", period.first_day)
    year = pl.col("begntime").dt.year() <= period.year
    marked = identities.filter(
        pl.col("mat_idet_code").is_in(watched_codes(law)) & year
        & (pl.col("endtime").is_null() | (pl.col("endtime").dt.year() >= period.year)))
    mine = pl.concat([
        items.join(marked.select("certno").unique().drop_nulls(), on="certno", how="semi"),
        items.filter(pl.col("certno").is_null()).join(marked.select("psn_no").unique().drop_nulls(), on="psn_no", how="semi")])
    sums = mine.group_by("person").agg(
        pl.col("certno").first(), pl.col("psn_no").min(), items=pl.len().cast(pl.Int64),
        base_amt=pl.col("base_amt").sum(), identified=pl.col("tier").is_not_null().any())
    over = sums.filter(law.rule("poverty_watch")(pl.col("base_amt"), number.fen))
    return over.select(
        "certno", "psn_no", pl.lit(period.year, pl.Int64).alias("benefit_year"), "items", "base_amt",
        pl.lit(number.fen, pl.Int64).alias("threshold_amt"), (pl.col("base_amt") - number.fen).alias("over_amt"),
        "identified", pl.lit(number.rule).alias("rule")).sort("certno", "psn_no", nulls_last=True)
