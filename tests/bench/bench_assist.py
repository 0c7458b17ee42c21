"""医疗救助的速度 (500,000 items of a year against a bare polars script of the same windows and caps; run as a script).

`python tests/bench/bench_assist.py [items] [rounds]` prints seconds of both on the same frames, their ratio, and whether
both gave the same amounts.
"""

from __future__ import annotations

import sys
import time
from datetime import date, timedelta
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from nxmed.assistance.assist import AssistInputs, assist
from nxmed.assistance.shapes import CLAIMS, INSURED, OPENING
from nxmed.kernel.identifiers import certno_check_digit
from nxmed.kernel.period import Period
from nxmed.law.catalog import Law
from tests.bench.bare import assist_polars

CODES = ["2304", "2303", "236002", "236003", "2305", "236004", "2306", "2303"]


def persons(count: int) -> pl.Series:
    """Made-up identity numbers with a right check digit."""
    first = [f"640104{date(1940, 1, 1) + timedelta(days=n % 20_000):%Y%m%d}{n // 20_000:03d}" for n in range(count)]
    return pl.Series([f + certno_check_digit(f) for f in first])


def frames(items: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Settlements of a year (five items a person, an identity for most), identities, what was due paid one-stop but for every tenth,
    a claim for half of those."""
    n = pl.int_range(items, dtype=pl.Int64, eager=True)
    mixed = n.hash(7).cast(pl.UInt64)

    def pick(salt: int, below: int) -> pl.Series:
        return (n.hash(salt) % below).cast(pl.Int64)

    person = pick(1, max(1, items // 5))
    begin = pl.select(pl.date(2026, 1, 1) + pl.duration(days=pick(2, 320))).to_series()
    end = pl.select(begin + pl.duration(days=pick(3, 12))).to_series()
    base = pick(4, 900_000)
    insured = pick(5, 400_000)
    numbers = persons(max(1, items // 5))
    settlements = pl.DataFrame({
        "setl_id": "S" + n.cast(pl.String).str.zfill(12), "refd_setl_flag": "0",
        "certno": numbers.gather(person), "psn_no": "P" + person.cast(pl.String).str.zfill(9),
        "begndate": begin, "enddate": end.cast(pl.Date), "setl_time": end.cast(pl.Datetime("us")), "inscp_scp_amt": base + insured, "hifp_pay": insured,
    }).with_columns(
        pl.Series("med_type", (mixed % 4).cast(pl.Int64)).replace_strict({0: "21", 1: "14", 2: "2101", 3: "21"}),
        pl.Series("pay_loc", pick(8, 20)).replace_strict({0: "4", 1: "3"}, default="2"),
        pl.Series("out_fil_type", pick(9, 30)).replace_strict({0: "11", 1: "06", 2: "10"}, default=None, return_dtype=pl.String),
        *[pl.lit(0, pl.Int64).alias(c) for c in INSURED if c != "hifp_pay"], emer_flag=pl.lit("0"), insu_admdvs=pl.lit("640104"),
        org_setl_id=pl.lit(None, pl.String), inbox_month=pl.format("2026-{}", pl.col("enddate").dt.strftime("%m")),
        src_file=pl.lit("s.csv"), src_row=pl.int_range(pl.len(), dtype=pl.Int64))
    settlements = settlements.with_columns(
        setl_time=pl.col("setl_time") + pl.duration(minutes=pl.col("setl_id").hash(11) % 600)).filter(pl.col("enddate") < date(2026, 12, 1))
    people = settlements.select("certno").unique(maintain_order=True)
    code = pl.Series((people["certno"].hash(12) % len(CODES)).cast(pl.Int64))
    identities = people.with_columns(
        mat_idet_code=code.replace_strict(dict(enumerate(CODES)), return_dtype=pl.String), begntime=pl.lit(date(2026, 1, 1)),
        psn_no=pl.lit(None, pl.String), endtime=pl.lit(None, pl.Date), hukou_admdvs=pl.lit("640104"),
        tram_date=pl.lit(date(2026, 1, 5)), inbox_month=pl.lit("2026-01"))
    second = identities.filter(pl.col("certno").hash(13) % 5 == 0).with_columns(
        mat_idet_code=pl.lit("2306"), begntime=pl.lit(date(2026, 4, 1)), endtime=pl.lit(date(2026, 9, 1)))
    owed = assist_polars.assist(settlements.lazy(), pl.concat([identities, second]).lazy())
    settlements = settlements.join(owed, on="setl_id", how="left", maintain_order="left").with_columns(
        maf_pay=pl.when(pl.col("setl_id").hash(15) % 10 == 0).then(0).otherwise(  # the platform missed every tenth
            pl.col("ordinary").fill_null(0) + pl.col("tilt").fill_null(0))).drop("ordinary", "tilt")
    claims = settlements.filter(pl.col("setl_id").hash(15) % 20 == 0).select(
        pl.exclude("maf_pay", "refd_setl_flag", "org_setl_id")).with_columns(
        clm_sn="C" + pl.col("setl_id"), clm_way=pl.lit("3"), hukou_admdvs=pl.lit("640104"), crtf_docno=pl.lit(None, pl.String),
        rcvd_date=pl.col("enddate"))
    return settlements, pl.concat([identities, second]), claims.select(list(CLAIMS))


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    settlements, identities, claims = frames(wanted * 12 // 11)
    inputs = AssistInputs(
        period=Period(2026, 11), law=Law.load("ningxia"), first_month=True, settlements=settlements.lazy(),
        identities=identities.lazy(), claims=claims.lazy(), opening=pl.DataFrame(schema=OPENING).lazy())
    own: list[float] = []
    bare: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        expected = assist_polars.assist(settlements.lazy(), identities.lazy())
        bare.append(time.perf_counter() - began)
        began = time.perf_counter()
        result = assist(inputs)
        own.append(time.perf_counter() - began)
    found = result.tables["assistance_items"].filter(pl.col("class").is_in(["due", "nothing_due"])).select(
        "setl_id", ordinary="ordinary_amt", tilt="tilt_amt").sort("setl_id")
    middle = sorted(own)[rounds // 2], sorted(bare)[rounds // 2]
    print(f"items {settlements.height:,}, counted {expected.height:,}, claims {claims.height:,}, polars {pl.__version__}")
    print(f"assist {middle[0]:.2f} s, bare {middle[1]:.2f} s, ratio {middle[0] / middle[1]:.2f}, same amounts {found.equals(expected)}")


if __name__ == "__main__":
    main()
