"""第四节的平实读法 (medical assistance of a month, row by row): dicts, loops, int fen and fractions only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from plain_common import Inbox, day, fen, half_up

TIERS = {"2304": 1, "236001": 1, "2303": 2, "236002": 2, "236003": 2, "2305": 3, "236004": 4, "2306": 5}
SILENT = ("21", "2360")
RATE = {1: Fraction(1), 2: Fraction(8, 10), 3: Fraction(7, 10), 4: Fraction(7, 10), 5: Fraction(6, 10)}
START = {3: 300_000, 4: 500_000, 5: 700_000}
CAP, TILT_CAP, OTHER_CAP = 5_000_000, 11_000_000, 16_000_000
TILT_START, TILT_RATE = 300_000, Fraction(7, 10)
WATCH = 2_000_000
BEFORE = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay")


@dataclass
class Assisted:
    """一个月的救助."""

    period: str
    items: list[dict[str, Any]] = field(default_factory=list)
    years: list[dict[str, Any]] = field(default_factory=list)
    watch: list[tuple[Any, ...]] = field(default_factory=list)
    payouts: list[dict[str, Any]] = field(default_factory=list)
    findings: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    everything: list[dict[str, Any]] = field(default_factory=list)


def money(value: str | None) -> int:
    """空作零."""
    return fen(value) if value else 0


def delivered(inbox: Inbox, contract: str, period: str, keys: tuple[str, ...]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """上年一月到本月送来的行；同键以后来的月份为准."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for month in sorted(inbox.months):
        if f"{int(period[:4]) - 1}-01" <= month <= period:
            for row in inbox.months[month].get(contract, []):
                found[tuple(row[k] for k in keys)] = {**row, "month": month}
    return found


