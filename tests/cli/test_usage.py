"""Wrong words on the command line, help in both languages, and one JSON document whatever happens."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nxmed.cli import manual
from nxmed.cli.main import run
from nxmed.cli.text import language_in, set_lang

Says = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("NXMED_WORKSPACE", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    set_lang("zh")
    yield
    set_lang("zh")


@pytest.fixture
def says(capsys: pytest.CaptureFixture[str]) -> Says:
    def call(*words: str) -> tuple[int, str, str]:
        set_lang(language_in(words) or "zh")
        code = run(words)
        heard = capsys.readouterr()
        return code, heard.out, heard.err

    return call


@pytest.mark.parametrize(("words", "told"), [
    (("asses", "2026-12"), "没有这个命令：asses（是不是 assess、cases、assist？）"),
    (("law", "shw", "NXJY-16"), "没有这个命令：shw（是不是 show？）"),
    (("assess",), "缺少参数：YYYY-MM"),
    (("assess", "2026-12", "2026-11"), "多写了参数：2026-11"),
    (("assess", "2026-12", "--jso"), "没有这个选项：--jso（是不是 --json"),
    (("assess", "2026-12", "--as-of"), "选项 --as-of 后面要写一个值"),
    (("explain", "arrival", "T1", "x"), "参数 明细序号 的值不对：应为整数"),
    (("runs", "--lang", "fr"), "不认识的语言：fr"),
    (("check",), "缺少参数：文件…"),
])
def test_wrong_words_are_told_in_chinese_in_two_lines(says: Says, words: tuple[str, ...], told: str) -> None:
    code, out, err = says(*words)
    assert code == 2
    assert out == ""
    first, second = err.splitlines()
    assert first.startswith(f"✘ {told}")
    assert second.startswith("  → ")


@pytest.mark.parametrize("words", [
    ("assess",), ("asses",), ("assess", "2026-12", "--nope"), ("check",), ("explain",), ("init",), ("runs", "--lang", "fr"),
])
def test_a_usage_error_is_one_json_document_too(says: Says, words: tuple[str, ...]) -> None:
    code, out, _ = says(*words, "--json")
    told = json.loads(out)
    assert (code, told["exit_code"], told["status"]) == (2, 2, "error")
    assert told["message"]
    assert told["hint"]




PAGES = """
import sys
from nxmed.cli import text
text.set_lang(sys.argv[1])
from nxmed.cli.main import run
for path in sys.argv[2:]:
    print("PAGE", path, flush=True)
    assert run([*path.split(), "--help", "--lang", sys.argv[1]]) == 0
"""


def pages(language: str, paths: list[str]) -> dict[str, str]:
    told = subprocess.run([sys.executable, "-c", PAGES, language, *paths], capture_output=True, text=True, check=True,
                          env={**os.environ, "COLUMNS": "80"}).stdout
    split = [part.partition("\n") for part in told.split("PAGE ")[1:]]
    return {path.strip(): page for path, _, page in split}


def test_every_page_speaks_one_language() -> None:
    paths = ["", *manual.SHORT]
    for path, page in pages("zh", paths).items():
        assert "用法：nxmed" in page, path
        for english in ("Usage", "Options", "Arguments", "[required]", "Show this message"):
            assert english not in page, path
    for path, page in pages("en", [p for p in paths if p != "settle"]).items():
        assert "Usage: nxmed" in page, path
        assert not [c for c in page if "\u4e00" <= c <= "\u9fff"], path


def test_the_overview_cuts_no_line() -> None:
    for language in ("zh", "en"):
        for path, page in pages(language, ["", "law", "explain", "samples"]).items():
            assert not [x for x in page.splitlines() if "…" in x and not x.strip().startswith(("用法", "Usage"))], path


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """`nxmed --help | head -1`: the pipe is closed before anything is written."""
    done = subprocess.Popen([sys.executable, "-m", "nxmed", "law", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            cwd=tmp_path)
    assert done.stdout is not None
    done.stdout.close()
    assert done.stderr is not None
    told = done.stderr.read()
    done.stderr.close()
    assert done.wait(60) == 0
    assert told == b""


def test_demo_is_not_put_into_a_workspace_and_a_choice_of_nothing_is_6(says: Says, tmp_path: Path) -> None:
    folder = str(tmp_path / "w")
    assert says("init", folder, "--region", "dingxi")[0] == 0
    code, _, err = says("demo", folder)
    assert code == 2
    assert err.startswith("✘ 这里是工作区")
    assert says("runs", "-w", folder) == (0, "还没有运行\n", "")
    assert says("runs", "-w", folder, "-p", "2026-12")[0] == 6


def test_a_dry_check_writes_no_workbook_and_an_empty_file_is_told(says: Says, tmp_path: Path) -> None:
    head = "年度,单位编号,人员编号,申报日期,月工资\n"
    wrong, empty = tmp_path / "缴费工资申报_1.csv", tmp_path / "缴费工资申报_2.csv"
    wrong.write_text(head + "2026,E1,P1,2026-01-05,x\n")
    empty.write_text(head)
    assert says("check", str(wrong), "--dry-run")[0] == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == [wrong.name, empty.name]
    code, out, _ = says("check", str(empty))
    assert (code, "没有数据行" in out) == (0, True)


def test_a_workbook_that_cannot_be_written_hides_no_problem(
    says: Says, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> Path:
        raise OSError(errno.EROFS, "Read-only file system")

    wrong = tmp_path / "缴费工资申报_1.csv"
    wrong.write_text("年度,单位编号,人员编号,申报日期,月工资\n2026,E1,P1,2026-01-05,x\n")
    monkeypatch.setattr("nxmed.pipelines.check._write", refused)
    code, out, _ = says("check", str(wrong))
    assert code == 3
    assert "E211" in out
    assert "--out" in out.splitlines()[-1]


@pytest.mark.parametrize("words", [
    ("catalogue", "dues"), ("law", "list"), ("law", "show", "NXJY-16"), ("law", "check"), ("runs",), ("verify",), ("sql", "select 1"),
])
def test_the_options_of_every_command_are_taken_by_those_that_publish_nothing(
    says: Says, tmp_path: Path, words: tuple[str, ...]
) -> None:
    folder = str(tmp_path / "w")
    assert says("init", folder, "--region", "dingxi")[0] == 0
    code, out, _ = says(*words, "-w", folder, "--dry-run", "--json", "--lang", "zh")
    assert code == 0
    json.loads(out)
