"""CSV 与 TXT (a delimited text file → layout and blocks of text cells)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from nxmed.io.raw_bytes import BLOCK, Probe, Stream, ahead, probe, refuse
from nxmed.io.raw_header import SEPARATORS, WITHIN, Layout, best_row, headerless, layout
from nxmed.io.raw_lines import Block, LineReader, Record, records
from nxmed.kernel.contract import Contract


class TextFile:
    """文本文件 of one contract: `layout` after `open`, then `blocks()`."""

    def __init__(self, path: Path, contract: Contract, size: int = BLOCK) -> None:
        self.path = path
        self.found: Probe = probe(path)
        self._stream = Stream(path, self.found, size)
        head = _head(self._stream)
        self.layout: Layout
        chosen: tuple[int, str, list[Record], int] | None = None
        for separator in SEPARATORS:
            rows = [(row, cells) for row, cells in records(head, separator) if row <= WITHIN + 1]
            best = best_row(rows, contract)
            if best and (chosen is None or best[0] > chosen[0]):
                chosen = best[0], separator, rows, best[1]
        if chosen is None:
            first = next((cells for _, cells in records(head, "\t") if any(cells)), [])
            bare = headerless(first, contract)
            if bare is None:
                raise refuse(path, "E005")
            self.separator, self.layout, self._width = "\t", bare, bare.width
            return
        _, self.separator, rows, row = chosen
        at = next(i for i, r in enumerate(rows) if r[0] == row)
        cells = rows[at][1]
        end = row + sum(c.count("\n") for c in cells)
        titles = [" ".join(c for c in r[1] if c.strip()) for r in rows[:at]]
        self.layout = layout(path, contract, cells, row=row, end=end, titles=titles)
        self._width = len(cells)

    @property
    def format(self) -> str:
        """"csv", "tsv", …"""
        return {"\t": "tsv"}.get(self.separator, "csv")

    def blocks(self) -> Iterator[Block]:
        """Blocks of rows under the layout's names; decoding and splitting run one block ahead, each in its thread."""
        return ahead(self._blocks())

    def _blocks(self) -> Iterator[Block]:
        header = [*self.layout.header, *[""] * (self._width - self.layout.width)]
        reader = LineReader(self.path, self.separator, self._width, self.layout.header_end, header,
                            needed=self.layout.width, mixed=self.found.encoding == "gb18030")
        names = {f"c{i}": n for i, n in enumerate(self.layout.names)}
        for data in ahead(iter(self._stream)):
            block = reader.read(data)
            block.frame = block.frame.select("_row", *names).rename(names)
            yield block

    def rows(self) -> Iterator[pl.DataFrame]:
        """All lines as they are, headers and titles too: `_row`, `c0`…"""
        reader = LineReader(self.path, self.separator, self._width, 0, [])
        for data in self._stream:
            block = reader.read(data)
            odd = [*block.ragged, *block.footers, *block.misquoted]
            width = max([self._width, *(len(c) for _, c in odd)])
            columns = {f"c{i}": [c[i] if i < len(c) else None for _, c in odd] for i in range(width)}
            extra = pl.DataFrame({"_row": [r for r, _ in odd], **columns},
                                 schema={"_row": pl.Int64, **dict.fromkeys(columns, pl.String)})
            yield pl.concat([block.frame, extra], how="diagonal").sort("_row")


def _head(stream: Stream) -> str:
    return stream.head().decode("utf-8", "replace")
