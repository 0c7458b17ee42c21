"""已付与差额 (what was paid for each item already, and what is still to be paid or recovered; NXJZ-15, 16, 19)."""

from __future__ import annotations

import hashlib

import polars as pl

from nxmed.assistance.items import ORDER
from nxmed.assistance.shapes import ORDINARY_FUND, TILT_FUND
from nxmed.kernel.accumulate import running, within

SOURCE = "assist"
ZERO = pl.lit(0, pl.Int64)
CLAIMED, CLAIMABLE, NONE = "claimed", "claimable", "none"


def with_one_stop(items: pl.DataFrame) -> pl.DataFrame:
    """一站式已付 (maf_pay of a settlement that was not refunded: to ordinary up to what is owed, then to tilt, what is
    left over to ordinary). Adds `paid_ordinary`, `paid_tilt`."""
    maf = pl.when(pl.col("refunded")).then(ZERO).otherwise(pl.col("maf_pay").fill_null(0))
    left = pl.when(maf > pl.col("ordinary_amt")).then(maf - pl.col("ordinary_amt")).otherwise(ZERO)
    tilt = pl.when(left > pl.col("tilt_amt")).then(pl.col("tilt_amt")).otherwise(left)
    return items.with_columns(paid_tilt=tilt, paid_ordinary=maf - tilt)


def payouts_of_items(payouts: pl.DataFrame, items: pl.DataFrame, claims: pl.DataFrame
                     ) -> tuple[pl.DataFrame, pl.DataFrame]:
    """以前发布的付款项 by item (item, `out_ordinary`, `out_tilt`), and those whose item is no longer there (source_key,
    the same columns). A payment by claim number belongs to whatever item the claim belongs to now."""
    by_settlement = items.filter(~pl.col("by_claim")).select(source_key="setl_id", item="item")
    by_claim = claims.select(source_key="clm_sn", item="item")
    payouts, by_claim = _told_apart(payouts, by_settlement, by_claim)
    sums = payouts.group_by("source_key").agg(
        out_ordinary=pl.col("amt").filter(pl.col("fund_pay_type") == ORDINARY_FUND).sum(),
        out_tilt=pl.col("amt").filter(pl.col("fund_pay_type") == TILT_FUND).sum())
    places = pl.concat([by_settlement, by_claim.join(by_settlement, on="source_key", how="anti")]).join(sums.select("source_key"), on="source_key", how="semi")
    found = sums.join(places, on="source_key", how="left")
    amounts = ("out_ordinary", "out_tilt")
    here = found.filter(pl.col("item").is_not_null()).group_by("item").agg(pl.col(amounts).sum())
    return here, found.filter(pl.col("item").is_null()).select("source_key", *amounts)


