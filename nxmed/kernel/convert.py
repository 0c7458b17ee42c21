"""取值 (from text to values, exactly): a fast way for cells as they should be, a slow one for the rest.

`fast` turns a clean text column into typed values and leaves null where it is not sure; `clean` and `slow` are then
applied to those cells only. What is still null and not empty is wrong. Patterns know [0-9] only.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import polars as pl

from nxmed.kernel.contract import Column
from nxmed.kernel.money import MAX_FEN

BLANKS = " \t\r\n\v\f\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200E)))
BLANKS += "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
"""Characters trimmed at both ends of a cell: spaces of every kind, zero-width ones, byte order marks."""

AMOUNT = r"^-?(?:0|[1-9][0-9]{0,12})(?:\.[0-9]{1,2}0*)?$"
RATE = r"^-?(?:0|[1-9][0-9]{0,3})(?:\.[0-9]{1,6}0*)?$"
PERCENT = r"^-?(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,4}0*)?[%％]$"
WHOLE = r"^-?[0-9]{1,18}$"
MONTH = r"^(?:19|20|21)[0-9]{2}(?:0[1-9]|1[0-2])$"
SCIENTIFIC = r"^[0-9](?:\.[0-9]+)?[Ee]\+[0-9]+$|^[0-9]\.[0-9]+[Ee][0-9]+$"
FORMULA_ERROR = r"^#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|GETTING_DATA|SPILL!|CALC!)$"
POINT_ZERO = r"^[0-9]+\.[0-9]+$"
CONTROL = r"[\x00-\x1f\x7f]"

_DIRTY_ID = r"[^!-~]|^['=#]|^(?:NULL|null)?$|\.[0-9]+$|[0-9][Ee]\+?[0-9]+$"
_DIRTY_ID_UPPER = _DIRTY_ID + r"|[a-z]"
_EDGE = r"\s\x{200b}-\x{200d}\x{2060}\x{feff}"
_DIRTY_TEXT = f"^[{_EDGE}'=#]|[{_EDGE}]$|^(?:NULL|null)?$|[\\x00-\\x1f\\x7f]"
_TIME = r"[ T]+(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?$"
_DAY_FORMS = (
    r"^([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})$", r"^([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})$",
    r"^([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日?$", r"^([0-9]{4})([0-9]{2})([0-9]{2})$",
)
_MONTH_FORMS = (r"^([0-9]{4})[-/.]([0-9]{1,2})$", r"^([0-9]{4})年([0-9]{1,2})月?$")
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
FAR_DAY = date(9999, 12, 31)
OPEN_END = ("长期", "长期有效", "永久", "无限期")
TEXT_LIMIT, ID_LIMIT = 4000, 200


def fast(column: Column, cell: pl.Expr) -> pl.Expr:
    """快路 (typed value where the cell is plainly right, else null)."""
    return _FAST[column.type](column, cell)


def slow(column: Column, cell: pl.Expr) -> pl.Expr:
    """慢路 (typed value of a cleaned cell in any accepted form, null where it is wrong)."""
    return _SLOW[column.type](column, cell)


def clean(column: Column, cell: pl.Expr) -> pl.Expr:
    """清洗 (blanks, leading apostrophe, ="…", NULL; identifiers NFKC and large letters; null where nothing is left)."""
    text = cell.str.strip_chars(BLANKS).str.strip_prefix("'")
    text = text.str.replace(r'^="(.*)"$', "$1").str.strip_chars(BLANKS)
    if column.is_identifier:
        text = text.str.normalize("NFKC").str.strip_chars(BLANKS)
        if column.type in ("idcard", "account", "uscc", "cnaps"):
            text = text.str.replace_all(r"\s+", "")
        if column.upper:
            text = text.str.to_uppercase()
    return pl.when(text.is_in(["", "NULL", "null"])).then(None).otherwise(text)


def _number(column: Column, cell: pl.Expr, pattern: str, *, scale: int, bound: int) -> pl.Expr:
    """Text of the pattern as a whole number of 10^-scale, at most `bound` either way and within the column's limits."""
    value = cell.cast(pl.Decimal(38, scale), strict=False).to_physical().cast(pl.Int64, strict=False)
    ok = cell.str.contains(pattern) & value.is_between(-bound, bound if column.maximum is None else column.maximum)
    if not column.signed:
        ok = ok & (value >= 0)
    if column.nonzero:
        ok = ok & (value != 0)
    return pl.when(ok).then(value)


def _amount(column: Column, cell: pl.Expr) -> pl.Expr:
    return _number(column, cell, AMOUNT, scale=2, bound=MAX_FEN)


def _rate(column: Column, cell: pl.Expr) -> pl.Expr:
    return _number(column, cell, RATE, scale=6, bound=10**10)


