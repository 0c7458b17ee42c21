"""时限的钟 (the clock of a deadline): days counted from the day after the start, suspensions left out, by the calendar.

The calendar is a column of running totals: `count(day)` is the number of working days up to and with it. A total means
something only between days of one unbroken stretch; what lies outside is an error (exit 6), never guessed.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from nxmed.errors import MissingInput
from nxmed.kernel.working_days import WorkingDays

AT_ONCE, WORKING, CALENDAR = "0", "1", "2"
_ONE = pl.duration(days=1)


class Clock:
    """一个统筹区的工作日历, ready to be joined to frames."""

    def __init__(self, days: WorkingDays) -> None:
        known = sorted(days.days)
        self.calendar = pl.DataFrame({"day": known, "is_workday": [days.days[d] for d in known]}, schema={
            "day": pl.Date(), "is_workday": pl.Boolean()}).with_columns(
            n=pl.col("is_workday").cast(pl.Int64).cum_sum(),
            stretch=(pl.col("day").diff() != timedelta(days=1)).fill_null(False).cast(pl.Int64).cum_sum(),
        ).with_columns(last=pl.col("day").last().over("stretch"), n_last=pl.col("n").last().over("stretch"))

    def run(self, cases: pl.DataFrame, as_of: date) -> pl.DataFrame:
        """算期限和已用日数.

        `cases` has `case` (its number), `start` (null: the clock has not begun), `stop` (day of completion, null while
        open), `hold`, `hold_end` (suspension, both days in it; hold_end null: still on), `limit` (null: none) and `unit`.
        Adds `due`, `held` (days not counted so far), `used`, `work` (used in working days), `suspended`. MissingInput
        (exit 6) names the first date that the calendar lacks.
        """
        open_now = pl.col("stop").is_null()
        rows = cases.with_columns(
            upto=pl.max_horizontal(pl.col("stop").fill_null(as_of), "start"),
            suspended=(open_now & pl.col("hold").is_not_null() & pl.col("hold_end").is_null()).fill_null(False),
            hold_last=pl.when(pl.col("hold").is_not_null()).then(pl.col("hold_end").fill_null(as_of)),
            first=pl.when(pl.col("start").is_null()).then(None).otherwise(pl.max_horizontal(pl.col("hold") - _ONE, "start")),
        ).with_columns(hold_last=pl.max_horizontal("hold_last", "first"))
        rows = self._due(self._counted(rows))
        work, calendar = _used()
        by_calendar = pl.col("unit") == CALENDAR
        return rows.with_columns(
            work=work, used=pl.when(by_calendar).then(calendar).otherwise(work),
            held=pl.when(by_calendar).then(_days("first", "held_to")).otherwise(pl.col("held_to_n") - pl.col("first_n")).fill_null(0),
        )

    def _counted(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Running totals at the days that matter."""
        rows = rows.with_columns(held_to=pl.max_horizontal(pl.min_horizontal("hold_last", "upto"), "first"))
        rows = rows.with_columns(held_to=pl.when(pl.col("hold").is_not_null()).then("held_to"),
                                 first=pl.when(pl.col("hold").is_not_null()).then("first"),
                                 hold_last=pl.when(pl.col("hold").is_not_null()).then("hold_last"))
        for name in ("start", "upto", "first", "hold_last", "held_to"):
            rows = self._at(rows, name)
        self._unbroken(rows, "start", "upto")
        self._unbroken(rows, "start", "hold_last")
        return rows

    def _at(self, rows: pl.DataFrame, name: str) -> pl.DataFrame:
        found = self.calendar.select(pl.col("day").alias(name), pl.col("n").alias(f"{name}_n"), pl.col("stretch").alias(f"{name}_in"),
                                     pl.col("last").alias(f"{name}_last"), pl.col("n_last").alias(f"{name}_n_last"))
        rows = rows.join(found, on=name, how="left", maintain_order="left")
        lost = rows.filter(pl.col(name).is_not_null() & pl.col(f"{name}_n").is_null())
        if lost.height:
            first = lost.sort(name, "case").row(0, named=True)
            raise outside(first[name], str(first["case"]))
        return rows

    def _unbroken(self, rows: pl.DataFrame, begin: str, end: str) -> None:
        """Both days lie in one stretch of the calendar."""
        torn = rows.filter(pl.col(begin).is_not_null() & (pl.col(f"{begin}_in") != pl.col(f"{end}_in")))
        if torn.height:
            first = torn.sort(f"{begin}_last", "case").row(0, named=True)
            raise outside(first[f"{begin}_last"] + timedelta(days=1), str(first["case"]))

    def _due(self, rows: pl.DataFrame) -> pl.DataFrame:
        """期限: the limit-th counted day after the start; at once: the day itself, or the first working day after a
        suspension that covers it. While a suspension goes on there is none, unless it had come before."""
        held_n = (pl.col("hold_last_n") - pl.col("first_n")).fill_null(0)
        at_once, working = pl.col("unit") == AT_ONCE, pl.col("unit") == WORKING
        covers = (pl.col("hold") <= pl.col("start")) & (pl.col("hold_last") >= pl.col("start")) & pl.col("hold").is_not_null()
        plain = pl.col("start_n") + pl.col("limit")
        before_hold = pl.col("hold").is_null() | (plain <= pl.col("first_n"))
        wanted = (
            pl.when(at_once & covers & ~pl.col("suspended")).then(pl.col("hold_last_n") + 1)
            .when(working & before_hold).then(plain)
            .when(working & ~pl.col("suspended")).then(plain + held_n))
        rows = rows.with_columns(wanted=pl.when(pl.col("limit").is_not_null() & pl.col("start").is_not_null()).then(wanted))
        workdays = self.calendar.filter("is_workday").select(wanted="n", workday="day", workday_in="stretch")
        rows = rows.join(workdays, on="wanted", how="left", maintain_order="left")
        beyond = rows.filter(pl.col("wanted").is_not_null() & (pl.col("workday_in").ne_missing(pl.col("start_in"))))
        if beyond.height:
            first = beyond.sort("start_last", "case").row(0, named=True)
            raise outside(first["start_last"] + timedelta(days=1), str(first["case"]))
        plain_day = pl.col("start") + pl.duration(days=pl.col("limit"))
        by_day = pl.when(pl.col("hold").is_null() | (plain_day < pl.max_horizontal("hold", pl.col("start") + _ONE))).then(plain_day).when(
            ~pl.col("suspended")).then(plain_day + pl.duration(days=_days("first", "hold_last")))
        return rows.with_columns(
            due=pl.when(pl.col("limit").is_null() | pl.col("start").is_null()).then(None)
            .when(at_once & ~covers.fill_null(False)).then("start")
            .when(at_once | working).then("workday")
            .otherwise(by_day))

    def until(self, rows: pl.DataFrame, as_of: date, most: int) -> pl.DataFrame:
        """到期还有几个工作日 (`ahead`: working days after `as_of` up to `due`, for rows whose `due` has not passed and
        which are marked `ask`; where that is more than `most`, the calendar need not reach that far)."""
        today = self.calendar.filter(pl.col("day") == as_of)
        asked = rows.filter(pl.col("ask"))
        if not asked.height:
            return rows.with_columns(ahead=pl.lit(None, pl.Int64))
        if not today.height:
            raise outside(as_of, str(asked["case"].min()))
        n, stretch, last, n_last = today.select("n", "stretch", "last", "n_last").row(0)
        found = self.calendar.filter(pl.col("stretch") == stretch).select(due="day", due_n="n")
        rows = rows.join(found, on="due", how="left", maintain_order="left").with_columns(
            ahead=pl.when(pl.col("ask")).then(pl.col("due_n").fill_null(n_last) - n))
        lost = rows.filter(pl.col("ask") & pl.col("due_n").is_null() & (pl.col("ahead") <= most))
        if lost.height:
            raise outside(last + timedelta(days=1), str(lost["case"].min()))
        return rows


def _used() -> tuple[pl.Expr, pl.Expr]:
    """Days counted so far: working days and calendar days (null before the clock has begun)."""
    work = pl.col("upto_n") - pl.col("start_n") - (pl.col("held_to_n") - pl.col("first_n")).fill_null(0)
    calendar = _days("start", "upto") - _days("first", "held_to").fill_null(0)
    begun = pl.col("start").is_not_null()
    return pl.when(begun).then(work), pl.when(begun).then(calendar)


def outside(day: date, case: str) -> MissingInput:
    """日历外的日期 (the error that names the date and the case)."""
    return MissingInput(
        f"工作日历没有 {day.isoformat()}（办件 {case} 的期限要用）",
        f"核对该办件的日期；日期无误的，把 {day.year} 年的工作日历（calendar）放进收件箱；没有的日期不推算",
        text_en=f"The calendar does not hold {day.isoformat()}, which case {case} needs",
        hint_en=f"Check the dates of the case; if they are right, put the calendar of {day.year} into the inbox: a missing date is never guessed")


def _days(begin: str, end: str) -> pl.Expr:
    return (pl.col(end) - pl.col(begin)).dt.total_days()
