"""查询: one SELECT, nothing outside the runs, and values as they are."""

from __future__ import annotations

import errno
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import fake_run
import pytest

from nxmed.errors import UsageError
from nxmed.io.query import answer, flat, on_screen, plain, unique
from nxmed.io.workspace import Workspace


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    patch = fake_run.stand_alone()
    made = fake_run.workspace(tmp_path_factory.mktemp("q") / "w", m2026_12="100,-250")
    fake_run.publish(made, "2026-12")
    patch.undo()
    return made


def rows(ws: Workspace, query: str) -> list[tuple[object, ...]]:
    with answer(ws, query) as found:
        return list(found.rows())


@pytest.mark.parametrize(
    "query",
    ["INSERT INTO findings VALUES (1)", "DROP VIEW findings", "COPY (SELECT 1) TO '/tmp/x.csv'", "ATTACH '/tmp/x.db'", "SET threads = 1",
     "SELECT 1; SELECT 2", "", "-- nothing", "INSTALL excel", "EXPORT DATABASE '/tmp/x'", "CREATE TABLE x (a INT)", "PRAGMA version",
     "CALL pragma_version()", "EXPLAIN ANALYZE SELECT 1", "USE zh", "DELETE FROM meta.runs"],
)
def test_anything_but_one_select_is_refused(ws: Workspace, query: str) -> None:
    with pytest.raises(UsageError) as refused:
        rows(ws, query)
    assert refused.value.exit_code == 2
    assert refused.value.hint


@pytest.mark.parametrize(
    "query",
    ["SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM read_text('{policy}')", "SELECT * FROM glob('/etc/*')",
     "SELECT * FROM read_text('{runs}/../policy.toml')", "SELECT * FROM read_csv('{inbox}')", "SELECT * FROM read_text('{runs}/link')"],
)
def test_nothing_outside_the_runs_folder_can_be_read(ws: Workspace, query: str) -> None:
    link = ws.runs / "link"
    link.unlink(missing_ok=True)
    link.symlink_to("/etc/passwd")
    text = query.format(policy=ws.policy_path, runs=ws.runs, inbox=ws.inbox / "2026-12" / "amounts.csv")
    try:
        with pytest.raises(UsageError) as refused:
            rows(ws, text)
    finally:
        link.unlink()
    assert refused.value.exit_code == 2
    assert "root:" not in refused.value.text


def test_describing_and_chinese_names_are_queries_too(ws: Workspace) -> None:
    assert rows(ws, "FROM 发现 SELECT sum(差额)") == [(Decimal("-1.50"),)]
    assert rows(ws, "DESCRIBE findings")[0][0] == "run_id"
    assert ("findings",) in [r[:1] for r in rows(ws, "SHOW TABLES")]
    assert rows(ws, "WITH a AS (SELECT 1 AS x) SELECT x FROM a;") == [(1,)]


def test_what_is_wrong_with_a_query_is_told_without_data(ws: Workspace) -> None:
    with pytest.raises(UsageError, match="finding") as near:
        rows(ws, "SELECT * FROM finding")
    assert "findings" in near.value.hint
    with pytest.raises(UsageError) as value:
        rows(ws, "SELECT CAST(x AS DATE) FROM (VALUES ('640104198001011234')) t(x)")
    assert "640104198001011234" not in value.value.text + value.value.hint + value.value.text_en
    with pytest.raises(UsageError) as named:
        rows(ws, "SELECT 640104198001011234x FROM nowhere, \"640104198001011234\"")
    assert "640104198001011234" not in named.value.text


def test_values_for_json_csv_and_screen() -> None:
    cases = [
        (Decimal("1234.50"), "1234.50", "1234.50", "1,234.50"),
        (Decimal("-0.10"), "-0.10", "-0.10", "-0.10"),
        (None, None, "", ""),
        (True, True, "true", "true"),
        (12345678901234567890, 12345678901234567890, "12345678901234567890", "12345678901234567890"),
        (date(2026, 12, 1), "2026-12-01", "2026-12-01", "2026-12-01"),
        (datetime(2026, 12, 1, 8, 5), "2026-12-01T08:05:00", "2026-12-01T08:05:00", "2026-12-01T08:05:00"),
        ("64010419800101123X", "64010419800101123X", "64010419800101123X", "640104********123X"),
        ("证640104198001011234号", "证640104198001011234号", "证640104198001011234号", "证640104********1234号"),
        ("a\x1b[31m\nb", "a\x1b[31m\nb", "a\x1b[31m\nb", "a·[31m·b"),
        ([Decimal("1.10"), None], ["1.10", None], '["1.10", null]', '["1.10", null]'),
        ({"a": True}, {"a": True}, '{"a": true}', '{"a": true}'),
        (b"\x01\xff", "01ff", "01ff", "01ff"),
    ]
    for value, as_json, as_csv, as_text in cases:
        assert plain(value) == as_json
        assert flat(value) == as_csv
        assert on_screen(value) == as_text
    assert plain(1.5) == 1.5
    assert plain(float("nan")) is None


def test_repeated_column_names_are_told_apart() -> None:
    assert unique(["a", "a", "b", "a"]) == ("a", "a_2", "b", "a_3")


@pytest.mark.parametrize("refusal", [PermissionError(), OSError(errno.EROFS, "Read-only file system")])
def test_a_folder_that_cannot_be_written_is_still_answered(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch, refusal: OSError
) -> None:
    def refused(_: Workspace) -> None:
        raise refusal

    ws.catalogue_path.unlink(missing_ok=True)
    monkeypatch.setattr("nxmed.io.catalogue.rebuild", refused)
    assert rows(ws, "SELECT count(*) FROM findings") == [(2,)]
    assert not Path(ws.catalogue_path).exists()
