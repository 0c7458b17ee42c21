"""说明页与契约一致 (generated pages are up to date; every table and column says what it means)."""

from __future__ import annotations

from pathlib import Path

import pytest

from nxmed.io.pages import formats_page, tables_page
from nxmed.io.resources import contracts, tables

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("name", "page"), [("formats.md", formats_page), ("tables.md", tables_page)])
def test_the_page_is_what_the_schemas_say(name: str, page: object) -> None:
    assert callable(page)
    assert (DOCS / name).read_text(encoding="utf-8") == page(), f"python -m nxmed.io.pages docs writes {name} anew"


def test_every_contract_of_the_specification_is_there() -> None:
    assert set(contracts()) == {
        "units", "persons", "wage_declarations", "personnel_changes", "average_wages", "deferrals", "tax_arrivals",
        "treasury_statement", "opening_bills", "opening_dues", "opening_credits", "opening_supplements", "opening_assistance",
        "credit_decisions", "providers", "settlements", "provider_totals", "provider_details", "deductions",
        "assistance_identities", "chronic_registrations", "assistance_claims", "bank_accounts", "bank_returns", "calendar", "service_cases"}


def test_every_published_column_has_a_chinese_name_and_a_meaning() -> None:
    silent = [f"{t.id}.{c.id}" for t in tables().values() for c in t.columns if not c.zh or not (c.comment or c.codes)]
    assert silent == []
