"""定西待遇复核的平实模型 (SPEC 3.6 from the text of articles 22, 27, 30, 31, 45; fractions, one row after the other)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from plain_common import Inbox, Row, day, fen, half_up
from plain_settle import Terms

YUAN = 100
# 第三十一条表，按序号
LIMITS = (
    90000, 60000, 30000, 20000, 14000, 10000, 10000, 10000, 10000, 10000, 10000, 10000,
    5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 4000, 4000,
    3000, 3000, 3000, 3000, 3000, 3000, 3000, 3000, 2000, 2000, 2000,
)  # fmt: skip
HOME = {"1": (200, 98), "2": (400, 95), "3": (600, 93)}
AWAY = {"1": 200, "2": 500, "3": 800}
LONG_TERM = ("02", "07", "08", "09")


def level_of(dedc_hosp_lv: str) -> str:
    """起付线等级 → 级别."""
    return "3" if dedc_hosp_lv <= "04" else "2" if dedc_hosp_lv <= "07" else "1"


def terms_of(row: Row, level: str) -> tuple[int, int]:
    """(起付标准 元, 支付比例 %)."""
    deductible, rate = HOME[level]
    if row["pay_loc"] not in ("3", "4") or row["out_fil_type"] in LONG_TERM:
        return deductible, rate
    if row["out_fil_type"] == "06" or row["emer_flag"] == "1" or str(row["med_type"]).startswith("24"):
        return AWAY[level], rate - 5
    return AWAY[level], rate - (10 if row["pay_loc"] == "3" else 20)


@dataclass
class Repriced:
    """复核结果."""

    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    findings: Counter[tuple[Any, ...]] = field(default_factory=Counter)


@dataclass
class Year:
    """一人一年的累计."""

    fund: int = 0
    supplement: int = 0
    chronic: int = 0
    own: Fraction = Fraction(0)


def kind_of(row: Row) -> str | None:
    """住院、慢特病，或不复核."""
    med = str(row["med_type"])
    if row["insutype"] != "310":
        return None
    return "inpatient" if med.startswith("2") else "chronic" if med.startswith("14") else None


def reprice(inbox: Inbox, period: str) -> Repriced:
    """复核 P 月送达的每一笔；年内累计取以前各月送达的，按 (setl_time, setl_id)，年度看出院日期."""
    terms, out = Terms(inbox, period), Repriced()
    registrations = inbox.register("chronic_registrations", period)
    newest: dict[tuple[str, str], tuple[str, Row]] = {}
    for month in sorted(inbox.months):
        if month <= period:
            for row in inbox.feed("settlements", month):
                newest[str(row["setl_id"]), str(row["refd_setl_flag"])] = (month, row)
    gone = {
        str(row["org_setl_id"] or row["setl_id"]) for (_, flag), (_, row) in newest.items() if flag == "1"
    }  # fmt: skip
    years: dict[tuple[str, str], Year] = {}
    order = sorted((str(r["setl_time"]), k[0]) for k, (_, r) in newest.items() if k[1] == "0")
    for _, setl in order:
        month, row = newest[setl, "0"]
        kind = kind_of(row)
        if kind == "chronic" and not registrations:
            continue
        if kind is None or setl in gone:
            continue
        year = years.setdefault((str(row["psn_no"]), str(row["enddate"])[:4]), Year())
        found = inpatient(row, terms, year) if kind == "inpatient" else chronic(row, registrations, year)
        if month != period:
            continue
        out.rows[setl, "0"] = found
        if found["rate"] is None:
            continue
        if found["fund"] != fen(row["hifp_pay"]) or found["supp"] != fen(row["hifob_pay"]):
            out.findings["REPRICE_DIFF", str(row["fixmedins_code"]), setl] += 1
    return out


def inpatient(row: Row, terms: Terms, year: Year) -> dict[str, Any]:
    """一次住院."""
    agreement = terms.newest(str(row["fixmedins_code"]), str(row["enddate"]))
    if agreement is None:
        # 等级不明：不能重算，已结的份额计入累计
        before = year.fund
        fund = min(max(0, fen(row["hifp_pay"])), 70000 * YUAN - year.fund)
        supplement = min(max(0, fen(row["hifob_pay"])), 600000 * YUAN - year.supplement)
        year.fund += fund
        year.supplement += supplement
        return {
            "kind": "inpatient", "fund": fund, "supp": supplement, "before": before, "after": year.fund, "rate": None,
            "dedc": None, "raw": None,
        }  # fmt: skip
    level = level_of(str(agreement["dedc_hosp_lv"]))
    deductible, rate = terms_of(row, level)
    scope = fen(row["inscp_scp_amt"])
    raw = half_up(Fraction(max(0, scope - deductible * YUAN) * rate, 100))
    fund = min(raw, 70000 * YUAN - year.fund)
    own = scope - fund
    supplement = half_up(Fraction(max(0, own - 1000 * YUAN) * 95, 100))
    supplement = min(supplement, 600000 * YUAN - year.supplement)
    before = year.fund
    year.fund += fund
    year.supplement += supplement
    return {
        "kind": "inpatient", "fund": fund, "supp": supplement, "before": before, "after": year.fund,
        "rate": rate * 10000, "dedc": deductible * YUAN, "raw": raw,
    }  # fmt: skip


def chronic(row: Row, registrations: list[Row], year: Year) -> dict[str, Any]:
    """一次慢特病门诊."""
    held = {
        str(r["dise_no"]): LIMITS[int(str(r["dise_no"])) - 1]
        for r in registrations
        if r["psn_no"] == row["psn_no"]
        and str(r["dise_no"]).isdigit()
        and 1 <= int(str(r["dise_no"])) <= len(LIMITS)
        and day(r["begndate"]) <= day(row["begndate"])
        and (r["enddate"] is None or day(row["begndate"]) <= day(r["enddate"]))
    }
    scope = fen(row["inscp_scp_amt"])
    limit = (max(held.values()) + 300 * (min(len(held), 3) - 1)) * YUAN if held else 0
    left = max(0, limit - year.chronic)
    raw = half_up(Fraction(scope * 70, 100))
    fund = min(raw, left)
    # 限额之内的自付：没有封顶的一笔是范围内费用减统筹；封顶的一笔只算到限额为止的费用 (exact)
    own = Fraction(scope - fund) if fund == raw else Fraction(fund * 30, 70)
    before_own, before = year.own, year.chronic
    year.own += own if limit else 0
    year.chronic += fund
    threshold = 1000 * YUAN
    portion = max(Fraction(0), year.own - threshold) - max(Fraction(0), before_own - threshold)
    supplement = half_up(portion * Fraction(80, 100))
    return {
        "kind": "chronic", "fund": fund, "supp": supplement, "before": before, "after": year.chronic,
        "rate": 700000, "limit": limit, "raw": raw,
    }  # fmt: skip
