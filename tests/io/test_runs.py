"""运行: order of months, sealing, up to date, what a run folder holds, and reading tables back."""

from __future__ import annotations

import json
import stat
import tempfile
from decimal import Decimal
from pathlib import Path

import fake_run
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from nxmed.errors import GateError, IntegrityError, MissingInput
from nxmed.io.fingerprint import Request, fingerprint
from nxmed.io.resources import tables
from nxmed.io.runs import Run, check_order, history, is_sealed, newest, plan, read_table, runs, scan_table
from nxmed.io.tables import gate, publishable, write_table
from nxmed.kernel import finding
from nxmed.kernel.period import Period
from nxmed.kernel.table import TableSchema, table_from

pytestmark = pytest.mark.usefixtures("stand_alone")
DEC, JAN, FEB = (Period.parse(m) for m in ("2026-12", "2027-01", "2027-02"))


def test_a_run_folder_is_whole_and_private(tmp_path: Path) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100,-250")
    run = fake_run.publish(ws, "2026-12")
    assert run is not None
    assert run.folder == ws.runs / "assess" / "2026-12" / "0001"
    m = json.loads((run.folder / "manifest.json").read_text())
    by_name = {o["table"]: o for o in m["outputs"]}
    assert by_name["findings"]["rows"] == 2
    assert by_name["findings"]["sums"] == {"diff_amt": "-1.50"}  # 1.00 − 2.50
    assert m["findings"] == {"error": 0, "warning": 2, "info": 0, "codes": {"WAGE_MISSING": 2}}
    assert (m["seq"], m["previous"]) == (1, {"run": "", "manifest_sha256": ""})
    assert m["inputs"][0]["sha256"] == fake_run.sha256_of(ws.inbox / "2026-12" / "amounts.csv")
    for needed in ("who", "host", "version", "started_at", "finished_at", "policy_sha256", "code_sha256", "arguments", "as_of"):
        assert needed in m
    assert (ws.outbox / "2026-12" / "assess_2026-12.csv").read_text() == "total,-150\n"
    assert (ws.quarantine / "2026-12" / "assess_拒收.parquet").is_file()
    for path in [p for root in (ws.runs, ws.outbox, ws.quarantine) for p in root.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE(ws.catalogue_path.stat().st_mode) == 0o600
    assert fake_run.hidden(ws) == []


def test_again_with_the_same_inputs_nothing_is_published(tmp_path: Path) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100")
    fake_run.publish(ws, "2026-12")
    before = fake_run.snapshot(ws)
    assert fake_run.publish(ws, "2026-12") is None
    assert fake_run.snapshot(ws) == before


def test_changed_inputs_make_a_new_run_and_the_older_stays(tmp_path: Path) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100")
    first = fake_run.publish(ws, "2026-12")
    fake_run.deliver(ws, "2026-12", "100,200")
    second = fake_run.publish(ws, "2026-12")
    assert first is not None
    assert second is not None
    assert (second.no, second.seq) == (2, 2)
    assert second.manifest["previous"] == {"run": "assess/2026-12/0001", "manifest_sha256": first.manifest_sha}
    assert first.folder.is_dir()
    assert newest(ws, "assess", DEC) == second
    assert read_table(second, "findings").height == 2


def test_a_dry_run_leaves_no_trace(tmp_path: Path) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100")
    before = fake_run.snapshot(ws)
    assert fake_run.publish(ws, "2026-12", dry_run=True) is None
    assert fake_run.snapshot(ws) == before
    assert fake_run.hidden(ws) == []
    assert [p.name for p in ws.runs.iterdir()] == []


def test_months_go_in_order(tmp_path: Path) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_11="1", m2026_12="1", m2027_01="1", m2027_02="1")
    assert check_order(ws, "assess", DEC)
    fake_run.publish(ws, "2026-12")
    with pytest.raises(MissingInput, match="2027-01") as gap:
        fake_run.publish(ws, "2027-02")
    assert gap.value.exit_code == 6
    with pytest.raises(MissingInput, match="早于首个月份") as early:
        fake_run.publish(ws, "2026-11")
    assert early.value.exit_code == 6
    assert not check_order(ws, "assess", JAN)
    assert check_order(ws, "assess", DEC)
    assert check_order(ws, "reconcile", FEB)
    fake_run.publish(ws, "2027-01")
    assert [r.period for r in history(ws, "assess", before=JAN)] == [DEC]
    assert [r.name for r in runs(ws)] == ["assess/2026-12/0001", "assess/2027-01/0001"]


