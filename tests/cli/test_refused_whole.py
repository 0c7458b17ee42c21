"""整份拒收的文件 (a file that can't be read at all): check makes the workbook for its sender, a month says how to get it."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from small import PERSONS, make, write

from nxmed.cli.main import run
from nxmed.cli.text import set_lang

WITHOUT = [line.rpartition(",")[0] for line in PERSONS]


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    set_lang("zh")
    code = run([str(w) for w in words])
    set_lang(None)
    told = capsys.readouterr()
    return code, told.out, told.err


def listed(path: Path) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(path)
    return [tuple(c.value for c in row) for row in book["问题清单"].iter_rows(min_row=2)]


@pytest.mark.parametrize(("content", "why"), [
    ("\n".join(WITHOUT).encode(), "缺少必需的列"), (b"\x00\x01\x02\x03" * 50, ""),
    (("\n".join(PERSONS) + "\n合计,5,,,,,,\n").encode()[:-3] + b"\xff\xfe", ""),
])
def test_check_writes_a_workbook_for_the_sender(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, why: str) -> None:
    path = tmp_path / "persons_1.csv"
    path.write_bytes(content)
    code, out, _ = said(capsys, "check", path)
    assert code == 3
    assert "整份拒收" in out
    assert "已生成 persons_1.问题.xlsx" in out
    rows = listed(tmp_path / "persons_1.问题.xlsx")
    assert rows
    assert all(r[0] == "persons_1.csv" and r[2] == "整份文件" and r[6] for r in rows)
    assert any(why in str(r[6]) for r in rows)


def test_a_dry_check_writes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "persons_1.csv", WITHOUT)
    assert said(capsys, "check", path, "--dry-run")[0] == 3
    assert list(tmp_path.iterdir()) == [path]


def test_a_month_that_refuses_files_says_how_to_tell_the_senders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make(tmp_path / "a", {"persons.csv": WITHOUT})
    code, _, told = said(capsys, "assess", "2026-11", "-w", folder)
    assert code == 3
    assert "nxmed check inbox/2026-11/persons.csv" in told
    write(folder / "inbox" / "2026-11" / "units.csv", ["emp_no", "E1"])
    code, _, told = said(capsys, "assess", "2026-11", "-w", folder)
    assert code == 3
    assert "nxmed check 文件" in told
    assert "inbox/2026-11/units.csv" in told
