"""待遇标准 (the numbers repricing rests on, on the first day of the month; every one from the law or policy.toml)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import gcd

from nxmed.kernel.money import PPM
from nxmed.law.catalog import Law

LEVELS = ("1", "2", "3")
PREFIX = {"dingxi": "inpatient", "ningxia": "repricing.ningxia"}
ADMISSION_YEAR = {"dingxi": False, "ningxia": True}
"""Ningxia judges a stay over the year end by its admission (NXJY-37.1), Dingxi by its discharge (DXTC-22)."""


def reprices(law: Law, day: date) -> bool:
    """能否复核 (whether law or policy gives the inpatient numbers)."""
    return law.has(f"{PREFIX[law.region]}.yearly_limit", day)


@dataclass(frozen=True)
class InpatientTerms:
    """住院标准 by level (fen, ppm)."""

    home: dict[str, int]
    away: dict[str, int]
    rate: dict[str, int]
    yearly_limit: int
    points_referred: int
    points_self_province: int
    points_self_other: int
    by_admission: bool

    @classmethod
    def load(cls, law: Law, day: date) -> InpatientTerms:
        """读取 (MissingNumber, exit 4, names what is missing)."""
        prefix = PREFIX[law.region]

        def number(name: str) -> str:
            return f"{prefix}.{name}"

        return cls(
            {n: law.number(number(f"deductible_home_{n}"), day).fen for n in LEVELS},
            {n: law.number(number(f"deductible_away_{n}"), day).fen for n in LEVELS},
            {n: law.number(number(f"rate_{n}"), day).ppm for n in LEVELS},
            law.number(number("yearly_limit"), day).fen, law.number(number("points_referred"), day).ppm,
            law.number(number("points_self_province"), day).ppm, law.number(number("points_self_other"), day).ppm,
            ADMISSION_YEAR[law.region],
        )


@dataclass(frozen=True)
class SupplementTerms:
    """大额补助标准: threshold (fen), rate (ppm), yearly limit (fen, None without one)."""

    threshold: int
    rate: int
    limit: int | None

    @classmethod
    def load(cls, law: Law, day: date, kind: str) -> SupplementTerms | None:
        """读取 (None where the region has no such supplement)."""
        if not law.has(f"supplement_pay.{kind}_threshold", day):
            return None
        limit = law.find(f"supplement_pay.{kind}_limit", day)
        return cls(law.number(f"supplement_pay.{kind}_threshold", day).fen,
                   law.number(f"supplement_pay.{kind}_rate", day).ppm, limit.fen if limit else None)


@dataclass(frozen=True)
class ChronicTerms:
    """慢特病标准: rate as a fraction `top`/`bottom`, how many diseases count, what each further one adds, yearly limits
    by disease number and name (fen)."""

    top: int
    bottom: int
    most: int
    further: int
    limits: dict[str, int]

    @classmethod
    def load(cls, law: Law, day: date) -> ChronicTerms | None:
        """读取 (None where the region's text gives no numbers)."""
        if not law.has("chronic.rate", day):
            return None
        from nxmed.kernel.money import fen_of

        rate = law.number("chronic.rate", day).ppm
        shared = gcd(rate, PPM)
        limits: dict[str, int] = {}
        for row in law.table("chronic_diseases"):
            limits[row["no"]] = limits[row["name"]] = fen_of(row["limit"])
        return cls(rate // shared, PPM // shared, law.number("chronic.max_diseases", day).int,
                   law.number("chronic.further_disease", day).fen, limits)

    @property
    def rate(self) -> int:
        return self.top * PPM // self.bottom
