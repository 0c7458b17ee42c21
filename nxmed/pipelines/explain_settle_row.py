"""说清一笔对账 (nxmed explain settlement): both sides, the class order, holds, the break over the months, what was recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nxmed.kernel.identifiers import mask, mask_text
from nxmed.kernel.money import yuan_grouped
from nxmed.pipelines.explain_settle import (
    CLASSES,
    COMPARED,
    DECISIONS,
    FUNDS,
    NONE,
    STATES,
    Found,
    Replay,
    Row,
    find_row,
    named,
    prove_rows,
    replayed,
    three,
    told,
)
from nxmed.pipelines.explain_settle_class import Case, classed, settled_in, totals
from nxmed.pipelines.explain_settle_holds import holds, package
from nxmed.pipelines.explain_settle_paid import paid, verdict
from nxmed.pipelines.story import Both, Story, joined, place

if TYPE_CHECKING:
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period
    from nxmed.settlements.settle import SettleInputs

ROW_KEY = ("fixmedins_code", "setl_id", "refd_setl_flag")


def explain_settlement(
    ws: Workspace, setl_id: str, period: Period | None = None, *, provider: str | None = None, refund: bool = False
) -> Story:
    """一笔结算对账 (the newest month that has it, or the named one); the whole month is computed again as proof."""
    found = find_row(ws, setl_id, "1" if refund else "0", provider, period)
    at, (code, _, flag) = found.at, found.key
    with replayed(ws, at.run, code) as again:
        prove_rows(at.run, at.rows, again.rows, (*ROW_KEY, "side", "copy_no"))
        prove_rows(at.run, [at.left_open] if at.left_open else [], again.tables["statement_breaks"], ROW_KEY)
        case = _case(ws, found, again)
        kind = Both("退费", "refund ") if flag == "1" else Both("结算", "settlement ")
        story = Story(f"{kind.zh} {setl_id}（{code}，{at.run.period.text}）", f"{kind.en}{setl_id} ({code}, {at.run.period.text})", at.run.run_id)
        reasons: list[str] = []
        _sides(story, case)
        classed(story, case)
        if case.agency is not None and case.main["stmt_diff"] != "07":
            reasons = holds(story, case.agency, case.room, case.main["held_reason"], case.original, totals(case))
            if case.main["state"] == "recognised" and str(case.agency["med_type"] or "").startswith("52"):
                package(story, case.agency, case.room)
        _history(story, case)
        _decisions(story, case)
        _recognised(story, case)
        paid(story, ws, at.run, again, code, {f: case.main[f"recognised_{f}"] for f in FUNDS})
        verdict(story, case.main, reasons, settled_in(case))
    story.replayed = {"stmt_diff": case.main["stmt_diff"], "recognised_amt": yuan_grouped(case.main["recognised_amt"])}
    return story


def _case(ws: Workspace, found: Found, again: Replay) -> Case:
    at = found.at
    compared = [r for r in at.rows if r["copy_no"] == 1]
    main = compared[0] if compared else _open_as_row(at.left_open or {})
    agency, provider, copies = _delivered(found, main, again)
    return Case(ws, found, main, agency, provider, copies, _group(ws, main, agency),
                _original(ws, found, agency, provider, again.own), again.own)


def _open_as_row(left: Row) -> Row:
    """An open break in the columns of statement_rows."""
    sides = {f"{p}_{c}": left[c if p == "agency" else f"provider_{c}"] for p in ("agency", "provider") for c in COMPARED}
    none = {f"recognised_{f}": 0 for f in FUNDS}
    return {**left, **sides, **none, "recognised_amt": 0, "state": "waiting", "decision": None, "copy_no": 1, "straight": False, "rule": ""}


def _delivered(found: Found, main: Row, again: Replay) -> tuple[Row | None, Row | None, list[Row]]:
    """Both sides as they stand in their files: of the month's feeds, else as the break keeps them."""
    import polars as pl

    from nxmed.settlements.shapes import AGENCY_DATA, BREAKS, DETAILS, FEES, PROVIDER_DATA, SETTLEMENTS, TEXT, shaped

    room = again.own
    key = dict(zip(ROW_KEY, found.key, strict=True))
    here = pl.all_horizontal([pl.col(n) == v for n, v in key.items()])
    month = found.at.run.period.text

    def rows(frame: pl.LazyFrame, when: str | None) -> list[Row]:
        return [] if when is None else frame.filter(here & (pl.col("inbox_month") == when)).sort("src_file", "src_row").collect().to_dicts()

    mine = rows(shaped(room.settlements, {**FEES, **SETTLEMENTS, "certno": TEXT}), main["agency_period"])
    lines = again.lines if main["provider_period"] == month else room.provider_details
    theirs = rows(shaped(lines, DETAILS), main["provider_period"])
    kept = shaped(room.prior_breaks, BREAKS).filter(here).collect().to_dicts() or [found.at.left_open or {}]
    agency: Row | None = mine[0] if mine else None
    provider: Row | None = theirs[0] if theirs else None
    if agency is None and main["agency_medfee_sumamt"] is not None:
        agency = {**{n: kept[0].get(n) for n in AGENCY_DATA}, **key}
    if provider is None and main["provider_medfee_sumamt"] is not None:
        provider = {**{n: kept[0].get(f"provider_{n}") for n in PROVIDER_DATA}, **key}
    return agency, provider, [*mine[1:], *theirs[1:]]


