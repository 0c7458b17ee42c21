"""核定单、明细与应缴 (the published tables: bills, their lines, and what each part owes)."""

from __future__ import annotations

import polars as pl

from nxmed.contributions.average import AverageWage
from nxmed.contributions.citations import Citations
from nxmed.contributions.inputs import BASIC, SUPPLEMENT, AssessInputs
from nxmed.contributions.lines import BY_DECLARATION, LINE, WITH_WAGE, YEARLY, BasicLines
from nxmed.contributions.units import Units
from nxmed.contributions.wages import WAGE_SOURCES

LINE_COLUMNS = [
    "clct_bill_id", "emp_no", "psn_no", "insutype", "wag", "psn_clctstd", "emp_clctstd", "clctstd_crtf_rule_codg",
    "emp_clct_amt", "psn_clct_amt", "wage_source", "rule",
]
BILL_COLUMNS = [
    "clct_bill_id", "emp_no", "insutype", "accrym", "crtf_way", "clct_psncnt", "staf_totlwag", "emp_clctstd_sumamt",
    "psn_clctstd_sumamt", "emp_clct_amt", "psn_clct_amt", "clct_sumamt", "provisional", "stat_year", "rule",
]
DUE_COLUMNS = [
    "clct_bill_id", "part", "emp_no", "psn_no", "taxpayer_no", "insutype", "accrym", "amt", "dedln_date", "deferred",
    "defer_agre_no", "rule",
]
SUMS = ["clct_psncnt", "staf_totlwag", "base_sum", "emp_clct_amt", "psn_clct_amt"]


def in_place(lines: pl.DataFrame, units: Units, insutype: str) -> pl.DataFrame:
    """排位 (LINE's shape with `place`, the rank of the line's bill among all bill numbers)."""
    place = units.frame.get_column(f"place_{insutype}").gather(lines.get_column("unit"))
    return lines.select(*LINE, place.alias("place"))


def supplement_shape(lines: pl.DataFrame) -> pl.DataFrame:
    """大额明细的形状 (no wage, no base: the amount is fixed per person)."""
    return lines.with_columns(
        wag=pl.lit(None, pl.Int64), base=pl.lit(0, pl.Int64), code=pl.lit(None, pl.UInt8),
        source=pl.lit(len(WAGE_SOURCES) - 1, pl.UInt8), basis=pl.lit(YEARLY, pl.UInt8),
    )


def publish_lines(placed: pl.DataFrame, units: Units, psn_nos: pl.Series, citations: Citations) -> pl.DataFrame:
    """明细表 (sorted by clct_bill_id, psn_no; codes become texts). psn_nos: by row, ascending within a unit."""
    ordered = placed.sort("place", "row")
    unemployment = units.frame.get_column("unemployment").gather(ordered.get_column("unit"))
    place, basis = ordered.get_column("place"), ordered.get_column("basis")
    supplement = basis == YEARLY
    return ordered.select(
        units.bill_ids.gather(place).alias("clct_bill_id"),
        units.bill_emps.gather(place).alias("emp_no"),
        psn_nos.gather(ordered.get_column("row")).alias("psn_no"),
        pl.Series([BASIC, SUPPLEMENT]).gather(supplement.cast(pl.UInt32)).alias("insutype"),
        "wag",
        pl.col("base").alias("psn_clctstd"),
        pl.col("base").alias("emp_clctstd"),
        pl.Series(["", "1", "2", "3", "4"]).gather(ordered.get_column("code").cast(pl.UInt32))
        .alias("clctstd_crtf_rule_codg"),
        "emp_clct_amt",
        "psn_clct_amt",
        pl.Series(WAGE_SOURCES).gather(ordered.get_column("source").cast(pl.UInt32)).alias("wage_source"),
        citations.of(basis, unemployment).alias("rule"),
    )


