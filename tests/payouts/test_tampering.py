"""篡改: whatever is changed in the store, the signatures, the log or the exported files, verify finds it and steps refuse."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from agency import PEOPLE, STEPS, account, agency, copy_of, item, publish, signers, staff

from nxmed.errors import GateError, IntegrityError
from nxmed.io import payout_store
from nxmed.io.payout_rows import ExportedFile
from nxmed.io.workspace import Workspace
from nxmed.kernel.period import Period
from nxmed.pipelines.payout_build import build_payout
from nxmed.pipelines.payout_show import one_batch
from nxmed.pipelines.payout_steps import content_of, sign_step
from nxmed.pipelines.payout_verify import verify_payouts
from nxmed.pipelines.verify import verify

BAT, DRAFT = "2611A61010064010401", "2611A61010264010401"
TABLES = ("batches", "lines", "line_items", "held", "signatures", "exports", "returns", "findings", "log")


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr("nxmed.pipelines.payout_gate.refresh", lambda ws: True)
    patch.setattr("nxmed.io.recovery.recover", lambda ws: [])
    yield
    patch.undo()


def answered(ws: Workspace) -> None:
    """Export the batch and take the bank's answers: one line paid, one failed."""
    folder = ws.outbox / "2026-11" / "payout" / BAT
    folder.mkdir(parents=True)
    (folder / "bank.csv").write_bytes(b"1,P1,123.45\r\n2,P2,0.55\r\n")
    sha = hashlib.sha256((folder / "bank.csv").read_bytes()).hexdigest()
    with payout_store.writing(ws) as store:
        store.record_export(BAT, [ExportedFile("bank.csv", "gbk-csv", sha, 25, 2, 12400)])
        store.log("export", BAT)
    rows = [{"pay_sn": f"{BAT}00000{n}", "state": state, "pay_stas": stas, "amt": amt, "tran_date": "2026-12-02", "bank_sn": f"B{n}",
             "ret_code": "00", "pay_fail_desc": why, "ret_amt": None, "period": "2026-12", "src_file": "inbox/2026-12/r.csv", "src_row": n + 1,
             "src_sha256": "0" * 64}
            for n, state, stas, amt, why in ((1, "paid", "1", 12345, None), (2, "failed", "2", 55, "户名不符"))]
    with payout_store.writing(ws) as store:
        store.apply_returns(BAT, pl.DataFrame(rows, schema_overrides={"ret_amt": pl.Int64}))
        store.log("import-return", BAT)


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Workspace:
    """A closed batch with every kind of row, a draft, a held item."""
    ws = agency(tmp_path_factory.mktemp("paid") / "ws",
                [item("I1", "P1", 12345), item("I2", "P2", 55), item("I3", "P3", 7), item("I4", "P1", 99, fund_pay_type="610102")],
                [account("P1"), account("P2"), account("640104", "6212", ptcp_type="6")])
    ws = staff(ws, keys)
    build_payout(ws, Period.parse("2026-11"), "assist")
    sign_step(ws, BAT, "submit", key=keys / "zhang")
    sign_step(ws, BAT, "reject", key=keys / "li", reason="先核账户")
    for step, person in zip(STEPS, PEOPLE, strict=True):
        sign_step(ws, BAT, step, key=keys / person)
    answered(ws)
    assert verify_payouts(ws).problems == []
    return ws


@pytest.fixture
def ws(paid: Workspace, tmp_path: Path) -> Workspace:
    return copy_of(paid, tmp_path / "ws")


def attack(ws: Workspace, *statements: str, values: tuple[Any, ...] = ()) -> None:
    """Change the store past every guard, and put the guards back."""
    connection = sqlite3.connect(ws.path / "payouts.sqlite", isolation_level=None)
    connection.executescript("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;")
    guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement, values)
    for _, sql in guards:
        connection.execute(sql)
    connection.close()


def columns() -> list[tuple[str, str]]:
    from nxmed.io.payout_schema import DDL

    connection = sqlite3.connect(":memory:")
    connection.executescript(DDL)
    return [(t, str(c[1])) for t in TABLES for c in connection.execute(f"PRAGMA table_info({t})")]


