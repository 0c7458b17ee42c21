"""A contract on a block of rows: rows conserved, every reason kept, codes, cross checks, typed columns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.io.resources import contracts
from nxmed.kernel.checks import CHECKS
from nxmed.kernel.contract import contract_from, fold_header
from nxmed.kernel.split import split
from nxmed.kernel.table import table_from

WAGES = {"year": "2026", "emp_no": "E1", "psn_no": "P1", "dcla_date": "2026-01-05", "wag": "5000.00"}


def wages(*rows: dict[str, str | None]) -> pl.DataFrame:
    full = [{"_row": i + 2, **WAGES, **row} for i, row in enumerate(rows)]
    return pl.DataFrame(full, schema={"_row": pl.Int64, **dict.fromkeys([k for k in full[0] if k != "_row"], pl.String)})


def reasons(frame: pl.DataFrame, name: str = "wage_declarations") -> list[tuple[int, str, str]]:
    result = split(frame, contracts()[name])
    assert result.accepted.height + result.rejected == frame.height
    return sorted(result.reasons.select("_row", "column", "check").rows())


def test_all_reasons_of_a_row_are_kept() -> None:
    found = reasons(wages({}, {"emp_no": "6.40104E+17", "wag": "-1", "dcla_date": "2026-13-01"}, {"psn_no": None}))
    assert found == [(3, "dcla_date", "E204"), (3, "emp_no", "E203"), (3, "wag", "E207"), (4, "psn_no", "E201")]


def test_sums_count_rejected_rows_too() -> None:
    result = split(wages({}, {"wag": "1,000.00"}, {"emp_no": "", "wag": "2.00"}), contracts()["wage_declarations"])
    # 5000.00 + 1000.00 (thousands separator, rejected) + 2.00 (row rejected for another cell)
    assert result.sums["wag"] == Decimal("6002.00")
    assert result.accepted.height == 1


def test_values_are_typed_and_cleaned() -> None:
    result = split(wages({"year": "2026年", "emp_no": " E1\u3000", "dcla_date": "2026.1.5", "wag": "5000"}),
                   contracts()["wage_declarations"])
    assert result.accepted.row(0, named=True) == {
        "_row": 2, "year": 2026, "emp_no": "E1", "psn_no": "P1", "dcla_date": date(2026, 1, 5), "wag": 500_000}


PERSON = {"psn_no": "P1", "psn_name": "张三", "certno": "64010419850101123X", "emp_no": "E1", "insu_admdvs": "640104",
          "psn_type": "1101", "hi_type": "1", "psn_insu_stas": "1"}


def persons(**changes: str | None) -> pl.DataFrame:
    row = {**PERSON, **changes}
    return pl.DataFrame([{"_row": 2, **row}], schema={"_row": pl.Int64, **dict.fromkeys(row, pl.String)})


def test_labels_become_codes_and_strange_codes_are_reported() -> None:
    contract = contracts()["persons"]
    result = split(persons(psn_type="在职职工", psn_insu_stas="正常参保", hi_type="9", psn_cert_type="1"), contract)
    row = result.accepted.row(0, named=True)
    assert (row["psn_type"], row["psn_insu_stas"], row["hi_type"], row["psn_cert_type"]) == ("1101", "1", "9", "01")
    assert result.unknown_codes.rows() == [(2, "hi_type", "9")]


def test_a_longer_local_code_of_a_listed_one_is_known() -> None:
    assert split(persons(psn_type="1699"), contracts()["persons"]).unknown_codes.height == 0
    assert split(persons(psn_type="1999"), contracts()["persons"]).unknown_codes.height == 1


def test_columns_outside_the_contract_stay() -> None:
    frame = wages({}).with_columns(pl.lit("x").alias("自己的列"))
    assert split(frame, contracts()["wage_declarations"]).accepted["自己的列"].to_list() == ["x"]


def test_cross_checks() -> None:
    row = {"admdvs": "640000", "stat_year": "2025", "yearly_amt": None, "monthly_amt": None, "lower_amt": "5023",
           "upper_amt": "25113", "publ_date": "2026-05-01", "source_doc": "文"}
    frame = pl.DataFrame([{"_row": 2, **row}, {"_row": 3, **row, "monthly_amt": "8371", "upper_amt": "1"},
                          {"_row": 4, **row, "yearly_amt": "100452"}],
                         schema={"_row": pl.Int64, **dict.fromkeys(row, pl.String)})
    assert reasons(frame, "average_wages") == [(2, "monthly_amt", "E303"), (3, "upper_amt", "E302")]


def test_typed_columns_are_taken_exactly() -> None:
    frame = pl.DataFrame({
        "_row": [1, 2, 3], "year": [2026, 2026, 99], "emp_no": ["E1", "E2", "E3"], "psn_no": [1, 2, 3],
        "dcla_date": [date(2026, 1, 5), None, date(1, 1, 1)],
        "wag": [Decimal("5000.10"), Decimal("-1.00"), Decimal("0.00")]})
    result = split(frame, contracts()["wage_declarations"])
    assert result.accepted.row(0) == (1, 2026, "E1", "1", date(2026, 1, 5), 500_010)
    assert sorted(result.reasons.select("_row", "column", "check").rows()) == [
        (2, "dcla_date", "E201"), (2, "wag", "E207"), (3, "dcla_date", "E204"), (3, "year", "E212")]


@pytest.mark.parametrize(("value", "fen"), [(Decimal("1.2300"), 123), (Decimal("1.2340"), None)])
def test_decimals_with_more_places(value: Decimal, fen: int | None) -> None:
    frame = wages({}).with_columns(pl.lit(value, pl.Decimal(18, 4)).alias("wag"))
    result = split(frame, contracts()["wage_declarations"])
    if fen is None:
        assert result.reasons.select("check").to_series().to_list() == ["E208"]
    else:
        assert result.accepted["wag"].to_list() == [fen]


def test_open_ends_follow_the_contract() -> None:
    row = {"psn_no": "P1", "dise_no": "M1", "begndate": "2026-01-01", "enddate": "长期"}
    frame = pl.DataFrame([{"_row": 2, **row}], schema={"_row": pl.Int64, **dict.fromkeys(row, pl.String)})
    assert split(frame, contracts()["chronic_registrations"]).accepted["enddate"].to_list() == [None]


cells = st.one_of(st.none(), st.sampled_from(["", "NULL", "5000", "1,0", "x", "6.4E+17", "2026-01-05", "202613", "-3", "　"]))


@given(st.lists(st.fixed_dictionaries({k: st.one_of(st.just(v), cells) for k, v in WAGES.items()}), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_rows_are_conserved_and_do_not_depend_on_their_neighbours(rows: list[dict[str, str | None]]) -> None:
    contract = contracts()["wage_declarations"]
    frame = wages(*rows)
    whole = split(frame, contract)
    assert whole.accepted.height + whole.rejected == frame.height
    one_by_one = [split(frame[i : i + 1], contract) for i in range(frame.height)]
    assert whole.accepted.rows() == [r for part in one_by_one for r in part.accepted.rows()]
    assert sorted(whole.reasons.rows(), key=str) == sorted((r for p in one_by_one for r in p.reasons.rows()), key=str)
    assert whole.sums["wag"] == sum(p.sums["wag"] for p in one_by_one)


def test_every_contract_of_the_month_is_there_and_well_formed() -> None:
    found = contracts()
    assert len(found) == 26
    assert found["tax_arrivals"].key == ("elec_taxrpt_no", "line_no")
    assert found["treasury_statement"].supply == "register"
    assert found["provider_details"].repeats
    for contract in found.values():
        assert set(contract.key) <= set(contract.required)
        spelled = [fold_header(h) for c in contract.columns for h in {c.id, c.zh}]
        assert len(spelled) == len(set(spelled)), contract.id


def test_contracts_and_tables_that_contradict_themselves_are_refused() -> None:
    good = {"id": "x", "zh": "某", "en": "x", "supply": "feed", "key": ["a"],
            "columns": [{"id": "a", "zh": "甲", "type": "code"}]}
    assert contract_from(good, {}).column("a").zh == "甲"
    for bad in ({"key": ["b"]}, {"supply": "daily"}, {"colour": "red"}, {"columns": [{"id": "a", "zh": "甲", "type": "float"}]},
                {"columns": [{"id": "src_row", "zh": "甲", "type": "int"}], "key": ["src_row"]}):
        with pytest.raises((ValueError, KeyError)):
            contract_from({**good, **bad}, {})
    table = {"id": "t", "zh": "表", "command": "assess", "key": ["a"], "columns": [{"id": "a", "zh": "甲", "type": "amount"}]}
    assert table_from(table).schema() == {"a": pl.Int64()}
    with pytest.raises(ValueError, match="key"):
        table_from({**table, "key": ["b"]})


def test_every_check_says_what_and_how_in_both_languages() -> None:
    for check in CHECKS.values():
        assert all([check.zh, check.hint_zh, check.en, check.hint_en]), check.code
