"""定西市职工医疗保险市级统筹实施办法, 定政办发〔2023〕100号: rules as functions.

Amounts are Int64 fen, rates parts per million; the numbers themselves stand in the toml file beside this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from nxmed.law import formulas
from nxmed.law.formulas import Bounds, WageYear
from nxmed.law.rule import rule

FISCAL_UNIT = "1"
UNEMPLOYMENT_FUND_UNIT = "05"
EMPLOYEES = ("1101", "1102", "1160")
RETIRED = "12"


@rule("effect_month", "DXTC-9")
def art9_effect_month_index(received: pl.Expr, cutoff_day: int) -> pl.Expr:
    """第九条：人员增减在发生变化的当月申报，当月任何一天申报的次月生效。

    Month in which a change received on a day takes effect, as year × 12 + month − 1: always the next month
    (the cut-off day is the 31st, so every day of the month counts).
    """
    return formulas.effect_month_index(received, cutoff_day)


@rule("declaration_counts", "DXTC-9", "DXTC-10")
def art9_declaration_counts(year: pl.Expr, dcla_date: pl.Expr, contribution_year: int, as_of: date) -> pl.Expr:
    """第九条：工资总额等变化在发生的当月申报；截至核定日已申报的为准。

    Whether a declaration counts: it is of the contribution year and was made on or before the last day seen (the
    end of the month before). The newest of them holds.
    """
    return formulas.declaration_counts(year, dcla_date, contribution_year, as_of)


@rule("contribution_base", "DXTC-10")
def art10_contribution_base(wage: pl.Expr, floor: int, ceiling: int) -> pl.Expr:
    """第十条：个人缴费基数为本人上年度月平均工资，在基准数 60% 至 300% 之间据实，超出部分不计，不足的按 60%。

    The base is the wage between floor and ceiling, both included; without a wage it is the floor.
    单位：分；不涉及舍入（上下限已取整到分）。
    """
    return formulas.contribution_base(wage, floor, ceiling)


@rule("base_rule_code", "DXTC-10")
def art10_base_rule_code(wage: pl.Expr, floor: int, ceiling: int) -> pl.Expr:
    """第十条：基数核定规则代码：1 按申报，2 按下限，3 按上限，4 未申报工资按下限；恰在上下限的为 1。

    Which branch the base took: 1 as declared (a bound itself included), 2 floor, 3 ceiling, 4 no wage.
    """
    return formulas.base_rule_code(wage, floor, ceiling)


@rule("base_bounds", "DXTC-10")
def art10_base_bounds(
    *, monthly_fen: int | None, yearly_fen: int | None, lower_fen: int | None, upper_fen: int | None,
    floor_ratio: int, ceiling_ratio: int,
) -> Bounds:
    """第十条：基数下限、上限为省上公布基准数的 60%、300%；公布了上下限的用公布数。

    Floor and ceiling: the published bounds, else ratio × the published monthly figure; yearly / 12 is not rounded
    before the product. 单位：分，比率为百万分率；乘积四舍五入到分一次。
    """
    return formulas.base_bounds(monthly_fen=monthly_fen, yearly_fen=yearly_fen, lower_fen=lower_fen,
                                upper_fen=upper_fen, floor_ratio=floor_ratio, ceiling_ratio=ceiling_ratio)


@rule("average_monthly_wage", "SIL-62", "DXTC-10",
      reading="本办法与社会保险法均未写没有上月缴费额时如何暂定；按宁夏经办规程第十四条的做法，以公布的月基准数为每人基数")
def art10_average_monthly_wage(monthly_fen: int | None, yearly_fen: int | None) -> int:
    """第十条：基准数为省上公布的月缴费基数；单位未申报又没有上月缴费额时，以它为每人基数（本工具的读法）。

    The published monthly figure: as given, else yearly / 12. 单位：分；四舍五入到分一次。
    """
    return formulas.average_monthly_wage(monthly_fen, yearly_fen)


@rule("average_wage_year", "DXTC-10",
      reading="本办法未写上年度基准数尚未公布时如何核定；按上上年度基准数暂定，公布后重新核定补差")
def art10_average_wage_year(published: Mapping[int, date], year: int, as_of: date) -> WageYear:
    """第十条：基准数按每年省上公布的确定；上年度的未公布时暂用上上年度的（本工具的读法）。

    Statistic year for contribution year `year`: last year's if published on or before `as_of`, else the one before
    it, provisional; neither: exit 4. `published` maps statistic year → day of publication.
    """
    return formulas.average_wage_year(published, year, as_of, rule_id="DXTC-10")


@rule("contribution_amount", "DXTC-11", "DXTC-10")
def art11_contribution_amount(base: pl.Expr, rate: pl.Expr | int) -> pl.Expr:
    """第十一条：职工医保费由单位和职工共同缴纳，缴费基数乘以各自的费率。

    base × rate per person and part. 单位：分；费率为百万分率；每人每部分四舍五入到分一次。
    """
    return formulas.contribution_amount(base, rate)


@rule("emp_rate", "DXTC-11", "DXTC-13")
def art11_emp_rate(quts_type: pl.Expr, emp_mgt_type: pl.Expr, *, fiscal: int, other: int,
                   unemployment: int) -> pl.Expr:
    """第十一条、第十三条：财政拨款单位 6.4%，其他单位 6.7%；失业保险基金代缴的单位 8.7%。

    Unit rate in parts per million: unemployment where emp_mgt_type is 05, fiscal where quts_type is 1, else other.
    """
    return (
        pl.when(emp_mgt_type == UNEMPLOYMENT_FUND_UNIT).then(pl.lit(unemployment, pl.Int64))
        .when(quts_type == FISCAL_UNIT).then(pl.lit(fiscal, pl.Int64))
        .otherwise(pl.lit(other, pl.Int64))
    )


@rule("psn_rate", "DXTC-11", "DXTC-13")
def art11_psn_rate(emp_mgt_type: pl.Expr, *, person: int) -> pl.Expr:
    """第十一条、第十三条：职工个人 2%；领取失业保险金期间由失业保险基金代缴，个人不缴。

    Person rate in parts per million: 0 where emp_mgt_type is 05, else `person`.
    """
    return (
        pl.when(emp_mgt_type == UNEMPLOYMENT_FUND_UNIT).then(pl.lit(0, pl.Int64)).otherwise(pl.lit(person, pl.Int64))
    )


@rule("late_charge", "DXTC-12", "SIL-86")
def art12_late_charge(amount: pl.Expr, deadline: pl.Expr, paid_on: pl.Expr, daily_rate: int) -> pl.Expr:
    """第十二条：未按时缴纳的按规定加收滞纳金；标准为社会保险法第八十六条的每日万分之五。

    amount × daily rate × days from the deadline to the day the money entered the treasury; 0 when in time.
    单位：分；日率为百万分率（0.0005 = 500）；四舍五入到分一次；不计复利。
    """
    return formulas.late_charge(amount, deadline, paid_on, daily_rate)


@rule("deferral_limit", "DXTC-12",
      reading="本办法未写缓缴；按宁夏经办规程第二十五条的做法，缓缴最长一年，期内不收滞纳金")
def art12_deferral_limit(accrym_begn: pl.Expr, years: int) -> pl.Expr:
    """第十二条：应按时足额缴纳；经批准缓缴的最长一年（本工具的读法）。

    The latest deadline an agreement may set: the same day `years` past the first of its first month (YYYYMM text).
    A deadline on that very day is still within the year.
    """
    return formulas.deferral_limit(accrym_begn, years)


@rule("account_credit", "DXTC-21")
def art21_account_credit(psn_amount: pl.Expr, rate: pl.Expr | int) -> pl.Expr:
    """第二十一条：个人账户划拨按实施细则执行；划入额为个人缴费乘以划入比例。

    Amount credited to the personal account once the bill is paid: the person's part × rate; the rate comes from
    policy.toml, this document gives none. 单位：分；比例为百万分率；四舍五入到分一次。
    """
    return formulas.account_credit(psn_amount, rate)


@rule("supplement_unit", "DXTC-44")
def art44_supplement_unit(psn_type: pl.Expr, unit: int) -> pl.Expr:
    """第四十四条：大额医疗费用补助，用人单位每人每年 60 元，退休人员除外。

    Unit part of the large-fee supplement for one person and year, fen; 0 for anyone who is no employee.
    """
    return pl.when(psn_type.is_in(EMPLOYEES)).then(pl.lit(unit, pl.Int64)).otherwise(pl.lit(0, pl.Int64))


@rule("supplement_person", "DXTC-44", "DXTC-43")
def art44_supplement_person(psn_type: pl.Expr, employee: int, retiree: int) -> pl.Expr:
    """第四十三条、第四十四条：大额医疗费用补助，职工个人每年 120 元，退休人员每年 120 元（只缴个人部分）。

    Person part of the large-fee supplement for one person and year, fen; 0 for anyone else.
    """
    return (
        pl.when(psn_type.is_in(EMPLOYEES)).then(pl.lit(employee, pl.Int64))
        .when(psn_type.str.starts_with(RETIRED)).then(pl.lit(retiree, pl.Int64))
        .otherwise(pl.lit(0, pl.Int64))
    )
