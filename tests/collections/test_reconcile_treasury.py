"""国库核对：groups by ticket and by day, what waits, what stays booked."""

from __future__ import annotations

from datetime import date

import polars as pl
from reconcile_cases import agreeing, classes, due, line, one_month, outstanding, stmt, two_months
from reconcile_chain import codes, found

DEC = [due("E1", "202612", "emp", "880.00"), due("E1", "202612", "psn", "220.00")]
B12 = "202612-E1-310"


def kinds(result: object) -> dict[str, str]:
    return {f"{t}/{n}": c[0] for (t, n), c in classes(result).items()}  # type: ignore[arg-type]


def test_by_day_where_no_statement_row_names_the_ticket() -> None:
    # 100.00 + 0.50 late charge + 200.00 = 300.50 of that treasury, day and insurance
    lines = [line("T1", "100.00", latefee="0.50"), line("T2", "200.00"), line("T3", "7.00", treasury="K2")]
    result = one_month(*lines, dues=DEC, statement=[stmt("400.50", "100.00"), stmt("7.00", treasury="K2", insutype="330")])
    assert kinds(result) == {"T1/1": "applied", "T2/1": "applied", "T3/1": "treasury_pending"}
    assert codes(result) == {"TREASURY_MISSING": 1, "TREASURY_ONLY": 1, "LATEFEE_DIFF": 1}


def test_by_ticket_where_the_statement_names_it() -> None:
    lines = [line("T1", "100.00"), line("T1", "50.00", no=2), line("T2", "30.00")]
    # the day row stands for T2 alone
    result = one_month(*lines, dues=DEC, statement=[stmt("150.00", ticket="T1"), stmt("30.00")])
    assert set(kinds(result).values()) == {"applied"}
    assert result.tables["treasury_ties"].select("tie_kind", "state", "arrived_amt").rows() == [("day", "equal", 3_000), ("ticket", "equal", 15_000)]


def test_a_listed_ticket_without_a_row_for_the_insurance_is_missing() -> None:
    lines = [line("T1", "10.00"), line("T1", "5.00", no=2, insutype="330")]
    result = one_month(*lines, dues=DEC, statement=[stmt("5.00", ticket="T1", insutype="330"), stmt("10.00")])
    assert kinds(result) == {"T1/1": "treasury_pending", "T1/2": "credit"}
    assert codes(result) == {"TREASURY_MISSING": 1, "TREASURY_ONLY": 1, "OVERPAID": 1}


def test_unequal_sums_hold_the_whole_group_and_are_one_finding() -> None:
    lines = [line("T1", "100.00"), line("T2", "200.00")]
    result = one_month(*lines, dues=DEC, statement=[stmt("299.99")])
    assert set(kinds(result).values()) == {"treasury_pending"}
    (diff,) = found(result).filter(pl.col("code") == "TREASURY_DIFF").to_dicts()
    assert (diff["expected"], diff["actual"], diff["diff_amt"]) == ("299.99", "300.00", 1)
    assert (diff["treasury_code"], diff["stmt_date"], diff["insutype"], diff["src_file"]) == ("K1", date(2026, 12, 10), "310", "inbox/treasury.csv")
    assert outstanding(result)[B12, "emp"] == 88_000


def test_pending_lines_are_tried_again_against_all_statements() -> None:
    chain = two_months()
    old = line("T1", "880.00", part="emp")
    first = chain.month("2026-12", arrivals=[old], statement=[], dues=DEC)
    assert codes(first) == {"TREASURY_MISSING": 1}
    # January: the December row comes; the line is booked, late charge counted from its own day (in time: 0)
    second = chain.month("2027-01", arrivals=[], statement=[stmt("880.00", month="2027-01")], dues=[])
    rows = second.tables["arrivals"].select("class", "applied_amt", "arrived_period", "confirmed").rows()
    assert rows == [("applied", 88_000, "2026-12", True)]
    assert second.tables["applications"]["latefee_due"].to_list() == [0]
    assert codes(second) == {}


