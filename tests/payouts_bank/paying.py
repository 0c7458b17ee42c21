"""付到导出为止 (a workspace with an approved or exported batch, made once and copied)."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import polars as pl
from agency import PEOPLE, STEPS, account, agency, copy_of, item, register, staff

from nxmed.io import payout_store
from nxmed.io.workspace import Workspace, open_workspace
from nxmed.kernel.period import Period
from nxmed.pipelines.payout_build import build_payout
from nxmed.pipelines.payout_export import export_batch
from nxmed.pipelines.payout_return import ReturnOutcome, import_returns
from nxmed.pipelines.payout_steps import sign_step

FEN = {"P1": 10001, "P2": 20002, "P3": 30003, "P4": 40004}
"""100.01 + 200.02 + 300.03 + 400.04 = 1000.10 元, one item each, row 1 to 4"""
ACCOUNTS = {p: f"622202020011220000{p[1]}" for p in FEN}
PAYER = "6400123456789012"
HEADER = "bat_no,pay_sn,pay_stas,tran_date,bank_sn,ret_code,pay_fail_desc,ret_amt"
BAT, NEXT = "2611A61010064010401", "2612A61010064010401"


def registered(payer: bool = True, **names: str) -> list[dict[str, str]]:
    """账户登记 of the four persons and the agency."""
    rows = [account(p, ACCOUNTS[p], acctname=names.get(p, f"样例{p[1]}")) for p in FEN]
    if payer:
        rows.append(account("640104", PAYER, ptcp_type="6", acctname="某区医保中心", hif_acct_type="2", acct_type="2", bankcode="102100099996"))
    return rows


def make(folder: Path, keys: Path, *, state: str = "approved", accounts: Sequence[dict[str, str]] | None = None) -> Workspace:
    """建立工作区, its one batch in that state."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    ws = copy_of(_published(), folder)
    register(ws, accounts or registered())
    ws = staff(ws, keys)
    build_payout(ws, Period.parse("2026-11"), "assist")
    sign(ws, keys, BAT, state)
    return ws


@cache
def _published() -> Workspace:
    """已发布付款项的工作区 (made once; copies of it are used)."""
    folder = Path(mkdtemp(prefix="nxmed-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return agency(folder / "ws", [item(f"I{p}", p, fen) for p, fen in FEN.items()])


def sign(ws: Workspace, keys: Path, bat_no: str, state: str) -> None:
    """签到某个状态."""
    reached = {"draft": 0, "submitted": 1, "reviewed": 2, "approved": 3, "exported": 3}[state]
    for step, person in list(zip(STEPS, PEOPLE, strict=True))[:reached]:
        sign_step(ws, bat_no, step, key=keys / person)
    if state == "exported":
        export_batch(ws, bat_no)


def answer(ws: Workspace, *rows: str, month: str = "2026-12", name: str = "bank_returns.csv", encoding: str = "utf-8") -> ReturnOutcome:
    """放回盘进收件箱 and take it in."""
    path = ws.inbox / month / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\n".join([HEADER, *rows]) + "\n").encode(encoding))
    return import_returns(ws, Period.parse(month))


def row(number: int, stas: str, bat_no: str = BAT, day: str = "2026-12-03", back: str = "", reason: str = "", bank: str = "") -> str:
    """一行回盘."""
    return f"{bat_no},{bat_no}{number:06d},{stas},{day},{bank},,{reason},{back}"


def states(ws: Workspace, bat_no: str = BAT) -> list[str]:
    """付款行的状态, by row."""
    with payout_store.reading(ws) as store:
        return list(store.lines(bat_no)["state"])


def batch_state(ws: Workspace, bat_no: str = BAT) -> str:
    """批次的状态."""
    with payout_store.reading(ws) as store:
        return str(store.batch(bat_no)["state"])


def store_of(ws: Workspace) -> dict[str, Any]:
    """拨付库的内容 (every table but the times of the log)."""
    with payout_store.reading(ws) as store:
        names = [r[0] for r in store.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'log%' ORDER BY 1")]
        return {n: sorted(map(repr, store.connection.execute(f"SELECT * FROM {n}"))) for n in names}


def again(ws: Workspace, keys: Path) -> pl.DataFrame:
    """重新编批 of the next month; its lines."""
    register(ws, registered(), month="2026-12")
    build_payout(ws, Period.parse("2026-12"), "assist")
    with payout_store.reading(ws) as store:
        return store.lines(NEXT)


def command(ws: Workspace, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """一条命令, in a process of its own."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("NXMED_", "LC_", "LANG"))}
    return subprocess.run([sys.executable, "-m", "nxmed", *words, "-w", str(ws.path)], text=True, capture_output=True, check=False,
                          encoding="utf-8", timeout=120, env={**clean, "PYTHONUTF8": "1", **(env or {})})


def reopened(ws: Workspace) -> Workspace:
    """同一工作区, read anew."""
    return open_workspace(ws.path)