def publish_bills(
    inputs: AssessInputs, units: Units, placed: pl.DataFrame, *, average: AverageWage, basic: BasicLines,
    citations: Citations,
) -> pl.DataFrame:
    """核定单表 (one row per unit and insutype, sorted by clct_bill_id).

    A bill at 110 % carries the amounts computed from last month; every other one is the sum of its lines.
    """
    sums = placed.group_by("place", "unit").agg(
        pl.len().cast(pl.Int64).alias("clct_psncnt"),
        pl.col("wag").sum().alias("staf_totlwag"),
        pl.col("base").sum().alias("base_sum"),
        pl.col("emp_clct_amt").sum(), pl.col("psn_clct_amt").sum(),
        supplement=(pl.col("basis") == YEARLY).any(),
    )
    ways = basic.ways.with_columns(supplement=pl.lit(False))
    fixed = basic.fixed.rename({"emp_clct_amt": "fixed_emp", "psn_clct_amt": "fixed_psn"}).with_columns(
        supplement=pl.lit(False))
    key = ["unit", "supplement"]
    bills = (
        sums.join(ways, on=key, how="left").join(fixed, on=key, how="left")
        .with_columns(
            pl.col("crtf_way").fill_null(BY_DECLARATION),
            emp_clct_amt=pl.coalesce("fixed_emp", "emp_clct_amt"),
            psn_clct_amt=pl.coalesce("fixed_psn", "psn_clct_amt"),
        )
        .sort("place")
    )
    place = bills.get_column("place")
    unemployment = units.frame.get_column("unemployment").gather(bills.get_column("unit"))
    basis = pl.select(
        pl.when(bills.get_column("supplement")).then(pl.lit(YEARLY, pl.UInt8))
        .when(bills.get_column("crtf_way") == BY_DECLARATION).then(pl.lit(WITH_WAGE, pl.UInt8))
        .otherwise(bills.get_column("crtf_way").cast(pl.UInt8))
    ).to_series()
    return bills.with_columns(
        units.bill_ids.gather(place).alias("clct_bill_id"),
        units.bill_emps.gather(place).alias("emp_no"),
        citations.of(basis, unemployment).alias("rule"),
        insutype=pl.when("supplement").then(pl.lit(SUPPLEMENT)).otherwise(pl.lit(BASIC)),
        accrym=pl.lit(inputs.period.ym),
        emp_clctstd_sumamt=pl.col("base_sum"),
        psn_clctstd_sumamt=pl.col("base_sum"),
        clct_sumamt=pl.col("emp_clct_amt") + pl.col("psn_clct_amt"),
        provisional=pl.lit(average.provisional),
        stat_year=pl.lit(average.stat_year, pl.Int64),
    ).select(BILL_COLUMNS)


def publish_dues(
    inputs: AssessInputs, units: Units, bills: pl.DataFrame, applied: pl.DataFrame, citations: Citations
) -> pl.DataFrame:
    """应缴表 (bill × part, sorted; due on the last day of P unless an agreement defers the part; NXJY-21, NXJY-25)."""
    agreed = bills.lazy().select(
        "clct_bill_id", "emp_no", "insutype", "accrym", "emp_clct_amt", "psn_clct_amt", "rule"
    ).join(
        units.frame.lazy().select("emp_no", taxpayer_no="uscc"), on="emp_no", how="left"
    ).join(applied.lazy().with_columns(insutype=pl.lit(BASIC)), on=["emp_no", "insutype"], how="left")
    parts = []
    for part, amount in (("emp", "emp_clct_amt"), ("psn", "psn_clct_amt")):
        named = pl.col("deferred_until").is_not_null() & (pl.lit(part == "emp") | pl.col("both"))
        parts.append(
            agreed.with_columns(
                part=pl.lit(part), psn_no=pl.lit(None, pl.String), amt=pl.col(amount),
                deferred=named.fill_null(False),
            )
        )
    return (
        pl.concat(parts)
        .with_columns(
            dedln_date=pl.when("deferred").then("deferred_until").otherwise(pl.lit(inputs.period.last_day)),
            defer_agre_no=pl.when("deferred").then("defer_agre_no"),
            rule=pl.when("deferred").then(pl.concat_str("rule", pl.lit(f";{citations.deferral}")))
            .otherwise(pl.col("rule")),
        )
        .select(DUE_COLUMNS)
        .sort("clct_bill_id", "part")
        .collect()
    )
