"""合成 (compose): crowd and scene together, as the inbox of each month and the list of what was planted."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.errors import UsageError
from nxmed.kernel.period import Period
from nxmed.samples import crowd_files, layout, planted
from nxmed.samples.crowd import Wishes, expected_dues, make_crowd
from nxmed.samples.crowd_arrivals import crowd_lines, planted_in_lines
from nxmed.samples.regions import Region
from nxmed.samples.scene import Scene
from nxmed.samples.scene_changes import change_cases
from nxmed.samples.scene_dingxi import dingxi_cases
from nxmed.samples.scene_dues import assess_cases
from nxmed.samples.scene_payments import payment_cases
from nxmed.samples.scene_treasury import treasury_cases
from nxmed.samples.treasury import statement

SORT = {
    "units": ["emp_no"],
    "persons": ["emp_no", "psn_no"],
    "wage_declarations": ["dcla_date", "emp_no", "psn_no"],
    "personnel_changes": ["chg_sn"],
    "average_wages": ["stat_year"],
    "deferrals": ["defer_agre_no"],
    "tax_arrivals": ["intsury_time", "elec_taxrpt_no", "line_no", "paid_amt"],
    "treasury_statement": ["stmt_date", "treasury_code", "insutype", "elec_taxrpt_no"],
    "opening_bills": ["emp_no"],
    "opening_dues": ["clct_bill_id", "part"],
    "opening_credits": ["emp_no"],
    "opening_supplements": ["psn_no"],
    "credit_decisions": ["decision_sn"],
}
LAST_START = 2100


@dataclass(frozen=True)
class Sample:
    """样例: frames by (month index, contract), amounts in fen; what was planted; policy.toml."""

    region: Region
    start: Period
    months: int
    frames: dict[tuple[int, str], pl.DataFrame]
    planted: pl.DataFrame
    policy: str


def compose(region: Region, wishes: Wishes, start: Period, months: int) -> Sample:
    """生成样例 (UsageError, exit 2, on sizes that make no sense)."""
    if wishes.persons < 0 or months < 1 or wishes.seed < 0 or not 2021 <= start.year <= LAST_START:
        raise UsageError(
            "样例的人数、月数、种子或起始月份不对",
            "人数不小于 0，月数至少 1，种子不小于 0，起始月份 2021-01 以后",
            text_en="persons, months, seed or start month of the sample make no sense",
            hint_en="persons and seed at least 0, months at least 1, start from 2021-01 on",
        )
    if start.month == 12:
        raise UsageError(
            "样例不能从 12 月开始：手工场景的两个月要在同一年",
            "从 1 月至 11 月中选一个起始月份",
            text_en="a sample cannot start in December: its hand-made cases need two months of one year",
            hint_en="start in January to November",
        )
    if wishes.persons > 10_000_000:
        raise UsageError(
            "样例最多一千万人",
            "减少 --persons",
            text_en="a sample holds at most ten million persons",
            hint_en="lower --persons",
        )
    crowd = make_crowd(region, wishes, months)
    dues = expected_dues(region, wishes, crowd, start, months)
    scene = Scene(region, start, months, wishes.seed)
    for cases in (assess_cases, dingxi_cases, change_cases, payment_cases, treasury_cases):
        cases(scene)
    lines = pl.concat([crowd_lines(region, crowd, dues, start, months), scene.line_frame()])
    parts = [
        crowd_files.register_files(region, wishes, crowd, start, months),
        crowd_files.opening_files(region, crowd, dues, start),
        scene.frames(),
        {(0, "average_wages"): average_wages(region, start, months)},
    ]
    for k in range(months):
        parts.append(
            {
                (k, "tax_arrivals"): lines.filter(pl.col("k") == k).select(list(layout.schema("tax_arrivals"))),
                (k, "treasury_statement"): statement(lines, k),
            }
        )
    frames: dict[tuple[int, str], pl.DataFrame] = {}
    for place in sorted({place for part in parts for place in part}):
        pieces = [part[place] for part in parts if place in part]
        schema = layout.schema(place[1])
        whole = pl.concat([piece.select([pl.col(n).cast(t) for n, t in schema.items()]) for piece in pieces])
        frames[place] = whole.sort(SORT[place[1]], nulls_last=False, maintain_order=True)
    plants = pl.concat(
        [
            planted.frame(scene.plants),
            crowd_files.planted_in_registers(region, wishes, crowd, start, months),
            planted_in_lines(lines, crowd, start, months),
        ]
    )
    return Sample(region, start, months, frames, planted.ordered(plants), region.policy())


def average_wages(region: Region, start: Period, months: int) -> pl.DataFrame:
    """全口径平均工资: every year the months may ask for, each with the day it was published."""
    last = (start + (months - 1)).year
    rows = []
    for stat_year in range(start.year - 3, last):
        published = region.publication(start, stat_year + 1)
        row = region.published(stat_year)
        known = "" if stat_year in region.wages else "；该年数字尚无来源，沿用最近一年"
        rows.append(
            {
                "admdvs": region.wage_admdvs,
                "stat_year": str(stat_year),
                "yearly_amt": row.get("yearly"),
                "monthly_amt": row.get("monthly"),
                "lower_amt": row.get("lower"),
                "upper_amt": row.get("upper"),
                "publ_date": (published.first_day.replace(day=region.publish_day)),
                "source_doc": f"样例：{stat_year} 年全口径平均工资，二手来源，未见通知原件；公布日期为样例设定{known}",
            }
        )
    return pl.DataFrame(rows, schema=layout.schema("average_wages"))
