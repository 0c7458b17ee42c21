"""国库对账单 of a sample, from the lines that arrive: rows by ticket and rows by day."""

from __future__ import annotations

import polars as pl

from nxmed.samples import layout

DAY = ["treasury_code", "stmt_date", "insutype"]


def statement(lines: pl.DataFrame, k: int) -> pl.DataFrame:
    """对账单 of month k (fen): rows for the lines of k, then the corrections of the rows that were wrong in k − 1."""
    here = lines.filter((pl.col("k") == k) & ~pl.col("again")).with_columns(stmt_date="intsury_time")
    wrong = lines.filter((pl.col("k") == k - 1) & ~pl.col("again") & (pl.col("off") != 0)).with_columns(
        stmt_date="intsury_time", off=pl.lit(0, pl.Int64)
    )
    tickets = _rows(pl.concat([here.filter(pl.col("tie") == "ticket"), wrong]), [*DAY, "elec_taxrpt_no"])
    days = _rows(here.filter(pl.col("tie") == "day"), DAY).with_columns(elec_taxrpt_no=pl.lit(None, pl.String))
    wanted = list(layout.schema("treasury_statement"))
    return pl.concat([days.select(wanted), tickets.select(wanted)]).sort(
        "stmt_date", "treasury_code", "insutype", "elec_taxrpt_no", nulls_last=False
    )


def _rows(lines: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    total = pl.col("paid_amt") + pl.col("latefee").fill_null(0)
    return lines.group_by(key).agg(
        intsury_amt=pl.when(total > 0).then(total).otherwise(0).sum() + pl.col("off").max(),
        refd_amt=pl.when(total < 0).then(-total).otherwise(0).sum(),
    )
