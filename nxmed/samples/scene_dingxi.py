"""定西的场景 (cases that only Dingxi has): rates by kind of unit, and the large-fee supplement."""

from __future__ import annotations

from nxmed.samples.scene import HUNDRED, Scene
from nxmed.samples.scene_dues import BOTH, bill_expected, line_expected, one_tenth_more, supplement_bill


def dingxi_cases(s: Scene) -> None:
    """All cases of Dingxi (none where the region has no supplement)."""
    if s.region.supplement:
        fiscal_rate(s)
        unemployment_fund(s)
        supplement(s)


def fiscal_rate(s: Scene) -> None:
    """财政拨款单位 (Dingxi, quts_type 1)."""
    unit = s.unit("乡镇中学", quts="1", county=1)
    person = s.person(unit, 100 * HUNDRED, "1102")
    for k in (0, 1):
        line_expected(s, k, unit, person, 100 * HUNDRED, "编制类型 1，单位 6.4 %")
        s.settle(unit, k, s.dues(unit, 100 * HUNDRED, k=k))


def unemployment_fund(s: Scene) -> None:
    """失业保险基金代缴 (Dingxi, emp_mgt_type 05): nothing from the person."""
    unit = s.unit("失业代缴户", mgt="05", county=1)
    person = s.person(unit, 50 * HUNDRED, "1160")
    for k in (0, 1):
        line_expected(s, k, unit, person, 50 * HUNDRED, "失业代缴，单位 8.7 %，个人不缴")
        s.settle(unit, k, s.dues(unit, 50 * HUNDRED, k=k))


def supplement(s: Scene) -> None:
    """大额 (Dingxi): a retiree and an employee not yet charged this year, one in a unit that has not declared."""
    unit = s.unit("大额厂", county=1)
    s.person(unit, 60 * HUNDRED, charged=False)
    s.person(unit, None, "1201", charged=False)
    for k in (0, 1):
        s.settle(unit, k, s.dues(unit, 60 * HUNDRED, k=k))
    supplement_bill(s, 0, unit, 1, 1, "在职 60 + 120，退休 120，全年一次")
    silent = s.unit("未报大额厂", county=1)
    s.person(silent, None, charged=False)
    monthly = s.region.bounds(s.start, s.start).monthly
    due = s.dues(silent, monthly)
    s.finding(0, "UNIT_NOT_DECLARED", {"emp_no": silent.emp_no}, "没有申报也没有上月核定", until=BOTH)
    bill_expected(s, 0, silent, "3", due, "按月平均工资估定")
    supplement_bill(s, 0, silent, 1, 0, "大额不看是否申报")
    s.settle(silent, 0, due)
    s.settle(silent, 1, one_tenth_more(s, due))
