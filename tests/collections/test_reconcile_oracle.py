"""对账与对照算法逐行相同 (random months in a chain, every class, application, balance and credit)."""

from __future__ import annotations

import os
from collections import Counter
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from reconcile_chain import Chain, found, law
from reconcile_oracle import Books, Month, Outcome
from reconcile_scenarios import World, last_day, text_of, world

from nxmed.collections.reconcile import ReconcileResult
from nxmed.io.tables import gate, table_schema

SEEDS = int(os.environ.get("NXMED_RECONCILE_SEEDS", "40"))
LAW = law(rate="0.5")


def run(w: World) -> list[tuple[ReconcileResult, Outcome]]:
    chain = Chain(LAW, w.units, w.persons, w.opening_dues, w.opening_credits, w.bill_persons)
    books = Books(w.opening_dues, w.opening_credits)
    pairs = []
    for ym in w.months:
        result = chain.month(text_of(ym), arrivals=w.arrivals[ym], statement=w.statement[ym], decisions=w.decisions[ym], dues=w.dues[ym])
        bills = {d["clct_bill_id"] for m in w.months if m <= ym for d in w.dues[m]}
        outcome = books.month(Month(
            ym, text_of(ym), last_day(ym), w.units, w.persons, w.arrivals[ym], w.statement[ym], w.decisions[ym], w.dues[ym],
            Fraction(1, 2), [p for p in w.bill_persons if p["clct_bill_id"] in bills]))
        pairs.append((result, outcome))
    return pairs


def order(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=str)


def compare(result: ReconcileResult, outcome: Outcome) -> None:
    t = result.tables
    columns = ["class", "match_step", "applied_amt", "credit_amt", "insutype", "part", "paid_amt", "latefee_amt", "emp_no"]
    got = {(r["elec_taxrpt_no"], r["line_no"], r["arrived_period"]): {c: r[c] for c in columns} for r in t["arrivals"].to_dicts()}
    assert got == outcome.arrivals
    applied = t["applications"].select("elec_taxrpt_no", "line_no", "clct_bill_id", "part", "amt", "latefee_due", "source",
                                       "decision_sn", "org_taxrpt_no", "org_line_no").rows()
    assert order(applied) == order(outcome.applications)
    assert {(r[0], r[1]): r[2:] for r in t["due_balances"].select("clct_bill_id", "part", "amt", "paid", "outstanding", "status", "overdue").rows()} == outcome.balances
    credits = {(r[0], r[1]): r[2] for r in t["unit_credits"].select("emp_no", "insutype", "credit_amt").rows()}
    assert {k: v for k, v in credits.items() if v} == {k: v for k, v in outcome.credits.items() if v}
    assert order(t["credit_refunds"].select("decision_sn", "elec_taxrpt_no", "line_no", "amt").rows()) == order(outcome.refunds)
    persons = t["person_credits"].select("clct_bill_id", "psn_no", "emp_clct_amt", "psn_clct_amt", "into_acct_amt").rows()
    assert order(persons) == order(outcome.persons)
    assert order(_keys(found(result))) == order(outcome.findings)
    states = {_group(r): r["state"] for r in t["treasury_ties"].to_dicts()}
    assert states.items() <= outcome.groups.items()
    assert {k for k, s in outcome.groups.items() if s != "equal"} <= states.keys()


def _group(row: dict[str, Any]) -> tuple[Any, ...]:
    if row["tie_kind"] == "ticket":
        return ("ticket", row["elec_taxrpt_no"], row["insutype"])
    return ("day", row["treasury_code"], row["stmt_date"], row["insutype"])


def _keys(findings: pl.DataFrame) -> list[tuple[Any, ...]]:
    out: list[tuple[Any, ...]] = []
    for r in findings.to_dicts():
        code = r["code"]
        if code == "FIRST_MONTH":
            continue
        if code.startswith("TREASURY"):
            out.append((code, *_group({**r, "tie_kind": "ticket" if r["elec_taxrpt_no"] else "day"})[1:]))
        elif code.startswith("CREDIT"):
            out.append((code, r["ref_no"]))
        elif code == "LATEFEE_DIFF":
            out.append((code, r["taxpayer_no"], r["diff_amt"]))
        else:
            out.append((code, r["elec_taxrpt_no"], r["line_no"]))
    return out


@pytest.mark.parametrize("seed", range(SEEDS))
def test_three_months_equal_the_oracle(seed: int) -> None:
    for result, outcome in run(world(seed)):
        compare(result, outcome)


def test_the_scenarios_reach_every_class_and_finding() -> None:
    classes: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    steps: Counter[str | None] = Counter()
    for seed in range(12):
        for result, _ in run(world(seed)):
            classes.update(result.tables["arrivals"]["class"].to_list())
            steps.update(result.tables["arrivals"]["match_step"].to_list())
            codes.update(found(result)["code"].to_list())
    assert set(classes) == {"applied", "partly_applied", "credit", "reversal", "late_charge", "other_scheme", "flexible",
                            "unidentified", "duplicate", "treasury_pending"}
    assert set(steps) == {"a", "b", "c", "d", None}
    assert set(codes) == {"DUPLICATE_ARRIVAL", "UNKNOWN_LEVY_ITEM", "TREASURY_DIFF", "TREASURY_MISSING", "TREASURY_ONLY",
                          "REVERSAL_WAITS", "PAYER_MISMATCH", "UNKNOWN_PAYER", "OVERPAID", "REVERSAL_UNMATCHED",
                          "CREDIT_EXCEEDED", "CREDIT_NOT_USED", "LATEFEE_DIFF", "FIRST_MONTH"}


def test_every_table_passes_the_gate_of_its_schema() -> None:
    for seed in range(6):
        for result, _ in run(world(seed)):
            for name, table in result.tables.items():
                assert gate(table_schema(name), table).height == table.height, name
