"""到账对账 (NXJY-21, 22, 25, 26; SIL-86; DXTC-12): the arrivals of a month, tied to the treasury and booked on dues.

Order: seen before → levy item → treasury → late charge → other scheme → payments a to d → reversals → credit
decisions → balances, arrears, late charges, persons' months. Pure: frames in, frames out, amounts in fen.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.collections import balances, booking, credits, findings, reversals, treasury
from nxmed.collections.levy import levy_columns
from nxmed.collections.matching import (
    DUE_ORDER,
    LATE_CHARGE_ATTR,
    LINE_ORDER,
    WAITS,
    Registers,
    classify,
    match,
    with_bill_and_payer,
)
from nxmed.collections.proofs import equations
from nxmed.collections.shapes import (
    ARRIVALS,
    DECISIONS,
    HISTORY,
    LOTS,
    OPENING_CREDITS,
    PERSONS,
    PRIOR_APPLICATIONS,
    PRIOR_ARRIVALS,
    STATEMENT,
    UNITS,
    ReconcileInputs,
    ReconcileResult,
    shaped,
)
from nxmed.kernel.period import Period
from nxmed.kernel.stage import prove

__all__ = ["ReconcileInputs", "ReconcileResult", "equations", "reconcile"]

BOOKING_RULE = {"ningxia": "NXJY-22", "dingxi": "DXTC-12"}


@dataclass(frozen=True)
class _Frames:
    """Collected inputs in the shapes that are used."""

    feed: pl.DataFrame
    history: pl.DataFrame
    pending: pl.DataFrame
    statement: pl.DataFrame
    decisions: pl.DataFrame
    units: pl.DataFrame
    persons: pl.DataFrame
    lots: pl.DataFrame


def reconcile(inputs: ReconcileInputs) -> ReconcileResult:
    """对账一个月 (see ReconcileInputs and ReconcileResult; amounts in fen).

    Raises MissingNumber (exit 4) where the law gives no daily rate for the month, IntegrityError (exit 7) where a
    conservation equation does not hold.
    """
    period, law = inputs.period, inputs.law
    rule = BOOKING_RULE.get(law.region, "")
    charge = law.rule("late_charge")
    daily_rate = law.number("late_charge.daily_rate", period.first_day).ppm
    frames = _collect(inputs)
    registers = Registers.of(frames.units, frames.persons)
    known = balances.known_dues(inputs, registers.units)

    duplicates, lines = _handled(inputs, frames)
    booked = frames.history.filter(~pl.col("class").is_in([WAITS, "duplicate"]) & pl.col("insutype").is_not_null())
    tie = treasury.tie(lines.filter(pl.col("insutype").is_not_null()), booked, frames.statement, period, rule)
    lines = lines.join(tie.tied, on="line", how="left").with_columns(pl.col("tied").fill_null(False))
    lines = _with_waiting(lines)
    lines = classify(with_bill_and_payer(lines, known, registers, period))

    # Payments, then reversals, then credit decisions.
    dues = _open_dues(known, period)
    pieces = match(lines.filter(pl.col("class").is_null() & pl.col("match_step").is_not_null()), dues)
    paid = pieces.join(dues.select("due", *balances.DUE, "insutype"), on="due").join(
        lines.select("line", "elec_taxrpt_no", "line_no", "intsury_time"), on="line")
    lots = credits.numbered_lots(pl.concat([frames.lots, _new_lots(lines, pieces, period)]))
    undone = _reverse(inputs, lines, lots, paid, known)
    taken = undone.from_lots.group_by("lot").agg(_taken=pl.col("amt").sum())
    lots_after = lots.join(taken, on="lot", how="left").with_columns(
        amt=pl.col("amt") - pl.col("_taken").fill_null(0)).drop("_taken")
    moved = pl.concat([
        paid.select(*balances.DUE, "amt"), undone.from_dues.select(*balances.DUE, amt=-pl.col("amt")),
    ])
    open_now = _open_dues(
        known.join(moved.group_by(balances.DUE).agg(_m=pl.col("amt").sum()), on=balances.DUE, how="left")
        .with_columns(paid_before=pl.col("paid_before") + pl.col("_m").fill_null(0)).drop("_m"), period)
    decided = credits.decide(frames.decisions, lots_after, open_now)

    arrivals = booking.arrivals_table(
        lines, duplicates, pieces=pieces, undone=undone, payers=registers.payers, rule=rule)
    applications = booking.applications_table(
        paid, undone, decided, open_now=open_now, lines=lines, lots=lots, known=known,
    ).with_columns(
        latefee_due=charge(pl.col("amt"), pl.col("dedln_date"), pl.col("intsury_time"), daily_rate),
        rule=pl.lit(_cite(rule, charge.cite)),
    )
    closing = balances.close(known, applications, period, rule)
    first_seen = known.filter(pl.col("opened_period") == period.text)
    if inputs.first_month:
        first_seen = known
    tables = {
        "arrivals": arrivals,
        "applications": applications.select(
            "elec_taxrpt_no", "line_no", "clct_bill_id", "part", "emp_no", "insutype", "accrym", "amt", "latefee_due",
            "source", "decision_sn", "org_taxrpt_no", "org_line_no", "intsury_time", "rule"),
        "due_balances": closing,
        "unit_credits": booking.unit_credits_table(frames.lots, lots, undone, decided, rule),
        "credit_lots": decided.lots.filter(pl.col("amt") > 0).select(*LOTS).with_columns(rule=pl.lit(rule)).sort(
            *credits.LOT_KEY, nulls_last=False),
        "credit_refunds": booking.refunds_table(decided, lots, rule),
        "treasury_ties": tie.ties,
        "person_credits": balances.person_credits(closing, first_seen, inputs.lines, law),
        "arrears": balances.arrears(closing, period, charge, daily_rate),
    }
    pending_before = lines.filter(pl.col("arrived_period") < period.text)
    facts = {
        "period": period.text, "first_month": inputs.first_month,
        "feed_rows": frames.feed.height, "feed_amt": int(frames.feed["paid_amt"].sum()),
        "pending_rows": pending_before.height, "pending_amt": int(pending_before["paid_amt"].sum()),
    }
    proved = equations(tables, facts)
    prove(proved)
    found = [
        *findings.of_run(inputs.first_month), *tie.findings, *findings.of_lines(lines, duplicates, arrivals, undone),
        *findings.of_decisions(decided.decisions),
        *findings.of_latefees(applications, arrivals, known, charge.cite),
    ]
    return ReconcileResult(tables, found, proved, facts)


def _cite(*rules: str) -> str:
    return ";".join(dict.fromkeys(r for joined in rules for r in joined.split(";") if r))


def _collect(inputs: ReconcileInputs) -> _Frames:
    if inputs.first_month:
        lots = shaped(inputs.opening_credits, OPENING_CREDITS).filter(pl.col("credit_amt") > 0).select(
            "emp_no", "insutype", elec_taxrpt_no=pl.lit(None, pl.String), line_no=pl.lit(None, pl.Int64),
            amt="credit_amt", intsury_time=pl.lit(None, pl.Date),
            booked_period=pl.lit((inputs.period - 1).text))
    else:
        lots = shaped(inputs.prior_lots, LOTS, published=True)
    pending = shaped(inputs.prior_arrivals, PRIOR_ARRIVALS, published=True).filter(
        (pl.col("class") == WAITS) & (pl.col("period") == (inputs.period - 1).text))
    return _Frames(*pl.collect_all([
        shaped(inputs.tax_arrivals, ARRIVALS), shaped(inputs.prior_arrivals, HISTORY, published=True), pending,
        shaped(inputs.treasury_statement, STATEMENT), shaped(inputs.credit_decisions, DECISIONS),
        shaped(inputs.units, UNITS), shaped(inputs.persons, PERSONS), lots,
    ]))


def _handled(inputs: ReconcileInputs, frames: _Frames) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines of the month: those delivered before (duplicates), and those to be booked with the pending of before."""
    period, law = inputs.period, inputs.law
    levy = levy_columns(law.table("levy_items"), law.table("levy_parts"))
    late = (pl.col("levy_attr").fill_null("") == LATE_CHARGE_ATTR).alias("late_charge")
    feed = frames.feed.rename({"latefee": "latefee_amt"}).with_columns(
        pl.col("latefee_amt").fill_null(0), arrived_period=pl.lit(period.text))
    key = ["elec_taxrpt_no", "line_no"]
    seen = frames.history.join(feed.select(key), on=key, how="semi").select(key).unique()
    again = feed.join(seen, on=key, how="semi")
    fresh = feed.join(seen, on=key, how="anti")
    handled = pl.concat([fresh, frames.pending.select(feed.columns)]).sort(LINE_ORDER).with_columns(
        *levy, late, line=pl.int_range(pl.len(), dtype=pl.Int64))
    return again.with_columns(*levy), handled


