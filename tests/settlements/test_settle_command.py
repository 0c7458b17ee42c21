"""从文件到交付: files of two months through the commands; the provider's workbook as its finance clerk reads it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from nxmed.io.resources import contracts
from nxmed.kernel.money import yuan
from nxmed.settlements.shapes import AMOUNTS
from tests.settlements.month import H1, H2, detail, provider, refund, settlement, totals

FEN = (*AMOUNTS, "turnover_fund", "matn_headcap_amt", "det_amt", "cash_payamt")


def nxmed(*words: str, folder: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "NXMED_WORKSPACE": str(folder)}
    done = subprocess.run([sys.executable, "-m", "nxmed", *words], capture_output=True, text=True, env=env, check=False)
    assert not check or done.returncode == 0, done.stderr + done.stdout
    return done


def rows_of(folder: Path, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(nxmed("sql", "--json", query, folder=folder).stdout)
    return found


def write(folder: Path, month: str, name: str, contract: str, rows: list[dict[str, Any]], more: tuple[str, ...] = ()) -> None:
    columns = [c.id for c in contracts()[contract].columns if not c.optional or c.id in more]

    def cell(name_: str, value: Any) -> str:
        if value is None:
            return ""
        if name_ == "dpst_rat":
            return str(Decimal(value).scaleb(-6))
        return yuan(value) if name_ in FEN and isinstance(value, int) else str(value)

    place = folder / "inbox" / month
    place.mkdir(parents=True, exist_ok=True)
    lines = [",".join(columns), *(",".join(cell(c, r.get(c)) for c in columns) for r in rows)]
    (place / name).write_text("\n".join(lines) + "\n", "utf-8")


def full(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "psn_name": "样例人", "certno": "640104199001010018", "setl_type": "2"}


def register() -> list[dict[str, Any]]:
    names = {H1: "样例第一医院", H2: "样例药店"}
    return [{**provider(c, dpst_rat="0.05"), "fixmedins_name": names[c], "fixmedins_type": "1", "hosp_lv": "02", "cntr_stas": "1",
             "clr_way": "10"} for c in (H1, H2)]


A = [settlement("S1"), settlement("S2"), settlement("S3"), settlement("S4"), refund("S1"), settlement("S6", "500.00"),
     settlement("K1", fixmedins_code=H2)]
D = [detail(A[0]), detail(A[1], fund_pay_sumamt="701.00"), detail(A[2], clr_type="21"), detail(A[4]), detail(A[5]),
     detail(A[5], src_row=9), detail(settlement("X9"))]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("agency") / "ws"
    nxmed("init", str(folder), "--region", "ningxia", folder=folder)
    write(folder, "2026-11", "providers.csv", "providers", register())
    write(folder, "2026-11", "结算明细_11月.csv", "settlements", [full(r) for r in A])
    write(folder, "2026-11", "provider_details_H1.csv", "provider_details", D, ("insutype", "clr_type"))
    write(folder, "2026-11", "provider_totals.csv", "provider_totals", [{**t, "cash_payamt": 0} for t in totals(A)])
    write(folder, "2026-11", "审核扣款_11月.csv", "deductions", [{
        "fixmedins_code": H1, "fund_pay_type": "310100", "det_sn": "D1", "det_type": "10", "det_amt": 5_000, "det_rea": "=超限用药"}])
    write(folder, "2026-12", "settlements.csv", "settlements", [full(settlement("T1"))])
    (folder / "inbox" / "2026-12" / f"provider_details_{H1}_12.txt").write_text(
        "T1\tMT1\tP1\t1000.00\t700.00\t100.00\t0\tnull\nS1\tMS1\tP1\t1000.00\t700.00\t100.00\t0\tnull\n", "utf-8")
    nxmed("settle", "2026-11", folder=folder)
    return folder


def test_the_month_as_published(workspace: Path) -> None:
    rows = rows_of(workspace, "select setl_id, refd_setl_flag, copy_no, stmt_diff, state from statement_rows where period = '2026-11' order by 1, 2, 3")
    assert [tuple(r.values()) for r in rows] == [
        ("K1", "0", 1, "00", "recognised"), ("S1", "0", 1, "00", "recognised"), ("S1", "1", 1, "00", "recognised"), ("S2", "0", 1, "03", "waiting"),
        ("S3", "0", 1, "04", "waiting"), ("S4", "0", 1, "02", "waiting"), ("S6", "0", 1, "00", "recognised"), ("S6", "0", 2, "06", "repeated"),
        ("X9", "0", 1, "01", "waiting")]
    owed = rows_of(workspace, f"select fund_pay_type, recognised_amt, det_amt, dpst_amt, act_dfr_amt from payables where fixmedins_code = '{H1}' order by 1")
    # pool: 700 − 700 + 500 = 500.00; 5 % of (500 − 50) = 22.50; paid 427.50. account: 100 − 100 + 100
    assert [tuple(r.values()) for r in owed] == [("310100", "500.00", "50.00", "22.50", "427.50"), ("310200", "100.00", "0.00", "0.00", "100.00")]


def cells(path: Path) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(path)
    return {s.title: [[c.value for c in r] for r in s.iter_rows()] for s in book.worksheets}


def test_the_workbook_of_a_provider(workspace: Path) -> None:
    book = cells(workspace / "outbox" / "2026-11" / f"结算对账单_{H1}_2026-11.xlsx")
    assert list(book) == ["封面", "对账单", "差异", "以前未了", "扣款"]
    cover = {r[0]: r[1] for r in book["封面"] if r[0] is not None}
    assert (cover["定点医药机构"], cover["机构编号"], cover["结算月份"]) == ("样例第一医院", H1, "2026-11")
    assert Decimal(str(cover["本月应付（小写）"])) == Decimal("527.50")
    assert cover["本月应付（大写）"] == "伍佰贰拾柒元伍角整"
    assert any("机构财务" in str(v) for r in book["封面"] for v in r)
    # by class, fund and account: both sides' claims and what was recognised of them; in all what the funds say
    classes = {r[0]: r[1:5] for r in book["封面"] if str(r[0])[:2] in ("00", "01", "02", "03", "04", "06")}
    assert {k: v[0] for k, v in classes.items()} == {
        "00 平": 3, "01 机构多": 1, "02 中心多": 1, "03 金额不符": 1, "04 险种或清算类别不符": 1, "06 重复": 1}
    assert [Decimal(str(v)) for v in classes["03 金额不符"][1:]] == [801, 800, 0]
    assert sum(Decimal(str(v[3])) for v in classes.values()) == Decimal("600.00")  # 500.00 pooled and 100.00 account
    listed = {r[0]: r for r in book["差异"][2:] if r[0] and not str(r[0]).startswith("合计")}
    assert set(listed) == {"S2", "S3", "S4", "S6", "X9"}
    assert listed["S2"][2] == "03 金额不符"
    assert "双方金额不同；基金支付机构减中心 1.00" in listed["S2"]
    assert "请核对该笔费用，更正后在下月明细中重报" in listed["S2"]
    assert any("=超限用药" in [str(v) for v in r] for r in book["扣款"])
    text = json.dumps(book, ensure_ascii=False, default=str)
    assert "K1" not in text
    assert H2 not in text
    other = json.dumps(cells(workspace / "outbox" / "2026-11" / f"结算对账单_{H2}_2026-11.xlsx"), ensure_ascii=False, default=str)
    assert H1 not in other
    assert "S2" not in other


def test_the_result_text_for_the_platform(workspace: Path) -> None:
    text = (workspace / "outbox" / "2026-11" / f"对账结果_{H1}_2026-11.txt").read_text("utf-8")
    lines = [line.split("\t") for line in text.splitlines()]
    assert all(len(line) == 11 for line in lines)
    assert lines[0] == ["P1", "MS1", "S1", "null", "00", "0", "null", "1000.00", "700.00", "100.00", "null"]
    assert [(line[2], line[5], line[4]) for line in lines] == [
        ("S1", "0", "00"), ("S2", "0", "03"), ("S3", "0", "04"), ("S1", "1", "00"), ("S6", "0", "00"), ("S6", "0", "06"), ("X9", "0", "01")]
    assert lines[3][7:10] == ["-1000.00", "-700.00", "-100.00"]


def test_the_payable_list(workspace: Path) -> None:
    book = cells(workspace / "outbox" / "2026-11" / "应付清单_2026-11.xlsx")["应付清单"]
    cover = {r[0]: r[1] for r in book if r[0] is not None}
    # H1 527.50; K1 by its totals: 700.00 − 5 % = 665.00 and 100.00
    assert Decimal(str(cover["应付合计（小写）"])) == Decimal("1292.50")
    assert cover["应付合计（大写）"] == "壹仟贰佰玖拾贰元伍角整"


def test_resolve_rerun_and_seal(workspace: Path) -> None:
    ids = {r["setl_id"]: r["break_id"] for r in rows_of(workspace, "select setl_id, break_id from statement_breaks")}
    assert nxmed("settle", "resolve", "nothing", "--as", "reject", "--note", "x", folder=workspace, check=False).returncode == 6
    assert nxmed("settle", "resolve", ids["S4"], "--as", "provider", "--note", "x", folder=workspace, check=False).returncode == 2
    assert nxmed("settle", "resolve", ids["S4"], "--as", "agency", "--note", " ", folder=workspace, check=False).returncode == 2
    assert nxmed("settle", "resolve", ids["S4"], "--as", "sideways", "--note", "x", folder=workspace, check=False).returncode == 2
    nxmed("settle", "resolve", ids["S4"], "--as", "agency", "--note", "与医院核对票据", folder=workspace)
    again = nxmed("settle", "2026-11", "--json", folder=workspace)
    assert json.loads(again.stdout)["status"] == "published"
    owed = rows_of(workspace, f"select recognised_amt from payables where fixmedins_code = '{H1}' and fund_pay_type = '310100'")
    assert owed[0]["recognised_amt"] == "1200.00"
    nxmed("settle", "resolve", ids["X9"], "--as", "reject", "--note", "机构无凭证", folder=workspace)
    december = json.loads(nxmed("settle", "2026-12", "--json", folder=workspace).stdout)
    assert december["facts"]["classes"] == {"00": 1, "01": 1, "07": 1}
    decided = rows_of(workspace, "select period, decision, note, who, state from statement_decisions order by period")
    assert [(r["period"], r["decision"], r["note"], r["state"]) for r in decided] == [
        ("2026-11", "agency", "与医院核对票据", "recognised"), ("2026-12", "reject", "机构无凭证", "rejected")]
    assert decided[0]["who"]
    assert json.loads(nxmed("settle", "2026-11", "--json", folder=workspace).stdout)["status"] == "up_to_date"
    with (workspace / "inbox" / "2026-11" / "审核扣款_11月.csv").open("a", encoding="utf-8") as out:
        out.write(f"{H1},310100,D2,10,1.00,x\n")
    assert nxmed("settle", "2026-11", folder=workspace, check=False).returncode == 5
    assert nxmed("verify", folder=workspace).returncode == 0
    path = workspace / "settle_resolutions.jsonl"
    path.write_text(path.read_text("utf-8").replace("机构无凭证", "机构有凭证"), "utf-8")
    assert nxmed("settle", "2027-01", folder=workspace, check=False).returncode in (6, 7)


def test_what_must_be_there(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    nxmed("init", str(folder), "--region", "ningxia", folder=folder)
    write(folder, "2026-11", "providers.csv", "providers", register())
    assert nxmed("settle", "2026-11", folder=folder, check=False).returncode == 6
    write(folder, "2026-11", "settlements.csv", "settlements", [full(settlement("S1"))])
    nothing = nxmed("settle", "2026-11", folder=folder, check=False)
    assert nothing.returncode == 6
    assert "provider_details" in nothing.stderr
    assert nxmed("settle", "2026-13", folder=folder, check=False).returncode == 2
    write(folder, "2026-11", "provider_details.csv", "provider_details", [detail(settlement("S1"))])
    assert nxmed("settle", "--dry-run", "2026-11", folder=folder).returncode == 0
    assert not list((folder / "runs").glob("settle/*/0001"))
    assert nxmed("settle", "2026-11", "--strict", folder=folder).returncode == 0


def test_dingxi_reprices_with_drugs_from_files(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    nxmed("init", str(folder), "--region", "dingxi", folder=folder)
    write(folder, "2026-11", "providers.csv", "providers", register())
    stay = {**full(settlement("S1", "27342.00", "0.00", "2658.00")), "med_type": "21"}
    write(folder, "2026-11", "settlements.csv", "settlements", [stay])
    write(folder, "2026-11", "provider_details.csv", "provider_details", [detail(stay)])
    nxmed("settle", "2026-11", folder=folder)
    got = rows_of(folder, "select fund_amt, diff_amt, supp_amt, supp_diff_amt from repricing")
    assert [tuple(r.values()) for r in got] == [("27342.00", "0.00", "1575.10", "-1575.10")]
    assert rows_of(folder, "select count(*) n from findings where code = 'REPRICE_DIFF'")[0]["n"] == 1


def test_a_run_gives_the_same_bytes_elsewhere(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        folder = tmp_path / name
        nxmed("init", str(folder), "--region", "ningxia", folder=folder)
        write(folder, "2026-11", "providers.csv", "providers", register())
        write(folder, "2026-11", "settlements.csv", "settlements", [full(r) for r in A])
        write(folder, "2026-11", "provider_details.csv", "provider_details", D, ("insutype", "clr_type"))
        nxmed("settle", "2026-11", folder=folder)
        run = folder / "runs" / "settle" / "2026-11" / "0001"
        found.append({p.relative_to(run).as_posix(): p.read_bytes() for p in sorted(run.rglob("*")) if p.is_file() and p.name != "manifest.json"})
    assert found[0] == found[1]
    assert pl.read_parquet(tmp_path / "one" / "runs" / "settle" / "2026-11" / "0001" / "statement_rows.parquet").height == 9
