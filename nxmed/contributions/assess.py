"""核定 (assessment of month P): who is on the roster, what each owes, and what a person must look at.

Pure: frames in, frames out, amounts in fen. Nothing depends on the order of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from nxmed.contributions import notices
from nxmed.contributions.average import AverageWage, average_wage
from nxmed.contributions.bills import in_place, publish_bills, publish_dues, publish_lines, supplement_shape
from nxmed.contributions.citations import citations
from nxmed.contributions.deferral import deferrals
from nxmed.contributions.equations import equations
from nxmed.contributions.inputs import BASIC, SUPPLEMENT, AssessInputs, restrict
from nxmed.contributions.lines import PAYING, basic_lines
from nxmed.contributions.roster import changes, in_two_units, roster
from nxmed.contributions.supplement import due_this_year, supplement_lines
from nxmed.contributions.units import Units, by_funding, read_units
from nxmed.kernel.stage import Equation

__all__ = ["AssessInputs", "AssessResult", "assess", "equations", "restrict"]

HELD_COLUMNS = ["psn_no", "emp_no", "psn_type", "pays", "held_reason", "src_file", "src_row", "rule"]


@dataclass(frozen=True)
class AssessResult:
    """核定结果 (tables assessments, assessment_lines, dues, held_persons in fen; findings of kernel.finding's shape).

    equations hold for the tables (kernel.stage.prove); facts are plain values for the manifest.
    """

    tables: dict[str, pl.DataFrame]
    findings: pl.DataFrame
    equations: list[Equation]
    facts: dict[str, Any]


def assess(inputs: AssessInputs) -> AssessResult:
    """核定 P 月应缴 (SPEC section 1: NXJY-13 to 17, 20, 21, 25 to 29; DXTC-9 to 13, 43, 44; SIL-62).

    Raises MissingNumber (exit 4) where the law, the policy or the average wage gives no number for the date.
    """
    average = average_wage(inputs)
    units = read_units(inputs)
    changed = changes(inputs)
    people = placed_people(roster(inputs, changed.due), units)
    held = held_persons(inputs, people)
    members = in_order(people)
    counts = {"roster": people.height, "payers_on_roster": people.select(pays().sum()).item(), "held": held.height}
    del people

    basic = basic_lines(inputs, units, average, members.filter(pays()).select("unit", "psn_no", "row"), changed)
    found = [
        notices.first_month(inputs), notices.late_changes(inputs, changed.late), notices.held(held),
        notices.wage_missing(inputs, average, units, basic.lines, members=members),
        notices.not_declared(inputs, units, basic.ways),
    ]
    placed = in_place(basic.lines, units, BASIC)
    if due_this_year(inputs):
        yearly = in_place(supplement_shape(supplement_lines(inputs, members)), units, SUPPLEMENT)
        placed = pl.concat([placed, yearly], rechunk=False)

    cited = citations(inputs, provisional=average.provisional)
    agreed = deferrals(inputs)
    found.append(notices.deferral_too_long(inputs, agreed.too_long))
    bills = publish_bills(inputs, units, placed, average=average, basic=basic, citations=cited)
    del basic
    lines = publish_lines(placed, units, members.get_column("psn_no"), cited)
    del placed, members
    tables = {
        "assessments": bills,
        "assessment_lines": lines,
        "dues": publish_dues(inputs, units, bills, agreed.applied, cited),
        "held_persons": held.sort("psn_no", "emp_no"),
    }
    facts = facts_of(inputs, average, counts)
    return AssessResult(tables, pl.concat(found), equations(tables, facts), facts)


def pays() -> pl.Expr:
    """缴纳基本医保费的在职人员 (Boolean from psn_type)."""
    return pl.col("psn_type").is_in(list(PAYING)).fill_null(False)


def placed_people(everyone: pl.DataFrame, units: Units) -> pl.DataFrame:
    """名册与单位 (adds unit, and held_reason: in two units before unit unknown or not active; null if neither)."""
    return (
        everyone.with_columns(in_two_units(everyone))
        .lazy()
        .join(units.frame.lazy().select("emp_no", "unit", "active"), on="emp_no", how="left")
        .with_columns(
            held_reason=pl.when("twice").then(pl.lit(notices.DOUBLE_MEMBERSHIP))
            .when(~pl.col("active").fill_null(False)).then(pl.lit(notices.UNIT_NOT_ACTIVE))
        )
        .drop("twice", "active")
        .collect()
    )


def in_order(people: pl.DataFrame) -> pl.DataFrame:
    """未暂挂的人员 (sorted by unit and psn_no; `row` is the position, which stands for psn_no from here on)."""
    return (
        people.lazy().filter(pl.col("held_reason").is_null())
        .select("unit", "psn_no", "psn_type", "src_file", "src_row")
        .sort("unit", "psn_no")
        .collect()
        .with_row_index("row")
    )


def held_persons(inputs: AssessInputs, people: pl.DataFrame) -> pl.DataFrame:
    """暂不核定的人员 (one row per person and unit, payer or not)."""
    return people.filter(pl.col("held_reason").is_not_null()).with_columns(
        pays=pays(), rule=pl.lit(inputs.law.rule("effect_month").rule_id)).select(HELD_COLUMNS)


def facts_of(inputs: AssessInputs, average: AverageWage, counts: dict[str, int]) -> dict[str, Any]:
    """本次核定所依据的数 (plain values; amounts in fen, rates as the notice writes them)."""
    law, day = inputs.law, inputs.period.first_day
    keys = ["base_floor_ratio", "base_ceiling_ratio", "change_cutoff_day", "undeclared_factor", "deferral_max_years",
            "psn_rate"]
    keys += ["emp_rate_fiscal", "emp_rate_other", "unemployment_rate"] if by_funding(inputs) else ["emp_rate"]
    names = [f"contribution.{key}" for key in keys]
    if due_this_year(inputs):
        names += ["supplement.unit", "supplement.employee", "supplement.retiree"]
    numbers = [law.number(name, on=day) for name in names]
    return {
        "region": law.region,
        "as_of": inputs.as_of.isoformat(),
        "persons_month": inputs.persons_month.text,
        "first_month": inputs.first_month,
        "average_wage": {
            "admdvs": average.admdvs, "stat_year": average.stat_year, "provisional": average.provisional,
            "monthly_fen": average.monthly, "floor_fen": average.floor, "ceiling_fen": average.ceiling,
            "publ_date": average.publ_date.isoformat(), "source_doc": average.source_doc,
            "src_file": average.src_file, "src_row": average.src_row,
        },
        "numbers": [
            {"key": n.key, "value": n.value, "rule": n.rule, "source": n.source, "zh": n.zh} for n in numbers
        ],
        **counts,
    }
