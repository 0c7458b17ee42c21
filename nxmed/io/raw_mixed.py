"""混合编码 (UTF-8 text inside a file that was decoded as GB18030).

Three bytes of a UTF-8 Chinese character, two characters of them, make three GB18030 characters that almost never stand
together in real text: the first from E4–E9 × 80–BF, and so on. A run bounded by ASCII that is such a chain, reads as
common characters in UTF-8 and as rare ones in GB18030, is taken for UTF-8.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl


def _chars(first: range, second: range) -> str:
    found = set()
    for a in first:
        for b in second:
            if b == 0x7F:
                continue
            try:
                found.add(bytes([a, b]).decode("gb18030"))
            except UnicodeDecodeError:
                continue
    return "[" + "".join(sorted(found)) + "]"


@cache
def _pattern() -> str:
    lead, tail = range(0xE4, 0xEA), range(0x80, 0xC0)
    high = range(0x81, 0xC0)
    three = _chars(lead, tail) + _chars(high, lead) + _chars(high, tail)
    return f"(?:^|[\\x00-\\x7f])(?:{three})+(?:$|[\\x00-\\x7f])"


def _common(char: str) -> bool:
    """A character of the first level of GB 2312."""
    try:
        code = char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and 0xB0 <= code[0] <= 0xD7


def looks_mixed(run: str) -> bool:
    """这一段其实是 UTF-8 (a run of non-ASCII characters from a GB18030 decoder)."""
    try:
        text = run.encode("gb18030").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return False
    rare = sum(not _common(c) for c in run)
    return len(text) >= 2 and all(_common(c) for c in text) and rare >= 2


def find_mixed(lines: pl.DataFrame) -> int | None:
    """第一处混合编码 (its `_row`, or None). lines: `_row`, `line`."""
    hits = lines.filter(pl.col("line").str.contains(_pattern()))
    for row, line in hits.select("_row", "line").iter_rows():
        if any(looks_mixed(run) for run in re.findall(r"[^\x00-\x7f]+", line)):
            return int(row)
    return None