@pytest.mark.parametrize(("table", "column"), columns())
def test_every_column_of_the_store(ws: Workspace, table: str, column: str) -> None:
    connection = sqlite3.connect(ws.path / "payouts.sqlite")
    value = connection.execute(f"SELECT {column} FROM {table} ORDER BY rowid DESC LIMIT 1" if table in ("batches", "lines", "log") else
                               f"SELECT {column} FROM {table} LIMIT 1").fetchone()[0]
    connection.close()
    other: Any = value + 1000 if isinstance(value, int) else "2" if value is None else f"{value[:-1]}{'y' if value[-1:] != 'y' else 'z'}"
    if column == "ret_amt":
        other = 1
    if column == "live":
        other = 1 - int(value)
    where = f"{column} IS ?2"
    attack(ws, f"UPDATE {table} SET {column} = ?1 WHERE {where}", values=(other, value))
    assert verify_payouts(ws).problems != []


@pytest.mark.parametrize("table", TABLES)
def test_a_row_taken_out(ws: Workspace, table: str) -> None:
    key = {"line_items": "item_id", "returns": "pay_sn", "signatures": "step", "held": "item_id", "exports": "name", "findings": "finding_id"}
    by = key.get(table, "rowid")
    attack(ws, f"DELETE FROM {table} WHERE {by} = (SELECT max({by}) FROM {table})")
    assert verify_payouts(ws).problems != []


@pytest.mark.parametrize("statement", [
    "INSERT INTO lines SELECT bat_no || '000003', bat_no, 3, payee_type, 'P9', 'x', '1', 'x', bankcode, bank_name, acct_type, amt, usage, "
    "postscript, NULL, 'pending' FROM lines WHERE row_no = 1 LIMIT 1",
    "INSERT INTO batches SELECT substr(bat_no, 1, 17) || '09', source, period, fund_pay_type, insu_admdvs, make_date, declared_count, "
    "declared_amt, NULL, NULL, NULL, NULL, content_sha256, 1, 'approved' FROM batches LIMIT 1",
    f"UPDATE batches SET state = 'approved' WHERE bat_no = '{DRAFT}'",
    f"UPDATE lines SET state = 'paid' WHERE pay_sn = '{BAT}000002'",
    f"UPDATE lines SET state = 'failed' WHERE pay_sn = '{BAT}000001'",
    "INSERT INTO held SELECT source, 'I9', source_key, fund_pay_type, payee_type, payee_code, amt, insu_admdvs, rule, period, run_id, reason FROM held",
])
def test_a_row_put_in_or_moved_on(ws: Workspace, statement: str) -> None:
    attack(ws, statement)
    assert verify_payouts(ws).problems != []
    assert any(p.kind == "payout" for p in verify(ws).problems)


@pytest.mark.parametrize("statement", ["DROP TRIGGER lines_stay", "DROP INDEX one_live_line", "CREATE TABLE x (y)"])
def test_without_its_guards_the_store_is_not_used(ws: Workspace, keys: Path, statement: str) -> None:
    connection = sqlite3.connect(ws.path / "payouts.sqlite")
    connection.execute(statement)
    connection.close()
    assert verify_payouts(ws).problems != []
    with pytest.raises(IntegrityError, match="结构被改动"):
        sign_step(ws, DRAFT, "submit", key=keys / "zhang")


@pytest.mark.parametrize("change", ["amt = amt + 1", "bankacct = '1'", "acctname = 'x'", "payee_code = 'P9'"])
def test_a_batch_changed_after_a_signature_is_stopped_at_the_next_step(ws: Workspace, keys: Path, change: str) -> None:
    sign_step(ws, DRAFT, "submit", key=keys / "zhang")
    attack(ws, f"UPDATE lines SET {change} WHERE bat_no = '{DRAFT}'")
    for step, person in (("review", "li"), ("reject", "li")):
        with pytest.raises(IntegrityError, match="签名作废"):
            sign_step(ws, DRAFT, step, key=keys / person, reason="x")


