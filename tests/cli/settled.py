"""一个小结算区 (workspaces with settled months for tests of explain, made and settled without a process of their own)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from nxmed.io.resources import contracts
from nxmed.io.workspace import Workspace, init
from nxmed.kernel.money import yuan
from nxmed.kernel.period import Period
from nxmed.pipelines.settle import run_settle
from nxmed.pipelines.story import Step, Story
from nxmed.settlements.shapes import AMOUNTS
from tests.settlements.month import H1, H2, detail, provider, refund, settlement, totals

H3 = "H64010400003"
NOV, DEC = Period(2026, 11), Period(2026, 12)
FEN = (*AMOUNTS, "turnover_fund", "matn_headcap_amt", "det_amt", "cash_payamt")
CERTNO = "640104199001010018"


def write(folder: Path, month: str, contract: str, rows: list[dict[str, Any]], more: tuple[str, ...] = ()) -> Path:
    """A file of a contract: its required columns, and the optional or foreign ones named."""
    columns = [c.id for c in contracts()[contract].columns if not c.optional]
    columns += [m for m in more if m not in columns]

    def cell(name: str, value: Any) -> str:
        if value is None:
            return ""
        if name == "dpst_rat":
            return str(Decimal(value).scaleb(-6))
        return yuan(value) if name in FEN and isinstance(value, int) else str(value)

    path = folder / "inbox" / month / f"{contract}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([",".join(columns), *(",".join(cell(c, r.get(c)) for c in columns) for r in rows)]) + "\n", "utf-8")
    return path


def agencys(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Settlements as the platform sends them."""
    return [{**r, "psn_name": "样例人", "certno": CERTNO, "setl_type": "2"} for r in rows]


def registered(**over: Any) -> dict[str, Any]:
    """A provider of the register."""
    return {**provider(**{"dpst_rat": "0.05", **over}), "fixmedins_type": "1", "hosp_lv": "02", "cntr_stas": "1", "clr_way": "10"}


def settled(ws: Workspace, *months: Period) -> None:
    """Settle months one after the other."""
    for month in months:
        run_settle(ws, month)


def steps(story: Story) -> dict[str, Step]:
    """Steps by their Chinese title (the last of those that repeat)."""
    return {s.title.zh: s for s in story.steps}


def titled(story: Story, zh: str) -> list[Step]:
    """All steps of a title."""
    return [s for s in story.steps if s.title.zh == zh]


def delivery(setl_id: str, **over: Any) -> dict[str, Any]:
    """A delivery billed 3,000.00 from the pool."""
    return settlement(setl_id, "3000.00", "50.00", "100.00", **{"med_type": "52", "cop_flag": "0", "booking_flag": "0", **over})


def two_months(folder: Path) -> Workspace:
    """November with every class and hold, December in which some of it closes; decisions are left to the tests.

    H1 (5 % deposit) sends details, H2 totals that agree, H3 totals that differ.
    """
    ws = init(folder, "ningxia")
    s = {n: settlement(n) for n in ("S1", "S2", "S3", "S4", "M1", "X9")}
    s["S6"] = settlement("S6", "500.00")
    back = {**refund("S6", "500.00"), "org_setl_id": "S6"}
    waits = refund("M1")
    mine = [s["S1"], s["S2"], s["S3"], s["S4"], s["S6"], s["M1"], back, waits,
            settlement("I1", hosp_part_amt="1.00"), settlement("F1", insutype="340"),
            settlement("I2", hosp_part_amt="1.00", begndate=date(2023, 12, 31), enddate=date(2023, 12, 31)),
            settlement("O1", begndate=date(2023, 12, 31), enddate=date(2023, 12, 31)), delivery("B1", cop_flag=None),
            delivery("B2", insu_admdvs="640221")]
    h2, h3 = settlement("K1", fixmedins_code=H2), settlement("K2", fixmedins_code=H3)
    theirs = [detail(s["S1"]), detail(s["S2"], fund_pay_sumamt="701.00"), detail(s["S3"], clr_type="21"), detail(s["S6"]),
              detail(s["S6"]), detail(s["M1"], fund_pay_sumamt="710.00", medfee_sumamt="1010.00"), detail(back, acct_pay="-99.00"),
              detail(waits), detail(s["X9"]), *(detail(r) for r in mine[8:])]
    both = ("insutype", "clr_type")
    write(folder, "2026-11", "providers", [
        registered(matn_headcap_amt="4000.01"), registered(code=H2), registered(code=H3)])
    write(folder, "2026-11", "settlements", agencys([*mine, h2, h3]), ("booking_flag", "cop_flag"))
    write(folder, "2026-11", "provider_details", theirs, both)
    off = totals([h3], fund_pay_sumamt=69_900)
    write(folder, "2026-11", "provider_totals", [{**t, "cash_payamt": 0} for t in [*totals([h2]), *off]])
    write(folder, "2026-11", "deductions", [
        {"fixmedins_code": H1, "fund_pay_type": "310100", "det_sn": "D1", "det_type": "10", "det_amt": 5_000, "det_rea": "超限用药"},
        {"fixmedins_code": H1, "fund_pay_type": "310100", "det_sn": "D2", "det_type": "20", "det_amt": 1_050, "det_rea": "重复收费"},
        {"fixmedins_code": H2, "fund_pay_type": "310100", "det_sn": "D3", "det_type": "10", "det_amt": 80_000, "det_rea": "超量"}])
    write(folder, "2026-12", "settlements", agencys([settlement("T1"), settlement("K3", "300.00", fixmedins_code=H2)]))
    write(folder, "2026-12", "provider_details", [detail(settlement("T1")), detail(s["S1"]), detail(s["S2"]),
                                                  detail(settlement("K3", "300.00", fixmedins_code=H2))], both)
    return ws


