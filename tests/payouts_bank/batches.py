"""样例批次 (a batch of three lines, every figure known)."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

import polars as pl

from nxmed.io.resources import data_path
from nxmed.payouts.layouts import Layout, layout_from
from nxmed.payouts.shapes import LINE, Batch, Payer

BAT = "2612A61010064010401"
PAYER = Payer("6400123456789", "某区医保中心", "102100099996", "工行某支行")
NAMES = ("张三", "李四", "买买提·艾力")
FEN = (12345, 1, 1000000)
"""123.45 + 0.01 + 10000.00 = 10123.46 元"""


def line(number: int, **over: Any) -> dict[str, Any]:
    """一行付款."""
    return {"pay_sn": f"{BAT}{number:06d}", "row_no": number, "payee_type": "2", "payee_code": f"P{number}", "payee_name": NAMES[(number - 1) % 3],
            "bankacct": f"62220202001122{number:05d}", "acctname": NAMES[(number - 1) % 3], "bankcode": "102100099996", "bank_name": "工商银行",
            "acct_type": "1", "amt": FEN[(number - 1) % 3], "usage": "医疗救助金", "postscript": "医疗救助2026-12", "org_pay_sn": None,
            "state": "pending", **over}


def lines(*rows: dict[str, Any]) -> pl.DataFrame:
    """付款行 (three of them unless given)."""
    return pl.DataFrame(list(rows) or [line(n) for n in (1, 2, 3)], schema=LINE)


def batch(of: pl.DataFrame | None = None, **over: Any) -> Batch:
    """批次 with what its lines say declared."""
    frame = lines() if of is None else of
    whole: dict[str, Any] = {"bat_no": BAT, "source": "assist", "period": "2026-12", "fund_pay_type": "610100", "insu_admdvs": "640104",
                             "make_date": date(2026, 12, 31), "declared_count": frame.height, "declared_amt": int(frame["amt"].sum()),
                             "payer": PAYER, **over}
    return Batch(**whole)


def table(name: str) -> dict[str, Any]:
    """样例版式的原文, as tables."""
    return tomllib.loads((data_path("schemas") / "banks" / f"{name}.toml").read_text("utf-8"))


def layout(name: str, **over: Any) -> Layout:
    """样例版式, changed where said."""
    return layout_from({**table(name), **over}, f"{name}.toml")
