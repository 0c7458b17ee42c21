"""基金 (which fund each amount of a settlement is paid from, by the platform's codes)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

EMPLOYEES, RESIDENTS = "310", "390"
ACCOUNT = "310200"
POOLED = {EMPLOYEES: "310100", RESIDENTS: "390100"}
OTHER_FUNDS = {
    "cvlserv_pay": "320100", "hifob_pay": "330100", "hifdm_pay": "350100", "hifes_pay": "370100", "hifmi_pay": "390200",
    "maf_pay": "610100", "oth_pay": "999997",
}
FUNDS = ("310100", "310200", "320100", "330100", "350100", "370100", "390100", "390200", "610100", "999997")
"""基金支付类型, in the order in which payables list them."""


def column(fund: str) -> str:
    """The column of statement_rows that holds what was recognised of a fund."""
    return f"recognised_{fund}"


COLUMNS = tuple(column(f) for f in FUNDS)


def split_by_fund(counts: pl.Expr, hifp: pl.Expr, others_count: pl.Expr) -> list[pl.Expr]:
    """按基金列示 (one column per fund, fen; 0 where `counts` is false, others 0 where `others_count` is false)."""
    zero = pl.lit(0, pl.Int64)
    made = [
        pl.when(counts & (pl.col("insutype") == insutype)).then(hifp).otherwise(zero).alias(column(fund))
        for insutype, fund in POOLED.items()
    ]
    made.append(pl.when(counts).then(pl.col("acct_pay") + pl.col("acct_mulaid_pay")).otherwise(zero).alias(column(ACCOUNT)))
    made += [
        pl.when(counts & others_count).then(pl.col(source)).otherwise(zero).alias(column(fund))
        for source, fund in OTHER_FUNDS.items()
    ]
    return made


def total(names: Sequence[str] = COLUMNS) -> pl.Expr:
    """合计 over the funds of a row."""
    return pl.sum_horizontal(names)
