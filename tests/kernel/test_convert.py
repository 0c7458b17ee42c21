"""Cells to values: every accepted form, every refusal with its check."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.kernel.contract import Column
from nxmed.kernel.convert import clean, fast, slow
from nxmed.kernel.diagnose import check_code, lenient_fen


def read(cell: str | None, kind: str, **options: object) -> object:
    """What a cell becomes, by the fast way or, failing that, the slow one."""
    column = Column("x", "列", kind, **options)  # type: ignore[arg-type]
    frame = pl.DataFrame({"x": [cell]}, schema={"x": pl.String})
    quick = frame.select(fast(column, pl.col("x"))).item()
    late = frame.select(clean(column, pl.col("x")).alias("x")).select(slow(column, pl.col("x"))).item()
    if quick is not None:
        assert quick == late, "the fast way may know less than the slow one, never something else"
    return late


def why(cell: str | None, kind: str, **options: object) -> str:
    """The check that refuses a cell."""
    assert read(cell, kind, **options) is None
    column = Column("x", "列", kind, **options)  # type: ignore[arg-type]
    frame = pl.DataFrame({"x": [cell]}, schema={"x": pl.String})
    text = frame.select(clean(column, pl.col("x")).alias("x"))
    return str(text.select(check_code(column, pl.col("x"))).item())


@pytest.mark.parametrize(("cell", "fen"), [
    ("1.50", 150), ("1", 100), ("1.5", 150), ("0", 0), ("0.01", 1), ("1.1000", 110), (" 3.00\u3000", 300),
    ("'6120.50", 612050), ('="7.00"', 700), ("46000000000.00", 4_600_000_000_000), ("-0.00", 0),
])
def test_amounts(cell: str, fen: int) -> None:
    assert read(cell, "amount") == fen


@pytest.mark.parametrize(("cell", "check"), [
    (None, "E201"), ("", "E201"), ("NULL", "E201"), ("null", "E201"), ("\u3000", "E201"),
    ("6,120.50", "E206"), ("-1,234.00", "E206"), ("４５００.００", "E205"), ("4.5E+3", "E209"), ("1.2e+16", "E209"),
    ("#REF!", "E210"), ("#N/A", "E210"), ("-200.00", "E207"), ("(12.00)", "E207"), ("0.005", "E208"), ("5.0050", "E208"),
    ("￥5.00", "E215"), ("5元", "E215"), ("1.2万", "E215"), ("abc", "E211"), ("—", "E211"), ("007", "E211"),
    (".5", "E211"), ("5.", "E211"), ("+5", "E211"), ("1_000", "E211"), ("46000000000.01", "E212"),
    ("99999999999999999999", "E212"),
])
def test_amounts_refused(cell: str | None, check: str) -> None:
    assert why(cell, "amount") == check


def test_signed_and_nonzero_amounts() -> None:
    assert read("-200.00", "amount", signed=True) == -20000
    assert why("0.00", "amount", signed=True, nonzero=True) == "E213"
    assert read("-0.01", "amount", signed=True, nonzero=True) == -1
    assert why("-46000000000.01", "amount", signed=True) in ("E211", "E212")


@given(st.integers(-4_600_000_000_000, 4_600_000_000_000))
@settings(max_examples=60, deadline=None)
def test_amounts_round_trip(fen: int) -> None:
    text = str(Decimal(fen).scaleb(-2).quantize(Decimal("0.01"), ROUND_HALF_EVEN))
    assert read(text, "amount", signed=True) == fen


@given(st.text(alphabet="0123456789.,-+eE ０１_#", max_size=12))
@settings(max_examples=120, deadline=None)
def test_amounts_agree_with_decimal(text: str) -> None:
    value = read(text, "amount", signed=True)
    if value is not None:
        # whatever is taken is exactly what decimal reads in the trimmed cell
        assert Decimal(str(text.strip().removeprefix("'"))) * 100 == value


@pytest.mark.parametrize(("cell", "day"), [
    ("2026-12-05", date(2026, 12, 5)), ("20261205", date(2026, 12, 5)), ("2026/12/5", date(2026, 12, 5)),
    ("2026.12.5", date(2026, 12, 5)), ("2026年12月5日", date(2026, 12, 5)), ("2026年1月2", date(2026, 1, 2)),
    ("2026-12-05 00:00:00", date(2026, 12, 5)), ("2026-12-05T10:20:30", date(2026, 12, 5)),
    ("2024-02-29", date(2024, 2, 29)),
])
def test_dates(cell: str, day: date) -> None:
    assert read(cell, "date") == day


@pytest.mark.parametrize(("cell", "check"), [
    ("2026-02-29", "E204"), ("2026-13-01", "E204"), ("2026-13", "E204"), ("长期", "E204"), ("9999-12-31", "E204"),
    ("0001-01-01", "E204"), ("26-12-05", "E204"), ("2026-12/05", "E204"), ("46331", "E204"), ("２０２６-12-05", "E205"),
    ("#VALUE!", "E210"), ("2026-12-05 25:00", "E204"),
])
def test_dates_refused(cell: str, check: str) -> None:
    assert why(cell, "date") == check


def test_open_ends() -> None:
    assert read("9999-12-31", "date", open_end="far") == date(9999, 12, 31)
    assert read("长期", "date", open_end="far") == date(9999, 12, 31)
    assert read("9999年12月31日", "date", open_end="null") == date(9999, 12, 31)  # split makes null of it


@pytest.mark.parametrize(("cell", "moment"), [
    ("2026-12-05 10:20:30", datetime(2026, 12, 5, 10, 20, 30)), ("2026-12-05T10:20", datetime(2026, 12, 5, 10, 20)),
    ("20261205102030", datetime(2026, 12, 5, 10, 20, 30)), ("2026/12/5 9:05", datetime(2026, 12, 5, 9, 5)),
    ("2026-12-05", datetime(2026, 12, 5)), ("2026-12-05 10:20:30.000", datetime(2026, 12, 5, 10, 20, 30)),
])
def test_moments(cell: str, moment: datetime) -> None:
    assert read(cell, "datetime") == moment


def test_a_moment_of_no_day_is_refused() -> None:
    assert why("2026-12-05 24:00:00", "datetime") == "E204"


@pytest.mark.parametrize("cell", ["202612", "2026-12", "2026/12", "2026.12", "2026年12月", "2026-12-31", "20261205"])
def test_months(cell: str) -> None:
    assert read(cell, "month") == "202612"


@pytest.mark.parametrize("cell", ["202613", "2026-13", "2026", "12月", "2026-00"])
def test_months_refused(cell: str) -> None:
    assert why(cell, "month") == "E204"


def test_numbers_years_rates() -> None:
    assert read("007", "int") == 7
    assert read("5.00", "int") == 5
    assert why("5.5", "int") == "E214"
    assert why("-3", "int") == "E207"
    assert read("-3", "int", signed=True) == -3
    assert why("1234567890123456789012", "int") == "E212"
    assert read("2026年", "year") == 2026
    assert why("1800", "year") == "E212"
    assert why("二〇二六", "year") == "E204"
    assert read("0.08", "rate") == 80_000
    assert read("8%", "rate") == 80_000
    assert read("12.5%", "rate") == 125_000
    assert why("0.0000001", "rate") == "E216"


@pytest.mark.parametrize(("cell", "value"), [
    ("64010419850101123x", "64010419850101123X"), ("'640104198501011234", "640104198501011234"),
    ('="640104198501011234"', "640104198501011234"), ("640104 19850101 1234", "640104198501011234"),
    ("６４０１０４19850101123Ｘ", "64010419850101123X"), ("\ufeff640104198501011234\u200b", "640104198501011234"),
    ("E1234567", "E1234567"),
])
def test_identifiers_are_cleaned(cell: str, value: str) -> None:
    assert read(cell, "idcard", upper=True) == value


@pytest.mark.parametrize(("cell", "check"), [
    ("6.40104E+17", "E203"), ("6.40104198001011e+17", "E203"), ("6E+17", "E203"), ("640104198501011234.0", "E217"),
    ("#NAME?", "E210"), ("", "E201"), ("NULL", "E201"), ("a\x07b", "E202"), ("x" * 300, "E202"),
])
def test_identifiers_refused(cell: str, check: str) -> None:
    assert why(cell, "code") == check


def test_identifiers_keep_their_case_unless_told() -> None:
    assert read("e1-a", "code") == "e1-a"
    assert read("h64010400001", "code", upper=True) == "H64010400001"
    assert read("1E5", "code") == "1E5"  # no sign: a code, not a number


def test_names_are_only_trimmed() -> None:
    assert read("\u3000李 娜 ", "name") == "李 娜"
    assert read("买买提·阿布都", "name") == "买买提·阿布都"
    assert read("（ＡＢ）", "name") == "（ＡＢ）"
    assert read("第一行\n第二行", "text") == "第一行\n第二行"


def test_lenient_amounts_only_for_totals() -> None:
    frame = pl.DataFrame({"x": ["6,120.50", "￥5", "４５００.００", "(12.00)", "abc", None]})
    found = frame.select(lenient_fen(pl.col("x"))).to_series().to_list()
    assert found[:4] == [Decimal("6120.5"), Decimal(5), Decimal(4500), Decimal(-12)]
    assert found[4:] == [None, None]
