"""累计 (running totals against thresholds and caps), columnar.

Rows of a group stand together and in order; `first` marks the first row of each group. An item's part above a
threshold, or within a cap, is a difference of clipped totals, so that the parts of a group always add up to the clipped
total of the group: order, cuts into months and files play no role in the sum.

Amounts are Int64 fen.
"""

from __future__ import annotations

import polars as pl

ZERO = pl.lit(0, pl.Int64)


def running(value: pl.Expr, first: pl.Expr) -> pl.Expr:
    """组内累计 (inclusive total of `value` over the rows of a group; rows in order, groups together, no nulls)."""
    total = value.cum_sum()
    return total - pl.when(first).then(total - value).forward_fill()


def above(before: pl.Expr, after: pl.Expr, threshold: int) -> pl.Expr:
    """超过起点的部分 (of the step from `before` to `after`: max(0, after − T) − max(0, before − T))."""
    return _over(after, threshold) - _over(before, threshold)


def within(before: pl.Expr, after: pl.Expr, cap: int | pl.Expr) -> pl.Expr:
    """限额之内的部分 (of the step from `before` to `after`: min(after, cap) − min(before, cap))."""
    return _under(after, cap) - _under(before, cap)


def _over(total: pl.Expr, threshold: int) -> pl.Expr:
    return pl.when(total > threshold).then(total - threshold).otherwise(ZERO)


def _under(total: pl.Expr, cap: int | pl.Expr) -> pl.Expr:
    limit = cap if isinstance(cap, pl.Expr) else pl.lit(cap, pl.Int64)
    return pl.when(total > limit).then(limit).otherwise(total)
