"""宁夏职工基本医疗保险生育保险经办规程（试行）, 宁医保规发〔2020〕2号: rules as functions.

Amounts are Int64 fen, rates parts per million; the numbers themselves stand in the toml file beside this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from nxmed.law import formulas
from nxmed.law.formulas import Bounds, WageYear
from nxmed.law.rule import rule


@rule("declaration_counts", "NXJY-13")
def art13_declaration_counts(year: pl.Expr, dcla_date: pl.Expr, contribution_year: int, as_of: date) -> pl.Expr:
    """第十三条：缴费年度为自然年度；核定后重新申报的，由经办机构审核后在次月统一处理。

    Whether a declaration counts: it is of the contribution year and was made on or before the last day seen (the
    end of the month before), so one made after an assessment first counts in the next. The newest of them holds.
    """
    return formulas.declaration_counts(year, dcla_date, contribution_year, as_of)


@rule("undeclared_amount", "NXJY-14", "SIL-62")
def art14_undeclared_amount(last: pl.Expr, factor: int) -> pl.Expr:
    """第十四条：单位逾期未申报的，暂按该单位上月缴费数额的 110% 核定，单位、个人部分各自计算。

    A unit that did not declare owes last month's amount × factor for the time being, each part for itself.
    单位：分；factor 为百万分率（1.1 = 1100000）。四舍五入到分一次。补办申报后重新核定并结算差额。
    """
    return formulas.undeclared_amount(last, factor)


@rule("average_monthly_wage", "NXJY-14", "NXJY-16")
def art14_average_monthly_wage(monthly_fen: int | None, yearly_fen: int | None) -> int:
    """第十四条：没有上月缴费数额的，按职工人数与月平均工资暂定，以月平均工资为每人基数。

    With no amount last month every payer's base is the monthly average wage: as published, else yearly / 12.
    单位：分；四舍五入到分一次。
    """
    return formulas.average_monthly_wage(monthly_fen, yearly_fen)


@rule("contribution_base", "NXJY-16")
def art16_contribution_base(wage: pl.Expr, floor: int, ceiling: int) -> pl.Expr:
    """第十六条：缴费基数高于上年度全口径平均工资 300% 的按 300% 核定，低于 60% 的按 60% 核定。

    The base is the wage between floor and ceiling, both included; without a wage it is the floor (NXJY-17).
    单位：分；不涉及舍入（上下限已取整到分）。
    """
    return formulas.contribution_base(wage, floor, ceiling)


@rule("base_rule_code", "NXJY-16", "NXJY-17")
def art16_base_rule_code(wage: pl.Expr, floor: int, ceiling: int) -> pl.Expr:
    """第十六条：基数核定规则代码：1 按申报，2 按下限，3 按上限，4 未申报工资按下限；恰在上下限的为 1。

    Which branch the base took: 1 as declared (a bound itself included), 2 floor, 3 ceiling, 4 no wage.
    """
    return formulas.base_rule_code(wage, floor, ceiling)


@rule("base_bounds", "NXJY-16")
def art16_base_bounds(
    *, monthly_fen: int | None, yearly_fen: int | None, lower_fen: int | None, upper_fen: int | None,
    floor_ratio: int, ceiling_ratio: int,
) -> Bounds:
    """第十六条：基数下限、上限为全口径月平均工资的 60%、300%；通知已公布上下限的用公布数。

    Floor and ceiling: the published bounds, else ratio × monthly average wage; yearly / 12 is not rounded before
    the product. 单位：分，比率为百万分率；乘积四舍五入到分一次。
    """
    return formulas.base_bounds(monthly_fen=monthly_fen, yearly_fen=yearly_fen, lower_fen=lower_fen,
                                upper_fen=upper_fen, floor_ratio=floor_ratio, ceiling_ratio=ceiling_ratio)


@rule("average_wage_year", "NXJY-20")
def art20_average_wage_year(published: Mapping[int, date], year: int, as_of: date) -> WageYear:
    """第二十条：上年度平均工资未公布的，暂按上上年度核定，公布后在本年度底前重新核定并补差。

    Statistic year for contribution year `year`: last year's if published on or before `as_of`, else the one before
    it, provisional; neither: exit 4. `published` maps statistic year → day of publication.
    """
    return formulas.average_wage_year(published, year, as_of, rule_id="NXJY-20")


@rule("contribution_amount", "NXJY-21", "NXJY-16")
def art21_contribution_amount(base: pl.Expr, rate: pl.Expr | int) -> pl.Expr:
    """第二十一条：月底前核定次月职工医保费：缴费基数乘以费率，单位、个人部分分别计算。

    base × rate per person and part; the rate comes from policy.toml, this document gives none.
    单位：分；费率为百万分率；每人每部分四舍五入到分一次。
    """
    return formulas.contribution_amount(base, rate)


@rule("deferral_limit", "NXJY-25")
def art25_deferral_limit(accrym_begn: pl.Expr, years: int) -> pl.Expr:
    """第二十五条：延期缴费最长不超过一年，缓缴期内不收滞纳金。

    The latest deadline an agreement may set: the same day `years` past the first of its first month (YYYYMM text).
    A deadline on that very day is still within the year.
    """
    return formulas.deferral_limit(accrym_begn, years)


@rule("account_credit", "NXJY-26")
def art26_account_credit(psn_amount: pl.Expr, rate: pl.Expr | int) -> pl.Expr:
    """第二十六条：缓缴期间不划入个人账户，费款缴清的当月划入；划入额为个人缴费乘以划入比例。

    Amount credited to the personal account once the bill is paid: the person's part × rate; the rate comes from
    policy.toml, this document gives none. 单位：分；比例为百万分率；四舍五入到分一次。
    """
    return formulas.account_credit(psn_amount, rate)


@rule("effect_month", "NXJY-27")
def art27_effect_month_index(received: pl.Expr, cutoff_day: int) -> pl.Expr:
    """第二十七条：每月 25 日前（含当日）申报的人员增减次月生效，之后申报的再顺延一个月。

    Month in which a change received on a day takes effect, as year × 12 + month − 1; the cut-off day is included.
    """
    return formulas.effect_month_index(received, cutoff_day)


@rule("maternity_package", "NXJY-50", "NXJY-49")
def art50_maternity_package(package: pl.Expr, unsigned_away: pl.Expr, share: int) -> pl.Expr:
    """第四十九条、第五十条：生育医疗费按人头定额包干结算；在区内参保地以外分娩而未在规定时限内签约的，按包干标准减半支付。

    What stands in place of the pooled fund for a delivery: the package, or its share where the delivery was away from
    the insured place without having signed up. 单位：分；份额为百万分率；四舍五入到分一次；其余由参保人承担。
    """
    return formulas.package_share(package, unsigned_away, share)
