"""分摊 (an amount of each unit over its rows by weight, largest remainder, for millions of rows at once)."""

from __future__ import annotations

import polars as pl

SAFE = 2**62
"""Products up to here stay inside Int64; larger ones go through Int128."""


def shares(unit: pl.Series, weight: pl.Series, amount: pl.Series) -> pl.Series:
    """按最大余数法分摊 (Int64 fen per row; rows of a unit sum to its amount exactly).

    unit: rows of one unit stand together, in the order that breaks ties; weight > 0; amount ≥ 0, equal within a unit.
    The fen left after rounding down go one each to the largest remainders, ties to the row that stands first.
    """
    if not unit.len():
        return pl.Series("share", [], pl.Int64)
    frame = pl.DataFrame({"unit": unit, "weight": weight, "amount": amount})
    largest = frame.select(pl.col("amount").max().cast(pl.Int128) * pl.col("weight").max()).item()
    kind = pl.Int64() if largest < SAFE else pl.Int128()
    product, total = pl.col("amount").cast(kind) * pl.col("weight").cast(kind), pl.col("total").cast(kind)
    given = (
        frame.with_columns(total=pl.col("weight").sum().over("unit"), at=pl.int_range(pl.len(), dtype=pl.Int64))
        .with_columns(share=product.truncdiv(total).cast(pl.Int64), first=pl.col("at").min().over("unit"))
        .select(
            "at", "first", "share",
            rest=product - pl.col("share").cast(kind) * total,
            left=pl.col("amount") - pl.col("share").sum().over("unit"),
        )
    )
    by_rest = given.select(pl.arg_sort_by("first", "rest", descending=[False, True], maintain_order=True)).to_series()
    # Both orders have the same units in the same places: position n of either belongs to the same unit.
    lucky = by_rest.filter(given.select(pl.col("at") - pl.col("first") < pl.col("left")).to_series())
    extra = pl.zeros(given.height, dtype=pl.Int64, eager=True).scatter(lucky, 1)
    return (given.get_column("share") + extra).alias("share")
