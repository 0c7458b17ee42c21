"""处理决定 (settle_resolutions.jsonl): an append-only file of its own; each line carries the hash of the line before."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from nxmed.errors import IntegrityError
from nxmed.io.disk import disk_errors
from nxmed.io.files import FILE_MODE, sync_folder
from nxmed.io.workspace import Workspace
from nxmed.kernel.period import Period

FILE_NAME = "settle_resolutions.jsonl"
AMOUNTS = (
    "agency_medfee_sumamt", "agency_fund_pay_sumamt", "agency_acct_pay", "provider_medfee_sumamt", "provider_fund_pay_sumamt",
    "provider_acct_pay",
)
TEXTS = ("entry_id", "break_id", "decision", "note", "who", "who_name", "at", "period", "decided_diff")
SCHEMA: dict[str, pl.DataType] = {**dict.fromkeys(TEXTS, pl.String()), **dict.fromkeys(AMOUNTS, pl.Int64())}


def path_of(ws: Workspace) -> Path:
    """文件位置 (at the root of the workspace)."""
    return ws.path / FILE_NAME


def read(ws: Workspace) -> pl.DataFrame:
    """读全部决定 (in the order in which they were taken). A broken chain: IntegrityError (exit 7)."""
    path = path_of(ws)
    if not path.is_file():
        return pl.DataFrame(schema=SCHEMA)
    previous = ""
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            right = _sealed(entry) == entry["entry_id"] and entry["previous"] == previous
        except (ValueError, KeyError, TypeError):
            right = False
        if not right:
            raise IntegrityError(
                f"{FILE_NAME} 第 {number} 行被改动或损坏", "从备份恢复该文件；决定只能用 nxmed settle resolve 追加",
                text_en=f"Line {number} of {FILE_NAME} was changed or is damaged",
                hint_en="Restore the file from the backup; decisions are only added by nxmed settle resolve")
        previous = str(entry["entry_id"])
        rows.append({name: entry.get(name) for name in SCHEMA})
    return pl.DataFrame(rows, schema=SCHEMA)


def append(ws: Workspace, entry: Mapping[str, Any]) -> str:
    """追加一条决定 (flushed to the disk; gives its number). Call it under the workspace's lock."""
    earlier = read(ws)
    previous = str(earlier["entry_id"][-1]) if earlier.height else ""
    made = {**entry, "previous": previous}
    made["entry_id"] = _sealed(made)
    line = json.dumps(made, ensure_ascii=False, sort_keys=True) + "\n"
    path = path_of(ws)
    with disk_errors():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_folder(path.parent)
    return str(made["entry_id"])


def due(ws: Workspace, period: Period, done_elsewhere: Collection[str]) -> pl.DataFrame:
    """本期要读的决定 (taken in this month's time or before, not carried out by the run of another month)."""
    return _due(read(ws), period, done_elsewhere)


def _due(entries: pl.DataFrame, period: Period, done_elsewhere: Collection[str]) -> pl.DataFrame:
    return entries.filter(
        (pl.col("period") <= period.text) & ~pl.col("entry_id").is_in(sorted(done_elsewhere)))


def as_read(ws: Workspace, period: Period, done_elsewhere: Collection[str], inputs: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """当时读到的决定 (those that a run with these inputs read: entries are only ever added, so the first so many lines).

    Where no number of lines gives what the run read: all that are due now, which differ from it.
    """
    read_then = [s["sha256"] for s in inputs if s["path"] == FILE_NAME]
    if not read_then:
        return pl.DataFrame(schema=SCHEMA)
    entries = read(ws)
    for lines in range(entries.height, 0, -1):
        found = _due(entries.head(lines), period, done_elsewhere)
        made = source(found, period)
        if made is not None and made["sha256"] == read_then[0]:
            return found
    return _due(entries, period, done_elsewhere)


def source(entries: pl.DataFrame, period: Period) -> dict[str, Any] | None:
    """作为输入 (what stands in the manifest: name, sha256 of the entries read, counts; None without entries)."""
    if not entries.height:
        return None
    content = "".join(json.dumps(r, ensure_ascii=False, sort_keys=True) + "\n" for r in entries.to_dicts()).encode()
    return {"contract": "settle_resolutions", "path": FILE_NAME, "month": period.text,
            "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "rows_read": entries.height,
            "accepted": entries.height, "rejected": 0, "duplicates": 0}


def _sealed(entry: Mapping[str, Any]) -> str:
    content = {k: v for k, v in entry.items() if k != "entry_id"}
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:24]
