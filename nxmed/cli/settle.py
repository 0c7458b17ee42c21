"""nxmed settle: 定点机构结算. `nxmed settle 2026-11` runs a month, `nxmed settle resolve …` decides on a difference."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nxmed.cli.options import DryRunOption, JsonOption, LangOption, PeriodArgument, StrictOption, WorkspaceOption
from nxmed.cli.text import t

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
RUN = "run"


class MonthFirst(TyperGroup):
    """一组命令, of which `run` may be left out when a month comes along: `settle 2026-11` = `settle run 2026-11`."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        named = any(a in self.commands for a in args[:1])
        if (not named and any(_MONTH.fullmatch(a) for a in args)) or (not named and args and not any(a in ("-h", "--help") for a in args) and not any(
            a in self.commands for a in args
        )):
            args = [RUN, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=MonthFirst, no_args_is_help=True,
    help=t("定点机构结算：双向逐条对账、复核待遇、应付清单、每家机构的结算对账单。\n\n运行一个月：nxmed settle 2026-11",
           "Statements of providers, compared both ways, repriced, and what is owed.\n\nRun a month: nxmed settle 2026-11"),
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command(RUN)
def command(
    period: PeriodArgument,
    workspace: WorkspaceOption = None,
    dry_run: DryRunOption = False,
    strict: StrictOption = False,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """结算一个月（可省略 run：nxmed settle 2026-11）。第三十五、三十六、四十九条；定西第二十二、二十七、三十一、四十五、五十八条。"""
    del lang
    from nxmed.cli import render
    from nxmed.cli.text import Steps
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import month
    from nxmed.pipelines.settle import run_settle

    with Steps(quiet=json_).running() as steps:
        outcome = run_settle(find(workspace), month(period), dry_run=dry_run, progress=steps)
    render.conclude(outcome, _show, strict=strict, json=json_, next_commands=_next(outcome))


@app.command("resolve")
def resolve(
    break_id: Annotated[str, typer.Argument(metavar="BREAK", help=t("差异编号", "break id"), show_default=False)],
    decision: Annotated[str, typer.Option("--as", metavar="agency|provider|reject", show_default=False,
                                          help=t("按中心、按机构、不付", "the agency's row, the provider's, or nothing"))],
    note: Annotated[str, typer.Option("--note", show_default=False, help=t("依据和说明", "why"))],
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """处理一笔差异：agency 按中心认定，provider 按机构更正统筹，reject 不付；记下是谁、何时、为何，下次结算时生效。"""
    del lang
    import json
    import sys

    from nxmed.cli.text import out
    from nxmed.io.workspace import find
    from nxmed.kernel.money import yuan
    from nxmed.pipelines.resolve import resolve_break

    made = resolve_break(find(workspace), break_id, decision, note)
    if json_:
        sys.stdout.write(json.dumps({"schema": "nxmed.resolution/1", "status": "recorded", **made}, ensure_ascii=False) + "\n")
        return
    out(t(f"已记录：差异 {made['break_id']}，{made['fixmedins_code']} 结算 {made['setl_id']}，{made['decision']}，"
          f"{made['who_name'] or made['who']}，基金支付中心 {_amount(made['agency_fund_pay_sumamt'], yuan)}、"
          f"机构 {_amount(made['provider_fund_pay_sumamt'], yuan)}",
          f"recorded: break {made['break_id']}, {made['fixmedins_code']} settlement {made['setl_id']}, {made['decision']}, "
          f"{made['who_name'] or made['who']}"))
    out(t(f"下一步：nxmed settle {made['period']}（未封存时）或下一个月", f"next: nxmed settle {made['period']} or the month after"))


def _amount(fen: int | None, yuan: Any) -> str:
    return t("无", "none") if fen is None else str(yuan(fen))


def _next(outcome: Any) -> list[str]:
    from nxmed.kernel.period import Period

    if outcome.status == "dry_run":
        return [f"nxmed settle {outcome.period}"]
    return [f"nxmed settle {Period.parse(outcome.period) + 1}"]


def _show(outcome: Any) -> None:
    from nxmed.cli import render
    from nxmed.cli.text import count, out, table
    from nxmed.kernel.money import yuan_grouped

    out(render.head(outcome, "定点机构结算", "settle", [render.region(outcome),
                    t(f"{outcome.facts['providers']} 家机构", f"{outcome.facts['providers']} providers")]))
    signs = {"class": "", "start": "", "plus": "+", "minus": "−", "sum": "="}
    rows = []
    for line in outcome.statement:
        name = f"{line['id']} {line['zh']}" if line["kind"] == "class" and line["id"] != "held" else line["zh"]
        rows.append([signs[line["kind"]], t(name, line["en"]), "" if line["count"] is None else count(line["count"]),
                     yuan_grouped(line["amount_fen"]), line.get("note", "")])
    out("", table([("", "left"), (t("对账结果", "result"), "left"), (t("笔数", "count"), "right"), (t("金额", "amount"), "right"),
                   (t("说明", "note"), "left")], rows), "")
    for note in outcome.facts.get("repricing", {}).get("skipped", []):
        out(t(f"· 待遇复核：{note}", f"· repricing: {note}"))
