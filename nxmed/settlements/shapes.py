"""结算的进出数据形状 (what settle is given and gives back). Amounts Int64 fen, rates ppm, dates Date, months "YYYY-MM"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from nxmed.kernel.buckets import Parts
from nxmed.kernel.money import to_fen
from nxmed.kernel.period import Period
from nxmed.kernel.stage import Equation
from nxmed.law.catalog import Law

TEXT, FEN, COUNT, DAY, TIME, RATE = pl.String(), pl.Int64(), pl.Int64(), pl.Date(), pl.Datetime("us"), pl.Int64()
Shape = dict[str, pl.DataType]
SCALE = 2
"""Decimal places of yuan."""

KEY = ("fixmedins_code", "setl_id", "refd_setl_flag")
COMPARED = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
FUND_COLUMNS = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay", "maf_pay", "oth_pay")
AMOUNTS = (
    "medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt", "act_pay_dedc",
    *FUND_COLUMNS, "fund_pay_sumamt", "psn_part_amt", "acct_pay", "psn_cash_pay", "acct_mulaid_pay", "hosp_part_amt",
)

_AGENCY_TEXT = (
    "psn_no", "insutype", "med_type", "clr_type", "clr_optins", "org_setl_id", "insu_admdvs", "booking_flag", "cop_flag",
)
AGENCY_DATA: Shape = {
    **dict.fromkeys(_AGENCY_TEXT, TEXT), **dict.fromkeys(AMOUNTS, FEN), "enddate": DAY,
    "src_file": TEXT, "src_row": COUNT,
}
"""What a settlement brings besides its key."""
SETTLEMENTS: Shape = {**dict.fromkeys(KEY, TEXT), **AGENCY_DATA, "inbox_month": TEXT}
PROVIDER_DATA: Shape = {
    "psn_no": TEXT, "mdtrt_id": TEXT, "insutype": TEXT, "clr_type": TEXT, **dict.fromkeys(COMPARED, FEN),
    "org_setl_id": TEXT, "src_file": TEXT, "src_row": COUNT,
}
DETAILS: Shape = {**dict.fromkeys(KEY, TEXT), **PROVIDER_DATA, "exp_content": TEXT, "inbox_month": TEXT}
TOTALS: Shape = {
    "fixmedins_code": TEXT, "clr_optins": TEXT, "insutype": TEXT, "clr_type": TEXT, **dict.fromkeys(COMPARED, FEN),
    "fixmedins_setl_cnt": COUNT, "src_file": TEXT, "src_row": COUNT,
}
PROVIDERS: Shape = {
    "fixmedins_code": TEXT, "fixmedins_name": TEXT, "dedc_hosp_lv": TEXT, "fix_blng_admdvs": TEXT, "efft_time": DAY,
    "invd_time": DAY, "dpst_rat": RATE, "turnover_fund": FEN, "matn_headcap_amt": FEN,
}
DEDUCTIONS: Shape = {
    "fixmedins_code": TEXT, "fund_pay_type": TEXT, "det_sn": TEXT, "det_type": TEXT, "det_amt": FEN, "det_rea": TEXT,
}
CHRONIC: Shape = {"psn_no": TEXT, "dise_no": TEXT, "dise_name": TEXT, "begndate": DAY, "enddate": DAY}
FEES: Shape = {
    **dict.fromkeys((*KEY, "psn_no", "insutype", "med_type", "pay_loc", "out_fil_type", "emer_flag", "org_setl_id",
                     "hosp_lv", "tdrug_flag"), TEXT),
    "inscp_scp_amt": FEN, "hifp_pay": FEN, "hifob_pay": FEN, "begndate": DAY, "enddate": DAY, "setl_time": TIME,
    "inbox_month": TEXT,
}
"""What repricing needs of a settlement."""
RESOLUTIONS: Shape = {
    "entry_id": TEXT, "break_id": TEXT, "decision": TEXT, "note": TEXT, "who": TEXT, "who_name": TEXT, "at": TEXT,
    "agency_fund_pay_sumamt": FEN, "provider_fund_pay_sumamt": FEN, "agency_medfee_sumamt": FEN,
    "provider_medfee_sumamt": FEN, "agency_acct_pay": FEN, "provider_acct_pay": FEN, "decided_diff": TEXT,
}
PRIOR_ROWS: Shape = {
    **dict.fromkeys((*KEY, "side", "stmt_diff", "state", "period"), TEXT), "agency_medfee_sumamt": FEN,
    "provider_medfee_sumamt": FEN,
}
"""Rows of statement_rows of earlier runs, as far as later months need them."""
BREAKS: Shape = {
    **dict.fromkeys(KEY, TEXT), **AGENCY_DATA, "agency_period": TEXT,
    **{f"provider_{name}": dtype for name, dtype in PROVIDER_DATA.items()}, "provider_period": TEXT,
    "opened_period": TEXT, "stmt_diff": TEXT,
}
"""Open rows as the run before left them (statement_breaks); `agency_period` empty where the agency has no row."""
ONE_STOP: Shape = {"setl_id": TEXT, "owed_amt": FEN, "period": TEXT}
"""What `assist` found owed for settlements with a one-stop amount, and the month of that run."""
PRIOR_PAYABLES: Shape = {"fixmedins_code": TEXT, "fund_pay_type": TEXT, "carried_out_amt": FEN}


def shaped(frame: pl.LazyFrame, shape: Shape) -> pl.LazyFrame:
    """取所需列 (the columns of `shape`, in its types; a missing one is empty, decimals of yuan become fen)."""
    have = frame.collect_schema()
    if not have.names():
        return pl.LazyFrame(schema=shape)
    picked: list[pl.Expr] = []
    for name, dtype in shape.items():
        if name not in have:
            picked.append(pl.lit(None, dtype).alias(name))
        elif isinstance(found := have[name], pl.Decimal):
            # The same number read as fen where it is stored in fen already.
            picked.append(pl.col(name).to_physical().cast(dtype) if found.scale == SCALE else to_fen(name))
        elif have[name] == dtype:
            picked.append(pl.col(name))
        else:
            picked.append(pl.col(name).cast(dtype))
    return frame.select(picked)


@dataclass(frozen=True)
class SettleInputs:
    """机构结算的输入: feeds of all months up to P, registers, and what earlier settle runs left.

    `settlements` and `provider_details` carry `inbox_month`; `start` is the first month that was ever settled (P
    itself in the first run). `LazyFrame()` stands for "none".
    """

    period: Period
    law: Law
    first_month: bool
    start: Period
    providers: pl.LazyFrame
    settlements: pl.LazyFrame
    provider_details: pl.LazyFrame
    provider_totals: pl.LazyFrame
    deductions: pl.LazyFrame
    chronic_registrations: pl.LazyFrame
    resolutions: pl.LazyFrame = field(default_factory=pl.LazyFrame)
    prior_rows: pl.LazyFrame = field(default_factory=pl.LazyFrame)
    prior_breaks: pl.LazyFrame = field(default_factory=pl.LazyFrame)
    prior_payables: pl.LazyFrame = field(default_factory=pl.LazyFrame)
    one_stop: pl.LazyFrame = field(default_factory=pl.LazyFrame)
    chronic_present: bool = True
    filed: frozenset[str] | None = None
    """Months before `start` with a file of the agency, where `settlements` is only a bucket of providers."""


@dataclass(frozen=True)
class SettleResult:
    """机构结算的结果 (tables by name, findings of kernel.finding's shape, proved equations, facts).

    `lines`: the month's detail rows, each with its provider; `line_buckets`: the same in buckets of whole providers.
    `parts`: tables too big for memory, in pieces (statement_rows of settle_in_buckets, which `tables` then lacks).
    `told`: rows of statement_rows that a provider is told of, beyond "equal and recognised"; `counted`: the tally of all
    of them by provider and class (see proofs.tally).
    """

    tables: Mapping[str, pl.DataFrame]
    findings: list[pl.DataFrame]
    equations: list[Equation]
    facts: dict[str, Any] = field(default_factory=dict)
    lines: pl.LazyFrame = field(default_factory=pl.LazyFrame)
    line_buckets: tuple[pl.LazyFrame, ...] = ()
    parts: Mapping[str, Parts] = field(default_factory=dict)
    told: pl.DataFrame = field(default_factory=pl.DataFrame)
    counted: pl.DataFrame = field(default_factory=pl.DataFrame)
