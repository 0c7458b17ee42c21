"""医疗救助 (NXJZ-10 to 20, 23, 36.2): a month, with each benefit year that it touches computed anew.

Order: items → identities → referral → running totals → already paid → difference → who pays → tables. Pure: frames in,
frames out, amounts in fen.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from nxmed.assistance import findings, one_stop, tables
from nxmed.assistance.entitlement import OWED, Standards, entitle, standards_day
from nxmed.assistance.identity import cover, with_arrival, with_referral
from nxmed.assistance.items import collect_items
from nxmed.assistance.paid import (
    payouts_of_items,
    to_pay,
    with_delta,
    with_one_stop,
    with_opening,
    with_payouts,
)
from nxmed.assistance.proofs import equations
from nxmed.assistance.shapes import (
    CLAIMS,
    IDENTITIES,
    ITEM_COLUMNS,
    OPENING,
    PRIOR_ITEMS,
    PRIOR_PAYOUTS,
    SETTLEMENTS,
    AssistInputs,
    AssistResult,
    shaped,
)
from nxmed.kernel.period import Period
from nxmed.kernel.stage import prove
from nxmed.law.catalog import Law

__all__ = ["AssistInputs", "AssistResult", "assist", "equations"]
ZERO = pl.lit(0, pl.Int64)
COUNTS = ("due", "nothing_due")


def assist(inputs: AssistInputs) -> AssistResult:
    """医疗救助一个月 (see AssistInputs and AssistResult; amounts in fen).

    Raises IntegrityError (exit 7) where a conservation equation does not hold, MissingNumber (exit 4) where the law has
    no standard for the year or region.
    """
    period, law = inputs.period, inputs.law
    settlements, claims, identities, history, opening, payouts, before = pl.collect_all([
        shaped(inputs.settlements, SETTLEMENTS), shaped(inputs.claims, CLAIMS), shaped(inputs.identities, IDENTITIES),
        shaped(inputs.identity_history, IDENTITIES), shaped(inputs.opening, OPENING),
        shaped(inputs.prior_payouts, PRIOR_PAYOUTS), shaped(inputs.prior_items, PRIOR_ITEMS)])
    collected = collect_items(settlements, claims, law)
    recent = pl.col("benefit_year").is_between(period.year - 1, period.year)
    items = cover(collected.items.filter(recent), with_arrival(inputs, identities, history), law)
    items = with_referral(_with_person(items), law)
    items = _with_class(items)
    standards = _standards(items, period, law)
    items = _with_owed(items, standards, law)

    here, vanished = payouts_of_items(payouts, collected.items, collected.claims)
    items, rest = with_opening(with_one_stop(items), opening)
    items = with_payouts(items, here)
    payer = law.rule("assistance_payer")(
        pl.col("insu_admdvs"), pl.coalesce("claim_hukou", "home"), law.number("assistance.region_admdvs", period.first_day).value[:2])
    items = with_delta(items.with_columns(payer=payer))
    items = tables.with_rule(items).with_columns(why=_published(period, inputs.ran_before_year))
    listed = pl.concat([items.filter(pl.col("why").is_null()), _gone(vanished, before, items, period)], how="diagonal")

    counting = items.lazy().filter(pl.col("class").is_in(COUNTS)).select(tables.YEAR_PARTS)
    shown = listed.lazy().filter(pl.col("class").is_in(COUNTS) & (pl.col("benefit_year") != period.year)).select("person").unique()
    whole = pl.concat([
        counting.filter(pl.col("benefit_year") == period.year),
        counting.filter(pl.col("benefit_year") != period.year).join(shown, on="person", how="semi")]).collect()
    persons = tables.years(whole, standards)
    this_year = items.select("person", "certno", "psn_no", "base_amt", "tier", "benefit_year", "refunded").filter(
        (pl.col("benefit_year") == period.year) & ~pl.col("refunded"))
    made = {
        "assistance_items": listed.select(ITEM_COLUMNS),
        "assistance_years": persons,
        "assistance_watch": tables.watch(this_year, identities, law, period),
        "payout_items": tables.payout_items(listed, period),
        "assistance_ties": one_stop.ties(settlements, items, period),
    }
    facts = _facts(inputs, collected.items.height, items, listed, made)
    proved = equations(made, facts)
    prove(proved)
    found = [*findings.of_run(inputs.first_month), *findings.of_items(listed),
             *findings.of_claims(listed, collected.claims, collected.unplaced, period), *findings.of_years(persons),
             *findings.of_opening(rest), *findings.of_years_gone(collected.items, period),
             *findings.of_year_before(items.filter(pl.col("why").is_not_null()), before),
             *one_stop.findings(made["assistance_ties"], period)]
    return AssistResult(made, found, proved, facts, listed, items.filter(pl.col("why").is_not_null()), collected.claims,
                        collected.unplaced)


def _with_person(items: pl.DataFrame) -> pl.DataFrame:
    """人员 (certno, else psn_no, as a number: persons with a certificate number and others are never the same)."""
    known = pl.col("certno").is_not_null()

    def number(column: str) -> pl.Expr:
        return pl.col(column).cast(pl.Categorical).to_physical().cast(pl.Int64) + 1

    return items.with_columns(person=pl.when(known).then(number("certno")).otherwise(-number("psn_no")))


def _with_class(items: pl.DataFrame) -> pl.DataFrame:
    """分类, as far as it does not depend on amounts (`due` stands for both classes that do)."""
    return items.with_columns(
        pl.when(pl.col("refunded")).then(pl.lit("refunded"))
        .when(pl.col("tier").is_null() & ~pl.col("no_standard")).then(pl.lit("no_identity"))
        .when(pl.col("tier").is_null()).then(pl.lit("no_standard"))
        .when(~pl.col("referred")).then(pl.lit("not_referred"))
        .otherwise(pl.lit("due")).alias("class"))


def _standards(items: pl.DataFrame, period: Period, law: Law) -> dict[int, Standards]:
    """Standards of the years that have items to compute. P's own year must have them; the year before only where the
    document was already in force."""
    found: dict[int, Standards] = {}
    for year in sorted(items.filter(pl.col("class") == "due")["benefit_year"].unique().to_list()):
        day = standards_day(period.first_day, year)
        if year == period.year or law.has("assistance.rate_1", day):
            found[year] = Standards.load(law, day)
    return found


def _with_owed(items: pl.DataFrame, standards: dict[int, Standards], law: Law) -> pl.DataFrame:
    """应救助额, and the class that follows from it. Items that don't count have no running totals."""
    pieces = [entitle(items.filter((pl.col("class") == "due") & (pl.col("benefit_year") == year)), law, s)
              for year, s in standards.items()]
    if pieces:
        owed = pl.concat(pieces)
        items = items.join(owed, on="item", how="left", maintain_order="left")
    else:
        items = items.with_columns(scheme=pl.lit(None, pl.String), **dict.fromkeys(OWED, pl.lit(None, pl.Int64)))
    items = items.with_columns(pl.col("ordinary_amt", "tilt_amt").fill_null(0))
    nothing = (pl.col("class") == "due") & (pl.col("ordinary_amt") + pl.col("tilt_amt") == 0)
    return items.with_columns(pl.when(nothing).then(pl.lit("nothing_due")).otherwise(pl.col("class")).alias("class"))


