"""中华人民共和国社会保险法: the two rules that the regional documents rest on."""

from __future__ import annotations

import polars as pl

from nxmed.law import formulas
from nxmed.law.rule import rule


@rule("undeclared_amount", "SIL-62")
def art62_undeclared_amount(last: pl.Expr, factor: int) -> pl.Expr:
    """第六十二条：用人单位未按规定申报的，按该单位上月缴费额的 110% 确定应缴数额。

    A unit that did not declare owes last month's amount × factor, each part for itself.
    单位：分；factor 为百万分率（1.1 = 1100000）。四舍五入到分一次。
    """
    return formulas.undeclared_amount(last, factor)


@rule("late_charge", "SIL-86")
def art86_late_charge(amount: pl.Expr, deadline: pl.Expr, paid_on: pl.Expr, daily_rate: int) -> pl.Expr:
    """第八十六条：未按时足额缴纳的，自欠缴之日起按日加收万分之五的滞纳金。

    amount × daily rate × days from the deadline to the day the money entered the treasury; 0 when in time.
    单位：分；日率为百万分率（0.0005 = 500）；四舍五入到分一次；不计复利。
    """
    return formulas.late_charge(amount, deadline, paid_on, daily_rate)
