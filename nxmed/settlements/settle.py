"""机构结算 (NXJY-35 to 37, 39, 49 to 51; NXJG-11; DXTC-22, 26, 27, 30.4, 31, 45, 58): a month's statements.

Order: records checked → totals → details both ways → holds → decisions and refunds → recognised → payables → repricing.
Pure: frames in, frames out, amounts in fen.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from nxmed.kernel.stage import prove
from nxmed.settlements import findings, groups, holds, matching, payables, recognition, tables
from nxmed.settlements.keys import with_seed
from nxmed.settlements.proofs import delivered, equations
from nxmed.settlements.repricing import reprice
from nxmed.settlements.shapes import (
    DEDUCTIONS,
    DETAILS,
    PRIOR_PAYABLES,
    PROVIDER_DATA,
    PROVIDERS,
    SETTLEMENTS,
    TOTALS,
    SettleInputs,
    SettleResult,
    shaped,
)

DECISIONS: dict[str, pl.DataType] = {
    **dict.fromkeys(("entry_id", "break_id", "fixmedins_code", "setl_id", "refd_setl_flag", "decision", "note", "who",
                     "who_name", "at", "stmt_diff", "state"), pl.String()), "recognised_amt": pl.Int64()}
__all__ = ["SettleInputs", "SettleResult", "equations", "settle"]


def settle(inputs: SettleInputs) -> SettleResult:
    """结算一个月 (see SettleInputs and SettleResult; amounts in fen).

    Raises IntegrityError (exit 7) where a conservation equation does not hold, MissingNumber (exit 4) where a number
    of the law is missing for the month.
    """
    period, law = inputs.period, inputs.law
    here = pl.col("inbox_month") == period.text
    agency, details, totals, providers, deductions, prior = pl.collect_all([
        shaped(inputs.settlements, SETTLEMENTS).filter(here), shaped(inputs.provider_details, DETAILS).filter(here),
        shaped(inputs.provider_totals, TOTALS), shaped(inputs.providers, PROVIDERS),
        shaped(inputs.deductions, DEDUCTIONS), shaped(inputs.prior_payables, PRIOR_PAYABLES),
    ])
    details = _with_provider(details, agency, providers)
    cite = groups.RULE[law.region]
    listed = details.rename({n: f"provider_{n}" for n in PROVIDER_DATA})
    compared = groups.compare(agency, listed, totals, cite)
    facts: dict[str, Any] = {"period": period.text, "first_month": inputs.first_month, **delivered(agency, listed)}
    found = [*findings.of_run(inputs.first_month), *findings.of_amounts(agency), *findings.of_groups(compared, cite),
             *findings.of_large_fees(agency, law, period)]

    def classed(seed: int) -> tuple[pl.DataFrame, matching.Paired]:
        paired = matching.pair(agency, details, inputs, seed)
        rows = _with_totals(paired.rows, compared)
        rows = matching.with_originals(rows, paired.originals, seed)
        return rows.with_columns(matching.stmt_diff()), paired

    rows, paired = with_seed(classed)
    rows = holds.with_terms(rows, providers, law, period).with_columns(holds.held_reason())
    difference = (pl.col("stmt_diff") != "00") | pl.col("held_reason").is_not_null() | pl.col("opened_period").is_not_null()
    refund = pl.col("refd_setl_flag") == matching.REFUND
    rows = recognition.with_break_ids(rows, difference | refund)
    rows, used, stale = recognition.decided(rows, inputs)
    rows = recognition.recognise(rows)
    plainly = (pl.col("stmt_diff") == "00") & pl.col("held_reason").is_null() & pl.col("opened_period").is_null()
    rows = rows.with_columns(break_id=pl.when(plainly).then(pl.lit(None, pl.String)).otherwise(pl.col("break_id")))
    copies = recognition.with_break_ids(paired.copies, pl.col("setl_id").is_not_null())

    published = tables.statement_rows(rows, copies, _rule(cite))
    owed = payables.payables(published, deductions, prior, providers, law=law, period=period)
    repriced = reprice(inputs, agency)
    made = {
        "statement_groups": compared.table,
        "statement_rows": published,
        "statement_breaks": tables.still_open(rows, period.text),
        "statement_decisions": _decisions(used, stale, rows),
        "payables": owed.select(
            "fixmedins_code", "fund_pay_type", "recognised_amt", "carried_in_amt", "det_amt", "dpst_amt", "advance_amt",
            "carried_out_amt", "act_dfr_amt", "fix_blng_admdvs", "dpst_rat", "rule"),
        "payout_items": payables.payout_items(owed, period),
        "repricing": repriced.table,
    }
    facts |= {
        "carried_before_fen": int(prior["carried_out_amt"].sum() or 0), "opening_breaks": paired.opening,
        "deductions_fen": int(deductions["det_amt"].sum() or 0), "deduction_rows": deductions.height,
        "closing_breaks": made["statement_breaks"].height,
        "recognised_fen": int(owed["recognised_amt"].sum() or 0), "payable_fen": int(owed["act_dfr_amt"].sum() or 0),
        "classes": dict(published.group_by("stmt_diff").len().sort("stmt_diff").rows()),
        "repricing": repriced.facts,
    }
    proved = equations(made, facts)
    prove(proved)
    fresh = rows.filter("delivered")
    found += [*findings.of_rows(fresh, cite), *findings.of_breaks(published, period, cite),
              *findings.of_resolutions(stale), *repriced.findings]
    return SettleResult(made, found, proved, facts)


def _with_provider(details: pl.DataFrame, agency: pl.DataFrame, providers: pl.DataFrame) -> pl.DataFrame:
    """Rows of a file that doesn't name its provider (the headerless layout of 3202).

    Each such file is one provider's: the code of a known provider in its name, else the code that most of its rows have
    at the agency, the smallest of several, else UNKNOWN.
    """
    nameless = pl.col("fixmedins_code").is_null()
    if not details.select(nameless.any()).item():
        return details
    files = details.filter(nameless).select("src_file").unique()
    known = providers["fixmedins_code"].unique().sort()
    named = files.with_columns(
        code=pl.col("src_file").str.to_uppercase().str.extract_all("[A-Z]?[0-9][0-9A-Z]{5,}")).explode("code").filter(
        pl.col("code").is_in(known.implode())).sort("src_file", "code").unique(
        "src_file", keep="first", maintain_order=True).with_columns(rank=pl.lit(0), len=pl.lit(0, pl.UInt32))
    guess = (
        details.filter(nameless).select("src_file", "setl_id", "refd_setl_flag")
        .join(agency.select("setl_id", "refd_setl_flag", code="fixmedins_code"), on=["setl_id", "refd_setl_flag"])
        .group_by("src_file", "code").len().with_columns(rank=pl.lit(1)).select(named.columns))
    chosen = pl.concat([named, guess]).sort(["rank", "len", "code"], descending=[False, True, False]).unique(
        "src_file", keep="first", maintain_order=True).select("src_file", "code")
    return details.join(chosen, on="src_file", how="left").with_columns(
        fixmedins_code=pl.coalesce("fixmedins_code", "code", pl.lit("UNKNOWN"))).drop("code")


def _with_totals(rows: pl.DataFrame, compared: groups.Groups) -> pl.DataFrame:
    """Where no detail file came: rows of groups whose totals agree (`by_totals`), and of those that differ
    (`totals_hold`)."""
    alone = matching.ON_AGENCY & ~matching.ON_PROVIDER & pl.col("delivered") & ~pl.col("fixmedins_code").is_in(
        compared.with_details.implode()) & pl.col("fixmedins_code").is_in(compared.with_totals.implode())
    if not rows.select(alone.any()).item():
        return rows.with_columns(by_totals=pl.lit(False), totals_hold=pl.lit(False))
    state = compared.table.select(*groups.GROUP, pl.col("state").alias("_state"))
    joined = rows.join(state, on=list(groups.GROUP), how="left", nulls_equal=True)
    return joined.with_columns(
        by_totals=(alone & (pl.col("_state") == "equal")).fill_null(False),
        totals_hold=(alone & (pl.col("_state") == "differs")).fill_null(False)).drop("_state")


def _rule(cite: str) -> pl.Expr:
    """The articles a row rests on: those of every row, and those of what was done with it."""
    packaged = pl.col("package").is_not_null()
    return pl.when(packaged).then(pl.lit(f"{cite};NXJY-49;NXJY-50")).otherwise(pl.lit(cite))


def _decisions(used: pl.DataFrame, stale: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """处理决定的执行 (which entries this run read, with what came of each)."""
    if not used.height and not stale.height:
        return pl.DataFrame(schema=DECISIONS)
    carried = rows.filter(pl.col("decision").is_not_null()).select("break_id", "stmt_diff", "state", "recognised_amt")
    gone = stale.with_columns(
        stmt_diff=pl.lit(None, pl.String), state=pl.lit("stale"), recognised_amt=pl.lit(0, pl.Int64))
    done = used.join(carried, on="break_id", how="left")
    return pl.concat([f.select(pl.col(n).cast(d) for n, d in DECISIONS.items()) for f in (done, gone)]).sort("entry_id")
