"""由契约生成的说明页 (docs/formats.md and docs/tables.md, made from schemas/).

`python -m nxmed.io.pages docs` writes both; a test holds them up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from nxmed.io.resources import contracts, tables
from nxmed.kernel.contract import Column, Contract
from nxmed.kernel.table import TableSchema

TYPES = {
    "text": "文本", "code": "代码", "name": "姓名或名称", "amount": "金额（元，最多两位小数）", "int": "整数", "date": "日期", "datetime": "日期时间",
    "month": "年月", "year": "年份", "rate": "比率", "flag": "0/1", "idcard": "证件号码", "uscc": "统一社会信用代码",
    "account": "银行账号", "cnaps": "联行号", "period": "所属期 YYYY-MM", "count": "计数", "bool": "是否",
}
SUPPLY = {
    "snapshot": "快照：取该月或以前最新一个月的", "feed": "按月送达：只取该月的",
    "register": "登记：取该月及以前全部月份的，同一主键以后来的为准",
}


def formats_page() -> str:
    """输入文件格式 (every contract with its columns)."""
    return "\n".join(_formats()) + "\n"


def tables_page() -> str:
    """发布表 (every published table with its columns)."""
    return "\n".join(_tables()) + "\n"


def _formats() -> Iterator[str]:
    yield "# 输入文件 (file formats)\n"
    yield "由 `schemas/inbox/*.yaml` 生成，请勿手改。文件名以代号或中文名开头；列按代号、中文表头或别名识别，次序不限。"
    yield "CSV、TXT（UTF-8、带 BOM、GB18030、UTF-16；逗号、TAB、分号）、xlsx、Parquet。表头以上可以有标题行；合计行与声明的笔数、金额会核对，不符则整份拒收。\n"
    for _, contract in sorted(contracts().items()):
        yield from _contract(contract)


def _contract(contract: Contract) -> Iterator[str]:
    yield f"## {contract.id} {contract.zh}\n"
    yield f"{SUPPLY[contract.supply]}。主键：{'、'.join(contract.key)}。\n"
    if contract.comment:
        yield f"{contract.comment}\n"
    yield "| 列 | 中文表头（别名） | 类型 | 要求 |"
    yield "|---|---|---|---|"
    for column in contract.columns:
        yield f"| `{column.id}` | {column.zh}{_aliases(column)} | {TYPES.get(column.type, column.type)} | {_need(column)} |"
    yield ""


def _aliases(column: Column) -> str:
    return f"（{'、'.join(column.aliases)}）" if column.aliases else ""


def _need(column: Column) -> str:
    if column.optional:
        return "可无此列"
    return "必有此列，可空" if column.empty else "必填"


def _tables() -> Iterator[str]:
    yield "# 发布的表 (published tables)\n"
    yield "由 `schemas/tables/*.yaml` 生成，请勿手改。每行另有 `run_id` 和 `period`；金额为 DECIMAL(16,2)。"
    yield "查询：`nxmed sql`，或任何 DuckDB 打开 `nxmed.duckdb`；`zh` 下有中文视图。\n"
    for _, table in sorted(tables().items()):
        yield from _table(table)


def _table(table: TableSchema) -> Iterator[str]:
    yield f"## {table.id} {table.zh}\n"
    yield f"{table.comment} 由 {'、'.join(table.commands)} 发布。主键：{'、'.join(table.key) or '无'}。\n"
    yield "| 列 | 中文名 | 类型 | 口径 |"
    yield "|---|---|---|---|"
    for column in table.columns:
        codes = "；".join(f"{k} {v}" for k, v in column.codes.items())
        text = "。".join(x for x in (column.comment.rstrip("。"), codes) if x).replace("|", "\\|")
        yield f"| `{column.id}` | {column.zh} | {TYPES.get(column.type, column.type)} | {text} |"
    yield ""


def write(folder: Path) -> None:
    """写两页."""
    (folder / "formats.md").write_text(formats_page(), encoding="utf-8")
    (folder / "tables.md").write_text(tables_page(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
