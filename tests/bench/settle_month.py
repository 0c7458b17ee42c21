"""造一个月 (a month of statements for the benches): the same rows each time, in blocks, 0.5 % of them different."""

from __future__ import annotations

from pathlib import Path

import polars as pl

AMOUNTS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
PROVIDERS = 800
BLOCK = 3_000_000
ZERO = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "act_pay_dedc", "hifes_pay", "hifmi_pay", "hifdm_pay", "maf_pay",
        "oth_pay", "acct_mulaid_pay", "hosp_part_amt")


def rows(first: int, end: int) -> pl.DataFrame:
    """Keys and amounts by position: a tenth has something of the civil servants' fund, a fifth of the supplement."""
    i = pl.int_range(first, end, dtype=pl.Int64)
    mixed = (i * 2_654_435_761) % 4_294_967_291
    fund, acct = 1_000 + mixed % 2_999_000, (mixed // 7) % 50_000
    return pl.select(i=i).select(
        i=i, setl_id=pl.lit("Z202611") + i.cast(pl.String).str.zfill(12), refd_setl_flag=pl.lit("0"),
        psn_no=pl.lit("64000") + ((i * 7919) % 1_500_000).cast(pl.String).str.zfill(20),
        fixmedins_code=pl.lit("H6401040") + (i % PROVIDERS).cast(pl.String).str.zfill(4), insutype=pl.lit("310"),
        clr_type=pl.when(i % 5 == 0).then(pl.lit("21")).otherwise(pl.lit("11")),
        medfee_sumamt=fund + acct + (mixed // 11) % 900_000, fund_pay_sumamt=fund, acct_pay=acct, u=(mixed // 13) % 1000,
        cvlserv_pay=pl.when(i % 10 == 3).then(fund // 20).otherwise(0), hifob_pay=pl.when(i % 5 == 1).then(fund // 10).otherwise(0))


def make(folder: Path, n: int) -> None:
    """agency-k and provider-k (nine columns), settlements_k and provider_details_k (contracts), providers and totals."""
    folder.mkdir(parents=True, exist_ok=True)
    sums = []
    for k, first in enumerate(range(0, n, BLOCK)):
        sums.append(_block(folder, k, rows(first, min(n, first + BLOCK))))
    group = ["fixmedins_code", "clr_type"]
    pl.concat(sums).group_by(group).agg(pl.col(*AMOUNTS, "fixmedins_setl_cnt").sum()).sort(group).select(
        "fixmedins_code", pl.lit("640100").alias("clr_optins"), pl.lit("310").alias("insutype"), "clr_type",
        *[_yuan_text(c) for c in AMOUNTS[:2]], _yuan_text("acct_pay"), pl.lit("0.00").alias("cash_payamt"), "fixmedins_setl_cnt",
    ).write_csv(folder / "provider_totals.csv")
    pl.select(n=pl.int_range(PROVIDERS)).select(
        fixmedins_code=pl.lit("H6401040") + pl.col("n").cast(pl.String).str.zfill(4), fixmedins_name=pl.lit("样例医院"),
        fixmedins_type=pl.lit("1"), hosp_lv=pl.lit("02"), dedc_hosp_lv=pl.lit("02"), fix_blng_admdvs=pl.lit("640104"),
        efft_time=pl.lit("2024-01-01"), invd_time=pl.lit("2027-12-31"), cntr_stas=pl.lit("1"), clr_way=pl.lit("10"),
        dpst_rat=pl.lit("0.05"), turnover_fund=pl.lit(""), matn_headcap_amt=pl.lit("")).write_csv(folder / "providers.csv")
    (folder / "rows").write_text(str(n))


def _block(folder: Path, k: int, base: pl.DataFrame) -> pl.DataFrame:
    keep = base.filter(pl.col("u") >= 2).with_columns(fund_pay_sumamt=pl.col("fund_pay_sumamt") + (pl.col("u") >= 997).cast(pl.Int64))
    extra = base.head(base.height // 500).with_columns(setl_id=pl.lit("Y") + pl.col("setl_id"))
    theirs = pl.concat([keep, extra]).sort(pl.col("i") * 40_503 % 1_000_003, "setl_id")
    narrow = ["setl_id", "refd_setl_flag", "psn_no", "fixmedins_code", "insutype", "clr_type", *AMOUNTS]
    for name, frame in (("agency", base), ("provider", theirs)):
        frame.select(narrow).with_columns(_decimal(AMOUNTS)).write_parquet(folder / f"{name}-{k}.parquet")
    cash = pl.col("medfee_sumamt") - pl.col("fund_pay_sumamt") - pl.col("acct_pay")
    money = ["inscp_scp_amt", "hifp_pay", "cvlserv_pay", "hifob_pay", "psn_part_amt", "psn_cash_pay", *ZERO, *AMOUNTS]
    base.drop("i", "u").with_columns(
        inscp_scp_amt="medfee_sumamt", hifp_pay=pl.col("fund_pay_sumamt") - pl.col("cvlserv_pay") - pl.col("hifob_pay"),
        psn_part_amt=cash + pl.col("acct_pay"), psn_cash_pay=cash, **dict.fromkeys(ZERO, pl.lit(0, pl.Int64)),
        psn_name=pl.lit("样例"), certno=pl.lit("640104199001010018"), med_type=pl.lit("11"), clr_optins=pl.lit("640100"),
        setl_type=pl.lit("2"), begndate=pl.date(2026, 11, 10), enddate=pl.date(2026, 11, 10), setl_time=pl.datetime(2026, 11, 10, 9),
        pay_loc=pl.lit("2"), out_fil_type=pl.lit(None, pl.String), emer_flag=pl.lit("0"), org_setl_id=pl.lit(None, pl.String),
        insu_admdvs=pl.lit("640104")).with_columns(_decimal(money)).write_parquet(folder / f"settlements_{k}.parquet")
    listed = theirs.drop("i", "u", "cvlserv_pay", "hifob_pay")
    listed.with_columns(_decimal(AMOUNTS), mdtrt_id=pl.lit("M") + pl.col("setl_id")).write_parquet(
        folder / f"provider_details_{k}.parquet")
    return listed.group_by("fixmedins_code", "clr_type").agg(pl.col(AMOUNTS).sum(), pl.len().cast(pl.Int64).alias("fixmedins_setl_cnt"))


def _decimal(names: tuple[str, ...] | list[str]) -> list[pl.Expr]:
    return [pl.col(c).cast(pl.Int128).reinterpret(dtype=pl.Decimal(16, 2)) for c in names]


def _yuan_text(name: str) -> pl.Expr:
    return ((pl.col(name) // 100).cast(pl.String) + "." + (pl.col(name) % 100).cast(pl.String).str.zfill(2)).alias(name)
