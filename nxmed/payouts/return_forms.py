"""银行自己的回盘文件 (a bank's return file in its own form): bytes in, rows in the shape that `returns.judge` takes.

The form is data ([return] of a layout). A file that can't be decoded, lacks a column, or whose own count or total is not
what was read, is refused as a whole. A single row that can't be read is told and left out; nothing is guessed.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from nxmed.errors import InputRefused, UsageError
from nxmed.kernel.identifiers import mask_account
from nxmed.kernel.money import MAX_FEN, yuan
from nxmed.payouts.layouts import AMOUNT_FIELDS, Field, Layout, ReturnForm
from nxmed.payouts.returns import ROW

_DATES = (r"([0-9]{4})([0-9]{2})([0-9]{2})", r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})")
_YUAN, _FEN = re.compile(r"([0-9]{1,13})\.([0-9]{2})"), re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class ReadReturn:
    """读出的回盘: rows (ROW), unread (row in the file, column, what is wrong: Chinese, English), rows in the file."""

    rows: pl.DataFrame
    unread: list[tuple[int, str, str, str]] = field(default_factory=list)
    rows_read: int = 0


def read_return(layout: Layout, content: bytes, src_file: str) -> ReadReturn:
    """读回盘文件 in the form of `layout`. UsageError (2): the layout has no [return]; InputRefused (3): the file as a whole."""
    form = layout.returns
    if form is None:
        raise UsageError(f"版式 {layout.id} 没有写回盘格式（[return]）", "补上 [return]，或把回盘放进收件箱", text_en=f"layout {layout.id} has no [return]",
                         hint_en="add one, or put the answers into the inbox")
    text = _decoded(form, content, src_file)
    records = [(n, line) for n, line in enumerate(re.split(r"\r\n|\n|\r", text), 1) if line.strip()]
    header, body, trailer = _parts(form, records, src_file)
    read: list[dict[str, Any]] = []
    unread: list[tuple[int, str, str, str]] = []
    for number, cells in body:
        row, wrong = _row(form, cells)
        if wrong is not None:
            unread.append((number, *wrong))
        else:
            read.append({**row, "src_file": src_file, "src_row": number})
    for record in (header, trailer):
        _control(form, record, len(body), read, src_file)
    return ReadReturn(pl.DataFrame([{c: r.get(c) for c in ROW} for r in read], schema=ROW), unread, len(body))


Cells = Mapping[str, str]


def _decoded(form: ReturnForm, content: bytes, src_file: str) -> str:
    try:
        if content.startswith(b"\xef\xbb\xbf"):
            return content.decode("utf-8-sig")
        return content.decode("gb18030" if form.encoding == "gbk" else form.encoding)
    except UnicodeDecodeError:
        raise _refused(src_file, f"不是 {form.encoding.upper()} 编码，或文件残缺", f"is not {form.encoding.upper()}, or is cut short") from None


def _parts(form: ReturnForm, records: Sequence[tuple[int, str]], src_file: str
           ) -> tuple[Cells | None, list[tuple[int, Cells]], Cells | None]:
    rest = list(records)
    header = _cells(form.header, form, rest.pop(0), src_file) if form.header and rest else None
    order: Sequence[Field] = form.columns
    if form.titles and not form.fixed:
        if not rest:
            raise _refused(src_file, "是空文件", "is empty")
        titles = [t.strip() for t in _split(form, rest.pop(0)[1])]
        missing = [c.title for c in form.columns if c.field and c.title not in titles]
        twice = sorted({t for t in titles if titles.count(t) > 1 and t})
        if missing or twice:
            what = "、".join(missing or twice)
            raise _refused(src_file, f"缺少列 {what}" if missing else f"列 {what} 重复", f"lacks {what}" if missing else f"has {what} twice")
        by_title = {c.title: c for c in form.columns if c.field}
        order = [by_title.get(t, Field(text=t)) for t in titles]
    trailer = _cells(form.trailer, form, rest.pop(), src_file) if form.trailer and rest else None
    return header, [(n, _cells(order, form, (n, line), src_file)) for n, line in rest], trailer


def _cells(columns: Sequence[Field], form: ReturnForm, record: tuple[int, str], src_file: str) -> Cells:
    number, line = record
    if not form.fixed:
        texts = _split(form, line)
        if len(texts) != len(columns):
            raise _refused(src_file, f"第 {number} 行有 {len(texts)} 列，应为 {len(columns)} 列",
                           f"row {number} has {len(texts)} columns, not {len(columns)}")
        return {c.field: t.strip() for c, t in zip(columns, texts, strict=True)}
    codec = "gb18030" if form.encoding == "gbk" else form.encoding
    raw, at, found = line.encode(codec), 0, {}
    width = sum(c.width for c in columns)
    if len(raw.rstrip(b" ")) > width or len(raw) < width - columns[-1].width:
        raise _refused(src_file, f"第 {number} 行长 {len(raw)} 字节，应为 {width}", f"row {number} has {len(raw)} bytes, not {width}")
    for column in columns:
        text = raw[at: at + column.width].decode(codec, "replace").strip()
        if not column.field and text != column.text:
            raise _refused(src_file, f"第 {number} 行不是 {column.text} 记录", f"row {number} is no {column.text} record")
        found[column.field] = text
        at += column.width
    return found


def _split(form: ReturnForm, line: str) -> list[str]:
    return next(csv.reader([line], delimiter=form.separator)) if len(form.separator) == 1 else line.split(form.separator)


def _row(form: ReturnForm, cells: Cells) -> tuple[dict[str, Any], tuple[str, str, str] | None]:
    row: dict[str, Any] = {}
    for name, text in cells.items():
        if name not in ROW:
            continue
        if name in AMOUNT_FIELDS:
            value = None if text == "" or text in form.empty_amount else _fen(form, text)
            if value == -1:
                return row, (name, "金额写法不对", "is not an amount")
            row[name] = value
        elif name == "tran_date":
            row[name] = _day(text) if text else None
            if text and row[name] is None:
                return row, (name, "日期写法不对", "is not a date")
        elif name == "pay_stas":
            row[name] = dict(form.states).get(text)
            if row[name] is None:
                return row, (name, f"状态“{mask_account(text)[:20]}”不在版式的对照里", "is a status the layout does not know")
        else:
            row[name] = text or None
    return row, None


def _fen(form: ReturnForm, text: str) -> int:
    """Exact fen; -1 for what is no amount in the form's way of writing."""
    if form.amount == "fen":
        found = int(text) if _FEN.fullmatch(text) else -1
    else:
        parts = _YUAN.fullmatch(text)
        found = int(parts[1] + parts[2]) if parts else -1
    return found if found <= MAX_FEN else -1


