"""nxmed law list, show, check: what stands on the screen and in JSON, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nxmed.cli.law import app
from nxmed.cli.text import set_lang
from nxmed.errors import MissingInput, UsageError

RATES = """
[contribution.emp_rate]
values = [{ since = 2021-01-01, value = "0.08", source = "示例通知" }]
[contribution.psn_rate]
values = [{ since = 2021-01-01, value = "0.02", source = "示例通知" }]
"""


@pytest.fixture(autouse=True)
def _chinese(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.delenv("NXMED_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    set_lang("zh")
    yield
    set_lang(None)


def run(*words: str) -> int:
    code = app(args=list(words), standalone_mode=False, prog_name="nxmed law")
    return code if isinstance(code, int) else 0


def workspace(folder: Path, region: str, policy: str) -> str:
    (folder / "nxmed.toml").write_text(f'region = "{region}"\npoolarea_no = "640000"\n', "utf-8")
    (folder / "policy.toml").write_text(policy, "utf-8")
    return str(folder)


def test_show_prints_statement_numbers_docstring_and_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "nxjy-16") == 0
    text = capsys.readouterr().out
    for piece in ("NXJY-16", "第十六条", "宁医保规发〔2020〕2号", "contribution.base_floor_ratio", "0.60", "2026-11-20",
                  "art16_contribution_base", "恰为下限，按申报", "4000 < 5023", "用在"):
        assert piece in text


def test_show_as_json_and_in_english(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "DXTC-44", "--json") == 0
    about = json.loads(capsys.readouterr().out)
    assert {p["value"] for p in about["parameters"]} == {"60.00", "120.00"}
    set_lang("en")
    assert run("show", "DXTC-44") == 0
    assert "Supplement a year" in capsys.readouterr().out


def test_show_by_the_number_of_an_article(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for written in ("第十四条", "14", "第14条", " 第 14 条 "):
        assert run("show", written, "--region", "ningxia", "--json") == 0
        rules = [r["rule"] for r in json.loads(capsys.readouterr().out)]
        assert {"NXJY-14", "NXJZ-14.1", "NXJZ-14.5"} <= set(rules), written
        assert not [r for r in rules if r.startswith("DXTC")]
        assert ("NXQD-14" in rules) == (written == "14")  # 清单按项编号，不是条
    assert run("show", "第十四条（五）", "--region", "ningxia", "--json") == 0
    assert json.loads(capsys.readouterr().out)["rule"] == "NXJZ-14.5"
    folder = workspace(tmp_path, "dingxi", "")
    assert run("show", "四十四", "-w", folder) == 0  # 定西只有一条第四十四条：直接显示
    assert capsys.readouterr().out.startswith("DXTC-44  第四十四条")
    assert run("show", "第十四条", "--region", "ningxia") == 0
    assert "查看一条：nxmed law show NX" in capsys.readouterr().out


@pytest.mark.parametrize("words", [
    ("第九十九条", "--region", "ningxia"), ("16",), ("16", "--region", "beijing"), ("十十", "--region", "ningxia"), ("条",),
])
def test_show_of_an_article_that_is_not_there(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        run("show", *words)


def test_list_by_region_and_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--region", "dingxi", "--command", "assess", "--json") == 0
    rules = [r["rule"] for r in json.loads(capsys.readouterr().out)]
    assert rules == ["DXTC-9", "DXTC-10", "DXTC-11", "DXTC-13", "DXTC-43", "DXTC-44"]
    assert run("list") == 0
    text = capsys.readouterr().out
    assert all(code in text for code in ("NXJY-73", "NXJZ-14.5", "NXQD-55", "NXJG-32", "DXTC-68", "SIL-86"))


def test_list_of_nothing() -> None:
    with pytest.raises(UsageError):
        run("list", "--region", "beijing")
    with pytest.raises(MissingInput):
        run("list", "--command", "nothing")


def test_check_outside_a_workspace(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 0
    text = capsys.readouterr().out
    assert "没有不认识的键、空档或重叠" in text
    assert "contribution.emp_rate" in text


def test_check_of_a_workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = workspace(tmp_path, "ningxia", RATES)
    assert run("check", "-w", folder, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["status"], found["problems"], found["region"]) == ("ok", [], "ningxia")
    assert {w["key"] for w in found["wanted"]} == {"account.credit_rate", "settle.large_fee"}


@pytest.mark.parametrize(("region", "policy", "code", "said"), [
    ("ningxia", "", 4, "contribution.emp_rate"),
    ("ningxia", RATES.replace("psn_rate", "person_rate"), 2, "contribution.person_rate"),
    ("dingxi", "", 0, "没有不认识的键"),
])
def test_check_tells_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str], region: str, policy: str,
                                   code: int, said: str) -> None:
    assert run("check", "-w", workspace(tmp_path, region, policy)) == code
    assert said in capsys.readouterr().out
