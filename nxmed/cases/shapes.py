"""办件的进出数据形状 (what the room is given and gives back). Dates Date, counts Int64."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from nxmed.kernel.period import Period
from nxmed.kernel.stage import Equation
from nxmed.kernel.working_days import WorkingDays
from nxmed.law.catalog import Law

TEXT, COUNT, DAY = pl.String(), pl.Int64(), pl.Date()
DATES = ("appy_date", "rcvd_date", "chk_date", "rchk_date", "aprv_date", "dfr_date", "fnsh_date")
"""Dates of the steps, in their order."""
LATER = ("suppl_begn", "suppl_end", "bkpay_date", "ctct_date", "info_date", *(d for d in DATES if d != "rcvd_date"))
"""Dates that may lie after the as-of day: then they have not happened yet."""
REGISTER: dict[str, pl.DataType] = {
    "serv_matt_inst_id": TEXT, "item_no": COUNT, "serv_matt_code": TEXT, "opt_chnl": TEXT, "psn_no": TEXT, "emp_no": TEXT,
    "fixmedins_code": TEXT, "optins_no": TEXT, "matl_codes": TEXT, "bkpay_flag": TEXT, "result": TEXT, "rcvd_date": DAY,
    **dict.fromkeys(LATER, DAY), "src_file": TEXT, "src_row": COUNT,
}
NOWHERE = "-"
"""Stands for an office that is not given."""
STATES = ("in_time", "soon_due", "overdue", "done", "done_late", "withdrawn")
OPEN, CLOSED = STATES[:3], STATES[3:]
REFUSED = ("2", "3", "4")
"""Results without an approval: not approved, sent back, withdrawn."""
WITHDRAWN = "4"
CASE_COLUMNS = (
    "serv_matt_inst_id", "item_no", "item_name", "optins_no", "opt_chnl", "psn_no", "emp_no", "fixmedins_code", "appy_date",
    "rcvd_date", "begin_date", "lmt_days", "lmt_unit", "due_date", "fnsh_date", "result", "suspended", "suspended_days",
    "days_used", "days_left", "work_days", "state", "matl_state", "missing_cnt", "missing", "step_error", "rule",
)


@dataclass(frozen=True)
class CasesInputs:
    """办件的输入: the register up to P, the calendar of the pooling area, the day as of which it is looked at.

    `soon_days`: working days before a deadline from which a case counts as soon due.
    """

    period: Period
    as_of: date
    law: Law
    days: WorkingDays
    register: pl.LazyFrame
    soon_days: int


@dataclass(frozen=True)
class CasesResult:
    """办件的结果 (tables by name, findings, proved equations, facts)."""

    tables: Mapping[str, pl.DataFrame]
    findings: list[pl.DataFrame]
    equations: list[Equation]
    facts: Mapping[str, Any]


def shaped(frame: pl.LazyFrame) -> pl.DataFrame:
    """取所需列 (the columns of REGISTER in its types; a missing one is empty), sorted by case."""
    have = frame.collect_schema()
    if not have.names():
        return pl.DataFrame(schema=REGISTER)
    return frame.select(
        pl.col(name).cast(dtype) if name in have else pl.lit(None, dtype).alias(name) for name, dtype in REGISTER.items()
    ).sort("serv_matt_inst_id").collect()
