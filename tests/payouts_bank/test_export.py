"""导出: only what three people approved, the same bytes every time, private files, and what was tampered with is refused."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
from pathlib import Path

import openpyxl
import pytest
from agency import copy_of
from paying import ACCOUNTS, BAT, PAYER, command, make, registered, sign, store_of

from nxmed.cli.main import run
from nxmed.errors import GateError, InputRefused, IntegrityError, UsageError
from nxmed.io import payout_store
from nxmed.io.payout_files import folder_of
from nxmed.io.workspace import Workspace, open_workspace
from nxmed.pipelines.payout_export import export_batch, review_sheet
from nxmed.pipelines.payout_verify import verify_payouts


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Workspace:
    return make(tmp_path_factory.mktemp("approved") / "ws", keys)


@pytest.fixture
def ws(approved: Workspace, tmp_path: Path) -> Workspace:
    return copy_of(approved, tmp_path / "ws")


def files(ws: Workspace) -> dict[str, bytes]:
    folder = folder_of(ws, "2026-11", BAT)
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())} if folder.is_dir() else {}


@pytest.mark.parametrize("state", ["draft", "submitted", "reviewed"])
def test_nothing_leaves_before_the_third_signature(tmp_path: Path, keys: Path, state: str) -> None:
    ws = make(tmp_path / "ws", keys, state=state)
    with pytest.raises(GateError, match="不能导出"):
        export_batch(ws, BAT)
    assert not (ws.outbox / "2026-11" / "payout").exists()


def test_the_files_of_an_approved_batch(ws: Workspace) -> None:
    made = export_batch(ws, BAT)
    assert made.status == "exported"
    found = files(ws)
    assert sorted(found) == [f"{BAT}.csv", f"{BAT}.xml", f"{BAT}_付款审核簿.xlsx", "SHA256SUMS"]
    text = found[f"{BAT}.csv"].decode("gbk")
    assert "总笔数" not in text.splitlines()[0]
    assert f"合计,4,{'1000.10'}" in text
    for account in (*ACCOUNTS.values(), PAYER):
        assert account in text
    sums = dict(reversed(line.split("  ")) for line in found["SHA256SUMS"].decode().splitlines())
    assert sums == {n: hashlib.sha256(c).hexdigest() for n, c in found.items() if n != "SHA256SUMS"}
    folder = folder_of(ws, "2026-11", BAT)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}
    assert [p.name for p in folder.parent.iterdir()] == [BAT]
    assert all(e.holds for e in made.equations)
    with payout_store.reading(ws) as store:
        assert store.batch(BAT)["state"] == "exported"
        assert {f["name"]: f["sha256"] for f in store.exports(BAT)} == {n: hashlib.sha256(c).hexdigest() for n, c in found.items()}
        last = store.log_entries()[-1]
    assert last["action"] == "export"
    assert last["detail"]["files"] == {n: hashlib.sha256(c).hexdigest() for n, c in found.items()}
    assert verify_payouts(ws).problems == []


def test_exporting_again_gives_the_same_files_and_changes_nothing(ws: Workspace) -> None:
    export_batch(ws, BAT)
    first, kept = files(ws), store_of(ws)
    times = {p.name: p.stat().st_mtime_ns for p in folder_of(ws, "2026-11", BAT).iterdir()}
    assert export_batch(ws, BAT).status == "same"
    assert (files(ws), store_of(ws)) == (first, kept)
    assert {p.name: p.stat().st_mtime_ns for p in folder_of(ws, "2026-11", BAT).iterdir()} == times
    (folder_of(ws, "2026-11", BAT) / f"{BAT}.csv").unlink()
    assert export_batch(ws, BAT).status == "put_back"
    assert files(ws) == first
    shutil.rmtree(folder_of(ws, "2026-11", BAT))
    assert export_batch(ws, BAT).status == "put_back"
    assert files(ws) == first
    assert verify_payouts(ws).problems == []


def test_another_machine_gives_the_same_bytes(ws: Workspace, tmp_path: Path) -> None:
    other = copy_of(ws, tmp_path / "elsewhere" / "deep")
    export_batch(ws, BAT)
    done = command(other, "payout", "export", BAT, env={"TZ": "America/New_York", "LC_ALL": "C"})
    assert done.returncode == 0, done.stderr
    assert files(other) == files(ws)


def test_a_trial_writes_nothing(ws: Workspace) -> None:
    before = store_of(ws)
    assert export_batch(ws, BAT, dry_run=True).status == "dry_run"
    assert store_of(ws) == before
    assert not (ws.outbox / "2026-11" / "payout" / BAT).exists()


def test_a_changed_file_is_refused_with_7(ws: Workspace) -> None:
    export_batch(ws, BAT)
    path = folder_of(ws, "2026-11", BAT) / f"{BAT}.csv"
    path.write_bytes(path.read_bytes().replace(b"100.01", b"900.01"))
    with pytest.raises(IntegrityError, match=r"被改动"):
        export_batch(ws, BAT)
    assert any(f"{BAT}.csv" in w for w, *_ in verify_payouts(ws).problems)
    path.unlink()
    (path.parent / "more.csv").write_text("x")
    with pytest.raises(IntegrityError, match=r"more\.csv"):
        export_batch(ws, BAT)


@pytest.mark.parametrize("change", [
    "UPDATE lines SET bankacct = '6222020200112299999' WHERE row_no = 2", "UPDATE lines SET amt = 99999999 WHERE row_no = 1",
    "UPDATE lines SET acctname = '别人' WHERE row_no = 3", "UPDATE batches SET declared_amt = declared_amt + 1",
    "UPDATE line_items SET amt = amt + 1", "UPDATE signatures SET person = 'sun' WHERE step = 'approve'"])
def test_one_changed_cell_in_the_store_and_nothing_leaves(ws: Workspace, change: str) -> None:
    connection = sqlite3.connect(payout_store.path_of(ws))
    kept = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in kept:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(change)
    for _, sql in kept:  # the guards are back, only the cell differs
        connection.execute(sql)
    connection.commit()
    connection.close()
    with pytest.raises(IntegrityError):
        export_batch(ws, BAT)
    assert not (ws.outbox / "2026-11" / "payout" / BAT).exists()


def test_a_key_taken_from_the_register_stops_the_export(ws: Workspace) -> None:
    path = ws.path / "allowed_signers"
    path.write_text("".join(x for x in path.read_text("utf-8").splitlines(True) if not x.startswith("wang")), "utf-8")
    with pytest.raises(GateError, match="没有登记"):
        export_batch(ws, BAT)


def test_layouts_by_name_and_one_form_only(ws: Workspace) -> None:
    with pytest.raises(UsageError, match="没有这个银行版式"):
        export_batch(ws, BAT, ["icbc"])
    made = export_batch(ws, BAT, ["fixed-fen"])
    assert made.layouts == ["fixed-fen"]
    assert f"{BAT}_001.txt" in files(ws)
    assert f"{BAT}.csv" not in files(ws)
    assert export_batch(ws, BAT).status == "same", "again without a name: as the first time"
    with pytest.raises(IntegrityError):
        export_batch(ws, BAT, ["gbk-csv"])
    assert f"{BAT}.csv" not in files(ws)


def test_a_name_that_does_not_fit_stops_the_export_and_is_not_shown(tmp_path: Path, keys: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ws = make(tmp_path / "ws", keys, accounts=registered(P2="㛃" * 11))
    with pytest.raises(InputRefused) as caught:
        export_batch(ws, BAT, ["fixed-fen"])
    assert "第 2 行 收款户名" in caught.value.text
    assert "㛃" not in caught.value.text
    before = store_of(ws)
    assert run(["payout", "export", BAT, "--layout", "fixed-fen", "-w", str(ws.path)]) == 3
    said = "".join(capfd.readouterr())
    assert "第 2 行 收款户名" in said
    assert ACCOUNTS["P2"] not in said
    assert store_of(ws) == before
    made = export_batch(ws, BAT)  # the CSV may turn to GB18030, and says so
    assert any("GB18030" in zh for zh, _ in made.notes)
    assert "㛃" * 11 in files(ws)[f"{BAT}.csv"].decode("gb18030")


def test_without_a_payer_account_there_is_no_message_and_that_is_said(tmp_path: Path, keys: Path) -> None:
    ws = make(tmp_path / "ws", keys, accounts=registered(payer=False))
    made = export_batch(ws, BAT)
    assert f"{BAT}.xml" not in files(ws)
    assert any("没有写 pain.001" in zh for zh, _ in made.notes)
    assert export_batch(ws, BAT).status == "same"


def test_the_screen_shows_no_account_in_full(ws: Workspace, capfd: pytest.CaptureFixture[str]) -> None:
    for words in (("payout", "export", BAT), ("payout", "export", BAT, "--json"), ("payout", "show", BAT), ("payout", "review-sheet", BAT)):
        assert run([*words, "-w", str(ws.path)]) == 0
        said = "".join(capfd.readouterr())
        assert BAT in said
        for account in (*ACCOUNTS.values(), PAYER):
            assert account not in said
    log = (ws.path / "payouts.log.jsonl").read_text("utf-8")
    assert not any(account in log for account in ACCOUNTS.values())


# -- 审核簿

def cells(path: Path) -> dict[str, list[list[object]]]:
    book = openpyxl.load_workbook(path)
    return {s.title: [[c.value for c in r] for r in s.iter_rows()] for s in book.worksheets}


def test_what_the_reviewer_reads(tmp_path: Path, keys: Path) -> None:
    ws = make(tmp_path / "ws", keys, state="submitted", accounts=[a for a in registered() if a["ptcp_code"] != "P4"])
    path = review_sheet(ws, BAT)
    assert path == ws.outbox / "2026-11" / "payout" / f"{BAT}_付款审核簿.xlsx"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    sheets = cells(path)
    assert list(sheets) == ["封面", "付款行", "付款项", "暂缓"]
    cover = {str(r[0]): r[1] for r in sheets["封面"] if r[0]}
    # 100.01 + 200.02 + 300.03 = 600.06
    assert cover["总笔数"] == 3
    assert str(cover["总金额（小写）"]) == "600.06"
    assert cover["总金额（大写）"] == "人民币陆佰元零陆分"
    assert [r[2] for r in sheets["封面"] if r[0] == "经办（提交）"] == ["zhang"]
    assert "复核" not in cover, "not signed yet"
    with payout_store.reading(ws) as store:
        assert str(cover["日志链头（制表时）"]).endswith(store.head()[1])
        assert cover["内容 sha256"] == store.batch(BAT)["content_sha256"]
    flat = str(sheets)
    assert "经办：" in flat
    assert "审批：" in flat
    assert not any(a in flat for a in (*ACCOUNTS.values(), PAYER))
    assert "***************0001" in flat
    assert [r[6] for r in sheets["暂缓"][3:4]] == [400.04]
    assert sheets["暂缓"][3][7] == "没有有效的待遇发放账户"
    formulas = [v for rows in sheets.values() for r in rows for v in r if isinstance(v, str) and v.startswith("=")]
    assert formulas
    assert all(f.startswith("=SUBTOTAL(109,") for f in formulas)
    first = path.read_bytes()
    assert review_sheet(ws, BAT).read_bytes() == first
    elsewhere = tmp_path / "给复核.xlsx"
    assert review_sheet(ws, BAT, elsewhere) == elsewhere
    assert verify_payouts(ws).problems == []


def test_the_workbook_of_the_export_is_as_of_the_approval(ws: Workspace, keys: Path) -> None:
    with payout_store.reading(ws) as store:
        head = store.head()[1]
    export_batch(ws, BAT)
    cover = {str(r[0]): r for r in cells(folder_of(ws, "2026-11", BAT) / f"{BAT}_付款审核簿.xlsx")["封面"] if r[0]}
    assert str(cover["日志链头（审批时）"][1]).endswith(head)
    assert [cover[s][2] for s in ("经办（提交）", "复核", "审批")] == ["zhang", "li", "wang"]
    with payout_store.reading(ws) as store:
        prints = {s["step"]: s["fingerprint"] for s in store.signatures(BAT)}
    assert cover["审批"][1] == prints["approve"]


def test_a_rejected_round_stays_in_the_workbook(tmp_path: Path, keys: Path) -> None:
    from nxmed.pipelines.payout_steps import sign_step

    ws = make(tmp_path / "ws", keys, state="submitted")
    sign_step(ws, BAT, "reject", key=keys / "li", reason="账户待核")
    sign(ws, keys, BAT, "exported")
    rows = cells(folder_of(ws, "2026-11", BAT) / f"{BAT}_付款审核簿.xlsx")["封面"]
    assert [(r[0], r[4]) for r in rows if r[0] in ("经办（提交）", "复核", "审批", "退回")] == [
        ("经办（提交）", 1), ("退回", 1), ("经办（提交）", 2), ("复核", 2), ("审批", 2)]


def test_leavings_of_a_dead_export_are_removed(ws: Workspace) -> None:
    folder = ws.outbox / "2026-11" / "payout" / f".nxmed-999999-{BAT}"
    folder.mkdir(parents=True)
    (folder / "x").write_text("x")
    export_batch(open_workspace(ws.path), BAT)
    assert os.listdir(folder.parent) == [BAT]


def test_a_list_too_long_to_read_shows_its_largest_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import polars as pl
    from batches import batch, line, lines

    from nxmed.payouts.shapes import LINE_ITEM
    from nxmed.report import payout_review

    monkeypatch.setattr(payout_review, "SHEET_ROWS", 5)
    monkeypatch.setattr(payout_review, "LARGEST", 3)
    of = lines(*[line(n, amt=n * 100) for n in range(1, 7)])  # 1 + 2 + … + 6 = 21 元
    items = of.select("pay_sn", item_id=pl.col("pay_sn"), amt="amt").with_columns(
        **{n: pl.lit(None, t) for n, t in LINE_ITEM.items() if n not in ("pay_sn", "item_id", "amt")})
    made = payout_review.Review(batch(of), 1, "a" * 64, of, items, [], (1, "b" * 64), "制表时", "草稿", "医疗救助", "医疗救助")
    payout_review.write_review(tmp_path / "x.xlsx", made)
    sheet = cells(tmp_path / "x.xlsx")["付款行"]
    assert sheet[0][0] == "共 6 行，21.00 元；这里列金额最大的 3 行，全部见 nxmed sql 的 payout_lines。"
    assert [r[9] for r in sheet[3:6]] == [6, 5, 4]
