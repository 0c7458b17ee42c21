"""结算的成表 (rows of the month as published, and what stays open for the next)."""

from __future__ import annotations

import polars as pl

from nxmed.settlements import funds
from nxmed.settlements.matching import MINE, ON_AGENCY, ON_PROVIDER, THEIRS, Paired
from nxmed.settlements.recognition import RECOGNISED, REJECTED, REPEATED, WAITING, with_break_ids, with_funds
from nxmed.settlements.shapes import AGENCY_DATA, COMPARED, KEY, PROVIDER_DATA, SettleInputs

CLOSED = (RECOGNISED, REJECTED)
ROW_KEY = ("setl_id", "refd_setl_flag", "fixmedins_code", "side", "copy_no")
_SHOWN = (
    *KEY, MINE, THEIRS, "stmt_diff", "held_reason", "state", "break_id", "decision", "opened_period", "copy_no",
)


def side() -> pl.Expr:
    """哪一方有 (both, agency, provider)."""
    return pl.when(ON_AGENCY & ON_PROVIDER).then(pl.lit("both")).when(ON_AGENCY).then(pl.lit("agency")).otherwise(
        pl.lit("provider")).alias("side")


def statement_rows(rows: pl.DataFrame, paired: Paired, rule: pl.Expr) -> pl.DataFrame:
    """逐条对账结果: every row that came this month, and rows of earlier months closed now; `rule` sees `package`."""
    pool = paired.pool
    shown = rows.filter(pl.col("delivered") | pl.col("state").is_in(CLOSED)).with_columns(
        copy_no=pl.lit(1, pl.Int64)).select(_SHOWN)
    if paired.copies.height:
        shown = pl.concat([shown, _copies(paired).select(_SHOWN)])
    shown = shown.with_columns(side()).sort(ROW_KEY)
    full = pool.fetch(shown, (
        *COMPARED, *(f"provider_{c}" for c in COMPARED), "insutype", "provider_insutype", "clr_type",
        "provider_clr_type", "agency_period", "provider_period"))
    full = with_funds(full.with_columns(
        pl.coalesce(c, f"provider_{c}").alias(c) for c in ("insutype", "clr_type")), pool)
    return full.select(
        pl.lit(False).alias("straight"), *KEY, "side", "copy_no", "insutype", "clr_type", "stmt_diff",
        "held_reason", "state", "break_id", "decision", "agency_period", "provider_period", "opened_period",
        *[pl.col(c).alias(f"agency_{c}") for c in COMPARED], *[f"provider_{c}" for c in COMPARED], "recognised_amt",
        *funds.COLUMNS, rule.alias("rule"),
    )


def _copies(paired: Paired) -> pl.DataFrame:
    """Further copies of a key, one side each."""
    frame = paired.copies
    key = [paired.pool.column(k, frame[MINE]).zip_with(
        frame[MINE].is_not_null(), paired.pool.column(f"provider_{k}", frame[THEIRS])).alias(k) for k in KEY]
    copies = frame.with_columns(key).with_columns(
        stmt_diff=pl.lit("06"), held_reason=pl.lit(None, pl.String), state=pl.lit(REPEATED),
        decision=pl.lit(None, pl.String), opened_period=pl.lit(None, pl.String))
    return with_break_ids(copies, pl.col("setl_id").is_not_null())


def waiting(rows: pl.DataFrame, paired: Paired, inputs: SettleInputs) -> pl.DataFrame:
    """未了的行, 带全部列 (differences and holds of this month and before; every column of both sides)."""
    open_ = rows.filter(pl.col("state") == WAITING).select(
        MINE, THEIRS, *KEY, "break_id", "stmt_diff", "held_reason", "delivered", side(),
        pl.col("opened_period").fill_null(pl.lit(inputs.period.text)))
    return paired.pool.fetch(
        open_, (*AGENCY_DATA, "agency_period", *(f"provider_{n}" for n in PROVIDER_DATA), "provider_period"))


def breaks(open_: pl.DataFrame) -> pl.DataFrame:
    """未了差异 (statement_breaks: tried again next month)."""
    return open_.select(
        "break_id", *KEY, "stmt_diff", "held_reason", "side", "opened_period", *AGENCY_DATA, "agency_period",
        *[f"provider_{n}" for n in PROVIDER_DATA], "provider_period").sort(KEY)
