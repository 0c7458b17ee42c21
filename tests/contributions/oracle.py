"""A second assessment, row by row in plain Python and decimal, written from the text of the rules alone.

Rows are dicts, amounts are Decimal yuan. Slow and simple on purpose: nothing here is shared with the product.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

FEN = Decimal("0.01")
ADDS, REMOVES = {"11", "12", "13", "14"}, {"21", "22", "23", "24"}
PAYERS = {"1101", "1102", "1160"}


def fen(value: Decimal) -> Decimal:
    return value.quantize(FEN, ROUND_HALF_UP)


def month_after(year: int, month: int, n: int) -> tuple[int, int]:
    for _ in range(n):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return year, month


def month_before(year: int, month: int) -> tuple[int, int]:
    return (year - 1, 12) if month == 1 else (year, month - 1)


class NoWageError(Exception):
    """No average wage for the year: exit 4."""


def average(region, period, as_of, average_wages):
    admdvs = {"ningxia": "640000", "dingxi": "620000"}[region]
    by_year = {w["stat_year"]: w for w in average_wages if w["admdvs"] == admdvs and w["publ_date"] <= as_of}
    if period[0] - 1 in by_year:
        wage, provisional = by_year[period[0] - 1], False
    elif period[0] - 2 in by_year:
        wage, provisional = by_year[period[0] - 2], True
    else:
        raise NoWageError
    twelfths = wage["yearly_amt"] if wage["monthly_amt"] is None else wage["monthly_amt"] * 12
    floor = wage["lower_amt"] if wage["lower_amt"] is not None else fen(Decimal("0.60") * twelfths / 12)
    ceiling = wage["upper_amt"] if wage["upper_amt"] is not None else fen(Decimal("3.00") * twelfths / 12)
    return {"monthly": fen(twelfths / 12), "floor": floor, "ceiling": ceiling, "stat_year": wage["stat_year"],
            "provisional": provisional}


def roster(region, period, as_of, data, found):
    there: dict[tuple[str, str], str] = {}
    for p in data["persons"]:
        if p["psn_insu_stas"] == "1":
            there[p["psn_no"], p["emp_no"]] = p["psn_type"]
    for c in sorted(data["personnel_changes"], key=lambda c: (c["rcvd_date"], c["chg_sn"])):
        if c["rcvd_date"] > as_of:
            continue
        cutoff = 25 if region == "ningxia" else 31
        day = c["rcvd_date"]
        effect = month_after(day.year, day.month, 1 if day.day <= cutoff else 2)
        if effect > period:
            found.append(("LATE_CHANGE", c["emp_no"], c["psn_no"]))
            continue
        if effect < data["persons_month"]:
            continue
        key, kind = (c["psn_no"], c["emp_no"]), c["psn_chg_type"]
        if kind in ADDS:
            there.setdefault(key, c["psn_type"])
        elif kind in REMOVES:
            there.pop(key, None)
        elif kind == "25" and key in there:
            there[key] = "1201"
    return there


def wages_of(period, as_of, data):
    """(emp_no, psn_no) → wage, and the units that have declared."""
    declared, declaring = {}, set()
    for d in sorted(data["wage_declarations"], key=lambda d: d["dcla_date"]):
        if d["year"] == period[0] and d["dcla_date"] <= as_of:
            declared[d["emp_no"], d["psn_no"]] = d["wag"]
            declaring.add(d["emp_no"])
    changed = {}
    for c in sorted(data["personnel_changes"], key=lambda c: (c["rcvd_date"], c["chg_sn"])):
        if c["rcvd_date"] <= as_of and c["psn_chg_type"] in ADDS and c["wag"] is not None:
            changed[c["emp_no"], c["psn_no"]] = c["wag"]
    return declared, changed, declaring


def rates(region, unit):
    if region == "ningxia":
        return Decimal("0.08"), Decimal("0.02")
    if unit["emp_mgt_type"] == "05":
        return Decimal("0.087"), Decimal(0)
    return (Decimal("0.064") if unit["quts_type"] == "1" else Decimal("0.067")), Decimal("0.02")


def share(amount: Decimal, weights: list[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Largest remainder in whole fen, ties by person number."""
    total = sum(w for _, w in weights)
    cents = int(amount * 100)
    exact = {p: (cents * int(w * 100), int(total * 100)) for p, w in weights}
    given = {p: n // d for p, (n, d) in exact.items()}
    order = sorted(exact, key=lambda p: (-(exact[p][0] % exact[p][1]), p))
    for p in order[: cents - sum(given.values())]:
        given[p] += 1
    return {p: Decimal(n) / 100 for p, n in given.items()}


def deferral(period, as_of, emp_no, data):
    ym, chosen = f"{period[0]:04d}{period[1]:02d}", None
    for a in data["deferrals"]:
        if a["emp_no"] != emp_no or not covers(a, ym, as_of) or too_long(a):
            continue
        if chosen is None or (a["sign_date"], a["defer_agre_no"]) > (chosen["sign_date"], chosen["defer_agre_no"]):
            chosen = a
    return chosen


def covers(a, ym, as_of):
    return (a["insutype"] == "310" and a["agre_stas"] == "1" and a["sign_date"] <= as_of
            and a["accrym_begn"] <= ym <= a["accrym_end"])


def too_long(a):
    return a["dedln_date"] > date(int(a["accrym_begn"][:4]) + 1, int(a["accrym_begn"][4:]), 1)


def assess(region, period, as_of, data):
    """Bills, lines, dues by key, and findings as sorted (code, emp_no, psn_no)."""
    found: list[tuple[str, str | None, str | None]] = []
    if data["first_month"]:
        found.append(("FIRST_MONTH", None, None))
    wage_level = average(region, period, as_of, data["average_wages"])
    there = roster(region, period, as_of, data, found)
    units = {u["emp_no"]: u for u in data["units"]}
    employers = defaultdict(set)
    for psn_no, emp_no in there:
        employers[psn_no].add(emp_no)
    held, staff = {}, defaultdict(dict)
    for (psn_no, emp_no), kind in there.items():
        if len(employers[psn_no]) > 1:
            held[psn_no, emp_no] = "DOUBLE_MEMBERSHIP"
        elif emp_no not in units or units[emp_no]["emp_insu_stas"] != "2":
            held[psn_no, emp_no] = "UNIT_NOT_ACTIVE"
        else:
            staff[emp_no][psn_no] = kind
            continue
        found.append((held[psn_no, emp_no], emp_no, psn_no))
    declared, changed, declaring = wages_of(period, as_of, data)
    ym = f"{period[0]:04d}{period[1]:02d}"
    before = "{:04d}{:02d}".format(*month_before(*period))
    last_bills = {b["emp_no"]: b for b in data["opening_bills"] if b["insutype"] == "310" and b["accrym"] == before}
    last_bills |= {b["emp_no"]: b for b in data["previous_bills"] if b["insutype"] == "310"}
    last_base = {(x["emp_no"], x["psn_no"]): x["psn_clctstd"] for x in data["previous_lines"] if x["insutype"] == "310"}
    last_day = date(*period, calendar.monthrange(*period)[1])
    bills, lines, dues = {}, {}, {}

    def bill(emp_no, insutype, way, own, amounts=None):
        number = f"{ym}-{emp_no}-{insutype}"
        for psn_no, line in own.items():
            lines[number, psn_no] = line
        emp, psn = amounts or (sum((x["emp"] for x in own.values()), Decimal(0)), sum((x["psn"] for x in own.values()), Decimal(0)))
        base = sum((x["base"] for x in own.values()), Decimal(0))
        bills[number] = {
            "emp_no": emp_no, "insutype": insutype, "accrym": ym, "crtf_way": way, "clct_psncnt": len(own),
            "staf_totlwag": sum((x["wag"] or Decimal(0) for x in own.values()), Decimal(0)),
            "emp_clctstd_sumamt": base, "psn_clctstd_sumamt": base, "emp_clct_amt": emp, "psn_clct_amt": psn,
            "clct_sumamt": emp + psn, "provisional": wage_level["provisional"], "stat_year": wage_level["stat_year"],
        }
        agreement = deferral(period, as_of, emp_no, data) if insutype == "310" else None
        for part, amount in (("emp", emp), ("psn", psn)):
            on = agreement is not None and (part == "emp" or agreement["defer_part"] == "2")
            dues[number, part] = {
                "emp_no": emp_no, "psn_no": None, "taxpayer_no": units[emp_no]["uscc"], "insutype": insutype,
                "accrym": ym, "amt": amount, "dedln_date": agreement["dedln_date"] if on else last_day, "deferred": on,
            }

    for emp_no, people in staff.items():
        payers = sorted(p for p, kind in people.items() if kind in PAYERS)
        emp_rate, psn_rate = rates(region, units[emp_no])
        own = {}
        if payers and emp_no in declaring:
            for p in payers:
                wage = declared.get((emp_no, p), changed.get((emp_no, p)))
                if wage is None:
                    base, code = wage_level["floor"], "4"
                    found.append(("WAGE_MISSING", emp_no, p))
                elif wage < wage_level["floor"]:
                    base, code = wage_level["floor"], "2"
                elif wage > wage_level["ceiling"]:
                    base, code = wage_level["ceiling"], "3"
                else:
                    base, code = wage, "1"
                own[p] = {"wag": wage, "base": base, "code": code, "emp": fen(base * emp_rate), "psn": fen(base * psn_rate)}
            bill(emp_no, "310", "1", own)
        elif payers:
            found.append(("UNIT_NOT_DECLARED", emp_no, None))
            if emp_no in last_bills:
                emp = fen(last_bills[emp_no]["emp_clct_amt"] * Decimal("1.1"))
                psn = fen(last_bills[emp_no]["psn_clct_amt"] * Decimal("1.1"))
                weights = [(p, last_base.get((emp_no, p), wage_level["floor"])) for p in payers]
                emp_parts, psn_parts = share(emp, weights), share(psn, weights)
                own = {p: {"wag": None, "base": w, "code": None, "emp": emp_parts[p], "psn": psn_parts[p]} for p, w in weights}
                bill(emp_no, "310", "2", own, (emp, psn))
            else:
                base = wage_level["monthly"]
                own = {p: {"wag": None, "base": base, "code": None, "emp": fen(base * emp_rate), "psn": fen(base * psn_rate)} for p in payers}
                bill(emp_no, "310", "3", own)
        if region == "dingxi":
            charged = set(data["charged_supplements"]) | {s["psn_no"] for s in data["opening_supplements"] if s["year"] == period[0]}
            own = {}
            for p, kind in people.items():
                if p in charged:
                    continue
                if kind in PAYERS:
                    own[p] = {"wag": None, "base": Decimal(0), "code": None, "emp": Decimal(60), "psn": Decimal(120)}
                elif kind.startswith("12"):
                    own[p] = {"wag": None, "base": Decimal(0), "code": None, "emp": Decimal(0), "psn": Decimal(120)}
            if own:
                bill(emp_no, "330", "1", own)
    for a in data["deferrals"]:
        if covers(a, ym, as_of) and too_long(a):
            found.append(("DEFERRAL_TOO_LONG", a["emp_no"], None))
    return {"bills": bills, "lines": lines, "dues": dues, "held": held, "found": sorted(found, key=str)}
