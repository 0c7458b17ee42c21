"""拒收原因的写法 (reasons → rows that an operator can act on: cell, value, what is wrong, how to mend it)."""

from __future__ import annotations

import polars as pl

from nxmed.io.raw_header import Layout, letter
from nxmed.io.raw_lines import Record
from nxmed.io.raw_sheets import SHEET_STEP
from nxmed.kernel.checks import CHECKS, SERIAL_DATE, SERIAL_DATE_HINT
from nxmed.kernel.contract import Contract
from nxmed.kernel.identifiers import mask_account_expr, mask_expr, mask_text_expr
from nxmed.kernel.split import REJECTS, split

REJECT_SHAPE: dict[str, pl.DataType] = {
    "contract": pl.String(), "src_file": pl.String(), "src_row": pl.Int64(), "cell": pl.String(),
    "column": pl.String(), "column_zh": pl.String(), "check": pl.String(), "value": pl.String(),
    "message": pl.String(), "hint": pl.String(), "message_en": pl.String(), "hint_en": pl.String(),
}
"""One row per rejected row and reason; `cell` like "E12" ("" for a whole row), `value` masked where it identifies."""


def ragged_reasons(ragged: list[Record], misquoted: list[Record], layout: Layout) -> pl.DataFrame:
    """Reasons for rows that don't fit the header."""
    rows: list[tuple[int, str | None, str, str | None]] = [
        (row, None, "E101" if len(cells) < layout.width else "E102", str(len(cells))) for row, cells in ragged]
    rows += [(row, None, "E103", None) for row, _ in misquoted]
    return pl.DataFrame(rows, schema=REJECTS, orient="row")


def overlong_reasons(ragged: list[Record], contract: Contract, layout: Layout) -> pl.DataFrame:
    """Of rows with too many cells also the one cell that is wrong (several wrong cells: they have shifted, and nobody
    can tell which column they belong to)."""
    rows = [(row, cells) for row, cells in ragged if len(cells) > layout.width]
    if not rows:
        return pl.DataFrame(schema=REJECTS)
    columns = {name: [cells[i] or None for _, cells in rows] for i, name in enumerate(layout.names)}
    frame = pl.DataFrame({"_row": [row for row, _ in rows], **columns},
                         schema={"_row": pl.Int64, **dict.fromkeys(columns, pl.String)})
    reasons = split(frame, contract).reasons
    return reasons.filter(pl.len().over("_row") == 1).select(list(REJECTS))


def describe(reasons: pl.DataFrame, contract: Contract, layout: Layout, src_file: str, conflicts: dict[int, str]
             ) -> pl.DataFrame:
    """原因成文 (shape REJECT_SHAPE, sorted by row and column). conflicts: row → where the other row of its key is."""
    letters = {name: letter(i) for i, name in enumerate(layout.names)}
    titles = {c.id: c.zh for c in contract.columns}
    order = {name: i for i, name in enumerate(layout.names)}
    width = layout.width

    def told(index: int) -> pl.Expr:
        texts = [(k.zh, k.hint_zh, k.en, k.hint_en)[index] for k in CHECKS.values()]
        return pl.col("check").replace_strict(list(CHECKS), texts, return_dtype=pl.String)

    sheet_row = pl.col("_row") % SHEET_STEP if layout.header_row else pl.col("_row")
    masked = [c.id for c in contract.columns if c.type == "idcard"]
    accounts = [c.id for c in contract.columns if c.type == "account"]
    column = pl.col("column")
    value = (
        pl.when(column.is_in(masked)).then(mask_expr(pl.col("value")))
        .when(column.is_in(accounts)).then(mask_account_expr(pl.col("value")))
        .otherwise(mask_text_expr(pl.col("value")))
    )
    structure = pl.col("check").is_in(["E101", "E102"])
    other = pl.lit("")
    if conflicts:
        other = pl.col("_row").replace_strict(
            list(conflicts), list(conflicts.values()), default="", return_dtype=pl.String)
    conflict = (pl.col("check") == "E301") & (other != "")
    dates = [c.id for c in contract.columns if c.type in ("date", "datetime")]
    serial = (pl.col("check") == "E204") & column.is_in(dates) & pl.col("value").str.contains(SERIAL_DATE)
    title = column.replace_strict(list(titles), list(titles.values()), default="整行", return_dtype=pl.String)
    empty = pl.col("check") == "E201"
    return (
        reasons.with_columns(
            _order=column.replace_strict(list(order), list(order.values()), default=-1, return_dtype=pl.Int64))
        .sort("_row", "_order", "check", maintain_order=True)
        .select(
            pl.lit(contract.id).alias("contract"), pl.lit(src_file).alias("src_file"), pl.col("_row").alias("src_row"),
            pl.when(column.is_not_null()).then(
                column.replace_strict(list(letters), list(letters.values()), default="", return_dtype=pl.String)
                + sheet_row.cast(pl.String)).otherwise(pl.lit("")).alias("cell"),
            column, title.alias("column_zh"), "check",
            pl.when(structure).then(pl.col("value") + " 列").otherwise(value).alias("value"),
            pl.when(structure).then(pl.format("{}：{} 列，应为 {} 列", told(0), pl.col("value"), pl.lit(width)))
            .when(conflict).then(pl.format("与{}主键相同、内容不同", other))
            .when(empty).then(pl.format("{}未填", title))
            .otherwise(told(0)).alias("message"),
            pl.when(serial).then(pl.lit(SERIAL_DATE_HINT[0])).otherwise(told(1)).alias("hint"),
            pl.when(structure).then(pl.format("{}: {} instead of {}", told(2), pl.col("value"), pl.lit(width)))
            .otherwise(told(2)).alias("message_en"),
            pl.when(serial).then(pl.lit(SERIAL_DATE_HINT[1])).otherwise(told(3)).alias("hint_en"),
        )
    )
