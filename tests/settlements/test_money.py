"""应付: funds, deposit, deductions, carried amounts, the advance of Dingxi's December, decisions, holds, packages; by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from nxmed.errors import UsageError
from nxmed.pipelines.resolve import check_decision
from nxmed.settlements.shapes import FUND_COLUMNS
from tests.settlements.month import (
    H1,
    H2,
    Chain,
    classes,
    codes,
    detail,
    payable,
    provider,
    refund,
    row,
    settlement,
    totals,
)

FUND_OF = {"hifp_pay": "310100", "cvlserv_pay": "320100", "hifob_pay": "330100", "hifdm_pay": "350100", "hifes_pay": "370100",
           "hifmi_pay": "390200", "maf_pay": "610100", "oth_pay": "999997"}


def deduction(amount: int, fund: str = "310100", sn: str = "D1") -> dict[str, Any]:
    return {"fixmedins_code": H1, "fund_pay_type": fund, "det_sn": sn, "det_type": "10", "det_amt": amount, "det_rea": "超限用药"}


def month(rows: list[dict[str, Any]], **chain: Any) -> Any:
    return Chain(**chain).run("2026-11", rows, [detail(r) for r in rows])


def test_every_column_goes_to_its_fund() -> None:
    # eight funds of 1, 2, 4, … yuan: 255.00 in all; account 3.00 and family account 5.00
    amounts = {c: 100 * 2**n for n, c in enumerate(FUND_COLUMNS)}
    total = sum(amounts.values())
    a = settlement("S1", "0.00", "3.00", "0.00", **amounts, acct_mulaid_pay=500, fund_pay_sumamt=total, psn_part_amt=800,
                   medfee_sumamt=total + 800, inscp_scp_amt=total + 800)
    result = month([a])
    assert {fund: payable(result, fund)["act_dfr_amt"] for fund in FUND_OF.values()} == {
        FUND_OF[c]: v for c, v in amounts.items()}
    assert payable(result, "310200")["act_dfr_amt"] == 800
    assert row(result, "S1")["recognised_amt"] == total + 800


def test_residents_are_paid_from_their_own_pool() -> None:
    result = month([settlement("S1", insutype="390")])
    assert payable(result, "390100")["act_dfr_amt"] == 70_000
    assert payable(result, "310100") == {}


def test_a_pooled_payment_of_another_insurance_is_held() -> None:
    a = settlement("S1", insutype="340")
    result = month([a])
    assert (classes(result)[("S1", "0")], row(result, "S1")["held_reason"]) == ("00", "FUND_UNKNOWN")
    assert codes(result)["FUND_UNKNOWN"] == 1
    assert result.tables["payables"].height == 0
    # without a pooled amount the insurance does not matter
    assert row(month([settlement("S1", "0.00", insutype="340")]), "S1")["state"] == "recognised"


def test_deposit_is_rounded_once_and_spares_the_account() -> None:
    # recognised 700.10, deducted 0.01: 5 % of 700.09 = 35.0045 → 35.00; of 700.10 → 35.005 → 35.01
    rows = [settlement("S1", "700.10")]
    chain = Chain(providers=[provider(H1, dpst_rat="0.05")])
    result = chain.run("2026-11", rows, [detail(r) for r in rows], deductions=[deduction(1)])
    assert payable(result, "310100")["dpst_amt"] == 3_500
    assert payable(result, "310100")["act_dfr_amt"] == 70_010 - 1 - 3_500
    assert (payable(result, "310200")["dpst_amt"], payable(result, "310200")["act_dfr_amt"]) == (0, 10_000)
    plain = Chain(providers=[provider(H1, dpst_rat="0.05")]).run("2026-11", rows, [detail(r) for r in rows])
    assert payable(plain, "310100")["dpst_amt"] == 3_501


def test_the_deposit_rate_is_that_of_the_last_day() -> None:
    agreements = [provider(H1, dpst_rat="0.10", invd_time=date(2026, 11, 29)),
                  provider(H1, dpst_rat="0.20", efft_time=date(2026, 11, 30), fix_blng_admdvs="640121")]
    result = month([settlement("S1")], providers=agreements)
    assert payable(result, "310100")["dpst_amt"] == 14_000  # 20 % of 700.00
    assert payable(result, "310100")["fix_blng_admdvs"] == "640121"
    assert result.tables["payout_items"]["insu_admdvs"].unique().to_list() == ["640121"]


def test_what_is_below_zero_is_carried_and_never_deposited() -> None:
    chain = Chain(providers=[provider(H1, dpst_rat="0.05")])
    a = settlement("S1")
    first = chain.run("2026-11", [a], [detail(a)], deductions=[deduction(100_000), deduction(5_000, "320100", "D2")])
    assert payable(first, "310100") | {} == {**payable(first, "310100"), "det_amt": 100_000, "dpst_amt": 0, "act_dfr_amt": 0,
                                             "carried_out_amt": -30_000}
    assert payable(first, "320100")["carried_out_amt"] == -5_000
    b = settlement("T1", "1000.00")
    second = chain.run("2026-12", [b], [detail(b)])
    # 1000.00 − 300.00 carried − 5 % of 1000.00 = 650.00
    assert (payable(second, "310100")["carried_in_amt"], payable(second, "310100")["act_dfr_amt"]) == (-30_000, 65_000)
    assert payable(second, "320100")["carried_out_amt"] == -5_000
    third = chain.run("2027-01", [], [])
    assert payable(third, "320100")["carried_in_amt"] == -5_000


def test_payout_items_are_the_payables_above_zero() -> None:
    result = month([settlement("S1"), settlement("K1", "10.00", "0.00", "0.00", fixmedins_code=H2)])
    items = result.tables["payout_items"]
    assert sorted(items.select("payee_code", "fund_pay_type", "amt", "source", "payee_type").rows()) == [
        (H1, "310100", 70_000, "settle", "5"), (H1, "310200", 10_000, "settle", "5"), (H2, "310100", 1_000, "settle", "5")]
    again = month([settlement("S1"), settlement("K1", "10.00", "0.00", "0.00", fixmedins_code=H2)]).tables["payout_items"]
    assert items.equals(again)


def dingxi(advance: str, rows: list[dict[str, Any]], month_: str = "2026-12") -> tuple[Chain, Any]:
    chain = Chain(region="dingxi", providers=[provider(H1, turnover_fund=advance, fix_blng_admdvs="621102")])
    return chain, chain.run(month_, rows, [detail(r) for r in rows])


def test_the_advance_is_taken_off_in_december_in_the_order_of_funds() -> None:
    amounts = {"hifob_pay": 20_000, "cvlserv_pay": 5_000}
    a = settlement("S1", "700.00", **amounts, fund_pay_sumamt=95_000, medfee_sumamt=125_000, inscp_scp_amt=125_000)
    # 800.00: 700.00 off 310100, 50.00 off 320100, 50.00 off 330100 (200.00); the account keeps its 100.00
    _, result = dingxi("800.00", [a])
    assert {f: (payable(result, f)["advance_amt"], payable(result, f)["act_dfr_amt"]) for f in ("310100", "310200", "320100", "330100")} == {
        "310100": (70_000, 0), "310200": (0, 10_000), "320100": (5_000, 0), "330100": (5_000, 15_000)}
    assert "DXTC-58" in payable(result, "310100")["rule"]


def test_what_december_does_not_cover_is_carried() -> None:
    chain, result = dingxi("1000.00", [settlement("S1")])
    assert (payable(result, "310100")["advance_amt"], payable(result, "310100")["carried_out_amt"]) == (100_000, -30_000)
    b = settlement("T1")
    january = chain.run("2027-01", [b], [detail(b)])
    assert payable(january, "310100")["act_dfr_amt"] == 40_000
    assert payable(january, "310100")["advance_amt"] == 0


@pytest.mark.parametrize(("region", "month_"), [("dingxi", "2026-11"), ("ningxia", "2026-12")])
def test_no_advance_in_other_months_or_in_ningxia(region: str, month_: str) -> None:
    a = settlement("S1")
    result = Chain(region=region, providers=[provider(H1, turnover_fund="800.00")]).run(month_, [a], [detail(a)])
    assert payable(result, "310100")["advance_amt"] == 0


def test_an_advance_without_any_payable_is_carried() -> None:
    _, result = dingxi("800.00", [settlement("K1", fixmedins_code=H2)])
    assert payable(result, "310100")["carried_out_amt"] == -80_000


# decisions

def test_decisions_recognise_the_agencys_row_or_correct_its_pool_or_reject() -> None:
    chain = Chain()
    a = [settlement("S1"), settlement("S2"), settlement("S3"), settlement("S4")]
    d = [detail(a[0], fund_pay_sumamt="710.00", medfee_sumamt="1010.00"), detail(a[1], fund_pay_sumamt="690.00"), detail(a[2], acct_pay="1.00")]
    chain.run("2026-11", a, d)
    chain.resolve("S1", "provider")   # 700.00 + 10.00
    chain.resolve("S2", "provider")   # 700.00 − 10.00
    chain.resolve("S3", "reject")
    chain.resolve("S4", "agency")     # 700.00
    second = chain.run("2026-12", [], [])
    assert payable(second, "310100")["recognised_amt"] == 71_000 + 69_000 + 70_000
    assert payable(second, "310200")["recognised_amt"] == 30_000
    assert {s: row(second, s)["state"] for s in ("S1", "S2", "S3", "S4")} == {
        "S1": "recognised", "S2": "recognised", "S3": "rejected", "S4": "recognised"}
    assert [row(second, s)["stmt_diff"] for s in ("S1", "S4")] == ["03", "02"]
    assert second.tables["statement_breaks"].height == 0
    assert sorted(second.tables["statement_decisions"]["state"].to_list()) == ["recognised", "recognised", "recognised", "rejected"]
    third = chain.run("2027-01", [], [detail(a[2])])
    assert classes(third) == {("S3", "0"): "07"}


def test_a_decision_on_a_row_that_changed_since_is_not_carried_out() -> None:
    chain = Chain()
    a = settlement("S1")
    chain.run("2026-11", [a], [detail(a, fund_pay_sumamt="710.00")])
    chain.resolve("S1", "provider")
    second = chain.run("2026-12", [], [detail(a, fund_pay_sumamt="720.00")])
    assert (row(second, "S1")["state"], codes(second)["RESOLUTION_STALE"]) == ("waiting", 1)
    assert second.tables["statement_decisions"]["state"].to_list() == ["stale"]
    third = chain.run("2027-01", [], [])
    assert "RESOLUTION_STALE" not in codes(third)


def test_a_decision_does_not_lift_a_hold_but_waits_with_the_row() -> None:
    chain = Chain(providers=[provider(H1, invd_time=date(2026, 11, 1))])
    a = settlement("S1")
    chain.run("2026-11", [a], [])
    chain.resolve("S1", "agency")
    second = chain.run("2026-12", [], [])
    assert second.tables["statement_breaks"]["held_reason"].to_list() == ["OUT_OF_AGREEMENT"]
    chain.providers.append(provider(H1, efft_time=date(2026, 11, 2)))
    third = chain.run("2027-01", [], [])
    assert payable(third, "310100")["recognised_amt"] == 70_000


def test_a_refund_decided_on_still_waits_for_its_original() -> None:
    chain = Chain()
    a, r = settlement("S1"), refund("S1")
    chain.run("2026-11", [a, r], [])
    chain.resolve("S1", "agency", flag="1")
    second = chain.run("2026-12", [], [])
    assert second.tables["payables"].height == 0
    chain.resolve("S1", "agency")
    third = chain.run("2027-01", [], [])
    assert payable(third, "310100")["recognised_amt"] == 0
    assert {row(third, "S1", f)["state"] for f in "01"} == {"recognised"}


@pytest.mark.parametrize(("mine", "theirs", "diff", "decision", "fits"), [
    (1, 1, "03", "agency", True), (1, 1, "03", "provider", True), (1, None, "02", "agency", True), (1, None, "02", "provider", False),
    (None, 1, "01", "agency", False), (None, 1, "01", "provider", False), (None, 1, "01", "reject", True), (1, 1, "00", "agency", False),
    (1, 1, "00", "reject", True)])
def test_what_may_be_decided(mine: int | None, theirs: int | None, diff: str, decision: str, fits: bool) -> None:
    open_row = {"medfee_sumamt": mine, "provider_medfee_sumamt": theirs, "stmt_diff": diff, "held_reason": "ORIGINAL_OPEN",
                "insutype": "310", "fund_pay_sumamt": mine, "provider_fund_pay_sumamt": theirs}
    if fits:
        check_decision(open_row, decision)
    else:
        with pytest.raises(UsageError):
            check_decision(open_row, decision)


# identities

@pytest.mark.parametrize(("change", "holds"), [
    ({"hosp_part_amt": 1}, True), ({"oth_pay": 1}, True), ({"psn_cash_pay": 1}, False), ({"inscp_scp_amt": 1}, False)])
def test_each_identity(change: dict[str, int], holds: bool) -> None:
    a = settlement("S1")
    bad = {**a, **{k: a[k] + v for k, v in change.items()}}
    result = month([bad])
    assert codes(result)["AMOUNT_IDENTITY"] == 1
    assert classes(result)[("S1", "0")] == "00"
    assert row(result, "S1")["held_reason"] == ("AMOUNT_IDENTITY" if holds else None)
    assert (payable(result, "310100") == {}) is holds


def test_a_corrected_record_is_recognised_later() -> None:
    chain = Chain()
    a = settlement("S1")
    chain.run("2026-11", [{**a, "hosp_part_amt": 1}], [detail(a)])
    second = chain.run("2026-12", [a], [])
    assert classes(second) == {("S1", "0"): "00"}
    assert payable(second, "310100")["recognised_amt"] == 70_000


def test_large_fees_need_a_threshold() -> None:
    rows = [settlement("S1"), settlement("S2", "700.01"), refund("S2", "700.01")]
    policy = {"settle": {"large_fee": {"values": [{"since": date(2021, 1, 1), "value": "1000.01", "source": "示例"}]}}}
    assert codes(month(rows, policy=policy))["LARGE_FEE"] == 1  # 1,000.01 counts, 1,000.00 does not
    assert "LARGE_FEE" not in codes(month(rows))


# maternity

def delivery(setl_id: str = "B1", **over: Any) -> dict[str, Any]:
    return settlement(setl_id, "3000.00", "50.00", "100.00", **{"med_type": "52", "cop_flag": "0", "booking_flag": "0", **over})


@pytest.mark.parametrize(("over", "package", "expected"), [
    ({}, "4000.01", 400_001),                                              # in the insured city
    ({"insu_admdvs": "640221"}, "4000.01", 200_001),                       # away, not signed up: 2000.005 → 2000.01
    ({"insu_admdvs": "640221", "booking_flag": "1"}, "4000.01", 400_001),  # away, signed up
    ({"cop_flag": "1"}, "4000.01", 300_000),                               # complication: the bill
    ({}, None, 300_000),                                                   # no package agreed
    ({"med_type": "21"}, "4000.01", 300_000),                              # no delivery
])
def test_the_package_stands_in_place_of_the_pooled_fund(over: dict[str, Any], package: str | None, expected: int) -> None:
    a = delivery(**over)
    result = month([a], providers=[provider(H1, matn_headcap_amt=package)])
    assert payable(result, "310100")["recognised_amt"] == expected
    assert payable(result, "310200")["recognised_amt"] == 5_000


def test_the_package_leaves_no_other_fund() -> None:
    a = delivery(hifob_pay=10_000, fund_pay_sumamt=310_000, medfee_sumamt=325_000, inscp_scp_amt=325_000)
    result = month([a], providers=[provider(H1, matn_headcap_amt="4000.00")])
    assert payable(result, "330100") == {}
    assert payable(result, "310100")["recognised_amt"] == 400_000


@pytest.mark.parametrize(("over", "held"), [
    ({"cop_flag": None}, True), ({"booking_flag": None, "insu_admdvs": "640221"}, True), ({"booking_flag": None}, False),
    ({"cop_flag": "1", "booking_flag": None, "insu_admdvs": "640221"}, False)])
def test_a_missing_flag_that_matters_holds_the_row(over: dict[str, Any], held: bool) -> None:
    result = month([delivery(**over)], providers=[provider(H1, matn_headcap_amt="4000.00")])
    assert row(result, "B1")["held_reason"] == ("MATERNITY_FLAG_MISSING" if held else None)
    assert codes(result).get("MATERNITY_FLAG_MISSING", 0) == int(held)


def test_a_refund_of_a_delivery_takes_the_package_back() -> None:
    a = delivery()
    back = {**refund("B1", "3000.00", "50.00", "100.00"), "med_type": "52", "cop_flag": "0", "booking_flag": "0"}
    result = month([a, back], providers=[provider(H1, matn_headcap_amt="4000.00")])
    assert payable(result, "310100")["recognised_amt"] == 0


def test_a_provider_outside_the_region_and_dingxi_are_billed() -> None:
    outside = [provider(H1, matn_headcap_amt="4000.00", fix_blng_admdvs="610100")]
    assert payable(month([delivery()], providers=outside), "310100")["recognised_amt"] == 300_000
    inside = [provider(H1, matn_headcap_amt="4000.00")]
    assert payable(month([delivery()], providers=inside, region="dingxi"), "310100")["recognised_amt"] == 300_000


def test_paying_later_what_was_held_equals_paying_at_once() -> None:
    rows = [settlement(f"S{n}", f"{100 + n}.37") for n in range(8)]
    at_once = month(rows)
    chain = Chain()
    chain.run("2026-11", rows, [detail(r) for r in rows[:5]], totals(rows))
    chain.run("2026-12", [], [detail(r) for r in rows[5:]])
    paid = pl.concat([r.tables["payables"] for r in chain.results.values()]).group_by("fund_pay_type").agg(pl.col("act_dfr_amt").sum())
    whole = at_once.tables["payables"].select("fund_pay_type", "act_dfr_amt")
    assert sorted(paid.rows()) == sorted(whole.rows())


def test_each_reason_is_told_though_the_row_names_the_first() -> None:
    # 340 has no pooled fund and the day lies after the agreement; the amounts do not add up either
    outside = provider(invd_time=date(2026, 11, 9))
    result = month([settlement("S1", insutype="340", hosp_part_amt=1)], providers=[outside])
    assert row(result, "S1")["held_reason"] == "AMOUNT_IDENTITY"
    assert {"AMOUNT_IDENTITY", "FUND_UNKNOWN", "OUT_OF_AGREEMENT"} <= set(codes(result))
    assert [c for c in codes(result) if c == "OUT_OF_AGREEMENT"] == ["OUT_OF_AGREEMENT"]


def test_a_decision_is_not_carried_out_on_a_row_that_agrees_by_now() -> None:
    # only the account differed: 100.00 against 100.01; refused, then the provider sent it again as the agency has it
    chain = Chain()
    one, other = settlement("S1"), settlement("S2")
    chain.run("2026-11", [one, other], [detail(one, acct_pay="100.01"), detail(other, clr_type="21")])
    chain.resolve("S1", "reject")
    chain.resolve("S2", "reject")
    result = chain.run("2026-12", [], [detail(one), detail(other)])
    assert [(row(result, s)["stmt_diff"], row(result, s)["recognised_amt"]) for s in ("S1", "S2")] == [("00", 80_000)] * 2
    assert codes(result)["RESOLUTION_STALE"] == 2
