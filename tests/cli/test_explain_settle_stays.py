"""说清一次复核 (nxmed explain stay): each branch with its arithmetic by hand; chronic fees, drugs, packages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from settled import NOV, agencys, delivery, dingxi, registered, settled, stay, steps, titled, two_months, write

from nxmed.errors import MissingInput
from nxmed.io.workspace import Workspace, init
from nxmed.pipelines.explain_settle_stay import explain_stay
from tests.settlements.month import H1, detail


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = dingxi(tmp_path_factory.mktemp("agency") / "ws")
    settled(ws, NOV)
    return ws


def test_the_worked_stay(agency: Workspace) -> None:
    story = explain_stay(agency, "W1")
    told = steps(story)
    # (30000 − 600) × 93 % = 27,342.00; own 2,658.00; (2658 − 1000) × 95 % = 1,575.10; left 1,082.90
    assert told["机构级别"].value.zh == "三级"
    assert told["机构级别"].source.zh == "inbox/2026-11/providers.csv 第 2 行；hospital_levels"
    assert told["就医去向"].value.zh == "市内"
    assert told["起付标准"].value.zh == "600.00"
    assert told["起付标准"].source.zh == "DXTC-22 600.00 2024-01-01至 2028-12-31（定政办发〔2023〕100号 第二十二条表）"
    assert told["支付比例"].value.zh == "0.93"
    assert (told["超过起付的部分"].value.zh, told["按比例"].how.zh) == ("29,400.00", "29,400.00 × 0.93 = 27,342.0000 → 四舍五入到分")
    assert told["年度限额"].how.zh == "还余 70,000.00 − 0.00 = 70,000.00"
    assert (told["应付统筹"].value.zh, told["范围内自付"].value.zh) == ("27,342.00", "2,658.00")
    assert told["自付超过起付的部分"].value.zh == "1,658.00"
    assert told["应付大额补助"].value.zh == "1,575.10"
    assert told["剩余自付"].value.zh == "1,082.90"
    # the bill paid nothing from either fund
    assert (told["统筹与结算单之差"].value.zh, told["统筹与结算单之差"].how.zh) == ("-27,342.00", "hifp_pay 0.00 − 27,342.00，结算单少")
    assert story.replayed == {"fund_amt": "27,342.00", "supp_amt": "1,575.10", "diff_amt": "-27,342.00", "supp_diff_amt": "-1,575.10"}
    assert "640104********0018" in told["来源"].how.zh


def test_the_year_before_it_and_the_limit(agency: Workspace) -> None:
    told = steps(explain_stay(agency, "W2"))
    # March: (50600 − 600) × 93 % = 46,500.00; now (30600 − 600) × 93 % = 27,900.00, but only 23,500.00 are left
    assert (told["年内以前"].value.zh, told["年内以前"].how.zh) == ("46,500.00", "A0，2026-03-01 结算，范围内 50,600.00")
    assert told["年内以前"].source.zh == "inbox/2026-03/settlements.csv 第 2 行"
    assert told["年内累计（此前）"].value.zh == "46,500.00"
    assert told["年度限额"].how.zh == "还余 70,000.00 − 46,500.00 = 23,500.00"
    assert told["应付统筹"].how.zh == "27,900.00 与余额 23,500.00 取小"
    assert (told["应付统筹"].value.zh, told["年内累计（此后）"].value.zh) == ("23,500.00", "70,000.00")
    # own 7,100.00: 6,100.00 × 95 % = 5,795.00; in March own 4,100.00: 3,100.00 × 95 % = 2,945.00 of the 600,000.00
    assert told["应付大额补助"].value.zh == "5,795.00"
    assert "限额还余 600,000.00 − 2,945.00 = 597,055.00" in told["应付大额补助"].how.zh


@pytest.mark.parametrize(("setl_id", "branch", "deductible", "rate", "how", "fund"), [
    ("L1", "异地长期备案，按市内", "600.00", "0.93", "三级", "8,742.00"),          # (10000 − 600) × 93 %
    ("L2", "转诊", "800.00", "0.88", "0.93 − 0.05 = 0.88", "8,096.00"),           # (10000 − 800) × 88 %
    ("L3", "急诊抢救，按转诊", "800.00", "0.88", "0.93 − 0.05 = 0.88", "8,096.00"),
    ("L4", "省内自行就医", "800.00", "0.83", "0.93 − 0.10 = 0.83", "7,636.00"),   # 9200 × 83 %
    ("L5", "省外自行就医", "800.00", "0.73", "0.93 − 0.20 = 0.73", "6,716.00"),   # 9200 × 73 %
])
def test_each_branch(agency: Workspace, setl_id: str, branch: str, deductible: str, rate: str, how: str, fund: str) -> None:
    told = steps(explain_stay(agency, setl_id))
    assert told["就医去向"].value.zh == branch
    assert (told["起付标准"].value.zh, told["支付比例"].value.zh, told["支付比例"].how.zh) == (deductible, rate, how)
    assert told["应付统筹"].value.zh == fund
    assert ("DXTC-27" in told["支付比例"].source.zh) == (branch != "异地长期备案，按市内")


def test_below_the_deductible(agency: Workspace) -> None:
    told = steps(explain_stay(agency, "L6"))
    assert (told["超过起付的部分"].value.zh, told["超过起付的部分"].how.zh) == ("0.00", "599.99 − 600.00，不足 0 按 0")
    assert (told["应付统筹"].value.zh, told["范围内自付"].value.zh, told["应付大额补助"].value.zh) == ("0.00", "599.99", "0.00")


def test_a_chronic_fee_that_reaches_its_limit(agency: Workspace) -> None:
    story = explain_stay(agency, "C1")
    told = steps(story)
    assert [(s.value.zh[:2], s.how.zh[-15:]) for s in titled(story, "认定病种")] == [
        ("13", "覆盖本日，限额 5,000.00"[-15:]), ("26", "覆盖本日，限额 3,000.00"[-15:]), ("34", "不覆盖本日，限额 2,000.00"[-15:])]
    assert told["本日限额"].how.zh == "最高一种，另 1 种各加（最多 3 种）：5,000.00 + 300.00 × 1 = 5,300.00"
    # before: 1,000.00 × 70 % = 700.00; now 9,000.00 × 70 % = 6,300.00, of which 4,600.00 fit
    assert told["年度限额"].how.zh == "还余 5,300.00 − 700.00 = 4,600.00"
    assert told["应付统筹"].value.zh == "4,600.00"
    # until then 4,600.00 ÷ 0.7 − 4,600.00 = 1,971.428571…; in the year 2,271.428571…, above 1,000.00 at 80 % 1,017.142857…
    assert told["限额内自付"].how.zh == "只计到达到限额为止，4,600.00 ÷ 0.70 − 4,600.00 = 1,971.428571…"
    assert told["年内自付累计"].how.zh == "300.00 + 1,971.428571…"
    assert told["超过起付的部分"].value.zh == "1,271.428571…"
    assert told["应付大额补助"].value.zh == "1,017.14"


def test_chronic_fees_without_a_limit(agency: Workspace) -> None:
    unregistered = steps(explain_stay(agency, "C2"))
    assert unregistered["认定病种"].value.zh == "无"
    assert (unregistered["本日限额"].value.zh, unregistered["应付统筹"].value.zh) == ("0.00", "0.00")
    unknown = steps(explain_stay(agency, "C3"))
    assert "不在表内" in unknown["认定病种"].how.zh
    assert unknown["未能复核"].value.zh == "病种不在第三十一条表内"


def test_a_negotiated_drug(agency: Workspace) -> None:
    told = steps(explain_stay(agency, "G2"))
    # own 2,000.00 − 500.00 = 1,500.00 each; after the first 500.00 above 1,000.00, after the second 2,000.00: 1,500.00 × 80 %
    assert told["年内以前"].value.zh == "1,500.00"
    assert told["年内自付累计"].how.zh == "1,500.00 + 1,500.00"
    assert told["超过起付的部分"].how.zh == "此后超过的 2,000.00 − 此前超过的 500.00"
    assert told["应付大额补助"].value.zh == "1,200.00"
    assert steps(explain_stay(agency, "G1"))["应付大额补助"].value.zh == "400.00"


@pytest.mark.parametrize(("over", "package", "why"), [
    ({}, "4,000.01", "按定额"),
    ({"insu_admdvs": "640221"}, "2,000.01", "4,000.01 × 0.5 = 2,000.0050 → 四舍五入到分"),
    ({"insu_admdvs": "640221", "booking_flag": "1"}, "4,000.01", "按定额"),
    ({"cop_flag": "1"}, "按结算单", "区外、有并发症或标志缺失"),
])
def test_the_maternity_package(tmp_path: Path, over: dict[str, str], package: str, why: str) -> None:
    ws = init(tmp_path / "ws", "ningxia")
    row = delivery("B1", **over)
    write(ws.path, "2026-11", "providers", [registered(matn_headcap_amt="4000.01")])
    write(ws.path, "2026-11", "settlements", agencys([row]), ("booking_flag", "cop_flag"))
    write(ws.path, "2026-11", "provider_details", [detail(row)])
    settled(ws, NOV)
    told = steps(explain_stay(ws, "B1"))
    assert told["包干定额"].source.zh == "inbox/2026-11/providers.csv 第 2 行"
    assert (told["包干结算"].value.zh, told["包干结算"].how.zh) == (package, why)
    assert told["认定统筹"].value.zh == ("3,000.00" if package == "按结算单" else package)
    assert told["区内机构"].source.zh.startswith("NXJY-49 640000")


def test_a_delivery_without_a_package_is_billed(tmp_path: Path) -> None:
    ws = init(tmp_path / "ws", "ningxia")
    write(ws.path, "2026-11", "providers", [registered()])
    write(ws.path, "2026-11", "settlements", agencys([delivery("B1")]), ("booking_flag", "cop_flag"))
    write(ws.path, "2026-11", "provider_details", [detail(delivery("B1"))])
    settled(ws, NOV)
    assert steps(explain_stay(ws, "B1"))["包干定额"].how.zh == "协议没有约定，按结算单"


def test_the_level_of_the_newest_agreement_where_none_covers_the_discharge(tmp_path: Path) -> None:
    ws = init(tmp_path / "ws", "dingxi")
    write(ws.path, "2026-11", "providers", [registered(invd_time=date(2026, 11, 1), dedc_hosp_lv="06")])
    write(ws.path, "2026-11", "settlements", agencys([stay("S1", "10000.00")]))
    write(ws.path, "2026-11", "provider_details", [detail(stay("S1", "10000.00"))])
    settled(ws, NOV)
    level = steps(explain_stay(ws, "S1"))["机构级别"]
    assert (level.value.zh, level.how.zh) == ("二级", "起付线等级 06，出院日不在协议期，取最新协议")


def test_what_was_not_repriced_says_why(agency: Workspace, tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="医疗类别 11 不复核"):
        explain_stay(agency, "N1")
    with pytest.raises(MissingInput, match="险种 390，只复核职工"):
        explain_stay(agency, "R1")
    with pytest.raises(MissingInput, match="没有找到结算 NOPE"):
        explain_stay(agency, "NOPE")
    ningxia = two_months(tmp_path / "ws")
    settled(ningxia, NOV)
    with pytest.raises(MissingInput, match="文件未规定住院待遇标准"):
        explain_stay(ningxia, "S1")
    with pytest.raises(MissingInput, match="中心没有结算 X9"):
        explain_stay(ningxia, "X9")
    assert explain_stay(agency, "W1", provider=H1).zh == f"住院复核 W1（{H1}，2026-11）"
