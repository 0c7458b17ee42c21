"""工作簿 (workbooks that people open in Excel): one thin way to write them all.

Text is written as text and nothing else: no formula, link or number ever comes out of data. Amounts are fen inside and
exact decimals in the cell. The same content gives the same bytes. Only the given path is written (and, for large books,
scratch files in its folder while writing): the caller builds it aside and renames.

    with Workbook(path, title="核定明细", created=date(2026, 11, 30), footer=run_id) as book:
        book.sheet("封面").pairs([("所属期", "2026-12"), ("应征合计", 4883100, "amount")], title="核定明细")
        columns = [Column("单位编号", id="emp_no"), Column("单位应缴", "amount", "emp_clct_amt")]
        book.sheet("单位明细").table(columns, frame)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from nxmed.errors import IntegrityError

if TYPE_CHECKING:
    import polars as pl

Kind = Literal["text", "code", "name", "month", "period", "amount", "rate", "int", "count", "date", "bool"]

MAX_FEN = 10**15
"""Excel 只保留 15 位数字 (an amount of 10^13 yuan or more would not be exact in a cell: refused)."""
MAX_ROWS = 1_000_000
"""一张表最多的数据行 (a longer table continues on further sheets, nothing is cut)."""
STREAM_ROWS = 20_000
MAX_TEXT = 32_000
CREATED = date(2000, 1, 1)
NUMBERS: Mapping[str, str] = {
    "amount": "#,##0.00;[Red]-#,##0.00", "rate": "0.00##%", "int": "0", "count": "#,##0", "date": "yyyy-mm-dd",
}


@dataclass(frozen=True)
class Column:
    """一列 (a column of a table): header, kind, the frame's column, width in characters, whether it is summed.

    amount: Int64 fen; rate: Int64 parts per million; date: date; bool: 是/否. Everything else is text.
    `total` defaults to amounts and counts; `choices` puts a drop-down list on the cells; `wrap` breaks long text into
    lines instead of cutting it at the next cell.
    """

    title: str
    kind: Kind = "text"
    id: str = ""
    width: int = 0
    total: bool | None = None
    choices: tuple[str, ...] = ()
    wrap: bool = False

    @property
    def summed(self) -> bool:
        """是否合计 (whether the total row sums this column)."""
        return self.kind in ("amount", "count") if self.total is None else self.total


@dataclass(frozen=True)
class Block:
    """一块 (one thing on a sheet, below the one before)."""

    shape: Literal["table", "pairs", "lines", "grid", "signatures"]
    rows: Sequence[Sequence[Any]]
    columns: tuple[Column, ...] = ()
    title: str = ""
    total: bool = False
    keys: int = 0
    marks: Mapping[tuple[int, int], str] = field(default_factory=dict)
    head: int = -1
    first_column: int = 0
    span: int = 1
    height: int = 0


class Sheet:
    """一张工作表 (a sheet; blocks are written one below the other). `portrait`: A4 upright instead of on its side."""

    def __init__(self, name: str, *, portrait: bool = False) -> None:
        self.name = name
        self.portrait = portrait
        self.blocks: list[Block] = []

    def table(
        self, columns: Sequence[Column], rows: pl.DataFrame | Sequence[Sequence[Any]], *, title: str = "",
        total: bool = True, keys: int = 0,
    ) -> Sheet:
        """明细表 (header, rows, total row). `rows`: a frame (columns by `Column.id`) or sequences in column order.

        The first table of a sheet has its header and its first `keys` columns frozen and an autofilter.
        """
        if hasattr(rows, "select"):
            missing = [c.title for c in columns if not c.id]
            if missing:
                raise ValueError(f"columns without id: {missing}")
            rows = rows.select([c.id for c in columns]).rows()
        self.blocks.append(Block("table", rows, tuple(columns), title, total, keys))
        return self

    def pairs(self, items: Sequence[tuple[Any, ...]], *, title: str = "", span: int = 1) -> Sheet:
        """项目与值 (label and value, e.g. a cover): items are (label, value) or (label, value, kind); the value takes
        `span` columns. Kinds besides a column's: strong, strong_amount (large and bold)."""
        self.blocks.append(Block("pairs", items, title=title, span=span))
        return self

    def lines(self, texts: Sequence[str], *, title: str = "") -> Sheet:
        """说明文字 (lines of text, one per row)."""
        self.blocks.append(Block("lines", [(t,) for t in texts], title=title))
        return self

    def signatures(self, roles: Sequence[str], *, span: int = 1, height: int = 0) -> Sheet:
        """签字栏 (a row of boxes: role, name, date; each `span` columns wide, `height` points tall for a seal)."""
        self.blocks.append(Block("signatures", [(r,) for r in roles], span=span, height=height))
        return self

    def grid(
        self, rows: Sequence[Sequence[str | None]], *, marks: Mapping[tuple[int, int], str] | None = None,
        head: int = -1, keys: int = 0, first_column: int = 0,
    ) -> Sheet:
        """原样文字 (text as it came, from the top). `marks`: (row, column) → comment ("" for colour only), from 0.

        `head`: row that holds the headers (frozen, bold, filtered), -1 for none.
        """
        self.blocks.append(Block("grid", rows, marks=marks or {}, head=head, keys=keys, first_column=first_column))
        return self


