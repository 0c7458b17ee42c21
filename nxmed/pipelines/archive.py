"""归档与单独核验 (nxmed archive; nxmed verify --archive): a closed month as one file, proved without its workspace."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nxmed.errors import IntegrityError
from nxmed.io import archive, payout_store
from nxmed.io.run_store import Run, runs
from nxmed.io.workspace import Workspace, open_workspace
from nxmed.kernel.period import Period
from nxmed.pipelines.verify import Report, prove_run, verify


def archive_month(ws: Workspace, period: Period, folder: Path | None = None) -> archive.Packed:
    """归档一个月 (the workspace is verified first: what does not hold is not archived; IntegrityError, exit 7)."""
    with ws.lock("archive"):
        report = verify(ws)
        if report.problems:
            first = report.problems[0]
            raise IntegrityError(f"工作区核验未过，不归档：{first.where}：{first.zh}", "nxmed verify 列出全部问题，先处理",
                                 text_en=f"The workspace does not verify: {first.where}: {first.en}", hint_en="nxmed verify lists every problem")
        return archive.pack(ws, period, folder or ws.path / "archive")


def verify_archive(path: Path) -> tuple[Report, Mapping[str, Any]]:
    """单独核验一份归档 (unpacked into a private folder: hashes, its stretch of the chain, sums, equations, payouts)."""
    with tempfile.TemporaryDirectory(prefix="nxmed-") as private:
        folder = Path(private) / "month"
        header = archive.unpack(path, folder)
        ws = open_workspace(folder)
        report = Report(files=len(header["files"]))
        chain = list(header["chain"])
        _links(chain, report)
        found = {r.name: r for r in runs(ws)}
        listed = {str(c["run"]): str(c["manifest_sha256"]) for c in chain}
        for run in found.values():
            report.runs += 1
            if listed.get(run.name) != run.manifest_sha:
                report.problem("chain", run.name, "清单与归档所列的链不符", "the manifest is not the one of the chain")
            prove_run(run, report)
        _missing(chain, found, str(header["period"]), report)
        if payout_store.exists(ws):
            _payouts(ws, str(header["period"]), report)
        return report, header


def _links(chain: list[Mapping[str, Any]], report: Report) -> None:
    for before, after in itertools.pairwise(chain):
        if after["seq"] != before["seq"] + 1 or after["previous"]["manifest_sha256"] != before["manifest_sha256"]:
            report.problem("chain", str(after["run"]), "归档里的链断开", "the chain in the archive breaks")


def _missing(chain: list[Mapping[str, Any]], found: Mapping[str, Run], period: str, report: Report) -> None:
    for link in chain:
        if str(link["run"]).split("/")[1] == period and link["run"] not in found:
            report.problem("chain", str(link["run"]), "链上本月的运行不在归档里", "a run of the month is not in the archive")


def _payouts(ws: Workspace, period: str, report: Report) -> None:
    """Batches of the month: their lines, signatures and exported files."""
    from nxmed.pipelines.payout_show import batch_rows
    from nxmed.pipelines.payout_verify import verify_payouts

    for row in batch_rows(ws):
        if row["period"] != period:
            continue
        found = verify_payouts(ws, str(row["bat_no"]))
        report.equations += found.equations
        for where, zh, en in found.problems:
            report.problem("payout", where, zh, en)


