"""目录: types, Chinese views, meta, other clients, readers during publications, moved workspaces, and the same bytes everywhere."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import fake_run
import pytest

from nxmed.io import catalogue
from nxmed.io.catalogue_names import file_literal, name, quoted
from nxmed.io.query import answer
from nxmed.io.resources import tables
from nxmed.io.runs import Run, newest, read_table
from nxmed.io.workspace import Workspace, open_workspace
from nxmed.kernel.period import Period
from nxmed.kernel.table import TableColumn

PROGRAM = str(Path(fake_run.__file__))
OLD_CLIENT = Path(sys.executable).parent / "duckdb"

READER = """
import sys, time, duckdb
rounds, wrong = 0, []
held = duckdb.connect(sys.argv[1], read_only=True)
first = held.execute("SELECT count(*), sum(diff_amt) FROM findings").fetchall()
print("ready", flush=True)
import pathlib
while not pathlib.Path(sys.argv[2]).exists():
    with duckdb.connect(sys.argv[1] , read_only=True) as c:
        # one run per month, and all its rows: row i of a month carries diff i, and meta knows their number
        rows = c.execute(
            "SELECT f.period, count(DISTINCT f.run_id), count(*), max(g.row_count), sum(diff_amt) * 200 - count(*) * (count(*) + 1)"
            " FROM findings f JOIN meta.runs r USING (run_id) JOIN meta.findings g ON g.run_id = f.run_id"
            " WHERE r.is_current GROUP BY ALL").fetchall()
    wrong += [r for r in rows if r[1] != 1 or r[2] != r[3] or r[4] != 0]
    rounds += 1; time.sleep(0.02)
