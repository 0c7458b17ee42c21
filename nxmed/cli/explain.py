"""nxmed explain: 追问一分钱."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nxmed.cli.options import IdleDryRunOption, JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t

app = typer.Typer(help=t("说清一行核定、一笔应缴、一笔到账，并当场重算证明", "explain a line, a due or an arrival, and prove it by replay"),
                  no_args_is_help=True)

BillArgument = Annotated[str, typer.Argument(metavar=t("核定单号", "BILL"), show_default=False,
                                             help=t("如 202612-E0001-310", "such as 202612-E0001-310"))]


@app.command("line")
def line(
    bill: BillArgument,
    psn_no: Annotated[str, typer.Argument(metavar=t("人员编号", "PSN_NO"), show_default=False)],
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
    ticket: Annotated[str, typer.Argument(metavar=t("税票号", "TICKET"), show_default=False)],
    line_no: Annotated[int, typer.Argument(metavar=t("明细序号", "LINE"), show_default=False)],
    period: Annotated[str | None, typer.Option("--period", metavar="YYYY-MM", show_default=False,
                                               help=t("哪个月的处理，默认最近一次", "which month's handling; default: the newest"))] = None,
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


@app.command("assistance")
def assistance(
    number: Annotated[str, typer.Argument(metavar=t("结算ID或受理号", "NUMBER"), show_default=False)],
    period: Annotated[str | None, typer.Option("--period", metavar="YYYY-MM", show_default=False,
                                               help=t("哪个月的结果，默认最近一次", "which month's result; default: the newest"))] = None,
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
