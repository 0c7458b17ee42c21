"""个人信息 (what the whole demo writes and says): no identity number and no account in full outside the bank files.

Left out on purpose: the inbox (others' files), the rejected rows that go back to their sender as they came, and the data itself
(Parquet, DuckDB, SQLite: folders 0700, files 0600).
"""

from __future__ import annotations

import re
import subprocess
import zipfile
import zlib
from pathlib import Path

import pytest
import small

IDENTITY = re.compile(rb"(?<![0-9A-Za-z])[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx](?![0-9A-Za-z])")
ACCOUNT = re.compile(rb"(?<![0-9A-Za-z])62[0-9]{14,17}(?![0-9A-Za-z])")
DATA = (".parquet", ".duckdb", ".sqlite")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """The demo and what follows a month, with everything printed."""
    folder = tmp_path_factory.mktemp("privacy") / "demo"
    ws = folder / "ningxia"
    printed = b""
    lines = [["demo", folder], ["schedule", "--cron", "-w", ws], ["run", "tax-feed", "--period", "2026-12", "-w", ws],
             ["report", "2026-12", "-w", ws], ["status", "-w", ws], ["payout", "list", "-w", ws], ["archive", "2026-11", "-w", ws],
             ["sql", "select * from assistance_items", "-w", ws], ["check", folder, "-w", ws]]
    for words in lines:
        done = small.nxmed(*words, timeout=600)
        assert done.returncode in (0, 3, 6), (words, done.stderr)
        printed += done.stdout.encode() + done.stderr.encode()
        if words[0] == "demo":
            lines[-1][1] = sorted((ws / "inbox/2026-12").glob("*救助*"))[0]
    return folder, printed


def content(path: Path) -> bytes:
    """What a reader would see: workbooks unpacked, streams of a PDF inflated."""
    data = path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return b"\n".join(book.read(n) for n in book.namelist())
    if path.suffix == ".pdf":
        return data + b"".join(_inflated(s) for s in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL))
    return data


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def exempt(path: Path) -> bool:
    bank = path.parent.parent.name == "payout" and path.suffix in (".csv", ".txt", ".xml")
    return bank or "inbox" in path.parts or "quarantine" in path.parts or path.suffix in DATA or path.name.endswith(".tar.gz")


def test_files(said: tuple[Path, bytes]) -> None:
    folder, _ = said
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    found = {str(p.relative_to(folder)): n for p in files if not exempt(p)
             and (n := len(IDENTITY.findall(c := content(p))) + len(ACCOUNT.findall(c)))}
    assert found == {}
    kinds = {p.suffix for p in files if not exempt(p)}
    assert {".xlsx", ".html", ".pdf", ".jsonl", ".json", ".log"} <= kinds  # there was something to look at


def test_screens(said: tuple[Path, bytes]) -> None:
    _, printed = said
    assert len(printed) > 10_000
    assert IDENTITY.findall(printed) == []
    assert ACCOUNT.findall(printed) == []


def test_the_bank_files_do_hold_them_so_the_search_can_find(said: tuple[Path, bytes]) -> None:
    folder, _ = said
    bank = [p for p in folder.rglob("payout/*/*.csv") if "outbox" in p.parts]
    assert bank
    assert any(ACCOUNT.search(p.read_bytes()) for p in bank)
    rejected = [p for p in folder.rglob("*.xlsx") if "quarantine" in p.parts]
    assert any(IDENTITY.search(content(p)) for p in rejected)


def test_rights(said: tuple[Path, bytes]) -> None:
    folder, _ = said
    ws = folder / "ningxia"
    open_ = [str(p.relative_to(ws)) for p in ws.rglob("*") if not p.is_symlink() and "inbox" not in p.relative_to(ws).parts and p.suffix != ".pub"
             and p.stat().st_mode & 0o077]
    assert open_ == []
    assert subprocess.run(["find", str(ws), "-perm", "/077", "-name", "payouts*"], capture_output=True, text=True, check=True).stdout == ""
