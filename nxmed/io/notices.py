"""通知 (notices): an event as JSON on the standard input of one command, spooled first and sent again until it is taken.

An event holds codes, counts and months, never a name, an identity number or an account.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nxmed.io.files import make_folder, write_bytes
from nxmed.io.workspace import Workspace

SPOOL = "spool"
SCHEMA = "nxmed.event/1"
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Sent:
    """发送结果: how many were taken, how many are still in the spool, and why the first was not."""

    taken: int
    left: int
    why_zh: str = ""
    why_en: str = ""


def spool(ws: Workspace, kind: str, state: str, event: Mapping[str, Any]) -> None:
    """存入待发 (only when nxmed.toml names a command, and wants this state: ok, waiting or failed)."""
    if not ws.notify.command or state not in ws.notify.on:
        return
    folder = ws.path / SPOOL
    make_folder(folder)
    at = datetime.now().astimezone()
    content = {"schema": SCHEMA, "event": kind, "state": state, "at": at.isoformat(timespec="seconds"),
               "region": ws.region, "poolarea_no": ws.poolarea_no, **event}
    name = f"{at.strftime('%Y%m%dT%H%M%S%f')}-{kind}.json"
    write_bytes(folder / name, (json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n").encode())


def waiting(ws: Workspace) -> int:
    """待发几条."""
    return len(list((ws.path / SPOOL).glob("*.json")))


def send(ws: Workspace) -> Sent:
    """发送待发的, oldest first; stops at the first that the command does not take (exit other than 0)."""
    taken = 0
    spooled = sorted((ws.path / SPOOL).glob("*.json"))
    if not ws.notify.command:
        return Sent(0, len(spooled), "nxmed.toml 没有 [notify] command", "nxmed.toml has no [notify] command")
    for path in spooled:
        try:
            done = subprocess.run(list(ws.notify.command), input=path.read_bytes(), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS, check=False, cwd=ws.path)
        except OSError as problem:
            what = problem.strerror or type(problem).__name__
            return Sent(taken, len(spooled) - taken, f"通知命令起不来：{what}", f"the notify command does not start: {what}")
        except subprocess.TimeoutExpired:
            return Sent(taken, len(spooled) - taken, f"通知命令 {TIMEOUT_SECONDS} 秒没有结束",
                        f"the notify command did not end in {TIMEOUT_SECONDS} s")
        if done.returncode:
            return Sent(taken, len(spooled) - taken, f"通知命令退出码 {done.returncode}", f"the notify command exited {done.returncode}")
        path.unlink(missing_ok=True)
        taken += 1
    return Sent(taken, 0)
