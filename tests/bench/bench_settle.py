"""机构结算的速度与内存: both sides of a month matched, judged, gated and written, against bare scripts on the same rows.

python tests/bench/bench_settle.py [--rows 3000000] [--rounds 3] [--dir DIR] [--command] [--pandas PYTHON]

duckdb, pandas: bare/settle_*.py, nine columns a side, Parquet to Parquet, nothing checked. room: from Parquet files with
every column of the contracts to all published tables: identities, totals, classes, holds, payables, repricing asked for, gates,
equations, hashes. command: `nxmed settle` in a workspace, reading through the contracts, workbooks and catalogue included.
Each is a process of its own; they take turns; the least processor seconds of each count, start-up included, and its peak
memory. `--pandas`: an interpreter that has pandas, when this one does not.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import polars as pl
from measure import Figure, run
from settle_month import make

HERE = Path(__file__).parent
MONTH = "2026-11"


def room(folder: Path, buckets: int | None) -> dict[str, object]:
    """The room in this process (`buckets` as the command would choose by default)."""
    from nxmed.io.files import sha256_of
    from nxmed.io.table_parts import put_table
    from nxmed.io.tables import table_schema
    from nxmed.kernel.buckets import buckets_for
    from nxmed.kernel.period import Period
    from nxmed.law.catalog import Law
    from nxmed.pipelines import settle_room
    from nxmed.settlements import settle as place

    began = time.perf_counter()
    providers = pl.scan_csv(folder / "providers.csv", infer_schema=False).with_columns(
        pl.col("efft_time", "invd_time").str.to_date("%Y-%m-%d"), dpst_rat=pl.lit(50_000, pl.Int64),
        turnover_fund=pl.lit(None, pl.Int64), matn_headcap_amt=pl.lit(None, pl.Int64))
    totals = pl.scan_csv(folder / "provider_totals.csv", infer_schema=False).with_columns(
        pl.col("medfee_sumamt", "fund_pay_sumamt", "acct_pay").str.replace(".", "", literal=True).cast(pl.Int64),
        pl.col("fixmedins_setl_cnt").cast(pl.Int64))
    source = [pl.lit("x").alias("src_file"), pl.lit(MONTH).alias("inbox_month")]

    def side(name: str) -> pl.LazyFrame:
        return pl.scan_parquet(sorted(folder.glob(f"{name}_?.parquet")), row_index_name="src_row").with_columns(source)

    inputs = place.SettleInputs(
        period=Period.parse(MONTH), law=Law.load("ningxia"), first_month=True, start=Period.parse(MONTH), providers=providers,
        settlements=side("settlements"), provider_details=side("provider_details"), provider_totals=totals,
        deductions=pl.LazyFrame(), chronic_registrations=pl.LazyFrame())
    count = buckets or buckets_for(int((folder / "rows").read_text()), settle_room.ROWS)
    spool = folder / "spool"
    shutil.rmtree(spool, ignore_errors=True)
    result = place.settle_in_one(inputs) if count == 1 else settle_room.in_buckets(inputs, count, spool)
    computed = time.perf_counter() - began
    rows = 0
    for name, frame in {**result.tables, **result.parts}.items():
        path = folder / f"out_{name}.parquet"
        rows += put_table(table_schema(name), frame, path, "settle-bench", inputs.period).rows
        sha256_of(path)
    shutil.rmtree(spool, ignore_errors=True)
    return {"seconds": round(time.perf_counter() - began, 2), "computed": round(computed, 2), "buckets": count, "rows": rows,
            "classes": result.facts["classes"], "equations": len(result.equations)}


def workspace(folder: Path) -> Path:
    """A fresh workspace with the month in its inbox."""
    place = folder / "ws"
    shutil.rmtree(place, ignore_errors=True)
    run([sys.executable, "-m", "nxmed", "init", place, "--region", "ningxia"])
    inbox = place / "inbox" / MONTH
    inbox.mkdir(parents=True)
    for pattern in ("settlements_*.parquet", "provider_details_*.parquet", "providers.csv", "provider_totals.csv"):
        for path in folder.glob(pattern):
            (inbox / path.name).hardlink_to(path)
    return place


def measure(folder: Path, rounds: int, *, command: bool, pandas: str, buckets: str) -> dict[str, list[Figure]]:
    """Everything in turn, `rounds` times."""
    own = [sys.executable, __file__, "--dir", folder, "--what", "room", *(["--buckets", buckets] if buckets else [])]
    words = {"bare DuckDB": [sys.executable, HERE / "bare" / "settle_duckdb.py", folder], "nxmed settle, the room with all checks": own}
    if pandas:
        words["pandas merge"] = [pandas, HERE / "bare" / "settle_pandas.py", folder]
    found: dict[str, list[Figure]] = {}
    for _ in range(rounds):
        for name, line in words.items():
            found.setdefault(name, []).append(run(line))
        if command:
            place = workspace(folder)
            found.setdefault("nxmed settle, the whole command", []).append(
                run([sys.executable, "-m", "nxmed", "settle", MONTH, "-w", place, "--json"]))
            shutil.rmtree(place)
    bad = {name: {f.code for f in figures} for name, figures in found.items() if any(f.code for f in figures)}
    if found.get("pandas merge", [None])[0] and bad.get("pandas merge") == {3}:
        print("pandas is not installed here: no figure for it (pip install '.[bench]', or --pandas PYTHON)")
        del found["pandas merge"], bad["pandas merge"]
    if bad:
        raise SystemExit(f"a command failed: {bad}")
    return found


def page(rows: int, found: dict[str, list[Figure]]) -> None:
    """The figures as Markdown: least processor and wall seconds, peak memory, ratio of processor seconds to bare DuckDB."""
    print(f"| settle, {rows:,} rows a side | cpu s | wall s | peak MiB | cpu against bare DuckDB |\n|---|---|---|---|---|")
    base = min(f.cpu for f in found["bare DuckDB"])
    for name, figures in found.items():
        cpu, wall, peak = (min(f.cpu for f in figures), min(f.wall for f in figures), max(f.peak for f in figures))
        print(f"| {name} | {cpu:.2f} | {wall:.2f} | {peak:,.0f} | {cpu / base:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=Path, default=None)
    parser.add_argument("--command", action="store_true", help="the whole command too")
    parser.add_argument("--pandas", default=sys.executable, help="interpreter with pandas; empty: leave it out")
    parser.add_argument("--buckets", default="")
    parser.add_argument("--what", choices=["room"], default=None)
    given = parser.parse_args()
    if given.what:
        print(json.dumps(room(given.dir, int(given.buckets or 0) or None), ensure_ascii=False))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.dir or Path(scratch)
        if not (folder / "rows").is_file():
            make(folder, given.rows)
        rows = int((folder / "rows").read_text())
        page(rows, measure(folder, given.rounds, command=given.command, pandas=given.pandas, buckets=given.buckets))


if __name__ == "__main__":
    main()
