"""核定的输入 (what an assessment of month P is given), with a way to cut it down to a few units for replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from nxmed.kernel.period import Period
from nxmed.law.catalog import Law

BASIC = "310"
"""职工基本医疗保险。"""
SUPPLEMENT = "330"
"""职工大额医疗费用补助。"""


@dataclass(frozen=True)
class AssessInputs:
    """核定输入 (frames typed by their contracts, amounts in fen, with `src_file`, `src_row`).

    persons_month: the inbox month S of the persons snapshot. previous_bills, previous_lines: tables `assessments` and
    `assessment_lines` of the run of P−1 (fen), empty when there is none. charged_supplements: `psn_no` of the 330 lines
    of earlier months of P's year.
    """

    period: Period
    as_of: date
    law: Law
    first_month: bool
    units: pl.LazyFrame
    persons: pl.LazyFrame
    wage_declarations: pl.LazyFrame
    personnel_changes: pl.LazyFrame
    deferrals: pl.LazyFrame
    average_wages: pl.LazyFrame
    opening_bills: pl.LazyFrame
    opening_supplements: pl.LazyFrame
    persons_month: Period
    previous_bills: pl.LazyFrame
    previous_lines: pl.LazyFrame
    charged_supplements: pl.LazyFrame


def restrict(inputs: AssessInputs, emp_nos: Sequence[str]) -> AssessInputs:
    """只留几个单位 (the same inputs for some units: their whole persons, with these persons' rows in other units).

    What `assess` then says about the named units equals what it says of them in the whole; of other units it sees only
    a part, so their bills must not be read.
    """
    units = pl.LazyFrame({"emp_no": sorted(set(emp_nos))}, schema={"emp_no": pl.String})
    here = pl.concat([
        frame.join(units, on="emp_no", how="semi").select("psn_no")
        for frame in (inputs.persons, inputs.personnel_changes)
    ]).unique().collect().lazy()
    everywhere = pl.concat([
        frame.join(here, on="psn_no", how="semi").select("emp_no")
        for frame in (inputs.persons, inputs.personnel_changes)
    ] + [units]).unique().collect().lazy()

    def of_units(frame: pl.LazyFrame) -> pl.LazyFrame:
        return frame.join(units, on="emp_no", how="semi")

    def of_persons(frame: pl.LazyFrame) -> pl.LazyFrame:
        return frame.join(here, on="psn_no", how="semi")

    return replace(
        inputs,
        units=inputs.units.join(everywhere, on="emp_no", how="semi"),
        persons=of_persons(inputs.persons),
        personnel_changes=of_persons(inputs.personnel_changes),
        wage_declarations=of_units(inputs.wage_declarations),
        deferrals=of_units(inputs.deferrals),
        opening_bills=of_units(inputs.opening_bills),
        opening_supplements=of_persons(inputs.opening_supplements),
        previous_bills=of_units(inputs.previous_bills),
        previous_lines=of_units(inputs.previous_lines),
        charged_supplements=of_persons(inputs.charged_supplements),
    )
