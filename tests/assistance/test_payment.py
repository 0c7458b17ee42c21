"""已付、差额、申请、付款: what was paid, what follows, who pays, over chained months."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from tests.assistance.year import (
    Row,
    Year,
    claim,
    classes,
    codes,
    identity,
    item,
    opening,
    payouts,
    refund,
    stay,
)


def amounts(row: Row, *names: str) -> tuple[int, ...]:
    return tuple(row[n] for n in names)


PAID = ("paid_ordinary", "paid_tilt", "delta_ordinary", "delta_tilt")


@pytest.mark.parametrize(("maf", "expected"), [
    # tier 2, E 40,000: ordinary 32,000; r 8,000, 5,000 × 70 % = 3,500 tilt
    ("0.00", (0, 0, 3200000, 350000)),
    ("31999.99", (3199999, 0, 1, 350000)),
    ("32000.00", (3200000, 0, 0, 350000)),
    ("32000.01", (3200000, 1, 0, 349999)),
    ("35500.00", (3200000, 350000, 0, 0)),
    ("35500.01", (3200001, 350000, -1, 0)),  # what is left over goes to ordinary
    ("40000.00", (3650000, 350000, -450000, 0)),
])
def test_one_stop_goes_to_ordinary_then_tilt_then_ordinary(maf: str, expected: tuple[int, ...]) -> None:
    result = Year().run("2026-03", [stay("S1", "40000.00", maf_pay=maf)], identities=[identity("2303")])
    assert amounts(item(result, "S1"), *PAID) == expected
    assert codes(result).get("OVERPAID_ASSISTANCE", 0) == (1 if expected[2] < 0 else 0)


def test_a_claim_turns_what_is_owed_into_payout_items() -> None:
    s = stay("S1", "40000.00")
    result = Year().run("2026-03", [s], [claim("K1", s)], [identity("2303")])
    assert payouts(result) == {("S1", "610100"): 3200000, ("S1", "610102"): 350000}
    row = result.tables["payout_items"].row(0, named=True)
    assert amounts(row, "source", "payee_type", "payee_code", "insu_admdvs") == ("assist", "2", "P1", "640104")
    assert item(result, "S1")["claim_state"] == "claimed"
    assert result.facts["claimable_fen"] == 0


def test_without_a_claim_it_is_claimable() -> None:
    result = Year().run("2026-03", [stay("S1", "40000.00")], identities=[identity("2303")])
    assert item(result, "S1")["claim_state"] == "claimable"
    assert (payouts(result), result.facts["claimable_fen"], result.facts["claimable_items"]) == ({}, 3550000, 2)


@pytest.mark.parametrize(("way", "paper", "paid"), [
    ("3", None, True), ("4", "民函〔2026〕1号", True), ("4", None, False), ("1", None, False), ("2", "x", False),
])
def test_ways_of_a_claim(way: str, paper: str | None, paid: bool) -> None:
    s = stay("S1", "100.00")
    result = Year().run("2026-03", [s], [claim("K1", s, way=way, crtf_docno=paper)], [identity("2304")])
    assert bool(payouts(result)) == paid
    assert item(result, "S1")["claim_state"] == ("claimed" if paid else "claimable")
    assert codes(result).get("CERTIFICATE_MISSING", 0) == (1 if way == "4" and not paid else 0)


def test_a_claim_of_its_own_is_an_item() -> None:
    result = Year().run("2026-03", [], [claim("K1", base="100.00", hifp_pay="20.00", psn_no=None)], [identity("2304")])
    assert amounts(item(result, "K1"), "class", "base_amt", "setl_id", "ordinary_amt") == ("due", 8000, None, 8000)
    assert payouts(result) == {("K1", "610100"): 8000}
    assert result.tables["payout_items"]["payee_code"].to_list() == ["C1"]


def test_a_claim_that_names_a_known_settlement_is_no_second_item() -> None:
    s = stay("S1", "100.00")
    result = Year().run("2026-03", [s], [claim("K1", s), claim("K2", s)], [identity("2304")])
    assert classes(result) == {"S1": "due"}
    assert (item(result, "S1")["clm_sn"], payouts(result)) == ("K1", {("S1", "610100"): 10000})


def test_a_claim_whose_settlement_comes_later_is_paid_once() -> None:
    s = stay("S1", "100.00", begin="2026-03-01")
    year = Year()
    first = year.run("2026-03", [], [claim("K1", s)], [identity("2304")])
    assert payouts(first) == {("K1", "610100"): 10000}
    later = year.run("2026-04", [s])
    assert classes(later) == {"S1": "due"}
    assert amounts(item(later, "S1"), *PAID) == (10000, 0, 0, 0)
    assert payouts(later) == {}


def test_two_claims_for_one_settlement_that_nobody_knows_are_paid_once() -> None:
    year = Year()
    result = year.run("2026-03", [], [claim("K1", base="100.00", setl_id="X"), claim("K2", base="100.00", setl_id="X"),
                                      claim("K3", base="100.00", setl_id="X", psn="2")], [identity("2304"), identity("2304", "2")])
    assert payouts(result) == {("K1", "610100"): 10000, ("K3", "610100"): 10000}
    assert codes(result)["CLAIM_REPEATED"] == 1


@pytest.mark.parametrize(("insured", "home", "payer"), [
    ("640104", "620102", "640104"), ("649900", "640422", "649900"), ("620102", "640422", "640422"), ("620102", "620102", None),
    (None, "640422", "640422"), ("110101", "540102", None),
])
def test_who_pays(insured: str | None, home: str, payer: str | None) -> None:
    result = Year().run("2026-03", [], [claim("K1", base="100.00", insu_admdvs=insured, hukou_admdvs=home)], [identity("2304")])
    assert result.tables["payout_items"]["insu_admdvs"].to_list() == ([payer] if payer else [])
    assert item(result, "K1")["claim_state"] == ("claimed" if payer else "claimable")
    assert codes(result).get("NO_PAYING_AGENCY", 0) == (0 if payer else 1)


def test_a_finished_month_computed_again_pays_nothing() -> None:
    year = Year()
    stays = [stay(f"S{n}", "9000.00", f"2026-03-{n + 1:02d}") for n in range(8)]
    first = year.run("2026-03", stays, [claim(f"K{n}", s) for n, s in enumerate(stays)], [identity("2303")])
    assert sum(payouts(first).values()) > 0
    again = year.run("2026-04", [stay("Z", "1.00", "2026-04-01", psn="9")])
    assert payouts(again) == {}
    rows = again.tables["assistance_items"]
    assert set(rows["delta_ordinary"]) | set(rows["delta_tilt"]) == {0}


def test_a_late_identity_pays_the_difference() -> None:
    """Tier 5 at first, then the county says 2303 since February: 800 of 1,000 for both stays."""
    a, b = stay("A", "1000.00", "2026-02-01"), stay("B", "1000.00", "2026-03-01", maf_pay="100.00")
    year = Year()
    before = year.run("2026-03", [a, b], [claim("KA", a)], [identity("2306")])
    assert payouts(before) == {}
    after = year.run("2026-04", [], [claim("KB", b, way="4", crtf_docno="证")], [identity("2303", begin="2026-01-15", push="2026-04-02")])
    assert payouts(after) == {("A", "610100"): 80000, ("B", "610100"): 70000}
    assert codes(after).get("SCHEME_CHANGED", 0) == 0


def test_an_identity_of_the_other_scheme_in_one_year() -> None:
    stays = [stay("A", "4000.00", "2026-02-01"), stay("B", "4000.00", "2026-03-01"), stay("C", "4000.00", "2026-04-01")]
    result = Year().run("2026-04", stays, identities=[identity("2303", end="2026-02-15"), identity("2305", begin="2026-02-16")])
    # A 80 %; B 1,000 above 3,000 and C 4,000 above, × 70 %: totals of their own
    assert [item(result, s)["ordinary_amt"] for s in "ABC"] == [320000, 70000, 280000]
    assert codes(result)["SCHEME_CHANGED"] == 1
    assert result.tables["assistance_years"]["scheme"].to_list() == ["12", "345"]


def test_an_identity_withdrawn_is_recovered_not_netted() -> None:
    s, t = stay("S", "1000.00", "2026-02-01"), stay("T", "1000.00", "2026-03-01")
    year = Year()
    year.run("2026-02", [s], [claim("K", s)], [identity("2303")])
    after = year.run("2026-03", [t], [claim("L", t)], [identity("2303", end="2026-01-31"), identity("2303", begin="2026-02-20")])
    assert amounts(item(after, "S"), "class", "paid_ordinary", "delta_ordinary") == ("no_identity", 80000, -80000)
    assert payouts(after) == {("T", "610100"): 80000}
    assert codes(after)["OVERPAID_ASSISTANCE"] == 1
    told = pl.concat(after.findings).filter(pl.col("code") == "OVERPAID_ASSISTANCE").row(0, named=True)
    # actual less expected, like every other finding
    assert amounts(told, "setl_id", "psn_no", "severity", "expected", "actual", "diff_amt") == (
        "S", "P1", "error", "0.00", "800.00", 80000)


@pytest.mark.parametrize("own", [None, "R1"])
def test_a_refund_drops_out_and_what_was_paid_besides_is_recovered(own: str | None) -> None:
    s, t = stay("S", "3000.00", "2026-02-01", maf_pay="50.00"), stay("T", "1000.00", "2026-02-02")
    year = Year()
    first = year.run("2026-02", [s, t], [claim("K", s), claim("L", t)], [identity("2305")])
    assert payouts(first) == {("T", "610100"): 70000}
    after = year.run("2026-03", [refund(s, own, at="2026-03-05")])
    # S had only the one-stop amount, which its refund takes back: not listed. T: X 1,000, below 3,000, paid 700 too much
    assert classes(after) == {"T": "nothing_due"}
    assert item(after, "T")["delta_ordinary"] == -70000
    last = year.run("2026-04", [refund(t, own and "R2", at="2026-04-05")])
    assert amounts(item(last, "T"), "class", "ordinary_amt", "paid_ordinary", "delta_ordinary") == ("refunded", 0, 70000, -70000)
    assert codes(last)["OVERPAID_ASSISTANCE"] == 1
    assert last.tables["assistance_years"].height == 0


def test_a_settlement_delivered_again_counts_as_delivered_last() -> None:
    s = stay("S", "1000.00", "2026-02-01")
    year = Year()
    year.run("2026-02", [s], [claim("K", s)], [identity("2304")])
    after = year.run("2026-03", [stay("S", "1200.00", "2026-02-01")])
    assert payouts(after) == {("S", "610100"): 20000}
    last = year.run("2026-04", [stay("S", "900.00", "2026-02-01")])
    assert item(last, "S")["delta_ordinary"] == -30000
    assert payouts(last) == {}


def test_what_was_paid_for_an_item_that_vanished_is_not_forgotten() -> None:
    s = stay("S", "1000.00", "2026-02-01")
    year = Year()
    year.run("2026-02", [s], [claim("K", s)], [identity("2304")])
    after = year.run("2026-03", [stay("S", "1000.00", "2026-02-01", med_type="11")])
    assert amounts(item(after, "S"), "class", "paid_ordinary", "delta_ordinary") == ("refunded", 100000, -100000)
    assert codes(after)["OVERPAID_ASSISTANCE"] == 1


def test_opening_amounts_lie_on_the_years_items_in_order() -> None:
    stays = [stay("A", "1000.00", "2026-02-01", maf_pay="200.00"), stay("B", "1000.00", "2026-02-02"), stay("C", "1000.00", "2026-02-03")]
    result = Year().run("2026-02", stays, identities=[identity("2304")], opening=[opening("1500.00")])
    # A 800 of its 1,000 are open, B takes 700
    assert [item(result, s)["paid_ordinary"] for s in "ABC"] == [100000, 70000, 0]
    assert [item(result, s)["delta_ordinary"] for s in "ABC"] == [0, 30000, 100000]
    assert codes(result).get("OPENING_NOT_PLACED", 0) == 0


def test_opening_amounts_stay_where_they_were_paid_when_less_is_owed_later() -> None:
    """A 1,000 at tier 1: 600 in the opening file, 400 paid on the claim. In March only tier 2 is left: A owes 800, so 200
    come back; they don't quietly pay for B."""
    a, b = stay("A", "1000.00", "2026-02-01"), stay("B", "500.00", "2026-02-02")
    year = Year()
    first = year.run("2026-02", [a], [claim("K1", a)], [identity("2304"), identity("2303")], opening=[opening("600.00")])
    assert payouts(first) == {("A", "610100"): 40000}
    after = year.run("2026-03", [b], [claim("K2", b)], [identity("2304", end="2026-01-31")])
    assert amounts(item(after, "A"), "ordinary_amt", "paid_ordinary", "delta_ordinary") == (80000, 100000, -20000)
    assert payouts(after) == {("B", "610100"): 40000}
    assert (codes(after)["OVERPAID_ASSISTANCE"], codes(after).get("OPENING_NOT_PLACED", 0)) == (1, 0)