def _published(period: Period, ran_before_year: bool) -> pl.Expr:
    """为何不发布 (empty for what is published).

    Of P's year everything; of the year before what was settled, refunded, claimed or given an identity in P's year (or
    was delivered only then, after that year had been computed without it). Persons without identity only with a
    payment or a claim; refunded items only with a payment besides the one-stop amount.
    """
    year = period.year
    touched = pl.any_horizontal([(pl.col(c) == year).fill_null(False) for c in ("refunded_year", "given_year", "claim_year")])
    touched = touched | (pl.col("setl_time").dt.year() == year)
    if ran_before_year:
        delivered = pl.max_horizontal("inbox_month", "claim_month").str.slice(0, 4).cast(pl.Int64)
        touched = touched | (delivered == year)
    paid = (pl.col("paid_ordinary") != 0) | (pl.col("paid_tilt") != 0)
    shown = pl.col("claimed") | (pl.col("maf_pay").fill_null(0) != 0) | paid
    return (
        pl.when((pl.col("class") == "refunded") & ~paid).then(pl.lit("退费"))
        .when((pl.col("class") == "no_identity") & ~shown).then(pl.lit("无身份"))
        .when((pl.col("benefit_year") != year) & ~touched).then(pl.lit(findings.UNCHANGED)))


