"""随机的连续几个月 (small worlds where everything collides: late statements, duplicates, reversals, credits, deferrals)."""

from __future__ import annotations

import calendar
import random
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Row = dict[str, Any]
NAMES = ["基本医疗保险费（单位缴纳）", "基本医疗保险费（个人缴纳）", "基本医疗保险费", "职工大额医疗补助", "大额医疗（单位）",
         "居民基本医疗保险费", "生育保险费", "工会经费"]
WEIGHTS = [6, 6, 8, 3, 2, 1, 1, 1]
INSURANCE = {"大额": "330", "居民": "390"}


def insurance(name: str) -> str | None:
    if "工会" in name:
        return None
    return next((code for word, code in INSURANCE.items() if word in name), "310")


@dataclass
class World:
    seed: int
    months: list[str] = field(default_factory=lambda: ["202611", "202612", "202701"])
    units: list[Row] = field(default_factory=list)
    persons: list[Row] = field(default_factory=list)
    opening_dues: list[Row] = field(default_factory=list)
    opening_credits: list[Row] = field(default_factory=list)
    dues: dict[str, list[Row]] = field(default_factory=dict)
    bill_persons: list[Row] = field(default_factory=list)
    arrivals: dict[str, list[Row]] = field(default_factory=dict)
    statement: dict[str, list[Row]] = field(default_factory=dict)
    decisions: dict[str, list[Row]] = field(default_factory=dict)


def text_of(ym: str) -> str:
    return f"{ym[:4]}-{ym[4:]}"


def last_day(ym: str) -> date:
    year, month = int(ym[:4]), int(ym[4:])
    return date(year, month, calendar.monthrange(year, month)[1])


def world(seed: int) -> World:
    rng = random.Random(seed)
    w = World(seed)
    # E1 and E2 share a payer; E5 is owed by but has left the register.
    w.units = [{"emp_no": "E1", "uscc": "PA"}, {"emp_no": "E2", "uscc": "PA"}, {"emp_no": "E3", "uscc": "PB"},
               {"emp_no": "E4", "uscc": "PC"}]
    w.persons = [{"certno": "F1", "psn_type": "1103"}, {"certno": "F2", "psn_type": "1101"}]
    for ym in w.months:
        w.dues[ym] = _dues(rng, w, ym)
    for emp in ("E1", "E3"):
        for part in ("emp", "psn"):
            if rng.random() < 0.4:
                w.opening_dues.append({
                    "clct_bill_id": f"202609-{emp}-310", "part": part, "emp_no": emp, "insutype": "310", "accrym": "202609",
                    "amt": rng.randint(1, 60), "dedln_date": date(2026, 9, 30)})
    if rng.random() < 0.15:  # an opening due with the number of a bill assessed here: the opening one wins
        w.opening_dues.append({
            "clct_bill_id": "202611-E1-310", "part": "emp", "emp_no": "E1", "insutype": "310", "accrym": "202611",
            "amt": rng.randint(1, 60), "dedln_date": date(2026, 11, 30)})
    for emp in ("E1", "E3", "E4"):
        if rng.random() < 0.3:
            w.opening_credits.append({"emp_no": emp, "insutype": rng.choice(["310", "330"]), "credit_amt": rng.randint(1, 80)})
    every: list[Row] = []
    register: dict[tuple[Any, ...], Row] = {}
    style: dict[str, bool] = {}
    for ym in w.months:
        w.arrivals[ym] = _arrivals(rng, w, ym, every, style)
        _statement(rng, ym, every, register, style)
        w.statement[ym] = [dict(r) for r in register.values()]
        w.decisions[ym] = [
            {"decision_sn": f"D{ym}{i}", "emp_no": rng.choice(["E1", "E1", "E3", "E4", "E9"]), "insutype": rng.choice(["310", "310", "330"]),
             "action": rng.choice(["apply", "apply", "refund"]), "amt": rng.choice([1, 5, 10, 20, 40, 90])}
            for i in range(rng.choice([0, 0, 1, 2, 3]))
        ]
    return w


def _dues(rng: random.Random, w: World, ym: str) -> list[Row]:
    rows = []
    for emp, payer in (("E1", "PA"), ("E2", "PA"), ("E3", "PB"), ("E4", "PC"), ("E5", "PZ")):
        for insutype in ("310", "330"):
            if rng.random() < (0.2 if insutype == "310" else 0.6):
                continue
            bill = f"{ym}-{emp}-{insutype}"
            for part in ("emp", "psn"):
                deferred = rng.random() < 0.15
                rows.append({
                    "clct_bill_id": bill, "part": part, "emp_no": emp, "taxpayer_no": payer, "insutype": insutype, "accrym": ym,
                    "amt": rng.choice([0, 10, 20, 35, 50, 77, 100_000]), "deferred": deferred,
                    "dedln_date": date(2027, rng.randint(1, 6), 1) if deferred else last_day(ym)})
            for i in range(rng.randint(1, 2)):
                w.bill_persons.append({"clct_bill_id": bill, "emp_no": emp, "psn_no": f"{emp}P{i}", "insutype": insutype,
                                       "emp_clct_amt": rng.randint(0, 50), "psn_clct_amt": rng.randint(0, 50)})
    return rows


