"""工作表 (sheets of a workbook that carry the contract's header → layout and blocks)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from nxmed.io.raw_bytes import Probe, hash_file, refuse
from nxmed.io.raw_header import WITHIN, Layout, best_row, layout
from nxmed.io.raw_lines import Block, Record
from nxmed.io.raw_totals import FOOTER_START, is_footer
from nxmed.kernel.contract import Contract

SHEET_STEP = 10_000_000
"""Rows of the second sheet with the header are numbered from here on, of the third from twice that."""


class SheetsFile:
    """工作簿 of one contract: the first sheet with the header, and further ones with the same header."""

    format = "xlsx"

    def __init__(self, path: Path, contract: Contract) -> None:
        from nxmed.io.xlsx import read_workbook  # a guarded child process

        self.path = path
        self.found: Probe = hash_file(path)
        self._sheets: list[tuple[str, pl.DataFrame, Layout]] = []
        for sheet in read_workbook(path):
            rows = _records(sheet.frame.head(WITHIN + 1))
            best = best_row(rows, contract)
            if best is None:
                continue
            _, row, cells = best
            titles = [" ".join(c for c in r[1] if c and c.strip()) for r in rows if r[0] < row]
            found = layout(path, contract, cells, row=row, end=row, titles=titles)
            if self._sheets and found.names != self._sheets[0][2].names:
                raise refuse(path, "E007", f"工作表「{sheet.name}」的表头与前面的不同",
                             f"sheet {sheet.name} has another header")
            self._sheets.append((sheet.name, sheet.frame, found))
        if not self._sheets:
            raise refuse(path, "E005")
        first = self._sheets[0][2]
        self.layout = Layout(first.header_row, first.header_end, first.names, first.known, first.header,
                             tuple(t for s in self._sheets for t in s[2].titles))
        self.sheet_names = [s[0] for s in self._sheets]

    def blocks(self) -> Iterator[Block]:
        """One block per sheet."""
        for number, (_, frame, found) in enumerate(self._sheets):
            yield _block(frame, found, number * SHEET_STEP)

    def rows(self) -> Iterator[pl.DataFrame]:
        """All rows of the sheets that were read."""
        for number, (_, frame, _) in enumerate(self._sheets):
            yield frame.with_columns(pl.col("_row").cast(pl.Int64) + number * SHEET_STEP)


def _records(frame: pl.DataFrame) -> list[Record]:
    return [(int(row[0]), [c or "" for c in row[1:]]) for row in frame.iter_rows()]


def _block(frame: pl.DataFrame, found: Layout, shift: int) -> Block:
    cells = [n for n in frame.columns if n != "_row"]
    data = frame.filter(pl.col("_row") > found.header_end).with_columns(pl.col("_row").cast(pl.Int64) + shift)
    filled = [pl.col(c).str.strip_chars(" \t\r\n\u3000\xa0") for c in cells]
    empty = pl.all_horizontal([(c.is_null() | (c == "")) for c in filled])
    first = pl.coalesce([pl.when(c != "").then(c) for c in filled])
    header = pl.all_horizontal([
        pl.col(f"c{i}").fill_null("").str.strip_chars() == found.header[i].strip() for i in range(found.width)])
    marks = data.select(empty=empty, head=header, foot=first.str.contains(FOOTER_START).fill_null(False))
    block = Block(data.clear(), skipped=int((marks["head"] & ~marks["empty"]).sum()))
    feet = []
    for row, texts in _records(data.filter(marks["foot"] & ~marks["head"])):
        if is_footer(texts):
            feet.append(row)
            block.footers.append((row, texts))
    block.skipped += len(feet)
    keep = data.filter(~marks["empty"] & ~marks["head"])
    if feet:
        keep = keep.filter(~pl.col("_row").is_in(feet))
    beyond = [c for c in cells if int(c[1:]) >= found.width]
    if beyond:
        wide = pl.any_horizontal([pl.col(c).is_not_null() & (pl.col(c).str.strip_chars() != "") for c in beyond])
        for row, texts in _records(keep.filter(wide)):
            while texts and not texts[-1].strip():
                texts.pop()
            block.ragged.append((row, texts))
        keep = keep.filter(~wide)
    missing = [pl.lit(None, pl.String).alias(f"c{i}") for i in range(found.width) if f"c{i}" not in cells]
    keep = keep.with_columns(missing).select("_row", *[f"c{i}" for i in range(found.width)])
    block.frame = keep.rename({f"c{i}": n for i, n in enumerate(found.names)})
    return block
