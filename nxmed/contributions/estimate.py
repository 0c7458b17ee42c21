"""未申报单位的暂定核定 (units that have not declared: 110 % of last month, else an estimate; NXJY-14, SIL-62)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.contributions.inputs import BASIC, AssessInputs
from nxmed.contributions.shares import shares
from nxmed.contributions.units import Units


@dataclass(frozen=True)
class LastMonth:
    """上月 (bills: unit, last_emp, last_psn; bases: unit, psn_no, weight)."""

    bills: pl.DataFrame
    bases: pl.DataFrame


def last_month(inputs: AssessInputs, units: Units, wanted: pl.DataFrame) -> LastMonth:
    """上月缴费数额与基数 (of the units in `wanted`: the bill of P−1, else the opening bill of P−1).

    Bases are those of the 310 lines of P−1, of that person in that unit.
    """
    asked = units.of.join(wanted.lazy().select("unit"), on="unit", how="semi")
    before = inputs.period - 1
    amounts = (pl.col("emp_clct_amt").alias("last_emp"), pl.col("psn_clct_amt").alias("last_psn"))

    def bills(frame: pl.LazyFrame) -> pl.DataFrame:
        return (
            frame.filter((pl.col("insutype") == BASIC) & (pl.col("accrym") == before.ym))
            .join(asked, on="emp_no", how="inner").select("unit", *amounts).collect()
        )

    previous = bills(inputs.previous_bills)
    opening = bills(inputs.opening_bills)
    bases = (
        inputs.previous_lines.filter(pl.col("insutype") == BASIC)
        .join(asked, on="emp_no", how="inner")
        .select("unit", "psn_no", weight=pl.col("psn_clctstd"))
        .collect()
    )
    return LastMonth(pl.concat([previous, opening.join(previous, on="unit", how="anti")]), bases)


def raised(inputs: AssessInputs, bills: pl.DataFrame) -> pl.DataFrame:
    """上月的 110% (adds emp_clct_amt, psn_clct_amt in fen, each part for itself, rounded once)."""
    factor = inputs.law.number("contribution.undeclared_factor", on=inputs.period.first_day).ppm
    rule = inputs.law.rule("undeclared_amount")
    return bills.with_columns(
        emp_clct_amt=rule(pl.col("last_emp"), factor), psn_clct_amt=rule(pl.col("last_psn"), factor)
    )


def spread(payers: pl.DataFrame, bills: pl.DataFrame, bases: pl.DataFrame, floor: int) -> pl.DataFrame:
    """分摊到人 (the bill of each unit over its payers by last month's base, the floor where there was none).

    payers: unit, psn_no, row, in order of row, units together; bills: unit, emp_clct_amt, psn_clct_amt. Gives unit,
    row, `base` (the weight), emp_clct_amt, psn_clct_amt; each part's lines sum to the bill (largest remainder).
    """
    amounts = payers.select("unit").join(bills, on="unit", how="left", maintain_order="left")
    weighed = (
        payers.lazy().join(bases.lazy(), on=["unit", "psn_no"], how="left")
        .select("unit", "row", base=pl.col("weight").fill_null(floor))
        .collect().sort("row")
    )
    unit, weight = weighed.get_column("unit"), weighed.get_column("base")
    return weighed.with_columns(
        shares(unit, weight, amounts.get_column(part)).alias(part) for part in ("emp_clct_amt", "psn_clct_amt")
    )