def _gone(vanished: pl.DataFrame, before: pl.DataFrame, items: pl.DataFrame, period: Period) -> pl.DataFrame:
    """已付而不再有的救助项 (paid earlier, no longer in the inbox: corrected away): as refunded, nothing due."""
    if not vanished.height:
        return items.clear()
    last = before.with_columns(source_key=pl.col("setl_id")).filter(pl.col("setl_id").is_not_null())
    by_claim = before.with_columns(source_key=pl.col("clm_sn")).filter(pl.col("clm_sn").is_not_null())
    seen = pl.concat([last.with_columns(rank=pl.lit(0)), by_claim.with_columns(rank=pl.lit(1))]).sort(
        ["period", "rank"], descending=[True, False]).unique("source_key", keep="first", maintain_order=True).drop("rank")
    rows = vanished.join(seen, on="source_key", how="inner").filter(
        pl.col("benefit_year").is_between(period.year - 1, period.year))
    rows = rows.with_columns(
        ordinary_amt=ZERO, tilt_amt=ZERO, paid_ordinary=pl.col("out_ordinary"), paid_tilt=pl.col("out_tilt"),
        refunded=pl.lit(True), claimed=pl.lit(False), valid=pl.lit(False), payer=pl.lit(None, pl.String),
        tier=pl.lit(None, pl.String), item_key=pl.col("source_key"), by_claim=pl.col("setl_id").is_null(), **{"class": pl.lit("refunded")})
    return tables.with_rule(with_delta(rows)).drop("period")


def _facts(inputs: AssistInputs, read: int, items: pl.DataFrame, listed: pl.DataFrame, made: dict[str, pl.DataFrame]
           ) -> dict[str, Any]:
    """要点 for the manifest and the screen (amounts in fen)."""
    why = dict(items.filter(pl.col("why").is_not_null()).group_by("why").len().sort("why").rows())
    classes = listed.group_by("class").agg(
        pl.len().alias("n"), *[pl.col(c).sum() for c in ("base_amt", "ordinary_amt", "tilt_amt", "paid_ordinary", "paid_tilt")])
    claimable = to_pay(listed, "claimable")
    over = {n: int(listed.filter(pl.col(f"delta_{n}") < 0)[f"delta_{n}"].sum() or 0) for n in ("ordinary", "tilt")}
    return {
        "period": inputs.period.text, "first_month": inputs.first_month, "benefit_year": inputs.period.year,
        "items_read": read, "vanished": listed.filter(pl.col("item").is_null()).height,
        "unpublished": {**why, "更早年度": read - items.height},
        "classes": {c: {"n": int(n), "base_fen": int(b), "ordinary_fen": int(o), "tilt_fen": int(t), "paid_fen": int(po + pt)}
                    for c, n, b, o, t, po, pt in classes.sort("class").rows()},
        "payout_fen": int(made["payout_items"]["amt"].sum() or 0), "payout_items": made["payout_items"].height,
        "claimable_fen": int(claimable["amt"].sum() or 0), "claimable_items": claimable.height,
        "overpaid_fen": over["ordinary"] + over["tilt"], "watched": made["assistance_watch"].height,
        "one_stop_fen": int(made["assistance_ties"]["maf_pay"].sum() or 0),
        "one_stop_owed_fen": int(made["assistance_ties"]["owed_amt"].sum() or 0),
    }
