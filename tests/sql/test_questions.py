"""现成的问题 (docs/sql): run by DuckDB's own client, against the answers of the docs and a second computation without SQL."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from oracles import ORACLES, Row, text

from nxmed.io.workspace import Workspace
from nxmed.kernel.period import Period
from nxmed.pipelines import demo
from nxmed.pipelines.outcome import silent

PACK = Path(__file__).parents[2] / "docs" / "sql"
QUESTIONS = {p.name[:2]: p for p in sorted(PACK.glob("[0-9][0-9]_*.sql"))}


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The sample region of Ningxia after both months (all steps of the demo but paying out)."""
    made = demo.prepare(tmp_path_factory.mktemp("sql"), "ningxia")
    for month in demo.MONTHS:
        for step in demo.STEPS:
            if step is not demo.payout_step:
                list(step(made, Period.parse(month), silent))
    return made


@pytest.fixture(scope="module")
def rows(ws: Workspace):
    """All current rows of a table as dicts, straight from the Parquet files."""
    from nxmed.desk import Desk

    desk = Desk(ws.path)

    @cache
    def read(table: str) -> list[Row]:
        return desk.table(table).collect().to_dicts()

    return read


def client(ws: Workspace, question: Path) -> list[list[str]]:
    """What DuckDB's own client answers."""
    program = shutil.which("duckdb") or str(Path(sys.executable).parent / "duckdb")
    done = subprocess.run([program, "-readonly", "-csv", "-nullvalue", "", str(ws.catalogue_path)], input=question.read_text("utf-8"), capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return list(csv.reader(io.StringIO(done.stdout)))


def test_there_are_enough_questions_and_each_has_an_answer_and_a_second_way() -> None:
    assert len(QUESTIONS) >= 25
    assert list(QUESTIONS) == list(ORACLES)
    assert [p.stem for p in QUESTIONS.values()] == [p.stem for p in sorted((PACK / "answers").glob("*.csv"))]
    listed = (PACK / "README.md").read_text("utf-8")
    assert [p.name for p in QUESTIONS.values() if p.name not in listed] == []


@pytest.mark.parametrize("number", list(QUESTIONS))
def test_the_client_the_docs_and_the_second_way_agree(ws: Workspace, rows, number: str) -> None:
    question = QUESTIONS[number]
    head, *said = client(ws, question)
    with (PACK / "answers" / f"{question.stem}.csv").open(encoding="utf-8", newline="") as stream:
        told_head, *told = csv.reader(stream)
    expected = text(ORACLES[number](rows))
    assert told == expected
    assert said == expected
    assert told_head == head
    assert expected, "a question without an answer teaches nothing"


def test_the_chinese_views_answer_too(ws: Workspace) -> None:
    from nxmed.io.resources import tables

    program = shutil.which("duckdb") or str(Path(sys.executable).parent / "duckdb")
    for table in tables().values():
        query = f'select (select count(*) from main."{table.id}") = (select count(*) from zh."{table.zh}")'
        done = subprocess.run([program, "-readonly", "-csv", "-noheader", str(ws.catalogue_path), query], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "true", table.id


def test_an_answer_that_is_off_by_a_fen_is_noticed(rows) -> None:
    answer = text(ORACLES["01"](rows))
    with (PACK / "answers" / f"{QUESTIONS['01'].stem}.csv").open(encoding="utf-8", newline="") as stream:
        _, *told = csv.reader(stream)
    told[0][1] = told[0][1][:-1] + ("0" if told[0][1][-1] != "0" else "1")
    assert told != answer


def write_answers(read, heads: dict[str, list[str]]) -> None:
    """Write docs/sql/answers from the second way (by hand, when the sample changes)."""
    folder = PACK / "answers"
    folder.mkdir(exist_ok=True)
    for number, question in QUESTIONS.items():
        with (folder / f"{question.stem}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([heads[number], *text(ORACLES[number](read))])
