"""增减与缓缴的场景 (cases of personnel changes and deferrals)."""

from __future__ import annotations

from datetime import date

from nxmed.kernel.money import yuan
from nxmed.samples.scene import HUNDRED, Scene, Unit
from nxmed.samples.scene_dues import BOTH


def change_cases(s: Scene) -> None:
    """All cases of changes and deferrals."""
    changes(s)
    deferred_unit_part(s)
    deferred_both(s)
    deferred_too_long(s)
    deferred_not_yet(s)


def changes(s: Scene) -> None:
    """增减: on and after the cut-off day, retiring, coming again, moving on."""
    unit, next_door = s.unit("增减厂"), s.unit("接收厂")
    wage, cutoff = 60 * HUNDRED, s.region.cutoff_day
    s.person(next_door, wage)
    stays = s.person(unit, 75 * HUNDRED)
    new = [s.someone(unit.admdvs) for _ in range(5)]
    s.change(0, unit, new[0], "11", s.day(-1, 10), wage)
    s.change(0, unit, new[1], "12", s.day(-1, 25), wage)
    late_in = s.change(0, unit, new[2], "13", s.day(-1, 26), wage)
    leaves = s.person(unit, wage)
    s.change(0, unit, leaves, "21", s.day(-1, 25))
    leaves_late = s.person(unit, wage)
    late_out = s.change(0, unit, leaves_late, "22", s.day(-1, 28))
    retires = s.person(unit, wage)
    s.change(0, unit, retires, "25", s.day(-1, 12))
    s.change(0, unit, stays, "12", s.day(-1, 12), 99 * HUNDRED)
    returns = s.person(unit, wage)
    s.change(0, unit, returns, "23", s.day(-1, 14))
    s.change(0, unit, returns, "14", s.day(-1, 14), wage)
    moves = s.person(unit, wage)
    s.change(0, unit, moves, "24", s.day(-1, 20))
    s.change(0, next_door, moves, "14", s.day(-1, 20), wage)
    late_next = s.change(1, unit, new[3], "11", s.day(0, 26), wage)
    s.change(1, unit, returns, "24", s.day(0, 5))
    s.change(1, unit, new[4], "11", s.day(1, 3), wage)
    is_late = cutoff < 31
    if is_late:
        for k, number, who in ((0, late_in, new[2]), (0, late_out, leaves_late), (1, late_next, new[3])):
            s.finding(
                k,
                "LATE_CHANGE",
                {"emp_no": unit.emp_no, "psn_no": who.psn_no, "ref_no": number},
                "25 日以后申报，顺延一月",
            )
    first = [new[0], new[1], *([] if is_late else [new[2]]), *([leaves_late] if is_late else []), returns]
    second = [new[0], new[1], new[2], *([] if is_late else [new[3]])]
    for k, there in ((0, first), (1, second)):
        due = s.dues(unit, 75 * HUNDRED, *[wage] * len(there), k=k)
        s.plant(
            k,
            "assessments",
            "1",
            {"clct_bill_id": s.bill(unit, k)},
            f"增减之后缴费 {len(there) + 1} 人；重复增员的人工资仍按申报 7500 元",
            {"clct_psncnt": len(there) + 1, "emp_clct_amt": yuan(due[0]), "psn_clct_amt": yuan(due[1])},
        )
        s.settle(unit, k, due)
        s.settle(next_door, k, s.dues(next_door, wage, wage, k=k))
    if s.region.supplement:
        for k, people in ((0, 3), (1, 1)):
            emp, psn = people * s.region.supplement_emp, people * s.region.supplement_psn
            if s.start.month == 1:
                continue
            s.plant(
                k,
                "assessments",
                "330",
                {"clct_bill_id": s.bill(unit, k, "330")},
                f"新增 {people} 人的大额",
                {"emp_clct_amt": yuan(emp), "psn_clct_amt": yuan(psn)},
            )
            s.line(k, unit, emp + psn, day=12, bill=s.bill(unit, k, "330"), insutype="330", item="大额医疗费用补助")


def _agreement(
    s: Scene,
    k: int,
    unit: Unit,
    nth: int,
    part: str,
    last: int,
    deadline: date,
    signed: date,
    *,
    begins: int = 0,
    stas: str = "1",
) -> str:
    number = f"HJ{s.ym(signed.month - s.start.month + 12 * (signed.year - s.start.year))}{unit.emp_no[-4:]}{nth}"
    s.add(
        k,
        "deferrals",
        defer_agre_no=number,
        emp_no=unit.emp_no,
        insutype="310",
        defer_part=part,
        accrym_begn=s.ym(begins),
        accrym_end=s.ym(last),
        dedln_date=deadline,
        sign_date=signed,
        agre_stas=stas,
    )
    return number


