"""复核表的形状 (columns of `repricing`, and the running totals that all kinds share)."""

from __future__ import annotations

import polars as pl

INPATIENT = "2"
TEXT, FEN, RATE, COUNT = pl.String(), pl.Int64(), pl.Int64(), pl.Int64()

REPRICING: dict[str, pl.DataType] = {
    "setl_id": TEXT, "refd_setl_flag": TEXT, "fixmedins_code": TEXT, "psn_no": TEXT, "kind": TEXT, "benefit_year": COUNT,
    "branch": TEXT, "level": TEXT, "diseases": TEXT, "inscp_scp_amt": FEN, "dedc_amt": FEN, "rate": RATE, "raw_amt": FEN,
    "limit_amt": FEN, "run_before": FEN, "run_after": FEN, "fund_amt": FEN, "hifp_pay": FEN, "diff_amt": FEN,
    "own_amt": FEN, "supp_run_before": FEN, "supp_run_after": FEN, "supp_amt": FEN, "hifob_pay": FEN,
    "supp_diff_amt": FEN, "state": TEXT, "rule": TEXT,
}
PRICED: dict[str, pl.DataType] = {**REPRICING, "inbox_month": TEXT}
ORDER = ("setl_time", "setl_id", "fixmedins_code")
PERSON_YEAR = ("psn_no", "benefit_year")


def capped(frame: pl.DataFrame, amount: str, limit: int, before: str, after: str, into: str) -> pl.DataFrame:
    """年度限额 (of `amount` ≥ 0 what still fits under the yearly limit, in order of settlement; totals before and after)."""
    total = pl.col(amount).cum_sum().over(PERSON_YEAR, order_by=ORDER)
    top = pl.lit(limit, pl.Int64)
    frame = frame.with_columns(_total=total)
    frame = frame.with_columns(
        pl.min_horizontal("_total", top).alias(after), pl.min_horizontal(pl.col("_total") - pl.col(amount), top).alias(before))
    return frame.with_columns((pl.col(after) - pl.col(before)).alias(into)).drop("_total")


def percent_text(ppm: pl.Expr) -> pl.Expr:
    """百分比 (whole percents as they stand in the text)."""
    return (ppm // 10_000).cast(pl.String) + pl.lit("%")


def finished(frame: pl.DataFrame) -> pl.DataFrame:
    """成表 (differences: settled − by the text; missing columns empty)."""
    frame = frame.with_columns(
        diff_amt=pl.col("hifp_pay") - pl.col("fund_amt"), supp_diff_amt=pl.col("hifob_pay") - pl.col("supp_amt"))
    missing = [pl.lit(None, d).alias(n) for n, d in PRICED.items() if n not in frame.columns]
    return frame.with_columns(missing).select(pl.col(n).cast(d) for n, d in PRICED.items())
