"""机构场景 (a provider month set up by hand): providers, settlements, what each side lists, and what must come of them.

Months are counted from the sample's start. Amounts are given in yuan as text and kept in fen. Every amount that must
come out is written where the case is; sums per provider and fund are added up by scene_sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from nxmed.kernel.money import fen_of, ppm_of, yuan
from nxmed.kernel.period import Period
from nxmed.samples import identities, planted
from nxmed.samples.chance import draw_one
from nxmed.samples.regions import Region
from nxmed.samples.scene_people import Person
from nxmed.samples.scene_provider_rows import (
    ACCOUNT,
    ALWAYS,
    AMOUNT_IDS,
    BEFORE,
    FIRST_PATIENT,
    RECOGNISED,
    REJECTED,
    REPEATED,
    RESOLVE,
    SETTLE,
    WAITING,
    Listing,
    Provider,
    Refused,
    Row,
    Verdict,
    fen,
    key_of,
    own_funds,
)

__all__ = [
    "ACCOUNT", "BEFORE", "RECOGNISED", "REJECTED", "REPEATED", "RESOLVE", "WAITING", "Provider", "ProviderScene", "Refused",
    "Row", "key_of",
]

@dataclass
class ProviderScene:
    """机构场景."""

    region: Region
    start: Period
    months: int
    seed: int
    rows: dict[tuple[int, str], list[Row]] = field(default_factory=dict)
    plants: list[dict[str, str]] = field(default_factory=list)
    providers: list[Provider] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    _people: int = 0
    _visits: dict[int, int] = field(default_factory=dict)

    # -- who

    def provider(
        self,
        nth: int,
        name: str,
        level: str = "05",
        *,
        deductible_level: str = "",
        county: int = 0,
        admdvs: str = "",
        letter: str = "H",
        deposit: str = "0",
        advance: str = "",
        package: str = "",
        states: bool = True,
        headerless: bool = False,
        agreements: Mapping[int, tuple[tuple[date, date], ...]] | None = None,
    ) -> Provider:
        """定点机构 in the provider files of every month (agreements by month where they are not the usual one)."""
        own, place = self.region.divisions[county]
        area = admdvs or own
        made = Provider(
            nth,
            f"{letter}{area}{nth:05d}",
            ("外省" if admdvs else place) + "样例" + name,
            area,
            ppm_of(deposit),
            fen_of(advance) if advance else 0,
            states,
            headerless,
        )
        for k in range(self.months):
            for begins, ends in (agreements or {}).get(k, ALWAYS):
                self.add(
                    k,
                    "providers",
                    fixmedins_code=made.code,
                    fixmedins_name=made.name,
                    fixmedins_type="2" if letter == "P" else "1",
                    hosp_lv=level,
                    dedc_hosp_lv=deductible_level or level,
                    fix_blng_admdvs=area,
                    efft_time=begins,
                    invd_time=ends,
                    cntr_stas="1",
                    clr_way="10",
                    dpst_rat=deposit,
                    turnover_fund=made.advance or None,
                    matn_headcap_amt=fen_of(package) if package else None,
                )
        self.providers.append(made)
        return made

    def patient(self, county: int = 0, psn_type: str = "1101") -> Person:
        """就诊人员, made up."""
        self._people += 1
        serial = FIRST_PATIENT + self._people
        admdvs = self.region.divisions[county][0]
        name = identities.one_name(
            draw_one(serial, self.seed, "patient surname", len(identities.SURNAMES)),
            draw_one(serial, self.seed, "patient given", len(identities.GIVEN)),
        )
        certno = identities.one_certno(serial, int(admdvs), psn_type == "1201")
        return Person(f"{admdvs}{serial:014d}", name, certno, admdvs, psn_type)

    # -- what the agency has

    def add(self, k: int, contract: str, **cells: object) -> None:
        """One row of a file of month k."""
        self.rows.setdefault((k, contract), []).append(cells)

    def number(self, provider: Provider, k: int) -> str:
        """A fresh 结算ID."""
        nth = self._visits[provider.nth] = self._visits.get(provider.nth, 0) + 1
        return f"JS{(self.start + k).ym}{provider.nth:05d}{nth:04d}"

    def visit(
        self,
        k: int,
        provider: Provider,
        fund: str,
        acct: str = "0",
        cash: str = "0",
        *,
        person: Person | None = None,
        agency: bool = True,
        day: date | None = None,
        begins: date | None = None,
        **over: Any,
    ) -> Row:
        """结算 (all of the fund from the pooled fund, all fees in scope, unless `over` says otherwise)."""
        who = person or self.patient()
        setl_id = over.pop("setl_id", None) or self.number(provider, k)
        nth = int(setl_id[-4:])
        ends = day or date((self.start + k).year, (self.start + k).month, 1 + nth * 7 % 27)
        whole = fen_of(fund) + fen_of(acct) + fen_of(cash)
        row: Row = {
            **dict.fromkeys(AMOUNT_IDS, 0),
            "medfee_sumamt": whole,
            "inscp_scp_amt": whole,
            "hifp_pay": fen_of(fund),
            "fund_pay_sumamt": fen_of(fund),
            "psn_part_amt": fen_of(acct) + fen_of(cash),
            "acct_pay": fen_of(acct),
            "psn_cash_pay": fen_of(cash),
            "setl_id": setl_id,
            "refd_setl_flag": "0",
            "mdtrt_id": "M" + setl_id[2:],
            "fixmedins_code": provider.code,
            "psn_no": who.psn_no,
            "psn_name": who.name,
            "certno": who.certno,
            "insutype": "310",
            "med_type": "11",
            "clr_type": "11",
            "clr_optins": provider.optins,
            "setl_type": "2",
            "begndate": begins or ends,
            "enddate": ends,
            "setl_time": datetime.combine(ends, time(8 + nth % 10, nth * 13 % 60)),
            "pay_loc": "2",
            "insu_admdvs": who.admdvs,
        }
        row |= {name: fen_of(v) if name in AMOUNT_IDS and v is not None else v for name, v in over.items()}
        if agency:
            self.add(k, "settlements", **row)
        return row

    def refund(self, k: int, provider: Provider, of: Row, *, own: bool = False, agency: bool = True, **over: str) -> Row:
        """退费 of a settlement: the same amounts taken back, under the same number or one of its own."""
        row = dict(of)
        row |= {name: -fen(of, name) for name in AMOUNT_IDS}
        row |= {"refd_setl_flag": "1", "org_setl_id": of["setl_id"]}
        if own:
            row["setl_id"] = self.number(provider, k)
        row |= {name: fen_of(v) if name in AMOUNT_IDS else v for name, v in over.items()}
        if agency:
            self.add(k, "settlements", **row)
        return row

    # -- what the provider lists

    def lists(
        self, k: int, provider: Provider, row: Row, *, detail: bool = True, stated: bool = True, typeless: bool = False,
        **over: str,
    ) -> Row:
        """机构申报 (as the agency has it, unless `over` says otherwise)."""
        made = {**row, **{name: fen_of(v) if name in AMOUNT_IDS else v for name, v in over.items()}}
        self.listings.append(Listing(k, provider, made, detail, stated and provider.states, typeless))
        return made

    def refuse(self, k: int, provider: Provider, row: Row, check: str, note: str, **cells: str) -> None:
        """机构申报但门口拒收 (in the statement, not in the detail that counts)."""
        self.listings.append(Listing(k, provider, row, False, provider.states, False))
        self.refused.append(Refused(k, "provider_details", provider, row, cells, check, note))

    def deduct(self, k: int, provider: Provider, fund: str, amount: str, kind: str, why: str) -> None:
        """审核扣款."""
        nth = len(self.rows.get((k, "deductions"), [])) + 1
        self.add(
            k,
            "deductions",
            fixmedins_code=provider.code,
            fund_pay_type=fund,
            det_sn=f"KK{(self.start + k).ym}{nth:04d}",
            det_type=kind,
            det_amt=fen_of(amount),
            det_rea=why,
        )

    # -- what must come out

    def become(
        self,
        k: int,
        provider: Provider,
        row: Row,
        kind: str,
        state: str,
        note: str = "",
        *,
        held: str = "",
        funds: Mapping[str, str] | None = None,
        copy: int = 1,
        came: bool = True,
        opened: int | None = None,
    ) -> None:
        """一笔的结果 (planted where a note is given; what is recognised defaults to the agency's own amounts)."""
        given = {f: fen_of(v) for f, v in funds.items()} if funds is not None else own_funds(row)
        paid = given if state == RECOGNISED else {}
        self.verdicts.append(Verdict(k, provider, row, kind, state, held, paid, came))
        if not note:
            return
        expect: dict[str, object] = {"state": state, "recognised_amt": yuan(sum(paid.values()))}
        if held:
            expect["held_reason"] = held
        if opened is not None:
            expect["opened_period"] = (self.start + opened).text
        self.plant(k, "statement_rows", kind, {**key_of(row), "copy_no": copy}, note, expect)

    def plant(
        self, k: int, table: str, code: str, key: Mapping[str, object], note: str,
        expect: Mapping[str, object] | None = None, command: str = SETTLE,
    ) -> None:
        """Write down what must be found in month k."""
        cells = ((self.start + k).text, command, table, code, planted.pairs(key), planted.pairs(expect or {}), note)
        self.plants.append(dict(zip(planted.SHAPE, cells, strict=True)))

    def finding(
        self, k: int, code: str, key: Mapping[str, object], note: str, expect: Mapping[str, object] | None = None
    ) -> None:
        """A finding that must come up."""
        self.plant(k, planted.FINDINGS, code, key, note, expect)

    def even(self, k: int, provider: Provider, fund: str, acct: str = "0", cash: str = "0", note: str = "", **over: Any) -> Row:
        """双方一致的一笔, recognised at once."""
        row = self.visit(k, provider, fund, acct, cash, **over)
        self.lists(k, provider, row)
        self.become(k, provider, row, "00", RECOGNISED, note)
        return row
