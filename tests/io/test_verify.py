"""核验: every kind of tampering is seen and named, and an untouched workspace passes."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import fake_run
import polars as pl
import pytest

from nxmed.errors import IntegrityError
from nxmed.io.workspace import Workspace, open_workspace
from nxmed.kernel.stage import Equation
from nxmed.pipelines import verify as verifying
from nxmed.pipelines.verify import verify

pytestmark = pytest.mark.usefixtures("stand_alone")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs: assess of December twice, its reconcile, assess of January."""
    patch = fake_run.stand_alone()
    ws = fake_run.workspace(tmp_path_factory.mktemp("v") / "w", m2026_12="100,-250", m2027_01="300")
    fake_run.publish(ws, "2026-12")
    fake_run.deliver(ws, "2026-12", "100,-251")
    fake_run.publish(ws, "2026-12")
    fake_run.publish(ws, "2026-12", "reconcile")
    fake_run.publish(ws, "2027-01")
    patch.undo()
    return ws.path


@pytest.fixture
def ws(finished: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(finished, tmp_path / "w")
    return open_workspace(tmp_path / "w")


def test_an_untouched_workspace_passes(ws: Workspace) -> None:
    report = verify(ws)
    assert (report.problems, report.notes) == ([], [])
    # a run: 3 tables, 2 deliveries, 1 log; copies stand for 3 current runs with 2 deliveries each
    assert (report.runs, report.files, report.equations) == (4, 4 * 6 + 3 * 2, 4)


def test_an_empty_workspace_passes(tmp_path: Path) -> None:
    report = verify(fake_run.workspace(tmp_path / "w"))
    assert (report.problems, report.runs) == ([], 0)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def _edit(path: Path, change: Callable[[dict[str, object]], None]) -> None:
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1))


def _swap(one: Path, two: Path) -> None:
    a, b = one.read_bytes(), two.read_bytes()
    one.write_bytes(b)
    two.write_bytes(a)


def _swap_folders(one: Path, two: Path) -> None:
    aside = one.parent / "aside"
    one.rename(aside)
    two.rename(one)
    aside.rename(two)


A1, A2, R1, J1 = "assess/2026-12/0001", "assess/2026-12/0002", "reconcile/2026-12/0001", "assess/2027-01/0001"

TAMPERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a byte of a table": (lambda r: _flip(r / A1 / "findings.parquet"), "file"),
    "a table gone": (lambda r: (r / A2 / "findings.parquet").unlink(), "file"),
    "an empty table replaced": (lambda r: (r / J1 / "rejects.parquet").write_bytes(b""), "file"),
    "a byte of the log": (lambda r: _flip(r / A1 / "log.jsonl"), "file"),
    "a byte of an original for the outbox": (lambda r: _flip(r / A2 / "outbox" / "assess_2026-12.csv"), "file"),
    "a byte of an original for the quarantine": (lambda r: _flip(r / A2 / "quarantine" / "assess_拒收.parquet"), "file"),
    "a byte of the copy in the outbox": (lambda r: _flip(r.parent / "outbox" / "2026-12" / "assess_2026-12.csv"), "copy"),
    "a byte of the copy in the quarantine": (lambda r: _flip(r.parent / "quarantine" / "2027-01" / "assess_拒收.parquet"), "copy"),
    "a file slipped in": (lambda r: (r / A1 / "extra.parquet").write_bytes(b"x"), "file"),
    "a middle manifest edited": (lambda r: _edit(r / A2 / "manifest.json", lambda m: m.update(who="nobody")), "chain"),
    "the last manifest edited": (lambda r: _edit(r / J1 / "manifest.json", lambda m: m.update(who="nobody")), "head"),
    "a manifest that is no JSON": (lambda r: (r / A1 / "manifest.json").write_bytes(b"{"), "manifest"),
    "a manifest gone": (lambda r: (r / R1 / "manifest.json").unlink(), "manifest"),
    "two manifests swapped": (lambda r: _swap(r / A1 / "manifest.json", r / A2 / "manifest.json"), "chain"),
    "manifests of two months swapped": (lambda r: _swap(r / A1 / "manifest.json", r / J1 / "manifest.json"), "manifest"),
    "two runs swapped": (lambda r: _swap_folders(r / A1, r / A2), "chain"),
    "the first run gone": (lambda r: shutil.rmtree(r / A1), "chain"),
    "a middle run gone": (lambda r: shutil.rmtree(r / "reconcile"), "chain"),
    "the last run gone": (lambda r: shutil.rmtree(r / "assess" / "2027-01"), "head"),
    "all runs gone": (lambda r: [shutil.rmtree(r / c) for c in ("assess", "reconcile")], "head"),
    "the head gone": (lambda r: (r / "head.json").unlink(), "head"),
    "the head spoilt": (lambda r: (r / "head.json").write_bytes(b"{}"), "head"),
    "the head moved back": (lambda r: _edit(r / "head.json", lambda h: h.update(seq=2)), "head"),
    "a run copied": (lambda r: shutil.copytree(r / A2, r / "assess" / "2026-12" / "0003"), "chain"),
}


