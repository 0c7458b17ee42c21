"""场景 (a scene): a few units and people set up by hand, with the files they appear in and what must come out.

Months are counted from the sample's start: 0 is its first month, −1 the month before. Amounts are in fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from nxmed.kernel.money import half_up_scalar, yuan
from nxmed.kernel.period import Period
from nxmed.samples import crowd_arrivals, identities, layout, planted
from nxmed.samples.chance import draw_one
from nxmed.samples.crowd import PAYING
from nxmed.samples.regions import PPM, Region

HUNDRED = 10_000
"""100 yuan in fen."""
ITEMS = {"emp": crowd_arrivals.EMP_ITEM, "psn": crowd_arrivals.PSN_ITEM, "any": crowd_arrivals.ANY_ITEM}


@dataclass(frozen=True)
class Unit:
    """单位 of a scene."""

    emp_no: str
    name: str
    uscc: str
    admdvs: str
    quts: str
    mgt: str


@dataclass(frozen=True)
class Person:
    """人员 of a scene."""

    psn_no: str
    name: str
    certno: str
    admdvs: str
    psn_type: str


@dataclass
class Scene:
    """场景: collects rows by (month, contract), lines of the tax bureau, and what was planted."""

    region: Region
    start: Period
    months: int
    seed: int
    rows: dict[tuple[int, str], list[dict[str, object]]] = field(default_factory=dict)
    lines: list[dict[str, object]] = field(default_factory=list)
    plants: list[dict[str, str]] = field(default_factory=list)
    _units: int = 0
    _persons: int = 0
    _tickets: int = 0
    _changes: int = 0

    # -- time

    def day(self, k: int, number: int) -> date:
        """A day of month k (1 to 28), or its last day with 31."""
        month = self.start + k
        return month.last_day if number == 31 else date(month.year, month.month, number)

    def ym(self, k: int) -> str:
        return (self.start + k).ym

    def in_range(self, k: int) -> bool:
        return k < self.months

    # -- rows

    def add(self, k: int, contract: str, **cells: object) -> None:
        """One row of a file of month k (dropped where the sample ends before)."""
        if self.in_range(k):
            self.rows.setdefault((k, contract), []).append(cells)

    def plant(self, k: int, table: str, code: str, key: Mapping[str, object], note: str,
              expect: Mapping[str, object] | None = None, command: str = "assess", until: int | None = None) -> None:
        """Write down what must be found in month k (to month `until`)."""
        for month in range(k, (k if until is None else until) + 1):
            if self.in_range(month):
                self.plants.append({
                    "month": (self.start + month).text, "command": command, "table": table, "code": code,
                    "key": planted.pairs(key), "expect": planted.pairs(expect or {}), "note": note})

    def finding(self, k: int, code: str, key: Mapping[str, object], note: str, command: str = "assess",
                until: int | None = None) -> None:
        """A finding that must come up."""
        self.plant(k, planted.FINDINGS, code, key, note, command=command, until=until)

    # -- units and people

    def unit(self, name: str, *, county: int = 0, mgt: str = "01", quts: str = "2", stas: str = "2",
             stas_later: str = "", bad: bool = False, registered: bool = True) -> Unit:
        """参保单位, in the unit files of every month (stas_later: its status from the second month on)."""
        self._units += 1
        admdvs, place = self.region.divisions[county]
        code = str(pl.select(identities.uscc(
            pl.lit(self._units + 100, pl.Int64), pl.lit(int(admdvs), pl.Int64), "12" if quts == "1" else "91")).item())
        if bad:
            code = code[:-1] + ("0" if code[-1] != "0" else "1")
        made = Unit(f"{admdvs}{self._units:06d}", f"{place}样例{name}", code, admdvs, quts, mgt)
        for k in range(min(self.months, 2) if registered else 0):
            self.add(k, "units", emp_no=made.emp_no, emp_name=made.name, uscc=code, insu_admdvs=admdvs, emp_mgt_type=mgt,
                     quts_type=quts, emp_insu_stas=stas_later if k and stas_later else stas)
        return made

    def someone(self, admdvs: str, psn_type: str = "1101", *, name: str = "", bad: bool = False) -> Person:
        """A person who stands nowhere yet."""
        self._persons += 1
        serial = self._persons
        if not name:
            name = str(pl.select(identities.person_name(
                pl.lit(draw_one(serial, self.seed, "scene surname", len(identities.SURNAMES)), pl.Int64),
                pl.lit(draw_one(serial, self.seed, "scene given", len(identities.GIVEN)), pl.Int64))).item())
        certno = str(pl.select(identities.certno(
            pl.lit(serial, pl.Int64), pl.lit(int(admdvs), pl.Int64), pl.lit(psn_type in ("1201", "1300")))).item())
        if bad:
            certno = certno[:-1] + ("1" if certno[-1] != "1" else "2")
        return Person(f"{admdvs}{serial:014d}", name, certno, admdvs, psn_type)

    def enrol(self, unit: Unit, person: Person, *, stas: str = "1", hi_type: str = "1") -> None:
        """In the persons file of the first month, in that unit."""
        self.add(0, "persons", psn_no=person.psn_no, psn_name=person.name, certno=person.certno, emp_no=unit.emp_no,
                 insu_admdvs=person.admdvs, psn_type=person.psn_type, hi_type=hi_type, psn_insu_stas=stas)

    def person(self, unit: Unit, wage: int | None, psn_type: str = "1101", *, name: str = "", stas: str = "1",
               hi_type: str = "1", bad: bool = False, charged: bool = True) -> Person:
        """参保人员 with a wage declared in time (none where `wage` is None); charged: has had this year's supplement."""
        made = self.someone(unit.admdvs, psn_type, name=name, bad=bad)
        self.enrol(unit, made, stas=stas, hi_type=hi_type)
        if wage is not None:
            self.declare(unit, made, wage)
        if charged:
            self.charged(made)
        return made

    def charged(self, person: Person) -> None:
        """期初大额: this year's supplement has been charged already (nothing where the region has none)."""
        pays, retired = person.psn_type in PAYING, person.psn_type in ("1201", "1300")
        if self.region.supplement and self.start.month > 1 and (pays or retired):
            amount = self.region.supplement_psn + (self.region.supplement_emp if pays else 0)
            self.add(0, "opening_supplements", psn_no=person.psn_no, year=str(self.start.year), amt=amount)

    def declare(self, unit: Unit, person: Person, wage: int, *, on: date | None = None, k: int = 0) -> None:
        """缴费工资申报: of every year of the sample in the December before, or one of a given day."""
        years = {(self.start + m).year: m for m in reversed(range(self.months))}
        days = [(y, m, date(y - 1, 12, 15)) for y, m in years.items()] if on is None else [
            ((self.start + k).year, k, on)]
        for year, month, when in days:
            self.add(month, "wage_declarations", year=str(year), emp_no=unit.emp_no, psn_no=person.psn_no,
                     dcla_date=when, wag=wage)

    def change(self, k: int, unit: Unit, person: Person, kind: str, received: date, wage: int | None = None) -> str:
        """人员增减 delivered in month k; gives its number."""
        self._changes += 1
        number = f"{received:%Y%m}9{self._changes:09d}{kind}"
        self.add(k, "personnel_changes", chg_sn=number, emp_no=unit.emp_no, psn_no=person.psn_no,
                 psn_name=person.name, certno=person.certno, psn_type=person.psn_type, psn_chg_type=kind,
                 rcvd_date=received, wag=wage, insu_admdvs=person.admdvs)
        return number

    # -- money

    def dues(self, unit: Unit, *wages: int, k: int = 0) -> tuple[int, int]:
        """应缴 of unit and persons for these wages in month k, by the public arithmetic."""
        bounds = self.region.bounds(self.start, self.start + k)
        own = unit.mgt if unit.mgt in self.region.unit_ppm else unit.quts
        rate = self.region.unit_ppm[own]
        bases = [min(max(w, bounds.floor), bounds.ceiling) for w in wages]
        psn = 0 if own == "05" else self.region.person_ppm
        return (sum(half_up_scalar(b * rate, PPM) for b in bases), sum(half_up_scalar(b * psn, PPM) for b in bases))

    def late(self, amount: int, days: int) -> int:
        """滞纳金."""
        return half_up_scalar(amount * days * self.region.latefee_ppm, PPM)

    def bill(self, unit: Unit, k: int, insutype: str = "310") -> str:
        """核定单号."""
        return f"{self.ym(k)}-{unit.emp_no}-{insutype}"

    def treasury(self, unit: Unit, nth: int = 0) -> str:
        """国库代码 of the unit's county; other `nth` are treasuries of their own."""
        return f"28{unit.admdvs}{nth:03d}"

    def ticket(self, k: int) -> str:
        """A fresh 电子税票号码."""
        self._tickets += 1
        return f"3{self.region.prefix}{self.ym(k)}90{self._tickets:08d}"

    def line(self, k: int, payer: Unit | Person, amt: int, *, day: int, part: str = "any", item: str = "",
             ticket: str = "", line: int = 1, bill: str = "", begn: int | None = None, end: int | None = None,
             latefee: int = 0, attr: str = crowd_arrivals.NORMAL, tie: str = "ticket", off: int = 0, month: int | None = None,
             org: str = "", again: bool = False, treasury: str = "", insutype: str = "310") -> str:
        """到账明细, one line delivered in month k (entered the treasury on `day` of `month`, k unless given)."""
        number = ticket or self.ticket(k)
        if not self.in_range(k):
            return number
        self.lines.append({
            "elec_taxrpt_no": number, "line_no": line,
            "taxpayer_no": payer.uscc if isinstance(payer, Unit) else payer.certno, "taxpayer_name": payer.name,
            "clct_bill_id": bill or None, "levy_subitem_name": item or ITEMS[part],
            "accrym_begn": None if begn is None else self.ym(begn), "accrym_end": None if end is None else self.ym(end),
            "paid_amt": amt, "latefee": latefee, "levy_attr": attr,
            "intsury_time": self.day(k if month is None else month, day),
            "treasury_code": treasury or f"28{payer.admdvs}000", "org_taxrpt_no": org or None, "k": k,
            "insutype": insutype, "tie": tie, "off": off, "again": again})
        return number

    def settle(self, unit: Unit, k: int, due: tuple[int, int], *, day: int = 10, tie: str = "day") -> str:
        """An ordinary payment: both parts of month k's bill on one ticket."""
        number = self.ticket(k)
        for line, (part, amt) in enumerate(zip(("emp", "psn"), due, strict=True), start=1):
            if amt:
                self.line(k, unit, amt, day=day, part=part, ticket=number, line=line, bill=self.bill(unit, k), tie=tie)
        return number

    def statement(self, k: int, treasury: str, on: date, amount: int, *, ticket: str = "", insutype: str = "310") -> None:
        """A row of the treasury statement delivered in month k, written by hand."""
        self.add(k, "treasury_statement", treasury_code=treasury, stmt_date=on, insutype=insutype,
                 elec_taxrpt_no=ticket or None, intsury_amt=max(amount, 0), refd_amt=max(-amount, 0))

    def arrival(self, k: int, ticket: str, line: int, kind: str, note: str, applied: int = 0, credit: int = 0,
                step: str = "") -> None:
        """What must become of a line."""
        expect: dict[str, object] = {"applied_amt": yuan(applied), "credit_amt": yuan(credit)}
        if step:
            expect["match_step"] = step
        self.plant(k, "arrivals", kind, {"elec_taxrpt_no": ticket, "line_no": line}, note, expect, "reconcile")

    # -- results

    def frames(self) -> dict[tuple[int, str], pl.DataFrame]:
        """Rows by (month, contract), typed."""
        return {
            place: pl.DataFrame(rows, schema=layout.schema(place[1])) for place, rows in sorted(self.rows.items())
        }

    def line_frame(self) -> pl.DataFrame:
        """到账明细 with what the treasury makes of them."""
        return pl.DataFrame(self.lines, schema=crowd_arrivals.LINES)
