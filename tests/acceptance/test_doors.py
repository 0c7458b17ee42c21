"""验收：门口的规矩（合计行、坏格、缺列、退出码、封存、只读查询、同样输入同样字节）."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from run_and_compare import command, table
from test_worked_numbers import ARRIVAL_HEAD, AVERAGE, POLICY, STATEMENT_HEAD, U1, WAGES, ask, room, run

ARRIVALS = [
    ARRIVAL_HEAD,
    f"T1,1,{U1},甲,202612-E1-310,职工基本医疗保险费,202612,,100.00,,正常,2026-12-10,64010000000,",
    f"T2,1,{U1},甲,,职工基本医疗保险费,,,7.00,,正常,2026-12-11,64010000000,",
]
STATEMENT = [STATEMENT_HEAD, "64010000000,2026-12-10,310,,100.00,0.00"]
MONTH = {"tax_arrivals.csv": ARRIVALS, "treasury_statement.csv": STATEMENT}


def content(folder: Path) -> dict[str, bytes]:
    """全部文件."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and "lock" not in p.name
    }


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["2026年度缴费工资申报表,,,,", "单位：元,,,,", *WAGES, "合计,,,,42371.13"], 0),
        ([*WAGES, "合计,,,,42371.14"], 3),
        ([*WAGES[:3], "小计,,,,34000.00", WAGES[3], "合计,,,,42371.13"], 0),
        ([line.rpartition(",")[0] for line in WAGES], 3),
        ([*WAGES, "制表人：王芳,,审核人：李娜,,"], 0),
    ],
)
def test_totals_titles_and_missing_columns(lines: list[str], code: int, tmp_path: Path) -> None:
    folder = room(tmp_path / "w", {"wage_declarations.csv": lines})
    assert command("assess", "2026-12", "-w", str(folder))[0] == code
    assert (folder / "runs" / "assess" / "2026-12" / "0001").exists() == (code == 0)
    if code == 0:
        assert ask(
            folder, "select rows_read, accepted, rejected, duplicates from files where contract = 'wage_declarations'"
        ) == [[3, 3, 0, 0]]


def test_rejected_rows_with_every_reason(tmp_path: Path) -> None:
    lines = [
        *WAGES,
        "2026,E1,6.40104E+17,2026-02-30,六千",
        WAGES[1],
        "2026,E2,P4,2026-01-10,1.00",
        "2026,E2,P4,2026-01-10,2.00",
    ]
    folder = room(tmp_path / "w", {"wage_declarations.csv": lines})
    run(folder, "assess", "2026-12")
    assert ask(
        folder, "select rows_read, accepted, rejected, duplicates from files where contract = 'wage_declarations'"
    ) == [[7, 3, 3, 1]]
    reasons = ask(folder, 'select src_row, "column" from rejects order by 1, 2')
    assert [r for r in reasons if r[0] == 5] == [[5, "dcla_date"], [5, "psn_no"], [5, "wag"]]
    assert {r[0] for r in reasons} == {5, 7, 8}
    assert ask(folder, "select crtf_way from assessments where emp_no = 'E2'") == [["3"]]  # 两行都拒收：等于没有申报
    assert list((folder / "quarantine" / "2026-12").rglob("*.xlsx"))


