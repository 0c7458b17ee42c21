"""场景里的登记 (units, people, declarations and changes of a scene, and the list of what was planted).

Months are counted from the sample's start: 0 is its first month, −1 the month before. Amounts are in fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from nxmed.kernel.period import Period
from nxmed.samples import identities, layout, planted
from nxmed.samples.chance import draw_one
from nxmed.samples.crowd import PAYING, RETIRED
from nxmed.samples.regions import Region

HUNDRED = 10_000
"""100 yuan in fen."""


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
class Register:
    """登记: units, people, changes by (month, contract), and what was planted."""

    region: Region
    start: Period
    months: int
    seed: int
    rows: dict[tuple[int, str], list[dict[str, object]]] = field(default_factory=dict)
    plants: list[dict[str, str]] = field(default_factory=list)
    _units: int = 0
    _persons: int = 0
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

    def plant(
        self,
        k: int,
        table: str,
        code: str,
        key: Mapping[str, object],
        note: str,
        expect: Mapping[str, object] | None = None,
        command: str = "assess",
        until: int | None = None,
    ) -> None:
        """Write down what must be found in month k (to month `until`)."""
        for month in range(k, (k if until is None else until) + 1):
            if self.in_range(month):
                self.plants.append(
                    {
                        "month": (self.start + month).text,
                        "command": command,
                        "table": table,
                        "code": code,
                        "key": planted.pairs(key),
                        "expect": planted.pairs(expect or {}),
                        "note": note,
                    }
                )

    def finding(
        self, k: int, code: str, key: Mapping[str, object], note: str, command: str = "assess", until: int | None = None
    ) -> None:
        """A finding that must come up."""
        self.plant(k, planted.FINDINGS, code, key, note, command=command, until=until)

    # -- units and people

    def unit(
        self,
        name: str,
        *,
        county: int = 0,
        mgt: str = "01",
        quts: str = "2",
        stas: str = "2",
        stas_later: str = "",
        bad: bool = False,
        registered: bool = True,
    ) -> Unit:
        """参保单位, in the unit files of every month (stas_later: its status from the second month on)."""
        self._units += 1
        admdvs, place = self.region.divisions[county]
        code = identities.one_uscc(self._units + 100, int(admdvs), "12" if quts == "1" else "91")
        if bad:
            code = code[:-1] + ("0" if code[-1] != "0" else "1")
        made = Unit(f"{admdvs}{self._units:06d}", f"{place}样例{name}", code, admdvs, quts, mgt)
        for k in range(min(self.months, 2) if registered else 0):
            self.add(
                k,
                "units",
                emp_no=made.emp_no,
                emp_name=made.name,
                uscc=code,
                insu_admdvs=admdvs,
                emp_mgt_type=mgt,
                quts_type=quts,
                emp_insu_stas=stas_later if k and stas_later else stas,
            )
        return made

    def someone(self, admdvs: str, psn_type: str = "1101", *, name: str = "", bad: bool = False) -> Person:
        """A person who stands nowhere yet."""
        self._persons += 1
        serial = self._persons
        if not name:
            name = identities.one_name(
                draw_one(serial, self.seed, "scene surname", len(identities.SURNAMES)),
                draw_one(serial, self.seed, "scene given", len(identities.GIVEN)),
            )
        certno = identities.one_certno(serial, int(admdvs), psn_type in ("1201", "1300"))
        if bad:
            certno = certno[:-1] + ("1" if certno[-1] != "1" else "2")
        return Person(f"{admdvs}{serial:014d}", name, certno, admdvs, psn_type)

    def enrol(self, unit: Unit, person: Person, *, stas: str = "1", hi_type: str = "1") -> None:
        """In the persons file of the first month, in that unit."""
        self.add(
            0,
            "persons",
            psn_no=person.psn_no,
            psn_name=person.name,
            certno=person.certno,
            emp_no=unit.emp_no,
            insu_admdvs=person.admdvs,
            psn_type=person.psn_type,
            hi_type=hi_type,
            psn_insu_stas=stas,
        )

    def person(
        self,
        unit: Unit,
        wage: int | None,
        psn_type: str = "1101",
        *,
        name: str = "",
        stas: str = "1",
        hi_type: str = "1",
        bad: bool = False,
        charged: bool = True,
    ) -> Person:
        """参保人员 with a wage declared in time (none where `wage` is None); charged: has had the supplement."""
        made = self.someone(unit.admdvs, psn_type, name=name, bad=bad)
        self.enrol(unit, made, stas=stas, hi_type=hi_type)
        if wage is not None:
            self.declare(unit, made, wage)
        if charged:
            self.charged(made)
        return made

    def charged(self, person: Person) -> None:
        """期初大额: this year's supplement has been charged already (nothing where the region has none)."""
        pays, retired = person.psn_type in PAYING, person.psn_type in RETIRED
        if self.region.supplement and self.start.month > 1 and (pays or retired):
            amount = self.region.supplement_psn + (self.region.supplement_emp if pays else 0)
            self.add(0, "opening_supplements", psn_no=person.psn_no, year=str(self.start.year), amt=amount)

    def declare(self, unit: Unit, person: Person, wage: int, *, on: date | None = None, k: int = 0) -> None:
        """缴费工资申报: of every year of the sample, in the December before; or one of a given day."""
        years = {(self.start + m).year: m for m in reversed(range(self.months))}
        days = (
            [(y, m, date(y - 1, 12, 15)) for y, m in years.items()] if on is None else [((self.start + k).year, k, on)]
        )
        for year, month, when in days:
            self.add(
                month,
                "wage_declarations",
                year=str(year),
                emp_no=unit.emp_no,
                psn_no=person.psn_no,
                dcla_date=when,
                wag=wage,
            )

    def change(self, k: int, unit: Unit, person: Person, kind: str, received: date, wage: int | None = None) -> str:
        """人员增减 delivered in month k; gives its number."""
        self._changes += 1
        number = f"{received:%Y%m}9{self._changes:09d}{kind}"
        self.add(
            k,
            "personnel_changes",
            chg_sn=number,
            emp_no=unit.emp_no,
            psn_no=person.psn_no,
            psn_name=person.name,
            certno=person.certno,
            psn_type=person.psn_type,
            psn_chg_type=kind,
            rcvd_date=received,
            wag=wage,
            insu_admdvs=person.admdvs,
        )
        return number

    # -- results

    def frames(self) -> dict[tuple[int, str], pl.DataFrame]:
        """Rows by (month, contract), typed."""
        return {place: pl.DataFrame(rows, schema=layout.schema(place[1])) for place, rows in sorted(self.rows.items())}
