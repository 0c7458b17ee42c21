"""The crowd: its own arithmetic against the rooms', its identities, its conservation, the same bytes every time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from sample_rooms import Outcome, differences, run, without_door
from stdnum.cn import uscc

from nxmed.errors import UsageError
from nxmed.kernel.identifiers import certno_valid, uscc_ok
from nxmed.kernel.period import Period
from nxmed.samples import layout
from nxmed.samples.chance import draw, draw_one
from nxmed.samples.compose import Sample, compose
from nxmed.samples.crowd import Wishes, expected_dues, make_crowd
from nxmed.samples.generate import generate
from nxmed.samples.planted import FINDINGS
from nxmed.samples.regions import region

START = Period(2026, 11)
REGIONS = ("ningxia", "dingxi")


@pytest.fixture(scope="module", params=REGIONS)
def sample(request: pytest.FixtureRequest) -> Sample:
    return compose(region(request.param), Wishes(9_000, 5), START, 2)


@pytest.fixture(scope="module")
def out(sample: Sample) -> Outcome:
    return run(sample)


def test_rooms_find_what_was_planted_and_nothing_else(sample: Sample, out: Outcome) -> None:
    planted = without_door(sample.planted)
    assert planted.filter(pl.col("table") == FINDINGS).height > 70
    assert differences(planted, out) == []


def test_a_finding_that_was_not_planted_and_one_that_is_missing_are_told(sample: Sample, out: Outcome) -> None:
    planted = without_door(sample.planted)
    late = planted.filter(pl.col("code") == "WAGE_MISSING")
    stranger = late.head(1).with_columns(key=pl.lit("emp_no=640104999999"))
    told = differences(pl.concat([planted.filter(pl.col("code") != "WAGE_MISSING"), stranger]), out)
    assert sum("not planted" in line for line in told) == late.height
    assert sum("0 rows" in line for line in told) == 1


def test_every_crowd_unit_owes_what_the_generator_expects(sample: Sample, out: Outcome) -> None:
    """Second opinion on the dues of all ordinary units, declared or not, both months and both insurance types."""
    wishes = Wishes(9_000, 5)
    crowd = make_crowd(sample.region, wishes, 2)
    expected = expected_dues(sample.region, wishes, crowd, START, 2).filter(pl.col("k") >= 0).join(
        crowd.units.select("u", "emp_no"), on="u")
    assert expected.filter(pl.col("insutype") == "310").height > 650
    for k in (0, 1):
        bills = out[(START + k).text, "assess"].tables["assessments"].join(crowd.units.select("emp_no"), on="emp_no")
        keys = ["emp_no", "insutype"]
        mine = expected.filter(pl.col("k") == k).select(*keys, "emp", "psn").sort(keys)
        theirs = bills.select(*keys, emp="emp_clct_amt", psn="psn_clct_amt").sort(keys)
        assert mine.equals(theirs)


def test_the_treasury_took_in_what_the_tied_lines_brought(sample: Sample) -> None:
    """Σ statement = Σ lines, save repeated lines, other people's mistakes and what hangs over from month to month."""
    paid = sum(f["paid_amt"].sum() + f["latefee"].sum() for (_, c), f in sample.frames.items() if c == "tax_arrivals")
    rows = pl.concat([f for (_, c), f in sorted(sample.frames.items()) if c == "treasury_statement"]).unique(
        ["treasury_code", "stmt_date", "insutype", "elec_taxrpt_no"], keep="last", maintain_order=True)
    taken = rows["intsury_amt"].sum() - rows["refd_amt"].sum()
    lines = pl.concat([f for (_, c), f in sorted(sample.frames.items()) if c == "tax_arrivals"])
    again = lines.filter(pl.struct("elec_taxrpt_no", "line_no").is_duplicated()).unique(
        ["elec_taxrpt_no", "line_no"], keep="last", maintain_order=True)
    # by hand: never put right 1.00 too little; missing statement of December (e + p); a ticket nobody explains 77.00;
    # the unknown levy item 100.00 is not tied
    due = 100_000 if sample.region.id == "ningxia" else 87_000
    off = sum(10_000 for _ in range(sample.planted.filter(
        (pl.col("note") == "国库多记 100 元，次月更正") & (pl.col("month") == "2026-12")).height))
    assert taken == paid - again["paid_amt"].sum() - 100 - due + 7_700 - 10_000 + off


