"""演示 (nxmed demo): the sample regions through two months, as an operator would run them.

`STEPS` is the month of an agency, in order; a step gives what there is to tell of it. A new command joins as one more
step here and one more entry in cli.demo.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed.errors import UsageError
from nxmed.kernel.period import Period
from nxmed.pipelines.demo_payout import assist_step, payout_step
from nxmed.pipelines.outcome import Outcome, Progress, silent

if TYPE_CHECKING:
    from nxmed.io.workspace import Workspace

MONTHS = ("2026-11", "2026-12")
REGIONS = {"ningxia": "宁夏", "dingxi": "定西"}
RESOLVE = "settle resolve"


@dataclass(frozen=True)
class Shown:
    """演示的一步: the workspace, the command, and what it said (an outcome, or plain facts where it is no monthly run)."""

    ws: Workspace
    command: str
    period: str
    outcome: Outcome | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


Step = Callable[["Workspace", Period, Progress], Iterator[Shown]]


def prepare(folder: Path, region: str) -> Workspace:
    """建立演示工作区 (init, sample inbox and policy; one made before is used again)."""
    from nxmed.io.resources import data_path
    from nxmed.io.workspace import CONFIG_NAME, init, open_workspace

    place = folder / region
    if (place / CONFIG_NAME).is_file():
        return open_workspace(place)
    if place.exists() and any(place.iterdir()):
        raise UsageError(f"文件夹不是空的：{place}", "换一个文件夹：nxmed demo 新文件夹",
                         text_en=f"the folder is not empty: {place}", hint_en="name another one: nxmed demo DIR")
    ws = init(place, region)
    source = data_path("samples") / region
    shutil.copytree(source / "inbox", ws.inbox, dirs_exist_ok=True)
    shutil.copyfile(source / "policy.toml", ws.policy_path)
    return ws


def _assess(ws: Workspace, period: Period, progress: Progress) -> Iterator[Shown]:
    from nxmed.pipelines.assess import run_assess

    yield _shown(ws, run_assess(ws, period, progress=progress))


def _reconcile(ws: Workspace, period: Period, progress: Progress) -> Iterator[Shown]:
    from nxmed.pipelines.reconcile import run_reconcile

    yield _shown(ws, run_reconcile(ws, period, progress=progress))


def settle_step(ws: Workspace, period: Period, progress: Progress) -> Iterator[Shown]:
    from nxmed.pipelines.settle import run_settle

    yield _shown(ws, run_settle(ws, period, progress=progress))


def resolve_step(ws: Workspace, period: Period, progress: Progress) -> Iterator[Shown]:
    """What the sample's agency decides on differences before the next month (planted.csv names them)."""
    import polars as pl

    from nxmed.io import resolutions
    from nxmed.io.resources import data_path
    from nxmed.io.runs import newest, read_table
    from nxmed.pipelines.resolve import resolve_break

    del progress
    run = newest(ws, "settle", period)
    if run is None or newest(ws, "settle", period + 1) is not None:
        return
    listed = pl.read_csv(data_path("samples") / ws.region / "planted.csv", infer_schema=False).filter(
        (pl.col("command") == RESOLVE) & (pl.col("month") == period.text))
    open_ = read_table(run, "statement_breaks")
    taken = set(resolutions.read(ws)["break_id"])
    made = []
    for decision, key, note in listed.select("code", "key", "note").iter_rows():
        cells = dict(part.split("=", 1) for part in key.split(";"))
        rows = open_.filter(pl.all_horizontal(pl.col(name) == value for name, value in cells.items()))
        for break_id, kind in rows.select("break_id", "stmt_diff").iter_rows():
            if break_id not in taken:
                made.append({**resolve_break(ws, break_id, decision, note), "stmt_diff": kind})
    if made:
        yield Shown(ws, RESOLVE, period.text, facts={"decisions": made})


STEPS: tuple[Step, ...] = (_assess, _reconcile, assist_step, settle_step, resolve_step, payout_step)
"""What an agency runs for a month, in order."""


def _shown(ws: Workspace, outcome: Outcome) -> Shown:
    return Shown(ws, outcome.command, outcome.period, outcome)


def run_demo(folder: Path, progress: Progress = silent) -> Iterator[Shown]:
    """逐条运行 (the steps of both months in both regions)."""
    if (folder / "nxmed.toml").exists():
        raise UsageError(f"这里是工作区，演示不放在里面：{folder}", "换一个文件夹：nxmed demo 新文件夹",
                         text_en=f"this is a workspace, no place for a demo: {folder}",
                         hint_en="name another folder: nxmed demo DIR")
    for region in REGIONS:
        ws = prepare(folder, region)
        for month in MONTHS:
            for step in STEPS:
                yield from step(ws, Period.parse(month), progress)


def questions(ws: Workspace) -> list[str]:
    """值得追问的例子 (arguments of `nxmed explain`): a line at the ceiling, a decided difference, a stay settled wrongly, a payable,
    an item of assistance paid again."""
    import polars as pl

    last = Period.parse(MONTHS[-1])
    found = []
    bills = _rows(ws, "assess", last, "assessment_lines", pl.col("clctstd_crtf_rule_codg") == "3", "clct_bill_id", "psn_no")
    found += [f"line {bill} {person}" for bill, person in bills]
    rows = _rows(ws, "settle", last, "statement_rows", pl.col("decision") == "provider", "setl_id")
    found += [f"settlement {setl_id} --period {last.text}" for (setl_id,) in rows]
    stays = _rows(ws, "settle", last, "repricing", (pl.col("kind") == "inpatient") & (pl.col("diff_amt") != 0), "setl_id")
    found += [f"stay {setl_id}" for (setl_id,) in stays]
    owed = _rows(ws, "settle", last, "payables", (pl.col("carried_in_amt") != 0) | (pl.col("advance_amt") > 0),
                 "fixmedins_code", "fund_pay_type")
    found += [f"payable {code} {fund}" for code, fund in owed]
    again = _rows(ws, "assist", Period.parse(MONTHS[0]), "payout_items", pl.col("amt") == 60_000, "source_key")
    found += [f"assistance {key}" for (key,) in again]
    return found


def _rows(ws: Workspace, command: str, period: Period, table: str, wanted: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The first row of a published table that is wanted, in order of its columns."""
    from nxmed.io.runs import newest, scan_table

    run = newest(ws, command, period)
    if run is None:
        return []
    return scan_table(run, table).filter(wanted).sort(columns).select(columns).head(1).collect().rows()
