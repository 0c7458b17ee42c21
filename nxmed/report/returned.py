"""退回 (a read file → what goes back to its sender): its rows as text, and its problems by place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

PROBLEM_SHAPE: dict[str, pl.DataType] = {
    "row": pl.Int64(), "column": pl.Int64(), "header": pl.String(), "code": pl.String(), "value": pl.String(),
    "text": pl.String(), "hint": pl.String(),
}
"""问题: row as in Excel (null: the file), column from 0 (null: the row), header, code, masked value, what, hint."""

SHEET_STEP = 10_000_000
"""In a workbook with several sheets, rows of the second are numbered from here on (as reading numbers them)."""


class ReadFile(Protocol):
    """读过的文件 (what is asked of it): where it came from, its layout, why rows were rejected, its rows as text.

    `layout` has `header` (texts by position) and `position(column id)`.
    """

    src_file: str
    format: str
    rows_read: int
    skipped_rows: int
    layout: Any

    @property
    def header_row(self) -> int: ...
    @property
    def rejects(self) -> pl.DataFrame: ...
    def raw_rows(self, rows: Iterable[int] | None = None) -> pl.DataFrame: ...


@dataclass(frozen=True)
class Returned:
    """退回的一张表 (a sheet that goes back).

    rows: `_row` and the cells as text in the file's order, header and title rows included. `head`: the row number of
    the header, 0 when it is not among the rows (then `header` names the columns). `problems`: PROBLEM_SHAPE. `part_of`:
    how many rows the file has when `rows` are the rejected ones only (0: they are all).
    """

    file: str
    rows: pl.DataFrame
    problems: pl.DataFrame
    head: int = 1
    sheet: str = ""
    header: tuple[str, ...] = ()
    part_of: int = 0


def problems_of(read: ReadFile) -> pl.DataFrame:
    """问题 of a read file (PROBLEM_SHAPE, then text_en and hint_en), by row and column."""
    rejects = read.rejects
    places: dict[str, int] = {}
    for name in sorted(rejects["column"].drop_nulls().unique()):
        at = read.layout.position(name)
        if at is not None:
            places[name] = at
    titles = {name: read.layout.header[at].strip() for name, at in places.items()}
    return rejects.select(
        pl.col("src_row").alias("row"), _looked_up(places, pl.Int64()).alias("column"),
        _looked_up(titles, pl.String()).alias("header"), pl.col("check").alias("code"), "value",
        pl.col("message").alias("text"), "hint", pl.col("message_en").alias("text_en"), "hint_en",
    ).sort("row", "column", "code", nulls_last=False, maintain_order=True)


def _looked_up(places: dict[str, Any], dtype: pl.DataType) -> pl.Expr:
    if not places:
        return pl.lit(None, dtype)
    return pl.col("column").replace_strict(list(places), list(places.values()), default=None, return_dtype=dtype)


def returned(read: ReadFile, as_is_rows: int) -> list[Returned]:
    """退回的表 (one per sheet with problems; of a file with more than `as_is_rows` rows the rejected ones only)."""
    problems = problems_of(read).select(*PROBLEM_SHAPE)
    if not problems.height:
        return []
    count = read.rows_read + read.skipped_rows
    whole = read.header_row > 0 and count <= as_is_rows
    rejected: Sequence[int] = problems["row"].drop_nulls().unique().to_list()
    rows = read.raw_rows() if whole else read.raw_rows([*rejected, read.header_row])
    header, part_of = tuple(read.layout.header), 0 if whole else count
    if read.format != "xlsx":
        return [Returned(read.src_file, rows, problems, read.header_row, "", header, part_of)]
    found = []
    for number in sorted({row // SHEET_STEP for row in rejected}):
        of_sheet = rows.filter(pl.col("_row") // SHEET_STEP == number)
        wrong = problems.filter(pl.col("row") // SHEET_STEP == number)
        found.append(Returned(
            read.src_file, of_sheet.with_columns(pl.col("_row") % SHEET_STEP),
            wrong.with_columns(pl.col("row") % SHEET_STEP), 0 if number else read.header_row,
            f"第{number + 1}张" if number else "", header, part_of))
    return found
