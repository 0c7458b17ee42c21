"""Bare polars: the same windows and caps as assist over a year of items, nothing else (no classes, claims, findings)."""

from __future__ import annotations

import polars as pl

TIER = {"2304": 1, "236001": 1, "2303": 2, "236002": 2, "236003": 2, "2305": 3, "236004": 4, "2306": 5}
RATE = {1: 1_000_000, 2: 800_000, 3: 700_000, 4: 700_000, 5: 600_000}
START = {1: 0, 2: 0, 3: 300_000, 4: 500_000, 5: 700_000}
INSURED = ["hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay"]
GROUP = ["certno", "scheme"]
ORDER = ["setl_time", "setl_id"]


def half_up(fen: pl.Expr, ppm: pl.Expr | int) -> pl.Expr:
    return (fen * ppm * 2 + 1_000_000).truncdiv(2_000_000)


def total(column: str) -> pl.Expr:
    return pl.col(column).cum_sum().over(GROUP)


def assist(settlements: pl.LazyFrame, identities: pl.LazyFrame) -> pl.DataFrame:
    """setl_id with ordinary and tilt in fen."""
    known = identities.select("certno", "begntime", "endtime", tier=pl.col("mat_idet_code").replace_strict(
        TIER, default=None, return_dtype=pl.Int64)).drop_nulls("tier")
    items = settlements.filter(pl.col("med_type").str.contains("^(14|2)")).select(
        "setl_id", "certno", "begndate", "enddate", "setl_time", "out_fil_type", "pay_loc", "emer_flag",
        base=(pl.col("inscp_scp_amt") - pl.sum_horizontal(INSURED)).clip(0))
    tiers = items.join(known, on="certno").filter(
        (pl.col("begntime") <= pl.col("enddate")) & (pl.col("endtime").is_null() | (pl.col("endtime") >= pl.col("begndate")))
    ).group_by("setl_id").agg(pl.col("tier").min())
    referred = (pl.col("emer_flag") == "1") | ~(
        pl.col("out_fil_type").is_in(["10", "11"]) | (pl.col("out_fil_type").is_null() & (pl.col("pay_loc") == "4")))
    rows = items.join(tiers, on="setl_id").filter(referred.fill_null(True)).with_columns(
        scheme=pl.col("tier") <= 2, rate=pl.col("tier").replace_strict(RATE, return_dtype=pl.Int64),
        start=pl.col("tier").replace_strict(START, return_dtype=pl.Int64)).sort(ORDER).collect()
    rows = rows.with_columns(x=total("base"))
    above = (pl.col("x") - pl.col("start")).clip(0) - (pl.col("x") - pl.col("base") - pl.col("start")).clip(0)
    rows = rows.with_columns(share=half_up(pl.when("scheme").then("base").otherwise(above), pl.col("rate")),
                             cap=pl.when("scheme").then(5_000_000).otherwise(16_000_000))
    rows = rows.with_columns(a=total("share"))
    rows = rows.with_columns(ordinary=pl.min_horizontal("a", "cap") - pl.min_horizontal(pl.col("a") - pl.col("share"), "cap"))
    rows = rows.with_columns(rest=pl.col("base") - pl.col("ordinary"))
    rows = rows.with_columns(r=total("rest"))
    over = (pl.col("r") - 300_000).clip(0) - (pl.col("r") - pl.col("rest") - 300_000).clip(0)
    rows = rows.with_columns(share=pl.when("scheme").then(half_up(over, 700_000)).otherwise(0))
    rows = rows.with_columns(t=total("share"))
    tilt = pl.col("t").clip(upper_bound=11_000_000) - (pl.col("t") - pl.col("share")).clip(upper_bound=11_000_000)
    return rows.select("setl_id", "ordinary", tilt=tilt).sort("setl_id")
