"""到账的场景 (cases of matching): by bill, by period, by payer; parts, months, late charges, arrears."""

from __future__ import annotations

from nxmed.kernel.money import yuan
from nxmed.samples.scene import HUNDRED, Scene, Unit

Due = tuple[int, int]
WAGE = 100 * HUNDRED


def payment_cases(s: Scene) -> None:
    """All cases of matching."""
    for case in (
        by_bill,
        by_period,
        lump_sum,
        split,
        over_months,
        charge_as_own_line,
        charge_not_owed,
        line_order,
        unknown_bill,
        someone_elses_bill,
        part_paid,
        arrears,
        paused_payer,
        unknown_payer,
        flexible,
        other_items,
    ):
        case(s)


def payer(s: Scene, name: str, *, county: int = 2) -> tuple[Unit, Due]:
    """A unit with one person at 10,000 yuan, and what it owes a month (800 + 200 in Ningxia, 670 + 200 in Dingxi)."""
    unit = s.unit(name, county=county)
    s.person(unit, WAGE)
    return unit, s.dues(unit, WAGE)


def balance(
    s: Scene,
    k: int,
    unit: Unit,
    due_month: int,
    part: str,
    status: str,
    left: int,
    note: str,
    overdue: bool | None = None,
) -> None:
    """What a due must still owe at the end of month k."""
    expect: dict[str, object] = {"outstanding": yuan(left), "status": status}
    if overdue is not None:
        expect["overdue"] = str(overdue).lower()
    s.plant(
        k, "due_balances", status, {"clct_bill_id": s.bill(unit, due_month), "part": part}, note, expect, "reconcile"
    )


def opening_due(s: Scene, unit: Unit, months_ago: int, part: str, amt: int) -> None:
    """期初欠费 of an earlier month, due on its last day."""
    s.add(
        0,
        "opening_dues",
        clct_bill_id=s.bill(unit, -months_ago),
        part=part,
        emp_no=unit.emp_no,
        insutype="310",
        accrym=s.ym(-months_ago),
        amt=amt,
        dedln_date=s.day(-months_ago, 31),
    )


def by_bill(s: Scene) -> None:
    """按核定单号 (step a), tied by the day; both parts paid: the person gets the month."""
    unit = s.unit("按单厂", county=2)
    person = s.person(unit, WAGE)
    due = s.dues(unit, WAGE)
    for k in (0, 1):
        number = s.settle(unit, k, due)
        s.arrival(k, number, 1, "applied", "核定单号相符", applied=due[0])
        s.arrival(k, number, 2, "applied", "核定单号相符", applied=due[1])
        s.plant(
            k,
            "person_credits",
            "credited",
            {"psn_no": person.psn_no, "accrym": s.ym(k)},
            "两部分缴齐，记个人到账",
            {"emp_clct_amt": yuan(due[0]), "psn_clct_amt": yuan(due[1]), "into_acct_amt": yuan(due[1])},
            "reconcile",
        )


def by_period(s: Scene) -> None:
    """按所属期 (step b); an empty end means the begin."""
    unit, due = payer(s, "按期厂")
    for k in (0, 1):
        number = s.line(k, unit, due[0], day=8, part="emp", begn=k, end=k)
        s.line(k, unit, due[1], day=8, part="psn", begn=k, ticket=number, line=2)
        s.arrival(k, number, 1, "applied", "所属期相符", applied=due[0])
        s.arrival(k, number, 2, "applied", "所属期止为空，按起", applied=due[1])


def lump_sum(s: Scene) -> None:
    """整笔 (step c, the worked example): nothing at first; then 1,500 yuan without bill, period or late charge."""
    unit = s.unit("整笔厂", county=2)
    person = s.person(unit, WAGE)
    s.declare(unit, person, 110 * HUNDRED, on=s.day(0, 10), k=0)
    first, second = s.dues(unit, WAGE), s.dues(unit, 110 * HUNDRED, k=1)
    balance(s, 0, unit, 0, "emp", "unpaid", first[0], "首月没有缴", overdue=False)
    number = s.line(1, unit, 1_500 * 100, day=10)
    s.arrival(1, number, 1, "applied", "先抵首月两部分，余下抵次月单位部分", applied=1_500 * 100)
    left = second[0] - (1_500 * 100 - sum(first))
    balance(s, 1, unit, 1, "emp", "part_paid", left, "次月单位部分还差", overdue=False)
    balance(s, 1, unit, 1, "psn", "unpaid", second[1], "次月个人部分未缴")
    for part, amt in zip(("emp", "psn"), first, strict=True):
        s.plant(
            1,
            "applications",
            "applied",
            {"elec_taxrpt_no": number, "clct_bill_id": s.bill(unit, 0), "part": part},
            "迟 10 天的滞纳金",
            {"amt": yuan(amt), "latefee_due": yuan(s.late(amt, 10))},
            "reconcile",
        )
    s.finding(1, "LATEFEE_DIFF", {"taxpayer_no": unit.uscc}, "迟缴 10 天，没有收滞纳金", "reconcile")


