"""协议与款项的场景 (cases of agreements, totals, deductions, deposits, carried amounts and maternity packages)."""

from __future__ import annotations

from datetime import date
from typing import Any

from nxmed.samples.scene_providers import RECOGNISED, WAITING, Provider, ProviderScene, Row
from nxmed.samples.scene_statements import ordinary, parts

FIRST = (date(2024, 1, 1), date(2026, 10, 31))
RENEWED = (date(2026, 11, 5), date(2028, 12, 31))
PACKAGE = "3333.33"
DELIVERY: dict[str, Any] = {"med_type": "52", "clr_type": "21"}
TOTALS_DIFFER = "TOTALS_DIFFER"


def agreement_cases(s: ProviderScene) -> None:
    """All cases of providers that have one of their own."""
    s.finding(0, "FIRST_MONTH", {}, "工作区没有更早的结算")
    totals_only(s)
    totals_first(s)
    renewed(s)
    inconsistent(s)
    in_the_red(s)
    no_statement(s)
    deliveries(s)
    if not s.region.supplement:
        outside_the_region(s)


def totals_only(s: ProviderScene) -> None:
    """药店只报总额: equal in November (stands for equal details), one sale more in December (holds the group)."""
    p = s.provider(14, "大药房", "11", letter="P", deposit="0.05")
    kind: dict[str, Any] = {"med_type": "41", "clr_type": "41"}
    for k in (0, 1):
        for n in range(6):
            row = s.visit(k, p, "0", f"{20 + n}.50", "0", **kind)
            s.lists(k, p, row, detail=False)
            if k == 0:
                s.become(k, p, row, "00", RECOGNISED, "总额相等，视为逐笔相等")
            else:
                s.become(k, p, row, "02", WAITING, "总额不等，又没有明细", held=TOTALS_DIFFER)
    s.lists(1, p, s.visit(1, p, "0", "35.00", "0", agency=False, **kind), detail=False)


def totals_first(s: ProviderScene) -> None:
    """先报总额: held in November, recognised in December when the details came."""
    p = s.provider(15, "骨科医院", "05", county=1, deposit="0.05")
    rows: list[Row] = []
    for n in range(4):
        row = s.visit(0, p, f"{200 + n}.00", "0", "50.00")
        if n:
            s.lists(0, p, row, detail=False)
        s.become(0, p, row, "02", WAITING, "对账单少一笔，没有明细", held=TOTALS_DIFFER)
        rows.append(row)
    for row in rows:
        s.lists(1, p, row)
        s.become(1, p, row, "00", RECOGNISED, "12 月送来明细，逐笔一致，本月认定", opened=0)
    ordinary(s, 1, p, 3)


def renewed(s: ProviderScene) -> None:
    """协议到期与续签: the renewal is registered a month late and leaves a gap of four days."""
    p = s.provider(16, "康复医院", "06", county=1, deposit="0.05", agreements={0: (FIRST,), 1: (FIRST, RENEWED)})
    for day, note in ((FIRST[1], "协议最后一天"), (RENEWED[0], "续签第一天"), (date(2026, 11, 20), "续签期内"),
                      (date(2026, 11, 4), "空档，无协议")):
        row = s.visit(0, p, "1000.00", "0", "100.00", day=day)
        s.lists(0, p, row)
        if day == FIRST[1]:
            s.become(0, p, row, "00", RECOGNISED, note)
            continue
        s.become(0, p, row, "00", WAITING, note, held="OUT_OF_AGREEMENT")
        if day >= RENEWED[0]:
            s.become(1, p, row, "00", RECOGNISED, f"{note}；12 月补登协议后认定", came=False, opened=0)
    ordinary(s, 1, p, 2)


def inconsistent(s: ProviderScene) -> None:
    """对账单与自己的明细不符: 100 yuan more in the statement; the details are right and are recognised."""
    p = s.provider(17, "眼科医院", "05", county=2, deposit="0.05")
    for k in (0, 1):
        ordinary(s, k, p, 4, med_type="11")
    s.add(0, "provider_totals", fixmedins_code=p.code, clr_optins=p.optins, insutype="310", clr_type="11",
          medfee_sumamt=100_00, fund_pay_sumamt=100_00, acct_pay=0, fixmedins_setl_cnt=0)


