"""分析台 (nxmed.open): polars frames and DuckDB over a workspace, amounts exact."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import small

import nxmed
from nxmed.errors import MissingInput, UsageError


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = small.make(tmp_path_factory.mktemp("desk") / "ws")
    for command in ("assess", "reconcile"):
        assert small.nxmed(command, small.MONTH, "-w", made).returncode == 0
    return made


def test_tables_and_queries_give_exact_amounts(ws: Path) -> None:
    with nxmed.open(ws) as desk:
        assert desk.periods == ["2026-11"]
        dues = desk.table("dues", period="2026-11").collect()
        assert dues.schema["amt"] == pl.Decimal(16, 2)
        assert dues["amt"].sum() == Decimal("2102.30")  # 881.84 + 220.46 + 800.00 + 200.00
        found = desk.sql("select emp_no, sum(amt) as amt from dues where period = ? group by 1 order by 1", ["2026-11"])
        assert found.rows() == [("E1", Decimal("1102.30")), ("E2", Decimal("1000.00"))]
        assert desk.duckdb.execute("select period_add('2026-11', 1)").fetchone() == ("2026-12",)
        assert "ningxia" in repr(desk)


def test_it_only_reads(ws: Path) -> None:
    before = small.tree(ws)
    with nxmed.open(ws) as desk, pytest.raises(Exception, match="read-only"):
        desk.duckdb.execute("create table x (a int)")
    assert small.tree(ws) == before


def test_what_is_not_there_is_named(ws: Path, tmp_path: Path) -> None:
    with nxmed.open(ws) as desk:
        with pytest.raises(UsageError) as bad:
            desk.table("duess")
        assert "dues" in bad.value.hint
        with pytest.raises(MissingInput):
            desk.table("payables")
        with pytest.raises(MissingInput):
            desk.table("dues", period="2026-12")
    with pytest.raises(UsageError):
        nxmed.open(tmp_path)
