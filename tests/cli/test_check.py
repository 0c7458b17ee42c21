"""nxmed check: problems with their cells on the screen, as JSON and in a workbook; nothing else is touched."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from nxmed.cli.main import run
from nxmed.cli.text import set_lang

WAGES = """年度,单位编号,人员编号,申报日期,月工资,证件号码
2026,0401,P1,2026-01-05,"6,120.50",
2026,6.40103E+17,P2,2026-01-05,5000,
2026,0401,P3,2026-13-01,5000,
2026,0401,P4,2026-01-05,,
2026,0401,P5,2026-01-05,４５００.００,
2026,0401,P6,2026-01-05
2026,0401,P7,2026-01-05,5000,x,y
2026,0401,P8,2026-01-05,-200.00,
2026,0401,P9,2026-01-05,5000.00,
2026,0401,P9,2026-01-05,6000.00,
2026,=1+1,P10,2026-01-05,abc,6.4E+17
2026,0401,P11,2026-01-05,8371.13,
"""
GOOD = "年度,单位编号,人员编号,申报日期,月工资\n2026,0401,P1,2026-01-05,8371.13\n2026,0401,P2,2026-01-05,4000\n"
WRONG = [
    (2, "E", "E206"), (3, "B", "E203"), (4, "D", "E204"), (5, "E", "E201"), (6, "E", "E205"), (7, None, "E101"),
    (8, None, "E102"), (9, "E", "E207"), (10, "A", "E301"), (11, "A", "E301"), (12, "E", "E211"), (12, "F", "E203"),
]
Says = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NXMED_WORKSPACE", raising=False)
    set_lang("zh")


@pytest.fixture
def says(capsys: pytest.CaptureFixture[str]) -> Says:
    def call(*words: object) -> tuple[int, str, str]:
        code = run(["check", *map(str, words)])
        heard = capsys.readouterr()
        return code, heard.out, heard.err

    return call


def wages(folder: Path, text: str = WAGES, name: str = "缴费工资申报_9月.csv", encoding: str = "gb18030") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_every_problem_is_on_the_screen_with_its_cell(tmp_path: Path, says: Says):
    code, out, err = says(wages(tmp_path))
    assert code == 3
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == "检查 缴费工资申报_9月.csv  缴费工资申报  编码 gb18030  12 行  →  ✘ 12 处问题，涉及 11 行，未入库"
    assert lines[1].split() == ["行", "列", "代码", "值", "问题", "怎么改"]
    seen = [(int(m[1]), None if m[2] == "整行" else m[2], m[3]) for line in lines[2:14]
            if (m := re.match(r"\s*([0-9]+)\s+(整行|[A-Z])(?: \S+)?\s+(E[0-9]{3}) ", line))]
    assert seen == WRONG
    assert "6,120.50" in lines[2]
    assert "(空)" in lines[5]
    assert "怎么改" in lines[1]
    assert lines[14].startswith("  已生成 缴费工资申报_9月.问题.xlsx：原表原样，出错格标红并带批注。")


def test_the_workbook_marks_the_same_cells(tmp_path: Path, says: Says):
    says(wages(tmp_path))
    book = openpyxl.load_workbook(tmp_path / "缴费工资申报_9月.问题.xlsx")
    sheet = book["缴费工资申报_9月"]
    assert [c.value for c in sheet[1]][:5] == ["年度", "单位编号", "人员编号", "申报日期", "月工资"]
    assert sheet["E6"].value == "４５００.００"
    assert sheet["G8"].value == "y"
    assert sheet["B12"].value == "=1+1"
    assert sheet["B12"].data_type == "s"
    comments = {c.coordinate for row in sheet.iter_rows() for c in row if c.comment}
    assert comments == {f"{column or 'A'}{row}" for row, column, _ in WRONG}
    listed = [tuple(c.value for c in row) for row in book["问题清单"].iter_rows(min_row=2)]
    assert [(r[1], r[4]) for r in listed] == [(row, code) for row, _, code in WRONG]
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_json_is_one_document_with_the_same_problems(tmp_path: Path, says: Says):
    code, out, _ = says(wages(tmp_path), "--json")
    document = json.loads(out)
    assert code == document["exit_code"] == 3
    (file,) = document["files"]
    assert [(p["row"], p["column"], p["code"]) for p in file["problems"]] == WRONG
    assert (file["rows"], file["accepted"], file["rejected"], file["duplicates"]) == (12, 1, 11, 0)
    assert file["problem_count"] == 12
    assert file["kind"] == "wage_declarations"
    assert file["problems"][0] == {"row": 2, "column": "E", "header": "月工资", "cell": "E2", "code": "E206",
                                   "value": "6,120.50", "problem": "含千分位逗号", "hint": "去掉逗号"}
    assert file["workbook"] == str(tmp_path / "缴费工资申报_9月.问题.xlsx")


def test_a_date_that_is_a_serial_number_of_excel_has_its_own_remedy(tmp_path: Path, says: Says):
    head = WAGES.splitlines()[0]
    # 46331 天自 1899-12-30 起是 2026-11-05；81000 不像日期序号，按一般的改法
    text = f"{head}\n2026,0401,P1,46331,5000,\n2026,0401,P2,81000,5000,\n2026,0401,P3,46331.5,5000,\n"
    code, out, _ = says(wages(tmp_path, text), "--json")
    (file,) = json.loads(out)["files"]
    assert code == 3
    assert [(p["code"], p["value"], p["hint"]) for p in file["problems"]] == [
        ("E204", "46331", "Excel 日期序号：把该列设为日期格式后另存"),
        ("E204", "81000", "日期改为 YYYY-MM-DD，年月改为 YYYYMM"), ("E204", "46331.5", "日期改为 YYYY-MM-DD，年月改为 YYYYMM")]
    set_lang("en")
    assert "an Excel serial number: format the column as a date" in says(wages(tmp_path, text))[1]


def test_a_good_file_leaves_nothing_behind(tmp_path: Path, says: Says):
    code, out, _ = says(wages(tmp_path, GOOD, encoding="utf-8-sig"))
    assert code == 0
    assert out.splitlines() == ["检查 缴费工资申报_9月.csv  缴费工资申报  编码 utf-8  2 行  →  ✔ 全部收下"]
    assert [p.name for p in tmp_path.iterdir()] == ["缴费工资申报_9月.csv"]


def test_identical_rows_are_counted_and_not_wrong(tmp_path: Path, says: Says):
    code, out, _ = says(wages(tmp_path, GOOD + "2026,0401,P1,2026-01-05,8371.13\n"))
    assert code == 0
    assert "3 行  重复 1 行  →  ✔ 全部收下" in out


def test_identity_numbers_are_masked_on_screen_and_in_the_list_only(tmp_path: Path, says: Says):
    number = "64010419800101１234"
    text = WAGES.splitlines()[0] + f"\n2026,0401,P1,2026-01-05,abc,{number}x\x02\n"
    code, out, err = says(wages(tmp_path, text))
    assert code == 3
    assert "\x02" not in out
    assert "19800101" not in out + err
    _, out, err = says(wages(tmp_path, text), "--json")
    assert "19800101" not in out + err
    book = openpyxl.load_workbook(tmp_path / "缴费工资申报_9月.问题.xlsx")
    assert number in str(book["缴费工资申报_9月"]["F2"].value)
    assert "19800101" not in "".join(str(c.value) for row in book["问题清单"].iter_rows() for c in row)


def test_a_cell_cannot_steer_the_terminal(tmp_path: Path, says: Says):
    text = GOOD + "2026,0401,P3,2026-01-05,\x1b[2J\x1b]0;x\x07１\n"
    code, out, _ = says(wages(tmp_path, text))
    assert code == 3
    assert "\x1b" not in out
    assert "\x07" not in out


def test_many_problems_are_counted_beyond_the_first_fifty(tmp_path: Path, says: Says):
    rows = "".join(f"2026,0401,Q{i},2026-01-05,x{i}\n" for i in range(80))
    code, out, _ = says(wages(tmp_path, GOOD + rows))
    assert code == 3
    assert out.count(" E211 ") == 50
    assert "  另有 30 处，见问题工作簿" in out
    assert openpyxl.load_workbook(tmp_path / "缴费工资申报_9月.问题.xlsx")["问题清单"].max_row == 81


def test_an_absent_file_is_6_and_nothing_is_read(tmp_path: Path, says: Says):
    path = wages(tmp_path)
    code, out, err = says(path, tmp_path / "没有.csv")
    assert code == 6
    assert out == ""
    assert "没有.csv" in err
    assert not (tmp_path / "缴费工资申报_9月.问题.xlsx").exists()


def test_several_files_one_bad(tmp_path: Path, says: Says):
    good = wages(tmp_path, GOOD, "wage_declarations_a.csv")
    broken = tmp_path / "tax_arrivals.xlsx"
    broken.write_bytes(b"PK\x03\x04nothing")
    code, out, _ = says(good, broken, wages(tmp_path))
    assert code == 3
    assert "wage_declarations_a.csv  缴费工资申报  编码 gb18030  2 行  →  ✔ 全部收下" in out
    assert "检查 tax_arrivals.xlsx  ✘ 整份拒收" in out
    assert "文件损坏或没有传完" in out
    assert "12 处问题" in out
    code, out, _ = says(good, broken, "--json")
    assert [f["refused"] is None for f in json.loads(out)["files"]] == [True, False]
    assert code == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("年度,单位编号\n2026,0401\n", "缺少必需的列"), ("", "空文件"), (GOOD + "合计,,,,1.00\n", "合计"),
        (GOOD.replace("P1", "\x00"), "空字节"),
    ],
)
def test_files_refused_as_a_whole_say_why(tmp_path: Path, says: Says, content: str, words: str):
    code, out, _ = says(wages(tmp_path, content))
    assert code == 3
    assert "✘ 整份拒收" in out
    assert words in out
    assert "  → " in out


def test_kind_by_option_and_unknown_kinds(tmp_path: Path, says: Says):
    path = wages(tmp_path, GOOD, "9月.csv")
    assert says(path)[0] == 3
    for kind in ("wage_declarations", "缴费工资申报"):
        code, out, _ = says(path, "--kind", kind)
        assert code == 0
        assert "缴费工资申报" in out
    code, _, err = says(path, "--kind", "wages")
    assert code == 2
    assert "wage_declarations 缴费工资申报" in err


def test_out_names_the_folder(tmp_path: Path, says: Says):
    target = tmp_path / "退回"
    target.mkdir()
    path = wages(tmp_path)
    code, out, _ = says(path, "--out", target)
    assert code == 3
    assert [p.name for p in target.iterdir()] == ["缴费工资申报_9月.问题.xlsx"]
    assert str(target) in out
    assert says(path, "--out", tmp_path / "不在")[0] == 2


def test_two_files_of_one_stem_do_not_overwrite_each_other(tmp_path: Path, says: Says):
    one, two = wages(tmp_path), wages(tmp_path, name="缴费工资申报_9月.txt")
    says(one, two)
    made = sorted(p.name for p in tmp_path.glob("*.问题.xlsx"))
    assert made == ["缴费工资申报_9月.txt.问题.xlsx", "缴费工资申报_9月.问题.xlsx"]


def test_the_inbox_of_a_workspace_is_never_changed(tmp_path: Path, says: Says):
    from nxmed.io.workspace import init

    ws = init(tmp_path / "ws", "ningxia")
    month = ws.inbox / "2026-12"
    month.mkdir(parents=True)
    path = wages(month)
    before = {p: p.stat().st_mtime_ns for p in ws.inbox.rglob("*")}
    for words in ([path], [path, "-w", ws.path]):
        code, out, _ = says(*words)
        assert code == 3
        made = ws.quarantine / "2026-12" / "缴费工资申报_9月.问题.xlsx"
        assert made.is_file()
        assert str(made) in out
        made.unlink()
    assert {p: p.stat().st_mtime_ns for p in ws.inbox.rglob("*")} == before


def test_check_twice_gives_the_same_bytes(tmp_path: Path, says: Says):
    path, made = wages(tmp_path), tmp_path / "缴费工资申报_9月.问题.xlsx"
    says(path)
    first = made.read_bytes()
    says(path)
    assert made.read_bytes() == first


def test_what_goes_back_can_be_mended_and_sent_again(tmp_path: Path, says: Says):
    says(wages(tmp_path))
    book = openpyxl.load_workbook(tmp_path / "缴费工资申报_9月.问题.xlsx")
    sheet = book["缴费工资申报_9月"]
    for cell, value in {"E2": "6120.50", "B3": "0401", "D4": "2026-01-05", "E5": "0", "E6": "4500.00", "E7": "1", "G8": None,
                        "F8": None, "E9": "200.00", "C11": "P12", "E12": "1", "F12": None}.items():
        sheet[cell] = value
    path = tmp_path / "缴费工资申报_更正.xlsx"
    book.save(path)
    code, out, _ = says(path)
    assert code == 0, out
    assert "格式 xlsx  12 行  →  ✔ 全部收下" in out


def test_sheets_of_one_workbook_each_go_back(tmp_path: Path, says: Says):
    book = openpyxl.Workbook()
    for number in (1, 2):
        sheet = book.active if number == 1 else book.create_sheet("第二张")
        sheet.append(["缴费工资申报"])
        sheet.append(["年度", "单位编号", "人员编号", "申报日期", "月工资"])
        sheet.append(["2026", "0401", f"P{number}", "2026-01-05", "abc" if number == 2 else 8371.13])
        sheet.append(["2026", 640104198001011234, f"Q{number}", "2026-01-05", 1])
    path = tmp_path / "缴费工资申报.xlsx"
    book.save(path)
    code, _, _ = says(path)
    assert code == 3
    made = openpyxl.load_workbook(tmp_path / "缴费工资申报.问题.xlsx")
    assert made.sheetnames == ["缴费工资申报", "缴费工资申报 第2张", "问题清单"]
    assert {c.coordinate for row in made.worksheets[0].iter_rows() for c in row if c.comment} == {"B4"}
    assert {c.coordinate for row in made.worksheets[1].iter_rows() for c in row if c.comment} == {"E3", "B4"}
    assert made.worksheets[1]["B4"].value == "6.40104198001011e+17"
    assert "E203" in made.worksheets[0]["B4"].comment.text


def test_a_large_file_gets_its_rejected_rows(tmp_path: Path, says: Says, monkeypatch: pytest.MonkeyPatch):
    from nxmed.report import quarantine

    monkeypatch.setattr(quarantine, "AS_IS_ROWS", 11)
    code, out, _ = says(wages(tmp_path))
    assert code == 3
    assert "问题.xlsx：只含被拒收的行，出错格标红" in out
    sheet = openpyxl.load_workbook(tmp_path / "缴费工资申报_9月.问题.xlsx")["缴费工资申报_9月"]
    assert sheet["A1"].value == "原文件共 12 行，这里只有被拒收的 11 行，第一列是原文件的行号"
    assert [c.value for c in sheet["A"]][1:] == ["原行号", *map(str, range(2, 13))]
    assert sheet["F3"].comment.text.startswith("E206")  # column E of row 2, one to the right


def test_parquet_goes_back_by_row_number(tmp_path: Path, says: Says):
    import polars as pl

    path = tmp_path / "wage_declarations.parquet"
    pl.DataFrame({"year": [2026, 2026], "emp_no": ["0401", "0401"], "psn_no": ["P1", "P2"],
                  "dcla_date": ["2026-01-05", "2026-13-05"], "wag": ["5000", "5000"]}).write_parquet(path)
    code, out, _ = says(path)
    assert code == 3
    assert "格式 parquet  2 行  →  ✘ 1 处问题，涉及 1 行" in out
    sheet = openpyxl.load_workbook(tmp_path / "wage_declarations.问题.xlsx")["wage_declarations"]
    assert [c.value for c in sheet[2]] == ["原行号", "year", "emp_no", "psn_no", "dcla_date", "wag"]
    assert [c.value for c in sheet[3]] == ["2", "2026", "0401", "P2", "2026-13-05", "5000"]
    assert sheet["E3"].comment.text.startswith("E204")


def test_english(tmp_path: Path, says: Says):
    set_lang("en")
    code, out, _ = says(wages(tmp_path))
    assert code == 3
    assert "12 problems in 11 rows, nothing taken in" in out
    assert "thousands separators" in out
    assert "whole row" in out


def test_findings_are_told_and_keep_the_row(tmp_path: Path, says: Says):
    text = "年度,单位编号,人员编号,申报日期,月工资,证件号码\n2026,0401,P1,2026-01-05,5000,640104198001011234\n"
    code, out, _ = says(wages(tmp_path, text))
    assert code == 0
    assert "提示 BAD_CERTNO  证件号码校验位不符  1 处（照常收下）" in out


def test_rows_of_further_sheets_are_numbered_as_reading_numbers_them():
    from nxmed.io import raw_sheets
    from nxmed.report import returned

    assert raw_sheets.SHEET_STEP == returned.SHEET_STEP
