"""一因多果: one finding speaks for the many that share a cause; the many stay."""

from __future__ import annotations

from datetime import date

import polars as pl

from nxmed.kernel import finding
from nxmed.kernel.finding_causes import MANY, causes, layouts

FILES = pl.DataFrame({"src_file": ["a.csv", "b.csv"], "rows_read": [100, 1000], "rejected": [0, 0]})


def missing(count: int, day: date, start: int = 0) -> pl.DataFrame:
    frame = pl.DataFrame({"elec_taxrpt_no": [f"T{start + n}" for n in range(count)]})
    return finding.make("TREASURY_MISSING", frame, "没有", treasury_code="64010000000", stmt_date=pl.lit(day), src_file="b.csv")


def test_a_whole_day_missing_at_the_treasury_is_told_once() -> None:
    found = pl.concat([missing(200, date(2026, 11, 12)), missing(3, date(2026, 11, 13), 500)])
    told = causes(found, FILES)
    assert told.select("code", "ref_no", "treasury_code", "stmt_date", "actual").rows() == [
        ("ONE_CAUSE", "TREASURY_MISSING", "64010000000", date(2026, 11, 12), "200")]
    assert "2026-11-12 这一天：200 条" in told["message"][0]


def test_below_the_number_and_spread_out_nothing_is_said() -> None:
    assert causes(missing(MANY - 1, date(2026, 11, 12)), FILES).height == 0
    assert causes(missing(MANY, date(2026, 11, 12)), FILES).height == 1
    spread = pl.concat([missing(60, date(2026, 11, d), d * 100) for d in (1, 2, 3)])  # each day a third of them
    assert causes(spread, FILES).height == 0


def test_four_fifths_are_most() -> None:
    # 80 of 100 on one day is 4/5; 79 of 99 is less
    eighty = pl.concat([missing(80, date(2026, 11, 1)), *[missing(1, date(2026, 11, 2 + n), 900 + n) for n in range(20)]])
    assert causes(eighty, FILES).height == 1
    less = pl.concat([missing(79, date(2026, 11, 1)), *[missing(1, date(2026, 11, 2 + n), 900 + n) for n in range(20)]])
    assert causes(less, FILES).height == 0


def test_a_file_is_a_cause_only_when_half_of_it_is_wrong() -> None:
    def unknown(count: int, file: str) -> pl.DataFrame:
        return finding.make("UNKNOWN_PAYER", pl.DataFrame({"src_row": list(range(count))}), "不识", src_file=file)

    assert causes(unknown(90, "a.csv"), FILES)["ref_no"].to_list() == ["UNKNOWN_PAYER"]  # 90 of 100 rows
    assert causes(unknown(90, "b.csv"), FILES).height == 0  # 90 of 1,000 rows


def rejects(count: int, column: str, check: str, start: int = 0) -> pl.DataFrame:
    return pl.DataFrame({"src_file": ["a.csv"] * count, "src_row": list(range(start, start + count)), "column_zh": [column] * count,
                         "check": [check] * count, "hint": ["写成 YYYY-MM-DD"] * count})


def test_a_file_in_the_wrong_layout_is_told_once() -> None:
    files = FILES.with_columns(rejected=pl.Series([98, 10]))
    told = layouts(pl.concat([rejects(98, "入库日期", "date"), rejects(5, "金额", "amount")]), files)
    assert told.select("code", "ref_no", "actual").rows() == [("FILE_LAYOUT", "a.csv", "98")]
    assert "读到 100 行，拒收 98 行，其中 98 行同一原因：入库日期" in told["message"][0]


def test_some_rejected_rows_are_no_wrong_layout() -> None:
    assert layouts(rejects(79, "入库日期", "date"), FILES.with_columns(rejected=pl.Series([79, 0]))).height == 0
    assert layouts(rejects(80, "入库日期", "date"), FILES.with_columns(rejected=pl.Series([80, 0]))).height == 1
