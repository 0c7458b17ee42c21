"""办件统计和等式 (statistics by hand; the same cases in another order; a wrong table is noticed)."""

from __future__ import annotations

import random

import polars as pl
from case_desk import calendar, d, law, register, run

from nxmed.cases.register import CasesInputs, equations, examine
from nxmed.kernel.period import Period

# 第 50 项 10 个工作日，环节只有申请—受理—办结；10-09 之后：10（1），12–16（6），19–22（10）
ROWS = [
    {"item_no": 50, "rcvd_date": d("10-09"), "fnsh_date": d("10-12")},  # 2 个工作日
    {"item_no": 50, "rcvd_date": d("10-09"), "fnsh_date": d("10-22")},  # 10
    {"item_no": 50, "rcvd_date": d("10-09"), "fnsh_date": d("10-23")},  # 11，逾期办结
    {"item_no": 50, "rcvd_date": d("09-28"), "fnsh_date": d("10-08"), "result": "4"},  # 撤回
    {"item_no": 50, "rcvd_date": d("09-28")},  # 10-16 到期，逾期
    {"item_no": 50, "rcvd_date": d("10-23"), "optins_no": "640422"},  # 11-06 到期，剩五个工作日
    {"item_no": 50, "rcvd_date": d("10-30"), "optins_no": None},  # 11-13 到期
    {"item_no": 1, "rcvd_date": d("10-09"), "chk_date": d("10-09"), "fnsh_date": d("10-09")},
]


def test_statistics_by_hand() -> None:
    found = {(r["item_no"], r["optins_no"]): r for r in run(ROWS).tables["case_statistics"].to_dicts()}
    assert set(found) == {(1, "640104"), (50, "640104"), (50, "640422"), (50, "-")}
    mine = found[50, "640104"]
    counts = ("cases_cnt", "accepted_cnt", "done_cnt", "done_late_cnt", "withdrawn_cnt", "in_time_cnt", "soon_due_cnt", "overdue_cnt")
    assert tuple(mine[c] for c in counts) == (5, 3, 2, 1, 1, 0, 0, 1)
    # (2 + 10 + 11) ÷ 3 = 7.666667
    assert (mine["work_days"], mine["average_days"], mine["longest_days"]) == (23, 7_666_667, 11)
    assert found[50, "640422"]["soon_due_cnt"] == found[50, "-"]["in_time_cnt"] == 1
    assert (found[50, "-"]["average_days"], found[50, "-"]["longest_days"]) == (None, None)
    assert (found[1, "640104"]["average_days"], found[1, "640104"]["longest_days"]) == (0, 0)


def test_order_of_rows_changes_nothing() -> None:
    frame = register(ROWS).collect()
    first = examine(CasesInputs(Period.parse("2026-10"), d("10-31"), law(), calendar(), frame.lazy(), 5))
    mixed = frame.sample(fraction=1, shuffle=True, seed=random.Random(7).randrange(1000)).lazy()
    again = examine(CasesInputs(Period.parse("2026-10"), d("10-31"), law(), calendar(), mixed, 5))
    for name, table in first.tables.items():
        assert table.equals(again.tables[name]), name


def test_an_empty_register() -> None:
    result = run([])
    assert {n: t.height for n, t in result.tables.items()} == {"cases": 0, "case_stages": 0, "case_statistics": 0}
    assert all(e.holds for e in result.equations)


def test_a_changed_table_breaks_an_equation() -> None:
    result = run(ROWS)

    def broken(**changed: pl.DataFrame) -> set[str]:
        return {e.id for e in equations({**result.tables, **changed}, result.facts) if not e.holds}

    cases, stats = result.tables["cases"], result.tables["case_statistics"]
    assert broken() == set()
    assert "cases.read" in broken(cases=cases.head(-1))
    assert "cases.items.overdue" in broken(cases=cases.with_columns(state=pl.when(pl.col("state") == "overdue").then(pl.lit("in_time")).otherwise("state")))
    assert "cases.states" in broken(cases=cases.with_columns(state=pl.lit("lost")))
    assert "cases.days" in broken(cases=cases.with_columns(days_left=pl.col("days_left") + 1))
    assert "cases.late" in broken(cases=cases.with_columns(state=pl.col("state").replace("done_late", "done")))
    assert "cases.materials" in broken(cases=cases.with_columns(missing_cnt=pl.lit(1)))
    assert "cases.items" in broken(case_statistics=stats.with_columns(cases_cnt=pl.col("cases_cnt") + 1))
