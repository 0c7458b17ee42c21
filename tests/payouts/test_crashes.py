"""崩溃: killed at any operation of build, steps, export and import, once or twice: nothing twice, nothing lost, nothing
falsely paid; and the real program killed at each of its write points."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import simulation
from agency import account, agency, copy_of, item, staff

from nxmed.io import payout_files, payout_store
from nxmed.io.payout_rows import PayoutStore
from nxmed.io.payout_store import PAYOUT_POINTS
from nxmed.io.workspace import Workspace
from nxmed.kernel.period import Period
from nxmed.pipelines.payout_build import build_payout
from nxmed.pipelines.payout_verify import verify_payouts

BAT = "2611A61010064010401"


@pytest.mark.parametrize("seed", range(14))
def test_killed_anywhere_once_or_twice(seed: int) -> None:
    simulation.play(seed, simulation.crashes_of(seed))


def test_the_same_seed_plays_the_same_game() -> None:
    first, second = simulation.play(3, (40, 61)), simulation.play(3, (40, 61))
    assert first.trace == second.trace
    assert first.bank.told == second.bank.told


def test_every_kind_of_operation_is_passed() -> None:
    passed = set(simulation.play(5).trace) | set(simulation.play(9).trace)
    assert set(PAYOUT_POINTS) | {"export.write", "export.recorded", "export.place", "fsync.folder", "return.judged", "store.rows",
                                 "store.state", "store.log"} <= passed


def test_the_game_notices_files_that_come_before_their_record() -> None:
    """A seeded fault: files in place before the export is recorded. The batch can still be rejected, and is paid twice."""
    staged = payout_files.stage

    def too_early(ws: Workspace, period: str, bat_no: str, files: Any) -> Path:
        made = staged(ws, period, bat_no, files)
        target = payout_files.folder_of(ws, period, bat_no)
        if not target.is_dir():
            shutil.copytree(made, target)
        return made

    with patch.object(payout_files, "stage", too_early):
        found = ""
        for seed in range(5, 12):
            try:
                trace = simulation.play(seed, fickle="0.5").trace
                simulation.play(seed, (trace.index("export.written") + 2,), fickle="0.5")
            except AssertionError as told:
                found = str(told)
            if "paid twice" in found:
                break
    assert "may be paid twice" in found
    assert f"seed {seed} crashes" in found


def test_without_its_guards_the_game_is_lost_and_with_the_index_alone_it_is_not() -> None:
    """A seeded fault: a build that forgets what is in batches already."""
    forget = patch.object(PayoutStore, "item_lines", lambda self, source: PayoutStore.frame(
        self, "SELECT i.item_id, i.amt, i.source_key, i.period, i.run_id, i.pay_sn, i.org_pay_sn, l.bat_no, i.live, l.state AS line_state, "
        "'' AS batch_state, '' AS fund_pay_type, '' AS insu_admdvs, l.payee_type, l.payee_code FROM line_items i JOIN lines l USING (pay_sn) "
        "WHERE 0 AND ?", (source,)))
    run = simulation.Run(2)
    with run.played(), forget:
        assert run.do(lambda: build_payout(run.ws, Period.parse("2026-12"), "assist"))
        assert not run.do(lambda: build_payout(run.ws, Period.parse("2026-12"), "assist"))  # GateError: the index refuses
        assert len(run.states()) == 1
        with patch.object(payout_store, "DDL", payout_store.DDL.replace("UNIQUE INDEX one_live_line", "INDEX one_live_line")):
            other = simulation.Run(2)
            other.do(lambda: build_payout(other.ws, Period.parse("2026-12"), "assist"))
            with pytest.raises(AssertionError, match="two live lines"):
                other.do(lambda: build_payout(other.ws, Period.parse("2026-12"), "assist"))
    for made in (run, other):
        shutil.rmtree(made.base)


# -- the real program, really killed


def program(ws: Workspace, point: str, *words: str) -> int:
    done = subprocess.run([sys.executable, "-m", "nxmed", "payout", *words, "-w", str(ws.path)], capture_output=True, check=False,
                          env={**os.environ, "NXMED_FAILPOINT": f"{point}:kill"} if point else dict(os.environ), timeout=300)
    return done.returncode


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Workspace:
    return staff(agency(tmp_path_factory.mktemp("ready") / "ws", [item("I1", "P1", 12345)], [account("P1")]), keys)


@pytest.mark.parametrize("point", PAYOUT_POINTS)
def test_a_build_killed_at_each_write_point(ready: Workspace, keys: Path, tmp_path: Path, point: str) -> None:
    ws = copy_of(ready, tmp_path / "ws")
    assert program(ws, point, "build", "2026-11", "--source", "assist") == -signal.SIGKILL
    before = verify_payouts(ws)
    assert before.problems == []
    assert before.batches == (0 if point == "payout.commit" else 1)
    again = program(ws, "", "build", "2026-11", "--source", "assist")
    assert again == (0 if point == "payout.commit" else 6)  # 6: nothing is open any more
    assert program(ws, "", "submit", BAT, "--key", str(keys / "zhang")) == 0  # whatever was left to do is done first
    after = verify_payouts(ws)
    assert (after.problems, after.notes, after.batches, after.signatures) == ([], [], 1, 1)


def test_a_store_left_empty_by_a_crash_is_begun_anew(ready: Workspace, tmp_path: Path) -> None:
    ws = copy_of(ready, tmp_path / "ws")
    (ws.path / "payouts.sqlite").touch(mode=0o600)
    assert verify_payouts(ws).problems == []
    assert build_payout(ws, Period.parse("2026-11"), "assist").status == "built"
    assert (ws.path / "payouts.sqlite").stat().st_mode & 0o777 == 0o600
    assert (ws.path / "payouts.log.jsonl").stat().st_mode & 0o777 == 0o600
