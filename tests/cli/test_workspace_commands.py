"""init, runs, sql, catalogue, verify: what they print, and their exit codes."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from nxmed.cli.main import run
from nxmed.cli.text import set_lang
from nxmed.io.resources import tables
from nxmed.io.workspace import Workspace, open_workspace

sys.path.insert(0, str(Path(__file__).parents[1] / "io"))
import fake_run


@pytest.fixture(autouse=True)
def _chinese(stand_alone: None) -> Iterator[None]:
    set_lang("zh")
    yield
    set_lang(None)


@pytest.fixture
def stand_alone() -> Iterator[None]:
    patch = fake_run.stand_alone()
    yield
    patch.undo()


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = fake_run.workspace(tmp_path / "w", m2026_12="123456,-250", m2027_01="300")
    fake_run.publish(made, "2026-12")
    return made


def call(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = run([str(w) for w in words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_init_makes_a_workspace_that_every_command_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "新工作区"
    code, out, _ = call(capsys, "init", folder, "--region", "ningxia")
    assert code == 0
    assert "nxmed check" in out
    assert open_workspace(folder).region == "ningxia"
    assert call(capsys, "runs", "-w", folder)[0] == 0
    assert call(capsys, "verify", "-w", folder)[0] == 0
    assert call(capsys, "sql", "-w", folder, "--json", "SELECT * FROM findings")[1] == "[\n]\n"


def test_init_as_json_and_its_refusals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "init", tmp_path / "a", "--region", "dingxi", "--json")
    assert (code, json.loads(out)["poolarea_no"]) == (0, "621100")
    code, out, err = call(capsys, "init", tmp_path / "a", "--region", "dingxi")
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 2
    assert call(capsys, "init", tmp_path / "b", "--region", "beijing")[0] == 2
    assert call(capsys, "init", tmp_path / "b")[0] == 2
    assert call(capsys, "init", tmp_path / "b", "--region", "ningxia", "--poolarea", "64")[0] == 2
    assert not (tmp_path / "b").exists()


def test_a_folder_that_is_no_workspace_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("runs",), ("verify",), ("sql", "SELECT 1")):
        code, out, err = call(capsys, *words, "-w", tmp_path)
        assert (code, out) == (2, "")
        assert "不是工作区" in err
        assert "nxmed init" in err


def test_runs_lists_what_is_current_and_what_is_sealed(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    fake_run.deliver(ws, "2026-12", "1")
    fake_run.publish(ws, "2026-12")
    fake_run.publish(ws, "2026-12", "reconcile")
    code, out, _ = call(capsys, "runs", "-w", ws.path, "--json")
    listed = json.loads(out)["runs"]
    assert code == 0
    assert [(r["command"], r["no"], r["current"], r["sealed_by"]) for r in listed] == [
        ("assess", 1, False, "reconcile 2026-12"), ("assess", 2, True, "reconcile 2026-12"), ("reconcile", 1, True, None)]
    assert listed[0]["findings"] == {"error": 0, "warning": 2, "info": 0}
    code, out, _ = call(capsys, "runs", "-w", ws.path, "--command", "reconcile", "--period", "2026-12")
    assert "reconcile/2026-12/0001" in out
    assert "assess/2026-12" not in out
    assert call(capsys, "runs", "-w", ws.path, "--period", "2026")[0] == 2


def test_sql_on_screen(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    query = "SELECT ref_no AS 编号, diff_amt AS 差额, '640104198001011234' AS 证件 FROM findings ORDER BY diff_amt"
    code, out, err = call(capsys, "sql", "-w", ws.path, query)
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "编号         差额  证件"  # a Chinese character is two columns wide, amounts stand to the right
    assert lines[2:] == ["0000001     -2.50  640104********1234", "0000000  1,234.56  640104********1234"]
    assert "2 行" in err


def test_sql_as_json(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    query = ("SELECT diff_amt, count(*) AS n, sum(1) AS s, true AS yes, NULL AS none, DATE '2026-12-31' AS day, severity,"
             " '640104198001011234' AS id FROM findings GROUP BY ALL ORDER BY 1")
    code, out, _ = call(capsys, "sql", "-w", ws.path, "--json", query)
    assert code == 0
    assert json.loads(out)[0] == {"diff_amt": "-2.50", "n": 1, "s": 1, "yes": True, "none": None, "day": "2026-12-31",
                                  "severity": "warning", "id": "640104198001011234"}


def test_sql_as_csv_and_from_a_file(ws: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "q.sql"
    file.write_text("\ufeffSELECT 差额, 依据, 'a,\"b' AS t FROM zh.发现 ORDER BY 差额", encoding="utf-8")
    code, out, _ = call(capsys, "sql", "-w", ws.path, "--csv", "-f", file)
    assert code == 0
    assert list(csv.reader(io.StringIO(out))) == [["差额", "依据", "t"], ["-2.50", "", 'a,"b'], ["1234.56", "", 'a,"b']]


def test_sql_as_workbook(ws: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.xlsx"
    query = ("SELECT diff_amt, '640104198001011234' AS id, '=1+1' AS f, DATE '2026-12-31' AS day, 7 AS n, true AS b,"
             " 12345678901234567890::HUGEINT AS wide FROM findings ORDER BY 1")
    code, out, err = call(capsys, "sql", "-w", ws.path, "--xlsx", path, query)
    assert (code, out) == (0, "")
    assert str(path) in err
    sheet = openpyxl.load_workbook(path).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("diff_amt", "id", "f", "day", "n", "b", "wide")
    assert str(rows[1][0]) == "-2.5"
    assert rows[1][1:3] == ("640104198001011234", "=1+1")
    assert sheet["C2"].data_type == "s"
    assert rows[1][3].date().isoformat() == "2026-12-31"
    assert (rows[1][4], rows[1][6]) == (7, "12345678901234567890")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.xlsx", "w"]


@pytest.mark.parametrize(
    "words",
    [("DELETE FROM findings",), ("SELECT * FROM nothing",), ("SELECT",), (), ("SELECT 1", "--csv", "--json"), ("SELECT 1", "-f", "x.sql"),
     ("SELECT * FROM read_text('/etc/passwd')",)],
)
def test_sql_refuses_in_two_lines(ws: Workspace, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    code, _, err = call(capsys, "sql", "-w", ws.path, *words)
    assert code == 2
    assert len(err.strip().splitlines()) == 2
    assert "Traceback" not in err


def test_sql_file_that_is_not_there_is_exit_6(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "sql", "-w", ws.path, "-f", ws.path / "no.sql")[0] == 6


def test_catalogue_explains_tables_and_columns(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "catalogue")
    assert code == 0
    for table in tables().values():
        assert table.id in out
        assert table.zh in out
    code, by_id, _ = call(capsys, "catalogue", "findings")
    assert code == 0
    for part in ("diff_amt", "差额", "DECIMAL(16,2)", "run_id", "severity", "error 错误"):
        assert part in by_id
    assert call(capsys, "catalogue", "发现")[1] == by_id
    told = json.loads(call(capsys, "catalogue", "findings", "--json")[1])
    assert [c["column"] for c in told["columns"]][:3] == ["run_id", "period", "finding_id"]
    code, _, err = call(capsys, "catalogue", "finding")
    assert code == 2
    assert "findings" in err


def test_verify_passes_and_names_what_is_wrong(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "verify", "-w", ws.path)
    assert code == 0
    assert "核验通过" in out
    path = ws.runs / "assess" / "2026-12" / "0001" / "findings.parquet"
    path.write_bytes(path.read_bytes() + b"\0")
    code, out, _ = call(capsys, "verify", "-w", ws.path)
    assert code == 7
    assert "assess/2026-12/0001/findings.parquet" in out
    code, out, _ = call(capsys, "verify", "-w", ws.path, "--json")
    told = json.loads(out)
    assert (code, told["exit_code"], told["status"]) == (7, 7, "broken")
    assert [(p["kind"], p["where"]) for p in told["problems"]] == [("file", "assess/2026-12/0001/findings.parquet")]
    set_lang("en")
    assert "the file was changed" in call(capsys, "verify", "-w", ws.path)[1]


def test_read_commands_take_no_lock(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    with ws.lock("assess"):
        for words in (("runs",), ("verify",), ("sql", "SELECT count(*) FROM findings")):
            assert call(capsys, *words, "-w", ws.path)[0] == 0
