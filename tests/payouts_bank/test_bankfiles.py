"""银行付款文件: bytes by hand, what is refused, what may be cut, read back by another reader."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from batches import BAT, PAYER, batch, layout, line, lines
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.errors import InputRefused, IntegrityError
from nxmed.payouts.bankfiles import render

CSV = f"""批次,{BAT},6400123456789,某区医保中心,3,10123.46,CNY,20261231
序号,收款账号,收款户名,开户行名称,联行号,对公对私,金额,用途,附言,业务参考号
1,6222020200112200001,张三,工商银行,102100099996,对私,123.45,医疗救助金,医疗救助2026-12,{BAT}000001
2,6222020200112200002,李四,工商银行,102100099996,对私,0.01,医疗救助金,医疗救助2026-12,{BAT}000002
3,6222020200112200003,买买提·艾力,工商银行,102100099996,对私,10000.00,医疗救助金,医疗救助2026-12,{BAT}000003
合计,3,10123.46
"""


def test_the_csv_is_these_bytes() -> None:
    made = render(layout("gbk-csv"), batch(), lines())
    assert made.encoding == "gbk"
    assert made.files == [(f"{BAT}.csv", CSV.replace("\n", "\r\n").encode("gbk"))]
    assert made.sums == [(3, 1012346)]
    assert render(layout("gbk-csv"), batch(), lines()[::-1]).files == made.files, "the order of the frame's rows does not count"


def test_the_fixed_file_is_these_bytes() -> None:
    # 宽度按 GBK 字节：户名 60，“张三”4 字节，补 56 个空格
    one = lines(line(1))
    name, content = render(layout("fixed-fen"), batch(one), one).files[0]
    head = b"H" + BAT.encode().ljust(20) + b"6400123456789".ljust(32) + "某区医保中心".encode("gbk").ljust(60) + b"000001" \
        + b"000000000000012345" + b"20261231" + b"001" + b"001"
    body = b"D" + b"000001" + f"{BAT}000001".encode().ljust(32) + b"6222020200112200001".ljust(32) + "张三".encode("gbk").ljust(60) \
        + "工商银行".encode("gbk").ljust(100) + b"102100099996".ljust(14) + b"000000000012345" + "医疗救助2026-12".encode("gbk").ljust(40)
    tail = b"T" + b"00000001" + b"000000000000012345"
    assert name == f"{BAT}_001.txt"
    assert content == head + b"\r\n" + body + b"\r\n" + tail + b"\r\n"
    assert len(body) == 300  # 1 + 6 + 32 + 32 + 60 + 100 + 14 + 15 + 40


def test_more_rows_than_a_file_may_hold_go_into_further_files() -> None:
    many = lines(*[line(n, amt=n) for n in range(1, 1202)])  # Σ 1..1201 = 1201 × 1202 / 2 = 721801
    made = render(layout("fixed-fen"), batch(many), many)
    assert [n for n, _ in made.files] == [f"{BAT}_001.txt", f"{BAT}_002.txt", f"{BAT}_003.txt"]
    assert made.sums == [(500, 125250), (500, 375250), (201, 221301)]  # 1..500, 501..1000, 1001..1201
    for number, (_, content) in enumerate(made.files, 1):
        records = content.split(b"\r\n")
        assert records[0].endswith(f"{number:03d}003".encode())
        assert records[1].startswith(b"D000001")
        assert records[-2] == b"T" + b"00001201" + b"000000000000721801"


def refusal(name: str, *rows: dict[str, Any], **over: Any) -> InputRefused:
    frame = lines(*rows)
    with pytest.raises(InputRefused) as caught:
        render(layout(name, **over), batch(frame), frame)
    said = f"{caught.value.text}{caught.value.text_en}{caught.value.problems}{caught.value.problems_en}"
    for row in rows:
        assert not row["bankacct"] or row["bankacct"] not in said
        assert len(row["acctname"]) < 3 or row["acctname"] not in said
    return caught.value


def test_what_is_too_long_is_refused_with_its_row_and_never_cut() -> None:
    long = refusal("fixed-fen", line(1), line(2, acctname="某" * 31))  # 62 字节，最多 60
    assert "第 2 行" in long.text
    assert "收款户名长 62 字节，最多 60" in long.text
    fits = lines(line(1, acctname="某" * 30))
    assert "某".encode("gbk") * 30 in render(layout("fixed-fen"), batch(fits), fits).files[0][1]
    account = refusal("gbk-csv", line(7, bankacct="6" * 33))
    assert "第 7 行 收款账号长 33 字节，最多 32" in account.text


def test_every_row_that_does_not_fit_is_named_in_one_go() -> None:
    told = refusal("gbk-csv", line(1, acctname="某" * 61), line(2, bankacct=""), line(3, acctname="张\n三三"))
    assert [w for w, *_ in told.problems] == ["第 1 行", "第 2 行", "第 3 行"]
    assert "等 3 处" in told.text


def test_only_free_text_is_cut_and_only_between_characters() -> None:
    # 附言最多 60 字节：一个 ASCII 加 30 个汉字 = 61 字节 → 留 1 + 29 个汉字 = 59 字节
    long = lines(line(1, postscript="a" + "医" * 30))
    made = render(layout("gbk-csv"), batch(long), long)
    assert made.cut_rows == [1]
    assert ("a" + "医" * 29 + ",") in made.files[0][1].decode("gbk")
    assert ("医" * 30) not in made.files[0][1].decode("gbk")
    uncut = [{**c, "cut": False} if c.get("field") == "postscript" else c for c in layout_columns("gbk-csv")]
    assert "附言长 61 字节" in refusal("gbk-csv", line(1, postscript="a" + "医" * 30), columns=uncut).text


def layout_columns(name: str) -> list[dict[str, Any]]:
    from batches import table

    return list(table(name)["columns"])


def test_a_name_that_gbk_cannot_write() -> None:
    rare = lines(line(1), line(2, acctname="李㛃"))
    made = render(layout("gbk-csv"), batch(rare), rare)
    assert made.encoding == "gb18030"
    assert "李㛃".encode("gb18030") in made.files[0][1]
    told = refusal("fixed-fen", line(1), line(2, acctname="李㛃"))
    assert "第 2 行 收款户名第 2 个字 GBK 没有" in told.text


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "＝甲", "\t甲"])
def test_what_a_spreadsheet_would_run_is_refused_in_a_file_that_people_open(name: str) -> None:
    assert "收款户名" in refusal("gbk-csv", line(1, acctname=name)).text
    if not name.startswith("\t"):
        one = lines(line(1, acctname=name))
        assert render(layout("fixed-fen"), batch(one), one).sums == [(1, 12345)]


def test_a_text_with_the_separator() -> None:
    one = lines(line(1, acctname='某某,"甲"公司'))
    made = render(layout("gbk-csv"), batch(one), one)
    rows = list(csv.reader(io.StringIO(made.files[0][1].decode("gbk"))))
    assert rows[2][2] == '某某,"甲"公司'
    bars = {"separator": "|!", "quoted": False}
    plain = render(layout("gbk-csv", **bars), batch(), lines())
    assert "1|!6222020200112200001|!张三|!" in plain.files[0][1].decode("gbk")
    assert "含有分隔符" in refusal("gbk-csv", line(1, acctname="甲|!乙"), **bars).text


def test_without_a_payer_its_columns_are_empty() -> None:
    made = render(layout("gbk-csv"), batch(payer=None), lines())
    assert made.files[0][1].decode("gbk").startswith(f"批次,{BAT},,,3,10123.46,CNY,20261231\r\n")
    assert PAYER.acctname not in made.files[0][1].decode("gbk")


def test_a_padding_that_would_change_an_account_is_found_when_read_back() -> None:
    eaten = [{**c, "pad": "0", "align": "right"} if c.get("field") == "bankacct" else c for c in layout_columns("fixed-fen")]
    zero = lines(line(1, bankacct="0012345"))
    with pytest.raises(IntegrityError):
        render(layout("fixed-fen", columns=eaten), batch(zero), zero)


names = st.text(st.characters(codec="gb18030", exclude_categories=("Cc", "Zl", "Zp", "Cs", "Co", "Cn", "Zs")), min_size=1, max_size=12)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(names, st.integers(1, 10**12), st.text("0123456789", min_size=5, max_size=30)), min_size=1, max_size=6))
def test_another_reader_finds_every_name_account_and_amount(rows: list[tuple[str, int, str]]) -> None:
    frame = lines(*[line(n, acctname=name, amt=fen, bankacct=acct) for n, (name, fen, acct) in enumerate(rows, 1)])
    made = render(layout("gbk-csv", opened_by_people=False), batch(frame), frame)
    read = list(csv.reader(io.StringIO(made.files[0][1].decode(made.encoding), newline="")))
    assert [(r[2], int(r[6].replace(".", "")), r[1]) for r in read[2:-1]] == rows
    assert int(read[-1][2].replace(".", "")) == sum(fen for _, fen, _ in rows)
    assert made.sums == [(len(rows), sum(fen for _, fen, _ in rows))]
