"""nxmed samples: the command line around the generator; what it writes goes through the product as it is."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import polars as pl
import pytest

from nxmed.cli.main import run


def test_generate_into_a_fresh_workspace_then_assess(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ws = tmp_path / "w"
    assert run(["init", str(ws), "--region", "ningxia"]) == 0
    assert run(["samples", "generate", str(ws), "--region", "ningxia", "--persons", "600", "--months", "1", "--seed", "4"]) == 0
    shown = capsys.readouterr().out
    assert "inbox/2026-11/persons.parquet" in shown
    assert run(["assess", "2026-11", "-w", str(ws), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "published"
    planted = pl.read_csv(ws / "planted.csv", infer_schema=False)
    wanted = planted.filter((pl.col("command") == "assess") & (pl.col("table") == "findings")).height
    [findings] = list(ws.glob("runs/assess/2026-11/*/**/findings.parquet"))
    assert pl.read_parquet(findings).height == wanted


def test_a_workspace_knows_its_region_and_the_next_command_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ws = tmp_path / "w"
    assert run(["init", str(ws), "--region", "dingxi"]) == 0
    capsys.readouterr()
    assert run(["samples", "generate", str(ws), "--persons", "0", "--months", "2", "--start", "2026-03"]) == 0
    [line] = [x for x in capsys.readouterr().out.splitlines() if x.startswith("下一步：")]
    assert line == f"下一步：nxmed assess 2026-03 -w {ws}"
    assert run(["assess", "2026-03", "-w", str(ws), "--dry-run"]) == 0


def test_without_a_workspace_the_region_must_be_named_and_the_way_to_one_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "甲 乙"
    assert run(["samples", "generate", str(folder), "--persons", "0", "--months", "1"]) == 2
    assert "--region" in capsys.readouterr().err
    assert not folder.exists()
    assert run(["samples", "copy", "ningxia", str(folder), "--json"]) == 0
    following = json.loads(capsys.readouterr().out)["next"]
    for command in following:  # as a person would paste them
        words = shlex.split(command)
        if words[0] == "nxmed":
            assert run([*words[1:], *(["--dry-run"] if words[1] == "assess" else [])]) == 0
        else:
            subprocess.run(words, check=True)
    assert [c.split()[0] for c in following] == ["nxmed", "cp", "nxmed"]


def test_generate_csv_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["samples", "generate", str(tmp_path / "x"), "--region", "dingxi", "--persons", "0", "--months", "1",
                "--start", "2026-03", "--format", "csv", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    rows = {f["path"]: f["rows"] for f in told["files"]}
    text = (tmp_path / "x/inbox/2026-03/units.csv").read_text("utf-8-sig").splitlines()
    assert text[0].startswith("单位编号,单位名称,统一社会信用代码")
    assert len(text) == rows["inbox/2026-03/units.csv"] + 1


def test_copy_and_refusals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["samples", "copy", "dingxi", str(tmp_path / "c")]) == 0
    assert (tmp_path / "c/inbox/2026-12/税务到账明细_12月.xlsx").is_file()
    capsys.readouterr()
    assert run(["samples", "copy", "dingxi", str(tmp_path / "c")]) == 2
    assert "不覆盖" in capsys.readouterr().err
    assert run(["samples", "generate", str(tmp_path / "d"), "--region", "dingxi", "--start", "11月"]) == 2
    assert not (tmp_path / "d").exists()
