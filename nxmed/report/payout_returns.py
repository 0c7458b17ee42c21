"""回盘拒收簿 (answers of the bank that were not taken, to be settled with the bank). Nothing but numbers of ours and amounts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from nxmed.kernel.finding_codes import CODES
from nxmed.kernel.identifiers import mask_account_expr, mask_text_expr
from nxmed.report.workbook import Column, Workbook

COLUMNS = (
    Column("文件", id="src_file", width=26), Column("行", "int", "src_row", width=6, total=False), Column("流水号", id="pay_sn", width=27),
    Column("处理状态", id="state", width=10), Column("交易日期", "date", "tran_date", width=12), Column("银行流水号", id="bank_sn", width=16),
    Column("回盘金额", "amount", "ret_amt", width=14, total=False), Column("代码", id="code", width=18), Column("原因", id="message", width=64),
    Column("核对结果", id="result", width=18),
)
STATES = {"0": "0 处理中", "1": "1 成功", "2": "2 失败", "3": "3 退汇"}


def write_refused(path: Path, refused: pl.DataFrame, unread: Sequence[pl.DataFrame] = ()) -> None:
    """写拒收簿 (writes exactly `path`). refused: as `judge` gives them; unread: findings of rows that could not be read."""
    rows = pl.concat([refused, *(f.select("src_file", "src_row", "code", "message") for f in unread)], how="diagonal")
    shown = rows.with_columns(
        pay_sn=_ours(pl.col("pay_sn"), 25), bank_sn=mask_text_expr(pl.col("bank_sn")), state=pl.col("pay_stas").replace(STATES),
        ret_amt=pl.coalesce("ret_amt", "dfr_sumamt"), result=pl.lit("")).sort("src_file", "src_row", "code", nulls_last=True)
    with Workbook(path, title="回盘拒收", footer="回盘拒收") as book:
        sheet = book.sheet("拒收")
        sheet.lines([f"以下 {shown.height} 行没有采纳，付款状态未变。与银行核对后，请银行重新提供正确的回盘。",
                     *(f"{code} {CODES[code].zh}：{CODES[code].next_zh}" for code in sorted(shown["code"].unique()))])
        sheet.table(COLUMNS, shown, keys=2, total=False)


def _ours(number: pl.Expr, size: int) -> pl.Expr:
    """A number of ours as it is, anything else masked."""
    return pl.when(number.str.contains(f"^[0-9A-Z]{{{size}}}$")).then(number).otherwise(mask_account_expr(number))