def _group(ws: Workspace, main: Row, agency: Row | None) -> Row | None:
    """The statement's totals of the row's group, in the month in which the agency brought it."""
    import polars as pl

    from nxmed.io.runs import newest, scan_table
    from nxmed.kernel.period import Period as Month
    from nxmed.settlements.groups import GROUP

    run = newest(ws, "settle", Month.parse(main["agency_period"])) if main["agency_period"] else None
    if run is None or agency is None:
        return None
    mine = pl.all_horizontal([pl.col(n).eq_missing(pl.lit(agency[n], pl.String)) for n in GROUP])
    found = scan_table(run, "statement_groups").filter(mine).collect().to_dicts()
    return found[0] if found else None


def _original(ws: Workspace, found: Found, agency: Row | None, provider: Row | None, room: SettleInputs) -> Both:
    """What is known of the settlement that a refund takes back."""
    import polars as pl

    from nxmed.io.runs import current, scan_table

    code, setl_id, flag = found.key
    if flag != "1":
        return Both("", "")
    named_ = next((s["org_setl_id"] for s in (agency, provider) if s is not None and s["org_setl_id"]), setl_id)
    mine = (pl.col("fixmedins_code") == code) & (pl.col("setl_id") == named_) & (pl.col("refd_setl_flag") == "0")
    last = None
    for run in sorted((r for r in current(ws, "settle") if r.period <= found.at.run.period), key=lambda r: r.period):
        rows = scan_table(run, "statement_rows").filter(mine & (pl.col("copy_no") == 1)).collect().to_dicts()
        last = (run.period.text, rows[0]) if rows else last
    if last is None:
        early = room.settlements.filter(mine & (pl.col("inbox_month") < room.start.text)).collect()
        if early.height:
            return Both(f"原结算 {named_} 在启用前的月份", f"original {named_}: of a month before the first run")
        return Both(f"双方都没有原结算 {named_}", f"neither side has the original {named_}")
    month, row = last
    side = {"both": Both("双方都有", "both sides have it"), "agency": Both("只有中心有", "only the agency has it"),
            "provider": Both("只有机构有", "only the provider has it")}[row["side"]]
    return told(Both(f"原结算 {named_}：{month} {CLASSES[row['stmt_diff']].zh}", f"original {named_}: {month} {CLASSES[row['stmt_diff']].en}"),
                side, STATES[row["state"]])


def _sides(story: Story, case: Case) -> None:
    for row, zh, en, when in ((case.agency, "中心记录", "agency", "agency_period"), (case.provider, "机构明细", "provider", "provider_period")):
        if row is None:
            story.add(zh, en, NONE, Both("没有这一笔", "no such row"))
            continue
        more = Both("", "")
        if when == "agency_period":
            person = told(row["psn_no"], mask(row["certno"]) if row.get("certno") else "")
            more = told(Both(f"医疗类别 {row['med_type']}", f"med_type {row['med_type']}"), Both(f"出院 {row['enddate']}", f"discharged {row['enddate']}"),
                        Both(f"人员 {person.zh}", f"person {person.en}"))
        month = case.main[when]
        story.add(zh, en, three(row), told(
            Both(f"{month} 送达", f"delivered {month}"), _kinds(row), more), place(row))


def _kinds(row: Row) -> Both:
    return Both(f"险种 {row['insutype'] or '未列'}，清算类别 {row['clr_type'] or '未列'}",
                f"insutype {row['insutype'] or 'not given'}, clr_type {row['clr_type'] or 'not given'}")


