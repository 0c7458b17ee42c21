"""查询 (read-only SQL over the catalogue): one SELECT, no files outside the runs folder, configuration locked."""

from __future__ import annotations

import errno
import math
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed.errors import UsageError
from nxmed.io import catalogue
from nxmed.io.catalogue_names import file_literal, quoted
from nxmed.io.workspace import Workspace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BATCH = 20_000
_PLAIN_ERRORS = ("ParserException", "BinderException", "CatalogException")
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])([0-9]{6})[0-9]{8}([0-9]{3}[0-9Xx])(?![0-9A-Za-z])")


@dataclass(frozen=True)
class Answer:
    """查询结果: column names (unique), their SQL types, and the rows in batches."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    batches: Iterator[list[tuple[Any, ...]]]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        for batch in self.batches:
            yield from batch


@contextmanager
def answer(ws: Workspace, query: str) -> Iterator[Answer]:
    """回答一条查询. Anything but one SELECT, and a query that fails: UsageError (exit 2), two lines."""
    import duckdb

    with _catalogue_file(ws) as path, duckdb.connect(str(path), read_only=True) as connection:
        _refuse_other_than_select(connection, query)
        _confine(connection, ws)
        try:
            result = connection.execute(query)
            described = result.description or []
            yield Answer(unique([d[0] for d in described]), tuple(str(d[1]) for d in described), _batches(result))
        except duckdb.Error as problem:
            raise _failed(problem) from None


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """列名去重 (a, a → a, a_2)."""
    found: list[str] = []
    for name in names:
        nth, candidate = 1, name
        while candidate in found:
            nth += 1
            candidate = f"{name}_{nth}"
        found.append(candidate)
    return tuple(found)


def plain(value: Any) -> Any:
    """JSON 值: amounts and other decimals as text, numbers, true/false, null; dates as ISO text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if type(value).__name__ == "float":
        return value if math.isfinite(value) else None
    return str(value)


def flat(value: Any) -> str:
    """CSV 文字 (as `plain`; empty for null, true/false, nested values as JSON)."""
    import json

    given = plain(value)
    if given is None:
        return ""
    if isinstance(given, bool):
        return "true" if given else "false"
    return json.dumps(given, ensure_ascii=False) if isinstance(given, dict | list) else str(given)


def on_screen(value: Any) -> str:
    """屏幕文字: amounts with separators, identity numbers masked, control characters made visible."""
    if isinstance(value, Decimal):
        return f"{value:,f}"
    text = _IDENTITY.sub(r"\1********\2", flat(value))
    return "".join("·" if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in text)


def is_number(sql_type: str) -> bool:
    """是否数字列 (right-aligned)."""
    return sql_type.startswith(
        (
            "DECIMAL",
            "BIGINT",
            "INTEGER",
            "HUGEINT",
            "DOUBLE",
            "FLOAT",
            "SMALLINT",
            "TINYINT",
            "UBIGINT",
            "UINTEGER",
            "USMALLINT",
            "UTINYINT",
            "UHUGEINT",
        )
    )


@contextmanager
def _catalogue_file(ws: Workspace) -> Iterator[Path]:
    """The catalogue, brought up to date first; where the workspace can't be written, a copy in a private folder."""
    if not catalogue.is_stale(ws):
        yield ws.catalogue_path
        return
    try:
        catalogue.rebuild(ws)
    except OSError as problem:
        if not isinstance(problem, PermissionError) and problem.errno != errno.EROFS:
            raise
        with tempfile.TemporaryDirectory(prefix="nxmed-") as folder:
            path = Path(folder) / ws.catalogue_path.name
            catalogue.fill(path, ws)
            yield path
        return
    yield ws.catalogue_path


def _refuse_other_than_select(connection: DuckDBPyConnection, query: str) -> None:
    import duckdb

    try:
        statements = connection.extract_statements(query)
    except duckdb.Error as problem:
        raise _failed(problem) from None
    if len(statements) != 1:
        raise UsageError(
            "一次只能写一条查询" if statements else "没有写查询语句",
            '写一条 SELECT，例如 nxmed sql "select * from findings"',
            text_en="Give exactly one query",
            hint_en='One SELECT, such as nxmed sql "select * from findings"',
        )
    if statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError(
            "只能查询（SELECT、FROM、DESCRIBE、SUMMARIZE），不能修改",
            "另存结果用 --csv、--json 或 --xlsx",
            text_en="Only queries are allowed (SELECT, FROM, DESCRIBE, SUMMARIZE)",
            hint_en="To save a result use --csv, --json or --xlsx",
        )


def _confine(connection: DuckDBPyConnection, ws: Workspace) -> None:
    connection.execute("SET search_path = 'main,zh'")
    # the views name their files with globs escaped, and rights are checked on that spelling
    folders = [quoted(str(ws.runs.absolute())), file_literal(ws.runs)]
    connection.execute(f"SET allowed_directories = [{', '.join(folders)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _batches(result: DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    while rows := result.fetchmany(BATCH):
        yield rows


def _failed(problem: Exception) -> UsageError:
    """A message of the parser speaks of the query only and is shown; others may carry data and are not."""
    kind = type(problem).__name__
    if kind in _PLAIN_ERRORS:
        lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
        said = _IDENTITY.sub(r"\1********\2", lines[0].partition(": ")[2] or lines[0]) if lines else kind
        near = next((line for line in lines if line.startswith(("Did you mean", "Candidate bindings"))), "")
        return UsageError(
            f"查询写法不对：{said}",
            near or "用 nxmed catalogue 看有哪些表和列",
            text_en=f"The query is not right: {said}",
            hint_en=near or "See the tables and columns: nxmed catalogue",
        )
    what_zh, what_en = {
        "ConversionException": ("有值不能转换成要求的类型", "a value can't be converted to the type asked for"),
        "OutOfRangeException": ("结果超出类型范围", "a result is out of range"),
        "PermissionException": ("只能读本工作区的运行结果", "only the results of this workspace can be read"),
        "OutOfMemoryException": ("内存不足", "out of memory"),
        "IOException": ("读文件失败", "a file can't be read"),
    }.get(kind, (kind, kind))
    return UsageError(
        f"查询失败：{what_zh}",
        "核对查询条件和类型；带时区的时间先转成文本",
        text_en=f"The query failed: {what_en}",
        hint_en="Check conditions and types; cast times with a zone to text",
    )
