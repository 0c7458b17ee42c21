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
    "rate_1": "assistance.rate_1",
    "cap_1": "assistance.cap_1",
    "tilt_threshold_1": "assistance.tilt_threshold_1",
    "tilt_rate_1": "assistance.tilt_rate_1",
    "tilt_cap_1": "assistance.tilt_cap_1",
    "rate_2": "assistance.rate_2",
    "cap_2": "assistance.cap_2",
    "tilt_threshold_2": "assistance.tilt_threshold_2",
    "tilt_rate_2": "assistance.tilt_rate_2",
    "tilt_cap_2": "assistance.tilt_cap_2",
    "threshold_3": "assistance.threshold_3",
    "rate_3": "assistance.rate_3",
    "cap_3": "assistance.cap_3",
    "threshold_4": "assistance.threshold_4",
    "rate_4": "assistance.rate_4",
    "cap_4": "assistance.cap_4",
    "threshold_5": "assistance.threshold_5",
    "rate_5": "assistance.rate_5",
    "cap_5": "assistance.cap_5",
    "watch_amount": "assistance.watch_amount",
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
_STEP = {"before": Slot("此前累计", "yuan", True), "after": Slot("此后累计", "yuan", True)}
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
    "assisted_type": Concept("是否属救助范围", "flag", {"med_type": Slot("医疗类别", "text", True)}),
    "assistance_base": Concept("救助基数", "yuan", {
        "in_scope": Slot("政策范围内", "yuan", True), "insured": Slot("保险支付", "yuan", True)}),
    "identity_covers": Concept("身份覆盖", "flag", {
        "med_type": Slot("医疗类别", "text", True), "begndate": Slot("入院日期", "date", True),
        "enddate": Slot("出院日期", "date", True), "begntime": Slot("身份开始", "date", True),
        "endtime": Slot("身份结束", "date", True)}),
    "referred": Concept("规范转诊", "flag", {
        "med_type": Slot("医疗类别", "text", True), "out_fil_type": Slot("异地备案类型", "text", True),
        "pay_loc": Slot("支付地点", "text", True), "emer_flag": Slot("急诊标志", "text", True),
        "ten_counts": Slot("类型10视同转诊", "flag", True)}),
    "assistance_payer": Concept("付款经办机构", "text", {
        "insu_admdvs": Slot("参保区划", "text", True), "hukou_admdvs": Slot("户籍区划", "text", True),
        "region": Slot("自治区码段", "text")}),
    "poverty_watch": Concept("列入监测", "flag", {"base_of_year": Slot("年度剩余合规费用", "yuan", True)}),
    "assistance_share_1": Concept("一档按比例额", "yuan", {"base": Slot("救助基数", "yuan", True)}),
    "assistance_ordinary_1": Concept("一档限额内救助", "yuan", _STEP),
    "assistance_tilt_share_1": Concept("一档倾斜按比例额", "yuan", _STEP),
    "assistance_tilt_1": Concept("一档限额内倾斜", "yuan", _STEP),
    "assistance_share_2": Concept("二档按比例额", "yuan", {"base": Slot("救助基数", "yuan", True)}),
    "assistance_ordinary_2": Concept("二档限额内救助", "yuan", _STEP),
    "assistance_tilt_share_2": Concept("二档倾斜按比例额", "yuan", _STEP),
    "assistance_tilt_2": Concept("二档限额内倾斜", "yuan", _STEP),
    "assistance_share_3": Concept("三档按比例额", "yuan", _STEP),
    "assistance_ordinary_3": Concept("三档限额内救助", "yuan", _STEP),
    "assistance_share_4": Concept("四档按比例额", "yuan", _STEP),
    "assistance_ordinary_4": Concept("四档限额内救助", "yuan", _STEP),
    "assistance_share_5": Concept("五档按比例额", "yuan", _STEP),
    "assistance_ordinary_5": Concept("五档限额内救助", "yuan", _STEP),
}
