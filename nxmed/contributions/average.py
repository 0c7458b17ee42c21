"""平均工资与缴费基数上下限 (which year's average wage counts for month P, and the bounds it gives)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from nxmed.contributions.inputs import AssessInputs


@dataclass(frozen=True)
class AverageWage:
    """采用的平均工资 (fen; `monthly` rounded, floor and ceiling as published or computed from the unrounded month)."""

    admdvs: str
    stat_year: int
    provisional: bool
    monthly: int
    floor: int
    ceiling: int
    publ_date: date
    source_doc: str
    src_file: str
    src_row: int


def average_wage(inputs: AssessInputs) -> AverageWage:
    """选用平均工资 (stat_year Y−1 if published by the as-of date, else Y−2, provisional; else exit 4: NXJY-20).

    Floor and ceiling are the published bounds, else 60 % and 300 % of the monthly wage (NXJY-16, DXTC-10).
    """
    law, day = inputs.law, inputs.period.first_day
    admdvs = law.number("contribution.average_wage_admdvs", on=day).value
    rows = (
        inputs.average_wages.filter((pl.col("admdvs") == admdvs) & (pl.col("publ_date") <= inputs.as_of))
        .with_columns(stat_year=pl.col("stat_year").cast(pl.Int64))
        .sort("stat_year", "publ_date")
        .collect()
        .to_dicts()
    )
    published = {row["stat_year"]: row for row in rows}
    chosen = law.rule("average_wage_year")(
        {year: row["publ_date"] for year, row in published.items()}, inputs.period.year, inputs.as_of
    )
    row = published[chosen.stat_year]
    bounds = law.rule("base_bounds")(
        monthly_fen=row["monthly_amt"], yearly_fen=row["yearly_amt"],
        lower_fen=row["lower_amt"], upper_fen=row["upper_amt"],
        floor_ratio=law.number("contribution.base_floor_ratio", on=day).ppm,
        ceiling_ratio=law.number("contribution.base_ceiling_ratio", on=day).ppm,
    )
    monthly = law.rule("average_monthly_wage")(row["monthly_amt"], row["yearly_amt"])
    return AverageWage(
        admdvs, chosen.stat_year, chosen.provisional, monthly, bounds.floor, bounds.ceiling, row["publ_date"],
        row["source_doc"] or "", row["src_file"], row["src_row"],
    )
