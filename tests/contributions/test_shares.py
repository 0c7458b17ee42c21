"""分摊: largest remainder over many units at once."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.contributions.shares import shares

from . import oracle

small = st.integers(0, 10_000_000)
groups = st.lists(st.tuples(small, st.lists(st.integers(1, 3_000_000), min_size=1, max_size=7)), min_size=1, max_size=5)
huge = st.lists(st.tuples(st.integers(0, 4_600_000_000_000), st.lists(st.integers(1, 4_600_000_000), min_size=1, max_size=5)), min_size=1, max_size=3)


def spread(data: list[tuple[int, list[int]]]) -> list[list[int]]:
    rows = [(n, w, amount) for n, (amount, weights) in enumerate(data) for w in weights]
    unit, weight, amount = (pl.Series(name, [r[i] for r in rows], pl.Int64) for i, name in enumerate(("unit", "weight", "amount")))
    flat = shares(unit, weight, amount).to_list()
    return [[flat.pop(0) for _ in weights] for _, weights in data]


def by_hand(amount: int, weights: list[int]) -> list[int]:
    """The same through the oracle, whose persons are numbered in order."""
    given = oracle.share(Decimal(amount) / 100, [(f"{i:03d}", Decimal(w) / 100) for i, w in enumerate(weights)])
    return [int(given[f"{i:03d}"] * 100) for i in range(len(weights))]


@given(groups)
@settings(max_examples=60, deadline=None)
def test_shares_equal_the_row_by_row_division(data: list[tuple[int, list[int]]]) -> None:
    assert spread(data) == [by_hand(amount, weights) for amount, weights in data]


@given(huge)
@settings(max_examples=25, deadline=None)
def test_amounts_whose_products_pass_int64_are_still_exact(data: list[tuple[int, list[int]]]) -> None:
    got = spread(data)
    assert got == [by_hand(amount, weights) for amount, weights in data]
    assert [sum(parts) for parts in got] == [amount for amount, _ in data]


@pytest.mark.parametrize(("amount", "weights", "expected"), [
    (100, [1, 1, 1], [34, 33, 33]),  # 33.33 each, one fen left: equal remainders, the first row gets it
    (101, [1, 1, 1], [34, 34, 33]),  # 33.67 each, two fen left
    (100, [1, 2, 4], [14, 29, 57]),  # 14.29, 28.57, 57.14: the fen goes to .57
    (0, [5, 7], [0, 0]),
    (1, [1, 1_000_000], [0, 1]),
])
def test_hand_cases(amount: int, weights: list[int], expected: list[int]) -> None:
    assert spread([(amount, weights)]) == [expected]


def test_no_rows_give_no_shares() -> None:
    none = pl.Series([], dtype=pl.Int64)
    assert shares(none, none, none).to_list() == []
