"""目录 (nxmed.duckdb): one view per published table over the newest runs, Chinese views, and what is known about the runs.

Always built aside and swapped in by rename: readers keep the file they opened, a run never waits for them. The views name
their Parquet files one by one with absolute paths; the storage version lets DuckDB 1.x open the file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed import __version__
from nxmed.io.files import FILE_MODE, TEMP_PREFIX, sync_file, sync_folder
from nxmed.io.fingerprint import code_digest
from nxmed.io.resources import tables
from nxmed.io.run_store import Run, current, runs
from nxmed.io.workspace import Workspace
from nxmed.kernel.finding_codes import CODES
from nxmed.kernel.table import TableColumn, TableSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STORAGE_VERSION = "v1.2.0"
_TYPES = {"amount": "DECIMAL(16,2)", "rate": "DECIMAL(9,6)", "int": "BIGINT", "count": "BIGINT", "bool": "BOOLEAN",
          "date": "DATE", "datetime": "TIMESTAMP"}
_NAME = re.compile(r"[A-Za-z_一-龥][0-9A-Za-z_一-龥（）()、]{0,62}")
RUN_COLUMNS = (
    TableColumn("run_id", "运行编号", "text", "发布该行的运行", "the run that published the row"),
    TableColumn("period", "所属期", "period", "所属月份 YYYY-MM", "month, YYYY-MM"),
)


def sql_type(column: TableColumn) -> str:
    """目录里的类型 (VARCHAR, DECIMAL(16,2), …)."""
    return _TYPES.get(column.type, "VARCHAR")


def name(text: str) -> str:
    """标识符加引号 (whitelisted: letters, digits, _ and 汉字; ValueError otherwise)."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"not a name for the catalogue: {text!r}")
    return f'"{text}"'


def quoted(text: str) -> str:
    """文本常量加引号."""
    if "\0" in text:
        raise ValueError("NUL in SQL text")
    return "'" + text.replace("'", "''") + "'"


def file_literal(path: Path) -> str:
    """文件路径常量 (absolute; [ * ? in it are no glob)."""
    return quoted(re.sub(r"([\[*?])", r"[\1]", str(path.absolute())))


def stamp(ws: Workspace) -> str:
    """目录应有的标记: which runs are current, where the workspace lies, by which code."""
    state = [str(ws.path), str(ws.runs), code_digest(), [(r.name, r.manifest_sha) for r in runs(ws)]]
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
    except duckdb.IOException as problem:
        raise OSError(5, "os error 28" if "No space left" in str(problem) else "DuckDB") from None


def populate(connection: DuckDBPyConnection, ws: Workspace) -> None:
    """建全部视图和说明 in the connection's current database."""
    connection.execute("BEGIN")
    connection.execute("CREATE SCHEMA zh")
    connection.execute("CREATE SCHEMA meta")
    latest = current(ws)
    for table in tables().values():
        _view(connection, table, [r for r in latest if table.id in r.outputs])
        _chinese(connection, table)
    _meta(connection, ws, latest)
    connection.execute("COMMIT")


def _columns(table: TableSchema) -> list[TableColumn]:
    return [*RUN_COLUMNS, *table.columns]


def _view(connection: DuckDBPyConnection, table: TableSchema, latest: Sequence[Run]) -> None:
    """main.<table>: typed as the schema says, also without a run; a column that older runs lack is empty for them."""
    shapes: dict[tuple[str, ...], list[Path]] = {}
    for run in latest:
        output = run.outputs[table.id]
        shapes.setdefault(tuple(output["columns"]), []).append(run.folder / output["path"])
    selects = [
        f"SELECT {', '.join(_cast(c, c.id in have) for c in _columns(table))} "
        f"FROM read_parquet([{', '.join(map(file_literal, files))}], hive_partitioning = false)"
        for have, files in shapes.items()
    ] or [f"SELECT {', '.join(_cast(c, False) for c in _columns(table))} WHERE false"]
    connection.execute(f"CREATE VIEW main.{name(table.id)} AS {' UNION ALL '.join(selects)}")
    _comment(connection, f"VIEW main.{name(table.id)}", f"{table.zh}：{table.comment}")
    for c in _columns(table):
        _comment(connection, f"COLUMN main.{name(table.id)}.{name(c.id)}", meaning(c))


def _chinese(connection: DuckDBPyConnection, table: TableSchema) -> None:
    picked = ", ".join(f"{name(c.id)} AS {name(c.zh)}" for c in _columns(table))
    connection.execute(f"CREATE VIEW zh.{name(table.zh)} AS SELECT {picked} FROM main.{name(table.id)}")
    _comment(connection, f"VIEW zh.{name(table.zh)}", f"{table.id}：{table.comment}")
    for c in _columns(table):
        _comment(connection, f"COLUMN zh.{name(table.zh)}.{name(c.zh)}", f"{c.id}：{meaning(c)}")


def meaning(column: TableColumn) -> str:
    """列说明: title, meaning, code list."""
    codes = "；".join(f"{k} {v}" for k, v in column.codes.items())
    return f"{column.zh}：{column.comment}" + (f"（{codes}）" if codes else "")


