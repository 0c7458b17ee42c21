"""住院待遇复核 (DXTC-22, 27, 45): deductible and rate by level and place, the year's limit, the supplement."""

from __future__ import annotations

import polars as pl

from nxmed.kernel.money import half_up
from nxmed.law.catalog import Law
from nxmed.settlements import providers as agreements
from nxmed.settlements.repricing_shape import ORDER, PRICED, capped, finished
from nxmed.settlements.terms import LEVELS, InpatientTerms, SupplementTerms

LONG_TERM = ("02", "07", "08", "09")
REFERRED = "06"
PROVINCE, OTHER_PROVINCE = "3", "4"
EMERGENCY_TYPES = ("13", "24")
RULE = {"home": "DXTC-22", "long_term": "DXTC-22;DXTC-27", "referred": "DXTC-22;DXTC-27", "emergency": "DXTC-22;DXTC-27",
        "self_province": "DXTC-22;DXTC-27", "self_other": "DXTC-22;DXTC-27"}


def price(
    stays: pl.DataFrame, providers: pl.DataFrame, terms: InpatientTerms, supplement: SupplementTerms | None, law: Law
) -> pl.DataFrame:
    """复核住院 (rows of shape FEES, of all months; gives PRICED). A stay whose hospital's level is unknown keeps its
    settled share in the running total and says so."""
    if not stays.height:
        return pl.DataFrame(schema=PRICED)
    levels = {row["hosp_lv"]: row["level"] for row in law.table("hospital_levels")}
    rows = _with_level(stays, providers, levels)
    year_of = pl.col("begndate" if terms.by_admission else "enddate")
    known = pl.col("level").is_not_null()
    rows = rows.with_columns(branch(), benefit_year=year_of.dt.year().cast(pl.Int64))
    local = pl.col("branch").is_in(["home", "long_term"])
    rows = rows.with_columns(
        dedc_amt=pl.when(local).then(_by_level(terms.home)).otherwise(_by_level(terms.away)),
        rate=_by_level(terms.rate) - pl.col("branch").replace_strict({
            "home": 0, "long_term": 0, "referred": terms.points_referred, "emergency": terms.points_referred,
            "self_province": terms.points_self_province, "self_other": terms.points_self_other},
            return_dtype=pl.Int64),
        state=pl.when(known).then(pl.lit("computed")).otherwise(pl.lit("level_unknown")))
    over = pl.col("inscp_scp_amt") - pl.col("dedc_amt")
    raw = half_up(pl.when(over > 0).then(over).otherwise(pl.lit(0, pl.Int64)), pl.col("rate"))
    settled = pl.max_horizontal("hifp_pay", pl.lit(0, pl.Int64))
    rows = rows.with_columns(raw_amt=pl.when(known).then(raw).otherwise(settled), limit_amt=pl.lit(terms.yearly_limit, pl.Int64))
    rows = capped(rows, "raw_amt", terms.yearly_limit, "run_before", "run_after", "fund_amt")
    own = pl.max_horizontal(pl.col("inscp_scp_amt") - pl.col("fund_amt"), pl.lit(0, pl.Int64))
    rows = rows.with_columns(own_amt=own)
    if supplement is None:
        rows = rows.with_columns(supp_amt=pl.col("hifob_pay"))
    else:
        above = pl.max_horizontal(pl.col("own_amt") - supplement.threshold, pl.lit(0, pl.Int64))
        full = half_up(above, supplement.rate)
        rows = rows.with_columns(_supp=pl.when(known).then(full).otherwise(
            pl.max_horizontal("hifob_pay", pl.lit(0, pl.Int64))))
        limit = supplement.limit
        if limit is None:
            rows = rows.with_columns(supp_amt="_supp")
        else:
            rows = capped(rows, "_supp", limit, "supp_run_before", "supp_run_after", "supp_amt")
    cite = pl.col("branch").replace_strict(RULE, return_dtype=pl.String)
    if law.region != "dingxi":
        cite = pl.lit("NXJY-36;NXJY-37.1;NXJY-38")
    elif supplement is not None:
        cite = cite + pl.lit(";DXTC-45")
    return finished(rows.with_columns(kind=pl.lit("inpatient"), rule=cite).sort(ORDER))


def branch() -> pl.Expr:
    """就医去向 (home, or away: filed long-term, referred, emergency, self-chosen within or beyond the province)."""
    away = pl.col("pay_loc").is_in([PROVINCE, OTHER_PROVINCE])
    emergency = (pl.col("emer_flag") == "1").fill_null(False) | pl.col("med_type").str.slice(0, 2).is_in(list(EMERGENCY_TYPES))
    filed = pl.col("out_fil_type").fill_null("")
    return (
        pl.when(~away).then(pl.lit("home"))
        .when(filed.is_in(list(LONG_TERM))).then(pl.lit("long_term"))
        .when(filed == REFERRED).then(pl.lit("referred"))
        .when(emergency).then(pl.lit("emergency"))
        .when(pl.col("pay_loc") == PROVINCE).then(pl.lit("self_province"))
        .otherwise(pl.lit("self_other"))
        .alias("branch")
    )


def _with_level(stays: pl.DataFrame, providers: pl.DataFrame, levels: dict[str, str]) -> pl.DataFrame:
    """机构级别: of the agreement that covers the discharge, else of the newest one, else what the settlement says."""
    beside, most = agreements.wide(providers, ("dedc_hosp_lv",))
    joined = stays.join(beside, on="fixmedins_code", how="left")
    grade = agreements.term("dedc_hosp_lv", pl.col("enddate"), most, pl.String())
    newest = [pl.col("dedc_hosp_lv_0")] if most else []
    found = pl.coalesce(grade, *newest, pl.col("hosp_lv"))
    return joined.select(*stays.columns, level=found.replace_strict(levels, default=None, return_dtype=pl.String))


def _by_level(values: dict[str, int]) -> pl.Expr:
    made: pl.Expr = pl.lit(None, pl.Int64)
    for level in LEVELS:
        made = pl.when(pl.col("level") == level).then(pl.lit(values[level], pl.Int64)).otherwise(made)
    return made