def test_even_with_all_hashes_made_new_the_signatures_tell(ws: Workspace, keys: Path) -> None:
    """Somebody who rewrites amounts, hashes, log and file alike can't rewrite what was signed."""
    from nxmed.io import payout_log
    from nxmed.payouts.content import sha256
    from nxmed.pipelines.payout_gate import load

    sign_step(ws, DRAFT, "submit", key=keys / "zhang")
    attack(ws, f"UPDATE lines SET bankacct = '6666' WHERE bat_no = '{DRAFT}'")
    with payout_store.reading(ws) as store:
        now = sha256(load(store, DRAFT).content)
        before = store.batch(DRAFT)["content_sha256"]
    attack(ws, "UPDATE batches SET content_sha256 = ?1 WHERE content_sha256 = ?2", values=(now, before))
    with payout_store.reading(ws) as store:
        state, entries = store.state_sha256(DRAFT), store.connection.execute("SELECT seq, line FROM log ORDER BY seq").fetchall()
    previous, lines = payout_log.START, []
    for seq, line in entries:
        entry = json.loads(line)
        if entry["bat_no"] == DRAFT:
            entry["detail"] |= {"content_sha256": now, "state_sha256": state}
        entry["previous"] = previous
        made = json.dumps(entry, ensure_ascii=False, sort_keys=True)
        previous = payout_log.sealed(made)
        attack(ws, "UPDATE log SET line = ?1, hash = ?2 WHERE seq = ?3", values=(made, previous, seq))
        lines.append(made)
    payout_log.path_of(ws).write_text("".join(f"{x}\n" for x in lines), encoding="utf-8")
    assert [w for w, zh, _ in verify_payouts(ws).problems if "签名不是对现在的内容作的" in zh] == [f"{DRAFT} submit 1"]
    with pytest.raises(IntegrityError, match="签名不是对现在的内容作的"):
        sign_step(ws, DRAFT, "review", key=keys / "li")


def test_a_key_given_to_somebody_else_afterwards(ws: Workspace, keys: Path) -> None:
    signers(ws, [("zhao", "", keys / "zhang"), ("li", "", keys / "li"), ("wang", "", keys / "wang")])
    assert any("zhao" in zh for _, zh, _ in verify_payouts(ws).problems)
    signers(ws, [("li", "", keys / "li"), ("wang", "", keys / "wang")])
    assert any("没有登记" in zh for _, zh, _ in verify_payouts(ws).problems)


def test_a_key_that_ended_after_it_signed_still_proves_what_it_signed(ws: Workspace, keys: Path) -> None:
    signers(ws, [(p, 'valid-before="20990101"', keys / p) for p in PEOPLE])
    assert verify_payouts(ws).problems == []
    signers(ws, [(p, 'valid-before="20200101"', keys / p) for p in PEOPLE])
    assert len(verify_payouts(ws).problems) == 5  # three of this round, submit and reject of the first


def log_of(ws: Workspace) -> Path:
    return ws.path / "payouts.log.jsonl"


def test_every_line_of_the_log_file(ws: Workspace, keys: Path) -> None:
    good = log_of(ws).read_bytes().splitlines(keepends=True)
    assert len(good) == 10  # build 2, held, submit, reject, submit, review, approve, export, import-return
    changed = [b"".join([*good[:n], good[n].replace(b'"seq"', b'"sEq"'), *good[n + 1 :]]) for n in range(len(good))]
    taken = [b"".join([*good[:n], *good[n + 1 :]]) for n in range(len(good))]
    others = [b"".join(good[:-1]) + good[-1][:-1], b"".join(good[:-1]) + good[-1][:40], b"".join(good) + b"x", b"".join([*good, good[-1]]), b"",
              b"".join(good[1::-1]), b"".join([good[1], good[0], *good[2:]])]
    for content in [*changed, *taken, *others]:
        log_of(ws).write_bytes(content)
        with payout_store.reading(ws) as store:
            from nxmed.io import payout_log

            assert payout_log.problems(ws, store.connection)[0] != []
        with pytest.raises(IntegrityError, match=r"payouts\.log\.jsonl"):
            sign_step(ws, DRAFT, "submit", key=keys / "zhang")
        assert log_of(ws).read_bytes() == content  # evidence is left as it is
    log_of(ws).unlink()
    assert verify_payouts(ws).problems != []


def test_the_tail_cut_in_the_store(ws: Workspace, keys: Path) -> None:
    attack(ws, "DELETE FROM log WHERE seq = 10")
    told = " ".join(zh for _, zh, _ in verify_payouts(ws).problems)
    assert "截断" in told
    with pytest.raises(IntegrityError):
        sign_step(ws, DRAFT, "submit", key=keys / "zhang")


