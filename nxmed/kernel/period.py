"""月份 (费款所属期): the month as a value, and day arithmetic around it."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

_PERIOD = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Period:
    """所属期 (a calendar month). `.text` "2026-12", `.ym` "202612"."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read "2026-12"; raises ValueError on anything else."""
        found = _PERIOD.fullmatch(text)
        if not found or int(found[1]) < 1900:
            raise ValueError(text)
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Period:
        """The month of a day."""
        return cls(day.year, day.month)

    @classmethod
    def from_ym(cls, ym: str) -> Period:
        """Read "202612"."""
        return cls.parse(f"{ym[:4]}-{ym[4:]}")

    @property
    def text(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def ym(self) -> str:
        return f"{self.year:04d}{self.month:02d}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    @property
    def index(self) -> int:
        """Months since year 0, for arithmetic."""
        return self.year * 12 + self.month - 1

    def __add__(self, months: int) -> Period:
        total = self.index + months
        return Period(total // 12, total % 12 + 1)

    def __sub__(self, months: int) -> Period:
        return self + -months

    def __str__(self) -> str:
        return self.text
