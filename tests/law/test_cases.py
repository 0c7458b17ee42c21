"""One runner for the cases of every article (tests/law/<document>/art*.yaml)."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from nxmed.law.cases import Case, all_cases, cases_of, rules_tested, run_case
from nxmed.law.catalog import Law
from nxmed.law.concepts import CONCEPTS

COMPUTED_HERE = [
    *(f"NXJY-{n}" for n in (13, 14, 16, 17, 20, 21, 25, 26, 27)),
    *(f"DXTC-{n}" for n in (9, 10, 11, 12, 13, 43, 44)),
    "SIL-62", "SIL-86",
    *(f"NXJZ-{n}" for n in ("12", "13", "14.1", "14.2", "14.3", "14.4", "14.5", "17", "18", "36.2")),
]
CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=[f"{c.rule_id} {c.name}" for c in CASES])
def test_case(case: Case) -> None:
    law = Law.load(case.region)
    assert run_case(case, law) == dict(case.expected), case.arithmetic


@pytest.mark.parametrize("case", CASES, ids=[f"{c.rule_id} {c.name}" for c in CASES])
def test_a_case_tests_the_article_it_stands_under(case: Case) -> None:
    # the late charge of a deferred due stands under the deferral's article
    tested = rules_tested(case, Law.load(case.region)) | ({"NXJY-25"} if "滞纳金" in case.expected else set())
    assert case.rule_id in tested


@pytest.mark.parametrize("rule_id", COMPUTED_HERE)
def test_every_article_computed_in_a_month_of_contributions_has_cases(rule_id: str) -> None:
    assert len(cases_of(rule_id)) >= 3


def test_every_rule_function_of_each_region_has_a_case() -> None:
    for region in ("ningxia", "dingxi"):
        law = Law.load(region)
        seen = {result for case in CASES if case.region == region for result in case.expected}
        assert {c for c in law.rules if CONCEPTS[c].result not in seen} <= {"undeclared_amount", "late_charge"}


def test_a_wrong_expectation_fails() -> None:
    case = cases_of("NXJY-16")[0]
    assert run_case(case, Law.load("ningxia")) != {"缴费基数": "5023.01", "规则代码": "2"}


def test_every_case_shows_its_arithmetic() -> None:
    assert all(case.arithmetic.strip() and case.name.strip() for case in CASES)
    assert len({(c.rule_id, c.name) for c in CASES}) == len(CASES)


def test_every_folder_of_cases_goes_into_the_wheel_and_no_test_code_with_it() -> None:
    here = Path(__file__).parent
    project = tomllib.loads((here.parents[1] / "pyproject.toml").read_text("utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    folders = {p.parent.name for p in here.glob("*/art*.yaml")}
    assert {k: v for k, v in shipped.items() if k.startswith("tests/")} == {
        f"tests/law/{name}": f"nxmed/_data/cases/{name}" for name in folders}
