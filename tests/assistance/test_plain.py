"""The room against the page in plain Python: thousands of person-years, row by row, month after month."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from nxmed.assistance.assist import AssistResult
from tests.assistance import plain
from tests.assistance.random_year import make
from tests.assistance.year import TEN, Year, codes

NUMBERS = ("base_amt", "run_before", "run_after", "ordinary_amt", "tilt_amt", "paid_ordinary", "paid_tilt", "delta_ordinary",
           "delta_tilt")


def yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen) / 100


def as_plain(result: AssistResult) -> dict[str, tuple[Any, ...]]:
    rows = {}
    for r in result.working.iter_rows(named=True):
        key = r["source_key"]
        assert key not in rows
        rows[key] = (r["class"], int(r["tier"]) if r["tier"] else None, *(yuan(r[c]) for c in NUMBERS), r["claim_state"], r["clm_sn"])
    return rows


def compare(seed: int, ten: bool = False) -> int:
    year = Year(policy=TEN if ten else {})
    paid: list[tuple[str, str, Decimal]] = []
    first: dict[Any, str] = {}
    rows = 0
    for month, files in make(seed):
        result = year.run(month, **files)
        for i in files["identities"]:
            first.setdefault((i["certno"], i["mat_idet_code"], i["begntime"]), month)
        expected = plain.assist(month, year.settlements, year.claims, list(year.identities.values()), year.opening, paid, first,
                                any(m[:4] < month[:4] for m in year.results), ten)
        assert as_plain(result) == expected.items, f"seed {seed}, {month}"
        found = {(k, f): (yuan(a), p, c) for k, f, a, p, c in result.tables["payout_items"].select(
            "source_key", "fund_pay_type", "amt", "insu_admdvs", "payee_code").iter_rows()}
        assert found == expected.payouts, f"seed {seed}, {month}"
        assert yuan(result.facts["claimable_fen"]) == expected.claimable
        watched = {c: yuan(a) for c, a in result.tables["assistance_watch"].select("certno", "base_amt").iter_rows()}
        assert watched == expected.watch
        told = codes(result)
        assert {k: told.get(k, 0) for k in ("OVERPAID_ASSISTANCE", "NO_STANDARD", "SCHEME_CHANGED")} == {
            k: expected.findings.get(k, 0) for k in ("OVERPAID_ASSISTANCE", "NO_STANDARD", "SCHEME_CHANGED")}
        paid += [(k, f, a) for (k, f), (a, _, _) in expected.payouts.items()]
        rows += len(expected.items)
    return rows


@pytest.mark.parametrize("seed", range(60))
def test_the_room_agrees_with_the_page(seed: int) -> None:
    assert compare(seed, ten=seed % 5 == 0) > 50


def test_every_class_and_tier_comes_up() -> None:
    """What the random years above are made of (a generator that misses a branch proves nothing)."""
    seen: dict[str, int] = {}
    capped = 0
    for seed in range(12):
        year = Year()
        for month, files in make(seed):
            result = year.run(month, **files)
            for kind, tier in result.tables["assistance_items"].select("class", "tier").iter_rows():
                seen[f"{kind} {tier or ''}"] = seen.get(f"{kind} {tier or ''}", 0) + 1
            left = result.tables["assistance_years"]
            capped += left.filter((pl.col("ordinary_left") == 0) | (pl.col("tilt_left") == 0)).height
    assert {f"due {t}" for t in "12345"} | {"no_identity ", "no_standard ", "nothing_due 3", "nothing_due 5", "not_referred 1",
                                             "not_referred 4"} <= set(seen)
    assert any(k.startswith("refunded") for k in seen)
    assert capped > 20


def test_a_fen_more_is_noticed() -> None:
    month, files = make(3)[0]
    year = Year()
    result = year.run(month, **files)
    rows = as_plain(result)
    moved = {k: (v[0], v[1], v[2], v[3], v[4], v[5] + Decimal("0.01"), *v[6:]) for k, v in rows.items()}
    expected = plain.assist(month, year.settlements, year.claims, list(year.identities.values()), year.opening, [], {}, False)
    assert rows == expected.items
    assert moved != expected.items
