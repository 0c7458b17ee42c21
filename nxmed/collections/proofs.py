"""对账守恒 (what reconcile proves about its money, from its own tables: also for `verify`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from nxmed.kernel.stage import Equation

MATCHED = ("applied", "partly_applied", "credit", "reversal")
WHOLE = {
    "late_charge": "滞纳金", "unidentified": "待查", "other_scheme": "其他制度", "flexible": "灵活就业",
    "duplicate": "重复", "treasury_pending": "待国库确认",
}
"""Classes that count with the whole line, and their Chinese names."""


def _sum(frame: pl.DataFrame, column: str, *where: pl.Expr) -> int:
    return int(frame.filter(*where)[column].sum()) if where else int(frame[column].sum())


def equations(tables: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Equation]:
    """守恒等式 (tables with amounts in fen; facts as reconcile gave them)."""
    period = str(facts["period"])
    arrivals, applications, balances = tables["arrivals"], tables["applications"], tables["due_balances"]
    credits, lots, ties = tables["unit_credits"], tables["credit_lots"], tables["treasury_ties"]
    kind = pl.col("class")
    source = pl.col("source")
    whole = {zh: _sum(arrivals, "paid_amt", kind == c) for c, zh in WHOLE.items()}
    counts = {zh: arrivals.filter(kind == c).height for c, zh in WHOLE.items()}
    counts["入账与冲减"] = arrivals.filter(kind.is_in(MATCHED)).height
    equal = ties.filter(pl.col("state") == "equal")
    sure, waiting = arrivals.filter("confirmed"), arrivals.filter("waits")
    others = {f"{zh}（已确认）": _sum(sure, "paid_amt", kind == c) for c, zh in WHOLE.items()}
    closing = {"余额": _sum(credits, "credit_amt")}
    return [
        Equation("arrivals.rows", "到账行数：本月送达加以前待确认，等于各类之和",
                 {"本月送达": int(facts["feed_rows"]), "以前待确认": int(facts["pending_rows"])}, counts, "rows",
                 en="lines handled: delivered now and pending before = all classes"),
        Equation("arrivals.amount", "到账金额：处理的明细等于各类之和",
                 {"本月送达": int(facts["feed_amt"]), "以前待确认": int(facts["pending_amt"])},
                 {"抵缴": _sum(arrivals, "applied_amt"), "多缴": _sum(arrivals, "credit_amt"), **whole},
                 en="money of the lines handled = all classes"),
        Equation("arrivals.applied", "逐笔抵缴等于入账明细",
                 {"到账表": _sum(arrivals, "applied_amt")},
                 {"入账明细": _sum(applications, "amt", source != "credit")},
                 en="applied by line = applications"),
        Equation("dues.bounds", "每笔应缴的入账不小于零、不大于应缴",
                 {"超出的": balances.filter((pl.col("paid") > pl.col("amt")) | (pl.col("paid") < 0)).height},
                 {}, "rows", en="no due is paid below zero or above its amount"),
        Equation("dues.roll", "期初欠费加新增应缴减入账等于期末欠费",
                 {"期初": _sum(balances, "amt", pl.col("opened_period") < period)
                  - _sum(balances, "paid_before", pl.col("opened_period") < period),
                  "新增": _sum(balances, "amt", pl.col("opened_period") == period),
                  "入账": -_sum(applications, "amt")},
                 {"期末": _sum(balances, "outstanding")}, en="opening + new dues − applied = closing"),
        Equation("treasury.confirmed", "国库确认的金额等于各类已确认金额（含随征滞纳金）",
                 {"国库": _sum(equal, "stmt_amt"), "其中以前已入账": -_sum(equal, "booked_before_amt")},
                 {"抵缴": _sum(arrivals, "applied_amt"), "多缴": _sum(arrivals, "credit_amt"),
                  "随征滞纳金": _sum(sure, "latefee_amt"), **others,
                  "等待原税票的退库": _sum(waiting, "paid_amt") + _sum(waiting, "latefee_amt")},
                 en="confirmed by the treasury = the confirmed part of all classes and late charges"),
        Equation("credits.roll", "多缴：期初加新增减冲回、抵缴、退还等于期末",
                 {"期初": _sum(credits, "opening_amt"), "新增": _sum(credits, "added_amt"),
                  "冲回": -_sum(credits, "reversed_amt"), "抵缴": -_sum(credits, "applied_amt"),
                  "退还": -_sum(credits, "refunded_amt")}, closing,
                 en="credits: opening + added − taken back − applied − refunded = closing"),
        Equation("credits.lots", "多缴余额等于各笔余额之和", closing, {"各笔": _sum(lots, "amt")},
                 en="credits = their lots"),
        Equation("credits.moves", "多缴变动等于到账表、入账明细与退还清单",
                 {"新增减冲回": _sum(credits, "added_amt") - _sum(credits, "reversed_amt"),
                  "抵缴": _sum(credits, "applied_amt"), "退还": _sum(credits, "refunded_amt")},
                 {"到账表": _sum(arrivals, "credit_amt"),
                  "入账明细": _sum(applications, "amt", source == "credit"),
                  "退还清单": _sum(tables["credit_refunds"], "amt")},
                 en="moves of credits = arrivals, applications and refunds"),
    ]
