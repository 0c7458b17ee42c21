"""参保单位 (the unit register as the assessment needs it: numbered, with status and rates)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.contributions.inputs import BASIC, SUPPLEMENT, AssessInputs

ACTIVE = "2"
"""emp_insu_stas 参保缴费。"""
UNEMPLOYMENT_FUND = "05"
"""emp_mgt_type 失业代缴。"""
INSUTYPES = (BASIC, SUPPLEMENT)


@dataclass(frozen=True)
class Units:
    """单位表 (`frame`: one row per unit, `unit` is its row number; rates in ppm) and the places of bills.

    A bill's place is its rank by clct_bill_id among all that could exist: lines sort by it instead of by text.
    """

    frame: pl.DataFrame
    bill_ids: pl.Series
    bill_emps: pl.Series

    @property
    def of(self) -> pl.LazyFrame:
        """emp_no → unit."""
        return self.frame.lazy().select("emp_no", "unit")


def read_units(inputs: AssessInputs) -> Units:
    """编号 (columns emp_no, uscc, active, unemployment, emp_rate, psn_rate, src_file, src_row, unit, place_310,
    place_330)."""
    known = (
        inputs.units.select("emp_no", "uscc", "emp_mgt_type", "quts_type", "emp_insu_stas", "src_file", "src_row")
        .sort("emp_no")
        .collect()
    )
    frame = (
        rates(inputs, known)
        .with_columns(active=(pl.col("emp_insu_stas") == ACTIVE).fill_null(False))
        .drop("emp_mgt_type", "quts_type", "emp_insu_stas")
        .with_columns(unit=pl.int_range(pl.len(), dtype=pl.UInt32))
    )
    places = (
        pl.concat([
            frame.select("unit", "emp_no", insutype=pl.lit(t), clct_bill_id=bill_id(inputs.period.ym, t))
            for t in INSUTYPES
        ])
        .sort("clct_bill_id", "unit")
        .with_columns(place=pl.int_range(pl.len(), dtype=pl.UInt32))
    )
    for insutype in INSUTYPES:
        of_type = places.filter(pl.col("insutype") == insutype).sort("unit").get_column("place")
        frame = frame.with_columns(of_type.alias(f"place_{insutype}"))
    return Units(frame, places.get_column("clct_bill_id"), places.get_column("emp_no"))


def bill_id(ym: str, insutype: str) -> pl.Expr:
    """核定单号 `YYYYMM-emp_no-insutype`."""
    return pl.concat_str(pl.lit(f"{ym}-"), pl.col("emp_no"), pl.lit(f"-{insutype}"))


def rates(inputs: AssessInputs, units: pl.DataFrame) -> pl.DataFrame:
    """费率 (adds emp_rate, psn_rate in ppm and `unemployment`, on the first day of P).

    One rate for all where the region's policy gives one (宁夏), else by who funds the unit (定西: DXTC-11, DXTC-13).
    """
    law, day = inputs.law, inputs.period.first_day
    person = law.number("contribution.psn_rate", on=day).ppm
    if not by_funding(inputs):
        return units.with_columns(
            emp_rate=pl.lit(law.number("contribution.emp_rate", on=day).ppm, pl.Int64),
            psn_rate=pl.lit(person, pl.Int64),
            unemployment=pl.lit(False),
        )
    managed, funded = pl.col("emp_mgt_type"), pl.col("quts_type")
    return units.with_columns(
        emp_rate=law.rule("emp_rate")(
            funded, managed,
            fiscal=law.number("contribution.emp_rate_fiscal", on=day).ppm,
            other=law.number("contribution.emp_rate_other", on=day).ppm,
            unemployment=law.number("contribution.unemployment_rate", on=day).ppm,
        ),
        psn_rate=law.rule("psn_rate")(managed, person=person),
        unemployment=(managed == UNEMPLOYMENT_FUND).fill_null(False),
    )


def by_funding(inputs: AssessInputs) -> bool:
    """按经费来源定费率 (the region's document gives rates by kind of unit)."""
    return inputs.law.has("contribution.emp_rate_fiscal", on=inputs.period.first_day)
