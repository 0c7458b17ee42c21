"""验收：说明书里的算例，从命令行走到底."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from run_and_compare import command

U1, U2 = "91640104MA00003B6D", "91640100MA76AXXX16"
UNITS = [
    "emp_no,emp_name,uscc,insu_admdvs,emp_mgt_type,quts_type,emp_insu_stas",
    f"E1,甲公司,{U1},640104,01,2,2",
    f"E2,乙公司,{U2},640104,01,1,2",
]
PERSONS = ["psn_no,psn_name,certno,emp_no,insu_admdvs,psn_type,hi_type,psn_insu_stas"] + [
    f"P{i},张伟,64010419900101{i:03d}0,E{1 if i < 4 else 2},640104,1101,1,1" for i in range(1, 5)
]
AVERAGE = [
    "admdvs,stat_year,yearly_amt,monthly_amt,lower_amt,upper_amt,publ_date,source_doc",
    "640000,2025,,8371.00,5023.00,25113.00,2026-07-01,样例",
    "620000,2025,,8371.00,,,2026-07-01,样例",
]
WAGES = [
    "year,emp_no,psn_no,dcla_date,wag",
    "2026,E1,P1,2026-01-10,4000.00",
    "2026,E1,P2,2026-01-10,30000.00",
    "2026,E1,P3,2026-01-10,8371.13",
]
POLICY = """[contribution.emp_rate]
values = [{ since = 2021-01-01, value = "0.08", source = "样例" }]
[contribution.psn_rate]
values = [{ since = 2021-01-01, value = "0.02", source = "样例" }]
"""
ARRIVAL_HEAD = (
    "elec_taxrpt_no,line_no,taxpayer_no,taxpayer_name,clct_bill_id,levy_subitem_name,accrym_begn,accrym_end,paid_amt,latefee,levy_attr,"
    "intsury_time,treasury_code,org_taxrpt_no"
)
STATEMENT_HEAD = "treasury_code,stmt_date,insutype,elec_taxrpt_no,intsury_amt,refd_amt"


def room(folder: Path, files: dict[str, list[str]], *, region: str = "ningxia", month: str = "2026-12") -> Path:
    """一个工作区."""
    code, _, err = command("init", str(folder), "--region", region)
    assert code == 0, err
    (folder / "policy.toml").write_text(POLICY if region == "ningxia" else "", encoding="utf-8")
    for name, lines in {
        "units.csv": UNITS,
        "persons.csv": PERSONS,
        "average_wages.csv": AVERAGE,
        "wage_declarations.csv": WAGES,
        **files,
    }.items():
        path = folder / "inbox" / month / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def ask(folder: Path, sql: str) -> list[list[object]]:
    """查询."""
    code, out, err = command("sql", sql, "--json", "-w", str(folder))
    assert code == 0, err
    return [list(row.values()) for row in json.loads(out)]


def run(folder: Path, *words: str) -> None:
    """跑到成."""
    code, _, err = command(*words, "-w", str(folder))
    assert code == 0, err


def test_bases_and_rates_of_ningxia(tmp_path: Path) -> None:
    folder = room(
        tmp_path / "w",
        {"opening_bills.csv": ["emp_no,insutype,accrym,emp_clct_amt,psn_clct_amt", "E2,310,202611,12345.67,0.05"]},
    )
    run(folder, "assess", "2026-12")
    assert ask(
        folder,
        "select psn_no, psn_clctstd, emp_clctstd, clctstd_crtf_rule_codg, emp_clct_amt, psn_clct_amt "
        "from assessment_lines "
        "where emp_no = 'E1' order by psn_no",
    ) == [
        ["P1", "5023.00", "5023.00", "2", "401.84", "100.46"],
        ["P2", "25113.00", "25113.00", "3", "2009.04", "502.26"],
        ["P3", "8371.13", "8371.13", "1", "669.69", "167.42"],
    ]
    assert ask(folder, "select crtf_way, emp_clct_amt, psn_clct_amt from assessments where emp_no = 'E2'") == [
        ["2", "13580.24", "0.06"]
    ]
    assert ask(folder, "select code from findings where code in ('UNIT_NOT_DECLARED', 'FIRST_MONTH') order by 1") == [
        ["FIRST_MONTH"],
        ["UNIT_NOT_DECLARED"],
    ]


def test_floor_and_ceiling_computed_where_none_is_published(tmp_path: Path) -> None:
    average = [
        AVERAGE[0],
        "640000,2025,100000.00,,,,2026-07-01,样例",
    ]  # 月 8333.33…：下限 5000.00，上限 25000.00；估定基数 8333.33
    wages = [
        WAGES[0],
        "2026,E1,P1,2026-01-10,5000.00",
        "2026,E1,P2,2026-01-10,25000.00",
        "2026,E1,P3,2026-01-10,25000.01",
    ]
    folder = room(tmp_path / "w", {"average_wages.csv": average, "wage_declarations.csv": wages})
    run(folder, "assess", "2026-12")
    assert ask(
        folder, "select psn_no, psn_clctstd, clctstd_crtf_rule_codg, emp_clct_amt from assessment_lines order by psn_no"
    ) == [
        ["P1", "5000.00", "1", "400.00"],
        ["P2", "25000.00", "1", "2000.00"],
        ["P3", "25000.00", "3", "2000.00"],
        ["P4", "8333.33", None, "666.67"],
    ]


def test_rates_and_supplement_of_dingxi(tmp_path: Path) -> None:
    units = [UNITS[0], UNITS[1].replace(",01,2,2", ",05,2,2"), UNITS[2]]
    wages = [*WAGES, "2026,E2,P4,2026-01-10,10000.00"]
    persons = [*PERSONS, "P5,李娜,640104196001010015,E2,621102,1201,1,1"]
    folder = room(
        tmp_path / "w", {"units.csv": units, "wage_declarations.csv": wages, "persons.csv": persons}, region="dingxi"
    )
    run(folder, "assess", "2026-12")
    assert ask(folder, "select clct_bill_id, clct_psncnt, emp_clct_amt, psn_clct_amt from assessments order by 1") == [
        ["202612-E1-310", 3, "3350.09", "0.00"],  # 5022.60、25113.00、8371.13 各乘 8.7 %：436.97 + 2184.83 + 728.29
        ["202612-E1-330", 3, "180.00", "360.00"],
        ["202612-E2-310", 1, "640.00", "200.00"],
        ["202612-E2-330", 2, "60.00", "240.00"],
    ]


@pytest.fixture
def two_months(tmp_path: Path) -> Path:
    """算例：E1 十一月 800 + 200（期初欠费），十二月 880 + 220；一笔 1500.00 十二月十日入库."""
    wages = [WAGES[0], "2026,E1,P1,2026-01-10,11000.00"]
    persons = [PERSONS[0], PERSONS[1]]
    dues = [
        "clct_bill_id,part,emp_no,insutype,accrym,amt,dedln_date",
        "202611-E1-310,emp,E1,310,202611,800.00,2026-11-30",
        "202611-E1-310,psn,E1,310,202611,200.00,2026-11-30",
    ]
    arrivals = [ARRIVAL_HEAD, f"T1,1,{U1},甲,,职工基本医疗保险费,,,1500.00,,正常,2026-12-10,64010000000,"]
    statement = [STATEMENT_HEAD, "64010000000,2026-12-10,310,,1500.00,0.00"]
    folder = room(
        tmp_path / "w",
        {
            "wage_declarations.csv": wages,
            "persons.csv": persons,
            "opening_dues.csv": dues,
            "tax_arrivals.csv": arrivals,
            "treasury_statement.csv": statement,
        },
    )
    run(folder, "assess", "2026-12")
    run(folder, "reconcile", "2026-12")
    return folder


def test_one_lump_sum_over_two_months(two_months: Path) -> None:
    assert ask(two_months, "select clct_bill_id, part, amt, latefee_due from applications order by 1, 2") == [
        ["202611-E1-310", "emp", "800.00", "4.00"],
        ["202611-E1-310", "psn", "200.00", "1.00"],
        ["202612-E1-310", "emp", "500.00", "0.00"],
    ]
    assert ask(
        two_months, "select clct_bill_id, part, paid, outstanding, status, overdue from due_balances order by 1, 2"
    ) == [
        ["202611-E1-310", "emp", "800.00", "0.00", "paid", False],
        ["202611-E1-310", "psn", "200.00", "0.00", "paid", False],
        ["202612-E1-310", "emp", "500.00", "380.00", "part_paid", False],
        ["202612-E1-310", "psn", "0.00", "220.00", "unpaid", False],
    ]
    assert ask(two_months, "select class, match_step, applied_amt, credit_amt from arrivals") == [
        ["applied", "c", "1500.00", "0.00"]
    ]
    assert ask(two_months, "select expected, actual from findings where code = 'LATEFEE_DIFF'") == [["5.00", "0.00"]]


def test_next_month_late_statement_and_reversal(two_months: Path) -> None:
    """一月：全额退库后两个月又都欠着；国库行晚来的到账二月才入账."""
    inbox = two_months / "inbox" / "2027-01"
    inbox.mkdir()
    (inbox / "tax_arrivals.csv").write_text(
        "\n".join(
            [
                ARRIVAL_HEAD,
                f"T2,1,{U1},甲,,职工基本医疗保险费,,,-1500.00,,退库,2027-01-05,64010000000,T1",
                f"T3,1,{U1},甲,202612-E1-310,职工基本医疗保险费（单位）,202612,,880.00,,正常,2027-01-06,64010000000,",
            ]
        )
        + "\n",
        encoding="utf-8",
    )
    (inbox / "treasury_statement.csv").write_text(
        f"{STATEMENT_HEAD}\n64010000000,2027-01-05,310,,0.00,1500.00\n", encoding="utf-8"
    )
    (inbox / "average_wages.csv").write_text(
        "\n".join([AVERAGE[0], "640000,2025,,8371.00,5023.00,25113.00,2026-07-01,样例"]) + "\n", encoding="utf-8"
    )
    run(two_months, "assess", "2027-01")
    run(two_months, "reconcile", "2027-01")
    assert ask(
        two_months,
        "select elec_taxrpt_no, class, applied_amt, credit_amt from arrivals where period = '2027-01' order by 1",
    ) == [["T2", "reversal", "-1500.00", "0.00"], ["T3", "treasury_pending", "0.00", "0.00"]]
    assert ask(
        two_months,
        "select clct_bill_id, part, amt, latefee_due from applications where period = '2027-01' order by 1, 2",
    ) == [
        ["202611-E1-310", "emp", "-800.00", "-4.00"],
        ["202611-E1-310", "psn", "-200.00", "-1.00"],
        ["202612-E1-310", "emp", "-500.00", "0.00"],
    ]
    assert ask(
        two_months,
        "select clct_bill_id, part, outstanding, overdue_days, age, latefee_due from arrears "
        "where period = '2027-01' order by 1, 2",
    ) == [
        ["202611-E1-310", "emp", "800.00", 62, "31-90", "24.80"],
        ["202611-E1-310", "psn", "200.00", 62, "31-90", "6.20"],
        ["202612-E1-310", "emp", "880.00", 31, "31-90", "13.64"],
        ["202612-E1-310", "psn", "220.00", 31, "31-90", "3.41"],
    ]
    assert ask(
        two_months, "select provisional, crtf_way, emp_clct_amt, psn_clct_amt from assessments where period = '2027-01'"
    ) == [[True, "2", "968.00", "242.00"]]
