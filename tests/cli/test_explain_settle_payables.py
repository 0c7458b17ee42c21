"""说清一项应付 (nxmed explain payable): by hand, over two months, with the advance of Dingxi's December."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from settled import DEC, H3, NOV, agencys, registered, settled, steps, titled, two_months, write

from nxmed.errors import MissingInput
from nxmed.io.workspace import Workspace, init
from nxmed.pipelines.explain_settle_payable import explain_payable
from tests.settlements.month import H1, H2, detail, settlement


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = two_months(tmp_path_factory.mktemp("agency") / "ws")
    settled(ws, NOV, DEC)
    return ws


def test_a_payable_by_hand(agency: Workspace) -> None:
    story = explain_payable(agency, H1, "310100", NOV)
    told = steps(story)
    # S1 700.00, S6 500.00 and the package of B2 2,000.01 (half of 4,000.01): 3,200.01; S2, S3, S4, M1 and the refunds wait
    assert (told["认定：00 平"].value.zh, told["认定：00 平"].how.zh) == ("3,200.01", "3 笔")
    assert told["认定额"].value.zh == "3,200.01"
    assert told["上期结转"].how.zh == "首个结算月份"
    assert [(s.value.zh, s.how.zh, s.source.zh) for s in (told["扣款 D1"], told["扣款 D2"])] == [
        ("50.00", "10 审核扣款，超限用药", "inbox/2026-11/deductions.csv 第 2 行"),
        ("10.50", "20 稽核扣款，重复收费", "inbox/2026-11/deductions.csv 第 3 行")]
    assert (told["扣款"].value.zh, told["扣款"].how.zh) == ("60.50", "2 项之和")
    # 3,200.01 − 60.50 = 3,139.51; 5 %: 156.9755 → 156.98
    assert told["预留金"].value.zh == "156.98"
    assert told["预留金"].how.zh == "3,200.01 − 60.50 = 3,139.51；3,139.51 × 0.05 = 156.9755 → 四舍五入到分"
    assert told["预留金"].source.zh == "协议 2024-01-01 至 2027-12-31 的比例 0.05，inbox/2026-11/providers.csv 第 2 行"
    assert "周转金" not in told
    # 3,200.01 − 60.50 − 156.98 = 2,982.53
    assert told["余额"].how.zh.endswith("3,200.01 + 0.00 − 60.50 − 156.98 − 0.00 = 2,982.53")
    assert (told["实付"].value.zh, told["付款项"].value.zh, told["拨付"].value.zh) == ("2,982.53", "2,982.53", "尚未编批")
    assert story.replayed["act_dfr_amt"] == "2,982.53"


def test_what_stays_below_zero_is_carried_to_the_next_month(agency: Workspace) -> None:
    first = steps(explain_payable(agency, H2, "310100", NOV))
    # K1 700.00 − D3 800.00 = −100.00: no deposit, nothing paid
    assert first["预留金"].how.zh == "认定 − 扣款 = -100.00，不留"
    assert (first["结转下期"].value.zh, first["实付"].value.zh, first["付款项"].value.zh) == ("-100.00", "0.00", "无")
    second = steps(explain_payable(agency, H2, "310100"))
    assert (second["上期结转"].value.zh, second["上期结转"].how.zh) == ("-100.00", "2026-11 的结转下期")
    # K3 300.00 − 100.00 − 5 % of 300.00 = 185.00
    assert (second["预留金"].value.zh, second["实付"].value.zh) == ("15.00", "185.00")


def test_rows_resolved_from_an_earlier_month_are_named(agency: Workspace) -> None:
    told = steps(explain_payable(agency, H1, "310100", DEC))
    # T1 of December and S2, open since November and put right by the provider
    assert (told["认定：00 平"].value.zh, told["认定：00 平"].how.zh) == ("1,400.00", "2 笔，其中 1 笔为以前月份的差异")


def test_no_deposit_on_the_account(agency: Workspace) -> None:
    told = steps(explain_payable(agency, H1, "310200", NOV))
    assert (told["预留金"].value.zh, told["预留金"].how.zh, told["预留金"].source.zh) == ("0.00", "个人账户不留预留金", "")


def test_the_deposit_rate_is_that_of_the_agreement_in_force_on_the_last_day(tmp_path: Path) -> None:
    ws = init(tmp_path / "ws", "ningxia")
    write(ws.path, "2026-11", "providers", [
        registered(invd_time=date(2026, 11, 29)), registered(efft_time=date(2026, 11, 30), dpst_rat="0.1")])
    write(ws.path, "2026-11", "settlements", agencys([settlement("S1")]))
    write(ws.path, "2026-11", "provider_details", [detail(settlement("S1"))])
    settled(ws, NOV)
    deposit = steps(explain_payable(ws, H1, "310100"))["预留金"]
    assert deposit.value.zh == "70.00"
    assert deposit.source.zh == "协议 2026-11-30 至 2027-12-31 的比例 0.1，inbox/2026-11/providers.csv 第 3 行"


@pytest.mark.parametrize(("advance", "pool", "other", "left"), [
    ("500.00", "500.00", "0.00", "200.00"),      # within the first fund
    ("750.00", "700.00", "50.00", "0.00"),       # 700.00 of the pool, 50.00 of fund 330100
    ("1000.00", "900.00", "100.00", "-200.00"),  # more than both: the 200.00 left stand on the first fund and are carried
])
def test_the_advance_of_december_in_dingxi(tmp_path: Path, advance: str, pool: str, other: str, left: str) -> None:
    ws = init(tmp_path / "ws", "dingxi")
    row = settlement("S1", hifob_pay="100.00", fund_pay_sumamt="800.00", medfee_sumamt="1100.00", inscp_scp_amt="1100.00")
    write(ws.path, "2026-12", "providers", [registered(dpst_rat="0", turnover_fund=advance, fix_blng_admdvs="621102")])
    write(ws.path, "2026-12", "settlements", agencys([row]))
    write(ws.path, "2026-12", "provider_details", [detail(row)])
    settled(ws, DEC)
    first, second = (steps(explain_payable(ws, H1, f)) for f in ("310100", "330100"))
    assert (first["周转金"].value.zh, second["周转金"].value.zh) == (pool, other)
    assert first["周转金"].source.zh.startswith("DXTC-58 12 ")
    assert first["余额"].value.zh == left
    assert "按基金次序" in second["周转金"].how.zh
    assert ("各基金不足的 200.00 记在此" in first["周转金"].how.zh) == (advance == "1000.00")
    assert steps(explain_payable(ws, H1, "310200"))["周转金"].how.zh == "个人账户不抵"


def test_before_december_nothing_is_taken_off(tmp_path: Path) -> None:
    ws = init(tmp_path / "ws", "dingxi")
    write(ws.path, "2026-11", "providers", [registered(turnover_fund="500.00")])
    write(ws.path, "2026-11", "settlements", agencys([settlement("S1")]))
    write(ws.path, "2026-11", "provider_details", [detail(settlement("S1"))])
    settled(ws, NOV)
    assert steps(explain_payable(ws, H1, "310100"))["周转金"].how.zh == "12 月才抵扣"


def test_what_is_not_there(agency: Workspace) -> None:
    with pytest.raises(MissingInput, match="没有机构 H64010400003 基金 310100 的应付"):
        explain_payable(agency, H3, "310100")
    with pytest.raises(MissingInput, match="基金 999997"):
        explain_payable(agency, H1, "999997", NOV)
    with pytest.raises(MissingInput, match="没有 2026-10 的机构结算"):
        explain_payable(agency, H1, "310100", NOV - 1)
    assert titled(explain_payable(agency, H1, "310100"), "实付")
