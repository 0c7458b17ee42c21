"""医疗救助清单 (what the office works through after a month: to be paid, to be claimed, to be recovered, to be watched).

Identity numbers are masked: the workbook names a person by the person's number.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from nxmed.kernel.chinese_amount import capital_of_fen
from nxmed.kernel.identifiers import mask_expr
from nxmed.kernel.period import Period
from nxmed.kernel.stage import Equation
from nxmed.report.workbook import Column, Workbook

SHEET_ROWS = 20_000
"""A longer list goes out as CSV beside the workbook: nobody reads it row by row, and a sheet of that size opens slowly."""
FORMULA = "^[=+\\-@\\t\\r＝＋－＠]"
FUNDS = {"610100": "医疗救助", "610102": "倾斜救助"}
CLASSES = {"due": "应救助", "nothing_due": "未达标准", "not_referred": "未规范转诊", "no_standard": "身份无标准",
           "no_identity": "无身份", "refunded": "已退费"}
TIERS = {"1": "一档 特困、孤儿", "2": "二档 低保等", "3": "三档 低保边缘", "4": "四档 因病返贫致贫", "5": "五档 因病致贫重病"}
PERSON = (Column("人员编号", id="psn_no"), Column("证件号码", id="certno", width=22))
PLACE = (Column("结算ID", id="setl_id"), Column("受理号", id="clm_sn"), Column("付款经办机构", id="payer"), Column("基金", id="fund"))


def write_lists(outbox: Callable[[str], Path], result: Any, *, period: Period, region: str, run_id: str) -> tuple[Equation, ...]:
    """写清单 (the room's result; `outbox` gives the path of a file by name). Gives the equations that the lists hold what
    was computed."""
    path = outbox(f"医疗救助清单_{period.text}.xlsx")
    working = _masked(result.working)
    payable, claimable = _by_fund(working, "claimed", above=True), _by_fund(working, "claimable", above=True)
    recover = _by_fund(working, None, above=False).with_columns(amt=-pl.col("amt"))
    watched = _masked(result.tables["assistance_watch"])
    sums = {name: int(frame["amt"].sum() or 0) for name, frame in (
        ("payable", payable), ("claimable", claimable), ("recover", recover))}
    with Workbook(path, title=f"医疗救助清单 {period.text}", footer=run_id) as book:
        cover = book.sheet("封面")
        cover.pairs([
            ("月份", period.text), ("经办地区", region), ("应付项数", payable.height, "count"),
            ("应付合计（小写）", sums["payable"], "amount"), ("应付合计（大写）", capital_of_fen(sums["payable"])),
            ("待申请项数", claimable.height, "count"), ("待申请合计", sums["claimable"], "amount"),
            ("追回项数", recover.height, "count"), ("追回合计", sums["recover"], "amount"),
            ("返贫预警人数", watched.height, "count"), ("运行号", run_id),
        ], title=f"医疗救助清单 {period.text}")
        cover.table([Column("付款经办机构", id="payer"), Column("基金", id="fund"), Column("项数", "count", "n"),
                     Column("应付", "amount", "amt")],
                    payable.group_by("payer", "fund").agg(n=pl.len().cast(pl.Int64), amt=pl.col("amt").sum()).sort("payer", "fund"),
                    title="应付（按经办机构和基金）")
        cover.lines(["应付清单由 payout 编批，经三人签名后发放；待申请名单请通知本人或家属申请，补报须附身份认定证明。"])
        cover.signatures(["经办", "复核", "审批"])
        money = (Column("档次", id="tier_name", width=18), Column("救助基数", "amount", "base_amt"), Column("金额", "amount", "amt"))
        kind = Column("分类", id="class_name")
        for name, rows, columns in (
            ("医疗救助应付清单", payable, (*PERSON, *PLACE, *money)), ("待申请名单", claimable, (*PERSON, *PLACE, *money)),
            ("追回名单", recover, (*PERSON, *PLACE, kind, *money)),
        ):
            sheet = book.sheet(name)
            if rows.height <= SHEET_ROWS:
                sheet.table(columns, rows, keys=2)
            else:
                listed = outbox(f"{name}_{period.text}.csv")
                write_long(listed, rows, columns)
                sheet.pairs([("行数", rows.height, "count"), ("金额", int(rows["amt"].sum() or 0), "amount"), ("全部行见", listed.name)])
        book.sheet("返贫预警").table([
            *PERSON, Column("项数", "count", "items"), Column("剩余合规费用", "amount", "base_amt"),
            Column("超过起点", "amount", "over_amt"), Column("已有档次", "bool", "identified")], watched, keys=2)
    tables = result.tables
    return (
        Equation("assist.outbox.payable", "应付清单 = 付款项", {"清单": sums["payable"]},
                 {"付款项": int(tables["payout_items"]["amt"].sum() or 0)}, en="list to be paid = payout items"),
        Equation("assist.outbox.claimable", "待申请名单 = 待申请差额", {"名单": sums["claimable"]},
                 {"差额": int(result.facts["claimable_fen"])}, en="list to be claimed = claimable deltas"),
        Equation("assist.outbox.recover", "追回名单 = 负差额", {"名单": sums["recover"]},
                 {"差额": -int(result.facts["overpaid_fen"])}, en="list to be recovered = deltas below 0"),
    )


def write_long(path: Path, rows: pl.DataFrame, columns: tuple[Column, ...]) -> None:
    """长名单 as CSV (UTF-8 with BOM, amounts in yuan, text that a spreadsheet would take for a formula quoted)."""
    shown = [
        yuan_text(pl.col(c.id)) if c.kind == "amount"
        else pl.when(pl.col(c.id).str.contains(FORMULA)).then(pl.concat_str([pl.lit("'"), pl.col(c.id)])).otherwise(pl.col(c.id))
        for c in columns]
    path.write_bytes(rows.select(e.alias(c.title) for e, c in zip(shown, columns, strict=True)).write_csv(
        include_bom=True, line_terminator="\r\n").encode())


def yuan_text(amount: pl.Expr) -> pl.Expr:
    """元, 两位小数 (fen as text)."""
    size = amount.abs()
    return pl.concat_str([
        pl.when(amount < 0).then(pl.lit("-")).otherwise(pl.lit("")), (size // 100).cast(pl.String), pl.lit("."),
        (size % 100).cast(pl.String).str.zfill(2)])


def _masked(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(certno=mask_expr(pl.col("certno")))


def _by_fund(rows: pl.DataFrame, state: str | None, *, above: bool) -> pl.DataFrame:
    """Deltas of one sign, one row per item and fund."""
    mine = rows if state is None else rows.filter(pl.col("claim_state") == state)
    pieces = []
    for fund, column in (("610100", "delta_ordinary"), ("610102", "delta_tilt")):
        sign = pl.col(column) > 0 if above else pl.col(column) < 0
        pieces.append(mine.filter(sign).with_columns(fund=pl.lit(f"{fund} {FUNDS[fund]}"), amt=pl.col(column)))
    return pl.concat(pieces).with_columns(
        tier_name=pl.col("tier").replace_strict(TIERS, default=None, return_dtype=pl.String),
        class_name=pl.col("class").replace_strict(CLASSES, default=None, return_dtype=pl.String),
    ).sort("payer", "psn_no", "setl_id", "clm_sn", "fund", nulls_last=True)
