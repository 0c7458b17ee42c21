"""一桶机构的结算 (one bucket of whole providers): records checked → totals → details both ways → holds → decisions and
refunds → recognised → payables. The same function serves the whole agency as one bucket and a part of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from nxmed.kernel.stage import Equation, prove
from nxmed.settlements import (
    findings,
    groups,
    holds,
    matching,
    one_stop,
    past,
    payables,
    proofs,
    recognition,
    records,
    straight,
    tables,
)
from nxmed.settlements.holds import REFUND, TOTALS_DIFFER
from nxmed.settlements.keys import MARK, with_seed
from nxmed.settlements.naming import named_lines
from nxmed.settlements.shapes import DEDUCTIONS, PRIOR_PAYABLES, PROVIDERS, TOTALS, SettleInputs, shaped


@dataclass(frozen=True)
class Bucket:
    """一桶的结果.

    plain: the rows that are straight; others: every other row of statement_rows, as published. tables: statement_groups,
    statement_breaks, payables, payout_items of these providers. met: every decision, with what came of it here. counted: the tally of
    all rows. facts: numbers that add up over buckets. lines: detail rows with their providers.
    """

    plain: straight.Plain
    others: pl.DataFrame
    tables: dict[str, pl.DataFrame]
    met: pl.DataFrame
    counted: pl.DataFrame
    facts: dict[str, int]
    findings: list[pl.DataFrame]
    equations: list[Equation]
    lines: pl.LazyFrame

    def without_rows(self) -> Bucket:
        """不带逐条行 (what is left in memory of a bucket whose rows are put away)."""
        return replace(self, plain=straight.Plain(self.plain.agency.clear()), others=self.others.clear())


def settle_bucket(inputs: SettleInputs, decisions: pl.DataFrame) -> Bucket:
    """结算一桶机构 (`inputs` hold whole providers, `decisions` may concern any). Raises IntegrityError (exit 7) where a
    conservation equation of the bucket does not hold."""
    period, law = inputs.period, inputs.law
    cite = groups.RULE[law.region]
    providers, totals, deductions, prior = pl.collect_all([
        shaped(inputs.providers, PROVIDERS), shaped(inputs.provider_totals, TOTALS),
        shaped(inputs.deductions, DEDUCTIONS), shaped(inputs.prior_payables, PRIOR_PAYABLES)])
    both = _compared(inputs, providers, totals, cite)
    plain, paired, compared, lines = both.plain, both.paired, both.groups, both.lines
    found = [*(findings.of_amounts(inputs) if both.broken else []), *findings.of_groups(compared, cite),
             *findings.of_large_fees(inputs)]
    rows = _classed(paired, compared)
    refund = pl.col("refd_setl_flag") == REFUND
    plainly = (pl.col("stmt_diff") == "00") & pl.col("held_reason").is_null() & pl.col("opened_period").is_null()
    rows = recognition.with_break_ids(rows, ~plainly | refund)
    rows, met = recognition.decided(rows, decisions)
    rows = recognition.recognise(rows)
    rows = rows.with_columns(break_id=pl.when(plainly).then(pl.lit(None, pl.String)).otherwise(pl.col("break_id")))

    open_, opening = tables.waiting(rows, paired, inputs), paired.opening
    others = tables.statement_rows(rows, paired, _rule(cite))
    sums = both.sums
    del rows, paired, both
    shown = straight.published(plain.lazy(), period.text, cite)
    counted = proofs.added([proofs.tally(others, period.text), proofs.tally_alike(shown, period.text)])
    owed = payables.payables(payables.recognised(counted), deductions, prior, providers, law=law, period=period)
    made = {
        "statement_groups": compared.table,
        "statement_breaks": tables.breaks(open_),
        "payables": owed.select(
            "fixmedins_code", "fund_pay_type", "recognised_amt", "carried_in_amt", "det_amt", "dpst_amt", "advance_amt",
            "carried_out_amt", "act_dfr_amt", "fix_blng_admdvs", "dpst_rat", "rule"),
        "payout_items": payables.payout_items(owed, period),
    }
    facts = {
        **sums, "carried_before_fen": int(prior["carried_out_amt"].sum() or 0), "opening_breaks": opening,
        "deductions_fen": int(deductions["det_amt"].sum() or 0), "deduction_rows": deductions.height,
        "closing_breaks": open_.height, "recognised_fen": int(owed["recognised_amt"].sum() or 0),
        "payable_fen": int(owed["act_dfr_amt"].sum() or 0),
    }
    proved = proofs.stated(counted, made, {**facts, "period": period.text})
    prove(proved)
    assisted = straight.published(plain.lazy().filter(pl.col("maf_pay") != 0), period.text, cite)
    found += [piece for rows in (others, assisted.collect()) for piece in one_stop.of_rows(rows, inputs)]
    delivered_open = holds.every_reason(open_.filter("delivered"), providers, law, period)
    found += [*findings.of_rows(delivered_open, cite), *findings.of_breaks(others, period, cite)]
    return Bucket(plain, others, made, met, counted, facts, found, proved, lines)


@dataclass(frozen=True)
class _Both:
    """Both sides of the month: what is straight, what is paired, the totals, what each side delivered."""

    plain: straight.Plain
    paired: matching.Paired
    groups: groups.Groups
    sums: dict[str, int]
    broken: bool
    lines: pl.LazyFrame


def _compared(inputs: SettleInputs, providers: pl.DataFrame, totals: pl.DataFrame, cite: str) -> _Both:
    rows = records.of_month(inputs)
    lines = named_lines(inputs)
    period = inputs.period.text

    def paired(seed: int) -> _Both:
        agency, details = pl.collect_all([records.narrow(rows, seed), records.listed(lines, seed)], engine="streaming")
        compared = groups.compare(agency, details, totals, cite)
        known = past.look_back(inputs, seed, agency, details)
        split = straight.split(agency, details, pl.concat([known.settled, known.open.select(MARK)])[MARK],
                               straight.covered(compared.spans, providers))
        rest, other = records.wide(rows, lines, seed, split.mine, split.theirs)
        rest, other = rest.with_columns(agency_period=pl.lit(period)), other.with_columns(period=pl.lit(period))
        judged = holds.judged(rest.lazy(), providers, inputs.law, inputs.period).select(
            *rest.columns, "hold", "package").collect()
        pairs = matching.pair(judged, other, providers, known, inputs, seed, split.plain.agency)
        return _Both(split.plain, pairs, compared, proofs.delivered(agency, details), bool(agency["broken"].any()), lines)

    return with_seed(paired)


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
