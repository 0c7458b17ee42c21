"""nxmed cases: 办件."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nxmed.cli.options import DryRunOption, JsonOption, LangOption, PeriodArgument, StrictOption, WorkspaceOption
from nxmed.cli.text import t


def command(
    period: PeriodArgument,
    workspace: WorkspaceOption = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", show_default=False,
                                 help=t("截至哪一天看，默认该月最后一天", "the day as of which it is looked at; default: last day of the month"))
    ] = None,
    dry_run: DryRunOption = False,
    strict: StrictOption = False,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """办件：对照服务事项清单的 55 项查期限、缺件、环节，出逾期、即将到期、待告知缺件和统计。清单第 1 至 55 项；救助规程第二十一、二十二条。"""
    del lang
    from nxmed.cli import render
    from nxmed.cli.text import Steps
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import day, month
    from nxmed.pipelines.cases import run_cases

    with Steps(quiet=json_).running() as steps:
        outcome = run_cases(find(workspace), month(period), as_of=day(as_of, "--as-of"), dry_run=dry_run, progress=steps)
    render.conclude(outcome, _show, strict=strict, json=json_, next_commands=_next(outcome))


def _next(outcome: Any) -> list[str]:
    from nxmed.kernel.period import Period

    if outcome.status == "dry_run":
        return [f"nxmed cases {outcome.period}"]
    return [f"nxmed cases {Period.parse(outcome.period) + 1}"]


WORDS = {
    "overdue": ("逾期", "overdue"), "soon_due": ("即将到期（五个工作日内）", "due within five working days"), "in_time": ("期限内", "in time"),
    "done": ("按期办结", "done in time"), "done_late": ("逾期办结", "done late"), "withdrawn": ("撤回", "withdrawn"),
}


def _show(outcome: Any) -> None:
    from nxmed.cli import render
    from nxmed.cli.text import count, out, table

    facts = outcome.facts
    out(render.head(outcome, "办件", "cases", [render.region(outcome), t(f"截至 {facts['as_of']}", f"as of {facts['as_of']}")]))
    rows = [[t(*words), count(facts[state])] for state, words in WORDS.items()]
    out("", table([(t("状态", "state"), "left"), (t("办件", "cases"), "right")], rows))
    out(t(f"列出 {count(facts['cases'])} 件；补正中 {count(facts['suspended'])} 件，缺材料 {count(facts['missing'])} 件"
          f"（没有登记材料的 {count(facts['not_recorded'])} 件未查），环节问题 {count(facts['step_errors'])} 件",
          f"{count(facts['cases'])} cases listed; {count(facts['suspended'])} suspended, {count(facts['missing'])} lack materials "
          f"({count(facts['not_recorded'])} without a record of them), {count(facts['step_errors'])} with steps out of order"), "")
