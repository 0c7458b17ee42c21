"""性能 (just bench): ratios against bare scripts doing the same join and arithmetic in the same run, and peak memory.

python tests/bench/run_all.py [--persons 1500000] [--runs 3] [--mb 500] [--statements 1000000] [--pandas PYTHON]

Full size for settle: --statements 3000000; 12000000 for memory (bench_settle.py --rows 12000000 --command --rounds 1).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Figure, median, row, run

HERE = Path(__file__).parent
PYTHON = sys.executable
HEAD = "| what | wall s | cpu s | peak MiB | ratio |\n|---|---|---|---|---|"
FLOOR, CEILING = "502300", "2511300"


def main() -> None:
    """Generate once, measure everything, print a page of Markdown."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--persons", type=int, default=1_500_000)
    ask.add_argument("--runs", type=int, default=3)
    ask.add_argument("--mb", type=int, default=500)
    ask.add_argument("--statements", type=int, default=1_000_000, help="rows on each side of settle's month")
    ask.add_argument("--pandas", default=PYTHON, help="interpreter with pandas")
    given = ask.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(HEAD)
        made = run([PYTHON, "-m", "nxmed", "samples", "generate", folder / "region", "--region", "ningxia", "--persons",
                    str(given.persons), "--months", "2", "--seed", "1"])
        print(row(f"samples generate, {given.persons:,} persons, 2 months", made))
        contributions(folder, given.runs)
    settle = ["--rows", str(given.statements), "--rounds", str(given.runs), "--command", "--pandas", given.pandas]
    for script, words in (("bench_settle.py", settle), ("bench_reading.py", ["--mb", str(given.mb)]),
                          ("bench_reconcile_room.py", [])):
        print(f"\n## {script}\n", flush=True)
        subprocess.run([PYTHON, str(HERE / script), *words], check=True)


def workspace(folder: Path) -> Path:
    """A fresh workspace with the generated inbox."""
    place = folder / "ws"
    shutil.rmtree(place, ignore_errors=True)
    run([PYTHON, "-m", "nxmed", "init", place, "--region", "ningxia"])
    shutil.copytree(folder / "region" / "inbox", place / "inbox", dirs_exist_ok=True)
    shutil.copyfile(folder / "region" / "policy.toml", place / "policy.toml")
    return place


def contributions(folder: Path, runs: int) -> None:
    """assess and reconcile of the generated region, in turn with the bare scripts."""
    inbox, out = folder / "region" / "inbox" / "2026-11", folder / "out"
    out.mkdir()
    bare: dict[str, list[Figure]] = {"polars": [], "duckdb": []}
    assessed: list[Figure] = []
    reconciled: list[Figure] = []
    floor: list[Figure] = []
    for _ in range(runs):
        for engine, figures in bare.items():
            figures.append(run([PYTHON, HERE / "bare" / f"assess_{engine}.py", inbox, out, "2026", FLOOR, CEILING]))
        place = workspace(folder)
        assessed.append(run([PYTHON, "-m", "nxmed", "assess", "2026-11", "-w", place, "--json"]))
        floor.append(run([PYTHON, HERE / "bare" / "reconcile_polars.py", inbox / "tax_arrivals.parquet",
                          place / "runs/assess/2026-11/0001/dues.parquet", out]))
        reconciled.append(run([PYTHON, "-m", "nxmed", "reconcile", "2026-11", "-w", place, "--json"]))
        failed = [f.code for f in (*bare["polars"], *bare["duckdb"], *assessed, *reconciled) if f.code]
        if failed:
            raise SystemExit(f"a command failed: {failed}")
    best = min((median(f) for f in bare.values()), key=lambda f: f.wall)
    for engine, figures in bare.items():
        print(row(f"bare {engine}: join and arithmetic of assess", median(figures)))
    print(row("nxmed assess (against the faster one)", median(assessed), best))
    print(row("bare polars: arrivals by payer", median(floor)))
    print(row("nxmed reconcile", median(reconciled), median(floor)))


if __name__ == "__main__":
    main()
