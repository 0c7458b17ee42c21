"""One file: encodings, headers, ragged lines, quotes, totals, refusals, workbooks, Parquet."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nxmed.errors import InputRefused
from nxmed.io import raw_bytes, reading
from nxmed.io.raw_mixed import looks_mixed
from nxmed.io.raw_totals import declared, is_footer, is_total
from nxmed.io.reading import FileRead, contract_of, read_file

HEAD = "年度,单位编号,人员编号,申报日期,申报工资"
ROW = "2026,E1,P{},2026-01-05,{}"
Put = Callable[..., FileRead]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Writes a wage file of these lines (or bytes) and reads it."""
    def write(*lines: str | bytes, name: str = "wage_declarations_1.csv", encoding: str = "utf-8", end: str = "\n") -> FileRead:
        data = lines[0] if isinstance(lines[0], bytes) else (end.join(map(str, lines)) + end).encode(encoding)
        (tmp_path / name).write_bytes(data)  # type: ignore[arg-type]
        return read_file(tmp_path / name, spool=tmp_path / "spool")
    return write


def refused(code: str, put: Put, *lines: str | bytes, **options: str) -> str:
    with pytest.raises(InputRefused) as caught:
        put(*lines, **options)
    assert caught.value.problems[0][1].startswith(code)
    assert caught.value.exit_code == 3
    assert caught.value.hint
    return caught.value.text


def wages(read: FileRead) -> list[tuple[int, str, int]]:
    return read.frame.select("src_row", "psn_no", "wag").collect().sort("src_row").rows()


