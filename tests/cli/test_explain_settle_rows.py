"""说清一笔对账 (nxmed explain settlement): every class and hold, the break over the months, decisions, funds, payment."""

from __future__ import annotations

from pathlib import Path

import pytest
from settled import DEC, H3, NOV, settled, steps, titled, two_months

from nxmed.errors import MissingInput, UsageError
from nxmed.io.runs import newest, scan_table
from nxmed.io.workspace import Workspace
from nxmed.pipelines.explain_settle_row import explain_settlement
from nxmed.pipelines.resolve import resolve_break
from nxmed.pipelines.settle import run_settle
from tests.settlements.month import H1, H2

ORDER = ["06 重复", "07 跨期", "01 机构多", "02 中心多", "04 险种或清算类别不符", "05 退费不符", "03 金额不符", "00 平"]


def open_breaks(ws: Workspace) -> dict[str, str]:
    run = newest(ws, "settle", NOV)
    assert run is not None
    rows = scan_table(run, "statement_breaks").collect()
    return {f"{r['setl_id']}{'-' if r['refd_setl_flag'] == '1' else ''}": r["break_id"] for r in rows.iter_rows(named=True)}


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = two_months(tmp_path_factory.mktemp("agency") / "ws")
    settled(ws, NOV)
    ids = open_breaks(ws)
    resolve_break(ws, ids["S4"], "agency", "与医院核对票据 640104199001010018")
    run_settle(ws, NOV)  # S4 is recognised in November
    resolve_break(ws, ids["M1"], "provider", "医院更正")
    resolve_break(ws, ids["X9"], "reject", "机构无凭证")
    settled(ws, DEC)
    return ws


@pytest.mark.parametrize(("setl_id", "refund", "decided", "how"), [
    ("X9", False, "01 机构多", "中心到本月为止没有这一笔"),
    ("S4", False, "02 中心多", "机构明细里没有这一笔"),
    ("S3", False, "04 险种或清算类别不符", "中心 / 机构：险种 310 / 310，清算类别 11 / 21"),
    ("S6", True, "05 退费不符", "机构 − 中心：账户 -99.00 − -100.00 = 1.00；原结算 S6：2026-11 平，双方都有，已认定"),
    ("S2", False, "03 金额不符", "机构 − 中心：基金 701.00 − 700.00 = 1.00"),
    ("S1", False, "00 平", "以上都不成立"),
])
def test_each_class_is_decided_by_its_test_after_those_before_it(
        agency: Workspace, setl_id: str, refund: bool, decided: str, how: str) -> None:
    story = explain_settlement(agency, setl_id, NOV, refund=refund)
    told = steps(story)
    tried = [s.title.zh for s in story.steps if s.title.zh in ORDER]
    assert tried == ORDER[:ORDER.index(decided) + 1]
    assert [told[t].value.zh for t in tried] == [*["不成立"] * (len(tried) - 1), "成立"]
    assert told[decided].how.zh == how


def test_both_sides_with_file_and_row_and_no_identity_number(agency: Workspace) -> None:
    told = steps(explain_settlement(agency, "S2", NOV))
    assert told["中心记录"].value.zh == "医疗费 1,000.00  基金 700.00  账户 100.00"
    assert told["中心记录"].source.zh == "inbox/2026-11/settlements.csv 第 3 行"
    assert (told["机构明细"].value.zh, told["机构明细"].source.zh) == (
        "医疗费 1,000.00  基金 701.00  账户 100.00", "inbox/2026-11/provider_details.csv 第 3 行")
    assert "人员 P1，640104********0018" in told["中心记录"].how.zh
    assert (told["机构明细"].source.en, told["中心记录"].value.en) == (
        "inbox/2026-11/provider_details.csv row 3", "fees 1,000.00  fund 700.00  account 100.00")


def test_a_repeated_row_is_compared_once(agency: Workspace) -> None:
    told = steps(explain_settlement(agency, "S6", NOV))
    assert told["06 重复"].how.zh == "本月共 2 份：第 1 份参加比对（本说明），其余 1 份各列一行 06，不付"
    # the first copy stands in row 5 of the provider's file, the further one in row 6
    assert (told["机构明细"].source.zh[-5:], told["06 重复"].source.zh[-5:]) == ("第 5 行", "第 6 行"), (told["机构明细"].source.zh, told["06 重复"].source.zh)
    assert told["认定 310100 职工统筹"].value.zh == "500.00"


