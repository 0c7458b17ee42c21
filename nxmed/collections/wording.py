"""金额的文字 (amounts inside messages and in the expected and actual columns of findings)."""

from __future__ import annotations

import polars as pl


def yuan_text(fen: pl.Expr) -> pl.Expr:
    """分 → "1234.50" (text expression, exact)."""
    whole = (fen.abs() // 100).cast(pl.String())
    cents = (fen.abs() % 100).cast(pl.String()).str.zfill(2)
    sign = pl.when(fen < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str([sign, whole, pl.lit("."), cents])
