"""Workbooks as people send them: what each cell becomes."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsx_cases import inline, packed, parts, plain, sheet_xml

from nxmed.io.xlsx import SheetText, read_workbook
from nxmed.io.xlsx_child import number_text


def read(data: bytes, name: str = "到账.xlsx") -> list[SheetText]:
    return read_workbook(Path(name), data=data)


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def rows_of(sheet: SheetText) -> list[tuple[object, ...]]:
    return sheet.frame.rows()


def test_cells_keep_excels_row_and_column():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B3"] = "单位编号"
    sheet["D3"] = "月工资"
    sheet["B5"] = "0401210001"
    sheet["D5"] = 6120.5
    (found,) = read(saved(book))
    assert found.frame.schema == {"_row": pl.Int64, **{f"c{i}": pl.String for i in range(4)}}
    assert rows_of(found) == [(3, None, "单位编号", None, "月工资"), (5, None, "0401210001", None, "6120.5")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.30000000000000004, "0.3"), (6120.0, "6120"), (-200, "-200"), (1234.5, "1234.5"), (0.00001, "0.00001"),
        (123456789012345, "123456789012345"), (640104198001011234, "6.40104198001011e+17"), (True, "1"), (False, "0"),
        (dt.date(2026, 12, 5), "2026-12-05"), (dt.datetime(2026, 12, 5, 8, 30, 15), "2026-12-05 08:30:15"),
        (dt.time(8, 30), "08:30:00"), (dt.timedelta(hours=30), "30:00:00"), ("001", "001"), (" 王 ", " 王 "),
        ("6.4E+17", "6.4E+17"), ("1.0", "1.0"), ("第一行\n第二行", "第一行\n第二行"),
    ],
)
def test_each_type_of_cell_becomes_text(value: object, text: str):
    book = openpyxl.Workbook()
    book.active["A1"] = value
    (found,) = read(saved(book))
    assert rows_of(found) == [(1, text)]


def test_error_cells_are_told_and_never_empty():
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    for row, error in enumerate(["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?"]):
        sheet.write_formula(row, 1, "=A1", None, error)
    sheet.write_string(1, 0, "x")
    book.close()
    (found,) = read(stream.getvalue())
    assert rows_of(found) == [
        (1, None, "#REF!"), (2, "x", "#N/A"), (3, None, "#DIV/0!"), (4, None, "#VALUE!"), (5, None, "#NAME?"),
    ]


def test_formulas_give_the_value_that_was_saved():
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    sheet.write_formula(0, 0, "=1+1", None, 2)
    sheet.write_formula(0, 1, '="a"', None, "a")
    book.close()
    (found,) = read(stream.getvalue())
    assert rows_of(found) == [(1, "2", "a")]


def test_dates_counted_from_1904():
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"date_1904": True})
    book.add_worksheet().write_datetime(0, 0, dt.datetime(2026, 12, 5), book.add_format({"num_format": "yyyy/m/d"}))
    book.close()
    (found,) = read(stream.getvalue())
    assert rows_of(found) == [(1, "2026-12-05")]


def test_title_row_merged_header_and_total_row_stay_where_they_are():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "缴费工资申报表"
    sheet.merge_cells("A1:C1")
    sheet["A2"], sheet["B2"], sheet["C2"] = "单位编号", "人员编号", "月工资"
    sheet["A3"], sheet["B3"], sheet["C3"] = "0401", "P1", "8371.13"
    sheet["A4"], sheet["C4"] = "合计", 8371.13
    (found,) = read(saved(book))
    assert rows_of(found) == [
        (1, "缴费工资申报表", None, None), (2, "单位编号", "人员编号", "月工资"), (3, "0401", "P1", "8371.13"),
        (4, "合计", None, "8371.13"),
    ]


def test_all_sheets_in_order_hidden_ones_too_charts_not():
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    book.add_worksheet("空")
    book.add_chartsheet("图")
    hidden = book.add_worksheet("藏")
    hidden.write_string(0, 0, "x")
    hidden.hide()
    very = book.add_worksheet("深藏")
    very.write_string(0, 1, "y")
    very.very_hidden()
    book.close()
    found = read(stream.getvalue())
    assert [(s.name, s.hidden) for s in found] == [("空", False), ("藏", True), ("深藏", True)]
    assert found[0].frame.schema == {"_row": pl.Int64}
    assert found[0].frame.height == 0
    assert rows_of(found[2]) == [(1, None, "y")]


def test_cells_without_an_address_count_on():
    rows = '<row><c t="inlineStr"><is><t>a</t></is></c><c><v>2</v></c><c t="e"><v>#REF!</v></c></row><row><c><v>3</v></c></row>'
    (found,) = read(packed(parts(sheet_xml(rows))))
    assert rows_of(found) == [(1, "a", "2", "#REF!"), (2, "3", None, None)]


def test_formatted_but_empty_cells_far_away_do_no_harm():
    rows = f'<row r="1">{inline("A1", "x")}</row><row r="1048576"><c r="XFD1048576" s="0"/></row>'
    (found,) = read(packed(parts(sheet_xml(rows))))
    assert rows_of(found) == [(1, "x")]


def test_prefixed_markup_and_rich_text():
    xml = ('<?xml version="1.0"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
           '<x:sheetData><x:row r="2"><x:c r="B2" t="inlineStr"><x:is><x:r><x:t>张</x:t></x:r><x:r><x:t>三</x:t></x:r></x:is></x:c>'
           "</x:row></x:sheetData></x:worksheet>")
    (found,) = read(packed(parts(xml)))
    assert rows_of(found) == [(2, None, "张三")]


def test_reading_from_a_path_gives_the_same(tmp_path: Path):
    path = tmp_path / "-奇怪 [1] 的名字.xlsx"
    path.write_bytes(plain())
    (one,), (two,) = read_workbook(path), read(plain())
    assert one.frame.equals(two.frame)
    assert one.frame.height == 30
    assert one.frame.row(29) == (30, "0401000029", "0.29", "张某某")


def test_a_long_workbook_is_read_whole():
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"constant_memory": True, "in_memory": False})
    sheet = book.add_worksheet()
    for r in range(20_000):
        sheet.write_string(r, 0, f"{r:010d}")
        sheet.write_number(r, 1, r / 100)
    book.close()
    (found,) = read(stream.getvalue())
    assert found.frame.height == 20_000
    assert found.frame["_row"].to_list() == list(range(1, 20_001))
    assert found.frame.row(19_999) == (20_000, "0000019999", "199.99")


@given(st.integers(min_value=-(10**14) + 1, max_value=10**14 - 1))
@settings(max_examples=300, deadline=None)
def test_amounts_typed_as_numbers_come_back_to_the_fen(fen: int):
    sign = "-" if fen < 0 else ""
    exact = f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
    shown = number_text(float(exact))
    whole, _, part = shown.partition(".")
    assert int(whole + (part + "00")[:2]) == fen
    assert len(part) <= 2


def test_the_child_leaves_the_callers_limits_alone():
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    read(plain(3))
    assert resource.getrlimit(resource.RLIMIT_AS) == before
