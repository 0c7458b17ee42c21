"""读文件 (one delivered file → accepted and rejected rows, findings, counts).

Any encoding, CSV, TXT, workbook or Parquet; blocks of rows are checked against the contract and kept in memory while
they are few, spooled to Parquet otherwise.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from nxmed.io.raw_bytes import Probe, check_plain, refuse
from nxmed.io.raw_header import Layout
from nxmed.io.raw_lines import Block
from nxmed.io.raw_sheets import SHEET_STEP
from nxmed.io.reading_findings import row_findings
from nxmed.io.reading_rejects import REJECT_SHAPE, describe, overlong_reasons, ragged_reasons
from nxmed.io.reading_totals import Totals
from nxmed.io.resources import contracts
from nxmed.kernel.contract import Contract
from nxmed.kernel.split import REJECTS, split

TEXT_SUFFIXES = (".csv", ".txt", ".tsv")
SHEET_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".et", ".xlsb", ".ods")
PARQUET_SUFFIXES = (".parquet", ".pq")
ZIP_SUFFIXES = (".zip",)
IN_MEMORY = 224 << 20
"""Bytes of accepted rows of one file kept in memory; what comes after goes to the spool."""


class _Source(Protocol):
    path: Path
    found: Probe
    layout: Layout

    @property
    def format(self) -> str: ...
    def blocks(self) -> Iterator[Block]: ...
    def rows(self) -> Iterator[pl.DataFrame]: ...


@dataclass
class FileRead:
    """读一份文件的结果. rows_read = accepted + rejected + duplicates; `skipped_rows` are repeated headers and footers.

    reasons: shape of kernel.split.REJECTS; key_hashes: one UInt64 series per part, for finding repeated keys;
    refused_keys: `_row` and key of rejected rows whose key could be read;
    sums: yuan per amount column over all rows read.
    """

    contract: Contract
    path: Path
    src_file: str
    month: str
    sha256: str
    bytes: int
    encoding: str
    format: str
    layout: Layout
    rows_read: int = 0
    rejected: int = 0
    duplicates: int = 0
    skipped_rows: int = 0
    kept: int = 0
    parts: list[pl.DataFrame | Path] = field(default_factory=list)
    reasons: list[pl.DataFrame] = field(default_factory=list)
    notes: list[pl.DataFrame] = field(default_factory=list)
    key_hashes: list[pl.Series] = field(default_factory=list)
    refused_keys: list[pl.DataFrame] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    conflicts: dict[int, str] = field(default_factory=dict)
    source: _Source | None = None
    sheets: tuple[str, ...] = ()
    folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def accepted(self) -> int:
        """Rows that count: counted as they were kept, less those that repeated keys took out."""
        return self.kept - len(self.dropped)

    @property
    def header_row(self) -> int:
        """Line or Excel row of the header (0 for Parquet)."""
        return self.layout.header_row

    @property
    def frame(self) -> pl.LazyFrame:
        """接收的行 (typed: all contract columns, src_file, src_row, inbox_month, then the sender's other columns)."""
        schema = self.contract.schema()
        pieces = [p.lazy() if isinstance(p, pl.DataFrame) else pl.scan_parquet(p, glob=False) for p in self.parts]
        if not pieces:
            return pl.LazyFrame(schema=schema)
        lazy = pl.concat(pieces) if len(pieces) > 1 else pieces[0]
        if self.dropped:
            lazy = lazy.filter(~pl.col("_row").is_in(pl.Series(self.dropped, dtype=pl.Int64).implode()))
        have = set(self.layout.names)
        columns = [pl.col(c.id) if c.id in have else pl.lit(None, c.dtype).alias(c.id) for c in self.contract.columns]
        file, row = self.place(pl.col("_row"))
        return lazy.select(*columns, file.alias("src_file"), row.alias("src_row"),
                           pl.lit(self.month).alias("inbox_month"), *[pl.col(n) for n in self.layout.unknown])

    def place(self, row: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
        """来源 (file and row as an operator sees them; further sheets as file#sheet, numbered from 1 again)."""
        sheets = self.sheets
        file = pl.lit(self.src_file)
        if len(sheets) < 2:
            return file, row
        names = [self.src_file, *(f"{self.src_file}#{name}" for name in sheets[1:])]
        sheet = (row // SHEET_STEP).replace_strict(list(range(len(names))), names, return_dtype=pl.String)
        return sheet, row % SHEET_STEP

    @property
    def rejects(self) -> pl.DataFrame:
        """拒收的原因 (one row per row and reason, shape REJECT_SHAPE, sorted; `src_row` as `raw_rows` numbers it)."""
        reasons = [r for r in self.reasons if r.height]
        if not reasons:
            return pl.DataFrame(schema=REJECT_SHAPE)
        return describe(pl.concat(reasons), self.contract, self.layout, self.src_file, self.conflicts)

    @property
    def findings(self) -> pl.DataFrame:
        """发现 (check digits, unknown codes and columns; shape of kernel.finding)."""
        from nxmed.kernel import finding

        kept = [f for f in self.notes if f.height]
        found = pl.concat(kept) if kept else finding.empty()
        if self.dropped:
            gone = pl.Series(self.dropped, dtype=pl.Int64).implode()
            found = found.filter(~pl.col("src_row").is_in(gone).fill_null(False))
        return found

    def raw_rows(self, rows: Iterable[int] | None = None) -> pl.DataFrame:
        """原样的行 (`_row`, `c0`… as text; all lines of the file, titles and headers too, or the ones asked for)."""
        wanted = None if rows is None else pl.Series(sorted(set(rows)), dtype=pl.Int64).implode()
        pieces = []
        for piece in self.source.rows() if self.source else ():
            pieces.append(piece if wanted is None else piece.filter(pl.col("_row").is_in(wanted)))
        return pl.concat(pieces, how="diagonal") if pieces else pl.DataFrame(schema={"_row": pl.Int64})


def contract_of(name: str) -> Contract | None:
    """按文件名认种类 (the longest contract id or Chinese title that the name begins with; None if none)."""
    folded = name.lower()
    names = [(n, c) for c in contracts().values() for n in (c.id, c.zh) if folded.startswith(n)]
    return max(names, key=lambda x: len(x[0]))[1] if names else None


def is_data_file(name: str) -> bool:
    """A suffix that can be read."""
    return Path(name).suffix.lower() in (*TEXT_SUFFIXES, *SHEET_SUFFIXES, *PARQUET_SUFFIXES, *ZIP_SUFFIXES)


def read_file(path: Path, contract: Contract | str | None = None, month: str = "", spool: Path | None = None,
              src_file: str | None = None) -> FileRead:
    """读一份文件, alone, with its own repeated keys settled. Raises InputRefused (exit 3) for the file as a whole."""
    from nxmed.io.reading_keys import settle

    read = read_rows(path, contract, month, spool, src_file)
    settle([read])
    return read


def read_rows(
    path: Path, contract: Contract | str | None, month: str, spool: Path | None, src_file: str | None
) -> FileRead:
    """读一份文件, repeated keys not yet looked at (they are settled over all files of a month)."""
    check_plain(path)
    chosen = contracts()[contract] if isinstance(contract, str) else contract or contract_of(path.name)
    if chosen is None:
        raise refuse(path, "E014")
    source = _open(path, chosen)
    found = source.found
    read = FileRead(chosen, path, src_file or path.name, month, found.sha256, found.bytes, found.encoding,
                    source.format, source.layout, source=source,
                    sheets=tuple(getattr(source, "sheet_names", ())))
    totals = Totals(path, chosen, source.layout)
    shelf = _Shelf(spool, read)
    for block in source.blocks():
        _take(block, read, totals, shelf)
    totals.close(read.rows_read)
    if read.layout.unknown:
        from nxmed.io.reading_findings import unknown_columns

        read.notes.append(unknown_columns(read.layout.unknown, read.src_file))
    return read


def _open(path: Path, contract: Contract) -> _Source:
    suffix = path.suffix.lower()
    if suffix in PARQUET_SUFFIXES:
        from nxmed.io.raw_parquet import ParquetFile

        return ParquetFile(path, contract)
    if suffix in SHEET_SUFFIXES:
        from nxmed.io.raw_sheets import SheetsFile

        return SheetsFile(path, contract)
    if suffix in ZIP_SUFFIXES:
        from nxmed.io.raw_zip import ZipFile

        return ZipFile(path, contract)
    from nxmed.io.raw_text import TextFile

    return TextFile(path, contract)


def _take(block: Block, read: FileRead, totals: Totals, shelf: _Shelf) -> None:
    """One block: totals in between are proved where they stand, rows are split, parts kept."""
    read.skipped_rows += block.skipped
    odd = [*block.ragged, *block.misquoted]
    rest = block.frame
    for row, cells in sorted(block.footers):
        if totals.concerns(cells):
            before = rest.filter(pl.col("_row") < row)
            if before.height:
                _rows(before, read, totals, shelf)
                rest = rest.filter(pl.col("_row") > row)
            totals.add_ragged([c for r, c in odd if r < row])
            odd_left = [(r, c) for r, c in odd if r > row]
            odd, done = odd_left, len(odd) - len(odd_left)
            read.rows_read += done
        totals.footer(row, cells, read.rows_read)
    totals.add_ragged([c for _, c in odd])
    read.rows_read += len(odd)
    if block.ragged or block.misquoted:
        read.reasons.append(ragged_reasons(block.ragged, block.misquoted, read.layout))
        read.reasons.append(overlong_reasons(block.ragged, read.contract, read.layout))
        read.rejected += len(block.ragged) + len(block.misquoted)
    if rest.height:
        _rows(rest, read, totals, shelf)


def _rows(frame: pl.DataFrame, read: FileRead, totals: Totals, shelf: _Shelf) -> None:
    result = split(frame, read.contract)
    read.rows_read += frame.height
    read.rejected += result.rejected
    totals.add(result.sums)
    if result.reasons.height:
        read.reasons.append(result.reasons.select(list(REJECTS)))
    if result.refused_keys.height:
        read.refused_keys.append(result.refused_keys)
    if result.accepted.height:
        read.notes += row_findings(result, read.contract, read.src_file)
        shelf.put(result.accepted)


class _Shelf:
    """接收的块 in memory up to IN_MEMORY bytes, then as Parquet parts in the spool."""

    def __init__(self, spool: Path | None, read: FileRead) -> None:
        self._spool, self._read, self._used = spool, read, 0

    def put(self, part: pl.DataFrame) -> None:
        read = self._read
        read.kept += part.height
        if not read.contract.repeats:
            read.key_hashes.append(part.select(pl.struct(read.contract.key).hash()).to_series())
        else:
            read.key_hashes.append(pl.Series([], dtype=pl.UInt64))
        self._used += int(part.estimated_size())
        if self._used <= IN_MEMORY:
            read.parts.append(part)
            return
        if self._spool is None:
            read.folder = tempfile.TemporaryDirectory(prefix="nxmed-spool-")
            self._spool = Path(read.folder.name)
        self._spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        own = hashlib.sha256(read.src_file.encode()).hexdigest()[:16]
        place = self._spool / f"{read.contract.id}-{own}-{len(read.parts):04d}.parquet"
        part.write_parquet(place, compression="lz4", statistics=False)
        read.parts.append(place)
