"""普通单位的收件箱 (what the crowd's agencies deliver, month by month), and what was planted among it."""

from __future__ import annotations

from datetime import date

import polars as pl

from nxmed.kernel.period import Period
from nxmed.samples import layout, planted
from nxmed.samples.chance import draw
from nxmed.samples.crowd import PAYING, RETIRED, Crowd, Wishes
from nxmed.samples.regions import Region

Frames = dict[tuple[int, str], pl.DataFrame]
"""(month index of the sample, contract) → rows."""


def declaration_day(year: int) -> date:
    """申报日期 of the crowd's yearly declarations for `year`: in December before it."""
    return date(year - 1, 12, 15)


def register_files(region: Region, wishes: Wishes, crowd: Crowd, start: Period, months: int) -> Frames:
    """参保单位、参保人员、缴费工资申报、人员增减."""
    found: Frames = {}
    units = crowd.units.select(list(layout.schema("units")))
    for k in range(min(months, 2)):
        found[k, "units"] = units
    found[0, "persons"] = crowd.persons.filter(pl.col("enters") == 0).select(list(layout.schema("persons")))
    declaring = crowd.persons.filter(pl.col("psn_type").is_in(PAYING) & pl.col("declared") & (pl.col("enters") == 0))
    for k in range(months):
        year = (start + k).year
        if k == 0 or (start + k).month == 1:
            found[k, "wage_declarations"] = declaring.select(
                pl.lit(str(year)).alias("year"),
                "emp_no",
                "psn_no",
                pl.lit(declaration_day(year)).alias("dcla_date"),
                "wag",
            )
    changes = personnel_changes(wishes, crowd, start, months)
    for k in range(months):
        arriving = changes.filter(pl.col("inbox") == k)
        if arriving.height:
            found[k, "personnel_changes"] = arriving.select(list(layout.schema("personnel_changes")))
    return found


def personnel_changes(wishes: Wishes, crowd: Crowd, start: Period, months: int) -> pl.DataFrame:
    """人员增减 of the crowd, with `inbox` (month index), `rcvd` (month index of receipt) and `late`."""
    days = draw("serial", wishes.seed, "received", 25)
    moving = (
        pl.concat(
            [
                crowd.persons.filter(pl.col("enters") > 0).with_columns(
                    psn_chg_type=pl.lit("11"), effect="enters", late=pl.lit(False)
                ),
                crowd.persons.filter(pl.col("leaves") < months).with_columns(
                    psn_chg_type=pl.lit("22"), effect="leaves", wag=pl.lit(None, pl.Int64)
                ),
            ]
        )
        .with_columns(
            rcvd=pl.col("effect") - 1 - pl.col("late").cast(pl.Int64),
            day=pl.when(pl.col("late")).then(26 + days % 3).otherwise(1 + days),
        )
        .with_columns(inbox=pl.max_horizontal(pl.col("rcvd") + 1, pl.lit(0, pl.Int64)))
    )
    firsts = {k: (start + k).first_day for k in range(-1, months)}
    return (
        moving.with_columns(
            rcvd_date=pl.col("rcvd").replace_strict(firsts, return_dtype=pl.Date) + pl.duration(days=pl.col("day") - 1),
        )
        .with_columns(
            chg_sn=pl.col("rcvd_date").dt.to_string("%Y%m")
            + pl.col("serial").cast(pl.String).str.zfill(10)
            + pl.col("psn_chg_type"),
        )
        .sort("chg_sn")
    )


def opening_files(region: Region, crowd: Crowd, dues: pl.DataFrame, start: Period) -> Frames:
    """期初核定 (the bills of the month before) and, where the region has a supplement, 期初大额."""
    before = (start - 1).ym
    bills = (
        dues.filter((pl.col("k") == -1) & (pl.col("insutype") == "310"))
        .join(crowd.units.select("u", "emp_no"), on="u", how="left")
        .sort("emp_no")
        .select("emp_no", "insutype", pl.lit(before).alias("accrym"), emp_clct_amt="emp", psn_clct_amt="psn")
    )
    found: Frames = {(0, "opening_bills"): bills}
    if region.supplement and start.month > 1:
        pays = pl.col("psn_type").is_in(PAYING)
        amount = pl.when(pays).then(region.supplement_emp + region.supplement_psn).otherwise(region.supplement_psn)
        found[0, "opening_supplements"] = (
            crowd.persons.filter((pl.col("enters") == 0) & (pays | pl.col("psn_type").is_in(RETIRED)))
            .unique("psn_no", maintain_order=True)
            .select("psn_no", pl.lit(str(start.year)).alias("year"), amt=amount.cast(pl.Int64))
        )
    return found


def planted_in_registers(region: Region, wishes: Wishes, crowd: Crowd, start: Period, months: int) -> pl.DataFrame:
    """重复参保、未申报、过截止日的增减 of the crowd, as planted rows."""
    del region
    twice = crowd.persons.filter(pl.col("twice"))
    silent = crowd.units.filter(~pl.col("declared"))
    late = personnel_changes(wishes, crowd, start, months).filter(pl.col("late"))
    rows = []
    for k in range(months):
        month = (start + k).text
        rows += [
            planted.many(
                twice,
                month=month,
                command="assess",
                table=planted.FINDINGS,
                code="DOUBLE_MEMBERSHIP",
                key=planted.key_of(emp_no="emp_no", psn_no="psn_no"),
                note="同一人在两个单位，两处都暂挂",
            ),
            planted.many(
                silent,
                month=month,
                command="assess",
                table=planted.FINDINGS,
                code="UNIT_NOT_DECLARED",
                key=planted.key_of(emp_no="emp_no"),
                note="单位全年未申报，按上月 110 % 暂定",
            ),
            planted.many(
                late.filter(pl.col("effect") == k + 1),
                month=month,
                command="assess",
                table=planted.FINDINGS,
                code="LATE_CHANGE",
                key=planted.key_of(emp_no="emp_no", psn_no="psn_no"),
                note="25 日以后申报的减员，顺延一月",
            ),
        ]
    return pl.concat(rows)