def test_an_old_copy_of_the_store_and_of_both(paid: Workspace, ws: Workspace, keys: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for name in ("payouts.sqlite", "payouts.log.jsonl"):
        shutil.copy(ws.path / name, old / name)
    sign_step(ws, DRAFT, "submit", key=keys / "zhang")
    shutil.copy(old / "payouts.sqlite", ws.path / "payouts.sqlite")
    assert any("旧的" in zh for _, zh, _ in verify_payouts(ws).problems)
    with pytest.raises(IntegrityError):
        sign_step(ws, DRAFT, "submit", key=keys / "zhang")
    # both from before the export, the exported files still there
    attack(ws, "DELETE FROM exports", "DELETE FROM returns", "DELETE FROM log WHERE seq > 8", "UPDATE log_written SET seq = 8",
           "UPDATE batches SET state = 'approved' WHERE state = 'closed'", "UPDATE lines SET state = 'pending'", "UPDATE line_items SET live = 1")
    log_of(ws).write_bytes(b"".join((old / "payouts.log.jsonl").read_bytes().splitlines(keepends=True)[:8]))
    assert [w for w, _, _ in verify_payouts(ws).problems] == [
        f"outbox/2026-11/payout/{BAT}/bank.csv", f"outbox/2026-11/payout/{BAT}"]
    (ws.path / "payouts.sqlite").unlink()
    assert verify_payouts(ws).problems != []


def test_exported_files(ws: Workspace) -> None:
    path = ws.outbox / "2026-11" / "payout" / BAT / "bank.csv"
    good = path.read_bytes()
    for n in range(0, len(good), 5):
        path.write_bytes(good[:n] + bytes([good[n] ^ 1]) + good[n + 1 :])
        assert [w for w, _, _ in verify_payouts(ws).problems] == [f"outbox/2026-11/payout/{BAT}/bank.csv"]
    path.write_bytes(good)
    (path.parent / "more.csv").write_bytes(b"x")
    assert any("more.csv" in w for w, _, _ in verify_payouts(ws).problems)
    (path.parent / "more.csv").unlink()
    path.unlink()
    found = verify_payouts(ws)
    assert (found.problems, len(found.notes)) == ([], 1)


def test_bytes_of_the_database_file(ws: Workspace) -> None:
    path = ws.path / "payouts.sqlite"
    good = path.read_bytes()
    path.write_bytes(b"not a database" + good[14:])
    assert verify_payouts(ws).problems != []
    path.write_bytes(good[: len(good) // 2])
    assert verify_payouts(ws).problems != []
    path.write_bytes(good)
    assert verify_payouts(ws).problems == []


def test_looking_at_a_tampered_batch_does_not_make_it_right(ws: Workspace) -> None:
    attack(ws, f"UPDATE lines SET state = 'paid' WHERE pay_sn = '{BAT}000002'")
    before = log_of(ws).read_bytes()
    for look in (lambda: one_batch(ws, BAT, unmask="查看"), lambda: content_of(ws, BAT)):
        with pytest.raises(IntegrityError, match="与日志不符"):
            look()
    assert log_of(ws).read_bytes() == before
    assert verify_payouts(ws).problems != []


def test_whoever_sees_accounts_in_full_is_in_the_log(ws: Workspace) -> None:
    assert content_of(ws, BAT).startswith(b"nxmed-payout-content/1")
    one_batch(ws, BAT, unmask="退汇核对")
    assert [json.loads(x)["action"] for x in log_of(ws).read_text().splitlines()[-2:]] == ["content", "unmask"]
    assert verify_payouts(ws).problems == []


def test_items_published_otherwise_stop_the_batch(ws: Workspace, keys: Path) -> None:
    """The month of a draft is open: what it pays may change, and then it can't be submitted."""
    publish(ws, [item("I1", "P1", 12345), item("I2", "P2", 55), item("I3", "P3", 7), item("I4", "P1", 98, fund_pay_type="610102")])
    with pytest.raises(GateError, match="1 个付款项在编批之后变动"):
        sign_step(ws, DRAFT, "submit", key=keys / "zhang")
    told = build_payout(ws, Period.parse("2026-11"), "assist")
    assert (told.status, told.finding_counts) == ("built", {"NO_ACCOUNT": 1, "PAYOUT_ITEM_CHANGED": 1})
    [again] = told.batches  # the failed line of P2, linked to it
    assert again.line_items.select("item_id", "org_pay_sn").rows() == [("I2", f"{BAT}000002")]
    publish(ws, [item("I1", "P1", 12345), item("I2", "P2", 55)])
    with pytest.raises(GateError, match="变动或消失"):
        sign_step(ws, DRAFT, "submit", key=keys / "zhang")
    assert build_payout(ws, Period.parse("2026-11"), "assist").finding_counts == {"PAYOUT_ITEM_GONE": 1}  # I3 was held only
