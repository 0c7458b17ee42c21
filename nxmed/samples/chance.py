"""可重现的随机数 (repeatable chance): a number from its position, the seed and a stream name, nothing else.

The same on every machine, with any number of threads and any version of the libraries.
"""

from __future__ import annotations

import hashlib

import polars as pl

_GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB
_ALL = (1 << 64) - 1


def _u64(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.UInt64)


def start(seed: int, stream: str) -> int:
    """A starting point of its own for each seed and stream name."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{stream}".encode()).digest()[:8], "big")


def draw(position: str | pl.Expr, seed: int, stream: str, size: int) -> pl.Expr:
    """0 ≤ n < size as Int64, from a non-negative Int64 position (a splitmix64 step; wrapping is intended)."""
    at = pl.col(position) if isinstance(position, str) else position
    mixed = (at.cast(pl.UInt64) + 1) * _u64(_GOLDEN) + _u64(start(seed, stream))
    for shift, factor in ((30, _MIX_1), (27, _MIX_2)):
        mixed = (mixed ^ (mixed // _u64(1 << shift))) * _u64(factor)
    mixed = mixed ^ (mixed // _u64(1 << 31))
    return (mixed // _u64(1 << 11) % _u64(size)).cast(pl.Int64)


def draw_one(position: int, seed: int, stream: str, size: int) -> int:
    """The same number, for one position."""
    mixed = ((position + 1) * _GOLDEN + start(seed, stream)) & _ALL
    for shift, factor in ((30, _MIX_1), (27, _MIX_2)):
        mixed = ((mixed ^ (mixed >> shift)) * factor) & _ALL
    return ((mixed ^ (mixed >> 31)) >> 11) % size
