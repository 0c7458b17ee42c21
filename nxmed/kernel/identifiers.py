"""标识 (identity numbers, credit codes, card and bank numbers): check digits as expressions, and masks.

GB 11643 公民身份号码, GB 32100 统一社会信用代码, Luhn for cards, ISO 7064 MOD 11,10 for 支付系统行号. A check
digit that fails is a finding, never a reason to drop a row.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import polars as pl

_CERT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


@cache
def _digit_sums(weights: tuple[int, ...]) -> pl.Series:
    """Weighted digit sum of every number of len(weights) digits, modulo 11: three look-ups replace 17 divisions."""
    size = len(weights)
    number = pl.int_range(10**size, dtype=pl.Int32)
    total = pl.sum_horizontal([number // 10 ** (size - 1 - i) % 10 * w for i, w in enumerate(weights)]) % 11
    return pl.select(total.cast(pl.UInt8)).to_series()


@cache
def _days() -> pl.Series:
    """For every month × 100 + day: 0 no such day, 1 a day, 2 a day of leap years only."""
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
    real = [1 <= k // 100 <= 12 and 1 <= k % 100 <= longest.get(k // 100, 31) for k in range(10_000)]
    return pl.Series([2 if k == 229 else int(r) for k, r in enumerate(real)], dtype=pl.UInt8)


def certno_ok(cell: pl.Expr) -> pl.Expr:
    """公民身份号码可信 (18 digits with GB 11643 check digit and a real birth date, or the old 15 digits; null: no)."""
    return cell.map_batches(certno_valid, return_dtype=pl.Boolean)


def certno_valid(cells: pl.Series) -> pl.Series:
    """公民身份号码可信, a whole column (as `certno_ok`; each step is computed once)."""
    c, n = pl.col("c"), pl.col("n")
    first = pl.DataFrame({"c": cells.rename("c")}).select(
        n=c.str.head(17).cast(pl.Int64, strict=False),
        last=pl.when(c.str.ends_with("X")).then(pl.lit(10, pl.Int64)).otherwise(
            c.str.slice(17, 1).cast(pl.Int64, strict=False)),
        shape=c.str.contains(r"^[1-9][0-9]{16}[0-9X]$"))
    second = first.select("last", "shape", high=n // 10**11, middle=n // 10**6 % 10**5, low=n % 10**6,
                          year=n // 10**7 % 10**4, day=n // 1000 % 10**4)

    def looked_up(table: pl.Series, name: str) -> pl.Expr:
        # where the shape is wrong the number may be anything: look up 0 instead
        return pl.lit(table).gather(pl.when("shape").then(pl.col(name)).otherwise(0).cast(pl.UInt32))

    sums = second.select(
        "shape", "year", "last", day=looked_up(_days(), "day"),
        a=looked_up(_digit_sums(_CERT_WEIGHTS[:6]), "high"), b=looked_up(_digit_sums(_CERT_WEIGHTS[6:11]), "middle"),
        d=looked_up(_digit_sums(_CERT_WEIGHTS[11:]), "low"))
    # digits and check digit together leave 1 modulo 11 (X counts 10)
    total = (pl.col("a").cast(pl.Int64) + pl.col("b") + pl.col("d") + pl.col("last")) % 11
    year = pl.col("year")
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    real = (pl.col("day") == 1) | ((pl.col("day") == 2) & leap)
    ok = sums.select((pl.col("shape") & (total == 1) & real & year.is_between(1900, 2199)).fill_null(False)).to_series()
    if not ok.all():
        ok = ok | _old_valid(cells, ok)
    return ok.alias(cells.name)


def _old_valid(cells: pl.Series, known: pl.Series) -> pl.Series:
    """15 digits with a real birth date; looked at only where the 18-digit form does not hold."""
    c = pl.col("c")
    rest = pl.DataFrame({"c": pl.select(pl.when(~known).then(cells.rename("c"))).to_series()})
    day = (pl.lit("19") + c.str.slice(6, 6)).str.to_date("%Y%m%d", strict=False)
    return rest.select((c.str.contains(r"^[1-9][0-9]{14}$") & day.is_not_null()).fill_null(False)).to_series()


def birth_date(certno: str) -> date | None:
    """出生日期 from an 18- or 15-digit number (None where there is none)."""
    text = certno[6:14] if len(certno) == 18 else "19" + certno[6:12] if len(certno) == 15 else ""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


def certno_check_digit(first17: str) -> str:
    """校验位 of the first 17 digits (GB 11643)."""
    return "10X98765432"[sum(int(d) * w for d, w in zip(first17, _CERT_WEIGHTS, strict=True)) % 11]


def uscc_ok(cell: pl.Expr) -> pl.Expr:
    """统一社会信用代码可信 (18 characters of the alphabet without I O Z S V, GB 32100 check character)."""
    letters = list(_USCC_LETTERS)
    values = list(range(len(letters)))

    def at(i: int) -> pl.Expr:
        return cell.str.slice(i, 1).replace_strict(letters, values, default=None, return_dtype=pl.Int64)

    total = pl.sum_horizontal([at(i) * w for i, w in enumerate(_USCC_WEIGHTS)], ignore_nulls=False) % 31
    return (cell.str.contains(f"^[{_USCC_LETTERS}]{{18}}$") & ((31 - total) % 31 == at(17))).fill_null(False)


def uscc_check_digit(first17: str) -> str:
    """校验位 of the first 17 characters (GB 32100)."""
    total = sum(_USCC_LETTERS.index(c) * w for c, w in zip(first17, _USCC_WEIGHTS, strict=True))
    return _USCC_LETTERS[(31 - total % 31) % 31]


def account_ok(cell: pl.Expr) -> pl.Expr:
    """银行卡号可信 (Luhn, for numbers of 16 to 19 digits that begin with 62, 4 or 5; others have no check digit)."""
    padded = cell.str.zfill(19)
    total = pl.sum_horizontal([_luhn(padded.str.slice(i, 1).cast(pl.Int64, strict=False), (18 - i) % 2 == 1)
                               for i in range(19)])
    return (~cell.str.contains(r"^(?:62|4|5)[0-9]{14,17}$") | (total % 10 == 0)
            | ~cell.str.len_bytes().is_between(16, 19)).fill_null(True)


def _luhn(digit: pl.Expr, doubled: bool) -> pl.Expr:
    if not doubled:
        return digit
    return digit * 2 - pl.when(digit > 4).then(9).otherwise(0)


def luhn_check_digit(first: str) -> str:
    """校验位 of a card number without its last digit."""
    total = 0
    for i, c in enumerate(reversed(first)):
        d = int(c) * 2 if i % 2 == 0 else int(c)
        total += d - 9 if d > 9 else d
    return str(-total % 10)


def cnaps_ok(cell: pl.Expr) -> pl.Expr:
    """支付系统行号可信 (12 digits, ISO 7064 MOD 11,10)."""
    product = pl.lit(10, pl.Int64)
    for i in range(11):
        # a rest of 0 counts 10; written so that each step names the one before it once, or the expression would explode
        product = ((product + cell.str.slice(i, 1).cast(pl.Int64, strict=False) + 9) % 10 + 1) * 2 % 11
    last = cell.str.slice(11, 1).cast(pl.Int64, strict=False)
    return (cell.str.contains(r"^[0-9]{12}$") & ((product + last) % 10 == 1)).fill_null(False)


def cnaps_check_digit(first11: str) -> str:
    """校验位 of the first 11 digits (ISO 7064 MOD 11,10)."""
    product = 10
    for c in first11:
        rest = (product + int(c)) % 10 or 10
        product = rest * 2 % 11
    return str((11 - product) % 10)


def mask(text: str) -> str:
    """遮盖证件号码 (first 6 and last 4 stay: 640102********123X; up to 11 characters unchanged)."""
    return text if len(text) < 12 else text[:6] + "*" * (len(text) - 10) + text[-4:]


def mask_account(text: str) -> str:
    """遮盖账号 (last 4 stay; up to 7 characters unchanged)."""
    return text if len(text) < 8 else "*" * (len(text) - 4) + text[-4:]


def mask_text(text: str) -> str:
    """遮盖文字中的证件号码 (runs of 18 digits that look like an identity number)."""
    return pl.select(mask_text_expr(pl.lit(text))).item() if len(text) > 14 else text


def mask_expr(cell: pl.Expr) -> pl.Expr:
    """遮盖证件号码, 列 (as `mask`; scientific notation stays readable)."""
    return pl.when(cell.str.len_chars() >= 12).then(
        cell.str.head(6) + _stars(cell, 10) + cell.str.tail(4)
    ).otherwise(cell)


def mask_account_expr(cell: pl.Expr) -> pl.Expr:
    """遮盖账号, 列 (as `mask_account`)."""
    return pl.when(cell.str.len_chars() >= 8).then(
        _stars(cell, 4) + cell.str.tail(4)
    ).otherwise(cell)


def _stars(cell: pl.Expr, shown: int) -> pl.Expr:
    """One star per hidden character. Both branches of a `when` are computed: a short text must not count below zero."""
    return pl.lit("*").repeat_by((cell.str.len_chars().cast(pl.Int64) - shown).clip(0)).list.join("")


def mask_text_expr(cell: pl.Expr) -> pl.Expr:
    """遮盖文字中的证件号码, 列."""
    return cell.str.replace_all(
        r"([1-9][0-9]{5})(?:(?:18|19|20)[0-9]{6})([0-9]{3}[0-9Xx])", "${1}********${2}")