def test_exit_codes(tmp_path: Path) -> None:
    folder = room(tmp_path / "w", MONTH)

    def leave(*words: str) -> int:
        return command(*words, "-w", str(folder))[0]

    before = content(folder)
    assert leave("assess", "2026-12", "--dry-run") == 0
    assert content(folder) == before
    (folder / "policy.toml").write_text("", encoding="utf-8")
    assert leave("assess", "2026-12") == 4
    (folder / "policy.toml").write_text(
        POLICY + '[contribution.other]\nvalues = [{ since = 2021-01-01, value = "1", source = "x" }]\n',
        encoding="utf-8",
    )
    assert leave("assess", "2026-12") == 2
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    assert leave("assess", "2026-13") == 2
    assert leave("reconcile", "2026-12") == 6  # 没有核定
    assert leave("assess", "2026-12") == 0
    code, out, _ = command("assess", "2026-12", "-w", str(folder), "--json")
    assert (code, json.loads(out)["status"]) == (0, "up_to_date")
    assert leave("assess", "2027-02") == 6  # 缺一个月
    assert leave("reconcile", "2026-12", "--strict") == 10  # 第二笔国库没有：已发布，有错误
    assert ask(folder, "select elec_taxrpt_no, class from arrivals order by 1") == [
        ["T1", "applied"],
        ["T2", "treasury_pending"],
    ]
    wages = folder / "inbox" / "2026-12" / "wage_declarations.csv"
    text = wages.read_text(encoding="utf-8")
    wages.write_text(text.replace("4000.00", "9000.00"), encoding="utf-8")
    assert leave("assess", "2026-12") == 5  # 已封存
    wages.write_text(text, encoding="utf-8")
    assert leave("assess", "2026-12") == 0
    (folder / "inbox" / "2026-12" / "persons.csv").rename(folder / "persons.csv")
    assert leave("assess", "2026-12") == 6
    (folder / "persons.csv").rename(folder / "inbox" / "2026-12" / "persons.csv")
    assert leave("verify") == 0
    dues = folder / "runs" / "assess" / "2026-12" / "0001" / "dues.parquet"
    dues.chmod(0o600)
    dues.write_bytes(dues.read_bytes()[:-1] + b"?")
    assert leave("verify") == 7


def test_the_statement_of_the_month_itself_must_be_there(tmp_path: Path) -> None:
    """上月的国库对账单不能代替本月的：退出 6，什么也不发布."""
    folder = room(tmp_path / "w", MONTH)
    run(folder, "assess", "2026-12")
    run(folder, "reconcile", "2026-12")
    inbox = folder / "inbox" / "2027-01"
    inbox.mkdir()
    line = f"T3,1,{U1},甲,,职工基本医疗保险费,,,9.00,,正常,2027-01-10,64010000000,"
    (inbox / "tax_arrivals.csv").write_text(f"{ARRIVAL_HEAD}\n{line}\n", encoding="utf-8")
    run(folder, "assess", "2027-01")
    code, _, err = command("reconcile", "2027-01", "-w", str(folder))
    assert code == 6
    assert "treasury_statement" in err
    assert not (folder / "runs" / "reconcile" / "2027-01").exists()
    (inbox / "treasury_statement.csv").write_text(f"{STATEMENT_HEAD}\n", encoding="utf-8")
    run(folder, "reconcile", "2027-01")
    assert ask(folder, "select distinct class from arrivals where period = '2027-01'") == [["treasury_pending"]]


def test_wage_not_yet_published(tmp_path: Path) -> None:
    """只有上年的、截至日后才公布：退出 4；再上一年的有：暂用."""
    late = "640000,2025,,8371.00,5023.00,25113.00,2026-12-01,样例"
    folder = room(tmp_path / "w", {"average_wages.csv": [AVERAGE[0], late]})
    assert command("assess", "2026-12", "-w", str(folder))[0] == 4
    assert command("assess", "2026-12", "-w", str(folder), "--as-of", "2026-12-01", "--dry-run")[0] == 0
    path = folder / "inbox" / "2026-12" / "average_wages.csv"
    path.write_text("\n".join([AVERAGE[0], late, "640000,2024,96000.00,,,,2025-06-30,样例"]) + "\n", encoding="utf-8")
    run(folder, "assess", "2026-12")
    assert ask(folder, "select distinct provisional, stat_year from assessments") == [[True, 2024]]
    assert ask(folder, "select psn_clctstd from assessment_lines where psn_no in ('P1', 'P2') order by psn_no") == [
        ["4800.00"],
        ["24000.00"],
    ]


