"""Rows of a provider's month for tests: written in yuan text, given to the room as frames, chained over months."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from nxmed.kernel.money import fen_of, ppm_of
from nxmed.kernel.period import Period
from nxmed.law.catalog import Law
from nxmed.settlements.settle import settle
from nxmed.settlements.shapes import (
    AMOUNTS,
    CHRONIC,
    DEDUCTIONS,
    DETAILS,
    FEES,
    PROVIDERS,
    RESOLUTIONS,
    SETTLEMENTS,
    TOTALS,
    SettleInputs,
    SettleResult,
)

H1, H2 = "H64010400001", "H64010400002"
COMPARED_NAMES = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
ALL_SETTLEMENTS = {**FEES, **SETTLEMENTS}


def settlement(setl_id: str, fund: str = "700.00", acct: str = "100.00", cash: str = "200.00", **over: Any) -> dict[str, Any]:
    """A settlement whose four identities hold: medfee = fund + acct + cash, all of the fund from hifp_pay."""
    f, a, c = fen_of(fund), fen_of(acct), fen_of(cash)
    amounts = {**dict.fromkeys(AMOUNTS, 0), "medfee_sumamt": f + a + c, "inscp_scp_amt": f + a + c, "hifp_pay": f,
               "fund_pay_sumamt": f, "psn_part_amt": a + c, "acct_pay": a, "psn_cash_pay": c}
    row: dict[str, Any] = {
        "setl_id": setl_id, "refd_setl_flag": "0", "fixmedins_code": H1, "psn_no": "P1", "insutype": "310", "med_type": "11",
        "clr_type": "11", "clr_optins": "640100", "enddate": date(2026, 11, 10), "begndate": date(2026, 11, 10),
        "setl_time": datetime(2026, 11, 10, 9), "pay_loc": "2", "insu_admdvs": "640104", "src_file": "s.csv", "src_row": 2,
        **amounts}
    for name, value in over.items():
        row[name] = fen_of(value) if name in AMOUNTS and isinstance(value, str) else value
    return row


def refund(setl_id: str, fund: str = "700.00", acct: str = "100.00", cash: str = "200.00", **over: Any) -> dict[str, Any]:
    """A refund of settlement(…) with the same amounts."""
    row = settlement(setl_id, fund, acct, cash)
    row = {n: (-v if n in AMOUNTS else v) for n, v in row.items()}
    return {**row, "refd_setl_flag": "1", **over}


def detail(of: dict[str, Any], **over: Any) -> dict[str, Any]:
    """What the provider lists for a settlement."""
    row = {n: of[n] for n in ("setl_id", "refd_setl_flag", "fixmedins_code", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay",
                              "insutype", "clr_type")}
    row |= {"mdtrt_id": "M" + of["setl_id"], "src_file": "d.csv", "src_row": 2}
    for name, value in over.items():
        row[name] = fen_of(value) if isinstance(value, str) and name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay") else value
    return row


def provider(code: str = H1, **over: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "fixmedins_code": code, "fixmedins_name": "样例医院", "dedc_hosp_lv": "02", "fix_blng_admdvs": "640104",
        "efft_time": date(2024, 1, 1), "invd_time": date(2027, 12, 31), "dpst_rat": 0, "turnover_fund": None,
        "matn_headcap_amt": None}
    for name, value in over.items():
        row[name] = ppm_of(value) if name == "dpst_rat" else fen_of(value) if name.endswith(("_fund", "_amt")) and value else value
    return row


def totals(rows: list[dict[str, Any]], **over: Any) -> list[dict[str, Any]]:
    """A provider's statement that equals the given rows."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for r in rows:
        key = tuple(r[n] for n in ("fixmedins_code", "clr_optins", "insutype", "clr_type"))
        g = found.setdefault(key, {**dict(zip(("fixmedins_code", "clr_optins", "insutype", "clr_type"), key, strict=True)),
                                   "medfee_sumamt": 0, "fund_pay_sumamt": 0, "acct_pay": 0, "fixmedins_setl_cnt": 0})
        for n in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay"):
            g[n] += r[n]
        g["fixmedins_setl_cnt"] += -1 if r["refd_setl_flag"] == "1" else 1
    return [{**g, **over} for g in found.values()]


def frame(rows: list[dict[str, Any]], shape: dict[str, Any], month: str) -> pl.DataFrame:
    data = [{"inbox_month": month, **r} for r in rows]
    return pl.DataFrame(data, schema={**shape, "inbox_month": pl.String()}, strict=True) if data else pl.DataFrame(
        schema={**shape, "inbox_month": pl.String()})


