"""作业记录 (what each run of a job did): one file of JSON lines per run, written step by step, so that a stopped one tells where."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nxmed.errors import IntegrityError
from nxmed.io.disk import disk_errors
from nxmed.io.files import FILE_MODE, make_folder, sync_folder
from nxmed.io.lock import holder
from nxmed.io.workspace import Workspace

HISTORY = Path("jobs", "history")


@dataclass(frozen=True)
class JobRun:
    """一次作业运行. `steps`: the last word on each step, by id; `code` is None when it was stopped before its end."""

    path: Path
    job: str
    period: str
    no: int
    start: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    end: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """nightly/2026-11/0001."""
        return f"{self.job}/{self.period}/{self.no:04d}"

    @property
    def code(self) -> int | None:
        return None if self.end is None else int(self.end["code"])

    @property
    def stopped(self) -> bool:
        """中断 (no end, and the process that wrote it is gone: after a restart another may have its number, but not its lock)."""
        if self.end is not None:
            return False
        who = holder(self.path.parents[2])
        return who is None or who.get("pid", self.start["pid"]) != self.start["pid"]


def job_runs(ws: Workspace, job: str | None = None, period: str | None = None) -> list[JobRun]:
    """全部作业运行, by job, period and number (one stopped before its first line was on the disk did nothing: left out)."""
    root = ws.path / HISTORY
    found = [
        _read(path) for path in sorted(root.glob("*/*/[0-9][0-9][0-9][0-9].jsonl"))
        if (job is None or path.parts[-3] == job) and (period is None or path.parts[-2] == period)
    ]
    return [run for run in found if run.start]


def last_run(ws: Workspace, job: str, period: str | None = None) -> JobRun | None:
    """最近一次 (by the time it began; of one period when given)."""
    found = job_runs(ws, job, period)
    return max(found, key=lambda r: (str(r.start.get("at", "")), r.period, r.no), default=None)


class Recorder:
    """正在写的记录 (every line is on the disk before the next step begins)."""

    def __init__(self, ws: Workspace, job: str, period: str) -> None:
        folder = ws.path / HISTORY / job / period
        with disk_errors():
            make_folder(folder)
        taken = [int(p.stem) for p in folder.glob("[0-9][0-9][0-9][0-9].jsonl")]
        self.path = folder / f"{max(taken, default=0) + 1:04d}.jsonl"

    def write(self, event: str, **fields: Any) -> None:
        """加一行."""
        line = json.dumps({"event": event, **fields}, ensure_ascii=False, sort_keys=True) + "\n"
        with disk_errors():
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
            try:
                os.write(handle, line.encode())
                os.fsync(handle)
            finally:
                os.close(handle)
            sync_folder(self.path.parent)


def _read(path: Path) -> JobRun:
    start: dict[str, Any] = {}
    end: dict[str, Any] | None = None
    steps: dict[str, dict[str, Any]] = {}
    lines = path.read_text("utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
        except ValueError:
            if number == len(lines):  # cut off in the middle of a write: the run was stopped there
                break
            raise IntegrityError(f"作业记录 {path.name} 第 {number} 行损坏", "从备份恢复该文件",
                                 text_en=f"Line {number} of the job record {path.name} is damaged",
                                 hint_en="Restore the file from the backup") from None
        event = entry.pop("event")
        if event == "start":
            start = entry
        elif event == "step":
            steps[str(entry["id"])] = entry
        else:
            end = entry
    return JobRun(path, path.parts[-3], path.parts[-2], int(path.stem), start, steps, end)
