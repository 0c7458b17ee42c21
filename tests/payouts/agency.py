"""一个付款机构 (a workspace with published payout items, an account register, three people and their keys)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from nxmed.io.resources import tables
from nxmed.io.runs import Request, RunBuilder, recover
from nxmed.io.workspace import Workspace, init, open_workspace
from nxmed.kernel.period import Period

MONTH = "2026-11"
PEOPLE = {"zhang": ("submit",), "li": ("review",), "wang": ("approve",)}
STEPS = ("submit", "review", "approve")
ACCOUNT_COLUMNS = ("ptcp_type", "ptcp_code", "used_type", "begndate", "bankacct", "acctname", "bankcode", "bank_name", "acct_type",
                   "fin_actv_flag", "enddate", "certno", "hif_acct_type", "fund_pay_type")


def item(item_id: str, payee: str, fen: int, **over: Any) -> dict[str, Any]:
    """一个付款项 (assist, 610100, agency 640104)."""
    return {"item_id": item_id, "source": "assist", "source_key": f"K{item_id}", "fund_pay_type": "610100", "payee_type": "2",
            "payee_code": payee, "amt": fen, "insu_admdvs": "640104", "rule": "NXJZ-14.2", **over}


def account(payee: str, number: str = "", **over: str) -> dict[str, str]:
    """一行账户登记."""
    return {**dict.fromkeys(ACCOUNT_COLUMNS, ""), "ptcp_type": "2", "ptcp_code": payee, "used_type": "2", "begndate": "2026-01-01",
            "bankacct": number or f"90{sum(map(ord, payee)):08d}", "acctname": f"户{payee}", "acct_type": "1", "fin_actv_flag": "1", **over}


def publish(ws: Workspace, items: Sequence[Mapping[str, Any]], month: str = MONTH, command: str = "assist") -> str:
    """发布付款项 (as a run of the month; a new one when there is one already). Gives the run_id."""
    period = Period.parse(month)
    frame = pl.DataFrame([dict(i) for i in items], schema=tables()["payout_items"].schema())
    digest = str(hash(tuple(map(str, frame.rows())))).lstrip("-").zfill(64)[:64]
    source = {"contract": "settlements", "path": f"inbox/{month}/x.csv", "month": month, "sha256": digest, "bytes": 1, "rows_read": 1,
              "accepted": 1, "rejected": 0, "duplicates": 0}
    with ws.lock(command):
        recover(ws)
        with RunBuilder(ws, Request(command, period, {}, [source], ws.policy_sha(period))) as run:
            for table in tables().values():
                if command in table.commands:
                    run.table(table.id, frame if table.id == "payout_items" else table.empty())
            run.equations([])
            run.facts({})
            made = run.publish()
    assert made is not None
    return made.run_id


def register(ws: Workspace, accounts: Sequence[Mapping[str, str]], month: str = MONTH, name: str = "bank_accounts.csv") -> None:
    """写账户登记."""
    path = ws.inbox / month / name
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [",".join(ACCOUNT_COLUMNS)] + [",".join(a[c] for c in ACCOUNT_COLUMNS) for a in accounts]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def agency(folder: Path, items: Sequence[Mapping[str, Any]] = (), accounts: Sequence[Mapping[str, str]] = ()) -> Workspace:
    """建立工作区, publish items, write the register."""
    ws = init(folder, "ningxia")
    if items:
        publish(ws, items)
    if accounts:
        register(ws, accounts)
    return ws


def make_key(folder: Path, name: str) -> Path:
    """一把新密钥."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True)
    return path


def staff(ws: Workspace, keys: Path, people: Mapping[str, Sequence[str]] = PEOPLE, options: str = 'namespaces="nxmed-payout"') -> Workspace:
    """人员、岗位与密钥登记 (keys: folder with a key named as each person)."""
    config = ws.config_path.read_text(encoding="utf-8").partition("# -- people\n")[0] + "# -- people\n"
    for person, roles in people.items():
        listed = ", ".join(f'"{r}"' for r in roles)
        config += f'[people.{person}]\nname = "{person}"\nroles = [{listed}]\n'
    ws.config_path.write_text(config, encoding="utf-8")
    signers(ws, [(p, options, keys / p) for p in people])
    return open_workspace(ws.path)


def signers(ws: Workspace, lines: Sequence[tuple[str, str, Path]]) -> None:
    """写 allowed_signers (person, options, key file)."""
    path = ws.path / "allowed_signers"
    path.write_text("".join(f"{who} {options} {public(key)}\n" for who, options, key in lines), encoding="utf-8")
    path.chmod(0o600)


def public(key: Path) -> str:
    """公钥的类型和内容."""
    return " ".join(key.with_name(f"{key.name}.pub").read_text().split()[:2])


def copy_of(ws: Workspace, folder: Path) -> Workspace:
    """工作区的副本 (the same state in another folder)."""
    shutil.copytree(ws.path, folder)
    return open_workspace(folder)
