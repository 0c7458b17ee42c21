"""收款账户与付款账户 (which account of the register counts on a day)."""

from __future__ import annotations

from datetime import date

import polars as pl

from nxmed.payouts.shapes import Payer

BENEFITS = "2"
PERSON, AGENCY = "2", "6"
NOT_ACTIVE = "0"
EXPENDITURE = "2"
ACCOUNT = ("bankacct", "acctname", "bankcode", "bank_name", "acct_type")


def valid_on(accounts: pl.DataFrame, day: date) -> pl.DataFrame:
    """当日有效的账户 (both ends of the validity count; an open end has no end)."""
    return accounts.filter((pl.col("begndate") <= day) & (pl.col("enddate").is_null() | (pl.col("enddate") >= day)))


def payee_accounts(accounts: pl.DataFrame, payees: pl.DataFrame, day: date) -> pl.DataFrame:
    """每个收款主体的账户 (payees: payee_type, payee_code; adds ACCOUNT columns and `reason`, empty where it can be paid).

    used_type 2, valid on the day; of several the one that began last. Persons are also found by the identity number of
    the register. Not activated, none, or several accounts that began on the same day: a reason of HELD_REASONS.
    """
    wanted = payees.select("payee_type", "payee_code").unique().sort("payee_type", "payee_code")
    mine = valid_on(accounts, day).filter(pl.col("used_type") == BENEFITS).select(
        "ptcp_type", "ptcp_code", _optional(accounts, "certno"), "begndate", *ACCOUNT, "fin_actv_flag")
    by_code = mine.drop("certno").rename({"ptcp_code": "payee_code", "ptcp_type": "payee_type"})
    by_certno = mine.filter((pl.col("ptcp_type") == PERSON) & pl.col("certno").is_not_null()).drop("ptcp_code").rename(
        {"certno": "payee_code", "ptcp_type": "payee_type"}).select(by_code.columns)
    there = pl.concat([by_code, by_certno]).unique()
    newest = there.filter(pl.col("begndate") == pl.col("begndate").max().over("payee_type", "payee_code"))
    one = newest.group_by("payee_type", "payee_code").agg(
        pl.struct(*ACCOUNT).n_unique().alias("several"), pl.col(*ACCOUNT).first(),
        (pl.col("fin_actv_flag") == NOT_ACTIVE).any().alias("dormant"))
    found = wanted.join(one, on=["payee_type", "payee_code"], how="left", maintain_order="left")
    reason = pl.when(pl.col("several").is_null()).then(pl.lit("no_account")).when(pl.col("several") > 1).then(
        pl.lit("several_accounts")).when(pl.col("dormant").fill_null(False)).then(pl.lit("not_active"))
    return found.select("payee_type", "payee_code", *ACCOUNT, reason=reason)


def payer_of(accounts: pl.DataFrame, fund_pay_type: str, insu_admdvs: str, day: date) -> Payer | None:
    """经办机构的支出户 for a fund (ptcp_type 6, code = the agency's area or beginning with it; an account of that fund goes
    before one without a fund). None when there is none, or more than one that began on the same day."""
    mine = valid_on(accounts, day).select(
        "ptcp_type", "ptcp_code", "used_type", "begndate", *ACCOUNT, _optional(accounts, "hif_acct_type"),
        _optional(accounts, "fund_pay_type"))
    mine = mine.filter(
        (pl.col("ptcp_type") == AGENCY) & pl.col("ptcp_code").str.starts_with(insu_admdvs)
        & (pl.col("hif_acct_type").is_null() | (pl.col("hif_acct_type") == EXPENDITURE))
        & (pl.col("fund_pay_type").is_null() | (pl.col("fund_pay_type") == fund_pay_type)))
    if not mine.height:
        return None
    ranked = mine.with_columns(
        own=pl.col("fund_pay_type").is_not_null(), benefits=pl.col("used_type") == BENEFITS,
        exact=pl.col("ptcp_code") == insu_admdvs).sort("own", "benefits", "exact", "begndate", descending=True)
    rank = ("own", "benefits", "exact", "begndate")
    first = ranked.row(0, named=True)
    best = ranked.filter(pl.all_horizontal(pl.col(c) == pl.lit(first[c]) for c in rank)).select(ACCOUNT).unique()
    if best.height > 1:
        return None
    row = best.row(0, named=True)
    return Payer(row["bankacct"], row["acctname"], row["bankcode"] or None, row["bank_name"] or None)


def _optional(accounts: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name) if name in accounts.columns else pl.lit(None, pl.String).alias(name)
