"""诊断 (what is wrong with a cell): only cells that `convert` refused come here."""

from __future__ import annotations

import polars as pl

from nxmed.kernel import convert
from nxmed.kernel.contract import Column
from nxmed.kernel.money import MAX_FEN

_FULL_WIDTH = "[０-９．，－]"
_THOUSANDS = r"^-?[0-9]{1,3}(?:[,，][0-9]{3})+(?:\.[0-9]*)?$"
_UNIT = r"[¥￥$元万%％]"
_NEGATIVE = r"^-|^\(.*\)$|^（.*）$"
_MANY_DECIMALS = r"^-?[0-9]+\.[0-9]{3,}$"
_NUMBER = r"^-?[0-9]+(?:\.[0-9]+)?$"


def check_code(column: Column, cell: pl.Expr) -> pl.Expr:
    """检查代码 of a cleaned cell that has no value (String; null cell → E201)."""
    rules: list[tuple[pl.Expr, str]] = [(cell.is_null(), "E201"), (cell.str.contains(convert.FORMULA_ERROR), "E210")]
    rules += _RULES[column.type](column, cell)
    code = pl.lit(_LAST[column.type])
    for test, name in reversed(rules):
        code = pl.when(test).then(pl.lit(name)).otherwise(code)
    return code


def _number_rules(column: Column, cell: pl.Expr) -> list[tuple[pl.Expr, str]]:
    whole = column.type in ("int", "year")
    value = cell.cast(pl.Decimal(38, 6), strict=False)
    rules = [
        (cell.str.contains(_FULL_WIDTH), "E205"),
        (cell.str.contains(_THOUSANDS), "E206"),
        (cell.str.contains(convert.SCIENTIFIC), "E209"),
        (cell.str.contains(_UNIT), "E216" if column.type == "rate" else "E215"),
    ]
    if column.type != "year" and not column.signed:
        rules.append((cell.str.contains(_NEGATIVE), "E207"))
    if column.type == "amount":
        rules.append((cell.str.contains(_MANY_DECIMALS), "E208"))
        if column.nonzero:
            rules.append((cell.str.contains(_NUMBER) & (value == 0).fill_null(False), "E213"))
        limit = column.maximum if column.maximum is not None else MAX_FEN
        rules.append((cell.str.contains(convert.AMOUNT) & (value * 100 > limit).fill_null(False), "E212"))
        rules.append((cell.str.contains(r"^-?[0-9]{14,}(?:\.[0-9]+)?$"), "E212"))
    elif whole:
        rules.append((cell.str.contains(r"^-?[0-9]+\.[0-9]*[1-9][0-9]*$"), "E214"))
        rules.append((cell.str.contains(_NUMBER), "E212"))
    return rules


def _date_rules(column: Column, cell: pl.Expr) -> list[tuple[pl.Expr, str]]:
    return [(cell.str.contains(_FULL_WIDTH), "E205")]


def _identifier_rules(column: Column, cell: pl.Expr) -> list[tuple[pl.Expr, str]]:
    return [(cell.str.contains(convert.SCIENTIFIC), "E203"), (cell.str.contains(convert.POINT_ZERO), "E217")]


def _no_rules(column: Column, cell: pl.Expr) -> list[tuple[pl.Expr, str]]:
    return []


_RULES = {
    "amount": _number_rules, "rate": _number_rules, "int": _number_rules, "year": _number_rules,
    "date": _date_rules, "datetime": _date_rules, "month": _date_rules,
    "text": _no_rules, "name": _no_rules,
    **dict.fromkeys(("code", "flag", "idcard", "uscc", "account", "cnaps"), _identifier_rules),
}
_LAST = {
    "amount": "E211", "rate": "E216", "int": "E211", "year": "E204", "date": "E204", "datetime": "E204",
    "month": "E204", "text": "E202", "name": "E202",
    **dict.fromkeys(("code", "flag", "idcard", "uscc", "account", "cnaps"), "E202"),
}


def lenient_fen(cell: pl.Expr) -> pl.Expr:
    """宽读金额 (what an unreadable amount was most likely meant to be, as Decimal yuan; null where nobody can tell).

    Only for comparing a file's own totals with its rows, never for computing.
    """
    text = cell.str.normalize("NFKC").str.replace_all(r"[,\s¥$元']", "")
    text = text.str.replace(r"^\((.*)\)$", "-$1")
    return text.cast(pl.Decimal(38, 6), strict=False)