def _with_waiting(lines: pl.DataFrame) -> pl.DataFrame:
    principal = ~pl.col("late_charge") & ~pl.col("other_scheme")
    known = lines.filter(pl.col("insutype").is_not_null()).with_columns(
        reversal=principal & (pl.col("paid_amt") < 0))
    waits = treasury.waiting_reversals(known).with_columns(waits=pl.lit(True))
    return lines.join(waits, on="line", how="left").with_columns(pl.col("waits").fill_null(False))


def _open_dues(known: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Dues with something open and accrym at most the month, numbered in the order in which they are filled."""
    return (
        known.with_columns(open=pl.col("amt") - pl.col("paid_before"))
        .filter((pl.col("open") > 0) & (pl.col("accrym") <= period.ym))
        .sort(DUE_ORDER).with_columns(due=pl.int_range(pl.len(), dtype=pl.Int64))
        .select("due", "clct_bill_id", "part", "emp_no", "payer", "insutype", "accrym", "open")
    )


def _new_lots(lines: pl.DataFrame, pieces: pl.DataFrame, period: Period) -> pl.DataFrame:
    """What a matched line brought beyond the dues it reached."""
    used = pieces.group_by("line").agg(_used=pl.col("amt").sum())
    return (
        lines.filter(pl.col("class").is_null() & pl.col("match_step").is_not_null())
        .join(used, on="line", how="left")
        .select("emp_no", "insutype", "elec_taxrpt_no", "line_no",
                amt=pl.col("paid_amt") - pl.col("_used").fill_null(0), intsury_time="intsury_time",
                booked_period=pl.lit(period.text))
        .filter(pl.col("amt") > 0)
    )


def _reverse(inputs: ReconcileInputs, lines: pl.DataFrame, lots: pl.DataFrame, paid: pl.DataFrame,
             known: pl.DataFrame) -> reversals.Reversed:
    asked = lines.filter("reversal")
    tickets = asked.select(pl.col("org_taxrpt_no").alias("ticket")).drop_nulls().unique()
    earlier = shaped(inputs.prior_applications, PRIOR_APPLICATIONS, published=True).filter(
        pl.coalesce("org_taxrpt_no", "elec_taxrpt_no").is_in(tickets["ticket"].implode())).collect()
    current = paid.with_columns(org_taxrpt_no=pl.lit(None, pl.String), org_line_no=pl.lit(None, pl.Int64))
    net = reversals.net_applications([earlier, current], tickets).join(
        known.select(*balances.DUE, "accrym", "deferred"), on=balances.DUE)
    return reversals.reverse(asked, lots, net)
