"""目录的写法 (names, quoting and types in the SQL of the catalogue: one helper for each)."""

from __future__ import annotations

import re
from pathlib import Path

from nxmed.kernel.table import TableColumn, TableSchema

_TYPES = {
    "amount": "DECIMAL(16,2)",
    "rate": "DECIMAL(9,6)",
    "int": "BIGINT",
    "count": "BIGINT",
    "bool": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMP",
}
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


def meaning(column: TableColumn) -> str:
    """列说明: title, meaning, code list."""
    codes = "；".join(f"{k} {v}" for k, v in column.codes.items())
    return f"{column.zh}：{column.comment}" + (f"（{codes}）" if codes else "")


def columns_of(table: TableSchema) -> list[TableColumn]:
    """一张发布表的全部列 (run_id and period first)."""
    return [*RUN_COLUMNS, *table.columns]
