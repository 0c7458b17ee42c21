"""办件的等式 (what must hold over the published tables)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from nxmed.cases.shapes import CLOSED, OPEN, STATES
from nxmed.kernel.stage import Equation

WORDS = {"in_time": "期限内", "soon_due": "即将到期", "overdue": "逾期", "done": "按期办结", "done_late": "逾期办结", "withdrawn": "撤回"}


def equations(tables: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Equation]:
    """守恒等式 (over the published tables and the facts of the manifest)."""
    cases, stats, stages = tables["cases"], tables["case_statistics"], tables["case_stages"]
    counts = {s: cases.filter(pl.col("state") == s).height for s in STATES}
    still = pl.col("state").is_in(OPEN)
    used = cases.filter(still & pl.col("lmt_days").is_not_null() & pl.col("days_used").is_not_null())
    uneven = used.filter(pl.col("days_left") != pl.col("lmt_days") - pl.col("days_used")).height
    late = cases.filter(pl.col("state").is_in(["done_late"]) & ~(pl.col("fnsh_date") > pl.col("due_date")).fill_null(False)).height
    timely = cases.filter((pl.col("state") == "done") & (pl.col("fnsh_date") > pl.col("due_date")).fill_null(False)).height
    undated = cases.filter(pl.col("state").is_in(["done", "done_late"]) & pl.col("fnsh_date").is_null()).height
    lacking = cases.filter((pl.col("matl_state") == "missing") != (pl.col("missing_cnt") > 0)).height
    known = cases.select("serv_matt_inst_id")
    loose = stages.join(known, on="serv_matt_inst_id", how="anti").height
    return [
        Equation("cases.read", "登记的办件 = 列出 + 以前办结 + 尚未受理", {"登记": int(facts["read"])},
                 {"列出": cases.height, "以前办结": int(facts["closed_before"]), "尚未受理": int(facts["not_yet"])}, unit="rows",
                 en="cases in the register = listed + closed before + not yet accepted"),
        Equation("cases.states", "办件 = 各状态之和", {"办件": cases.height}, {WORDS[s]: n for s, n in counts.items()}, unit="rows",
                 en="cases = sum of the states"),
        Equation("cases.items", "办件 = 各项各机构之和", {"办件": cases.height}, {"统计": int(stats["cases_cnt"].sum() or 0)}, unit="rows",
                 en="cases = sum over items and offices"),
        *[Equation(f"cases.items.{s}", f"{WORDS[s]} = 各项各机构之和", {"办件": counts[s]},
                   {"统计": int(stats[f"{s}_cnt"].sum() or 0)}, unit="rows", en=f"{s} = sum over items and offices") for s in STATES],
        Equation("cases.days", "剩余日数 = 时限 − 已用", {"不符": uneven}, {}, unit="rows", en="days left = limit − days used"),
        Equation("cases.late", "办结按期与逾期与期限相符", {"不符": late + timely + undated}, {}, unit="rows",
                 en="done in time and late agree with the deadline"),
        Equation("cases.materials", "缺件的状态与份数相符", {"不符": lacking}, {}, unit="rows", en="missing materials agree with their count"),
        Equation("cases.stages", "分段都属于列出的办件", {"不符": loose}, {}, unit="rows", en="every stage belongs to a listed case"),
        Equation("cases.open", "列出的办件 = 未办结 + 已办结", {"办件": cases.height},
                 {"未办结": cases.filter(still).height, "已办结": cases.filter(pl.col("state").is_in(CLOSED)).height}, unit="rows",
                 en="cases = open + closed"),
    ]