def _due(
    s: Scene, k: int, unit: Unit, part: str, amt: int, deadline: date, deferred: bool, note: str, insutype: str = "310"
) -> None:
    s.plant(
        k,
        "dues",
        "deferred" if deferred else "in_time",
        {"clct_bill_id": s.bill(unit, k, insutype), "part": part},
        note,
        {"amt": yuan(amt), "dedln_date": deadline.isoformat(), "deferred": str(deferred).lower()},
    )


def deferred_unit_part(s: Scene) -> None:
    """缓缴单位部分: what is not deferred is filled first; no late charge before the deferral's own deadline."""
    unit = s.unit("缓缴一厂")
    s.person(unit, 100 * HUNDRED)
    deadline = s.day(5, 28)
    _agreement(s, 0, unit, 1, "1", 3, deadline, s.day(-1, 20))
    due = [s.dues(unit, 100 * HUNDRED, k=k) for k in (0, 1)]
    for k in (0, 1):
        _due(s, k, unit, "emp", due[k][0], deadline, True, "只缓缴单位部分")
        _due(s, k, unit, "psn", due[k][1], s.day(k, 31), False, "个人部分照常")
    charge = s.late(due[0][1], 20)
    extra = HUNDRED
    number = s.line(1, unit, due[0][1] + due[1][1] + extra, day=20, latefee=charge)
    s.arrival(
        1,
        number,
        1,
        "applied",
        "先抵不缓缴的两个月个人部分，余 100 元抵首月缓缴的单位部分",
        applied=due[0][1] + due[1][1] + extra,
    )
    s.plant(
        1,
        "due_balances",
        "part_paid",
        {"clct_bill_id": s.bill(unit, 0), "part": "emp"},
        "缓缴部分还差",
        {"outstanding": yuan(due[0][0] - extra), "overdue": "false"},
        "reconcile",
    )


def deferred_both(s: Scene) -> None:
    """缓缴两部分: of two agreements the one signed last counts; its deadline is exactly a year (allowed)."""
    unit = s.unit("缓缴二厂")
    s.person(unit, 100 * HUNDRED)
    newcomer = s.region.supplement and s.start.month > 1
    if newcomer:
        s.person(unit, 100 * HUNDRED, charged=False)
    _agreement(s, 0, unit, 1, "1", 3, s.day(4, 28), s.day(-1, 10))
    limit = date(s.start.year + 1, s.start.month, 1)
    _agreement(s, 0, unit, 2, "2", 3, limit, s.day(-1, 20))
    due = s.dues(unit, *[100 * HUNDRED] * (2 if newcomer else 1))
    for part, amt in zip(("emp", "psn"), due, strict=True):
        _due(s, 0, unit, part, amt, limit, True, "两份协议取签订最晚的；期限正好一年，准")
    if newcomer:
        _due(s, 0, unit, "psn", s.region.supplement_psn, s.day(0, 31), False, "大额不缓缴", "330")


def deferred_too_long(s: Scene) -> None:
    """缓缴超过一年: by one day; not applied."""
    unit = s.unit("缓缴三厂")
    s.person(unit, 100 * HUNDRED)
    _agreement(s, 0, unit, 1, "2", 9, date(s.start.year + 1, s.start.month, 2), s.day(-1, 20))
    s.finding(0, "DEFERRAL_TOO_LONG", {"emp_no": unit.emp_no}, "期限超过一年一天，不予适用", until=BOTH)
    for k in (0, 1):
        due = s.dues(unit, 100 * HUNDRED, k=k)
        _due(s, k, unit, "emp", due[0], s.day(k, 31), False, "协议不适用")
        s.settle(unit, k, due)


def deferred_not_yet(s: Scene) -> None:
    """缓缴协议当月才签 (counts from the second month); and one that has been ended."""
    unit, ended = s.unit("缓缴四厂"), s.unit("缓缴五厂")
    deadline = s.day(6, 28)
    for one in (unit, ended):
        s.person(one, 100 * HUNDRED)
    _agreement(s, 1, unit, 1, "2", 3, deadline, s.day(0, 12))
    _agreement(s, 0, ended, 1, "2", 3, deadline, s.day(-1, 12), stas="3")
    due = s.dues(unit, 100 * HUNDRED)
    _due(s, 0, unit, "emp", due[0], s.day(0, 31), False, "核定首月时协议还没有签")
    _due(s, 1, unit, "emp", s.dues(unit, 100 * HUNDRED, k=1)[0], deadline, True, "首月 12 日签订，次月起缓缴")
    _due(s, 0, ended, "emp", due[0], s.day(0, 31), False, "协议已终止")
    s.settle(unit, 0, due)
    for k in (0, 1):
        s.settle(ended, k, s.dues(ended, 100 * HUNDRED, k=k))
