"""入口关卡 fires on what reading must never let through, names no value, and passes what it lets through."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from nxmed.errors import IntegrityError
from nxmed.io.input_gate import gate_rows
from nxmed.io.reading import read_file
from nxmed.io.resources import contracts
from nxmed.kernel.money import MAX_FEN

WAGES = contracts()["wage_declarations"]
ARRIVALS = contracts()["tax_arrivals"]
LINE = {"elec_taxrpt_no": "T1", "line_no": 1, "taxpayer_no": "P", "levy_subitem_name": "x", "paid_amt": 100, "treasury_code": "1"}


def frame(contract_id: str, **cells: object) -> pl.LazyFrame:
    contract = contracts()[contract_id]
    schema = contract.schema()
    row = {name: cells.get(name) for name in schema}
    return pl.LazyFrame([row], schema=schema)


def arrival(**changed: object) -> pl.LazyFrame:
    from datetime import date

    return frame("tax_arrivals", **{**LINE, "intsury_time": date(2026, 12, 1), **changed})


def test_a_good_row_passes() -> None:
    gate_rows(ARRIVALS, arrival())
    gate_rows(ARRIVALS, arrival(paid_amt=-100))
    assert arrival().collect().height == 1


@pytest.mark.parametrize(("changed", "column"), [
    ({"taxpayer_no": None}, "taxpayer_no"), ({"paid_amt": 0}, "paid_amt"), ({"paid_amt": MAX_FEN + 1}, "paid_amt"),
    ({"paid_amt": None}, "paid_amt"), ({"intsury_time": None}, "intsury_time"),
])
def test_what_the_contract_forbids_stops_the_run(changed: dict[str, object], column: str) -> None:
    with pytest.raises(IntegrityError) as stopped:
        gate_rows(ARRIVALS, arrival(**changed))
    assert stopped.value.exit_code == 7
    assert column in stopped.value.text
    assert str(MAX_FEN + 1) not in stopped.value.text


def test_a_negative_wage_and_a_wrong_type_stop_it() -> None:
    from datetime import date

    good = {"year": 2026, "emp_no": "E", "psn_no": "P", "dcla_date": date(2026, 1, 1), "wag": 600000}
    gate_rows(WAGES, frame("wage_declarations", **good))
    for bad in (frame("wage_declarations", **{**good, "wag": -1}),
                frame("wage_declarations", **good).with_columns(pl.col("wag").cast(pl.String))):
        with pytest.raises(IntegrityError, match="wag"):
            gate_rows(WAGES, bad)


def test_what_reading_accepts_passes(tmp_path: Path) -> None:
    path = tmp_path / "wage_declarations.csv"
    path.write_text("year,emp_no,psn_no,dcla_date,wag\n2026,E,P,2026-01-01,6000.00\n2026,E,Q,2026-01-01,-1\n", encoding="utf-8")
    read = read_file(path)
    gate_rows(WAGES, read.frame)
    assert (read.accepted, read.rejected) == (1, 1)
