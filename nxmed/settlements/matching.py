"""逐条比对 (details both ways): every row of either side in exactly one class (NXJY-35, 36; NXJG-11)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.settlements.keys import COPY, MARK, hashed, numbered, same_key
from nxmed.settlements.past import Known, look_back
from nxmed.settlements.shapes import AGENCY_DATA, COMPARED, KEY, PROVIDER_DATA, SettleInputs

REFUND = "1"
NOT_A_REFUND = "0"
AGENCY_COLUMNS = (*AGENCY_DATA, "agency_period")
PROVIDER_COLUMNS = (*(f"provider_{n}" for n in PROVIDER_DATA), "provider_period")

ON_AGENCY = pl.col("medfee_sumamt").is_not_null()
ON_PROVIDER = pl.col("provider_medfee_sumamt").is_not_null()


@dataclass(frozen=True)
class Paired:
    """配好的行.

    rows: one per key of the month or still open from before, both sides beside each other, with `delivered` (came this
    month), `settled` (dealt with in an earlier month), `opened_period`, and for refunds `org_hash`.
    copies: further copies of a key within the month, one side each. originals: what earlier months know of the keys
    that refunds name.
    """

    rows: pl.DataFrame
    copies: pl.DataFrame
    originals: pl.DataFrame
    opening: int


def pair(agency: pl.DataFrame, provider: pl.DataFrame, inputs: SettleInputs, seed: int) -> Paired:
    """配对 (agency rows SETTLEMENTS, provider rows DETAILS, both of month P only). Raises keys.Collision."""
    period = inputs.period.text
    mine = numbered(agency.with_columns(hashed(seed), agency_period=pl.lit(period)).drop("inbox_month"))
    theirs = numbered(provider.with_columns(hashed(seed)).drop("inbox_month"))
    theirs = theirs.rename({n: f"provider_{n}" for n in PROVIDER_DATA}).with_columns(provider_period=pl.lit(period))
    rows = mine.filter(pl.col(COPY) == 1).drop(COPY).join(
        theirs.filter(pl.col(COPY) == 1).drop(COPY), on=MARK, how="full", coalesce=True, suffix="_other")
    same_key(rows)
    rows = rows.with_columns(pl.coalesce(k, f"{k}_other").alias(k) for k in KEY).drop([f"{k}_other" for k in KEY])
    copies = pl.concat([mine.filter(pl.col(COPY) > 1), theirs.filter(pl.col(COPY) > 1)], how="diagonal")
    if not copies.height:
        copies = copies.select(*KEY, MARK, COPY, *AGENCY_COLUMNS, *PROVIDER_COLUMNS)

    known = _look_back(inputs, seed, rows)
    rows = _joined(rows, known)
    return Paired(rows, copies, known.originals, known.open.height)


def _look_back(inputs: SettleInputs, seed: int, rows: pl.DataFrame) -> Known:
    """Earlier months, asked about the month's keys and about the originals of all refunds, open ones included."""
    refunds = rows.filter(pl.col("refd_setl_flag") == REFUND).select(*KEY, "org_setl_id", "provider_org_setl_id")
    waiting = _open_refunds(inputs)
    named = pl.concat([refunds, waiting]).select(
        "fixmedins_code", setl_id=pl.coalesce("org_setl_id", "provider_org_setl_id", "setl_id"),
        refd_setl_flag=pl.lit(NOT_A_REFUND)).unique().with_columns(hashed(seed))
    return look_back(inputs, seed, rows.select(*KEY, MARK), named.select(*KEY, MARK))


def _open_refunds(inputs: SettleInputs) -> pl.DataFrame:
    from nxmed.settlements.shapes import BREAKS, shaped

    return shaped(inputs.prior_breaks, BREAKS).filter(pl.col("refd_setl_flag") == REFUND).select(
        *KEY, "org_setl_id", "provider_org_setl_id").collect()


