"""体检 (nxmed doctor): is this machine, and this workspace, fit to run; each point with what to do."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nxmed import __version__
from nxmed.io.fonts import cjk_font
from nxmed.io.payout_store import path_of as payouts_path
from nxmed.io.run_store import runs
from nxmed.io.workspace import Workspace

PYTHON = (3, 11)
LIBRARIES = ("duckdb", "pandera", "polars", "pyarrow", "python-calamine", "rich", "typer", "xlsxwriter")
REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "glusterfs", "ceph", "lustre")
FREE = 2 << 30
STORAGE_AT_MOST = 64
"""DuckDB's storage version that every client from 1.0 on opens."""


@dataclass(frozen=True)
class Check:
    """一项: ok, note or bad; what was seen and what to do."""

    key: str
    level: str
    zh: str
    en: str
    do_zh: str = ""
    do_en: str = ""


def doctor(ws: Workspace | None, now: datetime) -> list[Check]:
    """逐项检查 (reads only; without a workspace only the machine)."""
    found = [*_python(), *_programs(), *_font(), *_clock(ws, now)]
    if ws is not None:
        found += [*_rights(ws), *_place(ws), *_catalogue(ws)]
    return found


def _python() -> Iterator[Check]:
    seen = platform.python_version()
    ok = sys.version_info >= PYTHON
    yield Check("python", "ok" if ok else "bad", f"Python {seen}，nxmed {__version__}", f"Python {seen}, nxmed {__version__}",
                "" if ok else "装 Python 3.11 或更新的", "" if ok else "install Python 3.11 or newer")
    wanted = _wanted()
    off = []
    for name in LIBRARIES:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Check(name, "bad", f"缺少 {name}", f"{name} is missing", "重新安装 nxmed", "install nxmed again")
            continue
        if not _fits(version, wanted.get(name, "")):
            off.append(f"{name} {version}（要 {wanted[name]}）")
    if off:
        yield Check("libraries", "bad", "版本不合：" + "、".join(off), "versions do not fit: " + ", ".join(off),
                    "按 constraints.txt 重新安装", "install again with constraints.txt")
    else:
        versions = "、".join(f"{n} {importlib.metadata.version(n)}" for n in ("polars", "duckdb", "pyarrow", "pandera"))
        yield Check("libraries", "ok", versions, versions.replace("、", ", "))


def _wanted() -> dict[str, str]:
    """What nxmed's own metadata asks for, by library."""
    try:
        asked = importlib.metadata.requires("nxmed") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    found = {}
    for line in asked:
        if "extra ==" not in line:
            match = re.match(r"([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?\s*(.*)", line)
            if match:
                found[match[1].lower()] = match[2].strip()
    return found


def _fits(version: str, wanted: str) -> bool:
    """A release against bounds such as ">=2.1,<3"."""
    def numbers(text: str) -> tuple[int, ...]:
        return tuple(int(n) for n in re.findall(r"[0-9]+", text)[:3])

    have = numbers(version)
    for bound in filter(None, wanted.split(",")):
        sign, limit = re.match(r"\s*(>=|<=|==|<|>|!=|~=)\s*(.*)", bound).groups()  # type: ignore[union-attr]
        at = numbers(limit)
        if (sign == ">=" and have < at) or (sign == "<" and have >= at) or (sign == "==" and have[: len(at)] != at):
            return False
    return True