def _day(text: str) -> date | None:
    for form in _DATES:
        found = re.fullmatch(form, text)
        if found:
            try:
                return date(int(found[1]), int(found[2]), int(found[3]))
            except ValueError:
                return None
    return None


def _control(form: ReturnForm, cells: Cells | None, count: int, rows: Sequence[Mapping[str, Any]], src_file: str) -> None:
    """The file's own count and total against what was read (the total only where every row names its amount)."""
    if cells is None:
        return
    for name in ("file_cnt", "tot_cnt"):
        text = cells.get(name, "")
        if text and (not text.isdigit() or int(text) != count):
            raise _refused(src_file, f"自报 {text[:20]} 笔，读到 {count} 笔", f"says {text[:20]} rows, {count} were read")
    known = [int(r["dfr_sumamt"]) for r in rows if r.get("dfr_sumamt") is not None]
    if len(known) < count:
        return
    for name in ("file_amt", "tot_amt"):
        text = cells.get(name, "")
        if text and _fen(form, text) != sum(known):
            raise _refused(src_file, f"自报金额与各行之和 {yuan(sum(known))} 不等", f"its total is not the {yuan(sum(known))} of its rows")


def _refused(src_file: str, zh: str, en: str) -> InputRefused:
    return InputRefused(f"回盘文件 {src_file} {zh}，整份未采纳", "请银行重新提供，或核对 --layout 是否对应", text_en=f"the return file {src_file} {en}: not taken",
                        hint_en="ask the bank for it again, or check --layout")
