"""收拾中断 (recovery): what a killed process left behind is removed or completed by the next command."""

from __future__ import annotations

import json
import shutil

from nxmed.io import catalogue, deliveries
from nxmed.io.disk import disk_errors
from nxmed.io.files import remove_empty, write_bytes
from nxmed.io.run_store import BUILDING_PREFIX, HEAD_NAME, Run, head, runs, tip
from nxmed.io.workspace import Workspace


def recover(ws: Workspace) -> list[str]:
    """收拾上次中断 (under the lock): half-built runs away, the head advanced by the run that was just renamed, copies
    and catalogue completed. Names of what was healed; nothing to do costs a few milliseconds."""
    with disk_errors():
        for building in list(ws.runs.glob(f"*/*/{BUILDING_PREFIX}*")):
            shutil.rmtree(building, ignore_errors=True)
            remove_empty(building.parent)
            remove_empty(building.parent.parent)
        deliveries.sweep(ws)
        healed = []
        all_runs = runs(ws)
        if _advance_head(ws, all_runs):
            healed.append(HEAD_NAME)
        tip(ws)
        healed += deliveries.heal(ws, all_runs)
        if catalogue.is_stale(ws):
            catalogue.rebuild(ws)
            healed.append(ws.catalogue_path.name)
        return healed


def _advance_head(ws: Workspace, all_runs: list[Run]) -> bool:
    top = head(ws)
    last = max(all_runs, key=lambda r: r.seq, default=None)
    if last is None or last.seq != top["seq"] + 1:
        return False
    if last.manifest["previous"]["manifest_sha256"] != top["manifest_sha256"]:
        return False
    following = {"seq": last.seq, "run": last.name, "manifest_sha256": last.manifest_sha}
    write_bytes(ws.runs / HEAD_NAME, json.dumps(following, ensure_ascii=False, indent=1).encode())
    return True
