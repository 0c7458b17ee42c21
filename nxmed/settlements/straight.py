"""当月比平 (rows that need no second look: both sides sent them this month, equal, nothing holds them, nothing known of
them from before). They are most rows; everything else goes the long way."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.settlements import funds, holds
from nxmed.settlements import providers as agreements
from nxmed.settlements.keys import MARK, Collision, hashed, repeated
from nxmed.settlements.shapes import COMPARED, KEY

FOUND = "_found"


@dataclass(frozen=True)
class Split:
    """分流: `rows` straight (agency columns, in order of the key), and the keys of both sides that are not
    (KEY and MARK)."""

    rows: pl.DataFrame
    mine: pl.DataFrame
    theirs: pl.DataFrame


def with_marks(agency: pl.DataFrame, details: pl.DataFrame, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """编主键数 on both sides. Raises Collision where pairs of provider and flag share a number: settlement ids are then
    all that is left to compare."""
    pairs = pl.concat([f.select("fixmedins_code", "refd_setl_flag").unique() for f in (agency, details)]).unique()
    numbers = pairs.with_columns(setl_id=pl.lit("")).select(hashed(seed))
    if numbers[MARK].n_unique() != pairs.height:
        raise Collision
    return agency.with_columns(hashed(seed)), details.with_columns(hashed(seed))


def split(agency: pl.DataFrame, details: pl.DataFrame, known: pl.Series, sure: pl.Series) -> Split:
    """分出当月比平的行 (narrow rows of both sides with MARK; `known`: numbers that earlier months know of;
    `sure`: providers of which one agreement covers every day of the month's rows)."""
    doubtful = [known, *_doubles(agency[MARK]), *_doubles(details[MARK])]
    odd = pl.concat(doubtful).unique() if any(s.len() for s in doubtful) else known
    theirs = details.select(MARK).with_row_index(FOUND)
    if odd.len():
        theirs = theirs.filter(~pl.col(MARK).is_in(odd.implode()))
    found = agency.select(MARK).join(theirs, on=MARK, how="left", maintain_order="left")[FOUND]
    kinds = _kinds(agency, details)
    other = details.select(pl.col(c).gather(found) for c in ("setl_id", *COMPARED, *kinds))
    mine = pl.concat([agency.select("setl_id", *COMPARED, *kinds), other.rename(lambda n: f"{n}_other")], how="horizontal")
    same = pl.all_horizontal([
        *[pl.col(c) == pl.col(f"{c}_other") for c in COMPARED],
        *[~(pl.col(c) != pl.col(f"{c}_other")).fill_null(False) for c in kinds]])
    judged = mine.select(same.alias("same"), (pl.col("setl_id") != pl.col("setl_id_other")).alias("strange"))
    if judged["strange"].any():
        raise Collision
    equal = judged["same"] & found.is_not_null()
    equal = equal & (agency["refd_setl_flag"] != holds.REFUND) & ~agency["suspect"]
    if sure.len() < agency["fixmedins_code"].n_unique():
        equal = equal & agency["fixmedins_code"].is_in(sure.implode())
    if odd.len():
        equal = equal & ~agency[MARK].is_in(odd.implode())
    straight = equal.fill_null(False)
    taken = found.filter(straight)
    left = pl.repeat(True, details.height, eager=True).scatter(taken, False)
    rows = agency.drop("suspect", "broken", "enddate", "clr_optins").filter(straight)
    return Split(_in_order(rows), agency.filter(~straight).select(*KEY, MARK), details.filter(left).select(*KEY, MARK))


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


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    keys = rows.select("setl_id", "refd_setl_flag", "fixmedins_code")
    ids = keys["setl_id"]
    if (ids.shift(1) < ids).all():
        return rows
    return rows[keys.select(pl.arg_sort_by("setl_id", "refd_setl_flag", "fixmedins_code")).to_series()]


def published(rows: pl.DataFrame, period: str, cite: str) -> pl.DataFrame:
    """成表 (columns of statement_rows)."""
    empty = pl.lit(None, pl.String)
    yes = pl.lit(True)
    return rows.with_columns(funds.split_by_fund(yes, pl.col("hifp_pay"), yes)).with_columns(
        recognised_amt=funds.total()).select(
        pl.lit(True).alias("straight"), *KEY, pl.lit("both").alias("side"), pl.lit(1, pl.Int64).alias("copy_no"),
        "insutype", "clr_type", pl.lit("00").alias("stmt_diff"), empty.alias("held_reason"), pl.lit("recognised").alias("state"),
        empty.alias("break_id"), empty.alias("decision"), pl.lit(period).alias("agency_period"),
        pl.lit(period).alias("provider_period"), empty.alias("opened_period"), *[pl.col(c).alias(f"agency_{c}") for c in COMPARED],
        *[pl.col(c).alias(f"provider_{c}") for c in COMPARED], "recognised_amt", *funds.COLUMNS, pl.lit(cite).alias("rule"))
