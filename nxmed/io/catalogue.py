"""目录 (nxmed.duckdb): one view per published table over the newest runs, Chinese views, and facts about the runs.

What the payout store shows lies in the file itself (schema `payout`), masked, under views of the same kind.
Always built aside and swapped in by rename: readers keep the file they opened, a run never waits for them. The views
name their Parquet files one by one with absolute paths; the storage version lets DuckDB 1.x open the file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nxmed.io import payout_tables
from nxmed.io.catalogue_macros import add_macros, calendar_state
from nxmed.io.catalogue_meta import comment_on, fill_meta
from nxmed.io.catalogue_names import columns_of, file_literal, meaning, name, quoted, sql_type
from nxmed.io.files import FILE_MODE, TEMP_PREFIX, sync_file, sync_folder
from nxmed.io.fingerprint import code_digest
from nxmed.io.resources import tables
from nxmed.io.run_store import Run, current, runs
from nxmed.io.workspace import Workspace
from nxmed.kernel.table import TableColumn, TableSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STORAGE_VERSION = "v1.0.0"


def stamp(ws: Workspace) -> str:
    """目录应有的标记: which runs are current, the last step of payout, where the workspace lies, by which code."""
    state = [str(ws.path), str(ws.runs), code_digest(), [(r.name, r.manifest_sha) for r in runs(ws)], payout_tables.stamp(ws), calendar_state(ws)]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()


def is_stale(ws: Workspace) -> bool:
    """目录是否过期 (missing, unreadable, of another place, or not of the runs that are there)."""
    import duckdb

    if not ws.catalogue_path.is_file():
        return True
    try:
        with duckdb.connect(str(ws.catalogue_path), read_only=True) as connection:
            found = connection.execute("SELECT stamp FROM meta.catalogue").fetchone()
    except duckdb.Error:
        return True
    return found is None or found[0] != stamp(ws)


def rebuild(ws: Workspace) -> None:
    """重建目录 (aside, then swapped in; again if a run was published meanwhile)."""
    for _ in range(3):
        wanted = stamp(ws)
        swap(ws, build(ws))
        if stamp(ws) == wanted:
            return


def swap(ws: Workspace, built: Path) -> None:
    """换上新目录 (one rename)."""
    os.replace(built, ws.catalogue_path)
    sync_folder(ws.path)


def build(ws: Workspace) -> Path:
    """在旁边建好目录文件 (closed and fsynced; for `swap`)."""
    temp = ws.path / f"{TEMP_PREFIX}{os.getpid()}-{os.urandom(3).hex()}.duckdb"
    try:
        fill(temp, ws)
        os.chmod(temp, FILE_MODE)
        sync_file(temp)
    except BaseException:
        temp.unlink(missing_ok=True)
        Path(f"{temp}.wal").unlink(missing_ok=True)
        raise
    return temp


def fill(target: Path, ws: Workspace) -> None:
    """写目录 into the new file `target`. A full disk is an OSError, as everywhere."""
    import duckdb

    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute("SET threads = 1")
            connection.execute(f"ATTACH {quoted(str(target))} AS made (STORAGE_VERSION '{STORAGE_VERSION}')")
            connection.execute("USE made")
            populate(connection, ws)
            connection.execute("USE memory")
            connection.execute("DETACH made")
    except duckdb.Error as problem:
        full = "No space left" in str(problem)
        if not full and not isinstance(problem, duckdb.IOException):
            raise
        number = errno.ENOSPC if full else errno.EIO
        raise OSError(number, os.strerror(number)) from None


def populate(connection: DuckDBPyConnection, ws: Workspace) -> None:
    """建全部视图和说明 in the connection's current database."""
    connection.execute("BEGIN")
    connection.execute("CREATE SCHEMA zh")
    connection.execute("CREATE SCHEMA meta")
    latest = current(ws)
    stored = _stored(connection, ws)
    for table in tables().values():
        _view(connection, table, [r for r in latest if table.id in r.outputs], table.id in stored)
        _chinese(connection, table)
    fill_meta(connection, ws, stamp(ws), latest)
    add_macros(connection, ws)
    connection.execute("COMMIT")


def _stored(connection: DuckDBPyConnection, ws: Workspace) -> set[str]:
    """payout.<table>: rows of the payout store, as data."""
    made = payout_tables.frames(ws)
    connection.execute("CREATE SCHEMA payout")
    for table_id, frame in made.items():
        table = tables()[table_id]
        listed = ", ".join(f"CAST({name(c.id)} AS {sql_type(c)}) AS {name(c.id)}" for c in columns_of(table))
        connection.register("given", frame)
        connection.execute(f"CREATE TABLE payout.{name(table_id)} AS SELECT {listed} FROM given")
        connection.unregister("given")
    return set(made)


def _view(connection: DuckDBPyConnection, table: TableSchema, latest: Sequence[Run], stored: bool = False) -> None:
    """main.<table>: typed as the schema says, also without a run; a column that older runs lack is empty for them."""
    shapes: dict[tuple[str, ...], list[Path]] = {}
    for run in latest:
        output = run.outputs[table.id]
        shapes.setdefault(tuple(output["columns"]), []).append(run.folder / output["path"])
    selects = [
        f"SELECT {', '.join(_cast(c, c.id in have) for c in columns_of(table))} "
        f"FROM read_parquet([{', '.join(map(file_literal, files))}], hive_partitioning = false)"
        for have, files in shapes.items()
    ]
    if stored:
        selects.append(f"SELECT {', '.join(name(c.id) for c in columns_of(table))} FROM payout.{name(table.id)}")
    selects = selects or [f"SELECT {', '.join(_cast(c, False) for c in columns_of(table))} WHERE false"]
    connection.execute(f"CREATE VIEW main.{name(table.id)} AS {' UNION ALL '.join(selects)}")
    comment_on(connection, f"VIEW main.{name(table.id)}", f"{table.zh}：{table.comment}")
    for c in columns_of(table):
        comment_on(connection, f"COLUMN main.{name(table.id)}.{name(c.id)}", meaning(c))


def _chinese(connection: DuckDBPyConnection, table: TableSchema) -> None:
    picked = ", ".join(f"{name(c.id)} AS {name(c.zh)}" for c in columns_of(table))
    connection.execute(f"CREATE VIEW zh.{name(table.zh)} AS SELECT {picked} FROM main.{name(table.id)}")
    comment_on(connection, f"VIEW zh.{name(table.zh)}", f"{table.id}：{table.comment}")
    for c in columns_of(table):
        comment_on(connection, f"COLUMN zh.{name(table.zh)}.{name(c.zh)}", f"{c.id}：{meaning(c)}")


def _cast(column: TableColumn, present: bool) -> str:
    value = name(column.id) if present else "NULL"
    return f"CAST({value} AS {sql_type(column)}) AS {name(column.id)}"