def _joined(rows: pl.DataFrame, known: Known) -> pl.DataFrame:
    """The month's rows with what is open from before: a side that did not come again stands as it was."""
    settled = rows[MARK].is_in(known.settled[MARK].implode())
    rows = rows.with_columns(delivered=pl.lit(True), settled=settled, opened_period=pl.lit(None, pl.String))
    if not known.open.height:
        return rows
    touched = rows[MARK].is_in(known.open[MARK].implode())
    hit = rows.filter(touched).drop("opened_period").join(known.open, on=MARK, how="left", suffix="_open")
    same_key(hit, "_open")
    filled = hit.with_columns(
        *[pl.when(ON_AGENCY).then(pl.col(c)).otherwise(pl.col(f"{c}_open")).alias(c) for c in AGENCY_COLUMNS],
        *[pl.when(ON_PROVIDER).then(pl.col(c)).otherwise(pl.col(f"{c}_open")).alias(c) for c in PROVIDER_COLUMNS],
    ).select(rows.columns)
    resting = known.open.join(rows.select(MARK), on=MARK, how="anti").with_columns(
        delivered=pl.lit(False), settled=pl.lit(False)).select(rows.columns)
    return pl.concat([rows.filter(~touched), filled, resting])


def original_hash(seed: int) -> pl.Expr:
    """退费所指原结算的主键 (the refund's own id where it names none)."""
    refund = pl.when(pl.col("refd_setl_flag") == REFUND).then(pl.lit(NOT_A_REFUND))
    named = pl.coalesce("org_setl_id", "provider_org_setl_id", "setl_id")
    return (named.hash(seed) ^ refund.hash(seed + 1) ^ pl.col("fixmedins_code").hash(seed + 2)).alias("org_hash")


def with_originals(rows: pl.DataFrame, originals: pl.DataFrame, seed: int) -> pl.DataFrame:
    """退费的原结算 (adds `org_hash`, `org_agency`, `org_provider`, `org_recognised` to refunds; empty on other rows)."""
    refund = rows["refd_setl_flag"] == REFUND
    refunds = rows.filter(refund).with_columns(original_hash(seed))
    if not refunds.height:
        return rows.with_columns(
            org_hash=pl.lit(None, pl.UInt64), org_agency=pl.lit(None, pl.Boolean), org_provider=pl.lit(None, pl.Boolean),
            org_recognised=pl.lit(None, pl.Boolean))
    here = rows.filter(rows[MARK].is_in(refunds["org_hash"].implode())).select(
        MARK, on_agency=ON_AGENCY, on_provider=ON_PROVIDER | pl.col("by_totals"), recognised=pl.lit(False))
    known = pl.concat([here, originals]).group_by(MARK).agg(pl.col("on_agency", "on_provider", "recognised").any())
    refunds = refunds.join(known.select(
        pl.col(MARK).alias("org_hash"), pl.col("on_agency").alias("org_agency"), pl.col("on_provider").alias("org_provider"),
        pl.col("recognised").alias("org_recognised")), on="org_hash", how="left").with_columns(
        pl.col("org_agency", "org_provider", "org_recognised").fill_null(False))
    return pl.concat([rows.filter(~refund), refunds], how="diagonal")


def stmt_diff() -> pl.Expr:
    """对账结果 (the first class that holds; copies are classed apart). Needs `settled`, `by_totals` and the originals."""
    amounts = pl.any_horizontal([pl.col(c) != pl.col(f"provider_{c}") for c in COMPARED])
    kinds = pl.any_horizontal([
        (pl.col(c) != pl.col(f"provider_{c}")).fill_null(False) for c in ("insutype", "clr_type")])
    refund = pl.col("refd_setl_flag") == REFUND
    lost = ~(pl.col("org_agency") & pl.col("org_provider"))
    return (
        pl.when(pl.col("settled")).then(pl.lit("07"))
        .when(~ON_AGENCY).then(pl.lit("01"))
        .when(~ON_PROVIDER & pl.col("by_totals")).then(pl.lit("00"))
        .when(~ON_PROVIDER).then(pl.lit("02"))
        .when(kinds).then(pl.lit("04"))
        .when(refund & (amounts | lost)).then(pl.lit("05"))
        .when(amounts).then(pl.lit("03"))
        .otherwise(pl.lit("00"))
        .alias("stmt_diff")
    )