def test_what_another_month_settled(agency: Workspace) -> None:
    story = explain_settlement(agency, "S1")
    told = steps(story)
    assert story.zh == f"结算 S1（{H1}，2026-12）"
    assert told["07 跨期"].how.zh == "已在别的月份了结：2026-11，已认定，800.00"
    assert [told[m].value.zh for m in ("2026-11", "2026-12")] == ["00 平", "07 跨期"]
    assert (told["结论"].value.zh, told["认定合计"].value.zh) == ("本月不付", "0.00")
    assert explain_settlement(agency, "S1", NOV).replayed == {"stmt_diff": "00", "recognised_amt": "800.00"}


def test_totals_stand_for_details_or_hold_the_group(agency: Workspace) -> None:
    equal = steps(explain_settlement(agency, "K1", NOV))
    assert equal["02 中心多"].how.zh == "机构只报总额，没有明细，本组总额相符，视同逐笔相符"
    assert equal["00 平"].value.zh == "成立"
    assert equal["暂缓检查：总额"].value.zh == "通过"
    held = steps(explain_settlement(agency, "K2", NOV))
    assert held["02 中心多"].how.zh == "机构只报总额，没有明细，本组总额不符"
    assert held["暂缓检查：总额"].value.zh == "暂缓"
    assert "基金 700.00" in held["暂缓检查：总额"].how.zh
    assert "基金 699.00" in held["暂缓检查：总额"].how.zh
    assert held["结论"].value.zh == "未付"
    assert held["结论"].source.zh.endswith("--as agency|reject --note …")


@pytest.mark.parametrize(("setl_id", "check", "how", "do"), [
    ("I1", "暂缓检查：勾稽", "医疗费 = 基金 + 个人 + 医院：1,000.00 ≠ 700.00 + 300.00 + 1.00（暂缓）", "经办机构核对平台记录"),
    ("F1", "暂缓检查：基金", "险种 340 没有对应的统筹基金，统筹支出 700.00", "经办机构核对险种"),
    ("O1", "暂缓检查：协议期", "出院 2023-12-31，协议 2024-01-01 至 2027-12-31", "请核对服务协议起止日期"),
    ("B1", "暂缓检查：生育标志", "并发症标志 缺，签约标志 0", "请补传签约、并发症标志"),
])
def test_each_hold_shows_what_holds(
        agency: Workspace, setl_id: str, check: str, how: str, do: str) -> None:
    story = explain_settlement(agency, setl_id, NOV)
    checks = [s for s in story.steps if s.title.zh.startswith("暂缓检查")]
    assert [c.title.zh for c in checks if c.value.zh == "暂缓"] == [check]
    assert how in next(c for c in checks if c.title.zh == check).how.zh
    told = steps(story)
    assert told["00 平"].value.zh == "成立"
    assert told["结论"].value.zh == "未付"
    assert do in told["结论"].how.zh
    assert told["结论"].source.zh.endswith("--as reject --note …")


def test_a_row_that_two_things_hold_says_both(agency: Workspace) -> None:
    told = steps(explain_settlement(agency, "I2", NOV))
    assert {t: s.value.zh for t, s in told.items() if t.startswith("暂缓检查")} == {
        "暂缓检查：勾稽": "暂缓", "暂缓检查：基金": "通过", "暂缓检查：协议期": "暂缓"}
    assert "经办机构核对平台记录" in told["结论"].how.zh
    assert "请核对服务协议起止日期" in told["结论"].how.zh


def test_a_refund_waits_for_its_original_and_goes_with_it(agency: Workspace) -> None:
    before = steps(explain_settlement(agency, "M1", NOV, refund=True))
    assert before["05 退费不符"].value.zh == "不成立"
    assert before["暂缓检查：原结算"].value.zh == "暂缓"
    assert before["暂缓检查：原结算"].how.zh == "原结算 M1：2026-11 金额不符，双方都有，待处理"
    assert "原结算认定后自动冲减" in before["结论"].how.zh
    after = steps(explain_settlement(agency, "M1", refund=True))
    assert after["暂缓检查：原结算"].value.zh == "通过"
    assert (after["认定 310100 职工统筹"].value.zh, after["认定合计"].value.zh) == ("-700.00", "-800.00")


