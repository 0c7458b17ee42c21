"""一次运行的次序 (the order of every run): read, plan, compute, check, publish. Commands differ in what they plug in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nxmed.pipelines.outcome import Outcome, Progress

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.inputs import Inputs
    from nxmed.io.runs import Run, RunBuilder
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period
    from nxmed.kernel.stage import Equation


class Result(Protocol):
    """室的结果 (what every room gives back)."""

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]: ...
    @property
    def equations(self) -> Sequence[Equation]: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Loaded:
    """读好的输入: files as read, the room's own inputs, and the run_ids of the runs they rest on."""

    files: Inputs
    room: Any
    upstream: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delivered:
    """交付: facts for the manifest and equations about what was written for others."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    equations: tuple[Equation, ...] = ()


@dataclass(frozen=True)
class Command:
    """一条月度命令 (its name and the four things it plugs in)."""

    name: str
    load: Callable[[Workspace, Period, Path, bool, Progress], Loaded]
    compute: Callable[[Loaded], Result]
    findings: Callable[[Result], Iterable[pl.DataFrame]]
    deliver: Callable[[Workspace, Period, RunBuilder, Loaded, Result], Delivered]


def execute(
    ws: Workspace, period: Period, command: Command, *, arguments: Mapping[str, Any], as_of: date | None,
    dry_run: bool, progress: Progress,
) -> Outcome:
    """运行一条月度命令 (under the lock; publishes all tables in one step, or nothing)."""
    from nxmed.io.disk import disk_errors
    from nxmed.io.input_gate import gate_inputs
    from nxmed.io.runs import Request, RunBuilder, check_order, plan, recover

    with ws.lock(command.name, reading=dry_run) as writable:
        if writable:
            recover(ws)
        first = check_order(ws, command.name, period)
        with ws.scratch() as spool:
            with disk_errors():
                loaded = command.load(ws, period, spool, first, progress)
                gate_inputs(loaded.files)
            request = Request(
                command.name, period, {"region": ws.region, "poolarea_no": ws.poolarea_no, **arguments},
                loaded.files.sources, ws.policy_sha(period), loaded.upstream,
            )
            decided = plan(ws, request)
            if decided.up_to_date and decided.run is not None:
                return outcome_of(ws, decided.run, "up_to_date")
            progress("计算", "computing")
            result = command.compute(loaded)
            with RunBuilder(ws, request, as_of=as_of, dry_run=dry_run, scratch=spool) as run:
                _fill(ws, period, command, run, loaded, result, progress)
                published = run.publish()
                if published is not None:
                    return replace(outcome_of(ws, published, "published"), unfinished=bool(run.warnings))
                return _dry(command.name, period, run, loaded)


def _fill(
    ws: Workspace, period: Period, command: Command, run: RunBuilder, loaded: Loaded, result: Result, progress: Progress
) -> None:
    """Tables, what goes to others, equations and facts of a run.

    What goes to others is written beside the tables: workbooks are plain Python, tables are not.
    """
    from concurrent.futures import ThreadPoolExecutor

    from nxmed.kernel import finding, finding_causes

    progress("检查并写出结果", "checking and writing")
    with ThreadPoolExecutor(1) as beside:
        delivery = beside.submit(command.deliver, ws, period, run, loaded, result)
        for name, frame in result.tables.items():
            run.table(name, frame)
        for name, pieces in getattr(result, "parts", {}).items():
            run.table(name, pieces)
        found = [loaded.files.findings, *command.findings(result)]
        spoken = finding_causes.speak(found, loaded.files.files, loaded.files.rejects)
        run.table("findings", finding.collect([*spoken, *found], command.name, period.text))
        run.table("files", loaded.files.files)
        run.table("rejects", loaded.files.rejects)
        _quarantine(command.name, run, loaded)
        progress("写对外文件", "writing what goes to others")
        delivered = delivery.result()
    run.equations([*loaded.files.equations, *result.equations, *delivered.equations])
    run.facts({**result.facts, **delivered.facts})


def _quarantine(name: str, run: RunBuilder, loaded: Loaded) -> None:
    """Rejected rows go back to the sender as a workbook, and to the analyst as Parquet."""
    if not loaded.files.rejects.height:
        return
    from nxmed.report.quarantine import write_quarantine

    loaded.files.rejects.write_parquet(run.quarantine(f"{name}_拒收.parquet"))
    write_quarantine(run.quarantine(f"{name}_拒收.xlsx"), loaded.files.reads_with_rejects)


def outcome_of(ws: Workspace, run: Run, status: str) -> Outcome:
    """从清单还原结果 (an outcome as the manifest of a published run tells it)."""
    from nxmed.io.deliveries import folder_of

    manifest = run.manifest
    placed = {
        place: [folder_of(ws, place, run.period.text) / str(d["name"]) for d in manifest["deliveries"] if d["place"] == place]
        for place in ("outbox", "quarantine")
    }
    facts = run.facts
    return Outcome(
        run.command, run.period.text, status, run.run_id, run.folder, facts, list(manifest["equations"]),
        dict(manifest["findings"]["codes"]), placed["outbox"], placed["quarantine"], list(manifest["inputs"]),
        list(facts.get("statement", [])),
    )


def _dry(name: str, period: Period, run: RunBuilder, loaded: Loaded) -> Outcome:
    state = run.summary()
    return Outcome(name, period.text, "dry_run", run.run_id, None, state["facts"], state["equations"], state["codes"],
                   inputs=[dict(s) for s in loaded.files.sources], statement=list(state["facts"].get("statement", [])))
