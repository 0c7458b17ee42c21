"""银行付款文件 (the payment files of a batch in a bank's layout): bytes, the same every time.

Nothing is cut but free text where the layout says so; nothing is replaced. Whatever does not fit (too long, a character
the encoding lacks, a formula in a file that people open, the separator inside a text) is told line by line and no file
is made.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from nxmed.errors import InputRefused, IntegrityError
from nxmed.kernel.money import yuan
from nxmed.payouts.layouts import AMOUNT_FIELDS, DATE_FORMS, LINE_ENDS, Field, Layout
from nxmed.payouts.shapes import Batch

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
TOLD = 200
"""How many lines a refusal names; their number is told in full."""


@dataclass(frozen=True)
class Rendered:
    """写好的文件: (name, bytes) in order; the encoding used; rows whose free text was cut; rows and fen of each file as
    read back from its bytes."""

    files: list[tuple[str, bytes]]
    encoding: str
    cut_rows: list[int] = field(default_factory=list)
    sums: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class _Writer:
    """One batch being written: problems are gathered, not raised one by one."""

    layout: Layout
    encoding: str
    problems: list[tuple[str, str, str, str]] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)

    def record(self, columns: Sequence[Field], values: Mapping[str, Any], row: int) -> bytes:
        cells = [self._cell(c, values, row) for c in columns]
        if self.layout.fixed:
            return b"".join(self._fixed(c, cell, row) for c, cell in zip(columns, cells, strict=True))
        return self.joined([self._separated(c, cell, row) for c, cell in zip(columns, cells, strict=True)])

    def joined(self, cells: Sequence[str]) -> bytes:
        return self.layout.separator.join(cells).encode(self.encoding, "replace")

    def _cell(self, column: Field, values: Mapping[str, Any], row: int) -> str:
        text = _text(column, values, self.layout.amount)
        if column.required and not text:
            self._tell(row, column, "为空", "is empty")
        if _CONTROL.search(text):
            self._tell(row, column, "含有换行或控制字符", "holds a control character")
        if self.layout.opened_by_people and text.startswith(FORMULA_STARTS):
            self._tell(row, column, "以 = + - @ 开头，会被当成公式", "would be taken for a formula")
        return self._fitting(column, text, row)

    def _fitting(self, column: Field, text: str, row: int) -> str:
        most = min(column.max_bytes or column.width, column.width or column.max_bytes)
        try:
            size = len(text) if text.isascii() else len(text.encode(self.encoding))
        except UnicodeEncodeError as bad:
            self._tell(row, column, f"第 {bad.start + 1} 个字 {self.encoding.upper()} 没有",
                       f"character {bad.start + 1} is not in {self.encoding.upper()}")
            return ""
        if not most or size <= most:
            return text
        if not column.cut:
            self._tell(row, column, f"长 {size} 字节，最多 {most}", f"has {size} bytes, at most {most}")
            return ""
        self.cut.append(row)
        return text.encode(self.encoding)[:most].decode(self.encoding, "ignore")

    def _fixed(self, column: Field, text: str, row: int) -> bytes:
        content = text.encode(self.encoding, "replace")
        room = column.pad.encode() * max(column.width - len(content), 0)
        return room + content if column.align == "right" else content + room

    def _separated(self, column: Field, text: str, row: int) -> str:
        if self.layout.quoted:
            special = self.layout.separator in text or '"' in text or text != text.strip()
            return '"' + text.replace('"', '""') + '"' if special else text
        if self.layout.separator in text:
            self._tell(row, column, "含有分隔符", "holds the separator")
        return text

    def _tell(self, row: int, column: Field, zh: str, en: str) -> None:
        where = f"第 {row} 行" if row else "批次"
        where_en = f"row {row}" if row else "batch"
        self.problems.append((where, where_en, f"{column.name}{zh}", f"{column.field or column.name} {en}"))


def render(layout: Layout, batch: Batch, lines: pl.DataFrame) -> Rendered:
    """写银行文件: shape LINE in, amounts in fen; one file, or several of `rows_per_file` rows.

    InputRefused (exit 3) names every line that does not fit the layout (by row number and column, never by account or
    name); nothing is given then.
    """
    rows = lines.sort("row_no").to_dicts()
    encoding = _encoding(layout, batch, rows)
    writer = _Writer(layout, encoding)
    size = layout.rows_per_file or max(len(rows), 1)
    parts = [rows[start: start + size] for start in range(0, len(rows), size)] or [[]]
    files = [_file(writer, batch, part, number, len(parts)) for number, part in enumerate(parts, 1)]
    if writer.problems:
        raise _refused(layout, batch, writer.problems)
    return Rendered(files, encoding, sorted(set(writer.cut)), _read_back(layout, batch, rows, files, encoding))


def _read_back(layout: Layout, batch: Batch, rows: Sequence[Mapping[str, Any]], files: Sequence[tuple[str, bytes]], encoding: str
               ) -> list[tuple[int, int]]:
    """Reads the files again as the bank would: every account, name, amount and number must be the line's, exactly."""
    wanted = [(r["pay_sn"], r["bankacct"].strip(), r["acctname"].strip(), int(r["amt"])) for r in rows]
    sums: list[tuple[int, int]] = []
    done = 0
    for _, content in files:
        records = content.split(LINE_ENDS[layout.line_end].encode())[:-1]
        read = _key_cells(layout, records[bool(layout.header) + layout.titles: len(records) - bool(layout.trailer)], encoding)
        if read != wanted[done: done + len(read)]:
            raise _not_equal(layout, batch)
        done += len(read)
        sums.append((len(read), sum(r[3] for r in read)))
    if done != len(wanted):
        raise _not_equal(layout, batch)
    return sums


