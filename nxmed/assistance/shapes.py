"""救助的进出数据形状 (what assist is given and gives back). Amounts Int64 fen, dates Date, months "YYYY-MM"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from nxmed.kernel.period import Period
from nxmed.kernel.stage import Equation
from nxmed.law.catalog import Law

TEXT, FEN, COUNT, DAY, TIME = pl.String(), pl.Int64(), pl.Int64(), pl.Date(), pl.Datetime("us")
Shape = dict[str, pl.DataType]

INSURED = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay")
"""What insurance paid: taken off the in-scope fees."""

SETTLEMENTS: Shape = {
    "setl_id": TEXT, "refd_setl_flag": TEXT, "org_setl_id": TEXT, "certno": TEXT, "psn_no": TEXT, "med_type": TEXT,
    "begndate": DAY, "enddate": DAY, "setl_time": TIME, "pay_loc": TEXT, "out_fil_type": TEXT, "emer_flag": TEXT,
    "insu_admdvs": TEXT, "inscp_scp_amt": FEN, **dict.fromkeys(INSURED, FEN), "maf_pay": FEN, "inbox_month": TEXT,
    "src_file": TEXT, "src_row": COUNT, "fixmedins_code": TEXT,
}
CLAIMS: Shape = {
    "clm_sn": TEXT, "clm_way": TEXT, "setl_id": TEXT, "certno": TEXT, "psn_no": TEXT, "med_type": TEXT, "begndate": DAY,
    "enddate": DAY, "setl_time": TIME, "pay_loc": TEXT, "out_fil_type": TEXT, "emer_flag": TEXT, "insu_admdvs": TEXT,
    "hukou_admdvs": TEXT, "crtf_docno": TEXT, "inscp_scp_amt": FEN, **dict.fromkeys(INSURED, FEN), "rcvd_date": DAY,
    "inbox_month": TEXT, "src_file": TEXT, "src_row": COUNT,
}
IDENTITIES: Shape = {
    "certno": TEXT, "mat_idet_code": TEXT, "begntime": DAY, "psn_no": TEXT, "endtime": DAY, "hukou_admdvs": TEXT,
    "tram_date": DAY, "inbox_month": TEXT,
}
IDENTITY_KEY = ("certno", "mat_idet_code", "begntime")
OPENING: Shape = {"certno": TEXT, "year": COUNT, "ordinary_amt": FEN, "tilt_amt": FEN}
PRIOR_PAYOUTS: Shape = {"item_id": TEXT, "source_key": TEXT, "fund_pay_type": TEXT, "amt": FEN, "period": TEXT}
PRIOR_ITEMS: Shape = {
    "setl_id": TEXT, "clm_sn": TEXT, "certno": TEXT, "psn_no": TEXT, "benefit_year": COUNT, "base_amt": FEN, "period": TEXT,
    "ordinary_amt": FEN, "tilt_amt": FEN,
}

ORDINARY_FUND, TILT_FUND = "610100", "610102"

ITEM_COLUMNS = (
    "setl_id", "clm_sn", "certno", "psn_no", "benefit_year", "class", "tier", "base_amt", "run_before", "run_after",
    "ordinary_amt", "tilt_amt", "paid_ordinary", "paid_tilt", "delta_ordinary", "delta_tilt", "claim_state", "rule",
)


def shaped(frame: pl.LazyFrame, shape: Shape) -> pl.LazyFrame:
    """取所需列 (the columns of `shape`, in its types; a missing one is empty)."""
    have = frame.collect_schema()
    if not have.names():
        return pl.LazyFrame(schema=shape)
    return frame.select(
        pl.lit(None, dtype).alias(name) if name not in have
        else pl.col(name) if have[name] == dtype else pl.col(name).cast(dtype)
        for name, dtype in shape.items()
    )


@dataclass(frozen=True)
class AssistInputs:
    """医疗救助的输入: feeds from January of the year before P to P (with `inbox_month`), registers up to P, and what
    earlier assist runs published. `LazyFrame()` stands for "none".

    `identity_history`: superseded rows of the register (when an identity first came). `ran_before_year`: a run of the
    year before P's is in the workspace.
    """

    period: Period
    law: Law
    first_month: bool
    settlements: pl.LazyFrame
    identities: pl.LazyFrame
    claims: pl.LazyFrame = field(default_factory=pl.LazyFrame)
    opening: pl.LazyFrame = field(default_factory=pl.LazyFrame)
    identity_history: pl.LazyFrame = field(default_factory=pl.LazyFrame)
    prior_payouts: pl.LazyFrame = field(default_factory=pl.LazyFrame)
    prior_items: pl.LazyFrame = field(default_factory=pl.LazyFrame)
    ran_before_year: bool = False


@dataclass(frozen=True)
class AssistResult:
    """医疗救助的结果 (tables by name, findings of kernel.finding's shape, proved equations, facts).

    `working`: the published items with what reports need beside the table (paying agency, ways of the claim);
    `unlisted`: items that are not published, with `why`; `claims`: every manual claim with the `item` it belongs to;
    `unplaced`: claims that belong to none, with the `reason`.
    """

    tables: Mapping[str, pl.DataFrame]
    findings: list[pl.DataFrame]
    equations: list[Equation]
    facts: dict[str, Any]
    working: pl.DataFrame
    unlisted: pl.DataFrame
    claims: pl.DataFrame = field(default_factory=pl.DataFrame)
    unplaced: pl.DataFrame = field(default_factory=pl.DataFrame)
