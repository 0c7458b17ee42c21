"""场景 (a scene): a few units and people set up by hand, with the files they appear in and what must come out.

Months are counted from the sample's start: 0 is its first month, −1 the month before. Amounts are in fen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from nxmed.kernel.money import half_up_scalar, yuan
from nxmed.samples import crowd_arrivals
from nxmed.samples.regions import PPM
from nxmed.samples.scene_people import HUNDRED, Person, Register, Unit

__all__ = ["HUNDRED", "ITEMS", "Person", "Scene", "Unit"]

ITEMS = {"emp": crowd_arrivals.EMP_ITEM, "psn": crowd_arrivals.PSN_ITEM, "any": crowd_arrivals.ANY_ITEM}


@dataclass
class Scene(Register):
    """场景: the register, the lines of the tax bureau, and what must become of them."""

    lines: list[dict[str, object]] = field(default_factory=list)
    _tickets: int = 0

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

    def line(
        self,
        k: int,
        payer: Unit | Person,
        amt: int,
        *,
        day: int,
        part: str = "any",
        item: str = "",
        ticket: str = "",
        line: int = 1,
        bill: str = "",
        begn: int | None = None,
        end: int | None = None,
        latefee: int = 0,
        attr: str = crowd_arrivals.NORMAL,
        tie: str = "ticket",
        off: int = 0,
        month: int | None = None,
        org: str = "",
        again: bool = False,
        treasury: str = "",
        insutype: str = "310",
    ) -> str:
        """到账明细, one line delivered in month k (entered the treasury on `day` of `month`, k unless given)."""
        number = ticket or self.ticket(k)
        if not self.in_range(k):
            return number
        self.lines.append(
            {
                "elec_taxrpt_no": number,
                "line_no": line,
                "taxpayer_no": payer.uscc if isinstance(payer, Unit) else payer.certno,
                "taxpayer_name": payer.name,
                "clct_bill_id": bill or None,
                "levy_subitem_name": item or ITEMS[part],
                "accrym_begn": None if begn is None else self.ym(begn),
                "accrym_end": None if end is None else self.ym(end),
                "paid_amt": amt,
                "latefee": latefee,
                "levy_attr": attr,
                "intsury_time": self.day(k if month is None else month, day),
                "treasury_code": treasury or f"28{payer.admdvs}000",
                "org_taxrpt_no": org or None,
                "k": k,
                "insutype": insutype,
                "tie": tie,
                "off": off,
                "again": again,
            }
        )
        return number

    def settle(self, unit: Unit, k: int, due: tuple[int, int], *, day: int = 10, tie: str = "day") -> str:
        """An ordinary payment: both parts of month k's bill on one ticket."""
        number = self.ticket(k)
        for line, (part, amt) in enumerate(zip(("emp", "psn"), due, strict=True), start=1):
            if amt:
                self.line(k, unit, amt, day=day, part=part, ticket=number, line=line, bill=self.bill(unit, k), tie=tie)
        return number

    def statement(
        self, k: int, treasury: str, on: date, amount: int, *, ticket: str = "", insutype: str = "310"
    ) -> None:
        """A row of the treasury statement of month k, written by hand."""
        self.add(
            k,
            "treasury_statement",
            treasury_code=treasury,
            stmt_date=on,
            insutype=insutype,
            elec_taxrpt_no=ticket or None,
            intsury_amt=max(amount, 0),
            refd_amt=max(-amount, 0),
        )

    def arrival(
        self, k: int, ticket: str, line: int, kind: str, note: str, applied: int = 0, credit: int = 0, step: str = ""
    ) -> None:
        """What must become of a line."""
        expect: dict[str, object] = {"applied_amt": yuan(applied), "credit_amt": yuan(credit)}
        if step:
            expect["match_step"] = step
        self.plant(k, "arrivals", kind, {"elec_taxrpt_no": ticket, "line_no": line}, note, expect, "reconcile")

    def line_frame(self) -> pl.DataFrame:
        """到账明细 with what the treasury makes of them."""
        return pl.DataFrame(self.lines, schema=crowd_arrivals.LINES)
