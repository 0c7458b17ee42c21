"""平实的核定 (a plain model of `nxmed assess`, written from the rules alone)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from plain_common import Inbox, Policy, Row, day, fen, half_up, last_day, month_add, rate_of, ym

PAYERS = {"1101", "1102", "1160"}
ADDS, REMOVES = {"11", "12", "13", "14"}, {"21", "22", "23", "24"}


@dataclass
class Assessed:
    """一个月的核定结果."""

    period: str
    bills: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    dues: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    held: set[tuple[str, str]] = field(default_factory=set)
    findings: Counter[tuple[Any, ...]] = field(default_factory=Counter)


class MissingNumber(Exception):
    """缺法定数字 (exit 4)."""


def effect_month(received: date, region: str) -> str:
    """增减的生效月."""
    late = region == "ningxia" and received.day > 25
    return month_add(f"{received:%Y-%m}", 2 if late else 1)


def average_wage(inbox: Inbox, region: str, period: str, as_of: date) -> tuple[int, Fraction, int, int, bool]:
    """平均工资：统计年度、月平均、下限、上限、是否暂用."""
    admdvs = "640000" if region == "ningxia" else "620000"
    year = int(period[:4])
    rows = {
        int(str(r["stat_year"])): r
        for r in inbox.register("average_wages", period, "publ_date", as_of)
        if r["admdvs"] == admdvs and day(r["publ_date"]) <= as_of
    }
    for stat_year, provisional in ((year - 1, False), (year - 2, True)):
        if stat_year in rows:
            row = rows[stat_year]
            monthly = Fraction(str(row["monthly_amt"])) if row["monthly_amt"] else Fraction(str(row["yearly_amt"])) / 12
            floor = fen(row["lower_amt"]) if row["lower_amt"] else half_up(monthly * 60)
            ceiling = fen(row["upper_amt"]) if row["upper_amt"] else half_up(monthly * 300)
            return stat_year, monthly, floor, ceiling, provisional
    raise MissingNumber("average wage")


def roster_of(inbox: Inbox, region: str, period: str, as_of: date, out: Assessed) -> dict[tuple[str, str], str]:
    """名册：(人, 单位) → 人员类别."""
    base_month, rows = inbox.snapshot("persons", period)
    roster = {(str(r["psn_no"]), str(r["emp_no"])): str(r["psn_type"]) for r in rows if r["psn_insu_stas"] == "1"}
    changes = [r for r in inbox.register("personnel_changes", period, "rcvd_date", as_of) if day(r["rcvd_date"]) <= as_of]
    for row in sorted(changes, key=lambda r: (str(r["rcvd_date"]), str(r["chg_sn"]))):
        effect = effect_month(day(row["rcvd_date"]), region)
        key, kind = (str(row["psn_no"]), str(row["emp_no"])), str(row["psn_chg_type"])
        if effect > period:
            out.findings["LATE_CHANGE", "info", row["emp_no"], row["psn_no"], row["chg_sn"]] += 1
        if not base_month <= effect <= period:
            continue
        if kind in ADDS and key not in roster:
            roster[key] = str(row["psn_type"])
        elif kind in REMOVES:
            roster.pop(key, None)
        elif kind == "25" and key in roster:
            roster[key] = "1201"
    return roster


def hold(roster: dict[tuple[str, str], str], units: dict[str, Row], out: Assessed) -> dict[tuple[str, str], str]:
    """暂挂重复参保和单位不在参保状态的人."""
    where: Counter[str] = Counter(psn for psn, _ in roster)
    clear = {}
    for (psn, emp), kind in roster.items():
        if where[psn] > 1:
            out.findings["DOUBLE_MEMBERSHIP", "error", emp, psn] += 1
            out.held.add((psn, emp))
        elif emp not in units or units[emp]["emp_insu_stas"] != "2":
            out.findings["UNIT_NOT_ACTIVE", "error", emp, psn] += 1
            out.held.add((psn, emp))
        else:
            clear[psn, emp] = kind
    return clear


def spread(total: int, weights: dict[str, int]) -> dict[str, int]:
    """最大余数法分摊，同余数按人员编号."""
    whole = sum(weights.values())
    shares = {p: total * w // whole for p, w in weights.items()}
    left = total - sum(shares.values())
    for psn in sorted(weights, key=lambda p: (-(total * weights[p] % whole), p))[:left]:
        shares[psn] += 1
    return shares


def deferrals_of(inbox: Inbox, period: str, as_of: date, out: Assessed) -> dict[str, Row]:
    """本月适用的缓缴协议, by unit；超过一年的报告，不适用."""
    good: dict[str, Row] = {}
    rows = sorted(inbox.register("deferrals", period, "sign_date", as_of), key=lambda r: (str(r["sign_date"]), str(r["defer_agre_no"])))
    for row in rows:
        if (
            row["insutype"] != "310"
            or row["agre_stas"] != "1"
            or day(row["sign_date"]) > as_of
            or not str(row["accrym_begn"]) <= ym(period) <= str(row["accrym_end"])
        ):
            continue
        begin = str(row["accrym_begn"])
        if day(row["dedln_date"]) > date(int(begin[:4]) + 1, int(begin[4:]), 1):
            out.findings["DEFERRAL_TOO_LONG", "error", row["emp_no"], row["defer_agre_no"]] += 1
        else:
            good[str(row["emp_no"])] = row
    return good


def assess(
    inbox: Inbox, region: str, policy: Policy, period: str, earlier: dict[str, Assessed], as_of: date | None = None
) -> Assessed:
    """核定一个月."""
    out = Assessed(period)
    as_of = as_of or last_day(month_add(period, -1))
    year, accrym = period[:4], ym(period)
    stat_year, monthly, floor, ceiling, provisional = average_wage(inbox, region, period, as_of)
    units = {str(r["emp_no"]): r for r in inbox.snapshot("units", period)[1]}
    clear = hold(roster_of(inbox, region, period, as_of, out), units, out)
    declarations = [
        r for r in inbox.register("wage_declarations", period) if r["year"] == year and day(r["dcla_date"]) <= as_of
    ]
    declared_units = {str(r["emp_no"]) for r in declarations}
    wages: dict[tuple[str, str], int] = {}
    for row in sorted(
        inbox.register("personnel_changes", period, "rcvd_date", as_of), key=lambda r: (str(r["rcvd_date"]), str(r["chg_sn"]))
    ):
        if row["psn_chg_type"] in ADDS and row["wag"] and day(row["rcvd_date"]) <= as_of:
            wages[str(row["psn_no"]), str(row["emp_no"])] = fen(row["wag"])
    for row in sorted(declarations, key=lambda r: str(r["dcla_date"])):
        wages[str(row["psn_no"]), str(row["emp_no"])] = fen(row["wag"])
    before = earlier.get(month_add(period, -1))
    opening = {
        str(r["emp_no"]): r
        for r in inbox.register("opening_bills", period)
        if r["insutype"] == "310" and r["accrym"] == ym(month_add(period, -1))
    }
    payers: dict[str, list[str]] = {}
    for (psn, emp), kind in clear.items():
        if kind in PAYERS:
            payers.setdefault(emp, []).append(psn)

    agreements = deferrals_of(inbox, period, as_of, out)
    for emp, people in sorted(payers.items()):
        unit = units[emp]
        unemployed = region == "dingxi" and unit["emp_mgt_type"] == "05"
        if region == "ningxia":
            emp_rate, psn_rate = (
                rate_of(policy, "contribution.emp_rate", period),
                rate_of(policy, "contribution.psn_rate", period),
            )
            if emp_rate is None or psn_rate is None:
                raise MissingNumber("rates")
        elif unemployed:
            emp_rate, psn_rate = Fraction("0.087"), Fraction(0)
        else:
            emp_rate, psn_rate = Fraction("0.064" if unit["quts_type"] == "1" else "0.067"), Fraction("0.02")
        bill = f"{accrym}-{emp}-310"
        rows: dict[str, dict[str, Any]] = {}
        if emp in declared_units:
            way = "1"
            for psn in people:
                wag = wages.get((psn, emp))
                if wag is None:
                    base, code = floor, "4"
                    out.findings["WAGE_MISSING", "warning", emp, psn] += 1
                elif wag < floor:
                    base, code = floor, "2"
                elif wag > ceiling:
                    base, code = ceiling, "3"
                else:
                    base, code = wag, "1"
                rows[psn] = {
                    "wag": wag,
                    "base": base,
                    "code": code,
                    "emp": half_up(base * emp_rate),
                    "psn": half_up(base * psn_rate),
                }
        else:
            out.findings["UNIT_NOT_DECLARED", "warning", emp] += 1
            last: tuple[int, int] | None = None
            previous = f"{ym(month_add(period, -1))}-{emp}-310"
            if before and previous in before.bills:
                last = (before.bills[previous]["emp"], before.bills[previous]["psn"])
            elif emp in opening:
                last = (fen(opening[emp]["emp_clct_amt"]), fen(opening[emp]["psn_clct_amt"]))
            if last is None:
                way, base = "3", half_up(monthly * 100)
                for psn in people:
                    rows[psn] = {
                        "wag": None,
                        "base": base,
                        "code": None,
                        "emp": half_up(base * emp_rate),
                        "psn": half_up(base * psn_rate),
                    }
            else:
                way = "2"
                weights = {}
                for psn in people:
                    line = before.lines.get((previous, psn)) if before else None
                    weights[psn] = line["base"] if line else floor
                emps = spread(half_up(last[0] * Fraction(11, 10)), weights)
                psns = spread(half_up(last[1] * Fraction(11, 10)), weights)
                for psn in people:
                    rows[psn] = {"wag": None, "base": weights[psn], "code": None, "emp": emps[psn], "psn": psns[psn]}
        for psn, line in rows.items():
            out.lines[bill, psn] = line
        out.bills[bill] = {
            "emp_no": emp,
            "insutype": "310",
            "crtf_way": way,
            "count": len(rows),
            "wages": sum(r["wag"] or 0 for r in rows.values()),
            "base": sum(r["base"] for r in rows.values()),
            "emp": sum(r["emp"] for r in rows.values()),
            "psn": sum(r["psn"] for r in rows.values()),
            "provisional": provisional,
            "stat_year": stat_year,
        }
        agreement = agreements.get(emp)
        for part in ("emp", "psn"):
            named = agreement is not None and (part == "emp" or agreement["defer_part"] == "2")
            out.dues[bill, part] = {
                "emp_no": emp,
                "insutype": "310",
                "taxpayer_no": unit["uscc"],
                "accrym": accrym,
                "amt": out.bills[bill][part],
                "dedln_date": day(agreement["dedln_date"]) if agreement and named else last_day(period),
                "deferred": named,
            }

    if region == "dingxi":
        supplement(inbox, period, clear, units, earlier, out)
    return out


def supplement(
    inbox: Inbox,
    period: str,
    clear: dict[tuple[str, str], str],
    units: dict[str, Row],
    earlier: dict[str, Assessed],
    out: Assessed,
) -> None:
    """大额：每人每年一次."""
    year, accrym = period[:4], ym(period)
    charged = {str(r["psn_no"]) for r in inbox.register("opening_supplements", period) if r["year"] == year}
    for month, run in earlier.items():
        if month[:4] == year and month < period:
            charged |= {psn for bill, psn in run.lines if bill.endswith("-330")}
    sums: dict[str, list[tuple[str, int, int]]] = {}
    for (psn, emp), kind in clear.items():
        if psn not in charged and (kind in PAYERS or kind.startswith("12")):
            sums.setdefault(emp, []).append((psn, 6000 if kind in PAYERS else 0, 12000))
    for emp, people in sums.items():
        bill = f"{accrym}-{emp}-330"
        for psn, e, p in people:
            out.lines[bill, psn] = {"wag": None, "base": 0, "code": None, "emp": e, "psn": p}
        out.bills[bill] = {
            "emp_no": emp,
            "insutype": "330",
            "crtf_way": "1",
            "count": len(people),
            "wages": 0,
            "base": 0,
            "emp": sum(e for _, e, _ in people),
            "psn": sum(p for _, _, p in people),
            "provisional": None,
            "stat_year": None,
        }
        for part in ("emp", "psn"):
            out.dues[bill, part] = {
                "emp_no": emp,
                "insutype": "330",
                "taxpayer_no": units[emp]["uscc"],
                "accrym": accrym,
                "amt": out.bills[bill][part],
                "dedln_date": last_day(period),
                "deferred": False,
            }
