"""平实的到账对账 (a plain model of `nxmed reconcile`, written from the rules alone)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from plain_assess import Assessed
from plain_common import Inbox, Policy, Row, day, fen, half_up, last_day, rate_of, ym

Key = tuple[str, int]  # 税票、行
DueKey = tuple[str, str]  # 核定单、部分
PART_ORDER = {"emp": 0, "psn": 1}


@dataclass
class Books:
    """跨月的账：见过的键、全部进过国库比对的行、待确认、应缴、多缴、抵缴、已记个人."""

    started: bool = False
    seen: set[Key] = field(default_factory=set)
    tied: list[dict[str, Any]] = field(default_factory=list)
    pending: list[dict[str, Any]] = field(default_factory=list)
    dues: dict[DueKey, dict[str, Any]] = field(default_factory=dict)
    lots: list[dict[str, Any]] = field(default_factory=list)
    applied: list[dict[str, Any]] = field(default_factory=list)  # 每一笔抵缴和它还没有被冲掉的数
    credited: set[str] = field(default_factory=set)


@dataclass
class Reconciled:
    """一个月的对账结果."""

    period: str
    arrivals: list[dict[str, Any]] = field(default_factory=list)
    applications: list[dict[str, Any]] = field(default_factory=list)
    balances: dict[DueKey, dict[str, Any]] = field(default_factory=dict)
    unit_credits: dict[tuple[str, str], int] = field(default_factory=dict)
    person_credits: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    arrears: dict[DueKey, tuple[Any, ...]] = field(default_factory=dict)
    refunds: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    findings: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    open_ties: list[tuple[Any, ...]] = field(default_factory=list)  # 已入账后对不上的组：文本没有说要不要报


def levy(name: str) -> tuple[str | None, str]:
    """征收品目 → 险种、部分."""
    insutype = None
    for words, code in ((("居民",), "390"), (("大额",), "330"), (("公务员",), "320"), (("基本医疗", "生育"), "310")):
        if any(w in name for w in words):
            insutype = code
            break
    return insutype, "emp" if "单位" in name else "psn" if "个人" in name else "any"


def due_order(key: DueKey, due: dict[str, Any]) -> tuple[Any, ...]:
    """应缴的次序."""
    return (due["deferred"], due["accrym"], PART_ORDER[key[1]], key[0])


def latefee(amt: int, deadline: date, paid_on: date | None) -> int:
    """应收滞纳金."""
    if paid_on is None or paid_on <= deadline:
        return 0
    return half_up(Fraction(amt * 5 * (paid_on - deadline).days, 10000))


def age(days: int) -> str:
    """欠费账龄."""
    return "1-30" if days <= 30 else "31-90" if days <= 90 else "91-180" if days <= 180 else "180+"


class Month:
    """一个月的对账."""

    def __init__(self, inbox: Inbox, policy: Policy, period: str, assessed: dict[str, Assessed], books: Books) -> None:
        self.inbox, self.policy, self.period, self.books = inbox, policy, period, books
        self.assessed = {m: a for m, a in assessed.items() if m <= period}
        self.out = Reconciled(period)
        self.uscc: dict[str, str] = {}
        self.payers: dict[str, list[str]] = {}
        for row in inbox.snapshot("units", period)[1]:
            self.uscc[str(row["emp_no"])] = str(row["uscc"])
            self.payers.setdefault(str(row["uscc"]), []).append(str(row["emp_no"]))
        self.flexible = {str(r["certno"]) for r in inbox.snapshot("persons", period)[1] if r["psn_type"] == "1103"}
        self.late_received: Counter[str] = Counter()

    def open_dues(self) -> None:
        """首月期初，再加各月核定."""
        dues = self.books.dues
        if not self.books.started:
            for row in self.inbox.register("opening_dues", self.period):
                dues[str(row["clct_bill_id"]), str(row["part"])] = {
                    "emp_no": row["emp_no"],
                    "insutype": row["insutype"],
                    "accrym": row["accrym"],
                    "amt": fen(row["amt"]),
                    "paid": 0,
                    "dedln_date": day(row["dedln_date"]),
                    "deferred": False,
                }
            for row in self.inbox.register("opening_credits", self.period):
                self.books.lots.append(
                    {
                        "emp_no": row["emp_no"],
                        "insutype": row["insutype"],
                        "ticket": None,
                        "line": None,
                        "amt": fen(row["credit_amt"]),
                        "on": None,
                    }
                )
            self.books.started = True
        for run in self.assessed.values():
            for key, due in run.dues.items():
                if key not in dues:
                    dues[key] = {**due, "paid": 0}

    def lines(self) -> list[dict[str, Any]]:
        """本月处理的行：重复和不认识的品目先出去."""
        handled = list(self.books.pending)
        fresh: list[Key] = []
        for row in self.inbox.feed("tax_arrivals", self.period):
            key = (str(row["elec_taxrpt_no"]), int(str(row["line_no"])))
            insutype, part = levy(str(row["levy_subitem_name"]))
            line: dict[str, Any] = {
                "ticket": key[0],
                "line": key[1],
                "taxpayer": str(row["taxpayer_no"]).upper(),
                "bill": row["clct_bill_id"],
                "insutype": insutype,
                "part": part,
                "begin": row["accrym_begn"],
                "end": row["accrym_end"] or row["accrym_begn"],
                "paid": fen(row["paid_amt"]),
                "late": fen(row["latefee"] or "0"),
                "attr": row["levy_attr"],
                "on": day(row["intsury_time"]),
                "treasury": row["treasury_code"],
                "org": row["org_taxrpt_no"],
                "arrived": self.period,
                "class": None,
                "step": None,
                "applied": 0,
                "credit": 0,
                "emp_no": None,
            }
            if key in self.books.seen:
                line["class"] = "duplicate"
                self.out.findings["DUPLICATE_ARRIVAL", "error", *key] += 1
                self.out.arrivals.append(line)
                continue
            fresh.append(key)
            if insutype is None:
                line["class"] = "unidentified"
                self.out.findings["UNKNOWN_LEVY_ITEM", "error", *key] += 1
                self.out.arrivals.append(line)
                continue
            self.books.tied.append(line)
            handled.append(line)
        self.books.seen |= set(fresh)
        return handled

    def tie(self, handled: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """国库比对；给出确认的行."""
        rows = self.inbox.register("treasury_statement", self.period)
        listed = {r["elec_taxrpt_no"] for r in rows if r["elec_taxrpt_no"]}

        def group(line: dict[str, Any]) -> tuple[Any, ...]:
            if line["ticket"] in listed:
                return "ticket", line["ticket"], line["insutype"]
            return "day", line["treasury"], line["on"].isoformat(), line["insutype"]

        statement: Counter[tuple[Any, ...]] = Counter()
        for row in rows:
            key = (
                ("ticket", row["elec_taxrpt_no"], row["insutype"])
                if row["elec_taxrpt_no"]
                else ("day", row["treasury_code"], row["stmt_date"], row["insutype"])
            )
            statement[key] += fen(row["intsury_amt"]) - fen(row["refd_amt"])
        arrived: Counter[tuple[Any, ...]] = Counter()
        for line in self.books.tied:
            arrived[group(line)] += line["paid"] + line["late"]
        waiting = {group(line) for line in handled}
        for key in sorted(set(arrived) | set(statement)):
            if key not in arrived:
                self.out.findings["TREASURY_ONLY", "error", *key] += 1
            elif key not in statement or statement[key] != arrived[key]:
                code = "TREASURY_DIFF" if key in statement else "TREASURY_MISSING"
                if key in waiting:
                    self.out.findings[code, "error", *key] += 1
                else:
                    self.out.open_ties.append((code, *key))
        confirmed: list[dict[str, Any]] = []
        pending: list[dict[str, Any]] = []
        for line in handled:
            key = group(line)
            (confirmed if key in statement and statement[key] == arrived[key] else pending).append(line)
        moved = True
        while moved:
            moved = False
            blocked = {p["ticket"] for p in pending}
            for line in list(confirmed):
                if self.is_reversal(line) and line["org"] in blocked and line["org"] is not None:
                    confirmed.remove(line)
                    pending.append(line)
                    self.out.findings["REVERSAL_WAITS", "info", line["ticket"], line["line"]] += 1
                    moved = True
        for line in pending:
            line["class"] = "treasury_pending"
        self.books.pending = pending
        self.out.arrivals += [dict(p) for p in pending]
        return confirmed

    @staticmethod
    def is_reversal(line: dict[str, Any]) -> bool:
        """冲减：不是居民、不是滞纳金的负数."""
        return bool(line["paid"] < 0 and line["insutype"] != "390" and line["attr"] != "滞纳金")

    def apply(
        self,
        line: dict[str, Any],
        key: DueKey,
        amt: int,
        *,
        on: date | None,
        source: str = "payment",
        org: Key | None = None,
        decision: str | None = None,
    ) -> None:
        """记一笔抵缴（负数为冲减）."""
        due = self.books.dues[key]
        due["paid"] += amt
        self.out.applications.append(
            {
                "ticket": line["ticket"],
                "line": line["line"],
                "bill": key[0],
                "part": key[1],
                "amt": amt,
                "source": source,
                "latefee": latefee(amt, due["dedln_date"], on),
                "org": org,
                "decision": decision,
            }
        )
        if amt > 0:
            self.books.applied.append(
                {
                    "ticket": line["ticket"],
                    "line": line["line"],
                    "due": key,
                    "left": amt,
                    "on": on,
                    "insutype": due["insutype"],
                }
            )

    def fill(self, line: dict[str, Any], reach: Iterable[DueKey], owner: str) -> None:
        """依次抵缴，余下转多缴."""
        left = line["paid"]
        for key in sorted(reach, key=lambda k: due_order(k, self.books.dues[k])):
            due = self.books.dues[key]
            part = min(left, due["amt"] - due["paid"])
            if part > 0:
                self.apply(line, key, part, on=line["on"])
                left -= part
        line["applied"], line["credit"], line["emp_no"] = line["paid"] - left, left, owner
        line["class"] = "applied" if left == 0 else "credit" if left == line["paid"] else "partly_applied"
        if left:
            self.books.lots.append(
                {
                    "emp_no": owner,
                    "insutype": line["insutype"],
                    "ticket": line["ticket"],
                    "line": line["line"],
                    "amt": left,
                    "on": line["on"],
                }
            )
            self.out.findings["OVERPAID", "warning", line["ticket"], line["line"]] += 1

    def match(self, lines: list[dict[str, Any]]) -> None:
        """四级匹配."""
        dues = self.books.dues
        bills: dict[str, dict[str, Any]] = {k[0]: d for k, d in dues.items()}
        steps: dict[str, list[tuple[dict[str, Any], str]]] = {"a": [], "b": [], "c": []}
        for line in sorted(lines, key=lambda x: (x["on"], x["ticket"], x["line"])):
            units = sorted(self.payers.get(line["taxpayer"], []))
            bill = bills.get(line["bill"] or "")
            if bill is not None and bill["emp_no"] not in units:
                self.refuse(line, "PAYER_MISMATCH", "a")
            elif bill is not None and bill["insutype"] == line["insutype"]:
                steps["a"].append((line, bill["emp_no"]))
            elif not units:
                if line["taxpayer"] in self.flexible:
                    line["class"], line["step"] = "flexible", "d"
                else:
                    self.refuse(line, "UNKNOWN_PAYER", "d")
            else:
                steps["b" if line["begin"] else "c"].append((line, units[0]))
        for step in "abc":
            for line, owner in steps[step]:
                reach = []
                for key, due in dues.items():
                    if line["part"] not in ("any", key[1]) or due["insutype"] != line["insutype"]:
                        continue
                    if step == "a":
                        ok = key[0] == line["bill"]
                    else:
                        ok = self.uscc.get(due["emp_no"]) == line["taxpayer"] and due["accrym"] <= ym(self.period)
                        ok = ok and (step == "c" or line["begin"] <= due["accrym"] <= line["end"])
                    if ok:
                        reach.append(key)
                line["step"] = step
                self.fill(line, reach, owner)

    def refuse(self, line: dict[str, Any], code: str, step: str | None) -> None:
        """无法识别."""
        line["class"], line["step"] = "unidentified", step
        self.out.findings[code, "error", line["ticket"], line["line"]] += 1

    def reverse(self, line: dict[str, Any]) -> None:
        """冲减."""
        lots = [
            x for x in self.books.lots if x["ticket"] == line["org"] and x["insutype"] == line["insutype"] and x["amt"]
        ]
        done = [
            x
            for x in self.books.applied
            if x["ticket"] == line["org"] and x["insutype"] == line["insutype"] and x["left"]
        ]
        need = -line["paid"]
        if line["org"] is None or need > sum(x["amt"] for x in lots) + sum(x["left"] for x in done):
            self.refuse(line, "REVERSAL_UNMATCHED", None)
            return
        for lot in sorted(lots, key=lambda x: -x["line"]):
            back = min(need, lot["amt"])
            lot["amt"] -= back
            need -= back
            line["credit"] -= back
        done.sort(key=lambda x: (due_order(x["due"], self.books.dues[x["due"]]), x["line"]), reverse=True)
        taken: dict[tuple[DueKey, Key, date | None], int] = {}
        for entry in done:
            back = min(need, entry["left"])
            if back:
                entry["left"] -= back
                need -= back
                line["applied"] -= back
                key = (entry["due"], (entry["ticket"], entry["line"]), entry["on"])
                taken[key] = taken.get(key, 0) + back
        for (due, org, on), back in taken.items():
            self.apply(line, due, -back, on=on, source="reversal", org=org)
        line["class"] = "reversal"

    def decide(self, row: Row) -> None:
        """一项多缴处理."""
        amt = fen(row["amt"])
        lots = [
            x for x in self.books.lots if x["emp_no"] == row["emp_no"] and x["insutype"] == row["insutype"] and x["amt"]
        ]
        if amt > sum(x["amt"] for x in lots):
            self.out.findings["CREDIT_EXCEEDED", "error", row["decision_sn"]] += 1
            return
        lots.sort(key=lambda x: (x["on"] is not None, x["on"], x["ticket"], x["line"]) if x["on"] else (False,))
        if row["action"] == "refund":
            for lot in lots:
                back = min(amt, lot["amt"])
                lot["amt"] -= back
                amt -= back
                if back:
                    self.out.refunds[
                        row["decision_sn"], row["emp_no"], row["insutype"], lot["ticket"], lot["line"], back
                    ] += 1
            return
        dues = self.books.dues
        reach = [
            k
            for k, d in dues.items()
            if d["emp_no"] == row["emp_no"] and d["insutype"] == row["insutype"] and d["accrym"] <= ym(self.period)
        ]
        for key in sorted(reach, key=lambda k: due_order(k, dues[k])):
            for lot in lots:
                part = min(amt, lot["amt"], dues[key]["amt"] - dues[key]["paid"])
                if part > 0:
                    lot["amt"] -= part
                    amt -= part
                    self.apply(lot, key, part, on=lot["on"], source="credit", decision=str(row["decision_sn"]))
        if amt:
            self.out.findings["CREDIT_NOT_USED", None, row["decision_sn"]] += 1

    def close(self) -> None:
        """余额、滞纳金、个人、欠费."""
        end, dues = last_day(self.period), self.books.dues
        for key, due in dues.items():
            left = due["amt"] - due["paid"]
            status = "paid" if left == 0 else "unpaid" if due["paid"] == 0 else "part_paid"
            overdue = left > 0 and due["dedln_date"] < end
            self.out.balances[key] = {
                "emp_no": due["emp_no"],
                "insutype": due["insutype"],
                "accrym": due["accrym"],
                "amt": due["amt"],
                "paid": due["paid"],
                "outstanding": left,
                "status": status,
                "overdue": overdue,
                "dedln_date": due["dedln_date"],
            }
            if overdue:
                days = (end - due["dedln_date"]).days
                self.out.arrears[key] = (left, days, age(days), latefee(left, due["dedln_date"], end))
        expected: Counter[str] = Counter()
        for item in self.out.applications:
            expected[self.uscc.get(dues[item["bill"], item["part"]]["emp_no"], "?")] += item["latefee"]
        for payer in {*self.payers, *self.late_received}:
            if expected[payer] != self.late_received[payer]:
                self.out.findings["LATEFEE_DIFF", "warning", payer, self.late_received[payer] - expected[payer]] += 1
        for lot in self.books.lots:
            key2 = (lot["emp_no"], lot["insutype"])
            self.out.unit_credits[key2] = self.out.unit_credits.get(key2, 0) + lot["amt"]
        for run in self.assessed.values():
            rate = rate_of(self.policy, "account.credit_rate", run.period)
            for bill, content in run.bills.items():
                if content["insutype"] != "310":
                    continue
                full = all(dues[bill, p]["paid"] == dues[bill, p]["amt"] for p in ("emp", "psn"))
                if full == (bill in self.books.credited):
                    continue
                sign = 1 if full else -1
                (self.books.credited.add if full else self.books.credited.discard)(bill)
                for (of, psn), line in run.lines.items():
                    if of == bill:
                        into = None if rate is None else sign * half_up(line["psn"] * rate)
                        self.out.person_credits[bill, psn, sign * line["emp"], sign * line["psn"], into] += 1

    def run(self) -> Reconciled:
        """整月."""
        self.open_dues()
        confirmed = self.tie(self.lines())
        payments: list[dict[str, Any]] = []
        reversals: list[dict[str, Any]] = []
        for line in confirmed:
            if line["insutype"] == "390":
                line["class"] = "other_scheme"
            elif line["attr"] == "滞纳金":
                line["class"] = "late_charge"
                self.late_received[line["taxpayer"]] += line["paid"] + line["late"]
            else:
                (payments if line["paid"] > 0 else reversals).append(line)
        self.match(payments)
        for line in sorted(reversals, key=lambda x: (x["on"], x["ticket"], x["line"])):
            self.reverse(line)
        for row in sorted(self.inbox.feed("credit_decisions", self.period), key=lambda r: str(r["decision_sn"])):
            self.decide(row)
        self.out.arrivals += [dict(x) for x in confirmed]
        for line in payments + reversals:
            if line["class"] != "unidentified":
                self.late_received[line["taxpayer"]] += line["late"]
        self.close()
        return self.out


def reconcile(inbox: Inbox, policy: Policy, period: str, assessed: dict[str, Assessed], books: Books) -> Reconciled:
    """对一个月的账；books 随之前进."""
    return Month(inbox, policy, period, assessed, books).run()
