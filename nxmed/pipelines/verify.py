"""核验 (verify): every file against its manifest, the chain of manifests, totals, and the equations again."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from nxmed.errors import IntegrityError, NxmedError
from nxmed.io import deliveries
from nxmed.io.files import sha256_of
from nxmed.io.fingerprint import Request, fingerprint
from nxmed.io.resources import tables
from nxmed.io.run_store import LOG_NAME, MANIFEST_NAME, Run, _load, head, places
from nxmed.io.tables import read_table, sums
from nxmed.io.workspace import Workspace
from nxmed.kernel.money import yuan
from nxmed.kernel.stage import Equation

Prover = Callable[[Mapping[str, pl.DataFrame], Mapping[str, Any]], list[Equation]]

EQUATIONS: dict[str, str] = {
    "assess": "nxmed.contributions.assess:equations",
    "reconcile": "nxmed.collections.reconcile:equations",
    "settle": "nxmed.settlements.settle:equations",
    "assist": "nxmed.assistance.assist:equations",
    "cases": "nxmed.cases.register:equations",
}
"""Where a command's equations are stated: module:function(tables, facts) -> equations."""


@dataclass(frozen=True)
class Problem:
    """一个问题: kind, where, what."""

    kind: str
    where: str
    zh: str
    en: str


@dataclass
class Report:
    """核验结果: counts, problems (exit 7), and notes that are no problem."""

    runs: int = 0
    files: int = 0
    equations: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def problem(self, kind: str, where: str, zh: str, en: str) -> None:
        self.problems.append(Problem(kind, where, zh, en))

    def note(self, kind: str, where: str, zh: str, en: str) -> None:
        self.notes.append(Problem(kind, where, zh, en))


def verify(ws: Workspace) -> Report:
    """核验工作区的全部运行 (reads only; problems are listed, not raised)."""
    report = Report()
    loaded = _loaded(ws, report)
    broken = Report()
    _chain(ws, loaded, broken)
    if broken.problems:  # a run may just be arriving: look once more
        time.sleep(0.3)
        report = Report()
        loaded = _loaded(ws, report)
        broken = Report()
        _chain(ws, loaded, broken)
    report.problems += broken.problems
    report.notes += broken.notes
    known = {r.run_id for r in loaded}
    for run in loaded:
        report.runs += 1
        _identity(run, known, report)
        prove_run(run, report)
    _payouts(ws, report)
    if not report.problems:
        _copies(ws, loaded, report)
    else:
        _copies(ws, [r for r in loaded if (r.folder / MANIFEST_NAME).is_file()], report)
    return report


def prove_run(run: Run, report: Report) -> None:
    """核验一次运行 by itself: hashes of its files, the equations it states, its sums, the equations proved again."""
    whole = _files(run, report)
    _stated(run, report)
    if whole:
        _totals(run, report)
        _proved_again(run, report)


def _payouts(ws: Workspace, report: Report) -> None:
    """The payout store, its log, signatures and exported files."""
    from nxmed.pipelines.payout_verify import verify_payouts

    found = verify_payouts(ws)
    report.files += found.files
    report.equations += found.equations
    for where, zh, en in found.problems:
        report.problem("payout", where, zh, en)
    for where, zh, en in found.notes:
        report.note("payout", where, zh, en)


def _loaded(ws: Workspace, report: Report) -> list[Run]:
    found = []
    for folder, command, period, no in places(ws):
        where = f"{command}/{period.text}/{folder.name}"
        try:
            run = _load(folder, command, period, no)
        except IntegrityError as bad:
            report.problem("manifest", where, bad.text, bad.text_en)
            continue
        if (run.manifest.get("command"), run.manifest.get("period")) != (command, period.text):
            report.problem(
                "manifest", where, "清单属于另一个命令或月份", "the manifest is another command's or month's"
            )
        found.append(run)
    return sorted(found, key=lambda r: (r.seq, r.name))


def _chain(ws: Workspace, loaded: list[Run], report: Report) -> None:
    seq, sha, name = 0, "", ""
    for run in loaded:
        before = run.manifest.get("previous", {})
        if run.seq != seq + 1:
            zh = f"清单链断开：第 {seq} 次之后是第 {run.seq} 次" if run.seq > seq else f"第 {run.seq} 次运行出现两份"
            report.problem("chain", run.name, zh, f"the chain breaks: run {run.seq} follows run {seq}")
        elif (before.get("run"), before.get("manifest_sha256")) != (name, sha):
            report.problem(
                "chain",
                run.name,
                f"前一份清单（{name or '无'}）被改动或调换",
                f"the manifest before it ({name or 'none'}) was changed or swapped",
            )
        seq, sha, name = run.seq, run.manifest_sha, run.name
    try:
        top = head(ws)
    except NxmedError as bad:
        report.problem("head", "runs/head.json", bad.text, bad.text_en)
        return
    if (top["seq"], top["manifest_sha256"]) == (seq, sha):
        return
    last = loaded[-1] if loaded else None
    if last and last.seq == top["seq"] + 1 and last.manifest["previous"]["manifest_sha256"] == top["manifest_sha256"]:
        report.note(
            "head",
            "runs/head.json",
            "上次发布在收尾时中断，下一个命令会补齐",
            "the last publication was cut short; the next command completes it",
        )
        return
    what = "被删除" if top["seq"] > seq else "被改动"
    report.problem(
        "head",
        "runs/head.json",
        f"链头记录第 {top['seq']} 次运行 {top['run']}，现有最后一次是第 {seq} 次：运行{what}",
        f"the head names run {top['seq']} {top['run']}, the last one here is run {seq}",
    )


