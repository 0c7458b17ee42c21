"""救助项 (items: settlements of assisted kinds and manual claims, refunds taken out; NXJZ-13, NXJY-37.1)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.assistance.shapes import INSURED
from nxmed.law.catalog import Law

REFUND = "1"
MANUAL, LATE = "3", "4"
"""clm_way: 零星报销, 补报 (the latter with the certificate that NXJZ-19 asks for)."""

SHARED = (
    "setl_id", "certno", "psn_no", "med_type", "begndate", "enddate", "setl_time", "pay_loc", "out_fil_type", "emer_flag",
    "insu_admdvs", "base_amt", "inbox_month", "src_file", "src_row",
)
ORDER = ("setl_time", "item_key")
"""Order of items within a person's year: time of settlement, then number."""


@dataclass(frozen=True)
class Items:
    """救助项与申请.

    items: one row per item, `item` its number. claims: every manual claim with its item (none: it has none) and
    `valid` (it may be paid on). unplaced: claims without an item, with the reason.
    """

    items: pl.DataFrame
    claims: pl.DataFrame
    unplaced: pl.DataFrame


def collect_items(settlements: pl.DataFrame, claims: pl.DataFrame, law: Law) -> Items:
    """汇集救助项 (both frames of the shapes' form, all months read). A key that a later month brought again counts as
    brought then."""
    assisted = law.rule("assisted_type")
    known = _newest(settlements, ["setl_id", "refd_setl_flag"])
    originals = known.filter(pl.col("refd_setl_flag") != REFUND)
    refunds = _refunds(known, originals)
    settled = (
        originals.filter(assisted(pl.col("med_type"))).with_columns(_base(law))
        .join(refunds, on="setl_id", how="left", maintain_order="left")
        .select(*SHARED, "maf_pay", "refunded_year", pl.lit(None, pl.String).alias("clm_sn"))
    )
    manual = _newest(claims.filter(pl.col("clm_way").is_in([MANUAL, LATE])), ["clm_sn"]).with_columns(
        valid=(pl.col("clm_way") == MANUAL) | (pl.col("crtf_docno").fill_null("") != ""), _base=_base(law))
    linked = manual.join(originals.select("setl_id", at_settlement=assisted(pl.col("med_type"))), on="setl_id", how="left")
    alone = linked.filter(pl.col("at_settlement").is_null())
    own = _one_each(alone.filter(assisted(pl.col("med_type"))))
    standing = own.filter("leads").select(
        *[pl.col(c) if c != "base_amt" else pl.col("_base").alias(c) for c in SHARED], pl.lit(0, pl.Int64).alias("maf_pay"),
        pl.lit(None, pl.Int64).alias("refunded_year"), "clm_sn")
    items = pl.concat([settled, standing]).with_columns(
        item_key=pl.coalesce("setl_id", "clm_sn"), source_key=pl.coalesce("clm_sn", "setl_id"),
        benefit_year=pl.col("begndate").dt.year().cast(pl.Int64),
        refunded=pl.col("refunded_year").is_not_null(), by_claim=pl.col("clm_sn").is_not_null()).with_row_index("item")
    placed = _placed(linked, own, items)
    return Items(_with_claims(items, placed), placed, _unplaced(linked, own, items))


def _base(law: Law) -> pl.Expr:
    insured = pl.sum_horizontal([pl.col(c).fill_null(0) for c in INSURED])
    base: pl.Expr = law.rule("assistance_base")(pl.col("inscp_scp_amt").fill_null(0), insured)
    return base.alias("base_amt")