def _cast(column: TableColumn, present: bool) -> str:
    value = name(column.id) if present else "NULL"
    return f"CAST({value} AS {sql_type(column)}) AS {name(column.id)}"


def _comment(connection: DuckDBPyConnection, what: str, text: str) -> None:
    connection.execute(f"COMMENT ON {what} IS {quoted(text)}")


def _meta(connection: DuckDBPyConnection, ws: Workspace, latest: Sequence[Run]) -> None:
    every = sorted(runs(ws), key=lambda r: r.seq)
    standing = {r.run_id for r in latest}
    _fill(connection, "catalogue", "目录标记", "stamp VARCHAR, version VARCHAR, workspace VARCHAR",
          [(stamp(ws), __version__, str(ws.path))])
    _fill(connection, "tables", "全部表", "table_name VARCHAR, zh VARCHAR, en VARCHAR, commands VARCHAR, key_columns VARCHAR, "
          "comment VARCHAR, comment_en VARCHAR",
          [(t.id, t.zh, t.en, ";".join(t.commands), ";".join(t.key), t.comment, t.comment_en) for t in tables().values()])
    _fill(connection, "columns", "全部列", "table_name VARCHAR, position BIGINT, column_name VARCHAR, zh VARCHAR, type VARCHAR, "
          "comment VARCHAR, comment_en VARCHAR, rule VARCHAR",
          [(t.id, i, c.id, c.zh, sql_type(c), meaning(c), c.en, getattr(c, "rule", "")) for t in tables().values()
           for i, c in enumerate(_columns(t), 1)])
    _fill(connection, "runs", "全部运行", "run_id VARCHAR, command VARCHAR, period VARCHAR, no BIGINT, seq BIGINT, "
          "is_current BOOLEAN, as_of DATE, version VARCHAR, who VARCHAR, host VARCHAR, started_at VARCHAR, "
          "finished_at VARCHAR, errors BIGINT, warnings BIGINT, infos BIGINT, folder VARCHAR",
          [(r.run_id, r.command, r.period.text, r.no, r.seq, r.run_id in standing, r.manifest["as_of"],
            r.manifest["version"], r.manifest["who"], r.manifest["host"], r.manifest["started_at"],
            r.manifest["finished_at"], *(r.manifest["findings"].get(s, 0) for s in ("error", "warning", "info")),
            str(r.folder)) for r in every])
    _fill(connection, "files", "输入与输出文件", "run_id VARCHAR, kind VARCHAR, file VARCHAR, name VARCHAR, sha256 VARCHAR, "
          "bytes BIGINT, row_count BIGINT", [row for r in every for row in _files(r)])
    _fill(connection, "findings", "各运行发现计数", "run_id VARCHAR, code VARCHAR, severity VARCHAR, row_count BIGINT, "
          "zh VARCHAR, next_zh VARCHAR", [row for r in every for row in _finding_counts(r)])
    _fill(connection, "equations", "守恒等式", "run_id VARCHAR, equation VARCHAR, zh VARCHAR, side VARCHAR, term VARCHAR, "
          "amount DECIMAL(18,2), row_count BIGINT", [row for r in every for row in _terms(r)])


def _files(run: Run) -> Iterable[tuple[Any, ...]]:
    for source in run.manifest["inputs"]:
        yield (run.run_id, "input", source["path"], source["contract"], source["sha256"], source.get("bytes"),
               source.get("rows_read"))
    for output in run.manifest["outputs"]:
        yield (run.run_id, "table", output["path"], output["table"], output["sha256"], output["bytes"], output["rows"])
    for sent in run.manifest["deliveries"]:
        yield (run.run_id, sent["place"], f"{sent['place']}/{sent['name']}", sent["name"], sent["sha256"], sent["bytes"], None)


def _finding_counts(run: Run) -> Iterable[tuple[Any, ...]]:
    for code, rows in sorted(run.manifest["findings"]["codes"].items()):
        known = CODES.get(code)
        yield (run.run_id, code, known.severity if known else "", rows, known.zh if known else "",
               known.next_zh if known else "")


def _terms(run: Run) -> Iterable[tuple[Any, ...]]:
    for equation in run.manifest["equations"]:
        for side in ("left", "right"):
            for term, value in equation[side].items():
                money = equation["unit"] == "fen"
                yield (run.run_id, equation["id"], equation["zh"], side, term, value if money else None,
                       None if money else value)


def _fill(connection: DuckDBPyConnection, table: str, comment: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    connection.execute(f"CREATE TABLE meta.{name(table)} ({columns})")
    _comment(connection, f"TABLE meta.{name(table)}", comment)
    types = [c.strip().split(" ", 1)[1] for c in re.split(r",\s+(?=[a-z])", columns)]
    for start in range(0, len(rows), 500):
        values = ", ".join("(" + ", ".join(map(_literal, row, types)) + ")" for row in rows[start : start + 500])
        connection.execute(f"INSERT INTO meta.{name(table)} VALUES {values}")


def _literal(value: object, kind: str) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return quoted(str(value)) + ("" if kind == "VARCHAR" else f"::{kind}")
