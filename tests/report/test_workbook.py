"""Workbooks: what stands in the cells, that nothing in them runs, and that the same content gives the same bytes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.errors import IntegrityError
from nxmed.report import workbook_writer
from nxmed.report.workbook import Column, Workbook, exact_amount, sheet_name, text_width

RISKY = [
    "=1+1", "=HYPERLINK(\"http://a.b\",\"x\")", "+1", "-1+2", "@SUM(1)", "\t=1", "\r=1", "＝1+1", "＠SUM(1)", "{=1}", "|calc",
    "http://a.b/", "mailto:a@b.c", "internal:Sheet1!A1", "file:///etc/passwd", "<r><t>x</t></r>", "<r><script/></r>",
    "0401210001", "640104198001011234", "6.4E+17", "1e5", "TRUE", "#REF!", "2026-12-01", "nan", "", " ", "_x0041_", "\x01\x1f",
    "]]>", "&amp;", "'", '"', "\ufffe", "😀",
]
COLUMNS = [
    Column("单位编号", id="emp_no"), Column("单位名称", "name", "name"), Column("单位应缴", "amount", "amt"),
    Column("人数", "count", "n"), Column("入库日期", "date", "day"), Column("费率", "rate", "rate"), Column("已缴", "bool", "paid"),
]
FRAME = pl.DataFrame({
    "emp_no": ["0401210001", "0401210002", "0401210003"], "name": ["甲公司", None, "丙"], "amt": [4_883_100, -250, None],
    "n": [62, 14, 0], "day": [date(2026, 12, 5), None, date(1899, 1, 1)], "rate": [80_000, 64_000, None],
    "paid": [True, False, None],
})


def build(path: Path, rows: Any = FRAME, columns: Sequence[Column] = tuple(COLUMNS)) -> None:
    with Workbook(path, title="核定明细", created=date(2026, 11, 30), footer="assess-2026-12 & 测试") as book:
        book.sheet("封面").pairs(
            [("所属期", "2026-12"), ("应征合计", 4_882_850, "amount"), ("生成", date(2026, 11, 30), "date"), ("人数", 76, "count")],
            title="核定明细",
        ).signatures(["经办", "复核", "审批"]).lines(["金额以元计"])
        book.sheet("单位明细").table(columns, rows, keys=2)


def markup(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {n: archive.read(n).decode() for n in archive.namelist()}


def test_a_table_as_excel_sees_it(tmp_path: Path):
    path = tmp_path / "核定.xlsx"
    build(path)
    sheet = openpyxl.load_workbook(path)["单位明细"]
    assert [c.value for c in sheet[1]] == [c.title for c in COLUMNS]
    first = [(c.value, c.data_type, c.number_format) for c in sheet[2]]
    assert first[0] == ("0401210001", "s", "@")
    assert first[2][0] == 48831  # 4,883,100 fen
    assert first[2][2] == "#,##0.00;[Red]-#,##0.00"
    assert first[3][0] == 62
    assert sheet["E2"].value.date() == date(2026, 12, 5)
    assert sheet["E4"].value == "1899-01-01"  # before Excel's first day: as text
    assert sheet["F2"].value == 0.08
    assert [sheet[f"G{r}"].value for r in (2, 3, 4)] == ["是", "否", None]
    assert sheet["C4"].value is None
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:G4"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"
    assert str(sheet.page_setup.paperSize) == "9"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in {(1, 0), (None, 0)}
    assert "第&P页 共&N页" in markup(path)["xl/worksheets/sheet2.xml"].replace("&amp;", "&")
    assert "assess-2026-12 && 测试" in markup(path)["xl/worksheets/sheet2.xml"].replace("&amp;", "&")


def test_the_total_follows_the_filter_and_is_cached(tmp_path: Path):
    path = tmp_path / "a.xlsx"
    build(path)
    assert openpyxl.load_workbook(path)["单位明细"]["C5"].value == "=SUBTOTAL(109,C2:C4)"
    cached = openpyxl.load_workbook(path, data_only=True)["单位明细"]
    assert cached["A5"].value == "合计"
    assert cached["C5"].value == 48828.5  # 48831.00 − 2.50
    assert cached["D5"].value == 76  # 62 + 14 + 0
    assert "<v>48828.50</v>" in markup(path)["xl/worksheets/sheet2.xml"]


def test_cover_holds_pairs_and_signatures(tmp_path: Path):
    path = tmp_path / "a.xlsx"
    build(path)
    sheet = openpyxl.load_workbook(path)["封面"]
    assert [c.value for c in sheet["A"]][:7] == ["核定明细", None, "所属期", "应征合计", "生成", "人数", None]
    assert sheet["B4"].value == 48828.5
    assert [c.value for c in sheet[8]] == ["经办：", "复核：", "审批："]
    assert sheet["A11"].value == "金额以元计"


@pytest.mark.parametrize("stream", [False, True])
def test_text_stays_text_whatever_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: bool):
    if stream:
        monkeypatch.setattr(workbook_writer, "STREAM_ROWS", 3)
    path = tmp_path / "a.xlsx"
    with Workbook(path) as book:
        book.sheet("=1+1").table([Column(t) for t in RISKY[:3]], [(t, t, t) for t in RISKY], title="=1+1")
        book.sheet("=1+1").grid([[t] for t in RISKY], marks={(i, 0): t for i, t in enumerate(RISKY)}, head=0)
        book.sheet("x").pairs([(t, t) for t in RISKY], title="@SUM(1)").lines(RISKY)
    raw = markup(path)
    assert not any("<f>" in x or "<hyperlink" in x for x in raw.values())
    assert not any("hyperlink" in x.lower() for n, x in raw.items() if n.endswith(".rels"))
    assert "<r><script/></r>" not in "".join(raw.values())
    for name, xml in raw.items():
        if name.startswith("xl/worksheets/"):
            assert not re.search(r'<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?><v>', xml), "a number came out of text"
    book = openpyxl.load_workbook(path)
    assert [s.title for s in book] == ["=1+1", "=1+1 (2)", "x"]
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n", "inlineStr")
                assert cell.hyperlink is None
    values = [c.value for c in book["=1+1 (2)"]["A"]]
    assert values[0] == "=1+1"
    assert values[RISKY.index("0401210001")] == "0401210001"
    assert values[RISKY.index("640104198001011234")] == "640104198001011234"
    assert book["=1+1 (2)"]["A1"].comment.text == "=1+1"


@pytest.mark.parametrize("stream", [False, True])
def test_same_content_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: bool):
    if stream:
        monkeypatch.setattr(workbook_writer, "STREAM_ROWS", 1)
    build(tmp_path / "a.xlsx")
    build(tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"], "nothing else is left behind"


def test_streamed_and_whole_books_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    build(tmp_path / "a.xlsx")
    monkeypatch.setattr(workbook_writer, "STREAM_ROWS", 1)
    build(tmp_path / "b.xlsx")
    one, two = (openpyxl.load_workbook(tmp_path / n) for n in ("a.xlsx", "b.xlsx"))
    for left, right in zip(one, two, strict=True):
        for row in left.iter_rows():
            for cell in row:
                other = right[cell.coordinate]
                assert (cell.value, cell.number_format) == (other.value, other.number_format)
        assert left.freeze_panes == right.freeze_panes


def test_nothing_is_written_when_the_content_fails(tmp_path: Path):
    class BoomError(Exception):
        pass

    def fail() -> None:
        with Workbook(tmp_path / "a.xlsx") as book:
            book.sheet("x").lines(["y"])
            raise BoomError

    with pytest.raises(BoomError):
        fail()
    assert not (tmp_path / "a.xlsx").exists()


@pytest.mark.parametrize("stream", [20_000, 0])
@pytest.mark.parametrize("fen", [10**15, -(10**15), 9_007_199_254_740_993])
def test_amounts_excel_cannot_hold_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fen: int, stream: int
):
    monkeypatch.setattr(workbook_writer, "STREAM_ROWS", stream)
    with pytest.raises(IntegrityError), Workbook(tmp_path / "a.xlsx") as book:
        book.sheet("x").table([Column("金额", "amount")], [(fen,)])
    assert list(tmp_path.iterdir()) == []


def test_a_total_excel_cannot_hold_is_refused(tmp_path: Path):
    with pytest.raises(IntegrityError), Workbook(tmp_path / "a.xlsx") as book:
        book.sheet("x").table([Column("金额", "amount")], [(6 * 10**14,), (5 * 10**14,)])


@given(st.integers(min_value=-(10**15) + 1, max_value=10**15 - 1))
@settings(max_examples=500, deadline=None)
def test_an_amount_is_exact_through_the_cells_15_digits(fen: int):
    written = f"{exact_amount(fen):.16G}"  # as xlsxwriter writes it
    held = f"{float(written):.15g}"  # as Excel holds and shows it
    sign = "-" if held.startswith("-") else ""
    whole, _, part = held.removeprefix("-").partition(".")
    assert "e" not in held
    assert int(sign + whole + (part + "00")[:2]) == fen


def test_a_table_longer_than_a_sheet_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workbook_writer, "MAX_ROWS", 10)
    with Workbook(tmp_path / "a.xlsx") as book:
        book.sheet("明细").table([Column("号"), Column("金额", "amount")], [(str(i), i * 100) for i in range(25)])
        book.sheet("尾").lines(["x"])
    found = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=True)
    assert [s.title for s in found] == ["明细", "明细 (2)", "明细 (3)", "尾"]
    assert [found[n].max_row for n in found.sheetnames[:3]] == [12, 12, 7]  # header + rows + total
    assert [found[n]["A1"].value for n in found.sheetnames[:3]] == ["号"] * 3
    assert [found["明细"]["B12"].value, found["明细 (2)"]["B12"].value, found["明细 (3)"]["B7"].value] == [
        45, 145, 110]  # 0+…+9, 10+…+19, 20+…+24


def test_a_drop_down_is_offered(tmp_path: Path):
    with Workbook(tmp_path / "a.xlsx") as book:
        book.sheet("差异").table([Column("单号"), Column("处理", choices=("同意", "退回", "挂起"))], [("1", None), ("2", "同意")])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["差异"]
    (rule,) = sheet.data_validations.dataValidation
    assert str(rule.sqref) == "B2:B3"
    assert rule.formula1 == '"同意,退回,挂起"'


def test_empty_tables_have_their_header_and_no_total(tmp_path: Path):
    with Workbook(tmp_path / "a.xlsx") as book:
        book.sheet("空").table(COLUMNS, FRAME.clear())
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["空"]
    assert sheet.max_row == 1
    assert sheet["A1"].value == "单位编号"


def test_columns_of_a_frame_need_their_ids(tmp_path: Path):
    with pytest.raises(ValueError, match="金额"), Workbook(tmp_path / "a.xlsx") as book:
        book.sheet("x").table([Column("金额", "amount")], FRAME)


@pytest.mark.parametrize(
    ("name", "taken", "result"),
    [
        ("a/b[1]:*?\\", [], "a_b_1_____"), ("", [], "Sheet"), ("'甲'", [], "甲"), ("甲", ["甲"], "甲 (2)"),
        ("甲" * 40, ["甲" * 31], "甲" * 27 + " (2)"), ("ABC", ["abc", "ABC (2)"], "ABC (3)"), ("History", [], "History_"),
    ],
)
def test_sheet_names_fit_excel(name: str, taken: list[str], result: str):
    assert sheet_name(name, taken) == result
    assert len(result) <= 31


def test_columns_are_as_wide_as_their_text(tmp_path: Path):
    assert text_width("单位ab１") == 8  # 2 + 2 + 1 + 1 + 2
    with Workbook(tmp_path / "a.xlsx") as book:
        book.sheet("x").table([Column("短"), Column("长")], [("1", "宁夏某某有限责任公司")])
    widths = openpyxl.load_workbook(tmp_path / "a.xlsx")["x"].column_dimensions
    assert widths["B"].width >= 20
    assert widths["A"].width < 12


def test_very_long_text_is_cut_and_says_so(tmp_path: Path):
    with Workbook(tmp_path / "a.xlsx") as book:
        book.sheet("x").lines(["长" * 40_000])
    value = openpyxl.load_workbook(tmp_path / "a.xlsx")["x"]["A1"].value
    assert value.endswith("…（过长，已截断）")
    assert len(value) <= 32_767
