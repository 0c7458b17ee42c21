"""测试用的逐月推进: builds the inputs of a month from plain rows and what the months before left."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from nxmed.collections import shapes
from nxmed.collections.reconcile import ReconcileInputs, ReconcileResult, reconcile
from nxmed.kernel.period import Period
from nxmed.law.catalog import Law

Row = dict[str, Any]
LEVY = {"310": "基本医疗保险费", "330": "大额医疗补助", "390": "城乡居民基本医疗保险费"}


def law(region: str = "ningxia", rate: str | None = "1") -> Law:
    policy = {} if rate is None else {"account": {"credit_rate": {"values": [
        {"since": date(2021, 1, 1), "value": rate, "source": "样例"}]}}}
    return Law.load(region, policy)


def frame(rows: Sequence[Row], shape: shapes.Shape) -> pl.LazyFrame:
    return pl.LazyFrame([{k: r.get(k) for k in shape} for r in rows], schema=shape)


@dataclass
class Chain:
    """One agency month by month."""

    law: Law
    units: list[Row]
    persons: list[Row] = field(default_factory=list)
    opening_dues: list[Row] = field(default_factory=list)
    opening_credits: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    dues: list[Row] = field(default_factory=list)
    results: list[ReconcileResult] = field(default_factory=list)
    periods: list[Period] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def month(self, period: str, *, arrivals: list[Row], statement: list[Row], decisions: Sequence[Row] = (),
              dues: Sequence[Row] = (), rearrange: Callable[[pl.LazyFrame], pl.LazyFrame] = lambda f: f) -> ReconcileResult:
        """`statement`: all current rows; `dues`: new ones of the month."""
        self.dues.extend(dues)
        month = Period.parse(period)
        none = pl.LazyFrame()

        def all_of(table: str) -> pl.LazyFrame:
            tables = [r.tables[table].lazy().with_columns(period=pl.lit(p.text))
                      for r, p in zip(self.results, self.periods, strict=True)]
            return pl.concat(tables) if tables else none

        last = self.results[-1].tables if self.results else {}
        inputs = ReconcileInputs(
            period=month, law=self.law, first_month=not self.results,
            units=rearrange(frame(self.units, shapes.UNITS)), persons=rearrange(frame(self.persons, shapes.PERSONS)),
            tax_arrivals=rearrange(frame(arrivals, shapes.ARRIVALS)),
            treasury_statement=rearrange(frame(statement, shapes.STATEMENT)),
            credit_decisions=rearrange(frame(list(decisions), shapes.DECISIONS)),
            opening_dues=rearrange(frame(self.opening_dues, shapes.OPENING_DUES)),
            opening_credits=rearrange(frame(self.opening_credits, shapes.OPENING_CREDITS)),
            dues=rearrange(frame(self.dues, shapes.DUES)), lines=rearrange(frame(self.lines, shapes.ASSESSED)),
            prior_balances=rearrange(last["due_balances"].lazy()) if last else none,
            prior_arrivals=rearrange(all_of("arrivals")), prior_applications=rearrange(all_of("applications")),
            prior_lots=rearrange(last["credit_lots"].lazy()) if last else none,
        )
        started = time.perf_counter()
        result = reconcile(inputs)
        self.seconds.append(time.perf_counter() - started)
        self.results.append(result)
        self.periods.append(month)
        return result


def found(result: ReconcileResult) -> pl.DataFrame:
    return pl.concat(result.findings)


def codes(result: ReconcileResult) -> dict[str, int]:
    """How many findings of each code, the first month's own left out."""
    counts = Counter(found(result)["code"].to_list())
    counts.pop("FIRST_MONTH", None)
    return dict(counts)
