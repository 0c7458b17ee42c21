"""分段写表 (a published table written piece by piece): every piece gated, pieces ascending, one stream of row groups.

Row groups are cut by count alone, so a table written in many pieces has the bytes it has in one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from nxmed.errors import IntegrityError
from nxmed.io.tables import LEVEL, ROW_GROUP, gate, publishable, sort_key, sums, write_table
from nxmed.kernel.buckets import Parts
from nxmed.kernel.period import Period
from nxmed.kernel.table import TableSchema


@dataclass
class Written:
    """写出的表: rows, sums of its amounts (fen), columns as published."""

    rows: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)


def put_table(table: TableSchema, frame: pl.DataFrame | Parts, path: Path, run_id: str, period: Period | str) -> Written:
    """写一张表 (inside form; IntegrityError, exit 7, where a piece fails the gate, or pieces do not follow each other)."""
    written = Written()
    if isinstance(frame, pl.DataFrame):
        shown = _take(table, frame, written, run_id, period)
        write_table(shown, path)
        return written
    _stream(table, frame, path, written, run_id, period)
    if written.rows != frame.height:
        raise _broken(table, "行数与所算不符", "its rows are not as many as were computed")
    return written


def _take(table: TableSchema, frame: pl.DataFrame, written: Written, run_id: str, period: Period | str) -> pl.DataFrame:
    inside = gate(table, frame)
    written.rows += inside.height
    for name, fen in sums(table, inside).items():
        written.sums[name] = written.sums.get(name, 0) + fen
    shown = publishable(table, inside, run_id, period)
    written.columns = shown.columns
    return shown


def _stream(table: TableSchema, parts: Parts, path: Path, written: Written, run_id: str, period: Period | str) -> None:
    from polars.io.plugins import register_io_source

    failed: list[BaseException] = []
    start = _take(table, pl.DataFrame(schema={c.id: c.inside for c in table.columns}), written, run_id, period)

    def pieces(columns: Any, predicate: Any, rows: Any, size: Any) -> Iterator[pl.DataFrame]:
        # What goes wrong here must reach the caller as it is, not as the engine words it.
        try:
            last: tuple[Any, ...] | None = None
            for part in parts:
                if not part.height:
                    continue
                shown = _take(table, part, written, run_id, period)
                first, last = _follows(table, shown, last)
                if not first:
                    raise _broken(table, "各段次序或主键有误", "its pieces are out of order or repeat a key")
                yield shown
        except BaseException as problem:
            failed.append(problem)
            raise

    source = register_io_source(pieces, schema=start.schema, validate_schema=True, is_pure=False)
    try:
        source.sink_parquet(path, compression="zstd", compression_level=LEVEL, row_group_size=ROW_GROUP, statistics=True,
                            maintain_order=True)
    except Exception:
        if failed:
            raise failed[0] from None
        raise


def _follows(table: TableSchema, shown: pl.DataFrame, last: tuple[Any, ...] | None) -> tuple[bool, tuple[Any, ...]]:
    """Whether a piece begins after the last row of the piece before (strictly, by the table's key), and its own last."""
    keys = shown.select(sort_key(table))
    first, end = keys.row(0), keys.row(-1)
    return last is None or last < first, end


def _broken(table: TableSchema, zh: str, en: str) -> IntegrityError:
    return IntegrityError(
        f"表 {table.zh}（{table.id}）{zh}", "结果未发布。请保留收件箱，联系维护人员。",
        text_en=f"Table {table.id}: {en}", hint_en="Nothing was published. Keep the inbox and call the maintainers.")
