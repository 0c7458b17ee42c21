"""以前月份 (what earlier months know of a key): settled already, still open, or there only for a refund to point at."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.settlements.keys import MARK, hashed, proved, same_key
from nxmed.settlements.shapes import (
    AGENCY_DATA,
    BREAKS,
    COMPARED,
    DETAILS,
    KEY,
    PRIOR_ROWS,
    PROVIDER_DATA,
    SETTLEMENTS,
    SettleInputs,
    shaped,
)

SETTLED = ("recognised", "rejected")


@dataclass(frozen=True)
class Known:
    """已知的主键: `settled` (MARK) of what is dealt with, `open` (BREAKS and MARK) of what still waits."""

    settled: pl.DataFrame
    open: pl.DataFrame


def look_back(inputs: SettleInputs, seed: int, *sides: pl.DataFrame) -> Known:
    """查以前月份 (for the month's keys, in frames with KEY and MARK)."""
    keys = pl.concat([f.select(*KEY, MARK) for f in sides])
    waiting = shaped(inputs.prior_breaks, BREAKS).with_columns(hashed(seed)).collect()
    proved(waiting)
    earlier = _published(inputs, seed, keys)
    before = _before_start(inputs, seed, keys)
    settled = pl.concat([
        earlier.filter(pl.col("state").is_in(SETTLED)).select(MARK), before.filter("settled").select(MARK)]).unique()
    adopted = before.filter(~pl.col("settled")).join(waiting, on=MARK, how="anti").join(settled, on=MARK, how="anti")
    return Known(settled, pl.concat([waiting, adopted.select(waiting.columns)]))


def originals(inputs: SettleInputs, seed: int, named: pl.DataFrame) -> pl.DataFrame:
    """退费所指的原结算 in earlier months (`named`: KEY and MARK; gives MARK, on_agency, on_provider, recognised)."""
    earlier = _published(inputs, seed, named)
    before = _before_start(inputs, seed, named)
    return pl.concat([
        earlier.select(
            MARK, on_agency=pl.col("agency_medfee_sumamt").is_not_null(),
            on_provider=pl.col("provider_medfee_sumamt").is_not_null() | (pl.col("state") == "recognised"),
            recognised=pl.col("state") == "recognised"),
        before.select(
            MARK, on_agency=pl.col("medfee_sumamt").is_not_null() | pl.col("settled"),
            on_provider=pl.col("provider_medfee_sumamt").is_not_null() | pl.col("settled"), recognised=pl.col("settled")),
    ])


def _published(inputs: SettleInputs, seed: int, keys: pl.DataFrame) -> pl.DataFrame:
    """Rows of earlier runs with one of the keys."""
    if inputs.first_month:
        keys = keys.clear()
    return _met(shaped(inputs.prior_rows, PRIOR_ROWS), seed, keys)


def _met(rows: pl.LazyFrame, seed: int, keys: pl.DataFrame) -> pl.DataFrame:
    """Rows with one of the keys; proved by the text."""
    if not keys.height:
        return rows.with_columns(hashed(seed)).limit(0).collect()
    found = rows.with_columns(hashed(seed)).join(keys.lazy().select(MARK), on=MARK, how="semi").collect(engine="streaming")
    same_key(found.join(keys.select(MARK, *KEY).unique(MARK), on=MARK, how="left", suffix="_other"))
    return found


def _before_start(inputs: SettleInputs, seed: int, keys: pl.DataFrame) -> pl.DataFrame:
    """Rows of months before the first run with one of the keys, both sides beside each other.

    Where both sides agree there, or the other side sent nothing at all for that month, the row counts as settled
    before; where the other side did send a file without it, or with other amounts, the row is still open.
    """
    start = inputs.start.text
    if not _has_earlier(inputs, start):
        keys = keys.clear()
    agency = _newest(inputs.settlements, SETTLEMENTS, list(AGENCY_DATA), seed, keys, start)
    provider = _newest(inputs.provider_details, DETAILS, list(PROVIDER_DATA), seed, keys, start)
    provider = provider.rename({n: f"provider_{n}" for n in [*PROVIDER_DATA, "period"]})
    agency = agency.rename({"period": "agency_period"})
    both = agency.join(provider, on=MARK, how="full", coalesce=True, suffix="_other")
    same_key(both)
    both = both.with_columns(pl.coalesce(k, f"{k}_other").alias(k) for k in KEY).drop([f"{k}_other" for k in KEY])
    if not both.height:
        return both.with_columns(
            settled=pl.lit(True), opened_period=pl.lit(start), stmt_diff=pl.lit(None, pl.String))
    sent = _sent(inputs.provider_details, DETAILS, start, ["fixmedins_code", "inbox_month"])
    filed = filed_months(inputs)
    both = both.join(sent.select("fixmedins_code", pl.col("inbox_month").alias("agency_period"), pl.lit(True).alias("_sent")),
                     on=["fixmedins_code", "agency_period"], how="left")
    both = both.join(filed.select(pl.col("inbox_month").alias("provider_period"), pl.lit(True).alias("_filed")),
                     on="provider_period", how="left")
    equal = pl.all_horizontal([pl.col(c) == pl.col(f"provider_{c}") for c in COMPARED])
    settled = (
        pl.when(pl.col("agency_period").is_not_null() & pl.col("provider_period").is_not_null()).then(equal)
        .when(pl.col("agency_period").is_not_null()).then(pl.col("_sent").is_null())
        .otherwise(pl.col("_filed").is_null())
    )
    return both.with_columns(
        settled=settled, opened_period=pl.min_horizontal("agency_period", "provider_period"),
        stmt_diff=pl.lit(None, pl.String)).drop("_sent", "_filed")


def _newest(frame: pl.LazyFrame, shape: dict[str, pl.DataType], data: list[str], seed: int, keys: pl.DataFrame, start: str
            ) -> pl.DataFrame:
    """The newest row of each key before `start`."""
    rows = shaped(frame, shape).filter(pl.col("inbox_month") < start)
    found = _met(rows, seed, keys)
    return (
        found.select(MARK, *KEY, *data, pl.col("inbox_month").alias("period"))
        .sort("period", "src_file", "src_row", descending=[True, False, False])
        .unique(MARK, keep="first", maintain_order=True)
    )


def _sent(frame: pl.LazyFrame, shape: dict[str, pl.DataType], start: str, by: list[str]) -> pl.DataFrame:
    return shaped(frame, shape).filter(pl.col("inbox_month") < start).select(by).unique().collect(engine="streaming")


def filed_months(inputs: SettleInputs) -> pl.DataFrame:
    """中心送过文件的月份 (`inbox_month` before the first run; of the whole agency, whatever bucket asks)."""
    if inputs.filed is not None:
        return pl.DataFrame({"inbox_month": sorted(inputs.filed)}, schema={"inbox_month": pl.String})
    return _sent(inputs.settlements, SETTLEMENTS, inputs.start.text, ["inbox_month"])


def _has_earlier(inputs: SettleInputs, start: str) -> bool:
    """Whether any file of a month before the first run is there."""
    for frame, shape in ((inputs.settlements, SETTLEMENTS), (inputs.provider_details, DETAILS)):
        if shaped(frame, shape).select((pl.col("inbox_month") < start).any()).collect(engine="streaming").item():
            return True
    return False
