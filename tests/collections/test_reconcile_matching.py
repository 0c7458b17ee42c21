"""到账匹配：worked example of the specification and one case by hand for each step and class."""

from __future__ import annotations

from datetime import date

import polars as pl
from reconcile_cases import applied, classes, credits, due, line, one_month, outstanding, stmt, two_months
from reconcile_chain import codes, found, law

DEC = [due("E1", "202612", "emp", "880.00"), due("E1", "202612", "psn", "220.00")]
NOV = [due("E1", "202611", "emp", "800.00"), due("E1", "202611", "psn", "200.00")]
B11, B12 = "202611-E1-310", "202612-E1-310"


def test_worked_example_of_the_specification() -> None:
    # 1500.00: 800.00 + 200.00 to November, 500.00 to December emp, which keeps 880.00 − 500.00 = 380.00
    # late charge on November: 10 days × 0.05 % × 800.00 = 4.00 and × 200.00 = 1.00; December is in time
    result = one_month(line("T1", "1500.00"), dues=[*NOV, *DEC])
    assert classes(result) == {("T1", 1): ("applied", "c", 150_000, 0)}
    assert applied(result) == {("T1", B11, "emp"): 80_000, ("T1", B11, "psn"): 20_000, ("T1", B12, "emp"): 50_000}
    assert outstanding(result) == {(B11, "emp"): 0, (B11, "psn"): 0, (B12, "emp"): 38_000, (B12, "psn"): 22_000}
    charges = result.tables["applications"].select("clct_bill_id", "part", "latefee_due").rows()
    assert charges == [(B11, "emp", 400), (B11, "psn", 100), (B12, "emp", 0)]
    statuses = result.tables["due_balances"].select("status", "overdue").rows()
    assert statuses == [("paid", False), ("paid", False), ("part_paid", False), ("unpaid", False)]
    assert codes(result) == {"LATEFEE_DIFF": 1}


def test_levy_items_are_tried_in_order_and_say_the_part() -> None:
    names = {"居民基本医疗保险费": ("390", "any"), "职工大额医疗（个人）": ("330", "psn"), "公务员医疗补助（单位）": ("320", "emp"),
             "生育保险费": ("310", "any"), "基本医疗保险费（单位）": ("310", "emp"), "工会经费": (None, "any")}
    lines = [line(f"T{i}", "1.00", item=name) for i, name in enumerate(names)]
    result = one_month(*lines, dues=DEC, statement=[])
    got = result.tables["arrivals"].select("levy_subitem_name", "insutype", "part").rows()
    assert {n: (i, p) for n, i, p in got} == names
    assert classes(result)["T5", 1] == ("unidentified", None, 0, 0)
    assert codes(result)["UNKNOWN_LEVY_ITEM"] == 1


def test_residents_and_late_charges_are_not_principal() -> None:
    lines = [line("T1", "50.00", item="居民基本医疗保险费"), line("T2", "4.00", attr="滞纳金"), line("T3", "1100.00", latefee="0.30")]
    result = one_month(*lines, dues=DEC)
    got = classes(result)
    assert got["T1", 1] == ("other_scheme", None, 0, 0)
    assert got["T2", 1] == ("late_charge", None, 0, 0)
    assert got["T3", 1] == ("applied", "c", 110_000, 0)
    # received 4.00 + 0.30, owed 0.00: one finding for the payer
    (finding,) = found(result).filter(pl.col("code") == "LATEFEE_DIFF").to_dicts()
    assert (finding["taxpayer_no"], finding["expected"], finding["actual"], finding["diff_amt"]) == ("P1", "0.00", "4.30", 430)


def test_a_late_charge_of_the_residents_scheme_is_of_the_other_scheme() -> None:
    # 品目先于税款属性：居民的滞纳金不算职工的滞纳金
    result = one_month(line("T1", "5.00", item="居民基本医疗保险费", attr="滞纳金"), dues=DEC)
    assert classes(result)["T1", 1] == ("other_scheme", None, 0, 0)
    assert "LATEFEE_DIFF" not in codes(result)


def test_late_charge_received_in_full_is_no_finding() -> None:
    # 1000.00 for 10 days: 4.00 + 1.00 owed; 5.00 came along
    result = one_month(line("T1", "1000.00", latefee="5.00"), dues=NOV)
    assert "LATEFEE_DIFF" not in codes(result)