def _newest(rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The newest row of each key (by inbox month; within a month keys don't repeat, file and row decide anyway)."""
    if rows.select(key[0]).n_unique() == rows.height:
        return rows
    repeated = rows.select(pl.struct(key).is_duplicated()).to_series()
    again = rows.filter(repeated).sort("inbox_month", "src_file", "src_row", descending=[True, False, False])
    return pl.concat([rows.filter(~repeated), again.unique(key, keep="first", maintain_order=True)])


def _refunds(known: pl.DataFrame, originals: pl.DataFrame) -> pl.DataFrame:
    """退费 (setl_id of the refunded settlement, year in which the refund came): the original that it names, else its own."""
    refunds = known.filter(pl.col("refd_setl_flag") == REFUND)
    known_ones = originals.select(found="setl_id").filter(pl.col("found").is_in(refunds["org_setl_id"].drop_nulls().implode()))
    named = pl.col("org_setl_id").is_in(known_ones["found"].implode())
    came = pl.max_horizontal(pl.col("setl_time").dt.year().cast(pl.Int64), pl.col("inbox_month").str.slice(0, 4).cast(pl.Int64))
    return refunds.select(
        setl_id=pl.when(named.fill_null(False)).then("org_setl_id").otherwise("setl_id"), refunded_year=came,
    ).group_by("setl_id").agg(pl.col("refunded_year").max())


def _one_each(alone: pl.DataFrame) -> pl.DataFrame:
    """Claims that stand alone: of several of one person that name one settlement, the first leads, the others repeat it."""
    group = pl.when(pl.col("setl_id").is_not_null()).then(pl.concat_str(
        [pl.col("certno").fill_null(""), pl.col("psn_no").fill_null(""), "setl_id"], separator="|")).otherwise(
        pl.concat_str([pl.lit("clm|"), "clm_sn"]))
    ranked = alone.with_columns(claim_group=group).sort("rcvd_date", "clm_sn")
    return ranked.with_columns(
        leads=pl.col("claim_group").is_first_distinct(), leader=pl.col("clm_sn").first().over("claim_group"))


def _placed(linked: pl.DataFrame, own: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Every claim that has an item, with the item's number."""
    columns = ("item", "clm_sn", "clm_way", "valid", "hukou_admdvs", "rcvd_date", "inbox_month", "certno", "crtf_docno",
               "psn_no", "src_file", "src_row")
    at = linked.filter(pl.col("at_settlement")).join(
        items.filter(~pl.col("by_claim")).select("item", "setl_id"), on="setl_id", how="inner")
    alone = own.join(items.filter("by_claim").select("item", leader="clm_sn"), on="leader", how="inner")
    return pl.concat([at.select(columns), alone.select(columns)]).sort("item", "rcvd_date", "clm_sn")


def _with_claims(items: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """The claim that an item is paid on: a valid one before others, then the first received."""
    best = placed.sort(["item", "valid", "rcvd_date", "clm_sn"], descending=[False, True, False, False]).unique(
        "item", keep="first", maintain_order=True)
    newest = placed.group_by("item").agg(
        claim_month=pl.col("inbox_month").max(), claim_year=pl.col("rcvd_date").dt.year().cast(pl.Int64).max())
    joined = items.join(
        best.select("item", claim_sn="clm_sn", valid="valid", claim_way="clm_way", claim_hukou="hukou_admdvs"), on="item",
        how="left", maintain_order="left").join(newest, on="item", how="left", maintain_order="left")
    return joined.with_columns(
        clm_sn=pl.coalesce("clm_sn", "claim_sn"), claimed=pl.col("claim_sn").is_not_null(),
        valid=pl.col("valid").fill_null(False)).drop("claim_sn")


def _unplaced(linked: pl.DataFrame, own: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Claims that change nothing, with the reason: kind not assisted, settlement refunded, or a repeat."""
    refunded = items.filter("refunded").select("setl_id", gone=pl.lit(True))
    wrong = linked.filter(
        (pl.col("at_settlement") == False)  # noqa: E712 - null is a claim that stands alone
        | (pl.col("at_settlement").is_null() & ~pl.col("clm_sn").is_in(own["clm_sn"].implode())))
    back = linked.filter(pl.col("at_settlement")).join(refunded, on="setl_id", how="semi")
    again = own.filter(~pl.col("leads"))
    columns = ("clm_sn", "setl_id", "psn_no", "med_type", "inbox_month", "src_file", "src_row")
    return pl.concat([
        wrong.select(*columns, pl.lit("kind").alias("reason")), back.select(*columns, pl.lit("refunded").alias("reason")),
        again.select(*columns, pl.lit("repeated").alias("reason"))])
