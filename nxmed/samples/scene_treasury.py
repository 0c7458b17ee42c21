"""国库与退库的场景 (cases of the treasury tie, of credits and of reversals)."""

from __future__ import annotations

from nxmed.kernel.money import yuan
from nxmed.samples.scene import Scene
from nxmed.samples.scene_dues import BOTH
from nxmed.samples.scene_payments import WAGE, balance, payer

RECONCILE = "reconcile"


def treasury_cases(s: Scene) -> None:
    """All cases of the treasury, of credits and of reversals."""
    for case in (
        day_differs,
        ticket_differs,
        statement_missing,
        lines_missing,
        delivered_twice,
        credit_applied,
        credit_refunded,
        credit_exceeded,
        credit_not_used,
        opening_credit_applied,
        reversed_in_month,
        reversed_later,
        reversal_unmatched,
        reversal_waits,
    ):
        case(s)


def _group(treasury: str, date_text: str, insutype: str = "310") -> dict[str, object]:
    return {"treasury_code": treasury, "stmt_date": date_text, "insutype": insutype}


def day_differs(s: Scene) -> None:
    """按日核对不平: 9 yuan apart, put right a month later; the lines wait and are booked then."""
    first, due = payer(s, "国库一厂", county=3)
    second, _ = payer(s, "国库二厂", county=3)
    own = s.treasury(first, 4)
    numbers = []
    for unit in (first, second):
        number = s.line(0, unit, due[0], day=16, part="emp", begn=0, end=0, tie="none", treasury=own)
        s.line(0, unit, due[1], day=16, part="psn", begn=0, end=0, ticket=number, line=2, tie="none", treasury=own)
        numbers.append(number)
        s.settle(unit, 1, due)
    total = 2 * sum(due)
    s.statement(0, own, s.day(0, 16), total - 900)
    s.statement(1, own, s.day(0, 16), total)
    s.finding(0, "TREASURY_DIFF", _group(own, s.day(0, 16).isoformat()), "国库当日少记 9 元，次月更正", RECONCILE)
    for number in numbers:
        for line in (1, 2):
            s.arrival(0, number, line, "treasury_pending", "当日国库金额不平，待核")
            s.arrival(1, number, line, "applied", "国库更正后入账", applied=due[line - 1])


def ticket_differs(s: Scene) -> None:
    """按税票核对不平, never put right; the pending line delivered again is a duplicate."""
    unit, due = payer(s, "国库三厂", county=3)
    number = s.line(0, unit, sum(due), day=17, bill=s.bill(unit, 0), tie="none")
    s.statement(0, s.treasury(unit), s.day(0, 17), sum(due) - 100, ticket=number)
    s.finding(0, "TREASURY_DIFF", {"elec_taxrpt_no": number}, "国库该税票少 1 元，一直没有更正", RECONCILE, until=BOTH)
    s.arrival(0, number, 1, "treasury_pending", "税票金额不平，待核")
    s.line(1, unit, sum(due), day=17, month=0, bill=s.bill(unit, 0), ticket=number, tie="none", again=True)
    s.finding(1, "DUPLICATE_ARRIVAL", {"elec_taxrpt_no": number, "line_no": 1}, "待核的明细再次送达", RECONCILE)
    s.settle(unit, 1, due)


def statement_missing(s: Scene) -> None:
    """国库缺单: delivered a month later; in the second month another one that stays missing."""
    unit, due = payer(s, "国库四厂", county=3)
    early, late = s.treasury(unit, 1), s.treasury(unit, 2)
    number = s.line(0, unit, sum(due), day=12, begn=0, end=0, tie="none", treasury=early)
    s.statement(1, early, s.day(0, 12), sum(due))
    s.finding(0, "TREASURY_MISSING", _group(early, s.day(0, 12).isoformat()), "国库对账单次月才送达", RECONCILE)
    s.arrival(0, number, 1, "treasury_pending", "没有国库对账单，待核")
    s.arrival(1, number, 1, "applied", "国库对账单送达后入账", applied=sum(due))
    number = s.line(1, unit, sum(due), day=13, begn=1, end=1, tie="none", treasury=late)
    s.finding(
        1, "TREASURY_MISSING", _group(late, s.day(1, 13).isoformat()), "国库对账单没有送达", RECONCILE, until=BOTH
    )
    s.arrival(1, number, 1, "treasury_pending", "没有国库对账单，待核")


def lines_missing(s: Scene) -> None:
    """税务缺明细: lines delivered a month later; in the second month a ticket that nobody explains."""
    unit, due = payer(s, "国库五厂", county=3)
    own = s.treasury(unit, 3)
    s.statement(0, own, s.day(0, 18), sum(due))
    s.finding(0, "TREASURY_ONLY", _group(own, s.day(0, 18).isoformat()), "国库已入库，税务明细次月才送达", RECONCILE)
    number = s.line(1, unit, sum(due), day=18, month=0, begn=0, end=0, tie="none", treasury=own)
    s.arrival(1, number, 1, "applied", "迟到的明细按原入库日入账，无滞纳金", applied=sum(due))
    s.settle(unit, 1, due)
    lonely = s.ticket(1)
    s.statement(1, own, s.day(1, 19), 7_700, ticket=lonely)
    s.finding(1, "TREASURY_ONLY", {"elec_taxrpt_no": lonely}, "国库有此税票，税务没有明细", RECONCILE, until=BOTH)


