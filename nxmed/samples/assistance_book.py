"""救助样例的登记簿 (a year of assistance set up by hand: people, identities, stays, claims, accounts, and what must come out).

Amounts are written in yuan as text, as a person would write them; what is expected stands beside each case and is worked
out by hand. Everything is of the year 2026 in Ningxia; months 11 and 12 are the ones computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from nxmed.kernel.identifiers import certno_check_digit, cnaps_check_digit, luhn_check_digit
from nxmed.samples import identities, planted

YEAR, FIRST, LAST = 2026, 11, 12
MONTHS = (FIRST, LAST)
CITY = "640104"
ZERO = "0.00"
BIG_HOSPITAL, SMALL_HOSPITAL, COUNTY_HOSPITAL, OUTSIDE = (
    "H64019900001", "H64019900002", "H64019900003", "H64019900009")
SERIALS = 900_000
"""Numbers of these people and of their papers begin here: nobody else of the samples has them."""


def _in_gbk(pool: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in pool if not any("\u3400" <= c <= "\u4dbf" for c in name))


SURNAMES, GIVEN = _in_gbk(identities.SURNAMES), _in_gbk(identities.GIVEN)
"""Names that a bank's GBK file can hold: these people are paid."""


def fen(text: str) -> int:
    """元 as written ("12.30") in fen."""
    return int(text.replace(".", ""))


def yuan(amount: int) -> str:
    """分 as written ("12.30")."""
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


@dataclass(frozen=True)
class Person:
    """救助对象. `insured`: place of insurance, `hukou`: of household registration; no number where insured outside."""

    psn_no: str
    name: str
    certno: str
    insured: str
    hukou: str

    @property
    def payee(self) -> str:
        return self.psn_no or self.certno


@dataclass(frozen=True)
class Fees:
    """一笔费用 (fen): in-scope fees, what insurance paid by fund, and the person's own share outside the scope."""

    scope: int
    funds: Mapping[str, int]
    own: int
    first: int


