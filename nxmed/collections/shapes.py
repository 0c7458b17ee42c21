"""对账的进出数据形状 (what reconcile is given and gives back). Amounts Int64 fen, months YYYYMM, dates Date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from nxmed.kernel.money import to_fen
from nxmed.kernel.period import Period
from nxmed.kernel.stage import Equation
from nxmed.law.catalog import Law

TEXT, FEN, COUNT, DAY, FLAG = pl.String(), pl.Int64(), pl.Int64(), pl.Date(), pl.Boolean()
Shape = dict[str, pl.DataType]

UNITS: Shape = {"emp_no": TEXT, "uscc": TEXT}
PERSONS: Shape = {"certno": TEXT, "psn_type": TEXT}
ARRIVALS: Shape = {
    "elec_taxrpt_no": TEXT, "line_no": COUNT, "taxpayer_no": TEXT, "clct_bill_id": TEXT, "levy_subitem_name": TEXT,
    "accrym_begn": TEXT, "accrym_end": TEXT, "paid_amt": FEN, "latefee": FEN, "levy_attr": TEXT, "intsury_time": DAY,
    "treasury_code": TEXT, "org_taxrpt_no": TEXT, "src_file": TEXT, "src_row": COUNT,
}
STATEMENT: Shape = {
    "treasury_code": TEXT, "stmt_date": DAY, "insutype": TEXT, "elec_taxrpt_no": TEXT, "intsury_amt": FEN,
    "refd_amt": FEN, "inbox_month": TEXT, "src_file": TEXT, "src_row": COUNT,
}
DECISIONS: Shape = {
    "decision_sn": TEXT, "emp_no": TEXT, "insutype": TEXT, "action": TEXT, "amt": FEN, "src_file": TEXT,
    "src_row": COUNT,
}
OPENING_DUES: Shape = {
    "clct_bill_id": TEXT, "part": TEXT, "emp_no": TEXT, "insutype": TEXT, "accrym": TEXT, "amt": FEN,
    "dedln_date": DAY,
}
OPENING_CREDITS: Shape = {"emp_no": TEXT, "insutype": TEXT, "credit_amt": FEN}
DUES: Shape = {
    "clct_bill_id": TEXT, "part": TEXT, "emp_no": TEXT, "taxpayer_no": TEXT, "insutype": TEXT, "accrym": TEXT,
    "amt": FEN, "dedln_date": DAY, "deferred": FLAG,
}
ASSESSED: Shape = {
    "clct_bill_id": TEXT, "emp_no": TEXT, "psn_no": TEXT, "insutype": TEXT, "emp_clct_amt": FEN, "psn_clct_amt": FEN,
}
PRIOR_BALANCES: Shape = {**DUES, "paid": FEN, "opened_period": TEXT}
PRIOR_ARRIVALS: Shape = {
    "period": TEXT, "elec_taxrpt_no": TEXT, "line_no": COUNT, "taxpayer_no": TEXT, "clct_bill_id": TEXT,
    "levy_subitem_name": TEXT, "accrym_begn": TEXT, "accrym_end": TEXT, "paid_amt": FEN, "latefee_amt": FEN,
    "levy_attr": TEXT, "intsury_time": DAY, "treasury_code": TEXT, "org_taxrpt_no": TEXT, "insutype": TEXT,
    "class": TEXT, "arrived_period": TEXT, "src_file": TEXT, "src_row": COUNT,
}
HISTORY: Shape = {name: PRIOR_ARRIVALS[name] for name in (
    "elec_taxrpt_no", "line_no", "insutype", "treasury_code", "intsury_time", "paid_amt", "latefee_amt", "class",
    "src_file", "src_row")}
"""What is needed of every line of earlier months; of pending ones all of PRIOR_ARRIVALS."""
PRIOR_APPLICATIONS: Shape = {
    "elec_taxrpt_no": TEXT, "line_no": COUNT, "clct_bill_id": TEXT, "part": TEXT, "amt": FEN, "insutype": TEXT,
    "intsury_time": DAY, "org_taxrpt_no": TEXT, "org_line_no": COUNT,
}
LOTS: Shape = {
    "emp_no": TEXT, "insutype": TEXT, "elec_taxrpt_no": TEXT, "line_no": COUNT, "amt": FEN, "intsury_time": DAY,
    "booked_period": TEXT,
}


def shaped(frame: pl.LazyFrame, shape: Shape, *, published: bool = False) -> pl.LazyFrame:
    """取所需列 (the columns of `shape`, in its types; a missing one is empty, published yuan become fen).

    Empty text is no text: a blank cell of a file and a missing one mean the same. Published tables are clean already.
    """
    have = frame.collect_schema()
    if not have.names():
        return pl.LazyFrame(schema=shape)
    picked: list[pl.Expr] = []
    for name, dtype in shape.items():
        if name not in have:
            picked.append(pl.lit(None, dtype).alias(name))
        elif isinstance(have[name], pl.Decimal):
            picked.append(to_fen(name))
        elif dtype == TEXT and have[name] == TEXT and not published:
            text = pl.col(name).str.strip_chars()
            picked.append(pl.when(text != "").then(text).alias(name))
        else:
            picked.append(pl.col(name).cast(dtype))
    # Not a bare select: one of nothing but constants would make a row out of none.
    return frame.with_columns(picked).select(list(shape))


@dataclass(frozen=True)
class ReconcileInputs:
    """到账对账的输入 (one month's feeds, the registers up to it, and what earlier months left).

    `LazyFrame()` stands for "none". Frames may carry more columns than are used.
    """

    period: Period
    law: Law
    first_month: bool
    units: pl.LazyFrame
    persons: pl.LazyFrame
    tax_arrivals: pl.LazyFrame
    treasury_statement: pl.LazyFrame
    credit_decisions: pl.LazyFrame
    opening_dues: pl.LazyFrame
    opening_credits: pl.LazyFrame
    dues: pl.LazyFrame
    lines: pl.LazyFrame
    prior_balances: pl.LazyFrame
    prior_arrivals: pl.LazyFrame
    prior_applications: pl.LazyFrame
    prior_lots: pl.LazyFrame


@dataclass(frozen=True)
class ReconcileResult:
    """到账对账的结果 (tables by name, findings of kernel.finding's shape, proved equations, statement figures)."""

    tables: Mapping[str, pl.DataFrame]
    findings: list[pl.DataFrame]
    equations: list[Equation]
    facts: dict[str, Any] = field(default_factory=dict)
