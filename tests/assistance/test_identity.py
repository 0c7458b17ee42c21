"""身份、转诊、分类: edges of stays, the best tier, the order of the classes, referral."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from nxmed.assistance.identity import ranks
from nxmed.law.catalog import Law
from tests.assistance.year import TEN, Row, Year, claim, classes, codes, identity, item, stay


def one(settlement: Row, *identities: Row, policy: dict[str, Any] | None = None, claimed: bool = True) -> Row:
    claims = [claim("K1", settlement)] if claimed else []
    return item(Year(policy=policy or {}).run("2026-03", [settlement], claims, list(identities)), settlement["setl_id"])


@pytest.mark.parametrize(("begin", "end", "covers"), [
    ("2026-03-10", None, True),  # given on the last day of the stay
    ("2026-03-11", None, False),  # a day after it
    ("2025-01-01", "2026-03-05", True),  # ended on the first day
    ("2025-01-01", "2026-03-04", False),
    ("2026-03-07", "2026-03-07", True),  # a single day within the stay
    ("2020-01-01", None, True),
])
def test_a_stay_is_covered_when_its_days_meet_the_identity(begin: str, end: str | None, covers: bool) -> None:
    row = one(stay("S1", "100.00", "2026-03-05", "2026-03-10"), identity("2304", begin=begin, end=end))
    assert (row["class"], row["ordinary_amt"]) == (("due", 10000) if covers else ("no_identity", 0))


@pytest.mark.parametrize(("begin", "end", "covers"), [
    ("2026-03-05", None, True), ("2026-03-06", None, False), ("2025-01-01", "2026-03-05", True), ("2025-01-01", "2026-03-04", False),
])
def test_a_chronic_item_is_covered_on_its_first_day(begin: str, end: str | None, covers: bool) -> None:
    row = one(stay("S1", "100.00", "2026-03-05", "2026-03-10", med_type="140104"), identity("2304", begin=begin, end=end))
    assert row["class"] == ("due" if covers else "no_identity")


@pytest.mark.parametrize(("codes_", "tier"), [
    (["2306", "236004"], "4"), (["236004", "2305"], "3"), (["2305", "236003"], "2"), (["236002", "236001"], "1"),
    (["2302", "2306"], "5"), (["2104", "2306"], "5"), (["2360", "2303"], "2"), (["2304", "2303", "2305", "236004", "2306"], "1"),
])
def test_the_best_tier_counts(codes_: list[str], tier: str) -> None:
    assert one(stay("S1", "100.00"), *(identity(c) for c in codes_))["tier"] == tier


def test_codes_and_their_tiers() -> None:
    law = Law.load("ningxia")
    known = ["2304", "236001", "2303", "236002", "236003", "2305", "236004", "2306", "2101", "2160", "2360", "236099", "2302", "2301",
             "2307", "2308", "2401"]
    assert ranks(law, known) == {
        "2304": "1", "236001": "1", "2303": "2", "236002": "2", "236003": "2", "2305": "3", "236004": "4", "2306": "5", "2101": "9",
        "2160": "9", "2360": "9", "236099": "9"}


@pytest.mark.parametrize("code", ["2301", "2302", "2307", "2308"])
def test_codes_without_a_tier_are_no_identity(code: str) -> None:
    assert one(stay("S1", "100.00"), identity(code))["class"] == "no_identity"


@pytest.mark.parametrize("code", ["2101", "2104", "2160", "2360"])
def test_a_category_without_a_standard_is_named_and_not_paid(code: str) -> None:
    s = stay("S1", "100.00")
    result = Year().run("2026-03", [s], [claim("K1", s)], [identity(code), identity("2302")])
    row = item(result, "S1")
    assert (row["class"], row["tier"], row["ordinary_amt"], row["claim_state"]) == ("no_standard", None, 0, "claimed")
    assert codes(result)["NO_STANDARD"] == 1
    assert result.tables["payout_items"].height == 0


def test_order_of_the_classes() -> None:
    """Each stay lacks what its class says and everything that comes after."""
    away = {"pay_loc": "4"}
    stays = [
        stay("A", "100.00", psn="1", **away), stay("B", "100.00", psn="2", **away), stay("C", "100.00", psn="3", **away),
        stay("D", "100.00", psn="3", begin="2026-03-02"), stay("E", "0.00", psn="4"), stay("F", "2999.00", psn="5")]
    result = Year().run("2026-03", stays, [claim(f"K{s['setl_id']}", s) for s in stays], [
        identity("2101", "2"), identity("2303", "3"), identity("2303", "4"), identity("2305", "5")])
    assert classes(result) == {"A": "no_identity", "B": "no_standard", "C": "not_referred", "D": "due", "E": "nothing_due",
                               "F": "nothing_due"}
    assert item(result, "C")["tier"] == "2"
    assert item(result, "C")["run_after"] is None


def test_persons_without_identity_are_listed_only_with_a_payment_or_a_claim() -> None:
    stays = [stay("A", "100.00", psn="1"), stay("B", "100.00", psn="2", maf_pay="5.00"), stay("C", "100.00", psn="3")]
    result = Year().run("2026-03", stays, [claim("K", stays[2])])
    assert classes(result) == {"B": "no_identity", "C": "no_identity"}
    assert result.facts["unpublished"]["无身份"] == 1
    assert item(result, "B")["delta_ordinary"] == -500
    assert codes(result)["OVERPAID_ASSISTANCE"] == 1


REFERRAL = [
    ({}, True), ({"pay_loc": "3"}, True), ({"pay_loc": "4"}, False), ({"pay_loc": "4", "out_fil_type": "06"}, True),
    ({"pay_loc": "4", "out_fil_type": "02"}, True), ({"pay_loc": "2", "out_fil_type": "11"}, False),
    ({"pay_loc": "4", "out_fil_type": "11"}, False), ({"pay_loc": "2", "out_fil_type": "10"}, False),
    ({"pay_loc": "4", "out_fil_type": "11", "emer_flag": "1"}, True), ({"pay_loc": "4", "med_type": "24"}, True),
    ({"pay_loc": "4", "emer_flag": None}, False), ({"pay_loc": "4", "med_type": "14"}, False),
    ({"out_fil_type": "11", "med_type": "140104"}, False),
]


@pytest.mark.parametrize(("over", "referred"), REFERRAL)
def test_referral(over: dict[str, Any], referred: bool) -> None:
    assert one(stay("S1", "100.00", **over), identity("2304"))["class"] == ("due" if referred else "not_referred")


def test_type_10_counts_where_the_policy_says_so() -> None:
    ten = stay("S1", "100.00", pay_loc="4", out_fil_type="10")
    assert one(ten, identity("2304"), policy=TEN)["class"] == "due"
    assert one(stay("S1", "100.00", out_fil_type="11"), identity("2304"), policy=TEN)["class"] == "not_referred"


def test_type_10_follows_the_month_in_which_the_stay_begins() -> None:
    policy = {"assistance": {"out_fil_type_10_is_referred": {"values": [
        {"since": date(2026, 2, 1), "value": "true", "source": "样例"}]}}}
    stays = [stay("A", "100.00", "2026-01-31", "2026-02-03", out_fil_type="10"), stay("B", "100.00", "2026-02-01", out_fil_type="10")]
    result = Year(policy=policy).run("2026-02", stays, identities=[identity("2304")])
    assert classes(result) == {"A": "not_referred", "B": "due"}


def test_items_that_are_not_referred_stay_out_of_the_running_totals() -> None:
    stays = [stay("A", "2000.00", "2026-03-01"), stay("B", "5000.00", "2026-03-02", pay_loc="4"), stay("C", "2000.00", "2026-03-03")]
    result = Year().run("2026-03", stays, identities=[identity("2305")])
    # X 2,000 → 4,000: 1,000 above 3,000, × 70 %
    assert [item(result, s)["ordinary_amt"] for s in "ABC"] == [0, 0, 70000]


def test_only_chronic_and_inpatient_treatment_is_assisted() -> None:
    kinds = ["11", "13", "14", "140201", "15", "21", "28", "41", "51", "52", "2102", "9218"]
    stays = [stay(k, "100.00", psn=k, med_type=k) for k in kinds]
    result = Year().run("2026-03", stays, identities=[identity("2304", k) for k in kinds])
    assert sorted(classes(result)) == ["14", "140201", "21", "2102", "28"]


def test_the_person_is_the_certificate_number_else_the_persons_number() -> None:
    """Two numbers of one person share a total; an item without a certificate is matched by the person's number."""
    stays = [stay("A", "2000.00", "2026-03-01", psn_no="P1"), stay("B", "2000.00", "2026-03-02", psn_no="P1b"),
             stay("C", "3500.00", "2026-03-03", certno=None, psn_no="P1")]
    result = Year().run("2026-03", stays, identities=[identity("2305")])
    assert item(result, "B")["ordinary_amt"] == 70000  # 4,000 − 3,000
    assert item(result, "C")["ordinary_amt"] == 35000  # a person of its own: 500 × 70 %
    assert result.tables["assistance_years"].height == 2


def test_insurance_is_taken_off_and_nothing_is_below_zero() -> None:
    insured = {"hifp_pay": "10.00", "cvlserv_pay": "20.00", "hifes_pay": "30.00", "hifmi_pay": "40.00", "hifob_pay": "50.00",
               "hifdm_pay": "60.00"}
    stays = [stay("A", "1000.00", **insured), stay("B", "209.99", begin="2026-03-02", **insured)]
    result = Year().run("2026-03", stays, identities=[identity("2304")])
    assert (item(result, "A")["base_amt"], item(result, "B")["base_amt"]) == (79000, 0)
    assert item(result, "B")["class"] == "nothing_due"


def test_a_category_added_to_the_law_file_without_a_tier_is_not_silent() -> None:
    rows = Law.load("ningxia").table("assistance_categories")
    assert {r["standard"] for r in rows} == {"tier", "none", "watch"}
    assert all((r["standard"] == "tier") == bool(r["tier"]) for r in rows)
    assert pl.DataFrame(rows)["code"].is_unique().all()
