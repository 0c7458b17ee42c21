"""工作日历的读取 (the register `calendar` of the inbox, for one pooling area)."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from nxmed.io.inputs import Inputs, read_inputs
from nxmed.io.workspace import Workspace
from nxmed.kernel.period import Period
from nxmed.kernel.working_days import WorkingDays

CONTRACT = "calendar"


def working_days(ws: Workspace, *, spool: Path | None = None) -> WorkingDays:
    """读工作日历 (all months of the inbox; rows of the own pooling area stand before those for every area).

    No file: an empty calendar, which refuses every question (exit 6). A file refused as a whole: InputRefused (exit 3).
    """
    read = read_inputs(ws, Period(9999, 12), required=[], optional=[CONTRACT], spool=spool)
    return days_of(read, ws.poolarea_no)


def days_of(read: Inputs, poolarea_no: str) -> WorkingDays:
    """读好的输入里的工作日历 (the rows of one pooling area before those for every area)."""
    rows = (
        read.frame(CONTRACT)
        .filter(pl.col("poolarea_no").is_null() | (pl.col("poolarea_no") == poolarea_no))
        .select("date", "is_workday", own=pl.col("poolarea_no").is_not_null())
        .sort("date", "own")
        .collect()
    )
    return WorkingDays({day: flag == "1" for day, flag in rows.select("date", "is_workday").iter_rows()})
