"""Small random regions with every branch of the assessment, over several months."""

from __future__ import annotations

import calendar
import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

TYPES = ["1101"] * 6 + ["1102", "1160", "1103", "1201", "1202", "1300"]
CHANGES = ["11", "12", "13", "14", "21", "22", "23", "24", "25", "25", "35"]


def money(rng: random.Random, low: int, high: int) -> Decimal:
    return Decimal(rng.randint(low * 100, high * 100)) / 100


def day_of(rng: random.Random, year: int, month: int) -> date:
    last = calendar.monthrange(year, month)[1]
    return date(year, month, rng.choice([1, 24, 25, 26, last, rng.randint(1, last)]))


def before(period: tuple[int, int], n: int = 1) -> tuple[int, int]:
    index = period[0] * 12 + period[1] - 1 - n
    return index // 12, index % 12 + 1


def ym(period: tuple[int, int]) -> str:
    return f"{period[0]:04d}{period[1]:02d}"


def region(rng: random.Random, name: str, first: tuple[int, int], months: int) -> dict[str, Any]:
    """All that the inbox of a region holds over `months`; amounts in yuan."""
    emps = [f"E{n}" for n in range(rng.randint(2, 9))] + (["E1-310"] if rng.random() < 0.3 else [])
    people = [f"P{n:02d}" for n in range(rng.randint(5, 60))]
    home = {p: rng.choice(emps) for p in people}
    admdvs = "640000" if name == "ningxia" else "620000"
    monthly = money(rng, 6000, 9000)
    bounded = rng.random() < 0.5
    wages = []
    for back in (1, 2, 3):
        by_year = rng.random() < 0.5
        wages.append({
            "admdvs": admdvs, "stat_year": first[0] - back, "yearly_amt": fen_year(rng, monthly) if by_year else None,
            "monthly_amt": None if by_year else monthly - back * 100, "source_doc": "公告",
            "lower_amt": money(rng, 3000, 5000) if bounded else None, "upper_amt": money(rng, 20000, 26000) if bounded and back != 2 else None,
            "publ_date": date(first[0] - back + 1, rng.choice([1, 6, 11]), 15) if back < 3 else date(first[0] - 2, 6, 1),
        })
    if rng.random() < 0.04:
        del wages[:2]
    wages.append({**wages[-1], "admdvs": "110000", "stat_year": first[0] - 1})
    units = [{
        "emp_no": e, "emp_name": f"单位{e}", "uscc": f"USCC{e}", "insu_admdvs": "640100", "emp_mgt_type": rng.choice(["01", "01", "05"]),
        "quts_type": rng.choice(["1", "2"]), "emp_insu_stas": rng.choice(["2"] * 17 + ["1", "3", "4"]),
    } for e in emps]
    known = [*emps, *(["E9"] if rng.random() < 0.3 else [])]
    persons = {}
    for p in people:
        for _ in range(rng.choice([0, *[1] * 16, 2])):
            e = home[p] if rng.random() < 0.98 else rng.choice(known)
            persons[p, e] = {"psn_no": p, "psn_name": "某", "certno": "x", "emp_no": e, "insu_admdvs": "640100", "psn_type": rng.choice(TYPES),
                             "hi_type": "1", "psn_insu_stas": rng.choice(["1"] * 6 + ["2", "0"])}
    start = before(first, 3)
    span = [before(first, 3 - n) for n in range(months + 4)]
    moving = [(p, home[p] if rng.random() < 0.85 else rng.choice(known)) for p in rng.sample(people, min(len(people), 12))]
    moves = [rng.choice(moving) for _ in range(rng.randint(0, 40))]
    changes = [{
        "chg_sn": f"C{n}", "psn_no": p, "emp_no": e, "psn_name": "某", "certno": "x", "insu_admdvs": "640100",
        "psn_type": rng.choice(TYPES), "psn_chg_type": rng.choice(CHANGES), "rcvd_date": day_of(rng, *rng.choice(span)),
        "wag": rng.choice([None, money(rng, 1000, 40000)]),
    } for n, (p, e) in enumerate(moves)]
    declarations = {}
    speaking = [e for e in known if rng.random() < 0.6]
    for _ in range(rng.randint(0, 4 * len(people))):
        p = rng.choice(people)
        if speaking and (rng.random() < 0.1 or home[p] in speaking):
            e = rng.choice(speaking) if home[p] not in speaking else home[p]
            row = {"year": rng.choice([first[0], first[0], first[0] + 1, first[0] - 1]), "emp_no": e, "psn_no": p,
                   "dcla_date": day_of(rng, *rng.choice(span)), "wag": rng.choice([money(rng, 4000, 20000), money(rng, 0, 40000), monthly, Decimal("0.01"), Decimal(0)])}
            declarations[row["year"], row["emp_no"], row["psn_no"], row["dcla_date"]] = row
    agreements = []
    for n in range(rng.randint(0, 6)):
        begin = before(first, rng.randint(-2, 3))
        anniversary = date(begin[0] + 1, begin[1], 1)
        agreements.append({
            "defer_agre_no": f"A{n}", "emp_no": rng.choice(known), "insutype": rng.choice(["310", "310", "310", "330"]), "defer_part": rng.choice("12"),
            "accrym_begn": ym(begin), "accrym_end": ym(before(begin, -rng.randint(0, 5))),
            "dedln_date": anniversary + timedelta(days=rng.choice([-100, -1, 0, 1, 50])),
            "sign_date": day_of(rng, *rng.choice(span[:4])), "agre_stas": rng.choice("1112"),
        })
    opening = {}
    for _ in range(rng.randint(0, 5)):
        row = {"emp_no": rng.choice(known), "insutype": rng.choice(["310", "310", "330"]), "accrym": ym(before(first, rng.choice([1, 1, 2]))),
               "emp_clct_amt": money(rng, 0, 5000), "psn_clct_amt": money(rng, 0, 1500)}
        opening[row["emp_no"], row["insutype"]] = row
    return {
        "units": units, "persons": list(persons.values()), "personnel_changes": changes, "wage_declarations": list(declarations.values()),
        "average_wages": wages, "deferrals": agreements, "opening_bills": list(opening.values()),
        "opening_supplements": [{"psn_no": p, "year": rng.choice([first[0], first[0] - 1]), "amt": Decimal(120)} for p in people if rng.random() < 0.15],
        "previous_bills": [], "previous_lines": [], "charged_supplements": set(), "persons_month": rng.choice([first, before(first), start]),
        "first_month": True,
    }


def fen_year(rng: random.Random, monthly: Decimal) -> Decimal:
    """A yearly amount that does not divide by twelve evenly."""
    return monthly * 12 + Decimal(rng.randint(0, 1199)) / 100
