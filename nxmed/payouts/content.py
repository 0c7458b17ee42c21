"""批次的规范文本 (the canonical text of a batch, whose sha256 is signed, and the short text that each step signs).

UTF-8, lines end in LF. A field's TAB, line break and backslash are written \\t, \\n, \\r, \\\\; an empty field is empty.
docs/payout-auditor.md explains it line by line.
"""

from __future__ import annotations

import hashlib

import polars as pl

from nxmed.kernel.money import yuan
from nxmed.payouts.shapes import LINE, LINE_ITEM, Batch

CONTENT_MARK = "nxmed-payout-content/1"
STEP_MARK = "nxmed-payout-step/1"
LINE_FIELDS = ("row_no", "pay_sn", "payee_type", "payee_code", "payee_name", "bankacct", "acctname", "bankcode", "bank_name",
               "acct_type", "amt", "usage", "postscript", "org_pay_sn")
ITEM_FIELDS = ("pay_sn", "item_id", "amt", "source_key", "period", "run_id", "rule", "org_pay_sn")


def content(batch: Batch, lines: pl.DataFrame, line_items: pl.DataFrame) -> bytes:
    """批次内容 (lines in LINE, line_items in LINE_ITEM; any order). Amounts in yuan with two decimals.

    Holds everything of a batch that leads to money: another byte anywhere is another sha256. States are not part of it.
    """
    payer = batch.payer
    account = "" if payer is None else "\t".join(
        _escaped(v) for v in (payer.bankacct, payer.acctname, payer.bankcode, payer.bank_name))
    head = [
        CONTENT_MARK, f"bat_no: {batch.bat_no}", f"source: {batch.source}", f"period: {batch.period}",
        f"fund_pay_type: {batch.fund_pay_type}", f"insu_admdvs: {batch.insu_admdvs}",
        f"make_date: {batch.make_date.isoformat() if batch.make_date else ''}", f"payer: {account}",
        f"declared_count: {batch.declared_count}", f"declared_amt: {yuan(batch.declared_amt)}",
        "lines: " + " ".join(LINE_FIELDS)]
    body = _rows(lines.sort("row_no"), LINE_FIELDS, LINE)
    items = _rows(line_items.sort("pay_sn", "item_id"), ITEM_FIELDS, LINE_ITEM)
    return "\n".join([*head, *body, "items: " + " ".join(ITEM_FIELDS), *items, "end", ""]).encode()


def sha256(text: bytes) -> str:
    """规范文本的 sha256."""
    return hashlib.sha256(text).hexdigest()


def statement(batch: Batch, content_sha256: str, step: str, round_: int, reason: str = "") -> bytes:
    """每一步签署的文字 (names the step and the round, so that a signature is good for one step of one round only)."""
    lines = [STEP_MARK, f"step: {step}", f"round: {round_}", f"bat_no: {batch.bat_no}", f"declared_count: {batch.declared_count}",
             f"declared_amt: {yuan(batch.declared_amt)}", f"content_sha256: {content_sha256}"]
    if step == "reject":
        lines.append(f"reason: {_escaped(reason)}")
    return "\n".join([*lines, ""]).encode()


def _rows(frame: pl.DataFrame, fields: tuple[str, ...], shape: dict[str, pl.DataType]) -> list[str]:
    cells = [_amount(name) if name == "amt" else _text(name, shape[name]) for name in fields]
    return frame.select(pl.concat_str(cells, separator="\t")).to_series().to_list()


def _amount(name: str) -> pl.Expr:
    fen = pl.col(name)
    return pl.concat_str([fen // 100, pl.lit("."), (fen % 100).cast(pl.String).str.zfill(2)])


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    cell = pl.col(name).cast(pl.String).fill_null("")
    if dtype != pl.String():
        return cell
    for bad, good in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        cell = cell.str.replace_all(bad, good, literal=True)
    return cell


def _escaped(value: str | None) -> str:
    return (value or "").replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
