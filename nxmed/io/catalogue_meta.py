"""目录里的 meta (facts about tables, columns, runs, files, findings and equations, as tables with data inside)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from nxmed import __version__
from nxmed.io.catalogue_names import columns_of, meaning, name, quoted, sql_type
from nxmed.io.resources import tables
from nxmed.io.run_store import Run, runs
from nxmed.io.workspace import Workspace
from nxmed.kernel.finding_codes import CODES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def comment_on(connection: DuckDBPyConnection, what: str, text: str) -> None:
    """加说明 (COMMENT ON what IS text)."""
    connection.execute(f"COMMENT ON {what} IS {quoted(text)}")


def fill_meta(connection: DuckDBPyConnection, ws: Workspace, stamp: str, latest: Sequence[Run]) -> None:
    """meta 下的各表: catalogue, tables, columns, runs, files, findings, equations."""
    every = sorted(runs(ws), key=lambda r: r.seq)
    standing = {r.run_id for r in latest}
    _fill(
        connection,
        "catalogue",
        "目录标记",
        "stamp VARCHAR, version VARCHAR, workspace VARCHAR",
        [(stamp, __version__, str(ws.path))],
    )
    _fill(
        connection,
        "tables",
        "全部表",
        "table_name VARCHAR, zh VARCHAR, en VARCHAR, commands VARCHAR, key_columns VARCHAR, "
        "comment VARCHAR, comment_en VARCHAR",
        [(t.id, t.zh, t.en, ";".join(t.commands), ";".join(t.key), t.comment, t.comment_en) for t in tables().values()],
    )
    _fill(
        connection,
        "columns",
        "全部列",
        "table_name VARCHAR, position BIGINT, column_name VARCHAR, zh VARCHAR, type VARCHAR, "
        "comment VARCHAR, comment_en VARCHAR, rule VARCHAR",
        [
            (t.id, i, c.id, c.zh, sql_type(c), meaning(c), c.en, c.rule)
            for t in tables().values()
            for i, c in enumerate(columns_of(t), 1)
        ],
    )
    _fill(
        connection,
        "runs",
        "全部运行",
        "run_id VARCHAR, command VARCHAR, period VARCHAR, no BIGINT, seq BIGINT, "
        "is_current BOOLEAN, as_of DATE, version VARCHAR, who VARCHAR, host VARCHAR, started_at VARCHAR, "
        "finished_at VARCHAR, errors BIGINT, warnings BIGINT, infos BIGINT, folder VARCHAR",
        [
            (
                r.run_id,
                r.command,
                r.period.text,
                r.no,
                r.seq,
                r.run_id in standing,
                r.manifest["as_of"],
                r.manifest["version"],
                r.manifest["who"],
                r.manifest["host"],
                r.manifest["started_at"],
                r.manifest["finished_at"],
                *(r.manifest["findings"].get(s, 0) for s in ("error", "warning", "info")),
                str(r.folder),
            )
            for r in every
        ],
    )
    _fill(
        connection,
        "files",
        "输入与输出文件",
        "run_id VARCHAR, kind VARCHAR, file VARCHAR, name VARCHAR, sha256 VARCHAR, bytes BIGINT, row_count BIGINT",
        [row for r in every for row in _files(r)],
    )
    _fill(
        connection,
        "findings",
        "各运行发现计数",
        "run_id VARCHAR, code VARCHAR, severity VARCHAR, row_count BIGINT, zh VARCHAR, next_zh VARCHAR",
        [row for r in every for row in _finding_counts(r)],
    )
    _fill(
        connection,
        "equations",
        "守恒等式",
        "run_id VARCHAR, equation VARCHAR, zh VARCHAR, side VARCHAR, term VARCHAR, "
        "amount DECIMAL(18,2), row_count BIGINT",
        [row for r in every for row in _terms(r)],
    )


def _files(run: Run) -> Iterable[tuple[Any, ...]]:
    for source in run.manifest["inputs"]:
        yield (
            run.run_id,
            "input",
            source["path"],
            source["contract"],
            source["sha256"],
            source.get("bytes"),
            source.get("rows_read"),
        )
    for output in run.manifest["outputs"]:
        yield (run.run_id, "table", output["path"], output["table"], output["sha256"], output["bytes"], output["rows"])
    for sent in run.manifest["deliveries"]:
        yield (
            run.run_id,
            sent["place"],
            f"{sent['place']}/{sent['name']}",
            sent["name"],
            sent["sha256"],
            sent["bytes"],
            None,
        )


def _finding_counts(run: Run) -> Iterable[tuple[Any, ...]]:
    for code, rows in sorted(run.manifest["findings"]["codes"].items()):
        known = CODES.get(code)
        yield (
            run.run_id,
            code,
            known.severity if known else "",
            rows,
            known.zh if known else "",
            known.next_zh if known else "",
        )


def _terms(run: Run) -> Iterable[tuple[Any, ...]]:
    for equation in run.manifest["equations"]:
        for side in ("left", "right"):
            for term, value in equation[side].items():
                money = equation["unit"] == "fen"
                yield (
                    run.run_id,
                    equation["id"],
                    equation["zh"],
                    side,
                    term,
                    value if money else None,
                    None if money else value,
                )


def _fill(
    connection: DuckDBPyConnection, table: str, comment: str, columns: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    connection.execute(f"CREATE TABLE meta.{name(table)} ({columns})")
    comment_on(connection, f"TABLE meta.{name(table)}", comment)
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
