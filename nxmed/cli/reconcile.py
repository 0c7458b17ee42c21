"""nxmed reconcile: 到账对账."""

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
    """税务到账与国库对账单核对无误后入账，匹配应缴，出对账表（第二十一、二十二、二十五条，社会保险法第八十六条）。"""
    del lang
    from nxmed.cli import render
    from nxmed.cli.text import Steps
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import month
    from nxmed.pipelines.reconcile import run_reconcile

    with Steps(quiet=json_).running() as steps:
        outcome = run_reconcile(find(workspace), month(period), dry_run=dry_run, progress=steps)
    render.conclude(outcome, _show, strict=strict, json=json_, next_commands=_next(outcome))


def _next(outcome: Any) -> list[str]:
    from nxmed.kernel.period import Period

    if outcome.status == "dry_run":
        return [f"nxmed reconcile {outcome.period}"]
    return [f"nxmed assess {Period.parse(outcome.period) + 1}"]


def _show(outcome: Any) -> None:
    from nxmed.cli import render
    from nxmed.cli.text import count, out, table
    from nxmed.kernel.money import yuan_grouped

    out(render.head(outcome, "到账对账", "reconcile", [render.region(outcome)]))
    rows = []
    for line in outcome.statement:
        sign = {"sum": "=", "plus": "+", "minus": "−", "start": "", "check": "✔" if not line["amount_fen"] else "✘"}[line["kind"]]
        rows.append([sign, t(line["zh"], line["en"]), "" if line["count"] is None else count(line["count"]),
                     yuan_grouped(line["amount_fen"]),
                     t(line.get("note", ""), line.get("note_en", line.get("note", "")))])
    out("", table([("", "left"), (t("对账表", "statement"), "left"), (t("笔数", "count"), "right"), (t("金额", "amount"), "right"),
                   (t("说明", "note"), "left")], rows), "")
