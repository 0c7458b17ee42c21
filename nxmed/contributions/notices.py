"""核定中的发现 (what the assessment asks a person to look at)."""

from __future__ import annotations

import polars as pl

from nxmed.contributions.average import AverageWage
from nxmed.contributions.inputs import BASIC, AssessInputs
from nxmed.contributions.lines import BY_DECLARATION, LAST_MONTH, WITHOUT_WAGE
from nxmed.contributions.units import Units
from nxmed.kernel.finding import make
from nxmed.kernel.money import yuan

DOUBLE_MEMBERSHIP = "DOUBLE_MEMBERSHIP"
UNIT_NOT_ACTIVE = "UNIT_NOT_ACTIVE"
MONTHS = 12


def first_month(inputs: AssessInputs) -> pl.DataFrame:
    """首个月份 (one row when no earlier assessment is in the workspace)."""
    rows = pl.DataFrame({"accrym": [inputs.period.ym] if inputs.first_month else []}, schema={"accrym": pl.String})
    return make("FIRST_MONTH", rows, f"{inputs.period.text} 是本工作区首个核定月份，上月数额与已收大额取自期初文件")


def late_changes(inputs: AssessInputs, late: pl.DataFrame) -> pl.DataFrame:
    """顺延生效的增减 (received by the as-of date, effective after P)."""
    year, month = pl.col("effect") // MONTHS, pl.col("effect") % MONTHS + 1
    effective = pl.concat_str(year.cast(pl.String), pl.lit("-"), month.cast(pl.String).str.zfill(2))
    return make(
        "LATE_CHANGE", late.with_columns(effective=effective),
        pl.concat_str(pl.lit("增减变更于 "), pl.col("rcvd_date").dt.to_string("%Y-%m-%d"), pl.lit(" 受理，自 "),
                      pl.col("effective"), pl.lit(" 起生效，不计入本月")),
        ref_no=pl.col("chg_sn"), expected=inputs.period.text, actual=pl.col("effective"),
        rule=inputs.law.rule("effect_month").rule_id,
    )


def held(persons: pl.DataFrame) -> pl.DataFrame:
    """暂不核定 (one row per held person and unit)."""
    reason = pl.col("held_reason")
    return pl.concat([
        make(DOUBLE_MEMBERSHIP, persons.filter(reason == DOUBLE_MEMBERSHIP),
             pl.concat_str(pl.lit("此人同时在两个以上单位参保，在单位 "), "emp_no", pl.lit(" 暂不核定"))),
        make(UNIT_NOT_ACTIVE, persons.filter(reason == UNIT_NOT_ACTIVE),
             pl.concat_str(pl.lit("单位 "), "emp_no", pl.lit(" 未登记或不是参保缴费状态，其人员暂不核定"))),
    ])


def wage_missing(
    inputs: AssessInputs, average: AverageWage, units: Units, lines: pl.DataFrame, *, members: pl.DataFrame
) -> pl.DataFrame:
    """已申报单位漏报工资的人员 (members: `row` is their position)."""
    missing = lines.filter(pl.col("basis") == WITHOUT_WAGE)
    row = missing.get_column("row")
    rows = missing.select(
        units.frame.get_column("emp_no").gather(missing.get_column("unit")),
        *[members.get_column(name).gather(row) for name in ("psn_no", "src_file", "src_row")],
    )
    return make("WAGE_MISSING", rows, f"单位已申报本年工资，此人没有工资，按下限 {yuan(average.floor)} 元核定",
                insutype=BASIC, actual=yuan(average.floor), rule=inputs.law.rule("base_rule_code").cite)


def not_declared(inputs: AssessInputs, units: Units, ways: pl.DataFrame) -> pl.DataFrame:
    """未申报的单位 (those with payers)."""
    silent = ways.filter(pl.col("crtf_way") != BY_DECLARATION)
    rows = silent.join(units.frame.select("unit", "emp_no", "src_file", "src_row"), on="unit", how="left")
    return make(
        "UNIT_NOT_DECLARED", rows,
        pl.when(pl.col("crtf_way") == LAST_MONTH).then(pl.lit("单位未申报本年缴费工资，暂按上月缴费数额的规定倍数核定"))
        .otherwise(pl.lit("单位未申报本年缴费工资，也没有上月缴费数额，暂按职工人数与月平均工资核定")),
        insutype=BASIC, actual=pl.concat_str(pl.lit("crtf_way "), "crtf_way"),
        rule=inputs.law.rule("undeclared_amount").cite,
    )


def deferral_too_long(inputs: AssessInputs, agreements: pl.DataFrame) -> pl.DataFrame:
    """超过一年的缓缴协议 (not applied)."""
    return make(
        "DEFERRAL_TOO_LONG", agreements,
        pl.concat_str(pl.lit("缓缴协议 "), "defer_agre_no", pl.lit(" 的期限超过规定，不予适用")),
        ref_no=pl.col("defer_agre_no"), accrym=pl.col("accrym_begn"),
        expected=pl.col("latest").dt.to_string("%Y-%m-%d"), actual=pl.col("dedln_date").dt.to_string("%Y-%m-%d"),
        rule=inputs.law.rule("deferral_limit").rule_id,
    )
