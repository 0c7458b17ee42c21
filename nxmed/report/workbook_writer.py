"""写工作簿 (the writing itself, through xlsxwriter, with everything that could run or link switched off)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from nxmed.report.workbook import (
    MAX_ROWS,
    NUMBERS,
    STREAM_ROWS,
    Block,
    Sheet,
    Workbook,
    cell_text,
    exact_amount,
    sheet_name,
    shown,
    text_width,
)

SAMPLE = 1000
FONT = "等线"
MARGIN = Decimal("0.4")
"""Inches left and right: amounts are wide, paper is not."""
LINE_POINTS, STRONG_POINTS = 15, 21


def write_book(book: Workbook) -> None:
    """写出 (writes `book.path`). Large books stream row by row; their scratch files stand beside the book."""
    sheets = list(_split(book.sheets))
    if not sheets:
        sheets = [Sheet("Sheet1")]
    large = any(len(b.rows) > STREAM_ROWS for s in sheets for b in s.blocks)
    with TemporaryDirectory(prefix=".xlsx-", dir=book.path.parent) as scratch:
        out = xlsxwriter.Workbook(str(book.path), {
            "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
            "constant_memory": large, "in_memory": not large, "tmpdir": scratch,
            "default_format_properties": {"font_name": FONT, "font_size": 11},
        })
        created = datetime(book.created.year, book.created.month, book.created.day)
        out.set_properties({"title": book.title, "author": "nxmed", "created": created})
        styles = _Styles(out)
        for sheet in sheets:
            _write_sheet(out.add_worksheet(sheet.name), sheet, styles, book.footer)
        out.close()


def _split(sheets: Sequence[Sheet]) -> Iterator[Sheet]:
    """Sheets with tables longer than MAX_ROWS continue on further sheets."""
    taken = [s.name for s in sheets]
    for sheet in sheets:
        long = [b for b in sheet.blocks if len(b.rows) > MAX_ROWS]
        if not long:
            yield sheet
            continue
        first, rest = Sheet(sheet.name, portrait=sheet.portrait), []
        for block in sheet.blocks:
            first.blocks.append(replace(block, rows=block.rows[:MAX_ROWS]))
            for start in range(MAX_ROWS, len(block.rows), MAX_ROWS):
                further = Sheet(sheet_name(sheet.name, taken), portrait=sheet.portrait)
                taken.append(further.name)
                further.blocks.append(replace(block, rows=block.rows[start: start + MAX_ROWS], marks={}))
                rest.append(further)
        yield first
        yield from rest


class _Styles:
    """Formats of a book, each made once."""

    def __init__(self, out: Any) -> None:
        edge = {"border": 1, "border_color": "#BFBFBF", "valign": "vcenter"}
        top = {"valign": "top"}
        self.title = out.add_format({"bold": True, "font_size": 14, "num_format": "@"})
        self.head = out.add_format(
            {"bold": True, "bg_color": "#D9E1F2", "num_format": "@", "align": "center", "text_wrap": True, **edge})
        self.label = out.add_format({"bold": True, "num_format": "@", "bg_color": "#F2F2F2", **edge})
        self.plain = out.add_format({"num_format": "@"})
        self.bad = out.add_format({"num_format": "@", "bg_color": "#FF9999", "font_color": "#7F0000", **top})
        self.grid = out.add_format({"num_format": "@", **top})
        self.grid_head = out.add_format({"num_format": "@", "bold": True, "bg_color": "#F2F2F2", **top})
        self.box = out.add_format({"num_format": "@", "align": "left", **edge})
        self.cell = {"text": out.add_format({"num_format": "@", **edge})}
        large = {"bold": True, "font_size": 14, **edge}
        self.out, self.edge, self.top, self.large = out, edge, top, large
        self.total = {"text": out.add_format({"num_format": "@", "bold": True, "top": 2})}
        for kind, number in NUMBERS.items():
            self.cell[kind] = out.add_format({"num_format": number, **edge})
            self.total[kind] = out.add_format({"num_format": number, "bold": True, "top": 2})

    def strong(self) -> None:
        """Formats of large values and of text that wraps, made where a book uses them."""
        if "strong" not in self.cell:
            self.cell["strong"] = self.out.add_format({"num_format": "@", **self.large})
            self.cell["strong_amount"] = self.out.add_format(
                {"num_format": NUMBERS["amount"], "align": "left", **self.large})
            self.cell["wrap"] = self.out.add_format({"num_format": "@", "text_wrap": True, "indent": 1, **self.edge})
            self.seal = self.out.add_format({"num_format": "@", "align": "left", "text_wrap": True, **self.edge, **self.top})


def _write_sheet(ws: Any, sheet: Sheet, styles: _Styles, footer: str) -> None:
    if not sheet.portrait:
        ws.set_landscape()
    ws.set_paper(9)
    ws.set_margins(left=MARGIN, right=MARGIN)
    ws.fit_to_pages(1, 0)
    ws.set_footer(f"&L{footer.replace('&', '&&')[:120]}&R第&P页 共&N页")
    _set_widths(ws, sheet)
    row, used_filter, widest = 0, False, 1
    for block in sheet.blocks:
        if block.title:
            ws.write_string(row, 0, cell_text(block.title), styles.title)
            row += 2 if block.shape == "pairs" else 1
        if block.shape == "table":
            row = _table(ws, block, row, styles, first=not used_filter)
            used_filter = True
            widest = max(widest, len(block.columns))
        elif block.shape == "grid":
            row = _grid(ws, block, row, styles)
            widest = max(widest, max((len(r) for r in islice(block.rows, SAMPLE)), default=1))
        elif block.shape == "pairs":
            for item in block.rows:
                kind = item[2] if len(item) > 2 else "text"
                if kind.startswith("strong"):
                    styles.strong()
                    ws.set_row(row, STRONG_POINTS)
                ws.write_string(row, 0, cell_text(item[0]), styles.label)
                if block.span > 1:
                    ws.merge_range(row, 1, row, block.span, "", styles.cell[kind])
                _cell(ws, (row, 1), item[1], kind, styles.cell)
                row += 1
        elif block.shape == "signatures":
            row = _signatures(ws, block, row, styles)
        else:
            for (text,) in block.rows:
                ws.write_string(row, 0, cell_text(text), styles.plain)
                row += 1
        row += 1
    if row > 1:
        ws.ignore_errors({"number_stored_as_text": xl_range(0, 0, row, max(widest, 2))})


def _signatures(ws: Any, block: Block, row: int, styles: _Styles) -> int:
    style = styles.box
    if block.height:
        styles.strong()
        style = styles.seal
        ws.set_row(row, block.height)
    for line, words in ((row, [f"{role}：" for (role,) in block.rows]), (row + 1, ["日期："] * len(block.rows))):
        for nth, text in enumerate(words):
            column = nth * block.span
            if block.span > 1:
                ws.merge_range(line, column, line, column + block.span - 1, "", style)
            ws.write_string(line, column, cell_text(text), style)
    return row + 2


def _set_widths(ws: Any, sheet: Sheet) -> None:
    widths: dict[int, int] = {}

    def want(column: int, text: str, most: int = 48) -> None:
        widths[column] = max(widths.get(column, 8), min(text_width(text) + 3, most))

    for block in sheet.blocks:
        if block.shape == "table":
            for i, column in enumerate(block.columns):
                want(i, column.title, 24)
                if column.width:
                    widths[i] = max(widths[i], column.width)
                    continue
                for line in islice(block.rows, SAMPLE):
                    want(i, shown(line[i], column.kind))
                if column.summed and block.total:
                    want(i, shown(_sum(block, i), column.kind))
        elif block.shape == "grid":
            for line in islice(block.rows, SAMPLE):
                for i, value in enumerate(line):
                    want(i, value or "", 40)
        elif block.shape == "pairs":
            for item in block.rows:
                want(0, str(item[0]))
                if block.span > 1:
                    continue
                want(1, shown(item[1], item[2] if len(item) > 2 else "text"), 70)
        elif block.shape == "signatures" and block.span == 1 and not block.height:
            for i in range(len(block.rows)):
                widths[i] = max(widths.get(i, 8), 20)
    for column_no, width in sorted(widths.items()):
        ws.set_column(column_no, column_no, width)


def _table(ws: Any, block: Block, row: int, styles: _Styles, *, first: bool) -> int:
    head, last = row, row + len(block.rows)
    for i, column in enumerate(block.columns):
        ws.write_string(head, i, cell_text(column.title), styles.head)
    if first:
        ws.freeze_panes(head + 1, block.keys)
        ws.repeat_rows(head)
        if block.columns:
            ws.autofilter(head, 0, last, len(block.columns) - 1)
    if any(c.wrap for c in block.columns):
        styles.strong()
    writers = [_writer(ws, "wrap" if c.wrap else c.kind, styles.cell) for c in block.columns]
    wrapped = [(i, c.width - 2) for i, c in enumerate(block.columns) if c.wrap and c.width]
    for r, line in enumerate(block.rows, head + 1):
        if wrapped:  # readers differ in whether they fit the height themselves
            ws.set_row(r, LINE_POINTS * max(-(-text_width(line[i] or "") // width) or 1 for i, width in wrapped))
        for c, (write, value) in enumerate(zip(writers, line, strict=True)):
            write(r, c, value)
    for i, column in enumerate(block.columns):
        if column.choices and block.rows:
            ws.data_validation(head + 1, i, last, i, {"validate": "list", "source": list(column.choices)})
    if not (block.total and block.rows and any(c.summed for c in block.columns)):
        return last + 1
    return _totals(ws, block, head, last, styles)


def _totals(ws: Any, block: Block, head: int, last: int, styles: _Styles) -> int:
    """合计行: a real SUBTOTAL that follows the filter, with its value cached for readers that do not calculate."""
    labelled = False
    for i, column in enumerate(block.columns):
        if column.summed:
            cells = f"{xl_rowcol_to_cell(head + 1, i)}:{xl_rowcol_to_cell(last, i)}"
            value = _sum(block, i)
            cached: Decimal | int = exact_amount(value) if column.kind == "amount" else value
            ws.write_formula(last + 1, i, f"=SUBTOTAL(109,{cells})", styles.total[column.kind], cached)
        else:
            ws.write_string(last + 1, i, "" if labelled else "合计", styles.total["text"])
            labelled = True
    return last + 2


def _sum(block: Block, i: int) -> int:
    return sum(line[i] for line in block.rows if line[i] is not None)


def _grid(ws: Any, block: Block, row: int, styles: _Styles) -> int:
    if block.head >= 0:
        ws.freeze_panes(row + block.head + 1, block.keys)
        ws.repeat_rows(row + block.head)
        width = max((len(r) for r in islice(block.rows, SAMPLE)), default=0)
        if width > block.first_column:
            ws.autofilter(row + block.head, 0, row + len(block.rows) - 1, width - 1)
    for r, line in enumerate(block.rows):
        plain = styles.grid_head if r == block.head else styles.grid
        for c, value in enumerate(line):
            comment = block.marks.get((r, c))
            if comment is not None:
                ws.write_string(row + r, c, cell_text(value or ""), styles.bad)
                if comment:
                    ws.write_comment(row + r, c, cell_text(comment), _COMMENT)
            elif value is not None:
                ws.write_string(row + r, c, cell_text(value), plain)
    return row + len(block.rows)


EXCEL_DAY_0 = date(1899, 12, 30)
_COMMENT = {"author": "nxmed", "x_scale": 2.2, "y_scale": 1.2, "font_name": FONT, "font_size": 10}


def _cell(ws: Any, place: tuple[int, int], value: Any, kind: str, styles: dict[str, Any]) -> None:
    _writer(ws, kind, styles)(*place, value)


def _writer(ws: Any, kind: str, styles: dict[str, Any]) -> Callable[[int, int, Any], None]:
    """一列的写法 (chosen once per column: a table may have a million cells)."""
    style, plain = styles.get(kind, styles["text"]), styles["text"]
    number, text, blank = ws.write_number, ws.write_string, ws.write_blank
    days: dict[date, int] = {}

    def amount(row: int, column: int, value: Any) -> None:
        number(row, column, exact_amount(value), style)

    def rate(row: int, column: int, value: Any) -> None:
        number(row, column, Decimal(value).scaleb(-6), style)

    def whole(row: int, column: int, value: Any) -> None:
        if abs(value) < 10**15:
            number(row, column, value, style)
        else:
            text(row, column, cell_text(value), plain)

    def yes_no(row: int, column: int, value: Any) -> None:
        text(row, column, "是" if value else "否", plain)

    def day(row: int, column: int, value: Any) -> None:
        if not isinstance(value, date) or value.year <= 1900:
            text(row, column, cell_text(value), plain)
            return
        if value not in days:
            days[value] = (date(value.year, value.month, value.day) - EXCEL_DAY_0).days
        number(row, column, days[value], style)

    def words(row: int, column: int, value: Any) -> None:
        text(row, column, cell_text(value), style)

    chosen = {"amount": amount, "strong_amount": amount, "rate": rate, "int": whole, "count": whole, "bool": yes_no, "date": day}.get(kind, words)

    def write(row: int, column: int, value: Any) -> None:
        if value is None:
            blank(row, column, None, style)
        else:
            chosen(row, column, value)

    return write
