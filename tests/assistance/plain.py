"""The page of the rules once more, in plain Python: one item after the other, amounts as decimals of yuan.

Nothing here comes from the product: numbers, codes and order are written down again, so that both must agree.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Row = dict[str, Any]
D = Decimal
NIL, FEN = D("0.00"), D("0.01")
INSURED = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay")
TIER = {"2304": 1, "236001": 1, "2303": 2, "236002": 2, "236003": 2, "2305": 3, "236004": 4, "2306": 5}
RATE = {1: D("1.00"), 2: D("0.80"), 3: D("0.70"), 4: D("0.70"), 5: D("0.60")}
START = {3: D(3000), 4: D(5000), 5: D(7000)}
ORD, TILT = "610100", "610102"


def yuan(fen: int | None) -> Decimal:
    return D(fen or 0) / 100


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(FEN, ROUND_HALF_UP)


@dataclass
class Item:
    key: str
    row: Row
    settled: bool
    maf: Decimal = NIL
    refund_year: int | None = None
    claims: list[Row] = field(default_factory=list)
    tier: int | None = None
    no_standard: bool = False
    given: int | None = None
    kind: str = ""
    before: Decimal | None = None
    after: Decimal | None = None
    ordinary: Decimal = NIL
    tilt: Decimal = NIL
    paid_ordinary: Decimal = NIL
    paid_tilt: Decimal = NIL
    out: Decimal = NIL

    @property
    def person(self) -> tuple[str, str]:
        return ("c", self.row["certno"]) if self.row["certno"] else ("p", self.row["psn_no"])

    @property
    def year(self) -> int:
        return int(self.row["begndate"].year)

    @property
    def base(self) -> Decimal:
        left = yuan(self.row["inscp_scp_amt"]) - sum((yuan(self.row[c]) for c in INSURED), NIL)
        return max(left, NIL)

    @property
    def order(self) -> tuple[Any, str]:
        return self.row["setl_time"], self.row["setl_id"] or self.key


def assisted(med_type: str) -> bool:
    return med_type.startswith(("14", "2"))


def newest(rows: list[Row], *key: str) -> list[Row]:
    kept: dict[Any, Row] = {}
    for r in sorted(rows, key=lambda r: r["inbox_month"]):
        kept[tuple(r[k] for k in key)] = r
    return list(kept.values())


def valid(claim: Row) -> bool:
    return claim["clm_way"] == "3" or (claim["clm_way"] == "4" and bool(claim["crtf_docno"]))


def find_items(settlements: list[Row], claims: list[Row]) -> dict[str, Item]:
    rows = newest(settlements, "setl_id", "refd_setl_flag")
    known = {r["setl_id"]: r for r in rows if r["refd_setl_flag"] == "0"}
    items = {k: Item(k, r, True, yuan(r["maf_pay"])) for k, r in known.items() if assisted(r["med_type"])}
    for r in rows:
        if r["refd_setl_flag"] == "1":
            target = r["org_setl_id"] if r["org_setl_id"] in known else r["setl_id"]
            if target in items:
                year = max(r["setl_time"].year, int(r["inbox_month"][:4]))
                items[target].refund_year = max(year, items[target].refund_year or 0)
    manual = [c for c in newest(claims, "clm_sn") if c["clm_way"] in ("3", "4")]
    for c in sorted(manual, key=lambda c: (c["rcvd_date"], c["clm_sn"])):
        if c["setl_id"] in known:
            if c["setl_id"] in items:
                items[c["setl_id"]].claims.append(c)
        elif assisted(c["med_type"]):
            same = [i for i in items.values() if not i.settled and c["setl_id"] and i.row["setl_id"] == c["setl_id"]
                    and (i.row["certno"], i.row["psn_no"]) == (c["certno"], c["psn_no"])]
            if same:
                same[0].claims.append(c)
            else:
                items[c["clm_sn"]] = Item(c["clm_sn"], c, False, claims=[c])
    return items


def identify(item: Item, identities: list[Row], first_months: dict[Any, str], ran_before: bool) -> None:
    r = item.row
    for i in identities:
        mine = i["certno"] == r["certno"] if r["certno"] else i["psn_no"] == r["psn_no"]
        if not mine:
            continue
        code = i["mat_idet_code"]
        standard = TIER.get(code)
        without = standard is None and (code.startswith("21") or code == "2360")
        if standard is None and not without:
            continue
        last = r["enddate"] if r["med_type"].startswith("2") else r["begndate"]
        if i["begntime"] > last or (i["endtime"] is not None and i["endtime"] < r["begndate"]):
            continue
        year = i["tram_date"].year
        if ran_before:
            year = max(year, int(first_months[i["certno"], code, i["begntime"]][:4]))
        item.given = max(year, item.given or 0)
        if without:
            item.no_standard = True
        elif item.tier is None or standard < item.tier:
            item.tier = standard


def referred(r: Row, ten: bool) -> bool:
    if r["emer_flag"] == "1" or r["med_type"].startswith(("13", "24")):
        return True
    filed = r["out_fil_type"]
    if filed == "11" or (filed == "10" and not ten):
        return False
    return bool(filed) or r["pay_loc"] != "4"


def entitle(items: list[Item]) -> None:
    """One person, one year."""
    rest = total = NIL
    used = {"12": NIL, "345": NIL}
    tilted = NIL
    for i in sorted(items, key=lambda i: i.order):
        assert i.tier is not None
        if i.tier <= 2:
            i.ordinary = min(cents(RATE[i.tier] * i.base), D(50000) - used["12"])
            used["12"] += i.ordinary
            i.before = rest
            rest += i.base - i.ordinary
            i.after = rest
            part = max(NIL, i.after - 3000) - max(NIL, i.before - 3000)
            i.tilt = min(cents(D("0.70") * part), D(110000) - tilted)
            tilted += i.tilt
        else:
            i.before = total
            total += i.base
            i.after = total
            start = START[i.tier]
            part = max(NIL, i.after - start) - max(NIL, i.before - start)
            i.ordinary = min(cents(RATE[i.tier] * part), D(160000) - used["345"])
            used["345"] += i.ordinary


def place_opening(items: list[Item], opening: list[Row]) -> None:
    for o in opening:
        left = {"ordinary": yuan(o["ordinary_amt"]), "tilt": yuan(o["tilt_amt"])}
        mine = [i for i in items if i.row["certno"] == o["certno"] and i.year == o["year"]]
        for i in sorted(mine, key=lambda i: i.order):
            for fund in ("ordinary", "tilt"):
                room = max(NIL, getattr(i, fund) - getattr(i, f"paid_{fund}"))
                laid = min(room, left[fund])
                setattr(i, f"paid_{fund}", getattr(i, f"paid_{fund}") + laid)
                left[fund] -= laid


@dataclass
class Month:
    items: dict[str, tuple[Any, ...]]
    payouts: dict[tuple[str, str], tuple[Decimal, str, str]]
    claimable: Decimal
    watch: dict[str, Decimal]
    findings: dict[str, int]


def assist(month: str, settlements: list[Row], claims: list[Row], identities: list[Row], opening: list[Row],
           paid: list[tuple[str, str, Decimal]], first_months: dict[Any, str], ran_before: bool, ten: bool = False) -> Month:
    """Month P: rows known by then, payout items of earlier months as (source key, fund, amount)."""
    year = int(month[:4])
    every = find_items(settlements, claims)
    owner = {c["clm_sn"]: k for k, i in every.items() for c in i.claims}
    items = [i for i in every.values() if i.year in (year - 1, year)]
    counted: dict[Any, list[Item]] = defaultdict(list)
    for i in items:
        identify(i, identities, first_months, ran_before)
        if i.refund_year is not None:
            i.kind = "refunded"
        elif i.tier is None:
            i.kind = "no_standard" if i.no_standard else "no_identity"
        elif not referred(i.row, ten):
            i.kind = "not_referred"
        else:
            counted[i.person, i.year, i.tier <= 2].append(i)
    for group in counted.values():
        entitle(group)
        for i in group:
            i.kind = "due" if i.ordinary + i.tilt > 0 else "nothing_due"
    for i in items:
        maf = NIL if i.kind == "refunded" else i.maf
        first = min(maf, i.ordinary)
        second = min(maf - first, i.tilt)
        i.paid_ordinary, i.paid_tilt = first + (maf - first - second), second
    place_opening(items, opening)
    by_key = {i.key: i for i in items}
    for key, fund, amount in paid:
        mine = by_key.get(key) or by_key.get(owner.get(key, ""))
        if mine is not None:
            mine.out += amount
            if fund == ORD:
                mine.paid_ordinary += amount
            else:
                mine.paid_tilt += amount
    return report(month, year, items, identities, counted, ran_before)


def report(month: str, year: int, items: list[Item], identities: list[Row], counted: dict[Any, list[Item]], ran_before: bool
           ) -> Month:
    rows: dict[str, tuple[Any, ...]] = {}
    payouts: dict[tuple[str, str], tuple[Decimal, str, str]] = {}
    claimable = NIL
    findings: dict[str, int] = defaultdict(int)
    shown_people = set()
    for i in items:
        paid = i.paid_ordinary != 0 or i.paid_tilt != 0
        if i.kind == "refunded" and not paid:
            continue
        if i.kind == "no_identity" and not (i.claims or i.maf != 0 or paid):
            continue
        if i.year < year:
            touched = i.row["setl_time"].year == year or i.refund_year == year or i.given == year or any(
                c["rcvd_date"].year == year for c in i.claims)
            if ran_before:
                touched = touched or any(r["inbox_month"][:4] == str(year) for r in (i.row, *i.claims))
            if not touched:
                continue
        best = min(i.claims, key=lambda c: (not valid(c), c["rcvd_date"], c["clm_sn"]), default=None)
        payer = None
        if best is not None and valid(best):
            payer = next((a for a in (i.row["insu_admdvs"], best["hukou_admdvs"]) if a and a.startswith("64")), None)
        delta = {ORD: i.ordinary - i.paid_ordinary, TILT: i.tilt - i.paid_tilt}
        state = "claimed" if payer else "claimable" if max(delta.values()) > 0 else "none"
        for fund, amount in delta.items():
            if amount > 0 and payer:
                payouts[i.key, fund] = (amount, payer, i.row["psn_no"] or i.row["certno"])
            elif amount > 0:
                claimable += amount
            elif amount < 0:
                findings["OVERPAID_ASSISTANCE"] += 1
        if i.kind == "no_standard":
            findings["NO_STANDARD"] += 1
        if i.kind in ("due", "nothing_due"):
            shown_people.add((i.person, i.year))
        rows[i.key] = (i.kind, i.tier, i.base, i.before, i.after, i.ordinary, i.tilt, i.paid_ordinary, i.paid_tilt,
                       delta[ORD], delta[TILT], state, i.key if not i.settled else best["clm_sn"] if best else None)
    for person, benefit_year in shown_people:
        if (person, benefit_year, True) in counted and (person, benefit_year, False) in counted:
            findings["SCHEME_CHANGED"] += 1
    watch: dict[str, Decimal] = defaultdict(lambda: NIL)
    marked = {i["certno"] for i in identities if i["mat_idet_code"] == "2302" and i["begntime"].year <= year
              and (i["endtime"] is None or i["endtime"].year >= year)}
    for i in items:
        if i.year == year and i.kind != "refunded" and i.row["certno"] in marked:
            watch[i.row["certno"]] += i.base
    return Month(rows, payouts, claimable, {c: a for c, a in watch.items() if a > 20000}, dict(findings))
