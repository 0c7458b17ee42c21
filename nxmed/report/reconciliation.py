"""到账对账表 (the reconciliation statement): from the dues of the month to what arrived, residual 0.00 on both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from nxmed.kernel import finding
from nxmed.kernel.finding_codes import CODES
from nxmed.kernel.identifiers import mask_text_expr
from nxmed.kernel.period import Period
from nxmed.kernel.stage import Equation
from nxmed.report.workbook import Column, Workbook

Line = dict[str, Any]
MONEY = pl.col("paid_amt") + pl.col("latefee_amt")
CLASSES = {
    "applied": "全额入账", "partly_applied": "部分入账、余额转多缴", "credit": "转多缴", "duplicate": "重复到账",
    "unidentified": "无法识别", "other_scheme": "其他险种", "treasury_pending": "待国库确认", "late_charge": "滞纳金",
    "flexible": "灵活就业", "reversal": "退库冲减",
}
PARTS = {"emp": "单位", "psn": "个人", "any": "不分"}


def feed_totals(feed: pl.LazyFrame) -> tuple[int, int]:
    """税务到账文件 (rows and Σ paid_amt + latefee in fen of the month's accepted lines)."""
    rows, amount = feed.select(pl.len().cast(pl.Int64), (pl.col("paid_amt") + pl.col("latefee").fill_null(0)).sum()).collect().row(0)
    return int(rows), int(amount or 0)


def statement_lines(
    tables: Mapping[str, pl.DataFrame], period: Period, feed: tuple[int, int], *, rejected: int = 0,
) -> list[Line]:
    """对账表各行 (kind start, plus, minus, sum or check; amounts in fen; checks are 0 when both sides agree).

    feed: rows and fen of the accepted lines; rejected: rows of the feed's files that were not taken and so are in no line.
    """
    arrivals, applications, balances, ties = (
        tables[n] for n in ("arrivals", "applications", "due_balances", "treasury_ties"))
    month = balances.filter((pl.col("accrym") == period.ym) & (pl.col("opened_period") == period.text))
    open_ = month.filter(pl.col("outstanding") > 0)
    deferred, rest = open_.filter("deferred"), open_.filter(~pl.col("deferred"))
    unpaid, short = rest.filter(pl.col("status") == "unpaid"), rest.filter(pl.col("status") == "part_paid")
    arrears = applications.join(month.select("clct_bill_id", "part"), on=["clct_bill_id", "part"], how="anti")
    from_credit = applications.filter(pl.col("source") == "credit")
    booked = arrivals.filter(pl.col("class").is_in(["applied", "partly_applied", "credit", "reversal"]))
    sure = arrivals.filter("confirmed")
    kind = pl.col("class")
    unknown = arrivals.filter(kind == "unidentified")
    pending = arrivals.filter(kind == "treasury_pending")
    repeated = arrivals.filter(kind == "duplicate")
    others = arrivals.filter(kind.is_in(["other_scheme", "flexible"]))
    charges = arrivals.filter(kind == "late_charge")
    carried = arrivals.filter(pl.col("arrived_period") < period.text)

    lines = [
        _line("start", "dues", "本月应征", "dues of the month", month, "amt", ("单位、个人部分各计一笔", "unit and person part count one each")),
        _line("minus", "deferred", "缓缴未缴", "deferred, not paid", deferred, "outstanding"),
        _line("minus", "unpaid", "未缴", "unpaid", unpaid, "outstanding"),
        _line("minus", "short", "少缴", "short", short, "outstanding"),
    ]
    lines.append(_sum(lines, "dues_paid", "本月应征已缴", "of them paid", month.filter(pl.col("paid") > 0).height))
    lines += [
        _line("plus", "arrears", "清以前月份欠费（含冲减）", "applied to earlier months", arrears, "amt"),
        _line("minus", "from_credit", "其中由多缴余额抵缴", "applied from credits, not from arrivals", from_credit, "amt"),
        _line("plus", "over", "多缴转余额（含冲减）", "overpaid, kept as credit", booked.filter(pl.col("credit_amt") != 0), "credit_amt"),
    ]
    lines.append(_sum(lines[4:], "booked", "本月入账本金", "principal booked", booked.height))
    lines += [
        _line("plus", "late_lines", "滞纳金单列", "late charges, own lines", charges, "paid_amt"),
        _line("plus", "late_beside", "随征滞纳金", "late charges that came along", sure.filter(pl.col("latefee_amt") != 0), "latefee_amt"),
        _line("plus", "unidentified", "无法识别（国库已确认）", "unidentified, confirmed", unknown.filter("confirmed"), "paid_amt",
              ("查明缴费人后入账", "booked once the payer is known")),
        _line("plus", "others", "居民与灵活就业", "other scheme and flexible", others, "paid_amt"),
    ]
    lines.append(_sum(lines[8:], "confirmed", "国库已确认到账", "confirmed by the treasury", sure.height))
    lines += [
        _line("plus", "pending", "待国库确认", "waiting for the treasury", pending, MONEY, ("次月自动重试", "tried again next month")),
        _line("plus", "unknown_levy", "征收品目无法识别", "levy item unknown", unknown.filter(~pl.col("confirmed")), MONEY),
        _line("plus", "duplicate", "重复到账", "delivered before", repeated, MONEY, ("不入账", "not booked")),
        _line("minus", "carried", "以前月份待确认转入", "pending of earlier months", carried, MONEY),
    ]
    lines.append(_sum(lines[13:], "arrived", "本月送达的到账", "arrivals delivered this month", arrivals.height - carried.height))
    arrived = lines[-1]["amount_fen"]
    lines += [
        {"kind": "start", "id": "feed", "zh": "税务到账文件", "en": "tax feed", "count": feed[0], "amount_fen": feed[1],
         **_note(_rejected(rejected))},
        _check("feed_check", "与税务到账文件之差", "difference to the tax feed", arrived - feed[1]),
    ]
    held_back = pending.filter(pl.col("waits")) if "waits" in pending.columns else _waiting(pending, ties)
    equal = ties.filter(pl.col("state") == "equal")
    treasury = int(equal["stmt_amt"].sum()) - int(equal["booked_before_amt"].sum()) - int(held_back.select(MONEY.sum()).item() or 0)
    lines += [
        {"kind": "start", "id": "treasury", "zh": "国库对账单（本月对上的部分）", "en": "treasury statement, groups that tie", "count": equal.height,
         "amount_fen": treasury, **_note(("已减以前月份入账部分", "less what earlier months booked"))},
        _check("treasury_check", "与国库对账单之差", "difference to the treasury", _amount(lines, "confirmed") - treasury),
    ]
    return lines


def _waiting(pending: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """Pending lines whose own group ties: reversals that wait for their ticket."""
    equal = ties.filter(pl.col("state") == "equal")
    tickets = equal.filter(pl.col("tie_kind") == "ticket").select("elec_taxrpt_no", "insutype")
    days = equal.filter(pl.col("tie_kind") == "day").select("treasury_code", "insutype", intsury_time="stmt_date")
    return pl.concat([
        pending.filter(pl.col("tie_kind") == "ticket").join(tickets, on=["elec_taxrpt_no", "insutype"], how="semi"),
        pending.filter(pl.col("tie_kind") == "day").join(days, on=["treasury_code", "intsury_time", "insutype"], how="semi"),
    ])


def _line(kind: str, id_: str, zh: str, en: str, rows: pl.DataFrame, amount: str | pl.Expr,
          note: tuple[str, str] = ("", "")) -> Line:
    value = pl.col(amount) if isinstance(amount, str) else amount
    return {"kind": kind, "id": id_, "zh": zh, "en": en, "count": rows.height,
            "amount_fen": int(rows.select(value.sum()).item() or 0), **_note(note)}


def _note(words: tuple[str, str] = ("", "")) -> Line:
    return {"note": words[0], "note_en": words[1]}


def _rejected(rows: int) -> tuple[str, str]:
    if not rows:
        return "", ""
    return f"另有拒收 {rows:,} 行，未计入", f"{rows:,} row{'s' if rows > 1 else ''} rejected, not counted"


def _sum(above: Sequence[Line], id_: str, zh: str, en: str, rows: int) -> Line:
    """The first line above and what is added to it or taken off since."""
    total = above[0]["amount_fen"] + sum(
        line["amount_fen"] * {"plus": 1, "minus": -1}.get(line["kind"], 0) for line in above[1:])
    return {"kind": "sum", "id": id_, "zh": zh, "en": en, "count": rows, "amount_fen": total, **_note()}


def _check(id_: str, zh: str, en: str, difference: int) -> Line:
    return {"kind": "check", "id": id_, "zh": zh, "en": en, "count": None, "amount_fen": difference, **_note()}


def _amount(lines: Sequence[Line], id_: str) -> int:
    return int(next(line["amount_fen"] for line in lines if line["id"] == id_))


def statement_equations(lines: Sequence[Line]) -> list[Equation]:
    """对账表守恒 (the statement closes with 0.00 against the feed and against the treasury)."""
    return [
        Equation("statement.feed", "对账表合计 = 税务到账文件", {"对账表": _amount(lines, "arrived")}, {"税务文件": _amount(lines, "feed")},
                 en="statement = tax feed"),
        Equation("statement.treasury", "对账表已确认 = 国库对账单", {"对账表": _amount(lines, "confirmed")}, {"国库": _amount(lines, "treasury")},
                 en="confirmed in the statement = treasury"),
    ]


def write_workbook(
    path: Path, tables: Mapping[str, pl.DataFrame], lines: Sequence[Line], *, period: Period, region: str, run_id: str,
    findings: Sequence[pl.DataFrame],
) -> None:
    """到账对账表工作簿 (statement, findings with what to do, unpaid dues, arrivals, credits, treasury groups)."""
    found = finding.collect(findings, "reconcile", period.text)
    sign = {"start": "", "plus": "加", "minus": "减", "sum": "=", "check": "校验"}
    rows = [[sign[line["kind"]], line["zh"], line["count"], line["amount_fen"], line["note"]] for line in lines]
    whole = tables["arrivals"].filter(pl.col("class") == "applied").height
    tied = tables["treasury_ties"].filter(pl.col("state") == "equal").height
    open_ = tables["due_balances"].filter(pl.col("outstanding") > 0).sort("emp_no", "accrym", "clct_bill_id", "part")
    arrivals = tables["arrivals"].filter(pl.col("class") != "applied").with_columns(
        pl.col("class").replace_strict(CLASSES, default=pl.col("class")), pl.col("part").replace_strict(PARTS, default=pl.col("part")),
        taxpayer_no=mask_text_expr(pl.col("taxpayer_no")))
    listed = found.with_columns(
        title=pl.col("code").replace_strict({c.code: c.zh for c in CODES.values()}),
        todo=pl.col("code").replace_strict({c.code: c.next_zh for c in CODES.values()}),
        level=pl.col("severity").replace_strict({"error": "错误", "warning": "警告", "info": "提示"}),
        taxpayer_no=mask_text_expr(pl.col("taxpayer_no")),
        rank=pl.col("severity").replace_strict({"error": 0, "warning": 1, "info": 2}),
    ).sort("rank", "code", "finding_id")
    with Workbook(path, title=f"到账对账表 {period.text}", footer=run_id) as book:
        cover = book.sheet("对账表")
        cover.pairs([("地区", region), ("费款所属期", period.ym), ("运行号", run_id)], title=f"税务到账对账表 {period.text}")
        cover.lines(["单位：元"])
        cover.table([Column("", width=6), Column("项目", width=34), Column("笔数", "count", total=False),
                     Column("金额", "amount", total=False), Column("说明", width=26)], rows, total=False)
        cover.signatures(["经办", "复核", "财务"])
        book.sheet("发现").table([
            Column("级别", id="level"), Column("代码", id="code"), Column("发现", id="title"), Column("单位编号", id="emp_no"),
            Column("税票号", id="elec_taxrpt_no"), Column("行", "int", "line_no"), Column("缴费人识别号", id="taxpayer_no"),
            Column("应为", id="expected"), Column("实为", id="actual"), Column("差额", "amount", "diff_amt", total=False),
            Column("说明", id="message", width=50), Column("怎么办", id="todo", width=44), Column("文件", id="src_file"),
            Column("文件行", "int", "src_row"), Column("处理", id="done", choices=("已办", "核查中", "不处理")),
        ], listed.with_columns(done=pl.lit("")), keys=2, total=False)
        book.sheet("未缴与少缴").table([
            Column("核定单号", id="clct_bill_id"), Column("部分", id="part"), Column("单位编号", id="emp_no"),
            Column("险种", id="insutype"), Column("所属期", "month", "accrym"), Column("应缴", "amount", "amt"),
            Column("已缴", "amount", "paid"), Column("未缴", "amount", "outstanding"), Column("期限", "date", "dedln_date"),
            Column("缓缴", "bool", "deferred"), Column("逾期", "bool", "overdue"),
        ], open_.with_columns(pl.col("part").replace_strict(PARTS, default=pl.col("part"))), keys=2)
        book.sheet("到账待看").table([
            Column("税票号", id="elec_taxrpt_no"), Column("行", "int", "line_no"), Column("缴费人识别号", id="taxpayer_no"),
            Column("单位编号", id="emp_no"), Column("险种", id="insutype"), Column("部分", id="part"),
            Column("实缴金额", "amount", "paid_amt"), Column("滞纳金", "amount", "latefee_amt"), Column("结果", id="class"),
            Column("匹配", id="match_step"), Column("入账", "amount", "applied_amt"), Column("转多缴", "amount", "credit_amt"),
            Column("入库日期", "date", "intsury_time"), Column("送达月份", "period", "arrived_period"),
        ], arrivals, keys=2, title=f"全额入账的 {whole:,} 行不列在此，见表 arrivals（到账）")
        book.sheet("多缴余额").table([
            Column("单位编号", id="emp_no"), Column("险种", id="insutype"), Column("期初", "amount", "opening_amt"),
            Column("新增", "amount", "added_amt"), Column("冲回", "amount", "reversed_amt"), Column("抵缴", "amount", "applied_amt"),
            Column("退还", "amount", "refunded_amt"), Column("期末", "amount", "credit_amt"),
        ], tables["unit_credits"], keys=1)
        book.sheet("国库核对").table([
            Column("方式", id="tie_kind"), Column("税票号", id="elec_taxrpt_no"), Column("国库代码", id="treasury_code"),
            Column("日期", "date", "stmt_date"), Column("险种", id="insutype"), Column("国库金额", "amount", "stmt_amt"),
            Column("到账金额", "amount", "arrived_amt"), Column("差额", "amount", "diff_amt"), Column("状态", id="state"),
        ], tables["treasury_ties"].filter(pl.col("state") != "equal").with_columns(
            pl.col("tie_kind").replace_strict({"ticket": "按税票", "day": "按日"}),
            pl.col("state").replace_strict({"equal": "相符", "diff": "不符", "missing": "国库缺", "only": "税务缺"}, default=pl.col("state")),
        ), keys=2, title=f"相符的 {tied:,} 组不列在此，见表 treasury_ties（国库核对）")

