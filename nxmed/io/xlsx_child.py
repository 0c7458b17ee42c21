"""受限子进程 (reads one workbook from standard input under limits on memory, processor time and files).

Run as `python -m nxmed.io.xlsx_child`; a workbook crafted to break the parser breaks this process only. Output: for
each sheet one JSON line and then its rows as plain arrays (row numbers, and per column offsets and UTF-8 bytes, each
padded to 8 bytes); at the end one JSON line {"end": true}, or {"refused": code, …}.
"""

from __future__ import annotations

import io
import json
import sys
from array import array
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from nxmed.io.xlsx_guard import MAX_BYTES, Part, Refusal, inspect

MEMORY = 3 << 29
"""地址空间上限 (1.5 GiB; measured: 200,000 rows of 45 columns need 1.2, most workbooks under 0.2)."""
CPU_SECONDS = 120
EXIT_REFUSED = 3


def main() -> int:
    """读一份工作簿 (0 read, 3 refused with a reason; any other end means that a limit struck)."""
    _limit()
    out = sys.stdout.buffer
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        parts = inspect(data)
        _emit(data, parts, out)
    except Refusal as refusal:
        return _refuse(out, refusal.code, refusal.details)
    except MemoryError:
        return _refuse(out, "LIMITS", {})
    except Exception:
        return _refuse(out, "UNREADABLE", {})
    out.write(b'{"end": true}\n')
    out.flush()
    return 0


def _limit() -> None:
    import resource

    for what, most in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, limit))


def _refuse(out: IO[bytes], code: str, details: dict[str, str | int]) -> int:
    out.write(json.dumps({"refused": code, "details": details}).encode() + b"\n")
    out.flush()
    return EXIT_REFUSED


def _emit(data: bytes, parts: dict[str, Part], out: IO[bytes]) -> None:
    import python_calamine as calamine

    named: dict[type[BaseException], str] = {
        calamine.PasswordError: "PASSWORD", calamine.ZipError: "BAD_ZIP", calamine.XmlError: "BAD_XML",
        calamine.WorksheetNotFound: "MISSING_SHEET",
    }
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for about in book.sheets_metadata:
            if about.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            hidden = about.visible != calamine.SheetVisibleEnum.Visible
            _emit_sheet(book.get_sheet_by_name(about.name), hidden, parts.get(about.name) or Part(), out)
    except (Refusal, MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a panic in the parser is no Exception
        raise Refusal(named.get(type(error), "UNREADABLE")) from None


def _emit_sheet(sheet: Any, hidden: bool, part: Part, out: IO[bytes]) -> None:
    start, end = sheet.start, sheet.end
    left = start[1] if start else 0
    width = max(end[1] + 1 if end else 0, max((c for _, c in part.errors), default=0))
    rows = array("q")
    texts = [bytearray() for _ in range(width)]
    ends = [array("q", [0]) for _ in range(width)]
    errors: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in part.errors.items():
        errors.setdefault(row, []).append((column - 1, text))

    def add(number: int, line: list[Any]) -> None:
        cells = [""] * left + [_text(v) for v in line] if line else []
        cells += [""] * (width - len(cells))
        for column, text in errors.pop(number, ()):
            cells[column] = text
        if not any(cells):
            return
        rows.append(number)
        for i, cell in enumerate(cells):
            if cell:
                texts[i] += cell.encode()
            ends[i].append(len(texts[i]))

    number = 0
    for number, line in enumerate(sheet.iter_rows() if start else (), 1):
        add(number, line)
    for later in sorted(r for r in errors if r > number):
        add(later, [])
    about = {"name": sheet.name, "hidden": hidden, "rows": len(rows), "sizes": [len(t) for t in texts]}
    head = json.dumps(about).encode()
    out.write(head + b" " * (-(len(head) + 1) % 8) + b"\n")
    out.write(rows.tobytes())
    for i, content in enumerate(texts):
        out.write(ends[i].tobytes())
        out.write(content)
        out.write(bytes(-len(content) % 8))


def _text(value: Any) -> str:
    convert = _CONVERT.get(type(value))
    return value if convert is None else convert(value)


def number_text(value: float) -> str:
    """数字的文字 (15 digits as Excel shows; no ".0", no "-0"; small ones without an exponent)."""
    text = f"{value:.15g}"
    if "e-" in text:
        from decimal import Decimal

        text = f"{Decimal(text):f}"
    return "0" if text == "-0" else text


def _datetime_text(value: datetime) -> str:
    rounded = value + timedelta(microseconds=500_000)
    return rounded.strftime("%H:%M:%S").join((f"{rounded:%Y-%m-%d} ", ""))


def _span_text(value: timedelta) -> str:
    seconds = value.days * 86400 + value.seconds + (value.microseconds >= 500_000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


_CONVERT: dict[type, Callable[[Any], str]] = {
    float: number_text, int: str, bool: lambda v: "1" if v else "0", date: lambda v: str(v.isoformat()),
    datetime: _datetime_text, time: lambda v: str(v.strftime("%H:%M:%S")), timedelta: _span_text,
    type(None): lambda _: "",
}

if __name__ == "__main__":
    sys.exit(main())