def in_the_red(s: ProviderScene) -> None:
    """扣款大于认定: pooled 500 − 800 = −300 carried; December 1000 − 300 − 5 % of 1000 = 650."""
    p = s.provider(18, "口腔门诊部", "11", county=2, deposit="0.05")
    s.even(0, p, "500.00", "100.00", "50.00", "11 月唯一一笔")
    s.deduct(0, p, "310100", "800.00", "20", "稽核：种植牙串换为补牙")
    s.deduct(0, p, "310200", "20.00", "10", "重复刷卡")
    s.deduct(0, p, "320100", "15.00", "99", "往年多付，无可抵")
    s.even(1, p, "1000.00", "0", "0", "12 月唯一一笔")


def no_statement(s: ProviderScene) -> None:
    """没有对账单, details without types: compared by number and amounts alone."""
    p = s.provider(22, "中西医结合医院", "07", county=3, deposit="0.03", states=False)
    for n in range(3):
        row = s.visit(0, p, f"{150 + n}.40", "10.00", "20.00")
        s.lists(0, p, row, typeless=True)
        s.become(0, p, row, "00", RECOGNISED, "明细不写险种和清算类别，不比这两项")


def deliveries(s: ProviderScene) -> None:
    """生育住院: the package in all its branches (Ningxia), the billed amount where the region has no package."""
    p = s.provider(19, "妇幼保健院", "02", deposit="0.05", package=PACKAGE)
    if s.region.supplement:
        s.even(0, p, "2800.00", "0", "300.00", "生育住院，本地区没有包干，按结算单", **DELIVERY)
        return
    here, elsewhere = s.patient(0), s.patient(6)
    whole, half = {"310100": PACKAGE}, {"310100": "1666.67"}
    billed = parts("4000.00", "60.00", "200.00", cvlserv_pay="100.00")
    row = s.visit(0, p, "4000.00", "60.00", "200.00", person=here, cop_flag="0", **DELIVERY, **billed)
    _package(s, p, row, {**whole, "310200": "60.00"}, "本市参保，不需签约：包干 3333.33，账户 60 照付，公务员补助 100 不付")
    row = s.visit(0, p, "4200.00", "0", "300.00", person=elsewhere, cop_flag="0", booking_flag="1", **DELIVERY)
    _package(s, p, row, whole, "外市参保，已签约：包干全额")
    row = s.visit(0, p, "4200.00", "0", "300.00", person=elsewhere, cop_flag="0", booking_flag="0", **DELIVERY)
    _package(s, p, row, half, "外市参保，未签约：一半，1666.665 进为 1666.67")
    back = s.refund(1, p, row)
    s.lists(1, p, back)
    s.become(1, p, back, "00", RECOGNISED, "退费把一半包干退回", funds={"310100": "-1666.67"})
    row = s.visit(0, p, "5000.00", "0", "600.00", person=elsewhere, cop_flag="1", booking_flag="0", **DELIVERY)
    _package(s, p, row, {"310100": "5000.00"}, "有并发症：按结算单")
    row = s.visit(0, p, "4100.00", "0", "100.00", person=here, **DELIVERY)
    s.lists(0, p, row)
    s.become(0, p, row, "00", WAITING, "没有并发症标志", held="MATERNITY_FLAG_MISSING")
    row = s.visit(0, p, "4300.00", "0", "100.00", person=elsewhere, cop_flag="0", **DELIVERY)
    s.lists(0, p, row)
    s.become(0, p, row, "00", WAITING, "外市参保，没有签约标志", held="MATERNITY_FLAG_MISSING")
    row = {**row, "booking_flag": "1"}
    s.add(1, "settlements", **row)
    s.become(1, p, row, "00", RECOGNISED, "补传签约标志，12 月按包干认定", funds=whole, opened=0)


def _package(s: ProviderScene, p: Provider, row: Row, funds: dict[str, str], note: str) -> None:
    s.lists(0, p, row)
    s.become(0, p, row, "00", RECOGNISED, note, funds=funds)


def outside_the_region(s: ProviderScene) -> None:
    """区外分娩: no package, the billed amount."""
    p = s.provider(20, "外省医院", "02", admdvs="610100", deposit="0", package=PACKAGE)
    row = s.visit(0, p, "3900.00", "0", "500.00", cop_flag="0", booking_flag="0", pay_loc="4", **DELIVERY)
    _package(s, p, row, {"310100": "3900.00"}, "区外分娩：按结算单")
