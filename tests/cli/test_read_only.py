"""只能读的工作区 (an analyst's copy, a read-only mount): a dry run works, a run says what to do, nothing is touched."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import Any

import pytest
from small import make, nxmed, tree

from nxmed.cli.main import run
from nxmed.io import lock, workspace


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make(tmp_path_factory.mktemp("agency") / "a")
    assert nxmed("assess", "2026-11", "-w", folder).returncode == 0
    return folder


@pytest.fixture(params=[errno.EROFS, errno.EACCES])
def read_only(agency: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """Whatever would be written below the workspace is refused, as by the system."""
    plain, made = os.open, workspace.make_folder

    def opened(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if str(path).startswith(str(agency)) and flags & (os.O_RDWR | os.O_WRONLY):
            raise OSError(request.param, os.strerror(request.param))
        return plain(path, flags, *rest, **more)

    def folder(path: Path) -> None:
        if str(path).startswith(str(agency)):
            raise OSError(request.param, os.strerror(request.param))
        made(path)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(workspace, "make_folder", folder)
    return agency


def test_a_dry_run_works_and_touches_nothing(read_only: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(read_only)
    assert run(["assess", "2026-12", "--dry-run", "--json", "-w", str(read_only)]) == 0
    assert '"status": "dry_run"' in capsys.readouterr().out
    assert run(["reconcile", "2026-11", "--dry-run", "-w", str(read_only)]) == 0
    assert tree(read_only) == before


def test_a_run_says_what_to_do(read_only: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assess", "2026-12", "--lang", "zh", "-w", str(read_only)]) == 2
    told = capsys.readouterr().err
    assert "工作区不可写" in told
    assert "--dry-run" in told


def test_a_dry_run_waits_for_nobody_but_a_writer(read_only: Path) -> None:
    handle = os.open(read_only / lock.LOCK_NAME, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        assert run(["assess", "2026-12", "--dry-run", "-w", str(read_only)]) == 0
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert run(["assess", "2026-12", "--dry-run", "-w", str(read_only)]) == 75
    finally:
        os.close(handle)


def test_a_dry_run_of_a_workspace_that_may_be_written_leaves_no_folders(tmp_path: Path) -> None:
    folder = make(tmp_path / "a")
    before = {p for p in folder.rglob("*") if p.name != lock.LOCK_NAME}
    assert nxmed("assess", "2026-11", "--dry-run", "-w", folder).returncode == 0
    assert {p for p in folder.rglob("*") if p.name != lock.LOCK_NAME} == before
