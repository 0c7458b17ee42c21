"""退库冲减 (reversals): what a named ticket brought is taken back, credit first, then its applications.

Applications go in the exact reverse of the order of dues (on one due the higher line first). A reversal of more than
the ticket has left, in this insurance, changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.collections.matching import DUE_ORDER
from nxmed.kernel.allocation import by_overlap

TICKET = ["ticket", "insutype"]


@dataclass(frozen=True)
class Reversed:
    """冲减结果: accepted (line); from_lots (line, lot, amt); from_dues (line, org ticket and line, bill, part, amt)."""

    accepted: pl.DataFrame
    from_lots: pl.DataFrame
    from_dues: pl.DataFrame


def reverse(reversals: pl.DataFrame, lots: pl.DataFrame, applied: pl.DataFrame) -> Reversed:
    """逐笔冲减.

    reversals: line (order), org_taxrpt_no, insutype, paid_amt < 0; lots: with `lot`; applied: net applications
    (elec_taxrpt_no, line_no, clct_bill_id, part, insutype, intsury_time, amt > 0, deferred, accrym).
    """
    named = reversals.select(pl.col("org_taxrpt_no").alias("ticket"), "insutype").drop_nulls().unique()
    keep = [*TICKET, "amt", "line_no"]
    nothing = pl.lit(None, pl.Int64)
    from_credit = lots.filter((pl.col("amt") > 0) & pl.col("elec_taxrpt_no").is_not_null()).rename(
        {"elec_taxrpt_no": "ticket"}).join(named, on=TICKET, how="semi").sort("line_no", descending=True).select(
        *keep, "lot", nothing.alias("app"))
    booked = applied.rename({"elec_taxrpt_no": "ticket"}).join(named, on=TICKET, how="semi").sort(
        *DUE_ORDER, "line_no", descending=True).with_columns(app=pl.int_range(pl.len(), dtype=pl.Int64))
    sources = pl.concat([from_credit, booked.select(*keep, nothing.alias("lot"), "app")]).with_columns(
        source=pl.int_range(pl.len(), dtype=pl.Int64))
    accepted = _accept(reversals, sources.group_by(TICKET).agg(left=pl.col("amt").sum()))
    tickets = named.sort(TICKET).with_columns(group=pl.int_range(pl.len(), dtype=pl.Int64))
    pieces = by_overlap(
        accepted.join(tickets, on=TICKET).select("group", pl.col("line").alias("pay"), "amt"),
        sources.join(tickets, on=TICKET).select("group", pl.col("source").alias("due"), "amt"),
    ).rename({"pay": "line", "due": "source"}).join(sources.select("source", "lot", "app"), on="source")
    return Reversed(
        accepted.select("line"),
        pieces.filter(pl.col("lot").is_not_null()).select("line", "lot", "amt"),
        pieces.filter(pl.col("app").is_not_null()).select("line", "app", "amt").join(
            booked.select("app", "clct_bill_id", "part", pl.col("ticket").alias("org_taxrpt_no"),
                          pl.col("line_no").alias("org_line_no"), pl.col("intsury_time").alias("org_time")),
            on="app").drop("app"),
    )


def _accept(reversals: pl.DataFrame, left: pl.DataFrame) -> pl.DataFrame:
    """One pass per rank of reversal within a ticket: whole or not at all."""
    wanted = reversals.select("line", pl.col("org_taxrpt_no").alias("ticket"), "insutype", amt=-pl.col("paid_amt"))
    ranked = wanted.drop_nulls().sort("line").with_columns(_rank=pl.int_range(pl.len()).over(TICKET))
    accepted = [ranked.drop("_rank").clear()]
    for turn in ranked.partition_by("_rank", maintain_order=True):
        ok = turn.join(left, on=TICKET).filter(pl.col("amt") <= pl.col("left"))
        accepted.append(ok.select(accepted[0].columns))
        left = left.join(ok.select(*TICKET, "amt"), on=TICKET, how="left").with_columns(
            left=pl.col("left") - pl.col("amt").fill_null(0)).drop("amt")
    return pl.concat(accepted)


def net_applications(applications: list[pl.DataFrame], tickets: pl.DataFrame) -> pl.DataFrame:
    """净入账 (what each original line still has on each due: payments and credits less what reversals took back).

    applications: frames of PRIOR_APPLICATIONS' shape; tickets: `ticket` wanted.
    """
    ticket = pl.coalesce("org_taxrpt_no", "elec_taxrpt_no")
    line = pl.coalesce("org_line_no", "line_no")
    parts = [
        f.select(elec_taxrpt_no=ticket, line_no=line, clct_bill_id="clct_bill_id", part="part", insutype="insutype",
                 intsury_time="intsury_time", amt="amt")
        .join(tickets, left_on="elec_taxrpt_no", right_on="ticket", how="semi")
        for f in applications
    ]
    return (
        pl.concat(parts).group_by("elec_taxrpt_no", "line_no", "clct_bill_id", "part")
        .agg(pl.col("insutype").min(), pl.col("intsury_time").min(), pl.col("amt").sum())
        .filter(pl.col("amt") > 0)
    )
