"""办件样例: everything planted is found in the sample region, and nothing else."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from nxmed.io.resources import data_path
from nxmed.io.runs import newest, scan_table
from nxmed.io.workspace import Workspace, init
from nxmed.kernel.period import Period
from nxmed.pipelines.cases import run_cases
from nxmed.pipelines.verify import verify
from nxmed.samples.generate import copy
from nxmed.samples.planted import FINDINGS, unpack

MONTHS = ("2026-11", "2026-12")


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder: Path = tmp_path_factory.mktemp("cases")
    made = init(folder / "ws", "ningxia")
    copy(data_path("samples"), made.path, "ningxia")
    for month in MONTHS:
        assert run_cases(made, Period.parse(month)).status == "published"
    return made


def planted(month: str, table: str) -> list[dict[str, str]]:
    rows = pl.read_csv(data_path("samples") / "ningxia/planted.csv", infer_schema=False).with_columns(pl.all().fill_null(""))
    return rows.filter((pl.col("command") == "cases") & (pl.col("month") == month) & (pl.col("table") == table)).to_dicts()


def published(ws: Workspace, month: str, table: str) -> list[dict[str, str]]:
    run = newest(ws, "cases", Period.parse(month))
    assert run is not None
    rows = scan_table(run, table).collect()
    return [{k: "" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for k, v in r.items()} for r in rows.to_dicts()]


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize(("table", "code"), [("cases", "state"), ("case_stages", "state"), (FINDINGS, "code")])
def test_planted_and_published_are_the_same(ws: Workspace, month: str, table: str, code: str) -> None:
    wanted, there = planted(month, table), published(ws, month, table)
    assert len(wanted) == len(there)
    for plant in wanted:
        key = unpack(plant["key"])
        mine = [r for r in there if r[code] == plant["code"] and key.items() <= r.items()]
        assert len(mine) == 1, plant
        assert unpack(plant["expect"]).items() <= mine[0].items(), plant


def test_every_state_and_every_code_is_planted() -> None:
    states = {p["code"] for month in MONTHS for p in planted(month, "cases")}
    assert states == {"in_time", "soon_due", "overdue", "done", "done_late", "withdrawn"}
    codes = {p["code"] for month in MONTHS for p in planted(month, FINDINGS)}
    assert codes == {"CASE_OVERDUE", "CASE_SOON_DUE", "CASE_DONE_LATE", "CASE_MATERIALS_MISSING", "CASE_UNKNOWN_MATERIAL",
                     "CASE_STEP_ORDER", "CASE_STAGE_LATE", "CASE_UNKNOWN_ITEM", "CASE_ITEM_DIFFERS"}


def test_what_was_closed_in_november_is_not_listed_in_december(ws: Workspace) -> None:
    run = newest(ws, "cases", Period.parse("2026-12"))
    assert run is not None
    # 登记 18 件：11 月办结 1、2、8、11、12、16 六件
    assert (run.facts["read"], run.facts["closed_before"], run.facts["cases"]) == (18, 6, 12)


def test_published_runs_verify(ws: Workspace) -> None:
    report = verify(ws)
    assert [p.zh for p in report.problems] == []
    assert report.equations > 30
