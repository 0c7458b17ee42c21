"""分配 (ordered payments over ordered dues), columnar.

Every payment in its order fills the dues it reaches in their order. Pair (payment i, due d) moves
min(what i has left after the earlier dues, what d still needs after the earlier payments): a recurrence in which it
does not matter whether one goes through the payments or through the dues. So two forms are enough:

- `by_overlap`: payments of a group all reach the same dues; then cumulative sums of both sides laid over each other
  give every piece at once.
- `by_rank`: reaches overlap only in part; one pass per rank of the shorter side, each pass columnar over all groups.

`allocate` cuts a problem into the smallest groups that don't touch each other and takes the cheaper form for each.
Amounts are Int64 fen; sums of a group must stay inside Int64.
"""

from __future__ import annotations

import polars as pl

ANY_PART = -1
"""A payment that reaches every part."""

MONTHS_SPAN = 1_000_000
"""Months are YYYYMM as numbers, or all 0 where the month plays no role: always under this span."""

PIECES = {"pay": pl.Int64(), "due": pl.Int64(), "amt": pl.Int64()}


def allocate(payments: pl.DataFrame, dues: pl.DataFrame) -> pl.DataFrame:
    """按序分配 (payments in order fill the dues they reach in order).

    payments: group, pay (unique, ascending = order), amt > 0, month_from, month_to (both included), part (0, 1, …, or
    ANY_PART); dues: group, due (unique, ascending = order), amt > 0, month, part. All Int64.
    Returns pay, due, amt > 0, sorted by pay and due. Rows with amt 0 or less are left out of account.
    """
    payments = payments.filter((pl.col("amt") > 0) & (pl.col("month_from") <= pl.col("month_to")))
    dues = dues.filter(pl.col("amt") > 0)
    if payments.is_empty() or dues.is_empty():
        return pl.DataFrame(schema=PIECES)
    payments, dues = _separate(payments, dues)
    same = (
        (pl.col("month_from").min() == pl.col("month_from").max())
        & (pl.col("month_to").min() == pl.col("month_to").max())
        & (pl.col("part").min() == pl.col("part").max())
    )
    uniform = payments.group_by("group").agg(uniform=same, _part=pl.col("part").min())
    payments = payments.join(uniform.drop("_part"), on="group")
    # A run of months may hold payments of one part only while its group had to stay whole.
    dues = dues.join(uniform, on="group").filter(
        ~pl.col("uniform") | (pl.col("_part") == ANY_PART) | (pl.col("_part") == pl.col("part")))
    pieces = [by_overlap(payments.filter("uniform"), dues.filter("uniform"))]
    if not uniform["uniform"].all():
        mixed = ~pl.col("uniform")
        pieces.append(by_rank(payments.filter(mixed), dues.filter(mixed)))
    return pl.concat(pieces).sort("pay", "due")


