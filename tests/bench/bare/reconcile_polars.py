"""到账的裸算 (floor for reconcile: arrivals joined to dues by payer and month, summed per due; no checks, no cascade)."""

import sys
from pathlib import Path

import polars as pl

arrivals, dues, out = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
paid = pl.scan_parquet(arrivals).group_by("taxpayer_no").agg(pl.col("paid_amt").sum())
due = pl.scan_parquet(dues).group_by("taxpayer_no").agg(pl.col("amt").sum(), n=pl.len())
due.join(paid, on="taxpayer_no", how="full", coalesce=True).sort("taxpayer_no").sink_parquet(out / "reconciled.parquet")
