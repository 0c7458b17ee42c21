"""机构结算的速度: a month of N settlements against N details, beside a bare DuckDB full join of the same keys and amounts.

python tests/bench/bench_settle.py [--rows 3000000] [--dir DIR] [--what floor|room|run]

Each measurement runs in a process of its own, so that peak memory is its own. `floor`: DuckDB reads both Parquet files
(nine columns a side), joins, classifies, writes Parquet: no check at all. `room`: the settlement room from Parquet files
with every column of the contracts to its published tables, gated, proved and written as a run writes them. `run`: the
whole command in a workspace, reading through the contracts included.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

AMOUNTS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
PROVIDERS = 800


def rows(n: int) -> pl.DataFrame:
    """Keys and amounts by position: the same each time."""
    i = pl.int_range(n, dtype=pl.Int64)
    mixed = (i * 2_654_435_761) % 4_294_967_291
    fund, acct = 1_000 + mixed % 2_999_000, (mixed // 7) % 50_000
    return pl.select(i=i).select(
        i=i, setl_id=pl.lit("Z202611") + i.cast(pl.String).str.zfill(12), refd_setl_flag=pl.lit("0"),
        psn_no=pl.lit("64000") + ((i * 7919) % 1_500_000).cast(pl.String).str.zfill(20),
        fixmedins_code=pl.lit("H6401040") + (i % PROVIDERS).cast(pl.String).str.zfill(4), insutype=pl.lit("310"),
        clr_type=pl.when(i % 5 == 0).then(pl.lit("21")).otherwise(pl.lit("11")),
        medfee_sumamt=fund + acct + (mixed // 11) % 900_000, fund_pay_sumamt=fund, acct_pay=acct, u=(mixed // 13) % 1000)


def make(folder: Path, n: int) -> None:
    """agency.parquet, provider.parquet (nine columns, DECIMAL) and settlements.parquet, details.parquet (contracts)."""
    base = rows(n)
    keep = base.filter(pl.col("u") >= 2).with_columns(
        fund_pay_sumamt=pl.col("fund_pay_sumamt") + (pl.col("u") >= 997).cast(pl.Int64))
    extra = base.head(n // 500).with_columns(setl_id=pl.lit("Y") + pl.col("setl_id"))
    theirs = pl.concat([keep, extra]).sort(pl.col("i") * 40_503 % 1_000_003, "setl_id")
    narrow = ["setl_id", "refd_setl_flag", "psn_no", "fixmedins_code", "insutype", "clr_type", *AMOUNTS]
    for name, frame in (("agency", base), ("provider", theirs)):
        frame.select(narrow).with_columns(
            pl.col(c).cast(pl.Int128).reinterpret(dtype=pl.Decimal(16, 2)) for c in AMOUNTS).write_parquet(folder / f"{name}.parquet")
    cash = pl.col("medfee_sumamt") - pl.col("fund_pay_sumamt") - pl.col("acct_pay")
    zero = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "act_pay_dedc", "cvlserv_pay", "hifes_pay", "hifmi_pay",
            "hifob_pay", "hifdm_pay", "maf_pay", "oth_pay", "acct_mulaid_pay", "hosp_part_amt")
    money = ["inscp_scp_amt", "hifp_pay", "psn_part_amt", "psn_cash_pay", *zero, *AMOUNTS]
    full = base.drop("i", "u").with_columns(
        inscp_scp_amt="medfee_sumamt", hifp_pay="fund_pay_sumamt", psn_part_amt=cash + pl.col("acct_pay"), psn_cash_pay=cash,
        **dict.fromkeys(zero, pl.lit(0, pl.Int64)), psn_name=pl.lit("样例"), certno=pl.lit("640104199001010018"),
        med_type=pl.lit("11"), clr_optins=pl.lit("640100"), setl_type=pl.lit("2"), begndate=pl.date(2026, 11, 10),
        enddate=pl.date(2026, 11, 10), setl_time=pl.datetime(2026, 11, 10, 9), pay_loc=pl.lit("2"),
        out_fil_type=pl.lit(None, pl.String), emer_flag=pl.lit("0"), org_setl_id=pl.lit(None, pl.String), insu_admdvs=pl.lit("640104"))
    decimal = [pl.col(c).cast(pl.Int128).reinterpret(dtype=pl.Decimal(16, 2)) for c in money]
    full.with_columns(decimal).write_parquet(folder / "settlements.parquet")
    theirs.drop("i", "u").with_columns(
        mdtrt_id=pl.lit("M") + pl.col("setl_id"),
        **{c: pl.col(c).cast(pl.Int128).reinterpret(dtype=pl.Decimal(16, 2)) for c in AMOUNTS}).write_parquet(folder / "provider_details.parquet")
    pl.select(n=pl.int_range(PROVIDERS)).select(
        fixmedins_code=pl.lit("H6401040") + pl.col("n").cast(pl.String).str.zfill(4), fixmedins_name=pl.lit("样例医院"),
        fixmedins_type=pl.lit("1"), hosp_lv=pl.lit("02"), dedc_hosp_lv=pl.lit("02"), fix_blng_admdvs=pl.lit("640104"),
        efft_time=pl.lit("2024-01-01"), invd_time=pl.lit("2027-12-31"), cntr_stas=pl.lit("1"), clr_way=pl.lit("10"),
        dpst_rat=pl.lit("0.05"), turnover_fund=pl.lit(""), matn_headcap_amt=pl.lit("")).write_csv(folder / "providers.csv")


def floor(folder: Path) -> dict[str, object]:
    import duckdb

    con = duckdb.connect()
    con.execute("SET threads=2")
    began = time.perf_counter()
    con.execute(f"""COPY (SELECT coalesce(a.setl_id, b.setl_id) setl_id, coalesce(a.refd_setl_flag, b.refd_setl_flag) refd,
      a.* EXCLUDE (setl_id, refd_setl_flag), b.medfee_sumamt m2, b.fund_pay_sumamt f2, b.acct_pay a2, b.psn_no p2, b.fixmedins_code h2,
      CASE WHEN a.setl_id IS NULL THEN '01' WHEN b.setl_id IS NULL THEN '02'
      WHEN a.insutype <> b.insutype OR a.clr_type <> b.clr_type THEN '04'
      WHEN a.medfee_sumamt <> b.medfee_sumamt OR a.fund_pay_sumamt <> b.fund_pay_sumamt OR a.acct_pay <> b.acct_pay THEN '03'
      ELSE '00' END stmt_diff FROM '{folder}/agency.parquet' a FULL JOIN '{folder}/provider.parquet' b
      USING (setl_id, refd_setl_flag)) TO '{folder}/floor.parquet' (FORMAT parquet)""")
    took = time.perf_counter() - began
    counts = con.execute(f"select stmt_diff, count(*) from '{folder}/floor.parquet' group by 1 order by 1").fetchall()
    return {"seconds": round(took, 2), "classes": dict(counts)}


def room(folder: Path) -> dict[str, object]:
    import pandera.polars  # noqa: F401 - start-up is no part of the work, here as in floor

    from nxmed.io.table_parts import put_table
    from nxmed.io.tables import table_schema
    from nxmed.kernel.period import Period
    from nxmed.law.catalog import Law
    from nxmed.settlements import settle as place

    began = time.perf_counter()
    month, none = pl.lit("2026-11").alias("inbox_month"), pl.LazyFrame()
    providers = pl.scan_csv(folder / "providers.csv", infer_schema=False).with_columns(
        pl.col("efft_time", "invd_time").str.to_date("%Y-%m-%d"), dpst_rat=pl.lit(50_000, pl.Int64),
        turnover_fund=pl.lit(None, pl.Int64), matn_headcap_amt=pl.lit(None, pl.Int64))
    source = [pl.lit("x").alias("src_file"), month]
    result = place.settle_in_one(place.SettleInputs(
        period=Period(2026, 11), law=Law.load("ningxia"), first_month=True, start=Period(2026, 11), providers=providers,
        settlements=pl.scan_parquet(folder / "settlements.parquet", row_index_name="src_row").with_columns(source),
        provider_details=pl.scan_parquet(folder / "provider_details.parquet", row_index_name="src_row").with_columns(source),
        provider_totals=none, deductions=none, chronic_registrations=none))
    computed = time.perf_counter() - began
    rows = 0
    for name, frame in {**result.tables, **result.parts}.items():
        rows += put_table(table_schema(name), frame, folder / f"out_{name}.parquet", "settle-bench", Period(2026, 11)).rows
    return {"seconds": round(time.perf_counter() - began, 2), "computed": round(computed, 2), "rows": rows,
            "classes": result.facts["classes"]}


def run(folder: Path) -> dict[str, object]:
    from nxmed.io.workspace import init
    from nxmed.kernel.period import Period
    from nxmed.pipelines.settle import run_settle

    with tempfile.TemporaryDirectory(dir=folder) as place:
        ws = init(Path(place) / "ws", "ningxia")
        inbox = ws.inbox / "2026-11"
        inbox.mkdir(parents=True)
        for name in ("settlements.parquet", "provider_details.parquet", "providers.csv"):
            (inbox / name).hardlink_to(folder / name)
        began = time.perf_counter()
        marks: list[tuple[str, float]] = []
        outcome = run_settle(ws, Period(2026, 11), progress=lambda zh, en: marks.append((en, round(time.perf_counter() - began, 2))))
        return {"seconds": round(time.perf_counter() - began, 2), "steps": marks, "classes": outcome.facts["classes"]}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--dir", type=Path, default=None)
    parser.add_argument("--what", choices=["floor", "room", "run"], default=None)
    given = parser.parse_args()
    if given.what:
        found = {"floor": floor, "room": room, "run": run}[given.what](given.dir)
        used = resource.getrusage(resource.RUSAGE_SELF)
        found["peak_gib"], found["cpu"] = round(used.ru_maxrss / 2**20, 2), round(used.ru_utime + used.ru_stime, 2)
        print(json.dumps(found, ensure_ascii=False))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.dir or Path(scratch)
        if not (folder / "settlements.parquet").is_file():
            make(folder, given.rows)
        results = {}
        for what in ("floor", "room", "run"):
            done = subprocess.run([sys.executable, __file__, "--dir", str(folder), "--what", what], capture_output=True, text=True, check=True)
            results[what] = json.loads(done.stdout)
            print(what, results[what], flush=True)
        base = results["floor"]["seconds"]
        print({what: round(r["seconds"] / base, 2) for what, r in results.items()})


if __name__ == "__main__":
    main()
