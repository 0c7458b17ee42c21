"""各地共用的算法 (arithmetic that several documents share; each region's rule function cites its own article).

Amounts are Int64 fen, rates Int64 parts per million, everything exact; one rounding per legal
amount, half away from zero. Name the column yourself: the expressions carry no name of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from nxmed.errors import MissingNumber, UsageError
from nxmed.kernel.money import PPM, clamp, half_up, half_up_scalar, half_up_wide

MONTHS = 12


@dataclass(frozen=True)
class Bounds:
    """缴费基数下限、上限 (fen, both included)."""

    floor: int
    ceiling: int


@dataclass(frozen=True)
class WageYear:
    """采用的统计年度 (the year whose average wage counts, and whether it stands in for an unpublished one)."""

    stat_year: int
    provisional: bool


def contribution_base(wage: pl.Expr, floor: int, ceiling: int) -> pl.Expr:
    """缴费基数 (wage in fen between both bounds, which are included; no wage: the floor)."""
    return clamp(wage, floor, ceiling).fill_null(pl.lit(floor, pl.Int64))


def base_rule_code(wage: pl.Expr, floor: int, ceiling: int) -> pl.Expr:
    """基数核定规则代码 ("1" as declared, on a bound too; "2" floor; "3" ceiling; "4" no wage)."""
    return (
        pl.when(wage.is_null()).then(pl.lit("4"))
        .when(wage < floor).then(pl.lit("2"))
        .when(wage > ceiling).then(pl.lit("3"))
        .otherwise(pl.lit("1"))
    )


def monthly_wage(monthly_fen: int | None, yearly_fen: int | None) -> tuple[int, int]:
    """月平均工资 (exact, as numerator and denominator in fen: the month as published, else the year over twelve)."""
    if monthly_fen is not None:
        return monthly_fen, 1
    if yearly_fen is not None:
        return yearly_fen, MONTHS
    raise UsageError("平均工资既无年额也无月额", "在平均工资文件补上 yearly_amt 或 monthly_amt",
                     text_en="An average wage has neither a yearly nor a monthly amount",
                     hint_en="Give yearly_amt or monthly_amt in the average wage file")


def average_monthly_wage(monthly_fen: int | None, yearly_fen: int | None) -> int:
    """月平均工资 (fen, rounded once)."""
    return half_up_scalar(*monthly_wage(monthly_fen, yearly_fen))


def base_bounds(
    *, monthly_fen: int | None, yearly_fen: int | None, lower_fen: int | None, upper_fen: int | None,
    floor_ratio: int, ceiling_ratio: int,
) -> Bounds:
    """上下限 (published bounds as they are, else ratio × monthly wage, which stays unrounded until the product is)."""
    floor, ceiling = lower_fen, upper_fen
    if floor is None or ceiling is None:
        top, bottom = monthly_wage(monthly_fen, yearly_fen)
        floor = half_up_scalar(top * floor_ratio, bottom * PPM) if floor is None else floor
        ceiling = half_up_scalar(top * ceiling_ratio, bottom * PPM) if ceiling is None else ceiling
    if floor > ceiling:
        raise UsageError("缴费基数下限高于上限", "核对平均工资文件的 lower_amt 与 upper_amt",
                         text_en="The base floor is above the ceiling",
                         hint_en="Check lower_amt and upper_amt in the average wage file")
    return Bounds(floor, ceiling)


def effect_month_index(received: pl.Expr, cutoff_day: int) -> pl.Expr:
    """生效月份 (year × 12 + month − 1 of the month a change takes effect in: the next one up to the cut-off day
    included, else the one after)."""
    month = received.dt.year().cast(pl.Int64) * MONTHS + received.dt.month().cast(pl.Int64) - 1
    late = received.dt.day().cast(pl.Int64) > cutoff_day
    return month + 1 + late.cast(pl.Int64)


def undeclared_amount(last: pl.Expr, factor: int) -> pl.Expr:
    """未申报暂定数额 (last month's amount in fen × factor in ppm)."""
    return half_up_wide(last, factor)


def contribution_amount(base: pl.Expr, rate: pl.Expr | int) -> pl.Expr:
    """应缴额 (base in fen × rate in ppm, rounded once per person and part)."""
    return half_up(base, rate)


def average_wage_year(published: Mapping[int, date], year: int, as_of: date, *, rule_id: str) -> WageYear:
    """采用哪一年的平均工资 (last year's if published by `as_of`, else the year's before, provisional; else exit 4)."""
    for back in (1, 2):
        day = published.get(year - back)
        if day is not None and day <= as_of:
            return WageYear(year - back, back == 2)
    raise MissingNumber(
        f"截至 {as_of:%Y-%m-%d} 没有 {year - 1} 或 {year - 2} 统计年度的平均工资（{rule_id}）",
        "把公布的平均工资放进收件箱的“全口径平均工资”文件",
        text_en=f"As of {as_of:%Y-%m-%d} there is no average wage of {year - 1} or {year - 2} ({rule_id})",
        hint_en="Put the published figure into the average_wages file of the inbox",
    )


def deferral_limit(accrym_begn: pl.Expr, years: int) -> pl.Expr:
    """缓缴最迟期限 (Date: the same day `years` past the first day of the first month, given as YYYYMM text)."""
    return pl.date(accrym_begn.str.slice(0, 4).cast(pl.Int32) + years, accrym_begn.str.slice(4, 2).cast(pl.Int8), 1)


def declaration_counts(year: pl.Expr, dcla_date: pl.Expr, contribution_year: int, as_of: date) -> pl.Expr:
    """申报是否采用 (Boolean: of the contribution year and declared on or before `as_of`)."""
    return (year == contribution_year) & (dcla_date <= as_of)


def account_credit(psn_amount: pl.Expr, rate: pl.Expr | int) -> pl.Expr:
    """个人账户划入 (the person's part in fen × rate in ppm; a negative row for what a reversal takes back).

    Without a rate (an empty cell of a rate column) the amount is empty."""
    return half_up(psn_amount, rate)


def late_charge(amount: pl.Expr, deadline: pl.Expr, paid_on: pl.Expr, daily_rate: int) -> pl.Expr:
    """滞纳金 (amount in fen × ppm a day × days after the deadline; 0 when in time)."""
    days = (paid_on - deadline).dt.total_days()
    late = pl.when(days > 0).then(days).otherwise(pl.lit(0, pl.Int64))
    return half_up_wide(amount, late * daily_rate)


def package_share(package: pl.Expr, reduced: pl.Expr, share: int) -> pl.Expr:
    """包干额 (package in fen, × share in ppm where reduced; rounded once)."""
    return pl.when(reduced).then(half_up(package, share)).otherwise(package)