def _identity(run: Run, known: set[str], report: Report) -> None:
    m = run.manifest
    try:
        request = Request(run.command, run.period, m["arguments"], m["inputs"], m["policy_sha256"], m["upstream"])
        again = fingerprint(
            run.command, run.period, m["arguments"], m["inputs"], m["policy_sha256"], m["upstream"], m["code_sha256"]
        )
        right = (request.inputs_digest, again) == (m["inputs_sha256"], m["run_id"])
    except (KeyError, TypeError):
        right = False
    if not right:
        report.problem(
            "run_id", run.name, "运行编号与清单所列输入不符", "the run_id does not follow from the inputs listed"
        )
    for upstream in m.get("upstream", []):
        if upstream not in known:
            report.problem(
                "upstream", run.name, f"所依据的运行 {upstream} 不在", f"the run it rests on, {upstream}, is not there"
            )


def _files(run: Run, report: Report) -> bool:
    """Hashes of all files of the folder; whether its tables are whole."""
    m = run.manifest
    listed = {str(o["path"]): str(o["sha256"]) for o in m["outputs"]}
    listed |= {f"{d['place']}/{d['name']}": str(d["sha256"]) for d in m.get("deliveries", [])}
    listed[LOG_NAME] = str(m.get("log_sha256"))
    whole = True
    for inside, sha in sorted(listed.items()):
        path = run.folder / inside
        report.files += 1
        if not path.is_file():
            report.problem("file", f"{run.name}/{inside}", "文件缺失", "the file is missing")
        elif sha256_of(path) != sha:
            report.problem("file", f"{run.name}/{inside}", "文件内容被改动", "the file was changed")
        else:
            continue
        whole = whole and not inside.endswith(".parquet")
    for path in sorted(run.folder.rglob("*")):
        inside = path.relative_to(run.folder).as_posix()
        if not path.is_dir() and inside not in listed and inside != MANIFEST_NAME:
            report.problem("file", f"{run.name}/{inside}", "清单之外的文件", "a file that the manifest does not list")
    return whole


def _stated(run: Run, report: Report) -> None:
    """The equations as the manifest states them."""
    for e in run.manifest.get("equations", []):
        report.equations += 1
        sides = [sum((Decimal(str(v)) for v in e[side].values()), Decimal(0)) for side in ("left", "right")]
        if sides[0] != sides[1]:
            report.problem(
                "equation",
                f"{run.name} {e['id']}",
                f"守恒等式不成立：{e['zh']}，左 {sides[0]}，右 {sides[1]}",
                f"equation does not hold: left {sides[0]}, right {sides[1]}",
            )


def _totals(run: Run, report: Report) -> None:
    """Rows and sums of each table against the manifest, and that every row belongs to this run and month."""
    for name, output in sorted(run.outputs.items()):
        schema = tables().get(name)
        where = f"{run.name}/{output['path']}"
        if schema is None:
            report.note("table", where, "这个版本没有该表的结构，未核合计", "no schema for this table in this version")
            continue
        frame = read_table(run, name)
        given = {k: str(v) for k, v in output["sums"].items()}
        found = {k: yuan(v) for k, v in sums(schema, frame).items()}
        if frame.height != output["rows"] or any(found.get(k, v) != v for k, v in given.items()):
            report.problem("totals", where, "行数或合计与清单不符", "rows or sums differ from the manifest")
        owners = (
            pl.scan_parquet(run.folder / output["path"], glob=False)
            .filter((pl.col("run_id") != run.run_id) | (pl.col("period") != run.period.text))
            .select(pl.len())
            .collect()
            .item()
        )
        if owners:
            report.problem("totals", where, "有不属于本次运行的行", "rows of another run or month")


def _proved_again(run: Run, report: Report) -> None:
    """The room's own equations over the published tables."""
    place = EQUATIONS.get(run.command)
    if place is None:
        return
    module, _, function = place.partition(":")
    state: Prover = getattr(importlib.import_module(module), function)
    frames = {name: read_table(run, name) for name in run.outputs if name in tables()}
    try:
        stated = state(frames, run.facts)
    except (KeyError, TypeError, ValueError, ArithmeticError, pl.exceptions.PolarsError) as bad:
        report.problem(
            "equation",
            run.name,
            f"守恒等式不能重算（{type(bad).__name__}）：清单或表不完整",
            f"the equations can't be proved again ({type(bad).__name__}): manifest or tables incomplete",
        )
        return
    for e in stated:
        report.equations += 1
        if not e.holds:
            report.problem(
                "equation",
                f"{run.name} {e.id}",
                f"按已发布的表重算，守恒等式不成立：{e.zh}，差 {e.residual}",
                f"proved again from the tables, {e.id} does not hold: residual {e.residual}",
            )


def _copies(ws: Workspace, loaded: list[Run], report: Report) -> None:
    """Copies in outbox and quarantine: a changed one is a problem, a missing one was taken away to be sent."""
    for target, (_, sha) in sorted(deliveries.wanted(ws, loaded).items()):
        where = str(target.relative_to(ws.path)) if target.is_relative_to(ws.path) else str(target)
        if not target.is_file():
            report.note("copy", where, "副本不在原处", "the copy is not there")
            continue
        report.files += 1
        found = sha256_of(target)
        if found == sha:
            continue
        if any(deliveries.targets(ws, run).get(target, ("", ""))[1] == found for run in loaded):
            report.note(
                "copy",
                where,
                "还是被取代的那次运行的副本：发布在收尾时中断，下一个命令会换上新的",
                "still the copy of the superseded run: its publication was cut short; the next command replaces it",
            )
            continue
        report.problem("copy", where, "副本被改动，与运行中的原件不同", "the copy differs from the original in its run")
