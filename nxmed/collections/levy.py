"""征收品目 (which insurance and which part a levy item stands for): an ordered map from the region's law data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

Records = Sequence[Mapping[str, str]]


def first_match(name: pl.Expr, records: Records, key: str, otherwise: str | None) -> pl.Expr:
    """首个相符 (value `key` of the first record whose `contains` stands in the name)."""
    found: pl.Expr = pl.lit(otherwise, pl.String())
    for record in reversed(records):
        found = pl.when(name.str.contains(record["contains"], literal=True)).then(pl.lit(record[key])).otherwise(found)
    return found


def levy_columns(items: Records, parts: Records) -> list[pl.Expr]:
    """品目 → 险种、部分、是否其他制度 (insutype, empty if not recognised; part emp, psn or any; other_scheme)."""
    name = pl.col("levy_subitem_name").fill_null("")
    return [
        first_match(name, items, "insutype", None).alias("insutype"),
        first_match(name, parts, "part", "any").alias("part"),
        (first_match(name, items, "scheme", "own") == "other").alias("other_scheme"),
    ]
