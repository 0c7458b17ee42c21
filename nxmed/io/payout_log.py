"""拨付日志 (payouts.log.jsonl): each line carries the sha256 of the line before; the same lines stand in the store.

The head of the chain is the sha256 of the last line. A line is committed in the store first and written to the file
right after; `log_written` says how far the file got, so that a crash in between is told from a tail that was cut.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nxmed.errors import IntegrityError
from nxmed.io.disk import disk_errors
from nxmed.io.failpoint import failpoint
from nxmed.io.files import FILE_MODE, sync_folder
from nxmed.io.lock import user
from nxmed.io.workspace import Workspace

LOG_NAME = "payouts.log.jsonl"
START = "0" * 64
"""What the first line names as the line before it."""


@dataclass(frozen=True)
class Broken:
    """日志的一处问题: where, and what (Chinese, English)."""

    where: str
    zh: str
    en: str


def path_of(ws: Workspace) -> Path:
    """日志文件 (at the root of the workspace)."""
    return ws.path / LOG_NAME


def now() -> str:
    """现在 (UTC, to the second; stands in the log and beside signatures, never in what is signed)."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """链头 (number of entries and sha256 of the last line; START without entries)."""
    row = connection.execute("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1").fetchone()
    return (int(row[0]), str(row[1])) if row else (0, START)


def add(connection: sqlite3.Connection, action: str, bat_no: str, person: str, at: str, detail: Mapping[str, Any]) -> str:
    """追加一条 (inside the open transaction; gives the new head)."""
    seq, previous = head(connection)
    entry = {"seq": seq + 1, "at": at, "who": user(), "host": socket.gethostname(), "person": person, "action": action,
             "bat_no": bat_no, "detail": dict(detail), "previous": previous}
    line = json.dumps(entry, ensure_ascii=False, sort_keys=True)
    made = sealed(line)
    connection.execute("INSERT INTO log (seq, line, hash) VALUES (?, ?, ?)", (seq + 1, line, made))
    return made


def sealed(line: str) -> str:
    """一行的哈希 (sha256 of its UTF-8 bytes without the line break)."""
    return hashlib.sha256(line.encode()).hexdigest()


def entries(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """全部日志, oldest first, each with its `hash`."""
    rows = connection.execute("SELECT line, hash FROM log ORDER BY seq").fetchall()
    return [{**json.loads(line), "hash": made} for line, made in rows]


def complete(ws: Workspace, connection: sqlite3.Connection) -> None:
    """补齐日志文件 (lines that the store has and a crash kept from the file). A file that is anything else than a
    beginning of the store's log is left as it is: IntegrityError (exit 7)."""
    rows = [str(r[0]) for r in connection.execute("SELECT line FROM log ORDER BY seq")]
    written = int(connection.execute("SELECT seq FROM log_written").fetchone()[0])
    path = path_of(ws)
    content = path.read_bytes() if path.is_file() else b""
    sure = "".join(f"{line}\n" for line in rows[:written]).encode()
    rest = "".join(f"{line}\n" for line in rows[written:]).encode()
    if not content.startswith(sure) or not rest.startswith(content[len(sure):]):
        raise IntegrityError(
            f"{LOG_NAME} 与拨付库中的日志不一致：被改动、截断，或被换成旧的", "停止拨付，从备份恢复；nxmed payout verify 列出全部问题",
            text_en=f"{LOG_NAME} differs from the log in the store: changed, cut, or an old copy",
            hint_en="Stop paying and restore from the backup; nxmed payout verify lists every problem")
    if content == sure + rest and written == len(rows):
        return
    with disk_errors():
        if content != sure + rest:
            failpoint("payout.log.append")
            handle = os.open(path, os.O_WRONLY | os.O_CREAT, FILE_MODE)
            try:
                os.pwrite(handle, rest, len(sure))
                failpoint("payout.log.sync")
                os.fsync(handle)
            finally:
                os.close(handle)
            sync_folder(path.parent)
        failpoint("payout.log.mark")
        connection.execute("UPDATE log_written SET seq = ?", (len(rows),))


def problems(ws: Workspace, connection: sqlite3.Connection) -> tuple[list[Broken], list[Broken]]:
    """核对日志 (problems, and notes that are none: numbering, hashes, chain, and the file against the store)."""
    found: list[Broken] = []
    previous = START
    rows = connection.execute("SELECT seq, line, hash FROM log ORDER BY seq").fetchall()
    for number, (seq, line, made) in enumerate(rows, start=1):
        try:
            entry = json.loads(line)
            right = (seq, entry["seq"], entry["previous"], sealed(line)) == (number, number, previous, made)
        except (ValueError, KeyError, TypeError):
            right = False
        if not right:
            found.append(Broken(f"log {seq}", "日志条目被改动、抽掉或调换", "a log entry was changed, taken out or swapped"))
        previous = made
    written = int(connection.execute("SELECT seq FROM log_written").fetchone()[0])
    path = path_of(ws)
    lines = path.read_bytes().split(b"\n") if path.is_file() else [b""]
    tail = lines.pop()
    stored = [str(r[1]).encode() for r in rows]
    for number, (here, there) in enumerate(zip(lines, stored, strict=False), start=1):
        if here != there:
            found.append(Broken(f"{LOG_NAME}:{number}", "这一行与拨付库不同", "this line differs from the store"))
    if len(lines) > len(stored):
        found.append(Broken(LOG_NAME, f"文件有 {len(lines)} 行，拨付库只有 {len(stored)} 条：拨付库被截断或换成旧的",
                            f"the file has {len(lines)} lines, the store {len(stored)}: the store was cut or is an old copy"))
    if written > len(stored):
        found.append(Broken("log_written", f"拨付库记着写过 {written} 条，只有 {len(stored)} 条：日志被截断",
                            f"{written} entries were written, {len(stored)} are there: the log was cut"))
    notes: list[Broken] = []
    if len(lines) < len(stored) and not (len(lines) >= written and stored[len(lines)].startswith(tail)):
        found.append(Broken(LOG_NAME, f"文件有 {len(lines)} 行，拨付库有 {len(stored)} 条：文件被截断",
                            f"the file has {len(lines)} lines, the store {len(stored)}: the file was cut"))
    elif len(lines) < len(stored):
        notes.append(Broken(LOG_NAME, "上次写日志时中断，下一个命令会补齐", "writing was cut short; the next command completes it"))
    elif tail:
        found.append(Broken(LOG_NAME, "文件末尾有多余内容", "something stands behind the last line"))
    return found, notes