def _separate(payments: pl.DataFrame, dues: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split groups by part where no payment reaches all parts, then by runs of months that overlap."""
    split = payments.group_by("group").agg(_split=(pl.col("part") != ANY_PART).all())
    lane = (pl.col("group").rank("dense").cast(pl.Int64)).alias("_lane")
    dense = split.select("group", "_split", lane)
    key = pl.col("_lane") * 4 + pl.when("_split").then(pl.col("part") + 1).otherwise(pl.lit(0, pl.Int64))
    payments = payments.join(dense, on="group").with_columns(_key=key)
    dues = dues.join(dense, on="group").with_columns(_key=key)
    ordered = payments.sort("_key", "month_from", "month_to")
    fresh = pl.col("month_from") > pl.col("month_to").cum_max().shift(1).over("_key")
    ordered = ordered.with_columns(_run=fresh.fill_null(True).cast(pl.Int64).cum_sum())
    runs = ordered.group_by("_run").agg(
        pl.col("_key").first(), _lo=pl.col("month_from").min(), _hi=pl.col("month_to").max()
    ).with_columns(_at=pl.col("_key") * MONTHS_SPAN + pl.col("_lo")).sort("_at")
    placed = (
        dues.with_columns(_at=pl.col("_key") * MONTHS_SPAN + pl.col("month")).sort("_at")
        .join_asof(runs.rename({"_key": "_found"}), on="_at", strategy="backward")
        .filter((pl.col("_found") == pl.col("_key")) & (pl.col("month") <= pl.col("_hi")))
    )
    return (
        ordered.select(pl.col("_run").alias("group"), "pay", "amt", "month_from", "month_to", "part"),
        placed.select(pl.col("_run").alias("group"), "due", "amt", "month", "part"),
    )


def by_overlap(payments: pl.DataFrame, dues: pl.DataFrame) -> pl.DataFrame:
    """区间叠合 (every payment of a group reaches every due of the group).

    payments: group, pay, amt > 0; dues: group, due, amt > 0. Returns pay, due, amt > 0, unsorted.
    """
    nothing = pl.lit(None, pl.Int64)
    events = pl.concat([
        payments.sort("group", "pay").select("group", "pay", nothing.alias("due"), _end()),
        dues.sort("group", "due").select("group", nothing.alias("pay"), "due", _end()),
    ]).sort("group", "end")
    # The piece that ends at an event belongs to the next payment and the next due whose own end is there or later;
    # the group of what was found tells whether the group had ended before.
    group = pl.col("group")
    before = pl.when(group == group.shift(1)).then(pl.col("end").shift(1)).otherwise(0)
    return events.select(
        "group", pl.col("pay", "due").backward_fill(), amt=pl.col("end") - before,
        pay_group=pl.when(pl.col("pay").is_not_null()).then(group).backward_fill(),
        due_group=pl.when(pl.col("due").is_not_null()).then(group).backward_fill(),
    ).filter(
        (pl.col("pay_group") == group) & (pl.col("due_group") == group) & (pl.col("amt") > 0)
    ).select("pay", "due", "amt")


def _end() -> pl.Expr:
    """Running sum of amt within each group of a frame sorted by group."""
    total = pl.col("amt").cum_sum()
    fresh = (pl.col("group") != pl.col("group").shift(1)).fill_null(True)
    return (total - pl.when(fresh).then(total - pl.col("amt")).forward_fill()).alias("end")


def by_rank(payments: pl.DataFrame, dues: pl.DataFrame) -> pl.DataFrame:
    """逐位分配 (reaches overlap in part; shapes as in `allocate`, without its splitting).

    One pass per rank of the shorter side of each group. Returns pay, due, amt > 0, unsorted.
    """
    left = payments.select("group", pl.col("pay").alias("id"), "amt", pl.col("month_from").alias("lo"),
                           pl.col("month_to").alias("hi"), "part")
    right = dues.select("group", pl.col("due").alias("id"), "amt", pl.col("month").alias("lo"),
                        pl.col("month").alias("hi"), "part")
    sizes = left.group_by("group").len("pays").join(right.group_by("group").len("dues"), on="group")
    by_due = sizes.filter(pl.col("dues") <= pl.col("pays")).select("group")
    by_pay = sizes.filter(pl.col("dues") > pl.col("pays")).select("group")
    through_dues = _passes(right.join(by_due, on="group", how="semi"), left.join(by_due, on="group", how="semi"))
    through_pays = _passes(left.join(by_pay, on="group", how="semi"), right.join(by_pay, on="group", how="semi"))
    return pl.concat([
        through_dues.select(pl.col("inner").alias("pay"), pl.col("outer").alias("due"), "amt"),
        through_pays.select(pl.col("outer").alias("pay"), pl.col("inner").alias("due"), "amt"),
    ])


def _passes(outer: pl.DataFrame, inner: pl.DataFrame) -> pl.DataFrame:
    """The k-th of each group's outer rows takes from the inner rows it reaches, in their order; k = 0, 1, …"""
    ranked = outer.sort("group", "id").with_columns(_rank=pl.int_range(pl.len(), dtype=pl.Int64).over("group"))
    inner = inner.sort("group", "id")
    # Two windows of months meet, and both parts agree unless one of them stands for all.
    reach = (
        (pl.col("lo") <= pl.col("hi_o")) & (pl.col("lo_o") <= pl.col("hi"))
        & ((pl.col("part") == pl.col("part_o")) | (pl.col("part") == ANY_PART) | (pl.col("part_o") == ANY_PART))
    )
    before = pl.col("amt").cum_sum().over("group") - pl.col("amt")
    found = [pl.DataFrame(schema={"outer": pl.Int64, "inner": pl.Int64, "amt": pl.Int64})]
    for turn in ranked.partition_by("_rank", maintain_order=True):
        now = turn.select("group", pl.col("id").alias("outer"), *(pl.col(c).alias(f"{c}_o")
                                                                   for c in ("amt", "lo", "hi", "part")))
        inner = inner.join(now, on="group", how="semi")
        if inner.is_empty():
            break
        room = pl.col("amt_o") - before
        taken = (
            inner.join(now, on="group").filter(reach).sort("group", "id")
            .select("outer", "id", take=pl.when(room < pl.col("amt")).then(room).otherwise(pl.col("amt")))
            .filter(pl.col("take") > 0)
        )
        found.append(taken.select("outer", pl.col("id").alias("inner"), pl.col("take").alias("amt")))
        inner = (
            inner.join(taken.select("id", "take"), on="id", how="left")
            .with_columns(amt=pl.col("amt") - pl.col("take").fill_null(0)).drop("take")
            .filter(pl.col("amt") > 0).sort("group", "id")
        )
    return pl.concat(found)
