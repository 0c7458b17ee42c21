"""参保人员名册 (the roster of month P): the persons snapshot with the changes that have taken effect.

Only persons with a change go through the order of events; all others pass straight.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.contributions.inputs import AssessInputs

ADD = ("11", "12", "13", "14")
"""新参保、恢复缴费、区外转入、区内转入。"""
REMOVE = ("21", "22", "23", "24")
"""终止、中断、转出。"""
RETIRE = "25"
"""在职转退休。"""
RETIREE_TYPE = "1201"
ON_ROSTER = "1"
"""psn_insu_stas 正常。"""

PAIR = ["psn_no", "emp_no"]
MEMBER = [*PAIR, "psn_type", "src_file", "src_row"]
ORDER = ["rcvd_date", "chg_sn"]


@dataclass(frozen=True)
class Changes:
    """增减 (changes received up to the as-of date: all of them, with `effect` as month index)."""

    known: pl.DataFrame
    due: pl.DataFrame
    late: pl.DataFrame


def changes(inputs: AssessInputs) -> Changes:
    """按生效月份分开 (due: S ≤ effect ≤ P, to be applied; late: effect > P; 11–14 and 21–25 change the roster).

    A change received by the cut-off day takes effect next month, a later one the month after (NXJY-27, DXTC-9).
    """
    cutoff = inputs.law.number("contribution.change_cutoff_day", on=inputs.period.first_day).int
    effect = inputs.law.rule("effect_month")(pl.col("rcvd_date"), cutoff)
    known = (
        inputs.personnel_changes.filter(pl.col("rcvd_date") <= inputs.as_of)
        .select("chg_sn", *PAIR, "psn_type", "psn_chg_type", "rcvd_date", "wag", "src_file", "src_row")
        .with_columns(effect=effect)
        .collect()
    )
    month = inputs.period.index
    due = known.filter(
        pl.col("effect").is_between(inputs.persons_month.index, month)
        & pl.col("psn_chg_type").is_in([*ADD, *REMOVE, RETIRE])
    )
    return Changes(known, due, known.filter(pl.col("effect") > month))


def roster(inputs: AssessInputs, due: pl.DataFrame) -> pl.DataFrame:
    """当月名册 (one row per psn_no and emp_no: psn_type, and the row that brought the person in).

    The last add or remove in order of (rcvd_date, chg_sn) decides whether a person is there. The type is that of the
    entering add (the first after the last removal; the snapshot counts as an add before all changes); a 25 after it
    makes a retiree (1201).
    """
    persons = inputs.persons.filter(pl.col("psn_insu_stas") == ON_ROSTER).select(MEMBER)
    if not due.height:
        return persons.collect()
    pairs = due.select(PAIR).unique().lazy()
    everyone = persons.collect()
    touched = everyone.lazy().join(pairs, on=PAIR, how="semi").collect()
    untouched = everyone if not touched.height else everyone.lazy().join(pairs, on=PAIR, how="anti").collect()
    return pl.concat([untouched, after_changes(touched, due)], rechunk=False)


def after_changes(touched: pl.DataFrame, due: pl.DataFrame) -> pl.DataFrame:
    """逐笔办理之后 (members of the touched pairs, after all events; `touched` are their snapshot rows)."""
    kind = pl.col("psn_chg_type")
    events = (
        pl.concat([
            touched.with_columns(psn_chg_type=pl.lit(ADD[0]), rcvd_date=pl.lit(None, pl.Date), chg_sn=pl.lit("")),
            due.select([*MEMBER, "psn_chg_type", *ORDER]),
        ], how="diagonal")
        .sort([*PAIR, *ORDER], nulls_last=False)
        .with_columns(at=pl.int_range(pl.len(), dtype=pl.Int64))
    )
    removed = events.filter(kind.is_in(REMOVE)).group_by(PAIR).agg(removed_at=pl.col("at").max())
    retired = events.filter(kind == RETIRE).group_by(PAIR).agg(retired_at=pl.col("at").max())
    entered = (
        events.filter(kind.is_in(ADD))
        .join(removed, on=PAIR, how="left")
        .filter(pl.col("at") > pl.col("removed_at").fill_null(-1))
        .group_by(PAIR).agg(entered_at=pl.col("at").min())
    )
    return (
        entered.join(events, left_on=[*PAIR, "entered_at"], right_on=[*PAIR, "at"], how="inner")
        .join(retired, on=PAIR, how="left")
        .with_columns(
            psn_type=pl.when(pl.col("retired_at") > pl.col("entered_at")).then(pl.lit(RETIREE_TYPE))
            .otherwise(pl.col("psn_type"))
        )
        .select(MEMBER)
    )


def in_two_units(members: pl.DataFrame) -> pl.Series:
    """重复参保 (Boolean per row: the person stands in more than one unit).

    Hashes find the candidates fast; texts decide.
    """
    flagged = members.select(pl.col("psn_no").hash().is_duplicated()).to_series()
    candidates = members.get_column("psn_no").filter(flagged)
    if candidates.is_duplicated().all():
        return flagged.alias("twice")
    return members.get_column("psn_no").is_duplicated().alias("twice")