def identities(inbox: Inbox, period: str) -> dict[str, list[dict[str, Any]]]:
    """证件号码到各身份：登记簿，同键以后来的为准."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for month in sorted(inbox.months):
        if month <= period:
            for row in inbox.months[month].get("assistance_identities", []):
                key = (row["certno"], row["mat_idet_code"], row["begntime"])
                found[key] = {**row, "first": found[key]["first"] if key in found else month}
    people: dict[str, list[dict[str, Any]]] = {}
    for row in found.values():
        people.setdefault(str(row["certno"]), []).append(row)
    return people


def covers(identity: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """住院：住院期间与身份期间相交；慢特病：就诊日在身份期间内."""
    begin = day(identity["begntime"])
    end = day(identity["endtime"]) if identity["endtime"] else date.max
    if item["med_type"].startswith("14"):
        return begin <= item["begndate"] <= end
    return bool(item["begndate"] <= end and begin <= item["enddate"])


def is_referred(item: Mapping[str, Any], ten_is_referred: bool) -> bool:
    """规范转诊，或视同."""
    if item["emer_flag"] == "1" or item["med_type"][:2] in ("13", "24"):
        return True
    if item["out_fil_type"] == "11" or (item["out_fil_type"] == "10" and not ten_is_referred):
        return False
    return not (item["out_fil_type"] is None and item["pay_loc"] == "4")


def new_item(row: Mapping[str, Any], source: str) -> dict[str, Any]:
    """一笔."""
    return {
        "source": source,
        "key": row["setl_id"] if source == "settlement" else row["clm_sn"],
        "setl_id": row["setl_id"],
        "clm_sn": None if source == "settlement" else row["clm_sn"],
        "certno": row["certno"],
        "psn_no": row["psn_no"],
        "med_type": row["med_type"],
        "begndate": day(row["begndate"]),
        "enddate": day(row["enddate"]),
        "setl_time": row["setl_time"],
        "month": row["month"],
        "pay_loc": row["pay_loc"],
        "out_fil_type": row["out_fil_type"],
        "emer_flag": row["emer_flag"],
        "insu_admdvs": row["insu_admdvs"],
        "base": max(0, money(row["inscp_scp_amt"]) - sum(money(row[c]) for c in BEFORE)),
        "maf": money(row.get("maf_pay")) if source == "settlement" else 0,
        "claims": [] if source == "settlement" else [row],
        "refund": None,
    }


def items_of(inbox: Inbox, period: str) -> list[dict[str, Any]]:
    """结算与零星申请成项；申请指名已知结算的归该项."""
    rows = delivered(inbox, "settlements", period, ("setl_id", "refd_setl_flag"))
    known = {k[0]: r for k, r in rows.items() if k[1] == "0"}
    refunds = {(r["org_setl_id"] or r["setl_id"]): r for k, r in rows.items() if k[1] == "1"}
    items: dict[str, dict[str, Any]] = {}
    for setl_id, row in known.items():
        if row["med_type"].startswith(("14", "2")):
            items[setl_id] = new_item(row, "settlement")
            items[setl_id]["refund"] = refunds.get(setl_id)
    alone: dict[tuple[Any, ...], dict[str, Any]] = {}
    claims = delivered(inbox, "assistance_claims", period, ("clm_sn",))
    for claim in sorted(claims.values(), key=lambda c: (c["rcvd_date"], c["clm_sn"])):
        if claim["clm_way"] not in ("3", "4"):
            continue
        if claim["setl_id"] in known:
            if claim["setl_id"] in items:
                items[claim["setl_id"]]["claims"].append(claim)
        elif claim["med_type"].startswith(("14", "2")):
            key = (claim["setl_id"], claim["certno"]) if claim["setl_id"] else (claim["clm_sn"],)
            if key in alone:
                alone[key]["claims"].append(claim)
            else:
                alone[key] = new_item(claim, "claim")
    return [*items.values(), *alone.values()]


def payable(claim: Mapping[str, Any]) -> bool:
    """零星，或带有身份证明的补报."""
    return bool(claim["clm_way"] == "3" or (claim["clm_way"] == "4" and claim["crtf_docno"]))


def judge(item: dict[str, Any], people: Mapping[str, list[dict[str, Any]]], ten: bool) -> None:
    """身份、档次、转诊."""
    item["covering"] = [
        i
        for i in people.get(item["certno"], [])
        if covers(i, item) and (i["mat_idet_code"] in TIERS or i["mat_idet_code"].startswith(SILENT))
    ]
    tiers = [TIERS[i["mat_idet_code"]] for i in item["covering"] if i["mat_idet_code"] in TIERS]
    item["tier"] = min(tiers) if tiers else None
    item["class"] = None
    if item["refund"]:
        item["class"] = "refunded"
    elif not tiers:
        item["class"] = "no_standard" if item["covering"] else "no_identity"
    elif not is_referred(item, ten):
        item["class"] = "not_referred"
    item["counts"] = item["class"] is None
    item["run_before"] = item["run_after"] = None
    item["ordinary"] = item["tilt"] = 0


def owed(items: Sequence[dict[str, Any]]) -> dict[str, int]:
    """一个人一年：逐笔累计."""
    remains = base = first = tilted = other = 0
    for item in items:
        if not item["counts"]:
            continue
        tier, amount = item["tier"], item["base"]
        if tier <= 2:
            ordinary = min(half_up(RATE[tier] * amount), CAP - first)
            first += ordinary
            before, remains = remains, remains + amount - ordinary
            portion = max(0, remains - TILT_START) - max(0, before - TILT_START)
            tilt = min(half_up(TILT_RATE * portion), TILT_CAP - tilted)
            tilted += tilt
            item |= {"run_before": before, "run_after": remains, "ordinary": ordinary, "tilt": tilt}
        else:
            before, base = base, base + amount
            portion = max(0, base - START[tier]) - max(0, before - START[tier])
            ordinary = min(half_up(RATE[tier] * portion), OTHER_CAP - other)
            other += ordinary
            item |= {"run_before": before, "run_after": base, "ordinary": ordinary}
        item["class"] = "due" if item["ordinary"] + item["tilt"] > 0 else "nothing_due"
    return {"12": remains, "345": base}


def pay(items: Sequence[dict[str, Any]], opening: Sequence[int], earlier: Iterable[Mapping[str, Any]]) -> list[int]:
    """一个人一年：一站式、期初、以前的付款；给出期初没有放下的."""
    left = list(opening)
    earlier = list(earlier)
    for item in items:
        maf = 0 if item["refund"] else item["maf"]
        ordinary = min(maf, item["ordinary"])
        tilt = min(maf - ordinary, item["tilt"])
        item["one_stop"] = [maf - tilt, tilt]
        item["paid"] = [maf - tilt, tilt]
        for i, name in enumerate(("ordinary", "tilt")):
            room = max(0, min(left[i], item[name] - item["paid"][i]))
            item["paid"][i] += room
            left[i] -= room
        item["published"] = [0, 0]
        names = {item["key"], *(c["clm_sn"] for c in item["claims"])}
        for one in earlier:
            if one["source_key"] in names:
                item["published"][one["fund_pay_type"] == "610102"] += one["amt"]
        item["paid"] = [a + b for a, b in zip(item["paid"], item["published"], strict=True)]
        item["delta"] = [item["ordinary"] - item["paid"][0], item["tilt"] - item["paid"][1]]
        good = [c for c in item["claims"] if payable(c)]
        if item["source"] == "settlement":
            item["clm_sn"] = (good or item["claims"] or [{"clm_sn": None}])[0]["clm_sn"]
        local = str(item["insu_admdvs"] or "").startswith("64")
        homes = [c["hukou_admdvs"] for c in good]
        item["payer"] = item["insu_admdvs"] if local else homes[0] if homes and homes[0].startswith("64") else None
        item["claim_state"] = "claimed" if good and item["payer"] else "claimable" if max(item["delta"]) > 0 else "none"
    return left


def is_published(item: Mapping[str, Any], period: str, seen_before: bool) -> bool:
    """本年的；上年的只有本年结算、退费、申请或取得身份的（上年在本工作区算过的，本年才送来的也算）."""
    year = int(period[:4])

    def now(row: Mapping[str, Any], dated: str) -> bool:
        return int(row[dated][:4]) == year or (seen_before and int(row["month"][:4]) == year)

    if item["class"] == "refunded" and not any(item["published"]):
        return False
    if item["class"] == "no_identity" and not item["maf"] and not item["claims"] and not any(item["paid"]):
        return False
    if item["begndate"].year == year:
        return True
    return item["begndate"].year == year - 1 and (
        now(item, "setl_time")
        or (item["refund"] is not None and year in (int(item["refund"][c][:4]) for c in ("setl_time", "month")))
        or any(now(c, "rcvd_date") for c in item["claims"])
        or any(
            int(i["tram_date"][:4]) == year or (seen_before and int(i["first"][:4]) == year) for i in item["covering"]
        )
    )


def assist(
    inbox: Inbox, period: str, earlier: Sequence[Mapping[str, Any]], ten_is_referred: bool, ran: Iterable[str] = ()
) -> Assisted:
    """一个月：本年与上年全部重算；`earlier` 是以前各月的付款项，`ran` 是以前算过的月份."""
    year, out = int(period[:4]), Assisted(period)
    seen_before = any(int(month[:4]) < year for month in ran)
    people = identities(inbox, period)
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for item in items_of(inbox, period):
        judge(item, people, ten_is_referred)
        groups.setdefault((item["certno"], item["begndate"].year), []).append(item)
    openings: dict[tuple[str, int], Sequence[int]] = {}
    for month in sorted(inbox.months):
        if month <= period:
            for row in inbox.months[month].get("opening_assistance", []):
                key = (str(row["certno"]), int(str(row["year"])))
                openings[key] = (money(row["ordinary_amt"]), money(row["tilt_amt"]))
    for (certno, of), items in sorted(groups.items()):
        if of not in (year, year - 1):
            continue
        items.sort(key=lambda i: (i["setl_time"], i["setl_id"] or i["key"]))
        ends = owed(items)
        openings[certno, of] = pay(items, openings.get((certno, of), (0, 0)), earlier)
        out.everything += items
        shown = [i for i in items if is_published(i, period, seen_before)]
        out.items += shown
        for item in shown:
            note(out, item)
        schemes = {("12" if i["tier"] <= 2 else "345") for i in items if i["counts"]}
        if len(schemes) == 2 and (of == year or any(i["counts"] for i in shown)):
            psn_no = min((i["psn_no"] for i in items if i["counts"] and i["psn_no"]), default=None)
            out.findings[("SCHEME_CHANGED", "warning", psn_no, of)] += 1
        for scheme in schemes if of == year or any(i["counts"] for i in shown) else ():
            mine = [i for i in items if i["counts"] and ("12" if i["tier"] <= 2 else "345") == scheme]
            out.years.append(year_row(certno, of, scheme, mine, ends[scheme]))
        if of == year and any(watched(i, year) for i in people.get(certno, [])):
            whole = [i for i in items if i["class"] != "refunded"]
            total = sum(i["base"] for i in whole)
            if total > WATCH:
                out.watch.append((certno, year, len(whole), total, total - WATCH))
    for left in openings.values():
        if any(left):
            out.findings[("OPENING_NOT_PLACED", "warning", sum(left))] += 1
    return out


def watched(identity: Mapping[str, Any], year: int) -> bool:
    """脱贫人口标记在本年内."""
    end = identity["endtime"]
    return bool(
        identity["mat_idet_code"] == "2302"
        and int(identity["begntime"][:4]) <= year
        and (not end or int(end[:4]) >= year)
    )


def note(out: Assisted, item: dict[str, Any]) -> None:
    """一笔的发现和付款项."""
    if item["class"] == "no_standard":
        out.findings[("NO_STANDARD", "error", item["psn_no"], item["setl_id"], item["base"])] += 1
    for fund, delta in zip(("610100", "610102"), item["delta"], strict=True):
        if delta < 0:
            due = item["tilt" if fund == "610102" else "ordinary"]
            key = ("OVERPAID_ASSISTANCE", "error", item["psn_no"], item["setl_id"], fund, due, due - delta, -delta)
            out.findings[key] += 1
        if delta > 0 and item["claim_state"] == "claimed":
            out.payouts.append(
                {
                    "source_key": item["key"],
                    "fund_pay_type": fund,
                    "amt": delta,
                    "insu_admdvs": item["payer"],
                    "certno": item["certno"],
                    "psn_no": item["psn_no"],
                    "period": out.period,
                }
            )


def year_row(certno: str, year: int, scheme: str, items: Sequence[Mapping[str, Any]], run: int) -> dict[str, Any]:
    """一人一年一类累计."""
    ordinary, tilt = sum(i["ordinary"] for i in items), sum(i["tilt"] for i in items)
    paid = [sum(i["paid"][k] for i in items) for k in (0, 1)]
    return {
        "certno": certno,
        "benefit_year": year,
        "scheme": scheme,
        "items": len(items),
        "base_amt": sum(i["base"] for i in items),
        "run_amt": run,
        "ordinary_amt": ordinary,
        "tilt_amt": tilt,
        "ordinary_left": (CAP if scheme == "12" else OTHER_CAP) - ordinary,
        "tilt_left": TILT_CAP - tilt if scheme == "12" else None,
        "paid_ordinary": paid[0],
        "paid_tilt": paid[1],
        "delta_ordinary": ordinary - paid[0],
        "delta_tilt": tilt - paid[1],
    }