class Workbook:
    """工作簿 (written when the `with` block ends without an error; nothing is written otherwise)."""

    def __init__(
        self, path: Path, *, title: str = "", created: date = CREATED, footer: str = "",
    ) -> None:
        self.path = path
        self.title = title
        self.created = created
        self.footer = footer
        self.sheets: list[Sheet] = []

    def sheet(self, name: str, *, portrait: bool = False) -> Sheet:
        """新工作表 (a new sheet; the name is made fit for Excel and unique)."""
        sheet = Sheet(sheet_name(name, [s.name for s in self.sheets]), portrait=portrait)
        self.sheets.append(sheet)
        return sheet

    def __enter__(self) -> Workbook:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            from nxmed.report.workbook_writer import write_book

            write_book(self)


def sheet_name(name: str, taken: Sequence[str] = ()) -> str:
    """工作表名 (at most 31 characters, none of []:*?/\\ and no outer quotes, unique without regard to case)."""
    clean = re.sub(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff]", "_", name).strip().strip("'")[:31] or "Sheet"
    if clean.lower() == "history":
        clean += "_"
    used = {t.lower() for t in taken}
    result, n = clean, 1
    while result.lower() in used:
        n += 1
        tail = f" ({n})"
        result = clean[: 31 - len(tail)] + tail
    return result


def text_width(text: str) -> int:
    """显示宽度 (CJK and full-width characters count two)."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def cell_text(value: object) -> str:
    """单元格文字 (the text of a cell, safe to write: bounded, and never taken for rich-text markup)."""
    text = value if isinstance(value, str) else str(value)
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT] + "…（过长，已截断）"
    if text.startswith("<r>") and text.endswith("</r>"):
        text += " "  # xlsxwriter would paste such text into the sheet as raw XML
    return text


def exact_amount(fen: int) -> Decimal:
    """分 → 单元格金额 (exact; refuses what Excel can't hold exactly)."""
    if abs(fen) >= MAX_FEN:
        raise IntegrityError(
            "金额达到十万亿元，Excel 单元格无法精确保存", "请用 Parquet 或 CSV 结果文件；并核对该金额是否有误",
            text_en="an amount of 10^13 yuan or more can't be exact in an Excel cell",
            hint_en="use the Parquet or CSV result, and check the amount",
        )
    return Decimal(fen).scaleb(-2)


def shown(value: Any, kind: str) -> str:
    """显示文字 (what the cell shows, for column widths)."""
    if value is None:
        return ""
    if kind in ("amount", "strong_amount"):
        return f"{exact_amount(value):,.2f}"
    if kind == "rate":
        return "00.0000%"
    if kind == "count":
        return f"{value:,}"
    if kind == "bool":
        return "是"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)
