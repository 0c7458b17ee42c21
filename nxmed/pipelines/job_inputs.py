"""作业的输入 (what a step read, and whether it is still so): the ground on which --resume may go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nxmed.io.files import sha256_of
from nxmed.io.inputs import listing, relative
from nxmed.io.job_runs import JobRun
from nxmed.io.reading import contract_of, is_data_file
from nxmed.io.run_store import runs
from nxmed.io.workspace import Workspace
from nxmed.kernel.job import Wait


def arrived(ws: Workspace, wait: Wait, months: Mapping[str, str]) -> bool:
    """文件到了没有 (at least one file of any of the contracts in that month's inbox)."""
    files = listing(ws.inbox).get(wait.month.format(**months), [])
    return any(_kind(p.name) in wait.contracts for p in files)


def foreign(ws: Workspace, wait: Wait) -> bool:
    """与本机构无关 (an optional file of which no month of the inbox has ever had one)."""
    return wait.optional and not any(_kind(p.name) in wait.contracts for files in listing(ws.inbox).values() for p in files)


def inputs_of(ws: Workspace, run_id: str) -> list[dict[str, str]]:
    """一次发布读了哪些文件 (path and sha256, as its manifest tells; none for a step that publishes nothing)."""
    for run in runs(ws):
        if run.run_id == run_id:
            return [{"path": str(i["path"]), "sha256": str(i["sha256"]), "month": str(i["month"]),
                     "contract": str(i["contract"])} for i in run.manifest["inputs"]]
    return []


def changed_since(ws: Workspace, earlier: JobRun, done: Iterable[str]) -> list[str]:
    """已完成步骤的输入有何变化 (files changed, gone or added since; empty when nothing did)."""
    found: set[str] = set()
    inbox = listing(ws.inbox)
    for step in done:
        inputs = list(earlier.steps[step].get("inputs", []))
        for entry in inputs:
            path = ws.inbox.parent / entry["path"]
            if not path.is_file() or sha256_of(path) != entry["sha256"]:
                found.add(entry["path"])
        seen = {e["path"] for e in inputs}
        for month, contract in {(e["month"], e["contract"]) for e in inputs}:
            found |= {relative(ws, p) for p in inbox.get(month, []) if _kind(p.name) == contract} - seen
    return sorted(found)


def _kind(name: str) -> str | None:
    """The contract that a file of this name brings."""
    found = contract_of(name) if is_data_file(name) else None
    return found.id if found is not None else None
