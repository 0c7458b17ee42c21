"""办件登记 (NXQD-1 to 55, NXJZ-21, 22): due dates, materials, steps and statistics. Pure: frames in, frames out."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from nxmed.cases import findings
from nxmed.cases.clock import Clock
from nxmed.cases.items import CODE, UNKNOWN, listed, placed, with_limit
from nxmed.cases.materials import with_materials
from nxmed.cases.proofs import equations
from nxmed.cases.shapes import CASE_COLUMNS, LATER, NOWHERE, STATES, WITHDRAWN, CasesInputs, CasesResult, shaped
from nxmed.cases.statistics import statistics
from nxmed.cases.steps import with_steps
from nxmed.kernel.stage import prove
from nxmed.law.services import ServiceItem

__all__ = ["CasesInputs", "CasesResult", "equations", "examine"]
STAGE_COLUMNS = ("serv_matt_inst_id", "stage", "stage_name", "item_no", "optins_no", "begin_date", "lmt_days", "due_date",
                 "end_date", "state", "rule")
STATISTIC_COLUMNS = ("item_no", "optins_no", "item_name", "cases_cnt", "accepted_cnt", "done_cnt", "done_late_cnt", "withdrawn_cnt",
                     "in_time_cnt", "soon_due_cnt", "overdue_cnt", "work_days", "average_days", "longest_days")


def examine(inputs: CasesInputs) -> CasesResult:
    """查一个月的办件 (see CasesInputs and CasesResult).

    Listed are the cases that are open on the as-of day or were closed on the month's first day or later. Raises
    MissingInput (exit 6) for a date outside the calendar, IntegrityError (exit 7) where an equation does not hold.
    """
    items = listed(inputs.law)
    read = shaped(inputs.register)
    seen = _as_of(read.filter(pl.col("rcvd_date") <= inputs.as_of), inputs.as_of)
    rows = seen.filter(~(pl.col("fnsh_date") < inputs.period.first_day).fill_null(False))
    rows = placed(rows.with_columns(case=pl.col("serv_matt_inst_id"), optins_no=pl.col("optins_no").fill_null(NOWHERE)), items)
    rows = with_steps(with_materials(with_limit(rows, items, inputs.law), items), items)
    clock = Clock(inputs.days)
    rows = _with_state(clock.run(rows.with_columns(stop="fnsh_date", hold="suppl_begn", hold_end="suppl_end"), inputs.as_of),
                       clock, inputs)
    stages = _stages(rows, clock, items, inputs.as_of)
    cases = rows.select(CASE_COLUMNS)
    made = {"cases": cases, "case_stages": stages,
            "case_statistics": statistics(cases, inputs.period).select(STATISTIC_COLUMNS)}
    facts: dict[str, Any] = {
        "as_of": inputs.as_of.isoformat(), "read": read.height, "closed_before": seen.height - rows.height,
        "not_yet": read.height - seen.height, "cases": cases.height,
        **{s: cases.filter(pl.col("state") == s).height for s in STATES},
        "suspended": cases.filter("suspended").height, "missing": cases.filter(pl.col("matl_state") == "missing").height,
        "not_recorded": cases.filter(pl.col("matl_state") == "not_recorded").height,
        "step_errors": cases.filter(pl.col("step_error").is_not_null()).height,
    }
    proved = equations(made, facts)
    prove(proved)
    return CasesResult(made, [*findings.of_cases(rows), *findings.of_stages(stages)], proved, facts)


def _as_of(rows: pl.DataFrame, day: date) -> pl.DataFrame:
    """What lies after the as-of day has not happened yet; a result without a completion is none, but for a withdrawal."""
    rows = rows.with_columns(pl.when(pl.col(c) <= day).then(c) for c in LATER)
    decided = pl.col("fnsh_date").is_not_null() | (pl.col("result") == WITHDRAWN)
    return rows.with_columns(result=pl.when(decided).then("result"))


def _with_state(rows: pl.DataFrame, clock: Clock, inputs: CasesInputs) -> pl.DataFrame:
    """状态: withdrawn, done in time or late, and for what is open overdue, soon due or in time."""
    still = pl.col("fnsh_date").is_null() & (pl.col("result") != WITHDRAWN).fill_null(True)
    overdue = (pl.col("due") < inputs.as_of).fill_null(False)
    rows = rows.with_columns(suspended=pl.col("suspended") & still,
                             ask=still & ~overdue & ~pl.col("suspended") & pl.col("due").is_not_null())
    rows = clock.until(rows, inputs.as_of, inputs.soon_days)
    state = (
        pl.when((pl.col("result") == WITHDRAWN).fill_null(False)).then(pl.lit("withdrawn"))
        .when(pl.col("fnsh_date").is_not_null() & (pl.col("fnsh_date") > pl.col("due")).fill_null(False)).then(pl.lit("done_late"))
        .when(pl.col("fnsh_date").is_not_null()).then(pl.lit("done"))
        .when(overdue).then(pl.lit("overdue"))
        .when((pl.col("ahead") <= inputs.soon_days).fill_null(False)).then(pl.lit("soon_due"))
        .otherwise(pl.lit("in_time")))
    item = pl.col("item_no").cast(pl.String)
    return rows.with_columns(
        state=state, begin_date="start", due_date="due", lmt_days="limit", lmt_unit="unit", suspended_days="held",
        days_used="used", work_days="work", days_left=pl.when(still).then(pl.col("limit") - pl.col("used")),
        rule=pl.when(pl.col("item_no") != UNKNOWN).then(pl.concat_str([pl.lit(f"{CODE}-"), item])))


def _stages(rows: pl.DataFrame, clock: Clock, items: dict[int, ServiceItem], as_of: date) -> pl.DataFrame:
    """分段时限 (stages that have begun, of cases that were not withdrawn; suspensions do not count here)."""
    from nxmed.cases.clock import WORKING

    pieces = []
    for item in items.values():
        for stage in item.stages:
            mine = rows.filter((pl.col("item_no") == item.item) & pl.col(stage.begin).is_not_null() & (pl.col("state") != "withdrawn"))
            pieces.append(mine.select(
                "case", "serv_matt_inst_id", "item_no", "optins_no", "rule", stage=pl.lit(stage.no, pl.Int64), stage_name=pl.lit(stage.name),
                start=pl.col(stage.begin), stop=pl.coalesce(pl.col(stage.end), pl.col("fnsh_date")), hold=pl.lit(None, pl.Date),
                hold_end=pl.lit(None, pl.Date), limit=pl.lit(stage.limit.days, pl.Int64), unit=pl.lit(WORKING)))
    if not pieces:
        return pl.DataFrame(schema=dict.fromkeys(STAGE_COLUMNS, pl.String()))
    run = clock.run(pl.concat(pieces), as_of)
    late = pl.col("due") < pl.col("stop").fill_null(as_of)
    return run.with_columns(
        begin_date="start", due_date="due", end_date="stop", lmt_days="limit",
        state=pl.when(pl.col("stop").is_null()).then(pl.when(late).then(pl.lit("overdue")).otherwise(pl.lit("in_time")))
        .when(late).then(pl.lit("done_late")).otherwise(pl.lit("done")),
    ).select(STAGE_COLUMNS).sort("serv_matt_inst_id", "stage")
