"""银行自己的回盘文件: both sample forms, controls of the file, rows that can't be read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from batches import BAT, layout

from nxmed.errors import InputRefused, UsageError
from nxmed.payouts.return_forms import ReadReturn, read_return

TITLES = "业务参考号,批次号,金额,处理状态,交易日期,银行流水号,返回码,失败原因,退回金额"


def row(number: int, state: str, amount: str = "123.45", day: str = "2026-12-03", reason: str = "", back: str = "") -> str:
    return f"{BAT}{number:06d},{BAT},{amount},{state},{day},YH{number},0000,{reason},{back}"


def read(*rows: str, encoding: str = "gb18030", titles: str = TITLES) -> ReadReturn:
    return read_return(layout("gbk-csv"), ("\r\n".join([titles, *rows]) + "\r\n").encode(encoding), "回盘.csv")


def test_the_csv_form_finds_its_columns_by_title() -> None:
    made = read(row(1, "成功"), row(2, "拒绝", "0.01", "20261204", "户名不符", "0.01"), row(3, "退汇", "10000.00", back="10000.00"))
    assert made.rows_read == 3
    assert made.unread == []
    assert made.rows.select("pay_sn", "pay_stas", "dfr_sumamt", "ret_amt", "tran_date", "src_row").rows() == [
        (f"{BAT}000001", "1", 12345, None, date(2026, 12, 3), 2), (f"{BAT}000002", "2", 1, 1, date(2026, 12, 4), 3),
        (f"{BAT}000003", "3", 1000000, 1000000, date(2026, 12, 3), 4)]
    assert made.rows["bat_no"].unique().to_list() == [BAT]
    assert read(row(1, "成功"), encoding="utf-8-sig").rows.height == 1
    more = read(row(1, "成功") + ",别的", titles=TITLES + ",备用")
    assert more.rows.height == 1


@pytest.mark.parametrize(("bad", "column"), [
    (row(1, "已完成"), "pay_stas"), (row(1, ""), "pay_stas"), (row(1, "成功", "123.4"), "dfr_sumamt"), (row(1, "成功", '"1,123.45"'), "dfr_sumamt"),
    (row(1, "成功", "-1.00"), "dfr_sumamt"), (row(1, "成功", "1E2"), "dfr_sumamt"), (row(1, "成功", day="2026-02-30"), "tran_date"),
    (row(1, "成功", "１２３.45"), "dfr_sumamt"), (row(1, "退汇", back="123"), "ret_amt")])
def test_a_row_that_cannot_be_read_is_left_out_and_told(bad: str, column: str) -> None:
    made = read(bad, row(2, "成功"))
    assert made.rows["pay_sn"].to_list() == [f"{BAT}000002"]
    assert [(n, c) for n, c, *_ in made.unread] == [(2, column)]


def test_a_file_that_is_not_whole_is_refused() -> None:
    with pytest.raises(InputRefused, match="缺少列 处理状态"):
        read(row(1, "成功"), titles=TITLES.replace("处理状态", "结果"))
    with pytest.raises(InputRefused, match="重复"):
        read(row(1, "成功"), titles=TITLES + ",金额")
    with pytest.raises(InputRefused, match="第 3 行有 3 列"):
        read(row(1, "成功"), "a,b,c")
    with pytest.raises(InputRefused, match="编码"):
        read_return(layout("gbk-csv"), TITLES.encode("gb18030") + b"\r\n\xff\xff", "x.csv")
    with pytest.raises(InputRefused, match="空文件"):
        read_return(layout("gbk-csv"), b"", "x.csv")
    with pytest.raises(UsageError, match=r"没有写回盘格式"):
        read_return(layout("gbk-csv", **{"return": None}), b"", "x.csv")


def fixed(number: int, state: str, fen: int, back: int = 0, reason: str = "") -> bytes:
    return (b"D" + BAT.encode().ljust(20) + f"{BAT}{number:06d}".encode().ljust(32) + f"{fen:015d}".encode() + state.encode() + b"20261203"
            + f"YH{number}".encode().ljust(32) + b"0000".ljust(10) + reason.encode("gbk").ljust(60) + f"{back:015d}".encode())


def book(*rows: bytes, count: int | None = None, fen: int) -> bytes:
    head = b"H" + BAT.encode().ljust(20) + f"{len(rows) if count is None else count:06d}".encode() + f"{fen:018d}".encode()
    return b"\r\n".join([head, *rows]) + b"\r\n"


def test_the_fixed_form_is_read_by_bytes() -> None:
    content = book(fixed(1, "1", 12345), fixed(2, "2", 1, reason="户名不符"), fixed(3, "3", 1000000, 1000000), fen=1012346)
    made = read_return(layout("fixed-fen"), content, "r.txt")
    assert made.rows.select("pay_sn", "pay_stas", "dfr_sumamt", "ret_amt", "pay_fail_desc").rows() == [
        (f"{BAT}000001", "1", 12345, None, None), (f"{BAT}000002", "2", 1, None, "户名不符"), (f"{BAT}000003", "3", 1000000, 1000000, None)]


@pytest.mark.parametrize(("content", "said"), [
    (book(fixed(1, "1", 12345), count=2, fen=12345), "自报 000002 笔，读到 1 笔"), (book(fixed(1, "1", 12345), fen=12346), "自报金额"),
    (book(fixed(1, "1", 12345)[:-40], fen=12345), "字节"), (book(b"X" + fixed(1, "1", 12345)[1:], fen=12345), "不是 D 记录")])
def test_the_fixed_form_checks_count_total_and_length(content: bytes, said: str) -> None:
    with pytest.raises(InputRefused, match=said):
        read_return(layout("fixed-fen"), content, "r.txt")


def test_an_unknown_status_does_not_repeat_what_may_be_an_account() -> None:
    made: Any = read(row(1, "6222020200112233445"))
    assert "6222020200112233445" not in str(made.unread)
