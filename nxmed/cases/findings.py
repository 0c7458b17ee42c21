"""办件的发现 (one finding per case and cause)."""

from __future__ import annotations

import polars as pl

from nxmed.cases.items import UNKNOWN
from nxmed.cases.shapes import OPEN, REFUSED
from nxmed.kernel import finding

_DAY = "%Y-%m-%d"


def of_cases(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """发现 (overdue and soon due, done late, missing or unknown materials, order of steps, unknown items)."""
    name = pl.col("item_name").fill_null("清单以外")
    still = pl.col("state").is_in(OPEN)
    approved = ~pl.col("result").is_in(REFUSED).fill_null(False)
    due, done = pl.col("due_date").dt.to_string(_DAY), pl.col("fnsh_date").dt.to_string(_DAY)
    text = pl.concat_str
    ref = {"ref_no": pl.col("serv_matt_inst_id")}
    number = pl.col("given").cast(pl.String).fill_null("未填")
    code = pl.col("serv_matt_code").fill_null("未填")
    return [
        finding.make("CASE_OVERDUE", rows.filter(pl.col("state") == "overdue"), text([
            name, pl.lit("："), due, pl.lit(" 到期，已逾期")]), expected=due, **ref),
        finding.make("CASE_SOON_DUE", rows.filter(pl.col("state") == "soon_due"), text([
            name, pl.lit("："), due, pl.lit(" 到期")]), expected=due, **ref),
        finding.make("CASE_DONE_LATE", rows.filter(pl.col("state") == "done_late"), text([
            name, pl.lit("："), due, pl.lit(" 到期，"), done, pl.lit(" 办结")]), expected=due, actual=done, **ref),
        finding.make("CASE_MATERIALS_MISSING", rows.filter((pl.col("missing_cnt") > 0) & approved), text([
            name, pl.when(still).then(pl.lit("：还缺 ")).otherwise(pl.lit("：办结时缺 ")), pl.col("missing")]),
            expected=pl.lit("0"), actual=pl.col("missing_cnt").cast(pl.String), **ref),
        finding.make("CASE_UNKNOWN_MATERIAL", rows.filter(pl.col("strange").is_not_null() & (pl.col("item_no") != UNKNOWN)), text([
            name, pl.lit("：没有材料 "), pl.col("strange")]), actual=pl.col("strange"), **ref),
        finding.make("CASE_STEP_ORDER", rows.filter(pl.col("step_error").is_not_null()), text([
            name, pl.lit("："), pl.col("step_error")]), **ref),
        finding.make("CASE_UNKNOWN_ITEM", rows.filter(pl.col("item_no") == UNKNOWN), text([
            pl.lit("业务办理项序号 "), number, pl.lit("、子项编码 "), code, pl.lit(" 不能确定清单上的哪一项")]),
            rule=pl.lit(None, pl.String), actual=number, **ref),
        finding.make("CASE_ITEM_DIFFERS", rows.filter(pl.col("code_differs")), text([
            pl.lit("业务办理项序号 "), number, pl.lit(" 的子项编码是 "), pl.col("own_code"), pl.lit("，登记为 "), code, pl.lit("；按序号办")]),
            expected=pl.col("own_code"), actual=code, **ref),
    ]


def of_stages(stages: pl.DataFrame) -> list[pl.DataFrame]:
    """分段超过时限."""
    due = pl.col("due_date").dt.to_string(_DAY)
    late = stages.filter(pl.col("state").is_in(["overdue", "done_late"]))
    return [finding.make("CASE_STAGE_LATE", late, pl.concat_str([
        pl.col("stage_name"), pl.lit("："), due, pl.lit(" 到期，"),
        pl.col("end_date").dt.to_string(_DAY).fill_null("尚未"), pl.lit(" 完成")]), expected=due,
        actual=pl.col("end_date").dt.to_string(_DAY), ref_no=pl.col("serv_matt_inst_id"))]
