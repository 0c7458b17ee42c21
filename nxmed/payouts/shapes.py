"""拨付的形状 (shapes of a batch, its lines, the items behind them, and their states)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

SOURCES: Mapping[str, str] = {"assist": "A", "settle": "S"}
"""来源与批次号字母 (the month's command that published the items, and its letter in `bat_no`)."""

SOURCE_WORDS: Mapping[str, tuple[str, str]] = {"assist": ("医疗救助金", "医疗救助"), "settle": ("医保结算款", "定点机构结算")}
"""用途与附言 (usage, and how the postscript begins; at most 20 and 60 GBK bytes)."""

BATCH_STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("草稿", "draft"), "submitted": ("已提交", "submitted"), "reviewed": ("已复核", "reviewed"),
    "approved": ("已审批", "approved"), "exported": ("已导出", "exported"), "closed": ("已办结", "closed"),
    "cancelled": ("已作废", "cancelled"),
}
LINE_STATES: Mapping[str, tuple[str, str]] = {
    "pending": ("待付", "pending"), "in_progress": ("处理中", "in progress"), "paid": ("已付", "paid"),
    "failed": ("失败", "failed"), "returned": ("退汇", "returned"), "cancelled": ("已作废", "cancelled"),
}
LIVE_STATES = ("pending", "in_progress", "paid")
"""有效行 (a line in one of these keeps its items from every other batch)."""
OPEN_AGAIN_STATES = ("failed", "returned", "cancelled")
FINAL_STATES = ("paid", "failed", "returned")
"""A batch all of whose lines are in one of these is closed."""

LINE: dict[str, pl.DataType] = {
    "pay_sn": pl.String(), "row_no": pl.Int64(), "payee_type": pl.String(), "payee_code": pl.String(),
    "payee_name": pl.String(), "bankacct": pl.String(), "acctname": pl.String(), "bankcode": pl.String(),
    "bank_name": pl.String(), "acct_type": pl.String(), "amt": pl.Int64(), "usage": pl.String(),
    "postscript": pl.String(), "org_pay_sn": pl.String(), "state": pl.String(),
}
"""付款行 (a bank line: one payee and account of a batch; amt in fen; org_pay_sn: the line it replaces)."""

LINE_ITEM: dict[str, pl.DataType] = {
    "pay_sn": pl.String(), "item_id": pl.String(), "amt": pl.Int64(), "source_key": pl.String(),
    "period": pl.String(), "run_id": pl.String(), "rule": pl.String(), "org_pay_sn": pl.String(),
}
"""行内付款项 (the items a line pays, as they were published when the batch was built)."""

ITEM: dict[str, pl.DataType] = {
    "item_id": pl.String(), "source": pl.String(), "source_key": pl.String(), "fund_pay_type": pl.String(),
    "payee_type": pl.String(), "payee_code": pl.String(), "amt": pl.Int64(), "insu_admdvs": pl.String(),
    "rule": pl.String(), "period": pl.String(), "run_id": pl.String(),
}
"""付款项 (a row of the table payout_items with its month and run)."""

HELD: dict[str, pl.DataType] = {**ITEM, "reason": pl.String()}
"""暂缓的付款项 (reason: one of HELD_REASONS)."""

HELD_REASONS: Mapping[str, tuple[str, str]] = {
    "no_account": ("没有有效的待遇发放账户", "no valid account for benefits"),
    "not_active": ("账户的金融功能未开通", "the account is not activated"),
    "several_accounts": ("同日生效的有效账户不止一个", "several accounts valid from the same day"),
    "no_agency": ("付款经办机构缺失或不是六位区划", "paying agency missing or not six digits"),
    "bad_fund": ("基金支付类型不是六位代码", "the fund is not a code of six digits"),
    "changed": ("与以前编批时的付款项不同", "differs from the item as it was batched before"),
}


@dataclass(frozen=True)
class Payer:
    """付款账户 (支出户 of the paying agency)."""

    bankacct: str
    acctname: str
    bankcode: str | None = None
    bank_name: str | None = None


@dataclass(frozen=True)
class Batch:
    """拨付批次: what is signed. declared_amt in fen; payer None when no account of the agency is registered."""

    bat_no: str
    source: str
    period: str
    fund_pay_type: str
    insu_admdvs: str
    make_date: date | None
    declared_count: int
    declared_amt: int
    payer: Payer | None = None
