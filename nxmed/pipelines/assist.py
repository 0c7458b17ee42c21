"""医疗救助的流程 (nxmed assist): what month P reads, and the lists that go to the offices (SPEC section 4)."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed.errors import MissingNumber
from nxmed.pipelines.assess import REGION_NAMES
from nxmed.pipelines.execute import Command, Delivered, Loaded, execute
from nxmed.pipelines.outcome import Outcome, Progress, silent

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.runs import Run, RunBuilder
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period

REQUIRED = ["settlements", "assistance_identities"]
OPTIONAL = ["assistance_claims", "opening_assistance"]
REGION = "ningxia"


def run_assist(ws: Workspace, period: Period, *, dry_run: bool = False, progress: Progress = silent) -> Outcome:
    """救助 P 月 (Ningxia only: elsewhere MissingNumber, exit 4, says so)."""
    if ws.region != REGION:
        name = REGION_NAMES[ws.region]
        raise MissingNumber(
            f"{name}没有医疗救助的文件：五份文件中只有宁夏的医疗救助经办规程（宁医保发〔2023〕102号）",
            f"{name}的救助标准须有当地文件，本命令只在宁夏的工作区运行",
            text_en=f"no document of {ws.region} gives medical assistance: only Ningxia's is there",
            hint_en="run assist in a workspace of Ningxia")
    command = Command("assist", _load, lambda loaded: _compute(loaded.room), _findings, _deliver)
    return execute(ws, period, command, arguments={}, as_of=period.last_day, dry_run=dry_run, progress=progress)


def _load(ws: Workspace, period: Period, spool: Path, first: bool, progress: Progress) -> Loaded:
    return load_assist(ws, period, spool, first=first, progress=progress)


def load_assist(
    ws: Workspace, period: Period, spool: Path, *, first: bool, progress: Progress = silent,
    only: Collection[str] | None = None,
) -> Loaded:
    """读入一个月救助所需 (feeds from January of the year before to P, registers, assist runs before P).

    `only`: the files that an earlier run read.
    """
    from nxmed.assistance.assist import AssistInputs
    from nxmed.io.inputs import read_inputs
    from nxmed.io.runs import history
    from nxmed.kernel.period import Period as Month
    from nxmed.law.catalog import Law

    progress("读取并检查收件箱", "reading and checking the inbox")
    law = Law.load(ws.region, ws.policy())
    files = read_inputs(ws, period, required=REQUIRED, optional=OPTIONAL, spool=spool,
                        months=(Month(period.year - 1, 1), period), progress=progress, only=only)
    earlier = history(ws, "assist", before=period)
    room = AssistInputs(
        period=period, law=law, first_month=first,
        settlements=files.frame("settlements"), identities=files.frame("assistance_identities"),
        claims=files.frame("assistance_claims"), opening=files.frame("opening_assistance"),
        identity_history=files.superseded("assistance_identities"),
        prior_payouts=_table(earlier, "payout_items"), prior_items=_table(earlier, "assistance_items"),
        ran_before_year=any(r.period.year < period.year for r in earlier),
    )
    return Loaded(files, room, tuple(sorted({r.run_id for r in earlier})))


def _table(found: list[Run], name: str) -> pl.LazyFrame:
    """A published table of several runs in inside form, with its period; empty without runs."""
    import polars as pl

    from nxmed.io.resources import tables
    from nxmed.io.runs import scan_table

    frames = [scan_table(r, name).with_columns(period=pl.lit(r.period.text)) for r in found]
    return pl.concat(frames) if frames else tables()[name].empty().with_columns(period=pl.lit(None, pl.String)).lazy()


def _compute(room: Any) -> Any:
    from nxmed.assistance.assist import assist

    return assist(room)


def _findings(result: Any) -> list[pl.DataFrame]:
    found: list[pl.DataFrame] = result.findings
    return found


def _deliver(ws: Workspace, period: Period, run: RunBuilder, loaded: Loaded, result: Any) -> Delivered:
    """One workbook: what is to be paid, who is to be asked for a claim, what is to be recovered, who is watched."""
    from nxmed.report.assistance_lists import write_lists

    del loaded
    written = write_lists(run.outbox, result, period=period,
                          region=REGION_NAMES[ws.region], run_id=run.run_id)
    return Delivered({"region_name": REGION_NAMES[ws.region]}, written)
