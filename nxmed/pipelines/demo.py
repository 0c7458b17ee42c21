"""演示 (nxmed demo): the sample regions through two months, as an operator would run them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nxmed.errors import UsageError
from nxmed.kernel.period import Period
from nxmed.pipelines.outcome import Outcome, Progress, silent

if TYPE_CHECKING:
    from nxmed.io.workspace import Workspace

MONTHS = ("2026-11", "2026-12")
REGIONS = {"ningxia": "宁夏", "dingxi": "定西"}


@dataclass(frozen=True)
class Shown:
    """演示的一步: the workspace and what the command said."""

    ws: Workspace
    outcome: Outcome


def prepare(folder: Path, region: str) -> Workspace:
    """建立演示工作区 (init, sample inbox and policy; one made before is used again)."""
    from nxmed.io.resources import data_path
    from nxmed.io.workspace import CONFIG_NAME, init, open_workspace

    place = folder / region
    if (place / CONFIG_NAME).is_file():
        return open_workspace(place)
    if place.exists() and any(place.iterdir()):
        raise UsageError(f"文件夹不是空的：{place}", "换一个文件夹：nxmed demo 新文件夹",
                         text_en=f"the folder is not empty: {place}", hint_en="name another one: nxmed demo DIR")
    ws = init(place, region)
    source = data_path("samples") / region
    shutil.copytree(source / "inbox", ws.inbox, dirs_exist_ok=True)
    shutil.copyfile(source / "policy.toml", ws.policy_path)
    return ws


def run_demo(folder: Path, progress: Progress = silent) -> Iterator[Shown]:
    """逐条运行 (assess and reconcile of both months in both regions)."""
    from nxmed.pipelines.assess import run_assess
    from nxmed.pipelines.reconcile import run_reconcile

    if (folder / "nxmed.toml").exists():
        raise UsageError(f"这里是工作区，演示不放在里面：{folder}", "换一个文件夹：nxmed demo 新文件夹",
                         text_en=f"this is a workspace, no place for a demo: {folder}",
                         hint_en="name another folder: nxmed demo DIR")
    for region in REGIONS:
        ws = prepare(folder, region)
        for month in MONTHS:
            period = Period.parse(month)
            yield Shown(ws, run_assess(ws, period, progress=progress))
            yield Shown(ws, run_reconcile(ws, period, progress=progress))


def question(ws: Workspace) -> tuple[str, str] | None:
    """一个值得追问的例子 (bill and person of the last month's first line at the ceiling)."""
    import polars as pl

    from nxmed.io.runs import newest, scan_table

    run = newest(ws, "assess", Period.parse(MONTHS[-1]))
    if run is None:
        return None
    rows = scan_table(run, "assessment_lines").filter(pl.col("clctstd_crtf_rule_codg") == "3").sort("clct_bill_id", "psn_no")
    first = rows.select("clct_bill_id", "psn_no").head(1).collect().rows()
    return (str(first[0][0]), str(first[0][1])) if first else None