def _programs() -> Iterator[Check]:
    keygen = shutil.which("ssh-keygen")
    if keygen is None:
        yield Check("ssh-keygen", "bad", "没有 ssh-keygen，不能签署拨付批次", "ssh-keygen is missing: no batch can be signed",
                    "安装 openssh-client（8.2 或更新）", "install openssh-client (8.2 or newer)")
        return
    said = subprocess.run([keygen, "-Y", "check-novalidate", "-n", "nxmed-payout", "-s", "/dev/null"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    knows = "unknown option" not in said.stderr.lower() and "illegal option" not in said.stderr.lower()
    yield Check("ssh-keygen", "ok" if knows else "bad", "ssh-keygen 能签名" if knows else "ssh-keygen 太旧，不认识 -Y",
                "ssh-keygen signs" if knows else "ssh-keygen is too old for -Y",
                "" if knows else "升级到 OpenSSH 8.2 或更新", "" if knows else "upgrade to OpenSSH 8.2 or newer")


def _font() -> Iterator[Check]:
    font = cjk_font()
    if font is None:
        yield Check("font", "note", "没有中文字体，月报出不来（其他命令不受影响）", "no Chinese font: no monthly report (nothing else needs it)",
                    "重新安装 nxmed（连同字体包），或安装系统字体 fonts-noto-cjk", "install nxmed again with its font package, or the system's fonts-noto-cjk")
    else:
        yield Check("font", "ok", f"中文字体 {font.name}", f"Chinese font {font.name}")


def _clock(ws: Workspace | None, now: datetime) -> Iterator[Check]:
    ends = [str(r.manifest["finished_at"]) for r in runs(ws)] if ws is not None else []
    latest = max(ends, key=datetime.fromisoformat, default="")
    if latest and datetime.fromisoformat(latest) > now:
        yield Check("clock", "bad", f"时钟慢了：已有 {latest} 的运行", f"the clock is slow: a run of {latest} is there",
                    "校准系统时间", "set the system clock right")
    else:
        yield Check("clock", "ok", f"时钟 {now.isoformat(timespec='minutes')}", f"clock {now.isoformat(timespec='minutes')}")


def _rights(ws: Workspace) -> Iterator[Check]:
    open_to = [p for p in (ws.path, ws.inbox, ws.runs, ws.outbox) if p.exists() and stat.S_IMODE(p.stat().st_mode) & 0o007]
    if open_to:
        yield Check("rights", "bad", f"其他账号能进入：{'、'.join(p.name for p in open_to)}", f"others may enter: {', '.join(p.name for p in open_to)}",
                    *[f"chmod 700 {' '.join(shlex.quote(str(p)) for p in open_to)}"] * 2)
    elif not os.access(ws.path, os.W_OK):
        yield Check("rights", "note", "本账号只能读这个工作区", "this account may only read the workspace", "要运行月度命令，换属主账号",
                    "run the monthly commands as its owner")
    else:
        yield Check("rights", "ok", "权限只给本账号", "rights: this account only")
    signers = ws.path / "allowed_signers"
    if signers.exists() and stat.S_IMODE(signers.stat().st_mode) & 0o022:
        yield Check("allowed_signers", "bad", "allowed_signers 别人能改", "others may change allowed_signers", f"chmod 600 {signers}", f"chmod 600 {signers}")


def _place(ws: Workspace) -> Iterator[Check]:
    kind = _filesystem(ws.path)
    if kind in REMOTE:
        yield Check("filesystem", "bad", f"工作区在网络文件系统上（{kind}），锁和数据库不可靠", f"the workspace is on {kind}: locks and SQLite are not reliable there",
                    "把工作区放到本机磁盘", "put the workspace on a local disk")
    else:
        yield Check("filesystem", "ok", f"文件系统 {kind or '未知'}", f"file system {kind or 'unknown'}")
    free = shutil.disk_usage(ws.path).free
    yield Check("disk", "bad" if free < FREE else "ok", f"磁盘剩 {free >> 30} GiB", f"{free >> 30} GiB free",
                "腾出空间" if free < FREE else "", "free some space" if free < FREE else "")


def _filesystem(path: Path) -> str:
    """The type of the mount that holds `path` (empty where the system does not say)."""
    best, kind = "", ""
    try:
        lines = Path("/proc/mounts").read_text("utf-8").splitlines()
    except OSError:
        return ""
    for line in lines:
        fields = line.split(" ")
        point = fields[1].replace("\\040", " ") if len(fields) > 2 else ""
        inside = str(path) == point or str(path).startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind


def _catalogue(ws: Workspace) -> Iterator[Check]:
    """The head of a DuckDB file: checksum 8 bytes, DUCK, then the storage version."""
    if ws.catalogue_path.is_file():
        with ws.catalogue_path.open("rb") as stream:
            head = stream.read(20)
        version = int.from_bytes(head[12:20], "little") if head[8:12] == b"DUCK" else 0
        ok = 0 < version <= STORAGE_AT_MOST
        yield Check("catalogue", "ok" if ok else "bad", f"目录的存储版本 {version}，DuckDB 1.0 起的客户端都能打开" if ok else f"目录打不开（存储版本 {version}）",
                    f"catalogue: storage version {version}, any DuckDB from 1.0 on opens it" if ok else f"catalogue of storage version {version}",
                    "" if ok else "运行任一 nxmed 月度命令重建", "" if ok else "any monthly nxmed command rebuilds it")
    store = payouts_path(ws)
    if store.is_file() and stat.S_IMODE(store.stat().st_mode) & 0o077:
        yield Check("payouts", "bad", "拨付库别人能读", "others may read the payout store", f"chmod 600 {store}", f"chmod 600 {store}")
