"""交付 (what leaves a run folder): copies in outbox/<period>/ and quarantine/<period>/ of the newest runs.

The run folder keeps the originals; copies are put in place by rename, so that nobody ever sees half a file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from nxmed.io.failpoint import failpoint
from nxmed.io.files import TEMP_PREFIX, owner_alive, stage_copy, sync_folder
from nxmed.io.run_store import Run
from nxmed.io.workspace import Workspace

PLACES = ("outbox", "quarantine")
_NAME = re.compile(r"[0-9A-Za-z_一-龥（）][0-9A-Za-z_.\-一-龥（）]{0,120}")


def file_name(name: str) -> str:
    """文件名 (letters, digits, 汉字, _ - . only, no leading dot; ValueError otherwise)."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a file name for delivery: {name!r}")
    return name


def folder_of(ws: Workspace, place: str, period: str) -> Path:
    """outbox/2026-12 or quarantine/2026-12."""
    return {"outbox": ws.outbox, "quarantine": ws.quarantine}[place] / period


def targets(ws: Workspace, run: Run) -> dict[Path, tuple[Path, str]]:
    """某次运行的交付: place of the copy → (original, sha256)."""
    return {
        folder_of(ws, d["place"], run.period.text) / file_name(d["name"]): (
            run.folder / d["place"] / d["name"],
            d["sha256"],
        )
        for d in run.manifest.get("deliveries", [])
    }


def wanted(ws: Workspace, all_runs: list[Run]) -> dict[Path, tuple[Path, str]]:
    """应在的交付 (of the newest run of each command and period; a later run wins a shared name)."""
    latest = {(r.command, r.period): r for r in all_runs}
    found: dict[Path, tuple[Path, str]] = {}
    for run in sorted(latest.values(), key=lambda r: r.seq):
        found.update(targets(ws, run))
    return found


def stale(ws: Workspace, all_runs: list[Run]) -> list[Path]:
    """过期的交付 (copies that only a superseded run made)."""
    keep = wanted(ws, all_runs)
    return sorted({p for r in all_runs for p in targets(ws, r) if p not in keep and p.exists()})


def put(staged: list[tuple[Path, Path]]) -> None:
    """放到位 (rename each staged copy onto its target)."""
    for temp, target in staged:
        failpoint("outbox.replace")
        os.replace(temp, target)
        failpoint("outbox.replaced")
    for folder in sorted({target.parent for _, target in staged}):
        sync_folder(folder)


def heal(ws: Workspace, all_runs: list[Run]) -> list[str]:
    """补齐交付 (missing or differing copies again, superseded ones away); names of what was done."""
    done = []
    for target, (source, _) in sorted(wanted(ws, all_runs).items()):
        if not _same(source, target) and source.is_file():
            put([(stage_copy(source, target), target)])
            done.append(target.name)
    for path in stale(ws, all_runs):
        path.unlink(missing_ok=True)
        done.append(path.name)
    return done


def sweep(ws: Workspace) -> None:
    """清理临时文件 (of processes that are gone)."""
    folders = [
        ws.path,
        ws.runs,
        *[p for root in (ws.outbox, ws.quarantine) if root.is_dir() for p in (root, *root.iterdir())],
    ]
    for folder in folders:
        if folder.is_dir():
            for temp in folder.glob(f"{TEMP_PREFIX}[0-9]*"):
                if not owner_alive(temp.name.removeprefix(".")):
                    temp.unlink(missing_ok=True)


def _same(source: Path, target: Path) -> bool:
    try:
        a, b = source.stat(), target.stat()
    except FileNotFoundError:
        return False
    return (a.st_size, a.st_mtime_ns) == (b.st_size, b.st_mtime_ns)