def rejected(read: FileRead) -> list[tuple[int, str, str]]:
    return read.rejects.select("src_row", "cell", "check").rows()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_give_the_same_rows(put: Put, encoding: str, end: str) -> None:
    read = put(HEAD + ",备注", ROW.format(1, "5000.00") + ",䶮", ROW.format(2, "6000") + ",𠮷氏", encoding=encoding, end=end)
    assert wages(read) == [(2, "P1", 500_000), (3, "P2", 600_000)]
    assert read.frame.collect()["memo"].to_list() == ["䶮", "𠮷氏"]
    assert read.encoding == {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    assert (read.rows_read, read.accepted, read.rejected, read.duplicates, read.header_row) == (2, 2, 0, 0, 1)


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_separators(put: Put, separator: str) -> None:
    read = put(HEAD.replace(",", separator), ROW.format(1, "5000").replace(",", separator))
    assert wages(read) == [(2, "P1", 500_000)]


def test_headers_by_id_title_or_alias_in_any_order(put: Put) -> None:
    read = put("月工资（元）,psn_no,单位编码, 缴费年度 ,*申报日期,多出的列", "5000,P1,E1,2026,2026-01-05,x")
    assert wages(read) == [(2, "P1", 500_000)]
    assert read.frame.collect()["多出的列"].to_list() == ["x"]
    assert read.findings["code"].to_list() == ["UNKNOWN_COLUMN"]
    assert read.findings["ref_no"].to_list() == ["多出的列"]


def test_title_rows_blank_lines_repeated_headers_and_footers(put: Put) -> None:
    read = put("宁夏某区2026年缴费工资申报表", "", HEAD, ROW.format(1, "5000.00"), "", HEAD, ",,,,", ROW.format(2, "1.50"),
               "小计,,,,5001.50", "合计,,,,5001.50", "制表人：张三,,审核人：李四,,", "备注：无")
    assert wages(read) == [(4, "P1", 500_000), (8, "P2", 150)]
    assert read.header_row == 3
    assert read.skipped_rows == 5
    assert read.rows_read == 2


def test_line_breaks_inside_quotes_and_row_numbers(put: Put) -> None:
    read = put(HEAD + ",备注", ROW.format(1, "1") + ',"第一行\n第二行"', ROW.format(2, "2") + ',"含,逗号"', ROW.format(3, "x") + ",",
               ROW.format(4, "4") + ',"他说""好"""')
    assert wages(read) == [(2, "P1", 100), (4, "P2", 200), (6, "P4", 400)]
    assert read.frame.collect().sort("src_row")["memo"].to_list() == ["第一行\n第二行", "含,逗号", '他说"好"']
    assert rejected(read) == [(5, "E5", "E211")]


def test_ragged_lines_are_rejected_by_row(put: Put) -> None:
    read = put(HEAD, ROW.format(1, "1"), "2026,E1,P2", ROW.format(3, "3") + ",,7", ROW.format(4, "4") + ",,")
    assert rejected(read) == [(3, "", "E101"), (4, "", "E102")]
    assert read.rejects["message"].to_list() == ["列数不足：3 列，应为 5 列", "列数过多：7 列，应为 5 列"]
    assert wages(read) == [(2, "P1", 100), (5, "P4", 400)]  # empty cells at the end do no harm
    assert (read.rows_read, read.accepted, read.rejected) == (4, 2, 2)


def test_quotes_in_the_wrong_place(put: Put) -> None:
    read = put(HEAD + ",备注", ROW.format(1, "1") + ',"a"b', ROW.format(2, "2") + ',a"b"c')
    assert rejected(read) == [(2, "", "E103")]
    assert read.frame.collect()["memo"].to_list() == ['a"b"c']


def test_an_open_quote_names_its_line(put: Put) -> None:
    assert "第 3 行" in refused("E008", put, HEAD, ROW.format(1, "1"), '2026,"E1,P2,2026-01-05,3', ROW.format(3, "3"))
    assert "第 2 行" in refused("E008", put, HEAD, '2026,"E1,P2,2026-01-05,3', '2026,"E1",P3,2026-01-05,3')


def test_the_broken_file_of_the_handbook(tmp_path: Path) -> None:
    """Ten issues of a nine-row file in one pass, at the places an operator sees."""
    path = tmp_path / "缴费工资申报_9月.csv"
    path.write_text("\n".join([
        "年度,单位编号,人员编号,证件号码,申报日期,月工资",
        "2026,E1,P1,640104198501011234,2026-01-05,5000.00",
        '2026,E1,P2,,2026-01-05,"6,120.50"',
        "2026,E1,P3,6.40103E+17,2026-01-05,5000.00",
        "2026,E1,P4,,2026-13,5000.00",
        "2026,E1,P5,,2026-01-05,",
        "2026,E1,P5,,2026-01-05,４５００.００",
        "2026,E1,P7,,2026-01-05",
        "2026,E1,P8,,2026-01-05,-200.00,x",
        "合计,,,,,"]), encoding="gb18030")
    read = read_file(path)
    assert rejected(read) == [
        (3, "F3", "E206"), (4, "D4", "E203"), (5, "E5", "E204"), (6, "A6", "E301"), (6, "F6", "E201"), (7, "A7", "E301"),
        (7, "F7", "E205"), (8, "", "E101"), (9, "", "E102"), (9, "F9", "E207")]
    assert (read.rows_read, read.accepted, read.rejected, read.skipped_rows) == (8, 1, 7, 1)
    assert read.rejects["value"].to_list()[1] == "6.40103E+17"
    assert read.rejects.row(0, named=True)["hint"] == "去掉逗号"
    assert read.rejects.row(0, named=True)["message_en"] == "thousands separators"


def test_rows_of_one_key_are_both_rejected_also_when_one_is_broken_anyway(put: Put) -> None:
    """Which of the two the sender meant is not guessed; one pass says every reason."""
    read = put(HEAD, ROW.format(1, "5000"), ROW.format(2, "6000"), ROW.format(1, "x"), ROW.format(1, "5000"), ROW.format(3, "x"))
    assert rejected(read) == [(2, "A2", "E301"), (4, "A4", "E301"), (4, "E4", "E211"), (6, "E6", "E211")]
    assert read.rejects["message"].to_list()[:2] == ["与第 4 行主键相同、内容不同", "与第 2 行主键相同、内容不同"]
    assert (read.rows_read, read.accepted, read.rejected, read.duplicates) == (5, 1, 3, 1)
    # a key that cannot be read repeats nothing
    assert [r[2] for r in rejected(put(HEAD, "2026,E1,,2026-01-05,x", "2026,E1,,2026-01-05,y"))] == ["E201", "E211"] * 2


def test_a_row_with_too_many_cells_tells_its_one_wrong_cell_but_not_shifted_ones(put: Put) -> None:
    assert rejected(put(HEAD, ROW.format(1, "-200") + ",x")) == [(2, "", "E102"), (2, "E2", "E207")]
    assert rejected(put(HEAD, ROW.format(1, "200") + ",x")) == [(2, "", "E102")]
    assert rejected(put(HEAD, "2026,E1,P1,a,b,2026-01-05,200")) == [(2, "", "E102")]


def test_totals_equal_all_rows_read_or_the_file_is_refused(put: Put) -> None:
    lines = [HEAD, ROW.format(1, "5000.00"), ROW.format(2, '"1,000.50"'), "2026,E1,P3,2026-01-05", ROW.format(4, "0.50") + ",x"]
    # 5000.00 + 1,000.50 (rejected) + 0.50 (too many columns, rejected) = 6001.00
    assert put(*lines, "合计,,,,6001.00").accepted == 1
    assert "6,001.00" in refused("E009", put, *lines, "合计,,,,6001.01")
    assert put(*lines, '合计,"6,001.00"').accepted == 1  # a short total row: any amount column
    refused("E009", put, *lines, '合计,"6,001.01"')
    # one total per page, of the page or so far
    assert put(HEAD, ROW.format(1, "1"), "合计,,,,1.00", ROW.format(2, "2"), "合计,,,,2.00").accepted == 2
    assert put(HEAD, ROW.format(1, "1"), "合计,,,,1.00", ROW.format(2, "2"), "总计,,,,3.00").accepted == 2
    refused("E009", put, HEAD, ROW.format(1, "1"), "合计,,,,1.00", ROW.format(2, "2"), "总计,,,,2.50")


@pytest.mark.parametrize(("line", "good"), [
    ("共2笔", True), ("共3笔", False), ("总笔数：2", True), ("总笔数,2", True), ("总笔数,1", False), ("总金额：￥3.00元", True),
    ("总金额:3.01", False), ("合计 2 笔 总金额 3.00", True), ("总金额：0.0003万元", True),
])
@pytest.mark.parametrize("above", [True, False])
def test_declared_counts_and_amounts(put: Put, line: str, good: bool, above: bool) -> None:
    rows = [HEAD, ROW.format(1, "1"), ROW.format(2, "2")]
    lines = [line, *rows] if above else [*rows, line]
    if good:
        assert put(*lines).accepted == 2
    else:
        refused("E009", put, *lines)


def test_footers_are_told_from_data() -> None:
    assert is_total(["", "合 计：", "", "5.00"])
    assert is_footer(["制表人：张三"])
    assert is_footer(["制表人", "张三", "复核人", "李四", "审批人", "王五"])
    assert is_footer(["备注", "本月含补报", None, "", None])
    # 扣款原因在第一列时，“审核”是数据
    assert not is_footer(["审核", "1900.27", "10", "D0", "320100", "H62110004"])
    assert is_footer(["小计（元）", "3"])
    assert not is_footer(["总计量检测公司", "3"])
    assert not is_footer(["备注科", "3"])
    assert not is_footer(["", ""])
    assert declared(["共60笔，总金额：1,234.50元", "记录数 7"]) == ([60, 7], [Decimal("1234.50")])


def test_duplicates_and_conflicts_within_a_file(put: Put) -> None:
    read = put(HEAD, ROW.format(1, "1.00"), ROW.format(1, "1"), ROW.format(2, "2"), ROW.format(2, "2.5"), ROW.format(1, "1.0"),
               ROW.format(3, "3"))
    assert wages(read) == [(2, "P1", 100), (7, "P3", 300)]
    assert (read.rows_read, read.accepted, read.rejected, read.duplicates) == (6, 2, 2, 2)
    assert read.rejects.select("src_row", "check", "message").rows() == [
        (4, "E301", "与第 5 行主键相同、内容不同"), (5, "E301", "与第 4 行主键相同、内容不同")]


def test_findings_keep_the_row_and_hide_the_number(put: Put) -> None:
    read = put(HEAD + ",证件号码,申报类型", ROW.format(1, "1") + ",640104198501011234,9")
    assert read.accepted == 1
    found = {r["code"]: r for r in read.findings.to_dicts()}
    assert set(found) == {"BAD_CERTNO", "UNKNOWN_CODE"}
    assert found["BAD_CERTNO"]["actual"] == "640104********1234"
    assert found["BAD_CERTNO"]["src_row"] == 2
    assert found["BAD_CERTNO"]["emp_no"] == "E1"
    assert not any("19850101" in str(v) for v in found["BAD_CERTNO"].values())


def test_another_kind_of_certificate_has_no_check_digit(put: Put) -> None:
    read = put(HEAD + ",证件号码,证件类型", ROW.format(1, "1") + ",E1234567,08", ROW.format(2, "1") + ",E1234567,")
    assert read.findings.select("code", "src_row").rows() == [("BAD_CERTNO", 3)]


def test_refusals_of_whole_files(put: Put) -> None:
    good = [HEAD, ROW.format(1, "1")]
    text = "\n".join(good).encode("gb18030")
    assert "申报工资（wag）" in refused("E006", put, "年度,单位编号,人员编号,申报日期", "1,2,3,4")
    assert "月工资" in refused("E007", put, HEAD + ",月工资,月工资", ROW.format(1, "1,2,3"))
    assert "申报工资" in refused("E007", put, HEAD + ",wag", ROW.format(1, "1") + ",2")
    refused("E005", put, b"")
    refused("E005", put, "甲,乙", "1,2")
    refused("E005", put, *[f"说明{i}" for i in range(31)], *good)
    assert "第 3 字节" in refused("E004", put, b"ab\0cd")
    refused("E001", put, text + b"\n2026,\xff\xff,P2,2026-01-05,1\n")
    refused("E002", put, text + "\n2026,张".encode("gb18030")[:-1])
    refused("E002", put, "\n".join([*good, "2026,张"]).encode()[:-1])
    for name in ("张三", "张三丰", "欧阳小明"):
        refused("E003", put, text + f"\n2026,{name},P2,2026-01-05,1\n".encode())
    refused("E014", put, *good, name="别的文件.csv")


@given(st.lists(st.sampled_from("张王李赵马丁杨陈刘周吴徐孙朱胡郭何高林罗璐瑶琪玮滢闫逯缪骆龚镕鑫淼犇㛃䶮宁夏银川市兴庆区解放西街"),
                min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_real_gb18030_text_is_not_taken_for_utf8(chars: list[str]) -> None:
    assert not looks_mixed("".join(chars))


@pytest.mark.parametrize("text", ["张三", "银川市区", "参保单位", "职工医保"])
def test_utf8_read_as_gb18030_is_seen(text: str) -> None:
    assert looks_mixed(text.encode().decode("gb18030"))


def test_odd_files(tmp_path: Path, put: Put) -> None:
    real = tmp_path / "wage_declarations_real.csv"
    real.write_text(HEAD + "\n", encoding="utf-8")
    assert read_file(real).rows_read == 0
    link = tmp_path / "wage_declarations_link.csv"
    link.symlink_to(real)
    folder = tmp_path / "wage_declarations_folder.csv"
    folder.mkdir()
    bidi = tmp_path / "wage_declarations_\u202ecsv.csv"
    bidi.write_text(HEAD, encoding="utf-8")
    for path in (link, folder, bidi):
        with pytest.raises(InputRefused) as caught:
            read_file(path)
        assert caught.value.problems[0][1].startswith("E012")


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wage_declarations.csv"
    path.write_text(HEAD + "\n" + ROW.format(1, "1") + "\n", encoding="utf-8")
    stream = raw_bytes.Stream(path, raw_bytes.probe(path))
    with path.open("a", encoding="utf-8") as out:
        out.write(ROW.format(2, "2") + "\n")
    with pytest.raises(InputRefused, match="改动"):
        list(stream)


def test_blocks_cut_anywhere_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [HEAD + ",备注"] + [ROW.format(i, f"{i}.5") + (f',"第{i}行\n续,行"' if i % 7 == 0 else ",汉字" if i % 3 else ',""')
                              for i in range(300)] + ["合计,,,,45000.00,"]
    # Σ (i + 0.5) for i = 0 … 299 = 44850 + 150 = 45000
    path = tmp_path / "wage_declarations.csv"
    path.write_text("\n".join(lines), encoding="gb18030", newline="\n")
    whole = read_file(path)
    monkeypatch.setattr(reading, "IN_MEMORY", 1000)
    from nxmed.io import raw_text
    source = raw_text.TextFile
    monkeypatch.setattr(raw_text, "TextFile", lambda p, c: source(p, c, size=97))
    pieces = read_file(path, spool=tmp_path / "spool")
    assert any(isinstance(p, Path) for p in pieces.parts)
    assert pieces.accepted == whole.accepted == 300
    assert pieces.frame.collect().sort("src_row").equals(whole.frame.collect().sort("src_row"))


names = st.text(alphabet="张王李纳㛃䶮𠮷·ab ,\"\n\r;'", max_size=6)


@given(st.lists(st.tuples(names, st.integers(0, 10**9)), min_size=1, max_size=12), st.sampled_from(["utf-8", "gb18030"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_written_by_a_csv_writer_and_read_back(tmp_path: Path, rows: list[tuple[str, int]], encoding: str) -> None:
    frame = pl.DataFrame({"年度": ["2026"] * len(rows), "单位编号": ["E1"] * len(rows),
                          "人员编号": [f"P{i}" for i in range(len(rows))], "申报日期": ["2026-01-05"] * len(rows),
                          "申报工资": [f"{f // 100}.{f % 100:02d}" for _, f in rows], "备注": [n.replace("\r", "") for n, _ in rows]})
    path = tmp_path / "wage_declarations.csv"
    path.write_bytes(frame.write_csv().encode(encoding))
    read = read_file(path)
    assert read.rows_read == read.accepted == len(rows)
    back = read.frame.collect().sort("src_row")
    assert back["wag"].to_list() == [f for _, f in rows]
    trimmed = [n.replace("\r", "").strip(" \n").removeprefix("'").strip(" \n") or None for n, _ in rows]
    assert back["memo"].to_list() == trimmed


@given(st.permutations(range(6)))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_rows_changes_nothing(tmp_path: Path, order: list[int]) -> None:
    rows = [ROW.format(1, "1"), ROW.format(1, "1.00"), ROW.format(2, "2"), ROW.format(2, "3"), ROW.format(3, "x"), ROW.format(4, "4")]
    path = tmp_path / "wage_declarations.csv"
    path.write_text("\n".join([HEAD, *(rows[i] for i in order)]), encoding="utf-8")
    read = read_file(path)
    assert (read.accepted, read.rejected, read.duplicates) == (2, 3, 1)
    assert sorted(read.frame.collect()["psn_no"].to_list()) == ["P1", "P4"]


@given(st.binary(max_size=200))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused_by_name(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "wage_declarations.csv"
    path.write_bytes((HEAD + "\n" + ROW.format(1, "1") + "\n").encode("gb18030") + tail)
    refusal: InputRefused | None = None
    try:
        read = read_file(path)
    except InputRefused as caught:
        refusal = caught
    if refusal is not None:
        assert refusal.problems
    else:
        assert read.rows_read == read.accepted + read.rejected + read.duplicates


def test_raw_rows_are_the_file_as_it_was(put: Put) -> None:
    read = put("标题", HEAD, ROW.format(1, "x"), "2026,E1", ROW.format(2, "2"), "合计,,,,2")
    raw = read.raw_rows()
    assert raw.select("_row", "c0", "c4").rows() == [
        (1, "标题", None), (2, "年度", "申报工资"), (3, "2026", "x"), (4, "2026", None), (5, "2026", "2"), (6, "合计", "2")]
    assert read.raw_rows([4])["_row"].to_list() == [4]


def sheet(path: Path, *sheets: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, rows in enumerate(sheets):
            page = book.add_worksheet(f"表{number + 1}")
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if isinstance(value, datetime):
                        page.write_datetime(r, c, value, day)
                    elif isinstance(value, int | Decimal):
                        page.write_number(r, c, value)
                    elif value is not None:
                        page.write_string(r, c, str(value))
    return path


def test_workbooks(tmp_path: Path) -> None:
    head = ["年度", "单位编号", "人员编号", "申报日期", "申报工资", "证件号码"]
    path = sheet(tmp_path / "缴费工资申报.xlsx", [
        ["标题"], [], head, [2026, "E1", "P1", datetime(2026, 1, 5), Decimal("5000.5"), "640104198501011234"],
        head, [2026, "E1", "P2", "2026/1/6", "6000.00", 640104198501011234], [None, None, None],
        [2026, "E1", "P3", "2026/1/6", "x"], ["合计", None, None, None, Decimal("11000.5")], ["制表人：张三"]])
    read = read_file(path)
    assert read.format == "xlsx"
    assert (read.header_row, read.rows_read, read.accepted, read.skipped_rows) == (3, 3, 1, 3)
    assert read.frame.select("src_row", "wag", "dcla_date").collect().rows() == [(4, 500_050, date(2026, 1, 5))]
    assert rejected(read) == [(6, "F6", "E203"), (8, "E8", "E211")]


def test_several_sheets_with_the_header_are_read_together(tmp_path: Path) -> None:
    head = HEAD.split(",")
    first = [head, *[[2026, "E1", f"P{i}", "2026-01-05", "1.00"] for i in range(2)]]
    second = [head, [2026, "E1", "P0", "2026-01-05", "1.00"], [2026, "E1", "P9", "2026-01-05", "bad"]]
    read = read_file(sheet(tmp_path / "wage_declarations.xlsx", first, [["说明"]], second))
    assert (read.rows_read, read.accepted, read.rejected, read.duplicates) == (4, 2, 1, 1)
    assert read.frame.select("src_file", "src_row").collect().sort("src_row").rows() == [
        ("wage_declarations.xlsx", 2), ("wage_declarations.xlsx", 3)]
    assert read.rejects["cell"].to_list() == ["E3"]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "wage_declarations.parquet"
    frame = pl.DataFrame({
        "year": [2026, 2026, 2026], "单位编号": ["E1", " E2", ""], "psn_no": ["P1", "P2", "P3"],
        "dcla_date": [date(2026, 1, 5)] * 3, "wag": [Decimal("5000.10"), Decimal("1.00"), Decimal("2.00")], "x": [1, 2, 3]})
    frame.write_parquet(path)
    read = read_file(path)
    assert wages(read) == [(1, "P1", 500_010), (2, "P2", 100)]
    assert read.frame.collect()["emp_no"].to_list() == ["E1", "E2"]
    assert rejected(read) == [(3, "B3", "E201")]
    for bad in (frame.with_columns(pl.col("wag").cast(pl.Float64)), frame.with_columns(pl.concat_list("psn_no"))):
        bad.write_parquet(path)
        with pytest.raises(InputRefused) as caught:
            read_file(path)
        assert caught.value.problems[0][1].startswith("E011")
    path.write_bytes(b"PAR1" + os.urandom(50))
    with pytest.raises(InputRefused) as caught:
        read_file(path)
    assert caught.value.problems[0][1].startswith("E010")


def test_the_longest_name_decides_the_kind() -> None:
    kinds = {"provider_totals_1.csv": "provider_totals", "providers.csv": "providers", "定点医药机构2026.xlsx": "providers",
             "UNITS_202612.csv": "units", "税务到账明细_12月.txt": "tax_arrivals"}
    for name, kind in kinds.items():
        found = contract_of(name)
        assert found is not None
        assert found.id == kind
    assert contract_of("别的.csv") is None
