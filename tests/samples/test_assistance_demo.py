"""The demo from an item of assistance to the bank and back: two months, three keys made on the spot."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from nxmed.io.runs import newest, read_table
from nxmed.io.workspace import Workspace, open_workspace
from nxmed.kernel.period import Period
from nxmed.pipelines import demo_payout
from nxmed.pipelines.demo import prepare
from nxmed.pipelines.demo_payout import KEYS_NAME, RETURNS_NAME, assist_step, payout_step
from nxmed.pipelines.outcome import silent
from nxmed.pipelines.payout_show import batch_rows
from nxmed.pipelines.payout_verify import verify_payouts

MONTHS = ("2026-11", "2026-12")


def steps(ws: Workspace, month: str) -> list[dict[str, Any]]:
    """What the payout step tells of a month."""
    period = Period.parse(month)
    list(assist_step(ws, period, silent))
    return [dict(s.facts) for s in payout_step(ws, period, silent)]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, list[dict[str, Any]]]]:
    if shutil.which("ssh-keygen") is None:
        pytest.fail("ssh-keygen is needed here: install the OpenSSH client")
    ws = prepare(tmp_path_factory.mktemp("demo"), "ningxia")
    return ws, {month: steps(ws, month) for month in MONTHS}


def test_november_is_batched_signed_sent_and_answered(shown: tuple[Workspace, dict[str, list[dict[str, Any]]]]) -> None:
    """640104: 4800 + 7500 + 600 + 700 + 900 + 1200 + 48000 + (800 + 650.50) + 4000 = 69150.50 on nine lines; tilt 6300;
    640422: 3200. 300, 400 and 500 have no account that counts. The bank refuses the 600.00."""
    built, sent, answered = shown[1]["2026-11"]
    assert [(b["bat_no"], b["lines"], b["amt_fen"], b["again"]) for b in built["batches"]] == [
        ("2611A61010064010401", 9, 6_915_050, 0), ("2611A61010064042201", 1, 320_000, 0), ("2611A61010264010401", 1, 630_000, 0)]
    assert [(h["amt_fen"], h["reason"]) for h in built["held"]] == [
        (30_000, "no_account"), (40_000, "not_active"), (50_000, "no_account")]
    for batch in sent["batches"]:
        assert [s["step"] for s in batch["signed"]] == ["submit", "review", "approve"]
        assert len({s["person"] for s in batch["signed"]}) == 3
        assert {Path(f).suffix for f in batch["files"]} == {".csv", ".txt", ".xml", ".xlsx", ""}
    assert (answered["rows"], answered["accepted"], answered["refused"]) == (11, 11, 0)
    first = answered["batches"][0]["new"]
    assert first == {"failed": {"count": 1, "amt_fen": 60_000}, "paid": {"count": 8, "amt_fen": 6_855_050}}
    assert answered["reasons"] == [["failed", "户名不符", 1, 60_000]]


def test_december_pays_again_what_failed_and_what_came_back(shown: tuple[Workspace, dict[str, list[dict[str, Any]]]]) -> None:
    """700.00 comes back; the batch: 4000 + 1400 of December, 500 (its account is registered now), 600 and 700 again."""
    answered, built, sent = shown[1]["2026-12"]
    assert [b["new"] for b in answered["batches"]] == [{"returned": {"count": 1, "amt_fen": 70_000}}]
    assert [(b["bat_no"], b["lines"], b["amt_fen"], b["again"]) for b in built["batches"]] == [("2612A61010064010401", 5, 720_000, 2)]
    assert [h["amt_fen"] for h in built["held"]] == [30_000, 40_000]
    assert [b["state"] for b in sent["batches"]] == ["exported"]


def test_what_stands_at_the_end_proves_and_a_second_demo_changes_nothing(
    shown: tuple[Workspace, dict[str, list[dict[str, Any]]]]
) -> None:
    ws, _ = shown
    assert verify_payouts(ws).problems == []
    before = [(b["bat_no"], b["state"]) for b in batch_rows(ws)]
    assert [s for _, s in before] == ["closed", "closed", "closed", "exported"]
    for month in MONTHS:
        [again] = steps(open_workspace(ws.path), month)
        assert again["step"] == "standing"
    assert [(b["bat_no"], b["state"]) for b in batch_rows(ws)] == before
    assert sorted(p.name for p in (ws.path / KEYS_NAME).iterdir()) == sorted(
        n for a, *_ in demo_payout.PEOPLE for n in (a, f"{a}.pub"))
    assert ws.config_path.read_text("utf-8").count("[people.demo_") == 3
    for month in MONTHS:
        assert (ws.inbox / month / RETURNS_NAME).is_file()


def test_every_payout_item_of_both_months_is_paid_held_or_on_its_way(
    shown: tuple[Workspace, dict[str, list[dict[str, Any]]]]
) -> None:
    """79850.50 + 5400.00 = paid 6855050 + 320000 + 630000 − 70000 came back + 720000 on their way + 70000 held (fen)."""
    ws, _ = shown
    items = 0
    for month in MONTHS:
        run = newest(ws, "assist", Period.parse(month))
        assert run is not None
        items += int(read_table(run, "payout_items")["amt"].sum())
    assert items == 7_985_050 + 540_000
    assert items == 6_855_050 + 320_000 + 630_000 - 70_000 + 720_000 + 70_000


def test_without_ssh_keygen_it_stops_before_signing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_payout.shutil, "which", lambda name: None)
    ws = prepare(tmp_path, "ningxia")
    built, unsigned = steps(ws, "2026-11")
    assert [b["state"] for b in built["batches"]] == ["draft"] * 3
    assert unsigned == {"step": "unsigned"}
    assert not (ws.path / KEYS_NAME).exists()
    assert {b["state"] for b in batch_rows(ws)} == {"draft"}


def test_the_other_region_has_no_assistance(tmp_path: Path) -> None:
    ws = prepare(tmp_path, "dingxi")
    assert list(assist_step(ws, Period.parse("2026-11"), silent)) == []
    assert list(payout_step(ws, Period.parse("2026-11"), silent)) == []