def delivered_twice(s: Scene) -> None:
    """重复到账: a booked line again, once as it was and once with another amount."""
    unit, due = payer(s, "重送厂", county=4)
    number = s.settle(unit, 0, due)
    s.line(1, unit, due[0], day=10, month=0, part="emp", ticket=number, bill=s.bill(unit, 0), again=True, tie="none")
    s.line(
        1,
        unit,
        due[1] + 100,
        day=10,
        month=0,
        part="psn",
        ticket=number,
        line=2,
        bill=s.bill(unit, 0),
        again=True,
        tie="none",
    )
    for line, note in ((1, "原样再次送达"), (2, "金额不同，同一明细再次送达")):
        s.finding(1, "DUPLICATE_ARRIVAL", {"elec_taxrpt_no": number, "line_no": line}, note, RECONCILE)
        s.arrival(1, number, line, "duplicate", note)
    s.settle(unit, 1, due)


def _surplus(s: Scene, name: str, amount: int) -> tuple[str, tuple[int, int]]:
    """A unit that pays its first month and, on another ticket, `amount` too much; gives emp_no."""
    unit, due = payer(s, name, county=4)
    for k in (0, 1):
        s.settle(unit, k, due)
    number = s.line(0, unit, amount, day=14)
    s.finding(0, "OVERPAID", {"elec_taxrpt_no": number, "line_no": 1}, f"没有欠费，多缴 {yuan(amount)}", RECONCILE)
    s.arrival(0, number, 1, "credit", "全部记为多缴", credit=amount)
    return unit.emp_no, due


def _decide(s: Scene, k: int, emp_no: str, action: str, amount: int, memo: str) -> str:
    number = f"DJ{s.ym(k)}{emp_no[-4:]}"
    s.add(
        k, "credit_decisions", decision_sn=number, emp_no=emp_no, insutype="310", action=action, amt=amount, memo=memo
    )
    return number


def _credit_left(s: Scene, k: int, emp_no: str, left: int, note: str) -> None:
    s.plant(
        k, "unit_credits", "left", {"emp_no": emp_no, "insutype": "310"}, note, {"credit_amt": yuan(left)}, RECONCILE
    )


def credit_applied(s: Scene) -> None:
    """多缴 500 元, 次月抵缴: the bill names the part, what is beyond it becomes a credit."""
    unit, due = payer(s, "多缴一厂", county=4)
    extra = 500 * 100
    number = s.line(0, unit, due[0] + extra, day=10, part="emp", bill=s.bill(unit, 0))
    s.line(0, unit, due[1], day=10, part="psn", bill=s.bill(unit, 0), ticket=number, line=2)
    s.arrival(0, number, 1, "partly_applied", "超过核定 500 元", applied=due[0], credit=extra)
    s.finding(0, "OVERPAID", {"elec_taxrpt_no": number, "line_no": 1}, "单位部分多缴 500 元", RECONCILE)
    _credit_left(s, 0, unit.emp_no, extra, "多缴留存")
    other = s.line(1, unit, due[0] - extra, day=10, part="emp", begn=1, end=1)
    s.line(1, unit, due[1], day=10, part="psn", begn=1, end=1, ticket=other, line=2)
    _decide(s, 1, unit.emp_no, "apply", extra, "抵次月单位部分")
    balance(s, 1, unit, 1, "emp", "paid", 0, "差的 500 元由多缴抵缴")


def credit_refunded(s: Scene) -> None:
    """多缴 250 元, 次月退还."""
    emp_no, _ = _surplus(s, "多缴二厂", 250 * 100)
    _decide(s, 1, emp_no, "refund", 250 * 100, "退还单位")
    _credit_left(s, 1, emp_no, 0, "全部退还")


def credit_exceeded(s: Scene) -> None:
    """处理决定大于多缴余额: not done."""
    emp_no, _ = _surplus(s, "多缴三厂", 200 * 100)
    number = _decide(s, 1, emp_no, "apply", 500 * 100, "余额只有 200 元")
    s.finding(1, "CREDIT_EXCEEDED", {"emp_no": emp_no, "ref_no": number}, "要抵 500 元，只有 200 元，未执行", RECONCILE)
    _credit_left(s, 1, emp_no, 200 * 100, "未执行，余额不变")


def credit_not_used(s: Scene) -> None:
    """处理决定大于欠费: what is not needed stays a credit."""
    unit, due = payer(s, "多缴四厂", county=4)
    s.add(0, "opening_credits", emp_no=unit.emp_no, insutype="310", credit_amt=1_000 * 100)
    s.line(0, unit, due[0], day=10, part="emp", bill=s.bill(unit, 0))
    number = _decide(s, 0, unit.emp_no, "apply", 1_000 * 100, "抵个人部分")
    s.finding(
        0, "CREDIT_NOT_USED", {"emp_no": unit.emp_no, "ref_no": number}, "欠费只有个人部分，其余仍为多缴", RECONCILE
    )
    _credit_left(s, 0, unit.emp_no, 1_000 * 100 - due[1], "抵个人部分后的余额")
    balance(s, 0, unit, 0, "psn", "paid", 0, "由期初多缴抵缴")
    s.settle(unit, 1, due)


