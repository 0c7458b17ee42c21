"""总额比对 (totals first): per provider, clearing agency, insurance and clearing type, both sides and the differences."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.settlements.holds import REFUND
from nxmed.settlements.shapes import COMPARED

GROUP = ("fixmedins_code", "clr_optins", "insutype", "clr_type")
RULE = {"ningxia": "NXJY-35;NXJY-36;NXJG-11", "dingxi": "DXTC-26"}
_COUNT = pl.when(pl.col("refd_setl_flag") == REFUND).then(pl.lit(-1, pl.Int64)).otherwise(pl.lit(1, pl.Int64)).sum()


@dataclass(frozen=True)
class Groups:
    """总额比对的结果: the table, statements that disagree with their own detail, the providers that sent totals but no
    details, and each provider's first and last day of discharge."""

    table: pl.DataFrame
    inconsistent: pl.DataFrame
    only_totals: pl.Series
    spans: pl.DataFrame


def compare(agency: pl.DataFrame, details: pl.DataFrame, totals: pl.DataFrame, rule: str) -> Groups:
    """比对总额 (agency and detail rows of the month as delivered; a refund counts −1)."""
    # The streaming engine sums as it passes: a tenth of the time for few groups of many rows.
    mine = agency.lazy().group_by(GROUP).agg(
        *[pl.col(c).sum().alias(f"agency_{c}") for c in COMPARED], agency_cnt=_COUNT, first=pl.col("enddate").min(),
        last=pl.col("enddate").max(), empty=pl.col("enddate").null_count()).collect(engine="streaming")
    spans = mine.group_by("fixmedins_code").agg(pl.col("first").min(), pl.col("last").max(), pl.col("empty").sum())
    mine = mine.drop("first", "last", "empty")
    theirs = totals.group_by(GROUP).agg(
        *[pl.col(c).sum().alias(f"provider_{c}") for c in COMPARED], provider_cnt=pl.col("fixmedins_setl_cnt").sum())
    both = mine.join(theirs, on=list(GROUP), how="full", coalesce=True, nulls_equal=True)
    detailed = details["fixmedins_code"].unique().drop_nulls().sort()
    stated = totals["fixmedins_code"].unique().sort()
    names = [*COMPARED, "cnt"]
    ours = [pl.col(f"agency_{c}").fill_null(0).alias(f"agency_{c}") for c in names]
    has_statement = pl.col("fixmedins_code").is_in(stated.implode())
    # A provider that sent a statement says 0 for the groups it left out; one that sent none says nothing.
    said = [pl.when(has_statement).then(pl.col(f"provider_{c}").fill_null(0)).otherwise(pl.col(f"provider_{c}"))
            .alias(f"provider_{c}") for c in names]
    table = both.with_columns(*ours, *said).with_columns(
        *[(pl.col(f"provider_{c}") - pl.col(f"agency_{c}")).alias(f"diff_{c}") for c in names],
    ).with_columns(
        state=pl.when(~has_statement).then(pl.lit("no_statement"))
        .when(pl.all_horizontal([pl.col(f"diff_{c}") == 0 for c in names])).then(pl.lit("equal"))
        .otherwise(pl.lit("differs")),
        details=pl.col("fixmedins_code").is_in(detailed.implode()),
        rule=pl.lit(rule),
    ).sort(GROUP, nulls_last=True)
    return Groups(table, _inconsistent(details, totals), stated.filter(~stated.is_in(detailed.implode())), spans)


def _inconsistent(details: pl.DataFrame, totals: pl.DataFrame) -> pl.DataFrame:
    """Statements that do not equal their own detail: by insurance and clearing type where every detail row of the
    provider names both, else for the provider as a whole. Columns: by, statement and detail sums."""
    by = ["fixmedins_code", "insutype", "clr_type"]
    sums = details.lazy().group_by(by).agg(
        *[pl.col(c).sum().alias(f"listed_{c}") for c in COMPARED], listed_cnt=_COUNT).collect(engine="streaming").join(
        totals.select("fixmedins_code").unique(), on="fixmedins_code", how="semi")
    named = sums.group_by("fixmedins_code").agg(
        fine=(pl.col("insutype").is_not_null() & pl.col("clr_type").is_not_null()).all())
    blur = [pl.when("fine").then(pl.col(c)).otherwise(pl.lit(None, pl.String)).alias(c) for c in ("insutype", "clr_type")]
    names = (*COMPARED, "cnt")
    listed = sums.join(named, on="fixmedins_code").with_columns(blur).group_by(by).agg(
        pl.col(f"listed_{c}").sum() for c in names)
    stated = totals.join(named, on="fixmedins_code").with_columns(blur).group_by(by).agg(
        *[pl.col(c).sum().alias(f"stated_{c}") for c in COMPARED], stated_cnt=pl.col("fixmedins_setl_cnt").sum())
    both = stated.join(listed, on=by, how="full", coalesce=True, nulls_equal=True).with_columns(
        pl.col([f"{s}_{c}" for s in ("stated", "listed") for c in names]).fill_null(0))
    unequal = pl.any_horizontal([pl.col(f"stated_{c}") != pl.col(f"listed_{c}") for c in names])
    return both.filter(unequal).sort(by, nulls_last=True)
