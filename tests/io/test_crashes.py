"""故障: a process killed, or a disk that fails, at every write point. All or nothing, and the next command mends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import fake_run
import pytest

from nxmed.errors import NxmedError, WorkspaceLocked
from nxmed.io.failpoint import AFTER_COMMIT, BEFORE_COMMIT, FAILPOINTS, failpoint
from nxmed.io.runs import Run, read_table, recover, runs
from nxmed.io.workspace import Workspace
from nxmed.pipelines import verify as verifying
from nxmed.pipelines.verify import verify

pytestmark = pytest.mark.usefixtures("stand_alone")
PROGRAM = str(Path(fake_run.__file__))


@pytest.fixture(scope="module")
def server() -> Iterator[subprocess.Popen[str]]:
    """Runs fake_run in a process of its own for each line."""
    with subprocess.Popen([sys.executable, PROGRAM, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as made:
        yield made
        made.stdin.close()  # type: ignore[union-attr]


def status_of(server: subprocess.Popen[str], *words: str) -> int:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(words) + "\n")
    server.stdin.flush()
    return int(server.stdout.readline())


def in_catalogue(ws: Workspace) -> list[tuple[str, int]]:
    with duckdb.connect(str(ws.catalogue_path), read_only=True) as connection:
        return connection.execute("SELECT period, count(*) FROM findings GROUP BY ALL ORDER BY ALL").fetchall()


def contents(run: Run) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in run.folder.rglob("*") if p.is_file() and p.name != "manifest.json"}


def test_every_failpoint_has_a_name_that_is_used_once() -> None:
    assert len(set(FAILPOINTS)) == len(FAILPOINTS)
    package = Path(verifying.__file__).parent.parent
    text = "".join(p.read_text() for p in (package / "io").glob("*.py"))
    for name in FAILPOINTS:
        assert f'failpoint("{name}")' in text, name


@pytest.mark.parametrize("name", FAILPOINTS)
def test_killed_anywhere_the_workspace_is_before_or_after(tmp_path: Path, server: subprocess.Popen[str], name: str) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100,200", m2027_01="300")
    assert status_of(server, str(ws.path), "2026-12", "assess", "--then", "2027-01", f"{name}:kill") == -signal.SIGKILL
    names = [r.name for r in runs(ws)]
    published = ["assess/2026-12/0001"] + (["assess/2027-01/0001"] if name in AFTER_COMMIT else [])
    assert names == published
    assert verify(ws).problems == []
    seen = in_catalogue(ws)
    assert seen in ([("2026-12", 2)], [("2026-12", 2), ("2027-01", 1)])
    if name in BEFORE_COMMIT:
        assert seen == [("2026-12", 2)]
        assert not (ws.outbox / "2027-01" / "assess_2027-01.csv").exists()
        assert not any("2027-01" in k for k in fake_run.snapshot(ws) if not k.startswith("inbox/"))

    again = fake_run.publish(ws, "2027-01")
    assert (again is None) == (name in AFTER_COMMIT)
    assert fake_run.hidden(ws) == []
    assert [r.name for r in runs(ws)] == ["assess/2026-12/0001", "assess/2027-01/0001"]
    assert in_catalogue(ws) == [("2026-12", 2), ("2027-01", 1)]
    assert (ws.outbox / "2027-01" / "assess_2027-01.csv").read_text() == "total,300\n"
    assert (ws.quarantine / "2027-01" / "assess_拒收.parquet").is_file()
    report = verify(ws)
    assert (report.problems, report.notes, report.runs) == ([], [], 2)


@pytest.mark.parametrize(
    ("name", "action"), [*((n, "enospc") for n in FAILPOINTS), ("table.write", "eio"), ("catalogue.build", "eio"), ("outbox.replace", "eio")]
)
def test_a_failing_disk_publishes_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, action: str
) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100,200", m2027_01="300")
    first = fake_run.publish(ws, "2026-12")
    assert first is not None
    before = fake_run.snapshot(ws)
    monkeypatch.setenv("NXMED_FAILPOINT", f"{name}:{action}")
    # once the head names the run it is published, and what is left is completed by the next command
    committed = name in AFTER_COMMIT and AFTER_COMMIT.index(name) >= AFTER_COMMIT.index("head.replaced")
    if committed:
        run = fake_run.publish(ws, "2027-01")
        assert run is not None
        assert run.folder.is_dir()
    else:
        with pytest.raises(NxmedError) as failed:
            fake_run.publish(ws, "2027-01")
        assert failed.value.exit_code == 1
        assert ("磁盘空间不足" in failed.value.text) == (action == "enospc")
        assert failed.value.hint
        assert fake_run.snapshot(ws) == before
        assert fake_run.hidden(ws) == []
        assert in_catalogue(ws) == [("2026-12", 2)]
    monkeypatch.delenv("NXMED_FAILPOINT")
    fake_run.publish(ws, "2027-01")
    assert contents(first) == {k.rpartition("/")[2]: v for k, v in before.items() if k.startswith("runs/assess/2026-12")
                               and not k.endswith("manifest.json")}
    report = verify(ws)
    assert (report.problems, report.notes, report.runs) == ([], [], 2)
    assert in_catalogue(ws) == [("2026-12", 2), ("2027-01", 1)]


@pytest.mark.parametrize("leave", [KeyboardInterrupt(), SystemExit(143)])
@pytest.mark.parametrize("where", ["nxmed.io.run_builder.sync_tree", "nxmed.io.run_builder.stage_bytes", "nxmed.io.catalogue.build"])
def test_an_interrupted_run_leaves_the_workspace_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, leave: BaseException
) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100,200", m2027_01="300")
    fake_run.publish(ws, "2026-12")
    before = fake_run.snapshot(ws)

    def interrupt(*_: object) -> None:
        raise leave

    with monkeypatch.context() as patch:
        patch.setattr(where, interrupt)
        with pytest.raises(type(leave)):
            fake_run.publish(ws, "2027-01")
    assert fake_run.snapshot(ws) == before
    assert fake_run.hidden(ws) == []
    assert fake_run.publish(ws, "2027-01") is not None


def test_an_unknown_action_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NXMED_FAILPOINT", "x:explode")
    failpoint("y")
    with pytest.raises(ValueError, match="explode"):
        failpoint("x")


def _small_disk() -> Path | None:
    """A tmpfs of 12 MiB where this account may mount one."""
    folder = tempfile.mkdtemp(prefix="nxmed-small-")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        os.rmdir(folder)
        return None
    return Path(folder)


def _fill_by_tmpfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attempt: Callable[[Workspace], None]) -> None:
    """A real full disk, with less and less room left."""
    del tmp_path, monkeypatch
    disk = _small_disk()
    assert disk is not None
    try:
        ws = fake_run.workspace(disk / "w", m2026_12="100,200", m2027_01="300")
        fake_run.publish(ws, "2026-12")
        filler = disk / "filler"
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        for room in (0, 8, 32, 64, 128, 512, 1536):
            filler.write_bytes(b"\1" * (free - room * 1024))
            attempt(ws)
            filler.unlink()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
        disk.rmdir()


def _fill_by_failpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attempt: Callable[[Workspace], None]) -> None:
    """The same by failpoints, for accounts that may not mount."""
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100,200", m2027_01="300")
    fake_run.publish(ws, "2026-12")
    for name in ("table.write", "outbox.stage", "fsync.file", "deliver.copy", "catalogue.build"):
        monkeypatch.setenv("NXMED_FAILPOINT", f"{name}:enospc")
        attempt(ws)


def _ways() -> list[object]:
    disk = _small_disk()
    if disk is None:
        return [_fill_by_failpoint]
    subprocess.run(["umount", str(disk)], check=True)
    disk.rmdir()
    return [_fill_by_failpoint, _fill_by_tmpfs]


@pytest.mark.parametrize("fill", _ways())
def test_a_full_disk_publishes_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fill: Callable[[Path, pytest.MonkeyPatch, Callable[[Workspace], None]], None]
) -> None:
    refused: list[str] = []

    def attempt(ws: Workspace) -> None:
        before = fake_run.snapshot(ws)
        problem: NxmedError | None = None
        try:
            fake_run.publish(ws, "2027-01")
        except NxmedError as failed:
            problem = failed
        if problem is not None:
            assert problem.exit_code == 1
            assert "磁盘空间不足" in problem.text
            refused.append(problem.text)
            assert fake_run.snapshot(ws) == before
            assert fake_run.hidden(ws) == []
        assert verify(ws).problems == []

    fill(tmp_path, monkeypatch, attempt)
    assert refused


def test_of_two_processes_one_wins_and_the_other_is_told_who(tmp_path: Path) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100")
    first = subprocess.Popen([sys.executable, PROGRAM, str(ws.path), "2026-12", "assess"],
                             env={**os.environ, "NXMED_FAILPOINT": "manifest.write:stop"})
    try:
        os.waitid(os.P_PID, first.pid, os.WSTOPPED | os.WNOWAIT)
        second = subprocess.run([sys.executable, PROGRAM, str(ws.path), "2026-12", "assess"], capture_output=True, text=True,
                                check=False)
        assert second.returncode == WorkspaceLocked.exit_code == 75
        assert str(first.pid) in second.stderr
        os.kill(first.pid, signal.SIGCONT)
        assert first.wait(30) == 0
    finally:
        first.kill()
        first.wait()
    assert [r.name for r in runs(ws)] == ["assess/2026-12/0001"]
    assert verify(ws).problems == []


def test_copies_that_were_taken_or_changed_come_back_from_the_run(tmp_path: Path) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100")
    fake_run.publish(ws, "2026-12")
    copy = ws.outbox / "2026-12" / "assess_2026-12.csv"
    copy.unlink()
    with ws.lock("x"):
        assert recover(ws) == [copy.name]
        copy.write_text("total,1\n")
        assert recover(ws) == [copy.name]
        assert recover(ws) == []
    assert copy.read_text() == "total,100\n"


def test_a_copy_of_the_run_before_is_no_tampering(tmp_path: Path) -> None:
    """Killed between the commit of a second run and its copies: outbox still shows the first."""
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100")
    fake_run.publish(ws, "2026-12")
    copy = ws.outbox / "2026-12" / "assess_2026-12.csv"
    first = copy.read_bytes()
    fake_run.deliver(ws, "2026-12", "200")
    fake_run.publish(ws, "2026-12")
    copy.write_bytes(first)
    report = verify(ws)
    assert (report.problems, [n.where for n in report.notes]) == ([], ["outbox/2026-12/assess_2026-12.csv"])
    copy.write_text("total,1\n")
    assert [p.kind for p in verify(ws).problems] == ["copy"]


def test_a_delivery_of_a_superseded_run_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100")
    run = fake_run.publish(ws, "2026-12")
    assert run is not None
    fake_run.deliver(ws, "2026-12", "200")
    monkeypatch.setattr(fake_run.RunBuilder, "quarantine", lambda self, name: tmp_path / "thrown_away")
    fake_run.publish(ws, "2026-12")
    assert (ws.outbox / "2026-12" / "assess_2026-12.csv").read_text() == "total,200\n"
    assert not (ws.quarantine / "2026-12" / "assess_拒收.parquet").exists()
    assert (run.folder / "quarantine" / "assess_拒收.parquet").is_file()
    assert read_table(run, "findings")["diff_amt"].to_list() == [100]
