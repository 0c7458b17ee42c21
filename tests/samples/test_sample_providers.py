"""Provider months in data/samples: through `settle`, every planted row comes out, and nothing else."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from sample_rooms import Month, Outcome, differences

from nxmed.io.resources import data_path
from nxmed.io.runs import newest
from nxmed.io.workspace import init
from nxmed.kernel.finding_codes import CODES
from nxmed.kernel.period import Period
from nxmed.pipelines.resolve import resolve_break
from nxmed.pipelines.settle import run_settle
from nxmed.samples.generate import copy
from nxmed.samples.planted import FINDINGS, unpack
from nxmed.samples.small_providers import provider_files

REGIONS = ("ningxia", "dingxi")
MONTHS = ("2026-11", "2026-12")
OTHER_SCENES = "H640199|救助"
"""Providers and files of the assistance sample: what becomes of them is told by its own test."""
BOTH = {
    "FIRST_MONTH", "AMOUNT_IDENTITY", "STATEMENT_INCONSISTENT", "STATEMENT_DIFF", "FUND_UNKNOWN", "OUT_OF_AGREEMENT",
    "ORIGINAL_OPEN", "LARGE_FEE", "REPRICE_SKIPPED", "BREAK_PROVIDER_ONLY", "BREAK_AGENCY_ONLY", "BREAK_AMOUNT", "BREAK_TYPE",
    "BREAK_REFUND", "BREAK_REPEATED", "BREAK_OTHER_MONTH",
}
OWN = {"ningxia": {"MATERNITY_FLAG_MISSING"}, "dingxi": {"REPRICE_DIFF", "UNKNOWN_CODE"}}


def planted(region: str) -> pl.DataFrame:
    rows = pl.read_csv(data_path("samples") / region / "planted.csv", infer_schema=False).with_columns(pl.all().fill_null(""))
    return rows.filter(pl.col("command").is_in(["settle", "settle resolve"]) & ~pl.col("key").str.contains(OTHER_SCENES))


def mine(frame: pl.DataFrame) -> pl.DataFrame:
    names = [n for n in ("fixmedins_code", "src_file") if n in frame.columns]
    return frame.filter(~pl.any_horizontal(pl.col(names).fill_null("").str.contains(OTHER_SCENES)))


@pytest.fixture(scope="module", params=REGIONS)
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Outcome]:
    """Both months, with the decisions of the sample taken between them."""
    region = request.param
    ws = init(tmp_path_factory.mktemp("ws") / region, region, None)
    copy(data_path("samples"), ws.path, region)
    out: Outcome = {}
    for month in MONTHS:
        run_settle(ws, Period.parse(month))
        run = newest(ws, "settle", Period.parse(month))
        assert run is not None
        frames = {p.stem: pl.read_parquet(p) for p in run.folder.rglob("*.parquet")}
        out[month, "settle"] = Month(frames, mine(frames["findings"]))
        for row in planted(region).filter((pl.col("command") == "settle resolve") & (pl.col("month") == month)).iter_rows(named=True):
            open_ = frames["statement_breaks"].filter(pl.all_horizontal(pl.col(n) == v for n, v in unpack(row["key"]).items()))
            resolve_break(ws, open_["break_id"].item(), row["code"], row["note"])
    return region, out


def test_both_months_find_what_was_planted_and_nothing_else(outcome: tuple[str, Outcome]) -> None:
    region, out = outcome
    rows = planted(region).filter(pl.col("command") == "settle")
    assert rows.height > 180
    assert differences(rows, out) == []


def test_a_planted_row_that_is_missing_or_a_stranger_is_told(outcome: tuple[str, Outcome]) -> None:
    region, out = outcome
    rows = planted(region).filter(pl.col("command") == "settle")
    short = rows.filter(pl.col("code") != "FUND_UNKNOWN")
    moved = rows.with_columns(
        code=pl.when((pl.col("table") == "statement_rows") & (pl.col("code") == "04")).then(pl.lit("03")).otherwise("code"))
    assert sum("not planted" in line for line in differences(short, out)) == 1
    assert sum("0 rows" in line for line in differences(moved, out)) == 2


def test_rows_that_were_not_planted_are_even(outcome: tuple[str, Outcome]) -> None:
    region, out = outcome
    rows = planted(region).filter(pl.col("table") == "statement_rows")
    for month in MONTHS:
        keys = pl.DataFrame([unpack(k) for k in rows.filter(pl.col("month") == month)["key"]]).with_columns(
            pl.col("copy_no").cast(pl.Int64))
        rest = mine(out[month, "settle"].tables["statement_rows"]).join(keys, on=list(keys.columns), how="anti")
        assert rest.height > 70
        assert rest.filter((pl.col("stmt_diff") != "00") | (pl.col("state") != "recognised") | pl.col("held_reason").is_not_null()).height == 0
        assert rest.filter(pl.col("opened_period").is_not_null()).height == 0


def test_every_class_hold_state_decision_and_finding_is_planted() -> None:
    for region in REGIONS:
        rows = planted(region)
        assert set(rows.filter(pl.col("table") == FINDINGS)["code"]) == BOTH | OWN[region]
        lines = rows.filter(pl.col("table") == "statement_rows")
        assert set(lines["code"]) == {f"0{n}" for n in range(8)}
        cells = [unpack(e) for e in lines["expect"]]
        holds = {"AMOUNT_IDENTITY", "FUND_UNKNOWN", "OUT_OF_AGREEMENT", "ORIGINAL_OPEN", "TOTALS_DIFFER"}
        assert {c["held_reason"] for c in cells if "held_reason" in c} == holds | (OWN[region] & {"MATERNITY_FLAG_MISSING"})
        assert {c["state"] for c in cells} == {"recognised", "waiting", "rejected", "repeated", "settled_before"}
        assert set(rows.filter(pl.col("command") == "settle resolve")["code"]) == {"agency", "provider", "reject"}
        settle_codes = {c for c in CODES if c.startswith(("BREAK_", "STATEMENT_", "REPRICE_"))}
        # A difference of the text's amounts needs the text's numbers: Ningxia's are not in the documents.
        assert settle_codes - set(rows["code"]) == (set() if region == "dingxi" else {"REPRICE_DIFF"})


def test_every_repriced_row_is_planted(outcome: tuple[str, Outcome]) -> None:
    region, out = outcome
    rows = planted(region).filter(pl.col("table") == "repricing")
    for month in MONTHS:
        assert out[month, "settle"].tables["repricing"].height == rows.filter(pl.col("month") == month).height
    assert rows.height == (28 if region == "dingxi" else 0)


def test_nothing_else_is_refused_at_the_door(outcome: tuple[str, Outcome]) -> None:
    region, out = outcome
    rows = planted(region)
    names = {Path(n).name for n in provider_files(region)[0]}
    for month in MONTHS:
        files = out[month, "settle"].tables["files"].filter(pl.col("src_file").str.split("/").list.last().is_in(names))
        wanted = rows.filter((pl.col("table") == "rejects") & (pl.col("month") == month)).height
        # Files of November are read again in December for the yearly totals; what they reject counts there as well.
        here = files.filter(pl.col("src_file").str.contains(f"inbox/{month}/", literal=True))
        assert here["rejected"].sum() == wanted
        assert files.filter(pl.col("rows_read") != pl.col("accepted") + pl.col("rejected") + pl.col("duplicates")).height == 0


PAYABLES = {
    # pooled 500 − 800: nothing paid, −300 carried; account 100 − 20; a deduction of a fund without any payment
    ("2026-11", "00018", "310100"): ("500.00", "0.00", "800.00", "0.00", "0.00", "-300.00", "0.00"),
    ("2026-11", "00018", "310200"): ("100.00", "0.00", "20.00", "0.00", "0.00", "0.00", "80.00"),
    ("2026-11", "00018", "320100"): ("0.00", "0.00", "15.00", "0.00", "0.00", "-15.00", "0.00"),
    # 1000 − 300 − 5 % of 1000
    ("2026-12", "00018", "310100"): ("1000.00", "-300.00", "0.00", "50.00", "0.00", "0.00", "650.00"),
    ("2026-12", "00018", "320100"): ("0.00", "-15.00", "0.00", "0.00", "0.00", "-15.00", "0.00"),
    # the day before the gap: 1000 − 5 %
    ("2026-11", "00016", "310100"): ("1000.00", "0.00", "0.00", "50.00", "0.00", "0.00", "950.00"),
    # a pharmacy by its totals: 20.50 + 21.50 + … + 25.50, no deposit on the account
    ("2026-11", "00014", "310200"): ("138.00", "0.00", "0.00", "0.00", "0.00", "0.00", "138.00"),
    # 150.40 + 151.40 + 152.40 = 454.20; 3 % = 13.626
    ("2026-11", "00022", "310100"): ("454.20", "0.00", "0.00", "13.63", "0.00", "0.00", "440.57"),
}
OF_REGION = {
    "ningxia": {
        # 3333.33 + 3333.33 + 1666.67 + 5000.00; 5 % = 666.6665
        ("2026-11", "00019", "310100"): ("13333.33", "0.00", "0.00", "666.67", "0.00", "0.00", "12666.66"),
        ("2026-11", "00019", "310200"): ("60.00", "0.00", "0.00", "0.00", "0.00", "0.00", "60.00"),
        # 3333.33 − 1666.67; 5 % = 83.333
        ("2026-12", "00019", "310100"): ("1666.66", "0.00", "0.00", "83.33", "0.00", "0.00", "1583.33"),
        ("2026-11", "00020", "310100"): ("3900.00", "0.00", "0.00", "0.00", "0.00", "0.00", "3900.00"),
    },
    "dingxi": {
        ("2026-11", "00019", "310100"): ("2800.00", "0.00", "0.00", "140.00", "0.00", "0.00", "2660.00"),
    },
}


@pytest.mark.parametrize("region", REGIONS)
def test_payables_worked_out_by_hand_are_in_the_list(region: str) -> None:
    rows = planted(region).filter(pl.col("table") == "payables")
    listed = {}
    for month, key, expect in rows.select("month", "key", "expect").iter_rows():
        cells = unpack(key)
        listed[month, cells["fixmedins_code"][-5:], cells["fund_pay_type"]] = tuple(unpack(expect).values())
    for place, amounts in {**PAYABLES, **OF_REGION[region]}.items():
        assert listed[place] == amounts, place


def test_the_advance_of_december_is_taken_off(outcome: tuple[str, Outcome]) -> None:
    """Dingxi: 3,000 from a hospital that is owed more; 900,000 from one that is owed less: nothing paid, the rest carried."""
    region, out = outcome
    owed = out["2026-12", "settle"].tables["payables"].filter(pl.col("fixmedins_code").str.ends_with("00012") | pl.col("fixmedins_code").str.ends_with("00011"))
    if region == "ningxia":
        assert owed["advance_amt"].sum() == 0
        return
    first, second = (owed.filter(pl.col("fixmedins_code").str.ends_with(n)) for n in ("00011", "00012"))
    assert str(first["advance_amt"].sum()) == "3000.00"
    assert first["carried_out_amt"].sum() == 0
    assert str(second["advance_amt"].sum()) == "900000.00"
    assert second.filter(pl.col("fund_pay_type") != "310200")["act_dfr_amt"].sum() == 0
    assert second["carried_out_amt"].sum() < -880_000
    assert second.filter(pl.col("fund_pay_type") == "310200")["act_dfr_amt"].item() > 0


@pytest.mark.parametrize("region", REGIONS)
def test_files_come_in_every_form(region: str) -> None:
    made, _ = provider_files(region)
    details = {n: c for n, c in made.items() if "provider_details" in n or "机构结算明细" in n}
    assert {n.rsplit(".", 1)[1] for n in details} == {"csv", "xlsx", "txt", "zip"}
    packed = next(c for n, c in details.items() if n.endswith(".zip"))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        [text] = [archive.read(n).decode() for n in archive.namelist()]
    lines = [line.split("\t") for line in text.splitlines()]
    assert all(len(line) == 8 and line[7] == "null" for line in lines)
    coded = [n for n, c in made.items() if n.endswith(".csv") and not _utf8(c)]
    assert len(coded) == 2
    assert any("合计" in c.decode("utf-8") for n, c in made.items() if n.endswith(".csv") and _utf8(c))


def _utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        content.decode("gb18030")
        return False
    return True
