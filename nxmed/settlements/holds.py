"""暂不认定 (what holds a row whatever its class): amounts that don't add up, fund unknown, no agreement, flags missing."""

from __future__ import annotations

import polars as pl

from nxmed.kernel.period import Period
from nxmed.law.catalog import Law
from nxmed.settlements import providers as agreements
from nxmed.settlements.funds import POOLED
from nxmed.settlements.matching import ON_AGENCY, REFUND
from nxmed.settlements.shapes import FUND_COLUMNS

IDENTITIES: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
    ("医疗费总额 = 基金支付 + 个人负担 + 医院负担", "medfee_sumamt", ("fund_pay_sumamt", "psn_part_amt", "hosp_part_amt"), True),
    ("个人负担 = 个人账户 + 个人现金 + 账户共济", "psn_part_amt", ("acct_pay", "psn_cash_pay", "acct_mulaid_pay"), False),
    ("医疗费总额 = 全自费 + 超限价 + 先行自付 + 政策范围内", "medfee_sumamt",
     ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"), False),
    ("基金支付总额 = 各项基金支出之和", "fund_pay_sumamt", FUND_COLUMNS, True),
)
"""Words, left side, terms of the right side, whether breaking it holds the row."""

AMOUNT_IDENTITY, FUND_UNKNOWN, OUT_OF_AGREEMENT = "AMOUNT_IDENTITY", "FUND_UNKNOWN", "OUT_OF_AGREEMENT"
MATERNITY_FLAG_MISSING, ORIGINAL_OPEN, TOTALS_DIFFER = "MATERNITY_FLAG_MISSING", "ORIGINAL_OPEN", "TOTALS_DIFFER"
DELIVERY = "52"


def with_terms(rows: pl.DataFrame, providers: pl.DataFrame, law: Law, period: Period) -> pl.DataFrame:
    """协议与包干 (adds `covered`, and for deliveries `package`: what stands in place of the pooled fund, fen, and
    `flag_missing`).

    NXJY-49 to 51: at a provider of the region with a package and without complication the package stands in place of
    hifp_pay; away from the insured city without having signed up, its share by NXJY-50. Refunds take the same back.
    """
    beside, most = agreements.wide(providers, ("matn_headcap_amt", "fix_blng_admdvs"))
    joined = rows.join(beside, on="fixmedins_code", how="left")
    day = pl.col("enddate")
    share = law.find("maternity.unsigned_share", period.first_day)
    if share is None or not most:
        package: list[pl.Expr] = [pl.lit(None, pl.Int64).alias("package"), pl.lit(False).alias("flag_missing")]
        return joined.select(*rows.columns, agreements.covered(day, most).alias("covered"), *package)
    region = law.number("maternity.region_admdvs", period.first_day).value[:2]
    headcap = agreements.term("matn_headcap_amt", day, most, pl.Int64())
    place = agreements.term("fix_blng_admdvs", day, most, pl.String())
    applies = (
        (pl.col("med_type").str.starts_with(DELIVERY)) & headcap.is_not_null() & place.str.starts_with(region)
    ).fill_null(False)
    away = place.str.slice(0, 4) != pl.col("insu_admdvs").str.slice(0, 4)
    plain, signed = pl.col("cop_flag") == "0", pl.col("booking_flag") == "1"
    rule = law.rule("maternity_package")
    amount = rule(headcap, away & ~signed, share.ppm)
    sign = pl.when(pl.col("refd_setl_flag") == REFUND).then(pl.lit(-1, pl.Int64)).otherwise(pl.lit(1, pl.Int64))
    return joined.select(
        *rows.columns, agreements.covered(day, most).alias("covered"),
        pl.when(applies & plain).then(amount * sign).otherwise(pl.lit(None, pl.Int64)).alias("package"),
        (applies & (pl.col("cop_flag").is_null() | (plain & away & pl.col("booking_flag").is_null())))
        .fill_null(False).alias("flag_missing"),
    )


def held_reason() -> pl.Expr:
    """暂不认定的原因 (the first that holds; empty for rows that only the provider has). Needs `covered`, `package`,
    `flag_missing`, `totals_hold`."""
    broken = pl.any_horizontal([pl.col(left) != pl.sum_horizontal(right) for _, left, right, holds in IDENTITIES if holds])
    pooled = pl.coalesce("package", "hifp_pay")
    unknown = (pooled != 0) & ~pl.col("insutype").is_in(list(POOLED))
    return (
        pl.when(~ON_AGENCY).then(pl.lit(None, pl.String))
        .when(broken).then(pl.lit(AMOUNT_IDENTITY))
        .when(unknown).then(pl.lit(FUND_UNKNOWN))
        .when(~pl.col("covered")).then(pl.lit(OUT_OF_AGREEMENT))
        .when(pl.col("flag_missing")).then(pl.lit(MATERNITY_FLAG_MISSING))
        .when(pl.col("totals_hold")).then(pl.lit(TOTALS_DIFFER))
        .otherwise(pl.lit(None, pl.String))
        .alias("held_reason")
    )
