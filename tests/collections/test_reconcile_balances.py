"""余额、欠费、个人到账、守恒 and what does not depend on the order of rows."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from reconcile_cases import UNITS, agreeing, due, line, one_month, stmt, two_months
from reconcile_chain import Chain, codes, law
from reconcile_scenarios import text_of, world

from nxmed.collections import balances
from nxmed.collections.reconcile import ReconcileInputs, ReconcileResult, equations, reconcile
from nxmed.collections.wording import yuan_text
from nxmed.errors import IntegrityError
from nxmed.kernel.period import Period
from nxmed.kernel.stage import prove

DEC = [due("E1", "202612", "emp", "880.00"), due("E1", "202612", "psn", "220.00")]
B12 = "202612-E1-310"
PEOPLE = [
    {"clct_bill_id": B12, "emp_no": "E1", "psn_no": "1", "insutype": "310", "emp_clct_amt": 50_000, "psn_clct_amt": 12_501},
    {"clct_bill_id": B12, "emp_no": "E1", "psn_no": "2", "insutype": "310", "emp_clct_amt": 38_000, "psn_clct_amt": 9_499},
    {"clct_bill_id": "202612-E1-330", "emp_no": "E1", "psn_no": "1", "insutype": "330", "emp_clct_amt": 6_000, "psn_clct_amt": 12_000},
]


def persons(result: ReconcileResult) -> list[tuple[object, ...]]:
    return result.tables["person_credits"].select("psn_no", "accrym", "emp_clct_amt", "psn_clct_amt", "into_acct_amt").rows()


def test_arrears_by_age() -> None:
    last = date(2026, 12, 31)
    days = {0: None, 1: "1-30", 30: "1-30", 31: "31-90", 90: "31-90", 91: "91-180", 180: "91-180", 181: "180+"}
    dues = [due("E1", f"2025{i + 1:02d}", "emp", "100.00", deadline=date.fromordinal(last.toordinal() - d)) for i, d in enumerate(days)]
    result = one_month(dues=[*dues, due("E1", "202501", "psn", "0", deadline=date(2025, 1, 31))])
    rows = result.tables["arrears"].select("overdue_days", "age", "latefee_due").rows()
    # the deadline on the last day itself is not overdue; 100.00 × 0.05 % × days, e.g. 1 day 0.05, 181 days 9.05
    assert rows == [(d, age, d * 5) for d, age in days.items() if age]
    zero = result.tables["due_balances"].filter(part="psn").select("status", "overdue").row(0)
    assert zero == ("paid", False)


def test_persons_get_the_month_when_both_parts_are_paid() -> None:
    chain = Chain(law(rate="0.5"), UNITS, lines=PEOPLE)
    first = chain.month("2026-12", arrivals=[line("T1", "880.00", part="emp")], statement=[stmt("880.00", ticket="T1")], dues=DEC)
    assert persons(first) == []
    rest = line("T2", "220.00", part="psn", day=date(2027, 1, 5))
    second = chain.month("2027-01", arrivals=[rest], statement=[stmt("880.00", ticket="T1"), *agreeing(rest, month="2027-01")], dues=[])
    # account: 125.01 × 0.5 = 62.505 → 62.51; 94.99 × 0.5 = 47.495 → 47.50
    assert persons(second) == [("1", "202612", 50_000, 12_501, 6_251), ("2", "202612", 38_000, 9_499, 4_750)]
    back = line("R1", "-0.01", original="T2", day=date(2027, 2, 5))
    statement = [stmt("880.00", ticket="T1"), *agreeing(rest, back, month="2027-02")]
    third = chain.month("2027-02", arrivals=[back], statement=statement, dues=[])
    assert persons(third) == [("1", "202612", -50_000, -12_501, -6_251), ("2", "202612", -38_000, -9_499, -4_750)]
    cent = line("T3", "0.01", day=date(2027, 3, 5))
    fourth = chain.month("2027-03", arrivals=[cent], statement=[*statement, *agreeing(cent, month="2027-03")], dues=[])
    assert persons(fourth) == persons(second)


def test_a_part_of_nothing_counts_as_paid_and_no_rate_leaves_the_account_empty() -> None:
    dues = [due("E1", "202612", "emp", "10.00"), due("E1", "202612", "psn", "0")]
    result = one_month(line("T1", "10.00"), dues=dues, bill_persons=PEOPLE, by=law(rate=None))
    assert persons(result) == [("1", "202612", 50_000, 12_501, None), ("2", "202612", 38_000, 9_499, None)]


def test_reopened_and_paid_again_within_the_month_is_no_change() -> None:
    chain = two_months(lines=PEOPLE)
    chain.month("2026-12", arrivals=[line("T1", "1100.00")], statement=[stmt("1100.00", ticket="T1")], dues=DEC,)
    back, again = line("R1", "-100.00", original="T1", day=date(2027, 1, 3)), line("T2", "100.00", day=date(2027, 1, 4))
    # the payment comes before the reversal in the order of booking: it becomes a credit, and a decision lays it on the reopened due
    result = chain.month("2027-01", arrivals=[back, again], dues=[], statement=[stmt("1100.00", ticket="T1"), *agreeing(back, again, month="2027-01")],
                         decisions=[{"decision_sn": "D1", "emp_no": "E1", "insutype": "310", "action": "apply", "amt": 10_000}])
    assert persons(result) == []
    assert result.tables["due_balances"]["outstanding"].sum() == 0


def test_a_deferred_bill_credits_its_persons_when_it_is_paid() -> None:
    dues = [{**d, "deferred": True, "dedln_date": date(2027, 6, 30)} for d in DEC]
    assert persons(one_month(dues=dues, bill_persons=PEOPLE)) == []
    assert len(persons(one_month(line("T1", "1100.00"), dues=dues, bill_persons=PEOPLE))) == 2


def broken(result: ReconcileResult, table: str, column: str, by: int) -> set[str]:
    frame = result.tables[table]
    first = pl.int_range(pl.len()) == 0
    bent = frame.with_columns(pl.when(first).then(pl.col(column) + by).otherwise(pl.col(column)).alias(column))
    return {e.id for e in equations({**result.tables, table: bent}, result.facts) if not e.holds}


def test_every_equation_holds_and_fires_when_a_fen_is_missing() -> None:
    lines = [line("T1", "1150.00", latefee="1.00"), line("R1", "-20.00", original="T1", day=date(2026, 12, 20)), line("T2", "3.00", payer="PX")]
    result = one_month(*lines, dues=DEC)
    assert all(e.holds and e.zh and e.en for e in result.equations)
    assert len({e.id for e in result.equations}) == len(result.equations) == 9
    assert broken(result, "arrivals", "applied_amt", 1) >= {"arrivals.amount", "arrivals.applied", "treasury.confirmed"}
    assert broken(result, "arrivals", "credit_amt", 1) >= {"arrivals.amount", "credits.moves"}
    assert broken(result, "arrivals", "latefee_amt", 1) == {"treasury.confirmed"}
    assert broken(result, "applications", "amt", 1) >= {"arrivals.applied", "dues.roll"}
    assert broken(result, "due_balances", "outstanding", 1) == {"dues.roll"}
    assert broken(result, "due_balances", "paid", 1) == {"dues.bounds"}
    assert broken(result, "unit_credits", "added_amt", 1) >= {"credits.roll", "credits.moves"}
    assert broken(result, "credit_lots", "amt", 1) == {"credits.lots"}
    assert broken(result, "treasury_ties", "stmt_amt", 1) == {"treasury.confirmed"}
    with pytest.raises(IntegrityError):
        prove(equations({**result.tables, "arrivals": result.tables["arrivals"].head(1)}, result.facts))


def test_a_wrong_balance_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    real = balances.close
    monkeypatch.setattr(balances, "close", lambda *a: real(*a).with_columns(outstanding=pl.col("outstanding") + 1))
    with pytest.raises(IntegrityError):
        one_month(line("T1", "1.00"), dues=DEC)


def all_months(seed: int, rearrange: object) -> list[ReconcileResult]:
    w = world(seed)
    chain = Chain(law(rate="0.5"), w.units, w.persons, w.opening_dues, w.opening_credits, w.bill_persons)
    for ym in w.months:
        chain.month(text_of(ym), arrivals=w.arrivals[ym], statement=w.statement[ym], decisions=w.decisions[ym], dues=w.dues[ym],
                    rearrange=rearrange)  # type: ignore[arg-type]
    return chain.results


def halves(frame: pl.LazyFrame) -> pl.LazyFrame:
    """One file as two: the second half first."""
    whole = frame.collect()
    middle = whole.height // 2
    return pl.concat([whole[middle:].lazy(), whole[:middle].lazy()])


@pytest.mark.parametrize("seed", [101, 102, 103])
@pytest.mark.parametrize("rearrange", [lambda f: f.reverse(), halves, lambda f: f.collect().sample(fraction=1, shuffle=True, seed=7).lazy()])
def test_order_and_splitting_of_rows_change_nothing(seed: int, rearrange: object) -> None:
    for plain, other in zip(all_months(seed, lambda f: f), all_months(seed, rearrange), strict=True):
        assert plain.facts == other.facts
        for name, table in plain.tables.items():
            assert_frame_equal(table, other.tables[name])


def test_a_month_with_nothing_in_it() -> None:
    none = pl.LazyFrame()
    result = reconcile(ReconcileInputs(Period.parse("2026-12"), law(), True, *[none] * 13))
    assert {n: t.height for n, t in result.tables.items()} == dict.fromkeys(result.tables, 0)
    assert codes(result) == {}


def test_published_amounts_may_come_back_as_yuan() -> None:
    chain = two_months()
    chain.month("2026-12", arrivals=[line("T1", "1150.00")], statement=[stmt("1150.00", ticket="T1")], dues=DEC)
    fen_lots = chain.results[0].tables["credit_lots"]
    yuan = fen_lots.with_columns((pl.col("amt").cast(pl.Decimal(38, 2)) / 100).cast(pl.Decimal(16, 2)))
    chain.results[0] = ReconcileResult({**chain.results[0].tables, "credit_lots": yuan}, [], [], {})
    result = chain.month("2027-01", arrivals=[], statement=[stmt("1150.00", ticket="T1")], dues=[])
    assert result.tables["unit_credits"]["opening_amt"].to_list() == [5_000]


def test_amounts_in_words() -> None:
    texts = pl.DataFrame({"a": [0, 5, -5, 123_456, -100]}).select(text=yuan_text(pl.col("a")))["text"].to_list()
    assert texts == ["0.00", "0.05", "-0.05", "1234.56", "-1.00"]
