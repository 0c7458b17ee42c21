"""暂不认定 (what holds a row whatever its class): amounts that don't add up, fund unknown, no agreement, flags missing."""

from __future__ import annotations

import polars as pl

from nxmed.kernel.period import Period
from nxmed.law.catalog import Law
from nxmed.settlements import providers as agreements
from nxmed.settlements.funds import POOLED
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
REFUND = "1"


def broken(*, every: bool = False) -> pl.Expr:
    """勾稽不符 (an identity that holds the row does not hold; with `every`, any of the four)."""
    return pl.any_horizontal([
        pl.col(left) != pl.sum_horizontal(right) for _, left, right, stops in IDENTITIES if stops or every])


def suspect() -> pl.Expr:
    """须细看 (what may hold a row besides the day of its discharge: amounts, fund, a delivery)."""
    unknown = (pl.col("hifp_pay") != 0) & ~pl.col("insutype").is_in(list(POOLED))
    return broken() | unknown | pl.col("med_type").str.starts_with(DELIVERY)


def judged(rows: pl.LazyFrame, providers: pl.DataFrame, law: Law, period: Period) -> pl.LazyFrame:
    """核一遍记录 (adds `hold`: the first thing that holds a settlement whatever the other side says, empty for nothing,
    and `package`: what stands in place of the pooled fund of a delivery, fen, empty elsewhere).

    NXJY-49 to 51: at a provider of the region with a package and without complication the package stands in place of
    hifp_pay; away from the insured city without having signed up, its share by NXJY-50. Refunds take the same back.
    """
    joined, reasons = _with_reasons(rows, providers, law, period)
    return joined.with_columns(hold=pl.coalesce([
        pl.when(holds).then(pl.lit(code)) for code, holds in reasons.items()]))


def every_reason(rows: pl.DataFrame, providers: pl.DataFrame, law: Law, period: Period) -> pl.DataFrame:
    """每个成立的暂缓原因一行 (open rows with `held_reason`, which names only the first; in order of the reasons, then of
    the rows)."""
    known = rows.filter(pl.col("medfee_sumamt").is_not_null())
    joined, reasons = _with_reasons(known.lazy(), providers, law, period)
    judged_ = joined.with_columns(holds.alias(f"_{code}") for code, holds in reasons.items()).collect()
    first = rows.filter(~pl.col("held_reason").is_in(list(reasons)))
    return pl.concat([*(
        judged_.filter(f"_{code}").select(rows.columns).with_columns(held_reason=pl.lit(code)) for code in reasons), first])


def _with_reasons(rows: pl.LazyFrame, providers: pl.DataFrame, law: Law, period: Period
                  ) -> tuple[pl.LazyFrame, dict[str, pl.Expr]]:
    """Rows with `package`, and what holds a row, in the order in which the first is named."""
    beside, most = agreements.wide(providers, ("matn_headcap_amt", "fix_blng_admdvs"))
    day = pl.col("enddate")
    joined = rows.join(beside.lazy(), on="fixmedins_code", how="left", maintain_order="left")
    package, missing = _package(day, most, law, period)
    unknown = (pl.coalesce("package", "hifp_pay") != 0) & ~pl.col("insutype").is_in(list(POOLED))
    return joined.with_columns(package=package, _missing=missing), {
        AMOUNT_IDENTITY: broken(), FUND_UNKNOWN: unknown, OUT_OF_AGREEMENT: ~agreements.covered(day, most),
        MATERNITY_FLAG_MISSING: pl.col("_missing")}


def _package(day: pl.Expr, most: int, law: Law, period: Period) -> tuple[pl.Expr, pl.Expr]:
    share = law.find("maternity.unsigned_share", period.first_day)
    if share is None or not most:
        return pl.lit(None, pl.Int64), pl.lit(False)
    region = law.number("maternity.region_admdvs", period.first_day).value[:2]
    headcap = agreements.term("matn_headcap_amt", day, most, pl.Int64())
    place = agreements.term("fix_blng_admdvs", day, most, pl.String())
    applies = (
        pl.col("med_type").str.starts_with(DELIVERY) & headcap.is_not_null() & place.str.starts_with(region)
    ).fill_null(False)
    away = place.str.slice(0, 4) != pl.col("insu_admdvs").str.slice(0, 4)
    plain, signed = pl.col("cop_flag") == "0", (pl.col("booking_flag") == "1").fill_null(False)
    amount = law.rule("maternity_package")(headcap, away & ~signed, share.ppm)
    sign = pl.when(pl.col("refd_setl_flag") == REFUND).then(pl.lit(-1, pl.Int64)).otherwise(pl.lit(1, pl.Int64))
    package = pl.when(applies & plain).then(amount * sign).otherwise(pl.lit(None, pl.Int64))
    missing = applies & (pl.col("cop_flag").is_null() | (plain & away & pl.col("booking_flag").is_null()))
    return package, missing.fill_null(False)
