"""目录里的宏 (macros for analysts): masks, months, working days. They are in the file, so any DuckDB client has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nxmed.errors import NxmedError
from nxmed.io.calendar import CONTRACT, working_days
from nxmed.io.inputs import listing
from nxmed.io.reading import contract_of
from nxmed.io.workspace import Workspace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MACROS: tuple[tuple[str, str, str, str], ...] = (
    ("mask_id", "x", "CASE WHEN length(x) < 11 THEN repeat('*', length(x)) ELSE left(x, 6) || repeat('*', length(x) - 10) || right(x, 4) END",
     "掩码证件号码：前 6 后 4"),
    ("mask_account", "x", "repeat('*', greatest(length(x) - 4, 0)) || right(x, least(length(x), 4))", "掩码账号：只留后 4 位"),
    ("period_add", "p, n", "strftime(strptime(p || '-01', '%Y-%m-%d') + to_months(CAST(n AS INTEGER)), '%Y-%m')", "月份加减：period_add('2026-11', 2) = '2027-01'"),
    ("period_of", "d", "strftime(d, '%Y-%m')", "日期所在月份"),
    ("period_of_ym", "ym", "left(ym, 4) || '-' || right(ym, 2)", "费款所属期 YYYYMM 写成 YYYY-MM"),
    ("ym_of", "p", "replace(p, '-', '')", "月份 YYYY-MM 写成 YYYYMM"),
    ("period_first", "p", "CAST(strptime(p || '-01', '%Y-%m-%d') AS DATE)", "月份首日"),
    ("period_last", "p", "last_day(CAST(strptime(p || '-01', '%Y-%m-%d') AS DATE))", "月份末日"),
    ("periods_between", "a, b", "datediff('month', CAST(strptime(a || '-01', '%Y-%m-%d') AS DATE), CAST(strptime(b || '-01', '%Y-%m-%d') AS DATE))",
     "两个月份相隔几个月"),
    ("is_workday", "d", "(SELECT CASE WHEN count(*) = 0 THEN error('工作日历没有这一天') ELSE bool_or(w.is_workday) END FROM meta.workdays w WHERE w.day = d)",
     "是否工作日；日历没有的日期报错，不推算"),
    ("workdays_between", "a, b", "(SELECT CASE WHEN count(*) <> b - a THEN error('工作日历没有其中的日期') ELSE count(*) FILTER (WHERE w.is_workday) END "
     "FROM meta.workdays w WHERE w.day > a AND w.day <= b)", "从 a 次日到 b 的工作日数"),
    ("workday_add", "d, n", "(SELECT w.day FROM (SELECT day, row_number() OVER (ORDER BY day) AS k FROM meta.workdays WHERE is_workday AND day > d) w "
     "WHERE w.k = n)", "d 之后第 n 个工作日；超出日历为空"),
)
"""Name, parameters, body, what it does. No name or text of a user is in them."""


def calendar_state(ws: Workspace) -> list[tuple[str, int, int]]:
    """日历文件的状态 (name, size, time of change): part of what makes a catalogue stale."""
    found = [p for paths in listing(ws.inbox).values() for p in paths if (kind := contract_of(p.name)) is not None and kind.id == CONTRACT]
    return [(f"{p.parent.name}/{p.name}", p.stat().st_size, p.stat().st_mtime_ns) for p in found]


def add_macros(connection: DuckDBPyConnection, ws: Workspace) -> None:
    """建宏和 meta.workdays (empty without a calendar, or with one that can't be read: that is `check`'s to tell)."""
    try:
        days = sorted(working_days(ws).days.items())
    except NxmedError:
        days = []
    connection.execute("CREATE TABLE meta.workdays (day DATE, is_workday BOOLEAN)")
    if days:
        connection.executemany("INSERT INTO meta.workdays VALUES (?, ?)", days)
    connection.execute("CREATE TABLE meta.macros (name VARCHAR, parameters VARCHAR, comment VARCHAR)")
    for name, parameters, body, comment in MACROS:
        connection.execute(f"CREATE MACRO main.{name}({parameters}) AS {body}")
        connection.execute("INSERT INTO meta.macros VALUES (?, ?, ?)", [name, parameters, comment])
