"""办件的试验台 (registers and calendars by hand; the clock told once more in plain Python)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import polars as pl

from nxmed.cases.register import CasesInputs, CasesResult, examine
from nxmed.cases.shapes import REGISTER
from nxmed.kernel.period import Period
from nxmed.kernel.working_days import WorkingDays
from nxmed.law.catalog import Law

DAY = timedelta(days=1)
OFF = {date(2026, 10, 1) + n * DAY for n in range(7)} | {date(2026, 9, 25) + n * DAY for n in range(3)}
"""国庆 10-01 至 10-07，中秋 9-25 至 9-27."""
ON = {date(2026, 9, 20), date(2026, 10, 10)}
"""调休上班（周日、周六）."""


@cache
def calendar(first: date = date(2026, 8, 1), last: date = date(2026, 12, 31)) -> WorkingDays:
    """2026 年下半年 (weekends off, but for adjusted days)."""
    days = {}
    day = first
    while day <= last:
        days[day] = day in ON or (day.weekday() < 5 and day not in OFF)
        day += DAY
    return WorkingDays(days)


@cache
def law() -> Law:
    """宁夏的法规."""
    return Law.load("ningxia")


def d(text: str) -> date:
    """月日 of 2026 ("10-12")."""
    return date.fromisoformat(f"2026-{text}")


def register(rows: Sequence[Mapping[str, Any]]) -> pl.LazyFrame:
    """办件登记 with these rows (channel 3, office 640104, nothing else unless given)."""
    base = dict.fromkeys(REGISTER) | {"opt_chnl": "3", "optins_no": "640104", "src_file": "inbox/2026-10/办件.csv", "src_row": 2}
    named = [base | {"serv_matt_inst_id": f"B{n:03d}"} | dict(row) for n, row in enumerate(rows, 1)]
    return pl.DataFrame(named, schema=REGISTER, orient="row").lazy()


def run(rows: Sequence[Mapping[str, Any]], as_of: date = date(2026, 10, 31), period: str = "2026-10",
        days: WorkingDays | None = None) -> CasesResult:
    """查一个月."""
    return examine(CasesInputs(Period.parse(period), as_of, law(), days or calendar(), register(rows), 5))


def one(as_of: str = "10-31", *, period: str = "2026-10", **row: Any) -> dict[str, Any]:
    """一个办件的结果."""
    return run([row], d(as_of), period).tables["cases"].row(0, named=True)


def codes(result: CasesResult) -> dict[str, int]:
    """发现 by code."""
    found = pl.concat(result.findings)
    return dict(sorted(found.group_by("code").len().rows()))
