"""文本行 (lines of a delimited file → cells): quotes, line breaks inside quotes, ragged and repeated lines.

Lines are counted as an editor shows them. Whole columns are handled at once; only records that span lines or have
quotes in odd places go through the csv module one by one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from nxmed.io.raw_bytes import LONGEST_RECORD, refuse
from nxmed.io.raw_mixed import find_mixed
from nxmed.io.raw_totals import FOOTER_START, is_footer

Record = tuple[int, list[str]]


@dataclass
class Block:
    """一块: `frame` has `_row` and c0..cN as text (null = empty); `ragged` are records of another width; `misquoted`
    have quotes in the wrong place; `footers` are 合计 and the like; `skipped` counts them and repeated headers."""

    frame: pl.DataFrame
    ragged: list[Record] = field(default_factory=list)
    misquoted: list[Record] = field(default_factory=list)
    footers: list[Record] = field(default_factory=list)
    skipped: int = 0


def records(text: str, separator: str) -> Iterator[Record]:
    """逐条 (line on which a record begins, its cells); for titles and headers."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    begin = 1
    try:
        for cells in reader:
            yield begin, cells
            begin = reader.line_num + 1
    except csv.Error:
        return


class LineReader:
    """按行拆列 for one file: `width` columns of which the first `needed` have a title, data after line `header_end`,
    repeated lines equal to `header` dropped, `mixed`: look for UTF-8 in what was decoded as GB18030."""

    def __init__(self, path: Path, separator: str, width: int, header_end: int, header: list[str],
                 *, needed: int | None = None, mixed: bool = False) -> None:
        self.path, self.separator, self.width = path, separator, width
        self.needed = width if needed is None else needed
        self.header_end, self.header = header_end, [h.strip() for h in header]
        self._header_line = separator.join(header)
        self._mixed, self._blanks = mixed, False
        s = re.escape(separator)
        self._formed = f'^(?:"(?:[^"]|"")*"|[^"{s}]*)(?:{s}(?:"(?:[^"]|"")*"|[^"{s}]*))*$'
        self._schema = {f"c{i}": pl.String() for i in range(width)}
        self._next = 1

    def read(self, data: bytes) -> Block:
        """One block of whole lines. Raises InputRefused E003, E008."""
        lines = _lines(data)
        numbers = pl.int_range(self._next, self._next + lines.height, dtype=pl.Int64)
        frame = lines.with_columns(pl.col("line").fill_null(""), _row=numbers)
        self._next += lines.height
        if self._mixed and not data.isascii() and (row := find_mixed(frame)):
            raise refuse(self.path, "E003", f"第 {row} 行是 UTF-8，其余是 GB18030",
                         f"line {row} is UTF-8, the rest is not")
        whole = frame.height
        if self.header_end >= frame.item(0, "_row"):
            frame = frame.filter(pl.col("_row") > self.header_end)
        block = Block(pl.DataFrame(schema={"_row": pl.Int64(), **self._schema}))
        odd: list[Record] = []
        if b'"' in data:
            frame = self._quoted(frame, block, odd)
        frame = self._structure(frame, block, odd, quoted=b'"' in data)
        pieces = []
        if frame.height:
            untouched = frame.height == whole and data.endswith(b"\n") and not self._blanks
            pieces.append(self._cells(frame, data if untouched else None))
        good = [(row, fitted) for row, cells in odd if (fitted := self._place(row, cells, block))]
        if good:
            columns = {f"c{i}": [c[i] for _, c in good] for i in range(self.width)}
            pieces.append(pl.DataFrame({"_row": [r for r, _ in good], **columns},
                                       schema={"_row": pl.Int64(), **self._schema}))
        if pieces:
            joined = pl.concat(pieces)
            block.frame = joined.sort("_row") if len(pieces) > 1 else joined
        return block

    def _quoted(self, frame: pl.DataFrame, block: Block, odd: list[Record]) -> pl.DataFrame:
        """Take out records that span lines, and lines whose quotes stand oddly."""
        counted = frame.with_columns(_quotes=pl.col("line").str.count_matches('"', literal=True).cast(pl.Int64))
        if not counted.filter(pl.col("_quotes") > 0).height:
            return frame
        inside = pl.col("_quotes").cum_sum() % 2
        counted = counted.with_columns(_open=inside.shift(1, fill_value=0), _after=inside)
        counted = counted.with_columns(_record=(pl.col("_open") == 0).cast(pl.Int64).cum_sum())
        if counted.height and counted.item(counted.height - 1, "_after"):
            row = counted.filter(pl.col("_open") == 0).item(-1, "_row")
            raise refuse(self.path, "E008", f"第 {row} 行", f"line {row}")
        if counted.filter(pl.col("_open") == 1).height:
            several = counted.filter((pl.col("_open") == 1) | (pl.col("_after") == 1))
            grouped = several.group_by("_record", maintain_order=True).agg(
                pl.col("_row").first(), pl.col("line").str.join("\n"))
            for row, text in grouped.select("_row", "line").iter_rows():
                cells = self._parse(text)
                if cells is None or len(text) > LONGEST_RECORD:
                    raise refuse(self.path, "E008", f"第 {row} 行", f"line {row}")
                odd.append((row, cells))
            counted = counted.filter((pl.col("_open") == 0) & (pl.col("_after") == 0))
        formed = (pl.col("_quotes") == 0) | pl.col("line").str.contains(self._formed)
        strange = counted.filter(~formed)
        for row, text in strange.select("_row", "line").iter_rows():
            cells = self._parse(text)
            if cells is None:
                block.misquoted.append((row, text.split(self.separator)))
            else:
                odd.append((row, cells))
        if strange.height:
            counted = counted.filter(formed)
        return counted.select("line", "_row")

    def _structure(self, frame: pl.DataFrame, block: Block, odd: list[Record], quoted: bool) -> pl.DataFrame:
        """Drop blank lines and repeated headers, take out footers and ragged lines."""
        line = pl.col("line")
        bare = line.str.replace_all(r'"[^"]*"', "") if quoted else line
        marks = frame.select(
            fields=bare.str.count_matches(self.separator, literal=True) + 1,
            blank=line.str.strip_chars(" \t,;|\u3000\"'").str.len_bytes() == 0,
            foot=line.str.contains(FOOTER_START),
            head=(line.str.replace_all('"', "", literal=True) if quoted else line) == self._header_line,
        )
        plain = (marks["fields"] == self.width) & ~marks["blank"] & ~marks["foot"] & ~marks["head"]
        self._blanks = False
        if plain.all():
            return frame
        rest = frame.with_columns(marks["blank"], marks["head"]).filter(~plain)
        block.skipped += int(rest["head"].sum())
        for row, text in rest.filter(~pl.col("blank") & ~pl.col("head")).select("_row", "line").iter_rows():
            odd.append((row, self._parse(text) or text.split(self.separator)))
        return frame.filter(plain)

    def _cells(self, frame: pl.DataFrame, data: bytes | None) -> pl.DataFrame:
        """Split well-formed lines of the right width."""
        if data is None:
            data = str(frame["line"].str.join("\n").item()).encode() + b"\n"
        cells = pl.read_csv(io.BytesIO(data), separator=self.separator, has_header=False, schema=self._schema,
                            quote_char='"' if b'"' in data else None, infer_schema=False)
        if cells.height != frame.height:
            rows = [self._parse(str(text)) or [] for text in frame["line"]]
            cells = pl.DataFrame({n: [r[i] for r in rows] for i, n in enumerate(self._schema)}, schema=self._schema)
        return cells.insert_column(0, frame["_row"])

    def _parse(self, text: str) -> list[str] | None:
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=self.separator, strict=True))
        except csv.Error:
            return None
        return rows[0] if len(rows) == 1 else None

    def _place(self, row: int, cells: list[str], block: Block) -> list[str] | None:
        """The record in `width` cells where it is data; else it is put where it belongs. Empty cells too many at the
        end (a separator closing each line) do no harm."""
        if not any(c.strip() for c in cells):
            return None
        if [c.strip() for c in cells] == self.header:
            block.skipped += 1
        elif is_footer(cells):
            block.footers.append((row, cells))
            block.skipped += 1
        elif len(cells) == self.width:
            return cells
        elif len(cells) >= self.needed and not any(c.strip() for c in cells[self.needed:]):
            return [*cells[: self.needed], *[""] * (self.width - self.needed)]
        else:
            block.ragged.append((row, cells))
        return None


def _lines(data: bytes) -> pl.DataFrame:
    """All lines as one column, empty ones too."""
    if b"\x01" not in data:
        lines = pl.read_csv(io.BytesIO(data), separator="\x01", has_header=False, quote_char=None,
                            schema={"line": pl.String()})
        if lines.height == data.count(b"\n") + (not data.endswith(b"\n")):
            return lines
    return pl.DataFrame({"line": data.decode("utf-8").removesuffix("\n").split("\n")})
