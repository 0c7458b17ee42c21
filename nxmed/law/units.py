"""数值的单位 (units of the law's numbers and what their text may look like)."""

from __future__ import annotations

import re

from nxmed.errors import UsageError

_FORMS = {
    "ratio": (r"(0|[1-9][0-9]{0,3})(\.[0-9]{1,6})?", "非负小数，最多六位", "a decimal with at most six places"),
    "yuan": (r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?", "元，最多两位小数", "yuan with at most two places"),
    "count": (r"0|[1-9][0-9]{0,8}", "非负整数", "a whole number"),
    "day": (r"[1-9]|[12][0-9]|3[01]", "1 至 31", "1 to 31"),
    "years": (r"0|[1-9][0-9]?", "整年数", "whole years"),
    "flag": (r"true|false", "true 或 false", "true or false"),
    "admdvs": (r"[0-9]{6}", "六位区划代码", "a six-digit area code"),
    "text": (r"[^\r\n]+", "文本", "text"),
}


def units() -> frozenset[str]:
    """已知单位."""
    return frozenset(_FORMS)


def check_value(value: str, unit: str, where: str) -> None:
    """核对数值写法 (raises UsageError; half-width digits only, no sign, no exponent)."""
    if unit not in _FORMS:
        raise UsageError(f"{where}：不认识的单位 {unit}", f"可用：{'、'.join(sorted(_FORMS))}",
                         text_en=f"{where}: unknown unit {unit}", hint_en=f"Allowed: {', '.join(sorted(_FORMS))}")
    pattern, zh, en = _FORMS[unit]
    if not re.fullmatch(pattern, value):
        raise UsageError(f"{where}：值 {value!r} 的写法不对", f"应为{zh}",
                         text_en=f"{where}: bad value {value!r}", hint_en=f"It must be {en}")
