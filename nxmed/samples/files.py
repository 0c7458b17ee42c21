"""写文件 (the files of a sample): Parquet or CSV for size, and the shapes that senders really use."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from nxmed.kernel.money import AMOUNT
from nxmed.samples import layout

ROW_GROUP = 262_144
BOM = b"\xef\xbb\xbf"


def parquet(frame: pl.DataFrame, contract: str, path: Path) -> None:
    """Parquet: amounts DECIMAL(16,2), dates as dates, ids as column names."""
    shown = [
        (pl.col(name).cast(pl.Decimal(38, 2)) / 100).cast(AMOUNT).alias(name) if kind == "amount" else pl.col(name)
        for name, _, kind in layout.COLUMNS[contract]
    ]
    with _aside(path) as part:
        frame.select(shown).write_parquet(part, compression="zstd", row_group_size=ROW_GROUP)
        os.replace(part, path)


def csv(frame: pl.DataFrame, contract: str, path: Path) -> None:
    """CSV with Chinese headers, UTF-8 with BOM."""
    with _aside(path) as part:
        layout.as_text(frame, contract).rename(layout.headers(contract)).write_csv(part, include_bom=True)
        os.replace(part, path)


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A hidden name beside the path; what is left of it after a failure is removed."""
    part = path.with_name(f".{path.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def delimited(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    separator: str = ",",
    end: str = "\n",
    encoding: str = "utf-8",
) -> bytes:
    """Delimited text of a small file; cells with the separator, a quote or a line end are quoted."""

    def cell(text: str) -> str:
        plain = not any(c in text for c in (separator, '"', "\n", "\r"))
        return text if plain else '"' + text.replace('"', '""') + '"'

    body = "".join(separator.join(map(cell, row)) + end for row in [header, *rows])
    return body.encode(encoding)


def workbook(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    sheet: str,
    titles: Sequence[str],
    footer: Sequence[str],
    numbers: Sequence[int],
    dates: Sequence[int] = (),
    text_rows: frozenset[int] = frozenset(),
) -> bytes:
    """An xlsx as a sender makes it: title rows, then the header, the rows and a 合计 row.

    numbers: columns written as numbers, save in the rows (by position) of `text_rows`, where they are stored as text.
    dates: columns written as dates of the workbook.
    The same bytes for the same content: fixed date, no compression.
    """
    import xlsxwriter

    made = io.BytesIO()
    book = xlsxwriter.Workbook(
        made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": sheet, "created": datetime(2026, 11, 1)})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    money, text = book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "@"})
    page = book.add_worksheet(sheet)
    for row, title in enumerate(titles):
        page.merge_range(row, 0, row, len(header) - 1, title)
    below = len(titles)
    for column, name in enumerate(header):
        page.write_string(below, column, name)
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if column in numbers and row not in text_rows and cell:
                page.write_number(below + 1 + row, column, Decimal(cell), money)
            elif column in dates and cell:
                page.write_datetime(below + 1 + row, column, date.fromisoformat(cell), day)
            elif cell:
                page.write_string(below + 1 + row, column, cell, text)
    for column, cell in enumerate(footer):
        if column in numbers and cell:
            page.write_number(below + 1 + len(rows), column, Decimal(cell), money)
        elif cell:
            page.write_string(below + 1 + len(rows), column, cell)
    book.close()
    return _stored(made.getvalue())


def _stored(packed: bytes) -> bytes:
    """The same archive without compression, so that no compressor's version shows in the bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for entry in sorted(source.infolist(), key=lambda e: (e.filename != "[Content_Types].xml", e.filename)):
            plain = zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0))
            plain.external_attr = 0o600 << 16
            target.writestr(plain, source.read(entry))
    return out.getvalue()
