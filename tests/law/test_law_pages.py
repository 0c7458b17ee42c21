"""docs/rules.md is what the law files say; `describe` finds everything about one rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nxmed.errors import UsageError
from nxmed.law.pages import describe, documents, force, functions_of, rules_page, uses

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == rules_page(), "python -m nxmed.law.pages > docs/rules.md"


def test_the_page_has_every_rule_number_and_function() -> None:
    page = rules_page()
    for document in documents():
        assert f"## {document.code} " in page
        for rule_id in document.articles:
            assert f"| {rule_id} |" in page
            for function in functions_of(rule_id):
                assert f"`{function.name}`" in page
        for key in document.parameters:
            assert f"| `{key}` |" in page


def test_a_rule_with_everything_about_it() -> None:
    about = describe("NXJY-16")
    assert about["article"]["label"] == "第十六条"
    assert {p["key"] for p in about["parameters"]} >= {"contribution.base_floor_ratio", "contribution.base_ceiling_ratio"}
    assert all(p["source"] and p["checked"] for p in about["parameters"])
    assert [f["name"] for f in about["functions"]][:3] == [
        "art16_base_bounds", "art16_base_rule_code", "art16_contribution_base"]
    assert len(about["cases"]) >= 15
    assert any(place.startswith("nxmed/contributions/") for place in about["used"])


def test_a_rule_left_to_policy_says_so() -> None:
    assert [k["key"] for k in describe("NXJY-21")["policy"]] == ["contribution.emp_rate", "contribution.psn_rate"]
    assert [k["key"] for k in describe("DXTC-21")["policy"]] == ["account.credit_rate"]


def test_an_unknown_rule_suggests_its_neighbours() -> None:
    with pytest.raises(UsageError) as stopped:
        describe("NXJY-116")
    assert stopped.value.exit_code == 2
    assert "NXJY-" in stopped.value.hint


def test_uses_name_a_line_that_is_there() -> None:
    root = Path(__file__).parents[2]
    for place in uses("NXJY-27"):
        name, lines = re.fullmatch(r"(nxmed/[\w/]+\.py):([0-9,]+)", place).groups()  # type: ignore[union-attr]
        text = (root / name).read_text("utf-8").splitlines()
        for line in lines.split(","):
            assert re.search(r"effect_month|change_cutoff_day|NXJY-27", text[int(line) - 1])


def test_force_as_text() -> None:
    assert force("2021-01-01", None) == "2021-01-01 起"
    assert force("2024-01-01", "2028-12-31") == "2024-01-01 至 2028-12-31"