def test_late_charge_is_rounded_half_away_from_zero_per_application() -> None:
    # 0.05 % × 1 day of 10.00 is 0.005 → 0.01; of 9.99 is 0.004995 → 0.00
    dues = [due("E1", "202611", "emp", "10.00", deadline=date(2026, 12, 9)), due("E1", "202611", "psn", "9.99", deadline=date(2026, 12, 9))]
    result = one_month(line("T1", "19.99"), dues=dues)
    assert result.tables["applications"].select("part", "latefee_due").rows() == [("emp", 1), ("psn", 0)]


def test_a_named_bill_goes_first_whatever_the_day() -> None:
    # the c-line came a day earlier, yet the a-line takes December emp; c: 800 + 200 November, then 100 of December psn
    lines = [line("T1", "1100.00", day=date(2026, 12, 1)), line("T2", "880.00", bill=B12, part="emp", day=date(2026, 12, 20))]
    result = one_month(*lines, dues=[*NOV, *DEC])
    assert applied(result) == {("T2", B12, "emp"): 88_000, ("T1", B11, "emp"): 80_000, ("T1", B11, "psn"): 20_000, ("T1", B12, "psn"): 10_000}
    assert classes(result)["T2", 1][1] == "a"


def test_a_named_bill_takes_no_more_than_its_own_part() -> None:
    # 900.00 on emp of 880.00: 20.00 is credit although psn is open
    result = one_month(line("T1", "900.00", bill=B12, part="emp"), dues=DEC)
    assert classes(result) == {("T1", 1): ("partly_applied", "a", 88_000, 2_000)}
    assert credits(result) == {("E1", "310"): 2_000}
    assert codes(result) == {"OVERPAID": 1}


def test_a_bill_of_another_payer_is_not_touched() -> None:
    dues = [*DEC, due("E2", "202612", "emp", "10.00")]
    result = one_month(line("T1", "10.00", bill="202612-E2-310"), line("T2", "10.00", bill="202612-E2-310", payer="PX"), dues=dues)
    assert {k: v[0] for k, v in classes(result).items()} == {("T1", 1): "unidentified", ("T2", 1): "unidentified"}
    assert codes(result) == {"PAYER_MISMATCH": 2}
    assert applied(result) == {}


def test_a_bill_of_another_insurance_or_of_a_later_month_counts_as_no_bill() -> None:
    dues = [*NOV, *DEC, due("E1", "202612", "emp", "60.00", insutype="330"), due("E1", "202701", "emp", "5.00")]
    lines = [line("T1", "880.00", part="emp", bill="202612-E1-330", begin="202612"), line("T2", "7.00", bill="202701-E1-310")]
    result = one_month(*lines, dues=dues)
    assert classes(result)["T1", 1] == ("applied", "b", 88_000, 0)
    assert classes(result)["T2", 1] == ("applied", "c", 700, 0)
    assert applied(result) == {("T1", B12, "emp"): 88_000, ("T2", B11, "emp"): 700}


def test_months_given_are_a_window_and_an_empty_end_is_the_begin() -> None:
    oct_ = [due("E1", "202610", "emp", "1.00")]
    lines = [line("T1", "900.00", begin="202611", end=None, part="emp"), line("T2", "1000.00", begin="202611", end="202612")]
    result = one_month(*lines, dues=[*oct_, *NOV, *DEC])
    # T1: 800.00 November emp, 100.00 credit; T2: 200.00 November psn, 800.00 December emp; October stays open
    assert classes(result) == {("T1", 1): ("partly_applied", "b", 80_000, 10_000), ("T2", 1): ("applied", "b", 100_000, 0)}
    assert outstanding(result)["202610-E1-310", "emp"] == 100


def test_months_without_any_due_make_a_credit() -> None:
    result = one_month(line("T1", "5.00", begin="202701"), dues=DEC)
    assert classes(result) == {("T1", 1): ("credit", "b", 0, 500)}
    assert codes(result) == {"OVERPAID": 1}


def test_deferred_dues_come_last_and_bear_no_charge_before_their_own_deadline() -> None:
    deferred = due("E1", "202601", "emp", "100.00", deferred=True, deadline=date(2026, 12, 9))
    result = one_month(line("T1", "1150.00"), dues=[deferred, *DEC])
    # 880.00 + 220.00 first, 50.00 on the deferred one; deadline 12-09, treasury 12-10: 1 day × 50.00 = 0.025 → 0.03
    rows = result.tables["applications"].select("clct_bill_id", "amt", "latefee_due").rows()
    assert rows == [("202601-E1-310", 5_000, 3), (B12, 88_000, 0), (B12, 22_000, 0)]


