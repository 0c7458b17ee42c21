"""The columnar room against the row-by-row oracle on random regions, several months in a row."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from nxmed.contributions.assess import assess, restrict
from nxmed.errors import MissingNumber
from nxmed.kernel.stage import prove

from . import bridge, generator, oracle

SEEDS = 45
MONTHS = 4


def chained(data: dict[str, Any], expected: dict[str, Any], period: tuple[int, int]) -> dict[str, Any]:
    """The next month's data: this month's output is its last month."""
    charged = set(data["charged_supplements"]) if generator.before(period, -1)[0] == period[0] else set()
    if generator.before(period, -1)[0] == period[0]:
        charged |= {p for (number, p) in expected["lines"] if number.endswith("-330")}
    return {
        **data, "first_month": False, "charged_supplements": charged,
        "previous_bills": [{"clct_bill_id": n, **b} for n, b in expected["bills"].items()],
        "previous_lines": [
            {"clct_bill_id": n, "emp_no": n[7:-4], "insutype": n[-3:], "psn_no": p, "psn_clctstd": x["base"]}
            for (n, p), x in expected["lines"].items()
        ],
    }


def months(seed: int, name: str) -> Any:
    """(period, as_of, data) month after month; the data of a month rests on the oracle's result of the one before."""
    rng = random.Random(f"{seed}-{name}")
    period = rng.choice([(2026, 11), (2026, 12), (2027, 1), (2026, 5)])
    data = generator.region(rng, name, period, MONTHS)
    for _ in range(MONTHS):
        as_of = date(*period, 1) - timedelta(days=1) + timedelta(days=rng.choice([0, 0, 0, 9, -10]))
        expected = yield period, as_of, data
        if expected is None:
            return
        data = chained(data, expected, period)
        period = generator.before(period, -1)


def compared(seed: int, name: str, seen: Counter[str]) -> None:
    steps = months(seed, name)
    step = next(steps)
    while True:
        period, as_of, data = step
        given = bridge.inputs(name, period, as_of, data)
        try:
            expected = oracle.assess(name, period, as_of, data)
        except oracle.NoWageError:
            with pytest.raises(MissingNumber):
                assess(given)
            seen["no average wage"] += 1
            return
        result = assess(given)
        prove(result.equations)
        got = bridge.plain(result)
        for table in ("bills", "lines", "dues", "held", "found"):
            assert got[table] == expected[table], (seed, name, period, table)
        seen.update(code for code, _, _ in expected["found"])
        seen.update(f"{b['insutype']} way {b['crtf_way']}" for b in expected["bills"].values())
        seen.update(f"code {x['code']}" for x in expected["lines"].values())
        seen.update(f"deferred {p}" for (_, p), d in expected["dues"].items() if d["deferred"])
        seen["provisional"] += any(b["provisional"] for b in expected["bills"].values())
        try:
            step = steps.send(expected)
        except StopIteration:
            return


@pytest.mark.parametrize("name", ["ningxia", "dingxi"])
def test_every_bill_line_due_and_finding_equals_the_oracle(name: str) -> None:
    seen: Counter[str] = Counter()
    for seed in range(SEEDS):
        compared(seed, name, seen)
    wanted = {
        "LATE_CHANGE", "DOUBLE_MEMBERSHIP", "UNIT_NOT_ACTIVE", "WAGE_MISSING", "UNIT_NOT_DECLARED", "DEFERRAL_TOO_LONG",
        "FIRST_MONTH", "310 way 1", "310 way 2", "310 way 3", "code 1", "code 2", "code 3", "code 4", "deferred emp",
        "deferred psn", "provisional", "no average wage",
    } | ({"330 way 1"} if name == "dingxi" else set())
    assert wanted <= {k for k, n in seen.items() if n >= 10 or k == "no average wage"}, seen


def first_steps(name: str, seeds: range) -> Any:
    for seed in seeds:
        period, as_of, data = next(months(seed, name))
        yield seed, bridge.inputs(name, period, as_of, data)


def same(a: Any, b: Any) -> bool:
    return a.facts == b.facts and all(a.tables[t].equals(b.tables[t]) for t in a.tables)


@pytest.mark.parametrize("name", ["ningxia", "dingxi"])
def test_the_order_of_rows_changes_nothing_and_a_second_run_says_the_same(name: str) -> None:
    for seed, given in first_steps(name, range(15)):
        try:
            once = assess(given)
        except MissingNumber:
            continue
        assert same(once, assess(given))
        turned = replace(given, **{
            field: value.collect().sample(fraction=1, shuffle=True, seed=seed).lazy()
            for field, value in vars(given).items() if isinstance(value, pl.LazyFrame)
        })
        again = assess(turned)
        assert same(once, again)
        order = ["code", "emp_no", "psn_no", "ref_no", "src_row"]
        assert once.findings.sort(order).equals(again.findings.sort(order))


@pytest.mark.parametrize("name", ["ningxia", "dingxi"])
def test_a_unit_by_itself_gives_what_it_gives_in_the_whole(name: str) -> None:
    checked = 0
    for _, given in first_steps(name, range(20)):
        try:
            whole = assess(given)
        except MissingNumber:
            continue
        for emp_no in given.units.select("emp_no").collect().to_series().to_list()[:3]:
            alone = assess(restrict(given, [emp_no]))
            mine = pl.col("emp_no") == emp_no
            for table, frame in whole.tables.items():
                assert frame.filter(mine).equals(alone.tables[table].filter(mine)), table
            order = ["code", "psn_no", "ref_no", "src_row"]
            assert whole.findings.filter(mine).sort(order).equals(alone.findings.filter(mine).sort(order))
            checked += whole.tables["assessments"].filter(mine).height
    assert checked > 30
