"""nxmed payout from the command line: build, three signatures, list, show, verify, catalogue, seals, masks, two at once."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from small import nxmed

sys.path.insert(0, str(Path(__file__).parents[1] / "payouts"))
from agency import account, agency, copy_of, item, make_key, publish, staff

from nxmed.errors import GateError
from nxmed.io import payout_store
from nxmed.io.workspace import Workspace, open_workspace

BAT = "2611A61010064010401"
CARD, PERSON = "6217001234567890122", "64010419900101123X"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("zhang", "li", "wang"):
        make_key(folder, name)
    return folder


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Workspace:
    """Two payable items of one person, one without an account."""
    ws = agency(tmp_path_factory.mktemp("fresh") / "ws", [item("I1", PERSON, 10_000), item("I2", PERSON, 2_345), item("I3", "P3", 7)],
                [account("P1", CARD, certno=PERSON, acctname="张一"), account("640104", "6400001111", ptcp_type="6", acctname="支出户")])
    return staff(ws, keys)


@pytest.fixture(scope="module")
def approved(fresh: Workspace, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    ws = copy_of(fresh, tmp_path_factory.mktemp("approved") / "ws")
    built = nxmed("payout", "build", "2026-11", "--source", "assist", "--json", "-w", ws.path)
    assert built.returncode == 0, built.stderr
    told = json.loads(built.stdout)
    assert told["batches"] == [{"bat_no": BAT, "fund_pay_type": "610100", "insu_admdvs": "640104", "declared_count": 1, "declared_amt": "123.45",
                                "items": 2, "payer": True, "content_sha256": told["batches"][0]["content_sha256"]}]
    assert told["held"] == [{"item_id": "I3", "source_key": "KI3", "amt": "0.07", "reason": "no_account"}]
    assert told["findings"] == {"NO_ACCOUNT": 1}
    for step, person in (("submit", "zhang"), ("review", "li"), ("approve", "wang")):
        done = nxmed("payout", step, BAT, "--key", keys / person, "-w", ws.path)
        assert done.returncode == 0, done.stderr
    return ws.path


def rows(folder: Path, query: str) -> list[dict[str, Any]]:
    done = nxmed("sql", query, "--json", "-w", folder)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_analysts_see_batches_lines_held_items_and_findings_masked(approved: Path) -> None:
    [batch] = rows(approved, "select bat_no, state, declared_amt, waiting_amt, paid_amt, submitted_by, reviewed_by, approved_by, period from payout_batches")
    assert batch == {"bat_no": BAT, "state": "approved", "declared_amt": "123.45", "waiting_amt": "123.45", "paid_amt": "0.00",
                     "submitted_by": "zhang", "reviewed_by": "li", "approved_by": "wang", "period": "2026-11"}
    assert rows(approved, "select 收款主体, 收款账号, 金额 from 拨付明细") == [
        {"收款主体": "640104********123X", "收款账号": "***************0122", "金额": "123.45"}]
    assert rows(approved, "select item_id, amt, live from payout_line_items order by 1") == [
        {"item_id": "I1", "amt": "100.00", "live": True}, {"item_id": "I2", "amt": "23.45", "live": True}]
    assert rows(approved, "select item_id, reason from payout_held") == [{"item_id": "I3", "reason": "no_account"}]
    assert rows(approved, "select code, ref_no, diff_amt from findings where command = 'payout'") == [
        {"code": "NO_ACCOUNT", "ref_no": "I3", "diff_amt": "0.07"}]
    assert [r["action"] for r in rows(approved, "select action from payout_log order by seq")] == ["build", "held", "submit", "review", "approve"]
    content = (approved / "nxmed.duckdb").read_bytes()
    assert CARD.encode() not in content
    assert PERSON.encode() not in content


def test_what_is_shown_is_masked_and_looking_behind_is_recorded(approved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    shutil.copytree(approved, folder)
    for words in (["show", BAT], ["show", BAT, "--json"], ["list"], ["list", "--json"], ["verify"], ["verify", "--json"]):
        done = nxmed("payout", *words, "-w", folder)
        assert done.returncode == 0, done.stderr
        assert CARD not in done.stdout + done.stderr
        assert PERSON not in done.stdout + done.stderr
        assert "6400001111" not in done.stdout
    assert "***************0122" in nxmed("payout", "show", BAT, "-w", folder).stdout
    assert nxmed("payout", "show", BAT, "--unmask", "-w", folder).returncode == 2  # no reason
    full = nxmed("payout", "show", BAT, "--unmask", "--reason", "退汇核对", "--json", "-w", folder)
    assert CARD in full.stdout
    last = json.loads((folder / "payouts.log.jsonl").read_text().splitlines()[-1])
    assert (last["action"], last["detail"]["reason"], last["bat_no"]) == ("unmask", "退汇核对", BAT)
    assert last["who"]
    assert CARD not in (folder / "payouts.log.jsonl").read_text()
    assert nxmed("payout", "verify", BAT, "-w", folder).returncode == 0
    assert nxmed("payout", "verify", "2611A61010064010499", "-w", folder).returncode == 6


def test_rights_of_the_files(approved: Path) -> None:
    for name in ("payouts.sqlite", "payouts.log.jsonl", "allowed_signers", "nxmed.duckdb"):
        assert (approved / name).stat().st_mode & 0o777 == 0o600, name
    assert approved.stat().st_mode & 0o777 == 0o700


def test_exit_codes_of_a_build(fresh: Workspace, approved: Path, tmp_path: Path) -> None:
    ws = copy_of(fresh, tmp_path / "ws")
    assert nxmed("payout", "build", "2026-10", "--source", "assist", "-w", ws.path).returncode == 6
    assert nxmed("payout", "build", "2026-11", "--source", "other", "-w", ws.path).returncode == 2
    assert nxmed("payout", "build", "2026-13", "--source", "assist", "-w", ws.path).returncode == 2
    assert nxmed("payout", "build", "2026-11", "-w", ws.path).returncode == 2
    dry = nxmed("payout", "build", "2026-11", "--source", "assist", "--dry-run", "--json", "-w", ws.path)
    assert (dry.returncode, json.loads(dry.stdout)["status"], (ws.path / "payouts.sqlite").exists()) == (0, "dry_run", False)
    again = nxmed("payout", "build", "2026-11", "--source", "assist", "--json", "-w", approved)
    assert (again.returncode, json.loads(again.stdout)["status"], json.loads(again.stdout)["batches"]) == (0, "up_to_date", [])
    (ws.path / "inbox" / "2026-11" / "bank_accounts.csv").unlink()
    absent = nxmed("payout", "build", "2026-11", "--source", "assist", "-w", ws.path)
    assert (absent.returncode, "bank_accounts" in absent.stderr) == (6, True)
    assert nxmed("payout", "build", "2026-11", "--source", "assist", "--lang", "en", "-w", ws.path).stderr.count("lacks: bank_accounts") == 1


def test_refusals_and_tampering_from_the_command_line(approved: Path, keys: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    shutil.copytree(approved, folder)
    late = nxmed("payout", "review", BAT, "--key", keys / "li", "-w", folder)
    assert (late.returncode, "已审批" in late.stderr) == (5, True)
    assert nxmed("payout", "reject", BAT, "--reason", "账户待核", "--key", keys / "li", "-w", folder).returncode == 0
    assert nxmed("payout", "show", BAT, "--json", "-w", folder).returncode == 0
    twice = nxmed("payout", "review", BAT, "--key", keys / "zhang", "-w", folder)
    assert twice.returncode == 5
    connection = sqlite3.connect(folder / "payouts.sqlite")
    guard = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'line_fixed'").fetchone()[0]
    connection.executescript(f"DROP TRIGGER line_fixed; UPDATE lines SET amt = amt + 1; {guard};")
    connection.close()
    changed = nxmed("payout", "submit", BAT, "--key", keys / "zhang", "-w", folder)
    assert (changed.returncode, "签名作废" in changed.stderr) == (7, True)
    assert nxmed("payout", "verify", "-w", folder).returncode == 7
    assert nxmed("verify", "-w", folder).returncode == 7


def test_a_submitted_batch_seals_the_month_of_its_items(fresh: Workspace, keys: Path, tmp_path: Path) -> None:
    from nxmed.io.runs import sealed_by
    from nxmed.kernel.period import Period

    ws = copy_of(fresh, tmp_path / "ws")
    month = Period.parse("2026-11")
    assert nxmed("payout", "build", "2026-11", "--source", "assist", "-w", ws.path).returncode == 0
    assert sealed_by(ws, "assist", month) == ""
    assert nxmed("payout", "submit", BAT, "--key", keys / "zhang", "-w", ws.path).returncode == 0
    assert sealed_by(ws, "assist", month) == f"payout {BAT}"
    assert (sealed_by(ws, "settle", month), sealed_by(ws, "assist", month + 1)) == ("", "")
    assert nxmed("payout", "reject", BAT, "--reason", "x", "--key", keys / "li", "-w", ws.path).returncode == 0
    assert sealed_by(ws, "assist", month) == ""


def test_two_builds_at_once_make_one_live_line(fresh: Workspace, tmp_path: Path) -> None:
    ws = copy_of(fresh, tmp_path / "ws")
    codes: list[int] = []

    def build() -> None:
        codes.append(nxmed("payout", "build", "2026-11", "--source", "assist", "-w", ws.path).returncode)

    at_once = [threading.Thread(target=build) for _ in range(4)]
    for one in at_once:
        one.start()
    for one in at_once:
        one.join()
    assert set(codes) <= {0, 75}
    assert 0 in codes
    with payout_store.reading(ws) as store:
        assert store.connection.execute("SELECT count(*), count(DISTINCT item_id) FROM line_items WHERE live").fetchone() == (2, 2)


def test_the_store_refuses_a_second_live_line_whatever_the_program_thinks(approved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    shutil.copytree(approved, folder)
    ws = open_workspace(folder)
    with payout_store.reading(ws) as store:
        batch, lines, items = store.batch(BAT), store.lines(BAT), store.line_items(BAT)
    other = BAT[:17] + "02"
    swapped = [{**row, "pay_sn": other + row["pay_sn"][19:]} for row in lines.to_dicts()]
    taken = [{**row, "pay_sn": other + row["pay_sn"][19:]} for row in items.to_dicts()]
    import polars as pl

    with pytest.raises(GateError, match="另一有效付款行"), payout_store.writing(ws) as store:
        store.insert_batch({**batch, "bat_no": other}, pl.DataFrame(swapped, schema=lines.schema), pl.DataFrame(taken, schema=items.schema))
    with payout_store.reading(ws) as store:
        assert [b["bat_no"] for b in store.batches()] == [BAT]
    connection = sqlite3.connect(folder / "payouts.sqlite")
    for statement in ("UPDATE lines SET amt = 1", "UPDATE lines SET bankacct = '1'", "DELETE FROM lines", "DELETE FROM log", "UPDATE log SET line = ''",
                      "UPDATE batches SET declared_amt = 1", "UPDATE batches SET state = 'draft', round = round + 2", "UPDATE line_items SET amt = 1",
                      "UPDATE signatures SET person = 'x'", "UPDATE lines SET state = 'paid'", "DELETE FROM signatures", "UPDATE batches SET state = 'closed'",
                      "UPDATE line_items SET item_id = 'x'", "INSERT INTO lines SELECT * FROM lines", "UPDATE log_written SET seq = 0"):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    connection.close()


def test_the_order_of_files_and_rows_changes_nothing(fresh: Workspace, tmp_path: Path) -> None:
    told = []
    for name in ("a", "b"):
        ws = copy_of(fresh, tmp_path / name)
        path = ws.path / "inbox" / "2026-11" / "bank_accounts.csv"
        if name == "b":
            with path.open(encoding="utf-8") as stream:
                header, *body = list(csv.reader(stream))
            for n, row in enumerate(reversed(body)):
                path.with_name(f"bank_accounts_{n}.csv").write_text(",".join(header) + "\n" + ",".join(row) + "\n", encoding="utf-8")
            path.unlink()
        assert nxmed("payout", "build", "2026-11", "--source", "assist", "-w", ws.path).returncode == 0
        told.append(nxmed("payout", "content", BAT, "-w", ws.path).stdout)
    assert told[0] == told[1]
    assert told[0].startswith("nxmed-payout-content/1\n")


def test_later_months_join_what_is_open(fresh: Workspace, tmp_path: Path) -> None:
    ws = copy_of(fresh, tmp_path / "ws")
    publish(ws, [item("I9", "P1", 400)], "2026-12")
    built = json.loads(nxmed("payout", "build", "2026-12", "--source", "assist", "--json", "-w", ws.path).stdout)
    # P1 is paid 4.00 under its own number, PERSON 123.45: two payees of one account make two lines
    assert [(b["bat_no"], b["declared_count"], b["declared_amt"]) for b in built["batches"]] == [("2612A61010064010401", 2, "127.45")]
    held = nxmed("payout", "build", "2026-11", "--source", "assist", "--json", "-w", ws.path)
    assert json.loads(held.stdout)["batches"] == []
