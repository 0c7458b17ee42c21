"""nxmed demo: 演示."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nxmed.cli.options import JsonOption, LangOption
from nxmed.cli.text import t


def command(
    folder: Annotated[Path, typer.Argument(metavar=t("文件夹", "DIR"), help=t("放在哪里", "where to put it"))] = Path("nxmed-demo"),
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """用虚构样例跑两个地区、两个月，说明发现了什么、结果在哪里。"""
    del lang
    import json
    import sys

    from nxmed.cli.text import Steps, out
    from nxmed.pipelines.demo import REGIONS, question, run_demo

    said: list[Any] = []
    with Steps(quiet=True).running() as steps:
        for shown in run_demo(folder.absolute(), steps):
            said.append(shown)
            if not json_:
                _tell(shown)
    spaces = {s.ws.region: s.ws for s in said}
    if json_:
        sys.stdout.write(json.dumps([{
            "region": s.ws.region, "command": s.outcome.command, "period": s.outcome.period, "status": s.outcome.status,
            "run_id": s.outcome.run_id, "findings": dict(sorted(s.outcome.finding_counts.items())), "rejected": s.outcome.rejected,
            "workspace": str(s.ws.path)} for s in said], ensure_ascii=False, indent=1) + "\n")
        return
    out("", t("结果在哪里", "Where it lies"))
    for region, ws in spaces.items():
        out(f"  {REGIONS[region] if t('z', 'e') == 'z' else region}: {ws.path}")
        out(t("    送税务的核定信息、到账对账表  ", "    tax bureau's file, reconciliation statement  ") + f"{ws.outbox}/")
        out(t("    拒收行（退回送件单位）        ", "    rejected rows                               ") + f"{ws.quarantine}/")
        out(t("    查询目录                      ", "    catalogue                                   ") + f"{ws.catalogue_path}")
    ws = spaces["ningxia"]
    asked = question(ws)
    out("", t("接着试试", "Try next"))
    if asked:
        out(f"  nxmed explain line {asked[0]} {asked[1]} -w {ws.path}")
    out(f"  nxmed sql \"select code, count(*) n from findings group by code order by n desc\" -w {ws.path}")
    out(f"  nxmed verify -w {ws.path}")


def _tell(shown: Any) -> None:
    from nxmed.cli import render
    from nxmed.cli.text import count, out, table
    from nxmed.kernel.finding_codes import CODES
    from nxmed.kernel.money import yuan_grouped

    outcome = shown.outcome
    zh, en = {"assess": ("核定", "assess"), "reconcile": ("到账对账", "reconcile")}[outcome.command]
    out("", render.head(outcome, zh, en, [render.region(outcome)]))
    if outcome.command == "assess":
        bills = outcome.facts["bills"]
        emp, psn = sum(b["emp_fen"] for b in bills), sum(b["psn_fen"] for b in bills)
        out(t(f"  {count(sum(b['bills'] for b in bills))} 张核定单，单位 {yuan_grouped(emp)}，个人 {yuan_grouped(psn)}，合计 {yuan_grouped(emp + psn)}",
              f"  {count(sum(b['bills'] for b in bills))} bills: units {yuan_grouped(emp)}, persons {yuan_grouped(psn)}, {yuan_grouped(emp + psn)} in all"))
    else:
        wanted = {"dues", "unpaid", "booked", "confirmed", "pending", "arrived", "feed_check", "treasury_check"}
        rows = [[t(x["zh"], x["en"]), "" if x["count"] is None else count(x["count"]), yuan_grouped(x["amount_fen"])]
                for x in outcome.statement if x["id"] in wanted]
        out(table([(t("对账表（摘要）", "statement (extract)"), "left"), (t("笔数", "count"), "right"), (t("金额", "amount"), "right")], rows))
    order = sorted(outcome.finding_counts.items(), key=lambda c: (render.RANK[CODES[c[0]].severity], c[0]))
    found = t("；", "; ").join(f"{t(CODES[code].zh, CODES[code].en)} {n}" for code, n in order)
    out(t(f"  守恒等式 {len(outcome.equations)} 条全部成立；拒收 {outcome.rejected} 行；发现：{found or '无'}",
          f"  {len(outcome.equations)} conservation equations hold; {outcome.rejected} rows rejected; findings: {found or 'none'}"))