def test_sql_forms(tmp_path: Path) -> None:
    folder = room(tmp_path / "w", {})
    run(folder, "assess", "2026-12")
    _, out, _ = command(
        "sql",
        "select emp_clct_amt, provisional, clct_psncnt, null as nothing from assessments where emp_no = 'E1'",
        "--json",
        "-w",
        str(folder),
    )
    assert json.loads(out) == [{"emp_clct_amt": "3080.57", "provisional": False, "clct_psncnt": 3, "nothing": None}]
    _, out, _ = command(
        "sql", "select clct_bill_id, emp_clct_amt from assessments order by 1", "--csv", "-w", str(folder)
    )
    assert out.splitlines() == ["clct_bill_id,emp_clct_amt", "202612-E1-310,3080.57", "202612-E2-310,669.68"]
    for bad in (
        "delete from assessments",
        "create table x as select 1",
        "copy (select 1) to 'x.csv'",
        "select 1; select 2",
        "select * from nowhere",
    ):
        assert command("sql", bad, "-w", str(folder))[0] == 2
    assert command("sql", "select * from dues", "--xlsx", str(tmp_path / "dues.xlsx"), "-w", str(folder))[0] == 0
    assert (tmp_path / "dues.xlsx").stat().st_size > 0


def test_any_duckdb_opens_the_catalogue(tmp_path: Path) -> None:
    folder = room(tmp_path / "w", MONTH)
    run(folder, "assess", "2026-12")
    run(folder, "reconcile", "2026-12")
    found = shutil.which("duckdb", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        pytest.skip("no duckdb command here")
    sql = (
        "select count(*) from dues union all select count(*) from arrivals union all "
        "select sum(case when comment is null then 1 else 0 end) "
        "from duckdb_columns() where table_name in ('dues', 'arrivals')"
    )
    done = subprocess.run(
        [found, "-readonly", "-csv", "-noheader", "nxmed.duckdb", sql],
        cwd=folder,
        text=True,
        capture_output=True,
        check=True,
    )
    assert done.stdout.split() == ["4", "2", "0"]


def test_same_inputs_elsewhere_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = room(tmp_path / "one", MONTH), room(tmp_path / "另 一处" / "two", MONTH)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "NXMED_", "TZ"))}
    here = {**clean, "TZ": "Asia/Shanghai", "NXMED_WORKSPACE": str(one), "PYTHONUTF8": "1"}
    there = {**clean, "TZ": "America/New_York", "LC_ALL": "C", "POLARS_MAX_THREADS": "1", "NXMED_WORKSPACE": str(two)}
    for name in ("assess", "reconcile"):
        for env, more in ((here, []), (there, ["--lang", "en"])):
            words = [sys.executable, "-m", "nxmed", name, "2026-12", *more]
            done = subprocess.run(words, check=False, capture_output=True, cwd=tmp_path, env=env)
            assert done.returncode == 0, done.stderr
    kept = {
        k: v
        for k, v in content(one).items()
        if k.startswith(("runs/", "outbox/")) and not k.endswith(("manifest.json", "head.json", "log.jsonl"))
    }
    other = content(two)
    assert sum(k.endswith(".parquet") for k in kept) >= 15
    assert not [k for k, v in kept.items() if other.get(k) != v]


def test_every_published_row_has_run_and_period(tmp_path: Path) -> None:
    import polars as pl

    folder = room(tmp_path / "w", MONTH)
    run(folder, "assess", "2026-12")
    run(folder, "reconcile", "2026-12")
    for path in sorted((folder / "runs").rglob("*.parquet")):
        frame = pl.read_parquet(path)
        assert frame.columns[:2] == ["run_id", "period"], path
        assert set(frame["period"].to_list()) <= {"2026-12"}
        assert not [
            n
            for n, t in frame.schema.items()
            if isinstance(t, pl.Float32 | pl.Float64)
            or (isinstance(t, pl.Decimal) and (t.precision, t.scale) != (16, 2))
        ], path
    assert {r["run_id"] for r in table(folder, "assess", "2026-12", "dues")} == {
        r["run_id"] for r in table(folder, "assess", "2026-12", "files")
    }