def _told_apart(payouts: pl.DataFrame, by_settlement: pl.DataFrame, by_claim: pl.DataFrame
                ) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A claim may bear the number of another item's settlement: its payments are known by their item_id, and both are
    renamed so that each finds its own."""
    clash = set(by_claim.join(by_settlement, on="source_key", how="inner").filter(pl.col("item") != pl.col("item_right"))["source_key"])
    if not clash:
        return payouts, by_claim
    mine = [key in clash and have == item_id(key, fund, month, by_claim=True)
            for have, key, fund, month in payouts.select("item_id", "source_key", "fund_pay_type", "period").iter_rows()]
    other = pl.concat_str([pl.lit("clm_sn|"), "source_key"])
    return (
        payouts.with_columns(source_key=pl.when(pl.Series(mine, dtype=pl.Boolean)).then(other).otherwise("source_key")),
        by_claim.with_columns(source_key=pl.when(pl.col("source_key").is_in(list(clash))).then(other).otherwise("source_key")))


def item_id(source_key: str, fund: str, month: str, *, by_claim: bool) -> str:
    """付款项编号 (the same whenever the month is computed again; numbers of claims and of settlements are kept apart)."""
    kind = "clm_sn|" if by_claim else ""
    return hashlib.sha256(f"{SOURCE}|{kind}{source_key}|{fund}|{month}".encode()).hexdigest()[:16]


def with_payouts(items: pl.DataFrame, here: pl.DataFrame) -> pl.DataFrame:
    """已付加以前发布的付款项."""
    if not here.height:
        return items.with_columns(out_ordinary=ZERO, out_tilt=ZERO)
    joined = items.join(here, on="item", how="left", maintain_order="left").with_columns(
        pl.col("out_ordinary", "out_tilt").fill_null(0))
    return joined.with_columns(
        paid_ordinary=pl.col("paid_ordinary") + pl.col("out_ordinary"), paid_tilt=pl.col("paid_tilt") + pl.col("out_tilt"))


def with_opening(items: pl.DataFrame, opening: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """期初已付 laid on the items of a person's year in order, each up to what is still owed for it.

    Also gives the rest that found no item (certno, year, ordinary_amt, tilt_amt).
    """
    if not opening.height:
        return items, opening
    given = opening.group_by("certno", "year").agg(pl.col("ordinary_amt", "tilt_amt").sum()).sort("certno", "year")
    named = given.rename({"year": "benefit_year", "ordinary_amt": "given_ordinary", "tilt_amt": "given_tilt"})
    mine = items.select("item", "certno", "benefit_year", *ORDER, "ordinary_amt", "tilt_amt", "paid_ordinary", "paid_tilt").join(
        named, on=["certno", "benefit_year"], how="inner").sort("certno", "benefit_year", *ORDER)
    mine = mine.with_columns(first=pl.struct("certno", "benefit_year").is_first_distinct())
    for fund in ("ordinary", "tilt"):
        open_ = pl.col(f"{fund}_amt") - pl.col(f"paid_{fund}")
        mine = mine.with_columns(room=pl.when(open_ > 0).then(open_).otherwise(ZERO))
        mine = mine.with_columns(total=running(pl.col("room"), pl.col("first")))
        mine = mine.with_columns(within(pl.col("total") - pl.col("room"), pl.col("total"), pl.col(f"given_{fund}")).alias(
            f"laid_{fund}"))
    laid = items.join(mine.select("item", "laid_ordinary", "laid_tilt"), on="item", how="left", maintain_order="left")
    done = mine.group_by("certno", "benefit_year").agg(pl.col("laid_ordinary", "laid_tilt").sum())
    rest = given.join(done.rename({"benefit_year": "year"}), on=["certno", "year"], how="left").select(
        "certno", "year", pl.col("ordinary_amt") - pl.col("laid_ordinary").fill_null(0),
        pl.col("tilt_amt") - pl.col("laid_tilt").fill_null(0),
    ).filter((pl.col("ordinary_amt") > 0) | (pl.col("tilt_amt") > 0)).sort("certno", "year")
    return laid.with_columns(
        paid_ordinary=pl.col("paid_ordinary") + pl.col("laid_ordinary").fill_null(0),
        paid_tilt=pl.col("paid_tilt") + pl.col("laid_tilt").fill_null(0)).drop("laid_ordinary", "laid_tilt"), rest


def with_delta(items: pl.DataFrame) -> pl.DataFrame:
    """差额与申请状态 (delta = owed − paid per fund; `claim_state` claimed, claimable, none).

    A claim counts when it may be paid on and the paying agency is known; anything else that is owed is claimable.
    """
    items = items.with_columns(
        delta_ordinary=pl.col("ordinary_amt") - pl.col("paid_ordinary"), delta_tilt=pl.col("tilt_amt") - pl.col("paid_tilt"))
    payable = pl.col("valid") & pl.col("payer").is_not_null()
    owed = (pl.col("delta_ordinary") > 0) | (pl.col("delta_tilt") > 0)
    return items.with_columns(claim_state=pl.when(payable).then(pl.lit(CLAIMED)).when(owed).then(
        pl.lit(CLAIMABLE)).otherwise(pl.lit(NONE)))


def to_pay(items: pl.DataFrame, state: str, *columns: str) -> pl.DataFrame:
    """待付差额 by item and fund (deltas above 0 of items in a claim state): `columns`, `fund_pay_type` and `amt`."""
    mine = items.lazy().filter(pl.col("claim_state") == state)
    return pl.concat([
        mine.filter(pl.col(delta) > 0).select(*columns, pl.lit(fund).alias("fund_pay_type"), pl.col(delta).alias("amt"))
        for delta, fund in (("delta_ordinary", ORDINARY_FUND), ("delta_tilt", TILT_FUND))]).collect()
