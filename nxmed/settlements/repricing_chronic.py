"""门诊慢特病与谈判药复核 (DXTC-30.4, 31, 45): 70 % up to the year's limit, the supplement on the own share within it."""

from __future__ import annotations

import polars as pl

from nxmed.kernel.money import PPM, div_half_up, half_up
from nxmed.settlements.repricing_shape import ORDER, PERSON_YEAR, PRICED, finished
from nxmed.settlements.terms import ChronicTerms, SupplementTerms

ROW = ("psn_no", "setl_id", "fixmedins_code")


def price(
    fees: pl.DataFrame, register: pl.DataFrame, terms: ChronicTerms, supplement: SupplementTerms | None
) -> pl.DataFrame:
    """复核慢特病 (rows of shape FEES, of all months; gives PRICED)."""
    if not fees.height:
        return pl.DataFrame(schema=PRICED)
    rows = fees.with_columns(benefit_year=pl.col("enddate").dt.year().cast(pl.Int64))
    rows = rows.join(_limits(rows, register, terms), on=list(ROW), how="left").with_columns(
        pl.col("limit_amt", "unknown").fill_null(0))
    scope = pl.max_horizontal("inscp_scp_amt", pl.lit(0, pl.Int64))
    rows = rows.with_columns(_scope=scope, raw_amt=half_up(scope, terms.rate)).sort(*PERSON_YEAR, *ORDER)
    rows = _running(rows)
    # Own share within the limit, in 1/top of a fen: exact where the limit is reached inside a fee.
    top, bottom = terms.top, terms.bottom
    own = pl.when(pl.col("fund_amt") == pl.col("raw_amt")).then((pl.col("_scope") - pl.col("fund_amt")) * top).otherwise(
        pl.col("fund_amt") * (bottom - top))
    own = pl.when(pl.col("limit_amt") > 0).then(own).otherwise(pl.lit(0, pl.Int64))
    rows = rows.with_columns(_own=own)
    rows = _yearly_supplement(rows, supplement, top)
    return finished(rows.with_columns(
        kind=pl.lit("chronic"), dedc_amt=pl.lit(0, pl.Int64), rate=pl.lit(terms.rate, pl.Int64),
        own_amt=div_half_up(pl.col("_own"), top),
        branch=pl.when(pl.col("limit_amt") > 0).then(pl.lit("registered")).otherwise(pl.lit("not_registered")),
        state=pl.when((pl.col("unknown") > 0) & (pl.col("limit_amt") == 0)).then(pl.lit("disease_unknown"))
        .otherwise(pl.lit("computed")),
        rule=pl.lit("DXTC-31;DXTC-30.4;DXTC-45")))


def price_drugs(fees: pl.DataFrame, supplement: SupplementTerms) -> pl.DataFrame:
    """复核谈判药补助 (outpatient fees with tdrug_flag 1: the year's own share after the basic fund, above the threshold)."""
    if not fees.height:
        return pl.DataFrame(schema=PRICED)
    own = pl.max_horizontal(pl.col("inscp_scp_amt") - pl.col("hifp_pay"), pl.lit(0, pl.Int64))
    rows = fees.with_columns(benefit_year=pl.col("enddate").dt.year().cast(pl.Int64), _own=own, own_amt=own).sort(
        *PERSON_YEAR, *ORDER)
    rows = _yearly_supplement(rows, supplement, 1)
    return finished(rows.with_columns(
        kind=pl.lit("drug"), branch=pl.lit("negotiated"), fund_amt=pl.col("hifp_pay"), raw_amt=pl.col("hifp_pay"),
        state=pl.lit("computed"), rule=pl.lit("DXTC-45")))


