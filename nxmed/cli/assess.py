"""nxmed assess: 核定."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nxmed.cli.options import DryRunOption, JsonOption, LangOption, PeriodArgument, StrictOption, WorkspaceOption
from nxmed.cli.text import t

WAYS = {"1": ("据实申报", "declared"), "2": ("上月 110% 暂核", "110 % of last month"), "3": ("估定", "estimated")}
TYPES = {"310": ("职工医保", "basic"), "330": ("大额补助", "supplement")}


def command(
    period: PeriodArgument,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", show_default=False,
                                 help=t("截至日，默认上月末；之后的内容不看", "last day that counts; default: end of the month before"))
    ] = None,
    workspace: WorkspaceOption = None,
    dry_run: DryRunOption = False,
    strict: StrictOption = False,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """核定所属期的缴费基数和应缴，生成送税务的文件（第十三至十七、二十、二十一、二十五至二十九条）。"""
    del lang
    from nxmed.cli import render
    from nxmed.cli.text import Steps
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import day, month
    from nxmed.pipelines.assess import run_assess

    with Steps(quiet=json_).running() as steps:
        outcome = run_assess(find(workspace), month(period), as_of=day(as_of, "--as-of"), dry_run=dry_run, progress=steps)
    render.conclude(outcome, _show, strict=strict, json=json_, next_commands=_next(outcome))


def _next(outcome: Any) -> list[str]:
    return [f"nxmed {'assess' if outcome.status == 'dry_run' else 'reconcile'} {outcome.period}"]


def _show(outcome: Any) -> None:
    from nxmed.cli import render
    from nxmed.cli.text import count, out, table
    from nxmed.kernel.money import yuan_grouped

    facts = outcome.facts
    out(render.head(outcome, "核定", "assess", [render.region(outcome), t(f"截至 {facts['as_of']}", f"as of {facts['as_of']}")]))
    wage = facts["average_wage"]
    out(t(f"  平均工资 {wage['stat_year']} 年 {yuan_grouped(wage['monthly_fen'])}/月"
          f"{'（上年未公布，暂用，' + facts['provisional_rule'] + '）' if wage['provisional'] else ''}"
          f"  下限 {yuan_grouped(wage['floor_fen'])}  上限 {yuan_grouped(wage['ceiling_fen'])}  {facts['base_rule']}",
          f"  average wage {wage['stat_year']}: {yuan_grouped(wage['monthly_fen'])} a month"
          f"{' (provisional, ' + facts['provisional_rule'] + ')' if wage['provisional'] else ''}"
          f"  floor {yuan_grouped(wage['floor_fen'])}  ceiling {yuan_grouped(wage['ceiling_fen'])}  {facts['base_rule']}"))
    codes = facts["base_rules"]
    out(t(f"  基数：据实 {count(codes.get('1', 0))} 人  保底 {count(codes.get('2', 0))} 人  封顶 {count(codes.get('3', 0))} 人"
          f"  无工资按下限 {count(codes.get('4', 0))} 人  暂挂 {count(facts['held'])} 人次",
          f"  bases: declared {count(codes.get('1', 0))}  floor {count(codes.get('2', 0))}  ceiling {count(codes.get('3', 0))}"
          f"  no wage {count(codes.get('4', 0))}  held {count(facts['held'])}"))
    rows = []
    for line in facts["bills"]:
        rows.append([t(*TYPES.get(line["insutype"], (line["insutype"],) * 2)), t(*WAYS.get(line["crtf_way"], (line["crtf_way"],) * 2)),
                     count(line["bills"]), count(line["persons"]), yuan_grouped(line["emp_fen"]),
                     yuan_grouped(line["psn_fen"]), yuan_grouped(line["emp_fen"] + line["psn_fen"])])
    emp, psn = sum(b["emp_fen"] for b in facts["bills"]), sum(b["psn_fen"] for b in facts["bills"])
    rows.append([t("合计", "total"), "", count(sum(b["bills"] for b in facts["bills"])), count(sum(b["persons"] for b in facts["bills"])),
                 yuan_grouped(emp), yuan_grouped(psn), yuan_grouped(emp + psn)])
    out("", table([(t("险种", "type"), "left"), (t("核定方式", "way"), "left"), (t("核定单", "bills"), "right"), (t("人数", "persons"), "right"),
                   (t("单位应缴", "unit part"), "right"), (t("个人应缴", "person part"), "right"), (t("合计", "sum"), "right")], rows))
    if facts["deferred"]["dues"]:
        out(t(f"  其中缓缴 {count(facts['deferred']['dues'])} 笔 {yuan_grouped(facts['deferred']['amt_fen'])}（{facts['deferred']['rule']}）",
              f"  of these deferred {count(facts['deferred']['dues'])}: {yuan_grouped(facts['deferred']['amt_fen'])} ({facts['deferred']['rule']})"))
    if facts["tax_file_day"]:
        out(t(f"  送税务期限：{facts['tax_file_day']} 前（{facts['tax_file_rule']}）",
              f"  due at the tax bureau by {facts['tax_file_day']} ({facts['tax_file_rule']})"))
    out("")