def test_a_booked_line_stays_booked_and_a_new_one_in_its_unequal_group_waits() -> None:
    chain = two_months()
    statement = [stmt("880.00")]
    chain.month("2026-12", arrivals=[line("T1", "880.00", part="emp")], statement=statement, dues=DEC)
    second = chain.month("2027-01", arrivals=[line("T2", "220.00", part="psn")], statement=statement, dues=[])
    assert kinds(second) == {"T2/1": "treasury_pending"}
    (diff,) = found(second).filter(pl.col("code") == "TREASURY_DIFF").to_dicts()
    assert (diff["expected"], diff["actual"]) == ("880.00", "1100.00")
    # February: the corrected row supersedes the old one, booked 880.00 + new 220.00
    third = chain.month("2027-02", arrivals=[], statement=[stmt("1100.00", month="2027-02")], dues=[])
    assert kinds(third) == {"T2/1": "applied"}
    assert outstanding(third) == {(B12, "emp"): 0, (B12, "psn"): 0}


def test_a_statement_changed_under_booked_lines_is_told_once() -> None:
    chain = two_months()
    chain.month("2026-12", arrivals=[line("T1", "880.00", part="emp")], statement=[stmt("880.00")], dues=DEC)
    changed = [stmt("880.01", month="2027-01")]
    assert codes(chain.month("2027-01", arrivals=[], statement=changed, dues=[])) == {"TREASURY_DIFF": 1}
    assert codes(chain.month("2027-02", arrivals=[], statement=changed, dues=[])) == {}
    assert outstanding(chain.results[-1])[B12, "emp"] == 0


def test_treasury_rows_without_lines_are_told_as_long_as_it_lasts() -> None:
    chain = two_months()
    rows = [stmt("77.00", ticket="T9"), stmt("0", treasury="K7"), stmt("5.00", "5.00", treasury="K8")]
    for period in ("2026-12", "2027-01"):
        result = chain.month(period, arrivals=[], statement=rows, dues=[])
        only = found(result).filter(pl.col("code") == "TREASURY_ONLY")
        # the row of 0.00 and 0.00 is none; 5.00 in and 5.00 out is one
        assert sorted(only["expected"].to_list()) == ["0.00", "77.00"]


def test_lines_without_insurance_and_duplicates_are_outside_the_tie() -> None:
    chain = two_months()
    first = [line("T1", "100.00"), line("T1", "9.00", no=2, item="工会经费")]
    result = chain.month("2026-12", arrivals=first, statement=[stmt("100.00", ticket="T1")], dues=DEC)
    assert kinds(result) == {"T1/1": "applied", "T1/2": "unidentified"}
    second = chain.month("2027-01", arrivals=[line("T1", "100.00"), line("T1", "20.00", no=3)],
                         statement=[stmt("120.00", ticket="T1", month="2027-01")], dues=[])
    assert kinds(second) == {"T1/1": "duplicate", "T1/3": "applied"}


def test_the_source_of_a_day_group_is_its_own_row() -> None:
    own = {**stmt("1.00"), "src_row": 9}
    result = one_month(line("T1", "5.00"), line("T2", "2.00"), dues=DEC, statement=[stmt("5.00", ticket="T1"), own])
    (diff,) = found(result).filter(pl.col("code") == "TREASURY_DIFF").to_dicts()
    assert (diff["src_file"], diff["src_row"], diff["actual"]) == ("inbox/treasury.csv", 9, "2.00")


def test_residents_lines_are_tied_but_not_matched() -> None:
    lines = [line("T1", "50.00", item="居民基本医疗保险费")]
    assert kinds(one_month(*lines, dues=DEC, statement=[])) == {"T1/1": "treasury_pending"}
    assert kinds(one_month(*lines, dues=DEC, statement=agreeing(*lines))) == {"T1/1": "other_scheme"}
