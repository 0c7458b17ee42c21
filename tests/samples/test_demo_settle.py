"""The demo's way through settle: decisions taken once between the months, told in words, and examples that can be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from nxmed.cli import demo as screen
from nxmed.cli.main import run
from nxmed.io import resolutions
from nxmed.io.runs import newest, read_table
from nxmed.io.workspace import Workspace
from nxmed.kernel.period import Period
from nxmed.pipelines.demo import MONTHS, Shown, prepare, questions, resolve_step, settle_step
from nxmed.pipelines.outcome import silent

NOVEMBER, DECEMBER = (Period.parse(m) for m in MONTHS)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, list[Shown]]:
    ws = prepare(tmp_path_factory.mktemp("demo"), "dingxi")
    said = [s for month in (NOVEMBER, DECEMBER) for step in (settle_step, resolve_step) for s in step(ws, month, silent)]
    return ws, said


def test_three_differences_are_decided_between_the_months_and_carried_out(walked: tuple[Workspace, list[Shown]]) -> None:
    ws, said = walked
    assert [s.command for s in said] == ["settle", "settle resolve", "settle"]
    assert sorted(d["decision"] for d in said[1].facts["decisions"]) == ["agency", "provider", "reject"]
    done = newest(ws, "settle", DECEMBER)
    assert done is not None
    assert sorted(read_table(done, "statement_decisions")["state"]) == ["recognised", "recognised", "rejected"]


def test_again_decides_nothing_more(walked: tuple[Workspace, list[Shown]]) -> None:
    ws, _ = walked
    before = resolutions.read(ws).height
    assert list(resolve_step(ws, NOVEMBER, silent)) == []
    assert resolutions.read(ws).height == before == 3


def test_it_is_told_in_words(walked: tuple[Workspace, list[Shown]], capsys: pytest.CaptureFixture[str]) -> None:
    for shown in walked[1]:
        screen._tell(shown)
    told = capsys.readouterr().out
    for words in ("机构结算", "03 金额不符", "本月应付", "两月之间定了 3 笔", "按机构：与医院核对票据", "大额医疗费，列入会审（1）", "周转金"):
        assert words in told, words


def test_what_it_suggests_can_be_asked(walked: tuple[Workspace, list[Shown]], capsys: pytest.CaptureFixture[str]) -> None:
    ws, _ = walked
    asked = questions(ws)
    assert [q.split()[0] for q in asked] == ["settlement", "stay", "payable"]
    for question in asked:
        assert run(["explain", *question.split(), "-w", str(ws.path)]) == 0
        assert "重算一致" in capsys.readouterr().out


def test_the_place_of_the_workbooks_is_named(walked: tuple[Workspace, list[Shown]], capsys: pytest.CaptureFixture[str]) -> None:
    ws, _ = walked
    screen._where({"dingxi": ws})
    line = next(x for x in capsys.readouterr().out.splitlines() if "结算对账单" in x)
    assert f"{ws.outbox}/2026-12/" in line
    name = line.split("如 ")[1].rstrip("）")
    assert (Path(ws.outbox) / "2026-12" / name).is_file()
