"""送税务的工作簿: all bills of a small month; of a large one those that need a look, and it says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from nxmed.kernel.period import Period
from nxmed.report import tax_file

DAY, LATER = date(2026, 12, 31), date(2027, 6, 30)


def rows(plain: int) -> pl.DataFrame:
    """`plain` declared bills, then one at 110 % and one deferred."""
    def bill(i: int, way: str, emp: date) -> dict[str, object]:
        return {"clct_bill_id": f"202612-E{i:05d}-310", "emp_no": f"E{i:05d}", "emp_name": "甲", "taxpayer_no": "9", "insutype": "310",
                "accrym": "202612", "clct_psncnt": 1, "staf_totlwag": 600000, "emp_clctstd_sumamt": 600000, "psn_clctstd_sumamt": 600000,
                "emp_clct_amt": 48000, "psn_clct_amt": 12000, "clct_sumamt": 60000, "emp_dedln_date": emp, "psn_dedln_date": DAY,
                "crtf_way_name": way}

    return pl.DataFrame([*(bill(i, "据实申报", DAY) for i in range(plain)), bill(plain, "上月110%暂核", DAY), bill(plain + 1, "据实申报", LATER)])


def written(tmp_path: Path, frame: pl.DataFrame) -> list[list[object]]:
    path = tmp_path / "x.xlsx"
    tax_file.write_workbook(tax_file.TaxFile(frame), path, period=Period(2026, 12), poolarea_no="640000", run_id="r", csv_name="核定信息.csv",
                            csv_sha256="s", deadline="2026-12-05 NXJY-21")
    return [[c.value for c in row] for row in openpyxl.load_workbook(path)["核定单"].iter_rows()]


def test_a_small_month_lists_every_bill(tmp_path: Path) -> None:
    cells = written(tmp_path, rows(3))
    assert [r[0] for r in cells[1:6]] == [f"202612-E0000{i}-310" for i in range(5)]
    assert cells[5][11] == "单位 2027-06-30，个人 2026-12-31"


def test_a_large_month_lists_what_needs_a_look_and_says_where_the_rest_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tax_file, "WHOLE_LIST", 4)
    cells = written(tmp_path, rows(3))
    assert cells[0][0] == "据实申报、没有缓缴的 3 张核定单不列在此，全部见 核定信息.csv"
    assert [r[0] for r in cells[2:4]] == ["202612-E00003-310", "202612-E00004-310"]


def test_the_control_sheet_counts_all_bills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tax_file, "WHOLE_LIST", 4)
    written(tmp_path, rows(3))
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["控制表"]
    values = {r[0].value: r[1].value for r in sheet.iter_rows(max_col=2)}
    # 五张，每张单位 480.00、个人 120.00
    assert (values["核定单数"], values["单位应缴合计"], values["应缴总计"]) == (5, 2400, 3000)
