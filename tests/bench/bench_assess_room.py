"""How long the assessment room takes: 1.5 million persons in 60,000 units (not a test; prints seconds and memory).

Usage: python tests/bench/bench_assess_room.py [persons] [region] [scene]
scene: usual (3 % of units silent, a few changes), silent (nobody has declared), first (nobody, no last month).
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import polars as pl

from nxmed.contributions.assess import AssessInputs, assess
from nxmed.kernel.period import Period
from nxmed.kernel.stage import prove
from nxmed.law.catalog import Law

PERSONS_PER_UNIT = 25
SOURCE = {"since": date(2021, 1, 1), "source": "bench"}
POLICY = {"contribution": {"emp_rate": {"values": [{**SOURCE, "value": "0.08"}]},
                           "psn_rate": {"values": [{**SOURCE, "value": "0.02"}]}}}


def source(name: str) -> list[pl.Expr]:
    return [pl.lit(f"inbox/2026-12/{name}.csv").alias("src_file"), pl.int_range(2, pl.len() + 2).alias("src_row")]


def generate(folder: Path, persons: int, region: str, scene: str) -> None:
    """Synthetic region as Parquet files in random order."""
    units = persons // PERSONS_PER_UNIT
    n = pl.col("n")
    people = pl.DataFrame({"n": pl.int_range(persons, eager=True)}).with_columns(
        psn_no=pl.concat_str(pl.lit("64"), (n * 7919 % 9_999_999_967 + 10**15).cast(pl.String)),
        u=n * 104_729 % units,
    ).with_columns(
        emp_no=pl.concat_str(pl.lit("E6401"), (pl.col("u") + 10**7).cast(pl.String)),
        psn_type=pl.when(n % 11 == 0).then(pl.lit("1201")).when(n % 17 == 0).then(pl.lit("1103")).otherwise(pl.lit("1101")),
        wag=200_000 + n * 37 % 3_000_000, psn_insu_stas=pl.lit("1"),
    )
    shuffled = people.sample(fraction=1, shuffle=True, seed=1)
    shuffled.select("psn_no", "emp_no", "psn_type", "psn_insu_stas", *source("persons")).write_parquet(folder / "persons.parquet")
    who = {"usual": (pl.col("u") % 33 != 0) & (n // 7 % 50 != 0)}.get(scene, pl.lit(False))
    people.filter(who).sample(fraction=1, shuffle=True, seed=2).select(
        "emp_no", "psn_no", "wag", *source("wages"), year=pl.lit(2026, pl.Int64), dcla_date=pl.lit(date(2026, 1, 10)),
    ).write_parquet(folder / "wage_declarations.parquet")
    pl.DataFrame({"u": pl.int_range(units, eager=True)}).select(
        *source("units"), emp_no=pl.concat_str(pl.lit("E6401"), (pl.col("u") + 10**7).cast(pl.String)),
        uscc=pl.concat_str(pl.lit("9164"), (pl.col("u") + 10**13).cast(pl.String)),
        emp_mgt_type=pl.when(pl.col("u") % 100 == 0).then(pl.lit("05")).otherwise(pl.lit("01")),
        quts_type=pl.when(pl.col("u") % 4 == 0).then(pl.lit("1")).otherwise(pl.lit("2")),
        emp_insu_stas=pl.when(pl.col("u") % 500 == 0).then(pl.lit("3")).otherwise(pl.lit("2")),
    ).write_parquet(folder / "units.parquet")
    people.filter(n % 100 == 3).select(
        "emp_no", "psn_no", "psn_type", "wag", *source("changes"),
        chg_sn=pl.concat_str(pl.lit("C"), n.cast(pl.String)),
        psn_chg_type=pl.when(n % 3 == 0).then(pl.lit("21")).when(n % 3 == 1).then(pl.lit("25")).otherwise(pl.lit("12")),
        rcvd_date=pl.date(2026, 11, n % 30 + 1),
    ).write_parquet(folder / "personnel_changes.parquet")
    last = people.filter(pl.col("psn_type") == "1101")
    if scene == "first":
        last = last.clear()
    lines = last.select("emp_no", "psn_no", insutype=pl.lit("310"), psn_clctstd=pl.col("wag").clip(502_300, 2_511_300))
    lines.write_parquet(folder / "previous_lines.parquet")
    lines.group_by("emp_no").agg(
        emp_clct_amt=(pl.col("psn_clctstd") * 8).truncdiv(100).sum(), psn_clct_amt=(pl.col("psn_clctstd") * 2).truncdiv(100).sum(),
    ).with_columns(insutype=pl.lit("310"), accrym=pl.lit("202611")).write_parquet(folder / "previous_bills.parquet")


def inputs(folder: Path, region: str) -> AssessInputs:
    empty = {"emp_no": pl.String, "insutype": pl.String, "accrym": pl.String, "emp_clct_amt": pl.Int64, "psn_clct_amt": pl.Int64}
    deferral = {"defer_agre_no": pl.String, "emp_no": pl.String, "insutype": pl.String, "defer_part": pl.String,
                "accrym_begn": pl.String, "accrym_end": pl.String, "dedln_date": pl.Date, "sign_date": pl.Date,
                "agre_stas": pl.String, "src_file": pl.String, "src_row": pl.Int64}
    wages = pl.LazyFrame({
        "admdvs": ["640000", "620000"], "stat_year": [2025, 2025], "yearly_amt": [None, None], "monthly_amt": [837_100, 800_000],
        "lower_amt": [502_300, None], "upper_amt": [2_511_300, None], "publ_date": [date(2026, 6, 1)] * 2, "source_doc": ["x", "y"],
        "src_file": ["f", "f"], "src_row": [2, 3],
    }, schema_overrides=dict.fromkeys(("yearly_amt", "monthly_amt", "lower_amt", "upper_amt"), pl.Int64))
    scanned = {name: pl.scan_parquet(folder / f"{name}.parquet") for name in (
        "units", "persons", "wage_declarations", "personnel_changes", "previous_bills", "previous_lines")}
    return AssessInputs(
        period=Period(2026, 12), as_of=date(2026, 11, 30), law=Law.load(region, POLICY if region == "ningxia" else {}),
        first_month=False, deferrals=pl.LazyFrame(schema=deferral), average_wages=wages, persons_month=Period(2026, 12),
        opening_bills=pl.LazyFrame(schema=empty), opening_supplements=pl.LazyFrame(schema={"psn_no": pl.String, "year": pl.Int64}),
        charged_supplements=pl.LazyFrame(schema={"psn_no": pl.String}), **scanned,
    )


def main() -> None:
    persons = int(sys.argv[1]) if len(sys.argv) > 1 else 1_500_000
    region = sys.argv[2] if len(sys.argv) > 2 else "ningxia"
    scene = sys.argv[3] if len(sys.argv) > 3 else "usual"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if sys.argv[-1] == "generate":
            folder = Path(sys.argv[-2])
            folder.mkdir(exist_ok=True)
            generate(folder, persons, region, scene)
            return
        if sys.argv[-1].startswith("from="):
            folder = Path(sys.argv[-1].removeprefix("from="))
        else:
            generate(folder, persons, region, scene)
        for _ in range(3):
            start, busy = time.perf_counter(), time.process_time()
            result = assess(inputs(folder, region))
            took, busy = time.perf_counter() - start, time.process_time() - busy
            prove(result.equations)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            print(f"{region} {scene}: {took:.2f} s ({busy:.2f} s of processor), peak {peak:.2f} GiB, "
                  f"{ {k: v.height for k, v in result.tables.items()} }, {result.findings.height} findings")
            del result


if __name__ == "__main__":
    main()
