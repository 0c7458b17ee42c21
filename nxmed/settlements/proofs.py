"""结算守恒 (what must hold between both sides, the classes, the payables and what is paid; re-proved by verify)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from nxmed.kernel.stage import Equation
from nxmed.settlements import funds
from nxmed.settlements.shapes import COMPARED

SIDES = {"agency": "中心", "provider": "机构"}
BY = ("fixmedins_code", "stmt_diff", "held_reason", "state", "agency", "provider", "closed", "older", "agency_there",
      "provider_there")
SUMMED = tuple([f"{side}_{c}" for side in SIDES for c in COMPARED] + ["recognised_amt", *funds.COLUMNS])
WORDS = {"medfee_sumamt": "医疗费", "fund_pay_sumamt": "基金支付", "acct_pay": "个人账户"}


def delivered(agency: pl.DataFrame, provider: pl.DataFrame) -> dict[str, int]:
    """双方送达 (rows and sums of the month's files, for the manifest: facts of both sides in fen)."""
    found: dict[str, int] = {}
    for side, frame in (("agency", agency), ("provider", provider)):
        found[f"{side}_rows"] = frame.height
        for c in COMPARED:
            found[f"{side}_{c}_fen"] = int(frame[c].sum() or 0)
    return found


def tally(rows: pl.LazyFrame | pl.DataFrame, period: str) -> pl.DataFrame:
    """明细的小计 (of published rows, in one pass: counts and sums by provider, class, hold, state and what each side delivered
    this month; of each fund how many rows have an amount; tallies of several pieces add up, see `added`)."""
    return _marked(rows.lazy(), period).group_by(BY).agg(_SUMS).collect(engine="streaming").select(*BY, *_COUNTED)


def tally_alike(rows: pl.LazyFrame, period: str) -> pl.DataFrame:
    """同类明细的小计 (as `tally`, of rows that differ in provider and amounts only: one key to sum by)."""
    alike = _marked(rows.head(1), period).select(BY[1:]).collect()
    return rows.group_by(BY[0]).agg(_SUMS).collect(engine="streaming").join(alike, how="cross").select(*BY, *_COUNTED)


_SUMS = [pl.len().cast(pl.Int64).alias("n"), *[pl.col(c).sum() for c in SUMMED],
         *[(pl.col(funds.column(f)) != 0).sum().cast(pl.Int64).alias(f"n_{f}") for f in funds.FUNDS]]
_COUNTED = ("n", *SUMMED, *(f"n_{f}" for f in funds.FUNDS))


def _marked(rows: pl.LazyFrame, period: str) -> pl.LazyFrame:
    before = (pl.col("opened_period") < period) & pl.col("state").is_in(["recognised", "rejected"])
    return rows.with_columns(
        agency=(pl.col("agency_period") == period).fill_null(False),
        provider=(pl.col("provider_period") == period).fill_null(False), closed=before.fill_null(False),
        older=pl.col("opened_period").is_not_null(), agency_there=pl.col("agency_medfee_sumamt").is_not_null(),
        provider_there=pl.col("provider_medfee_sumamt").is_not_null())


def added(tallies: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """小计相加."""
    return pl.concat(tallies).group_by(BY).agg(pl.exclude(BY).sum()).sort(BY)


def equations(tables: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Equation]:
    """守恒等式 (over the published tables, in inside form, and the facts of the manifest)."""
    return stated(tally(tables["statement_rows"], str(facts["period"])), tables, facts)


def stated(rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Equation]:
    """守恒等式 (`rows`: the tally of statement_rows; tables: payables, payout_items, statement_breaks)."""
    owed, items = tables["payables"], tables["payout_items"]
    period = str(facts["period"])
    found: list[Equation] = []
    for side, zh in SIDES.items():
        by = rows.filter(side).group_by("stmt_diff", "held_reason").agg(
            pl.col("n").sum(), *[pl.col(f"{side}_{c}").sum() for c in COMPARED]).sort(
            "stmt_diff", "held_reason", nulls_last=False).with_columns(pl.concat_str(
                [pl.col("stmt_diff"), pl.col("held_reason")], separator=" ", ignore_nulls=True).alias("class"))
        found.append(Equation(
            f"settle.{side}.rows", f"{zh}明细行数 = 各类与暂缓之和", {f"{zh}明细": int(facts[f"{side}_rows"])},
            dict(zip(by["class"], map(int, by["n"]), strict=True)), unit="rows", en=f"rows of the {side} = classes and holds"))
        found += [Equation(
            f"settle.{side}.{c}", f"{zh}{WORDS[c]} = 各类与暂缓之和", {f"{zh}明细": int(facts[f"{side}_{c}_fen"])},
            dict(zip(by["class"], map(int, by[f"{side}_{c}"]), strict=True)), en=f"{c} of the {side} = classes and holds")
            for c in COMPARED]
    for fund in funds.FUNDS:
        here = owed.filter(pl.col("fund_pay_type") == fund)
        found.append(Equation(
            f"settle.recognised.{fund}", f"认定 {fund} = 应付表认定额", {"明细": int(rows[funds.column(fund)].sum() or 0)},
            {"应付": int(here["recognised_amt"].sum() or 0)}, en=f"recognised {fund} = payables"))
    found.append(Equation(
        "settle.recognised", "认定合计 = 各基金认定之和", {"合计": int(rows["recognised_amt"].sum() or 0)},
        {f: int(rows[funds.column(f)].sum() or 0) for f in funds.FUNDS}, en="recognised = Σ of the funds"))
    right = pl.col("recognised_amt") + pl.col("carried_in_amt") - pl.col("det_amt") - pl.col("dpst_amt") - pl.col("advance_amt")
    uneven = owed.filter(pl.col("act_dfr_amt") + pl.col("carried_out_amt") != right).height
    found += [
        Equation("settle.payables", "应付 + 结转下期 = 认定 + 上期结转 − 扣款 − 预留 − 周转金，逐行",
                 {"不符": uneven}, {}, unit="rows", en="payable + carried out = recognised + carried in − taken off, row by row"),
        Equation("settle.carried", "上期结转转入 = 上期转出", {"转入": int(owed["carried_in_amt"].sum() or 0)},
                 {"上期转出": int(facts["carried_before_fen"])}, en="carried in = carried out of the month before"),
        Equation("settle.deductions", "扣款 = 扣款文件", {"应付": int(owed["det_amt"].sum() or 0)},
                 {"文件": int(facts["deductions_fen"])}, en="deductions = file"),
        Equation("settle.items", "付款项 = 应付", {"付款项": int(items["amt"].sum() or 0)},
                 {"应付": int(owed["act_dfr_amt"].sum() or 0)}, en="payout items = payables"),
        Equation("settle.breaks", "期初未了 = 本期了结 + 期末仍未了", {"期初": int(facts["opening_breaks"])}, {
            "了结": int(rows.filter("closed")["n"].sum() or 0),
            "仍未了": tables["statement_breaks"].filter(pl.col("opened_period") < period).height,
        }, unit="rows", en="open at the start = closed + still open"),
    ]
    return found
