"""Check digits against python-stdnum and published examples; masks."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2, mod_11_10

from nxmed.kernel import identifiers as ids


def judge(rule: object, *values: str | None) -> list[bool]:
    frame = pl.DataFrame({"x": values}, schema={"x": pl.String})
    return frame.select(rule(pl.col("x"))).to_series().to_list()  # type: ignore[operator]


digits = st.text(alphabet="0123456789", min_size=3, max_size=3)


@given(st.dates(min_value=__import__("datetime").date(1900, 1, 1), max_value=__import__("datetime").date(2199, 12, 31)),
       digits, st.sampled_from("0123456789X"))
@settings(max_examples=80, deadline=None)
def test_identity_numbers(born: object, serial: str, last: str) -> None:
    first = f"640104{born:%Y%m%d}{serial}"
    right = mod_11_2.calc_check_digit(first)
    assert ids.certno_check_digit(first) == right
    assert judge(ids.certno_ok, first + right, first + last) == [True, last == right]


def test_identity_numbers_of_no_day() -> None:
    wrong = ["64010419850230123", "64010419851301123", "64010419850100123", "64010419000229123", "64010418991231123"]
    assert judge(ids.certno_ok, *[w + ids.certno_check_digit(w) for w in wrong]) == [False] * 5
    leap = "64010420000229123"
    assert judge(ids.certno_ok, leap + ids.certno_check_digit(leap)) == [True]


def test_old_and_odd_identity_numbers() -> None:
    assert judge(ids.certno_ok, "640104850101123", "640104851301123", None, "", "E1234567", "６４０１０４８５０１０１１２３",
                 "64010419850101123x") == [True, False, False, False, False, False, False]
    assert str(ids.birth_date("640104850101123")) == "1985-01-01"
    assert ids.birth_date("640104198513011234") is None


@given(st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9))
@settings(max_examples=60, deadline=None)
def test_credit_codes(org: str) -> None:
    first = "91640100" + org
    right = uscc.calc_check_digit(first)
    assert ids.uscc_check_digit(first) == right
    other = "0" if right != "0" else "1"
    assert judge(ids.uscc_ok, first + right, first + other) == [True, False]


def test_credit_codes_of_rural_collectives_and_letters_that_do_not_exist() -> None:
    first = "N1640104MF12345670"[:17]
    assert judge(ids.uscc_ok, first + ids.uscc_check_digit(first), "I" * 18, "91640100", None) == [True, False, False, False]


@given(st.integers(14, 17), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_card_numbers(length: int, random: object) -> None:
    first = "62" + "".join(random.choice("0123456789") for _ in range(length - 1))  # type: ignore[attr-defined]
    first = first[: length + 1]
    right = luhn.calc_check_digit(first)
    assert ids.luhn_check_digit(first) == right
    assert judge(ids.account_ok, first + right, first + str((int(right) + 1) % 10)) == [True, False]


def test_accounts_without_a_check_digit_pass() -> None:
    assert judge(ids.account_ok, "01040160000012345", "123456", "9558801234567890123", None) == [True] * 4


def test_bank_numbers() -> None:
    # head offices, as everybody uses them
    real = ["102100099996", "105100000017", "308584000013", "403100000004", "313871000007"]
    assert judge(ids.cnaps_ok, *real, "313871000008", "12345678901234", None) == [True] * 5 + [False] * 3
    assert all(ids.cnaps_check_digit(r[:11]) == r[11] == mod_11_10.calc_check_digit(r[:11]) for r in real)


@pytest.mark.parametrize(("text", "shown"), [
    ("64010219850101123X", "640102********123X"), ("6.4E+17", "6.4E+17"), ("", ""), ("123456789012", "123456**9012"),
])
def test_masks(text: str, shown: str) -> None:
    assert ids.mask(text) == shown
    assert pl.DataFrame({"x": [text]}).select(ids.mask_expr(pl.col("x"))).item() == shown


def test_accounts_show_four_digits_and_texts_hide_identity_numbers() -> None:
    assert ids.mask_account("6217001234567890123") == "*" * 15 + "0123"
    assert pl.DataFrame({"x": ["6217001234567890123"]}).select(ids.mask_account_expr(pl.col("x"))).item() == "*" * 15 + "0123"
    for short in ("abc", "", "1234567"):  # shorter than what stays visible: nothing to hide, and no count below zero
        assert pl.DataFrame({"x": [short]}).select(pl.format("{}", ids.mask_account_expr(pl.col("x")))).item() == short
    assert ids.mask_text("身份证 64010219850101123X 的人") == "身份证 640102********123X 的人"
