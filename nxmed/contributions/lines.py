"""核定明细 (person lines of the basic contribution: declared units, 110 % of last month, estimated)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.contributions.average import AverageWage
from nxmed.contributions.estimate import last_month, raised, spread
from nxmed.contributions.inputs import AssessInputs
from nxmed.contributions.roster import Changes
from nxmed.contributions.units import Units
from nxmed.contributions.wages import NONE, change_wages, declarations, with_wages

PAYING = ("1101", "1102", "1160")
"""在职职工、公务员、其他在职: whoever pays the basic contribution with the unit; 1103 灵活就业 does not."""

BY_DECLARATION, LAST_MONTH, ESTIMATE = "1", "2", "3"
"""crtf_way 申报、上月 110%、估定。"""

WITH_WAGE, WITHOUT_WAGE, RAISED, ESTIMATED, YEARLY = range(5)
"""Basis of a line: what its `rule` cites."""

LINE = ["unit", "row", "wag", "base", "code", "emp_clct_amt", "psn_clct_amt", "source", "basis"]
"""Working shape: unit UInt32, row UInt32 in the order of persons, amounts Int64 fen, code, source, basis UInt8."""


@dataclass(frozen=True)
class BasicLines:
    """基本医保明细 (lines in LINE's shape; ways: unit, crtf_way; fixed: unit and amounts of bills at 110 %)."""

    lines: pl.DataFrame
    ways: pl.DataFrame
    fixed: pl.DataFrame


def basic_lines(
    inputs: AssessInputs, units: Units, average: AverageWage, payers: pl.DataFrame, changed: Changes
) -> BasicLines:
    """逐人核定 (payers: unit, psn_no, row; each gets one line).

    A unit with at least one declaration for the year has declared (crtf_way 1); another owes 110 % of last month's
    amounts (2), or with no last month is estimated at the average wage (3).
    """
    known = declarations(inputs, units.of)
    declared = units.frame.select(pl.col("unit").is_in(known.get_column("unit").unique().implode())).to_series()
    by_wage = payers.filter(declared.gather(payers.get_column("unit")))
    silent = payers.filter(~declared.gather(payers.get_column("unit")))
    with_declaration = declared_lines(inputs, units, average, with_wages(
        by_wage, known, change_wages(changed.known, units.of)))
    del known

    silent_units = silent.select("unit").unique()
    last = last_month(inputs, units, silent_units)
    fixed = raised(inputs, last.bills)
    continues = units.frame.select(pl.col("unit").is_in(fixed.get_column("unit").implode())).to_series().gather(
        silent.get_column("unit"))
    continued = raised_lines(spread(silent.filter(continues), fixed, last.bases, average.floor))
    estimated = estimated_lines(inputs, units, average, silent.filter(~continues))
    parts = ((with_declaration, BY_DECLARATION), (continued, LAST_MONTH), (estimated, ESTIMATE))
    ways = pl.concat([lines.select(pl.col("unit").unique()).with_columns(crtf_way=pl.lit(way)) for lines, way in parts])
    return BasicLines(pl.concat([lines for lines, _ in parts], rechunk=False), ways,
                      fixed.select("unit", "emp_clct_amt", "psn_clct_amt"))


def declared_lines(inputs: AssessInputs, units: Units, average: AverageWage, waged: pl.DataFrame) -> pl.DataFrame:
    """已申报单位 (base = wage within the bounds, the floor without a wage; NXJY-16, NXJY-17, DXTC-10)."""
    wage, law = pl.col("wag"), inputs.law
    return amounts(inputs, units, waged.with_columns(
        base=law.rule("contribution_base")(wage, average.floor, average.ceiling),
        code=law.rule("base_rule_code")(wage, average.floor, average.ceiling).cast(pl.UInt8),
        basis=pl.when(pl.col("source") == NONE).then(pl.lit(WITHOUT_WAGE, pl.UInt8))
        .otherwise(pl.lit(WITH_WAGE, pl.UInt8)),
    ))


def estimated_lines(inputs: AssessInputs, units: Units, average: AverageWage, payers: pl.DataFrame) -> pl.DataFrame:
    """估定 (every payer at the monthly average wage, rounded; NXJY-14)."""
    return amounts(inputs, units, without_wage(payers, ESTIMATED).with_columns(base=pl.lit(average.monthly, pl.Int64)))


def raised_lines(shared: pl.DataFrame) -> pl.DataFrame:
    """上月 110% 的分摊 (base is the weight; no wage, no rule code)."""
    return without_wage(shared, RAISED).select(LINE)


def without_wage(payers: pl.DataFrame, basis: int) -> pl.DataFrame:
    """不看工资的明细 (wage and rule code empty)."""
    return payers.with_columns(
        wag=pl.lit(None, pl.Int64), code=pl.lit(None, pl.UInt8), source=pl.lit(NONE, pl.UInt8),
        basis=pl.lit(basis, pl.UInt8),
    )


def amounts(inputs: AssessInputs, units: Units, based: pl.DataFrame) -> pl.DataFrame:
    """应缴 (base × the unit's rates on the first day of P, rounded once per person and part; NXJY-21, DXTC-11)."""
    rule, unit = inputs.law.rule("contribution_amount"), based.get_column("unit")
    return (
        based.with_columns(
            units.frame.get_column("emp_rate").gather(unit), units.frame.get_column("psn_rate").gather(unit)
        )
        .with_columns(
            emp_clct_amt=rule(pl.col("base"), pl.col("emp_rate")),
            psn_clct_amt=rule(pl.col("base"), pl.col("psn_rate")),
        )
        .select(LINE)
    )
