"""条款编号: ids and how the text counts."""

from __future__ import annotations

import re

import pytest

from nxmed.kernel.article import chinese_number, label, split


@pytest.mark.parametrize(("rule_id", "expected"), [
    ("NXJY-1", "第一条"), ("NXJY-10", "第十条"), ("NXJY-16", "第十六条"), ("NXJY-20", "第二十条"),
    ("NXJY-73", "第七十三条"), ("NXJZ-14.1", "第十四条（一）"), ("NXQD-13", "第 13 项"), ("SIL-86", "第八十六条"),
])
def test_label(rule_id: str, expected: str) -> None:
    assert label(rule_id) == expected


@pytest.mark.parametrize("bad", ["NXJY", "NXJY-0", "nxjy-16", "NXJY-16.10", "NXJY-１６", "16", "NXJY-16 "])
def test_no_rule_id(bad: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(bad) + r"\Z"):
        split(bad)


def test_ids_sort_as_in_the_text() -> None:
    assert sorted(["NXJZ-14.2", "NXJZ-2", "NXJZ-14", "NXJZ-14.1"], key=split) == [
        "NXJZ-2", "NXJZ-14", "NXJZ-14.1", "NXJZ-14.2"]


def test_numbers_beyond_two_digits_are_refused() -> None:
    assert chinese_number(99) == "九十九"
    for bad in (0, 100):
        with pytest.raises(ValueError, match=str(bad)):
            chinese_number(bad)
