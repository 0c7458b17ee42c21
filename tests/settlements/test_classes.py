"""逐条比对: each of the eight classes, in its order, over months; amounts recognised by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from nxmed.errors import IntegrityError
from nxmed.settlements.proofs import equations
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


def test_every_class_of_a_month() -> None:
    a = [settlement(f"S{n}") for n in range(1, 7)]
    a += [refund("S6", "600.00")]
    d = [detail(a[0]), detail(a[0], src_row=3), detail(a[1], fund_pay_sumamt="700.01"), detail(a[2], clr_type="21"),
         detail(a[3], insutype="390"), detail(a[5]), detail(refund("S6", "600.01")), detail(settlement("X1"))]
    result = Chain().run("2026-11", a, d, totals(a))
    assert classes(result) == {
        ("S1", "0"): "00", ("S2", "0"): "03", ("S3", "0"): "04", ("S4", "0"): "04", ("S5", "0"): "02", ("S6", "0"): "00",
        ("S6", "1"): "05", ("X1", "0"): "01"}
    again = result.tables["statement_rows"].filter(pl.col("copy_no") > 1)
    assert again.select("setl_id", "stmt_diff", "side", "copy_no", "recognised_amt").rows() == [("S1", "06", "provider", 2, 0)]
    # S1 and S6: 700 + 700 from the pool, 100 + 100 from the account
    assert payable(result, "310100")["recognised_amt"] == 140_000
    assert payable(result, "310200")["recognised_amt"] == 20_000
    assert sorted(n for n in codes(result) if n.startswith("BREAK")) == [
        "BREAK_AGENCY_ONLY", "BREAK_AMOUNT", "BREAK_PROVIDER_ONLY", "BREAK_REFUND", "BREAK_REPEATED", "BREAK_TYPE"]


@pytest.mark.parametrize("column", ["medfee_sumamt", "fund_pay_sumamt", "acct_pay"])
def test_one_fen_in_any_compared_amount_is_03(column: str) -> None:
    a = settlement("S1")
    changed = {**detail(a), column: a[column] + 1}
    assert classes(Chain().run("2026-11", [a], [changed])) == {("S1", "0"): "03"}


def test_the_type_comes_before_the_refund_and_the_refund_before_the_amount() -> None:
    a = [settlement("S1"), refund("S1")]
    assert classes(Chain().run("2026-11", a, [detail(a[0]), detail(a[1], clr_type="21", fund_pay_sumamt="-1.00")]))[("S1", "1")] == "04"
    assert classes(Chain().run("2026-11", a, [detail(a[0]), detail(a[1], fund_pay_sumamt="-1.00")]))[("S1", "1")] == "05"


def test_a_provider_that_names_no_type_is_not_compared_by_type() -> None:
    a = settlement("S1")
    assert classes(Chain().run("2026-11", [a], [detail(a, insutype=None, clr_type=None)])) == {("S1", "0"): "00"}


def test_a_row_of_another_provider_is_no_counterpart() -> None:
    a = settlement("S1")
    found = Chain().run("2026-11", [a], [detail(a, fixmedins_code=H2)]).tables["statement_rows"]
    assert sorted(found.select("fixmedins_code", "stmt_diff").rows()) == [(H1, "02"), (H2, "01")]


def test_the_first_copy_by_file_and_row_is_compared() -> None:
    a = settlement("S1")
    good, bad = detail(a), detail(a, fund_pay_sumamt="1.00")
    first = [{**good, "src_file": "a.csv", "src_row": 9}, {**bad, "src_file": "b.csv", "src_row": 2}]
    assert classes(Chain().run("2026-11", [a], first)) == {("S1", "0"): "00"}
    second = [{**good, "src_file": "b.csv", "src_row": 2}, {**bad, "src_file": "a.csv", "src_row": 9}]
    assert classes(Chain().run("2026-11", [a], second)) == {("S1", "0"): "03"}


def test_a_counterpart_that_comes_later_closes_the_break_in_its_month() -> None:
    chain = Chain()
    a, x = settlement("S1"), settlement("X1", fund="300.00")
    first = chain.run("2026-11", [a], [detail(x)])
    assert classes(first) == {("S1", "0"): "02", ("X1", "0"): "01"}
    assert payable(first, "310100") == {}
    ids = {row(first, s)["break_id"] for s in ("S1", "X1")}
    second = chain.run("2026-12", [x], [detail(a)])
    assert classes(second) == {("S1", "0"): "00", ("X1", "0"): "00"}
    assert {row(second, s)["break_id"] for s in ("S1", "X1")} == ids
    assert (row(second, "S1")["agency_period"], row(second, "S1")["provider_period"]) == ("2026-11", "2026-12")
    assert payable(second, "310100")["recognised_amt"] == 100_000  # 700 + 300
    assert second.tables["statement_breaks"].height == 0


def test_a_counterpart_that_differs_keeps_the_break_open_under_its_id() -> None:
    chain = Chain()
    a = settlement("S1")
    first = chain.run("2026-11", [a], [])
    second = chain.run("2026-12", [], [detail(a, fund_pay_sumamt="699.00")])
    assert classes(second) == {("S1", "0"): "03"}
    third = chain.run("2027-01", [], [])
    assert third.tables["statement_rows"].height == 0
    assert third.tables["statement_breaks"].select("stmt_diff", "break_id", "opened_period").rows() == [
        ("03", row(first, "S1")["break_id"], "2026-11")]
    fourth = chain.run("2027-02", [], [detail(a)])
    assert classes(fourth) == {("S1", "0"): "00"}


def test_what_was_settled_in_another_month_is_07_on_either_side_and_never_paid_again() -> None:
    chain = Chain()
    a = settlement("S1")
    chain.run("2026-11", [a], [detail(a)])
    for month, agency, details in (("2026-12", [], [detail(a)]), ("2027-01", [a], []), ("2027-02", [a], [detail(a)])):
        result = chain.run(month, agency, details)
        assert classes(result) == {("S1", "0"): "07"}
        assert row(result, "S1")["recognised_amt"] == 0
        assert payable(result, "310100") == {}


def test_months_before_the_first_run_count_as_settled_unless_the_other_side_shows_otherwise() -> None:
    a, b, c = settlement("S1"), settlement("S2"), settlement("S3")
    # October: nobody's details came: presumed settled by the way it was done before
    assert classes(Chain().before("2026-10", [a]).run("2026-11", [], [detail(a)])) == {("S1", "0"): "07"}
    # October: the provider did send a file, without S1: open, compared now; S2 agreed there: settled
    old = Chain().before("2026-10", [a, b], [detail(b)])
    result = old.run("2026-11", [c], [detail(a), detail(b), detail(c)])
    assert classes(result) == {("S1", "0"): "00", ("S2", "0"): "07", ("S3", "0"): "00"}
    assert payable(result, "310100")["recognised_amt"] == 140_000


def test_a_refund_in_its_month_and_after() -> None:
    a = settlement("S1")
    both = Chain().run("2026-11", [a, refund("S1")], [detail(a), detail(refund("S1"))])
    assert classes(both) == {("S1", "0"): "00", ("S1", "1"): "00"}
    assert payable(both, "310100")["recognised_amt"] == 0
    chain = Chain()
    chain.run("2026-11", [a], [detail(a)])
    own_id = refund("R1", org_setl_id="S1")
    later = chain.run("2026-12", [own_id], [detail(own_id)])
    assert classes(later) == {("R1", "1"): "00"}
    assert payable(later, "310100")["recognised_amt"] == -70_000
    assert payable(later, "310100")["carried_out_amt"] == -70_000
    assert payable(later, "310100")["act_dfr_amt"] == 0


def test_a_refund_waits_for_its_original() -> None:
    chain = Chain()
    a = settlement("S1")
    first = chain.run("2026-11", [a, refund("S1")], [detail(a, fund_pay_sumamt="699.00"), detail(refund("S1"))])
    assert classes(first) == {("S1", "0"): "03", ("S1", "1"): "00"}
    assert (row(first, "S1", "1")["held_reason"], row(first, "S1", "1")["state"]) == ("ORIGINAL_OPEN", "waiting")
    assert codes(first)["ORIGINAL_OPEN"] == 1
    second = chain.run("2026-12", [], [detail(a)])
    assert classes(second) == {("S1", "0"): "00", ("S1", "1"): "00"}
    assert row(second, "S1", "1")["held_reason"] is None
    assert payable(second, "310100")["recognised_amt"] == 0


@pytest.mark.parametrize(("agency", "details"), [("missing", "there"), ("there", "missing")])
def test_a_refund_whose_original_one_side_lacks_is_05(agency: str, details: str) -> None:
    a, r = settlement("S1"), refund("R1", org_setl_id="S1")
    result = Chain().run("2026-11", ([a] if agency == "there" else []) + [r], ([detail(a)] if details == "there" else []) + [detail(r)])
    assert classes(result)[("R1", "1")] == "05"
    assert row(result, "R1", "1")["held_reason"] == "ORIGINAL_OPEN"


def test_a_05_closes_when_the_missing_original_comes() -> None:
    chain = Chain()
    a, r = settlement("S1"), refund("R1", org_setl_id="S1")
    assert classes(chain.run("2026-11", [a, r], [detail(r)]))[("R1", "1")] == "05"
    second = chain.run("2026-12", [], [detail(a)])
    assert classes(second) == {("S1", "0"): "00", ("R1", "1"): "00"}
    assert row(second, "R1", "1")["recognised_amt"] == -80_000


def test_without_details_equal_totals_stand_for_equal_details() -> None:
    a = [settlement("S1"), settlement("S2", fund="300.00"), refund("S1")]
    result = Chain().run("2026-11", a, [], totals(a))
    assert set(classes(result).values()) == {"00"}
    assert payable(result, "310100")["recognised_amt"] == 30_000
    assert row(result, "S1")["provider_medfee_sumamt"] is None
    groups = result.tables["statement_groups"]
    assert groups.select("agency_cnt", "provider_cnt", "diff_cnt", "state").rows() == [(1, 1, 0, "equal")]  # 1 + 1 − 1


@pytest.mark.parametrize("change", [{"medfee_sumamt": 1}, {"fund_pay_sumamt": 1}, {"acct_pay": 1}, {"fixmedins_setl_cnt": 7}])
def test_without_details_unequal_totals_hold_the_group_and_no_other(change: dict[str, int]) -> None:
    a = [settlement("S1"), settlement("S2", clr_type="21")]
    wrong = [{**t, **(change if t["clr_type"] == "11" else {})} for t in totals(a)]
    result = Chain().run("2026-11", a, [], wrong)
    assert (row(result, "S1")["held_reason"], row(result, "S1")["state"]) == ("TOTALS_DIFFER", "waiting")
    assert row(result, "S2")["state"] == "recognised"
    assert codes(result)["STATEMENT_DIFF"] == 1


def test_a_held_group_is_paid_when_the_details_come() -> None:
    chain = Chain()
    a = [settlement("S1")]
    chain.run("2026-11", a, [], totals(a, medfee_sumamt=1))
    second = chain.run("2026-12", [], [detail(a[0])])
    assert classes(second) == {("S1", "0"): "00"}
    assert payable(second, "310100")["recognised_amt"] == 70_000


def test_totals_beside_details_only_report() -> None:
    a = [settlement("S1"), settlement("S2")]
    result = Chain().run("2026-11", a, [detail(a[0])], totals(a))
    assert classes(result) == {("S1", "0"): "00", ("S2", "0"): "02"}
    found = pl.concat([f for f in result.findings if f.height])
    said = found.filter(pl.col("code") == "STATEMENT_INCONSISTENT")
    assert said["diff_amt"].to_list() == [70_000]  # stated 1,400.00, listed 700.00


def test_a_statement_may_leave_a_group_out() -> None:
    a = [settlement("S1"), settlement("S2", clr_type="21")]
    groups = Chain().run("2026-11", a, [], totals(a[:1])).tables["statement_groups"]
    assert groups.select("clr_type", "provider_cnt", "diff_fund_pay_sumamt", "state").rows() == [
        ("11", 1, 0, "equal"), ("21", 0, -70_000, "differs")]


def test_a_tampered_table_breaks_an_equation() -> None:
    a = [settlement("S1"), settlement("S2")]
    result = Chain().run("2026-11", a, [detail(r) for r in a])
    assert all(e.holds for e in equations(result.tables, result.facts))
    tables: dict[str, Any] = dict(result.tables)
    tables["statement_rows"] = tables["statement_rows"].head(1)
    assert {e.id for e in equations(tables, result.facts) if not e.holds} >= {"settle.agency.rows", "settle.recognised.310100"}
    tables = dict(result.tables)
    tables["payables"] = tables["payables"].with_columns(act_dfr_amt=pl.col("act_dfr_amt") + 1)
    assert {e.id for e in equations(tables, result.facts) if not e.holds} == {"settle.payables", "settle.items"}
    assert IntegrityError.exit_code == 7


def test_no_agreement_for_the_day_holds_until_one_is_registered() -> None:
    chain = Chain(providers=[provider(H1, invd_time=date(2026, 11, 9))])
    a = settlement("S1")
    first = chain.run("2026-11", [a], [detail(a)])
    assert (classes(first)[("S1", "0")], row(first, "S1")["held_reason"]) == ("00", "OUT_OF_AGREEMENT")
    chain.providers.append(provider(H1, efft_time=date(2026, 11, 10)))
    second = chain.run("2026-12", [], [])
    assert row(second, "S1")["state"] == "recognised"
    assert payable(second, "310100")["recognised_amt"] == 70_000
