"""命令参数 (months and days as typed on the command line)."""

from __future__ import annotations

import re
from datetime import date

from nxmed.errors import UsageError
from nxmed.kernel.period import Period


def month(text: str) -> Period:
    """所属期 "2026-12" (UsageError, exit 2, on anything else)."""
    try:
        return Period.parse(text)
    except ValueError as bad:
        raise UsageError(f"所属期写法不对：{text}", "写成 YYYY-MM，例如 2026-12",
                         text_en=f"not a month: {text}", hint_en="write YYYY-MM, such as 2026-12") from bad


def day(text: str | None, option: str) -> date | None:
    """日期 "2026-11-30" (UsageError, exit 2, on anything else; None stays None)."""
    if text is None:
        return None
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as bad:
        raise UsageError(f"{option} 的日期不对：{text}", "写成 YYYY-MM-DD，例如 2026-11-30",
                         text_en=f"{option}: not a date: {text}", hint_en="write YYYY-MM-DD, such as 2026-11-30") from bad
