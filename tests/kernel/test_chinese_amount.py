"""人民币大写: cases by hand, what is refused, and that the text reads back to the same amount."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nxmed.kernel.chinese_amount import DIGITS, capital, capital_of_fen


@pytest.mark.parametrize(("amount", "text"), [
    ("0", "零元整"), ("0.00", "零元整"), ("0.01", "壹分"), ("0.10", "壹角整"), ("0.12", "壹角贰分"), ("1", "壹元整"),
    ("10", "壹拾元整"), ("11.00", "壹拾壹元整"), ("100.01", "壹佰元零壹分"), ("101.10", "壹佰零壹元壹角整"),
    ("1234.50", "壹仟贰佰叁拾肆元伍角整"), ("1010.00", "壹仟零壹拾元整"), ("1001.05", "壹仟零壹元零伍分"),
    ("10000", "壹万元整"), ("10001", "壹万零壹元整"), ("10100", "壹万零壹佰元整"), ("100000", "壹拾万元整"),
    ("10010001", "壹仟零壹万零壹元整"), ("100000000", "壹亿元整"), ("100000001.01", "壹亿零壹元零壹分"),
    ("100100000", "壹亿零壹拾万元整"), ("12345678901.99", "壹佰贰拾叁亿肆仟伍佰陆拾柒万捌仟玖佰零壹元玖角玖分"),
    ("2000000000000", "贰万亿元整"), ("20003000400005", "贰拾万零叁拾亿零肆拾万零伍元整"),
    ("-1.01", "负壹元零壹分"), ("700.07", "柒佰元零柒分"),
])
def test_cases(amount: str, text: str) -> None:
    assert capital(amount) == text
    assert capital(Decimal(amount)) == text


@pytest.mark.parametrize("bad", ["1.001", "0.005", "abc", "NaN", "Infinity", "", "10000000000000000", True, 1.5, None])
def test_what_is_no_exact_amount_in_fen_is_refused(bad: object) -> None:
    with pytest.raises(ValueError, match=r"decimals|amount|large"):
        capital(bad)  # type: ignore[arg-type]


def read_back(text: str) -> int:
    """大写 → 分, by another way: groups from the large units down."""
    sign = -1 if text.startswith("负") else 1
    text = text.removeprefix("负").removesuffix("整")
    whole, _, part = text.rpartition("元")
    fen = 0
    for ch in zip(part.replace("零", ""), part.replace("零", "")[1:], strict=False):
        fen += DIGITS.index(ch[0]) * {"角": 10, "分": 1}[ch[1]] if ch[0] in DIGITS and ch[1] in "角分" else 0

    def four(t: str) -> int:
        value = digit = 0
        for c in t:
            if c in DIGITS:
                digit = DIGITS.index(c)
            else:
                value += digit * {"拾": 10, "佰": 100, "仟": 1000}[c]
                digit = 0
        return value + digit

    def wan(t: str) -> int:
        high, _, low = t.rpartition("万")
        return four(high) * 10_000 + four(low)

    high, _, low = whole.rpartition("亿")
    return sign * ((wan(high) * 10**8 + wan(low)) * 100 + fen)


@given(st.integers(min_value=-(10**17), max_value=10**17))
def test_reads_back(fen: int) -> None:
    assert read_back(capital_of_fen(fen)) == fen