def test_opening_amounts_that_find_no_item_are_told() -> None:
    result = Year().run("2026-02", [stay("A", "1000.00", "2026-02-01")], identities=[identity("2304")],
                        opening=[opening("1500.00", "7.00"), opening("1.00", psn="8")])
    assert item(result, "A")["delta_ordinary"] == 0
    assert codes(result)["OPENING_NOT_PLACED"] == 2


def test_a_claim_that_bears_the_number_of_another_settlement() -> None:
    """Each is paid once, in February and when the settlement comes a month after the claim."""
    for months in (("2026-02", "2026-02"), ("2026-02", "2026-03"), ("2026-03", "2026-02")):
        year = Year()
        own, other = claim("77", base="100.00", begin="2026-02-01"), stay("77", "30.00", "2026-02-01", psn="2")
        brought = {m: ([], []) for m in ("2026-02", "2026-03", "2026-04")}
        brought[months[0]][1].append(own)
        brought[months[1]][0].append(other)
        brought[months[1]][1].append(claim("K", other))
        paid = []
        for month, (stays, claims) in brought.items():
            result = year.run(month, stays, claims, [identity("2304"), identity("2304", psn="2")])
            paid += result.tables["payout_items"].select("payee_code", "amt").rows()
            assert codes(result).get("OVERPAID_ASSISTANCE", 0) == 0
        assert sorted(paid) == [("P1", 10000), ("P2", 3000)]


