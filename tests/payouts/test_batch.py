"""编批: who is paid from which account, on which line, of which batch; amounts by hand."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import polars as pl
import pytest
from agency import account, item
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.errors import GateError
from nxmed.io.resources import contracts
from nxmed.kernel.period import Period
from nxmed.kernel.stage import prove
from nxmed.payouts.accounts import payee_accounts, payer_of
from nxmed.payouts.batch import Built, build
from nxmed.payouts.proofs import batch_equations, built_equations
from nxmed.payouts.shapes import ITEM

P = Period.parse("2026-11")
DAY = date(2026, 11, 30)
PAST = {**{c: pl.String() for c in ("item_id", "source_key", "period", "run_id", "pay_sn", "org_pay_sn", "bat_no", "line_state", "batch_state",
                                   "fund_pay_type", "insu_admdvs", "payee_type", "payee_code")}, "amt": pl.Int64(), "live": pl.Int64()}


def items(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{"period": "2026-11", "run_id": "assist-2026-11-x", **r} for r in rows], schema=ITEM)


def accounts(*rows: dict[str, str]) -> pl.DataFrame:
    columns = contracts()["bank_accounts"].schema()
    dated = [{c: (date.fromisoformat(v) if c.endswith("date") else v) if (v := r.get(c, "")) else None for c in columns} for r in rows]
    return pl.DataFrame(dated, schema=columns)


def past(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=PAST)


def stood(of: dict[str, Any], pay_sn: str, line_state: str, org: str | None = None) -> dict[str, Any]:
    """Where an item stands or stood."""
    return {**{c: of.get(c) for c in PAST}, "period": "2026-11", "pay_sn": pay_sn, "line_state": line_state, "org_pay_sn": org,
            "live": int(line_state in ("pending", "in_progress", "paid"))}


def made(found: pl.DataFrame, register: pl.DataFrame, before: pl.DataFrame | None = None, taken: tuple[str, ...] = (), day: date = DAY) -> Built:
    return build(found, past() if before is None else before, register, source="assist", period=P, day=day, taken=taken)


def lines_of(built: Built) -> list[tuple[Any, ...]]:
    return [(b.batch.bat_no, *r) for b in built.batches for r in b.lines.select("row_no", "payee_code", "bankacct", "amt").rows()]


def codes(built: Built) -> dict[str, int]:
    return {f["code"][0]: f.height for f in built.findings if f.height}


def test_one_batch_per_fund_and_agency_and_one_line_per_payee() -> None:
    found = items(item("A", "P1", 10_000), item("B", "P1", 2_345), item("C", "P2", 1), item("D", "P1", 700, fund_pay_type="610102"),
                  item("E", "P2", 9, insu_admdvs="640105"))
    built = made(found, accounts(account("P1", "111"), account("P2", "222")))
    assert lines_of(built) == [
        ("2611A61010064010401", 1, "P1", "111", 12_345), ("2611A61010064010401", 2, "P2", "222", 1),
        ("2611A61010064010501", 1, "P2", "222", 9), ("2611A61010264010401", 1, "P1", "111", 700)]
    first = built.batches[0]
    assert (first.batch.declared_count, first.batch.declared_amt) == (2, 12_346)  # 100.00 + 23.45 + 0.01 = 123.46
    assert first.lines["pay_sn"].to_list() == ["2611A61010064010401000001", "2611A61010064010401000002"]
    assert first.line_items.select("pay_sn", "item_id", "amt").rows() == [
        ("2611A61010064010401000001", "A", 10_000), ("2611A61010064010401000001", "B", 2_345), ("2611A61010064010401000002", "C", 1)]
    assert {len(b.batch.bat_no) for b in built.batches} == {19}
    assert {len(s) for b in built.batches for s in b.lines["pay_sn"]} == {25}


@pytest.mark.parametrize(("over", "reason"), [
    ({"used_type": "1"}, "no_account"), ({"begndate": "2026-12-01"}, "no_account"), ({"enddate": "2026-11-29"}, "no_account"),
    ({"ptcp_type": "4"}, "no_account"), ({"ptcp_code": "P9"}, "no_account"), ({"fin_actv_flag": "0"}, "not_active"),
    ({"begndate": "2026-11-30"}, None), ({"enddate": "2026-11-30"}, None), ({"fin_actv_flag": ""}, None), ({"fin_actv_flag": "1"}, None)])
def test_only_an_account_valid_on_the_day_is_paid(over: dict[str, str], reason: str | None) -> None:
    built = made(items(item("A", "P1", 100)), accounts(account("P1", **over)))
    assert built.held["reason"].to_list() == ([reason] if reason else [])
    assert len(built.batches) == (0 if reason else 1)
    assert codes(built) == ({"NO_ACCOUNT": 1} if reason else {})


def test_the_account_that_began_last_counts_even_when_it_is_dormant() -> None:
    old, new = account("P1", "111", begndate="2025-01-01"), account("P1", "222", begndate="2026-06-01")
    assert lines_of(made(items(item("A", "P1", 100)), accounts(old, new)))[0][3] == "222"
    assert lines_of(made(items(item("A", "P1", 100)), accounts(old, new), day=date(2026, 5, 31)))[0][3] == "111"
    assert made(items(item("A", "P1", 100)), accounts(old, {**new, "fin_actv_flag": "0"})).held["reason"].to_list() == ["not_active"]


def test_a_person_without_number_is_found_by_identity_number_and_a_tie_is_held() -> None:
    certno = "640104199001011237"
    found = items(item("A", certno, 100))
    assert lines_of(made(found, accounts(account("P1", "111", certno=certno))))[0][2:] == (certno, "111", 100)
    tie = accounts(account("P1", "111", certno=certno), account("P2", "222", certno=certno))
    built = made(found, tie)
    assert built.held["reason"].to_list() == ["several_accounts"]
    told = next(f for f in built.findings if f.height)
    assert certno not in str(told.rows())
    assert told["psn_no"].to_list() == ["640104********1237"]


def test_what_is_unclear_is_held_never_guessed() -> None:
    found = items(item("A", "P1", 1, insu_admdvs=None), item("B", "P1", 2, insu_admdvs="64010"), item("C", "P1", 4, fund_pay_type="61"))
    built = made(found, accounts(account("P1")))
    assert dict(built.held.select("item_id", "reason").rows()) == {"A": "no_agency", "B": "no_agency", "C": "bad_fund"}
    assert codes(built) == {"NO_PAYING_AGENCY": 2, "FUND_UNKNOWN": 1}
    assert not built.batches


def test_live_items_stay_where_they_are_and_failed_ones_are_linked_to_their_line() -> None:
    a, b, c, d = (item(i, "P1", n) for i, n in (("A", 1), ("B", 2), ("C", 4), ("D", 8)))
    before = past(stood(a, "s1", "paid"), stood(b, "s2", "failed"), stood(c, "s3", "returned"), stood(c, "s4", "failed", "s3"),
                  stood(d, "s5", "failed"), stood(d, "s6", "cancelled", "s5"))
    built = made(items(a, b, c, d), accounts(account("P1")), before, ("2611A61010064010407",))
    [batch] = built.batches
    assert batch.batch.bat_no == "2611A61010064010408"
    assert batch.batch.declared_amt == 2 + 4 + 8
    assert batch.line_items.select("item_id", "org_pay_sn").rows() == [("B", "s2"), ("C", "s4"), ("D", "s5")]
    assert batch.lines["org_pay_sn"].to_list() == ["s5"]


def test_items_that_changed_or_went_away_after_batching_are_findings() -> None:
    a, b, c = item("A", "P1", 100), item("B", "P1", 200), item("C", "P1", 300)
    before = past(stood(a, "s1", "pending"), stood(b, "s2", "failed"), stood(c, "s3", "paid"), stood(item("D", "P1", 5), "s4", "cancelled"))
    built = made(items({**a, "amt": 150}, {**b, "payee_code": "P2"}), accounts(account("P1"), account("P2")), before)
    assert codes(built) == {"PAYOUT_ITEM_CHANGED": 2, "PAYOUT_ITEM_GONE": 1}
    told = {f["code"][0]: f for f in built.findings if f.height}
    assert told["PAYOUT_ITEM_CHANGED"].select("ref_no", "expected", "actual", "diff_amt").rows() == [
        ("A", "1.00", "1.50", 50), ("B", "2.00", "2.00", 0)]
    assert told["PAYOUT_ITEM_GONE"]["ref_no"].to_list() == ["C"]
    assert built.held.select("item_id", "reason").rows() == [("B", "changed")]
    assert not built.batches


def test_the_paying_account() -> None:
    def agency(code: str, number: str, **over: str) -> dict[str, str]:
        return account(code, number, **{"ptcp_type": "6", "hif_acct_type": "2", **over})

    def paid_from(*rows: dict[str, str]) -> str | None:
        found = payer_of(accounts(*rows), "610100", "640104", DAY)
        return found.bankacct if found else None

    assert paid_from() is None
    assert paid_from(agency("640105", "1")) is None
    assert paid_from(agency("640104", "1", hif_acct_type="1")) is None
    assert paid_from(agency("640104", "1", fund_pay_type="310100")) is None
    assert paid_from(agency("640104", "1"), agency("640104", "2", fund_pay_type="610100", begndate="2025-01-01")) == "2"
    assert paid_from(agency("640104001", "3")) == "3"
    assert paid_from(agency("640104001", "3"), agency("640104", "4")) == "4"
    assert paid_from(agency("640104001", "3"), agency("640104002", "4")) is None
    assert paid_from(agency("640104", "5", enddate="2026-11-29")) is None


def test_the_canonical_text_word_for_word() -> None:
    register = accounts(account("P1", "62170012", bankcode="105871000018", bank_name="某行"), account("640104", "999", ptcp_type="6", acctname="基金\\支出户"))
    [batch] = made(items(item("A", "P1", 12_345)), register).batches
    assert batch.content.decode() == (
        "nxmed-payout-content/1\nbat_no: 2611A61010064010401\nsource: assist\nperiod: 2026-11\nfund_pay_type: 610100\ninsu_admdvs: 640104\n"
        "make_date: 2026-11-30\npayer: 999\t基金\\\\支出户\t\t\ndeclared_count: 1\ndeclared_amt: 123.45\n"
        "lines: row_no pay_sn payee_type payee_code payee_name bankacct acctname bankcode bank_name acct_type amt usage postscript org_pay_sn\n"
        "1\t2611A61010064010401000001\t2\tP1\t户P1\t62170012\t户P1\t105871000018\t某行\t1\t123.45\t医疗救助金\t医疗救助2026-11\t\n"
        "items: pay_sn item_id amt source_key period run_id rule org_pay_sn\n"
        "2611A61010064010401000001\tA\t123.45\tKA\t2026-11\tassist-2026-11-x\tNXJZ-14.2\t\nend\n")


def test_any_other_content_is_another_hash() -> None:
    seen = set()
    for over in ({}, {"amt": 12_346}, {"source_key": "K"}, {"rule": "x"}, {"payee_code": "P2"}, {"item_id": "B"}):
        [batch] = made(items({**item("A", "P1", 12_345), **over}), accounts(account("P1"), account("P2", "7"))).batches
        seen.add(batch.sha256)
    for over in ({"bankacct": "1"}, {"acctname": "x"}, {"bankcode": "y"}, {"bank_name": "z"}, {"acct_type": "2"}):
        [batch] = made(items(item("A", "P1", 12_345)), accounts(account("P1", **over))).batches
        seen.add(batch.sha256)
    assert len(seen) == 11


def test_two_digits_of_batches_and_then_no_more() -> None:
    taken = tuple(f"2611A610100640104{n:02d}" for n in range(1, 100))
    with pytest.raises(GateError, match="批次号已用完"):
        made(items(item("A", "P1", 1)), accounts(account("P1")), taken=taken)


@st.composite
def months(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    payees = [f"P{n}" for n in range(draw(st.integers(1, 5)))]
    rows = [item(f"I{n}", draw(st.sampled_from(payees)), draw(st.integers(1, 10**9)), fund_pay_type=draw(st.sampled_from(["610100", "610102", "6"])),
                 insu_admdvs=draw(st.sampled_from(["640104", "640105", None]))) for n in range(draw(st.integers(0, 12)))]
    register = [account(p, f"9{n}", begndate=draw(st.sampled_from(["2025-01-01", "2026-11-30", "2026-12-01"])),
                        fin_actv_flag=draw(st.sampled_from(["", "0", "1"]))) for p in payees for n in range(draw(st.integers(0, 1)))]
    return rows, register


@settings(max_examples=40, deadline=None)
@given(months(), st.randoms(use_true_random=False))
def test_conserved_and_the_same_in_any_order(month: tuple[list[dict[str, Any]], list[dict[str, str]]], chance: random.Random) -> None:
    rows, register = month
    built = made(items(*rows), accounts(*register))
    prove(built_equations("assist", built.chosen, sum(b.line_items["amt"].sum() for b in built.batches), built.held))
    for b in built.batches:
        answers = pl.DataFrame(schema={"pay_sn": pl.String, "no": pl.Int64, "pay_stas": pl.String, "amt": pl.Int64})
        prove(batch_equations(b.batch, b.lines, b.line_items.with_columns(live=pl.lit(1)), answers))
        assert sum(r["amt"] for r in rows if r["item_id"] in b.line_items["item_id"].to_list()) == b.batch.declared_amt
    everywhere = sorted([*built.held["item_id"], *[i for b in built.batches for i in b.line_items["item_id"]]])
    assert everywhere == sorted(r["item_id"] for r in rows)  # each item in exactly one place
    mixed_rows, mixed_register = list(rows), list(register)
    chance.shuffle(mixed_rows)
    chance.shuffle(mixed_register)
    again = made(items(*mixed_rows), accounts(*mixed_register))
    assert [b.content for b in again.batches] == [b.content for b in built.batches]
    assert again.held.equals(built.held)
    stands = past(*[stood({**r, "source_key": r["source_key"]}, s, "pending") for b in built.batches for s, i in b.line_items.select(
        "pay_sn", "item_id").rows() for r in rows if r["item_id"] == i])
    third = made(items(*rows), accounts(*register), stands)
    assert (third.batches, third.held.equals(built.held)) == ([], True)  # built twice: nothing twice


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["P1", "P2"]), st.sampled_from(["2", "5"]), st.sampled_from(["1", "2"]), st.integers(1, 28),
                          st.sampled_from(["", "0", "1"])), max_size=8))
def test_accounts_as_read_one_by_one(rows: list[tuple[str, str, str, int, str]]) -> None:
    """A plain reading: of the accounts for benefits that have begun, the one that began last."""
    register = list({(k, c, u, d): account(c, str(n), ptcp_type=k, used_type=u, begndate=f"2026-11-{d:02d}", fin_actv_flag=f)
                     for n, (c, k, u, d, f) in enumerate(rows)}.values())
    got = payee_accounts(accounts(*register), pl.DataFrame({"payee_type": ["2", "5"], "payee_code": ["P1", "P2"]}), date(2026, 11, 15))
    for kind, code, number, reason in got.select("payee_type", "payee_code", "bankacct", "reason").rows():
        mine = sorted((a for a in register if (a["ptcp_type"], a["ptcp_code"], a["used_type"]) == (kind, code, "2") and a["begndate"] <= "2026-11-15"),
                      key=lambda a: a["begndate"])
        if not mine:
            assert (number, reason) == (None, "no_account")
        else:
            assert number == mine[-1]["bankacct"]
            assert reason == ("not_active" if mine[-1]["fin_actv_flag"] == "0" else None)
