"""现状里的期限 (deadlines within five working days and those that have passed): cases, assistance claims, provider settlements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from nxmed.errors import MissingInput
from nxmed.kernel.period import Period
from nxmed.kernel.working_days import WorkingDays

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.workspace import Workspace
    from nxmed.law.catalog import Law

CLAIM_DAYS = "assistance.payment_days"
SETTLEMENT_ITEM = 53
"""Item of the service list: settlement with medical institutions."""
MONTHS_BACK = 3
NAMED = 3
"""So many of the most urgent are named."""


@dataclass(frozen=True)
class Urgent:
    """一类急件: how many are past and how many are due within the days asked for, the first of them by deadline."""

    key: str
    zh: str
    en: str
    overdue: int
    soon: int
    first: tuple[tuple[date, str], ...]


def urgent(ws: Workspace, days: WorkingDays, as_of: date, soon: int) -> list[Urgent]:
    """全部急件 (only kinds that have one)."""
    from nxmed.law.catalog import Law

    law = Law.load(ws.region, ws.policy())
    found = [_cases(ws, days, as_of, soon), _claims(ws, law, days, as_of, soon), _settlements(ws, law, days, as_of, soon)]
    return [u for u in found if u.overdue or u.soon]


def _cases(ws: Workspace, days: WorkingDays, as_of: date, soon: int) -> Urgent:
    """办件 as the newest `cases` run has them; a suspended one is not urgent."""
    import polars as pl

    from nxmed.cases.shapes import OPEN
    from nxmed.io.run_store import current
    from nxmed.io.runs import scan_table

    run = max(current(ws, "cases"), key=lambda r: r.period, default=None)
    if run is None:
        return Urgent("cases", "", "", 0, 0, ())
    rows = scan_table(run, "cases").filter(
        pl.col("state").is_in(OPEN) & ~pl.col("suspended") & pl.col("due_date").is_not_null()).select("due_date", "serv_matt_inst_id").collect()
    seen = str(run.facts["as_of"])
    return _judged("cases", f"办件（登记截至 {seen}）", f"cases (register as of {seen})", rows.rows(), days, as_of, soon)


def _claims(ws: Workspace, law: Law, days: WorkingDays, as_of: date, soon: int) -> Urgent:
    """医疗救助申请 with payout items that are not paid (NXJZ-23: from the day of acceptance)."""
    import polars as pl

    nothing = Urgent("assist-claims", "", "", 0, 0, ())
    unpaid = _unpaid(ws, "assist") if law.has(CLAIM_DAYS, as_of) else None
    if unpaid is None or not unpaid.height:
        return nothing
    first = Period.parse(str(unpaid["period"].min())) - MONTHS_BACK
    claims = _feed(ws, "assistance_claims", first, Period.parse(str(unpaid["period"].max()))).select("clm_sn", "setl_id", "rcvd_date")
    dates = pl.concat([claims.select(source_key=k, rcvd_date="rcvd_date") for k in ("clm_sn", "setl_id")]).filter(
        pl.col("source_key").is_not_null()).group_by("source_key").agg(pl.col("rcvd_date").min())
    rows = unpaid.select("source_key").unique().join(dates, on="source_key", how="inner")
    due = _due(rows.select("rcvd_date", "source_key").rows(), law.number(CLAIM_DAYS, as_of).int, days)
    return _judged("assist-claims", "医疗救助申请尚未付款", "assistance claims not paid", due, days, as_of, soon)


def _settlements(ws: Workspace, law: Law, days: WorkingDays, as_of: date, soon: int) -> Urgent:
    """机构结算 with payout items that are not paid (NXQD-53: from the declared day of the statement, else from the month's end)."""
    from nxmed.cases.items import listed

    nothing = Urgent("settle-payables", "", "", 0, 0, ())
    item = listed(law).get(SETTLEMENT_ITEM)
    unpaid = _unpaid(ws, "settle") if item is not None and item.limits else None
    if item is None or unpaid is None or not unpaid.height:
        return nothing
    starts: dict[tuple[str, str], date] = {}
    for month in sorted(set(unpaid["period"].to_list())):
        for code, day in _declared(ws, Period.parse(month)).items():
            starts[month, code] = day
    begun = [(starts.get((month, code), Period.parse(month).last_day), f"{code} {month}")
             for month, code in unpaid.select("period", "payee_code").unique().sort("period", "payee_code").rows()]
    due = _due(begun, item.limits[0].days, days)
    return _judged("settle-payables", "机构结算尚未付款", "provider settlements not paid", due, days, as_of, soon)


def _declared(ws: Workspace, month: Period) -> Mapping[str, date]:
    """Declared day of each provider's statement (the latest, where there are several)."""
    import polars as pl

    rows = _feed(ws, "provider_totals", month, month)
    given = rows.filter(pl.col("dcla_date").is_not_null()).group_by("fixmedins_code").agg(pl.col("dcla_date").max())
    return dict(given.rows())


def _feed(ws: Workspace, contract: str, first: Period, last: Period) -> pl.DataFrame:
    from nxmed.io.inputs import read_inputs

    with ws.scratch() as spool:
        return read_inputs(ws, last, required=[], optional=[contract], spool=spool, months=(first, last)).frame(contract).collect()


def _unpaid(ws: Workspace, source: str) -> pl.DataFrame:
    """付款项 of a command's current runs, all months, that no bank has paid."""
    import polars as pl

    from nxmed.io import payout_store
    from nxmed.io.run_store import current
    from nxmed.io.runs import scan_table

    frames = [scan_table(r, "payout_items").select("item_id", "source_key", "payee_code", period=pl.lit(r.period.text))
              for r in current(ws, source)]
    if not frames:
        return pl.DataFrame(schema=dict.fromkeys(("item_id", "source_key", "payee_code", "period"), pl.String()))
    items = pl.concat(frames).collect()
    if not payout_store.exists(ws):
        return items
    with payout_store.reading(ws) as store:
        paid = store.item_lines(source).filter(pl.col("line_state") == "paid").select("item_id")
    return items.join(paid, on="item_id", how="anti")


def _due(begun: Iterable[tuple[date, str]], count: int, days: WorkingDays) -> list[tuple[date, str]]:
    """Deadlines; one that lies beyond the calendar is left out (the calendar's own end is told apart)."""
    found: dict[date, date | None] = {}
    for day, _ in begun:
        if day not in found:
            try:
                found[day] = days.add(day, count)
            except MissingInput:
                found[day] = None
    return [(due, name) for day, name in begun if (due := found[day]) is not None]


def _judged(key: str, zh: str, en: str, rows: Iterable[tuple[date, str]], days: WorkingDays, as_of: date, soon: int) -> Urgent:
    listed = sorted(rows)
    past = [r for r in listed if r[0] < as_of]
    edge = _edge(days, as_of, soon)
    near = [r for r in listed if as_of <= r[0] <= edge]
    return Urgent(key, zh, en, len(past), len(near), tuple([*past, *near][:NAMED]))


def _edge(days: WorkingDays, as_of: date, soon: int) -> date:
    """The last day that is no more than `soon` working days off (the calendar's last, where it ends before)."""
    try:
        return days.add(as_of, soon + 1) - timedelta(days=1)
    except MissingInput:
        return days.horizon or as_of
