"""机构结算 (NXJY-35 to 37, 39, 49 to 51; NXJG-11; DXTC-22, 26, 27, 30.4, 31, 45, 58): a month's statements.

Order: records checked → totals → details both ways → holds → decisions and refunds → recognised → payables → repricing.
Pure: frames in, frames out, amounts in fen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from nxmed.kernel.stage import prove
from nxmed.settlements import findings, groups, holds, matching, past, payables, recognition, records, straight, tables
from nxmed.settlements.holds import REFUND, TOTALS_DIFFER
from nxmed.settlements.keys import MARK, with_seed
from nxmed.settlements.naming import with_provider
from nxmed.settlements.proofs import delivered, equations
from nxmed.settlements.repricing import reprice
from nxmed.settlements.shapes import (
    DEDUCTIONS,
    KEY,
    PRIOR_PAYABLES,
    PROVIDERS,
    TOTALS,
    SettleInputs,
    SettleResult,
    shaped,
)

__all__ = ["SettleInputs", "SettleResult", "equations", "settle"]


def settle(inputs: SettleInputs) -> SettleResult:
    """结算一个月 (see SettleInputs and SettleResult; amounts in fen).

    Raises IntegrityError (exit 7) where a conservation equation does not hold, MissingNumber (exit 4) where a number
    of the law is missing for the month.
    """
    period, law = inputs.period, inputs.law
    cite = groups.RULE[law.region]
    providers, totals, deductions, prior = pl.collect_all([
        shaped(inputs.providers, PROVIDERS), shaped(inputs.provider_totals, TOTALS),
        shaped(inputs.deductions, DEDUCTIONS), shaped(inputs.prior_payables, PRIOR_PAYABLES)])
    both = _compared(inputs, providers, totals, cite)
    paired, compared = both.paired, both.groups
    facts: dict[str, Any] = {"period": period.text, "first_month": inputs.first_month, **both.sums}
    found = [*findings.of_run(inputs.first_month), *(findings.of_amounts(inputs) if both.broken else []),
             *findings.of_groups(compared, cite), *findings.of_large_fees(inputs)]
    rows = _classed(paired, compared)
    refund = pl.col("refd_setl_flag") == REFUND
    plainly = (pl.col("stmt_diff") == "00") & pl.col("held_reason").is_null() & pl.col("opened_period").is_null()
    rows = recognition.with_break_ids(rows, ~plainly | refund)
    rows, used, stale = recognition.decided(rows, inputs)
    rows = recognition.recognise(rows)
    rows = rows.with_columns(break_id=pl.when(plainly).then(pl.lit(None, pl.String)).otherwise(pl.col("break_id")))

    open_, opening = tables.waiting(rows, paired, inputs), paired.opening
    published = pl.concat([tables.statement_rows(rows, paired, _rule(cite)), straight.published(both.straight, period.text, cite)])
    lines = both.lines
    del rows, paired, both
    owed = payables.payables(published, deductions, prior, providers, law=law, period=period)
    repriced = reprice(inputs)
    made = {
        "statement_groups": compared.table,
        "statement_rows": published,
        "statement_breaks": tables.breaks(open_),
        "statement_decisions": _decisions(used, stale, published),
        "payables": owed.select(
            "fixmedins_code", "fund_pay_type", "recognised_amt", "carried_in_amt", "det_amt", "dpst_amt", "advance_amt",
            "carried_out_amt", "act_dfr_amt", "fix_blng_admdvs", "dpst_rat", "rule"),
        "payout_items": payables.payout_items(owed, period),
        "repricing": repriced.table,
    }
    facts |= {
        "carried_before_fen": int(prior["carried_out_amt"].sum() or 0), "opening_breaks": opening,
        "deductions_fen": int(deductions["det_amt"].sum() or 0), "deduction_rows": deductions.height,
        "closing_breaks": made["statement_breaks"].height,
        "recognised_fen": int(owed["recognised_amt"].sum() or 0), "payable_fen": int(owed["act_dfr_amt"].sum() or 0),
        "classes": dict(published.group_by("stmt_diff").len().sort("stmt_diff").rows()),
        "repricing": repriced.facts,
    }
    proved = equations(made, facts)
    prove(proved)
    delivered_open = holds.every_reason(open_.filter("delivered"), providers, law, inputs.period)
    found += [*findings.of_rows(delivered_open, cite), *findings.of_breaks(published, period, cite),
              *findings.of_resolutions(stale), *repriced.findings]
    return SettleResult(made, found, proved, facts, lines)


@dataclass(frozen=True)
class _Both:
    """Both sides of the month: what is straight, what is paired, the totals, what each side delivered."""

    straight: pl.DataFrame
    paired: matching.Paired
    groups: groups.Groups
    sums: dict[str, int]
    broken: bool
    lines: pl.LazyFrame


def _compared(inputs: SettleInputs, providers: pl.DataFrame, totals: pl.DataFrame, cite: str) -> _Both:
    rows, lines = records.of_month(inputs), records.listed_in_month(inputs)
    agency, details = pl.collect_all([records.narrow(rows), lines.select(records.LISTED)])
    if details["fixmedins_code"].null_count():
        lines = with_provider(lines, agency, providers)
        details = lines.select(records.LISTED).collect()
    compared = groups.compare(agency, details, totals, cite)
    period = inputs.period.text

    def paired(seed: int) -> tuple[pl.DataFrame, matching.Paired]:
        mine, theirs = straight.with_marks(agency, details, seed)
        known = past.look_back(inputs, seed, pl.concat([f.select(*KEY, MARK) for f in (mine, theirs)]))
        split = straight.split(mine, theirs, pl.concat([known.settled, known.open.select(MARK)])[MARK],
                               straight.covered(compared.spans, providers))
        rest, other = records.wide(rows, lines, seed, split.mine, split.theirs)
        rest, other = rest.with_columns(agency_period=pl.lit(period)), other.with_columns(period=pl.lit(period))
        judged = holds.judged(rest.lazy(), providers, inputs.law, inputs.period).select(
            *rest.columns, "hold", "package").collect()
        return split.rows, matching.pair(judged, other, providers, known, inputs, seed, split.rows[MARK])

    plain, pairs = with_seed(paired)
    return _Both(plain, pairs, compared, delivered(agency, details), bool(agency["broken"].any()), lines)


def _classed(paired: matching.Paired, compared: groups.Groups) -> pl.DataFrame:
    """Class and hold of every row."""
    rows = matching.with_originals(paired, _with_totals(paired, compared))
    return rows.with_columns(
        matching.stmt_diff(),
        held_reason=pl.when(pl.col("hold").is_null() & pl.col("totals_hold")).then(pl.lit(TOTALS_DIFFER)).otherwise(pl.col("hold")),
    )


def _with_totals(paired: matching.Paired, compared: groups.Groups) -> pl.DataFrame:
    """Where no detail file came: rows of groups whose totals agree (`by_totals`), and of those that differ
    (`totals_hold`)."""
    rows = paired.rows
    alone = matching.ON_AGENCY & ~matching.ON_PROVIDER & pl.col("delivered") & pl.col("fixmedins_code").is_in(
        compared.only_totals.implode())
    marked = rows.select(alone.alias("alone")).to_series()
    if not marked.any():
        return rows.with_columns(by_totals=pl.col("agreed"), totals_hold=pl.lit(False))
    state = compared.table.select(*groups.GROUP, pl.col("state").alias("_state"))
    hit = paired.pool.fetch(rows.filter(marked), ("clr_optins",)).join(
        state, on=list(groups.GROUP), how="left", nulls_equal=True).with_columns(
        by_totals=(pl.col("_state") == "equal").fill_null(False), totals_hold=(pl.col("_state") == "differs").fill_null(False))
    rest = rows.filter(~marked).with_columns(by_totals=pl.col("agreed"), totals_hold=pl.lit(False))
    return pl.concat([rest, hit.select(rest.columns)])


def _rule(cite: str) -> pl.Expr:
    """The articles a row rests on: those of every row, and those of what was done with it."""
    packaged = pl.col("package").is_not_null()
    return pl.when(packaged).then(pl.lit(f"{cite};NXJY-49;NXJY-50")).otherwise(pl.lit(cite))


DECISIONS: dict[str, pl.DataType] = {
    **dict.fromkeys(("entry_id", "break_id", "fixmedins_code", "setl_id", "refd_setl_flag", "decision", "note", "who",
                     "who_name", "at", "stmt_diff", "state"), pl.String()), "recognised_amt": pl.Int64()}


def _decisions(used: pl.DataFrame, stale: pl.DataFrame, published: pl.DataFrame) -> pl.DataFrame:
    """处理决定的执行 (which entries this run read, with what came of each)."""
    if not used.height and not stale.height:
        return pl.DataFrame(schema=DECISIONS)
    carried = published.filter(pl.col("decision").is_not_null()).select("break_id", "stmt_diff", "state", "recognised_amt")
    gone = stale.with_columns(
        stmt_diff=pl.lit(None, pl.String), state=pl.lit("stale"), recognised_amt=pl.lit(0, pl.Int64))
    done = used.join(carried, on="break_id", how="left").with_columns(pl.col("state").fill_null("waiting"))
    return pl.concat([f.select(pl.col(n).cast(d) for n, d in DECISIONS.items()) for f in (done, gone)]).sort("entry_id")
