"""多缴余额 (credits of a unit, as lots): taken back by reversals, used or sent back by decisions.

A lot is what one line paid beyond the dues it reached: unit, insurance, ticket, line, amount, day. Lots are used in
order: opening credits (no ticket) first, then by day, ticket and line.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.collections.shapes import LOTS
from nxmed.kernel.allocation import by_overlap

ACCOUNT = ["emp_no", "insutype"]
LOT_KEY = ["emp_no", "insutype", "elec_taxrpt_no", "line_no"]


def numbered_lots(lots: pl.DataFrame) -> pl.DataFrame:
    """余额编号 (adds `lot`, the order in which lots are used)."""
    return lots.select(list(LOTS)).sort(
        pl.col("elec_taxrpt_no").is_not_null(), "intsury_time", "elec_taxrpt_no", "line_no", "emp_no", "insutype",
        nulls_last=False,
    ).with_columns(lot=pl.int_range(pl.len(), dtype=pl.Int64))


@dataclass(frozen=True)
class Decided:
    """处理结果: every decision with done and used; pieces decision × lot (× due); what lots keep."""

    decisions: pl.DataFrame
    refunds: pl.DataFrame
    applied: pl.DataFrame
    lots: pl.DataFrame


def decide(decisions: pl.DataFrame, lots: pl.DataFrame, dues: pl.DataFrame) -> Decided:
    """执行多缴处理 (decisions in order of decision_sn per unit and insurance).

    decisions: decision_sn, emp_no, insutype, action, amt; lots: with `lot`; dues: due (order), emp_no, insutype,
    open > 0. A decision above the credit that is left is not done; `apply` takes what the open dues need.
    Returns refunds (decision_sn, lot, amt) and applied (decision_sn, lot, due, amt).
    """
    judged = _judge(decisions, lots, dues)
    done = judged.filter(pl.col("used") > 0).sort("emp_no", "insutype", "decision_sn").with_columns(
        pay=pl.int_range(pl.len(), dtype=pl.Int64))
    accounts = done.select(ACCOUNT).unique(maintain_order=True).with_columns(
        group=pl.int_range(pl.len(), dtype=pl.Int64))
    from_lots = by_overlap(
        done.join(accounts, on=ACCOUNT).select("group", "pay", pl.col("used").alias("amt")),
        lots.filter(pl.col("amt") > 0).join(accounts, on=ACCOUNT).select("group", pl.col("lot").alias("due"), "amt"),
    ).rename({"due": "lot"}).join(done.select("pay", "decision_sn", "action", *ACCOUNT), on="pay")
    spent = from_lots.group_by("lot").agg(_spent=pl.col("amt").sum())
    kept = lots.join(spent, on="lot", how="left").with_columns(
        amt=pl.col("amt") - pl.col("_spent").fill_null(0)).drop("_spent")
    # Pieces in order of decision, then lot, are laid over the open dues in their order.
    pieces = (
        from_lots.filter(pl.col("action") == "apply").sort("pay", "lot")
        .with_columns(piece=pl.int_range(pl.len(), dtype=pl.Int64)).join(accounts, on=ACCOUNT)
    )
    onto_dues = by_overlap(
        pieces.select("group", pl.col("piece").alias("pay"), "amt"),
        dues.join(accounts, on=ACCOUNT).select("group", "due", pl.col("open").alias("amt")),
    ).rename({"pay": "piece"}).join(pieces.select("piece", "decision_sn", "lot"), on="piece")
    return Decided(
        judged.sort("decision_sn"),
        from_lots.filter(pl.col("action") == "refund").select("decision_sn", "lot", "amt"),
        onto_dues.select("decision_sn", "lot", "due", "amt"), kept,
    )


def _judge(decisions: pl.DataFrame, lots: pl.DataFrame, dues: pl.DataFrame) -> pl.DataFrame:
    """One pass per rank of decision within a unit's account: done (amt within the credit left) and used."""
    credit = lots.group_by(ACCOUNT).agg(credit=pl.col("amt").sum())
    need = dues.group_by(ACCOUNT).agg(need=pl.col("open").sum())
    state = decisions.select(ACCOUNT).unique().join(credit, on=ACCOUNT, how="left").join(
        need, on=ACCOUNT, how="left").with_columns(pl.col("credit", "need").fill_null(0))
    ranked = decisions.sort("decision_sn").with_columns(_rank=pl.int_range(pl.len()).over(ACCOUNT))
    judged = [ranked.drop("_rank").clear().with_columns(
        credit=pl.lit(0, pl.Int64), done=pl.lit(False), used=pl.lit(0, pl.Int64))]
    for turn in ranked.partition_by("_rank", maintain_order=True):
        done = pl.col("amt") <= pl.col("credit")
        fits = pl.when(pl.col("action") == "refund").then(pl.col("amt")).otherwise(pl.min_horizontal("amt", "need"))
        now = turn.join(state, on=ACCOUNT).with_columns(
            done=done, used=pl.when(done).then(fits).otherwise(pl.lit(0, pl.Int64)))
        judged.append(now.drop("_rank", "need"))
        moved = now.select(*ACCOUNT, "used", paid=pl.when(pl.col("action") == "apply").then("used").otherwise(0))
        state = state.join(moved, on=ACCOUNT, how="left").with_columns(
            credit=pl.col("credit") - pl.col("used").fill_null(0), need=pl.col("need") - pl.col("paid").fill_null(0),
        ).drop("used", "paid")
    return pl.concat([f.select(judged[0].columns) for f in judged])
