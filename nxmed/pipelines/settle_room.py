"""结算的桶 (how big a month's settle is worked through): in one frame while it fits, else over buckets on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed.kernel.buckets import buckets_for

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.inputs import Inputs
    from nxmed.settlements.shapes import SettleInputs, SettleResult

ROWS = 3_500_000
"""Rows of one side of the month that one bucket may hold: about 2 GiB at work."""
FEES = 6_000_000
"""Rows of a year's fees that one bucket of persons may hold."""
BY_PROVIDER = ("settlements", "provider_details", "prior_rows")
"""What is split on disk; the small inputs are split in memory."""
SMALL = ("provider_totals", "deductions", "providers", "prior_breaks", "prior_payables")


def compute(room: SettleInputs, files: Inputs | None, spool: Path | None, buckets: int | None = None) -> SettleResult:
    """结算 (`buckets`: how many, else by the rows of the month; the result does not depend on it)."""
    from nxmed.settlements.settle import settle_in_one

    count = buckets or (needed(files, room.period.text) if files is not None else 1)
    if spool is None or (count == 1 and buckets is None):
        return settle_in_one(room)
    return in_buckets(room, count, spool / "buckets")


def needed(files: Inputs, month: str) -> int:
    """需要几个桶 (by the larger side of the month)."""
    sides = ("settlements", "provider_details")
    return buckets_for(max(sum(r.accepted for r in files.reads if r.contract.id == side and r.month == month) for side in sides), ROWS)


def in_buckets(room: SettleInputs, count: int, folder: Path) -> SettleResult:
    """逐桶结算 (splits the inputs into `folder`: by provider, and the year's fees by person)."""
    import polars as pl

    from nxmed.io.bucket_files import shelf, split
    from nxmed.kernel.buckets import bucket
    from nxmed.settlements import past, repricing
    from nxmed.settlements.naming import named_details
    from nxmed.settlements.settle import settle_in_buckets
    from nxmed.settlements.terms import reprices

    inputs = replace(room, provider_details=named_details(room))
    big = {name: split(_lean(getattr(inputs, name), name), "fixmedins_code", count, folder / name) for name in BY_PROVIDER}
    small: dict[str, pl.DataFrame] = {name: getattr(inputs, name).collect() for name in SMALL}
    filed = frozenset(past.filed_months(inputs)["inbox_month"])
    parts = []
    for number in range(count):
        mine: dict[str, Any] = {name: frames[number] for name, frames in big.items()}
        for name, frame in small.items():
            mine[name] = frame.filter(bucket("fixmedins_code", count) == number).lazy() if frame.width else frame.lazy()
        parts.append(replace(inputs, filed=filed, **mine))
    persons: list[pl.LazyFrame] = []
    if reprices(inputs.law, inputs.period.first_day):
        fees = repricing.fees(inputs)
        rows = fees.select(pl.len()).collect(engine="streaming").item()
        persons = split(fees, "psn_no", max(buckets_for(rows, FEES), count), folder / "fees")
    return settle_in_buckets(inputs, parts, persons, shelf(folder / "rows"))


def _lean(frame: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """Only what the room asks for."""
    from nxmed.settlements import shapes

    shape = {"settlements": shapes.SETTLEMENTS, "provider_details": shapes.DETAILS, "prior_rows": shapes.PRIOR_ROWS}[name]
    return shapes.shaped(frame, shape)
