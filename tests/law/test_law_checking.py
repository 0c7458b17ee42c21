"""核对法规数据: every day exactly one value; a planted gap, overlap or missing number is found."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.law.catalog import NATIONAL, Law
from nxmed.law.checking import (
    FIRST_DAY,
    LAST_DAY,
    Span,
    check_law,
    document_problems,
    gaps,
    region_problems,
    rule_problems,
    wanted_numbers,
)
from nxmed.law.document import parse_document

EVERY_DAY = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]


def values_on(law: Law, key: str, day: date) -> int:
    """How many of the region's own documents give a value; where none does, how many national ones."""
    own = sum(d.number_on(key, day) is not None for d in law.documents if d.region != NATIONAL)
    return own or sum(d.number_on(key, day) is not None for d in law.documents if d.region == NATIONAL)


@pytest.mark.parametrize("region", ["ningxia", "dingxi"])
def test_every_day_has_exactly_one_value_while_the_document_is_in_force(region: str) -> None:
    law = Law.load(region)
    for document in law.documents:
        for key in document.parameters:
            days = [day for day in EVERY_DAY if document.in_force(day)]
            assert days
            assert {values_on(law, key, day) for day in days} == {1}


def test_the_files_as_they_are_have_no_problem() -> None:
    found = check_law()
    assert found.problems == ()
    assert (found.documents, found.articles) == (6, 277)
    required = {(w.region, w.key) for w in found.wanted if w.required}
    assert required == {("ningxia", "contribution.emp_rate"), ("ningxia", "contribution.psn_rate")}
    assert all(w.never for w in found.wanted)


def changed(good: dict[str, Any], **parameter: Any) -> Any:
    data = copy.deepcopy(good)
    data["parameters"]["a.rate"].update(parameter)
    return parse_document(data, Path("test.toml"))


def test_a_number_that_begins_late_or_ends_early_is_a_gap(good_law: dict[str, Any]) -> None:
    late = changed(good_law, values=[{"since": date(2024, 1, 2), "until": date(2028, 12, 31), "value": "0.06", "source": "x"}])
    early = changed(good_law, values=[{"since": date(2024, 1, 1), "until": date(2028, 12, 30), "value": "0.06", "source": "x"}])
    assert "2024-01-01 至 2024-01-01" in document_problems(late)[0].zh
    assert "2028-12-31 至 2028-12-31" in document_problems(early)[0].zh
    assert document_problems(changed(good_law)) == []


def test_two_documents_with_one_number_on_one_day_are_found(good_law: dict[str, Any]) -> None:
    first = parse_document(good_law, Path("a.toml"))
    # 0.06 ends on 2025-12-31 in both: 2024-01-01 to 2025-12-31 and 2026-01-01 to 2028-12-31 are given twice
    assert len(region_problems("ningxia", (first, replace(first, code="OTHER")))) == 2
    assert region_problems("ningxia", (first,)) == []


def test_a_rule_that_cites_no_article_is_found() -> None:
    assert rule_problems("dingxi", set())
    assert any("DXTC-44" in p.zh for p in rule_problems("dingxi", {"DXTC-11"}))


def test_a_bad_policy_is_a_problem_and_not_a_stop() -> None:
    found = check_law({"contribution": {"emp_rat": {"values": []}}}, "ningxia")
    assert len(found.problems) == 1
    assert "contribution.emp_rat" in found.problems[0].zh
    assert found.problems[0].hint_zh


def test_the_days_that_policy_leaves_open_are_listed() -> None:
    value = {"since": date(2024, 1, 1), "until": date(2026, 6, 30), "value": "0.08", "source": "x"}
    found = check_law({"contribution": {"emp_rate": {"values": [value]}}}, "ningxia")
    by_key = {w.key: w for w in found.wanted}
    rate = by_key["contribution.emp_rate"]
    assert rate.missing == (Span(date(2021, 1, 1), date(2023, 12, 31)), Span(date(2026, 7, 1), date(2028, 12, 31)))
    assert not rate.never
    assert by_key["contribution.psn_rate"].never
    assert {w.region for w in found.wanted} == {"ningxia"}


def test_dingxi_needs_nothing() -> None:
    assert not any(w.required for w in wanted_numbers("dingxi", {}))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-30, 60), st.integers(0, 20)), max_size=5))
def test_gaps_are_the_days_that_no_value_covers(good_law: dict[str, Any], pieces: list[tuple[int, int]]) -> None:
    window = Span(date(2026, 1, 1), date(2026, 2, 10))
    numbers, last = [], -31
    sample = parse_document(good_law, Path("a.toml")).parameters["a.rate"].values[0]
    for start, length in sorted(pieces):
        begin = max(start, last + 1)
        last = begin + length
        numbers.append(replace(sample, since=window.since + timedelta(days=begin),
                               until=window.since + timedelta(days=last)))
    covered = {day for n in numbers for day in EVERY_DAY if n.since <= day <= (n.until or LAST_DAY)}
    wanted = {day for day in EVERY_DAY if window.since <= day <= window.until} - covered
    found = gaps(tuple(numbers), window)
    assert {day for span in found for day in EVERY_DAY if span.since <= day <= span.until} == wanted
    assert all((b.since - a.until).days > 1 for a, b in pairwise(found))
