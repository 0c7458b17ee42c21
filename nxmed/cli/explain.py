"""nxmed explain: 追问一分钱."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nxmed.cli.options import IdleDryRunOption, JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t

app = typer.Typer(help=t("说清一行核定、一笔应缴、一笔到账、一笔结算、一次住院、一项应付、一笔救助，并当场重算证明",
                         "explain a line, a due, an arrival, a settlement, a stay, a payable or an assistance item, and prove it by replay"),
                  no_args_is_help=True)

BillArgument = Annotated[str, typer.Argument(metavar=t("核定单号", "BILL"), show_default=False,
                                             help=t("如 202612-E0001-310", "such as 202612-E0001-310"))]
MonthOption = Annotated[str | None, typer.Option("--period", "-p", metavar="YYYY-MM", show_default=False,
                                                 help=t("哪个月的结果，默认最近一次", "which month's result; default: the newest"))]
SettlementArgument = Annotated[str, typer.Argument(metavar=t("结算ID", "SETL_ID"), show_default=False,
                                         help=t("结算编号 setl_id", "setl_id of the settlement"))]
ProviderOption = Annotated[str | None, typer.Option("--provider", metavar=t("机构编号", "CODE"), show_default=False,
                                                    help=t("同号有多家机构时指明", "which provider, where several have the number"))]


@app.command("line")
def line(
    bill: BillArgument,
    psn_no: Annotated[str, typer.Argument(metavar=t("人员编号", "PSN_NO"), show_default=False,
                                         help=t("人员编号 psn_no", "psn_no of the person"))],
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """一个人在一张核定单里的基数和应缴：哪个文件哪一行、哪条参数、每一步、重算。"""
    del lang, dry_run
    from nxmed.io.workspace import find
    from nxmed.pipelines.explain import explain_line

    _show(explain_line(find(workspace), bill, psn_no), json_)


@app.command("due")
def due(
    bill: BillArgument,
    part: Annotated[str, typer.Argument(metavar="emp|psn", show_default=False, help=t("单位或个人部分", "unit or person part"))],
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """一笔应缴：怎么来的，之后哪些到账入了它，还欠多少。"""
    del lang, dry_run
    from nxmed.io.workspace import find
    from nxmed.pipelines.explain import explain_due

    _show(explain_due(find(workspace), bill, part), json_)


@app.command("arrival")
def arrival(
    ticket: Annotated[str, typer.Argument(metavar=t("税票号", "TICKET"), show_default=False,
                                         help=t("电子税票号码", "number of the tax ticket"))],
    line_no: Annotated[int, typer.Argument(metavar=t("明细序号", "LINE"), show_default=False,
                                         help=t("税票明细序号", "line of the ticket"))],
    period: MonthOption = None,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """一笔到账：每一道检验、国库两边的数、匹配到哪些应缴、余下多少。"""
    del lang, dry_run
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import month
    from nxmed.pipelines.explain_arrival import explain_arrival

    _show(explain_arrival(find(workspace), ticket, line_no, month(period) if period else None), json_)


@app.command("settlement")
def settlement(
    setl_id: SettlementArgument,
    period: MonthOption = None,
    provider: ProviderOption = None,
    refund: Annotated[bool, typer.Option("--refund", help=t("问这一号的退费", "the refund of that number"))] = False,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """一笔结算对账：双方记录、逐项检验、暂缓、差异的各月经过和处理决定、认定到哪些基金、哪月付、为何没付。"""
    del lang, dry_run
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import month
    from nxmed.pipelines.explain_settle_row import explain_settlement

    _show(explain_settlement(find(workspace), setl_id, month(period) if period else None, provider=provider, refund=refund), json_)


@app.command("stay")
def stay(
    setl_id: SettlementArgument,
    period: MonthOption = None,
    provider: ProviderOption = None,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """一次住院、慢特病、谈判药的待遇复核，或生育包干：政策范围内、级别、去向、起付、比例、年度累计和限额、大额补助、与结算单之差。"""
    del lang, dry_run
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import month
    from nxmed.pipelines.explain_settle_stay import explain_stay

    _show(explain_stay(find(workspace), setl_id, month(period) if period else None, provider=provider), json_)


@app.command("payable")
def payable(
    provider: Annotated[str, typer.Argument(metavar=t("机构编号", "CODE"), show_default=False,
                                         help=t("定点机构编号", "code of the provider"))],
    fund: Annotated[str, typer.Argument(metavar=t("基金支付类型", "FUND"), show_default=False,
                                        help=t("如 310100 职工统筹", "such as 310100, the employees' pool"))],
    period: MonthOption = None,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """一项应付（机构 × 基金）：各类认定、上期结转、扣款、预留金、周转金、结转下期、实付、付款批次和银行状态。"""
    del lang, dry_run
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import month
    from nxmed.pipelines.explain_settle_payable import explain_payable

    _show(explain_payable(find(workspace), provider, fund, month(period) if period else None), json_)


@app.command("assistance")
def assistance(
    number: Annotated[str, typer.Argument(metavar=t("结算ID或受理号", "NUMBER"), show_default=False,
                                         help=t("结算编号或救助受理号", "setl_id or clm_sn"))],
    period: MonthOption = None,
    why_not: Annotated[bool, typer.Option("--why-not", help=t("为何没有，没有发布的项也可问", "why nothing; also for items not listed"))] = False,
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """一笔医疗救助：身份、档次、年内累计、限额、已付、差额和申请，并重算证明。"""
    del lang, dry_run
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import month
    from nxmed.pipelines.explain_assistance import explain_assistance

    _show(explain_assistance(find(workspace), number, month(period) if period else None, why_not=why_not), json_)


def _show(story: Any, as_json: bool) -> None:
    import json
    import sys

    from nxmed.cli.text import out, table

    if as_json:
        sys.stdout.write(json.dumps(story.as_json(), ensure_ascii=False, indent=1) + "\n")
        return
    out(f"{t(story.zh, story.en)} · {story.run_id}")
    rows = [[i, t(*s.title), t(*s.value), t(*s.how), t(*s.source)] for i, s in enumerate(story.steps, 1)]
    out(table([("", "right"), (t("步骤", "step"), "left"), (t("值", "value"), "left"), (t("怎么来的", "how"), "left"), (t("依据", "source"), "left")], rows))
    values = "  ".join(f"{k} {v}" for k, v in story.replayed.items())
    out(t(f"✔ 重算一致：{values}", f"✔ replay equal: {values}"))
