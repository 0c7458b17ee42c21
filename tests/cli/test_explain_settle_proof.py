"""机构结算说明的证明 (the replay refuses what has changed, keeps to what the run saw), the command itself, and the payment."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from settled import CERTNO, DEC, NOV, agencys, dingxi, settled, steps, titled, two_months, write

from nxmed.cli.main import run
from nxmed.cli.text import language_in, set_lang
from nxmed.errors import IntegrityError
from nxmed.io import payout_store
from nxmed.io.payout_rows import BATCH_COLUMNS
from nxmed.io.runs import newest, scan_table
from nxmed.io.workspace import Workspace
from nxmed.pipelines.explain_settle_payable import explain_payable
from nxmed.pipelines.explain_settle_row import explain_settlement
from nxmed.pipelines.explain_settle_stay import explain_stay
from nxmed.pipelines.resolve import resolve_break
from nxmed.settlements import repricing, room
from tests.settlements.month import H1, settlement

INBOX = "inbox/2026-11/settlements.csv"


@pytest.fixture
def agency(tmp_path: Path) -> Workspace:
    ws = two_months(tmp_path / "ws")
    settled(ws, NOV)
    return ws


def item(ws: Workspace) -> dict[str, Any]:
    done = newest(ws, "settle", NOV)
    assert done is not None
    rows = scan_table(done, "payout_items").filter(pl.col("source_key") == f"{H1}|310100").collect()
    return rows.row(0, named=True)


# the proof

def changed(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace("样例人", "样例某", 1), "utf-8")


def gone(path: Path) -> None:
    path.unlink()


def broken(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize("what", [changed, gone, broken])
def test_a_file_that_is_not_as_it_was_refuses_every_story(agency: Workspace, what: Any) -> None:
    what(agency.path / INBOX)
    with pytest.raises(IntegrityError, match=re.escape(INBOX)):
        explain_settlement(agency, "S1")
    with pytest.raises(IntegrityError, match=re.escape(INBOX)):
        explain_payable(agency, H1, "310100")
    with pytest.raises(IntegrityError, match=re.escape(INBOX)):
        explain_stay(agency, "B2")


def test_numbers_of_the_policy_that_changed_refuse_too(agency: Workspace) -> None:
    agency.policy_path.write_text('[settle.large_fee]\nvalues = [{ since = 2021-01-01, value = "5.00", source = "样例" }]\n', "utf-8")
    with pytest.raises(IntegrityError, match=r"policy\.toml"):
        explain_settlement(agency, "S1")


@pytest.mark.parametrize(("table", "column", "ask"), [
    ("statement_rows", "recognised_310100", lambda ws: explain_settlement(ws, "K1")),
    ("statement_breaks", "fund_pay_sumamt", lambda ws: explain_settlement(ws, "S2")),
    ("payables", "dpst_amt", lambda ws: explain_settlement(ws, "S1")),
    ("payables", "act_dfr_amt", lambda ws: explain_payable(ws, H1, "310100")),
])
def test_a_replay_that_differs_refuses(agency: Workspace, monkeypatch: pytest.MonkeyPatch, table: str, column: str, ask: Any) -> None:
    ask(agency)
    plain = room.settle_bucket

    def other(*given: Any) -> Any:
        made = plain(*given)
        if table == "statement_rows":
            return replace(made, others=made.others.with_columns(pl.col(column) + 1))
        return replace(made, tables={**made.tables, table: made.tables[table].with_columns(pl.col(column) + 1)})

    monkeypatch.setattr(room, "settle_bucket", other)
    with pytest.raises(IntegrityError, match=column):
        ask(agency)


def test_a_stay_whose_replay_differs_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = dingxi(tmp_path / "ws")
    settled(ws, NOV)
    plain = repricing.priced

    def other(inputs: Any) -> Any:
        rows, skipped = plain(inputs)
        return rows.with_columns(pl.col("fund_amt") + 1), skipped

    monkeypatch.setattr(repricing, "priced", other)
    with pytest.raises(IntegrityError, match="fund_amt"):
        explain_stay(ws, "W1")


def test_a_published_table_that_was_changed_is_not_believed(agency: Workspace) -> None:
    done = newest(agency, "settle", NOV)
    assert done is not None
    path = done.folder / "statement_rows.parquet"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-8] + b"PAR1PAR1")
    with pytest.raises(IntegrityError):
        explain_settlement(agency, "S1")


def test_what_came_later_takes_no_part(agency: Workspace) -> None:
    """Files put beside those of the month, decisions of later months and later runs leave the proof of November as it was."""
    before = explain_settlement(agency, "S4", NOV).replayed
    done = newest(agency, "settle", NOV)
    assert done is not None
    ids = {r["setl_id"]: r["break_id"] for r in scan_table(done, "statement_breaks").filter(
        pl.col("refd_setl_flag") == "0").collect().iter_rows(named=True)}
    resolve_break(agency, ids["S4"], "agency", "一")   # recorded, and read by no run yet
    told = steps(explain_settlement(agency, "S4", NOV))
    assert "还没有结算读到" in told["处理决定"].how.zh
    settled(agency, NOV)                               # November reads it
    resolve_break(agency, ids["S3"], "agency", "二")
    resolve_break(agency, ids["M1"], "reject", "三")
    settled(agency, DEC)                               # December reads the two others
    write(agency.path, "2027-01", "settlements", agencys([settlement("Z1")]))
    extra = agency.path / "inbox" / "2026-11" / "settlements_2.csv"
    extra.write_text((agency.path / INBOX).read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    after = explain_settlement(agency, "S4", NOV).replayed
    assert (before["recognised_amt"], after["recognised_amt"]) == ("0.00", "800.00")
    assert explain_settlement(agency, "S3", NOV).replayed == {"stmt_diff": "04", "recognised_amt": "0.00"}
    assert explain_settlement(agency, "S3").replayed == {"stmt_diff": "04", "recognised_amt": "800.00"}
    assert steps(explain_settlement(agency, "M1"))["结论"].value.zh == "不付"


# the command

def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """A command's exit code, result and messages, without a process of its own."""
    set_lang(language_in([str(w) for w in words]) or "zh")
    code = run([str(w) for w in words])
    set_lang(None)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_the_commands_on_screen_and_as_json(agency: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ws = dingxi(tmp_path / "dx")
    settled(ws, NOV)
    for folder, words in ((agency.path, ["settlement", "S2", "-p", "2026-11"]), (agency.path, ["settlement", "S6", "--refund"]),
                          (agency.path, ["payable", H1, "310100"]), (agency.path, ["stay", "B2", "--provider", H1]), (ws.path, ["stay", "C1"])):
        code, chinese, messages = said(capsys, "explain", *words, "--lang", "zh", "-w", folder)
        assert (code, messages) == (0, "")
        assert chinese.splitlines()[-1].startswith("✔ 重算一致：")
        english = said(capsys, "explain", *words, "--lang", "en", "-w", folder)[1]
        assert english.splitlines()[-1].startswith("✔ replay equal: ")
        own = re.sub("超限用药|重复收费", "", english)  # what the agency wrote on its deductions
        assert not re.findall("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+", own), own
        document = said(capsys, "explain", *words, "--json", "-w", folder)[1]
        story = json.loads(document)
        assert (story["schema"], story["replay"]["equal"]) == ("nxmed.explain/1", True)
        assert all(s["zh"] and s["en"] for s in story["steps"])
        assert CERTNO not in chinese + english + document


def test_exit_codes(agency: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    def code(*words: str) -> int:
        return said(capsys, "explain", *words, "-w", agency.path)[0]

    assert code("settlement", "NOPE") == 6
    assert code("payable", H1, "999997") == 6
    assert code("stay", "S1") == 6
    assert code("settlement", "S1", "-p", "2026-13") == 2
    changed(agency.path / INBOX)
    assert code("settlement", "S1") == 7


# batch and bank

def batch_of(row: dict[str, Any]) -> tuple[dict[str, Any], pl.DataFrame, pl.DataFrame]:
    number = f"2611S{row['fund_pay_type']}{row['insu_admdvs']}01"
    batch = {**dict.fromkeys(BATCH_COLUMNS), "bat_no": number, "source": "settle", "period": "2026-11", "fund_pay_type": row["fund_pay_type"],
             "insu_admdvs": row["insu_admdvs"], "declared_count": 1, "declared_amt": row["amt"], "content_sha256": "0" * 64}
    pay_sn = number + "000001"
    line = pl.DataFrame({"pay_sn": pay_sn, "row_no": 1, "payee_type": "5", "payee_code": H1, "payee_name": "样例医院",
                         "bankacct": "6222020000000000001", "acctname": "样例医院", "bankcode": None, "bank_name": None, "acct_type": None,
                         "amt": row["amt"], "usage": "医保结算款", "postscript": "x", "org_pay_sn": None})
    link = pl.DataFrame({"pay_sn": pay_sn, "item_id": row["item_id"], "amt": row["amt"], "source_key": row["source_key"], "period": "2026-11",
                         "run_id": "settle-2026-11", "rule": row["rule"], "org_pay_sn": None})
    return batch, line, link


def test_a_payable_shows_its_batch_signatures_and_the_banks_answer(agency: Workspace) -> None:
    row = item(agency)
    batch, line, link = batch_of(row)
    number, pay_sn = batch["bat_no"], line["pay_sn"][0]
    with agency.lock("payout build"), payout_store.writing(agency) as store:
        store.insert_batch(batch, line, link)
    draft = steps(explain_payable(agency, H1, "310100"))
    assert (draft["批次"].value.zh, draft["批次"].how.zh, draft["批次"].source.zh) == ("草稿", "还没有签名", number)
    assert (draft["银行付款行"].value.zh, draft["银行付款行"].source.zh) == ("待付", pay_sn)
    with agency.lock("payout"), payout_store.writing(agency) as store:
        for step, state, person in (("submit", "submitted", "zhang"), ("review", "reviewed", "li"), ("approve", "approved", "wang")):
            store.sign({"bat_no": number, "round": 1, "step": step, "person": person, "fingerprint": person, "at": "2026-12-01T09:00:00",
                        "statement": "x", "signature": "x"})
            store.set_state(number, state)
        store.set_state(number, "exported")
        store.apply_returns(number, pl.DataFrame({
            "pay_sn": [pay_sn], "state": ["failed"], "pay_stas": ["2"], "amt": [row["amt"]], "tran_date": [date(2026, 12, 2)], "bank_sn": ["B1"],
            "ret_code": ["E01"], "pay_fail_desc": ["户名不符"], "ret_amt": [None], "period": ["2026-12"], "src_file": ["inbox/2026-12/bank_returns.csv"],
            "src_row": [2], "src_sha256": ["0" * 64]}))
    told = steps(explain_payable(agency, H1, "310100"))
    assert told["批次"].value.zh == "已办结"
    assert all(f"{who} 2026-12-01" in told["批次"].how.zh for who in ("zhang", "li", "wang"))
    assert told["银行付款行"].value.zh == "失败"
    assert "失败 2026-12-02 E01 户名不符" in told["银行付款行"].how.zh
    assert [s.value.zh for s in titled(explain_settlement(agency, "S1"), "银行付款行")] == ["失败"]
    story = json.dumps(explain_payable(agency, H1, "310100").as_json(), ensure_ascii=False)
    assert "6222020000000000001" not in story


def test_an_item_that_is_held_says_so(agency: Workspace) -> None:
    row = item(agency)
    held = pl.DataFrame({**{k: row[k] for k in ("source", "item_id", "source_key", "fund_pay_type", "payee_type", "payee_code", "amt",
                                                "insu_admdvs", "rule")}, "period": "2026-11", "run_id": "x", "reason": "no_account"})
    with agency.lock("payout build"), payout_store.writing(agency) as store:
        store.replace_held("settle", held)
    told = steps(explain_payable(agency, H1, "310100"))["拨付"]
    assert (told.value.zh, told.how.zh) == ("暂缓", "没有有效的待遇发放账户")
