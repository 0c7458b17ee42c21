"""工作日历样例 (the calendar of 2026): holidays and adjusted working days as the State Council's notice of 2025-11-04 gives
them; for Ningxia two made-up days off for each of its own festivals."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from nxmed.samples import files, planted

YEAR = 2026
NOTICE = "国务院办公厅关于2026年部分节假日安排的通知（2025-11-04）"
LOCAL = "样例：地方节假日以自治区当年通知为准"
HOLIDAYS: tuple[tuple[str, date, date], ...] = (
    ("元旦", date(YEAR, 1, 1), date(YEAR, 1, 3)),
    ("春节", date(YEAR, 2, 15), date(YEAR, 2, 23)),
    ("清明节", date(YEAR, 4, 4), date(YEAR, 4, 6)),
    ("劳动节", date(YEAR, 5, 1), date(YEAR, 5, 5)),
    ("端午节", date(YEAR, 6, 19), date(YEAR, 6, 21)),
    ("中秋节", date(YEAR, 9, 25), date(YEAR, 9, 27)),
    ("国庆节", date(YEAR, 10, 1), date(YEAR, 10, 7)),
)
ADJUSTED = (date(YEAR, 1, 4), date(YEAR, 2, 14), date(YEAR, 2, 28), date(YEAR, 5, 9), date(YEAR, 9, 20), date(YEAR, 10, 10))
FESTIVALS: dict[str, tuple[tuple[str, date, date], ...]] = {
    "ningxia": (("开斋节", date(YEAR, 3, 20), date(YEAR, 3, 21)), ("古尔邦节", date(YEAR, 5, 27), date(YEAR, 5, 28))),
}
HEADER = ["日期", "统筹区编号", "是否工作日", "日期类型", "节日", "依据文号"]
POOLS = {"ningxia": "640000", "dingxi": "621100"}


def calendar_rows(region_id: str) -> list[list[str]]:
    """一年的每一天 (national days without area, then the region's own festivals under its area)."""
    rows = []
    day = date(YEAR, 1, 1)
    while day.year == YEAR:
        name = next((n for n, first, last in HOLIDAYS if first <= day <= last), "")
        if day in ADJUSTED:
            kind = ("1", "4", "")
        elif name:
            kind = ("0", "3", name)
        elif day.weekday() >= 5:
            kind = ("0", "2", "")
        else:
            kind = ("1", "1", "")
        rows.append([day.isoformat(), "", *kind, NOTICE])
        day += timedelta(days=1)
    for name, first, last in FESTIVALS.get(region_id, ()):
        rows += [[(first + timedelta(days=n)).isoformat(), POOLS[region_id], "0", "6", name, LOCAL]
                 for n in range((last - first).days + 1)]
    return rows


def calendar_files(region_id: str) -> tuple[dict[str, bytes], pl.DataFrame]:
    """样例文件 (nothing is planted in it)."""
    content = files.BOM + files.delimited(HEADER, calendar_rows(region_id))
    return {"inbox/2026-11/工作日历_2026.csv": content}, pl.DataFrame(schema=planted.SHAPE)
