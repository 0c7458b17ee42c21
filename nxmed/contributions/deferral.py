"""缓缴协议 (which agreement defers the dues of a unit for month P; NXJY-25)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.contributions.inputs import BASIC, AssessInputs

SIGNED = "1"
"""agre_stas 有效。"""
BOTH_PARTS = "2"
"""defer_part 单位和个人；1 只缓单位部分。"""


@dataclass(frozen=True)
class Deferrals:
    """适用的缓缴 (applied: one agreement per emp_no; too_long: agreements over the limit, with `latest`)."""

    applied: pl.DataFrame
    too_long: pl.DataFrame


def deferrals(inputs: AssessInputs) -> Deferrals:
    """选用协议 (valid, signed by the as-of date, covering P, not over the limit; the one signed last, tie: the greater
    number). applied: emp_no, defer_agre_no, deferred_until, both."""
    law, month = inputs.law, inputs.period.ym
    years = law.number("contribution.deferral_max_years", on=inputs.period.first_day).int
    covering = (
        inputs.deferrals
        .filter(
            (pl.col("insutype") == BASIC) & (pl.col("agre_stas") == SIGNED) & (pl.col("sign_date") <= inputs.as_of)
            & (pl.col("accrym_begn") <= month) & (pl.col("accrym_end") >= month)
        )
        .with_columns(latest=law.rule("deferral_limit")(pl.col("accrym_begn"), years))
        .collect()
    )
    long = pl.col("dedln_date") > pl.col("latest")
    applied = (
        covering.filter(~long)
        .sort("emp_no", "sign_date", "defer_agre_no")
        .unique("emp_no", keep="last", maintain_order=True)
        .select("emp_no", "defer_agre_no", deferred_until="dedln_date", both=pl.col("defer_part") == BOTH_PARTS)
    )
    return Deferrals(applied, covering.filter(long))
