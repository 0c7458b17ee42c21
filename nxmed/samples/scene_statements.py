"""对账的场景 (cases of the details): all eight classes, refunds, late counterparts, decisions, what holds a row."""

from __future__ import annotations

from typing import Any

from nxmed.kernel.money import fen_of, yuan
from nxmed.samples.chance import draw_one
from nxmed.samples.scene_providers import (
    BEFORE,
    RECOGNISED,
    REJECTED,
    REPEATED,
    RESOLVE,
    WAITING,
    Provider,
    ProviderScene,
    Row,
    key_of,
)


def statement_cases(s: ProviderScene, main: Provider, second: Provider, village: Provider) -> None:
    """All cases of the comparison."""
    every_fund(s, main)
    only_at_the_provider(s, main)
    only_at_the_agency(s, main)
    amounts(s, main)
    types(s, main)
    refunds(s, main)
    repeated(s, main)
    other_month(s, main)
    identities(s, main)
    unknown_fund(s, main)
    decided(s, second)
    refused_cell(s, second)
    headerless(s, village)


def ordinary(s: ProviderScene, k: int, provider: Provider, count: int, **over: str) -> list[Row]:
    """平常的结算: both sides the same, a few of them residents."""
    made = []
    for n in range(count):
        place = provider.nth * 1_000 + k * 300 + n
        fund = 20_00 + draw_one(place, s.seed, "visit fund", 380_00)
        acct = draw_one(place, s.seed, "visit account", 60_00) if n % 3 else 0
        cash = 5_00 + draw_one(place, s.seed, "visit cash", 90_00)
        kind = {"insutype": "390"} if n % 5 == 4 and not over else over
        made.append(s.even(k, provider, yuan(fund), yuan(acct), yuan(cash), **kind))
    return made


def parts(fund: str, acct: str = "0", cash: str = "0", **others: str) -> dict[str, Any]:
    """The sums of a settlement that other funds pay into besides the pooled one."""
    paid = fen_of(fund) + sum(fen_of(v) for v in others.values())
    whole = yuan(paid + fen_of(acct) + fen_of(cash))
    return {**others, "fund_pay_sumamt": yuan(paid), "medfee_sumamt": whole, "inscp_scp_amt": whole}


def every_fund(s: ProviderScene, p: Provider) -> None:
    """每项基金 at least once."""
    s.even(0, p, "700.00", "100.00", "200.00", "职工普通门诊：统筹 700，账户 100")
    s.even(0, p, "500.00", "50.00", "70.00", "公务员补助 80", **parts("500.00", "50.00", "70.00", cvlserv_pay="80.00"))
    s.even(
        0, p, "1200.00", "0", "500.00", "居民统筹 1200，大病 300", insutype="390",
        **parts("1200.00", "0", "500.00", hifmi_pay="300.00"),
    )
    s.even(
        0, p, "200.00", "0", "40.00", "残疾军人 60、企业补充 40、其他 30",
        **parts("200.00", "0", "40.00", hifdm_pay="60.00", hifes_pay="40.00", oth_pay="30.00"),
    )
    s.even(
        0, p, "300.00", "0", "20.00", "大额 90、医疗救助 110",
        **parts("300.00", "0", "20.00", hifob_pay="90.00", maf_pay="110.00"),
    )
    s.even(0, p, "0", "30.00", "50.00", "账户 30，共济 20，都由个人账户付", acct_mulaid_pay="20.00", psn_part_amt="100.00",
           medfee_sumamt="100.00", inscp_scp_amt="100.00")


def only_at_the_provider(s: ProviderScene, p: Provider) -> None:
    """01: one that the agency gets a month later, one that it never gets."""
    for late in (True, False):
        row = s.visit(0, p, "450.00", "0", "150.00", agency=False)
        s.lists(0, p, row)
        s.become(0, p, row, "01", WAITING, "中心次月才收到" if late else "中心一直没有")
        if late:
            s.add(1, "settlements", **row)
            s.become(1, p, row, "00", RECOGNISED, "中心补到，与上月申报一致，本月认定", opened=0)


def only_at_the_agency(s: ProviderScene, p: Provider) -> None:
    """02: one that the provider lists a month later, one that it never lists."""
    for late in (True, False):
        row = s.visit(0, p, "320.00", "0", "80.00")
        s.become(0, p, row, "02", WAITING, "机构次月补报" if late else "机构一直没有申报")
        if late:
            s.lists(1, p, row)
            s.become(1, p, row, "00", RECOGNISED, "机构补报，与上月记录一致，本月认定", opened=0)