def test_order_is_time_of_settlement_then_number() -> None:
    """The later stay was settled first: it takes the threshold."""
    a, b = stay("B", "2000.00", "2026-03-01"), stay("A", "2000.00", "2026-03-01")
    early = {**stay("C", "2000.00", "2026-03-05"), "setl_time": a["setl_time"].replace(hour=9)}
    result = Year().run("2026-03", [a, b, early], identities=[identity("2305")])
    assert [item(result, s)["run_after"] for s in "CAB"] == [200000, 400000, 600000]


def test_the_benefit_year_is_the_year_of_the_first_day() -> None:
    over = stay("S", "60000.00", "2025-12-30", "2026-01-05")
    own = stay("T", "60000.00", "2026-01-06")
    result = Year().run("2026-01", [over, own], identities=[identity("2304", begin="2025-01-01")])
    assert [(item(result, s)["benefit_year"], item(result, s)["ordinary_amt"]) for s in "ST"] == [(2025, 5000000), (2026, 5000000)]


def test_of_the_year_before_only_what_this_year_touches() -> None:
    stays = [stay("A", "100.00", "2025-11-01"), stay("B", "100.00", "2025-12-30", "2026-01-02"),
             stay("C", "100.00", "2025-11-01", psn="2"), stay("D", "100.00", "2025-11-03", psn="1")]
    year = Year()
    year.bring("2025-11", [stays[0], stays[2], stays[3]], identities=[identity("2304", begin="2025-01-01", push="2025-01-05")])
    result = year.run("2026-01", [stays[1]], [claim("K", stays[3], rcvd_date=date(2026, 1, 9))],
                      [identity("2303", "2", begin="2025-06-01", push="2026-01-04")])
    assert sorted(classes(result)) == ["B", "C", "D"]
    assert result.facts["unpublished"]["上年未变"] == 1
    assert payouts(result) == {("D", "610100"): 10000}
    assert result.tables["assistance_years"].filter(benefit_year=2025)["base_amt"].sum() == 40000


