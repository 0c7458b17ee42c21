"""月份: reading, order, arithmetic over year ends."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nxmed.kernel.period import Period

periods = st.builds(Period, st.integers(1901, 2200), st.integers(1, 12))


def test_both_ways_of_writing_a_month() -> None:
    period = Period.parse("2026-12")
    assert (period.text, period.ym, str(period)) == ("2026-12", "202612", "2026-12")
    assert Period.from_ym("202612") == period
    assert Period.of(date(2026, 12, 31)) == period


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "202612", "26-12", "2026-12-01", "", "２０２６-12",
                                  " 2026-12", "2026-12\n", "1899-12"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(text) + r"\Z"):
        Period.parse(text)


def test_days_of_a_month() -> None:
    assert Period(2028, 2).first_day == date(2028, 2, 1)
    assert Period(2028, 2).last_day == date(2028, 2, 29)
    assert Period(2026, 2).last_day == date(2026, 2, 28)
    assert Period(2026, 12).last_day == date(2026, 12, 31)


def test_over_the_year_end() -> None:
    assert Period(2026, 12) + 1 == Period(2027, 1)
    assert Period(2027, 1) - 1 == Period(2026, 12)
    assert Period(2026, 12) - 24 == Period(2024, 12)
    assert Period(2026, 12) + 0 == Period(2026, 12)
    assert Period(2026, 12).index == 2026 * 12 + 11


@given(periods, st.integers(-600, 600))
def test_adding_and_taking_away_cancel(period: Period, months: int) -> None:
    assert period + months - months == period
    assert (period + months).index - period.index == months


@given(periods, periods)
def test_order_is_the_order_of_time(one: Period, other: Period) -> None:
    assert (one < other) == (one.first_day < other.first_day) == (one.ym < other.ym) == (one.text < other.text)


@given(periods)
def test_months_join_without_gap(period: Period) -> None:
    assert ((period + 1).first_day - period.last_day).days == 1
    assert Period.parse(period.text) == Period.from_ym(period.ym) == period
