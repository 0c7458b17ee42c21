"""救助待遇 (what is owed for each item of a year: running totals, thresholds, tilt and caps; NXJZ-14.1 to 14.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from nxmed.assistance.items import ORDER
from nxmed.errors import UsageError
from nxmed.kernel.accumulate import running
from nxmed.law.catalog import Law

BY_ITEM, BY_YEAR = ("1", "2"), ("3", "4", "5")
"""Tiers without and with a threshold; each of the two schemes has one set of running totals."""
SCHEMES = {"12": BY_ITEM, "345": BY_YEAR}
TIERS = (*BY_ITEM, *BY_YEAR)
OWED = ("run_before", "run_after", "ordinary_amt", "tilt_amt")


@dataclass(frozen=True)
class Standards:
    """一个年度的救助标准 (by tier: fen and ppm; thresholds only where the tier has one)."""

    rate: dict[str, int]
    cap: dict[str, int]
    threshold: dict[str, int]
    tilt_threshold: dict[str, int]
    tilt_rate: dict[str, int]
    tilt_cap: dict[str, int]

    @classmethod
    def load(cls, law: Law, day: date) -> Standards:
        """读取 (MissingNumber, exit 4, names what is missing; UsageError where tiers that share a total differ in cap)."""

        def fen(name: str, tiers: tuple[str, ...]) -> dict[str, int]:
            return {t: law.number(f"assistance.{name}_{t}", day).fen for t in tiers}

        def ppm(name: str, tiers: tuple[str, ...]) -> dict[str, int]:
            return {t: law.number(f"assistance.{name}_{t}", day).ppm for t in tiers}

        made = cls(ppm("rate", TIERS), fen("cap", TIERS), fen("threshold", BY_YEAR), fen("tilt_threshold", BY_ITEM),
                   ppm("tilt_rate", BY_ITEM), fen("tilt_cap", BY_ITEM))
        shared = [{made.cap[t] for t in tiers} for tiers in SCHEMES.values()] + [set(made.tilt_cap.values())]
        if any(len(caps) > 1 for caps in shared):
            raise UsageError("合用累计的档次限额不同", "核对法规文件 assistance.cap_*、tilt_cap_*",
                             text_en="tiers that share running totals have different caps",
                             hint_en="check assistance.cap_*, tilt_cap_* in the law file")
        return made


def standards_day(period_first: date, year: int) -> date:
    """适用标准的日子: the first day of P, for the year before the first day of its December."""
    return min(period_first, date(year, 12, 1))


def entitle(counted: pl.DataFrame, law: Law, standards: Standards) -> pl.DataFrame:
    """应救助额 of one benefit year.

    counted: items that are covered and referred (item, person, tier, base_amt and ORDER). Gives item, `scheme`,
    `run_before`, `run_after` (bases above a threshold in tiers 3 to 5, remains after ordinary assistance in tiers 1
    and 2), `ordinary_amt`, `tilt_amt`; all fen.
    """
    rows = counted.select("item", "person", "tier", "base_amt", *ORDER,
                          scheme=pl.when(pl.col("tier").is_in(list(BY_ITEM))).then(pl.lit("12")).otherwise(pl.lit("345")))
    low = _with_item_share(_in_order(rows.filter(pl.col("scheme") == "12")), law, standards)
    high = _with_year_share(_in_order(rows.filter(pl.col("scheme") == "345")), law, standards)
    return pl.concat([f.select("item", "scheme", *OWED) for f in (low, high)])


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    keys = rows.select(pl.arg_sort_by(["person", *ORDER])).to_series()
    return rows[keys].with_columns(
        first=(pl.col("person") != pl.col("person").shift(1)).fill_null(True), zero=pl.lit(0, pl.Int64))


def _by_tier(law: Law, tiers: tuple[str, ...], concept: str, *columns: pl.Expr, **numbers: dict[str, int]) -> pl.Expr:
    """The tier's own rule on each row."""
    made: pl.Expr = pl.lit(None, pl.Int64)
    for tier in reversed(tiers):
        own: pl.Expr = law.rule(f"{concept}_{tier}")(*columns, **{f"{n}_{tier}": v[tier] for n, v in numbers.items()})
        made = pl.when(pl.col("tier") == tier).then(own).otherwise(made)
    return made


def _with_item_share(rows: pl.DataFrame, law: Law, s: Standards) -> pl.DataFrame:
    """一、二档: share of each item within the cap, then the tilt on what remains."""
    first = pl.col("first")
    rows = rows.with_columns(share=_by_tier(law, BY_ITEM, "assistance_share", pl.col("base_amt"), rate=s.rate))
    rows = rows.with_columns(total=running(pl.col("share"), first))
    rows = rows.with_columns(ordinary_amt=_by_tier(
        law, BY_ITEM, "assistance_ordinary", pl.col("total") - pl.col("share"), pl.col("total"), cap=s.cap))
    rows = rows.with_columns(rest=pl.col("base_amt") - pl.col("ordinary_amt"))
    rows = rows.with_columns(run_after=running(pl.col("rest"), first))
    rows = rows.with_columns(run_before=pl.col("run_after") - pl.col("rest"))
    rows = rows.with_columns(tilt=_by_tier(
        law, BY_ITEM, "assistance_tilt_share", pl.col("run_before"), pl.col("run_after"),
        tilt_threshold=s.tilt_threshold, tilt_rate=s.tilt_rate))
    rows = rows.with_columns(tilted=running(pl.col("tilt"), first))
    return rows.with_columns(tilt_amt=_by_tier(
        law, BY_ITEM, "assistance_tilt", pl.col("tilted") - pl.col("tilt"), pl.col("tilted"), tilt_cap=s.tilt_cap))


def _with_year_share(rows: pl.DataFrame, law: Law, s: Standards) -> pl.DataFrame:
    """三至五档: rate on what each item adds above the tier's threshold, within the cap."""
    first = pl.col("first")
    rows = rows.with_columns(run_after=running(pl.col("base_amt"), first))
    rows = rows.with_columns(run_before=pl.col("run_after") - pl.col("base_amt"))
    rows = rows.with_columns(share=_by_tier(
        law, BY_YEAR, "assistance_share", pl.col("run_before"), pl.col("run_after"), threshold=s.threshold, rate=s.rate))
    rows = rows.with_columns(total=running(pl.col("share"), first))
    return rows.with_columns(
        ordinary_amt=_by_tier(law, BY_YEAR, "assistance_ordinary", pl.col("total") - pl.col("share"), pl.col("total"), cap=s.cap),
        tilt_amt=pl.col("zero"))
