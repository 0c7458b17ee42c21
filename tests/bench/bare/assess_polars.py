"""核定的裸算 (floor: the same joins and arithmetic as assess on the same Parquet files, no checks; polars)."""

import sys
from pathlib import Path

import polars as pl

inbox, out, year, floor, ceiling = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
M = 1_000_000


def share(base: pl.Expr, ppm: int) -> pl.Expr:
    p = base * ppm
    return (p * 2 + p.sign() * M).truncdiv(2 * M)


fen = pl.col("wag").cast(pl.Decimal(38, 2)).to_physical().cast(pl.Int64)
wages = (
    pl.scan_parquet(inbox / "wage_declarations.parquet").filter(pl.col("year").cast(pl.String) == year)
    .sort("dcla_date").unique(["emp_no", "psn_no"], keep="last").select("emp_no", "psn_no", wag=fen)
)
units = pl.scan_parquet(inbox / "units.parquet").filter(pl.col("emp_insu_stas") == "2").select("emp_no", "uscc")
lines = (
    pl.scan_parquet(inbox / "persons.parquet")
    .filter((pl.col("psn_insu_stas") == "1") & pl.col("psn_type").is_in(["1101", "1102", "1160"]))
    .select("emp_no", "psn_no").join(units, on="emp_no").join(wages, on=["emp_no", "psn_no"], how="left")
    .with_columns(base=pl.col("wag").fill_null(floor).clip(floor, ceiling))
    .with_columns(emp=share(pl.col("base"), 80_000), psn=share(pl.col("base"), 20_000))
    .sort("emp_no", "psn_no").collect()
)
money = [(pl.col(c).cast(pl.Decimal(38, 2)) / 100).cast(pl.Decimal(16, 2)) for c in ("wag", "base", "emp", "psn")]
lines.with_columns(money).write_parquet(out / "lines.parquet")
bills = lines.group_by("emp_no").agg(pl.col("uscc").first(), pl.col("wag", "base", "emp", "psn").sum(), n=pl.len())
bills.sort("emp_no").with_columns(money).write_parquet(out / "bills.parquet")