def _arrivals(rng: random.Random, w: World, ym: str, every: list[Row], style: dict[str, bool]) -> list[Row]:
    rows: list[Row] = []
    bills = sorted({d["clct_bill_id"] for m in w.months if m <= ym for d in w.dues[m]} | {d["clct_bill_id"] for d in w.opening_dues})
    year, month = int(ym[:4]), int(ym[4:])
    for t in range(rng.randint(1, 9)):
        ticket = f"T{ym}{t:02d}"
        style[ticket] = rng.random() < 0.5
        payer = rng.choice(["PA", "PA", "PA", "PB", "PB", "PC", "F1", "F2", "PX"] if rng.random() < 0.4 else ["PA", "PB", "PC"])
        day = date(year, month, rng.choice([3, 10, 20])) if rng.random() < 0.85 else date(year, month, 2)
        for n in range(1, rng.choice([1, 1, 2, 3]) + 1):
            name = rng.choices(NAMES, WEIGHTS)[0]
            amount = rng.choice([5, 10, 20, 35, 50, 70, 100, 150, 100_000])
            original = None
            earlier = sorted({r["elec_taxrpt_no"] for r in every + rows})
            if earlier and rng.random() < 0.22:
                original = rng.choice(earlier) if rng.random() < 0.95 else rng.choice([None, "T?"])
                amount = -rng.choice([3, 5, 10, 20, 35, 50, 100])
                whole = [r for r in every + rows if r["elec_taxrpt_no"] == original and r["paid_amt"] > 0]
                if whole and rng.random() < 0.5:
                    amount, name = -whole[0]["paid_amt"], whole[0]["levy_subitem_name"]
            begin = rng.choice([None, None, "202609", "202610", ym, "202611", "202703"])
            end = None if begin is None or rng.random() < 0.5 else rng.choice([begin, ym, "202612", "202701"])
            rows.append({
                "elec_taxrpt_no": ticket, "line_no": n, "taxpayer_no": payer,
                "clct_bill_id": rng.choice([*bills, "no-such-bill"]) if rng.random() < 0.3 else None,
                "levy_subitem_name": name, "accrym_begn": begin, "accrym_end": end, "paid_amt": amount,
                "latefee": rng.choice([None, 0, 0, 1, 3]) if amount > 0 else None,
                "levy_attr": "滞纳金" if rng.random() < 0.06 else rng.choice([None, "正常"]), "intsury_time": day,
                "treasury_code": rng.choice(["K1", "K1", "K2"]) if n == 1 else rows[-1]["treasury_code"], "org_taxrpt_no": original,
                "src_file": f"inbox/{ym}/a.csv", "src_row": len(rows) + 2,
            })
    originals = list(rows)
    for old in every:
        if rng.random() < 0.06:
            again = {**old, "src_row": len(rows) + 2, "src_file": f"inbox/{ym}/a.csv"}
            if rng.random() < 0.5:
                again["paid_amt"] = 12_345
            rows.append(again)
    every.extend(originals)
    return rows


def _statement(rng: random.Random, ym: str, every: list[Row], register: dict[tuple[Any, ...], Row], style: dict[str, bool]) -> None:
    """The treasury's rows: mostly right, sometimes late, wrong, or without a line on our side."""
    if rng.random() < 0.1 and every:  # a ticket of the day rows is listed from now on, or the other way round (rows stay)
        ticket = rng.choice(every)["elec_taxrpt_no"]
        style[ticket] = True
    true: dict[tuple[Any, ...], list[int]] = {}
    for r in every:
        insutype = insurance(r["levy_subitem_name"])
        if insutype is None:
            continue
        key = (r["treasury_code"], r["intsury_time"], insutype, r["elec_taxrpt_no"] if style[r["elec_taxrpt_no"]] else None)
        sums = true.setdefault(key, [0, 0])
        amount = r["paid_amt"] + (r["latefee"] or 0)
        sums[0 if amount > 0 else 1] += abs(amount)
    for key, (taken, back) in sorted(true.items(), key=str):
        old = register.get(key)
        if old and (old["intsury_amt"], old["refd_amt"]) == (taken, back):
            if rng.random() < 0.03:
                register[key] = {**old, "intsury_amt": taken + 7, "inbox_month": text_of(ym), "src_file": f"inbox/{ym}/g.csv"}
            continue
        chance = rng.random()
        if chance < 0.12:
            continue
        wrong = rng.choice([-1, 1, 50]) if chance < 0.2 else 0
        register[key] = {"treasury_code": key[0], "stmt_date": key[1], "insutype": key[2], "elec_taxrpt_no": key[3],
                         "intsury_amt": taken + wrong, "refd_amt": back, "inbox_month": text_of(ym),
                         "src_file": f"inbox/{ym}/g.csv", "src_row": len(register) + 2}
    if rng.random() < 0.3:
        amount = rng.choice([0, 40])
        register["K9", last_day(ym), "310", None] = {
            "treasury_code": "K9", "stmt_date": last_day(ym), "insutype": "310", "elec_taxrpt_no": None, "intsury_amt": amount,
            "refd_amt": rng.choice([0, amount]), "inbox_month": text_of(ym), "src_file": f"inbox/{ym}/g.csv", "src_row": 99}