@pytest.mark.parametrize("what", TAMPERS)
def test_tampering_is_seen(ws: Workspace, what: str) -> None:
    change, kind = TAMPERS[what]
    change(ws.runs)
    report = verify(ws)
    assert kind in {p.kind for p in report.problems}, report.problems
    for p in report.problems:
        assert p.where
        assert p.zh
        assert p.en


@pytest.mark.parametrize("what", ["the last run gone", "the last manifest edited", "a manifest gone", "the head gone"])
def test_no_run_is_published_on_a_broken_chain(ws: Workspace, what: str) -> None:
    TAMPERS[what][0](ws.runs)
    fake_run.deliver(ws, "2027-02", "5")
    before = fake_run.snapshot(ws)
    with pytest.raises(IntegrityError) as stopped:
        fake_run.publish(ws, "2027-02")
    assert stopped.value.exit_code == 7
    assert fake_run.snapshot(ws) == before


def _reforge(ws: Workspace, name: str, change: Callable[[dict[str, object]], None]) -> None:
    """Edit the last manifest and mend the head, as somebody would who knows how."""
    path = ws.runs / name / "manifest.json"
    _edit(path, change)
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    _edit(ws.runs / "head.json", lambda h: h.update(manifest_sha256=sha))


def test_totals_that_are_not_those_of_the_table_are_seen_under_a_mended_chain(ws: Workspace) -> None:
    _reforge(ws, J1, lambda m: m["outputs"][1].update(rows=2))  # type: ignore[index]
    assert [p.kind for p in verify(ws).problems] == ["totals"]
    _reforge(ws, J1, lambda m: m["outputs"][1].update(rows=1, sums={"diff_amt": "3.01"}))  # type: ignore[index]
    assert [p.kind for p in verify(ws).problems] == ["totals"]


def test_a_table_of_another_run_is_seen_under_a_mended_chain(ws: Workspace) -> None:
    path = ws.runs / J1 / "findings.parquet"
    pl.read_parquet(path, glob=False).with_columns(run_id=pl.lit("assess-2027-01-000000000000")).write_parquet(path)
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    _reforge(ws, J1, lambda m: m["outputs"][1].update(sha256=sha))  # type: ignore[index]
    assert [p.kind for p in verify(ws).problems] == ["totals"]


def test_an_equation_that_does_not_hold_is_seen(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    _reforge(ws, J1, lambda m: m["equations"][0]["left"].update({"in": "3.01"}))  # type: ignore[index]
    assert [p.kind for p in verify(ws).problems] == ["equation"]
    _reforge(ws, J1, lambda m: m["equations"][0]["left"].update({"in": "3.00"}))  # type: ignore[index]
    assert verify(ws).problems == []

    def equations(given: dict[str, pl.DataFrame], facts: dict[str, int]) -> list[Equation]:
        return [Equation("room", "室", {"a": int(given["findings"]["diff_amt"].sum())}, {"b": facts["total"]})]

    monkeypatch.setattr(verifying, "EQUATIONS", {"assess": "fake_run:equations"})
    monkeypatch.setattr(fake_run, "equations", equations, raising=False)
    assert verify(ws).problems == []
    assert verify(ws).equations == 4 + 3
    _reforge(ws, J1, lambda m: m["facts"].update(total=301))  # type: ignore[attr-defined]
    assert [p.where for p in verify(ws).problems] == [f"{J1} room"]
    _reforge(ws, J1, lambda m: m["facts"].clear())  # type: ignore[attr-defined]
    assert [p.kind for p in verify(ws).problems] == ["equation"]


def test_inputs_that_do_not_make_the_run_id_are_seen(ws: Workspace) -> None:
    _reforge(ws, J1, lambda m: m["inputs"][0].update(sha256="0" * 64))  # type: ignore[index]
    assert [p.kind for p in verify(ws).problems] == ["run_id"]


def test_a_copy_taken_away_to_be_sent_is_no_problem(ws: Workspace) -> None:
    (ws.outbox / "2027-01" / "assess_2027-01.csv").unlink()
    report = verify(ws)
    assert report.problems == []
    assert [n.where for n in report.notes] == ["outbox/2027-01/assess_2027-01.csv"]
