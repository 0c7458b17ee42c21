"""一个月从头到尾 (assess and reconcile as an operator runs them, with amounts worked out by hand)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openpyxl
import pytest
from small import ARRIVALS, MONTH, PERSONS, STATEMENT, U1, U2, UNITS, WAGES, make, nxmed, query, tree, write

HEADER, STATEMENT_HEADER = ARRIVALS[0], STATEMENT[0]


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two months: the worked example of the rules (E2: 800.00 + 200.00 in November, 880.00 + 220.00 in December)."""
    folder = make(tmp_path_factory.mktemp("ws") / "agency", {"tax_arrivals.csv": ARRIVALS[:3], "treasury_statement.csv": STATEMENT[:2]})
    december = folder / "inbox" / "2026-12"
    write(december / "wage_declarations.csv", [WAGES[0], "2026,E2,P3,2026-11-20,11000.00"])
    write(december / "税务到账明细_12月.csv", [
        HEADER, f"T9,1,{U2},乙公司,,职工基本医疗保险费,,,1500.00,,正常,2026-12-10,64010000000,"], encoding="gb18030")
    write(december / "国库对账单.txt", [line.replace(",", "\t") for line in (STATEMENT_HEADER, "64010000000,2026-12-10,310,,1500.00,0.00")])
    for month in (MONTH, "2026-12"):
        assert nxmed("assess", month, "-w", folder).returncode == 0
        done = nxmed("reconcile", month, "-w", folder)
        assert done.returncode == 0, done.stderr
    return folder


def test_lines_bills_and_dues(agency: Path) -> None:
    lines = query(agency, "select psn_no, psn_clctstd, clctstd_crtf_rule_codg code, emp_clct_amt emp, psn_clct_amt psn "
                          "from assessment_lines where period='2026-11' order by psn_no")
    # 6000 × 8 % = 480.00，× 2 % = 120.00；4000 低于下限 5023：× 8 % = 401.84，× 2 % = 100.46；退休的 P4 不缴
    assert lines == [
        {"psn_no": "P1", "psn_clctstd": "6000.00", "code": "1", "emp": "480.00", "psn": "120.00"},
        {"psn_no": "P2", "psn_clctstd": "5023.00", "code": "2", "emp": "401.84", "psn": "100.46"},
        {"psn_no": "P3", "psn_clctstd": "10000.00", "code": "1", "emp": "800.00", "psn": "200.00"}]
    dues = query(agency, "select clct_bill_id, part, taxpayer_no, accrym, amt, dedln_date, deferred from dues where period='2026-11' order by all")
    assert [(d["clct_bill_id"], d["part"], d["amt"]) for d in dues] == [
        ("202611-E1-310", "emp", "881.84"), ("202611-E1-310", "psn", "220.46"),
        ("202611-E2-310", "emp", "800.00"), ("202611-E2-310", "psn", "200.00")]
    assert {(d["accrym"], d["dedln_date"], d["deferred"]) for d in dues} == {("202611", "2026-11-30", False)}
    assert {d["taxpayer_no"] for d in dues} == {U1, U2}


def test_a_declaration_after_the_assessment_counts_from_the_next_month(agency: Path) -> None:
    # 11 月 20 日申报 11000：12 月起 880.00 + 220.00
    assert query(agency, "select emp_clct_amt emp, psn_clct_amt psn from assessments where period='2026-12' and emp_no='E2'") == [
        {"emp": "880.00", "psn": "220.00"}]


def test_a_lump_sum_fills_the_oldest_dues_first(agency: Path) -> None:
    # 1500 = 11 月 800 + 200，12 月单位部分 500；12 月单位部分还欠 380
    booked = query(agency, "select clct_bill_id, part, amt, latefee_due from applications where period='2026-12' order by clct_bill_id, part")
    # 滞纳金：11 月 30 日期限，12 月 10 日入库，10 天：800 × 0.0005 × 10 = 4.00，200 × 0.0005 × 10 = 1.00
    assert booked == [
        {"clct_bill_id": "202611-E2-310", "part": "emp", "amt": "800.00", "latefee_due": "4.00"},
        {"clct_bill_id": "202611-E2-310", "part": "psn", "amt": "200.00", "latefee_due": "1.00"},
        {"clct_bill_id": "202612-E2-310", "part": "emp", "amt": "500.00", "latefee_due": "0.00"}]
    balances = query(agency, "select clct_bill_id, part, outstanding, status from due_balances where period='2026-12' and emp_no='E2' order by all")
    assert [(b["clct_bill_id"], b["part"], b["outstanding"], b["status"]) for b in balances] == [
        ("202611-E2-310", "emp", "0.00", "paid"), ("202611-E2-310", "psn", "0.00", "paid"),
        ("202612-E2-310", "emp", "380.00", "part_paid"), ("202612-E2-310", "psn", "220.00", "unpaid")]
    assert query(agency, "select class, match_step, applied_amt, credit_amt from arrivals where elec_taxrpt_no='T9'") == [
        {"class": "applied", "match_step": "c", "applied_amt": "1500.00", "credit_amt": "0.00"}]


