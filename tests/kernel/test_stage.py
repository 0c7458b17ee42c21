"""守恒: a broken equation stops the run and is named."""

from __future__ import annotations

import pytest

from nxmed.errors import IntegrityError
from nxmed.kernel.stage import Equation, prove


def test_equal_sides_hold() -> None:
    # 800.00 + 200.00 = 1000.00
    equation = Equation("lines", "明细合计 = 核定", {"单位": 80000, "个人": 20000}, {"核定": 100000})
    assert equation.holds
    prove([equation])


def test_a_fen_too_much_stops_the_run_and_is_named() -> None:
    good = Equation("lines", "明细合计 = 核定", {"明细": 100}, {"核定": 100})
    broken = Equation("dues", "核定 = 应缴", {"核定": 100001}, {"应缴": 100000})
    with pytest.raises(IntegrityError) as stopped:
        prove([good, broken])
    assert stopped.value.exit_code == 7
    assert "核定 = 应缴" in stopped.value.text
    assert "0.01" in stopped.value.text
    assert "明细合计" not in stopped.value.text


def test_rows_are_shown_as_counts_and_amounts_as_yuan() -> None:
    rows = Equation("r", "行", {"读入": 3}, {"接受": 2, "拒收": 1}, unit="rows")
    assert rows.as_json()["left"] == {"读入": 3}
    assert Equation("f", "元", {"a": -150}, {"b": -150}).as_json()["left"] == {"a": "-1.50"}