def _slow_rate(column: Column, cell: pl.Expr) -> pl.Expr:
    bare = cell.str.strip_suffix("%").str.strip_suffix("％")
    hundredfold = bare.cast(pl.Decimal(38, 6), strict=False).to_physical().cast(pl.Int64, strict=False)
    percent = pl.when(cell.str.contains(PERCENT) & (hundredfold % 100 == 0)).then(hundredfold // 100)
    if not column.signed:
        percent = pl.when(percent >= 0).then(percent)
    return pl.coalesce(_rate(column, cell), percent)


def _whole(column: Column, cell: pl.Expr) -> pl.Expr:
    return _number(column, cell, WHOLE, scale=0, bound=10**18)


def _slow_whole(column: Column, cell: pl.Expr) -> pl.Expr:
    return _whole(column, cell.str.replace(r"^(-?[0-9]{1,18})\.0+$", "$1"))


def _year(column: Column, cell: pl.Expr) -> pl.Expr:
    value = cell.cast(pl.Int64, strict=False)
    return pl.when(cell.str.contains(r"^[0-9]{4}$") & value.is_between(1900, 2199)).then(value)


def _slow_year(column: Column, cell: pl.Expr) -> pl.Expr:
    return _year(column, cell.str.replace(r"^([0-9]{4})(?:年度?|\.0+)$", "$1"))


def _in_range(day: pl.Expr) -> pl.Expr:
    return pl.when(day.is_between(_FIRST_DAY, _LAST_DAY)).then(day)


def _day(column: Column, cell: pl.Expr) -> pl.Expr:
    day = cell.str.to_date("%Y-%m-%d", strict=False)
    return _in_range(pl.when(cell.str.len_bytes() == 10).then(day))


def _day_text(cell: pl.Expr) -> pl.Expr:
    """Any accepted form of a day → "Y-M-D"."""
    for form in _DAY_FORMS:
        cell = cell.str.replace(form, "${1}-${2}-${3}")
    return pl.when(cell.str.contains(r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$")).then(cell)


def _slow_day(column: Column, cell: pl.Expr) -> pl.Expr:
    text = _day_text(cell.str.replace(_TIME, ""))
    return _open_end(column, cell, text, _in_range(text.str.to_date("%Y-%m-%d", strict=False)))


def _open_end(column: Column, cell: pl.Expr, text: pl.Expr, day: pl.Expr) -> pl.Expr:
    if not column.open_end:
        return day
    return pl.when(is_open_end(cell, text)).then(pl.lit(FAR_DAY)).otherwise(day)


def is_open_end(cell: pl.Expr, text: pl.Expr | None = None) -> pl.Expr:
    """长期 (means no end)."""
    day = _day_text(cell.str.replace(_TIME, "")) if text is None else text
    return cell.is_in(list(OPEN_END)) | (day == "9999-12-31").fill_null(False)


def _instant(column: Column, cell: pl.Expr) -> pl.Expr:
    value = cell.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    return _in_moments(pl.when(cell.str.len_bytes() == 19).then(value))


def _in_moments(value: pl.Expr) -> pl.Expr:
    return pl.when(value.is_between(datetime(1900, 1, 1), datetime(2199, 12, 31, 23, 59, 59))).then(value)


def _slow_instant(column: Column, cell: pl.Expr) -> pl.Expr:
    packed = cell.str.replace(r"^([0-9]{8})([0-9]{2})([0-9]{2})([0-9]{2})$", "${1} ${2}:${3}:${4}")
    time = packed.str.extract(f"({_TIME})").str.strip_chars(" T").str.replace(r"\..*$", "")
    time = pl.when(time.str.count_matches(":", literal=True) == 1).then(time + ":00").otherwise(time)
    whole = _day_text(packed.str.replace(_TIME, "")) + " " + time.fill_null("00:00:00")
    return _in_moments(whole.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us"))


def _month(column: Column, cell: pl.Expr) -> pl.Expr:
    return pl.when(cell.str.contains(MONTH)).then(cell)


def _slow_month(column: Column, cell: pl.Expr) -> pl.Expr:
    text = cell
    for form in _MONTH_FORMS:
        text = text.str.replace(form, "${1}-${2}-1")
    plain = pl.when(cell.str.contains(MONTH)).then(cell)
    day = _day_text(text.str.replace(_TIME, "")).str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce(plain, _in_range(day).dt.strftime("%Y%m"))


def _identifier(column: Column, cell: pl.Expr) -> pl.Expr:
    dirty = cell.str.contains(_DIRTY_ID_UPPER if column.upper else _DIRTY_ID) | (cell.str.len_bytes() > ID_LIMIT)
    return pl.when(~dirty).then(cell)


def _slow_identifier(column: Column, cell: pl.Expr) -> pl.Expr:
    wrong = (cell.str.contains(SCIENTIFIC) | cell.str.contains(FORMULA_ERROR) | cell.str.contains(POINT_ZERO)
             | cell.str.contains(CONTROL) | (cell.str.len_bytes() > ID_LIMIT))
    return pl.when(~wrong).then(cell)


def _text(column: Column, cell: pl.Expr) -> pl.Expr:
    return pl.when(~cell.str.contains(_DIRTY_TEXT) & (cell.str.len_bytes() <= TEXT_LIMIT)).then(cell)


def _slow_text(column: Column, cell: pl.Expr) -> pl.Expr:
    wrong = (cell.str.contains(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]") | cell.str.contains(FORMULA_ERROR)
             | (cell.str.len_bytes() > TEXT_LIMIT))
    return pl.when(~wrong).then(cell)


_Rule = Callable[[Column, pl.Expr], pl.Expr]
_FAST: dict[str, _Rule] = {
    "amount": _amount, "rate": _rate, "int": _whole, "year": _year, "date": _day, "datetime": _instant,
    "month": _month, "code": _identifier, "flag": _identifier, "idcard": _identifier, "uscc": _identifier,
    "account": _identifier, "cnaps": _identifier, "text": _text, "name": _text,
}
_SLOW: dict[str, _Rule] = {
    **_FAST, "rate": _slow_rate, "int": _slow_whole, "year": _slow_year, "date": _slow_day,
    "datetime": _slow_instant, "month": _slow_month, "text": _slow_text, "name": _slow_text,
    **dict.fromkeys(("code", "flag", "idcard", "uscc", "account", "cnaps"), _slow_identifier),
}
