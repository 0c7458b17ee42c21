"""救助身份 (which identities cover an item, and the best tier among them; NXJZ-10 to 12, 14)."""

from __future__ import annotations

import polars as pl

from nxmed.assistance.shapes import IDENTITY_KEY, AssistInputs
from nxmed.law.catalog import Law

NO_STANDARD = "9"
"""Rank of a category without a standard: after every tier."""
STANDARDS = {"tier": None, "none": NO_STANDARD}


def ranks(law: Law, codes: list[str]) -> dict[str, str]:
    """身份代码的档次 ("1" to "5", "9" no standard; codes without a tier are left out). Full codes before `*` ranges, the
    longest range first."""
    rows = [r for r in law.table("assistance_categories") if r["standard"] in STANDARDS]
    full = {r["code"]: r for r in rows if not r["code"].endswith("*")}
    ranges = sorted((r for r in rows if r["code"].endswith("*")), key=lambda r: -len(r["code"]))
    watched = set(watched_codes(law))
    found: dict[str, str] = {}
    for code in codes:
        row = full.get(code) or next((r for r in ranges if code.startswith(r["code"][:-1])), None)
        if row is not None and code not in watched:
            found[code] = row["tier"] or NO_STANDARD
    return found


def watched_codes(law: Law) -> list[str]:
    """监测的身份代码 (NXJZ-36.2)."""
    return [r["code"] for r in law.table("assistance_categories") if r["standard"] == "watch"]


def with_arrival(inputs: AssistInputs, identities: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """身份何时给出: adds `given_year`, the year of its push, or of its first delivery where the years differ and an
    earlier year was computed without it."""
    first = pl.concat([identities.select(*IDENTITY_KEY, "inbox_month"), history.select(*IDENTITY_KEY, "inbox_month")])
    first = first.group_by(IDENTITY_KEY).agg(first_month=pl.col("inbox_month").min())
    pushed = pl.col("tram_date").dt.year().cast(pl.Int64)
    delivered = pl.col("first_month").str.slice(0, 4).cast(pl.Int64)
    year = pl.max_horizontal(pushed, delivered) if inputs.ran_before_year else pushed
    return identities.join(first, on=list(IDENTITY_KEY), how="left").with_columns(given_year=year)


def cover(items: pl.DataFrame, identities: pl.DataFrame, law: Law) -> pl.DataFrame:
    """身份覆盖 (adds to items: `tier` "1" to "5", `no_standard`, `given_year`, `home`).

    Matched on certno, on psn_no where an item has none. `home`: place of household registration of the identity.
    """
    known = identities.with_columns(
        rank=pl.col("mat_idet_code").replace_strict(
            ranks(law, identities["mat_idet_code"].unique().sort().to_list()), default=None, return_dtype=pl.String)
    ).filter(pl.col("rank").is_not_null())
    days = ("item", "med_type", "begndate", "enddate")
    facts = ("begntime", "endtime", "rank", "given_year", "hukou_admdvs")
    pairs = pl.concat([
        items.select(*days, "certno").join(known.select("certno", *facts), on="certno", how="inner").drop("certno"),
        items.filter(pl.col("certno").is_null()).select(*days, "psn_no").join(
            known.select("psn_no", *facts), on="psn_no", how="inner").drop("psn_no"),
    ])
    covers = law.rule("identity_covers")
    best = pairs.filter(covers(*(pl.col(c) for c in ("med_type", "begndate", "enddate", "begntime", "endtime")))).group_by(
        "item").agg(pl.col("rank").min(), pl.col("given_year").max(), home=pl.col("hukou_admdvs").min())
    return items.join(best, on="item", how="left", maintain_order="left").with_columns(
        tier=pl.when(pl.col("rank") != NO_STANDARD).then("rank"),
        no_standard=(pl.col("rank") == NO_STANDARD).fill_null(False)).drop("rank")


def with_referral(items: pl.DataFrame, law: Law) -> pl.DataFrame:
    """转诊 (adds `referred`; whether type 10 counts is asked for the first day of the month the item begins in)."""
    months = items.select(pl.col("begndate").dt.month_start().unique()).to_series().drop_nulls().sort().to_list()
    counting = [m for m in months if law.number("assistance.out_fil_type_10_is_referred", m).flag]
    ten = pl.col("begndate").dt.month_start().is_in(counting) if counting else pl.lit(False)
    return items.with_columns(referred=law.rule("referred")(
        pl.col("med_type"), pl.col("out_fil_type"), pl.col("pay_loc"), pl.col("emer_flag"), ten))
