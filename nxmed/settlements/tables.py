"""结算的成表 (rows of the month as published, and what stays open for the next)."""

from __future__ import annotations

import polars as pl

from nxmed.settlements import funds
from nxmed.settlements.matching import AGENCY_COLUMNS, ON_AGENCY, ON_PROVIDER, PROVIDER_COLUMNS
from nxmed.settlements.recognition import RECOGNISED, REJECTED, REPEATED, WAITING
from nxmed.settlements.shapes import COMPARED, KEY

CLOSED = (RECOGNISED, REJECTED)
ROW_KEY = ("setl_id", "refd_setl_flag", "fixmedins_code", "side", "copy_no")


def side() -> pl.Expr:
    """哪一方有 (both, agency, provider)."""
    return pl.when(ON_AGENCY & ON_PROVIDER).then(pl.lit("both")).when(ON_AGENCY).then(pl.lit("agency")).otherwise(
        pl.lit("provider")).alias("side")


def statement_rows(rows: pl.DataFrame, copies: pl.DataFrame, rule: pl.Expr) -> pl.DataFrame:
    """逐条对账结果: every row that came this month, and rows of earlier months closed now."""
    shown = rows.filter(pl.col("delivered") | pl.col("state").is_in(CLOSED)).with_columns(copy_no=pl.lit(1, pl.Int64))
    extra = copies.with_columns(
        stmt_diff=pl.lit("06"), held_reason=pl.lit(None, pl.String), state=pl.lit(REPEATED),
        decision=pl.lit(None, pl.String), opened_period=pl.lit(None, pl.String), package=pl.lit(None, pl.Int64),
        recognised_amt=pl.lit(0, pl.Int64), **{c: pl.lit(0, pl.Int64) for c in funds.COLUMNS})
    frames = [shown, extra] if extra.height else [shown]
    return pl.concat(frames, how="diagonal").select(
        *KEY, side(), "copy_no", pl.coalesce("psn_no", "provider_psn_no").alias("psn_no"),
        pl.col("provider_mdtrt_id").alias("mdtrt_id"), pl.coalesce("insutype", "provider_insutype").alias("insutype"),
        pl.coalesce("clr_type", "provider_clr_type").alias("clr_type"),
        "stmt_diff", "held_reason", "state", "break_id", "decision", "agency_period", "provider_period", "opened_period",
        *[pl.col(c).alias(f"agency_{c}") for c in COMPARED], *[f"provider_{c}" for c in COMPARED], "recognised_amt",
        *funds.COLUMNS, rule.alias("rule"),
    ).sort(ROW_KEY)


def still_open(rows: pl.DataFrame, period: str) -> pl.DataFrame:
    """未了差异 (rows that wait: a difference, or a hold; tried again next month)."""
    waits = rows.filter(pl.col("state") == WAITING)
    return waits.select(
        "break_id", *KEY, "stmt_diff", "held_reason", side(),
        pl.col("opened_period").fill_null(pl.lit(period)), *AGENCY_COLUMNS, *PROVIDER_COLUMNS,
    ).sort(KEY)
