"""金额: every rounding against the decimal module, on ties and negatives above all."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.kernel.money import (
    AMOUNT,
    MAX_FEN,
    clamp,
    div_half_up,
    fen_of,
    half_up,
    half_up_scalar,
    half_up_wide,
    ppm_of,
    split_by_largest_remainder,
    to_amount,
    to_fen,
    yuan,
    yuan_grouped,
)

WHOLE = Decimal(1)
fens = st.integers(-MAX_FEN, MAX_FEN)
rates = st.integers(0, 1_000_000)


def decimal_half_up(numerator: int, denominator: int) -> int:
    """What paper arithmetic gives: half away from zero (ROUND_HALF_UP of the decimal module), fifty digits."""
    from decimal import localcontext

    with localcontext() as context:
        context.prec = 60
        return int((Decimal(numerator) / Decimal(denominator)).quantize(WHOLE, rounding=ROUND_HALF_UP))


def column(values: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"a": values}, schema={"a": pl.Int64})


@pytest.mark.parametrize(("fen", "ppm", "expected"), [
    (837113, 80_000, 66969),    # 8371.13 × 0.08 = 669.6904 → 669.69
    (837113, 20_000, 16742),    # 8371.13 × 0.02 = 167.4226 → 167.42
    (502325, 20_000, 10047),    # 5023.25 × 0.02 = 100.465 → 100.47, a tie goes up
    (-502325, 20_000, -10047),  # the same tie below zero goes away from zero
    (1, 500_000, 1),            # 0.01 × 0.5 = 0.005 → 0.01
    (-1, 500_000, -1),
    (1, 499_999, 0),
    (3, 500_000, 2),            # 0.015 → 0.02 (half-even would give 0.02 as well)
    (5, 500_000, 3),            # 0.025 → 0.03 (half-even would give 0.02)
    (0, 80_000, 0),
    (100, 1_000_000, 100),
    (100, 0, 0),
    (MAX_FEN, 1_000_000, MAX_FEN),  # the bound at which Int64 still holds 2 × fen × ppm
    (-MAX_FEN, 1_000_000, -MAX_FEN),
])
def test_half_up_by_hand(fen: int, ppm: int, expected: int) -> None:
    out = column([fen]).select(n=half_up(pl.col("a"), ppm), w=half_up_wide(pl.col("a"), ppm))
    assert out.row(0) == (expected, expected)
    assert out.schema == {"n": pl.Int64, "w": pl.Int64}


def test_the_bound_is_as_large_as_int64_allows() -> None:
    # 2 × 4.6e12 × 1e6 + 1e6 = 9.200000000001e18 < 9.223372036854775807e18
    assert 2 * MAX_FEN * 1_000_000 + 1_000_000 < 2**63


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(fens, rates), min_size=1, max_size=40))
def test_half_up_is_what_decimal_says(pairs: list[tuple[int, int]]) -> None:
    frame = pl.DataFrame(pairs, schema={"a": pl.Int64, "r": pl.Int64}, orient="row")
    out = frame.select(n=half_up(pl.col("a"), pl.col("r")), w=half_up_wide(pl.col("a"), pl.col("r")))
    wanted = [decimal_half_up(a * r, 1_000_000) for a, r in pairs]
    assert out["n"].to_list() == wanted
    assert out["w"].to_list() == wanted


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-10**9, 10**9), st.sampled_from([500_000, 250_000, 125_000, 62_500, 31_250])),
                min_size=1, max_size=40))
def test_ties_go_away_from_zero(pairs: list[tuple[int, int]]) -> None:
    # odd multiples of a half: (2k+1) × 10^6/2 / ppm fen times ppm is an exact tie
    ties = [((2 * k + 1) * (500_000 // ppm if 500_000 % ppm == 0 else 1), ppm) for k, ppm in pairs]
    frame = pl.DataFrame(ties, schema={"a": pl.Int64, "r": pl.Int64}, orient="row")
    out = frame.select(half_up(pl.col("a"), pl.col("r"))).to_series().to_list()
    assert out == [decimal_half_up(a * r, 1_000_000) for a, r in ties]
    assert all(abs(o) * 2 == abs(a * r) * 2 // 1_000_000 + 1 for o, (a, r) in zip(out, ties, strict=True))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-9 * 10**18, 9 * 10**18), st.integers(0, 1_000_000)), min_size=1, max_size=20))
def test_the_wide_one_does_not_wrap(pairs: list[tuple[int, int]]) -> None:
    frame = pl.DataFrame(pairs, schema={"a": pl.Int64, "r": pl.Int64}, orient="row")
    out = frame.select(half_up_wide(pl.col("a"), pl.col("r"))).to_series().to_list()
    assert out == [decimal_half_up(a * r, 1_000_000) for a, r in pairs]


def test_the_narrow_one_would_wrap_beyond_its_bound() -> None:
    # shows why the door bounds amounts: 10^13 fen × 10^6 × 2 > 2^63
    out = column([10**13]).select(n=half_up(pl.col("a"), 1_000_000), w=half_up_wide(pl.col("a"), 1_000_000))
    assert out["w"].item() == 10**13
    assert out["n"].item() != 10**13


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-10**15, 10**15), st.integers(1, 10**6)), min_size=1, max_size=40))
def test_division_is_what_decimal_says(pairs: list[tuple[int, int]]) -> None:
    frame = pl.DataFrame(pairs, schema={"a": pl.Int64, "d": pl.Int64}, orient="row")
    out = frame.select(div_half_up(pl.col("a"), pl.col("d"))).to_series().to_list()
    assert out == [decimal_half_up(a, d) for a, d in pairs]
    assert [half_up_scalar(a, d) for a, d in pairs] == out


@pytest.mark.parametrize(("numerator", "denominator", "expected"), [
    (9705402, 12, 808784),   # 97054.02 / 12 = 8087.835 → 8087.84
    (-9705402, 12, -808784),
    (1, 2, 1), (-1, 2, -1), (1, 3, 0), (2, 3, 1), (0, 7, 0),
])
def test_division_by_hand(numerator: int, denominator: int, expected: int) -> None:
    assert half_up_scalar(numerator, denominator) == expected
    assert column([numerator]).select(div_half_up(pl.col("a"), denominator)).item() == expected


def test_clamp_includes_both_bounds() -> None:
    out = column([499, 500, 501, 999, 1000, 1001]).select(clamp(pl.col("a"), 500, 1000)).to_series().to_list()
    assert out == [500, 500, 501, 999, 1000, 1000]


def test_clamp_refuses_bounds_the_wrong_way_round() -> None:
    with pytest.raises(ValueError, match="floor above ceiling"):
        clamp(pl.col("a"), 1001, 1000)


def split(amount: int, weights: list[tuple[str, int]]) -> dict[str, int]:
    frame = pl.DataFrame({"u": ["U"] * len(weights), "p": [p for p, _ in weights], "w": [w for _, w in weights],
                          "amt": [amount] * len(weights)}, schema_overrides={"w": pl.Int64, "amt": pl.Int64})
    out = split_by_largest_remainder(frame, amount="amt", weight="w", group=["u"], tie="p", into="share")
    assert out.columns == ["u", "p", "w", "amt", "share"]
    return dict(zip(out["p"].to_list(), out["share"].to_list(), strict=True))


def test_split_by_hand() -> None:
    # 1.00 over three equal weights: 0.33 each, one fen left, all remainders equal → the first psn_no
    assert split(100, [("P3", 1), ("P1", 1), ("P2", 1)]) == {"P1": 34, "P2": 33, "P3": 33}
    # 1.00 by 1:2:4 → 14.28…, 28.57…, 57.14… fen: 14 + 28 + 57 = 99, the fen left to .57 (P2)
    assert split(100, [("P1", 1), ("P2", 2), ("P3", 4)]) == {"P1": 14, "P2": 29, "P3": 57}
    assert split(0, [("P1", 1), ("P2", 2)]) == {"P1": 0, "P2": 0}
    assert split(7, [("P1", 0), ("P2", 5)]) == {"P1": 0, "P2": 7}


def largest_remainder(amount: int, weights: list[tuple[str, int]]) -> dict[str, int]:
    """The same in plain Python."""
    total = sum(w for _, w in weights)
    shares = {p: amount * w // total for p, w in weights}
    order = sorted(weights, key=lambda x: (-(amount * x[1] % total), x[0]))
    for p, _ in order[: amount - sum(shares.values())]:
        shares[p] += 1
    return shares


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**12), st.lists(st.integers(0, 3_000_000), min_size=1, max_size=30).filter(any))
def test_split_sums_exactly_and_agrees_with_plain_python(amount: int, weights: list[int]) -> None:
    named = [(f"P{i:03d}", w) for i, w in enumerate(weights)]
    shares = split(amount, named)
    assert sum(shares.values()) == amount
    assert shares == largest_remainder(amount, named)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-10**15, 10**15), min_size=1, max_size=30))
def test_fen_and_yuan_are_the_same_number(fen: list[int]) -> None:
    amounts = column(fen).select(to_amount("a"))
    assert amounts.schema["a"] == AMOUNT
    assert amounts["a"].to_list() == [Decimal(f).scaleb(-2) for f in fen]
    assert amounts.select(to_fen("a"))["a"].to_list() == fen


def test_scalars_are_exact_or_refuse() -> None:
    assert fen_of("13580.24") == 1358024
    assert fen_of(Decimal("-0.01")) == -1
    assert fen_of(60) == 6000
    assert ppm_of("0.0005") == 500
    assert ppm_of("3.00") == 3_000_000
    with pytest.raises(ValueError, match="two decimals"):
        fen_of("0.005")
    with pytest.raises(ValueError, match="six decimals"):
        ppm_of("0.0000005")


@pytest.mark.parametrize(("fen", "plain", "grouped"), [
    (123456789, "1234567.89", "1,234,567.89"), (5, "0.05", "0.05"), (-5, "-0.05", "-0.05"), (0, "0.00", "0.00"),
    (-123400, "-1234.00", "-1,234.00"),
])
def test_yuan_as_text(fen: int, plain: str, grouped: str) -> None:
    assert yuan(fen) == plain
    assert yuan_grouped(fen) == grouped


def test_a_null_stays_a_null() -> None:
    frame = pl.DataFrame({"a": [None, 100]}, schema={"a": pl.Int64})
    out = frame.select(n=half_up(pl.col("a"), 500_000), w=half_up_wide(pl.col("a"), 500_000))
    assert out.rows() == [(None, None), (50, 50)]
