"""回盘: what the bank answers moves lines, opens items again, and nothing is ever paid twice or lost."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from agency import copy_of
from batches import table
from paying import ACCOUNTS, BAT, FEN, HEADER, NEXT, again, answer, batch_state, make, row, sign, states, store_of

from nxmed.cli.main import run
from nxmed.errors import InputRefused, IntegrityError, MissingInput, UsageError
from nxmed.io import payout_store
from nxmed.io.workspace import Workspace
from nxmed.kernel.period import Period
from nxmed.payouts.proofs import store_equations
from nxmed.pipelines.payout_return import import_returns
from nxmed.pipelines.payout_verify import verify_payouts

DECEMBER = Period.parse("2026-12")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Workspace:
    return make(tmp_path_factory.mktemp("exported") / "ws", keys, state="exported")


@pytest.fixture
def ws(exported: Workspace, tmp_path: Path) -> Workspace:
    return copy_of(exported, tmp_path / "ws")


def conserved(ws: Workspace) -> dict[str, int]:
    """Σ 付款项 by class (all of it: 1000.10 元)."""
    with payout_store.reading(ws) as store:
        equations = store_equations("assist", store.item_lines("assist"), store.held("assist"))
    assert all(e.holds for e in equations)
    assert sum(equations[0].left.values()) == 100010
    return equations[0].right


def test_the_four_answers(ws: Workspace) -> None:
    made = answer(ws, row(1, "1", back="100.01"), row(2, "2", back="200.02", reason="户名不符"), row(3, "3", back="300.03"), row(4, "0"))
    assert (made.status, made.accepted, made.same, made.refused.height) == ("imported", 4, 0, 0)
    assert states(ws) == ["paid", "failed", "returned", "in_progress"]
    assert batch_state(ws) == "exported", "one line is still open"
    assert made.reasons == [("failed", "户名不符", 1, 20002), ("returned", "未说明", 1, 30003)]
    # 已付 100.01；在途 400.04；失败退汇待付 200.02 + 300.03
    classes = conserved(ws)
    assert (classes["已付"], classes["在途批次"], classes["失败退汇待付"]) == (10001, 40004, 50005)
    assert verify_payouts(ws).problems == []


def test_the_same_file_again_changes_nothing(ws: Workspace) -> None:
    rows = [row(1, "1"), row(2, "2"), row(9, "1"), row(3, "1", back="300.04")]
    first = answer(ws, *rows)
    kept, log = store_of(ws), (ws.path / "payouts.log.jsonl").read_bytes()
    second = answer(ws, *rows)
    assert (first.status, second.status) == ("imported", "unchanged")
    assert (second.accepted, second.same) == (0, 2)
    assert store_of(ws) == kept
    assert (ws.path / "payouts.log.jsonl").read_bytes() == log
    assert second.finding_counts == first.finding_counts == {"RETURN_AMOUNT": 1, "RETURN_UNKNOWN": 1}


def test_part_files_one_after_the_other_close_the_batch(ws: Workspace) -> None:
    answer(ws, row(1, "1"), row(2, "1"))
    assert batch_state(ws) == "exported"
    answer(ws, row(3, "1"), name="bank_returns_2.csv")
    made = answer(ws, row(4, "1"), name="银行回盘_3.csv", encoding="gb18030")
    assert made.files == ["inbox/2026-12/bank_returns.csv", "inbox/2026-12/bank_returns_2.csv", "inbox/2026-12/银行回盘_3.csv"]
    assert (made.accepted, made.same) == (1, 3)
    assert states(ws) == ["paid"] * 4
    assert batch_state(ws) == "closed"
    assert conserved(ws)["已付"] == 100010


def test_a_return_after_a_success_also_on_a_closed_batch(ws: Workspace, keys: Path) -> None:
    answer(ws, *[row(n, "1") for n in (1, 2, 3, 4)])
    assert batch_state(ws) == "closed"
    late = answer(ws, row(3, "3", day="2027-01-05", back="300.03", reason="账户已销户"), month="2027-01")
    assert late.reasons == [("returned", "账号不存在或已销户", 1, 30003)]
    assert states(ws) == ["paid", "paid", "returned", "paid"]
    assert batch_state(ws) == "closed"
    assert conserved(ws)["失败退汇待付"] == 30003
    same_month = answer(ws, row(4, "3", day="2026-12-20", back="400.04"), name="bank_returns_late.csv")
    assert (same_month.accepted, same_month.same) == (1, 4)
    assert states(ws) == ["paid", "paid", "returned", "returned"]
    assert verify_payouts(ws).problems == []


def test_what_failed_or_came_back_goes_into_the_next_batch_linked_and_signed_anew(ws: Workspace, keys: Path) -> None:
    answer(ws, row(1, "1"), row(2, "2"), row(3, "3"), row(4, "1"))
    new = again(ws, keys)
    assert new.select("pay_sn", "amt", "org_pay_sn").rows() == [
        (f"{NEXT}000001", FEN["P2"], f"{BAT}000002"), (f"{NEXT}000002", FEN["P3"], f"{BAT}000003")]
    early = answer(ws, row(1, "1", bat_no=NEXT), month="2027-01")
    assert early.finding_counts == {"RETURN_UNSENT": 1}
    sign(ws, keys, NEXT, "exported")
    again_paid = answer(ws, row(1, "1", bat_no=NEXT), row(2, "2", bat_no=NEXT), month="2027-01")
    assert again_paid.refused.height == 0
    assert states(ws, NEXT) == ["paid", "failed"]
    # the old line never pays once its item went on
    wrong = answer(ws, row(2, "1", day="2027-01-09", bank="later"), month="2027-01", name="bank_returns_x.csv")
    assert wrong.finding_counts == {"RETURN_REPEATED": 1}
    assert states(ws) == ["paid", "failed", "returned", "paid"]
    # 100.01 + 400.04 + 200.02 = 700.07 已付；300.03 待付
    assert conserved(ws) == {"暂缓": 0, "在途批次": 0, "已付": 70007, "失败退汇待付": 30003, "作废待编": 0}
    assert verify_payouts(ws).problems == []


def test_refused_rows_change_nothing_and_are_told(ws: Workspace) -> None:
    answer(ws, row(1, "1"))
    kept = states(ws)
    other = "2611A61010064010499"
    made = answer(ws, row(1, "1", bank="B9"), row(2, "1", back="200.03"), row(3, "3", back="0.00"), row(9, "1"), row(4, "1", bat_no=other),
                  row(4, "7"), name="bank_returns_2.csv")
    assert made.accepted == 0
    assert states(ws) == kept
    assert made.finding_counts == {"RETURN_AMOUNT": 2, "RETURN_REPEATED": 1, "RETURN_STATUS": 1, "RETURN_UNKNOWN": 2, "UNKNOWN_CODE": 1}
    told = made.refused.select("src_row", "code", "expected", "actual", "diff_amt").rows()
    assert (3, "RETURN_AMOUNT", "200.02", "200.03", 1) in told
    assert (4, "RETURN_AMOUNT", "300.03", "0.00", -30003) in told
    with payout_store.reading(ws) as store:
        assert sorted(str(f["code"]) for f in store.findings() if f["scope"] == "import-return" and str(f["code"]).startswith("RETURN")) == [
            "RETURN_AMOUNT", "RETURN_AMOUNT", "RETURN_REPEATED", "RETURN_STATUS", "RETURN_UNKNOWN", "RETURN_UNKNOWN"]
    assert [p.name for p in made.quarantine] == ["回盘拒收.xlsx"]
    sheet = openpyxl.load_workbook(made.quarantine[0]).active
    assert sheet is not None
    shown = [[c.value for c in r] for r in sheet.iter_rows()]
    head = next(i for i, r in enumerate(shown) if r[0] == "文件")
    assert [r[7] for r in shown[head + 1:]] == ["RETURN_REPEATED", "RETURN_AMOUNT", "RETURN_AMOUNT", "RETURN_UNKNOWN", "RETURN_UNKNOWN", "RETURN_STATUS"]
    assert verify_payouts(ws).problems == []


def test_the_workbook_of_refused_rows_goes_when_nothing_is_refused_any_more(ws: Workspace) -> None:
    bad = answer(ws, row(1, "1", back="1.00"))
    assert bad.quarantine[0].is_file()
    good = answer(ws, row(1, "1", back="100.01"))
    assert (good.accepted, good.quarantine, good.finding_counts) == (1, [], {})
    assert not bad.quarantine[0].exists()


def test_rows_that_do_not_pass_the_door_are_counted_and_sent_back(ws: Workspace) -> None:
    made = answer(ws, row(1, "1"), row(2, "1", day="2026-13-45"), row(3, "1", back="一百"))
    assert (made.rows, made.accepted, made.rejected) == (3, 1, 2)
    assert states(ws) == ["paid", "pending", "pending", "pending"]
    assert [p.name for p in made.quarantine] == ["bank_returns_拒收.xlsx"]


def test_a_trial_changes_nothing(ws: Workspace) -> None:
    path = ws.inbox / "2026-12" / "bank_returns.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([HEADER, row(1, "1"), row(9, "1")]), "utf-8")
    before = store_of(ws)
    made = import_returns(ws, DECEMBER, dry_run=True)
    assert (made.status, made.accepted, made.refused.height) == ("dry_run", 1, 1)
    assert store_of(ws) == before
    assert not (ws.quarantine / "2026-12").exists()


def test_a_workbook_of_the_bank(ws: Workspace) -> None:
    folder = ws.inbox / "2026-12"
    folder.mkdir(parents=True)
    book = xlsxwriter.Workbook(str(folder / "银行回盘.xlsx"))
    sheet = book.add_worksheet()
    titles = ["批次号", "业务参考号", "处理状态", "交易日期", "银行流水号", "返回码", "失败原因", "退回金额"]
    rows = [titles, [BAT, f"{BAT}000001", "交易成功", "2026-12-03", "", "", "", ""], [BAT, f"{BAT}000002", "退回", "2026-12-04", "", "", "账户冻结", "200.02"]]
    for r, cells in enumerate(rows):
        for c, cell in enumerate(cells):
            sheet.write_string(r, c, cell)
    book.close()
    assert import_returns(ws, DECEMBER).accepted == 2
    assert states(ws) == ["paid", "returned", "pending", "pending"]


def bank_file(ws: Workspace, *rows: tuple[int, str, str], name: str = "工行回盘.csv") -> Path:
    path = ws.path / name
    titles = [c["title"] for c in table("gbk-csv")["return"]["columns"]]
    lines = [f"{BAT},{BAT}{n:06d},{amount},{state},20261203,YH{n},0000,," for n, state, amount in rows]
    path.write_bytes("\r\n".join([",".join(titles), *lines, ""]).encode("gb18030"))
    return path


def test_a_file_in_the_banks_own_form(ws: Workspace) -> None:
    path = bank_file(ws, (1, "成功", "100.01"), (2, "失败", "200.02"), (3, "成功", "300.04"), (4, "查无此状态", "400.04"))
    made = import_returns(ws, None, file=path, layout="gbk-csv")
    assert (made.period, made.rows, made.accepted, made.refused.height, made.rejected) == ("2026-12", 4, 2, 1, 1)
    assert states(ws) == ["paid", "failed", "pending", "pending"]
    assert made.finding_counts == {"RETURN_AMOUNT": 1, "RETURN_UNREADABLE": 1}
    kept = store_of(ws)
    assert import_returns(ws, None, file=path, layout="gbk-csv").status == "unchanged"
    assert store_of(ws) == kept
    # the inbox tells the same answers: nothing new, findings of either stand beside each other
    both = answer(ws, f"{BAT},{BAT}000001,1,2026-12-03,YH1,0000,,")
    assert (both.same, both.accepted) == (1, 0)
    assert verify_payouts(ws).problems == []


def test_what_the_command_line_must_say(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="银行回盘"):
        import_returns(ws, DECEMBER)
    with pytest.raises(UsageError, match="一起写"):
        import_returns(ws, DECEMBER, file=tmp_path / "x")
    with pytest.raises(UsageError, match="要写月份"):
        import_returns(ws, None)
    with pytest.raises(MissingInput, match="没有这个文件"):
        import_returns(ws, None, file=tmp_path / "x", layout="gbk-csv")
    (tmp_path / "cut.csv").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InputRefused):
        import_returns(ws, None, file=tmp_path / "cut.csv", layout="gbk-csv")


def test_a_tampered_batch_takes_no_answer(ws: Workspace) -> None:
    with payout_store._open(payout_store.path_of(ws)) as connection:
        guard = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'line_fixed'").fetchone()[0]
        connection.execute("DROP TRIGGER line_fixed")
        connection.execute("UPDATE lines SET amt = amt + 1 WHERE row_no = 1")
        connection.execute(guard)
    with pytest.raises(IntegrityError):
        answer(ws, row(1, "1"))
    assert states(ws) == ["pending"] * 4


def test_the_screen(ws: Workspace, capfd: pytest.CaptureFixture[str]) -> None:
    answer(ws, row(1, "1"), row(2, "2", reason=f"账号 {ACCOUNTS['P2']} 户名不符"), row(3, "1", back="300.04"), f"{BAT},{ACCOUNTS['P4']},1,,,,,")
    for words, code in (((), 0), (("--json",), 0), (("--strict",), 10)):
        assert run(["payout", "import-return", "2026-12", *words, "-w", str(ws.path)]) == code
        said, progress = capfd.readouterr()
        assert not any(account in said + progress for account in ACCOUNTS.values())
        if words == ("--json",):
            told = json.loads(said)
            assert (told["status"], told["same"], told["refused"]) == ("unchanged", 2, 2)
            assert told["findings"] == {"RETURN_AMOUNT": 1, "RETURN_UNKNOWN": 1}
            assert told["batches"][0]["now"]["paid"] == {"count": 1, "amt": "100.01"}
        elif not words:
            assert "没有新内容，未变" in said
            assert "回盘金额 300.04 元，付款 300.03 元" in said
    quarantine = openpyxl.load_workbook(ws.quarantine / "2026-12" / "回盘拒收.xlsx").active
    assert quarantine is not None
    assert not any(account in str([[c.value for c in r] for r in quarantine.iter_rows()]) for account in ACCOUNTS.values())
    kept = store_of(ws)
    assert "账号 ****0002 户名不符" in str(kept["returns"])
    assert not any(account in str(kept["findings"]) + str(kept["returns"]) for account in ACCOUNTS.values())