def split(s: Scene) -> None:
    """一个部分分两张税票; then both parts in one line of the bill."""
    unit, due = payer(s, "分缴厂")
    first = s.line(0, unit, due[0] - 300 * 100, day=7, part="emp", begn=0, end=0)
    second = s.line(0, unit, 300 * 100, day=9, part="emp", begn=0, end=0, tie="day")
    s.line(0, unit, due[1], day=9, part="psn", ticket=second, line=2, begn=0, end=0, tie="day")
    s.arrival(0, first, 1, "applied", "单位部分的第一笔", applied=due[0] - 300 * 100)
    s.arrival(0, second, 1, "applied", "单位部分的第二笔", applied=300 * 100)
    both = s.line(1, unit, sum(due), day=9, bill=s.bill(unit, 1))
    s.arrival(1, both, 1, "applied", "一行缴两部分", applied=sum(due))


def over_months(s: Scene) -> None:
    """跨两个月: one line for both months and part, the late charge of the first along with it."""
    unit, due = payer(s, "跨月厂")
    number = s.line(1, unit, 2 * due[0], day=15, part="emp", begn=0, end=1, latefee=s.late(due[0], 15))
    s.line(1, unit, 2 * due[1], day=15, part="psn", begn=0, end=1, latefee=s.late(due[1], 15), ticket=number, line=2)
    s.arrival(1, number, 1, "applied", "两个月的单位部分，滞纳金 15 天随行", applied=2 * due[0])
    s.arrival(1, number, 2, "applied", "两个月的个人部分，滞纳金 15 天随行", applied=2 * due[1])


def charge_as_own_line(s: Scene) -> None:
    """滞纳金单列: dues of the month before the sample, 12 days late."""
    unit, due = payer(s, "滞纳厂")
    opening_due(s, unit, 1, "emp", 480 * 100)
    opening_due(s, unit, 1, "psn", 120 * 100)
    number = s.line(0, unit, 480 * 100, day=12, part="emp", begn=-1, end=-1, attr="补缴")
    s.line(0, unit, 120 * 100, day=12, part="psn", begn=-1, end=-1, attr="补缴", ticket=number, line=2)
    charge = s.late(480 * 100, 12) + s.late(120 * 100, 12)
    s.line(0, unit, charge, day=12, part="emp", begn=-1, end=-1, attr="滞纳金", ticket=number, line=3)
    s.arrival(0, number, 3, "late_charge", "滞纳金单列一行：480 与 120 各 12 天")
    for k in (0, 1):
        s.settle(unit, k, due)


def charge_not_owed(s: Scene) -> None:
    """多收滞纳金: 5 yuan with a payment in time."""
    unit, due = payer(s, "误收厂")
    s.line(0, unit, sum(due), day=6, bill=s.bill(unit, 0), latefee=500)
    s.finding(0, "LATEFEE_DIFF", {"taxpayer_no": unit.uscc}, "按期缴费却收了 5 元滞纳金", "reconcile")
    s.settle(unit, 1, due)


def line_order(s: Scene) -> None:
    """明细序号按数值排: line 2 before line 10; the surplus is line 10's."""
    unit, due = payer(s, "序号厂")
    number = s.line(0, unit, due[0], day=6, line=2)
    s.line(0, unit, due[1] + 50 * 100, day=6, line=10, ticket=number)
    s.arrival(0, number, 2, "applied", "序号 2 在 10 之前", applied=due[0])
    s.arrival(0, number, 10, "partly_applied", "多出 50 元在序号 10", applied=due[1], credit=50 * 100)
    s.finding(0, "OVERPAID", {"elec_taxrpt_no": number, "line_no": 10}, "多缴 50 元", "reconcile")
    s.settle(unit, 1, due)


def unknown_bill(s: Scene) -> None:
    """核定单号不存在: goes on by period."""
    unit, due = payer(s, "错单厂")
    for k in (0, 1):
        number = s.line(k, unit, sum(due), day=6, bill=f"{s.ym(k)}-000000000000-310", begn=k, end=k)
        s.arrival(k, number, 1, "applied", "核定单号不存在，按所属期", applied=sum(due))


