"""定点协议 (agreements): which cover a day, and the terms that hold (level, package, deposit, advance, paying agency)."""

from __future__ import annotations

from datetime import date

import polars as pl

TERMS = ("fixmedins_name", "dedc_hosp_lv", "fix_blng_admdvs", "dpst_rat", "turnover_fund", "matn_headcap_amt")


def ranked(providers: pl.DataFrame) -> pl.DataFrame:
    """各机构的协议, 新的在前 (`nth` 0 for the agreement that began last)."""
    return providers.sort("fixmedins_code", "efft_time", "invd_time", descending=[False, True, True]).with_columns(
        nth=pl.int_range(pl.len(), dtype=pl.Int64).over("fixmedins_code"))


def wide(providers: pl.DataFrame, terms: tuple[str, ...]) -> tuple[pl.DataFrame, int]:
    """每机构一行 (agreements beside each other: efft_time_0, invd_time_0, <term>_0, …; and how many at most)."""
    rows = ranked(providers)
    most = int(rows.select(pl.col("nth").max()).item()) + 1 if rows.height else 0
    made = rows.select("fixmedins_code").unique().sort("fixmedins_code")
    for n in range(most):
        names = ("efft_time", "invd_time", *terms)
        made = made.join(
            rows.filter(pl.col("nth") == n).select("fixmedins_code", *[pl.col(t).alias(f"{t}_{n}") for t in names]),
            on="fixmedins_code", how="left")
    return made, most


def covered(day: pl.Expr, most: int) -> pl.Expr:
    """是否在任一协议期内 (both ends included; false for an unknown provider)."""
    if not most:
        return pl.lit(False)
    within = [(day >= pl.col(f"efft_time_{n}")) & (day <= pl.col(f"invd_time_{n}")) for n in range(most)]
    return pl.any_horizontal([w.fill_null(False) for w in within])


def term(name: str, day: pl.Expr, most: int, dtype: pl.DataType) -> pl.Expr:
    """某日有效协议的约定 (of the newest agreement that covers the day; empty without one)."""
    value: pl.Expr = pl.lit(None, dtype)
    for n in reversed(range(most)):
        within = ((day >= pl.col(f"efft_time_{n}")) & (day <= pl.col(f"invd_time_{n}"))).fill_null(False)
        value = pl.when(within).then(pl.col(f"{name}_{n}")).otherwise(value)
    return value


def in_force(providers: pl.DataFrame, day: date) -> pl.DataFrame:
    """某日的约定 (one row per provider: the newest agreement that covers the day, else the one that ended last)."""
    holds = (pl.col("efft_time") <= day) & (pl.col("invd_time") >= day)
    began = pl.col("efft_time") <= day
    latest = pl.when(holds).then(pl.col("efft_time")).otherwise(pl.col("invd_time"))
    return (
        providers.with_columns(_holds=holds, _began=began, _latest=latest)
        .sort("fixmedins_code", "_holds", "_began", "_latest", "efft_time", "invd_time",
              descending=[False, True, True, True, True, True])
        .unique("fixmedins_code", keep="first", maintain_order=True)
        .select("fixmedins_code", *TERMS)
    )