def amounts(s: ProviderScene, p: Provider) -> None:
    """03: fund, account or fee one fen or more apart; one of them put right a month later."""
    apart: tuple[tuple[str, dict[str, Any]], ...] = (
        ("基金差 1 分", {"fund_pay_sumamt": "800.01"}),
        ("账户差 10 元", {"acct_pay": "110.00"}),
        ("医疗费差 1 元", {"medfee_sumamt": "1101.00"}),
    )
    for note, cells in apart:
        row = s.visit(0, p, "800.00", "100.00", "200.00")
        s.lists(0, p, row, **cells)
        s.become(0, p, row, "03", WAITING, note)
    row = s.visit(0, p, "900.00", "0", "100.00")
    s.lists(0, p, row, fund_pay_sumamt="950.00")
    s.become(0, p, row, "03", WAITING, "基金差 50 元，次月更正重报")
    s.lists(1, p, row)
    s.become(1, p, row, "00", RECOGNISED, "更正后一致，本月认定", opened=0)
    back = s.refund(0, p, row, own=True)
    s.lists(0, p, back)
    s.become(0, p, back, "00", WAITING, "退费先到，原结算还有差异", held="ORIGINAL_OPEN")
    s.become(1, p, back, "00", RECOGNISED, "原结算认定后自动冲减", came=False, opened=0)


def types(s: ProviderScene, p: Provider) -> None:
    """04: clearing type or insurance differs, amounts equal."""
    row = s.visit(0, p, "600.00", "0", "100.00")
    s.lists(0, p, row, clr_type="21")
    s.become(0, p, row, "04", WAITING, "清算类别：中心 11，机构 21")
    row = s.visit(0, p, "600.00", "0", "100.00")
    s.lists(0, p, row, insutype="390")
    s.become(0, p, row, "04", WAITING, "险种：中心 310，机构 390")


def refunds(s: ProviderScene, p: Provider) -> None:
    """退费: equal under the same number, equal later under its own, unequal (05), original unknown (05)."""
    row = s.even(0, p, "260.00", "40.00", "60.00", "随后全额退费")
    back = s.refund(0, p, row)
    s.lists(0, p, back)
    s.become(0, p, back, "00", RECOGNISED, "当月退费，同号，冲减认定")
    row = s.even(0, p, "330.00", "0", "70.00", "12 月退费")
    back = s.refund(1, p, row, own=True)
    s.lists(1, p, back)
    s.become(1, p, back, "00", RECOGNISED, "退上月结算，另编号，本月冲减")
    row = s.even(0, p, "300.00", "0", "100.00", "退费双方金额不同")
    back = s.refund(0, p, row)
    s.lists(0, p, back, fund_pay_sumamt="-290.00", medfee_sumamt="-390.00")
    s.become(0, p, back, "05", WAITING, "退费：中心 −300，机构 −290")
    row = s.visit(0, p, "210.00", "0", "30.00", agency=False)
    back = s.refund(0, p, row, own=True)
    s.lists(0, p, back)
    s.become(0, p, back, "05", WAITING, "双方都没有被退的原结算", held="ORIGINAL_OPEN")


def repeated(s: ProviderScene, p: Provider) -> None:
    """06: the same row twice in the detail file."""
    row = s.even(0, p, "150.00", "0", "50.00", "第一份参加比对")
    s.lists(0, p, row)
    s.become(0, p, row, "06", REPEATED, "第二份不支付", copy=2)


def other_month(s: ProviderScene, p: Provider) -> None:
    """07: settled in November, listed by the provider or sent by the agency again in December."""
    for by_provider in (True, False):
        row = s.even(0, p, "410.00", "0", "90.00", "11 月已经结清")
        if by_provider:
            s.lists(1, p, row)
        else:
            s.add(1, "settlements", **row)
        s.become(1, p, row, "07", BEFORE, "机构再次申报" if by_provider else "中心再次送达")