def someone_elses_bill(s: Scene) -> None:
    """核定单属于另一单位."""
    unit, due = payer(s, "串户厂")
    other, others = payer(s, "正户厂")
    number = s.line(0, unit, due[0], day=6, part="emp", bill=s.bill(other, 0))
    s.line(0, unit, due[1], day=6, part="psn", bill=s.bill(unit, 0), ticket=number, line=2)
    s.finding(0, "PAYER_MISMATCH", {"elec_taxrpt_no": number, "line_no": 1}, "核定单号是正户厂的", "reconcile")
    s.arrival(0, number, 1, "unidentified", "核定单属于另一缴费人")
    balance(s, 0, unit, 0, "emp", "unpaid", due[0], "串户的钱没有入账")
    for k in (0, 1):
        s.settle(other, k, others)


def part_paid(s: Scene) -> None:
    """少缴 50 元."""
    unit, due = payer(s, "少缴厂")
    number = s.line(0, unit, due[0], day=6, part="emp", begn=0, end=0)
    s.line(0, unit, due[1] - 50 * 100, day=6, part="psn", begn=0, end=0, ticket=number, line=2)
    balance(s, 0, unit, 0, "psn", "part_paid", 50 * 100, "少缴 50 元", overdue=False)
    balance(s, 1, unit, 0, "psn", "part_paid", 50 * 100, "次月仍未补", overdue=True)


def arrears(s: Scene) -> None:
    """欠费账龄: four opening dues of different ages, none paid."""
    unit, due = payer(s, "旧欠厂")
    for months_ago in (1, 2, 5, 11):
        opening_due(s, unit, months_ago, "emp", months_ago * HUNDRED)
        late = (s.day(0, 31) - s.day(-months_ago, 31)).days
        s.plant(
            0,
            "arrears",
            "overdue",
            {"clct_bill_id": s.bill(unit, -months_ago), "part": "emp"},
            "账龄",
            {
                "outstanding": yuan(months_ago * HUNDRED),
                "overdue_days": late,
                "latefee_due": yuan(s.late(months_ago * HUNDRED, late)),
            },
            "reconcile",
        )
    for k in (0, 1):
        s.settle(unit, k, due)


def paused_payer(s: Scene) -> None:
    """停保单位补缴: a payer is a unit of the register, active or not; the late charge comes along."""
    unit = s.unit("停保厂", stas="3", county=2)
    opening_due(s, unit, 1, "emp", 480 * 100)
    opening_due(s, unit, 1, "psn", 120 * 100)
    number = s.line(0, unit, 600 * 100, day=10, latefee=s.late(480 * 100, 10) + s.late(120 * 100, 10), attr="补缴")
    s.arrival(0, number, 1, "applied", "单位暂停，仍是缴费人", applied=600 * 100)


def unknown_payer(s: Scene) -> None:
    """缴费人无法识别."""
    stranger = s.unit("外地厂", registered=False, county=2)
    number = s.line(0, stranger, 320 * 100, day=6, part="emp")
    s.finding(0, "UNKNOWN_PAYER", {"elec_taxrpt_no": number, "line_no": 1}, "信用代码不在参保单位内", "reconcile")
    s.arrival(0, number, 1, "unidentified", "缴费人无法识别")


def flexible(s: Scene) -> None:
    """灵活就业人员: recognised by certno, kept for later."""
    virtual = s.unit("灵活就业虚拟户", mgt="02", county=2)
    person = s.person(virtual, None, "1103", hi_type="2")
    number = s.line(1, person, 1_234 * 100, day=9, item="职工基本医疗保险费（灵活就业人员）")
    s.arrival(1, number, 1, "flexible", "证件号码是灵活就业人员")


def other_items(s: Scene) -> None:
    """其他品目: residents (tied, not matched), civil servants (no dues: a credit), and one that nobody knows."""
    unit, due = payer(s, "品目厂")
    resident = s.someone(unit.admdvs)
    for k in (0, 1):
        number = s.line(k, resident, 400 * 100, day=5, item="城乡居民基本医疗保险费", insutype="390", tie="day")
        s.arrival(k, number, 1, "other_scheme", "居民医保，核对国库但不匹配")
        s.settle(unit, k, due)
    civil = s.line(0, unit, 64 * 100, day=6, item="公务员医疗补助（单位缴纳）", insutype="320")
    s.arrival(0, civil, 1, "credit", "公务员补助没有应缴，全部记多缴", credit=64 * 100)
    s.finding(0, "OVERPAID", {"elec_taxrpt_no": civil, "line_no": 1}, "公务员补助没有应缴", "reconcile")
    odd = s.line(0, unit, 100 * 100, day=6, item="工伤保险费", tie="none")
    s.finding(0, "UNKNOWN_LEVY_ITEM", {"elec_taxrpt_no": odd, "line_no": 1}, "征收品目不是医疗保险", "reconcile")
    s.arrival(0, odd, 1, "unidentified", "征收品目无法识别")
