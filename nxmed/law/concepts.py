"""概念 (what each rule function takes and gives, in the staff's words): how test cases are read and shown."""

from __future__ import annotations

from dataclasses import dataclass

LAW_NUMBERS = {
    "factor": "contribution.undeclared_factor",
    "floor_ratio": "contribution.base_floor_ratio",
    "ceiling_ratio": "contribution.base_ceiling_ratio",
    "cutoff_day": "contribution.change_cutoff_day",
    "years": "contribution.deferral_max_years",
    "daily_rate": "late_charge.daily_rate",
    "fiscal": "contribution.emp_rate_fiscal",
    "other": "contribution.emp_rate_other",
    "person": "contribution.psn_rate",
    "unemployment": "contribution.unemployment_rate",
    "unit": "supplement.unit",
    "employee": "supplement.employee",
    "retiree": "supplement.retiree",
    "share": "maternity.unsigned_share",
}
"""Arguments of rule functions that the law itself gives: a case doesn't repeat them, so it tests them too."""


@dataclass(frozen=True)
class Slot:
    """一个已知量: its name for the staff, its kind, and whether the function takes it as a column."""

    zh: str
    kind: str
    column: bool = False


@dataclass(frozen=True)
class Concept:
    """概念: names of its arguments and of its result."""

    result: str
    kind: str
    slots: dict[str, Slot]


_WAGE = {"wage": Slot("工资", "yuan", True), "floor": Slot("下限", "yuan"), "ceiling": Slot("上限", "yuan")}
_AVERAGE = {"monthly_fen": Slot("月平均工资", "yuan"), "yearly_fen": Slot("年平均工资", "yuan")}
_PERSON = {"psn_type": Slot("人员类别", "text", True)}

CONCEPTS: dict[str, Concept] = {
    "declaration_counts": Concept("是否采用", "flag", {
        "year": Slot("申报年度", "count", True), "dcla_date": Slot("申报日期", "date", True),
        "contribution_year": Slot("缴费年度", "count"), "as_of": Slot("截至日", "date")}),
    "contribution_base": Concept("缴费基数", "yuan", _WAGE),
    "base_rule_code": Concept("规则代码", "text", _WAGE),
    "base_bounds": Concept("上下限", "bounds", {
        **_AVERAGE, "lower_fen": Slot("公布下限", "yuan"), "upper_fen": Slot("公布上限", "yuan")}),
    "average_monthly_wage": Concept("每人基数", "yuan", _AVERAGE),
    "average_wage_year": Concept("统计年度", "wage_year", {
        "published": Slot("已公布", "published"), "year": Slot("缴费年度", "count"), "as_of": Slot("截至日", "date")}),
    "effect_month": Concept("生效月份", "month_index", {"received": Slot("收到日期", "date", True)}),
    "undeclared_amount": Concept("暂定数额", "yuan", {"last": Slot("上月数额", "yuan", True)}),
    "contribution_amount": Concept("应缴额", "yuan", {
        "base": Slot("基数", "yuan", True), "rate": Slot("费率", "percent")}),
    "emp_rate": Concept("单位费率", "percent", {
        "quts_type": Slot("经费来源类型", "text", True), "emp_mgt_type": Slot("单位管理类型", "text", True)}),
    "psn_rate": Concept("个人费率", "percent", {"emp_mgt_type": Slot("单位管理类型", "text", True)}),
    "deferral_limit": Concept("最迟期限", "date", {"accrym_begn": Slot("起始所属期", "month", True)}),
    "late_charge": Concept("滞纳金", "yuan", {
        "amount": Slot("金额", "yuan", True), "deadline": Slot("缴款期限", "date", True),
        "paid_on": Slot("入库日期", "date", True)}),
    "account_credit": Concept("账户划入", "yuan", {
        "psn_amount": Slot("个人缴费", "yuan", True), "rate": Slot("划入比例", "percent")}),
    "maternity_package": Concept("包干结算额", "yuan", {
        "package": Slot("包干标准", "yuan", True), "unsigned_away": Slot("异地未签约", "flag", True)}),
    "supplement_unit": Concept("单位大额", "yuan", _PERSON),
    "supplement_person": Concept("个人大额", "yuan", _PERSON),
}
