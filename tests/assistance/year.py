"""A year of assistance for tests: rows written in yuan text, given to the room as frames, chained over months."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from nxmed.assistance.assist import AssistInputs, AssistResult, assist
from nxmed.assistance.shapes import CLAIMS, IDENTITIES, INSURED, OPENING, SETTLEMENTS
from nxmed.kernel.money import fen_of
from nxmed.kernel.period import Period
from nxmed.law.catalog import Law

Row = dict[str, Any]
MONEY = ("inscp_scp_amt", "maf_pay", *INSURED, "ordinary_amt", "tilt_amt")
TEN = {"assistance": {"out_fil_type_10_is_referred": {"values": [
    {"since": date(2023, 9, 1), "value": "true", "source": "样例"}]}}}


def day(text: str) -> date:
    return date.fromisoformat(text)


def _typed(row: Row) -> Row:
    return {k: fen_of(v) if k in MONEY and isinstance(v, str) else v for k, v in row.items()}


def stay(setl_id: str, base: str, begin: str = "2026-03-01", end: str | None = None, psn: str = "1", **over: Any) -> Row:
    """An inpatient settlement of which `base` yuan are left to the person; nothing was paid one-stop."""
    last = day(end or begin)
    return _typed({
        "setl_id": setl_id, "refd_setl_flag": "0", "org_setl_id": None, "certno": f"C{psn}", "psn_no": f"P{psn}",
        "med_type": "21", "begndate": day(begin), "enddate": last, "setl_time": datetime(last.year, last.month, last.day, 10),
        "pay_loc": "2", "out_fil_type": None, "emer_flag": "0", "insu_admdvs": "640104", "inscp_scp_amt": base,
        **dict.fromkeys(INSURED, 0), "maf_pay": 0, "src_file": "s.csv", "src_row": 2, **over})


def refund(of: Row, own: str | None = None, at: str | None = None, **over: Any) -> Row:
    """The refund of a settlement, with the same number or its own."""
    row = {k: -v if k in MONEY else v for k, v in of.items()}
    row |= {"refd_setl_flag": "1", "org_setl_id": of["setl_id"], "setl_id": own or of["setl_id"]}
    if at:
        row["setl_time"] = datetime.fromisoformat(f"{at}T12:00:00")
    return _typed({**row, **over})


def claim(clm_sn: str, of: Row | None = None, base: str = "0.00", begin: str = "2026-03-01", end: str | None = None,
          psn: str = "1", way: str = "3", **over: Any) -> Row:
    """A manual claim: for a settlement, or (without one) for fees of its own."""
    last = day(end or begin)
    row: Row = {
        "clm_sn": clm_sn, "clm_way": way, "setl_id": of["setl_id"] if of else None, "certno": of["certno"] if of else f"C{psn}",
        "psn_no": of["psn_no"] if of else f"P{psn}", "med_type": of["med_type"] if of else "21",
        "begndate": of["begndate"] if of else day(begin), "enddate": of["enddate"] if of else last,
        "setl_time": of["setl_time"] if of else datetime(last.year, last.month, last.day, 10), "pay_loc": "1",
        "out_fil_type": None, "emer_flag": "0", "insu_admdvs": "640104", "hukou_admdvs": "640104", "crtf_docno": None,
        "inscp_scp_amt": of["inscp_scp_amt"] if of else base, **dict.fromkeys(INSURED, 0), "rcvd_date": last,
        "src_file": "c.csv", "src_row": 2}
    return _typed({**row, **over})


def identity(code: str, psn: str = "1", begin: str = "2026-01-01", end: str | None = None, push: str = "2026-01-05",
             **over: Any) -> Row:
    return {"certno": f"C{psn}", "mat_idet_code": code, "begntime": day(begin), "psn_no": f"P{psn}",
            "endtime": day(end) if end else None, "hukou_admdvs": "640104", "tram_date": day(push), **over}


def opening(ordinary: str = "0.00", tilt: str = "0.00", psn: str = "1", year: int = 2026) -> Row:
    return _typed({"certno": f"C{psn}", "year": year, "ordinary_amt": ordinary, "tilt_amt": tilt})


def frame(rows: list[Row], shape: dict[str, Any]) -> pl.LazyFrame:
    return pl.DataFrame(rows, schema=shape, orient="row", strict=True).lazy()


@dataclass
class Year:
    """A workspace in small: months run one after the other, each resting on what the months before published."""

    policy: dict[str, Any] = field(default_factory=dict)
    settlements: list[Row] = field(default_factory=list)
    claims: list[Row] = field(default_factory=list)
    identities: dict[tuple[Any, ...], Row] = field(default_factory=dict)
    history: list[Row] = field(default_factory=list)
    opening: list[Row] = field(default_factory=list)
    results: dict[str, AssistResult] = field(default_factory=dict)

    def bring(self, month: str, settlements: list[Row] = (), claims: list[Row] = (), identities: list[Row] = (),  # type: ignore[assignment]
              opening: list[Row] = ()) -> Year:  # type: ignore[assignment]
        """Files of a month's inbox."""
        self.settlements += [{**r, "inbox_month": r.get("inbox_month", month)} for r in settlements]
        self.claims += [{**r, "inbox_month": r.get("inbox_month", month)} for r in claims]
        for r in identities:
            key = (r["certno"], r["mat_idet_code"], r["begntime"])
            if key in self.identities:
                self.history.append(self.identities[key])
            self.identities[key] = {**r, "inbox_month": month}
        self.opening += opening
        return self

    def inputs(self, month: str) -> AssistInputs:
        done = sorted(m for m in self.results if m < month)

        def before(name: str) -> pl.LazyFrame:
            if not done:
                return pl.LazyFrame()
            return pl.concat([self.results[m].tables[name].with_columns(period=pl.lit(m)) for m in done]).lazy()

        return AssistInputs(
            period=Period.parse(month), law=Law.load("ningxia", self.policy), first_month=not done,
            settlements=frame([r for r in self.settlements if r["inbox_month"] <= month], SETTLEMENTS),
            claims=frame([r for r in self.claims if r["inbox_month"] <= month], CLAIMS),
            identities=frame(list(self.identities.values()), IDENTITIES), identity_history=frame(self.history, IDENTITIES),
            opening=frame(self.opening, OPENING), prior_payouts=before("payout_items"), prior_items=before("assistance_items"),
            ran_before_year=any(m[:4] < month[:4] for m in done))

    def run(self, month: str, settlements: list[Row] = (), claims: list[Row] = (), identities: list[Row] = (),  # type: ignore[assignment]
            opening: list[Row] = ()) -> AssistResult:  # type: ignore[assignment]
        self.bring(month, settlements, claims, identities, opening)
        self.results[month] = assist(self.inputs(month))
        return self.results[month]


def item(result: AssistResult, key: str) -> Row:
    """The published row of a settlement (or of a claim that stands alone)."""
    rows = result.tables["assistance_items"].filter((pl.col("setl_id") == key) | (
        pl.col("setl_id").is_null() & (pl.col("clm_sn") == key)))
    assert rows.height == 1, rows
    return rows.row(0, named=True)


def classes(result: AssistResult) -> dict[str, str]:
    rows = result.tables["assistance_items"].select(pl.coalesce("setl_id", "clm_sn"), "class").rows()
    return dict(rows)


def owed(result: AssistResult, *keys: str) -> list[tuple[int, int]]:
    return [(item(result, k)["ordinary_amt"], item(result, k)["tilt_amt"]) for k in keys]


def payouts(result: AssistResult) -> dict[tuple[str, str], int]:
    return {(k, f): a for k, f, a in result.tables["payout_items"].select("source_key", "fund_pay_type", "amt").iter_rows()}


def codes(result: AssistResult) -> dict[str, int]:
    found: dict[str, int] = {}
    for f in result.findings:
        for code in f["code"]:
            found[code] = found.get(code, 0) + 1
    return found
