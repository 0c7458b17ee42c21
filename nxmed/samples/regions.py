"""样例地区 (the two regions that samples are made for), from regions.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from nxmed.errors import UsageError
from nxmed.kernel.money import half_up_scalar
from nxmed.kernel.period import Period

PPM = 1_000_000
SECONDARY = "二手来源，未见通知原件；公布日期为样例设定"


@dataclass(frozen=True)
class Bounds:
    """某月采用的上下限 (fen): stat_year, whether provisional, rounded monthly wage, floor, ceiling."""

    stat_year: int
    provisional: bool
    monthly: int
    floor: int
    ceiling: int


@dataclass(frozen=True)
class Region:
    """样例地区: codes, rates (ppm), published wages (fen) by statistics year."""

    id: str
    zh: str
    prefix: str
    poolarea_no: str
    wage_admdvs: str
    cutoff_day: int
    unit_ppm: dict[str, int]
    person_ppm: int
    supplement: bool
    publish_day: int
    publish_month: int
    divisions: tuple[tuple[str, str], ...]
    wages: dict[int, dict[str, int]]
    estimate_ppm: int
    latefee_ppm: int
    floor_ppm: int
    ceiling_ppm: int
    stays: dict[str, Any] | None = None
    """Home stays by level: deductible (fen), rate (ppm), and the supplement's threshold (fen) and rate (ppm)."""
    supplement_emp: int = 0
    supplement_psn: int = 0

    def published(self, stat_year: int) -> dict[str, int]:
        """The wage row of that year; a year nobody has published yet repeats the newest one (a sample has to run)."""
        return self.wages.get(stat_year) or self.wages[max(self.wages)]

    def publication(self, start: Period, year: int) -> Period:
        """The month in which the average wage of `year` − 1 is published, in a sample that starts with `start`."""
        if year != start.year:
            return Period(year, 7)
        return max(start + self.publish_month, Period(year, 1))

    def bounds(self, start: Period, month: Period) -> Bounds:
        """上下限 of `month` in a sample that starts with `start`: by then published for the start's year, or not."""
        known = month - 1 >= self.publication(start, month.year)
        stat_year = month.year - 1 if known else month.year - 2
        row = self.published(stat_year)
        numerator, parts = (row["monthly"], 1) if "monthly" in row else (row["yearly"], 12)
        return Bounds(
            stat_year,
            not known,
            half_up_scalar(numerator, parts),
            row.get("lower", half_up_scalar(numerator * self.floor_ppm, parts * PPM)),
            row.get("upper", half_up_scalar(numerator * self.ceiling_ppm, parts * PPM)),
        )

    def policy(self) -> str:
        """policy.toml with sample numbers, marked as such."""
        rates = (
            "".join(
                f'[contribution.{key}]\nvalues = [{{ since = 2021-01-01, value = "{value}", '
                f'source = "样例值，非通知规定；正式使用前请换成通知的数字和文号" }}]\n\n'
                for key, value in (("emp_rate", _ratio(self.unit_ppm["2"])), ("psn_rate", _ratio(self.person_ppm)))
            )
            if "05" not in self.unit_ppm
            else ""
        )
        return (
            f"# {self.zh}样例的当地数字。全部是样例值，不是任何通知的规定。\n\n{rates}"
            '[account.credit_rate]\nvalues = [{ since = 2021-01-01, value = "1", '
            'source = "样例值：个人缴费全部划入个人账户" }]\n\n'
            '[settle.large_fee]\nvalues = [{ since = 2021-01-01, value = "200000", '
            'source = "样例值：单笔 20 万元起会审" }]\n'
        )


def _ratio(ppm: int) -> str:
    return f"{ppm // PPM}.{ppm % PPM:06d}".rstrip("0").rstrip(".")


@cache
def _numbers() -> dict[str, Any]:
    return tomllib.loads(files("nxmed.samples").joinpath("regions.toml").read_text("utf-8"))


REGIONS = ("ningxia", "dingxi")


def region(name: str) -> Region:
    """The sample region of that name; UsageError (exit 2) for any other."""
    if name not in REGIONS:
        raise UsageError(
            f"没有这个样例地区：{name}",
            "可用：ningxia、dingxi",
            text_en=f"no such sample region: {name}",
            hint_en="known: ningxia, dingxi",
        )
    data = {**_numbers()["arithmetic"], **_numbers()[name]}
    wages = {int(year): row for year, row in data.pop("wages").items()}
    divisions = tuple((code, zh) for code, zh in data.pop("divisions"))
    return Region(id=name, wages=wages, divisions=divisions, **data)