def opening_credit_applied(s: Scene) -> None:
    """期初多缴 300 元, 首月抵缴."""
    unit, due = payer(s, "期初厂", county=4)
    credit = 300 * 100
    s.add(0, "opening_credits", emp_no=unit.emp_no, insutype="310", credit_amt=credit)
    number = s.line(0, unit, due[0] - credit, day=10, part="emp", bill=s.bill(unit, 0))
    s.line(0, unit, due[1], day=10, part="psn", bill=s.bill(unit, 0), ticket=number, line=2)
    _decide(s, 0, unit.emp_no, "apply", credit, "期初多缴抵缴")
    balance(s, 0, unit, 0, "emp", "paid", 0, "差的 300 元由期初多缴抵缴")
    s.settle(unit, 1, due)


def reversed_in_month(s: Scene) -> None:
    """当月退库; paid again a month later, eight days late with the charge."""
    unit, due = payer(s, "退库一厂", county=5)
    number = s.line(0, unit, due[0], day=10, part="emp", begn=0, end=0)
    s.line(0, unit, due[1], day=10, part="psn", begn=0, end=0)
    back = s.line(0, unit, -due[0], day=25, part="emp", attr="退库", org=number)
    s.arrival(0, back, 1, "reversal", "当月退库，单位部分重新欠缴", applied=-due[0])
    balance(s, 0, unit, 0, "emp", "unpaid", due[0], "退库后未缴")
    s.line(1, unit, due[0], day=8, part="emp", begn=0, end=0, latefee=s.late(due[0], 8), attr="补缴")
    s.settle(unit, 1, due)


def reversed_later(s: Scene) -> None:
    """以前月份退库: the person part goes back, and with it the month credited to the person."""
    unit = s.unit("退库二厂", county=5)
    person = s.person(unit, WAGE)
    due = s.dues(unit, WAGE)
    number = s.settle(unit, 0, due, tie="ticket")
    back = s.line(1, unit, -due[1], day=9, part="any", attr="退库", org=number)
    s.arrival(1, back, 1, "reversal", "退上月税票的个人部分（倒序先退个人）", applied=-due[1])
    balance(s, 1, unit, 0, "psn", "unpaid", due[1], "退库后欠缴", overdue=True)
    s.plant(
        1,
        "person_credits",
        "reversed",
        {"psn_no": person.psn_no, "accrym": s.ym(0)},
        "个人到账冲回",
        {"emp_clct_amt": yuan(-due[0]), "psn_clct_amt": yuan(-due[1]), "into_acct_amt": yuan(-due[1])},
        RECONCILE,
    )
    s.settle(unit, 1, due)


def reversal_unmatched(s: Scene) -> None:
    """退库对不上: a ticket nobody knows; and one yuan more than a ticket has left."""
    unit, due = payer(s, "退库三厂", county=5)
    back = s.line(0, unit, -88 * 100, day=20, part="emp", attr="退库", org=f"3{s.region.prefix}{s.ym(-1)}9099999999")
    number = s.settle(unit, 0, due)
    more = s.line(1, unit, -sum(due) - 100, day=20, attr="退库", org=number)
    for k, ticket, note in ((0, back, "原税票不存在"), (1, more, "比原税票多 1 元")):
        s.finding(k, "REVERSAL_UNMATCHED", {"elec_taxrpt_no": ticket, "line_no": 1}, note, RECONCILE)
        s.arrival(k, ticket, 1, "unidentified", note)
    s.settle(unit, 1, due)


def reversal_waits(s: Scene) -> None:
    """退库等原税票: the ticket it names is pending until the treasury has put its row right."""
    unit, due = payer(s, "退库四厂", county=5)
    number = s.line(0, unit, sum(due), day=15, bill=s.bill(unit, 0), off=-1_000)
    back = s.line(0, unit, -due[1], day=27, attr="退库", org=number)
    s.finding(0, "TREASURY_DIFF", {"elec_taxrpt_no": number}, "国库少记 10 元，次月更正", RECONCILE)
    s.finding(0, "REVERSAL_WAITS", {"elec_taxrpt_no": back, "line_no": 1}, "所退税票待核", RECONCILE)
    s.arrival(0, number, 1, "treasury_pending", "税票金额不平，待核")
    s.arrival(0, back, 1, "treasury_pending", "等原税票确认")
    s.arrival(1, number, 1, "applied", "国库更正后入账", applied=sum(due))
    s.arrival(1, back, 1, "reversal", "原税票入账后冲减", applied=-due[1])
    balance(s, 1, unit, 0, "psn", "unpaid", due[1], "退库后欠缴", overdue=True)
    s.settle(unit, 1, due)
