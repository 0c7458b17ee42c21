"""收与拒 (accepted and rejected rows): a contract applied to a block of rows in one pass, every reason kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from nxmed.kernel import typed
from nxmed.kernel.contract import Check, Column, Contract
from nxmed.kernel.convert import FAR_DAY, clean, fast, slow
from nxmed.kernel.diagnose import check_code, lenient_fen

REJECTS: dict[str, pl.DataType] = {
    "_row": pl.Int64(), "column": pl.String(), "check": pl.String(), "value": pl.String()}
"""Reasons: row, column id (null: the whole row), check code, value as it came (null: empty)."""
UNKNOWN: dict[str, pl.DataType] = {"_row": pl.Int64(), "column": pl.String(), "value": pl.String()}
"""Values outside their code list, on accepted rows."""


@dataclass
class Split:
    """一块数据的收与拒. accepted: typed contract columns, unknown columns as text, `_row`; reasons: shape REJECTS;
    unknown_codes: `_row`, column, value of accepted rows; sums: yuan per amount column over all rows, read leniently;
    refused_keys: `_row` and key of rejected rows whose key could be read.
    """

    accepted: pl.DataFrame
    reasons: pl.DataFrame
    unknown_codes: pl.DataFrame
    rejected: int
    sums: dict[str, Decimal] = field(default_factory=dict)
    refused_keys: pl.DataFrame = field(default_factory=pl.DataFrame)


@dataclass
class _Read:
    """A column after conversion: values, the cleaned text of cells that gave none, which rows are wrong."""

    values: pl.Series
    wrong: pl.DataFrame
    strange: pl.DataFrame | None = None
    extra: Decimal = Decimal(0)


def split(frame: pl.DataFrame, contract: Contract) -> Split:
    """应用契约. frame: `_row` and columns by contract id (text, or typed as stored) and any others; missing ones are
    taken as absent. Rows come back in order; accepted + rejected = rows."""
    columns = [c for c in contract.columns if c.id in frame.columns]
    first = frame.select([_first_try(c, frame.schema[c.id]) for c in columns])
    rows = frame["_row"]
    values: dict[str, pl.Series] = {}
    reasons: list[pl.DataFrame] = []
    strange: list[pl.DataFrame] = []
    sums: dict[str, Decimal] = {}
    for column in columns:
        read = _second_try(column, frame[column.id], first[column.id], rows)
        values[column.id] = read.values
        if read.wrong.height:
            reasons.append(read.wrong)
        if read.strange is not None and read.strange.height:
            strange.append(read.strange)
        if column.type == "amount":
            sums[column.id] = Decimal(int(read.values.sum() or 0)).scaleb(-2) + read.extra
    known = {c.id for c in columns} | {"_row"}
    others = [frame[n] for n in frame.columns if n not in known]
    result = pl.DataFrame([rows, *values.values(), *others])
    for check in contract.checks:
        if all(c in values for c in check.columns):
            reasons.append(_cross(result, check))
    found = pl.concat(reasons) if reasons else pl.DataFrame(schema=REJECTS)
    unknown = pl.concat(strange) if strange else pl.DataFrame(schema=UNKNOWN)
    rejected = found["_row"].unique() if found.height else None
    refused = pl.DataFrame()
    if rejected is not None and rejected.len():
        bad = rows.is_in(rejected.implode())
        refused = _refused_keys(result.filter(bad), found, contract)
        result = result.filter(~bad)
        unknown = unknown.filter(~pl.col("_row").is_in(rejected.implode()))
    return Split(result, found, unknown, 0 if rejected is None else rejected.len(), sums, refused)


def _refused_keys(rows: pl.DataFrame, found: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Keys of rejected rows that are right themselves: such a row may still repeat another one's key."""
    if contract.repeats or not all(k in rows.columns for k in contract.key):
        return pl.DataFrame()
    unread = found.filter(pl.col("column").is_in(list(contract.key)))["_row"].unique()
    return rows.filter(~pl.col("_row").is_in(unread.implode())).select("_row", *contract.key)