def test_a_settlement_of_last_year_delivered_after_it_was_computed_is_not_lost() -> None:
    year = Year()
    year.run("2025-12", [stay("A", "100.00", "2025-12-01")], identities=[identity("2304", begin="2025-01-01", push="2025-01-05")])
    late = stay("B", "100.00", "2025-12-02")
    result = year.run("2026-01", [late], [claim("K", late, rcvd_date=date(2025, 12, 30))])
    assert payouts(result) == {("B", "610100"): 10000}


def test_a_claim_for_an_older_year_is_told() -> None:
    result = Year().run("2026-01", [], [claim("K", base="100.00", begin="2024-11-01")], [identity("2304", begin="2024-01-01")])
    assert result.tables["assistance_items"].height == 0
    assert codes(result)["BENEFIT_YEAR_CLOSED"] == 1


def test_claims_that_change_nothing_are_told() -> None:
    s, back, out = stay("S", "100.00"), stay("B", "100.00", begin="2026-03-02"), stay("O", "100.00", med_type="11")
    result = Year().run("2026-03", [s, back, refund(back), out], [
        claim("K1", back), claim("K2", out), claim("K3", base="1.00", med_type="11"),
        claim("K4", s, certno="C2", psn_no="P2")], [identity("2304")])
    assert {k: v for k, v in codes(result).items() if k.startswith("CLAIM")} == {"CLAIM_NOT_COVERED": 3, "CLAIM_PERSON_DIFFERS": 1}
    assert payouts(result) == {("S", "610100"): 10000}
    assert result.tables["payout_items"]["payee_code"].to_list() == ["P1"]


