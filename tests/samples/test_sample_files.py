"""data/samples: exactly what the builder writes, read by the product's own door, every planted thing found."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from sample_rooms import Month, Outcome, differences

from nxmed.errors import UsageError
from nxmed.io.resources import data_path
from nxmed.io.runs import newest
from nxmed.io.workspace import Workspace, init
from nxmed.kernel.period import Period
from nxmed.pipelines.assess import run_assess
from nxmed.pipelines.reconcile import run_reconcile
from nxmed.samples.generate import copy
from nxmed.samples.planted import FINDINGS, SHAPE
from nxmed.samples.small import small_files

REGIONS = ("ningxia", "dingxi")
MONTHS = ("2026-11", "2026-12")
CODES = {
    "FIRST_MONTH", "DOUBLE_MEMBERSHIP", "UNIT_NOT_ACTIVE", "WAGE_MISSING", "UNIT_NOT_DECLARED", "DEFERRAL_TOO_LONG",
    "DUPLICATE_ARRIVAL", "UNKNOWN_LEVY_ITEM", "TREASURY_DIFF", "TREASURY_MISSING", "TREASURY_ONLY", "OVERPAID",
    "CREDIT_EXCEEDED", "CREDIT_NOT_USED", "REVERSAL_UNMATCHED", "REVERSAL_WAITS", "PAYER_MISMATCH", "UNKNOWN_PAYER",
    "LATEFEE_DIFF", "BAD_CERTNO", "BAD_USCC", "UNKNOWN_CODE", "UNKNOWN_COLUMN",
}
CLASSES = {"applied", "partly_applied", "credit", "reversal", "late_charge", "unidentified", "other_scheme", "flexible",
           "duplicate", "treasury_pending"}


COMMANDS = ("assess", "reconcile")


def planted(region: str) -> pl.DataFrame:
    """What these two commands must find (the other commands' tests read theirs)."""
    rows = pl.read_csv(data_path("samples") / region / "planted.csv", infer_schema=False).with_columns(pl.all().fill_null(""))
    return rows.filter(pl.col("command").is_in(COMMANDS))


@pytest.mark.parametrize("region", REGIONS)
def test_committed_files_are_what_the_builder_writes(region: str) -> None:
    root = data_path("samples") / region
    there = {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    made = small_files(region)
    assert there.keys() == made.keys()
    assert [name for name in made if there[name] != made[name]] == []


@pytest.mark.parametrize("region", REGIONS)
def test_files_are_of_every_kind(region: str) -> None:
    made = small_files(region)
    names = set(made)
    assert {name.rsplit(".", 1)[1] for name in names if name.startswith("inbox/")} == {"csv", "txt", "xlsx", "zip"}
    chinese = [c for n, c in made.items() if n.endswith(".csv") and n.startswith("inbox/")]
    not_utf8 = 0
    for content in chinese:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            not_utf8 += 1
            assert content.decode("gb18030").count("\r\n") > 20
    assert not_utf8 == 3


@pytest.mark.parametrize("region", REGIONS)
def test_every_class_is_planted(region: str) -> None:
    rows = planted(region)
    assert rows.columns == list(SHAPE)
    codes = set(rows.filter(pl.col("table") == FINDINGS)["code"])
    assert codes == (CODES | {"LATE_CHANGE"} if region == "ningxia" else CODES)
    assert set(rows.filter(pl.col("table") == "arrivals")["code"]) == CLASSES
    lines = rows.filter(pl.col("table") == "assessment_lines")
    assert {"", "1", "2", "3", "4"} <= set(lines["code"])
    assert {"1", "2", "3"} <= set(rows.filter(pl.col("table") == "assessments")["code"])


def copied(region: str, folder: Path) -> Workspace:
    ws = init(folder / region, region, None)
    copy(data_path("samples"), ws.path, region)
    return ws


@pytest.fixture(scope="module", params=REGIONS)
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Outcome]:
    ws = copied(request.param, tmp_path_factory.mktemp("ws"))
    out: Outcome = {}
    for month in MONTHS:
        period = Period.parse(month)
        run_assess(ws, period)
        run_reconcile(ws, period)
        for command in COMMANDS:
            run = newest(ws, command, period)
            assert run is not None
            frames = {p.stem: pl.read_parquet(p) for p in run.folder.rglob("*.parquet")}
            out[month, command] = Month(frames, frames["findings"])
    return request.param, out


def test_both_months_find_what_was_planted_and_nothing_else(outcome: tuple[str, Outcome]) -> None:
    region, out = outcome
    rows = planted(region)
    assert differences(rows, out) == []


def test_nothing_else_is_refused_at_the_door(outcome: tuple[str, Outcome]) -> None:
    region, out = outcome
    wanted = planted(region).filter(pl.col("table") == "rejects").height
    for month in MONTHS:
        rejects = out[month, "assess"].tables["rejects"]
        assert rejects.select("src_file", "src_row").n_unique() == wanted
        files = out[month, "assess"].tables["files"]
        assert files.filter(pl.col("rows_read") != pl.col("accepted") + pl.col("rejected") + pl.col("duplicates")).height == 0
        assert files["rejected"].sum() == wanted


def test_hand_computed_amounts_are_in_the_list() -> None:
    """Ningxia, 8 % and 2 %: 4000 → floor 5023.00: 401.84 and 100.46; 30000 → 25113.00: 2009.04 and 502.26;
    8371.13: 669.69 (669.6904) and 167.42 (167.4226). 1234.57 × 1.1 = 1358.027, 308.64 × 1.1 = 339.504."""
    text = (data_path("samples") / "ningxia" / "planted.csv").read_text("utf-8-sig")
    for cells in ("psn_clctstd=5023.00;emp_clctstd=5023.00;emp_clct_amt=401.84;psn_clct_amt=100.46",
                  "psn_clctstd=25113.00;emp_clctstd=25113.00;emp_clct_amt=2009.04;psn_clct_amt=502.26",
                  "psn_clctstd=8371.13;emp_clctstd=8371.13;emp_clct_amt=669.69;psn_clct_amt=167.42",
                  "emp_clct_amt=1358.03;psn_clct_amt=339.50"):
        assert cells in text
    # 10 days on 800.00 and 200.00 at 0.05 % a day: 4.00 and 1.00; of the 1,500.00, 500.00 go to 880.00: 380.00 left
    for cells in ("amt=800.00;latefee_due=4.00", "amt=200.00;latefee_due=1.00", "outstanding=380.00;status=part_paid"):
        assert cells in text


def test_copy_writes_into_a_fresh_workspace_only(tmp_path: Path) -> None:
    ws = copied("ningxia", tmp_path)
    assert "样例值" in ws.policy_path.read_text("utf-8")
    with pytest.raises(UsageError) as problem:
        copy(data_path("samples"), ws.path, "ningxia")
    assert problem.value.exit_code == 2