def _limits(rows: pl.DataFrame, register: pl.DataFrame, terms: ChronicTerms) -> pl.DataFrame:
    """年度限额 of each fee, from the diseases registered on its day: the highest, and a fixed sum for each further one,
    three at most. `unknown`: registered diseases that article 31 does not list."""
    number = pl.col("dise_no").str.strip_chars().str.strip_chars_start("0")
    listed = list(terms.limits)
    known = register.with_columns(
        _limit=pl.coalesce(
            number.replace_strict(terms.limits, default=None, return_dtype=pl.Int64),
            pl.col("dise_name").str.strip_chars().replace_strict(terms.limits, default=None, return_dtype=pl.Int64)),
        _name=pl.when(number.is_in(listed)).then(number).otherwise(pl.col("dise_no")))
    on_day = (pl.col("begndate") <= pl.col("begndate_fee")) & (
        pl.col("enddate").is_null() | (pl.col("enddate") >= pl.col("begndate_fee")))
    met = rows.select(*ROW, begndate_fee="begndate").join(
        known.select("psn_no", "begndate", "enddate", "_limit", "_name"), on="psn_no", how="inner").filter(on_day)
    each = met.group_by(*ROW, "_name").agg(pl.col("_limit").max())
    counted = pl.min_horizontal(pl.col("_limit").count().cast(pl.Int64), pl.lit(terms.most, pl.Int64))
    return each.group_by(ROW).agg(
        limit_amt=pl.when(pl.col("_limit").count() > 0).then(
            pl.col("_limit").max() + terms.further * (counted - 1)).otherwise(pl.lit(0, pl.Int64)),
        unknown=pl.col("_limit").is_null().sum().cast(pl.Int64),
        diseases=pl.col("_name").sort().str.join("+"))


def _running(rows: pl.DataFrame) -> pl.DataFrame:
    """年内累计 (fund share of each fee: what still fits under the limit of its day; totals before and after).

    With a limit that never falls the total is cum_raw + min(0, smallest of limit − cum_raw so far); the few persons
    whose limit falls within a year are walked one by one.
    """
    total = pl.col("raw_amt").cum_sum().over(PERSON_YEAR)
    rows = rows.with_columns(_total=total)
    room = (pl.col("limit_amt") - pl.col("_total")).cum_min().over(PERSON_YEAR)
    after = pl.col("_total") + pl.min_horizontal(room, pl.lit(0, pl.Int64))
    rows = rows.with_columns(
        run_after=after, _falls=(pl.col("limit_amt").diff().over(PERSON_YEAR) < 0).fill_null(False).any().over(PERSON_YEAR))
    if rows["_falls"].any():
        rows = pl.concat([rows.filter(~pl.col("_falls")), _walked(rows.filter("_falls"))]).sort(*PERSON_YEAR, *ORDER)
    rows = rows.with_columns(run_before=pl.col("run_after").shift(1).over(PERSON_YEAR).fill_null(0))
    return rows.with_columns(fund_amt=pl.col("run_after") - pl.col("run_before")).drop("_total", "_falls")


def _walked(rows: pl.DataFrame) -> pl.DataFrame:
    totals: dict[tuple[str, int], int] = {}
    after = []
    for person, year, raw, limit in rows.select(*PERSON_YEAR, "raw_amt", "limit_amt").iter_rows():
        run = totals.get((person, year), 0)
        totals[person, year] = run + min(raw, max(0, limit - run))
        after.append(totals[person, year])
    return rows.with_columns(run_after=pl.Series(after, dtype=pl.Int64))


def _yearly_supplement(rows: pl.DataFrame, terms: SupplementTerms | None, parts: int) -> pl.DataFrame:
    """年度累计补助 (`_own` in 1/parts of a fen; each fee brings what its own share adds above the yearly threshold)."""
    if terms is None:
        return rows.with_columns(supp_amt=pl.col("hifob_pay"))
    zero = pl.lit(0, pl.Int64)
    rows = rows.with_columns(_after=pl.col("_own").cum_sum().over(PERSON_YEAR))
    rows = rows.with_columns(_before=pl.col("_after") - pl.col("_own"))
    threshold = terms.threshold * parts
    portion = pl.max_horizontal(pl.col("_after") - threshold, zero) - pl.max_horizontal(pl.col("_before") - threshold, zero)
    amount = div_half_up(portion.cast(pl.Int128) * terms.rate, parts * PPM).cast(pl.Int64)
    return rows.with_columns(
        supp_amt=amount, supp_run_before=div_half_up(pl.col("_before"), parts),
        supp_run_after=div_half_up(pl.col("_after"), parts)).drop("_after", "_before")
