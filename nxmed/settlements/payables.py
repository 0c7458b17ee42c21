"""应付 (what is owed to each provider, per fund): recognised, carried, deducted, deposited, the advance of Dingxi's December
(NXJY-36; DXTC-58)."""

from __future__ import annotations

import hashlib

import polars as pl

from nxmed.kernel.money import half_up_wide
from nxmed.kernel.period import Period
from nxmed.law.catalog import Law
from nxmed.settlements import funds
from nxmed.settlements.providers import in_force

ITEM_KEY = ("fixmedins_code", "fund_pay_type")
PROVIDER_PAYEE = "5"
"""ptcp_type of the account register: a designated provider."""
RULE = {"ningxia": "NXJY-35;NXJY-36", "dingxi": "DXTC-26"}
ADVANCE_RULE = "DXTC-58"


def payables(
    recognised: pl.DataFrame, deductions: pl.DataFrame, prior: pl.DataFrame, providers: pl.DataFrame, *, law: Law, period: Period
) -> pl.DataFrame:
    """应付表 (provider × fund: recognised + carried in − deductions − deposit − advance = paid + carried out).

    A row stands for every fund with a recognised amount (see `recognised`), a deduction, a carried amount or an advance.
    """
    taken = deductions.group_by(ITEM_KEY).agg(det_amt=pl.col("det_amt").sum())
    carried = prior.filter(pl.col("carried_out_amt") != 0).group_by(ITEM_KEY).agg(
        carried_in_amt=pl.col("carried_out_amt").sum())
    terms = in_force(providers, period.last_day)
    base = pl.concat([recognised.select(ITEM_KEY), taken.select(ITEM_KEY), carried.select(ITEM_KEY)]).unique()
    advances = _advances(terms, base, law, period)
    base = pl.concat([base, advances.filter("added").select(ITEM_KEY)]).unique()
    frame = base
    for piece in (recognised, taken, carried):
        frame = frame.join(piece, on=list(ITEM_KEY), how="left")
    frame = frame.join(terms.select("fixmedins_code", "fixmedins_name", "fix_blng_admdvs", "dpst_rat"),
                       on="fixmedins_code", how="left")
    amounts = ["recognised_amt", "det_amt", "carried_in_amt"]
    frame = frame.with_columns(pl.col(amounts).fill_null(0), pl.col("dpst_rat").fill_null(0)).sort(ITEM_KEY)
    due = pl.col("recognised_amt") - pl.col("det_amt")
    deposit = pl.when((pl.col("fund_pay_type") != funds.ACCOUNT) & (due > 0)).then(
        half_up_wide(due, pl.col("dpst_rat"))).otherwise(pl.lit(0, pl.Int64))
    frame = frame.with_columns(dpst_amt=deposit)
    frame = _with_advance(frame, advances)
    left = (pl.col("recognised_amt") + pl.col("carried_in_amt") - pl.col("det_amt") - pl.col("dpst_amt")
            - pl.col("advance_amt"))
    cite = RULE[law.region]
    return frame.with_columns(
        act_dfr_amt=pl.when(left > 0).then(left).otherwise(pl.lit(0, pl.Int64)),
        carried_out_amt=pl.when(left < 0).then(left).otherwise(pl.lit(0, pl.Int64)),
        rule=pl.when(pl.col("advance_amt") != 0).then(pl.lit(f"{cite};{ADVANCE_RULE}")).otherwise(pl.lit(cite)),
    ).sort(ITEM_KEY)


def recognised(counted: pl.DataFrame) -> pl.DataFrame:
    """认定额 per provider and fund (of the tally of statement_rows; a fund without any amount on any row of the provider
    has no row)."""
    sums = counted.group_by("fixmedins_code").agg(
        pl.col(*funds.COLUMNS).sum(), pl.col([f"n_{f}" for f in funds.FUNDS]).sum())
    return pl.concat([
        sums.filter(pl.col(f"n_{f}") > 0).select(
            "fixmedins_code", pl.lit(f).alias("fund_pay_type"), pl.col(funds.column(f)).alias("recognised_amt"))
        for f in funds.FUNDS])


