"""参数: on every day one value, or an error that names key and date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.errors import MissingNumber, UsageError
from nxmed.kernel.parameter import Parameter, dated

DAY = date(2026, 1, 1)


def read(*values: Mapping[str, object]) -> Parameter:
    return dated("contribution.emp_rate", values, zh="单位费率", unit="ratio", rule="NXJY-21", where="policy.toml")


def value(since: date, text: str = "0.08", **more: object) -> dict[str, object]:
    return {"since": since, "value": text, "source": "通知〔2025〕1号", **more}


def test_a_value_holds_until_the_day_before_the_next() -> None:
    rate = read(value(date(2025, 1, 1), "0.08"), value(date(2026, 7, 1), "0.085"))
    assert rate.on(date(2025, 1, 1)).ppm == 80_000
    assert rate.on(date(2026, 6, 30)).ppm == 80_000
    assert rate.on(date(2026, 7, 1)).ppm == 85_000
    assert rate.on(date(2199, 12, 31)).ppm == 85_000
    assert rate.on(date(2026, 6, 30)).until == date(2026, 6, 30)


def test_the_order_in_the_file_does_not_matter() -> None:
    first, second = value(date(2025, 1, 1), "0.08"), value(date(2026, 7, 1), "0.085")
    assert read(first, second) == read(second, first)


def test_a_missing_day_names_key_and_date() -> None:
    rate = read(value(date(2025, 1, 1), until=date(2025, 12, 31)))
    assert rate.on(date(2025, 12, 31)).value == "0.08"
    for day in (date(2024, 12, 31), date(2026, 1, 1)):
        with pytest.raises(MissingNumber) as stopped:
            rate.on(day)
        assert stopped.value.exit_code == 4
        assert "contribution.emp_rate" in stopped.value.text
        assert day.isoformat() in stopped.value.text
        assert day.isoformat() in stopped.value.text_en


@pytest.mark.parametrize(("values", "said"), [
    ([value(DAY), value(DAY)], "重叠"),
    ([value(DAY, until=date(2026, 7, 1)), value(date(2026, 7, 1))], "重叠"),
    ([value(DAY, until=date(2026, 6, 29)), value(date(2026, 7, 1))], "空档"),
    ([value(DAY, until=date(2025, 12, 31))], "早于"),
    ([value(DAY, colour="red")], "colour"),
    ([{"since": DAY, "value": "0.08"}], "source"),
    ([value(DAY, source="  ")], "source"),
    ([{"since": DAY, "value": 0.08, "source": "x"}], "文本"),
    ([{"since": "2026-01-01", "value": "0.08", "source": "x"}], "日期"),
    ([{"since": datetime(2026, 1, 1), "value": "0.08", "source": "x"}], "日期"),  # a moment is no day
    ([{"value": "0.08", "source": "x"}], "日期"),
])
def test_what_is_refused(values: list[dict[str, object]], said: str) -> None:
    with pytest.raises(UsageError) as stopped:
        read(*values)
    assert stopped.value.exit_code == 2
    assert said in stopped.value.text
    assert "policy.toml" in stopped.value.text


def test_ends_that_meet_are_fine() -> None:
    rate = read(value(DAY, until=date(2026, 6, 30)), value(date(2026, 7, 1), "0.09"))
    assert rate.on(date(2026, 6, 30)).value == "0.08"
    assert rate.on(date(2026, 7, 1)).value == "0.09"


def test_conversions_are_exact() -> None:
    number = read(value(DAY, "0.0005")).on(DAY)
    assert number.decimal == Decimal("0.0005")
    assert number.ppm == 500
    assert read(value(DAY, "60.00")).on(DAY).fen == 6000
    assert read(value(DAY, "25")).on(DAY).int == 25
    assert read(value(DAY, "true")).on(DAY).flag
    assert not read(value(DAY, "false")).on(DAY).flag
    with pytest.raises(UsageError, match="不是数字"):
        _ = read(value(DAY, "八分")).on(DAY).decimal


def test_a_value_keeps_where_it_comes_from() -> None:
    number = read(value(DAY, checked=date(2026, 11, 20), rule="NXJY-16")).on(DAY)
    assert (number.source, number.checked, number.rule, number.key) == (
        "通知〔2025〕1号", date(2026, 11, 20), "NXJY-16", "contribution.emp_rate")
    assert read(value(DAY)).on(DAY).rule == "NXJY-21"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2000), min_size=1, max_size=8, unique=True), st.integers(0, 2500))
def test_exactly_one_value_covers_each_day_from_the_first(starts: list[int], offset: int) -> None:
    begins = sorted(DAY + timedelta(days=n) for n in starts)
    rate = read(*[value(day, f"0.0{i + 1}") for i, day in enumerate(begins)])
    day = DAY + timedelta(days=offset)
    covering = [n for n in rate.values if n.since <= day and (n.until is None or day <= n.until)]
    if day < begins[0]:
        assert covering == []
    else:
        assert [n.since for n in covering] == [max(b for b in begins if b <= day)]
        assert rate.on(day) == covering[0]