@pytest.mark.parametrize(
    ("command", "later", "month"),
    [("assess", "assess", "2027-01"), ("assess", "reconcile", "2026-12"), ("reconcile", "reconcile", "2027-01")],
)
def test_what_later_results_rest_on_is_sealed(tmp_path: Path, command: str, later: str, month: str) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="1", m2027_01="1")
    fake_run.publish(ws, "2026-12", command)
    assert not is_sealed(ws, command, DEC)
    fake_run.publish(ws, month, later)
    assert is_sealed(ws, command, DEC)
    assert not is_sealed(ws, later, Period.parse(month))
    fake_run.deliver(ws, "2026-12", "2")
    before = fake_run.snapshot(ws)
    with pytest.raises(GateError, match="封存") as closed:
        fake_run.publish(ws, "2026-12", command)
    assert closed.value.exit_code == 5
    assert "下月" in closed.value.hint
    assert fake_run.snapshot(ws) == before
    fake_run.deliver(ws, "2026-12", "1")
    assert fake_run.publish(ws, "2026-12", command) is None


def test_other_code_republishes_an_open_month_and_not_a_sealed_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="1", m2027_01="1")
    fake_run.publish(ws, "2026-12")
    monkeypatch.setattr("nxmed.io.fingerprint.code_digest", lambda: "other")
    asked = fake_run.request(ws, DEC)
    assert plan(ws, asked).action == "publish"
    monkeypatch.undo()
    fake_run.publish(ws, "2027-01")
    monkeypatch.setattr("nxmed.io.fingerprint.code_digest", lambda: "other")
    assert plan(ws, asked).up_to_date


def test_a_run_id_depends_on_what_decides_the_result_and_nothing_else() -> None:
    source = {"contract": "units", "path": "inbox/2026-12/u.csv", "sha256": "a", "rows_read": 1}
    base = {"arguments": {"b": 1, "a": 2}, "sources": [source], "policy_sha": "p", "upstream_run_ids": ["u"], "code": "c"}

    def made(**changes: object) -> str:
        return fingerprint("assess", DEC, **{**base, **changes})  # type: ignore[arg-type]

    assert made() == made(arguments={"a": 2, "b": 1})
    assert made() == made(sources=[{**source, "rows_read": 2}])
    assert made().startswith("assess-2026-12-")
    assert len(made().rpartition("-")[2]) == 12
    others = {
        made(), made(arguments={"a": 2}), made(sources=[{**source, "sha256": "b"}]), made(policy_sha="q"), made(sources=[]),
        made(upstream_run_ids=["v"]), made(code="d"), made(sources=[{**source, "path": "inbox/2026-12/v.csv"}]),
        fingerprint("assess", JAN, **base), fingerprint("reconcile", DEC, **base),  # type: ignore[arg-type]
    }
    assert len(others) == 10
    assert Request("assess", DEC, {}, [source, source]).inputs_digest == Request("assess", DEC, {}, [source]).inputs_digest


def _frame(**columns: object) -> pl.DataFrame:
    table = tables()["findings"]
    base = {"finding_id": ["b", "a"], "command": ["assess"] * 2, "code": ["X"] * 2, "severity": ["info"] * 2, "message": ["m"] * 2,
            "diff_amt": [5, -12345], **columns}
    have = pl.DataFrame(base)
    return have.with_columns(pl.lit(None, dtype=c.inside).alias(c.id) for c in table.columns if c.id not in have.columns)


