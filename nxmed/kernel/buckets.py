"""整键分桶 (whole-key buckets): work that needs all rows of one provider, person or payer together, done bucket by bucket.

A bucket holds whole keys, so a stage gives the same rows over one frame as over any number of buckets; big tables are
handed on in pieces that follow each other in the table's order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

SEED = 20_261


def bucket(key: str, count: int, *, within: bool = False) -> pl.Expr:
    """桶号 (0 to count − 1 by the key's hash; rows without a key share one). `within`: to divide a bucket once more."""
    if count == 1:
        return pl.lit(0, pl.UInt32)
    return (pl.col(key).fill_null("").hash(SEED + within) % count).cast(pl.UInt32)


def buckets_for(rows: int, most: int) -> int:
    """需要几个桶 (so that none has many more than `most` rows; at least 1)."""
    return max(1, -(-rows // most))


@dataclass(frozen=True)
class Parts:
    """一张大表的各段 (frames in the table's order, ascending by its key; made anew on every pass over them).

    `height` is known beforehand, so that whoever writes the pieces can hold what came against it.
    """

    schema: dict[str, pl.DataType]
    height: int
    make: Callable[[], Iterable[pl.DataFrame]]

    def __iter__(self) -> Iterator[pl.DataFrame]:
        yield from self.make()

    def collect(self) -> pl.DataFrame:
        """合成一张表."""
        pieces = [p.select(list(self.schema)) for p in self if p.height]
        return pl.concat(pieces) if pieces else pl.DataFrame(schema=self.schema)


@dataclass(frozen=True)
class Piece:
    """一段已存的行 (ascending by `by[0]`, a text key; its first and last value)."""

    first: str
    last: str
    frame: pl.LazyFrame


def merged(runs: Sequence[Sequence[Piece]], by: Sequence[str]) -> Iterator[pl.DataFrame]:
    """归并 (runs of pieces, each run in order of `by` → frames in that order over all runs, a few pieces in memory)."""
    waiting = sorted((p for run in runs for p in run), key=lambda p: p.first)
    if len(runs) == 1:
        yield from (p.frame.collect() for p in runs[0])
        return
    ends = sorted(p.last for p in waiting)
    cuts = [*ends[len(runs) - 1 :: len(runs)], *ends[-1:]]
    held: list[pl.DataFrame] = []
    for cut in dict.fromkeys(cuts):
        while waiting and waiting[0].first <= cut:
            held.append(waiting.pop(0).frame.collect())
        below = [part for h in held if (part := h.filter(pl.col(by[0]) <= cut)).height]
        held = [part for h in held if (part := h.filter(pl.col(by[0]) > cut)).height]
        if below:
            rows = pl.concat(below)
            yield rows[rows.select(pl.arg_sort_by(by)).to_series()]
