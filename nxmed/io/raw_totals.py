"""合计与自报数 (footer rows, and counts and amounts that a file states about itself)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

FOOTER_START = (
    r'^[\s,;|"\'\x{3000}]*(?:合\s*计|总|小\s*计|累\s*计|共|本页|页计|制|审|复核|填|经办|负责|单位负责|主管|备注|说明|注[:：]|打印'
    r"|报送|笔数|条数|行数|记录数|金额|户数|人数)"
)
"""Cheap test for lines that may be footers (the first cell decides)."""

_TAIL = r"(?:\s*[（(][^（）()]*[)）])?\s*[:：]?"
_TOTAL = re.compile(rf"(?:合\s*计|总\s*计|共\s*计|总\s*合\s*计|合计数|总计数){_TAIL}")
_SUBTOTAL = re.compile(rf"(?:小\s*计|累\s*计|本页\s*(?:合计|小计)|页计){_TAIL}")
_NOTE = re.compile(
    r"(?:制[表单](?:人|日期|时间|单位)?|审核人?|审批人?|复核人?|填[报表](?:人|日期|单位)?|经办人?|(?:单位)?负责人|主管"
    r"|备注|说明|注|打印(?:人|日期|时间)?|报送(?:单位|日期|人)|总?(?:笔数|条数|行数|户数|人数|记录数|金额)"
    r"|(?:合计|总计)(?:笔数|金额|人数)|金额(?:合计|总计))"
    r"\s*(?:[（(][^（）()]*[)）])?\s*(?:[:：].*)?", re.S)
_COUNTED = re.compile(
    r"(?:(?:合计|总计)\s*)?共\s*[0-9][0-9,]*\s*[笔条行户人次].*|(?:合计|总计|共计)\s*[:：]?\s*-?[0-9¥￥].*", re.S)
_COUNT = re.compile(
    r"(?:共计?|合计|总计)\s*[:：]?\s*([0-9][0-9,]*)\s*[笔条行](?![0-9])"
    r"|(?:总?笔数|总?条数|总?行数|总?记录数)\s*[:：]?\s*([0-9][0-9,]*)")
_AMOUNT = re.compile(
    r"(?:总金额|金额合计|合计金额|金额总计|总额)\s*(?:[（(]元[)）])?\s*[:：]?\s*[¥￥]?\s*"
    r"(-?[0-9][0-9,]*+(?:\.[0-9]++)?+)(?!\s*万)")
_NUMBER = re.compile(r"-?[0-9][0-9,]*(?:\.[0-9]+)?")


_BLANKS = " \t\r\n\u3000\xa0\"'"
DATA_CELLS = 4
"""So many cells beside a bare note word make a data row."""


def first_cell(cells: Iterable[str | None]) -> str:
    """The first cell that is not empty, trimmed."""
    for cell in cells:
        if cell and (text := cell.strip(_BLANKS)):
            return text
    return ""


def is_footer(cells: Iterable[str | None]) -> bool:
    """不是数据行: 合计, 小计, 制表人, 备注, 共 N 笔 …

    A bare word such as 审核 or 备注 also stands as a reason in the first column of a data row: a row with that many other
    cells, none of them such a word, is data.
    """
    texts = [text for cell in cells if cell and (text := cell.strip(_BLANKS))]
    if not texts:
        return False
    first, others = texts[0], texts[1:]
    if any(p.fullmatch(first) for p in (_TOTAL, _SUBTOTAL, _COUNTED)):
        return True
    if not _NOTE.fullmatch(first):
        return False
    plain = ":" not in first and "：" not in first
    return not (plain and len(others) >= DATA_CELLS and not any(_NOTE.fullmatch(t) for t in others))


def is_total(cells: Iterable[str | None]) -> bool:
    """合计行 (a row whose amounts must equal the sum of the rows above)."""
    return bool(_TOTAL.fullmatch(first_cell(cells)))


def amount_of(text: str | None) -> Decimal | None:
    """一个数 as yuan ("1,234.50", "￥5"; None if it is none)."""
    bare = (text or "").strip(" \t\u3000\xa0'¥￥元")
    if not _NUMBER.fullmatch(bare):
        return None
    try:
        return Decimal(bare.replace(",", ""))
    except InvalidOperation:
        return None


def declared(texts: Iterable[str]) -> tuple[list[int], list[Decimal]]:
    """自报的笔数和金额 in titles and footers."""
    counts: list[int] = []
    amounts: list[Decimal] = []
    for text in texts:
        counts += [int((a or b).replace(",", "")) for a, b in _COUNT.findall(text)]
        amounts += [Decimal(x.replace(",", "")) for x in _AMOUNT.findall(text)]
    return counts, amounts
