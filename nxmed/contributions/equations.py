"""核定的守恒 (what must hold between the published tables, and with the roster)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from nxmed.contributions.inputs import BASIC
from nxmed.kernel.stage import Equation

PARTS = (("emp", "单位"), ("psn", "个人"))


def equations(tables: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Equation]:
    """守恒等式 (amounts in fen; re-provable from the published tables and the manifest's facts).

    Payers on the roster = 310 lines + held payers; per part and insutype Σ lines = Σ bills = Σ dues, and bill by bill.
    """
    bills, lines, dues, held = (tables[n] for n in ("assessments", "assessment_lines", "dues", "held_persons"))
    found = [
        Equation(
            "assess.payers", "名册缴费人数 = 310 明细 + 暂不核定的缴费人员",
            {"名册缴费人员": int(facts["payers_on_roster"])},
            {"310 明细": lines.filter(pl.col("insutype") == BASIC).height,
             "暂不核定": held.filter(pl.col("pays")).height},
            unit="rows", en="payers on the roster = 310 lines + held payers",
        ),
        Equation(
            "assess.headcount", "核定单人数合计 = 明细行数", {"核定单人数": total(bills, "clct_psncnt")},
            {"明细": lines.height}, unit="rows", en="headcounts of bills = lines",
        ),
        Equation(
            "assess.bills", "逐单：明细合计 = 核定单 = 应缴", {"不符的核定单": mismatched(bills, lines, dues)}, {},
            unit="rows", en="bill by bill: lines = bill = dues",
        ),
    ]
    for insutype in sorted(bills.get_column("insutype").unique()):
        of_type = pl.col("insutype") == insutype
        for part, zh in PARTS:
            amount = f"{part}_clct_amt"
            in_lines, in_bills = total(lines.filter(of_type), amount), total(bills.filter(of_type), amount)
            in_dues = total(dues.filter(of_type & (pl.col("part") == part)), "amt")
            found.append(Equation(f"assess.{insutype}.{part}.lines", f"{insutype} {zh}部分：明细 = 核定单",
                                  {"明细": in_lines}, {"核定单": in_bills}, en=f"{insutype} {part}: lines = bills"))
            found.append(Equation(f"assess.{insutype}.{part}.dues", f"{insutype} {zh}部分：核定单 = 应缴",
                                  {"核定单": in_bills}, {"应缴": in_dues}, en=f"{insutype} {part}: bills = dues"))
    return found


def total(frame: pl.DataFrame, column: str) -> int:
    """合计 (0 for no rows)."""
    return int(frame.get_column(column).cast(pl.Int128).sum() or 0)


def mismatched(bills: pl.DataFrame, lines: pl.DataFrame, dues: pl.DataFrame) -> int:
    """不符的单数 (bills whose lines or dues do not add up to them, or lines and dues without a bill)."""
    key = "clct_bill_id"
    of_lines = lines.lazy().group_by(key).agg(
        line_emp=pl.col("emp_clct_amt").sum(), line_psn=pl.col("psn_clct_amt").sum())
    amount = pl.col("amt")
    of_dues = dues.lazy().group_by(key).agg(
        due_emp=amount.filter(pl.col("part") == "emp").sum(), due_psn=amount.filter(pl.col("part") == "psn").sum())
    joined = (
        bills.lazy().select(key, "emp_clct_amt", "psn_clct_amt", "clct_sumamt")
        .join(of_lines, on=key, how="full", coalesce=True).join(of_dues, on=key, how="full", coalesce=True)
    )
    same = (
        (pl.col("emp_clct_amt") == pl.col("line_emp")) & (pl.col("psn_clct_amt") == pl.col("line_psn"))
        & (pl.col("emp_clct_amt") == pl.col("due_emp")) & (pl.col("psn_clct_amt") == pl.col("due_psn"))
        & (pl.col("clct_sumamt") == pl.col("emp_clct_amt") + pl.col("psn_clct_amt"))
    )
    return int(joined.select((~same.fill_null(False)).sum()).collect().item() or 0)
