"""当月比平 (rows that need no second look: both sides sent them this month, equal, nothing holds them, nothing known of
them from before). They are most rows; everything else goes the long way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from nxmed.settlements import funds, holds
from nxmed.settlements import providers as agreements
from nxmed.settlements.keys import CHECK, MARK, Collision, repeated
from nxmed.settlements.shapes import COMPARED, FUND_COLUMNS, KEY

TAKEN = "taken"
SLICE = 524_288
"""Rows published at a time."""
FUNDED = (*FUND_COLUMNS, "acct_mulaid_pay")
NEEDED = (*KEY, "insutype", "clr_type", *COMPARED, *FUNDED)
"""What a straight row is published from."""
ORDER = ("setl_id", "refd_setl_flag", "fixmedins_code")
"""In which they are published."""


@dataclass(frozen=True)
class Plain:
    """比平的行: the narrow agency rows of the month, those that are straight marked TAKEN."""

    agency: pl.DataFrame

    @property
    def height(self) -> int:
        return int(self.agency[TAKEN].sum())

    def lazy(self) -> pl.LazyFrame:
        """比平的行, as delivered (NEEDED)."""
        return self.agency.lazy().filter(TAKEN).select(NEEDED)

    def slices(self) -> Iterator[pl.DataFrame]:
        """按主键次序的各段 (NEEDED)."""
        # Most funds pay nothing in most months: a column of zeros is one value, not one a row.
        zero = [c for c in FUNDED if (self.agency[c] == 0).all()]
        zeros = [pl.lit(0, pl.Int64).alias(c) for c in zero]
        frame = self.agency.select(*(c for c in NEEDED if c not in zero), TAKEN)
        ids = frame["setl_id"]
        if not frame.height or (ids.shift(1) < ids).all():
            for start in range(0, frame.height, SLICE):
                yield frame.slice(start, SLICE).filter(TAKEN).with_columns(zeros).select(NEEDED)
            return
        frame = frame.filter(TAKEN).drop(TAKEN)
        order = frame.select(pl.arg_sort_by(ORDER)).to_series()
        for start in range(0, frame.height, SLICE):
            yield frame[order.slice(start, SLICE)].with_columns(zeros).select(NEEDED)


@dataclass(frozen=True)
class Split:
    """分流: the straight rows, and the keys of both sides that are not (KEY and MARK)."""

    plain: Plain
    mine: pl.DataFrame
    theirs: pl.DataFrame


def split(agency: pl.DataFrame, details: pl.DataFrame, known: pl.Series, sure: pl.Series) -> Split:
    """分出当月比平的行 (narrow rows of both sides with MARK and CHECK; `known`: numbers that earlier months know of;
    `sure`: providers of which one agreement covers every day of the month's rows). Raises keys.Collision."""
    kinds = _kinds(agency, details)
    met = _met(agency, details, kinds)
    mine, theirs = _hit(agency.height, met["_mine"]), _hit(details.height, met["_theirs"])
    simple = (pl.col("refd_setl_flag") != holds.REFUND) & ~pl.col("suspect")
    if sure.len() < agency["fixmedins_code"].n_unique():
        simple = simple & pl.col("fixmedins_code").is_in(sure.implode())
    # A key that repeats on either side meets some row twice, and no count of rows met comes out then.
    if mine.sum() < met.height or theirs.sum() < met.height:
        known = pl.concat([known, *_doubles(agency[MARK]), *_doubles(details[MARK])])
    if known.len():
        simple = simple & ~pl.col(MARK).is_in(known.unique().implode())
    plain = agency.select(simple.alias("plain")).to_series()
    met = met.filter(met["same"] & plain.gather(met["_mine"]))
    taken, left = _hit(agency.height, met["_mine"]), ~_hit(details.height, met["_theirs"])
    return Split(Plain(agency.with_columns(taken.alias(TAKEN))), agency.filter(~taken).select(*KEY, MARK),
                 details.filter(left).select(*KEY, MARK))


def _met(agency: pl.DataFrame, details: pl.DataFrame, kinds: list[str]) -> pl.DataFrame:
    """同主键的行对 (positions on both sides, and whether what is compared is the `same`)."""
    carried = (MARK, CHECK, *COMPARED, *kinds)
    same = pl.all_horizontal([
        *[pl.col(c) == pl.col(f"{c}_other") for c in COMPARED],
        *[~(pl.col(c) != pl.col(f"{c}_other")).fill_null(False) for c in kinds]])
    # Numbers only, streamed: the join copies what it compares in order and no text is looked up row by row.
    met = (
        agency.lazy().select(*carried).with_row_index("_mine")
        .join(details.lazy().select(*carried).with_row_index("_theirs"), on=MARK, how="inner", suffix="_other")
        .select("_mine", "_theirs", same.fill_null(False).alias("same"), strange=pl.col(CHECK) != pl.col(f"{CHECK}_other"))
        .collect(engine="streaming"))
    if met["strange"].any():
        raise Collision
    return met.drop("strange")


def _hit(height: int, positions: pl.Series) -> pl.Series:
    return pl.repeat(False, height, dtype=pl.Boolean, eager=True).scatter(positions, True)


def _doubles(marks: pl.Series) -> list[pl.Series]:
    return [marks.filter(marks.is_duplicated()).unique()] if repeated(marks) else []


def _kinds(agency: pl.DataFrame, details: pl.DataFrame) -> list[str]:
    """要比的类别列 (a type that no row of the providers names is not compared; one that is the same everywhere needs none)."""
    names = []
    for c in ("insutype", "clr_type"):
        if details[c].null_count() == details.height:
            continue
        values = {*agency[c].unique().to_list(), *details[c].unique().to_list()}
        if len(values) > 1:
            names.append(c)
    return names


def covered(spans: pl.DataFrame, providers: pl.DataFrame) -> pl.Series:
    """协议全覆盖的机构 (`spans`: first and last day and how many are empty, per provider of the month)."""
    return spans.join(agreements.ranked(providers), on="fixmedins_code").filter(
        (pl.col("first") >= pl.col("efft_time")) & (pl.col("last") <= pl.col("invd_time")) & (pl.col("empty") == 0),
    )["fixmedins_code"].unique()


def by_fund() -> list[pl.Expr]:
    """按基金 (what is recognised of a straight row: all of it)."""
    yes = pl.lit(True)
    return funds.split_by_fund(yes, pl.col("hifp_pay"), yes)


def published(rows: pl.LazyFrame, period: str, cite: str) -> pl.LazyFrame:
    """成表 (NEEDED → columns of statement_rows)."""
    empty = pl.lit(None, pl.String)
    return rows.with_columns(by_fund()).with_columns(recognised_amt=funds.total()).select(
        pl.lit(True).alias("straight"), *KEY, pl.lit("both").alias("side"), pl.lit(1, pl.Int64).alias("copy_no"),
        "insutype", "clr_type", pl.lit("00").alias("stmt_diff"), empty.alias("held_reason"), pl.lit("recognised").alias("state"),
        empty.alias("break_id"), empty.alias("decision"), pl.lit(period).alias("agency_period"),
        pl.lit(period).alias("provider_period"), empty.alias("opened_period"), *[pl.col(c).alias(f"agency_{c}") for c in COMPARED],
        *[pl.col(c).alias(f"provider_{c}") for c in COMPARED], "recognised_amt", *funds.COLUMNS, pl.lit(cite).alias("rule"))
