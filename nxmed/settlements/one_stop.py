"""一站式救助的核对 (NXJZ-15, 16, 30): what is cleared with providers out of fund 610100, against what `assist` computed."""

from __future__ import annotations

import polars as pl

from nxmed.kernel import finding
from nxmed.settlements import funds
from nxmed.settlements.findings import yuan_text
from nxmed.settlements.holds import REFUND
from nxmed.settlements.recognition import RECOGNISED
from nxmed.settlements.shapes import ONE_STOP, SettleInputs, shaped

ASSISTANCE = "610100"


def of_rows(published: pl.DataFrame, inputs: SettleInputs) -> list[pl.DataFrame]:
    """一站式救助与规则不符 (one finding per settlement recognised this month whose amount of fund 610100 is not what
    the newest `assist` up to P found owed; none where `assist` did not see the settlement)."""
    assisted = shaped(inputs.one_stop, ONE_STOP).collect()
    if not assisted.height:
        return []
    cleared = published.filter(
        (pl.col("state") == RECOGNISED) & (pl.col("refd_setl_flag") != REFUND) & (pl.col(funds.column(ASSISTANCE)) != 0)
    ).select("fixmedins_code", "setl_id", amt=pl.col(funds.column(ASSISTANCE)))
    newest = assisted.sort("setl_id", "period").unique("setl_id", keep="last", maintain_order=True)
    differing = cleared.join(newest, on="setl_id", how="inner").filter(pl.col("amt") != pl.col("owed_amt")).sort("setl_id")
    return [finding.make(
        "ONE_STOP_DIFF", differing, pl.format(
            "基金 610100 认定 {} 元，医疗救助（assist {}）按规则应付 {} 元；个人多付、少付由 assist 追回或补付", yuan_text(pl.col("amt")),
            pl.col("period"), yuan_text(pl.col("owed_amt"))),
        expected=yuan_text(pl.col("owed_amt")), actual=yuan_text(pl.col("amt")), diff_amt=pl.col("amt") - pl.col("owed_amt"),
        ref_no=pl.concat_str([pl.lit("assist "), pl.col("period")]))]
