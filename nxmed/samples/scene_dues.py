"""核定的场景 (cases for `assess`): wages and bounds, units that did not declare, memberships, deferrals, supplement."""

from __future__ import annotations

from nxmed.kernel.money import half_up_scalar, yuan
from nxmed.samples.regions import PPM
from nxmed.samples.scene import HUNDRED, Person, Scene, Unit

BOTH = 99
"""A last month that no sample reaches: planted in every month."""


def assess_cases(s: Scene) -> None:
    """All cases of the assessment."""
    s.finding(0, "FIRST_MONTH", {}, "工作区没有更早的核定，由期初文件起算")
    s.finding(0, "FIRST_MONTH", {}, "工作区没有更早的对账，由期初文件起算", command="reconcile")
    for case in (
        bounds,
        redeclared,
        wage_missing,
        not_declared,
        never_assessed,
        declared_later,
        memberships,
        inactive,
        kinds_of_people,
        identifiers,
    ):
        case(s)


def line_expected(s: Scene, k: int, unit: Unit, person: Person, wage: int | None, note: str) -> None:
    """The line that a declared wage (None: none) must give in month k."""
    b = s.region.bounds(s.start, s.start + k)
    base = b.floor if wage is None else min(max(wage, b.floor), b.ceiling)
    rule = "4" if wage is None else "2" if wage < b.floor else "3" if wage > b.ceiling else "1"
    emp, psn = s.dues(unit, base, k=k)
    s.plant(
        k,
        "assessment_lines",
        rule,
        {"emp_no": unit.emp_no, "psn_no": person.psn_no, "insutype": "310"},
        note,
        {"psn_clctstd": yuan(base), "emp_clctstd": yuan(base), "emp_clct_amt": yuan(emp), "psn_clct_amt": yuan(psn)},
    )


def bill_expected(s: Scene, k: int, unit: Unit, way: str, due: tuple[int, int], note: str) -> None:
    """The bill of month k."""
    b = s.region.bounds(s.start, s.start + k)
    s.plant(
        k,
        "assessments",
        way,
        {"clct_bill_id": s.bill(unit, k)},
        note,
        {
            "crtf_way": way,
            "emp_clct_amt": yuan(due[0]),
            "psn_clct_amt": yuan(due[1]),
            "clct_sumamt": yuan(due[0] + due[1]),
            "provisional": str(b.provisional).lower(),
            "stat_year": b.stat_year,
        },
    )


def bounds(s: Scene) -> None:
    """上下限: under, on and above each bound; and a wage whose parts end in fractions of a fen."""
    unit = s.unit("界限厂")
    b = s.region.bounds(s.start, s.start)
    wages = [40 * HUNDRED, b.floor - 1, b.floor, b.ceiling, b.ceiling + 1, 300 * HUNDRED, b.monthly + 13, 45 * HUNDRED]
    people = [s.person(unit, wage) for wage in wages]
    for k in (0, 1):
        for person, wage in zip(people, wages, strict=True):
            line_expected(s, k, unit, person, wage, f"申报工资 {yuan(wage)}，界限两侧与界限本身")
        due = s.dues(unit, *wages, k=k)
        bill_expected(s, k, unit, "1", due, "据实申报；定西首月平均工资未公布，暂按上上年")
        s.settle(unit, k, due)


def redeclared(s: Scene) -> None:
    """重新申报: received in the first month, it counts from the second (NXJY-13)."""
    unit = s.unit("改报厂")
    person = s.person(unit, 80 * HUNDRED)
    s.declare(unit, person, 90 * HUNDRED, on=s.day(0, 10), k=0)
    for k, wage in ((0, 80 * HUNDRED), (1, 90 * HUNDRED)):
        line_expected(s, k, unit, person, wage, "首月 10 日改报 9000 元，次月生效")
        s.settle(unit, k, s.dues(unit, wage, k=k))


def wage_missing(s: Scene) -> None:
    """已申报单位中漏报一人: floor, rule code 4."""
    unit = s.unit("漏报厂")
    s.person(unit, 60 * HUNDRED)
    forgotten = s.person(unit, None)
    s.finding(
        0, "WAGE_MISSING", {"emp_no": unit.emp_no, "psn_no": forgotten.psn_no}, "漏报一人，按下限核定", until=BOTH
    )
    for k in (0, 1):
        line_expected(s, k, unit, forgotten, None, "没有工资，按下限")
        floor = s.region.bounds(s.start, s.start + k).floor
        s.settle(unit, k, s.dues(unit, 60 * HUNDRED, floor, k=k))


