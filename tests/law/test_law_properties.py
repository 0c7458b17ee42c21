"""规则函数的性质: monotone, bounded, and equal to the decimal module."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.errors import UsageError
from nxmed.law.catalog import Law

REGIONS = [Law.load("ningxia"), Law.load("dingxi")]
both = pytest.mark.parametrize("law", REGIONS, ids=lambda law: law.region)
wages = st.integers(0, 10**11)
averages = st.integers(100_000, 3_000_000)


def bounds(law: Law, monthly: int | None, yearly: int | None = None) -> tuple[int, int]:
    found = law.rule("base_bounds")(monthly_fen=monthly, yearly_fen=yearly, lower_fen=None, upper_fen=None,
                                    floor_ratio=600_000, ceiling_ratio=3_000_000)
    return found.floor, found.ceiling


@both
@settings(max_examples=80, deadline=None)
@given(averages, averages)
def test_bounds_rise_with_the_average_wage(law: Law, one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert bounds(law, low) <= bounds(law, high)
    assert bounds(law, low)[0] <= bounds(law, low)[1]


@both
@settings(max_examples=80, deadline=None)
@given(st.integers(1_000_000, 40_000_000))
def test_yearly_bounds_are_rounded_once(law: Law, yearly: int) -> None:
    # 0.6 / 12 = 0.05 and 3 / 12 = 0.25 are exact, so is the product
    wanted = tuple(int((Decimal(yearly) * r).quantize(Decimal(1), rounding=ROUND_HALF_UP))
                   for r in (Decimal("0.05"), Decimal("0.25")))
    assert bounds(law, None, yearly) == wanted


@both
def test_a_month_that_is_published_stands_before_the_year(law: Law) -> None:
    assert bounds(law, 837_100, 12) == (502_260, 2_511_300)
    with pytest.raises(UsageError, match="既无年额也无月额"):
        bounds(law, None, None)
    with pytest.raises(UsageError, match="下限高于上限"):
        law.rule("base_bounds")(monthly_fen=837_100, yearly_fen=None, lower_fen=3_000_000, upper_fen=None,
                                floor_ratio=600_000, ceiling_ratio=3_000_000)
    # both bounds published: the average wage itself isn't needed
    found = law.rule("base_bounds")(monthly_fen=None, yearly_fen=None, lower_fen=502_300, upper_fen=2_511_300,
                                    floor_ratio=600_000, ceiling_ratio=3_000_000)
    assert (found.floor, found.ceiling) == (502_300, 2_511_300)


@both
@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | wages, min_size=1, max_size=30), averages)
def test_the_base_lies_within_the_bounds_and_the_code_says_why(law: Law, given_: list[int | None], average: int) -> None:
    floor, ceiling = bounds(law, average)
    out = pl.DataFrame({"w": given_}, schema={"w": pl.Int64}).select(
        "w", base=law.rule("contribution_base")(pl.col("w"), floor, ceiling),
        code=law.rule("base_rule_code")(pl.col("w"), floor, ceiling))
    for wage, base, code in out.iter_rows():
        wanted = ((floor, "4") if wage is None else (floor, "2") if wage < floor else (ceiling, "3") if wage > ceiling
                  else (wage, "1"))
        assert (base, code) == wanted
    known = out.drop_nulls("w").sort("w")
    assert known["base"].is_sorted()


@both
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**11), st.integers(0, 200_000)), min_size=1, max_size=20))
def test_contributions_equal_decimal(law: Law, pairs: list[tuple[int, int]]) -> None:
    frame = pl.DataFrame(pairs, schema={"b": pl.Int64, "r": pl.Int64}, orient="row")
    out = frame.select(law.rule("contribution_amount")(pl.col("b"), pl.col("r"))).to_series().to_list()
    assert out == [int((Decimal(b) * r / 10**6).quantize(Decimal(1), rounding=ROUND_HALF_UP)) for b, r in pairs]


@both
@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**13), st.integers(-400, 8000))
def test_late_charges_equal_decimal_and_never_come_back(law: Law, amount: int, days: int) -> None:
    deadline = date(2020, 1, 31)
    frame = pl.DataFrame({"a": [amount, -amount], "d": [deadline] * 2, "p": [deadline + timedelta(days=days)] * 2},
                         schema_overrides={"a": pl.Int64})
    out = frame.select(law.rule("late_charge")(pl.col("a"), pl.col("d"), pl.col("p"), 500)).to_series().to_list()
    wanted = int((Decimal(amount) * 5 * max(days, 0) / 10_000).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert out == [wanted, -wanted]


@settings(max_examples=120, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_a_change_takes_effect_next_month_or_the_one_after(day: date) -> None:
    frame = pl.DataFrame({"d": [day]})
    month = day.year * 12 + day.month - 1
    ningxia, dingxi = (frame.select(law.rule("effect_month")(
        pl.col("d"), law.number("contribution.change_cutoff_day", on=date(2026, 12, 1)).int)).item() for law in REGIONS)
    assert ningxia == month + (1 if day.day <= 25 else 2)
    assert dingxi == month + 1


@both
@settings(max_examples=60, deadline=None)
@given(st.integers(2020, 2030), st.integers(1, 12))
def test_the_deferral_limit_is_the_same_day_a_year_on(law: Law, year: int, month: int) -> None:
    out = pl.DataFrame({"m": [f"{year:04d}{month:02d}"]}).select(law.rule("deferral_limit")(pl.col("m"), 1)).item()
    assert out == date(year + 1, month, 1)
    first = date(year, month, 1)
    leap = calendar.isleap(year if month <= 2 else year + 1)
    assert (out - first).days == (366 if leap else 365)


@both
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**13))
def test_the_undeclared_amount_equals_decimal(law: Law, last: int) -> None:
    factor = law.number("contribution.undeclared_factor", on=date(2026, 12, 1)).ppm
    out = pl.DataFrame({"a": [last]}, schema={"a": pl.Int64}).select(law.rule("undeclared_amount")(pl.col("a"), factor))
    assert out.item() == int((Decimal(last) * Decimal("1.1")).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def test_missing_values_stay_missing_and_do_not_become_zero() -> None:
    law = REGIONS[0]
    frame = pl.DataFrame({"a": [None], "d": [None], "m": [None]},
                         schema={"a": pl.Int64, "d": pl.Date, "m": pl.String})
    out = frame.select(u=law.rule("undeclared_amount")(pl.col("a"), 1_100_000),
                       e=law.rule("effect_month")(pl.col("d"), 25), l=law.rule("deferral_limit")(pl.col("m"), 1),
                       c=law.rule("contribution_amount")(pl.col("a"), 80_000))
    assert out.row(0) == (None, None, None, None)


def test_rules_work_on_a_lazy_frame_of_no_rows() -> None:
    law = REGIONS[1]
    frame = pl.LazyFrame(schema={"w": pl.Int64, "d": pl.Date, "t": pl.String})
    out = frame.select(b=law.rule("contribution_base")(pl.col("w"), 1, 2), k=law.rule("base_rule_code")(pl.col("w"), 1, 2),
                       l=law.rule("late_charge")(pl.col("w"), pl.col("d"), pl.col("d"), 500),
                       u=law.rule("supplement_unit")(pl.col("t"), 6000)).collect()
    assert out.schema == {"b": pl.Int64, "k": pl.String, "l": pl.Int64, "u": pl.Int64}
    assert out.height == 0
