"""Parquet (typed columns are taken over exactly; floating point is refused)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from nxmed.io.raw_bytes import Probe, hash_file, refuse
from nxmed.io.raw_header import Layout, layout
from nxmed.io.raw_lines import Block
from nxmed.kernel import typed
from nxmed.kernel.contract import Contract

ROWS = 2_000_000


class ParquetFile:
    """Parquet 文件 of one contract. Rows are numbered from 1."""

    format = "parquet"

    def __init__(self, path: Path, contract: Contract) -> None:
        self.path = path
        self.found: Probe = hash_file(path)
        try:
            self._scan = pl.scan_parquet(path, glob=False, hive_partitioning=False)
            schema = self._scan.collect_schema()
            self._height: int = self._scan.select(pl.len()).collect().item()
        except (OSError, pl.exceptions.PolarsError):
            raise refuse(path, "E010") from None
        self.layout: Layout = layout(path, contract, schema.names())
        columns = list(zip(schema.names(), self.layout.names, self.layout.known, strict=False))
        floats = [title for title, _, known in columns if known and typed.refuses(schema[title])]
        if floats:
            raise refuse(path, "E011", "、".join(floats))
        picked = []
        for title, name, known in columns:
            if known:
                picked.append(pl.col(title).alias(name))
            elif not typed.refuses(schema[title]):
                picked.append(typed.as_text(schema[title], pl.col(title)).alias(name))
        self._picked = picked

    def blocks(self) -> Iterator[Block]:
        """Blocks of at most `ROWS` rows. Raises InputRefused E010 when a page can't be read."""
        for start in range(0, self._height, ROWS):
            try:
                frame = self._scan.slice(start, ROWS).select(self._picked).collect()
            except (OSError, pl.exceptions.PolarsError):
                raise refuse(self.path, "E010") from None
            yield Block(frame.with_columns(_row=pl.int_range(start + 1, start + frame.height + 1, dtype=pl.Int64)))

    def rows(self) -> Iterator[pl.DataFrame]:
        """All rows as text."""
        for block in self.blocks():
            frame = block.frame
            yield frame.select("_row", *[typed.as_text(t, pl.col(n)).alias(f"c{i}") for i, (n, t) in enumerate(
                (n, t) for n, t in frame.schema.items() if n != "_row")])
