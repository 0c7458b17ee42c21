"""说清一项应付 (nxmed explain payable): recognised by class, carried, deducted, deposited, advanced, and what is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nxmed.errors import MissingInput
from nxmed.kernel.identifiers import mask_text
from nxmed.kernel.money import yuan_grouped
from nxmed.kernel.stage import Equation, prove
from nxmed.pipelines.explain_settle import (
    CLASSES,
    DECISIONS,
    FUNDS,
    NONE,
    Row,
    named,
    prove_rows,
    replayed,
    run_of,
    told,
)
from nxmed.pipelines.explain_settle_paid import items
from nxmed.pipelines.story import Both, Story, cited, joined, place, product, rounded

if TYPE_CHECKING:
    from decimal import Decimal

    import polars as pl

    from nxmed.io.runs import Run
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period
    from nxmed.settlements.shapes import SettleInputs

ITEM_KEY = ("fixmedins_code", "fund_pay_type")
AMOUNTS = ("recognised_amt", "carried_in_amt", "det_amt", "dpst_amt", "advance_amt", "carried_out_amt", "act_dfr_amt")
DEDUCTIONS = {
    "10": Both("审核扣款", "audit"), "20": Both("稽核扣款", "inspection"), "30": Both("预付金抵扣", "advance set off"),
    "40": Both("预留金暂扣", "deposit withheld"), "99": Both("其他", "other"),
}


def explain_payable(ws: Workspace, code: str, fund: str, period: Period | None = None) -> Story:
    """一项应付 of a provider and fund (the newest settled month, or the named one); the whole month is computed again as proof."""
    import polars as pl

    from nxmed.io.runs import scan_table

    run = run_of(ws, period)
    mine = (pl.col("fixmedins_code") == code) & (pl.col("fund_pay_type") == fund)
    rows = scan_table(run, "payables").filter(mine).collect().to_dicts()
    if not rows:
        raise _unknown(run, code, fund)
    with replayed(ws, run, code) as again:
        prove_rows(run, rows, again.tables["payables"], ITEM_KEY)
        row, room = rows[0], again.own
        name = named(fund, FUNDS)
        story = Story(f"应付 {code} {name.zh}（{run.period.text}）", f"payable {code} {name.en} ({run.period.text})", run.run_id)
        _recognised(story, run, again.rows, row)
        _carried_in(story, ws, run, row)
        _deducted(story, room, row)
        terms = _terms(room, run.period, code)
        _deposit(story, row, terms)
        _advance(story, room, again.tables["payables"], row, terms)
        _left(story, row)
        items(story, ws, run, f"{code}|{fund}")
    story.replayed = {n: yuan_grouped(row[n]) for n in AMOUNTS}
    return story


def _unknown(run: Run, code: str, fund: str) -> MissingInput:
    import polars as pl

    from nxmed.io.runs import scan_table

    known = scan_table(run, "payables").filter(pl.col("fixmedins_code") == code).select("fund_pay_type").collect()["fund_pay_type"].sort()
    hint = f"该机构本月的基金：{'、'.join(known)}" if known.len() else "该机构本月没有应付；nxmed sql 可查 payables"
    hint_en = f"funds of that provider: {', '.join(known)}" if known.len() else "nothing is owed to that provider this month; see the table payables"
    return MissingInput(f"{run.period.text} 没有机构 {code} 基金 {fund} 的应付", hint,
                        text_en=f"no payable of {code}, fund {fund}, in {run.period.text}", hint_en=hint_en)


def _recognised(story: Story, run: Run, every: pl.DataFrame, row: Row) -> None:
    """By class and decision, how many rows and how much; their sum is the recognised amount."""
    import polars as pl

    column = f"recognised_{row['fund_pay_type']}"
    rows = every.filter(
        (pl.col("fixmedins_code") == row["fixmedins_code"]) & (pl.col("state") == "recognised") & (pl.col(column) != 0))
    groups = rows.group_by("stmt_diff", "decision", "refd_setl_flag").agg(
        n=pl.len(), amt=pl.col(column).sum(), before=(pl.col("opened_period") < run.period.text).sum()).sort(
        "stmt_diff", "decision", "refd_setl_flag", nulls_last=False).to_dicts()
    prove([Equation("explain.payable", "各类认定之和 = 认定额", {n["stmt_diff"] + str(i): n["amt"] for i, n in enumerate(groups)},
                    {"认定额": row["recognised_amt"]}, en="Σ of the classes = recognised")])
    for group in groups:
        title = named(group["stmt_diff"], CLASSES)
        decided = DECISIONS[group["decision"]] if group["decision"] else ""
        refund = Both("退费", "refunds") if group["refd_setl_flag"] == "1" else ""
        older = Both(f"其中 {group['before']} 笔为以前月份的差异", f"{group['before']} of them open from earlier months") if group["before"] else ""
        story.add(f"认定：{title.zh}", f"recognised: {title.en}", yuan_grouped(group["amt"]),
                  told(Both(f"{group['n']} 笔", f"{group['n']} rows"), refund, decided, older))
    story.add("认定额", "recognised", yuan_grouped(row["recognised_amt"]), Both(f"{rows.height} 笔之和", f"sum of {rows.height} rows"), row["rule"])


def _carried_in(story: Story, ws: Workspace, run: Run, row: Row) -> None:
    """What stayed below zero the month before, as that month's run published it."""
    import polars as pl

    from nxmed.io.runs import newest, scan_table

    before = newest(ws, "settle", run.period - 1)
    if before is None:
        story.add("上期结转", "carried in", yuan_grouped(row["carried_in_amt"]), Both("首个结算月份", "the first month"))
        return
    mine = pl.all_horizontal([pl.col(n) == row[n] for n in ITEM_KEY])
    last = int(scan_table(before, "payables").filter(mine).select(pl.col("carried_out_amt").sum()).collect().item())
    prove([Equation("explain.carried", "上期结转 = 上期的结转下期", {"上期结转": row["carried_in_amt"]}, {before.period.text: last},
                    en="carried in = carried out of the month before")])
    story.add("上期结转", "carried in", yuan_grouped(row["carried_in_amt"]),
              Both(f"{before.period.text} 的结转下期", f"carried out of {before.period.text}"), before.run_id)


