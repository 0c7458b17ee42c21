"""A month of statements in plain Python, row by row: what the room must say, written without looking at how it does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.settlements.month import COMPARED_NAMES

Row = dict[str, Any]
Key = tuple[str, str, str]
FUND = {"cvlserv_pay": "320100", "hifob_pay": "330100", "hifdm_pay": "350100", "hifes_pay": "370100", "hifmi_pay": "390200",
        "maf_pay": "610100", "oth_pay": "999997"}
PARTS = ("hifp_pay", *FUND)


def key_of(row: Row) -> Key:
    return row["fixmedins_code"], row["setl_id"], row["refd_setl_flag"]


@dataclass
class Told:
    """What a month says: (key) → (class, held reason, state, recognised per fund); copies; payables."""

    rows: dict[Key, tuple[str, str | None, str, dict[str, int]]]
    copies: int
    payables: dict[tuple[str, str], dict[str, int]]


@dataclass
class Oracle:
    """State over months: what is settled, what each side brought last for an open key, what was recognised."""

    rates: dict[str, Decimal]
    spans: dict[str, list[tuple[Any, Any]]]
    done: dict[Key, str] = field(default_factory=dict)
    mine: dict[Key, Row] = field(default_factory=dict)
    theirs: dict[Key, Row] = field(default_factory=dict)
    seen_mine: set[Key] = field(default_factory=set)
    seen_theirs: set[Key] = field(default_factory=set)
    carried: dict[tuple[str, str], int] = field(default_factory=dict)
    agreed: set[Key] = field(default_factory=set)

    def month(self, agency: list[Row], details: list[Row], statements: list[Row], deductions: list[Row], decisions: dict[Key, str]) -> Told:
        a = {key_of(r): r for r in agency}
        d: dict[Key, Row] = {}
        copies = 0
        for r in sorted(details, key=lambda r: (r["src_file"], r["src_row"])):
            if key_of(r) in d:
                copies += 1
            else:
                d[key_of(r)] = r
        before = dict(self.done)
        fresh = set(a) | set(d)
        for k, r in a.items():
            if k not in before:
                self.mine[k] = r
        for k, r in d.items():
            if k not in before:
                self.theirs[k] = r
        by_totals, held_totals = self._totals(agency, details, statements)
        self.agreed = (self.agreed - set(a)) | by_totals
        by_totals = set(self.agreed)
        self.seen_mine |= set(a)
        self.seen_theirs |= set(d) | by_totals
        kinds: dict[Key, tuple[str, str | None]] = {}
        for k in (set(self.mine) | set(self.theirs)) - set(before):
            kinds[k] = self._kind(k, by_totals), self._hold(k, held_totals)
        told: dict[Key, tuple[str, str | None, str, dict[str, int]]] = {}
        for refunds in (False, True):
            for k, (kind, hold) in kinds.items():
                if (k[2] == "1") is refunds:
                    told[k] = self._settle(k, kind, hold, decisions.get(k))
        shown = {k: v for k, v in told.items() if k in fresh or v[2] in ("recognised", "rejected")}
        for k in fresh & set(before):
            shown[k] = ("07", None, "settled_before", {})
        for k, v in told.items():
            if v[2] in ("recognised", "rejected"):
                self.mine.pop(k, None)
                self.theirs.pop(k, None)
        return Told(shown, copies, self._payables(shown, deductions))

    def _totals(self, agency: list[Row], details: list[Row], statements: list[Row]) -> tuple[set[Key], set[Key]]:
        listed = {r["fixmedins_code"] for r in details}
        stated = {r["fixmedins_code"] for r in statements}
        group = lambda r: (r["fixmedins_code"], r["clr_optins"], r["insutype"], r["clr_type"])  # noqa: E731
        sums: dict[Any, list[int]] = {}
        for r in agency:
            s = sums.setdefault(group(r), [0, 0, 0, 0])
            for i, c in enumerate(COMPARED_NAMES):
                s[i] += r[c]
            s[3] += -1 if r["refd_setl_flag"] == "1" else 1
        said = {group(r): [*(r[c] for c in COMPARED_NAMES), r["fixmedins_setl_cnt"]] for r in statements}
        equal, held = set(), set()
        for r in agency:
            code = r["fixmedins_code"]
            if code in stated and code not in listed and key_of(r) not in self.theirs and key_of(r) not in self.done:
                (equal if said.get(group(r), [0, 0, 0, 0]) == sums[group(r)] else held).add(key_of(r))
        return equal, held

    def _kind(self, k: Key, by_totals: set[Key]) -> str:
        a, d = self.mine.get(k), self.theirs.get(k)
        if a is None:
            return "01"
        if d is None:
            return "00" if k in by_totals else "02"
        if any(d[c] is not None and d[c] != a[c] for c in ("insutype", "clr_type")):
            return "04"
        differ = any(a[c] != d[c] for c in COMPARED_NAMES)
        if k[2] == "1":
            org = (k[0], a["org_setl_id"] or k[1], "0")
            if differ or org not in self.seen_mine or org not in self.seen_theirs:
                return "05"
        return "03" if differ else "00"

    def _hold(self, k: Key, held: set[Key]) -> str | None:
        a = self.mine.get(k)
        if a is None:
            return None
        if a["medfee_sumamt"] != a["fund_pay_sumamt"] + a["psn_part_amt"] + a["hosp_part_amt"] or a["fund_pay_sumamt"] != sum(a[c] for c in PARTS):
            return "AMOUNT_IDENTITY"
        if a["hifp_pay"] and a["insutype"] not in ("310", "390"):
            return "FUND_UNKNOWN"
        if not any(b <= a["enddate"] <= e for b, e in self.spans.get(k[0], [])):
            return "OUT_OF_AGREEMENT"
        return "TOTALS_DIFFER" if k in held else None

    def _settle(self, k: Key, kind: str, hold: str | None, decision: str | None) -> tuple[str, str | None, str, dict[str, int]]:
        a, d = self.mine.get(k), self.theirs.get(k)
        if k[2] == "1" and a is not None and hold in (None, "TOTALS_DIFFER"):
            org = (k[0], a["org_setl_id"] or k[1], "0")
            if self.done.get(org) != "recognised":
                hold = "ORIGINAL_OPEN"
        if kind == "00":  # decisions are taken on differences here; one that closed by itself needs none
            decision = None
        if decision == "reject":
            self.done[k] = "rejected"
            return kind, hold, "rejected", {}
        free = hold is None or (hold == "TOTALS_DIFFER" and decision is not None)
        pays = a is not None and free and (
            kind == "00" or (decision == "agency" and kind != "01") or (decision == "provider" and d is not None))
        if not pays or a is None:
            return kind, hold, "waiting", {}
        self.done[k] = "recognised"
        self.seen_mine.add(k)
        self.seen_theirs.add(k)
        pool = a["hifp_pay"]
        if decision == "provider" and kind != "00" and d is not None:
            pool += d["fund_pay_sumamt"] - a["fund_pay_sumamt"]
        found = {"310100" if a["insutype"] == "310" else "390100": pool, "310200": a["acct_pay"] + a["acct_mulaid_pay"]}
        found |= {fund: a[c] for c, fund in FUND.items()}
        return kind, hold, "recognised", {f: v for f, v in found.items() if v}

    def _payables(self, shown: dict[Key, Any], deductions: list[Row]) -> dict[tuple[str, str], dict[str, int]]:
        recognised: dict[tuple[str, str], int] = {}
        for k, (_, _, _, funds) in shown.items():
            for fund, amount in funds.items():
                recognised[k[0], fund] = recognised.get((k[0], fund), 0) + amount
        taken: dict[tuple[str, str], int] = {}
        for r in deductions:
            at = r["fixmedins_code"], r["fund_pay_type"]
            taken[at] = taken.get(at, 0) + r["det_amt"]
        found = {}
        carried = {k: v for k, v in self.carried.items() if v}
        self.carried = {}
        for at in set(recognised) | set(taken) | set(carried):
            got, det, inn = recognised.get(at, 0), taken.get(at, 0), carried.get(at, 0)
            rate = Decimal(0) if at[1] == "310200" else self.rates[at[0]]
            deposit = int((Decimal(max(0, got - det)) * rate).quantize(Decimal(1), ROUND_HALF_UP))
            left = got + inn - det - deposit
            found[at] = {"recognised_amt": got, "carried_in_amt": inn, "det_amt": det, "dpst_amt": deposit,
                         "act_dfr_amt": max(0, left), "carried_out_amt": min(0, left)}
            self.carried[at] = min(0, left)
        return found
