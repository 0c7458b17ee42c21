"""已有类型的列 (columns that come typed, from Parquet): taken over exactly where the type fits, as text otherwise."""

from __future__ import annotations

import polars as pl

from nxmed.kernel.contract import Column
from nxmed.kernel.convert import FAR_DAY
from nxmed.kernel.money import MAX_FEN

_SCALES = {"amount": 2, "rate": 6}


def is_exact(column: Column, dtype: pl.DataType) -> bool:
    """The stored type can be taken over without going through text."""
    if column.type in ("amount", "rate", "int", "year"):
        return dtype.is_integer() or dtype.is_decimal()
    if column.type in ("date", "datetime", "month"):
        return isinstance(dtype, pl.Date | pl.Datetime)
    return False


def refuses(dtype: pl.DataType) -> bool:
    """Floating point and nested types carry no exact cell."""
    return dtype.is_float() or dtype.is_nested() or isinstance(dtype, pl.Binary | pl.Object)


def take(column: Column, dtype: pl.DataType, cell: pl.Expr) -> pl.Expr:
    """值 of an exact column (null where the value is out of bounds)."""
    if column.type in ("date", "datetime", "month"):
        return _moment(column, cell)
    scale = _SCALES.get(column.type, 0)
    if dtype.is_integer():
        unit = 10**scale
        wide = cell.cast(pl.Int64, strict=False)
        low, high = -(2**62) // unit, 2**62 // unit
        value = pl.when(wide.is_between(low, high)).then(wide * unit).otherwise(None)
    else:
        places = dtype.scale if isinstance(dtype, pl.Decimal) else 0
        digits = cell.to_physical()
        if places > scale:
            unit = 10 ** (places - scale)
            whole = pl.when(digits % unit == 0).then(digits // unit).otherwise(None)
            value = whole.cast(pl.Int64, strict=False)
        else:
            value = (digits.cast(pl.Int128) * 10 ** (scale - places)).cast(pl.Int64, strict=False)
    return _bounded(column, value)


def _bounded(column: Column, value: pl.Expr) -> pl.Expr:
    ok = value.is_not_null()
    if column.type == "amount":
        ok = ok & value.is_between(-MAX_FEN, column.maximum if column.maximum is not None else MAX_FEN)
    if column.type == "year":
        ok = ok & value.is_between(1900, 2199)
    if not column.signed:
        ok = ok & (value >= 0)
    if column.nonzero:
        ok = ok & (value != 0)
    return pl.when(ok).then(value)


def _moment(column: Column, cell: pl.Expr) -> pl.Expr:
    if column.type == "datetime":
        value = cell.cast(pl.Datetime("us"))
        return pl.when(value.dt.year().is_between(1900, 2199)).then(value)
    day = cell.cast(pl.Date)
    ok = day.dt.year().is_between(1900, 2199)
    if column.open_end:
        ok = ok | (day == FAR_DAY)
    kept: pl.Expr = pl.when(ok).then(day)
    return kept if column.type == "date" else kept.dt.strftime("%Y%m")


def as_text(dtype: pl.DataType, cell: pl.Expr) -> pl.Expr:
    """文字 of a typed cell, to be read like any text."""
    if isinstance(dtype, pl.Boolean):
        return cell.cast(pl.Int8).cast(pl.String)
    return cell.cast(pl.String)
