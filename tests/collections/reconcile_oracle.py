"""对账的对照算法: the same month in plain Python, line by line, due by due, from the text of the specification.

It shares no code with the product: dicts and loops, exact fractions, no frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
RATE = Fraction(5, 10_000)


def half_up(value: Fraction) -> int:
    sign = -1 if value < 0 else 1
    return sign * int(abs(value) + Fraction(1, 2))


def late(amount: int, deadline: date, day: date | None) -> int:
    if day is None or day <= deadline:
        return 0
    return half_up(Fraction(amount) * RATE * (day - deadline).days)


def levy(name: str) -> tuple[str | None, str]:
    insutype = None
    for word, code in (("居民", "390"), ("大额", "330"), ("公务员", "320"), ("基本医疗", "310"), ("生育", "310")):
        if word in name:
            insutype = code
            break
    part = "emp" if "单位" in name else "psn" if "个人" in name else "any"
    return insutype, part


def line_order(row: Row) -> tuple[Any, ...]:
    return (row["intsury_time"], row["elec_taxrpt_no"], row["line_no"])


def due_order(due: Row) -> tuple[Any, ...]:
    return (due["deferred"], due["accrym"], 0 if due["part"] == "emp" else 1, due["clct_bill_id"])


@dataclass
class Month:
    ym: str
    text: str
    last_day: date
    units: list[Row]
    persons: list[Row]
    arrivals: list[Row]
    statement: list[Row]
    decisions: list[Row]
    new_dues: list[Row]
    account_rate: Fraction | None = None
    bill_persons: list[Row] = field(default_factory=list)


@dataclass
class Outcome:
    arrivals: dict[tuple[Any, ...], Row] = field(default_factory=dict)
    applications: list[tuple[Any, ...]] = field(default_factory=list)
    balances: dict[tuple[str, str], tuple[Any, ...]] = field(default_factory=dict)
    credits: dict[tuple[str, str], int] = field(default_factory=dict)
    refunds: list[tuple[Any, ...]] = field(default_factory=list)
    persons: list[tuple[Any, ...]] = field(default_factory=list)
    findings: list[tuple[Any, ...]] = field(default_factory=list)
    groups: dict[tuple[Any, ...], str] = field(default_factory=dict)


class Books:
    """What is carried from month to month."""

    def __init__(self, opening_dues: list[Row], opening_credits: list[Row]) -> None:
        self.dues: dict[tuple[str, str], Row] = {}
        for d in opening_dues:
            self.dues[d["clct_bill_id"], d["part"]] = {**d, "deferred": False, "paid": 0}
        self.lots: list[Row] = [
            {"ticket": None, "line": None, "emp_no": c["emp_no"], "insutype": c["insutype"], "amt": c["credit_amt"], "day": None}
            for c in opening_credits
        ]
        self.seen: set[tuple[str, int]] = set()
        self.booked: list[Row] = []
        self.pending: list[Row] = []
        self.on_dues: list[Row] = []
        self.paid_bills: set[str] = set()

    def month(self, m: Month) -> Outcome:
        out = Outcome()
        for d in m.new_dues:
            self.dues.setdefault((d["clct_bill_id"], d["part"]), {**d, "paid": 0})
        payer_of = {u["emp_no"]: u["uscc"] for u in m.units}
        handled: list[Row] = [{**p} for p in self.pending]
        for raw in m.arrivals:
            row = {**raw, "arrived": m.text}
            if (row["elec_taxrpt_no"], row["line_no"]) in self.seen:
                insutype, part = levy(row["levy_subitem_name"])
                self.write(out, row, insutype, part, "duplicate", None, 0, 0, self.first_unit(m, row["taxpayer_no"]))
                out.findings.append(("DUPLICATE_ARRIVAL", row["elec_taxrpt_no"], row["line_no"]))
            else:
                handled.append(row)
        for row in handled:
            self.seen.add((row["elec_taxrpt_no"], row["line_no"]))
            row["insutype"], row["part"] = levy(row["levy_subitem_name"])
            row["class"] = None
            row["step"] = None
            row["applied"] = row["credit"] = 0
        handled.sort(key=line_order)
        for row in handled:
            if row["insutype"] is None:
                row["class"] = "unidentified"
                out.findings.append(("UNKNOWN_LEVY_ITEM", row["elec_taxrpt_no"], row["line_no"]))
        self.treasury(m, out, handled)
        for row in handled:
            if row["class"] is None and row["insutype"] == "390":
                row["class"] = "other_scheme"
            elif row["class"] is None and row["levy_attr"] == "滞纳金":
                row["class"] = "late_charge"
        self.wait(out, handled)
        # the unit an arrival is put down to
        for row in handled:
            bill = self.bill(row["clct_bill_id"], m)
            row["emp_no"] = self.first_unit(m, row["taxpayer_no"])
            if bill and payer_of.get(bill["emp_no"]) == row["taxpayer_no"] and bill["insutype"] == row["insutype"]:
                row["emp_no"] = bill["emp_no"]
        payments = [r for r in handled if r["class"] is None and r["paid_amt"] > 0]
        for row in payments:
            self.find_step(m, out, row, payer_of)
        for step in "abc":
            for row in payments:
                if row["class"] is None and row["step"] == step:
                    self.pay(m, out, row, payer_of)
        for row in handled:
            if row["class"] is None and row["paid_amt"] < 0:
                self.reverse(out, row)
        for d in sorted(m.decisions, key=lambda d: d["decision_sn"]):
            self.decide(m, out, d)
        self.pending = []
        for row in handled:
            self.write(out, row, row["insutype"], row["part"], row["class"], row["step"], row["applied"], row["credit"], row["emp_no"])
            if row["class"] == "treasury_pending":
                self.pending.append({k: row[k] for k in (*m_columns, "arrived")})
            elif row["insutype"] is not None:
                self.booked.append(row)
        self.close(m, out)
        self.late_charges(m, out, handled, payer_of)
        return out

    def write(self, out: Outcome, row: Row, insutype: str | None, part: str, kind: str, step: str | None,
              applied: int, credit: int, emp_no: str | None) -> None:
        out.arrivals[row["elec_taxrpt_no"], row["line_no"], row["arrived"]] = {
            "class": kind, "match_step": step, "applied_amt": applied, "credit_amt": credit, "insutype": insutype,
            "part": part, "paid_amt": row["paid_amt"], "latefee_amt": row["latefee"] or 0, "emp_no": emp_no,
        }

    def first_unit(self, m: Month, payer: str) -> str | None:
        mine = sorted(u["emp_no"] for u in m.units if u["uscc"] == payer)
        return mine[0] if mine else None

    def bill(self, number: str | None, m: Month) -> Row | None:
        for (bill, _), due in self.dues.items():
            if bill == number and due["accrym"] <= m.ym:
                return due
        return None

    def treasury(self, m: Month, out: Outcome, handled: list[Row]) -> None:
        listed = {s["elec_taxrpt_no"] for s in m.statement if s["elec_taxrpt_no"]}
        listed_now = {t for t in listed if all(s["inbox_month"] == m.text for s in m.statement if s["elec_taxrpt_no"] == t)}

        def day_of(row: Row) -> tuple[Any, ...]:
            return ("day", row["treasury_code"], row["intsury_time"], row["insutype"])

        def group(row: Row) -> tuple[Any, ...]:
            if row["elec_taxrpt_no"] in listed:
                return ("ticket", row["elec_taxrpt_no"], row["insutype"])
            return day_of(row)

        ours: dict[tuple[Any, ...], int] = {}
        fresh_lines: dict[tuple[Any, ...], int] = {}
        changed: set[tuple[Any, ...]] = set()
        for row in [*self.booked, *(r for r in handled if r["class"] is None)]:
            key = group(row)
            ours[key] = ours.get(key, 0) + row["paid_amt"] + (row["latefee"] or 0)
            if row["elec_taxrpt_no"] in listed_now:
                changed.add(day_of(row))
        for row in handled:
            if row["class"] is None:
                fresh_lines[group(row)] = fresh_lines.get(group(row), 0) + 1
        theirs: dict[tuple[Any, ...], int] = {}
        moved: set[tuple[Any, ...]] = set()
        for s in m.statement:
            if s["elec_taxrpt_no"]:
                key = ("ticket", s["elec_taxrpt_no"], s["insutype"])
            else:
                key = ("day", s["treasury_code"], s["stmt_date"], s["insutype"])
            theirs[key] = theirs.get(key, 0) + s["intsury_amt"] - s["refd_amt"]
            if s["intsury_amt"] or s["refd_amt"]:
                moved.add(key)
            if s["inbox_month"] == m.text:
                changed.add(key)
        for key, sum_of_lines in ours.items():
            state = "missing" if key not in theirs else "equal" if sum_of_lines == theirs[key] else "diff"
            out.groups[key] = state
            if state != "equal" and (key in fresh_lines or key in changed):
                out.findings.append((f"TREASURY_{state.upper()}", *key[1:]))
        for key in theirs:
            if key not in ours and key in moved:
                out.groups[key] = "only"
                out.findings.append(("TREASURY_ONLY", *key[1:]))
        for row in handled:
            if row["class"] is None and out.groups[group(row)] != "equal":
                row["class"] = "treasury_pending"

    def wait(self, out: Outcome, handled: list[Row]) -> None:
        again = True
        while again:
            again = False
            for row in handled:
                if row["class"] is None and row["paid_amt"] < 0 and any(
                    r["class"] == "treasury_pending" and r["elec_taxrpt_no"] == row["org_taxrpt_no"] for r in handled
                ):
                    row["class"] = "treasury_pending"
                    out.findings.append(("REVERSAL_WAITS", row["elec_taxrpt_no"], row["line_no"]))
                    again = True

    def find_step(self, m: Month, out: Outcome, row: Row, payer_of: dict[str, str]) -> None:
        known = row["taxpayer_no"] in payer_of.values()
        bill = self.bill(row["clct_bill_id"], m)
        if bill and payer_of.get(bill["emp_no"]) != row["taxpayer_no"]:
            row["class"], row["step"] = "unidentified", "a"
            out.findings.append(("PAYER_MISMATCH", row["elec_taxrpt_no"], row["line_no"]))
        elif not known:
            row["step"] = "d"
            if any(p["psn_type"] == "1103" and p["certno"] == row["taxpayer_no"] for p in m.persons):
                row["class"] = "flexible"
            else:
                row["class"] = "unidentified"
                out.findings.append(("UNKNOWN_PAYER", row["elec_taxrpt_no"], row["line_no"]))
        elif bill and bill["insutype"] == row["insutype"]:
            row["step"] = "a"
        else:
            row["step"] = "b" if row["accrym_begn"] else "c"

    def pay(self, m: Month, out: Outcome, row: Row, payer_of: dict[str, str]) -> None:
        left = row["paid_amt"]
        for due in sorted(self.dues.values(), key=due_order):
            if due["accrym"] > m.ym or due["insutype"] != row["insutype"] or row["part"] not in ("any", due["part"]):
                continue
            if row["step"] == "a":
                reached = due["clct_bill_id"] == row["clct_bill_id"]
            else:
                reached = payer_of.get(due["emp_no"]) == row["taxpayer_no"]
            if row["step"] == "b":
                reached = reached and row["accrym_begn"] <= due["accrym"] <= (row["accrym_end"] or row["accrym_begn"])
            take = min(left, due["amt"] - due["paid"]) if reached else 0
            if take > 0:
                left -= take
                self.put(out, due, take, (row["elec_taxrpt_no"], row["line_no"]), row["intsury_time"], "payment", None, (None, None))
        row["applied"], row["credit"] = row["paid_amt"] - left, left
        row["class"] = "applied" if left == 0 else "credit" if left == row["paid_amt"] else "partly_applied"
        if left:
            self.lots.append({"ticket": row["elec_taxrpt_no"], "line": row["line_no"], "emp_no": row["emp_no"],
                              "insutype": row["insutype"], "amt": left, "day": row["intsury_time"]})
            out.findings.append(("OVERPAID", row["elec_taxrpt_no"], row["line_no"]))

    def put(self, out: Outcome, due: Row, amt: int, line: tuple[Any, Any], day: date | None, source: str,
            decision: str | None, original: tuple[Any, Any]) -> None:
        due["paid"] += amt
        charge = late(abs(amt), due["dedln_date"], day)
        fee = charge if amt > 0 else -charge
        out.applications.append((*line, due["clct_bill_id"], due["part"], amt, fee, source, decision, *original))
        ticket, number = original if source == "reversal" else line
        self.on_dues.append({"ticket": ticket, "line": number, "due": due, "amt": amt, "day": day})

    def reverse(self, out: Outcome, row: Row) -> None:
        want = -row["paid_amt"]
        ticket = row["org_taxrpt_no"]
        lots = [x for x in self.lots if ticket and x["ticket"] == ticket and x["insutype"] == row["insutype"] and x["amt"] > 0]
        net: dict[tuple[Any, ...], Row] = {}
        for a in self.on_dues:
            if ticket and a["ticket"] == ticket and a["due"]["insutype"] == row["insutype"]:
                key = (a["line"], a["due"]["clct_bill_id"], a["due"]["part"])
                held = net.setdefault(key, {"line": a["line"], "due": a["due"], "amt": 0, "day": a["day"]})
                held["amt"] += a["amt"]
        if want > sum(x["amt"] for x in lots) + sum(x["amt"] for x in net.values()):
            row["class"] = "unidentified"
            out.findings.append(("REVERSAL_UNMATCHED", row["elec_taxrpt_no"], row["line_no"]))
            return
        row["class"] = "reversal"
        for lot in sorted(lots, key=lambda x: -x["line"]):
            take = min(want, lot["amt"])
            lot["amt"] -= take
            want -= take
            row["credit"] -= take
        applied = sorted(net.values(), key=lambda x: (due_order(x["due"]), x["line"]), reverse=True)
        for held in applied:
            take = min(want, held["amt"])
            if take > 0:
                want -= take
                row["applied"] -= take
                self.put(out, held["due"], -take, (row["elec_taxrpt_no"], row["line_no"]), held["day"], "reversal", None,
                         (ticket, held["line"]))

    def decide(self, m: Month, out: Outcome, d: Row) -> None:
        def age(x: Row) -> tuple[Any, ...]:
            return (x["ticket"] is not None, x["day"] or date.min, x["ticket"] or "", x["line"] or 0)

        lots = sorted((x for x in self.lots if x["emp_no"] == d["emp_no"] and x["insutype"] == d["insutype"] and x["amt"] > 0), key=age)
        if d["amt"] > sum(x["amt"] for x in lots):
            out.findings.append(("CREDIT_EXCEEDED", d["decision_sn"]))
            return
        left = d["amt"]
        if d["action"] == "refund":
            for lot in lots:
                take = min(left, lot["amt"])
                if take:
                    lot["amt"] -= take
                    left -= take
                    out.refunds.append((d["decision_sn"], lot["ticket"], lot["line"], take))
            return
        for due in sorted(self.dues.values(), key=due_order):
            if due["emp_no"] != d["emp_no"] or due["insutype"] != d["insutype"] or due["accrym"] > m.ym:
                continue
            for lot in lots:
                take = min(left, lot["amt"], due["amt"] - due["paid"])
                if take > 0:
                    lot["amt"] -= take
                    left -= take
                    self.put(out, due, take, (lot["ticket"], lot["line"]), lot["day"], "credit", d["decision_sn"], (None, None))
        if left:
            out.findings.append(("CREDIT_NOT_USED", d["decision_sn"]))

    def close(self, m: Month, out: Outcome) -> None:
        paid_now = set()
        for key, due in self.dues.items():
            rest = due["amt"] - due["paid"]
            status = "paid" if rest == 0 else "unpaid" if due["paid"] == 0 else "part_paid"
            out.balances[key] = (due["amt"], due["paid"], rest, status, rest > 0 and due["dedln_date"] < m.last_day)
        bills = {k[0] for k, d in self.dues.items() if d["insutype"] == "310"}
        for bill in bills:
            if all(d["amt"] == d["paid"] for k, d in self.dues.items() if k[0] == bill):
                paid_now.add(bill)
        for p in m.bill_persons:
            if p["insutype"] != "310":
                continue
            sign = (p["clct_bill_id"] in paid_now) - (p["clct_bill_id"] in self.paid_bills)
            if sign:
                account = None if m.account_rate is None else sign * half_up(p["psn_clct_amt"] * m.account_rate)
                out.persons.append((p["clct_bill_id"], p["psn_no"], sign * p["emp_clct_amt"], sign * p["psn_clct_amt"], account))
        self.paid_bills = paid_now
        for lot in self.lots:
            key = (lot["emp_no"], lot["insutype"])
            out.credits[key] = out.credits.get(key, 0) + lot["amt"]

    def late_charges(self, m: Month, out: Outcome, handled: list[Row], payer_of: dict[str, str]) -> None:
        owed: dict[str, int] = {}
        for a in out.applications:
            due = self.dues[a[2], a[3]]
            payer = payer_of.get(due["emp_no"]) or due.get("taxpayer_no")
            if payer:
                owed[payer] = owed.get(payer, 0) + a[5]
        for row in handled:
            if row["class"] in ("applied", "partly_applied", "credit", "reversal", "late_charge"):
                got = (row["latefee"] or 0) + (row["paid_amt"] if row["class"] == "late_charge" else 0)
                owed[row["taxpayer_no"]] = owed.get(row["taxpayer_no"], 0) - got
        for payer, rest in owed.items():
            if rest:
                out.findings.append(("LATEFEE_DIFF", payer, -rest))


m_columns = (
    "elec_taxrpt_no", "line_no", "taxpayer_no", "clct_bill_id", "levy_subitem_name", "accrym_begn", "accrym_end",
    "paid_amt", "latefee", "levy_attr", "intsury_time", "treasury_code", "org_taxrpt_no",
)