def _key_cells(layout: Layout, records: Sequence[bytes], encoding: str) -> list[tuple[str, str, str, int]]:
    """Number, account, name and fen of each record."""
    at, start = {}, 0
    for position, column in enumerate(layout.columns):
        at[column.field] = (position, start, column)
        start += column.width
    keys = ("pay_sn", "bankacct", "acctname", "amt")
    if layout.fixed:
        cut = [(at[k][1], at[k][1] + at[k][2].width, at[k][2]) for k in keys]
        rows = [[_unpadded(r[a:b].decode(encoding, "replace"), c) for a, b, c in cut] for r in records]
    else:
        texts = [r.decode(encoding) for r in records]
        split = csv.reader(texts, delimiter=layout.separator) if layout.quoted else (t.split(layout.separator) for t in texts)
        rows = [[cells[at[k][0]] for k in keys] for cells in split]
    return [(sn, account.strip(), name.strip(), int(amt.replace(".", "") or "0")) for sn, account, name, amt in rows]


def _unpadded(text: str, column: Field) -> str:
    return text.lstrip(column.pad) if column.align == "right" else text.rstrip(column.pad)


def _not_equal(layout: Layout, batch: Batch) -> IntegrityError:
    return IntegrityError(
        f"批次 {batch.bat_no} 按版式 {layout.id} 写出后读回，与付款行不同，未写出任何文件", "核对版式的填充字符和对齐；账号、户名、金额必须原样",
        text_en=f"batch {batch.bat_no}: read back, the files in layout {layout.id} differ from the lines; nothing was written",
        hint_en="check padding and alignment in the layout: accounts, names and amounts must stay as they are")


def _file(writer: _Writer, batch: Batch, rows: Sequence[Mapping[str, Any]], part: int, parts: int) -> tuple[str, bytes]:
    layout = writer.layout
    whole = {
        **batch_values(batch), "file_cnt": len(rows), "file_amt": sum(r["amt"] for r in rows), "part": part, "parts": parts,
    }
    records = [writer.record(layout.header, whole, 0)] if layout.header else []
    if layout.titles:
        records.append(writer.joined([c.title or c.text for c in layout.columns]))
    for number, row in enumerate(rows, 1):
        records.append(writer.record(layout.columns, {**whole, **row, "file_row": number}, int(row["row_no"])))
    if layout.trailer:
        records.append(writer.record(layout.trailer, whole, 0))
    end = LINE_ENDS[layout.line_end].encode()
    name = layout.file_name.replace("{bat_no}", batch.bat_no).replace("{part}", f"{part:03d}")
    return name, end.join(records) + end


def batch_values(batch: Batch) -> dict[str, Any]:
    """批次字段 (what header and trailer may name; payer columns empty without a payer)."""
    payer = batch.payer
    return {
        "bat_no": batch.bat_no, "tot_cnt": batch.declared_count, "tot_amt": batch.declared_amt, "make_date": batch.make_date,
        "fund_pay_type": batch.fund_pay_type, "insu_admdvs": batch.insu_admdvs, "source": batch.source,
        "pay_bankacct": payer.bankacct if payer else None, "pay_acctname": payer.acctname if payer else None,
        "pay_bankcode": payer.bankcode if payer else None, "pay_bank_name": payer.bank_name if payer else None,
    }


def _text(column: Field, values: Mapping[str, Any], amount: str) -> str:
    if not column.field:
        return column.text
    value = values.get(column.field)
    if value is None:
        return ""
    if column.field in AMOUNT_FIELDS:
        return yuan(value) if amount == "yuan" else str(value)
    if column.field == "make_date":
        return str(value.strftime(DATE_FORMS[column.date]))
    text = str(value)
    return dict(column.codes).get(text, text) if column.codes else text


def _encoding(layout: Layout, batch: Batch, rows: Sequence[Mapping[str, Any]]) -> str:
    """The layout's encoding; GB18030 for the whole batch where the layout allows it and a text needs it."""
    if layout.rare != "gb18030":
        return layout.encoding
    named = [c.field for c in (*layout.columns, *layout.header, *layout.trailer) if c.field]
    whole = batch_values(batch)
    texts = [str(whole[f]) for f in named if isinstance(whole.get(f), str)]
    texts += [row[f] for row in rows for f in named if isinstance(row.get(f), str)]
    try:
        "\n".join(texts).encode(layout.encoding)
    except UnicodeEncodeError:
        return "gb18030"
    return layout.encoding


def _refused(layout: Layout, batch: Batch, problems: Sequence[tuple[str, str, str, str]]) -> InputRefused:
    first = problems[0]
    told = problems[:TOLD]
    hint = "更正账户登记后退回草稿重新编批，或换用放得下的版式"
    hint_en = "correct the account register and build the batch anew, or use a layout that has room"
    more = f"等 {len(problems)} 处" if len(problems) > 1 else ""
    return InputRefused(
        f"批次 {batch.bat_no} 不能按版式 {layout.id} 写出：{first[0]} {first[2]}{more}", hint,
        text_en=f"batch {batch.bat_no} does not fit layout {layout.id}: {first[1]} {first[3]}"
                + (f" ({len(problems)} in all)" if len(problems) > 1 else ""), hint_en=hint_en,
        problems=[(where, what, "") for where, _, what, _ in told],
        problems_en=[(where, what, "") for _, where, _, what in told])
