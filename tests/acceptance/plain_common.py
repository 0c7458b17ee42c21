"""平实模型的公用部分 (supply of inbox rows, months, rounding): dicts, loops, int fen and fractions only."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

Row = dict[str, str | None]
KEYS: dict[str, tuple[str, ...]] = {
    "wage_declarations": ("year", "emp_no", "psn_no", "dcla_date"),
    "personnel_changes": ("chg_sn",),
    "average_wages": ("admdvs", "stat_year"),
    "deferrals": ("defer_agre_no",),
    "treasury_statement": ("treasury_code", "stmt_date", "insutype", "elec_taxrpt_no"),
    "opening_bills": ("emp_no", "insutype"),
    "opening_dues": ("clct_bill_id", "part"),
    "opening_credits": ("emp_no", "insutype"),
    "opening_supplements": ("psn_no", "year"),
    "chronic_registrations": ("psn_no", "dise_no", "begndate"),
}


def fen(text: str | None) -> int:
    """元文字到分 (exact)."""
    assert text is not None
    value = Fraction(text) * 100
    assert value.denominator == 1, text
    return int(value)


def yuan(amount: int) -> str:
    """分到元文字."""
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{amount // 100}.{amount % 100:02d}"


def half_up(value: Fraction) -> int:
    """四舍五入 half away from zero."""
    whole = abs(value)
    rounded = (whole.numerator * 2 + whole.denominator) // (whole.denominator * 2)
    return -rounded if value < 0 else rounded


def month_add(period: str, months: int) -> str:
    """YYYY-MM 加减月."""
    index = int(period[:4]) * 12 + int(period[5:]) - 1 + months
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def last_day(period: str) -> date:
    """月末."""
    year, month = int(period[:4]), int(period[5:])
    return date(year, month, monthrange(year, month)[1])


def ym(period: str) -> str:
    """YYYY-MM 到 YYYYMM."""
    return period.replace("-", "")


def day(text: str | None) -> date:
    """日期."""
    assert text is not None
    return date.fromisoformat(text)


@dataclass
class Inbox:
    """收件箱 as meant (what valid rows each month brings): month → contract → rows."""

    months: dict[str, dict[str, list[Row]]] = field(default_factory=dict)

    def put(self, period: str, contract: str, rows: Sequence[Row]) -> None:
        """放入."""
        self.months.setdefault(period, {}).setdefault(contract, []).extend(rows)

    def snapshot(self, contract: str, period: str) -> tuple[str, list[Row]]:
        """快照：本月或之前最近一月."""
        for month in sorted(self.months, reverse=True):
            if month <= period and contract in self.months[month]:
                return month, self.months[month][contract]
        return "", []

    def register(self, contract: str, period: str, dated: str = "", as_of: date = date.max) -> list[Row]:
        """登记簿：到本月为止，同键以后来的月份为准；`dated` 列晚于 as_of 的行当作还没有."""
        found: dict[tuple[str | None, ...], Row] = {}
        for month in sorted(self.months):
            if month <= period:
                for row in self.months[month].get(contract, []):
                    if not dated or date.fromisoformat(str(row[dated])) <= as_of:
                        found[tuple(row[k] for k in KEYS[contract])] = row
        return list(found.values())

    def feed(self, contract: str, period: str) -> list[Row]:
        """当月送达."""
        return self.months.get(period, {}).get(contract, [])


Policy = dict[str, list[tuple[date, str]]]


def rate_of(policy: Policy, name: str, period: str) -> Fraction | None:
    """费率：按所属月第一天."""
    first = date(int(period[:4]), int(period[5:]), 1)
    best = None
    for since, value in sorted(policy.get(name, [])):
        if since <= first:
            best = Fraction(value)
    return best