def _deducted(story: Story, room: SettleInputs, row: Row) -> None:
    """Each deduction with its number, kind, reason and row."""
    import polars as pl

    from nxmed.settlements.shapes import COUNT, TEXT, shaped
    from nxmed.settlements.shapes import DEDUCTIONS as SHAPE

    mine = pl.all_horizontal([pl.col(n) == row[n] for n in ITEM_KEY])
    rows = shaped(room.deductions, {**SHAPE, "src_file": TEXT, "src_row": COUNT}).filter(mine).sort("det_sn").collect().to_dicts()
    for one in rows:
        kind = DEDUCTIONS.get(one["det_type"], Both("", ""))
        story.add(f"扣款 {one['det_sn']}", f"deduction {one['det_sn']}", yuan_grouped(one["det_amt"]),
                  told(Both(f"{one['det_type']} {kind.zh}", f"{one['det_type']} {kind.en}"), mask_text(str(one["det_rea"] or ""))), place(one))
    story.add("扣款", "deductions", yuan_grouped(row["det_amt"]), Both(f"{len(rows)} 项之和", f"sum of {len(rows)}") if rows else Both("没有扣款", "none"))


def _terms(room: SettleInputs, period: Period, code: str) -> Row | None:
    """The agreement in force on the last day of the month, with file and row."""
    import polars as pl

    from nxmed.settlements.providers import in_force
    from nxmed.settlements.shapes import COUNT, PROVIDERS, TEXT, shaped

    rows = shaped(room.providers, {**PROVIDERS, "src_file": TEXT, "src_row": COUNT}).filter(pl.col("fixmedins_code") == code).collect()
    # One agreement at a time, so that its own row is known.
    best = in_force(rows, period.last_day)
    for one in rows.sort("efft_time", "invd_time", descending=True).partition_by("src_file", "src_row", maintain_order=True):
        if best.height and in_force(one, period.last_day).equals(best):
            return one.row(0, named=True)
    return None


