"""运行库 (the runs of a workspace): what is there, which is newest, what is sealed, and what a request may do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nxmed.errors import GateError, IntegrityError, MissingInput
from nxmed.io.fingerprint import Request
from nxmed.io.workspace import Workspace
from nxmed.kernel.period import Period

MANIFEST_NAME = "manifest.json"
HEAD_NAME = "head.json"
LOG_NAME = "log.jsonl"
BUILDING_PREFIX = ".building-"

# What rests on the result of a month: (command, months later).
_SEALED_BY: dict[str, tuple[tuple[str, int], ...]] = {"assess": (("assess", 1), ("reconcile", 0))}
# Commands whose items go into payout batches: a submitted batch seals their month too.
_PAID_OUT = ("settle", "assist")


@dataclass(frozen=True)
class Run:
    """一次已发布的运行 (a folder runs/<command>/<period>/<NNNN> with its manifest)."""

    folder: Path
    command: str
    period: Period
    no: int
    manifest: Mapping[str, Any] = field(repr=False, default_factory=dict)
    manifest_sha: str = ""

    @property
    def run_id(self) -> str:
        return str(self.manifest["run_id"])

    @property
    def seq(self) -> int:
        """Place in the chain of the workspace, from 1."""
        return int(self.manifest["seq"])

    @property
    def name(self) -> str:
        """assess/2026-12/0001."""
        return f"{self.command}/{self.period.text}/{self.no:04d}"

    @property
    def outputs(self) -> dict[str, dict[str, Any]]:
        """Tables by name: path, rows, sums, sha256, columns."""
        return {str(o["table"]): o for o in self.manifest["outputs"]}

    @property
    def facts(self) -> dict[str, Any]:
        return dict(self.manifest.get("facts", {}))


@dataclass(frozen=True)
class Plan:
    """该做什么: `publish`, or `up_to_date` with the run that stands. `first`: no earlier month of the command."""

    action: str
    run: Run | None
    first: bool

    @property
    def up_to_date(self) -> bool:
        return self.action == "up_to_date"


def runs(ws: Workspace, command: str | None = None, period: Period | None = None) -> list[Run]:
    """全部运行 (in the order of command, period, number). A manifest that can't be read: IntegrityError, exit 7."""
    return [_load(*place) for place in places(ws, command, period)]


def places(
    ws: Workspace, command: str | None = None, period: Period | None = None
) -> Iterator[tuple[Path, str, Period, int]]:
    """运行文件夹 (numbered folders, complete or damaged; hidden ones are not runs)."""
    for by_command in sorted(_folders(ws.runs)):
        if command is not None and by_command.name != command:
            continue
        for by_period in sorted(_folders(by_command)):
            try:
                month = Period.parse(by_period.name)
            except ValueError:
                continue
            if period is not None and month != period:
                continue
            for folder in sorted(_folders(by_period)):
                if len(folder.name) == 4 and folder.name.isascii() and folder.name.isdigit():
                    yield folder, by_command.name, month, int(folder.name)


def newest(ws: Workspace, command: str, period: Period) -> Run | None:
    """某月最新的运行 (None without one)."""
    found = runs(ws, command, period)
    return found[-1] if found else None


def current(ws: Workspace, command: str | None = None) -> list[Run]:
    """现行运行 (the newest of each command and period)."""
    latest = {(r.command, r.period): r for r in runs(ws, command)}
    return list(latest.values())


def history(ws: Workspace, command: str, before: Period | None = None) -> list[Run]:
    """以前各月的现行运行, oldest first (only months before `before`)."""
    return [r for r in current(ws, command) if before is None or r.period < before]


def sealed_by(ws: Workspace, command: str, period: Period) -> str:
    """被哪个运行封存 ("reconcile 2026-12"; empty when open)."""
    for other, months in _SEALED_BY.get(command, ((command, 1),)):
        if next(places(ws, other, period + months), None) is not None:
            return f"{other} {(period + months).text}"
    return _paid_out(ws, command, period)


def _paid_out(ws: Workspace, command: str, period: Period) -> str:
    """A submitted payout batch that holds items of the month ("payout <bat_no>"; empty without one)."""
    from nxmed.io import payout_store

    if command not in _PAID_OUT or not payout_store.exists(ws):
        return ""
    with payout_store.reading(ws) as store:
        bat_no = store.sealing(command, period.text)
    return f"payout {bat_no}" if bat_no else ""


def is_sealed(ws: Workspace, command: str, period: Period) -> bool:
    """是否已封存 (something later rests on it)."""
    return bool(sealed_by(ws, command, period))


