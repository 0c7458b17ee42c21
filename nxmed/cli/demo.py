"""nxmed demo: 演示."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nxmed.cli.demo_payout import assisted, paid
from nxmed.cli.options import JsonOption, LangOption
from nxmed.cli.text import t


def command(
    folder: Annotated[Path, typer.Argument(metavar=t("文件夹", "DIR"), help=t("放在哪里", "where to put it"))] = Path("nxmed-demo"),
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """用虚构样例跑两个地区、两个月：核定、到账对账、医疗救助、机构结算、拨付（演示密钥当场生成）；说明发现了什么、结果在哪里。"""
    del lang
    import json
    import sys

    from nxmed.cli.text import Steps
    from nxmed.pipelines.demo import run_demo

    said: list[Any] = []
    with Steps(quiet=True).running() as steps:
        for shown in run_demo(folder.absolute(), steps):
            said.append(shown)
            if not json_:
                _tell(shown)
    if json_:
        sys.stdout.write(json.dumps([_plain(s) for s in said], ensure_ascii=False, indent=1) + "\n")
        return
    _where({s.ws.region: s.ws for s in said})


def _plain(shown: Any) -> dict[str, Any]:
    """One step as JSON."""
    told = {"region": shown.ws.region, "command": shown.command, "period": shown.period, "workspace": str(shown.ws.path)}
    o = shown.outcome
    if o is None:
        return {**told, **shown.facts}
    return {**told, "status": o.status, "run_id": o.run_id, "findings": dict(sorted(o.finding_counts.items())), "rejected": o.rejected}


def _where(spaces: dict[str, Any]) -> None:
    """Where the results lie, and what to try next."""
    from nxmed.cli.text import out
    from nxmed.pipelines.demo import MONTHS, REGIONS, questions

    out("", t("结果在哪里", "Where it lies"))
    for region, ws in spaces.items():
        out(f"  {REGIONS[region] if t('z', 'e') == 'z' else region}: {ws.path}")
        out(t("    送税务的核定信息、到账对账表  ", "    tax bureau's file, reconciliation statement  ") + f"{ws.outbox}/")
        books = sorted((ws.outbox / MONTHS[-1]).glob("结算对账单_*.xlsx"))
        if books:
            out(t(f"    每家机构的结算对账单、应付清单 {ws.outbox}/{MONTHS[-1]}/（{len(books)} 家，如 {books[0].name}）",
                  f"    a workbook for each provider, payable list    {ws.outbox}/{MONTHS[-1]}/ ({len(books)}, such as {books[0].name})"))
        sent = sorted(p for p in (ws.outbox / MONTHS[-1] / "payout").glob("*") if p.is_dir())
        if sent:
            out(t("    拨付批次的银行文件、审核簿    ", "    bank files and review workbook of each batch  ") + f"{sent[0]}/")
        out(t("    拒收行（退回送件单位）        ", "    rejected rows                               ") + f"{ws.quarantine}/")
        out(t("    查询目录                      ", "    catalogue                                   ") + f"{ws.catalogue_path}")
    out("", t("接着试试", "Try next"))
    for ws in spaces.values():
        for asked in questions(ws):
            out(f"  nxmed explain {asked} -w {ws.path}")
    ws = next(iter(spaces.values()))
    out(f"  nxmed sql \"select code, count(*) n from findings group by code order by n desc\" -w {ws.path}")
    out(f"  nxmed verify -w {ws.path}")


def _tell(shown: Any) -> None:
    """Tell a step: its head, its own figures, what was found."""
    from nxmed.cli import render
    from nxmed.cli.text import out
    from nxmed.kernel.finding_codes import CODES

    outcome = shown.outcome
    zh, en, figures = TELLERS[shown.command]
    if outcome is None:
        figures(shown.facts)
        return
    out("", render.head(outcome, zh, en, [render.region(outcome)]))
    figures(outcome)
    order = sorted(outcome.finding_counts.items(), key=lambda c: (render.RANK[CODES[c[0]].severity], c[0]))
    found = t("；", "; ").join(t(f"{CODES[code].zh}（{n}）", f"{CODES[code].en} ({n})") for code, n in order)
    out(t(f"  守恒等式 {len(outcome.equations)} 条全部成立；拒收 {outcome.rejected} 行；发现：{found or '无'}",
          f"  {len(outcome.equations)} conservation equations hold; {outcome.rejected} rows rejected; findings: {found or 'none'}"))


def _assessed(outcome: Any) -> None:
    from nxmed.cli.text import count, out
    from nxmed.kernel.money import yuan_grouped

    bills = outcome.facts["bills"]
    emp, psn = sum(b["emp_fen"] for b in bills), sum(b["psn_fen"] for b in bills)
    n = count(sum(b["bills"] for b in bills))
    out(t(f"  {n} 张核定单，单位 {yuan_grouped(emp)}，个人 {yuan_grouped(psn)}，合计 {yuan_grouped(emp + psn)}",
          f"  {n} bills: units {yuan_grouped(emp)}, persons {yuan_grouped(psn)}, {yuan_grouped(emp + psn)} in all"))


def _reconciled(outcome: Any) -> None:
    wanted = {"dues", "unpaid", "booked", "confirmed", "pending", "arrived", "feed_check", "treasury_check"}
    _figures(t("对账表（摘要）", "statement (extract)"), [x for x in outcome.statement if x["id"] in wanted])


def _settled(outcome: Any) -> None:
    """Classes, then from recognised to paid; what is 0 is left out."""
    from nxmed.cli.text import out

    said = [x for x in outcome.statement if x["kind"] in ("class", "start", "sum") or x["amount_fen"]]
    _figures(t("对账结果和应付", "classes, and what is owed"), [
        {**x, "zh": f"{x['id']} {x['zh']}" if x["kind"] == "class" and x["id"] != "held" else x["zh"]} for x in said])
    for note in outcome.facts.get("repricing", {}).get("skipped", [])[:1]:
        out(t(f"  待遇复核：{note}", f"  repricing: {note}"))


def _figures(title: str, lines: list[dict[str, Any]]) -> None:
    from nxmed.cli.text import count, out, table
    from nxmed.kernel.money import yuan_grouped

    rows = [[t(x["zh"], x["en"]), "" if x["count"] is None else count(x["count"]), yuan_grouped(x["amount_fen"])] for x in lines]
    out(table([(title, "left"), (t("笔数", "count"), "right"), (t("金额", "amount"), "right")], rows))


def _resolved(facts: Any) -> None:
    from nxmed.cli.text import out

    ways = {"agency": ("按中心", "as the agency has it"), "provider": ("按机构", "as the provider has it"), "reject": ("核销不付", "rejected")}
    made = facts["decisions"]
    out("", t(f"处理差异（settle resolve）：两月之间定了 {len(made)} 笔，下月结算时执行",
              f"settle resolve: {len(made)} differences decided, carried out by next month's settle"))
    for entry in made:
        way = t(*ways[entry["decision"]])
        out(t(f"  {entry['setl_id']}（{entry['stmt_diff']} 类）{way}：{entry['note']}",
              f"  {entry['setl_id']} (class {entry['stmt_diff']}) {way}: {entry['note']}"))


TELLERS: dict[str, tuple[str, str, Any]] = {
    "assess": ("核定", "assess", _assessed),
    "reconcile": ("到账对账", "reconcile", _reconciled),
    "settle": ("机构结算", "settle", _settled),
    "settle resolve": ("处理差异", "settle resolve", _resolved),
    "assist": ("医疗救助", "assist", assisted),
    "payout": ("拨付", "payout", paid),
}
"""Name of a command in Chinese and English, and what tells its own figures."""
