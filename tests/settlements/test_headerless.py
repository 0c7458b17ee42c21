"""3202 的明细文件: TAB text without a header, literal null, alone or in a ZIP; whose it is comes from its name or rows."""

from __future__ import annotations

import zipfile
from pathlib import Path

import polars as pl
import pytest

from nxmed.errors import InputRefused
from nxmed.io.reading import read_file
from tests.settlements.month import H1, H2, Chain, classes, detail, refund, row, settlement

TEXT = "S1\tM1\tP1\t1000.00\t700.00\t100.00\t0\tnull\nS1\tM1\tP1\t-1000.00\t-700.00\t-100.00\t1\tnull\n"


def test_tab_text_without_a_header_is_read_by_position(tmp_path: Path) -> None:
    path = tmp_path / "provider_details_20261130.txt"
    path.write_text(TEXT, "utf-8")
    read = read_file(path)
    rows = read.frame.collect()
    assert (read.rows_read, read.accepted, read.rejected) == (2, 2, 0)
    assert rows.select("setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "refd_setl_flag").rows() == [
        ("S1", "M1", "P1", 100_000, 70_000, 10_000, "0"), ("S1", "M1", "P1", -100_000, -70_000, -10_000, "1")]
    assert rows["exp_content"].to_list() == [None, None]
    assert rows["fixmedins_code"].to_list() == [None, None]
    assert rows["src_row"].to_list() == [1, 2]


def test_the_last_column_may_be_left_out_and_bad_cells_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "机构结算明细_11月.txt"
    path.write_text("S1\tM1\tP1\t1000.00\t700.00\t100.00\t0\nS2\tM1\tP1\tabc\t700.00\t100.00\t0\n", "utf-8")
    read = read_file(path)
    assert (read.accepted, read.rejected) == (1, 1)
    assert read.rejects["column"].to_list() == ["medfee_sumamt"]


def test_a_zip_with_one_text_file_is_read_and_its_hash_is_the_archives(tmp_path: Path) -> None:
    path = tmp_path / "provider_details_1.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.txt", TEXT)
    read = read_file(path)
    assert read.accepted == 2
    assert read.bytes == path.stat().st_size


@pytest.mark.parametrize("members", [[], ["a.txt", "b.txt"], ["a.exe"]])
def test_any_other_zip_is_refused(tmp_path: Path, members: list[str]) -> None:
    path = tmp_path / "provider_details_1.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in members:
            archive.writestr(name, TEXT)
    with pytest.raises(InputRefused):
        read_file(path)
    path.write_bytes(b"no archive at all")
    with pytest.raises(InputRefused):
        read_file(path)


def test_a_file_without_header_is_still_refused_for_other_contracts(tmp_path: Path) -> None:
    path = tmp_path / "deductions_1.txt"
    path.write_text(TEXT, "utf-8")
    with pytest.raises(InputRefused):
        read_file(path)


def test_a_nameless_file_belongs_to_the_provider_its_name_or_its_rows_say() -> None:
    a = [settlement("S1"), settlement("S2", fixmedins_code=H2), settlement("S3", fixmedins_code=H2), refund("S1")]
    by_name = [{**detail(r), "fixmedins_code": None, "src_file": f"inbox/2026-11/provider_details_{r['fixmedins_code']}_11.txt"} for r in a]
    assert set(classes(Chain().run("2026-11", a, by_name)).values()) == {"00"}
    by_rows = [{**detail(r), "fixmedins_code": None, "src_file": f"d{r['fixmedins_code'] == H2}.txt"} for r in a]
    result = Chain().run("2026-11", a, by_rows)
    assert set(classes(result).values()) == {"00"}
    assert row(result, "S2")["fixmedins_code"] == H2
    lost = [{**detail(settlement("Z9")), "fixmedins_code": None, "src_file": "d.txt"}]
    found = Chain().run("2026-11", [settlement("S1")], lost).tables["statement_rows"]
    assert found.filter(pl.col("setl_id") == "Z9")["fixmedins_code"].to_list() == ["UNKNOWN"]
    assert H1 in found["fixmedins_code"].to_list()