def identities(s: ProviderScene, p: Provider) -> None:
    """四个恒等式, each broken alone: the first and the last hold the row."""
    broken: tuple[tuple[int, bool, dict[str, Any], str, str], ...] = (
        (1, True, {"hosp_part_amt": "10.00"}, "1010.00", "1000.00"),
        (2, False, {"acct_mulaid_pay": "5.00"}, "305.00", "300.00"),
        (3, False, {"inscp_scp_amt": "980.00"}, "980.00", "1000.00"),
        (4, True, {"hifp_pay": "690.00"}, "690.00", "700.00"),
    )
    for nth, held, cells, expected, actual in broken:
        row = s.visit(0, p, "700.00", "100.00", "200.00", **cells)
        s.lists(0, p, row)
        if held:
            s.become(0, p, row, "00", WAITING, f"第 {nth} 式不成立，双方一致也不认定", held="AMOUNT_IDENTITY")
        else:
            s.become(0, p, row, "00", RECOGNISED, f"第 {nth} 式不成立，只提示")
        s.finding(
            0,
            "AMOUNT_IDENTITY",
            {"fixmedins_code": p.code, "setl_id": row["setl_id"], "ref_no": f"identity {nth}|0"},
            f"第 {nth} 式：应为 {expected}，实为 {actual}",
            {"expected": expected, "actual": actual, "diff_amt": yuan(fen_of(actual) - fen_of(expected))},
        )
        if nth == 4:
            mended = {**row, "hifp_pay": fen_of("700.00")}
            s.add(1, "settlements", **mended)
            s.become(1, p, mended, "00", RECOGNISED, "中心更正后重送，本月认定", opened=0)


def unknown_fund(s: ProviderScene, p: Provider) -> None:
    """FUND_UNKNOWN: a pooled payment under an insurance that has no pooled fund."""
    row = s.visit(0, p, "180.00", "0", "20.00", insutype="340")
    s.lists(0, p, row)
    s.become(0, p, row, "00", WAITING, "离休人员写成统筹支出", held="FUND_UNKNOWN")


def decided(s: ProviderScene, p: Provider) -> None:
    """处理决定 between the months, one of each kind: recognised or rejected in December."""
    row = s.visit(0, p, "800.00", "0", "200.00")
    s.lists(0, p, row, fund_pay_sumamt="850.00")
    s.become(0, p, row, "03", WAITING, "基金：中心 800，机构 850；两月之间按机构处理")
    _decide(s, row, "provider", "与医院核对票据，按机构金额更正")
    s.become(1, p, row, "03", RECOGNISED, "按机构：统筹 800 + 50", funds={"310100": "850.00"}, came=False, opened=0)
    row = s.visit(0, p, "360.00", "40.00", "0")
    s.become(0, p, row, "02", WAITING, "机构没有申报；两月之间按中心处理")
    _decide(s, row, "agency", "医院漏报，凭证齐全，按中心记录")
    s.become(1, p, row, "02", RECOGNISED, "按中心：统筹 360，账户 40", came=False, opened=0)
    row = s.visit(0, p, "99.00", "0", "1.00", agency=False)
    s.lists(0, p, row)
    s.become(0, p, row, "01", WAITING, "中心没有；两月之间核销")
    _decide(s, row, "reject", "医院提供不出结算凭证")
    s.become(1, p, row, "01", REJECTED, "核销不付", came=False, opened=0)


def _decide(s: ProviderScene, row: Row, decision: str, note: str) -> None:
    s.plant(0, "", decision, key_of(row), note, command=RESOLVE)


def refused_cell(s: ProviderScene, p: Provider) -> None:
    """门口拒收: an amount with a thousands separator; the agency's row waits, and is recognised once it came right."""
    row = s.visit(0, p, "1234.50", "0", "100.00")
    s.refuse(0, p, row, "E206", "金额带千分位，拒收；次月改正后认定", fund_pay_sumamt="1,234.50")
    s.become(0, p, row, "02", WAITING, "机构那一行被拒收，视为没有申报")
    s.lists(1, p, row, stated=False)
    s.become(1, p, row, "00", RECOGNISED, "更正重报，本月认定", opened=0)


def headerless(s: ProviderScene, p: Provider) -> None:
    """3202 的文件: no header, no types; a refund comes as a positive and a negative row."""
    row = s.even(0, p, "88.00", "12.00", "0", "3202 明细，正行")
    back = s.refund(0, p, row)
    s.lists(0, p, back)
    s.become(0, p, back, "00", RECOGNISED, "3202 明细，负行")
    row = s.visit(0, p, "77.00", "0", "23.00")
    s.lists(0, p, row, fund_pay_sumamt="78.00")
    s.become(0, p, row, "03", WAITING, "3202 明细，基金差 1 元")