def test_published_form_is_exact_and_sorted() -> None:
    table = tables()["findings"]
    big = 10**16 - 1  # 99,999,999,999,999.99: the largest DECIMAL(16,2)
    shown = publishable(table, gate(table, _frame(diff_amt=[big, -12345])), "r-1", DEC)
    assert shown.columns[:3] == ["run_id", "period", "finding_id"]
    assert shown["finding_id"].to_list() == ["a", "b"]
    assert shown["diff_amt"].to_list() == [Decimal("-123.45"), Decimal("99999999999999.99")]
    assert shown["diff_amt"].dtype == pl.Decimal(16, 2)
    assert shown.select("run_id", "period").unique().rows() == [("r-1", "2026-12")]


def _round_trip(table: TableSchema, frame: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Published, written, read back."""
    shown = publishable(table, frame, "r-1", DEC)
    path = folder / "t.parquet"
    write_table(shown, path)
    output = {"table": table.id, "path": path.name, "sha256": fake_run.sha256_of(path), "columns": shown.columns}
    return read_table(Run(folder, "assess", DEC, 1, {"outputs": [output]}), table.id)


_AMOUNTS = st.lists(st.tuples(st.none() | st.integers(-(10**16) + 1, 10**16 - 1), st.none() | st.integers(-(10**9) + 1, 10**9 - 1)),
                    max_size=20)


@given(_AMOUNTS)
@settings(max_examples=40, deadline=None)
def test_amounts_and_rates_survive_publishing_exactly(values: list[tuple[int | None, int | None]]) -> None:
    table = table_from({
        "id": "trial", "zh": "试", "command": "assess", "key": ["no"],
        "columns": [{"id": "no", "zh": "号", "type": "int"}, {"id": "amt", "zh": "额", "type": "amount", "nullable": True},
                    {"id": "ratio", "zh": "率", "type": "rate", "nullable": True}]})
    frame = pl.DataFrame([(i, *v) for i, v in enumerate(values)], schema=table.schema(), orient="row")
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setitem(tables(), "trial", table)
        assert_frame_equal(_round_trip(table, frame.reverse(), Path(folder)), frame)
        shown = publishable(table, frame, "r-1", DEC)
        # the oracle: decimal arithmetic on the same integers
        assert shown["amt"].to_list() == [None if a is None else Decimal(a).scaleb(-2) for a, _ in values]
        assert shown["ratio"].to_list() == [None if r is None else Decimal(r).scaleb(-6) for _, r in values]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (_frame(severity=["error", None]), "severity"),
        (_frame(diff_amt=[0, 10**16]), "diff_amt"),
        (_frame(accrym=["202613", None]), "accrym"),
        (_frame(finding_id=["a", "a"]), "finding_id"),
        (_frame(diff_amt=["1", "2"]), "diff_amt"),
        (_frame().drop("code"), "code"),
        (_frame(extra=["640104198001011234", ""]), "extra"),
    ],
)
def test_the_gate_fires_and_names_columns_not_values(frame: pl.DataFrame, said: str) -> None:
    with pytest.raises(IntegrityError) as stopped:
        gate(tables()["findings"], frame)
    assert stopped.value.exit_code == 7
    assert said in stopped.value.text
    assert "640104198001011234" not in stopped.value.text + stopped.value.text_en


def test_tables_come_back_as_they_were_handed_over(tmp_path: Path) -> None:
    ws = fake_run.workspace(tmp_path / "w", m2026_12="100,-250,0")
    run = fake_run.publish(ws, "2026-12")
    assert run is not None
    back = read_table(run, "findings")
    assert back.schema == pl.Schema(tables()["findings"].schema())
    assert sorted(back["diff_amt"].to_list()) == [-250, 0, 100]
    assert_frame_equal(scan_table(run, "findings").collect(), back, check_row_order=False)
    assert back.columns == list(finding.PUBLISHED)
    path = run.folder / "findings.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(IntegrityError) as changed:
        read_table(run, "findings")
    assert changed.value.exit_code == 7