@pytest.mark.parametrize(("bases", "listed"), [
    (["20000.00"], False), (["20000.01"], True), (["12000.00", "8000.01"], True), (["19999.99"], False)])
def test_watch(bases: list[str], listed: bool) -> None:
    stays = [stay(f"S{n}", b, f"2026-03-0{n + 1}", pay_loc="4") for n, b in enumerate(bases)]
    result = Year().run("2026-03", [*stays, stay("X", "90000.00", psn="2"), stay("Y", "90000.00", "2025-03-01")],
                        identities=[identity("2302"), identity("2304", "2")])
    watched = result.tables["assistance_watch"]
    assert watched["certno"].to_list() == (["C1"] if listed else [])
    assert watched["over_amt"].to_list() == ([1] if listed else [])


def test_the_number_of_a_payout_item_stays_and_differs_by_month_and_fund() -> None:
    year = Year()
    s = stay("S1", "40000.00")
    year.bring("2026-03", [s], [claim("K1", s)], [identity("2303")])
    one, two = year.run("2026-03"), year.run("2026-03")
    assert one.tables["payout_items"].equals(two.tables["payout_items"])
    ids = set(one.tables["payout_items"]["item_id"])
    more = year.run("2026-04", [stay("S1", "41000.00")])
    assert len(ids | set(more.tables["payout_items"]["item_id"])) == 4


def test_what_a_late_identity_moves_among_last_years_other_items_is_told() -> None:
    """A 20,000 in March without identity, B 50,000 in December as tier 1, paid in full. In January an identity covers March too.

    Year 2026 anew: A owes 20,000; of B only 30,000 are left under 50,000, rest 20,000, over 3,000: 17,000 × 70 % = 11,900 tilt.
    A is published and owed; B is not published again: its −20,000 and +11,900 are told.
    """
    year = Year()
    a, b = stay("A", "20000.00", "2026-03-01"), stay("B", "50000.00", "2026-12-05")
    late = identity("2304", begin="2026-12-01", push="2026-12-02")
    first = year.run("2026-12", [a, b], [claim("K1", b)], [late])
    assert payouts(first) == {("B", "610100"): 5000000}
    early = identity("2304", begin="2026-01-01", end="2026-11-30", push="2027-01-08")
    second = year.run("2027-01", identities=[early])
    assert [r["setl_id"] for r in second.tables["assistance_items"].to_dicts()] == ["A"]
    told = pl.concat(second.findings).filter(pl.col("code") == "YEAR_BEFORE_SHIFT").to_dicts()
    assert [(r["ref_no"], r["expected"], r["actual"], r["diff_amt"]) for r in told] == [("K1", "41900.00", "50000.00", 810000)]
    assert "现差额 -20000.00 元、倾斜 11900.00 元" in told[0]["message"]


def test_last_years_items_that_did_not_move_are_not_told() -> None:
    year = Year()
    b = stay("B", "50000.00", "2026-12-05")
    year.run("2026-12", [b], [claim("K1", b)], [identity("2304")])
    second = year.run("2027-01")
    assert codes(second).get("YEAR_BEFORE_SHIFT", 0) == 0