def _deposit(story: Story, row: Row, terms: Row | None) -> None:
    """rate × (recognised − deductions), not under 0, not on the account."""
    from nxmed.settlements.funds import ACCOUNT

    due = row["recognised_amt"] - row["det_amt"]
    how: Both
    if row["fund_pay_type"] == ACCOUNT:
        how = Both("个人账户不留预留金", "no deposit on the personal account")
    elif due <= 0:
        how = Both(f"认定 − 扣款 = {yuan_grouped(due)}，不留", f"recognised − deductions = {yuan_grouped(due)}: none")
    else:
        how = joined(f"{yuan_grouped(row['recognised_amt'])} − {yuan_grouped(row['det_amt'])} = {yuan_grouped(due)}",
                     rounded(product(due, f"{_rate(row['dpst_rat']):f}")))
    if row["fund_pay_type"] == ACCOUNT:
        story.add("预留金", "deposit", yuan_grouped(row["dpst_amt"]), how)
        return
    agreed = Both("没有有效协议", "no agreement") if terms is None else told(
        Both(f"协议 {terms['efft_time']} 至 {terms['invd_time']} 的比例 {_rate(row['dpst_rat']):f}",
             f"agreement {terms['efft_time']} to {terms['invd_time']}, rate {_rate(row['dpst_rat']):f}"), place(terms))
    story.add("预留金", "deposit", yuan_grouped(row["dpst_amt"]), how, agreed)


def _rate(ppm: int) -> Decimal:
    from decimal import Decimal


    return Decimal(ppm).scaleb(-6).normalize()


def _advance(story: Story, room: SettleInputs, owed: pl.DataFrame, row: Row, terms: Row | None) -> None:
    """周转金 (where the region settles it in this month): in the order of the funds, the rest on the first."""
    import polars as pl

    from nxmed.settlements.funds import ACCOUNT

    month = room.law.find("settle.advance_month", room.period.first_day)
    if month is None:
        return
    if month.int != room.period.month:
        story.add("周转金", "advance", yuan_grouped(row["advance_amt"]), Both(f"{month.value} 月才抵扣", f"taken off in month {month.value} only"), cited(month))
        return
    fund = (terms or {}).get("turnover_fund")
    if not fund or row["fund_pay_type"] == ACCOUNT:
        story.add("周转金", "advance", yuan_grouped(row["advance_amt"]),
                  Both("个人账户不抵", "not on the personal account") if fund else Both("没有周转金", "there is none"), cited(month))
        return
    others = owed.filter(
        (pl.col("fixmedins_code") == row["fixmedins_code"]) & (pl.col("fund_pay_type") != ACCOUNT)).sort("fund_pay_type").to_dicts()
    left = fund
    for one in others:
        there = max(0, one["recognised_amt"] + one["carried_in_amt"] - one["det_amt"] - one["dpst_amt"])
        if one["fund_pay_type"] == row["fund_pay_type"]:
            rest = row["advance_amt"] - min(there, left)
            beyond = Both(f"各基金不足的 {yuan_grouped(rest)} 记在此", f"what no fund covers, {yuan_grouped(rest)}, stands here") if rest else ""
            story.add("周转金", "advance", yuan_grouped(row["advance_amt"]), told(
                Both(f"周转金 {yuan_grouped(fund)}，按基金次序抵到这里还剩 {yuan_grouped(left)}",
                     f"advance {yuan_grouped(fund)}, in the order of funds {yuan_grouped(left)} are left here"),
                Both(f"本基金可抵 {yuan_grouped(there)}", f"this fund can bear {yuan_grouped(there)}"), beyond),
                joined(cited(month), place(terms or {})))
        left -= min(there, left)


def _left(story: Story, row: Row) -> None:
    """recognised + carried in − deductions − deposit − advance, above zero paid, below zero carried."""
    terms = [("", row["recognised_amt"]), (" + ", row["carried_in_amt"]), (" − ", row["det_amt"]), (" − ", row["dpst_amt"]), (" − ", row["advance_amt"])]
    left = row["act_dfr_amt"] + row["carried_out_amt"]
    told_ = "".join(f"{sign}{yuan_grouped(amount)}" for sign, amount in terms) + f" = {yuan_grouped(left)}"
    story.add("余额", "left", yuan_grouped(left), Both(f"认定 + 结转 − 扣款 − 预留 − 周转：{told_}", f"recognised + carried − deductions − deposit − advance: {told_}"),
              row["rule"])
    story.add("结转下期", "carried out", yuan_grouped(row["carried_out_amt"]), Both("低于 0 的部分", "what is below 0") if row["carried_out_amt"] else NONE)
    story.add("实付", "to be paid", yuan_grouped(row["act_dfr_amt"]), Both(f"付款经办机构 {row['fix_blng_admdvs'] or '未定'}",
              f"paid by {row['fix_blng_admdvs'] or 'nobody yet'}"), row["rule"])