def _first_try(column: Column, dtype: pl.DataType) -> pl.Expr:
    cell = pl.col(column.id)
    if typed.is_exact(column, dtype):
        return typed.take(column, dtype, cell).cast(column.dtype)
    if not isinstance(dtype, pl.String):
        cell = typed.as_text(dtype, cell)
    return fast(column, cell).cast(column.dtype)


def _second_try(column: Column, raw: pl.Series, values: pl.Series, rows: pl.Series) -> _Read:
    """Cells that the fast way left open: cleaned and read in any accepted form; what stays open is wrong or empty."""
    extra = Decimal(0)
    wrong = pl.DataFrame(schema=REJECTS)
    if values.null_count() and not (column.nullable and raw.null_count() == values.null_count()):
        at = values.is_null().arg_true()
        text = raw.gather(at)
        exact = typed.is_exact(column, raw.dtype)
        if not isinstance(raw.dtype, pl.String):
            text = pl.select(typed.as_text(raw.dtype, pl.lit(text))).to_series()
        part = pl.DataFrame({"_row": rows.gather(at), "_at": at, "cell": text.alias("cell")})
        part = part.with_columns(text=clean(column, pl.col("cell")))
        part = part.with_columns(value=pl.lit(None, column.dtype) if exact else slow(column, pl.col("text")))
        good = part.filter(pl.col("value").is_not_null())
        if good.height:
            values = values.scatter(good["_at"], good["value"])
        bad = part.filter(pl.col("value").is_null())
        if column.nullable:
            bad = bad.filter(pl.col("text").is_not_null())
        if bad.height:
            wrong = bad.select("_row", pl.lit(column.id).alias("column"),
                               check_code(column, pl.col("text")).alias("check"),
                               pl.col("cell").alias("value"))
            if column.type == "amount":
                extra = bad.select(lenient_fen(pl.col("text")).sum()).item() or Decimal(0)
    if column.open_end == "null" and values.dtype == pl.Date:
        values = values.set(values == FAR_DAY, None) if (values == FAR_DAY).any() else values
    strange = None
    if column.codes and values.len() > values.null_count():
        values, strange = _known_codes(column, values, rows)
    return _Read(values, wrong, strange, extra)


def _known_codes(column: Column, values: pl.Series, rows: pl.Series) -> tuple[pl.Series, pl.DataFrame | None]:
    """Labels become codes; what is in no list is reported."""
    seen = [v for v in values.unique().to_list() if v is not None]
    odd = [v for v in seen if v not in column.codes]
    if not odd:
        return values, None
    labels = {v: column.labels[v] for v in odd if v in column.labels}
    if labels:
        values = values.replace(list(labels), list(labels.values()))
    unknown = [v for v in odd if v not in labels and not (
        column.prefix and any(v.startswith(code) for code in column.codes))]
    if not unknown:
        return values, None
    hits = values.is_in(pl.Series(unknown, dtype=pl.String).implode()).fill_null(False)
    return values, pl.DataFrame({"_row": rows.filter(hits), "column": pl.repeat(column.id, int(hits.sum()), eager=True),
                                 "value": values.filter(hits)})


def _cross(frame: pl.DataFrame, check: Check) -> pl.DataFrame:
    cells = [pl.col(c) for c in check.columns]
    if check.rule == "ordered":
        shown = [_shown(frame, c) for c in check.columns]
        bad, value = cells[1] < cells[0], pl.concat_str(shown, separator=" > ")
    elif check.rule == "either":
        bad, value = pl.all_horizontal([c.is_null() for c in cells]), pl.lit(None, pl.String)
    else:
        empty = pl.all_horizontal([c.is_null() for c in cells])
        bad, value = pl.any_horizontal([c.is_null() for c in cells]) & ~empty, pl.lit(None, pl.String)
    return frame.filter(bad.fill_null(False)).select(
        "_row", pl.lit(check.columns[-1]).alias("column"), pl.lit(check.code).alias("check"), value.alias("value"))


def _shown(frame: pl.DataFrame, column: str) -> pl.Expr:
    """A value as people write it (fen as yuan)."""
    cell = pl.col(column)
    if frame.schema[column] == pl.Int64:
        cell = (cell.cast(pl.Decimal(38, 2)) / 100).cast(pl.Decimal(38, 2))
    return cell.cast(pl.String)
