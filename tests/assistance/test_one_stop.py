"""One-stop assistance on both sides: what assist finds owed, what settle clears with the provider out of fund 610100."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from nxmed.assistance.assist import AssistResult
from nxmed.io.runs import newest, read_table
from nxmed.io.workspace import Workspace, init
from nxmed.kernel import finding
from nxmed.kernel.period import Period
from nxmed.pipelines.assist import run_assist
from nxmed.pipelines.settle import run_settle
from nxmed.samples.assistance_files import assistance_files
from tests.assistance.year import Row, Year, identity, refund, stay

CODE = "ONE_STOP_DIFF"
NOVEMBER, DECEMBER = Period(2026, 11), Period(2026, 12)


def ties(result: AssistResult) -> dict[str, tuple[str, int, int, int]]:
    rows = result.tables["assistance_ties"].select("setl_id", "class", "maf_pay", "owed_amt", "diff_amt").rows()
    return {r[0]: r[1:] for r in rows}


def told(result: AssistResult) -> list[tuple[str, str, str, int]]:
    found = pl.concat([finding.empty(), *result.findings])
    return found.filter(pl.col("code") == CODE).select("setl_id", "expected", "actual", "diff_amt").sort("setl_id").rows()


def paid(setl_id: str, base: str, maf: str, **over: str) -> Row:
    return stay(setl_id, base, "2026-11-02", maf_pay=maf, **over)


def test_paid_less_paid_more_and_paid_right() -> None:
    """80 % of 1000 is 800: 800, 500 and 900 were paid. 80 % of 2000 is 1600 and stands with its own person."""
    year = Year()
    result = year.run("2026-11", [
        paid("A", "1000.00", "800.00", psn="1"), paid("B", "1000.00", "500.00", psn="2"), paid("C", "1000.00", "900.00", psn="3"),
    ], identities=[identity("2303", p) for p in "123"])
    assert ties(result) == {
        "A": ("due", 80_000, 80_000, 0), "B": ("due", 50_000, 80_000, -30_000), "C": ("due", 90_000, 80_000, 10_000)}
    assert told(result) == [("B", "800.00", "500.00", -30_000), ("C", "800.00", "900.00", 10_000)]


def test_paid_to_whom_nothing_is_owed() -> None:
    """No identity, no referral, no standard, another kind of care: 0 is owed, whatever was paid came from 610100."""
    year = Year()
    result = year.run("2026-11", [
        paid("A", "1000.00", "10.00", psn="1"), paid("B", "1000.00", "20.00", psn="2", out_fil_type="11"),
        paid("C", "1000.00", "30.00", psn="3"), paid("D", "1000.00", "40.00", psn="2", med_type="11"),
    ], identities=[identity("2303", "2"), identity("2102", "3")])
    assert {k: v[:2] for k, v in ties(result).items()} == {
        "A": ("no_identity", 1_000), "B": ("not_referred", 2_000), "C": ("no_standard", 3_000), "D": ("not_assisted", 4_000)}
    assert [row[3] for row in told(result)] == [1_000, 2_000, 3_000, 4_000]


def test_refunded_settlements_and_earlier_months_are_no_part_of_it() -> None:
    """A refund takes the amount back from the provider too: nothing is left to compare; and each month tells its own."""
    year = Year()
    wrong = paid("A", "1000.00", "700.00")
    first = year.run("2026-11", [wrong, refund(wrong, own="R", at="2026-11-09"), paid("B", "1000.00", "700.00")], identities=[identity("2303")])
    assert ties(first) == {"B": ("due", 70_000, 80_000, -10_000)}
    second = year.run("2026-12", [stay("C", "100.00", "2026-12-01", maf_pay="80.00")])
    assert ties(second) == {"C": ("due", 8_000, 8_000, 0)}
    assert told(second) == []


def test_cap_and_tilt_count_as_owed() -> None:
    """100 % of 60000 is capped to 50000; of the rest 10000, 7000 above 3000 at 70 %: 4900. 54900 was paid: nothing to tell."""
    year = Year()
    result = year.run("2026-11", [paid("A", "60000.00", "54900.00")], identities=[identity("2304")])
    assert ties(result) == {"A": ("due", 5_490_000, 5_490_000, 0)}


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = init(tmp_path / "ws", "ningxia", None)
    for path, content in assistance_files()[0].items():
        target = made.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return made


def of_settle(ws: Workspace, period: Period) -> list[tuple[str, str, int]]:
    run = newest(ws, "settle", period)
    assert run is not None
    rows = read_table(run, "findings").filter(pl.col("code") == CODE).sort("diff_amt")
    return rows.select("expected", "actual", "diff_amt").rows()


BOTH = [("2400.00", "1000.00", -140_000), ("2400.00", "3000.00", 60_000)]
"""The sample's two settlements: 80 % of 3000 is 2400."""


def test_settle_tells_what_assist_found_once_and_is_then_up_to_date(ws: Workspace) -> None:
    assert run_settle(ws, NOVEMBER).status == "published"
    assert of_settle(ws, NOVEMBER) == []
    run_assist(ws, NOVEMBER)
    assert run_settle(ws, NOVEMBER).status == "published"
    assert of_settle(ws, NOVEMBER) == BOTH
    assert run_settle(ws, NOVEMBER).status == "up_to_date"
    run_assist(ws, DECEMBER)
    assert run_settle(ws, DECEMBER).status == "published"
    assert of_settle(ws, DECEMBER) == []
    assert run_settle(ws, NOVEMBER).status == "up_to_date"
    assert run_assist(ws, NOVEMBER).status == "up_to_date"


def test_a_sealed_month_keeps_to_what_it_was_computed_with(ws: Workspace) -> None:
    for period in (NOVEMBER, DECEMBER):
        run_settle(ws, period)
    run_assist(ws, NOVEMBER)
    assert run_settle(ws, NOVEMBER).status == "up_to_date"
    assert of_settle(ws, NOVEMBER) == []