def check_order(ws: Workspace, command: str, period: Period) -> bool:
    """月份次序: True when P is the first month. A gap before P, or P before the first month: MissingInput (exit 6)."""
    months = sorted({place[2] for place in places(ws, command)})
    if not months:
        return True
    if period < months[0]:
        raise MissingInput(
            f"{command} {period.text} 早于首个月份 {months[0].text}",
            "月份依次办理；更早的月份请另建工作区",
            text_en=f"{command} {period.text} lies before the first month, {months[0].text}",
            hint_en="Months go in order; for earlier ones make a workspace of their own",
        )
    before = period - 1
    if period > months[0] and before not in months and period not in months:
        missing = months[-1] + 1
        raise MissingInput(
            f"{command} {period.text} 之前缺 {missing.text}",
            f"先运行 nxmed {command} {missing.text}",
            text_en=f"{command} {missing.text} is missing before {period.text}",
            hint_en=f"First run: nxmed {command} {missing.text}",
        )
    return period == months[0]


def plan(ws: Workspace, request: Request) -> Plan:
    """决定 publish or up to date. Sealed with changed inputs: GateError (5); out of order: MissingInput (6)."""
    first = check_order(ws, request.command, request.period)
    standing = newest(ws, request.command, request.period)
    if standing is None:
        return Plan("publish", None, first)
    if standing.run_id == request.run_id:
        return Plan("up_to_date", standing, first)
    holder = sealed_by(ws, request.command, request.period)
    if not holder:
        return Plan("publish", standing, first)
    if standing.manifest["inputs_sha256"] == request.inputs_digest:
        return Plan("up_to_date", standing, first)
    how_zh, how_en = _CORRECT.get(request.command, _NEXT_BATCH)
    raise GateError(
        f"{request.command} {request.period.text} 已封存（{holder} 以它为依据），输入有变动，不再重新发布",
        how_zh,
        text_en=f"{request.command} {request.period.text} is sealed ({holder} rests on it) and its inputs changed",
        hint_en=how_en,
    )


_NEXT_BATCH = (
    "差额在下一期处理：更正后的数据放入下月收件箱",
    "Put the correction into next month's inbox: the difference goes into the next batch",
)
_CORRECT = {
    "assess": (
        "新的申报自下月起生效（NXJY-13）：补报和更正放入下月收件箱",
        "A new declaration takes effect next month (NXJY-13): put it into next month's inbox",
    ),
}


def head(ws: Workspace) -> dict[str, Any]:
    """链头 (runs/head.json: seq, run, manifest_sha256; seq 0 without runs)."""
    path = ws.runs / HEAD_NAME
    if not path.is_file():
        return {"seq": 0, "run": "", "manifest_sha256": ""}
    try:
        found = json.loads(path.read_bytes())
        return {"seq": int(found["seq"]), "run": str(found["run"]), "manifest_sha256": str(found["manifest_sha256"])}
    except (ValueError, KeyError, TypeError):
        raise _damaged("runs/head.json") from None


def tip(ws: Workspace) -> dict[str, Any]:
    """链尾: the head, proved to be the last run there (else exit 7: runs were taken away or changed)."""
    top = head(ws)
    last = max(runs(ws), key=lambda r: r.seq, default=None)
    found = (0, "") if last is None else (last.seq, last.manifest_sha)
    if found != (top["seq"], top["manifest_sha256"]):
        raise IntegrityError(
            f"运行链不完整：链头是第 {top['seq']} 次运行 {top['run']}，现有最后一次是第 {found[0]} 次",
            "运行文件夹被删除或改动：从备份恢复后再运行；nxmed verify 列出全部问题",
            text_en=f"The chain of runs is broken: its head is {top['seq']} {top['run']}, the last here is {found[0]}",
            hint_en="A run was removed or changed: restore it from the backup; nxmed verify lists every problem",
        )
    return top


def _folders(path: Path) -> list[Path]:
    return [p for p in path.iterdir() if p.is_dir() and not p.name.startswith(".")] if path.is_dir() else []


_read: dict[tuple[str, int, int], tuple[dict[str, Any], str]] = {}


def _load(folder: Path, command: str, period: Period, no: int) -> Run:
    path = folder / MANIFEST_NAME
    try:
        state = path.stat()
        key = (str(path), state.st_mtime_ns, state.st_size)
        if key not in _read:
            content = path.read_bytes()
            data = json.loads(content)
            for needed in ("run_id", "seq", "outputs", "inputs_sha256"):
                data[needed]
            _read[key] = (data, hashlib.sha256(content).hexdigest())
        data, sha = _read[key]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise _damaged(f"{command}/{period.text}/{folder.name}/{MANIFEST_NAME}") from None
    return Run(folder, command, period, no, data, sha)


def _damaged(name: str) -> IntegrityError:
    return IntegrityError(
        f"运行清单缺失或损坏：{name}",
        "从备份恢复该文件夹；nxmed verify 列出全部问题",
        text_en=f"A manifest is missing or damaged: {name}",
        hint_en="Restore that folder from the backup; nxmed verify lists every problem",
    )
