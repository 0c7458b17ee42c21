"""编造的身份 (made-up identities): names, 公民身份号码 and 统一社会信用代码 with valid check digits.

Nobody of these exists: serial numbers are handed out by position, not drawn from anything real.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import polars as pl

SURNAMES = (
    "马",
    "王",
    "李",
    "张",
    "杨",
    "纳",
    "哈",
    "丁",
    "陈",
    "刘",
    "白",
    "赵",
    "何",
    "㛃",
    "䶮",
    "吴",
    "海",
    "冶",
    "田",
)
GIVEN = (
    "小兰",
    "建国",
    "梦瑶",
    "志远",
    "䶮",
    "㛃宁",
    "秀英",
    "文博",
    "晓燕",
    "学军",
    "玉梅",
    "海涛",
    "子墨",
    "雅琴",
    "永强",
    "思源",
    "春花",
    "一鸣",
    "立新",
    "佳慧",
    "阿丹·伊斯玛仪",
    "买买提·吐尔逊",
    "丹",
    "浩然",
)
TRADES = ("商贸", "建筑", "物业", "餐饮", "物流", "科技", "农牧", "印务", "纺织", "机械")
WORDS = (
    "沙枣",
    "红柳",
    "胡杨",
    "枸杞",
    "苜蓿",
    "芨芨",
    "沙棘",
    "骆驼刺",
    "马兰",
    "梭梭",
    "白刺",
    "柠条",
    "蓝刺",
    "甘草",
    "黄芪",
    "党参",
)

_CERT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CERT_CHECK = tuple("10X98765432")
_EMPLOYEE_FROM, _EMPLOYEE_DAYS = date(1968, 1, 1), 13_513
_RETIREE_FROM, _RETIREE_DAYS = date(1936, 1, 1), 11_321
_STEP = 7_919

_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORG_VALUES = {c: (ord(c) - 55 if c.isalpha() else int(c)) for c in _USCC}
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def pick(index: pl.Expr, pool: tuple[str, ...]) -> pl.Expr:
    """The pool's entry at that index (0 ≤ index < len)."""
    return index.replace_strict(list(range(len(pool))), list(pool), return_dtype=pl.String)


def certno(serial: pl.Expr, area: pl.Expr, retired: pl.Expr) -> pl.Expr:
    """公民身份号码 (18 characters, valid check digit, one of its own for each serial 0 ≤ n < 11 million).

    area: six digits as Int64. Employees are born 1968 to 2004, retirees 1936 to 1966.
    """
    span = pl.when(retired).then(_RETIREE_DAYS).otherwise(_EMPLOYEE_DAYS)
    first = pl.when(retired).then(pl.lit(_RETIREE_FROM)).otherwise(pl.lit(_EMPLOYEE_FROM))
    born = first + pl.duration(days=serial * _STEP % span)
    day = born.dt.year().cast(pl.Int64) * 10_000 + born.dt.month().cast(pl.Int64) * 100 + born.dt.day().cast(pl.Int64)
    body = area * 10**11 + day * 1_000 + serial // span + 1
    total = pl.sum_horizontal([(body // 10 ** (16 - k) % 10) * w for k, w in enumerate(_CERT_WEIGHTS)])
    return body.cast(pl.String) + pick(total % 11, _CERT_CHECK)


def _fixed(text: str) -> list[int]:
    return [_ORG_VALUES[c] for c in text]


def uscc(serial: pl.Expr, area: pl.Expr, kind: str = "91") -> pl.Expr:
    """统一社会信用代码 (18 characters, both check digits valid, one of its own for each serial and kind).

    kind: 91 enterprise, 11 government, 12 public institution. area: six digits as Int64.
    """
    org = [serial // 31**k % 31 for k in range(5, -1, -1)]
    to_org = dict(enumerate(_ORG_VALUES[c] for c in _USCC))
    org_total = sum(v * w for v, w in zip(_fixed("MA"), _ORG_WEIGHTS[:2], strict=True)) + pl.sum_horizontal(
        [d.replace_strict(to_org, return_dtype=pl.Int64) * w for d, w in zip(org, _ORG_WEIGHTS[2:], strict=True)]
    )
    org_rest = (11 - org_total % 11) % 11
    to_code = [*(_USCC.index(str(n)) for n in range(10)), _USCC.index("X")]
    org_check = org_rest.replace_strict(list(range(11)), to_code, return_dtype=pl.Int64)
    head = [pl.lit(_USCC.index(c), pl.Int64) for c in kind]
    places = [area // 10**k % 10 for k in range(5, -1, -1)]
    letters = [pl.lit(_USCC.index(c), pl.Int64) for c in "MA"]
    values = [*head, *places, *letters, *org, org_check]
    total = pl.sum_horizontal([v * w for v, w in zip(values, _USCC_WEIGHTS, strict=True)])
    alphabet = tuple(_USCC)
    return pl.concat_str(
        [
            pl.lit(kind),
            area.cast(pl.String),
            pl.lit("MA"),
            *[pick(d, alphabet) for d in org],
            pick(org_check, alphabet),
            pick((31 - total % 31) % 31, alphabet),
        ]
    )


def person_name(surname: pl.Expr, given: pl.Expr) -> pl.Expr:
    """姓名 from two drawn indices; given names with · stand alone, as on the card."""
    own = pick(given, GIVEN)
    return pl.when(own.str.contains("·", literal=True)).then(own).otherwise(pick(surname, SURNAMES) + own)


def unit_name(place: pl.Expr, word: pl.Expr, trade: pl.Expr, serial: pl.Expr) -> pl.Expr:
    """单位名称, made up; the serial keeps it one of its own."""
    return place + "样例" + pick(word, WORDS) + pick(trade, TRADES) + serial.cast(pl.String) + "号有限公司"


@cache
def one_certno(serial: int, area: int, retired: bool) -> str:
    """公民身份号码 of one serial."""
    return str(pl.select(certno(pl.lit(serial, pl.Int64), pl.lit(area, pl.Int64), pl.lit(retired))).item())


@cache
def one_uscc(serial: int, area: int, kind: str) -> str:
    """统一社会信用代码 of one serial."""
    return str(pl.select(uscc(pl.lit(serial, pl.Int64), pl.lit(area, pl.Int64), kind)).item())


def one_name(surname: int, given: int) -> str:
    """姓名 from two drawn indices, as `person_name`."""
    own = GIVEN[given]
    return own if "·" in own else SURNAMES[surname] + own