def test_units_with_one_credit_code_share_their_dues() -> None:
    units = [{"emp_no": "E9", "uscc": "P1"}, {"emp_no": "E1", "uscc": "P1"}]
    nine = due("E9", "202611", "emp", "30.00", payer="P1")
    result = one_month(line("T1", "1200.00"), line("T2", "40.00", bill="202611-E9-310"), dues=[nine, *DEC], units=units)
    # a: 30.00 on E9's bill, 10.00 credit of E9; c: 880.00 + 220.00, 100.00 credit of E1, the smallest number
    assert credits(result) == {("E9", "310"): 1_000, ("E1", "310"): 10_000}
    emp_nos = dict(result.tables["arrivals"].select("elec_taxrpt_no", "emp_no").rows())
    assert emp_nos == {"T1": "E1", "T2": "E9"}


def test_insurances_never_pay_for_each_other() -> None:
    result = one_month(line("T1", "50.00", insutype="330"), dues=DEC)
    assert classes(result) == {("T1", 1): ("credit", "c", 0, 5_000)}


def test_a_payer_that_is_no_unit() -> None:
    persons = [{"certno": "F1", "psn_type": "1103"}, {"certno": "F2", "psn_type": "1101"}]
    lines = [line("T1", "1.00", payer="F1"), line("T2", "1.00", payer="F2"), line("T3", "1.00", payer="PX")]
    result = one_month(*lines, dues=DEC, persons=persons)
    assert {k[0]: v[:2] for k, v in classes(result).items()} == {
        "T1": ("flexible", "d"), "T2": ("unidentified", "d"), "T3": ("unidentified", "d")}
    assert codes(result) == {"UNKNOWN_PAYER": 2}


def test_a_unit_that_is_not_active_is_still_a_payer() -> None:
    units = [{"emp_no": "E1", "uscc": "P1", "emp_insu_stas": "4"}]
    assert classes(one_month(line("T1", "1100.00"), dues=DEC, units=units))["T1", 1][0] == "applied"


def test_a_line_delivered_before_is_a_duplicate_whatever_it_says_now() -> None:
    chain = two_months()
    first = line("T1", "880.00", part="emp", day=date(2026, 12, 5))
    again = {**first, "paid_amt": 12_345}
    chain.month("2026-12", arrivals=[first], statement=[stmt("880.00", ticket="T1", day=date(2026, 12, 5))], dues=DEC)
    result = chain.month("2027-01", arrivals=[again], statement=[stmt("880.00", ticket="T1", day=date(2026, 12, 5))], dues=[])
    rows = result.tables["arrivals"].select("class", "paid_amt", "applied_amt", "arrived_period").rows()
    assert rows == [("duplicate", 12_345, 0, "2027-01")]
    assert codes(result) == {"DUPLICATE_ARRIVAL": 1}
    assert result.tables["treasury_ties"].height == 0


def test_a_pending_line_sent_again_is_a_duplicate_beside_its_own_row() -> None:
    chain = two_months()
    first = line("T1", "880.00", part="emp")
    chain.month("2026-12", arrivals=[first], statement=[], dues=DEC)
    result = chain.month("2027-01", arrivals=[first], statement=[stmt("880.00", month="2027-01")], dues=[])
    rows = result.tables["arrivals"].select("arrived_period", "class", "applied_amt").rows()
    assert rows == [("2026-12", "applied", 88_000), ("2027-01", "duplicate", 0)]


def test_opening_dues_win_over_an_assessed_due_of_the_same_bill_and_part() -> None:
    opening = [{**DEC[0], "amt": 30_000}]
    result = one_month(line("T1", "310.00", part="emp"), dues=DEC, opening_dues=opening)
    assert classes(result)["T1", 1] == ("partly_applied", "c", 30_000, 1_000)
    rows = result.tables["due_balances"].select("part", "amt", "opened_period").rows()
    assert rows == [("emp", 30_000, "2026-11"), ("psn", 22_000, "2026-12")]


def test_dingxi_cites_its_own_articles() -> None:
    result = one_month(line("T1", "1100.00"), dues=DEC, by=law("dingxi"))
    assert result.tables["arrivals"]["rule"].to_list() == ["DXTC-12"]
    assert result.tables["applications"]["rule"].unique().to_list() == ["DXTC-12;SIL-86"]
