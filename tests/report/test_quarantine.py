"""What goes back to the sender: their rows as they were, wrong cells marked, and the list."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from nxmed.report import quarantine
from nxmed.report.quarantine import column_label, column_letters, write_quarantine
from nxmed.report.returned import PROBLEM_SHAPE, Returned

RED = "FFFF9999"
ROWS = pl.DataFrame(
    [
        (1, "9月缴费工资", None, None), (3, "单位编号", "证件号码", "月工资"), (4, "0401", "640104198001011234", "6,120.50"),
        (5, "=1+1", "640104198001011242", "４５００.００"), (6, "0402", "6.40103E+17", None), (8, "0403", None, None),
    ],
    schema={"_row": pl.Int64, "c0": pl.String, "c1": pl.String, "c2": pl.String}, orient="row",
)


def problems(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=PROBLEM_SHAPE, orient="row")


FOUND = problems(
    (5, 2, "月工资", "E205", "４５００.００", "全角数字", "改为 4500.00"),
    (4, 2, "月工资", "E206", "6,120.50", "含千分位逗号", "改为 6120.50"),
    (6, 1, "证件号码", "E203", "6.40103E+17", "被 Excel 转成科学计数，末位已丢", "列设为文本后按原件重录"),
    (6, 2, "月工资", "E201", None, "未填", "补填"),
    (8, None, None, "E101", "1 列", "列数不足", "少了分隔符"),
    (5, 1, "证件号码", "E301", "640104********1242", "与第 4 行重复", "保留一行"),
    (5, 1, "证件号码", "E999", "640104********1242", "另一条", ""),
)
READ = Returned("9月工资.csv", ROWS, FOUND, head=3)


def fill(cell: openpyxl.cell.Cell) -> str | None:
    return cell.fill.fgColor.rgb if cell.fill.fill_type == "solid" else None


def test_rows_come_back_at_their_addresses_with_wrong_cells_marked(tmp_path: Path):
    path = tmp_path / "9月工资.问题.xlsx"
    write_quarantine(path, [READ])
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["9月工资", "问题清单"]
    sheet = book["9月工资"]
    assert [c.value for c in sheet["A"]] == ["9月缴费工资", None, "单位编号", "0401", "=1+1", "0402", None, "0403"]
    assert sheet["B4"].value == "640104198001011234", "their own file: in full"
    assert sheet["A5"].data_type == "s"
    red = {c.coordinate for row in sheet.iter_rows() for c in row if fill(c) == RED}
    assert red == {"C4", "B5", "C5", "B6", "C6", "A8", "B8", "C8"}
    comments = {c.coordinate: c.comment.text for row in sheet.iter_rows() for c in row if c.comment}
    assert comments["C4"] == "E206 含千分位逗号\n→ 改为 6120.50"
    assert comments["B5"] == "E301 与第 4 行重复\n→ 保留一行\nE999 另一条"
    assert comments["A8"] == "E101 列数不足\n→ 少了分隔符"
    assert sorted(comments) == ["A8", "B5", "B6", "C4", "C5", "C6"]
    assert sheet.freeze_panes == "A4"
    assert sheet.auto_filter.ref == "A3:C8"


def test_the_list_masks_and_orders(tmp_path: Path):
    path = tmp_path / "a.xlsx"
    write_quarantine(path, [READ])
    sheet = openpyxl.load_workbook(path)["问题清单"]
    lines = [tuple(c.value for c in row) for row in sheet.iter_rows()]
    assert lines[0] == ("文件", "行", "列", "单元格", "代码", "值", "问题", "怎么改")
    assert [(r[1], r[2], r[3], r[4]) for r in lines[1:]] == [
        (4, "C 月工资", "C4", "E206"), (5, "B 证件号码", "B5", "E301"), (5, "B 证件号码", "B5", "E999"),
        (5, "C 月工资", "C5", "E205"), (6, "B 证件号码", "B6", "E203"), (6, "C 月工资", "C6", "E201"),
        (8, "整行", None, "E101"),
    ]
    assert lines[1] == ("9月工资.csv", 4, "C 月工资", "C4", "E206", "6,120.50", "含千分位逗号", "改为 6120.50")
    assert lines[2][5] == "640104********1242"
    assert sheet.freeze_panes == "A2"


def test_long_files_get_their_rejected_rows_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quarantine, "AS_IS_ROWS", 7)
    path = tmp_path / "a.xlsx"
    write_quarantine(path, [READ])
    sheet = openpyxl.load_workbook(path)["9月工资"]
    lines = [tuple(c.value for c in row) for row in sheet.iter_rows()]
    assert lines[0][0] == "原文件共 8 行，这里只有被拒收的 4 行，第一列是原文件的行号"
    assert lines[1] == ("原行号", "单位编号", "证件号码", "月工资")
    assert [r[0] for r in lines[2:]] == ["4", "5", "6", "8"]
    red = {c.coordinate for row in sheet.iter_rows() for c in row if fill(c) == RED}
    assert red == {"D3", "C4", "D4", "C5", "D5", "B6", "C6", "D6"}
    assert sheet["D3"].comment.text.startswith("E206")
    assert sheet["B6"].comment.text.startswith("E101")


def test_very_many_rejected_rows_are_cut_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quarantine, "AS_IS_ROWS", 2)
    monkeypatch.setattr(quarantine, "LIST_ROWS", 3)
    monkeypatch.setattr(quarantine, "COMMENTS", 1)
    path = tmp_path / "a.xlsx"
    write_quarantine(path, [READ])
    book = openpyxl.load_workbook(path)
    sheet = book["9月工资"]
    assert sheet["A1"].value.endswith("；只列前 2 行")
    assert sheet.max_row == 4
    assert sum(1 for row in sheet.iter_rows() for c in row if c.comment) == 1
    assert sum(1 for row in sheet.iter_rows() for c in row if fill(c) == RED) == 3
    assert book["问题清单"]["A1"].value == "共 7 处问题，这里列前 3 处"
    assert book["问题清单"].max_row == 1 + 1 + 1 + 3


def test_a_file_that_could_not_be_read_stands_in_the_list(tmp_path: Path):
    refused = Returned("坏.xlsx", pl.DataFrame(schema={"_row": pl.Int64}),
                       problems((None, None, None, "E010", None, "文件损坏或没有传完", "请重新传送")))
    clean = Returned("好.csv", ROWS, problems())
    path = tmp_path / "a.xlsx"
    write_quarantine(path, [clean, refused, READ])
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["坏", "9月工资", "问题清单"]
    assert book["坏"]["A1"].value == "整份文件未能读出，见“问题清单”"
    last = [c.value for c in book["问题清单"][book["问题清单"].max_row]]
    assert last == ["坏.xlsx", None, "整份文件", None, "E010", None, "文件损坏或没有传完", "请重新传送"]


def test_a_cell_beyond_the_row_is_marked_too(tmp_path: Path):
    ragged = pl.DataFrame({"_row": [1, 2], "c0": ["单位编号", "0401"]})
    read = Returned("a.csv", ragged, problems((2, 4, "月工资", "E201", None, "未填", "补填")))
    write_quarantine(tmp_path / "a.xlsx", [read])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["a"]
    assert fill(sheet["E2"]) == RED
    assert sheet["E2"].comment.text.startswith("E201")


def test_same_bytes_again_and_no_formula_or_link(tmp_path: Path):
    write_quarantine(tmp_path / "a.xlsx", [READ])
    write_quarantine(tmp_path / "b.xlsx", [READ])
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        everything = "".join(archive.read(n).decode() for n in archive.namelist())
    assert "<f>" not in everything
    assert "<hyperlink" not in everything


def test_without_problems_there_is_nothing_to_send(tmp_path: Path):
    with pytest.raises(ValueError, match="no problems"):
        write_quarantine(tmp_path / "a.xlsx", [Returned("a.csv", ROWS, problems())])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("column", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD"), (None, "")])
def test_column_letters(column: int | None, letters: str):
    assert column_letters(column) == letters


def test_column_labels():
    assert column_label(4, "月工资") == "E 月工资"
    assert column_label(4, None) == "E"
    assert column_label(None, None) == "整行"
