"""机构结算的平实模型 (SPEC 3.1-3.5, 3.7 read row by row: dicts, loops, int fen and fractions; no polars, no program code)."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from plain_common import Inbox, Row, day, fen, half_up, last_day

Key = tuple[str, str]
FUNDS = ("310100", "310200", "320100", "330100", "350100", "370100", "390100", "390200", "610100", "999997")
ACCOUNT = "310200"
POOLED = {"310": "310100", "390": "390100"}
OTHER_FUNDS = {
    "cvlserv_pay": "320100",
    "hifob_pay": "330100",
    "hifdm_pay": "350100",
    "hifes_pay": "370100",
    "hifmi_pay": "390200",
    "maf_pay": "610100",
    "oth_pay": "999997",
}
FUND_SUM = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay", "maf_pay", "oth_pay")
COMPARED = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
REGION = {"ningxia": "64", "dingxi": "6211"}


def amount(row: Row, column: str) -> int:
    """一格金额，分."""
    return fen(row[column])


def breaks_of(row: Row) -> tuple[bool, bool]:
    """四条勾稽：(要暂缓的, 只提示的)."""
    total, fund = amount(row, "medfee_sumamt"), amount(row, "fund_pay_sumamt")
    person = amount(row, "psn_part_amt")
    first = total != fund + person + amount(row, "hosp_part_amt")
    second = person != amount(row, "acct_pay") + amount(row, "psn_cash_pay") + amount(row, "acct_mulaid_pay")
    parts = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    third = total != sum(amount(row, c) for c in parts)
    last = fund != sum(amount(row, c) for c in FUND_SUM)
    return first or last, second or third


@dataclass
class Entry:
    """一笔 (setl_id, refd_setl_flag)：双方最近送达的、了结没有."""

    agency: Row | None = None
    agency_period: str | None = None
    provider: Row | None = None
    provider_period: str | None = None
    opened: str = ""
    agreed: bool = False
    closed: str = ""
    closed_period: str = ""
    diff: str = ""
    held: str | None = None


@dataclass
class Decision:
    """settle resolve 的一条决定：针对作决定时双方的金额和类别；还暂缓着的等着，执行了或不再适用的只算一次."""

    key: Key
    way: str
    seen: tuple[Any, ...]
    diff: str
    done: str = ""

    def fits(self, entry: Entry) -> bool:
        """还是作决定时的那笔：金额没变，原来不符的没有自己变成相符."""
        return self.seen == seen_of(entry) and not (entry.diff == "00" and self.diff != "00")


@dataclass
class Settled:
    """一个月的结果."""

    period: str
    groups: dict[tuple[str, str, str, str], tuple[tuple[int, ...], tuple[int, ...] | None]] = field(
        default_factory=dict
    )
    rows: list[dict[str, Any]] = field(default_factory=list)
    payables: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    items: list[tuple[Any, ...]] = field(default_factory=list)
    findings: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    entries: dict[Key, Entry] = field(default_factory=dict)


def seen_of(entry: Entry) -> tuple[Any, ...]:
    """作决定时看到的金额."""
    return tuple(tuple(row[c] for c in COMPARED) if row else None for row in (entry.agency, entry.provider))


class Terms:
    """机构协议 (providers snapshot of P)."""

    def __init__(self, inbox: Inbox, period: str) -> None:
        self.rows: dict[str, list[Row]] = {}
        for row in inbox.snapshot("providers", period)[1]:
            self.rows.setdefault(str(row["fixmedins_code"]), []).append(row)

    def covering(self, code: str, on: str | None) -> Row | None:
        """这一天在协议期内的协议（最后生效的一份）."""
        found = None
        for row in sorted(self.rows.get(code, []), key=lambda r: str(r["efft_time"])):
            if day(row["efft_time"]) <= day(on) and (row["invd_time"] is None or day(on) <= day(row["invd_time"])):
                found = row
        return found

    def newest(self, code: str, on: str) -> Row | None:
        """这一天有效的；没有则生效最晚的一份."""
        rows = sorted(self.rows.get(code, []), key=lambda r: str(r["efft_time"]))
        return self.covering(code, on) or (rows[-1] if rows else None)

    def at_end(self, code: str, on: str) -> Row | None:
        """月末有效的；没有则已生效的里最晚到期的一份."""
        rows = self.rows.get(code, [])
        begun = [r for r in rows if day(r["efft_time"]) <= day(on)] or rows
        ended = max(begun, key=lambda r: (str(r["invd_time"]), str(r["efft_time"])), default=None)
        return self.covering(code, on) or ended


def package(row: Row, terms: Terms, region: str) -> tuple[str, int | None]:
    """生育包干：("billed"|"missing"|"package", 金额)."""
    if not str(row["med_type"]).startswith("52"):
        return "billed", None
    agreement = terms.covering(str(row["fixmedins_code"]), str(row["enddate"]))
    if agreement is None or region != "ningxia" or agreement["matn_headcap_amt"] is None:
        return "billed", None
    place = str(agreement["fix_blng_admdvs"])
    if not place.startswith(REGION[region]):
        return "billed", None
    cop, booking = row.get("cop_flag"), row.get("booking_flag")
    if cop == "1":
        return "billed", None
    away = str(row["insu_admdvs"])[:4] != place[:4]
    if cop is None or (away and booking is None):
        return "missing", None
    full = fen(agreement["matn_headcap_amt"])
    paid = half_up(Fraction(full, 2)) if away and booking == "0" else full
    return "package", -paid if row["refd_setl_flag"] == "1" else paid


def by_fund(row: Row, terms: Terms, region: str) -> dict[str, int]:
    """按基金的认定额."""
    found = dict.fromkeys(FUNDS, 0)
    kind, paid = package(row, terms, region)
    pooled = POOLED.get(str(row["insutype"]), "310100")
    # 个人账户是参保人自己负担的部分，包干不动它
    found[ACCOUNT] += amount(row, "acct_pay") + amount(row, "acct_mulaid_pay")
    if kind == "package":
        assert paid is not None
        found[pooled] = paid
        return found
    found[pooled] += amount(row, "hifp_pay")
    for column, fund in OTHER_FUNDS.items():
        found[fund] += amount(row, column)
    return found


class Month:
    """一个月的结算."""

    def __init__(
        self, inbox: Inbox, period: str, before: Settled | None, region: str, decisions: Iterable[Decision],
        large: int | None = None,
    ) -> None:  # fmt: skip
        self.inbox, self.period, self.region, self.large = inbox, period, region, large
        self.before = before
        self.terms = Terms(inbox, period)
        self.entries: dict[Key, Entry] = copy.deepcopy(before.entries) if before else {}
        self.decisions = {d.key: d for d in decisions}
        self.fitting: set[Key] = set()
        self.out = Settled(period)
        self.agency: dict[Key, Row] = {}
        for row in inbox.feed("settlements", period):
            self.agency[self.key(row)] = row
        self.copies: dict[Key, list[Row]] = {}
        for row in inbox.feed("provider_details", period):
            self.copies.setdefault(self.key(row), []).append(row)
        self.detailed = {str(r["fixmedins_code"]) for r in inbox.feed("provider_details", period)}

    @staticmethod
    def key(row: Row) -> Key:
        """键."""
        return str(row["setl_id"]), str(row["refd_setl_flag"])

    def run(self) -> Settled:
        """整月."""
        self.totals()
        self.records()
        touched = self.merge()
        self.classify(touched)
        self.recognise(touched)
        self.payables()
        for key, decision in self.decisions.items():
            waits = key in self.fitting and not self.entries[key].closed
            decision.done = "" if waits else self.period
        self.out.entries = self.entries
        return self.out

    # ---- 对总账 ----

    @staticmethod
    def group_of(row: Row) -> tuple[str, str, str, str]:
        return tuple(str(row[c]) for c in ("fixmedins_code", "clr_optins", "insutype", "clr_type"))  # type: ignore[return-value]

    @staticmethod
    def sums(rows: Iterable[Row]) -> tuple[int, ...]:
        """三个金额和笔数."""
        total = [0, 0, 0, 0]
        for row in rows:
            for i, column in enumerate(COMPARED):
                total[i] += amount(row, column)
            total[3] += -1 if row["refd_setl_flag"] == "1" else 1
        return tuple(total)

    def totals(self) -> None:
        """第 2 步."""
        mine: dict[tuple[str, str, str, str], list[Row]] = {}
        for row in self.agency.values():
            mine.setdefault(self.group_of(row), []).append(row)
        theirs: dict[tuple[str, str, str, str], tuple[int, ...]] = {}
        for row in self.inbox.feed("provider_totals", self.period):
            theirs[self.group_of(row)] = (
                *(amount(row, c) for c in COMPARED),
                int(str(row["fixmedins_setl_cnt"])),
            )
        self.declared = {group[0] for group in theirs}
        for group in {*mine, *theirs}:
            none = (0, 0, 0, 0) if group[0] in self.declared else None
            self.out.groups[group] = (self.sums(mine.get(group, [])), theirs.get(group, none))
        self.inconsistent(theirs)

    def inconsistent(self, theirs: dict[tuple[str, str, str, str], tuple[int, ...]]) -> None:
        """对账单与自己的明细不符（明细带险种与清算类别时按此分，不带时按机构）."""
        for code in sorted({g[0] for g in theirs} & self.detailed):
            rows = [r for r in self.inbox.feed("provider_details", self.period) if r["fixmedins_code"] == code]
            fine = all(r.get("insutype") and r.get("clr_type") for r in rows)
            declared: dict[tuple[str, ...], list[int]] = {}
            for group, values in theirs.items():
                if group[0] == code:
                    one = declared.setdefault(group[2:] if fine else (), [0, 0, 0, 0])
                    for i, v in enumerate(values):
                        one[i] += v
            for kind in {*declared, *((str(r["insutype"]), str(r["clr_type"])) if fine else () for r in rows)}:
                said = declared.get(kind, [0, 0, 0, 0])
                own = [r for r in rows if not fine or (r["insutype"], r["clr_type"]) == kind]
                if tuple(said) != self.sums(own):
                    self.out.findings["STATEMENT_INCONSISTENT", code] += 1

    # ---- 记录本身 ----

    def records(self) -> None:
        """第 1 步和其他逐笔发现."""
        for row in self.agency.values():
            if any(breaks_of(row)):
                self.finding("AMOUNT_IDENTITY", row)
            if self.large is not None and amount(row, "medfee_sumamt") >= self.large:
                self.finding("LARGE_FEE", row)

    def fund_unknown(self, row: Row) -> bool:
        """统筹（或代替它的包干额）不为零而险种没有统筹基金."""
        kind, paid = package(row, self.terms, self.region)
        # 只缺签约标志的，减半与否都有包干额
        due = kind == "missing" and row.get("cop_flag") == "0"
        pooled = paid if kind == "package" else amount(row, "hifp_pay")
        return (due or pooled != 0) and row["insutype"] not in POOLED

    def finding(self, code: str, row: Row) -> None:
        self.out.findings[code, str(row["fixmedins_code"]), str(row["setl_id"])] += 1

    # ---- 逐条 ----

    def merge(self) -> set[Key]:
        """把本月送达的并进未了的；返回本月送达的键."""
        touched = {*self.agency, *self.copies}
        for key in touched:
            entry = self.entries.get(key)
            if entry is None:
                entry = self.entries[key] = Entry()
            if entry.closed:
                continue
            entry.opened = entry.opened or self.period
            if key in self.agency:
                # 重新送达的，以前总额相符不再作数
                entry.agency, entry.agency_period, entry.agreed = self.agency[key], self.period, False
            if key in self.copies:
                entry.provider, entry.provider_period = self.copies[key][0], self.period
        return touched

    def original(self, row: Row) -> Key:
        """退费的原结算."""
        return str(row["org_setl_id"] or row["setl_id"]), "0"

    def sides(self, key: Key) -> tuple[bool, bool]:
        """这个键双方到本月为止有没有."""
        months = [m for m in self.inbox.months if m <= self.period]
        mine = any(self.key(r) == key for m in months for r in self.inbox.feed("settlements", m))
        theirs = any(self.key(r) == key for m in months for r in self.inbox.feed("provider_details", m))
        # 以前月份已认定的（总额相符、或按决定），机构一方也算有；核销不付的不算
        entry = self.entries.get(key)
        told = entry is not None and entry.closed != "rejected" and (entry.agreed or entry.closed == "recognised")
        return mine, theirs or told

    def class_of(self, entry: Entry) -> str:
        """01 02 04 05 03 00."""
        a, d = entry.agency, entry.provider
        if a is None:
            return "01"
        if d is None:
            return "00" if entry.agreed else "02"
        for column in ("insutype", "clr_type"):
            if d.get(column) and d[column] != a[column]:
                return "04"
        same = all(amount(a, c) == amount(d, c) for c in COMPARED)
        if a["refd_setl_flag"] == "1":
            return "00" if same and all(self.sides(self.original(a))) else "05"
        return "00" if same else "03"

    def classify(self, touched: set[Key]) -> None:
        """第 3 步."""
        for key in touched:
            entry = self.entries[key]
            row = self.agency.get(key)
            if entry.closed or row is None or entry.provider is not None:
                continue
            if str(row["fixmedins_code"]) not in self.detailed:
                mine, theirs = self.out.groups[self.group_of(row)]
                entry.agreed = mine == theirs
        for entry in self.entries.values():
            if not entry.closed:
                entry.diff = self.class_of(entry)

    def warn(self, entry: Entry) -> None:
        """本月送达而未了的每一笔，每个成立的原因各提示一次."""
        row = entry.agency
        if row is None:
            return
        if self.fund_unknown(row):
            self.finding("FUND_UNKNOWN", row)
        if self.terms.covering(str(row["fixmedins_code"]), row["enddate"]) is None:
            self.finding("OUT_OF_AGREEMENT", row)
        if package(row, self.terms, self.region)[0] == "missing":
            self.finding("MATERNITY_FLAG_MISSING", row)

    def record_held(self, row: Row) -> str | None:
        """记录本身或协议的原因."""
        if breaks_of(row)[0]:
            return "AMOUNT_IDENTITY"
        if self.fund_unknown(row):
            return "FUND_UNKNOWN"
        if self.terms.covering(str(row["fixmedins_code"]), row["enddate"]) is None:
            return "OUT_OF_AGREEMENT"
        if package(row, self.terms, self.region)[0] == "missing":
            return "MATERNITY_FLAG_MISSING"
        return None

    def held(self, key: Key, entry: Entry) -> str | None:
        """暂缓原因，先查记录本身再查机构."""
        row = entry.agency
        if row is None:
            return None
        found = self.record_held(row)
        if found:
            return found
        if key[1] == "1":
            original = self.entries.get(self.original(row))
            if original is None or original.closed != "recognised":
                return "ORIGINAL_OPEN"
        if entry.diff == "02" and entry.agency_period == self.period and self.group_differs(row):
            return "TOTALS_DIFFER"
        return None

    def group_differs(self, row: Row) -> bool:
        """没有明细，总额不等."""
        mine, theirs = self.out.groups[self.group_of(row)]
        return str(row["fixmedins_code"]) in self.declared - self.detailed and mine != theirs

    def recognise(self, touched: set[Key]) -> None:
        """第 4 步：先原结算后退费."""
        for key in sorted(self.entries, key=lambda k: (k[1], k[0])):
            entry = self.entries[key]
            here = key in touched
            copies = self.copies.get(key, [])
            if entry.closed:
                if here:
                    mine = self.agency.get(key)
                    held = self.record_held(mine) if mine else None
                    if held is None and mine and not copies and self.group_differs(mine):
                        held = "TOTALS_DIFFER"
                    self.publish(key, mine, copies[0] if copies else None, "07", held, {})
            else:
                entry.held = self.held(key, entry)
                paid = self.outcome(key, entry)
                if here and not entry.closed:
                    self.warn(entry)
                if entry.closed or here:
                    self.publish(key, entry.agency, entry.provider, entry.diff, entry.held, paid)
            for number, extra in enumerate(copies[1:], start=2):
                self.publish(key, None, extra, "06", None, {}, number)

    def outcome(self, key: Key, entry: Entry) -> dict[str, int]:
        """认定多少."""
        decision = self.decisions.get(key)
        way = None
        if decision and decision.fits(entry):
            self.fitting.add(key)
            way = decision.way
        row = entry.agency
        if way == "reject":
            entry.closed, entry.closed_period = "rejected", self.period
            return {}
        if entry.held is not None and entry.held != "TOTALS_DIFFER":
            return {}
        if entry.diff != "00" and way is None:
            return {}
        if row is None:
            return {}
        paid = by_fund(row, self.terms, self.region)
        billed = package(row, self.terms, self.region)[0] != "package"
        if way == "provider" and entry.diff != "00" and entry.provider is not None and billed:
            paid[POOLED.get(str(row["insutype"]), "310100")] += amount(entry.provider, "fund_pay_sumamt") - amount(
                row, "fund_pay_sumamt"
            )
        entry.closed, entry.closed_period = "recognised", self.period
        return paid

    def publish(
        self, key: Key, a: Row | None, d: Row | None, diff: str, held: str | None, paid: dict[str, int], number: int = 1
    ) -> None:  # fmt: skip
        """逐条对账一行."""
        some = a or d
        assert some is not None
        self.out.rows.append(
            {
                "key": key,
                "code": str(some["fixmedins_code"]),
                "copy": number,
                "diff": diff,
                "held": held,
                "a": tuple(amount(a, c) for c in COMPARED) if a else None,
                "d": tuple(amount(d, c) for c in COMPARED) if d else None,
                "paid": {f: v for f, v in paid.items() if v},
            }
        )

    # ---- 应付 ----

    def payables(self) -> None:
        """第 5 步."""
        zero = {"rec": 0, "cin": 0, "det": 0}
        lines: dict[tuple[str, str], dict[str, Any]] = {}
        for row in self.out.rows:
            for fund, paid in row["paid"].items():
                lines.setdefault((row["code"], fund), dict(zero))["rec"] += paid
        if self.before:
            for line, values in self.before.payables.items():
                if values["cout"]:
                    lines.setdefault(line, dict(zero))["cin"] += values["cout"]
        for row in self.inbox.feed("deductions", self.period):
            line = (str(row["fixmedins_code"]), str(row["fund_pay_type"]))
            lines.setdefault(line, dict(zero))["det"] += amount(row, "det_amt")
        month_end = str(last_day(self.period))
        advances = self.region == "dingxi" and self.period.endswith("-12")
        left: dict[str, int] = {}
        if advances:
            for code in self.terms.rows:
                agreement = self.terms.at_end(code, month_end)
                assert agreement is not None
                if agreement["turnover_fund"] is not None and fen(agreement["turnover_fund"]):
                    left[code] = fen(agreement["turnover_fund"])
                    if not any(c == code and f != ACCOUNT for c, f in lines):
                        lines[code, "310100"] = dict(zero)
        for (code, fund), values in sorted(lines.items()):
            agreement = self.terms.at_end(code, month_end)
            rate = Fraction(str(agreement["dpst_rat"])) if agreement else Fraction(0)
            kept = 0 if fund == ACCOUNT else max(0, half_up(rate * (values["rec"] - values["det"])))
            due = values["rec"] + values["cin"] - values["det"] - kept
            taken = 0
            if fund != ACCOUNT and code in left:
                taken = min(left[code], max(0, due))
                left[code] -= taken
            values |= {"dpst": kept, "adv": taken, "due": due}
        for code, rest in left.items():
            if rest:
                first = min(f for c, f in lines if c == code and f != ACCOUNT)
                lines[code, first]["adv"] += rest
        for (code, fund), values in sorted(lines.items()):
            due = values.pop("due") - values["adv"]
            values["act"], values["cout"] = max(0, due), min(0, due)
            agreement = self.terms.at_end(code, month_end)
            place = agreement["fix_blng_admdvs"] if agreement else None
            values["place"] = place
            self.out.payables[code, fund] = values
            if values["act"]:
                self.out.items.append((code, fund, values["act"], place))
