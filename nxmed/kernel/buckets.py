"""整键分桶 (whole-key buckets): work that needs all rows of one provider, person or payer together, done bucket by bucket.

A bucket holds whole keys, so a stage gives the same rows over one frame as over any number of buckets; big tables are
handed on in pieces that follow each other in the table's order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

T = TypeVar("T")
SEED = 20_261


def bucket(key: str, count: int) -> pl.Expr:
    """桶号 (0 to count − 1 by the key's hash; rows without a key are in bucket 0)."""
    if count == 1:
        return pl.lit(0, pl.UInt32)
    return (pl.col(key).fill_null("").hash(SEED) % count).cast(pl.UInt32)


def buckets_for(rows: int, most: int) -> int:
    """需要几个桶 (so that none has many more than `most` rows; at least 1)."""
    return max(1, -(-rows // most))


def each(work: Callable[[int], T], count: int) -> Iterator[T]:
    """逐桶执行 (the executor seam: one after the other on this machine)."""
    for number in range(count):
        yield work(number)


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
