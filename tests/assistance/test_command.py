"""nxmed assist from the command line: published, proved again by verify, sealed by the next month, masked in the workbook."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from nxmed.kernel.identifiers import certno_check_digit
from nxmed.settlements.shapes import AMOUNTS

FIRST = ["64010419900101123", "64010419900102123"]
PERSONS = [f + certno_check_digit(f) for f in FIRST]


def nxmed(*words: str | Path) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("NXMED_", "LC_", "LANG"))}
    return subprocess.run([sys.executable, "-m", "nxmed", *map(str, words)], text=True, capture_output=True, check=False,
                          encoding="utf-8", env={**clean, "PYTHONUTF8": "1"}, timeout=120)


def settlement(setl_id: str, person: int, base: str, day: str, **over: str) -> dict[str, str]:
    return {**dict.fromkeys(AMOUNTS, "0.00"), "setl_id": setl_id, "refd_setl_flag": "0", "inscp_scp_amt": base,
            "psn_no": f"P{person}", "psn_name": "样例", "certno": PERSONS[person], "fixmedins_code": "H64010400001", "insutype": "390",
            "med_type": "21", "clr_type": "21", "clr_optins": "640100", "setl_type": "2", "begndate": day, "enddate": day,
            "setl_time": f"{day} 10:00:00", "pay_loc": "2", "out_fil_type": "", "emer_flag": "0", "org_setl_id": "",
            "insu_admdvs": "640104", **over}


def claim(clm_sn: str, of: dict[str, str]) -> dict[str, str]:
    same = ("setl_id", "psn_no", "psn_name", "certno", "med_type", "begndate", "enddate", "setl_time", "insu_admdvs",
            "medfee_sumamt", "inscp_scp_amt", "out_fil_type", "emer_flag", "pay_loc")
    empty = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay", "crtf_docno", "invono")
    return {**{k: of[k] for k in same}, **dict.fromkeys(empty, ""), "clm_sn": clm_sn, "clm_way": "3", "hukou_admdvs": "640104",
            "rcvd_date": of["enddate"]}


def register(person: int, code: str) -> dict[str, str]:
    return {"certno": PERSONS[person], "mat_idet_code": code, "begntime": "2026-01-01", "psn_no": "", "endtime": "长期",
            "mat_data_souc": "1", "hukou_admdvs": "640104", "tram_date": "2026-01-05"}


def put(folder: Path, month: str, name: str, rows: list[dict[str, str]]) -> None:
    path = folder / "inbox" / month / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def query(folder: Path, sql: str) -> list[dict[str, Any]]:
    done = nxmed("sql", sql, "--json", "-w", folder)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assist") / "ws"
    assert nxmed("init", folder, "--region", "ningxia").returncode == 0
    s1, s2 = settlement("S1", 0, "10000.00", "2026-11-02"), settlement("S2", 0, "40000.00", "2026-11-03")
    put(folder, "2026-11", "settlements", [s1, s2, settlement("S3", 1, "25000.00", "2026-11-04", maf_pay="100.00")])
    put(folder, "2026-11", "assistance_claims", [claim("K1", s1)])
    put(folder, "2026-11", "assistance_identities", [register(0, "2303"), register(1, "2302")])
    put(folder, "2026-12", "settlements", [settlement("S4", 0, "30000.00", "2026-12-05")])
    return folder


def test_two_months_after_one_another(agency: Path) -> None:
    first = nxmed("assist", "2026-11", "-w", agency, "--json")
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert (told["status"], told["facts"]["payout"], told["facts"]["claimable"]) == ("published", "8000.00", "36900.00")
    assert nxmed("assist", "2026-12", "-w", agency).returncode == 0
    assert query(agency, "select setl_id, class, tier, ordinary_amt, tilt_amt, paid_ordinary, claim_state from assistance_items "
                         "where period = '2026-12' order by setl_id") == [
        {"setl_id": "S1", "class": "due", "tier": "2", "ordinary_amt": "8000.00", "tilt_amt": "0.00", "paid_ordinary": "8000.00",
         "claim_state": "claimed"},
        {"setl_id": "S2", "class": "due", "tier": "2", "ordinary_amt": "32000.00", "tilt_amt": "4900.00", "paid_ordinary": "0.00",
         "claim_state": "claimable"},
        {"setl_id": "S3", "class": "no_identity", "tier": None, "ordinary_amt": "0.00", "tilt_amt": "0.00", "paid_ordinary": "100.00",
         "claim_state": "none"},
        {"setl_id": "S4", "class": "due", "tier": "2", "ordinary_amt": "10000.00", "tilt_amt": "14000.00", "paid_ordinary": "0.00",
         "claim_state": "claimable"}]
    assert [r["psn_no"] for r in query(agency, "select psn_no from assistance_watch where period = '2026-12'")] == ["P1"]
    assert query(agency, "select source_key, amt, insu_admdvs from payout_items") == [
        {"source_key": "S1", "amt": "8000.00", "insu_admdvs": "640104"}]
    again = json.loads(nxmed("assist", "2026-12", "-w", agency, "--json").stdout)
    assert again["status"] == "up_to_date"
    proved = nxmed("verify", "-w", agency)
    assert proved.returncode == 0, proved.stdout


def test_the_workbook_names_nobody_in_full(agency: Path) -> None:
    book = openpyxl.load_workbook(agency / "outbox" / "2026-11" / "医疗救助清单_2026-11.xlsx")
    assert book.sheetnames == ["封面", "医疗救助应付清单", "待申请名单", "追回名单", "返贫预警"]
    cells = [str(c) for sheet in book for row in sheet.iter_rows(values_only=True) for c in row if c is not None]
    assert not [c for c in cells for p in PERSONS if p in c]
    assert "8000" in " ".join(cells)


def test_a_sealed_month_is_not_published_again(agency: Path) -> None:
    put(agency, "2026-11", "settlements_more", [settlement("S9", 0, "1.00", "2026-11-09")])
    refused = nxmed("assist", "2026-11", "-w", agency)
    assert refused.returncode == 5
    (agency / "inbox" / "2026-11" / "settlements_more.csv").unlink()
    assert nxmed("assist", "2026-11", "-w", agency).returncode == 0


def test_a_gap_and_an_absent_file(agency: Path, tmp_path: Path) -> None:
    put(agency, "2027-02", "settlements", [settlement("S5", 0, "1.00", "2027-02-01")])
    assert nxmed("assist", "2027-02", "-w", agency).returncode == 6
    empty = tmp_path / "ws"
    nxmed("init", empty, "--region", "ningxia")
    absent = nxmed("assist", "2026-11", "-w", empty)
    assert absent.returncode == 6
    assert "assistance_identities" in absent.stderr


def test_dingxi_has_no_document(tmp_path: Path) -> None:
    assert nxmed("init", tmp_path / "ws", "--region", "dingxi").returncode == 0
    refused = nxmed("assist", "2026-11", "-w", tmp_path / "ws")
    assert refused.returncode == 4
    assert "定西没有医疗救助的文件" in refused.stderr
    assert len(refused.stderr.splitlines()) == 2


def explained(folder: Path, *words: str) -> dict[str, Any]:
    done = nxmed("explain", "assistance", *words, "--json", "-w", folder)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_an_item_is_explained_and_replayed(agency: Path) -> None:
    story = explained(agency, "S4")
    told = {s["zh"]: s for s in story["steps"]}
    assert story["replay"] == {"equal": True, "values": {
        "ordinary_amt": "10,000.00", "tilt_amt": "14,000.00", "delta_ordinary": "10,000.00", "delta_tilt": "14,000.00"}}
    assert [s["how"] for s in story["steps"] if s["zh"] == "年内以前"] == [
        "S1：救助 8,000.00，倾斜 0.00，累计 2,000.00", "S2：救助 32,000.00，倾斜 4,900.00，累计 10,000.00"]
    assert told["救助后剩余累计（此后）"]["value"] == "30,000.00"
    assert told["按比例"]["value"] == "30,000.00 × 0.80 = 24,000.0000"
    assert "第十四条（二）" in told["应救助"]["source"]
    assert "待申请" in told["申请"]["how"]
    assert not any(p in json.dumps(story, ensure_ascii=False) for p in PERSONS)


def test_a_payout_item_is_traced_to_its_month(agency: Path) -> None:
    now = {s["zh"]: s for s in explained(agency, "K1", "--period", "2026-11")["steps"]}
    later = {s["zh"]: s for s in explained(agency, "S1")["steps"]}
    assert now["本月付款项"]["value"] == later["以前付款项"]["value"] == "8,000.00"


def test_why_not(agency: Path) -> None:
    told = {s["zh"]: s for s in explained(agency, "S3", "--why-not")["steps"]}
    assert told["为何没有"]["value"] == "没有覆盖本项的救助身份"
    assert "2302" in told["身份"]["value"]
    assert nxmed("explain", "assistance", "NOPE", "--why-not", "-w", agency).returncode == 6
    assert nxmed("explain", "assistance", "NOPE", "-w", agency).returncode == 6


def test_a_long_list_goes_out_as_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nxmed.kernel.period import Period
    from nxmed.report import assistance_lists
    from tests.assistance.year import Year, identity, stay

    monkeypatch.setattr(assistance_lists, "SHEET_ROWS", 1)
    stays = [stay("S1", "12.34", psn_no="=1+1"), stay("S2", "0.05", begin="2026-03-02")]
    result = Year().run("2026-03", stays, identities=[identity("2304")])
    proved = assistance_lists.write_lists(lambda name: tmp_path / name, result, period=Period(2026, 3), region="宁夏", run_id="r")
    assert all(e.holds for e in proved)
    lines = (tmp_path / "待申请名单_2026-03.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("人员编号,证件号码,")
    assert [line.rsplit(",", 1)[1] for line in lines[1:]] == ["12.34", "0.05"]
    assert lines[1].startswith("'=1+1,")
