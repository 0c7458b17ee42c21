"""退库与多缴：what is taken back in which order, and how credits are used."""

from __future__ import annotations

from datetime import date

from reconcile_cases import (
    agreeing,
    applied,
    classes,
    credits,
    due,
    fen,
    line,
    one_month,
    outstanding,
    stmt,
    two_months,
)
from reconcile_chain import codes

DEC = [due("E1", "202612", "emp", "880.00"), due("E1", "202612", "psn", "220.00")]
NOV = [due("E1", "202611", "emp", "800.00"), due("E1", "202611", "psn", "200.00")]
B11, B12 = "202611-E1-310", "202612-E1-310"


def decision(sn: str, action: str, amt: str, emp: str = "E1", insutype: str = "310") -> dict[str, object]:
    return {"decision_sn": sn, "emp_no": emp, "insutype": insutype, "action": action, "amt": fen(amt)}


def test_a_reversal_takes_the_credit_first_then_the_last_due() -> None:
    # T1 1150.00: 880.00 emp, 220.00 psn, 50.00 credit; −300.00: credit 50.00, psn 220.00, emp 30.00
    lines = [line("T1", "1150.00"), line("R1", "-300.00", original="T1", day=date(2026, 12, 20))]
    result = one_month(*lines, dues=DEC)
    assert classes(result)["R1", 1] == ("reversal", None, -25_000, -5_000)
    assert applied(result) == {("T1", B12, "emp"): 88_000, ("T1", B12, "psn"): 22_000, ("R1", B12, "psn"): -22_000, ("R1", B12, "emp"): -3_000}
    assert outstanding(result) == {(B12, "emp"): 3_000, (B12, "psn"): 22_000}
    assert credits(result) == {}
    undone = result.tables["applications"].filter(source="reversal").select("org_taxrpt_no", "org_line_no").unique().rows()
    assert undone == [("T1", 1)]


def test_of_a_ticket_with_several_lines_the_highest_line_goes_first_on_one_due() -> None:
    # lines 1 and 2 both pay emp (500.00 + 380.00), line 3 the rest; −100.00 comes off line 2
    lines = [line("T1", "500.00", part="emp"), line("T1", "380.00", no=2, part="emp"), line("R1", "-100.00", original="T1", day=date(2026, 12, 20))]
    result = one_month(*lines, dues=DEC)
    rows = result.tables["applications"].filter(source="reversal").select("amt", "org_line_no").rows()
    assert rows == [(-10_000, 2)]


def test_a_reversal_in_a_later_month_gives_the_late_charge_back() -> None:
    chain = two_months()
    # November paid on 12-10: 10 days, 4.00 on emp and 1.00 on psn; taken back in January in full: −1.00 and −4.00
    first = chain.month("2026-12", arrivals=[line("T1", "1000.00", latefee="5.00")], statement=[stmt("1005.00", ticket="T1")], dues=NOV)
    assert codes(first) == {}
    back = line("R1", "-1000.00", latefee="-5.00", original="T1", day=date(2027, 1, 15))
    second = chain.month("2027-01", arrivals=[back], statement=[stmt("1005.00", ticket="T1"), *agreeing(back, month="2027-01")], dues=[])
    rows = second.tables["applications"].select("clct_bill_id", "part", "amt", "latefee_due", "intsury_time").rows()
    assert rows == [(B11, "emp", -80_000, -400, date(2026, 12, 10)), (B11, "psn", -20_000, -100, date(2026, 12, 10))]
    assert codes(second) == {}
    # nothing is left of T1: a further reversal finds nothing
    more = line("R2", "-0.01", original="T1", day=date(2027, 2, 1))
    third = chain.month("2027-02", arrivals=[more], statement=[stmt("1005.00", ticket="T1"), *agreeing(back, more, month="2027-02")], dues=[])
    assert codes(third) == {"REVERSAL_UNMATCHED": 1}


def test_more_than_is_left_changes_nothing_and_smaller_ones_still_go() -> None:
    lines = [line("T1", "100.00"), line("R1", "-100.01", original="T1", day=date(2026, 12, 20)),
             line("R2", "-60.00", original="T1", day=date(2026, 12, 21)), line("R3", "-50.00", original="T1", day=date(2026, 12, 22)),
             line("R4", "-40.00", original="T1", day=date(2026, 12, 23))]
    result = one_month(*lines, dues=DEC)
    # 100.00 left: R1 too much; R2 60.00; R3 50.00 of 40.00 too much; R4 40.00
    assert {k[0]: v[0] for k, v in classes(result).items()} == {
        "T1": "applied", "R1": "unidentified", "R2": "reversal", "R3": "unidentified", "R4": "reversal"}
    assert codes(result) == {"REVERSAL_UNMATCHED": 2}
    assert outstanding(result)[B12, "emp"] == 88_000


def test_a_reversal_without_a_known_ticket_or_of_what_was_not_booked() -> None:
    lines = [line("T1", "10.00", payer="PX"), line("R1", "-1.00", original="T1"), line("R2", "-1.00"), line("R3", "-1.00", original="TX"),
             line("T2", "5.00", attr="滞纳金"), line("R4", "-5.00", original="T2")]
    result = one_month(*lines, dues=DEC)
    assert {k[0] for k, v in classes(result).items() if v[0] == "unidentified"} == {"T1", "R1", "R2", "R3", "R4"}
    assert codes(result)["REVERSAL_UNMATCHED"] == 4


