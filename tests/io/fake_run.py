"""A small pipeline on the real run machinery: one inbox file of amounts in, findings and an outbox file out.

As a program: fake_run.py WORKSPACE PERIOD COMMAND [--then PERIOD FAILPOINT [SEED]] publishes PERIOD (rows shuffled by SEED),
then the other with the failpoint.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import polars as pl
import pytest

from nxmed.errors import NxmedError
from nxmed.io.files import sha256_of
from nxmed.io.resources import tables
from nxmed.io.runs import Request, Run, RunBuilder, plan, recover
from nxmed.io.workspace import Workspace, init, open_workspace
from nxmed.kernel import finding
from nxmed.kernel.period import Period
from nxmed.kernel.stage import Equation


def workspace(folder: Path, **months: str) -> Workspace:
    """A workspace with amounts in its inbox: workspace(p, m2026_12="100,250")."""
    ws = init(folder, "ningxia")
    for month, amounts in months.items():
        deliver(ws, month[1:].replace("_", "-"), amounts)
    return ws


def deliver(ws: Workspace, month: str, amounts: str) -> Path:
    path = ws.inbox / month / "amounts.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text(amounts.replace(",", "\n") + "\n")
    return path


def request(ws: Workspace, period: Period, command: str = "assess") -> Request:
    path = ws.inbox / period.text / "amounts.csv"
    source = {"contract": "amounts", "path": f"inbox/{period.text}/amounts.csv", "month": period.text, "sha256": sha256_of(path),
              "bytes": path.stat().st_size, "rows_read": 1, "accepted": 1, "rejected": 0, "duplicates": 0}
    return Request(command, period, {"region": ws.region, "as_of": "2026-11-30"}, [source], ws.policy_sha(period))


def publish(ws: Workspace, month: str, command: str = "assess", *, dry_run: bool = False, shuffle: int | None = None) -> Run | None:
    """Recover, plan, build, publish; None when up to date (or dry)."""
    period = Period.parse(month)
    with ws.lock(command):
        recover(ws)
        asked = request(ws, period, command)
        if plan(ws, asked).up_to_date:
            return None
        fen = [int(x) for x in (ws.inbox / month / "amounts.csv").read_text().split()]
        frame = pl.DataFrame({"ref_no": [f"{i:07d}" for i in range(len(fen))], "diff_amt": fen})
        if shuffle is not None:
            frame = frame.sample(fraction=1, shuffle=True, seed=shuffle)
        found = finding.collect([finding.make("WAGE_MISSING", frame, "样例")], command, month)
        with RunBuilder(ws, asked, dry_run=dry_run) as run:
            for table in tables().values():
                if command in table.commands and table.id != "findings":
                    run.table(table.id, table.empty())
            run.table("findings", found if shuffle is None else found.sample(fraction=1, shuffle=True, seed=shuffle))
            run.outbox(f"{command}_{month}.csv").write_text(f"total,{sum(fen)}\n")
            run.quarantine(f"{command}_拒收.parquet").write_bytes(b"PAR1 " + month.encode())
            run.equations([Equation("sum", "合计", {"in": sum(fen)}, {"out": sum(fen)})])
            run.facts({"total": sum(fen)})
            return run.publish()


def snapshot(ws: Workspace) -> dict[str, bytes]:
    """Every visible file but the catalogue (it is asked, not compared) with its bytes."""
    return {
        p.relative_to(ws.path).as_posix(): p.read_bytes()
        for p in sorted(ws.path.rglob("*"))
        if p.is_file() and p != ws.catalogue_path and not any(part.startswith(".") for part in p.relative_to(ws.path).parts)
    }


def hidden(ws: Workspace) -> list[str]:
    """Leavings: hidden files and folders other than the lock."""
    return sorted(p.relative_to(ws.path).as_posix() for p in ws.path.rglob(".*") if p.name != ".nxmed.lock")


TABLES = ("files", "findings", "rejects")
"""The tables of this pipeline: those that every command has."""


def stand_alone() -> pytest.MonkeyPatch:
    """One code digest whatever is saved in the checkout meanwhile, no tables and no equations of the rooms."""
    import nxmed.io.catalogue
    import nxmed.pipelines.verify  # noqa: F401 - patched by name below

    patch = pytest.MonkeyPatch()
    for module in ("fingerprint", "run_builder", "catalogue"):
        patch.setattr(f"nxmed.io.{module}.code_digest", lambda: "0" * 64)
    for name in set(tables()) - set(TABLES):
        patch.delitem(tables(), name)
    patch.setattr("nxmed.pipelines.verify.EQUATIONS", {})
    return patch


def main(words: list[str]) -> int:
    ws = open_workspace(Path(words[0]))
    try:
        first = publish(ws, words[1], words[2], shuffle=int(words[6]) if len(words) > 6 else None)
        if len(words) > 4 and words[3] == "--then":
            os.environ["NXMED_FAILPOINT"] = words[5]
            publish(ws, words[4], words[2])
    except NxmedError as problem:
        sys.stderr.write(problem.text + "\n")
        return problem.exit_code
    sys.stdout.write(json.dumps({"run": first.name if first else None}) + "\n")
    return 0


def serve() -> None:
    """One process per line of JSON words, forked from here after the slow imports and before any thread; its exit status back."""
    import duckdb  # noqa: F401
    import pandera.polars  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os._exit(main(json.loads(line)))
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    stand_alone()
    if sys.argv[1] == "--serve":
        serve()
    else:
        sys.exit(main(sys.argv[1:]))
