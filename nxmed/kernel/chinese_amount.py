"""人民币大写 (an amount in capital Chinese numerals, as vouchers carry it)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

DIGITS = "零壹贰叁肆伍陆柒捌玖"
UNITS = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿", "亿亿")
LARGEST = 10**16


def capital(amount: Decimal | str | int) -> str:
    """大写金额 of yuan ("1234.50" → 壹仟贰佰叁拾肆元伍角整; "0" → 零元整; "-1.01" → 负壹元零壹分).

    ValueError on more than two decimals, on anything that is no finite number, and from 10^16 yuan on.
    """
    if isinstance(amount, bool) or not isinstance(amount, Decimal | str | int):
        raise ValueError("not an exact amount")
    try:
        value = Decimal(amount)
    except InvalidOperation as bad:
        raise ValueError("not an amount") from bad
    if not value.is_finite():
        raise ValueError("not an amount")
    fen = value.scaleb(2)
    if fen != fen.to_integral_value():
        raise ValueError("more than two decimals")
    return capital_of_fen(int(fen))


def capital_of_fen(fen: int) -> str:
    """大写金额 of fen."""
    sign = "负" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    if yuan >= LARGEST:
        raise ValueError("too large")
    jiao, cents = divmod(rest, 10)
    whole = _whole(yuan) + "元" if yuan else ""
    if not rest:
        return f"{sign}{whole or '零元'}整"
    if jiao:
        part = DIGITS[jiao] + "角" + (DIGITS[cents] + "分" if cents else "整")
        # 元位为零而角位不为零时，元后补零（如 10.50 壹拾元零伍角整）。
        return f"{sign}{whole}{'零' if yuan and yuan % 10 == 0 else ''}{part}"
    return f"{sign}{whole}{'零' if yuan else ''}{DIGITS[cents]}分"


def _whole(yuan: int) -> str:
    """Whole yuan > 0: groups of four digits, one 零 for any run of zeros between digits."""
    groups = []
    while yuan:
        yuan, part = divmod(yuan, 10_000)
        groups.append(part)
    text = ""
    gap = False
    for index in range(len(groups) - 1, -1, -1):
        part = groups[index]
        if not part:
            gap = bool(text)
            continue
        if text and (gap or part < 1000):
            text += "零"
        text += _four(part) + _scale(index, groups)
        gap = False
    return text


def _scale(index: int, groups: list[int]) -> str:
    """万 and 亿; the group above 亿 says 万, and 亿 once at the end of both."""
    if index < 3:
        return GROUPS[index]
    return "万" if groups[2] else "万亿"


def _four(part: int) -> str:
    """Four digits, 1 to 9999, without a leading 零."""
    text = ""
    zero = False
    for place in range(3, -1, -1):
        digit = part // 10**place % 10
        if not digit:
            zero = bool(text)
            continue
        text += ("零" if zero else "") + DIGITS[digit] + UNITS[place]
        zero = False
    return text
