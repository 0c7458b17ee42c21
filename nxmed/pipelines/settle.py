"""机构结算的流程 (nxmed settle): what month P reads, and what goes to the providers (SPEC section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed.errors import MissingInput
from nxmed.io.inputs import Inputs
from nxmed.pipelines.assess import REGION_NAMES
from nxmed.pipelines.execute import Command, Delivered, Loaded, execute
from nxmed.pipelines.outcome import Outcome, Progress, silent

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.runs import Run, RunBuilder
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period
    from nxmed.law.catalog import Law

REQUIRED = ["providers", "settlements"]
STATEMENTS = ["provider_totals", "provider_details"]
OPTIONAL = [*STATEMENTS, "deductions", "chronic_registrations"]
FIRST_YEAR = 1900
CARRIED_OUT = ("recognised", "rejected", "stale")


@dataclass
class SettleFiles(Inputs):
    """读好的文件, and the decisions of `settle resolve` as one more source."""

    decisions: Mapping[str, Any] | None = None
    spool: Path | None = None

    @property
    def sources(self) -> list[dict[str, Any]]:
        return [*super().sources, *([dict(self.decisions)] if self.decisions else [])]


def run_settle(ws: Workspace, period: Period, *, dry_run: bool = False, progress: Progress = silent,
               buckets: int | None = None) -> Outcome:
    """结算 P 月 (`buckets` of providers: as many as the month needs, the result is the same)."""
    from nxmed.pipelines.settle_room import compute

    command = Command("settle", _load, lambda loaded: compute(
        loaded.room, loaded.files, getattr(loaded.files, "spool", None), buckets), _findings, _deliver)
    return execute(ws, period, command, arguments={}, as_of=period.last_day, dry_run=dry_run, progress=progress)


def _load(ws: Workspace, period: Period, spool: Path, first: bool, progress: Progress) -> Loaded:
    return load_settle(ws, period, spool, first=first, progress=progress)


def load_settle(ws: Workspace, period: Period, spool: Path, *, first: bool, progress: Progress = silent,
                replay: Run | None = None) -> Loaded:
    """读入一个月结算所需 (feeds of all months up to P, registers, settle runs before P, decisions not yet carried out).

    `replay`: as that run of P read them, whatever files, runs and decisions came later.
    """
    import polars as pl

    from nxmed.io import resolutions
    from nxmed.io.inputs import read_inputs
    from nxmed.io.runs import history, newest, runs
    from nxmed.kernel.period import Period as Month
    from nxmed.law.catalog import Law
    from nxmed.settlements.settle import SettleInputs

    progress("读取并检查收件箱", "reading and checking the inbox")
    law = Law.load(ws.region, ws.policy())
    earlier = history(ws, "settle", before=period)
    start = min([r.period for r in earlier], default=period)
    oldest = Month(FIRST_YEAR, 1) if _needs_history(ws, law, period, start) else period
    read = read_inputs(ws, period, required=REQUIRED, optional=OPTIONAL, spool=spool, months=(oldest, period),
                       progress=progress, only=None if replay is None else [s["path"] for s in replay.manifest["inputs"]])
    came = {r.contract.id for r in read.reads if r.month == period.text}
    if not came & set(STATEMENTS):
        raise MissingInput(
            f"{period.text} 缺少机构的对账单或明细：医保费用结算对账单（provider_totals）或机构结算明细（provider_details）",
            f"至少放入一种到 inbox/{period.text}/", text_en=f"{period.text} lacks provider_totals or provider_details",
            hint_en=f"Put at least one of them into inbox/{period.text}/")
    last = newest(ws, "settle", period - 1)
    assisted = _assisted(ws, period, newest(ws, "settle", period) if replay is None else replay, replay is not None)
    elsewhere = {
        entry for r in runs(ws, "settle") if r.period != period and (replay is None or r.seq < replay.seq)
        for entry in _table([r], "statement_decisions").filter(pl.col("state").is_in(CARRIED_OUT))
        .select("entry_id").collect()["entry_id"]
    }
    entries = resolutions.due(ws, period, elsewhere) if replay is None else resolutions.as_read(
        ws, period, elsewhere, replay.manifest["inputs"])
    files = SettleFiles(read.period, read.reads, read.wanted, read.unclaimed, resolutions.source(entries, period), spool)
    this_month = pl.col("inbox_month") == period.text
    room = SettleInputs(
        period=period, law=law, first_month=first, start=start,
        providers=files.frame("providers"), settlements=files.frame("settlements"),
        provider_details=files.frame("provider_details"),
        provider_totals=files.frame("provider_totals").filter(this_month),
        deductions=files.frame("deductions").filter(this_month),
        chronic_registrations=files.frame("chronic_registrations"),
        chronic_present=files.present("chronic_registrations"),
        resolutions=entries.lazy(), prior_rows=_table(earlier, "statement_rows"),
        prior_breaks=_table([last] if last else [], "statement_breaks"),
        prior_payables=_table([last] if last else [], "payables"),
        one_stop=_table(assisted, "assistance_ties").filter(pl.col("diff_amt") != 0),
    )
    return Loaded(files, room, tuple(sorted({r.run_id for r in [*earlier, *assisted]})))


def _assisted(ws: Workspace, period: Period, standing: Run | None, replay: bool) -> list[Run]:
    """本期可核对的救助运行 (newest assist runs up to P that found a one-stop amount other than the rules give).

    A run without such a row changes nothing here and is left out, so that settling again is "up to date". A replay, and
    a month that is sealed, keep to the runs they were computed with.
    """
    import polars as pl

    from nxmed.io.runs import history, is_sealed, runs, scan_table

    if standing is not None and (replay or is_sealed(ws, "settle", period)):
        return [r for r in runs(ws, "assist") if r.run_id in standing.manifest["upstream"]]
    known = [r for r in history(ws, "assist", before=period + 1) if "assistance_ties" in r.outputs]
    return [r for r in known if scan_table(r, "assistance_ties").filter(pl.col("diff_amt") != 0).limit(1).collect().height]


def _needs_history(ws: Workspace, law: Law, period: Period, start: Period) -> bool:
    """是否要读以前月份 (for the yearly totals of repricing, or because months lie before the first run)."""
    from nxmed.settlements.terms import reprices

    if reprices(law, period.first_day):
        return True
    return ws.inbox.is_dir() and any(p.is_dir() and p.name < start.text and p.name[:1].isdigit() for p in ws.inbox.iterdir())


def _table(found: list[Run], name: str) -> pl.LazyFrame:
    """A published table of several runs in inside form, with its period; empty without runs."""
    import polars as pl

    from nxmed.io.resources import tables
    from nxmed.io.runs import scan_table

    frames = [scan_table(r, name).with_columns(period=pl.lit(r.period.text)) for r in found]
    return pl.concat(frames) if frames else tables()[name].empty().with_columns(period=pl.lit(None, pl.String)).lazy()


def _findings(result: Any) -> list[pl.DataFrame]:
    found: list[pl.DataFrame] = result.findings
    return found


def _deliver(ws: Workspace, period: Period, run: RunBuilder, loaded: Loaded, result: Any) -> Delivered:
    """One workbook per provider, the payable list, and the result text of transaction 3202."""
    from nxmed.report import provider_statement as statement

    names = statement.provider_names(loaded.room.providers)
    made = statement.write_all(run.outbox, result, loaded.room, names, period=period, region=REGION_NAMES[ws.region],
                               run_id=run.run_id)
    facts = {"region_name": REGION_NAMES[ws.region], "providers": made.providers,
             "statement": statement.screen_lines(result.tables["payables"], result.counted)}
    return Delivered(facts, made.equations)
