"""拨付库 (payouts.sqlite at the root of the workspace): batches, lines, signatures, exports, the bank's answers, log.

`writing` gives one transaction (BEGIN IMMEDIATE, synchronous EXTRA): everything of a step is there, with its log
entry, or nothing. Hold the workspace's lock around it. `reading` changes nothing.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nxmed.errors import GateError, IntegrityError, NxmedError, WorkspaceLocked
from nxmed.io import payout_log
from nxmed.io.disk import disk_errors
from nxmed.io.failpoint import failpoint
from nxmed.io.files import FILE_MODE
from nxmed.io.payout_rows import PayoutStore
from nxmed.io.payout_schema import DDL, VERSION
from nxmed.io.workspace import Workspace

STORE_NAME = "payouts.sqlite"
PAYOUT_POINTS = ("payout.commit", "payout.committed", "payout.log.append", "payout.log.sync", "payout.log.mark")
"""Fault points of every step (those before payout.committed leave the store as it was)."""


def path_of(ws: Workspace) -> Path:
    """拨付库文件."""
    return ws.path / STORE_NAME


def exists(ws: Workspace) -> bool:
    """是否已有拨付库."""
    return path_of(ws).is_file() and path_of(ws).stat().st_size > 0


@contextmanager
def reading(ws: Workspace) -> Iterator[PayoutStore]:
    """只读打开 (an empty store when there is none; a schema that was changed is still read, for verify)."""
    with _told():
        connection = _open(path_of(ws)) if exists(ws) else _fresh(":memory:")
    try:
        connection.execute("PRAGMA query_only = ON")
        with _told():
            yield PayoutStore(connection)
    finally:
        connection.close()


@contextmanager
def writing(ws: Workspace) -> Iterator[PayoutStore]:
    """一步一个事务 (all or nothing; the log file follows the commit). Under the workspace's lock.

    A changed schema or log: IntegrityError (7); a second live line for an item: GateError (5); another writer: 75.
    """
    with _told(), disk_errors():
        connection = _prepared(path_of(ws))
    try:
        with _told():
            require_schema(connection)
            payout_log.complete(ws, connection)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield PayoutStore(connection)
                failpoint("payout.commit")
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            failpoint("payout.committed")
            payout_log.complete(ws, connection)
    finally:
        connection.close()


def schema_differences(connection: sqlite3.Connection) -> list[str]:
    """结构差异 (names of tables, indexes and triggers that are missing, changed or added)."""
    wanted, found = _fresh(":memory:"), connection
    query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    try:
        want, have = dict(wanted.execute(query)), dict(found.execute(query))
    finally:
        wanted.close()
    return sorted(n for n in {*want, *have} if want.get(n) != have.get(n))


def require_schema(connection: sqlite3.Connection) -> None:
    """结构必须完好 (IntegrityError, exit 7: what guards the store was taken away)."""
    different = schema_differences(connection)
    if different:
        raise IntegrityError(
            f"拨付库的结构被改动：{'、'.join(different[:5])}", "停止拨付，从备份恢复 payouts.sqlite",
            text_en=f"The structure of the payout store was changed: {', '.join(different[:5])}",
            hint_en="Stop paying and restore payouts.sqlite from the backup")


def _open(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(str(path), timeout=5, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cache_size = -65536")
    return connection


def _fresh(path: Path | str) -> sqlite3.Connection:
    connection = _open(path)
    connection.executescript(f"BEGIN IMMEDIATE; {DDL} PRAGMA user_version = {VERSION}; COMMIT;")
    return connection


def _prepared(path: Path) -> sqlite3.Connection:
    """The store, made with rights 0600 when it is not there yet (or was left empty by a crash)."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
    connection = _open(path)
    try:
        empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if empty and connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            connection.close()
            return _fresh(path)
        return connection
    except BaseException:
        connection.close()
        raise


@contextmanager
def _told() -> Iterator[None]:
    """Errors of SQLite in two lines (never with values)."""
    try:
        yield
    except sqlite3.IntegrityError as problem:
        raise _refused(problem) from None
    except sqlite3.OperationalError as problem:
        text = str(problem)
        if "locked" in text or "busy" in text:
            raise WorkspaceLocked("拨付库正被另一个程序写入", "等它结束后再运行", text_en="Another program writes to the payout store",
                                  hint_en="Run again when it has ended") from None
        if "full" in text:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None
        if "I/O" in text or "unable to open" in text or "readonly" in text:
            raise OSError(errno.EIO, os.strerror(errno.EIO)) from None
        raise _damaged() from None
    except sqlite3.DatabaseError:
        raise _damaged() from None


def _refused(problem: sqlite3.IntegrityError) -> NxmedError:
    text = str(problem)
    if "line_items.item_id" in text:
        return GateError("有付款项已在另一有效付款行中，未写入任何内容", "查看：nxmed payout list；先作废旧草稿再编批",
                         text_en="An item stands in another live line already; nothing was written",
                         hint_en="See nxmed payout list; cancel the old draft first")
    what = text.partition(":")[0] if text.startswith(("UNIQUE", "CHECK", "FOREIGN", "NOT NULL")) else text
    return IntegrityError(f"拨付库拒绝了这次写入（{what}），未写入任何内容", "保留现场，联系维护人员",
                          text_en=f"The payout store refused this ({what}); nothing was written",
                          hint_en="Keep everything as it is and call the maintainers")


def _damaged() -> IntegrityError:
    return IntegrityError("拨付库损坏或不是拨付库：payouts.sqlite", "停止拨付，从备份恢复；nxmed payout verify 列出全部问题",
                          text_en="The payout store is damaged: payouts.sqlite",
                          hint_en="Stop paying and restore it from the backup; nxmed payout verify lists every problem")
