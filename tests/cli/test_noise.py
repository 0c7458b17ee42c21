"""噪声: a feed in the wrong layout, and a day that the treasury lacks, are each told once, through the real command."""

from __future__ import annotations

from pathlib import Path

import small

MANY = 60


def arrivals(date: str) -> list[str]:
    """Sixty tickets of unit E1, 1.00 each."""
    return [small.ARRIVALS[0], *(f"N{n},1,{small.U1},甲公司,,职工基本医疗保险费（单位缴纳）,202611,202611,1.00,,正常,{date},64010000000,"
                                 for n in range(MANY))]


def codes(ws: Path) -> dict[str, int]:
    return {r["code"]: r["n"] for r in small.query(ws, "select code, count(*) n from findings where command = 'reconcile' group by code")}


def test_a_feed_with_its_dates_written_otherwise(tmp_path: Path) -> None:
    ws = small.make(tmp_path / "ws", {"tax_arrivals.csv": arrivals("12/11/26")})
    for command in ("assess", "reconcile"):
        assert small.nxmed(command, small.MONTH, "-w", ws).returncode == 0
    assert codes(ws)["FILE_LAYOUT"] == 1
    [told] = small.query(ws, "select message, ref_no from findings where code = 'FILE_LAYOUT'")
    assert told["ref_no"] == "inbox/2026-11/tax_arrivals.csv"
    assert f"拒收 {MANY} 行" in told["message"]


def test_a_day_that_the_treasury_lacks(tmp_path: Path) -> None:
    ws = small.make(tmp_path / "ws", {"tax_arrivals.csv": [*arrivals("2026-11-20"), *small.ARRIVALS[1:]]})
    for command in ("assess", "reconcile"):
        assert small.nxmed(command, small.MONTH, "-w", ws).returncode == 0
    found = codes(ws)
    assert found["TREASURY_MISSING"] == 1  # sixty tickets, one group of the statement
