"""付款审核簿 (what 复核 and 审批 read before they sign): the batch's head and totals, its lines, the items behind them.

Accounts and identity numbers are masked. The same batch gives the same bytes: no clock, nothing that a later step or
another batch changes (what is held stands only in the copy made before the export).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from nxmed.kernel.chinese_amount import capital_of_fen
from nxmed.kernel.identifiers import mask_account, mask_account_expr, mask_text_expr
from nxmed.kernel.money import yuan_grouped
from nxmed.report.workbook import Column, Workbook

PAYEES = {"2": "人员", "4": "单位", "5": "定点机构"}
ACCOUNTS = {"1": "对私", "2": "对公"}
SHEET_ROWS, LARGEST = 20_000, 2_000
"""A longer list is no reading for a reviewer: its largest rows, and where all of them are."""
STEPS = {"submit": "经办（提交）", "review": "复核", "approve": "审批", "reject": "退回"}
LINE = (
    Column("序号", "int", "row_no", total=False), Column("收款方", id="payee", width=10), Column("收款方编号", id="payee_code"),
    Column("户名", id="acctname"), Column("账号", id="bankacct"), Column("性质", id="acct_kind", width=8),
    Column("开户行", id="bank_name", width=24), Column("联行号", id="bankcode"), Column("付款项", "count", "items"),
    Column("金额", "amount", "amt"), Column("附言", id="postscript", width=24), Column("替代的原付款", id="org_pay_sn", width=28),
)
ITEM = (
    Column("流水号", id="pay_sn", width=28), Column("户名", id="acctname"), Column("付款项编号", id="item_id", width=20),
    Column("来源主键", id="source_key", width=28), Column("月份", id="period"), Column("金额", "amount", "amt"),
    Column("依据", id="rule", width=24), Column("运行号", id="run_id", width=30),
)
HELD = (
    Column("付款项编号", id="item_id", width=20), Column("来源主键", id="source_key", width=28), Column("月份", id="period"),
    Column("基金", id="fund_pay_type"), Column("付款机构", id="insu_admdvs"), Column("收款方编号", id="payee_code"),
    Column("金额", "amount", "amt"), Column("暂缓原因", id="reason_zh", width=30),
)


@dataclass(frozen=True)
class Review:
    """审核簿的内容. batch: nxmed.payouts.shapes.Batch; lines in LINE, line_items in LINE_ITEM; signatures: step, person, at,
    fingerprint, round; round_no: the current one; head: log entries and hash; held: HELD with `reason_zh` (None: not shown); state_zh: as of then."""

    batch: Any
    round_no: int
    content_sha256: str
    lines: pl.DataFrame
    line_items: pl.DataFrame
    signatures: Sequence[Mapping[str, Any]]
    head: tuple[int, str]
    head_of: str
    state_zh: str
    source_zh: str
    fund_zh: str
    held: pl.DataFrame | None = None


def write_review(path: Path, review: Review) -> None:
    """写审核簿 (writes exactly `path`)."""
    batch = review.batch
    with Workbook(path, title=f"付款审核簿 {batch.bat_no}", footer=f"{batch.bat_no}  日志链头 {review.head[1][:16]}") as book:
        _cover(book, review)
        names = review.lines.select("pay_sn", "acctname")
        counted = review.line_items.group_by("pay_sn").agg(items=pl.len().cast(pl.Int64))
        lines = _masked(review.lines).join(counted, on="pay_sn", how="left").sort("row_no").with_columns(
            payee=pl.col("payee_type").replace(PAYEES), acct_kind=pl.col("acct_type").replace(ACCOUNTS))
        items = _masked(review.line_items).join(names, on="pay_sn", how="left").sort("pay_sn", "item_id")
        _list(book, "付款行", LINE, lines, "payout_lines")
        _list(book, "付款项", ITEM, items, "payout_line_items")
        if review.held is not None:
            sheet = book.sheet("暂缓")
            sheet.lines(["以下付款项没有编入任何批次；办妥后下次编批自动进入。" if review.held.height else "没有暂缓的付款项。"])
            if review.held.height:
                sheet.table(HELD, _masked(review.held).sort("item_id"), keys=1)


def _list(book: Workbook, name: str, columns: tuple[Column, ...], rows: pl.DataFrame, table: str) -> None:
    sheet = book.sheet(name)
    if rows.height > SHEET_ROWS:
        sheet.lines([f"共 {rows.height:,} 行，{yuan_grouped(int(rows['amt'].sum()))} 元；这里列金额最大的 {LARGEST:,} 行，"
                     f"全部见 nxmed sql 的 {table}。"])
        rows = rows.sort("amt", "pay_sn", descending=[True, False]).head(LARGEST)
    sheet.table(columns, rows, keys=2)


def _cover(book: Workbook, review: Review) -> None:
    batch, payer = review.batch, review.batch.payer
    sheet = book.sheet("封面")
    items = int(review.line_items["amt"].sum() or 0)
    sheet.pairs([
        ("批次号", batch.bat_no), ("来源", f"{review.source_zh}（{batch.source}）"), ("月份", batch.period),
        ("基金", f"{batch.fund_pay_type} {review.fund_zh}".strip()), ("付款机构", batch.insu_admdvs),
        ("制单日期", batch.make_date, "date"),
        ("付款账户", f"{payer.acctname}  {mask_account(payer.bankacct)}  {payer.bank_name or ''}".strip() if payer else "未登记"),
        ("总笔数", batch.declared_count, "count"), ("总金额（小写）", batch.declared_amt, "amount"),
        ("总金额（大写）", "人民币" + capital_of_fen(batch.declared_amt)),
        ("付款行合计", int(review.lines["amt"].sum() or 0), "amount"), ("付款项合计", items, "amount"),
        ("状态", f"{review.state_zh}，第 {review.round_no} 轮"), ("内容 sha256", review.content_sha256),
        (f"日志链头（{review.head_of}）", f"第 {review.head[0]} 条 {review.head[1]}"),
    ], title=f"付款审核簿 {batch.bat_no}")
    sheet.table(
        [Column("岗位", width=26), Column("密钥指纹"), Column("签名人", width=20), Column("时间（UTC）", width=22),
         Column("轮次", "int", width=8, total=False)],
        [(STEPS.get(s["step"], s["step"]), s["fingerprint"], s["person"], s["at"], s["round"]) for s in review.signatures],
        title="电子签名" if review.signatures else "电子签名（尚无）", total=False)
    sheet.lines([
        "核对：笔数、总金额与申报一致；付款行与付款项逐笔相符；户名与账户登记一致。任何改动使全部签名作废。",
        "内容 sha256 与 nxmed payout show 所示相同，本簿即为所签批次；链头与日志相同，日志未被改写。"])
    sheet.signatures(["经办", "复核", "审批"], height=42)


def _masked(frame: pl.DataFrame) -> pl.DataFrame:
    hidden = {"bankacct": mask_account_expr, "payee_code": mask_text_expr, "source_key": mask_text_expr, "postscript": mask_text_expr}
    return frame.with_columns(hide(pl.col(c)).alias(c) for c, hide in hidden.items() if c in frame.columns)
