"""办件的流程 (nxmed cases): the register against the service list, and the list that the offices work through."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed.errors import MissingInput, MissingNumber, UsageError
from nxmed.pipelines.assess import REGION_NAMES
from nxmed.pipelines.execute import Command, Delivered, Loaded, execute
from nxmed.pipelines.outcome import Outcome, Progress, silent

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.runs import RunBuilder
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period

REQUIRED = ["service_cases", "calendar"]
REGION = "ningxia"
SOON_DAYS = 5
"""Working days before a deadline from which a case is listed as soon due."""


def run_cases(ws: Workspace, period: Period, *, as_of: date | None = None, dry_run: bool = False, progress: Progress = silent) -> Outcome:
    """查 P 月的办件 (`as_of` defaults to the last day of P). Ningxia only: elsewhere MissingNumber, exit 4, says so."""
    if ws.region != REGION:
        name = REGION_NAMES[ws.region]
        raise MissingNumber(
            f"{name}没有服务事项清单：五份文件中只有宁夏的清单（2023版）给出材料和时限",
            f"{name}的办件时限须有当地文件，本命令只在宁夏的工作区运行",
            text_en=f"no document of {ws.region} lists service items: only Ningxia's list gives materials and limits",
            hint_en="run cases in a workspace of Ningxia")
    day = as_of or period.last_day
    if day < period.first_day:
        raise UsageError(f"--as-of {day} 早于 {period.text}", f"写 {period.first_day} 或以后的日期",
                         text_en=f"--as-of {day} lies before {period.text}", hint_en=f"give {period.first_day} or a later day")
    command = Command("cases", _loader(day), lambda loaded: _compute(loaded.room), _findings, _deliver)
    return execute(ws, period, command, arguments={"as_of": day.isoformat()}, as_of=day, dry_run=dry_run, progress=progress)


def _loader(as_of: date) -> Any:
    def load(ws: Workspace, period: Period, spool: Path, first: bool, progress: Progress) -> Loaded:
        del first
        return load_cases(ws, period, as_of, spool, progress=progress)

    return load


def load_cases(ws: Workspace, period: Period, as_of: date, spool: Path, *, progress: Progress = silent) -> Loaded:
    """读入办件登记和工作日历 (both up to P; P's own register must be there: an old one would show finished cases as open)."""
    from nxmed.cases.register import CasesInputs
    from nxmed.io.calendar import days_of
    from nxmed.io.inputs import read_inputs
    from nxmed.law.catalog import Law

    progress("读取并检查收件箱", "reading and checking the inbox")
    files = read_inputs(ws, period, required=REQUIRED, spool=spool, progress=progress)
    if files.month_of("service_cases") != period:
        raise MissingInput(
            f"{period.text} 缺少应到的文件：办件（service_cases）",
            f"放入 inbox/{period.text}/，文件名以中文名或代号开头，如 service_cases_{period.ym}.csv",
            text_en=f"{period.text} lacks: service_cases",
            hint_en=f"Put it into inbox/{period.text}/, its name beginning with the contract's id, as service_cases_{period.ym}.csv")
    law = Law.load(ws.region, ws.policy())
    return Loaded(files, CasesInputs(period, as_of, law, days_of(files, ws.poolarea_no), files.frame("service_cases"), SOON_DAYS))


def _compute(room: Any) -> Any:
    from nxmed.cases.register import examine

    return examine(room)


def _findings(result: Any) -> Iterable[pl.DataFrame]:
    return list(result.findings)


def _deliver(ws: Workspace, period: Period, run: RunBuilder, loaded: Loaded, result: Any) -> Delivered:
    """One workbook: overdue, soon due, what is missing, steps, statistics."""
    from nxmed.report.case_lists import write_cases

    del loaded
    region = REGION_NAMES[ws.region]
    written = write_cases(run.outbox(f"办件清单_{period.text}.xlsx"), result, period=period, region=region, run_id=run.run_id)
    return Delivered({"region_name": region}, written)
