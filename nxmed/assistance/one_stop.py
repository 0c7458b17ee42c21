"""一站式核对 (NXJZ-15, 16): what the platform paid at the hospital in the month, against what the rules give.

The provider is paid this amount out of fund 610100 by `settle`; this is the other side of that clearing.
"""

from __future__ import annotations

import polars as pl

from nxmed.assistance.findings import yuan_text
from nxmed.assistance.items import REFUND
from nxmed.kernel import finding
from nxmed.kernel.period import Period

RULE = "NXJZ-15;NXJZ-16"
NOT_ASSISTED = "not_assisted"
"""Class of a settlement that is no item: its kind of care is not assisted."""
TIES: dict[str, pl.DataType] = {
    "setl_id": pl.String(), "fixmedins_code": pl.String(), "psn_no": pl.String(), "class": pl.String(), "maf_pay": pl.Int64(),
    "owed_amt": pl.Int64(), "diff_amt": pl.Int64(), "rule": pl.String()}


def ties(settlements: pl.DataFrame, items: pl.DataFrame, period: Period) -> pl.DataFrame:
    """一站式核对表 (TIES: every settlement that P's month brought with a one-stop amount; amounts in fen).

    diff_amt = paid one-stop − owed. A refunded settlement and its refund cancel each other at the provider too and are
    left out.
    """
    here = pl.col("inbox_month") == period.text
    mine = settlements.filter(here & (pl.col("refd_setl_flag") != REFUND) & (pl.col("maf_pay").fill_null(0) != 0))
    back = settlements.filter(here & (pl.col("refd_setl_flag") == REFUND)).select(
        pl.concat_list("setl_id", "org_setl_id").alias("setl_id")).explode("setl_id").drop_nulls().unique()
    known = items.filter(~pl.col("by_claim")).select("setl_id", "class", owed_amt=pl.col("ordinary_amt") + pl.col("tilt_amt"))
    return mine.join(back, on="setl_id", how="anti").join(known, on="setl_id", how="left").filter(
        (pl.col("class") != "refunded").fill_null(True)).with_columns(
        pl.col("class").fill_null(NOT_ASSISTED), pl.col("owed_amt").fill_null(0), rule=pl.lit(RULE)).with_columns(
        diff_amt=pl.col("maf_pay") - pl.col("owed_amt")).select(
        pl.col(n).cast(t) for n, t in TIES.items()).sort("setl_id")


def findings(found: pl.DataFrame, period: Period) -> list[pl.DataFrame]:
    """一站式支付与规则不符 (one finding per settlement; the other side is told by `settle` once it has cleared the row)."""
    differing = found.filter(pl.col("diff_amt") != 0)
    return [finding.make(
        "ONE_STOP_DIFF", differing, pl.format(
            "一站式已付 {} 元，按规则应付 {} 元；机构清算（settle {}，基金 610100）按一站式金额付给机构", yuan_text(pl.col("maf_pay")),
            yuan_text(pl.col("owed_amt")), pl.lit(period.text)),
        expected=yuan_text(pl.col("owed_amt")), actual=yuan_text(pl.col("maf_pay")), ref_no=pl.col("class"))]
