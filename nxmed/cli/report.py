"""nxmed report: 月报."""

from __future__ import annotations

from typing import Any

from nxmed.cli.options import DryRunOption, JsonOption, LangOption, PeriodArgument, StrictOption, WorkspaceOption
from nxmed.cli.text import t


def command(
    period: PeriodArgument,
    workspace: WorkspaceOption = None,
    dry_run: DryRunOption = False,
    strict: StrictOption = False,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """一页看完一个月：应征与到账、征缴率、差异、应付、救助、欠费，网页、PDF 和工作簿同一套数（第六十八、六十九条；救助第三十五条）。"""
    del lang
    from nxmed.cli import render
    from nxmed.cli.text import Steps
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import month
    from nxmed.pipelines.report import run_report

    with Steps(quiet=json_).running() as steps:
        outcome = run_report(find(workspace), month(period), dry_run=dry_run, progress=steps)
    render.conclude(outcome, _show, strict=strict, json=json_, next_commands=[])


def _show(outcome: Any) -> None:
    from nxmed.cli import render
    from nxmed.cli.text import out, table
    from nxmed.kernel.money import yuan_grouped

    out(render.head(outcome, "月报", "report", [render.region(outcome), t(f"近 {outcome.facts['months']} 个月", f"{outcome.facts['months']} months")]))
    rows = [[name, *("" if fen is None else yuan_grouped(fen) for fen in cells)] for name, *cells in outcome.facts["summary"]]
    out("", table([(t("项目", "item"), "left"), (t("本月", "this month"), "right"), (t("上月", "month before"), "right"),
                   (t("去年同月", "a year ago"), "right")], rows), "")
