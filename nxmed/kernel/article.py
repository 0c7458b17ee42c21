"""条款编号 (rule ids): NXJY-16 ↔ 第十六条."""

from __future__ import annotations

import re

_RULE = re.compile(r"([A-Z]{3,4})-([1-9][0-9]*)(?:\.([1-9]))?")
_DIGITS = "零一二三四五六七八九"
_WRITTEN = re.compile(r"(?:第\s*)?([0-9]{1,2}|[一二三四五六七八九十]{1,3})\s*([条项]?)(?:[（(]([一二三四五六七八九1-9])[）)])?")
LISTS = frozenset({"NXQD"})
"""Documents that count items (项), not articles (条)."""


def split(rule_id: str) -> tuple[str, int, int]:
    """拆分 (document, article, paragraph or 0; ValueError on anything else). Sorts in the order of the text."""
    found = _RULE.fullmatch(rule_id)
    if not found:
        raise ValueError(rule_id)
    return found[1], int(found[2]), int(found[3] or 0)


def chinese_number(number: int) -> str:
    """汉字数 (1 to 99)."""
    if not 1 <= number <= 99:
        raise ValueError(number)
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十"
    return head + (_DIGITS[ones] if ones else "")


def label(rule_id: str) -> str:
    """条号 ("NXJY-16" → 第十六条, "NXJZ-14.1" → 第十四条（一）, "NXQD-13" → 第 13 项)."""
    code, article, paragraph = split(rule_id)
    if code in LISTS:
        return f"第 {article} 项"
    return f"第{chinese_number(article)}条" + (f"（{chinese_number(paragraph)}）" if paragraph else "")


def matches(written: str, rule_id: str) -> bool | None:
    """是否所写的条号 (第十六条, 第16条, 16, 十四（一）, 第 13 项; None when `written` is no article number at all)."""
    found = _WRITTEN.fullmatch(written.strip())
    number = _number(found[1]) if found else None
    if found is None or number is None:
        return None
    code, article, paragraph = split(rule_id)
    kind = {"条": code not in LISTS, "项": code in LISTS}.get(found[2], True)
    return kind and article == number and (not found[3] or paragraph == _number(found[3]))


def _number(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    return next((n for n in range(1, 100) if chinese_number(n) == text), None)
