"""验收：机构结算的算例与界限，手写来件，从命令行走到底."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clinic_files import agreement, ask, asked, back, bill, classes, line, owed, priced, put, room, run, settle

STAY: dict[str, Any] = {"med_type": "21", "clr_type": "21"}


def test_worked_numbers_of_dingxi(tmp_path: Path) -> None:
    # 三级 S 30,000：(30000 − 600) × 93 % = 27,342.00，自付 2,658.00，(2658 − 1000) × 95 % = 1,575.10
    # 另一人 S 100,000：92,442.00 封顶 70,000.00，自付 30,000.00，补助 27,550.00
    # 慢特病 13（5,000）与 26（3,000）：限额 5,300；9,000 × 70 % = 6,300 → 5,300.00；补助 1,017.14
    folder = room(tmp_path / "w", "dingxi")
    bills = [
        bill("A", "30000.00", "27342.00", hifob_pay="1575.10", **STAY),
        bill("B", "100000.00", "92442.00", psn_no="P2", **STAY),
        bill("C", "9000.00", "5300.00", hifob_pay="1017.14", psn_no="P3", med_type="140104"),
    ]
    chronic = [{"psn_no": "P3", "dise_no": n, "begndate": "2026-01-01", "enddate": ""} for n in ("13", "26")]
    settle(folder, "2026-11", bills, chronic_registrations=chronic)
    assert priced(folder, "2026-11") == {
        "A": ("27342.00", "1575.10"),
        "B": ("70000.00", "27550.00"),
        "C": ("5300.00", "1017.14"),
    }
    assert ask(folder, "select setl_id, own_amt from repricing order by 1") == [
        ("A", "2658.00"), ("B", "30000.00"), ("C", "2271.43")]  # fmt: skip
    assert asked(folder, "select setl_id from findings where code = 'REPRICE_DIFF'") == [("B",)]


def test_levels_by_grade(tmp_path: Path) -> None:
    # S 10,000 在本地：01–04 三级 9400 × 93 %，05–07 二级 9600 × 95 %，08–11 一级 9800 × 98 %
    shares = {
        "01": "8742.00", "04": "8742.00", "05": "9120.00", "07": "9120.00", "08": "9604.00", "10": "9604.00", "11": "9604.00",
    }  # fmt: skip
    bills = [bill(g, "10000.00", psn_no=f"P{g}", fixmedins_code=f"H{g}", **STAY) for g in shares]
    folder = room(tmp_path / "w", "dingxi")
    settle(folder, "2026-11", bills, providers=[agreement(f"H{g}", dedc_hosp_lv=g) for g in shares])
    assert {s: fund for s, (fund, _) in priced(folder, "2026-11").items()} == shares


def test_places_and_filings(tmp_path: Path) -> None:
    # 三级 S 10,000：本地与长期备案 9400 × 93 % = 8,742.00；转诊、急诊 9200 × 88 % = 8,096.00；
    # 自行：省内 9200 × 83 % = 7,636.00，跨省 9200 × 73 % = 6,716.00。每人一笔，互不累计
    home, sent, near, far = "8742.00", "8096.00", "7636.00", "6716.00"
    cases = {
        **{("2", f, ""): home for f in ("", "02", "06", "10", "11")},
        **{(p, f, ""): home for p in "34" for f in ("02", "07", "08", "09")},
        **{(p, "06", ""): sent for p in "34"},
        **{(p, f, "1"): sent for p in "34" for f in ("", "10", "11")},
        **{("3", f, e): near for f in ("", "10", "11") for e in ("", "0")},
        **{("4", f, e): far for f in ("", "10", "11") for e in ("", "0")},
        ("1", "", "1"): home,
        ("3", "02", "1"): home,
    }
    bills = [
        bill(f"A{n:02d}", "10000.00", psn_no=f"P{n}", pay_loc=p, out_fil_type=f, emer_flag=e, **STAY)
        for n, (p, f, e) in enumerate(cases)
    ]
    bills += [
        bill("L1", "10000.00", psn_no="Q1", fixmedins_code="H02", pay_loc="4", out_fil_type="06", **STAY),
        bill("L2", "10000.00", psn_no="Q2", fixmedins_code="H03", pay_loc="4", out_fil_type="06", **STAY),
        bill("D1", "800.00", psn_no="Q3", pay_loc="4", out_fil_type="06", **STAY),
        bill("D2", "800.01", psn_no="Q4", pay_loc="4", out_fil_type="06", **STAY),
    ]
    providers = [agreement(), agreement("H02", dedc_hosp_lv="06"), agreement("H03", dedc_hosp_lv="09")]
    folder = room(tmp_path / "w", "dingxi")
    settle(folder, "2026-11", bills, providers=providers)
    found = priced(folder, "2026-11")
    assert {c: found[f"A{n:02d}"][0] for n, c in enumerate(cases)} == cases
    # 二级 (10000 − 500) × 90 %；一级 (10000 − 200) × 93 %；起付线上为 0，多一分 0.01 × 88 % → 0.01
    assert [found[s][0] for s in ("L1", "L2", "D1", "D2")] == ["8550.00", "9114.00", "0.00", "0.01"]


def test_order_and_year_of_the_limit(tmp_path: Path) -> None:
    # 同一时刻按结算号（A10 在 A2 前）：60,000 × … 三级 (60000 − 600) × 93 % = 55,242.00；余 14,758.00；再余 0
    # 出院 12-31 与 01-01 分属两年（第二十二条：以出院日期为准）：12-31 的在一月才结算，2026 年的限额已经用完
    folder = room(tmp_path / "w", "dingxi")
    stays = {
        "A2": "2026-12-05 10:00:00",
        "A10": "2026-12-05 10:00:00",
        "B": "2026-12-05 09:59:59",
        "C": "2026-12-06 08:00:00",
    }
    bills = [bill(s, "60000.00", enddate="2026-12-05", setl_time=t, **STAY) for s, t in stays.items()]
    settle(folder, "2026-12", bills)
    found = priced(folder, "2026-12")
    assert [found[s][0] for s in ("B", "A10", "A2", "C")] == ["55242.00", "14758.00", "0.00", "0.00"]
    # A2：自付 60,000 → (60000 − 1000) × 95 % = 56,050.00
    assert found["A2"][1] == "56050.00"
    bills = [
        bill(s, "100000.00", begndate="2026-12-20", enddate=e, setl_time=f"2027-01-0{n} 10:00:00", **STAY)
        for n, (s, e) in enumerate({"X": "2026-12-31", "Y": "2027-01-01", "Z": "2027-01-02"}.items(), start=3)
    ]
    settle(folder, "2027-01", bills)
    found = priced(folder, "2027-01")
    assert [found[s][0] for s in ("X", "Y", "Z")] == ["0.00", "70000.00", "0.00"]
    assert ask(folder, "select setl_id, benefit_year from repricing where period = '2027-01' order by 1") == [
        ("X", 2026), ("Y", 2027), ("Z", 2027)]  # fmt: skip


def test_supplement_of_stays_stops_at_its_yearly_limit(tmp_path: Path) -> None:
    # 统筹封顶后自付 700,000 → (700000 − 1000) × 95 % = 664,050 → 限 600,000；下一笔补助 0
    folder = room(tmp_path / "w", "dingxi")
    bills = [bill("A", "770000.00", **STAY), bill("B", "50000.00", setl_time="2026-11-06 10:00:00", **STAY)]
    settle(folder, "2026-11", bills)
    assert priced(folder, "2026-11") == {"A": ("70000.00", "600000.00"), "B": ("0.00", "0.00")}


def test_chronic_in_parts_three_diseases_and_days(tmp_path: Path) -> None:
    # P1：13（5,000）26（3,000）36（2,000）与 27：四种只算三种：5,000 + 600 = 5,600
    #   4,000 → 2,800.00，自付 1,200 → (1200 − 1000) × 80 % = 160.00
    #   5,000 → 3,500 → 余 2,800.00；到限额的费用 2800/0.7 = 4000，自付 1,200 → 960.00
    #   再 100 → 0，0
    # P2：认定 11-05 起：当日算，前一日不算；P3 认定到 11-05 止：当日算，次日不算
    folder = room(tmp_path / "w", "dingxi")
    chronic = [
        {"psn_no": "P1", "dise_no": n, "begndate": "2026-01-01", "enddate": ""} for n in ("13", "26", "36", "27")
    ]
    chronic += [
        {"psn_no": "P2", "dise_no": "34", "begndate": "2026-11-05", "enddate": ""},
        {"psn_no": "P3", "dise_no": "34", "begndate": "2026-01-01", "enddate": "2026-11-05"},
    ]
    bills = [
        bill(s, fee, med_type="14", psn_no=p, begndate=d, enddate=d, setl_time=f"{d} 1{n}:00:00")
        for n, (s, p, fee, d) in enumerate(
            [
                ("A", "P1", "4000.00", "2026-11-04"), ("B", "P1", "5000.00", "2026-11-05"), ("C", "P1", "100.00", "2026-11-06"),
                ("D", "P2", "100.00", "2026-11-04"), ("E", "P2", "100.01", "2026-11-05"),
                ("F", "P3", "100.00", "2026-11-05"), ("G", "P3", "100.00", "2026-11-06"),
            ]
        )
    ]  # fmt: skip
    settle(folder, "2026-11", bills, chronic_registrations=chronic)
    assert priced(folder, "2026-11") == {
        "A": ("2800.00", "160.00"), "B": ("2800.00", "960.00"), "C": ("0.00", "0.00"), "D": ("0.00", "0.00"),
        "E": ("70.01", "0.00"), "F": ("70.00", "0.00"), "G": ("0.00", "0.00"),
    }  # fmt: skip


def test_negotiated_drugs_need_their_column(tmp_path: Path) -> None:
    # 谈判药：自付 600 + 900 = 1,500 → (1500 − 1000) × 80 % = 400.00；没有该列时说明未算
    folder = room(tmp_path / "w", "dingxi")
    bills = [
        bill("A", "1000.00", "400.00", tdrug_flag="1"),
        bill("B", "1500.00", "600.00", tdrug_flag="1", setl_time="2026-11-06 10:00:00"),
        bill("C", "1500.00", "600.00", tdrug_flag="0", setl_time="2026-11-07 10:00:00"),
    ]
    settle(folder, "2026-11", bills)
    assert priced(folder, "2026-11") == {"A": ("400.00", "0.00"), "B": ("600.00", "400.00")}
    other = room(tmp_path / "v", "dingxi")
    settle(other, "2026-11", [bill("A", "1000.00", "400.00")])
    assert priced(other, "2026-11") == {}
    assert [
        m for (m,) in ask(other, "select message from findings where code = 'REPRICE_SKIPPED'") if "tdrug_flag" in m
    ]


def test_ningxia_has_no_inpatient_numbers(tmp_path: Path) -> None:
    folder = room(tmp_path / "w")
    settle(folder, "2026-11", [bill("A", "10000.00", **STAY)])
    assert priced(folder, "2026-11") == {}
    assert ask(folder, "select code, severity from findings where code like 'REPRICE%'") == [
        ("REPRICE_SKIPPED", "info")
    ]


def test_agreement_bounds(tmp_path: Path) -> None:
    # 两份协议：11-02 至 11-10，11-12 至 11-20；两端的日子在内，之外和空档不在
    days = {
        "2026-11-01": 0, "2026-11-02": 1, "2026-11-10": 1, "2026-11-11": 0, "2026-11-12": 1, "2026-11-20": 1, "2026-11-21": 0,
    }  # fmt: skip
    bills = [bill(f"A{n}", "100.00", "70.00", begndate="2026-11-01", enddate=d) for n, d in enumerate(days)]
    folder = room(tmp_path / "w", "dingxi")
    providers = [
        agreement(efft_time="2026-11-02", invd_time="2026-11-10"),
        agreement(efft_time="2026-11-12", invd_time="2026-11-20"),
    ]
    settle(folder, "2026-11", bills, providers=providers)
    found = [(h, r) for _, _, d, h, r in classes(folder, "2026-11") if d == "00"]
    assert found == [(None, "70.00") if inside else ("OUT_OF_AGREEMENT", "0.00") for inside in days.values()]
    assert ask(folder, "select count(*) from findings where code = 'OUT_OF_AGREEMENT' and severity = 'error'") == [(3,)]
    # 下月登记补上的协议覆盖了：认定，同一差异号关闭
    settle(folder, "2026-12", [], [line(bill("Z", "1.00"))], providers=[agreement()])
    assert [(s, r) for s, _, d, _, r in classes(folder, "2026-12") if d == "00"] == [
        (f"A{n}", "70.00") for n in (0, 3, 6)
    ]


def test_every_class_in_its_order(tmp_path: Path) -> None:
    # 06 先于其余；04 先于 03；退费金额不符 05 先于 03；缺原结算 05
    a = {s: bill(s, "100.00", "70.00", "10.00") for s in ("OK", "DUP", "TYPE", "AMT", "ORG", "MINE", "ACCT", "FUND")}
    types = {"insutype": "310", "clr_type": "11"}
    theirs = [
        line(a["OK"], **types), line(a["DUP"], **types), line(a["DUP"], **types, medfee_sumamt="1.00"),
        line(a["TYPE"], insutype="310", clr_type="21", medfee_sumamt="1.00"), line(a["AMT"], **types, medfee_sumamt="99.99"),
        line(a["ACCT"], **types, acct_pay="10.01"), line(a["FUND"], **types, fund_pay_sumamt="69.99"),
        line(bill("THEIRS", "5.00"), **types),
    ]  # fmt: skip
    refunds = [back(a["OK"], "R1"), back(a["ORG"], "R2"), back(bill("GONE", "1.00"), "R3")]
    theirs += [line(refunds[0], **types, acct_pay="-10.01"), line(refunds[1], **types), line(refunds[2], **types)]
    folder = room(tmp_path / "w")
    settle(folder, "2026-11", [*a.values(), *refunds], theirs)
    found = {}
    for setl, flag, diff, _, _ in classes(folder, "2026-11"):
        found.setdefault((setl, flag), []).append(diff)
    assert found == {
        ("OK", "0"): ["00"], ("DUP", "0"): ["00", "06"], ("TYPE", "0"): ["04"], ("AMT", "0"): ["03"], ("ACCT", "0"): ["03"],
        ("FUND", "0"): ["03"], ("ORG", "0"): ["02"], ("MINE", "0"): ["02"], ("THEIRS", "0"): ["01"],
        ("R1", "1"): ["05"], ("R2", "1"): ["05"], ("R3", "1"): ["05"],
    }  # fmt: skip
    # 次月再送已结的：07，不再付
    settle(folder, "2026-12", [a["OK"]], [line(a["DUP"], **types)])
    assert [(s, d, r) for s, _, d, _, r in classes(folder, "2026-12")] == [("DUP", "07", "0.00"), ("OK", "07", "0.00")]


def test_breaks_over_months_and_decisions(tmp_path: Path) -> None:
    # LATE：11 月只在中心，12 月机构送到 → 00，12 月认定。D1 按中心，D2 按机构（统筹 70 − 0.50），D3 核销
    a = {s: bill(s, "100.00", "70.00", "10.00") for s in ("LATE", "D1", "D2", "D3")}
    folder = room(tmp_path / "w")
    theirs = [line(a[s], fund_pay_sumamt="69.50") for s in ("D1", "D2", "D3")]
    settle(folder, "2026-11", list(a.values()), theirs)
    ids = dict(ask(folder, "select setl_id, break_id from statement_rows where period = '2026-11'"))
    assert all(ids.values())
    assert owed(folder, "2026-11") == []
    for setl, way in (("D1", "agency"), ("D2", "provider"), ("D3", "reject")):
        run(folder, "settle", "resolve", ids[setl], "--as", way, "--note", "核对票据")
    settle(folder, "2026-12", [bill("N", "1.00")], [line(bill("N", "1.00")), line(a["LATE"])])
    assert asked(
        folder,
        "select setl_id, stmt_diff, break_id, recognised_amt, recognised_310100 from statement_rows "
        "where period = '2026-12' and setl_id <> 'N' order by 1",
    ) == [
        ("D1", "03", ids["D1"], "80.00", "70.00"),
        ("D2", "03", ids["D2"], "79.50", "69.50"),
        ("D3", "03", ids["D3"], "0.00", "0.00"),
        ("LATE", "00", ids["LATE"], "80.00", "70.00"),
    ]
    assert owed(folder, "2026-12") == [
        ("H01", "310100", "209.50", "0.00", "0.00", "0.00", "0.00", "0.00", "209.50"),
        ("H01", "310200", "30.00", "0.00", "0.00", "0.00", "0.00", "0.00", "30.00"),
    ]
    assert ask(folder, "select count(*) from statement_breaks where period = '2026-12'") == [(0,)]


def test_decided_before_the_next_month_counts_in_this_one(tmp_path: Path) -> None:
    folder = room(tmp_path / "w")
    one = bill("A", "100.00", "70.00")
    settle(folder, "2026-11", [one], [line(one, fund_pay_sumamt="60.00")])
    (key,) = ask(folder, "select break_id from statement_breaks")[0]
    run(folder, "settle", "resolve", key, "--as", "agency", "--note", "核对票据")
    run(folder, "settle", "2026-11")
    assert classes(folder, "2026-11") == [("A", "0", "03", None, "70.00")]


def test_refund_waits_for_its_original(tmp_path: Path) -> None:
    # 原结算 03 待处理：退费双方一致也等（ORIGINAL_OPEN）；12 月机构更正后两笔一起认定，合计 0
    one = bill("A", "100.00", "70.00", "10.00")
    gone = back(one, "R")
    folder = room(tmp_path / "w")
    settle(folder, "2026-11", [one, gone], [line(one, medfee_sumamt="90.00"), line(gone)])
    assert classes(folder, "2026-11") == [("A", "0", "03", None, "0.00"), ("R", "1", "00", "ORIGINAL_OPEN", "0.00")]
    settle(folder, "2026-12", [], [line(one)])
    assert classes(folder, "2026-12") == [("A", "0", "00", None, "80.00"), ("R", "1", "00", None, "-80.00")]
    assert owed(folder, "2026-12") == [
        ("H01", "310100", *["0.00"] * 7), ("H01", "310200", *["0.00"] * 7)]  # fmt: skip


def test_totals_stand_for_details(tmp_path: Path) -> None:
    # H01 总额相等：认定；H02 差一分：整组暂缓；笔数退费计 −1
    one, two = bill("A", "100.00", "70.00", "10.00"), bill("B", "50.00", "20.00", fixmedins_code="H02")
    gone = back(one, "R")
    third = bill("C", "30.00", "10.00", "1.00")
    base = {"clr_optins": "640104", "insutype": "310", "clr_type": "11", "cash_payamt": "0.00"}
    totals = [
        {**base, "fixmedins_code": "H01", "medfee_sumamt": "30.00", "fund_pay_sumamt": "10.00", "acct_pay": "1.00", "fixmedins_setl_cnt": "1"},
        {**base, "fixmedins_code": "H02", "medfee_sumamt": "50.00", "fund_pay_sumamt": "20.01", "acct_pay": "0.00", "fixmedins_setl_cnt": "1"},
    ]  # fmt: skip
    folder = room(tmp_path / "w")
    settle(
        folder,
        "2026-11",
        [one, gone, third, two],
        [],
        provider_totals=totals,
        providers=[agreement(), agreement("H02")],
    )
    found = {(s, f): (h, r) for s, f, _, h, r in classes(folder, "2026-11")}
    assert found == {
        ("A", "0"): (None, "80.00"), ("R", "1"): (None, "-80.00"), ("C", "0"): (None, "11.00"), ("B", "0"): ("TOTALS_DIFFER", "0.00"),
    }  # fmt: skip
    assert ask(
        folder, "select fixmedins_code, agency_cnt, provider_cnt, diff_fund_pay_sumamt from statement_groups order by 1"
    ) == [("H01", 1, 1, "0.00"), ("H02", 1, 1, "0.01")]


def test_deposit_deductions_and_carry(tmp_path: Path) -> None:
    # 预留 5 %：统筹 (100.10 − 0.00) × 5 % = 5.005 → 5.01；账户不留。12 月扣款 30 大于认定 10：预留 0，结转 −20；
    # 1 月认定 50：预留 2.50，应付 50 − 20 − 2.50 = 27.50
    folder = room(tmp_path / "w")
    settle(folder, "2026-11", [bill("A", "200.00", "100.10", "20.00")], providers=[agreement(dpst_rat="0.05")])
    assert owed(folder, "2026-11") == [
        ("H01", "310100", "100.10", "0.00", "0.00", "5.01", "0.00", "0.00", "95.09"),
        ("H01", "310200", "20.00", "0.00", "0.00", "0.00", "0.00", "0.00", "20.00"),
    ]
    det = {
        "fixmedins_code": "H01",
        "fund_pay_type": "310100",
        "det_sn": "1",
        "det_type": "10",
        "det_amt": "30.00",
        "det_rea": "审核",
    }
    settle(folder, "2026-12", [bill("B", "10.00", "10.00", enddate="2026-12-01")], deductions=[det])
    assert owed(folder, "2026-12") == [("H01", "310100", "10.00", "0.00", "30.00", "0.00", "0.00", "-20.00", "0.00")]
    settle(folder, "2027-01", [bill("C", "50.00", "50.00", enddate="2027-01-01")])
    assert owed(folder, "2027-01") == [("H01", "310100", "50.00", "-20.00", "0.00", "2.50", "0.00", "0.00", "27.50")]
    assert ask(folder, "select fund_pay_type, payee_code, amt, insu_admdvs from payout_items order by period, 1") == [
        ("310100", "H01", "95.09", "640104"), ("310200", "H01", "20.00", "640104"), ("310100", "H01", "27.50", "640104")]  # fmt: skip


@pytest.mark.parametrize("region", ["ningxia", "dingxi"])
def test_advance_of_december(region: str, tmp_path: Path) -> None:
    # 周转金 100：定西 12 月先抵 310100 的 70，再抵 330100 的 20，余 10 结转在 310100；账户不动；宁夏不抵
    folder = room(tmp_path / region, region)
    settle(folder, "2026-11", [bill("O", "9.00", "9.00")], providers=[agreement(turnover_fund="100.00")])
    assert owed(folder, "2026-11")[0][6] == "0.00"
    settle(folder, "2026-12", [bill("A", "100.00", "70.00", "10.00", hifob_pay="20.00")])
    zero = "0.00"
    assert owed(folder, "2026-12") == (
        [
            ("H01", "310100", "70.00", zero, zero, zero, "80.00", "-10.00", zero),
            ("H01", "310200", "10.00", zero, zero, zero, zero, zero, "10.00"),
            ("H01", "330100", "20.00", zero, zero, zero, "20.00", zero, zero),
        ]
        if region == "dingxi"
        else [
            ("H01", "310100", "70.00", zero, zero, zero, zero, zero, "70.00"),
            ("H01", "310200", "10.00", zero, zero, zero, zero, zero, "10.00"),
            ("H01", "330100", "20.00", zero, zero, zero, zero, zero, "20.00"),
        ]
    )
    settle(folder, "2027-01", [], [line(bill("Z", "1.00"))])
    assert owed(folder, "2027-01") == (
        [("H01", "310100", zero, "-10.00", zero, zero, zero, "-10.00", zero)] if region == "dingxi" else []
    )


def test_maternity_package(tmp_path: Path) -> None:
    # 包干 3,333.33：参保市内全额；市外未签约减半 1,666.67（1666.665）；签约全额；有并发症、区外、无定额按账单 900
    base = {"med_type": "52", "clr_type": "21", "insu_admdvs": "640121"}
    cases = {
        "IN": ({"cop_flag": "0", "booking_flag": "0"}, (None, "3333.33")),
        "AWAY0": ({"cop_flag": "0", "booking_flag": "0", "insu_admdvs": "640302"}, (None, "1666.67")),
        "AWAY1": ({"cop_flag": "0", "booking_flag": "1", "insu_admdvs": "640302"}, (None, "3333.33")),
        "COP": ({"cop_flag": "1", "booking_flag": "0"}, (None, "900.00")),
        "FAR": ({"cop_flag": "0", "booking_flag": "0", "fixmedins_code": "H02"}, (None, "900.00")),
        "NONE": ({"cop_flag": "0", "booking_flag": "0", "fixmedins_code": "H03"}, (None, "900.00")),
        "MISS1": ({"cop_flag": "", "booking_flag": "1"}, ("MATERNITY_FLAG_MISSING", "0.00")),
        "MISS2": (
            {"cop_flag": "0", "booking_flag": "", "insu_admdvs": "640302"},
            ("MATERNITY_FLAG_MISSING", "0.00"),
        ),
        "PRE": ({"cop_flag": "0", "booking_flag": "0", "med_type": "51"}, (None, "900.00")),
    }
    bills = [bill(s, "1000.00", "700.00", hifob_pay="200.00", **{**base, **over}) for s, (over, _) in cases.items()]
    providers = [
        agreement(matn_headcap_amt="3333.33"),
        agreement("H02", matn_headcap_amt="3333.33", fix_blng_admdvs="610103"),
        agreement("H03"),
    ]
    folder = room(tmp_path / "w")
    settle(folder, "2026-11", bills, providers=providers)
    assert {s: (h, r) for s, _, _, h, r in classes(folder, "2026-11")} == {s: want for s, (_, want) in cases.items()}
    # 退费把包干额退回
    settle(folder, "2026-12", [back(bills[1], "R")])
    assert classes(folder, "2026-12") == [("R", "1", "00", None, "-1666.67")]


def test_records_that_do_not_add_up(tmp_path: Path) -> None:
    # 第一、第四条不平：暂缓；第二、第三条：只提示
    bad = {
        "I1": {"hosp_part_amt": "0.01"}, "I2": {"acct_mulaid_pay": "0.01"}, "I3": {"preselfpay_amt": "0.01"}, "I4": {"oth_pay": "0.01"},
    }  # fmt: skip
    bills = [{**bill(s, "100.00", "70.00", "10.00"), **over} for s, over in bad.items()]
    folder = room(
        tmp_path / "w",
        policy='[settle.large_fee]\nvalues = [{ since = 2021-01-01, value = "100.00", source = "例" }]\n',
    )
    settle(folder, "2026-11", [*bills, bill("U", "99.99", "70.00", insutype="340")])
    assert [(s, d, h) for s, _, d, h, _ in classes(folder, "2026-11")] == [
        ("I1", "00", "AMOUNT_IDENTITY"), ("I2", "00", None), ("I3", "00", None), ("I4", "00", "AMOUNT_IDENTITY"),
        ("U", "00", "FUND_UNKNOWN"),
    ]  # fmt: skip
    assert ask(folder, "select distinct setl_id from findings where code = 'AMOUNT_IDENTITY' order by 1") == [
        (s,) for s in bad
    ]
    assert ask(folder, "select setl_id from findings where code = 'LARGE_FEE' order by 1") == [(s,) for s in bad]


def test_headerless_zip_of_3202(tmp_path: Path) -> None:
    import zipfile

    one, two = bill("A", "100.00", "70.00", "10.00"), bill("B", "50.00", "20.00")
    gone = back(one)
    folder = room(tmp_path / "w")
    put(folder, "2026-11", {"settlements": [one, two, gone], "providers": [agreement()]})
    rows = [(r["setl_id"], "M1", r["psn_no"], r["medfee_sumamt"], r["fund_pay_sumamt"], r["acct_pay"], r["refd_setl_flag"], "null")
            for r in (one, gone, two)]  # fmt: skip
    rows.append(("X", "M2", "P1", "1.00", "0.00", "0.00", "0", "null"))
    with zipfile.ZipFile(folder / "inbox" / "2026-11" / "机构结算明细_H01.zip", "w") as archive:
        archive.writestr("detail.txt", "".join("\t".join(r) + "\n" for r in rows))
    run(folder, "settle", "2026-11")
    assert [(s, f, d, r) for s, f, d, _, r in classes(folder, "2026-11")] == [
        ("A", "0", "00", "80.00"), ("A", "1", "00", "-80.00"), ("B", "0", "00", "20.00"), ("X", "0", "01", "0.00")]  # fmt: skip