kept = held.execute("SELECT count(*), sum(diff_amt) FROM findings").fetchall()
print(rounds, len(wrong), kept == first, flush=True)
"""


@pytest.fixture
def ws(tmp_path: Path, stand_alone: None) -> Workspace:
    made = fake_run.workspace(tmp_path / "it's [1] 工作区", m2026_12="100,-250", m2027_01="300")
    fake_run.publish(made, "2026-12")
    return made


def ask(ws: Workspace, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(ws.catalogue_path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_before_the_first_run_every_view_is_there_typed_and_empty(tmp_path: Path) -> None:
    empty = fake_run.workspace(tmp_path / "w")
    catalogue.rebuild(empty)
    for table in tables().values():
        assert ask(empty, f"SELECT * FROM {table.id}") == []
        types = {c: t for c, t, *_ in ask(empty, f"DESCRIBE {table.id}")}
        assert list(types) == ["run_id", "period", *[c.id for c in table.columns]]
        for column in table.columns:
            if column.type == "amount":
                assert types[column.id] == "DECIMAL(16,2)"
        assert ask(empty, f"SELECT * FROM zh.{name(table.zh)}") == []


def test_amounts_are_exact_and_titles_chinese(ws: Workspace) -> None:
    assert ask(ws, "SELECT diff_amt, typeof(diff_amt) FROM findings ORDER BY 1") == [
        (Decimal("-2.50"), "DECIMAL(16,2)"), (Decimal("1.00"), "DECIMAL(16,2)")]
    assert ask(ws, "SELECT sum(差额) FROM zh.发现") == [(Decimal("-1.50"),)]
    comments = dict(ask(ws, "SELECT column_name, comment FROM duckdb_columns() WHERE schema_name = 'main' AND table_name = 'findings'"))
    assert comments["diff_amt"].startswith("差额：")
    assert "error 错误" in comments["severity"]
    assert ask(ws, "SELECT comment FROM duckdb_views() WHERE view_name = 'findings' AND schema_name = 'main'")[0][0].startswith("发现")


def test_meta_tells_runs_files_findings_and_equations(ws: Workspace) -> None:
    fake_run.deliver(ws, "2026-12", "700")
    run = fake_run.publish(ws, "2026-12")
    assert run is not None
    assert ask(ws, "SELECT no, is_current FROM meta.runs ORDER BY no") == [(1, False), (2, True)]
    assert ask(ws, "SELECT run_id, diff_amt FROM findings") == [(run.run_id, Decimal("7.00"))]
    kinds = ask(ws, f"SELECT kind, count(*) FROM meta.files WHERE run_id = {quoted(run.run_id)} GROUP BY 1 ORDER BY 1")
    assert kinds == [("input", 1), ("outbox", 1), ("quarantine", 1), ("table", 3)]
    assert ask(ws, f"SELECT code, row_count FROM meta.findings WHERE run_id = {quoted(run.run_id)}") == [("WAGE_MISSING", 1)]
    assert ask(ws, f"SELECT side, amount FROM meta.equations WHERE run_id = {quoted(run.run_id)} ORDER BY 1") == [
        ("left", Decimal("7.00")), ("right", Decimal("7.00"))]
    assert ask(ws, "SELECT zh FROM meta.tables WHERE table_name = 'rejects'") == [("拒收明细",)]
    assert ask(ws, "SELECT type FROM meta.columns WHERE table_name = 'findings' AND column_name = 'diff_amt'") == [("DECIMAL(16,2)",)]


def test_a_column_that_older_runs_lack_is_empty_for_them(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = newest(ws, "assess", Period.parse("2026-12"))
    assert isinstance(run, Run)
    old = tables()["findings"]
    wider = replace(old, columns=(*old.columns, TableColumn("late_amt", "后加金额", "amount", nullable=True)))
    monkeypatch.setitem(tables(), "findings", wider)
    fake_run.deliver(ws, "2027-01", "300")
    catalogue.rebuild(ws)
    assert ask(ws, "SELECT DISTINCT late_amt, typeof(late_amt) FROM findings") == [(None, "DECIMAL(16,2)")]
    assert read_table(run, "findings")["late_amt"].to_list() == [None, None]


def test_an_older_client_opens_it(ws: Workspace) -> None:
    version = subprocess.run([OLD_CLIENT, "--version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("v1.")
    done = subprocess.run(
        [OLD_CLIENT, "-readonly", "-json", str(ws.catalogue_path),
         "SELECT 发现编号, 差额 FROM zh.发现 ORDER BY 差额; SELECT count(*) AS n FROM meta.columns"],
        capture_output=True, text=True, check=False, cwd="/",
    )
    assert done.returncode == 0, done.stderr
    assert '"差额":"-2.50"' in done.stdout.replace(" ", "") or '"差额":-2.50' in done.stdout.replace(" ", "")


def test_readers_are_never_blocked_nor_shown_half_a_publication(tmp_path: Path, stand_alone: None) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="1")
    fake_run.publish(ws, "2026-12")
    stop = tmp_path / "stop"
    readers = [subprocess.Popen([sys.executable, "-c", READER, str(ws.catalogue_path), str(stop)], stdout=subprocess.PIPE, text=True)
               for _ in range(2)]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        for n in range(2, 10):
            fake_run.deliver(ws, "2026-12", ",".join(str(i) for i in range(1, n + 1)))
            assert fake_run.publish(ws, "2026-12") is not None
        stop.touch()
        for reader in readers:
            rounds, wrong, kept = reader.communicate(timeout=30)[0].split()
            assert int(rounds) > 0
            assert (wrong, kept) == ("0", "True")
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()


def test_a_moved_workspace_is_answered_from_its_new_place(ws: Workspace, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.move(ws.path, moved)
    there = open_workspace(moved)
    assert catalogue.is_stale(there)
    with answer(there, "SELECT count(*) FROM findings") as found:
        assert list(found.rows()) == [(2,)]
    assert not catalogue.is_stale(there)


def test_a_broken_or_missing_catalogue_is_made_again(ws: Workspace) -> None:
    for spoil in (lambda: ws.catalogue_path.write_bytes(b"not a database"), ws.catalogue_path.unlink):
        spoil()
        with answer(ws, "SELECT sum(diff_amt) FROM findings") as found:
            assert list(found.rows()) == [(Decimal("-1.50"),)]
    assert stat.S_IMODE(ws.catalogue_path.stat().st_mode) == 0o600


def test_names_and_paths_cannot_become_code(tmp_path: Path) -> None:
    assert quoted("it's") == "'it''s'"
    assert file_literal(Path("/a/b[1]*?.parquet")) == "'/a/b[[]1][*][?].parquet'"
    for bad in ('a"b', "a;b", "", "a b", "1a", "a'b", "a\n", "表\u202e"):
        with pytest.raises(ValueError, match="name"):
            name(bad)
    with pytest.raises(ValueError, match="NUL"):
        quoted("a\0b")


def test_every_published_table_has_names_the_catalogue_takes() -> None:
    titles = [t.zh for t in tables().values()]
    assert len(set(titles)) == len(titles)
    for table in tables().values():
        for text in (table.id, table.zh, *[c.id for c in table.columns], *[c.zh for c in table.columns]):
            assert name(text)
        assert len({c.zh for c in table.columns}) == len(table.columns), table.id
        assert table.comment


def test_the_same_inputs_give_the_same_bytes_anywhere(tmp_path: Path) -> None:
    amounts = ",".join(str((i * 7919) % 100_003 - 50_000) for i in range(6_000))
    seen = []
    for i, changes in enumerate((
        {"TZ": "Asia/Shanghai", "PYTHONHASHSEED": "0", "POLARS_MAX_THREADS": "1", "LANG": "C"},
        {"TZ": "America/New_York", "PYTHONHASHSEED": "4711", "POLARS_MAX_THREADS": "4", "LANG": "C.UTF-8", "USER": "other"},
    )):
        ws = fake_run.workspace(tmp_path / f"w{i}", m2026_12=amounts)
        subprocess.run([sys.executable, PROGRAM, str(ws.path), "2026-12", "assess", "-", "-", "-", str(i + 1)], check=True,
                       env={**os.environ, **changes}, capture_output=True)
        folder = ws.runs / "assess" / "2026-12" / "0001"
        manifest = json.loads((folder / "manifest.json").read_bytes())
        for told_only_here in ("who", "host", "started_at", "finished_at"):
            assert manifest.pop(told_only_here)
        files = {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
                 for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json"}
        seen.append((manifest, files))
    assert seen[0] == seen[1]
    assert seen[0][0]["outputs"][1]["rows"] == 6_000
