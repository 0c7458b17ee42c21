"""到账对账表的数字 (figures of the month's reconciliation statement, in fen and rows)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from nxmed.kernel.period import Period


def statement_facts(tables: Mapping[str, pl.DataFrame], statement: pl.DataFrame, period: Period) -> dict[str, Any]:
    """对账表数字 (lists of plain rows, sorted; amounts in fen).

    classes: class, rows, paid, latefee, applied, credit · insurances: insutype, rows, paid, latefee, booked, pending ·
    treasury: insutype, taken in, sent back (statement rows delivered this month) · ties: state, groups, treasury,
    arrivals · arrears: age, dues, outstanding, late charge · totals of dues, credits and late charges.
    """
    arrivals, balances, credits = tables["arrivals"], tables["due_balances"], tables["unit_credits"]
    pending = pl.col("class") == "treasury_pending"
    money = pl.col("paid_amt") + pl.col("latefee_amt")
    zero = pl.lit(0, pl.Int64)
    classes = arrivals.group_by("class").agg(
        rows=pl.len().cast(pl.Int64), paid_amt=pl.col("paid_amt").sum(), latefee_amt=pl.col("latefee_amt").sum(),
        applied_amt=pl.col("applied_amt").sum(), credit_amt=pl.col("credit_amt").sum()).sort("class")
    insurances = arrivals.filter(pl.col("class") != "duplicate").group_by("insutype").agg(
        rows=pl.len().cast(pl.Int64), paid_amt=pl.col("paid_amt").sum(), latefee_amt=pl.col("latefee_amt").sum(),
        confirmed_amt=pl.when(pl.col("confirmed") & ~pending).then(money).otherwise(zero).sum(),
        pending_amt=pl.when(pending).then(money).otherwise(zero).sum()).sort("insutype", nulls_last=True)
    treasury = statement.filter(pl.col("inbox_month") == period.text).group_by("insutype").agg(
        rows=pl.len().cast(pl.Int64), intsury_amt=pl.col("intsury_amt").sum(), refd_amt=pl.col("refd_amt").sum(),
    ).sort("insutype")
    ties = tables["treasury_ties"].group_by("state").agg(
        groups=pl.len().cast(pl.Int64), stmt_amt=pl.col("stmt_amt").sum(), arrived_amt=pl.col("arrived_amt").sum(),
        diff_amt=pl.col("diff_amt").sum()).sort("state")
    ages = tables["arrears"].group_by("age").agg(
        rows=pl.len().cast(pl.Int64), outstanding=pl.col("outstanding").sum(), latefee_due=pl.col("latefee_due").sum(),
        _first=pl.col("overdue_days").min()).sort("_first").drop("_first")
    earlier = pl.col("opened_period") < period.text
    before = balances.filter(earlier)
    return {
        "classes": classes.to_dicts(), "insurances": insurances.to_dicts(), "treasury": treasury.to_dicts(),
        "ties": ties.to_dicts(), "arrears": ages.to_dicts(),
        "dues": {
            "opening": int(before["amt"].sum()) - int(before["paid_before"].sum()),
            "new": int(balances.filter(~earlier)["amt"].sum()),
            "applied": int(tables["applications"]["amt"].sum()), "closing": int(balances["outstanding"].sum()),
        },
        "credits": {
            name: int(credits[f"{name}_amt"].sum()) for name in ("opening", "added", "reversed", "applied", "refunded")
        } | {"closing": int(credits["credit_amt"].sum())},
        "latefee": {
            "due": int(tables["applications"]["latefee_due"].sum()),
            "beside": int(arrivals.filter(pl.col("confirmed") & ~pending)["latefee_amt"].sum()),
            "lines": int(arrivals.filter(pl.col("class") == "late_charge")["paid_amt"].sum()),
        },
    }