def test_identities_have_valid_check_digits_save_the_planted_ones(sample: Sample) -> None:
    persons, units = sample.frames[0, "persons"], sample.frames[0, "units"]
    wrong = persons.filter(~certno_valid(persons["certno"]))
    assert wrong["emp_no"].to_list() == [f"{sample.region.divisions[0][0]}000012"]
    bad = units.filter(~uscc_ok(pl.col("uscc")))
    assert bad["emp_no"].to_list() == wrong["emp_no"].to_list()
    areas = [code for code, _ in sample.region.divisions]
    assert persons.filter(~pl.col("certno").str.slice(0, 6).is_in(areas)).height == 0
    assert all(uscc.is_valid(code) for code in units["uscc"].head(400).to_list() if code not in bad["uscc"].to_list())
    assert units["uscc"].n_unique() == units.height
    assert persons["certno"].n_unique() == persons["psn_no"].n_unique()


def test_names_need_gb18030(sample: Sample) -> None:
    names = "".join(sample.frames[0, "persons"]["psn_name"].to_list())
    assert {"㛃", "䶮", "·"} <= set(names)
    with pytest.raises(UnicodeEncodeError):
        names.encode("gbk")
    assert names.encode("gb18030").decode("gb18030") == names


def test_layout_is_the_contracts(sample: Sample) -> None:
    from nxmed.io.resources import contracts
    from nxmed.kernel.contract import fold_header

    for contract, columns in layout.COLUMNS.items():
        known = contracts()[contract]
        names = [name for name, _, _ in columns]
        assert set(known.required) <= set(names)
        for name, zh, kind in columns:
            assert known.headers[fold_header(zh)] == name
            assert (known.column(name).type == "amount") == (kind == "amount")
    assert {c for _, c in sample.frames} <= set(layout.COLUMNS)


def test_chance_is_the_same_for_one_and_for_many() -> None:
    many = pl.select(i=pl.int_range(500, dtype=pl.Int64)).select(draw("i", 9, "x", 37)).to_series().to_list()
    assert many == [draw_one(i, 9, "x", 37) for i in range(500)]
    assert set(many) == set(range(37))
    assert many != [draw_one(i, 10, "x", 37) for i in range(500)]


def _digest(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("fmt", ["parquet", "csv"])
def test_same_arguments_same_bytes_whatever_the_threads(tmp_path: Path, fmt: str) -> None:
    code = ("import sys; from pathlib import Path; from nxmed.kernel.period import Period;"
            "from nxmed.samples.generate import generate;"
            "generate(Path(sys.argv[1]), 'dingxi', persons=4000, months=2, seed=3, start=Period(2026, 11), fmt=sys.argv[2])")
    for threads in ("1", "4"):
        subprocess.run([sys.executable, "-c", code, str(tmp_path / threads), fmt], check=True,
                       env={**os.environ, "POLARS_MAX_THREADS": threads, "PYTHONHASHSEED": threads})
    one, four = _digest(tmp_path / "1"), _digest(tmp_path / "4")
    assert one == four
    assert len(one) > 15


def test_another_seed_is_another_region(tmp_path: Path) -> None:
    for seed in (1, 2):
        generate(tmp_path / str(seed), "ningxia", persons=500, months=1, seed=seed, start=START, fmt="csv")
    one, two = _digest(tmp_path / "1"), _digest(tmp_path / "2")
    assert one.keys() == two.keys()
    assert one["inbox/2026-11/persons.csv"] != two["inbox/2026-11/persons.csv"]


@pytest.mark.parametrize(("first", "months"), [(Period(2026, 1), 2), (Period(2026, 10), 4)])
@pytest.mark.parametrize("name", REGIONS)
def test_other_months_and_the_turn_of_the_year(name: str, first: Period, months: int) -> None:
    made = compose(region(name), Wishes(1_500, 8), first, months)
    assert differences(without_door(made.planted), run(made)) == []


def _refused(**changes: object) -> str:
    asked = {"folder": Path("nowhere"), "region_id": "ningxia", "persons": 10, "months": 1, "seed": 1, "start": START,
             "fmt": "csv", **changes}
    with pytest.raises(UsageError) as problem:
        generate(asked.pop("folder"), asked.pop("region_id"), **asked)  # type: ignore[arg-type]
    assert problem.value.exit_code == 2
    return problem.value.text


def test_senseless_wishes_are_refused(tmp_path: Path) -> None:
    assert "地区" in _refused(region_id="gansu")
    assert "格式" in _refused(fmt="xlsx")
    assert "人数" in _refused(persons=-1)
    assert "月数" in _refused(months=0)
    assert "一千万" in _refused(persons=10_000_001)
    assert "12 月" in _refused(start=Period(2026, 12))
    (tmp_path / "a.txt").write_text("x")
    assert "已有内容" in _refused(folder=tmp_path)
    (tmp_path / "a.txt").unlink()
    (tmp_path / "nxmed.toml").write_text('region = "dingxi"')
    assert "不一致" in _refused(folder=tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["nxmed.toml"]
