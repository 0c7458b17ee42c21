"""条款编号 (rule ids): NXJY-16 ↔ 第十六条."""

from __future__ import annotations

import re

_RULE = re.compile(r"([A-Z]{3,4})-([1-9][0-9]*)(?:\.([1-9]))?")
_DIGITS = "零一二三四五六七八九"
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