def _advances(terms: pl.DataFrame, base: pl.DataFrame, law: Law, period: Period) -> pl.DataFrame:
    """Advances to be taken off in the month: provider, amount, and the fund row made for it where there is none."""
    month = law.find("settle.advance_month", period.first_day)
    none = pl.DataFrame(schema={"fixmedins_code": pl.String, "advance": pl.Int64, "fund_pay_type": pl.String,
                                "added": pl.Boolean})
    if month is None or month.int != period.month:
        return none
    given = terms.filter(pl.col("turnover_fund") > 0).select("fixmedins_code", advance="turnover_fund")
    pooled = base.filter(pl.col("fund_pay_type") != funds.ACCOUNT).select("fixmedins_code").unique().with_columns(
        has=pl.lit(True))
    return given.join(pooled, on="fixmedins_code", how="left").select(
        "fixmedins_code", "advance", fund_pay_type=pl.lit(funds.POOLED[funds.EMPLOYEES]), added=pl.col("has").is_null())


def _with_advance(frame: pl.DataFrame, advances: pl.DataFrame) -> pl.DataFrame:
    """周转金抵扣 (taken off the payables in the order of fund_pay_type, the account excepted; what the payables don't
    cover is carried on the first fund)."""
    if not advances.height:
        return frame.with_columns(advance_amt=pl.lit(0, pl.Int64))
    frame = frame.join(advances.select("fixmedins_code", "advance"), on="fixmedins_code", how="left")
    pooled = pl.col("fund_pay_type") != funds.ACCOUNT
    there = pl.col("recognised_amt") + pl.col("carried_in_amt") - pl.col("det_amt") - pl.col("dpst_amt")
    frame = frame.with_columns(
        _open=pl.when(pooled & (there > 0)).then(there).otherwise(pl.lit(0, pl.Int64)), _pooled=pooled)
    by = "fixmedins_code"
    before = pl.col("_open").cum_sum().over(by, order_by="fund_pay_type") - pl.col("_open")
    wanted = pl.col("advance").fill_null(0)
    taken = pl.min_horizontal(pl.col("_open"), pl.max_horizontal(wanted - before, pl.lit(0, pl.Int64)))
    frame = frame.with_columns(_taken=taken)
    first = pl.col("_pooled") & (
        pl.col("_pooled").cast(pl.Int64).cum_sum().over(by, order_by="fund_pay_type") == 1)
    rest = wanted - pl.col("_taken").sum().over(by)
    return frame.with_columns(
        advance_amt=pl.col("_taken") + pl.when(first).then(rest).otherwise(pl.lit(0, pl.Int64)),
    ).drop("_open", "_pooled", "_taken", "advance")


def payout_items(owed: pl.DataFrame, period: Period) -> pl.DataFrame:
    """付款项 (one per payable above 0; `item_id` is the same whenever the month is computed again)."""
    due = owed.filter(pl.col("act_dfr_amt") > 0).sort(ITEM_KEY)
    keys = [f"settle|{code}|{fund}|{period.text}" for code, fund in due.select(ITEM_KEY).iter_rows()]
    ids = [hashlib.sha256(k.encode()).hexdigest()[:16] for k in keys]
    return due.select(
        pl.Series("item_id", ids, pl.String), pl.lit("settle").alias("source"),
        (pl.col("fixmedins_code") + "|" + pl.col("fund_pay_type")).alias("source_key"), "fund_pay_type",
        pl.lit(PROVIDER_PAYEE).alias("payee_type"), pl.col("fixmedins_code").alias("payee_code"),
        pl.col("act_dfr_amt").alias("amt"), pl.col("fix_blng_admdvs").alias("insu_admdvs"), "rule",
    ).sort("item_id")
