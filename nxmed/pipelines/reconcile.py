"""到账对账的流程 (nxmed reconcile): what month P reads, and the reconciliation statement (SPEC section 2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed.errors import MissingInput
from nxmed.pipelines.assess import REGION_NAMES
from nxmed.pipelines.execute import Command, Delivered, Loaded, execute
from nxmed.pipelines.outcome import Outcome, Progress, silent

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.runs import Run, RunBuilder
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period

REQUIRED = ["tax_arrivals", "treasury_statement", "units"]
OPTIONAL = ["persons", "credit_decisions", "opening_dues", "opening_credits"]


def run_reconcile(ws: Workspace, period: Period, *, dry_run: bool = False, progress: Progress = silent) -> Outcome:
    """对账 P 月."""
    command = Command("reconcile", _load, lambda loaded: _compute(loaded.room), _findings, _deliver)
    return execute(ws, period, command, arguments={}, as_of=period.last_day, dry_run=dry_run, progress=progress)


def _load(ws: Workspace, period: Period, spool: Path, first: bool, progress: Progress) -> Loaded:
    return load_reconcile(ws, period, spool, first=first, progress=progress)


def load_reconcile(
    ws: Workspace, period: Period, spool: Path, *, first: bool, progress: Progress = silent,
    only: Collection[str] | None = None,
) -> Loaded:
    """读入一个月对账所需 (files of the inbox, assess runs up to P, reconcile runs before P)."""
    from nxmed.collections.reconcile import ReconcileInputs
    from nxmed.io.inputs import read_inputs
    from nxmed.io.runs import history, newest
    from nxmed.law.catalog import Law

    progress("读取并检查收件箱", "reading and checking the inbox")
    law = Law.load(ws.region, ws.policy())
    if newest(ws, "assess", period) is None:
        raise MissingInput(
            f"没有 {period.text} 的核定，无法对账", f"先运行 nxmed assess {period.text}",
            text_en=f"There is no assessment of {period.text} to reconcile against",
            hint_en=f"First run: nxmed assess {period.text}",
        )
    files = read_inputs(ws, period, required=REQUIRED, optional=OPTIONAL, spool=spool, progress=progress, only=only)
    if files.month_of("treasury_statement") != period:  # a register, yet P's own statement must be there
        raise MissingInput(
            f"{period.text} 缺少应到的文件：国库对账单（treasury_statement）",
            f"放入 inbox/{period.text}/，文件名以中文名或代号开头，如 treasury_statement_{period.ym}.csv",
            text_en=f"{period.text} lacks: treasury_statement",
            hint_en=f"Put it into inbox/{period.text}/, its name beginning with the contract's id, "
                    f"as treasury_statement_{period.ym}.csv")
    assessed = history(ws, "assess", before=period + 1)
    earlier = history(ws, "reconcile", before=period)
    last = newest(ws, "reconcile", period - 1)
    room = ReconcileInputs(
        period=period, law=law, first_month=first,
        **{name: files.frame(name) for name in (*REQUIRED, *OPTIONAL)},
        dues=_tables(assessed, "dues"),
        lines=_tables(assessed, "assessment_lines"),
        prior_balances=_tables([last] if last else [], "due_balances"),
        prior_arrivals=_tables(earlier, "arrivals"),
        prior_applications=_tables(earlier, "applications"),
        prior_lots=_tables([last] if last else [], "credit_lots"),
    )
    return Loaded(files, room, tuple(sorted({r.run_id for r in (*assessed, *earlier)})))


def _tables(runs: list[Run], name: str) -> pl.LazyFrame:
    """A published table of several runs in inside form, with its period; empty without runs."""
    import polars as pl

    from nxmed.io.resources import tables
    from nxmed.io.runs import scan_table

    frames = [scan_table(r, name).with_columns(period=pl.lit(r.period.text)) for r in runs]
    return pl.concat(frames) if frames else tables()[name].empty().with_columns(period=pl.lit(None, pl.String)).lazy()


def _compute(room: Any) -> Any:
    from nxmed.collections.reconcile import reconcile

    return reconcile(room)


def _findings(result: Any) -> Iterable[pl.DataFrame]:
    return list(result.findings)


def _deliver(ws: Workspace, period: Period, run: RunBuilder, loaded: Loaded, result: Any) -> Delivered:
    """The reconciliation statement, proved against feed and treasury, on screen and as workbook."""
    from nxmed.report.reconciliation import feed_totals, statement_equations, statement_lines, write_workbook

    feed = feed_totals(loaded.room.tax_arrivals)
    rejected = sum(r.rejected for r in loaded.files.reads if r.contract.id == "tax_arrivals" and r.month == period.text)
    lines = statement_lines(result.tables, period, feed, rejected=rejected)
    write_workbook(run.outbox(f"到账对账表_{period.text}.xlsx"), result.tables, lines, period=period,
                   region=REGION_NAMES[ws.region], run_id=run.run_id, findings=list(result.findings))
    facts = {"region_name": REGION_NAMES[ws.region], "statement": lines}
    return Delivered(facts, tuple(statement_equations(lines)))

