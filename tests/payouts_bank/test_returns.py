"""回盘判定 (what each answer of a bank does, alone, repeated, in any order, in one file or several)."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_judge import content, plain

from nxmed.payouts.returns import CONTENT, LINE_STATE, ROW, judge, normalised_reason

BAT = "2612A61010064010401"
D1, D2, D3 = date(2026, 12, 5), date(2026, 12, 9), date(2026, 12, 20)


def sn(number: int) -> str:
    return f"{BAT}{number:06d}"


def line(number: int = 1, amt: int = 10000, state: str = "pending", batch_state: str = "exported") -> dict[str, Any]:
    return {"bat_no": BAT, "batch_state": batch_state, "pay_sn": sn(number), "amt": amt, "state": state}


def answer(stas: str, number: int = 1, **more: Any) -> dict[str, Any]:
    return {"bat_no": BAT, "pay_sn": sn(number), "pay_stas": stas, "tran_date": None, "bank_sn": None, "ret_code": None,
            "pay_fail_desc": None, "ret_amt": None, "dfr_sumamt": None, "src_file": "inbox/2026-12/bank_returns.csv", "src_row": 2, **more}


def judged(rows: list[dict[str, Any]], before: list[dict[str, Any]] | None = None, lines: list[dict[str, Any]] | None = None) -> Any:
    return judge(pl.DataFrame(lines or [line()], schema=LINE_STATE), pl.DataFrame(rows, schema=ROW),
                 pl.DataFrame([{k: b[k] for k in CONTENT} for b in before or []], schema=CONTENT))


def state(result: Any) -> list[str | None]:
    return list(result.accepted["state"])


def codes(result: Any) -> list[str]:
    return list(result.refused["code"])


@pytest.mark.parametrize(("stas", "new"), [("0", "in_progress"), ("1", "paid"), ("2", "failed"), ("3", "returned")])
def test_a_first_answer_moves_the_line(stas: str, new: str) -> None:
    result = judged([answer(stas)])
    assert state(result) == [new]
    assert codes(result) == []


# 已有 → 回盘 → 采纳后的状态（None = 只记历史，"same" = 不变，"refused" = 拒绝）
TABLE = [("1", "0", "same"), ("1", "2", "refused"), ("1", "3", "returned"), ("2", "0", "same"), ("2", "1", "refused"),
         ("2", "3", "refused"), ("3", "0", "same"), ("3", "1", None), ("3", "2", "refused"), ("0", "0", "same"), ("0", "1", "paid"),
         ("0", "2", "failed"), ("0", "3", "returned"), ("1", "1", "same"), ("2", "2", "same"), ("3", "3", "same")]
AFTER = {"0": "in_progress", "1": "paid", "2": "failed", "3": "returned"}


@pytest.mark.parametrize(("had", "comes", "then"), TABLE)
def test_what_may_follow_what(had: str, comes: str, then: str | None) -> None:
    result = judged([answer(comes)], [answer(had)], [line(state=AFTER[had])])
    if then == "refused":
        assert codes(result) == ["RETURN_REPEATED"]
        assert result.accepted.height == 0
        assert result.findings["severity"].to_list() == ["error"]
    elif then == "same":
        assert (result.accepted.height, result.same.height, codes(result)) == (0, 1, [])
    else:
        assert state(result) == [then]


@pytest.mark.parametrize("stas", ["1", "2", "3"])
def test_the_same_state_with_other_content_is_refused(stas: str) -> None:
    result = judged([answer(stas, bank_sn="B2")], [answer(stas, bank_sn="B1")], [line(state=AFTER[stas])])
    assert codes(result) == ["RETURN_REPEATED"]


def test_a_return_after_a_success_within_one_import_ends_returned_whatever_the_order() -> None:
    rows = [answer("3", tran_date=D2, src_row=2), answer("1", tran_date=D1, src_row=3)]
    for order in (rows, rows[::-1]):
        result = judged(order)
        assert list(zip(result.accepted["pay_stas"], result.accepted["state"], strict=True)) == [("1", "paid"), ("3", "returned")]
        assert codes(result) == []


def test_a_success_dated_after_the_return_is_refused_for_fear_of_paying_twice() -> None:
    late = judged([answer("1", tran_date=D3)], [answer("3", tran_date=D2)], [line(state="returned")])
    assert codes(late) == ["RETURN_REPEATED"]
    early = judged([answer("3", tran_date=D1)], [answer("1", tran_date=D2)], [line(state="paid")])
    assert codes(early) == ["RETURN_REPEATED"]
    both = judged([answer("1", tran_date=D3, src_row=2), answer("3", tran_date=D1, src_row=3)])
    assert codes(both) == ["RETURN_REPEATED"] * 2
    assert both.accepted.height == 0


def test_amounts_are_compared_to_the_fen() -> None:
    # 付款 100.00 元
    for stas, ret, good in [("1", None, True), ("1", 10000, True), ("1", 0, True), ("1", 10001, False), ("1", 9999, False),
                            ("2", None, True), ("2", 10000, True), ("2", 0, False), ("3", 10000, True), ("3", 9999, False),
                            ("3", 0, False), ("0", 5000, False)]:
        result = judged([answer(stas, ret_amt=ret)])
        assert (codes(result) == []) is good, (stas, ret)
        assert result.accepted.height == int(good)
    other = judged([answer("1", dfr_sumamt=20000)])
    assert codes(other) == ["RETURN_AMOUNT"]
    told = other.findings.row(0, named=True)
    assert (told["expected"], told["actual"], told["diff_amt"], told["ref_no"]) == ("100.00", "200.00", 10000, sn(1))


def test_unknown_keys_unsent_batches_and_unknown_states_are_refused() -> None:
    assert codes(judged([answer("1", number=9)])) == ["RETURN_UNKNOWN"]
    assert codes(judged([answer("1", bat_no="2612A61010064010402")])) == ["RETURN_UNKNOWN"]
    assert codes(judged([answer("1", bat_no=None, pay_sn=None)])) == ["RETURN_UNKNOWN"]
    for unsent in ("draft", "submitted", "reviewed", "approved", "cancelled"):
        assert codes(judged([answer("1")], lines=[line(batch_state=unsent)])) == ["RETURN_UNSENT"]
    assert codes(judged([answer("9")])) == ["RETURN_STATUS"]
    assert state(judged([answer("3")], [answer("1")], [line(state="paid", batch_state="closed")])) == ["returned"]


def test_two_answers_that_contradict_each_other_are_both_refused() -> None:
    for pair in ([answer("1"), answer("2")], [answer("2"), answer("3")], [answer("1", bank_sn="a"), answer("1", bank_sn="b")],
                 [answer("1"), answer("1", ret_amt=7)]):
        rows = [{**r, "src_row": i} for i, r in enumerate(pair, 2)]
        result = judged(rows)
        assert result.accepted.height == 0
        assert result.refused.height == 2
    untouched = judged([answer("1", src_row=2), answer("2", src_row=3), answer("1", number=2, src_row=4)], lines=[line(), line(2)])
    assert untouched.accepted["pay_sn"].to_list() == [sn(2)]


def test_an_account_in_the_wrong_column_is_not_repeated_in_a_message() -> None:
    result = judged([answer("1", pay_sn="6222020200112233445")])
    shown = str(result.findings.to_dicts())
    assert "6222020200112233445" not in shown
    assert "***************3445" in shown


def test_reasons_of_banks_are_counted_by_kind() -> None:
    said = {"收款人户名与账号不符": "户名不符", "账号不存在": "账号不存在或已销户", "该账户已销户": "账号不存在或已销户", "账户冻结": "账户冻结或止付",
            "收款行行号错误": "行号错误", "超过二类户限额": "二类户限额", "重复记账": "重复", "系统超时": "其他", "": None}
    frame = pl.DataFrame({"t": list(said)})
    assert frame.select(normalised_reason(pl.col("t"))).to_series().to_list() == list(said.values())


# -- 性质：与逐笔的独立写法一致；与次序无关；重复导入不变；不矛盾的文件拆开与合并相同

AMT = {1: 10000, 2: 1, 3: 550}
answers = st.builds(
    lambda stas, number, day, bank, ret, paid, bat: answer(stas, number, tran_date=day, bank_sn=bank, ret_amt=ret, dfr_sumamt=paid, bat_no=bat),
    st.sampled_from(["0", "1", "1", "2", "3", "3", "9"]), st.sampled_from([1, 1, 2, 3, 4]), st.sampled_from([None, D1, D2, D3]),
    st.sampled_from([None, "B1"]), st.sampled_from([None, None, 0, 10000, 7]), st.sampled_from([None, None, None, 10000]),
    st.sampled_from([BAT, BAT, BAT, BAT, "2612A61010064010402"]))
files = st.lists(answers, max_size=7).map(lambda rows: [{**r, "src_row": i} for i, r in enumerate(rows, 2)])
LINES = [line(n, AMT[n]) for n in AMT]


class Book:
    """付款行和已采纳的回盘 (what a store keeps between imports)."""

    def __init__(self) -> None:
        self.lines = [dict(x) for x in LINES]
        self.before: list[dict[str, Any]] = []

    def take(self, rows: list[dict[str, Any]]) -> Any:
        result = judged(rows, self.before, self.lines)
        for row in result.accepted.iter_rows(named=True):
            self.before.append(row)
            for known in self.lines:
                if known["pay_sn"] == row["pay_sn"] and row["state"]:
                    known["state"] = row["state"]
        return result

    @property
    def outcome(self) -> tuple[list[str], set[Any]]:
        """States, and the final answers taken (interim ones depend on whether they came in time)."""
        return [x["state"] for x in self.lines], {(b["pay_sn"], *content(b)) for b in self.before if b["pay_stas"] != "0"}


@settings(max_examples=150, deadline=None)
@given(files, files)
def test_it_agrees_with_the_plain_reading(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> None:
    book = Book()
    for rows in (first, second):
        states, accepted, refused = plain(book.lines, rows, book.before)
        before = {x["pay_sn"]: x["state"] for x in book.lines}
        result = book.take(rows)
        assert set(zip(result.refused["src_row"], result.refused["code"], strict=True)) == refused
        assert {(r["pay_sn"], *content(r)) for r in result.accepted.iter_rows(named=True) if r["pay_stas"] != "0"} == accepted
        assert {x["pay_sn"]: x["state"] for x in book.lines} == {**before, **states}
        assert result.accepted.height + result.same.height + result.refused.height == len(rows)


@settings(max_examples=60, deadline=None)
@given(files, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[dict[str, Any]], chance: Any) -> None:
    mixed = list(rows)
    chance.shuffle(mixed)
    one, other = judged(rows, lines=LINES), judged(mixed, lines=LINES)
    assert one.accepted.equals(other.accepted)
    assert one.refused.equals(other.refused)
    assert one.findings.equals(other.findings)


@settings(max_examples=60, deadline=None)
@given(files)
def test_importing_again_changes_nothing(rows: list[dict[str, Any]]) -> None:
    book = Book()
    refused = book.take(rows).refused["src_row"].to_list()
    outcome = book.outcome
    again = book.take(rows)
    assert again.accepted.filter(pl.col("pay_stas") != "0").height == 0
    assert again.refused["src_row"].to_list() == refused
    assert book.outcome == outcome


@settings(max_examples=60, deadline=None)
@given(files, st.integers(0, 7), st.booleans())
def test_split_files_are_one_file_where_nothing_contradicts(rows: list[dict[str, Any]], cut: int, swapped: bool) -> None:
    whole = Book()
    result = whole.take(rows)
    if "RETURN_REPEATED" in codes(result):
        return
    parts = [rows[:cut], rows[cut:]]
    split = Book()
    for part in parts[::-1] if swapped else parts:
        split.take(part)
    assert split.outcome == whole.outcome


@settings(max_examples=60, deadline=None)
@given(st.lists(files, max_size=3))
def test_no_line_is_ever_paid_again_once_it_is_open(imports: list[list[dict[str, Any]]]) -> None:
    book = Book()
    for rows in imports:
        open_before = {x["pay_sn"] for x in book.lines if x["state"] in ("failed", "returned")}
        book.take(rows)
        for known in book.lines:
            if known["pay_sn"] in open_before:
                assert known["state"] in ("failed", "returned")
