"""nxmed assist: 医疗救助."""

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
    """医疗救助：按现有身份和结算重算年度，差额列入付款项、待申请或追回。医疗救助规程第十至二十条、第三十六条。"""
    del lang
    from nxmed.cli import render
    from nxmed.cli.text import Steps
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import month
    from nxmed.pipelines.assist import run_assist

    with Steps(quiet=json_).running() as steps:
        outcome = run_assist(find(workspace), month(period), dry_run=dry_run, progress=steps)
    render.conclude(outcome, _show, strict=strict, json=json_, next_commands=_next(outcome))


def _next(outcome: Any) -> list[str]:
    from nxmed.kernel.period import Period

    if outcome.status == "dry_run":
        return [f"nxmed assist {outcome.period}"]
    return [f"nxmed assist {Period.parse(outcome.period) + 1}"]


WORDS = {
    "due": ("应救助", "due"), "nothing_due": ("未达标准", "nothing due"), "not_referred": ("未规范转诊", "not referred"),
    "no_standard": ("身份无标准", "no standard"), "no_identity": ("无身份", "no identity"), "refunded": ("已退费", "refunded"),
}


def _show(outcome: Any) -> None:
    from nxmed.cli import render
    from nxmed.cli.text import count, out, table
    from nxmed.kernel.money import yuan_grouped

    facts = outcome.facts
    out(render.head(outcome, "医疗救助", "assist", [render.region(outcome)]))
    rows = [
        [t(*WORDS[name]), count(row["n"]), *[yuan_grouped(row[c]) for c in ("base_fen", "ordinary_fen", "tilt_fen", "paid_fen")]]
        for name, row in facts["classes"].items()
    ]
    out("", table([(t("分类", "class"), "left"), (t("项数", "items"), "right"), (t("救助基数", "base"), "right"),
                   (t("应救助", "ordinary"), "right"), (t("应倾斜", "tilt"), "right"), (t("已付", "paid"), "right")], rows))
    out(t(f"付款项 {count(facts['payout_items'])} 笔 {yuan_grouped(facts['payout_fen'])} 元；"
          f"待申请 {count(facts['claimable_items'])} 笔 {yuan_grouped(facts['claimable_fen'])} 元；"
          f"须追回 {yuan_grouped(-facts['overpaid_fen'])} 元；返贫预警 {count(facts['watched'])} 人",
          f"payout items {count(facts['payout_items'])}: {yuan_grouped(facts['payout_fen'])} yuan; "
          f"claimable {count(facts['claimable_items'])}: {yuan_grouped(facts['claimable_fen'])}; "
          f"to recover {yuan_grouped(-facts['overpaid_fen'])}; watched {count(facts['watched'])}"), "")
