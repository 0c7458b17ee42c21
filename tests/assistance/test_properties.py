"""Properties: order of rows and cuts of files play no role, caps hold, nothing is paid twice; the proofs fire."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.assistance.assist import AssistInputs, AssistResult, assist, equations
from nxmed.errors import IntegrityError
from nxmed.kernel.accumulate import above, running, within
from nxmed.kernel.stage import prove
from tests.assistance.random_year import make
from tests.assistance.year import Year, claim, identity, item, payouts, stay

TABLES = ("assistance_items", "assistance_years", "assistance_watch", "payout_items")


def same(one: AssistResult, two: AssistResult) -> None:
    for name in TABLES:
        a, b = one.tables[name], two.tables[name]
        assert a.sort(a.columns, nulls_last=True).equals(b.sort(b.columns, nulls_last=True)), name
    assert one.facts == two.facts
    told = [pl.concat(r.findings).drop("src_file", "src_row").sort(pl.all(), nulls_last=True) for r in (one, two)]
    assert told[0].equals(told[1])


def run_all(seed: int, shuffled: random.Random | None = None) -> Year:
    year = Year()
    for month, files in make(seed, persons=8):
        year.bring(month, **files)
        inputs = year.inputs(month)
        if shuffled is not None:
            inputs = mixed(inputs, shuffled.randrange(10**6))
        year.results[month] = assist(inputs)
    return year


def mixed(inputs: AssistInputs, seed: int) -> AssistInputs:
    """The same rows in another order, as if the files had been cut and joined otherwise."""
    names = ("settlements", "identities", "claims", "opening", "identity_history", "prior_payouts", "prior_items")
    moved: dict[str, Any] = {}
    for n, name in enumerate(names):
        frame = getattr(inputs, name).collect()
        moved[name] = (frame.sample(fraction=1, shuffle=True, seed=seed + n) if frame.height else frame).lazy()
    return replace(inputs, **moved)


@settings(max_examples=12, deadline=None)
@given(st.integers(1000, 9999))
def test_row_order_and_cuts_of_files_change_nothing(seed: int) -> None:
    plain, moved = run_all(seed), run_all(seed, random.Random(seed))
    for month in plain.results:
        same(plain.results[month], moved.results[month])


@settings(max_examples=12, deadline=None)
@given(st.integers(1000, 9999))
def test_caps_hold_and_no_more_than_the_bases_is_paid(seed: int) -> None:
    for result in run_all(seed).results.values():
        rows = result.working.filter(pl.col("scheme").is_not_null())
        by = rows.group_by("person", "benefit_year", "scheme").agg(pl.col("ordinary_amt", "tilt_amt", "base_amt").sum())
        low, high = by.filter(pl.col("scheme") == "12"), by.filter(pl.col("scheme") == "345")
        assert low.filter((pl.col("ordinary_amt") > 5_000_000) | (pl.col("tilt_amt") > 11_000_000)).height == 0
        assert high.filter((pl.col("ordinary_amt") > 16_000_000) | (pl.col("tilt_amt") != 0)).height == 0
        assert by.filter(pl.col("ordinary_amt") + pl.col("tilt_amt") > pl.col("base_amt")).height == 0
        assert rows.filter((pl.col("ordinary_amt") < 0) | (pl.col("tilt_amt") < 0)).height == 0


@settings(max_examples=8, deadline=None)
@given(st.integers(1000, 9999))
def test_a_month_without_news_pays_nothing(seed: int) -> None:
    year = run_all(seed)
    result = year.run("2026-04")
    assert payouts(result) == {}
    claimed = result.tables["assistance_items"].filter(pl.col("claim_state") == "claimed")
    assert claimed.filter((pl.col("delta_ordinary") > 0) | (pl.col("delta_tilt") > 0)).height == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 9_000_000), min_size=1, max_size=12), st.integers(0, 12), st.sampled_from(["2304", "2303", "2305", "236004", "2306"]))
def test_months_cut_anywhere_pay_the_same_in_the_end(bases: list[int], cut: int, code: str) -> None:
    stays = [stay(f"S{n:02d}", "0.00", f"2026-01-{n + 1:02d}", inscp_scp_amt=b) for n, b in enumerate(bases)]
    claims = [claim(f"K{n:02d}", s) for n, s in enumerate(stays)]
    year = Year()
    total: dict[tuple[str, str], int] = {}
    for month, part in (("2026-01", slice(None, cut)), ("2026-02", slice(cut, None))):
        got = payouts(year.run(month, stays[part], claims[part], [identity(code)]))
        for key, amount in got.items():
            total[key] = total.get(key, 0) + amount
    assert total == payouts(Year().run("2026-01", stays, claims, [identity(code)]))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1000)), max_size=30), st.integers(0, 2500))
def test_parts_add_up_to_the_clipped_total(rows: list[tuple[int, int]], limit: int) -> None:
    frame = pl.DataFrame(sorted(rows, key=lambda r: r[0]), schema={"g": pl.Int64, "v": pl.Int64}, orient="row")
    frame = frame.with_columns(first=(pl.col("g") != pl.col("g").shift(1)).fill_null(True)).with_columns(
        after=running(pl.col("v"), pl.col("first")))
    before = pl.col("after") - pl.col("v")
    parts = frame.with_columns(up=above(before, pl.col("after"), limit), inside=within(before, pl.col("after"), limit))
    for g in range(4):
        mine = [v for k, v in rows if k == g]
        got = parts.filter(g=g)
        assert (got["inside"].sum(), got["up"].sum()) == (min(sum(mine), limit), max(0, sum(mine) - limit))
        assert got["after"].to_list() == [sum(got["v"].to_list()[:n + 1]) for n in range(got.height)]


def published() -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    stays = [stay("A", "40000.00", maf_pay="10.00"), stay("B", "90000.00", "2026-03-02"), stay("C", "10.00", psn="2")]
    result = Year().run("2026-03", stays, [claim("K", stays[0])], [identity("2303")])
    return dict(result.tables), result.facts


@pytest.mark.parametrize(("table", "change", "broken"), [
    ("payout_items", {"amt": pl.col("amt") + 1}, "assist.payable"),
    ("assistance_items", {"delta_ordinary": pl.col("delta_ordinary") + 1}, "assist.delta"),
    ("assistance_items", {"ordinary_amt": pl.col("ordinary_amt") + 1}, "assist.years.ordinary_amt"),
    ("assistance_items", {"class": pl.lit("other")}, "assist.unclassed"),
    ("assistance_years", {"ordinary_left": pl.lit(-1, pl.Int64)}, "assist.caps"),
    ("assistance_years", {"tilt_left": pl.lit(-1, pl.Int64)}, "assist.caps"),
    ("assistance_years", {"ordinary_amt": pl.col("base_amt") + 1}, "assist.bases"),
    ("payout_items", {"item_id": pl.lit("x")}, "assist.repeats"),
])
def test_the_proofs_fire(table: str, change: dict[str, pl.Expr], broken: str) -> None:
    tables, facts = published()
    assert all(e.holds for e in equations(tables, facts))
    tables[table] = tables[table].with_columns(**change)
    assert broken in {e.id for e in equations(tables, facts) if not e.holds}
    with pytest.raises(IntegrityError):
        prove(equations(tables, facts))


def test_a_row_left_out_is_noticed() -> None:
    tables, facts = published()
    tables["assistance_items"] = tables["assistance_items"].head(1)
    assert "assist.items" in {e.id for e in equations(tables, facts) if not e.holds}


def test_tables_have_the_columns_of_their_schemas() -> None:
    from nxmed.io.resources import tables as schemas
    from nxmed.io.tables import gate

    made, _ = published()
    for name in TABLES:
        assert made[name].schema == schemas()[name].schema()
        gate(schemas()[name], made[name])


def test_large_amounts_stay_exact() -> None:
    """The largest amount the door lets in: 46,000,000,000.00 yuan less what a negative insurance row adds."""
    most = 4_600_000_000_000
    s = stay("S", "0.00", inscp_scp_amt=most, hifp_pay=-most)
    row = item(Year().run("2026-03", [s], identities=[identity("2304")]), "S")
    assert (row["base_amt"], row["ordinary_amt"], row["tilt_amt"]) == (2 * most, 5_000_000, 11_000_000)
    assert row["run_after"] == 2 * most - 5_000_000