def one_tenth_more(s: Scene, due: tuple[int, int]) -> tuple[int, int]:
    return (half_up_scalar(due[0] * s.region.estimate_ppm, PPM), half_up_scalar(due[1] * s.region.estimate_ppm, PPM))


def not_declared(s: Scene) -> None:
    """未申报, 上月有核定: 110 % of each part, spread over three people with equal weights."""
    unit = s.unit("未报厂")
    people = [s.person(unit, None) for _ in range(3)]
    due = (123_457, 30_864)
    s.add(
        0,
        "opening_bills",
        emp_no=unit.emp_no,
        insutype="310",
        accrym=s.ym(-1),
        emp_clct_amt=due[0],
        psn_clct_amt=due[1],
    )
    s.finding(0, "UNIT_NOT_DECLARED", {"emp_no": unit.emp_no}, "全年未申报，按上月 110 %", until=BOTH)
    for k in (0, 1):
        due = one_tenth_more(s, due)
        bill_expected(s, k, unit, "2", due, "上月单位 1234.57、个人 308.64 起，每月乘 110 %")
        s.settle(unit, k, due)
        for n, person in enumerate(people):
            emp, psn = (part // 3 + (n < part % 3) for part in due)
            s.plant(
                k,
                "assessment_lines",
                "",
                {"emp_no": unit.emp_no, "psn_no": person.psn_no, "insutype": "310"},
                "三人权数相同，余数按人员编号从小到大各一分",
                {"emp_clct_amt": yuan(emp), "psn_clct_amt": yuan(psn)},
            )


def never_assessed(s: Scene) -> None:
    """未申报, 上月没有核定: every payer at the monthly average wage; the month after 110 % of that."""
    unit = s.unit("新设厂")
    s.person(unit, None)
    s.person(unit, None)
    monthly = s.region.bounds(s.start, s.start).monthly
    due = s.dues(unit, monthly, monthly)
    s.finding(
        0, "UNIT_NOT_DECLARED", {"emp_no": unit.emp_no}, "没有上月核定，首月按月平均工资估定，次月按 110 %", until=BOTH
    )
    bill_expected(s, 0, unit, "3", due, "两人都按月平均工资")
    s.settle(unit, 0, due)
    bill_expected(s, 1, unit, "2", one_tenth_more(s, due), "上月估定额的 110 %")
    s.settle(unit, 1, one_tenth_more(s, due))


def declared_later(s: Scene) -> None:
    """首月未申报, 当月补报: 110 % first, as declared from the second month."""
    unit = s.unit("补报厂")
    person = s.person(unit, None)
    s.add(
        0,
        "opening_bills",
        emp_no=unit.emp_no,
        insutype="310",
        accrym=s.ym(-1),
        emp_clct_amt=50_000,
        psn_clct_amt=12_500,
    )
    s.declare(unit, person, 70 * HUNDRED, on=s.day(0, 20), k=1)
    for k in range(1, s.months):
        if (s.start + k).month == 1:
            s.declare(unit, person, 70 * HUNDRED, on=s.day(k - 1, 15), k=k)
    s.finding(0, "UNIT_NOT_DECLARED", {"emp_no": unit.emp_no}, "首月未申报，20 日补报，次月据实")
    bill_expected(s, 0, unit, "2", (55_000, 13_750), "500.00 与 125.00 的 110 %")
    s.settle(unit, 0, (55_000, 13_750))
    due = s.dues(unit, 70 * HUNDRED, k=1)
    bill_expected(s, 1, unit, "1", due, "补报 7000 元后据实")
    s.settle(unit, 1, due)


def memberships(s: Scene) -> None:
    """重复参保: an employee until the second month, a retiree in both, and one who becomes it by a change."""
    here, there = s.unit("甲厂"), s.unit("乙厂")
    wage = 65 * HUNDRED
    s.person(here, wage)
    s.person(there, wage)
    both = s.person(here, wage)
    s.enrol(there, both)
    s.declare(there, both, wage)
    s.change(1, there, both, "22", s.day(0, 15))
    retiree = s.person(here, None, "1201")
    s.enrol(there, retiree)
    mover = s.person(here, wage)
    s.change(1, there, mover, "13", s.day(0, 5), wage)
    for unit in (here, there):
        s.finding(
            0, "DOUBLE_MEMBERSHIP", {"emp_no": unit.emp_no, "psn_no": both.psn_no}, "两处在册，次月在乙厂减员后恢复"
        )
        s.finding(
            0, "DOUBLE_MEMBERSHIP", {"emp_no": unit.emp_no, "psn_no": retiree.psn_no}, "退休人员两处在册", until=BOTH
        )
        s.finding(
            1,
            "DOUBLE_MEMBERSHIP",
            {"emp_no": unit.emp_no, "psn_no": mover.psn_no},
            "未减先增，次月起两处在册",
            until=BOTH,
        )
    s.settle(here, 0, s.dues(here, wage, wage))
    s.settle(there, 0, s.dues(there, wage))
    s.settle(here, 1, s.dues(here, wage, wage, k=1))
    s.settle(there, 1, s.dues(there, wage, k=1))


def inactive(s: Scene) -> None:
    """单位暂停 (active again in the second month) and a person in a unit that nobody knows."""
    paused = s.unit("停产厂", stas="3", stas_later="2")
    worker = s.person(paused, 75 * HUNDRED, charged=False)
    retiree = s.person(paused, None, "1201", charged=False)
    for person in (worker, retiree):
        s.finding(0, "UNIT_NOT_ACTIVE", {"emp_no": paused.emp_no, "psn_no": person.psn_no}, "单位暂停，次月恢复")
    s.settle(paused, 1, s.dues(paused, 75 * HUNDRED, k=1))
    if s.region.supplement:
        supplement_bill(s, 1, paused, 1, 1, "单位次月恢复，首次在有效单位名册上")
    stray = s.unit("无登记", registered=False)
    lost = s.person(stray, 75 * HUNDRED, charged=False)
    s.finding(0, "UNIT_NOT_ACTIVE", {"emp_no": stray.emp_no, "psn_no": lost.psn_no}, "单位没有登记", until=BOTH)


def kinds_of_people(s: Scene) -> None:
    """人员类别: 1101, 1102, 1160 pay; retirees and flexible workers do not; a paused person is not on the roster."""
    unit = s.unit("各类厂")
    wages = (70 * HUNDRED, 80 * HUNDRED, 90 * HUNDRED)
    for psn_type, wage in zip(("1101", "1102", "1160"), wages, strict=True):
        person = s.person(unit, wage, psn_type)
        for k in (0, 1):
            line_expected(s, k, unit, person, wage, f"人员类别 {psn_type} 缴费")
    s.person(unit, None, "1201", name="买买提·䶮")
    s.person(unit, None, "1300")
    s.person(unit, 60 * HUNDRED, "1103")
    s.person(unit, 60 * HUNDRED, stas="2")
    for k in (0, 1):
        s.settle(unit, k, s.dues(unit, *wages, k=k))


def identifiers(s: Scene) -> None:
    """号码与代码: wrong check digits and a code outside its list keep the row."""
    unit = s.unit("错码厂", bad=True)
    wrong = s.person(unit, 60 * HUNDRED, bad=True)
    odd = s.person(unit, 60 * HUNDRED, hi_type="9")
    for k in (0, 1):
        s.settle(unit, k, s.dues(unit, 60 * HUNDRED, 60 * HUNDRED, k=k))
        line_expected(s, k, unit, wrong, 60 * HUNDRED, "证件号码校验位不符，照常核定")
        line_expected(s, k, unit, odd, 60 * HUNDRED, "医保类型代码不在表内，照常核定")
    for command in ("assess", "reconcile"):
        s.finding(0, "BAD_USCC", {"emp_no": unit.emp_no}, "信用代码校验位不符", command, until=BOTH)
        s.finding(0, "BAD_CERTNO", {"psn_no": wrong.psn_no}, "证件号码校验位不符", command, until=BOTH)
        s.finding(0, "UNKNOWN_CODE", {"psn_no": odd.psn_no}, "医保类型 9 不在代码表内", command, until=BOTH)


def supplement_bill(s: Scene, k: int, unit: Unit, workers: int, retirees: int, note: str) -> None:
    emp, psn = workers * s.region.supplement_emp, (workers + retirees) * s.region.supplement_psn
    s.plant(
        k,
        "assessments",
        "330",
        {"clct_bill_id": s.bill(unit, k, "330")},
        note,
        {"emp_clct_amt": yuan(emp), "psn_clct_amt": yuan(psn), "clct_sumamt": yuan(emp + psn)},
    )
    number = s.ticket(k)
    for line, (part, amt) in enumerate((("单位", emp), ("个人", psn)), start=1):
        if amt:
            s.line(
                k,
                unit,
                amt,
                day=11,
                ticket=number,
                line=line,
                bill=s.bill(unit, k, "330"),
                insutype="330",
                item=f"大额医疗费用补助（{part}缴纳）",
            )
