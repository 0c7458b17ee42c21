"""环节的次序 (steps in the order of the list: none before the one it follows, none left out)."""

from __future__ import annotations

from functools import reduce

import polars as pl

from nxmed.cases.shapes import DATES, REFUSED
from nxmed.law.services import ServiceItem

STEPS = {"申请": "appy_date", "受理": "rcvd_date", "审核": "chk_date", "复核": "rchk_date", "审批": "aprv_date", "拨付": "dfr_date",
         "办结": "fnsh_date"}
"""Steps that the register has a date for; 验收 and 计算保费 have none."""
NAMES = {column: name for name, column in STEPS.items()}
SKIPPABLE = ("chk_date", "rchk_date", "dfr_date")
"""Steps which, when the list has them, must be dated before a later one is. The application's date may be left out."""


def with_steps(rows: pl.DataFrame, items: dict[int, ServiceItem]) -> pl.DataFrame:
    """环节问题 (`step_error`: every pair in the wrong order, every step left out, a suspension without its first day).

    A case that was not approved, sent back or withdrawn leaves steps out rightly.
    """
    refused = pl.col("result").is_in(REFUSED).fill_null(False)
    found = [_wrong(before, after) for before, after in _neighbours()]
    for column in SKIPPABLE:
        having = [n for n, item in items.items() if NAMES[column] in item.steps]
        later = DATES[DATES.index(column) + 1:]
        skipped = pl.col(column).is_null() & pl.any_horizontal([pl.col(c).is_not_null() for c in later])
        found.append(pl.when(pl.col("item_no").is_in(having) & skipped & ~refused).then(pl.lit(f"没有{NAMES[column]}日期")))
    found.append(pl.when(pl.col("suppl_begn").is_null() & pl.col("suppl_end").is_not_null()).then(pl.lit("有补正止而没有补正起")))
    text = pl.concat_list(found).list.drop_nulls()
    return rows.with_columns(step_error=pl.when(text.list.len() > 0).then(text.list.join("；")))


def _neighbours() -> list[tuple[str, str]]:
    return [(DATES[a], DATES[b]) for b in range(len(DATES)) for a in range(b)]


def _wrong(before: str, after: str) -> pl.Expr:
    """The later step is dated before the earlier one, with no dated step between them (each pair of neighbours once)."""
    between = DATES[DATES.index(before) + 1:DATES.index(after)]
    bare = reduce(lambda a, b: a & b, [pl.col(c).is_null() for c in between], pl.lit(True))
    return pl.when(bare & (pl.col(after) < pl.col(before))).then(pl.concat_str([
        pl.lit(f"{NAMES[after]} "), pl.col(after).dt.to_string("%Y-%m-%d"), pl.lit(f" 早于{NAMES[before]} "),
        pl.col(before).dt.to_string("%Y-%m-%d")]))
