"""缴费工资 (whose wage is known for month P, and from where)."""

from __future__ import annotations

import polars as pl

from nxmed.contributions.inputs import AssessInputs
from nxmed.contributions.roster import ADD

DECLARED, CHANGE, NONE = 0, 1, 2
WAGE_SOURCES = ("declared", "change", "none")
"""工资来源: the newest declaration, the newest add-change with a wage, none."""

KEY = ["unit", "psn_no"]


def declarations(inputs: AssessInputs, unit_of: pl.LazyFrame) -> pl.DataFrame:
    """本年度缴费工资申报 (unit, psn_no, wag: the newest of the contribution year received by the as-of date, NXJY-13).

    unit_of: emp_no → unit. Declarations of units that are not registered fall away here: nobody of theirs is assessed.
    """
    rows = (
        inputs.wage_declarations
        .filter((pl.col("year").cast(pl.String) == str(inputs.period.year)) & (pl.col("dcla_date") <= inputs.as_of))
        .select("emp_no", "psn_no", "dcla_date", "wag")
        .join(unit_of, on="emp_no", how="inner")
        .drop("emp_no")
        .collect()
    )
    return newest(rows, ["dcla_date"]).select(*KEY, "wag")


def change_wages(known: pl.DataFrame, unit_of: pl.LazyFrame) -> pl.DataFrame:
    """增员时的工资 (unit, psn_no, wag: the newest add-change received by the as-of date that has a wage)."""
    rows = (
        known.lazy()
        .filter(pl.col("psn_chg_type").is_in(ADD) & pl.col("wag").is_not_null())
        .join(unit_of, on="emp_no", how="inner")
        .collect()
    )
    return newest(rows, ["rcvd_date", "chg_sn"]).select(*KEY, "wag")


def newest(rows: pl.DataFrame, order: list[str]) -> pl.DataFrame:
    """每单位每人取最新 (one row per unit and psn_no: the last in `order`, which must be a total order within them).

    Most keys occur once: a hash that occurs once proves it, and only the others are sorted.
    """
    hashes = rows.select(pl.struct(KEY).hash()).to_series()
    if hashes.n_unique() == rows.height:
        return rows
    repeated = hashes.is_duplicated()
    latest = rows.filter(repeated).sort([*KEY, *order]).unique(KEY, keep="last", maintain_order=True)
    return pl.concat([rows.filter(~repeated), latest], rechunk=False)


def with_wages(payers: pl.DataFrame, declared: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    """工资及来源 (unit, row, `wag`, empty if none, and `source`: the declaration first, else the change)."""
    joined = payers.lazy().join(declared.lazy(), on=KEY, how="left").select("unit", "row", "wag").collect()
    without = joined.get_column("wag").is_null()
    known = joined.filter(~without).with_columns(source=pl.lit(DECLARED, pl.UInt8))
    rest = (
        payers.lazy().join(joined.lazy().filter(without).select("row"), on="row", how="semi")
        .join(changed.lazy(), on=KEY, how="left").select("unit", "row", "wag").collect()
        .with_columns(
            source=pl.when(pl.col("wag").is_null()).then(pl.lit(NONE, pl.UInt8)).otherwise(pl.lit(CHANGE, pl.UInt8))
        )
    )
    return pl.concat([known, rest], rechunk=False)
