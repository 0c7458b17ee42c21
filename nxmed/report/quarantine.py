"""问题工作簿 (the quarantine workbook): what goes back to the sender, with every wrong cell marked.

For each file one sheet with the sender's rows as they were, at the same addresses, wrong cells red with a comment
(code, what is wrong, how to mend it); at the end the list 问题清单. The sender's own rows show what they sent in full;
the list shows masked values. Same content, same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from nxmed.report.returned import PROBLEM_SHAPE, ReadFile, Returned, returned
from nxmed.report.workbook import Column, Sheet, Workbook

AS_IS_ROWS = 50_000
"""到此行数为止原样退回 (a longer file gets back its rejected rows only, with their own row numbers)."""
LIST_ROWS = 100_000
COMMENTS = 3_000
"""批注上限 (a sheet with more becomes unusable in Excel; further cells are red and stand in the list)."""


def write_quarantine(path: Path, reads: Sequence[ReadFile | Returned]) -> None:
    """写问题工作簿 (writes exactly `path`; files without problems have no sheet). ValueError when none has any."""
    sheets = [s for r in reads for s in ([r] if isinstance(r, Returned) else returned(r, AS_IS_ROWS))]
    wanted = [s for s in sheets if s.problems.height]
    if not wanted:
        raise ValueError("no problems, no workbook")
    with Workbook(path, title="问题", footer="问题工作簿") as book:
        for sheet in wanted:
            _sender_sheet(book.sheet(" ".join(filter(None, (Path(sheet.file).stem, sheet.sheet)))), sheet)
        _list_sheet(book.sheet("问题清单"), wanted)


def _sender_sheet(sheet: Sheet, read: Returned) -> None:
    last = read.rows.select(pl.col("_row").max()).item() or 0
    if not read.rows.height:
        sheet.lines(["整份文件未能读出，见“问题清单”"])
    elif last <= AS_IS_ROWS and not read.part_of:
        lines: list[tuple[str | None, ...]] = [()] * last
        for number, *cells in read.rows.iter_rows():
            lines[number - 1] = tuple(cells)
        at = {number: number - 1 for number in range(1, last + 1)}
        _grid(sheet, read, lines, at, shift=0, head=read.head - 1)
    else:
        _rejected_only(sheet, read)


def _rejected_only(sheet: Sheet, read: Returned) -> None:
    bad = read.problems.select(pl.col("row").drop_nulls().unique()).to_series().implode()
    header = read.rows.filter(pl.col("_row") == read.head)
    titles = header.row(0)[1:] if header.height else read.header
    rejected = read.rows.filter(pl.col("_row").is_in(bad) & (pl.col("_row") != read.head)).sort("_row")
    total = read.part_of or int(read.rows.select(pl.col("_row").max()).item())
    note = f"原文件共 {total} 行，这里只有被拒收的 {rejected.height} 行，第一列是原文件的行号"
    if rejected.height > AS_IS_ROWS:
        note += f"；只列前 {AS_IS_ROWS} 行"
    lines: list[tuple[str | None, ...]] = [(note,), ("原行号", *titles)]
    at = {read.head: 1}
    for number, *cells in rejected.head(AS_IS_ROWS).iter_rows():
        at[number] = len(lines)
        lines.append((str(number), *cells))
    _grid(sheet, read, lines, at, shift=1, head=1)


def _grid(
    sheet: Sheet, read: Returned, lines: list[tuple[str | None, ...]], at: dict[int, int], *, shift: int, head: int
) -> None:
    """Marks the cells of each problem; a problem of a whole row marks all its cells."""
    texts: dict[tuple[int, int], list[str]] = {}
    colours: set[tuple[int, int]] = set()
    for row, column, code, text, hint in read.problems.select("row", "column", "code", "text", "hint").iter_rows():
        line = at.get(row) if row is not None else None
        if line is None:
            continue
        if column is None:
            colours.update((line, c) for c in range(shift, max(len(lines[line]), shift + 1)))
        place = (line, (column or 0) + shift)
        missing = place[1] + 1 - len(lines[line])
        if missing > 0:
            lines[line] += (None,) * missing
        texts.setdefault(place, []).append(f"{code} {text}\n→ {hint}" if hint else f"{code} {text}")
    commented = sorted(texts)[:COMMENTS]
    marks = dict.fromkeys(colours | set(texts), "")
    marks.update({place: "\n".join(dict.fromkeys(texts[place])) for place in commented})
    sheet.grid(lines, marks=marks, head=head, first_column=shift, keys=shift)


def _list_sheet(sheet: Sheet, reads: Sequence[Returned]) -> None:
    listed = pl.concat([r.problems.select(pl.lit(r.file).alias("file"), *PROBLEM_SHAPE) for r in reads])
    listed = listed.sort(["file", "row", "column", "code", "text"], nulls_last=False)
    if listed.height > LIST_ROWS:
        sheet.lines([f"共 {listed.height} 处问题，这里列前 {LIST_ROWS} 处"])
    columns = [Column(t) for t in ("文件", "行", "列", "单元格", "代码", "值", "问题", "怎么改")]
    columns[1] = Column("行", "int", total=False)
    rows = [
        (file, row, column_label(column, header) if row is not None else header or "整份文件",
         f"{column_letters(column)}{row}" if column is not None and row else None, code, value, text, hint)
        for file, row, column, header, code, value, text, hint in listed.head(LIST_ROWS).iter_rows()
    ]
    sheet.table(columns, rows, total=False)


def column_letters(column: int | None) -> str:
    """列标 (0 → A, 25 → Z, 26 → AA; None → "")."""
    letters, rest = "", -1 if column is None else column
    while rest >= 0:
        rest, place = divmod(rest, 26)
        letters = chr(65 + place) + letters
        rest -= 1
    return letters


def column_label(column: int | None, header: str | None) -> str:
    """列的写法 ("E 月工资"; the whole row: 整行)."""
    if column is None:
        return header or "整行"
    return f"{column_letters(column)} {header}" if header else column_letters(column)