def dingxi(folder: Path) -> Workspace:
    """Stays, chronic fees and drugs of a month in Dingxi, and a month before the first run."""
    ws = init(folder, "dingxi")
    write(folder, "2026-11", "providers", [registered(fix_blng_admdvs="621102", turnover_fund="900.00")])
    old = stay("A0", "50600.00", psn_no="P2", setl_time=datetime(2026, 3, 1), enddate=date(2026, 3, 1), begndate=date(2026, 2, 20))
    fees = [
        stay("W1", "30000.00"), stay("W2", "30600.00", psn_no="P2", setl_time=datetime(2026, 11, 3)),
        stay("L1", "10000.00", psn_no="P3", pay_loc="3", out_fil_type="07"),
        stay("L2", "10000.00", psn_no="P4", pay_loc="4", out_fil_type="06"), stay("L3", "10000.00", psn_no="P5", pay_loc="4", emer_flag="1"),
        stay("L4", "10000.00", psn_no="P6", pay_loc="3", out_fil_type="10"), stay("L5", "10000.00", psn_no="P7", pay_loc="4"),
        stay("L6", "599.99", psn_no="P8"), chronic("C0", "1000.00", psn_no="P9", setl_time=datetime(2026, 11, 1)),
        chronic("C1", "9000.00", psn_no="P9"), chronic("C2", "900.00", psn_no="P10"), chronic("C3", "900.00", psn_no="P11"),
        drug("G1", "2000.00", setl_time=datetime(2026, 11, 2)), drug("G2", "2000.00"), settlement("N1", psn_no="P13"),
        stay("R1", "10000.00", psn_no="P14", insutype="390")]
    more = ("tdrug_flag",)
    write(folder, "2026-03", "settlements", agencys([old]), more)
    write(folder, "2026-11", "settlements", agencys(fees), more)
    write(folder, "2026-11", "provider_details", [detail(r) for r in fees])
    write(folder, "2026-11", "chronic_registrations", [
        {"psn_no": "P9", "dise_no": "13", "begndate": "2026-01-01"}, {"psn_no": "P9", "dise_no": "26", "begndate": "2026-02-01"},
        {"psn_no": "P9", "dise_no": "34", "begndate": "2026-11-11"}, {"psn_no": "P11", "dise_no": "99", "begndate": "2026-01-01"}])
    return ws


def stay(setl_id: str, scope: str, **over: Any) -> dict[str, Any]:
    """An inpatient stay of which the bill paid nothing from the funds."""
    return {**settlement(setl_id, "0.00", "0.00", scope, med_type="21", clr_type="21", setl_time=datetime(2026, 11, 10, 9)), **over}


def chronic(setl_id: str, scope: str, **over: Any) -> dict[str, Any]:
    """A chronic outpatient fee."""
    return {**stay(setl_id, scope), "med_type": "14", **over}


def drug(setl_id: str, scope: str, **over: Any) -> dict[str, Any]:
    """A negotiated drug, 500.00 of it settled from the pool."""
    row = settlement(setl_id, "500.00", "0.00", "1500.00", psn_no="P12", setl_time=datetime(2026, 11, 10, 9), tdrug_flag="1")
    assert yuan(row["inscp_scp_amt"]) == scope
    return {**row, **over}
