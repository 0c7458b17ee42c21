"""双方记录 (rows of both sides): a narrow look at all of them, every column of the few that need it."""

from __future__ import annotations

import polars as pl

from nxmed.settlements import holds
from nxmed.settlements.keys import MARK, checked, hashed
from nxmed.settlements.shapes import (
    AGENCY_DATA,
    COMPARED,
    DETAILS,
    FUND_COLUMNS,
    KEY,
    PROVIDER_DATA,
    SETTLEMENTS,
    SettleInputs,
    shaped,
)

NARROW = (*KEY, "insutype", "clr_type", "clr_optins", *COMPARED, *FUND_COLUMNS, "acct_mulaid_pay", "enddate")
LISTED = (*KEY, "insutype", "clr_type", *COMPARED)


def of_month(inputs: SettleInputs) -> pl.LazyFrame:
    """本月中心结算 (SETTLEMENTS)."""
    return shaped(inputs.settlements, SETTLEMENTS).filter(pl.col("inbox_month") == inputs.period.text)


def listed_in_month(inputs: SettleInputs) -> pl.LazyFrame:
    """本月机构明细 (DETAILS)."""
    return shaped(inputs.provider_details, DETAILS).filter(pl.col("inbox_month") == inputs.period.text)


def narrow(rows: pl.LazyFrame, seed: int) -> pl.LazyFrame:
    """只取比对所需 (NARROW, MARK and CHECK, `suspect`: something besides the comparison may hold the row; `broken`: an
    identity does not hold)."""
    return rows.select(*NARROW, holds.suspect().alias("suspect"), holds.broken(every=True).alias("broken"), hashed(seed),
                       checked(seed))


def listed(lines: pl.LazyFrame, seed: int) -> pl.LazyFrame:
    """机构明细的比对列 (LISTED, MARK and CHECK)."""
    return lines.select(*LISTED, hashed(seed), checked(seed))


def wide(rows: pl.LazyFrame, lines: pl.LazyFrame, seed: int, mine: pl.DataFrame, theirs: pl.DataFrame
         ) -> tuple[pl.DataFrame, pl.DataFrame]:
    """整行 (of both sides, the rows whose key is among `mine` and `theirs`, KEY and MARK: MARK, KEY and every column)."""
    made = [
        frame.filter(pl.col("setl_id").is_in(chosen["setl_id"].unique().implode())).collect()
        .with_columns(hashed(seed)).filter(pl.col(MARK).is_in(chosen[MARK].implode())).select(MARK, *KEY, *names)
        for frame, chosen, names in ((rows, mine, AGENCY_DATA), (lines, theirs, PROVIDER_DATA))]
    return made[0], made[1]
