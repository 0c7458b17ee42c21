"""工作日: the 2026 calendar of the State Council's notice, and what holidays do to deadlines."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nxmed.errors import MissingInput
from nxmed.kernel.working_days import WorkingDays
from nxmed.samples.scene_calendar import ADJUSTED, HOLIDAYS, calendar_rows


def year(region: str = "dingxi") -> WorkingDays:
    days: dict[date, bool] = {}
    for row in calendar_rows(region):
        days[date.fromisoformat(row[0])] = row[2] == "1"
    return WorkingDays(days)


def test_the_year_of_the_notice() -> None:
    days = year()
    # 2026 has 261 days from Monday to Friday. Off among them: 1-1, 1-2 (2); 2-16 to 2-20, 2-23 (6); 4-6 (1); 5-1, 5-4, 5-5 (3);
    # 6-19 (1); 9-25 (1); 10-1, 10-2, 10-5, 10-6, 10-7 (5): 19. Worked although Saturday or Sunday: 6. 261 - 19 + 6 = 248
    assert sum(days.days.values()) == 248
    assert len(days.days) == 365
    assert all(days.is_workday(d) for d in ADJUSTED)
    assert not any(days.is_workday(first) or days.is_workday(last) for _, first, last in HOLIDAYS)


def test_the_sample_agrees_with_a_calendar_kept_by_others() -> None:
    import chinese_calendar as kept

    days = year()
    assert [d for d in days.days if days.is_workday(d) != kept.is_workday(d)] == []


def test_a_holiday_moves_a_deadline_before_itself() -> None:
    days = year()
    assert days.on_or_before(date(2026, 10, 5)) == date(2026, 9, 30)  # 10-1 to 10-7 off: the last working day before
    assert days.on_or_before(date(2026, 11, 5)) == date(2026, 11, 5)  # a Thursday
    assert days.on_or_before(date(2026, 12, 5)) == date(2026, 12, 4)  # a Saturday
    assert days.on_or_after(date(2026, 10, 1)) == date(2026, 10, 8)


def test_thirty_working_days() -> None:
    days = year()
    # from Monday 9-28: 29, 30 (2), 10-8, 9, 10 (5), 10-12 to 16 (10), 19 to 23 (15), 26 to 30 (20), 11-2 to 6 (25), 9 to 13 (30)
    assert days.add(date(2026, 9, 28), 30) == date(2026, 11, 13)
    assert days.between(date(2026, 9, 28), date(2026, 11, 13)) == 30
    assert days.between(date(2026, 11, 13), date(2026, 9, 28)) == -30
    assert days.add(date(2026, 9, 28), 0) == date(2026, 9, 28)
    assert days.add(date(2026, 10, 8), -1) == date(2026, 9, 30)


def test_own_festivals_count_in_the_own_area_only() -> None:
    assert not year("ningxia").is_workday(date(2026, 5, 27))
    assert year("dingxi").is_workday(date(2026, 5, 27))


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2027, 1, 1)])
def test_a_day_outside_is_an_error_never_a_guess(day: date) -> None:
    with pytest.raises(MissingInput) as bad:
        year().is_workday(day)
    assert day.isoformat() in bad.value.text


def test_horizon_ends_before_the_first_hole() -> None:
    whole = year()
    assert whole.horizon == date(2026, 12, 31)
    holed = WorkingDays({d: v for d, v in whole.days.items() if d != date(2026, 3, 3)})
    assert holed.horizon == date(2026, 3, 2)
    assert WorkingDays({}).horizon is None


@given(st.integers(10, 200), st.integers(1, 60))
def test_counting_forward_and_back_meet(start: int, count: int) -> None:
    days = year()
    begin = date(2026, 1, 1) + timedelta(days=start)
    end = days.add(begin, count)
    assert days.is_workday(end)
    assert days.between(begin, end) == count
    assert days.add(end, -count) == days.on_or_before(begin)