def test_months_are_credited_to_persons_when_their_bill_is_paid(agency: Path) -> None:
    credited = query(agency, "select period, psn_no, accrym from person_credits order by all")
    assert [(c["period"], c["psn_no"], c["accrym"]) for c in credited] == [
        ("2026-11", "P1", "202611"), ("2026-11", "P2", "202611"), ("2026-12", "P3", "202611")]


def test_the_file_for_the_tax_bureau(agency: Path) -> None:
    text = (agency / "outbox" / MONTH / f"核定信息_{MONTH}.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    rows = [line.split(",") for line in text.decode("utf-8-sig").split("\r\n") if line]
    assert rows[0][:4] == ["核定单号", "单位编号", "单位名称", "缴费人识别号"]
    assert [(r[1], r[10], r[11], r[12], r[15]) for r in rows[1:]] == [
        ("E1", "881.84", "220.46", "1102.30", "据实申报"), ("E2", "800.00", "200.00", "1000.00", "据实申报")]


def test_explain_replays_a_line_a_due_and_an_arrival(agency: Path) -> None:
    for words in (["line", "202611-E1-310", "P2"], ["due", "202611-E2-310", "emp"], ["arrival", "T9", "1"]):
        done = nxmed("explain", *words, "--json", "-w", agency)
        assert done.returncode == 0, done.stderr
        story = json.loads(done.stdout)
        assert story["replay"]["equal"] is True
        assert story["steps"]
    line = json.loads(nxmed("explain", "line", "202611-E1-310", "P2", "--json", "-w", agency).stdout)
    text = json.dumps(line, ensure_ascii=False)
    assert "5,023.00 × 0.08 = 401.8400" in text
    assert "inbox/2026-11/wage_declarations.csv 第 3 行" in text
    assert "NXJY-16" in text
    assert "640104199001021233" not in text


def test_explain_speaks_one_language(agency: Path) -> None:
    """Names of files and of levy items and a notice's title are what came in; every word of our own is English."""
    given = ("国库对账单", "税务到账明细", "月", "职工基本医疗保险费", "（个人缴纳）", "样例")
    for words in (["line", "202611-E1-310", "P2"], ["line", "202612-E2-310", "P3"], ["due", "202611-E2-310", "emp"],
                  ["due", "202612-E2-310", "psn"], ["arrival", "T9", "1"], ["arrival", "T1", "2"]):
        done = nxmed("explain", *words, "--lang", "en", "-w", agency)
        assert done.returncode == 0, done.stderr
        text = done.stdout
        for word in given:
            text = text.replace(word, "")
        assert not re.findall("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+", text), text
    due = json.loads(nxmed("explain", "due", "202611-E2-310", "emp", "--json", "-w", agency).stdout)
    assert (due["subject"], due["subject_en"]) == ("应缴 202611-E2-310 emp", "due 202611-E2-310 emp")
    booked = next(s for s in due["steps"] if s["en"] == "payment")
    # 11 月 30 日期限，12 月 10 日入库：800 × 0.0005 × 10 = 4.00
    assert booked["how"] == "2026-12 税票 T9 第 1 行，2026-12-10 入库，应收滞纳金 4.00"
    assert booked["how_en"] == "2026-12 ticket T9 line 1, received 2026-12-10, late charge due 4.00"


def test_explain_refuses_when_the_inbox_has_changed(tmp_path: Path) -> None:
    folder = make(tmp_path / "a")
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    assert nxmed("explain", "line", "202611-E1-310", "P1", "-w", folder).returncode == 0
    write(folder / "inbox" / MONTH / "wage_declarations.csv", [WAGES[0], "2026,E1,P1,2026-01-10,6001.00", *WAGES[2:]])
    done = nxmed("explain", "line", "202611-E1-310", "P1", "-w", folder)
    assert done.returncode == 7
    assert "wage_declarations.csv" in done.stderr


def test_explain_leaves_out_what_came_into_the_inbox_later(tmp_path: Path) -> None:
    """A correction put beside the files of a finished month must not take the proof away."""
    folder = make(tmp_path / "a")
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    write(folder / "inbox" / MONTH / "wage_declarations_2.csv", [WAGES[0], "2026,E1,P1,2026-01-11,9000.00"])
    done = nxmed("explain", "line", "202611-E1-310", "P1", "-w", folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_explain_of_something_that_is_not_there(agency: Path) -> None:
    assert nxmed("explain", "line", "202611-E1-310", "P9", "-w", agency).returncode == 6
    assert nxmed("explain", "due", "x", "emp", "-w", agency).returncode == 2
    assert nxmed("explain", "due", "202611-E1-310", "both", "-w", agency).returncode == 2
    assert nxmed("explain", "arrival", "T0", "1", "-w", agency).returncode == 6


def test_a_dry_run_says_the_same_and_publishes_nothing(tmp_path: Path) -> None:
    folder = make(tmp_path / "a")
    before = tree(folder)
    tried = json.loads(nxmed("assess", MONTH, "--dry-run", "--json", "-w", folder).stdout)
    assert tree(folder) == before
    done = json.loads(nxmed("assess", MONTH, "--json", "-w", folder).stdout)
    assert (tried["status"], done["status"]) == ("dry_run", "published")
    assert (tried["facts"], tried["findings"], tried["controls"]) == (done["facts"], done["findings"], done["controls"])
    assert done["facts"]["bills"][0]["emp"] == "1681.84"  # 881.84 + 800.00


def test_json_errors_are_one_document_too(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {"units.csv": None})
    done = nxmed("assess", MONTH, "--json", "-w", folder)
    assert done.returncode == 6
    told = json.loads(done.stdout)
    assert (told["status"], told["exit_code"]) == ("error", 6)


def test_english_on_demand(agency: Path) -> None:
    done = nxmed("assess", MONTH, "--lang", "en", "-w", agency)
    assert "up to date" in done.stdout
    assert "next: nxmed reconcile 2026-11" in done.stdout
    assert nxmed("assess", MONTH, "-w", agency, env={"LANG": "en_US.UTF-8"}).stdout.startswith("assess 2026-11")
    assert nxmed("assess", MONTH, "-w", agency, env={"LC_ALL": "C"}).stdout.startswith("核定")


def test_identity_numbers_stay_off_the_screen(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {"persons.csv": [*PERSONS, "P5,钱五,640104199001051237,E9,640104,1101,1,1", "P6,孙六,6.40104E+17,E1,640104,1101,1,1"]})
    spoken = ""
    for words in (["check", folder / "inbox" / MONTH / "persons.csv"], ["assess", MONTH, "-w", folder],
                  ["reconcile", MONTH, "-w", folder], ["sql", "select * from rejects", "-w", folder], ["runs", "-w", folder]):
        done = nxmed(*words)
        spoken += done.stdout + done.stderr
    numbers = [line.split(",")[2] for line in PERSONS[1:]]
    assert not [n for n in [*numbers, "640104199001051237"] if n in spoken]
    logs = b"".join(p.read_bytes() for p in (folder / "runs").rglob("*") if p.suffix in (".json", ".jsonl"))
    assert not [n for n in numbers if n.encode() in logs]


def test_the_same_inputs_give_the_same_bytes_elsewhere(tmp_path: Path) -> None:
    done = {}
    for name, env in (("a", {"TZ": "Asia/Shanghai", "POLARS_MAX_THREADS": "1", "PYTHONHASHSEED": "1"}),
                      ("另一处", {"TZ": "America/Lima", "LANG": "en_US.UTF-8", "PYTHONHASHSEED": "2"})):
        folder = make(tmp_path / name)
        assert nxmed("assess", MONTH, "-w", folder, env=env).returncode == 0
        assert nxmed("reconcile", MONTH, "-w", folder, env=env).returncode == 0
        done[name] = {k: v for k, v in tree(folder).items()
                      if k.startswith(("runs/", "outbox/")) and not k.endswith(("manifest.json", "head.json"))}
    assert done["a"].keys() == done["另一处"].keys()
    assert [k for k, v in done["a"].items() if done["另一处"][k] != v] == []


def test_a_unit_of_the_register_may_have_any_name(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {"units.csv": [UNITS[0], UNITS[1].replace("甲公司", "=HYPERLINK(1)"), UNITS[2].replace("乙公司", "@乙")]})
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    text = (folder / "outbox" / MONTH / f"核定信息_{MONTH}.csv").read_text(encoding="utf-8-sig")
    assert ",'=HYPERLINK(1)," in text
    assert ",'@乙," in text


def test_the_statement_tells_of_rejected_rows_of_the_feed(tmp_path: Path) -> None:
    """T1 is read (881.84 + 220.46 = 1102.30), the line with an unreadable amount is not: it is in no sum, and named."""
    wrong = ARRIVALS[3].replace("900.00", "九百")
    folder = make(tmp_path / "a", {"tax_arrivals.csv": [*ARRIVALS[:3], wrong], "treasury_statement.csv": STATEMENT[:2]})
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    done = nxmed("reconcile", MONTH, "-w", folder)
    [feed] = [line for line in done.stdout.splitlines() if line.strip().startswith("税务到账文件")]
    assert feed.split() == ["税务到账文件", "2", "1,102.30", "另有拒收", "1", "行，未计入"]
    again = nxmed("reconcile", MONTH, "--lang", "en", "-w", folder).stdout
    statement = again.partition("Conservation")[0]
    assert "1 row rejected, not counted" in statement
    assert not [c for c in statement if "\u4e00" <= c <= "\u9fff"]
    sheet = openpyxl.load_workbook(folder / "outbox" / MONTH / f"到账对账表_{MONTH}.xlsx")["对账表"]
    rows = [[c.value for c in row] for row in sheet.iter_rows()]
    assert [r for r in rows if r[0] == "单位：元"]
    assert [r[4] for r in rows if r[1] == "税务到账文件"] == ["另有拒收 1 行，未计入"]