def test_a_reversal_reaches_only_its_own_insurance() -> None:
    lines = [line("T1", "100.00"), line("T1", "30.00", no=2, insutype="330"), line("R1", "-30.00", original="T1", insutype="330"),
             line("R2", "-1.00", original="T1", insutype="330", day=date(2026, 12, 20))]
    result = one_month(*lines, dues=DEC)
    assert classes(result)["R1", 1] == ("reversal", None, 0, -3_000)
    assert classes(result)["R2", 1][0] == "unidentified"


def test_a_reversal_waits_for_its_ticket() -> None:
    chain = two_months()
    paid, back = line("T1", "100.00"), line("R1", "-40.00", original="T1", day=date(2026, 12, 20))
    first = chain.month("2026-12", arrivals=[paid, back], statement=agreeing(back), dues=DEC)
    assert {k[0]: v[0] for k, v in classes(first).items()} == {"T1": "treasury_pending", "R1": "treasury_pending"}
    assert codes(first) == {"TREASURY_MISSING": 1, "REVERSAL_WAITS": 1}
    assert first.tables["arrivals"].select("elec_taxrpt_no", "confirmed", "waits").rows() == [("R1", False, True), ("T1", False, False)]
    second = chain.month("2027-01", arrivals=[], statement=[*agreeing(back), stmt("100.00", ticket="T1", month="2027-01")], dues=[])
    assert classes(second) == {("R1", 1): ("reversal", None, -4_000, 0), ("T1", 1): ("applied", "c", 10_000, 0)}
    assert outstanding(second)[B12, "emp"] == 82_000


def test_decisions_use_credits_in_order_after_the_months_matching() -> None:
    # credits of E1: 50.00 opening, then 120.00 of T1 (pays December emp 880.00 by number, 1000.00 came)
    opening = [{"emp_no": "E1", "insutype": "310", "credit_amt": 5_000}]
    wanted = [decision("D1", "apply", "100.00"), decision("D2", "refund", "60.00"), decision("D3", "refund", "10.01")]
    result = one_month(line("T1", "1000.00", bill=B12, part="emp"), dues=[*NOV, *DEC], opening_credits=opening, decisions=wanted)
    # D1: 50.00 opening + 50.00 of T1 on November emp; T1 12-10 after 11-30: 10 days × 50.00 = 0.25, opening 0.00
    rows = result.tables["applications"].filter(source="credit").select("elec_taxrpt_no", "clct_bill_id", "part", "amt", "latefee_due", "decision_sn").rows()
    assert rows == [("T1", B11, "emp", 5_000, 25, "D1"), (None, B11, "emp", 5_000, 0, "D1")]
    # D2: 60.00 of the 70.00 left; D3: 10.01 of 10.00 is not done
    assert result.tables["credit_refunds"].select("decision_sn", "elec_taxrpt_no", "line_no", "amt").rows() == [("D2", "T1", 1, 6_000)]
    assert codes(result) == {"OVERPAID": 1, "CREDIT_EXCEEDED": 1, "LATEFEE_DIFF": 1}
    moves = result.tables["unit_credits"].drop("rule").row(0)
    # opening, added, reversed, applied, refunded, closing
    assert moves == ("E1", "310", 5_000, 12_000, 0, 10_000, 6_000, 1_000)
    assert result.tables["credit_lots"].select("elec_taxrpt_no", "line_no", "amt").rows() == [("T1", 1, 1_000)]


def test_an_apply_beyond_the_open_dues_keeps_the_rest_as_credit() -> None:
    opening = [{"emp_no": "E1", "insutype": "310", "credit_amt": 200_000}]
    result = one_month(dues=DEC, opening_credits=opening, decisions=[decision("D1", "apply", "1500.00")])
    # 880.00 + 220.00 = 1100.00 of 1500.00; 2000.00 − 1100.00 = 900.00 stays
    assert codes(result) == {"CREDIT_NOT_USED": 1}
    assert credits(result) == {("E1", "310"): 90_000}
    assert outstanding(result) == {(B12, "emp"): 0, (B12, "psn"): 0}


def test_a_decision_for_another_unit_or_insurance_finds_no_credit() -> None:
    opening = [{"emp_no": "E1", "insutype": "310", "credit_amt": 1_000}]
    wanted = [decision("D1", "apply", "1.00", emp="E2"), decision("D2", "refund", "1.00", insutype="330")]
    result = one_month(dues=DEC, opening_credits=opening, decisions=wanted)
    assert codes(result) == {"CREDIT_EXCEEDED": 2}
    assert credits(result) == {("E1", "310"): 1_000}


def test_money_that_came_through_a_decision_can_be_taken_back() -> None:
    chain = two_months()
    chain.month("2026-12", arrivals=[line("T1", "1000.00", bill=B12, part="emp")], statement=[stmt("1000.00", ticket="T1")],
                dues=DEC, decisions=[decision("D1", "apply", "120.00")])
    assert outstanding(chain.results[-1]) == {(B12, "emp"): 0, (B12, "psn"): 10_000}
    back = line("R1", "-150.00", original="T1", day=date(2027, 1, 5))
    result = chain.month("2027-01", arrivals=[back], statement=[stmt("1000.00", ticket="T1"), *agreeing(back, month="2027-01")], dues=[])
    # no credit left; psn 120.00 came from T1 by decision and goes first, then 30.00 of emp
    assert applied(result) == {("R1", B12, "psn"): -12_000, ("R1", B12, "emp"): -3_000}