def test_a_break_over_the_months_with_who_decided(agency: Workspace) -> None:
    story = explain_settlement(agency, "M1")
    told = steps(story)
    assert told["差异编号"].how.zh == "2026-11 起，各月不变"
    assert [(told[m].value.zh, told[m].how.zh) for m in ("2026-11", "2026-12")] == [
        ("03 金额不符", "待处理"), ("03 金额不符", "已认定，认定 810.00")]
    decision = told["处理决定"]
    assert decision.value.zh == "按机构更正统筹"
    assert "“医院更正”，2026-12 已认定" in decision.how.zh
    assert decision.source.zh.startswith("settle_resolutions.jsonl ")
    # pool 700.00 + (710.00 − 700.00) = 710.00, account 100.00
    assert told["认定 310100 职工统筹"].how.zh == "hifp_pay 700.00 + 机构基金 710.00 − 中心基金 700.00 = 710.00"
    assert (told["认定 310200 个人账户"].value.zh, told["认定合计"].value.zh) == ("100.00", "810.00")
    assert told["中心记录"].source.zh == "inbox/2026-11/settlements.csv 第 7 行"


def test_a_note_is_masked(agency: Workspace) -> None:
    decision = steps(explain_settlement(agency, "S4", NOV))["处理决定"]
    assert "640104199001010018" not in decision.how.zh + decision.how.en
    assert "与医院核对票据 640104********0018" in decision.how.zh


def test_a_row_that_was_put_right_closes_its_break(agency: Workspace) -> None:
    told = steps(explain_settlement(agency, "S2"))
    assert [told[m].value.zh for m in ("2026-11", "2026-12")] == ["03 金额不符", "00 平"]
    assert told["中心记录"].how.zh.startswith("2026-11 送达")
    assert told["机构明细"].how.zh.startswith("2026-12 送达")
    assert told["并入 2026-12 应付 310100"].how.zh.endswith(f"nxmed explain payable {H1} 310100 -p 2026-12")


def test_what_was_written_off(agency: Workspace) -> None:
    told = steps(explain_settlement(agency, "X9"))
    assert (told["结论"].value.zh, told["结论"].how.zh) == ("不付", "已决定核销（见处理决定）")
    assert told["中心记录"].value.zh == "无"


def test_a_delivery_shows_its_package(agency: Workspace) -> None:
    told = steps(explain_settlement(agency, "B2", NOV))
    # half of 4,000.01 = 2,000.005 → 2,000.01; billed 3,000.00: 999.99 stay with the provider
    assert told["包干结算"].value.zh == "2,000.01"
    assert told["包干结算"].how.zh == "4,000.01 × 0.5 = 2,000.0050 → 四舍五入到分"
    assert told["与结算单之差"].value.zh == "999.99"
    assert told["认定 310100 职工统筹"].how.zh == "包干代替 hifp_pay 3,000.00"


def test_the_item_that_pays_it(agency: Workspace) -> None:
    told = titled(explain_settlement(agency, "S1", NOV), "付款项")
    assert len(told) == 2  # pool and account
    assert all("由 640104 支付" in s.how.zh for s in told)
    assert [s.value.zh for s in titled(explain_settlement(agency, "S1", NOV), "拨付")] == ["尚未编批"] * 2


def test_what_is_not_there(agency: Workspace) -> None:
    with pytest.raises(MissingInput, match="没有找到结算 NOPE"):
        explain_settlement(agency, "NOPE")
    with pytest.raises(MissingInput, match="没有退费的结算 S1"):
        explain_settlement(agency, "S1", refund=True)
    with pytest.raises(MissingInput, match="2026-11 的结算里没有 T1"):
        explain_settlement(agency, "T1", NOV)
    with pytest.raises(MissingInput):
        explain_settlement(agency, "K1", provider=H3)
    assert explain_settlement(agency, "K1", NOV, provider=H2).zh == f"结算 K1（{H2}，2026-11）"


def test_one_number_at_two_providers_needs_the_provider(tmp_path: Path) -> None:
    ws = two_months(tmp_path / "ws")
    path = ws.path / "inbox" / "2026-11" / "settlements.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, next(x for x in lines if x.startswith("S1,")).replace(H1, H2)]) + "\n", "utf-8")
    # two rows of one key within a month are rejected at the door; another provider's row of that number comes from its details
    settled(ws, NOV)
    details = ws.path / "inbox" / "2026-12" / "provider_details.csv"
    rows = details.read_text("utf-8").splitlines()
    details.write_text("\n".join([*rows, next(x for x in rows if ",S1," in x or x.startswith("S1,")).replace(H1, H2)]) + "\n", "utf-8")
    settled(ws, DEC)
    with pytest.raises(UsageError, match=f"{H1}、{H2}"):
        explain_settlement(ws, "S1")
    assert steps(explain_settlement(ws, "S1", DEC, provider=H2))["01 机构多"].value.zh == "成立"