@dataclass
class Book:
    """登记簿: rows of files by (month, contract), and what was planted."""

    rows: dict[tuple[int, str], list[dict[str, str]]] = field(default_factory=dict)
    plants: list[dict[str, str]] = field(default_factory=list)
    _people: int = 0
    _numbers: int = 0

    def add(self, month: int, contract: str, **cells: str) -> None:
        """One row of a file of that month."""
        self.rows.setdefault((month, contract), []).append(cells)

    def plant(self, month: int, table: str, code: str, key: Mapping[str, object], note: str,
              expect: Mapping[str, object] | None = None, command: str = "assist") -> None:
        """What must be found in a month."""
        cells = (f"{YEAR}-{month}", command, table, code, planted.pairs(key), planted.pairs(expect or {}), note)
        self.plants.append(dict(zip(planted.SHAPE, cells, strict=True)))

    def finding(self, code: str, key: Mapping[str, object], note: str, months: tuple[int, ...] = MONTHS,
                expect: Mapping[str, object] | None = None, command: str = "assist") -> None:
        """A finding that must come up in these months."""
        for month in months:
            self.plant(month, planted.FINDINGS, code, key, note, expect, command)

    # -- people

    def person(self, born: str, *, insured: str = CITY, hukou: str = "", wrong_digit: bool = False) -> Person:
        """编造的人: born "19650412"; insured outside the region: without a number of the region's."""
        self._people += 1
        serial = SERIALS + self._people
        home = hukou or insured
        first = f"{home}{born}{900 + self._people % 100:03d}"
        last = certno_check_digit(first)
        if wrong_digit:
            last = "0" if last != "0" else "1"
        given = GIVEN[self._people * 5 % len(GIVEN)]
        name = given if "·" in given else SURNAMES[self._people * 7 % len(SURNAMES)] + given
        here = insured.startswith("64")
        return Person(f"{insured}{serial:014d}" if here else "", name, first + last, insured, home)

    def identity(self, who: Person, code: str, begins: str, ends: str = "", *, pushed: str = "", month: int = 1,
                 source: str = "1") -> None:
        """救助身份, delivered in `month`; pushed by its office on `pushed`, else on its first day."""
        self.add(month, "assistance_identities", certno=who.certno, mat_idet_code=code, begntime=begins, psn_no=who.psn_no,
                 endtime=ends, mat_data_souc=source, hukou_admdvs=who.hukou, tram_date=pushed or begins)

    # -- fees

    def stay(self, who: Person, begins: str, ends: str, base: str, maf: str = ZERO, *, kind: str = "21",
             hospital: str = BIG_HOSPITAL, insutype: str = "390", place: str = "2", filed: str = "", emergency: str = "0",
             scope: str = "", funds: Mapping[str, str] | None = None, acct: str = ZERO) -> str:
        """结算 with the base E that it leaves after insurance (days "0312", or "20251220" of another year); its number.

        Insurance paid half as much again as the base, unless `scope` and `funds` say otherwise.
        """
        self._numbers += 1
        first, last = _day(begins), _day(ends)
        number = f"64JZ{last:%Y%m}{SERIALS + self._numbers:08d}"
        paid = {n: fen(v) for n, v in (funds or {}).items()} or {"hifp_pay": fen(base) // 200 * 300}
        self._settled(last.month, who, Fees(fen(scope) if scope else fen(base) + sum(paid.values()), paid, fen(base) // 20, 30_000),
                      fen(maf), fen(acct), setl_id=number, med_type=kind, fixmedins_code=hospital, insutype=insutype,
                      begndate=first.isoformat(), enddate=last.isoformat(), setl_time=f"{last.isoformat()} 10:30:00",
                      pay_loc=place, out_fil_type=filed, emer_flag=emergency)
        return number

    def _settled(self, month: int, who: Person, fees: Fees, maf: int, acct: int, **cells: str) -> None:
        fund = sum(fees.funds.values()) + maf
        part = fees.scope + fees.own - fund
        amounts = {
            "medfee_sumamt": fees.scope + fees.own, "fulamt_ownpay_amt": fees.own, "inscp_scp_amt": fees.scope,
            "act_pay_dedc": fees.first, **fees.funds, "maf_pay": maf, "fund_pay_sumamt": fund, "psn_part_amt": part,
            "acct_pay": acct, "psn_cash_pay": part - acct,
        }
        self.add(month, "settlements", **{n: yuan(v) for n, v in amounts.items()}, **cells, refd_setl_flag="0",
                 psn_no=who.psn_no, psn_name=who.name, certno=who.certno, insu_admdvs=who.insured, setl_type="2",
                 clr_type="11" if cells["med_type"].startswith("14") else "21", clr_optins=who.insured, org_setl_id="")

    def refund(self, setl_id: str, day: str) -> None:
        """退费 of the whole settlement, under its own number."""
        [old] = [r for (_, c), rows in self.rows.items() if c == "settlements" for r in rows if r["setl_id"] == setl_id]
        back = {n: yuan(-fen(v)) if _is_amount(n) else v for n, v in old.items()}
        when = _day(day)
        self.add(when.month, "settlements", **{
            **back, "refd_setl_flag": "1", "org_setl_id": setl_id, "setl_time": f"{when.isoformat()} 15:00:00"})

    def claim(self, who: Person, received: str, *, way: str = "3", setl_id: str = "", base: str = "", days: tuple[str, str] = ("1003", "1010"),
              paper: str = "", kind: str = "21", filed: str = "06") -> str:
        """申请 received on that day: on a known settlement (its fees), or with fees of its own (`base`); its number."""
        self._numbers += 1
        when = _day(received)
        number = f"SQ{when:%Y%m%d}{SERIALS + self._numbers:06d}"
        known = [r for (_, c), rows in self.rows.items() if c == "settlements" for r in rows if r["setl_id"] == setl_id]
        cells = {n: known[0][n] for n in (
            "med_type", "begndate", "enddate", "setl_time", "medfee_sumamt", "inscp_scp_amt", "hifp_pay", "pay_loc",
            "out_fil_type", "emer_flag")} if known and not base else self._own_fees(base, days, kind, filed)
        self.add(when.month, "assistance_claims", clm_sn=number, clm_way=way, setl_id=setl_id, psn_no=who.psn_no,
                 psn_name=who.name, certno=who.certno, insu_admdvs=who.insured, hukou_admdvs=who.hukou, crtf_docno=paper,
                 rcvd_date=when.isoformat(), **cells)
        return number

    @staticmethod
    def _own_fees(base: str, days: tuple[str, str], kind: str, filed: str) -> dict[str, str]:
        """Fees of a hospital that is not connected: insurance paid them by hand at the centre."""
        first, last = (_day(d).isoformat() for d in days)
        paid = fen(base) // 200 * 300
        return {"med_type": kind, "begndate": first, "enddate": last, "setl_time": f"{last} 09:00:00",
                "medfee_sumamt": yuan(fen(base) + paid + fen(base) // 20), "inscp_scp_amt": yuan(fen(base) + paid),
                "hifp_pay": yuan(paid), "pay_loc": "1", "out_fil_type": filed, "emer_flag": "0"}

    def opening(self, who: Person, ordinary: str, tilt: str) -> None:
        """期初救助: paid this year before the first month."""
        self.add(FIRST, "opening_assistance", certno=who.certno, year=str(YEAR), ordinary_amt=ordinary, tilt_amt=tilt)

    def account(self, who: Person, *, months: tuple[int, ...] = MONTHS, since: str = "2024-01-01", until: str = "",
                active: str = "1", name: str = "") -> None:
        """待遇发放账户, in the account files of these months."""
        for month in months:
            self.add(month, "bank_accounts", ptcp_type="2", ptcp_code=who.payee, used_type="2", begndate=since,
                     bankacct=card_of(who.certno + since), acctname=name or who.name, bankcode=BANKS[0][0], bank_name=BANKS[0][1],
                     acct_type="1", fin_actv_flag=active, enddate=until)

    # -- results

    def item(self, key: str, kind: str, tier: str = "", owed: tuple[str, str] = (ZERO, ZERO),
             paid: tuple[str, str] | None = None, *, state: str = "none", note: str = "", by: str = "setl_id",
             months: tuple[int, ...] = MONTHS) -> None:
        """救助项 that must come out (owed and paid: ordinary, tilt; paid as owed unless given; differences follow)."""
        given = owed if paid is None else paid
        names = ("ordinary", "tilt")
        cells = {"tier": tier, **{f"{n}_amt": a for n, a in zip(names, owed, strict=True)},
                 **{f"paid_{n}": p for n, p in zip(names, given, strict=True)},
                 **{f"delta_{n}": yuan(fen(a) - fen(p)) for n, a, p in zip(names, owed, given, strict=True)},
                 "claim_state": state}
        for month in months:
            self.plant(month, "assistance_items", kind, {by: key}, note, {n: v for n, v in cells.items() if v})

    def pay(self, month: int, key: str, fund: str, amount: str, payer: str = CITY, note: str = "") -> None:
        """付款项 that a month must make."""
        self.plant(month, "payout_items", "", {"source_key": key, "fund_pay_type": fund}, note,
                   {"amt": amount, "insu_admdvs": payer})


BANKS = tuple((first + cnaps_check_digit(first), name) for first, name in (
    ("10587100001", "样例银行银川分行"), ("10287300002", "样例银行西吉支行")))
"""联行号 and name of made-up banks."""


def card_of(text: str, head: str = "621799") -> str:
    """卡号 of 19 digits with a valid Luhn digit, one of its own for each text."""
    digits = "".join(c for c in text if c.isdigit())
    first = head + str(int(digits) % 10**12).zfill(12)
    return first + luhn_check_digit(first)


def _is_amount(name: str) -> bool:
    return name.endswith(("_amt", "_sumamt", "_pay", "_dedc", "_selfpay")) and name != "pay_loc"


def _day(text: str) -> date:
    return date.fromisoformat(text) if len(text) == 8 else date(YEAR, int(text[:2]), int(text[2:]))
