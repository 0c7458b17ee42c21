"""像送件单位那样写文件 (the same rows as CSV, TXT, xlsx or Parquet, in any encoding, header and column order)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import xlsxwriter
import yaml
from plain_common import Row

SCHEMAS = Path(__file__).parents[2] / "schemas" / "inbox"


@cache
def contract(name: str) -> dict[str, Any]:
    """收件契约."""
    found: dict[str, Any] = yaml.safe_load((SCHEMAS / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


def columns_of(name: str) -> dict[str, dict[str, Any]]:
    """必有的列（可空的也在内）."""
    always = {"average_wages": ("yearly_amt", "monthly_amt")}.get(name, ())
    return {c["id"]: c for c in contract(name)["columns"] if not c.get("optional") or c["id"] in always}


def _cell(kind: str, value: str | None, rng: Random, style: str) -> str:
    """一格的文字."""
    if value is None:
        return ""
    if style == "plain" or kind not in {"date", "month", "amount"}:
        return value
    if kind == "date":
        return rng.choice((value, value.replace("-", ""), value.replace("-", "/")))
    if kind == "month":
        return rng.choice((value, f"{value[:4]}-{value[4:]}"))
    return rng.choice((value, f"{Decimal(value).normalize():f}"))


def _typed(kind: str, value: str | None, native: bool) -> Any:
    """电子表格或 Parquet 里的值."""
    if value is None or not native:
        return value
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "amount":
        return Decimal(value)
    return int(value) if kind == "int" else value


def _xlsx(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    book = xlsxwriter.Workbook(str(path))
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, header)
    for i, row in enumerate(rows, start=1):
        for j, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(i, j, value, day)
            elif isinstance(value, Decimal | int):
                sheet.write_number(i, j, float(value))
            elif value is not None:
                sheet.write_string(i, j, value)
    book.close()


def _parquet(
    path: Path, header: Sequence[str], kinds: Sequence[str], rows: Sequence[Sequence[Any]], native: bool
) -> None:
    types = {"date": pl.Date(), "amount": pl.Decimal(16, 2), "int": pl.Int64()}
    series = [
        pl.Series(h, [r[i] for r in rows], dtype=types.get(k, pl.String()) if native else pl.String())
        for i, (h, k) in enumerate(zip(header, kinds, strict=True))
    ]
    pl.DataFrame(series).write_parquet(path)


def write_file(
    folder: Path,
    name: str,
    rows: Sequence[Row],
    rng: Random,
    *,
    suffix: str = "",
    simple: bool = False,
    extra: Sequence[str] = (),
) -> Path:
    """写一个文件（必有的列，加 `extra` 里可有可无的）."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = list(columns_of(name).items())
    columns += [(c["id"], c) for c in contract(name)["columns"] if c["id"] in extra]
    if not simple:
        rng.shuffle(columns)
    heading = "id" if simple else rng.choice(("id", "zh", "alias"))
    taken: set[str] = set()
    header = []
    for key, column in columns:
        word = {"id": key, "zh": column["zh"], "alias": rng.choice([column["zh"], *column.get("aliases", [])])}[heading]
        word = column["zh"] if word in taken else word
        taken.add(word)
        header.append(word)
    kinds = [column["type"] for _, column in columns]
    form = "csv" if simple else rng.choice(("csv", "csv", "bom", "gb", "tab", "xlsx", "parquet"))
    stem = f"{name if simple else rng.choice((name, contract(name)['zh']))}{suffix}"
    if form in {"xlsx", "parquet"}:
        native = rng.random() < 0.6
        table = [[_typed(column["type"], row.get(key), native) for key, column in columns] for row in rows]
        path = folder / f"{stem}.{form}"
        if form == "xlsx":
            _xlsx(path, header, table)
        else:
            _parquet(path, header, kinds, table, native)
        return path
    style = "plain" if simple else rng.choice(("plain", "varied"))
    text = io.StringIO()
    out = csv.writer(text, delimiter="\t" if form == "tab" else ",", lineterminator=rng.choice(("\n", "\r\n")))
    out.writerow(header)
    for row in rows:
        out.writerow([_cell(column["type"], row.get(key), rng, style) for key, column in columns])
    path = folder / f"{stem}.{'txt' if form == 'tab' else 'csv'}"
    path.write_bytes(text.getvalue().encode({"gb": "gb18030", "bom": "utf-8-sig"}.get(form, "utf-8")))
    return path


SPOIL: dict[str, tuple[tuple[str, str], ...]] = {
    "tax_arrivals": (
        ("paid_amt", "0.00"),
        ("paid_amt", "12.345"),
        ("intsury_time", "2026-02-30"),
        ("elec_taxrpt_no", ""),
        ("line_no", "一"),
    ),
    "persons": (("certno", "6.40104E+17"), ("psn_no", "")),
    "wage_declarations": (("wag", "六千"), ("dcla_date", "20261301"), ("wag", "-1.00")),
    "personnel_changes": (("rcvd_date", ""), ("emp_no", "1.2E+15")),
    "treasury_statement": (("intsury_amt", ""), ("stmt_date", "昨天")),
}
NEW_KEY = {
    "tax_arrivals": "elec_taxrpt_no",
    "persons": "psn_no",
    "wage_declarations": "psn_no",
    "personnel_changes": "chg_sn",
    "treasury_statement": "elec_taxrpt_no",
}
TWIST = {
    "tax_arrivals": ("treasury_code", "64010999999"),
    "persons": ("psn_name", "李四"),
    "wage_declarations": ("wag", "7.00"),
    "personnel_changes": ("insu_admdvs", "640121"),
    "treasury_statement": ("intsury_amt", "7.00"),
}


@dataclass
class Count:
    """一种来件读到、接收、拒收、重复各几行."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0


def write_rows(folder: Path, name: str, rows: Sequence[Row], rng: Random, *, simple: bool = False) -> Count:
    """写一种来件的全部行（一到三个文件；偶尔有重复的行、坏的行、同键不同内容的行）；给出应有的行数."""
    parts = 1 if simple or len(rows) < 4 or name == "credit_decisions" else rng.choice((1, 1, 2, 3))
    piles: list[list[Row]] = [list(rows[i::parts]) for i in range(parts)]
    count = Count(len(rows), len(rows))
    if not simple and rows and rng.random() < 0.2:
        piles[-1].append(dict(rng.choice(rows)))
        count.read += 1
        count.duplicates += 1
    for i, pile in enumerate(piles):
        write_file(folder, name, pile, rng, suffix=f"_{i + 1}" if len(piles) > 1 else "", simple=simple)
    if not simple and rows and name in SPOIL and rng.random() < 0.25:
        bad: list[Row] = []
        for number in range(rng.choice((1, 2))):
            column, value = rng.choice(SPOIL[name])
            bad.append({**rng.choice(rows), NEW_KEY[name]: f"BAD{number}", column: value})
        if rng.random() < 0.5:
            one = {**rng.choice(rows), NEW_KEY[name]: "TWIN"}
            bad += [one, {**one, TWIST[name][0]: TWIST[name][1]}]
        write_file(folder, name, bad, rng, suffix="_bad", simple=True)
        count.read += len(bad)
        count.rejected += len(bad)
    return count
