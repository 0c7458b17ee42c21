"""无名明细 (rows of a file that doesn't name its provider: the headerless layout of transaction 3202)."""

from __future__ import annotations

import polars as pl

from nxmed.settlements import records
from nxmed.settlements.shapes import DETAILS, PROVIDERS, SettleInputs, shaped

UNKNOWN = "UNKNOWN"


def named_details(inputs: SettleInputs) -> pl.LazyFrame:
    """机构明细 of all months, those of the month each with its provider."""
    every = shaped(inputs.provider_details, DETAILS)
    now = pl.col("inbox_month") == inputs.period.text
    return pl.concat([every.filter(~now), named_lines(inputs)])


def named_lines(inputs: SettleInputs) -> pl.LazyFrame:
    """本月机构明细, 每行有机构 (rows of files that don't name their provider get one)."""
    lines = records.listed_in_month(inputs)
    if not lines.select(pl.col("fixmedins_code").null_count()).collect(engine="streaming").item():
        return lines
    return with_provider(lines, records.of_month(inputs), shaped(inputs.providers, PROVIDERS).collect())


def with_provider(lines: pl.LazyFrame, agency: pl.LazyFrame, providers: pl.DataFrame) -> pl.LazyFrame:
    """补机构编号. Each such file is one provider's: the code of a known provider in its name, else the code that most of
    its rows have at the agency, the smallest of several, else UNKNOWN."""
    details = lines.filter(pl.col("fixmedins_code").is_null()).select("src_file", "setl_id", "refd_setl_flag").collect()
    files = details.select("src_file").unique()
    known = providers["fixmedins_code"].unique().sort()
    named = files.with_columns(
        code=pl.col("src_file").str.to_uppercase().str.extract_all("[A-Z]?[0-9][0-9A-Z]{5,}")).explode("code").filter(
        pl.col("code").is_in(known.implode())).sort("src_file", "code").unique(
        "src_file", keep="first", maintain_order=True).with_columns(rank=pl.lit(0), len=pl.lit(0, pl.UInt32))
    guess = (
        agency.select("setl_id", "refd_setl_flag", code="fixmedins_code").join(
            details.lazy(), on=["setl_id", "refd_setl_flag"])
        .group_by("src_file", "code").len().with_columns(rank=pl.lit(1)).select(named.columns).collect(engine="streaming"))
    chosen = pl.concat([named, guess]).sort(["rank", "len", "code"], descending=[False, True, False]).unique(
        "src_file", keep="first", maintain_order=True).select("src_file", "code")
    return lines.join(chosen.lazy(), on="src_file", how="left", maintain_order="left").with_columns(
        fixmedins_code=pl.coalesce("fixmedins_code", "code", pl.lit(UNKNOWN))).drop("code")
