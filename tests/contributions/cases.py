"""Small regions for hand cases: one call per thing a clerk would write, amounts as yuan text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from nxmed.contributions.assess import AssessResult, assess

from . import bridge

DECEMBER = (2026, 12)
WAGE_2025 = {"stat_year": 2025, "monthly_amt": "8371", "lower_amt": "5023", "upper_amt": "25113", "publ_date": date(2026, 6, 20)}
"""The sample notice of Ningxia: monthly 8371, bounds 5023 and 25113."""


class Region:
    """An inbox in memory."""

    def __init__(self, name: str = "ningxia", *, period: tuple[int, int] = DECEMBER, as_of: date = date(2026, 11, 30)) -> None:
        self.name, self.period, self.as_of = name, period, as_of
        self.data: dict[str, Any] = {table: [] for table in bridge.SHAPES}
        self.data |= {"charged_supplements": set(), "persons_month": period, "first_month": False}

    def _add(self, table: str, row: dict[str, Any]) -> Region:
        amounts = {c for c, kind in bridge.SHAPES[table].items() if kind == bridge.AMOUNT}
        self.data[table].append({k: Decimal(v) if k in amounts and v is not None else v for k, v in row.items()})
        return self

    def wage_notice(self, **values: Any) -> Region:
        admdvs = "640000" if self.name == "ningxia" else "620000"
        blank = {"yearly_amt": None, "monthly_amt": None, "lower_amt": None, "upper_amt": None, "source_doc": "公告"}
        return self._add("average_wages", {"admdvs": admdvs, **blank, **(values or WAGE_2025)})

    def unit(self, emp_no: str, **values: str) -> Region:
        return self._add("units", {"emp_no": emp_no, "uscc": f"USCC-{emp_no}", "emp_mgt_type": "01", "quts_type": "2", "emp_insu_stas": "2", **values})

    def person(self, psn_no: str, emp_no: str = "E1", psn_type: str = "1101", psn_insu_stas: str = "1") -> Region:
        return self._add("persons", {"psn_no": psn_no, "emp_no": emp_no, "psn_type": psn_type, "psn_insu_stas": psn_insu_stas})

    def wage(self, psn_no: str, wag: str, emp_no: str = "E1", *, on: date = date(2026, 1, 10), year: int = 2026) -> Region:
        return self._add("wage_declarations", {"year": year, "emp_no": emp_no, "psn_no": psn_no, "dcla_date": on, "wag": wag})

    def change(self, psn_no: str, kind: str, on: date, emp_no: str = "E1", *, sn: str = "", psn_type: str = "1101", wag: str | None = None) -> Region:
        number = sn or f"C{len(self.data['personnel_changes']):03d}"
        return self._add("personnel_changes", {"chg_sn": number, "psn_no": psn_no, "emp_no": emp_no, "psn_chg_type": kind, "rcvd_date": on, "psn_type": psn_type, "wag": wag})

    def agreement(self, number: str, **values: Any) -> Region:
        usual = {"emp_no": "E1", "insutype": "310", "defer_part": "1", "accrym_begn": "202612", "accrym_end": "202612",
                 "dedln_date": date(2027, 6, 30), "sign_date": date(2026, 11, 1), "agre_stas": "1"}
        return self._add("deferrals", {"defer_agre_no": number, **usual, **values})

    def opening_bill(self, emp: str, psn: str, emp_no: str = "E1", *, accrym: str = "202611", insutype: str = "310") -> Region:
        return self._add("opening_bills", {"emp_no": emp_no, "insutype": insutype, "accrym": accrym, "emp_clct_amt": emp, "psn_clct_amt": psn})

    def last_bill(self, emp: str, psn: str, emp_no: str = "E1") -> Region:
        return self._add("previous_bills", {"clct_bill_id": f"202611-{emp_no}-310", "emp_no": emp_no, "insutype": "310", "accrym": "202611", "emp_clct_amt": emp, "psn_clct_amt": psn})

    def last_line(self, psn_no: str, base: str, emp_no: str = "E1") -> Region:
        return self._add("previous_lines", {"clct_bill_id": f"202611-{emp_no}-310", "emp_no": emp_no, "psn_no": psn_no, "insutype": "310", "psn_clctstd": base})

    def result(self) -> AssessResult:
        return assess(bridge.inputs(self.name, self.period, self.as_of, self.data))

    def plain(self) -> dict[str, Any]:
        return bridge.plain(self.result())

    def line(self, psn_no: str, insutype: str = "310", emp_no: str = "E1") -> dict[str, Any]:
        number = f"{self.period[0]}{self.period[1]:02d}-{emp_no}-{insutype}"
        return dict(self.plain()["lines"][number, psn_no])


def ningxia(**options: Any) -> Region:
    """December 2026 in Ningxia with the sample notice and one active unit."""
    return Region(**options).wage_notice().unit("E1")


def dingxi(**options: Any) -> Region:
    """December 2026 in Dingxi, base figure 8000 a month: floor 4800, ceiling 24000; one active unit, not fiscal."""
    return Region("dingxi", **options).wage_notice(stat_year=2025, monthly_amt="8000", publ_date=date(2026, 6, 20)).unit("E1")
