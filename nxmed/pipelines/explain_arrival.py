"""说清一笔到账 (nxmed explain arrival): each test in its order, both sides of the treasury tie, where the money went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nxmed.errors import MissingInput
from nxmed.kernel.finding_codes import CODES
from nxmed.kernel.identifiers import mask_text
from nxmed.kernel.money import yuan_grouped
from nxmed.kernel.period import Period
from nxmed.pipelines.reconcile import load_reconcile
from nxmed.pipelines.story import Both, Story, files_of, joined, one, place, prove_equal, same_inputs

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.runs import Run
    from nxmed.io.workspace import Workspace

CLASSES = {
    "applied": Both("全额入账", "applied in full"), "partly_applied": Both("部分入账，余额转多缴", "applied in part, the rest is credit"),
    "credit": Both("没有可抵的应缴，转多缴", "no due to apply it to: credit"),
    "duplicate": Both("以前月份已送达，不入账", "delivered in an earlier month, not booked"),
    "unidentified": Both("无法识别", "unidentified"), "other_scheme": Both("其他险种，不在本核定内匹配", "other scheme, not matched here"),
    "treasury_pending": Both("国库尚未对上，不入账", "the treasury does not tie yet, not booked"),
    "late_charge": Both("滞纳金，不是本金", "late charge, no principal"),
    "flexible": Both("灵活就业人员，留待灵活就业核定", "flexible worker, left to that assessment"),
    "reversal": Both("退库，已冲减原税票", "reversal, taken off the original ticket"),
}
STEPS = {
    "a": Both("按核定单号匹配：该核定单的应缴", "by bill number: the dues of that bill"),
    "b": Both("按缴费人和所属期匹配", "by payer and months"),
    "c": Both("按缴费人匹配：全部未缴的应缴", "by payer: all open dues"),
    "d": Both("缴费人不在单位登记中", "the payer is not in the unit register"),
}
PARTS = {"emp": Both("单位部分", "unit part"), "psn": Both("个人部分", "person part"), "any": Both("不分单位个人", "both parts")}
YES, NO = Both("是", "yes"), Both("否", "no")


def explain_arrival(ws: Workspace, ticket: str, line_no: int, period: Period | None = None) -> Story:
    """一笔到账 (the newest month that handled it, or the named one); the whole month is computed again as proof."""
    import polars as pl

    from nxmed.collections.reconcile import reconcile
    from nxmed.io.runs import check_order, current, scan_table

    here = (pl.col("elec_taxrpt_no") == ticket) & (pl.col("line_no") == line_no)
    handled: list[tuple[Run, list[dict[str, Any]]]] = []
    for run in current(ws, "reconcile"):
        rows = scan_table(run, "arrivals").filter(here).collect().to_dicts()
        if rows:
            handled.append((run, rows))
    chosen = [h for h in handled if period is None or h[0].period == period]
    if not chosen:
        raise MissingInput(f"没有找到到账 {ticket} 第 {line_no} 行", "核对税票号和明细序号；nxmed sql \"select * from arrivals\" 可查",
                           text_en=f"no arrival {ticket}, line {line_no}", hint_en="check ticket and line; see the table arrivals")
    run, rows = chosen[-1]
    stored = rows[0]
    story = Story(f"到账 {ticket} 第 {line_no} 行", f"arrival {ticket}, line {line_no}", run.run_id)
    with ws.scratch() as spool:
        loaded = load_reconcile(ws, run.period, spool, first=check_order(ws, "reconcile", run.period),
                                only=files_of(run))
        same_inputs(run, loaded)
        result = reconcile(loaded.room)
        of_row = here & (pl.col("arrived_period") == stored["arrived_period"])
        again = one(result.tables["arrivals"].filter(of_row), "重算的到账", "the replayed arrival")
        prove_equal(stored, again, list(again), run)
        _tests(story, handled, stored, result.tables, loaded.room)
        _bookings(story, result.tables, here)
    story.add("结果", "class", CLASSES[stored["class"]],
              Both(f"入账 {yuan_grouped(stored['applied_amt'])}  转多缴 {yuan_grouped(stored['credit_amt'])}",
                   f"applied {yuan_grouped(stored['applied_amt'])}  credit {yuan_grouped(stored['credit_amt'])}"), str(stored["rule"]))
    for row in _findings(result.findings, here):
        story.add("发现", "finding", str(row["code"]), Both(mask_text(str(row["message"])), CODES[row["code"]].en), str(row["rule"] or ""))
    story.replayed = {"class": str(again["class"]), "applied_amt": yuan_grouped(again["applied_amt"]),
                      "credit_amt": yuan_grouped(again["credit_amt"])}
    return story


def _findings(frames: list[pl.DataFrame], here: pl.Expr) -> list[dict[str, Any]]:
    import polars as pl

    return pl.concat(frames).filter(here).sort("code").to_dicts() if frames else []


def _tests(story: Story, handled: list[tuple[Run, list[dict[str, Any]]]], stored: dict[str, Any], tables: Any, room: Any) -> None:
    """The tests in the order in which they decide."""
    import polars as pl

    paid, late, payer = yuan_grouped(stored["paid_amt"]), yuan_grouped(stored["latefee_amt"]), mask_text(stored["taxpayer_no"])
    story.add("明细", "line", Both(f"{paid}（另滞纳金 {late}）", f"{paid} (and late charge {late})"),
              Both(f"缴费人 {payer}，{stored['intsury_time']} 入库，{stored['arrived_period']} 送达",
                   f"payer {payer}, received {stored['intsury_time']}, delivered {stored['arrived_period']}"), place(stored))
    if stored["class"] == "duplicate":
        first = next(run for run, rows in handled if any(r["class"] != "duplicate" for r in rows))
        story.add("是否送达过", "seen before", YES, Both(f"{first.period.text} 已处理", f"handled in {first.period.text}"), str(stored["rule"]))
        return
    story.add("是否送达过", "seen before", NO)
    if stored["insutype"] is None:
        story.add("征收品目", "levy item", Both("无法识别", "unknown"), str(stored["levy_subitem_name"]), "levy_items")
        return
    story.add("征收品目", "levy item",
              joined(Both(f"险种 {stored['insutype']}", f"type {stored['insutype']}"), PARTS.get(stored["part"], ""), zh="，", en=", "), str(stored["levy_subitem_name"]))
    ties = tables["treasury_ties"]
    by_ticket = stored["tie_kind"] == "ticket"
    mine = pl.col("insutype") == stored["insutype"]
    if by_ticket:
        mine = mine & (pl.col("tie_kind") == "ticket") & (pl.col("elec_taxrpt_no") == stored["elec_taxrpt_no"])
        rows = room.treasury_statement.filter((pl.col("elec_taxrpt_no") == stored["elec_taxrpt_no"]) & (pl.col("insutype") == stored["insutype"]))
    else:
        mine = mine & (pl.col("tie_kind") == "day") & (pl.col("treasury_code") == stored["treasury_code"]) & (pl.col("stmt_date") == stored["intsury_time"])
        rows = room.treasury_statement.filter(
            (pl.col("treasury_code") == stored["treasury_code"]) & (pl.col("stmt_date") == stored["intsury_time"])
            & (pl.col("insutype") == stored["insutype"]) & (pl.col("elec_taxrpt_no").fill_null("") == ""))
    group = ties.filter(mine)
    where = joined(*(place(r) for r in rows.sort("src_file", "src_row").collect().iter_rows(named=True)))
    if group.height:
        g = group.row(0, named=True)
        arrived, stated, diff = (yuan_grouped(g[c]) for c in ("arrived_amt", "stmt_amt", "diff_amt"))
        count = g["open_lines"] + g["booked_lines"]
        story.add("国库核对" + ("（按税票）" if by_ticket else "（按日）"), "treasury tie " + ("(by ticket)" if by_ticket else "(by day)"),
                  Both(f"到账 {arrived}  国库 {stated}  差 {diff}", f"arrived {arrived}  treasury {stated}  difference {diff}"),
                  Both(f"本组 {count} 行，其中以前已入账 {g['booked_lines']} 行", f"{count} lines, {g['booked_lines']} of them booked before"),
                  where if where.zh else Both("没有相应行", "no such row"))
    if stored["match_step"]:
        story.add("匹配", "match", str(stored["match_step"]), STEPS[stored["match_step"]])
    if stored["org_taxrpt_no"] and stored["paid_amt"] < 0:
        story.add("原税票", "reverses", str(stored["org_taxrpt_no"]),
                  Both("先冲多缴，再按应缴次序倒冲", "credits first, then the dues in reverse order"))


def _bookings(story: Story, tables: Any, here: pl.Expr) -> None:
    """Every due that the line was booked on."""
    import polars as pl

    rows = tables["applications"].filter(here & (pl.col("source") != "credit")).sort("accrym", "part", "clct_bill_id")
    for row in rows.iter_rows(named=True):
        due = yuan_grouped(row["latefee_due"] or 0)
        late = Both(f"应收滞纳金 {due}", f"late charge due {due}") if row["latefee_due"] else Both("按期，无滞纳金", "in time, no late charge")
        of = joined(row["clct_bill_id"], PARTS[row["part"]], zh=" ", en=" ")
        story.add("入账" if row["amt"] > 0 else "冲减", "booked" if row["amt"] > 0 else "taken back", yuan_grouped(row["amt"]),
                  joined(of, late, zh="，", en=", "), str(row["rule"]))

