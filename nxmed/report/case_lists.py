"""办件清单 (what the offices work through: overdue, soon due, what each applicant is to be told, steps, statistics).

No names and no identity numbers: an applicant is named by number.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from nxmed.kernel.period import Period
from nxmed.kernel.stage import Equation
from nxmed.report.workbook import Column, Workbook

STATES = {"in_time": "期限内", "soon_due": "即将到期", "overdue": "逾期", "done": "按期办结", "done_late": "逾期办结", "withdrawn": "撤回"}
UNITS = {"0": "即时", "1": "工作日", "2": "日"}
CASE = (Column("办件编号", id="serv_matt_inst_id", width=16), Column("业务办理项", id="item", width=42, wrap=True), Column("经办机构", id="optins_no"),
        Column("申请人", id="party"))
CLOCK = (Column("受理", "date", "rcvd_date"), Column("时限", id="limit", width=10), Column("期限", "date", "due_date"),
         Column("已用", "int", "days_used", total=False), Column("剩余", "int", "days_left", total=False))
OPEN = ("in_time", "soon_due", "overdue")


def write_cases(path: Path, result: Any, *, period: Period, region: str, run_id: str) -> tuple[Equation, ...]:
    """写办件清单 (the room's result). Gives the equations that the lists hold what was computed."""
    cases = _named(result.tables["cases"])
    facts = result.facts
    overdue = cases.filter(pl.col("state") == "overdue").sort("due_date", "serv_matt_inst_id")
    soon = cases.filter(pl.col("state") == "soon_due").sort("due_date", "serv_matt_inst_id")
    missing = cases.filter(pl.col("state").is_in(OPEN) & (pl.col("missing_cnt") > 0)).with_columns(letter=letter())
    wrong = cases.filter(pl.col("step_error").is_not_null())
    statistics = _statistics(result.tables["case_statistics"])
    with Workbook(path, title=f"办件清单 {period.text}", footer=run_id) as book:
        cover = book.sheet("封面")
        cover.pairs([
            ("月份", period.text), ("经办地区", region), ("截至", str(facts["as_of"])), ("办件", cases.height, "count"),
            *[(STATES[s], int(facts[s]), "count") for s in STATES], ("补正中", int(facts["suspended"]), "count"),
            ("待告知缺件", missing.height, "count"), ("环节问题", wrong.height, "count"), ("运行号", run_id),
        ], title=f"办件清单 {period.text}")
        cover.lines(["时限自受理次日起算，按统筹区工作日历，扣除补正期间；材料和时限出自宁夏医疗保障经办政务服务事项清单（2023版）。",
                     "“待告知缺件”每行一件，写明该件还缺的全部材料，一次告知申请人。"])
        book.sheet("逾期").table([*CASE, *CLOCK], overdue, keys=1, total=False)
        book.sheet("即将到期").table([*CASE, *CLOCK], soon, keys=1, total=False)
        book.sheet("待告知缺件").table([*CASE, Column("告知内容", id="letter", width=90, wrap=True)], missing, keys=1, total=False)
        book.sheet("环节问题").table([*CASE, Column("状态", id="state_name"), Column("问题", id="step_error", width=60, wrap=True)], wrong,
                                 keys=1, total=False)
        stages = result.tables["case_stages"].filter(pl.col("state").is_in(["overdue", "done_late"]))
        book.sheet("分段逾期").table([
            Column("办件编号", id="serv_matt_inst_id", width=16), Column("分段", id="stage_name", width=34), Column("经办机构", id="optins_no"),
            Column("起算", "date", "begin_date"), Column("期限", "date", "due_date"), Column("完成", "date", "end_date")], stages, keys=1, total=False)
        book.sheet("统计").table([
            Column("业务办理项", id="item", width=42, wrap=True), Column("经办机构", id="optins_no"), Column("办件", "count", "cases_cnt"),
            Column("本月受理", "count", "accepted_cnt"), *[Column(zh, "count", f"{s}_cnt") for s, zh in STATES.items()],
            Column("平均工作日", id="average"), Column("最长工作日", "int", "longest_days", total=False)], statistics, keys=1)
    return (
        Equation("cases.outbox.overdue", "逾期清单 = 逾期办件", {"清单": overdue.height}, {"办件": int(facts["overdue"])}, unit="rows",
                 en="list of overdue cases = cases overdue"),
        Equation("cases.outbox.soon_due", "即将到期清单 = 即将到期办件", {"清单": soon.height}, {"办件": int(facts["soon_due"])}, unit="rows",
                 en="list of cases soon due = cases soon due"),
    )


def letter() -> pl.Expr:
    """告知的一句话: everything that is missing, at once."""
    return pl.concat_str([
        pl.lit("您于 "), pl.col("rcvd_date").dt.to_string("%Y-%m-%d"), pl.lit(" 申请的“"), pl.col("item_name"), pl.lit("”（办件 "),
        pl.col("serv_matt_inst_id"), pl.lit("）还缺 "), pl.col("missing_cnt").cast(pl.String), pl.lit(" 份材料，请一次补齐："),
        pl.col("missing"), pl.lit("。")])


def _named(cases: pl.DataFrame) -> pl.DataFrame:
    unit = pl.col("lmt_unit").replace_strict(UNITS, default="", return_dtype=pl.String)
    return cases.with_columns(
        item=_item(), party=pl.coalesce("psn_no", "emp_no", "fixmedins_code"),
        state_name=pl.col("state").replace_strict(STATES, return_dtype=pl.String),
        limit=pl.when(pl.col("lmt_unit") == "0").then(unit).otherwise(pl.concat_str([pl.col("lmt_days").cast(pl.String), pl.lit(" "), unit])))


def _statistics(rows: pl.DataFrame) -> pl.DataFrame:
    """With the average as text, two places, half up (the table has six)."""
    hundredths = (pl.col("average_days") + 5_000) // 10_000
    return rows.with_columns(item=_item(), average=pl.concat_str([
        (hundredths // 100).cast(pl.String), pl.lit("."), (hundredths % 100).cast(pl.String).str.zfill(2)]))


def _item() -> pl.Expr:
    return pl.concat_str([pl.col("item_no").cast(pl.String), pl.lit(" "), pl.col("item_name").fill_null("清单以外")])
