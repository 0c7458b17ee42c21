"""断电 (kill -9 at every write point of export and import): the old state or the new one, and running again completes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from agency import copy_of
from paying import BAT, HEADER, batch_state, command, make, row, states, store_of

from nxmed.errors import NxmedError
from nxmed.io.payout_files import EXPORT_POINTS, folder_of
from nxmed.io.payout_store import PAYOUT_POINTS
from nxmed.io.workspace import Workspace
from nxmed.kernel.period import Period
from nxmed.pipelines.payout_export import export_batch
from nxmed.pipelines.payout_return import RETURN_POINTS, import_returns
from nxmed.pipelines.payout_verify import verify_payouts

KILLED = -9
BEFORE_EXPORT = ("export.folder", "export.write", "fsync.file", "fsync.folder", "export.written", "payout.commit")
BEFORE_RETURN = ("return.judged", "payout.commit")
ROWS = (row(1, "1"), row(2, "2"), row(3, "1", back="300.04"), row(4, "1"), row(4, "3", day="2026-12-09"))


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Workspace:
    return make(tmp_path_factory.mktemp("approved") / "ws", keys)


@pytest.fixture(scope="module")
def exported(approved: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = copy_of(approved, tmp_path_factory.mktemp("exported") / "ws")
    export_batch(ws, BAT)
    path = ws.inbox / "2026-12" / "bank_returns.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([HEADER, *ROWS]) + "\n", "utf-8")
    return ws


def delivered(ws: Workspace) -> dict[str, str]:
    folder = folder_of(ws, "2026-11", BAT)
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())} if folder.is_dir() else {}


def sound(ws: Workspace) -> None:
    assert verify_payouts(ws).problems == []


@pytest.mark.parametrize("point", sorted({*EXPORT_POINTS, *PAYOUT_POINTS, "fsync.file", "fsync.folder"} - {"export.replace"}))
def test_an_export_killed_at_any_point(approved: Workspace, exported: Workspace, tmp_path: Path, point: str) -> None:
    ws = copy_of(approved, tmp_path / "ws")
    before = store_of(ws)
    killed = command(ws, "payout", "export", BAT, env={"NXMED_FAILPOINT": f"{point}:kill"})
    assert killed.returncode == KILLED, f"{point} was not reached: {killed.stderr}"
    if point in BEFORE_EXPORT:
        assert store_of(ws) == before
        assert delivered(ws) == {}, "no file is in its place before the store knows of it"
    else:
        assert batch_state(ws) == "exported"
        assert delivered(ws) in ({}, delivered(exported))
    sound(ws)
    export_batch(ws, BAT)
    assert delivered(ws) == delivered(exported)
    assert store_of(ws)["exports"] == store_of(exported)["exports"]
    assert [p.name for p in folder_of(ws, "2026-11", BAT).parent.iterdir()] == [BAT], "nothing is left beside it"
    sound(ws)


def test_putting_files_back_killed_half_way(exported: Workspace, tmp_path: Path) -> None:
    ws = copy_of(exported, tmp_path / "ws")
    for name in (f"{BAT}.csv", "SHA256SUMS"):
        (folder_of(ws, "2026-11", BAT) / name).unlink()
    killed = command(ws, "payout", "export", BAT, env={"NXMED_FAILPOINT": "export.replace:kill"})
    assert killed.returncode == KILLED
    export_batch(ws, BAT)
    assert delivered(ws) == delivered(exported)
    sound(ws)


@pytest.mark.parametrize("point", sorted({*RETURN_POINTS, *PAYOUT_POINTS}))
def test_an_import_killed_at_any_point(exported: Workspace, tmp_path: Path, point: str) -> None:
    ws = copy_of(exported, tmp_path / "ws")
    before = store_of(ws)
    killed = command(ws, "payout", "import-return", "2026-12", env={"NXMED_FAILPOINT": f"{point}:kill"})
    assert killed.returncode == KILLED, f"{point} was not reached: {killed.stderr}"
    if point in BEFORE_RETURN:
        assert store_of(ws) == before
    else:
        assert states(ws) == ["paid", "failed", "pending", "returned"]
    sound(ws)
    made = import_returns(ws, Period.parse("2026-12"))
    assert made.status == ("imported" if point in BEFORE_RETURN else "unchanged")
    assert states(ws) == ["paid", "failed", "pending", "returned"]
    assert (ws.quarantine / "2026-12" / "回盘拒收.xlsx").is_file()
    sound(ws)


@pytest.mark.parametrize(("point", "after"), [("export.write", "old"), ("payout.commit", "old"), ("export.place", "new")])
def test_a_full_disk_during_an_export(
    approved: Workspace, exported: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str, after: str
) -> None:
    ws = copy_of(approved, tmp_path / "ws")
    before = store_of(ws)
    monkeypatch.setenv("NXMED_FAILPOINT", f"{point}:enospc")
    with pytest.raises((NxmedError, OSError)):
        export_batch(ws, BAT)
    monkeypatch.delenv("NXMED_FAILPOINT")
    assert (store_of(ws) == before) is (after == "old")
    assert delivered(ws) == {}
    export_batch(ws, BAT)
    assert delivered(ws) == delivered(exported)
    sound(ws)
