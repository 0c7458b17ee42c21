"""对账单由几个进程写 (the same bytes as one process; a failing child is told)."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from nxmed.errors import NxmedError
from nxmed.kernel.period import Period
from nxmed.report import provider_statement, statement_workers
from nxmed.settlements.settle import SettleResult
from tests.settlements.month import Chain, detail, provider, settlement

CODES = [f"H6401040{n:04d}" for n in range(7)]


def month() -> SettleResult:
    rows = [settlement(f"S{n:02d}", f"{n}.00", fixmedins_code=CODES[n % 7]) for n in range(30)]
    listed = [detail(r, src_row=n + 2, **({"acct_pay": "1.00"} if n % 4 == 0 else {})) for n, r in enumerate(rows)]
    return Chain(providers=[provider(c) for c in CODES]).run("2026-11", rows, listed)


class Room:
    deductions = pl.LazyFrame(schema={"fixmedins_code": pl.String, "fund_pay_type": pl.String, "det_sn": pl.String,
                                      "det_type": pl.String, "det_amt": pl.Int64, "det_rea": pl.String})


def written(folder: Path, result: SettleResult, monkeypatch: pytest.MonkeyPatch, alone: int) -> tuple[dict[str, bytes], int]:
    folder.mkdir()
    monkeypatch.setattr(statement_workers, "ALONE", alone)
    monkeypatch.setattr(statement_workers, "_cores", lambda: 2)
    made = provider_statement.write_all(lambda name: folder / name, result, Room(), {c: f"样例{c}" for c in CODES},
                                        period=Period(2026, 11), region="宁夏", run_id="settle-test")
    assert all(e.holds for e in made.equations)
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}, made.equations[0].left["对账单"]


def test_two_processes_write_what_one_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = month()
    one, two = written(tmp_path / "one", result, monkeypatch, 100), written(tmp_path / "two", result, monkeypatch, 0)
    assert one == two
    assert sum(name.endswith(".xlsx") for name in one[0]) == 8  # seven statements and the payable list
    # Rows 0, 4, 8, … 28 differ; of the others n yuan of the fund and 100.00 of the account each are paid
    assert one[1] == sum((n * 100 + 10_000) for n in range(30) if n % 4)


def test_a_failing_process_is_told_and_leaves_nothing_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statement_workers, "CHILD", ("-c", "import sys; sys.stdin.read(); sys.exit(9)"))
    with pytest.raises(NxmedError) as failed:
        written(tmp_path / "bad", month(), monkeypatch, 0)
    assert "9" in failed.value.text
    assert not list((tmp_path / "bad").glob(".frames-*"))