def _history(story: Story, case: Case) -> None:
    """The break number, and every month in which the key stands."""
    if case.main["break_id"]:
        opened = case.main["opened_period"] or case.found.at.run.period.text
        story.add("差异编号", "break id", case.main["break_id"], Both(f"{opened} 起，各月不变", f"since {opened}, the same over the months"))
    if len(case.found.months) < 2:
        return
    for seen in case.found.months:
        rows = seen.rows or [_open_as_row(seen.left_open or {})]
        for row in rows:
            held = Both(f"暂缓 {row['held_reason']}", f"held {row['held_reason']}") if row["held_reason"] else ""
            amount = Both(f"认定 {yuan_grouped(row['recognised_amt'])}", f"recognised {yuan_grouped(row['recognised_amt'])}") if row["recognised_amt"] else ""
            story.add(f"{seen.run.period.text}", f"{seen.run.period.text}", named(row["stmt_diff"], CLASSES),
                      told(STATES[row["state"]], held, amount), seen.run.run_id)


def _decisions(story: Story, case: Case) -> None:
    """Who decided what on the break, when and why, and what came of it."""
    import polars as pl

    from nxmed.io import resolutions
    from nxmed.io.runs import current, scan_table

    ids = {r["break_id"] for m in case.found.months for r in [*m.rows, *([m.left_open] if m.left_open else [])]} - {None}
    entries = resolutions.read(case.ws).filter(pl.col("break_id").is_in(sorted(ids))).to_dicts() if ids else []
    for entry in entries:
        done = [(r.period.text, row["state"]) for r in sorted(current(case.ws, "settle"), key=lambda r: r.period) for row in
                scan_table(r, "statement_decisions").filter(pl.col("entry_id") == entry["entry_id"]).collect().to_dicts()]
        came = joined(*(_came(month, state) for month, state in done)) if done else Both(
            "还没有结算读到，下次 nxmed settle 生效", "no run has read it yet: the next nxmed settle does")
        story.add("处理决定", "decision", DECISIONS[entry["decision"]], told(
            Both(f"{entry['who_name'] or entry['who']} {entry['at']}", f"{entry['who_name'] or entry['who']} {entry['at']}"),
            Both(f"“{mask_text(entry['note'])}”", f'"{mask_text(entry["note"])}"'), came), f"settle_resolutions.jsonl {entry['entry_id']}")


def _came(month: str, state: str) -> Both:
    words = STATES.get(state, Both("数据已变动，未执行", "the row had changed: not carried out"))
    return Both(f"{month} {words.zh}", f"{month} {words.en}")


def _recognised(story: Story, case: Case) -> None:
    """Per fund: which amount, and what corrected it."""
    from nxmed.settlements.funds import OTHER_FUNDS, POOLED

    main, agency = case.main, case.agency
    columns = {fund: c for c, fund in OTHER_FUNDS.items()}
    for fund, words in FUNDS.items():
        amount = main[f"recognised_{fund}"]
        if not amount or agency is None:
            continue
        how: Both | str = columns.get(fund, "")
        if fund == "310200":
            how = f"acct_pay {yuan_grouped(agency['acct_pay'])} + acct_mulaid_pay {yuan_grouped(agency['acct_mulaid_pay'])}"
        elif fund in POOLED.values():
            how = _pool(main, agency, amount)
        story.add(f"认定 {fund} {words.zh}", f"recognised {fund} {words.en}", yuan_grouped(amount), how)
    story.add("认定合计", "recognised", yuan_grouped(main["recognised_amt"]), STATES[main["state"]], main["rule"])


def _pool(main: Row, agency: Row, amount: int) -> Both:
    hifp = yuan_grouped(agency["hifp_pay"])
    if "NXJY-49" in main["rule"]:
        return Both(f"包干代替 hifp_pay {hifp}", f"the package in place of hifp_pay {hifp}")
    if main["decision"] == "provider" and main["stmt_diff"] != "00":
        mine, theirs = (yuan_grouped(main[f"{s}_fund_pay_sumamt"]) for s in ("agency", "provider"))
        return Both(f"hifp_pay {hifp} + 机构基金 {theirs} − 中心基金 {mine} = {yuan_grouped(amount)}",
                    f"hifp_pay {hifp} + provider's fund {theirs} − agency's fund {mine} = {yuan_grouped(amount)}")
    return Both(f"hifp_pay {hifp}", f"hifp_pay {hifp}")
