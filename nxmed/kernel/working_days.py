"""工作日 (working days by a register): counts, deadlines and what a holiday does to them. No day is ever assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from nxmed.errors import MissingInput

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingDays:
    """工作日历 (date → is it a working day). Asked about a date that it does not hold: MissingInput, exit 6."""

    days: Mapping[date, bool]

    @property
    def first(self) -> date | None:
        """首日 (None when the register is empty)."""
        return min(self.days, default=None)

    @property
    def horizon(self) -> date | None:
        """连续覆盖到哪一天 (the last day before the first hole; None when empty)."""
        day = self.first
        if day is None:
            return None
        while day + _DAY in self.days:
            day += _DAY
        return day

    def is_workday(self, day: date) -> bool:
        """是否工作日."""
        try:
            return self.days[day]
        except KeyError:
            raise MissingInput(
                f"工作日历没有 {day.isoformat()}",
                f"把 {day.year} 年的工作日历（calendar）放进收件箱；没有的日期不推算",
                text_en=f"The calendar does not hold {day.isoformat()}",
                hint_en=f"Put the calendar of {day.year} into the inbox; a missing date is never guessed") from None

    def on_or_before(self, day: date) -> date:
        """当日或之前最近的工作日 (a deadline "by" a day that is a holiday)."""
        while not self.is_workday(day):
            day -= _DAY
        return day

    def on_or_after(self, day: date) -> date:
        """当日或之后最近的工作日."""
        while not self.is_workday(day):
            day += _DAY
        return day

    def add(self, day: date, count: int) -> date:
        """第 count 个工作日 after `day` (the day itself does not count; negative goes back; 0 is the day itself)."""
        step = _DAY if count > 0 else -_DAY
        left = abs(count)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def between(self, begin: date, end: date) -> int:
        """从 begin 次日到 end 的工作日数 (negative when end lies before begin)."""
        if end < begin:
            return -self.between(end, begin)
        days = (end - begin).days
        return sum(self.is_workday(begin + timedelta(days=n)) for n in range(1, days + 1))
