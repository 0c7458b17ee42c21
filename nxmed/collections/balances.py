"""欠费余额 (what every due still owes), arrears with their age, and the months credited to persons."""

from __future__ import annotations

import polars as pl

from nxmed.collections.shapes import ASSESSED, DUES, OPENING_DUES, PRIOR_BALANCES, ReconcileInputs, shaped
from nxmed.kernel.period import Period
from nxmed.law.catalog import Law
from nxmed.law.rule import RuleFunction

DUE = ["clct_bill_id", "part"]
BASIC = "310"
AGES = ((30, "1-30"), (90, "31-90"), (180, "91-180"))
OLDEST = "180+"


def known_dues(inputs: ReconcileInputs, payers: pl.DataFrame) -> pl.DataFrame:
    """已知应缴 (every due known so far: DUES with paid_before, opened_period and the payer by the units register).

    In the first month the opening dues win over an assessed due with the same bill and part; they count as opened
    before it. Later months start from the balances of the month before.
    """
    period = inputs.period
    assessed = shaped(inputs.dues, DUES, published=True).with_columns(
        paid_before=pl.lit(0, pl.Int64), opened_period=pl.lit(period.text))
    if inputs.first_month:
        before = shaped(inputs.opening_dues, OPENING_DUES).with_columns(
            taxpayer_no=pl.lit(None, pl.String), deferred=pl.lit(False), paid_before=pl.lit(0, pl.Int64),
            opened_period=pl.lit((period - 1).text))
    else:
        before = shaped(inputs.prior_balances, PRIOR_BALANCES, published=True).rename({"paid": "paid_before"})
    columns = [*DUES, "paid_before", "opened_period"]
    fresh = assessed.join(before.select(DUE), on=DUE, how="anti")
    return (
        pl.concat([before.select(columns), fresh.select(columns)])
        .with_columns(pl.col("deferred").fill_null(False))
        .join(payers.lazy().select("emp_no", pl.col("taxpayer_no").alias("payer")), on="emp_no", how="left")
        .with_columns(pl.coalesce("taxpayer_no", "payer"))
        .collect()
    )


def close(known: pl.DataFrame, applied: pl.DataFrame, period: Period, rule: str) -> pl.DataFrame:
    """期末余额 (due_balances: paid, outstanding, status, overdue on the last day of the month).

    applied: clct_bill_id, part, amt of the month, negative for reversals.
    """
    moved = applied.group_by(DUE).agg(_moved=pl.col("amt").sum())
    outstanding = pl.col("amt") - pl.col("paid")
    return (
        known.join(moved, on=DUE, how="left")
        .with_columns(paid=pl.col("paid_before") + pl.col("_moved").fill_null(0))
        .with_columns(outstanding=outstanding)
        .with_columns(
            status=pl.when(pl.col("outstanding") == 0).then(pl.lit("paid"))
            .when(pl.col("paid") == 0).then(pl.lit("unpaid")).otherwise(pl.lit("part_paid")),
            overdue=(pl.col("outstanding") > 0) & (pl.col("dedln_date") < period.last_day).fill_null(False),
            rule=pl.lit(rule),
        )
        .select("clct_bill_id", "part", "emp_no", "taxpayer_no", "insutype", "accrym", "amt", "paid", "outstanding",
                "status", "overdue", "dedln_date", "deferred", "paid_before", "opened_period", "rule")
        .sort(DUE)
    )


def arrears(balances: pl.DataFrame, period: Period, charge: RuleFunction, daily_rate: int) -> pl.DataFrame:
    """欠费明细 (overdue dues by age in days from dedln_date to the last day of the month, late charge to date)."""
    last = pl.lit(period.last_day)
    days = pl.col("overdue_days")
    age = pl.lit(OLDEST)
    for upto, name in reversed(AGES):
        age = pl.when(days <= upto).then(pl.lit(name)).otherwise(age)
    return (
        balances.filter("overdue")
        .with_columns(
            overdue_days=(last - pl.col("dedln_date")).dt.total_days(),
            latefee_due=charge(pl.col("outstanding"), pl.col("dedln_date"), last, daily_rate),
        )
        .with_columns(age=age, rule=pl.lit(charge.cite))
        .select("clct_bill_id", "part", "emp_no", "taxpayer_no", "insutype", "accrym", "outstanding", "dedln_date",
                "overdue_days", "age", "latefee_due", "rule")
        .sort(DUE)
    )


def person_credits(balances: pl.DataFrame, first_seen: pl.DataFrame, lines: pl.LazyFrame, law: Law) -> pl.DataFrame:
    """个人到账 (a month credited to each person of a 310 bill that became paid; negative where one was reopened).

    balances: this month's; first_seen: bill and part of dues that were not known a month ago; lines: assessment_lines.
    A bill is paid when none of its parts is outstanding; the account amount is psn_clct_amt × account.credit_rate of
    the month contributed for, empty where policy.toml has none.
    """
    credit = law.rule("account_credit")
    basic = balances.filter(pl.col("insutype") == BASIC).join(
        first_seen.select(DUE).with_columns(_new=pl.lit(True)), on=DUE, how="left")
    bills = basic.group_by("clct_bill_id").agg(
        pl.col("accrym").min(), now=(pl.col("outstanding") == 0).all(),
        before=((pl.col("amt") == pl.col("paid_before")) & pl.col("_new").is_null()).all(),
    ).filter(pl.col("now") != pl.col("before")).with_columns(
        sign=pl.when("now").then(pl.lit(1, pl.Int64)).otherwise(pl.lit(-1, pl.Int64)))
    rates = pl.DataFrame(
        [(ym, _account_rate(law, ym)) for ym in bills["accrym"].unique().sort()],
        schema={"accrym": pl.String, "rate": pl.Int64}, orient="row")
    return (
        shaped(lines, ASSESSED, published=True).filter(pl.col("insutype") == BASIC)
        .join(bills.lazy().select("clct_bill_id", "accrym", "sign"), on="clct_bill_id")
        .join(rates.lazy(), on="accrym")
        .select(
            "clct_bill_id", "emp_no", "psn_no", "accrym", pl.col("emp_clct_amt") * pl.col("sign"),
            pl.col("psn_clct_amt") * pl.col("sign"),
            into_acct_amt=credit(pl.col("psn_clct_amt") * pl.col("sign"), pl.col("rate")), rule=pl.lit(credit.cite),
        )
        .collect().sort("clct_bill_id", "psn_no")
    )


def _account_rate(law: Law, ym: str) -> int | None:
    found = law.find("account.credit_rate", Period.from_ym(ym).first_day)
    return None if found is None else found.ppm
