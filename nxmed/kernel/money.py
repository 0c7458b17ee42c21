"""金额 (exact money): Int64 fen inside, rates as Int64 parts per million, one half-up per legal amount.

All functions take and give polars expressions unless the name says otherwise. Amounts at the door are bounded by
`MAX_FEN`, so that products with a rate stay inside Int64, which wraps silently.
"""

from __future__ import annotations

from decimal import Decimal

import polars as pl

PPM = 1_000_000
MAX_FEN = 4_600_000_000_000
"""单笔金额上限 (the largest |fen| for which `half_up` by a rate of at most 1 cannot overflow Int64)."""

AMOUNT = pl.Decimal(16, 2)


def half_up(fen: pl.Expr, ppm: pl.Expr | int) -> pl.Expr:
    """四舍五入到分 (fen × ppm / 10^6, half away from zero). Needs |fen × ppm × 2| < 2^63."""
    product = fen * ppm
    return (product * 2 + product.sign() * PPM).truncdiv(2 * PPM)


def half_up_wide(fen: pl.Expr, ppm: pl.Expr | int) -> pl.Expr:
    """四舍五入到分, 大额 (as `half_up`, in Int128 inside: for totals and for rates above 1)."""
    product = fen.cast(pl.Int128) * ppm
    return (product * 2 + product.sign() * PPM).truncdiv(2 * PPM).cast(pl.Int64)


def div_half_up(numerator: pl.Expr, denominator: pl.Expr | int) -> pl.Expr:
    """整除四舍五入 (numerator / denominator, half away from zero; denominator > 0)."""
    return (numerator * 2 + numerator.sign() * denominator).truncdiv(2 * denominator)


def clamp(value: pl.Expr, floor: int, ceiling: int) -> pl.Expr:
    """限于上下限之间 (both included). Bounds are plain numbers: a missing bound can't pass as no bound."""
    if floor > ceiling:
        raise ValueError("floor above ceiling")
    return pl.when(value < floor).then(pl.lit(floor, pl.Int64)).when(value > ceiling).then(
        pl.lit(ceiling, pl.Int64)
    ).otherwise(value)


def split_by_largest_remainder(
    frame: pl.DataFrame, *, amount: str, weight: str, group: list[str], tie: str, into: str
) -> pl.DataFrame:
    """按最大余数法分摊 (spread `amount` of each group over its rows by `weight`; rows sum to the amount exactly).

    frame: one row per share, `amount` (fen ≥ 0) equal on all rows of a group, `weight` ≥ 0 with a positive sum.
    The fen left after rounding down go one each to the largest remainders, ties by `tie` ascending.
    Adds Int64 column `into`.
    """
    total = pl.col(weight).cast(pl.Int128).sum().over(group)
    product = pl.col(amount).cast(pl.Int128) * pl.col(weight).cast(pl.Int128)
    shared = frame.with_columns(
        _share=product.truncdiv(total).cast(pl.Int64),
        _rest=product - product.truncdiv(total) * total,
    )
    return (
        shared.with_columns(_left=pl.col(amount) - pl.col("_share").sum().over(group))
        .sort([*group, "_rest", tie], descending=[*[False] * len(group), True, False])
        .with_columns(_rank=pl.int_range(pl.len(), dtype=pl.Int64).over(group))
        .with_columns((pl.col("_share") + (pl.col("_rank") < pl.col("_left")).cast(pl.Int64)).alias(into))
        .drop("_share", "_rest", "_left", "_rank")
    )


def to_amount(column: str) -> pl.Expr:
    """分转元 (fen Int64 → DECIMAL(16,2), exact: the same digits, read with two decimals)."""
    return pl.col(column).cast(pl.Int128).reinterpret(dtype=AMOUNT).alias(column)


def to_fen(column: str) -> pl.Expr:
    """元转分 (DECIMAL(·,2) → Int64 fen, exact)."""
    return pl.col(column).cast(pl.Decimal(38, 2)).to_physical().cast(pl.Int64).alias(column)


def fen_of(value: Decimal | str | int) -> int:
    """元 → 分, 标量 (exact; raises ValueError on more than two decimals)."""
    scaled = Decimal(str(value)).scaleb(2)
    if scaled != scaled.to_integral_value():
        raise ValueError("more than two decimals")
    return int(scaled)


def ppm_of(value: Decimal | str) -> int:
    """比率 → 百万分率, 标量 (exact; raises ValueError on more than six decimals)."""
    scaled = Decimal(str(value)).scaleb(6)
    if scaled != scaled.to_integral_value():
        raise ValueError("more than six decimals")
    return int(scaled)


def half_up_scalar(numerator: int, denominator: int) -> int:
    """整除四舍五入, 标量 (half away from zero; denominator > 0)."""
    sign = -1 if numerator < 0 else 1
    return sign * ((abs(numerator) * 2 + denominator) // (2 * denominator))


def yuan(fen: int) -> str:
    """元, 两位小数 ("1234.50")."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def yuan_grouped(fen: int) -> str:
    """元, 千分位 ("1,234.50")."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
