"""宏 (macros of the catalogue), with DuckDB's Python library and with its own client."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path

import duckdb
import pytest

from nxmed.io import catalogue
from nxmed.io.workspace import init
from nxmed.samples.scene_calendar import calendar_files


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ws = init(tmp_path_factory.mktemp("macros") / "ws", "dingxi")
    (ws.inbox / "2026-11").mkdir(parents=True)
    (ws.inbox / "2026-11/calendar.csv").write_bytes(next(iter(calendar_files("dingxi")[0].values())))
    catalogue.rebuild(ws)
    return ws.catalogue_path


ANSWERS = [
    ("mask_id('640104199001011237')", "640104********1237"),
    ("mask_id('12345')", "*****"),
    ("mask_account('6222021234567890123')", "***************0123"),
    ("mask_account('123')", "123"),
    ("period_add('2026-11', 2)", "2027-01"),
    ("period_add('2026-01', -1)", "2025-12"),
    ("period_of(DATE '2026-02-28')", "2026-02"),
    ("period_of_ym('202602')", "2026-02"),
    ("ym_of('2026-02')", "202602"),
    ("period_first('2026-02')", date(2026, 2, 1)),
    ("period_last('2026-02')", date(2026, 2, 28)),
    ("periods_between('2025-11', '2026-02')", 3),
    ("is_workday(DATE '2026-10-10')", True),  # a Saturday worked for the holiday
    ("is_workday(DATE '2026-10-05')", False),
    ("workdays_between(DATE '2026-09-28', DATE '2026-11-13')", 30),  # counted by hand in test_working_days
    ("workday_add(DATE '2026-09-28', 30)", date(2026, 11, 13)),
    ("workday_add(DATE '2026-12-30', 30)", None),
]


@pytest.mark.parametrize(("call", "answer"), ANSWERS)
def test_what_a_macro_says(file: Path, call: str, answer: object) -> None:
    with duckdb.connect(str(file), read_only=True) as connection:
        [row] = connection.execute(f"SELECT {call}").fetchall()
    assert row[0] == answer


@pytest.mark.parametrize("call", ["is_workday(DATE '2027-01-04')", "workdays_between(DATE '2026-12-30', DATE '2027-01-04')"])
def test_a_day_outside_the_calendar_is_an_error(file: Path, call: str) -> None:
    with duckdb.connect(str(file), read_only=True) as connection, pytest.raises(duckdb.Error):
        connection.execute(f"SELECT {call}").fetchall()


def test_the_plain_client_has_them(file: Path) -> None:
    client = shutil.which("duckdb") or str(Path(__import__("sys").executable).parent / "duckdb")
    done = subprocess.run([client, "-readonly", "-csv", "-noheader", str(file), "select period_add('2026-11', 2), workday_add(DATE '2026-09-28', 30)"],
                          capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2027-01,2026-11-13"


def test_a_new_calendar_makes_the_catalogue_stale(tmp_path: Path) -> None:
    ws = init(tmp_path / "ws", "dingxi")
    catalogue.rebuild(ws)
    assert not catalogue.is_stale(ws)
    (ws.inbox / "2026-11").mkdir(parents=True)
    (ws.inbox / "2026-11/calendar.csv").write_bytes(b"date,poolarea_no,is_workday,day_type\n2026-01-05,,1,1\n")
    assert catalogue.is_stale(ws)
    (ws.inbox / "2026-11/calendar.csv").write_bytes(b"\xff\xff")  # a calendar that cannot be read is no reason to have no catalogue
    catalogue.rebuild(ws)
    with duckdb.connect(str(ws.catalogue_path), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM meta.workdays").fetchone() == (0,)