@dataclass
class Chain:
    """A workspace in small: months settled one after the other, each resting on the published tables before."""

    region: str = "ningxia"
    policy: dict[str, Any] = field(default_factory=dict)
    providers: list[dict[str, Any]] = field(default_factory=lambda: [provider(H1), provider(H2)])
    chronic: list[dict[str, Any]] | None = None
    settlements: list[pl.DataFrame] = field(default_factory=list)
    details: list[pl.DataFrame] = field(default_factory=list)
    results: dict[str, SettleResult] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)

    def before(self, month: str, agency: list[dict[str, Any]] = (), details: list[dict[str, Any]] = ()) -> Chain:  # type: ignore[assignment]
        """Files of a month that was never settled."""
        self.settlements.append(frame(list(agency), ALL_SETTLEMENTS, month))
        self.details.append(frame(list(details), DETAILS, month))
        return self

    def run(self, month: str, agency: list[dict[str, Any]], details: list[dict[str, Any]] | None = None,
            statements: list[dict[str, Any]] | None = None, deductions: list[dict[str, Any]] | None = None) -> SettleResult:
        self.before(month, agency, details or [])
        period = Period.parse(month)
        done = sorted(self.results)
        prior = pl.concat([self.results[m].tables["statement_rows"].with_columns(period=pl.lit(m)) for m in done]).lazy() if done else pl.LazyFrame()
        last = self.results[done[-1]].tables if done else {}
        used = {e for m in done for e in self.results[m].tables["statement_decisions"].filter(
            pl.col("state") != "waiting")["entry_id"]}
        left = [{k: d[k] for k in RESOLUTIONS} for d in self.decisions if d["entry_id"] not in used]
        inputs = SettleInputs(
            period=period, law=Law.load(self.region, self.policy), first_month=not done,
            start=Period.parse(done[0]) if done else period,
            providers=pl.DataFrame(self.providers, schema=PROVIDERS).lazy(),
            settlements=pl.concat(self.settlements).lazy(), provider_details=pl.concat(self.details).lazy(),
            provider_totals=frame(statements or [], TOTALS, month).lazy(),
            deductions=frame(deductions or [], DEDUCTIONS, month).lazy(),
            chronic_registrations=pl.DataFrame(self.chronic or [], schema=CHRONIC).lazy(),
            chronic_present=self.chronic is not None,
            resolutions=pl.DataFrame(left, schema=RESOLUTIONS).lazy(),
            prior_rows=prior,
            prior_breaks=last["statement_breaks"].lazy() if last else pl.LazyFrame(),
            prior_payables=last["payables"].lazy() if last else pl.LazyFrame(),
        )
        result = settle(inputs)
        self.results[month] = result
        return result

    def resolve(self, setl_id: str, decision: str, flag: str = "0") -> None:
        month = sorted(self.results)[-1]
        row = self.results[month].tables["statement_breaks"].filter(
            (pl.col("setl_id") == setl_id) & (pl.col("refd_setl_flag") == flag)).row(0, named=True)
        self.decisions.append({
            "entry_id": f"E{month}-{len(self.decisions):03d}", "break_id": row["break_id"], "decision": decision, "note": "核对", "who": "zhang",
            "who_name": "张", "at": "2026-12-01T09:00:00", "agency_medfee_sumamt": row["medfee_sumamt"],
            "agency_fund_pay_sumamt": row["fund_pay_sumamt"], "provider_medfee_sumamt": row["provider_medfee_sumamt"],
            "provider_fund_pay_sumamt": row["provider_fund_pay_sumamt"], "agency_acct_pay": row["acct_pay"],
            "provider_acct_pay": row["provider_acct_pay"], "decided_diff": row["stmt_diff"]})


def classes(result: SettleResult) -> dict[tuple[str, str], str]:
    """(setl_id, flag) → class of the compared row."""
    rows = result.tables["statement_rows"].filter(pl.col("copy_no") == 1)
    return {(s, f): d for s, f, d in rows.select("setl_id", "refd_setl_flag", "stmt_diff").iter_rows()}


def row(result: SettleResult, setl_id: str, flag: str = "0") -> dict[str, Any]:
    rows = result.tables["statement_rows"].filter(
        (pl.col("setl_id") == setl_id) & (pl.col("refd_setl_flag") == flag) & (pl.col("copy_no") == 1))
    assert rows.height == 1, rows
    return rows.row(0, named=True)


def payable(result: SettleResult, fund: str, code: str = H1) -> dict[str, Any]:
    rows = result.tables["payables"].filter((pl.col("fund_pay_type") == fund) & (pl.col("fixmedins_code") == code))
    return rows.row(0, named=True) if rows.height else {}


def codes(result: SettleResult) -> dict[str, int]:
    found: dict[str, int] = {}
    for f in result.findings:
        for code in f["code"]:
            found[code] = found.get(code, 0) + 1
    return found
