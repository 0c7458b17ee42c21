"""导出文件落盘 (the folder of an exported batch): built hidden beside its place, fsynced, renamed in one step.

The store records the export first; what a crash keeps from its place is put there by the next export, the same bytes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from nxmed.errors import IntegrityError
from nxmed.io.disk import disk_errors
from nxmed.io.failpoint import failpoint
from nxmed.io.files import FILE_MODE, FOLDER_MODE, TEMP_PREFIX, make_folder, owner_alive, sync_folder, sync_tree
from nxmed.io.workspace import Workspace

EXPORT_POINTS = (
    "export.folder", "export.write", "export.written", "export.recorded", "export.place", "export.placed", "export.replace",
)
"""Fault points of an export's files (those before export.recorded leave the store as it was)."""


def folder_of(ws: Workspace, period: str, bat_no: str) -> Path:
    """outbox/2026-12/payout/<bat_no>."""
    return ws.outbox / period / "payout" / bat_no


def stage(ws: Workspace, period: str, bat_no: str, files: Mapping[str, bytes]) -> Path:
    """在旁边写好 (a hidden folder with every file, rights 0600 and 0700, on the disk). Leavings of dead processes go."""
    with disk_errors():
        place = folder_of(ws, period, bat_no)
        make_folder(place.parent)
        _sweep(place.parent)
        staged = place.parent / f"{TEMP_PREFIX}{os.getpid()}-{bat_no}"
        shutil.rmtree(staged, ignore_errors=True)
        failpoint("export.folder")
        staged.mkdir(mode=FOLDER_MODE)
        for name, content in sorted(files.items()):
            failpoint("export.write")
            with open(os.open(staged / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as stream:
                stream.write(content)
        sync_tree(staged)
        failpoint("export.written")
        return staged


def differing(ws: Workspace, period: str, bat_no: str, files: Mapping[str, bytes]) -> tuple[list[str], list[str]]:
    """与在位文件比对: names that are missing, and names that differ or that no export made."""
    place = folder_of(ws, period, bat_no)
    there = {p.relative_to(place).as_posix(): p for p in place.rglob("*") if not p.is_dir()} if place.is_dir() else {}
    missing = sorted(set(files) - set(there))
    wrong = [n for n, p in sorted(there.items()) if p.is_symlink() or n not in files or p.read_bytes() != files[n]]
    return missing, wrong


def place(ws: Workspace, period: str, bat_no: str, staged: Path, missing: list[str]) -> None:
    """放到位 (the whole folder by one rename; into a folder that is there, each missing file by rename)."""
    with disk_errors():
        target = folder_of(ws, period, bat_no)
        failpoint("export.place")
        if not target.is_dir():
            os.rename(staged, target)
        else:
            for name in missing:
                failpoint("export.replace")
                os.replace(staged / name, target / name)
            sync_folder(target)
            shutil.rmtree(staged)
        sync_folder(target.parent)
        failpoint("export.placed")


def discard(staged: Path) -> None:
    """撤掉没有用上的文件."""
    shutil.rmtree(staged, ignore_errors=True)


def refuse_strange(bat_no: str, wrong: list[str]) -> None:
    """在位的文件不是导出的那些 (IntegrityError, exit 7)."""
    if wrong:
        raise IntegrityError(
            f"批次 {bat_no} 的导出文件夹里有被改动或不是导出的文件：{'、'.join(wrong[:5])}",
            "查明是谁改的；删除这些文件后再导出，会放回同样的文件",
            text_en=f"batch {bat_no}: files in its folder were changed or come from no export: {', '.join(wrong[:5])}",
            hint_en="find out who changed them; delete them and export again: the same files are put back")


def _sweep(folder: Path) -> None:
    for old in folder.glob(f"{TEMP_PREFIX}[0-9]*"):
        if not owner_alive(old.name.removeprefix(".")) and old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
