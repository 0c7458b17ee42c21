"""办件统计 (per item and office)."""

from __future__ import annotations

import polars as pl

from nxmed.cases.shapes import STATES
from nxmed.kernel.money import div_half_up
from nxmed.kernel.period import Period

PPM = 1_000_000


def statistics(cases: pl.DataFrame, period: Period) -> pl.DataFrame:
    """统计 (the average is in ppm of a working day, half up; cases done are those done in time and late)."""
    done = pl.col("state").is_in(["done", "done_late"]) & pl.col("work_days").is_not_null()
    days = pl.col("work_days").filter(done)
    counted = days.len().cast(pl.Int64)
    made = cases.group_by("item_no", "optins_no").agg(
        item_name=pl.col("item_name").first(), cases_cnt=pl.len().cast(pl.Int64),
        accepted_cnt=pl.col("rcvd_date").is_between(period.first_day, period.last_day).sum().cast(pl.Int64),
        **{f"{s}_cnt": (pl.col("state") == s).sum().cast(pl.Int64) for s in STATES},
        work_days=days.sum(), counted=counted, longest_days=days.max())
    return made.with_columns(
        average_days=pl.when(pl.col("counted") > 0).then(div_half_up(pl.col("work_days") * PPM, pl.col("counted").clip(1, None))),
    ).sort("item_no", "optins_no")
