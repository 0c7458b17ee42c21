"""读工作簿 (reads xlsx workbooks as text, in a child process with limits).

A workbook is refused as a whole with a named reason (`WorkbookRefused`, exit 3); whatever it contains, this process
neither aborts nor hangs. Numbers come as Excel shows them in 15 digits: an 18-digit number typed as a number has lost
its end and arrives as 6.40104198001011e+17, which reading rejects by name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

import nxmed
from nxmed.errors import InputRefused
from nxmed.io.xlsx_guard import MAX_BYTES

SECONDS = 300.0
CHILD = ("-P", "-m", "nxmed.io.xlsx_child")


@dataclass(frozen=True)
class SheetText:
    """一张工作表的文字 (a sheet as text).

    frame: `_row` Int64 = Excel's row number from 1; `c0`, `c1`, … String by Excel's column (c0 = A), null = empty cell.
    Rows without any filled cell are left out. Merged cells have their text in the upper left cell only.
    """

    name: str
    frame: pl.DataFrame
    hidden: bool = False


class WorkbookRefused(InputRefused):
    """工作簿被拒收 (exit 3); `code` names the reason, `reason` words it without the file name."""

    def __init__(self, name: str, code: str, details: dict[str, Any]) -> None:
        zh, en, hint, hint_en = REASONS.get(code, REASONS["UNREADABLE"])
        self.code = code
        self.reason = zh.format_map(details)
        super().__init__(
            f"{name}：{self.reason}", hint, text_en=f"{name}: {en.format_map(details)}", hint_en=hint_en,
            problems=[(name, self.reason, hint)], problems_en=[(name, en.format_map(details), hint_en)],
        )


_SAVE_AGAIN = ("用 Excel 打开后另存为 .xlsx 再送", "open it in Excel, save it as .xlsx and send it again")
_SEND_AGAIN = ("请送件单位重新导出并传送", "ask the sender to export and send it again")
_USE_CSV = ("拆成几个文件，或改送 CSV", "split it into several files, or send CSV")

REASONS: dict[str, tuple[str, str, str, str]] = {
    "EMPTY": ("文件是空的", "the file is empty", *_SEND_AGAIN),
    "TOO_LARGE": ("文件超过 {limit} MiB", "the file is larger than {limit} MiB", *_USE_CSV),
    "OLD_XLS": ("是旧版 .xls 格式，不是 .xlsx", "this is an old .xls file, not .xlsx", *_SAVE_AGAIN),
    "PASSWORD": ("工作簿有打开密码", "the workbook is protected by a password",
                 "取消密码后重新传送", "remove the password and send it again"),
    "HTML": ("是网页或 XML 文本，只是改名为 .xlsx", "this is a web page or XML text named .xlsx", *_SAVE_AGAIN),
    "XLSB": ("是 .xlsb 二进制工作簿", "this is a binary .xlsb workbook", *_SAVE_AGAIN),
    "NOT_XLSX": ("不是 Excel 工作簿", "this is no Excel workbook", *_SAVE_AGAIN),
    "BAD_ZIP": ("文件损坏或没有传完", "the file is damaged or was cut short", *_SEND_AGAIN),
    "BAD_XML": ("工作簿内容损坏（{part}）", "the workbook's content is damaged ({part})", *_SAVE_AGAIN),
    "DTD": ("工作簿内含 DTD 或实体定义，拒绝解析", "the workbook defines a DTD or entities: not parsed", *_SAVE_AGAIN),
    "TOO_MANY_ENTRIES": ("压缩包内部件超过 {limit} 个", "more than {limit} parts inside", *_SAVE_AGAIN),
    "EXPANDS": ("展开后有 {mib} MiB，超出限度", "it expands to {mib} MiB, more than allowed", *_USE_CSV),
    "FAR_CELL": ("单元格 {cell} 离数据太远", "cell {cell} is far away from the data",
                 "删除该单元格所在的多余行列后保存", "delete the stray rows or columns around it and save"),
    "TOO_MANY_CELLS": ("已填单元格超过 {limit} 个", "more than {limit} filled cells", *_USE_CSV),
    "NO_SHEETS": ("工作簿里没有工作表", "the workbook has no sheet", *_SAVE_AGAIN),
    "MISSING_SHEET": ("工作表“{sheet}”的内容缺失", "the content of sheet '{sheet}' is missing", *_SAVE_AGAIN),
    "UNREADABLE": ("工作簿无法解析", "the workbook can't be parsed", *_SAVE_AGAIN),
    "LIMITS": ("读取时超出内存或时间限度", "reading it exceeded the limits of memory or time", *_USE_CSV),
    "TIMEOUT": ("读取超时", "reading it took too long", *_USE_CSV),
}
"""拒收原因 (code → Chinese, English, how to mend in both)."""


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def read_workbook(path: Path, *, data: bytes | None = None, seconds: float = SECONDS) -> list[SheetText]:
    """读工作簿 (all worksheets in order, hidden ones too; empty sheets give empty frames).

    `data`: the file's bytes where the caller has read them already, so that what is hashed is what is parsed.
    Raises WorkbookRefused. An absent file raises OSError as always.
    """
    if data is None:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    try:
        done = subprocess.run(
            [sys.executable, *CHILD], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=seconds, check=False, env=_environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise WorkbookRefused(path.name, "TIMEOUT", _Blank()) from error
    sheets: list[SheetText] = []
    view, at = memoryview(done.stdout), 0
    while at < len(view):
        line, at = _line(done.stdout, at)
        if "refused" in line:
            raise WorkbookRefused(path.name, line["refused"], _Blank(line.get("details", {})))
        if "end" in line and done.returncode == 0:
            return sheets
        if "name" not in line:
            break
        need = 8 * line["rows"] + sum(8 * (line["rows"] + 1) + size + -size % 8 for size in line["sizes"])
        if at + need > len(view):
            break
        sheets.append(SheetText(line["name"], _frame(line, view[at: at + need]), line["hidden"]))
        at += need
    raise WorkbookRefused(path.name, "LIMITS", _Blank())


def _environment() -> dict[str, str]:
    home = str(Path(nxmed.__file__).parent.parent)
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{home}{os.pathsep}{known}" if known else home}


def _line(data: bytes, at: int) -> tuple[dict[str, Any], int]:
    end = data.find(b"\n", at)
    if end < 0:
        return {}, len(data)
    try:
        parsed = json.loads(data[at:end])
    except ValueError:
        return {}, len(data)
    return (parsed if isinstance(parsed, dict) else {}), end + 1


def _frame(about: dict[str, Any], view: memoryview) -> pl.DataFrame:
    import pyarrow as pa

    rows = about["rows"]
    at = 8 * rows
    arrays = [pa.Array.from_buffers(pa.int64(), rows, [None, pa.py_buffer(view[:at])])]
    for size in about["sizes"]:
        middle = at + 8 * (rows + 1)
        buffers = [None, pa.py_buffer(view[at:middle]), pa.py_buffer(view[middle: middle + size])]
        arrays.append(pa.Array.from_buffers(pa.large_utf8(), rows, buffers))
        at = middle + size + -size % 8
    names = ["_row", *(f"c{i}" for i in range(len(about["sizes"])))]
    frame = pl.DataFrame(dict(zip(names, (pl.Series(a) for a in arrays), strict=True)))
    text = pl.col(pl.String)
    return frame.with_columns(pl.when(text != "").then(text))
