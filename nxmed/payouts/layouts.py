"""银行文件版式 (a bank's layout as data): what a layout file may say, and every reason to refuse one.

A layout names the columns of a payment file in order, its encoding, separator or fixed widths (bytes in that encoding),
fen or yuan, rows per file, header and trailer records, file names; and, in [return], how the bank's own return file is
read. An unknown key, an unknown field or a contradiction is refused: a payment file is no place for a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NoReturn

from nxmed.errors import UsageError

BATCH_FIELDS = (
    "bat_no", "tot_cnt", "tot_amt", "file_cnt", "file_amt", "part", "parts", "pay_bankacct", "pay_acctname", "pay_bankcode",
    "pay_bank_name", "make_date", "fund_pay_type", "insu_admdvs", "source",
)
LINE_FIELDS = (
    "pay_sn", "row_no", "file_row", "payee_type", "payee_code", "payee_name", "bankacct", "acctname", "bankcode", "bank_name",
    "acct_type", "amt", "usage", "postscript", "org_pay_sn",
)
AMOUNT_FIELDS = ("tot_amt", "file_amt", "amt", "ret_amt", "dfr_sumamt")
COUNT_FIELDS = ("tot_cnt", "file_cnt", "part", "parts", "row_no", "file_row")
RETURN_FIELDS = (
    "bat_no", "pay_sn", "pay_stas", "tran_date", "bank_sn", "ret_code", "pay_fail_desc", "ret_amt", "dfr_sumamt", "row_no",
    "bankacct", "acctname", "memo",
)
RETURN_NEEDED = ("bat_no", "pay_sn", "pay_stas")
CUTTABLE = ("usage", "postscript")
"""Free text that a layout may cut at a character boundary; an account or a name is never cut."""
ENCODINGS = ("gbk", "gb18030", "utf-8")
LINE_ENDS = {"crlf": "\r\n", "lf": "\n"}
DATE_FORMS = {"YYYYMMDD": "%Y%m%d", "YYYY-MM-DD": "%Y-%m-%d"}
STATES = ("0", "1", "2", "3")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_NAME = re.compile(r"[0-9A-Za-z_{}.\-一-龥]{1,80}")
_PLACES = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True)
class Field:
    """版式的一列: a `field` of the batch or line, or a constant `text`. `width` and `max_bytes` count bytes in the
    layout's encoding; `cut` lets free text be cut at a character boundary."""

    field: str = ""
    text: str = ""
    title: str = ""
    width: int = 0
    max_bytes: int = 0
    align: str = "left"
    pad: str = " "
    date: str = "YYYYMMDD"
    cut: bool = False
    required: bool = False
    codes: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """列名 (as messages call the column)."""
        return self.title or self.field or self.text


@dataclass(frozen=True)
class ReturnForm:
    """回盘版式: columns of the bank's return file and what its status words mean (pay_stas 0, 1, 2, 3)."""

    columns: tuple[Field, ...]
    states: tuple[tuple[str, str], ...]
    encoding: str = "gb18030"
    separator: str = ","
    fixed: bool = False
    titles: bool = True
    amount: str = "yuan"
    header: tuple[Field, ...] = ()
    trailer: tuple[Field, ...] = ()
    empty_amount: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """一家银行的版式. `fixed`: fixed width instead of a separator; `rows_per_file` 0 = no limit; `rare`: what happens to a
    character the encoding lacks ("refuse", or "gb18030": the whole batch is written in GB18030)."""

    id: str
    zh: str
    en: str
    file_name: str
    columns: tuple[Field, ...]
    encoding: str = "gbk"
    separator: str = ","
    fixed: bool = False
    line_end: str = "crlf"
    amount: str = "yuan"
    rows_per_file: int = 0
    titles: bool = False
    quoted: bool = True
    opened_by_people: bool = False
    rare: str = "refuse"
    header: tuple[Field, ...] = ()
    trailer: tuple[Field, ...] = ()
    returns: ReturnForm | None = None


def layout_from(data: Mapping[str, Any], source: str) -> Layout:
    """读版式: from the tables of a TOML file named `source`. UsageError (exit 2) names the file and what is wrong in it."""
    told = _Told(source)
    given = dict(data)
    told.only(given, {f.name for f in fields(Layout)} - {"returns"} | {"return"}, "")
    for key in ("id", "zh", "en", "file_name", "columns"):
        if not given.get(key):
            told.wrong(f"缺少 {key}", f"{key} is missing")
    returns = given.pop("return", None)
    fixed = given.get("fixed", False) is True
    made = Layout(**{
        **told.simple(given, Layout), "columns": _columns(told, given["columns"], "columns", BATCH_FIELDS + LINE_FIELDS, fixed),
        "header": _columns(told, given.get("header", []), "header", BATCH_FIELDS, fixed),
        "trailer": _columns(told, given.get("trailer", []), "trailer", BATCH_FIELDS, fixed),
        "returns": None if returns is None else _return_form(told, returns),
    })
    _consistent(told, made)
    return made


class _Told:
    """Says what is wrong with a layout, naming the file."""

    def __init__(self, source: str) -> None:
        self.source = source

    def wrong(self, zh: str, en: str) -> NoReturn:
        raise UsageError(f"银行版式 {self.source}：{zh}", "按 docs/payout-operator.md 的说明改正该版式文件",
                         text_en=f"bank layout {self.source}: {en}", hint_en="mend that layout file as docs/payout-operator.md says")

    def only(self, given: object, known: set[str], where: str) -> Mapping[str, Any]:
        if not isinstance(given, Mapping):
            self.wrong(f"{where} 应为一张表", f"{where} must be a table")
        for key in given:
            if key not in known:
                self.wrong(f"不认识的项 {where}{'.' if where else ''}{key}", f"unknown key {where}{'.' if where else ''}{key}")
        return given

    def simple(self, given: Mapping[str, Any], kind: type) -> dict[str, Any]:
        """Plain values, each of the type its field has."""
        kinds = {"str": str, "int": int, "bool": bool}
        made = {}
        for field in fields(kind):
            want = kinds.get(str(field.type))
            if want is None or field.name not in given:
                continue
            value = given[field.name]
            if type(value) is not want or (isinstance(value, int) and not 0 <= value <= 1_000_000):
                self.wrong(f"{field.name} 的值不对", f"{field.name} has a wrong value")
            made[field.name] = value
        return made

    def one_of(self, key: str, value: str, allowed: Mapping[str, Any] | tuple[str, ...]) -> None:
        if value not in allowed:
            self.wrong(f"{key} 只能是 {'、'.join(allowed)}", f"{key} must be one of {', '.join(allowed)}")


def _columns(told: _Told, given: object, where: str, known: tuple[str, ...], fixed: bool) -> tuple[Field, ...]:
    if not isinstance(given, list):
        told.wrong(f"{where} 应为一组列", f"{where} must be a list of columns")
    made = []
    for number, one in enumerate(given, 1):
        place = f"{where}[{number}]"
        told.only(one, {f.name for f in fields(Field)}, place)
        codes = one.get("codes", {})
        if not isinstance(codes, Mapping) or not all(isinstance(v, str) for v in codes.values()):
            told.wrong(f"{place}.codes 应为文字对照", f"{place}.codes must map text to text")
        field = Field(**{**told.simple(one, Field), "codes": tuple(codes.items())})
        if bool(field.field) == ("text" in one):
            told.wrong(f"{place} 要写 field 或 text 之一", f"{place} needs either field or text")
        if field.field and field.field not in known:
            told.wrong(f"{place} 没有字段 {field.field}", f"{place}: no such field {field.field}")
        if field.cut and field.field not in CUTTABLE:
            told.wrong(f"{place} 只有用途和附言可以截断", f"{place}: only usage and postscript may be cut")
        if fixed and not field.width:
            told.wrong(f"{place} 定长版式要写 width", f"{place} needs a width")
        if len(field.pad) != 1 or not field.pad.isascii():
            told.wrong(f"{place}.pad 只能是一个 ASCII 字符", f"{place}.pad must be one ASCII character")
        told.one_of(f"{place}.align", field.align, ("left", "right"))
        told.one_of(f"{place}.date", field.date, DATE_FORMS)
        made.append(field)
    return tuple(made)


def _return_form(told: _Told, given: object) -> ReturnForm:
    table = told.only(given, {f.name for f in fields(ReturnForm)}, "return")
    fixed = table.get("fixed", False) is True
    states, empty = table.get("states", {}), table.get("empty_amount", [])
    if not isinstance(states, Mapping) or not states or not all(v in STATES for v in states.values()):
        told.wrong("return.states 要写明银行的状态各是 0、1、2、3 中哪一个", "return.states must map each word to 0, 1, 2 or 3")
    if not isinstance(empty, list) or not all(isinstance(v, str) for v in empty):
        told.wrong("return.empty_amount 应为一组文字", "return.empty_amount must be a list of texts")
    form = ReturnForm(**{
        **told.simple(table, ReturnForm), "columns": _columns(told, table.get("columns", []), "return.columns", RETURN_FIELDS, fixed),
        "header": _columns(told, table.get("header", []), "return.header", BATCH_FIELDS, fixed),
        "trailer": _columns(told, table.get("trailer", []), "return.trailer", BATCH_FIELDS, fixed),
        "states": tuple(states.items()), "empty_amount": tuple(empty),
    })
    named = [c.field for c in form.columns]
    for need in RETURN_NEEDED:
        if need not in named:
            told.wrong(f"return.columns 缺少 {need}", f"return.columns lacks {need}")
    if not form.fixed and form.titles and not all(c.title for c in form.columns if c.field):
        told.wrong("return.columns 每列要有 title", "each column of return.columns needs a title")
    _dialect(told, "return.", form.encoding, form.separator, form.amount, fixed=form.fixed)
    return form


def _dialect(told: _Told, where: str, encoding: str, separator: str, amount: str, *, fixed: bool) -> None:
    told.one_of(f"{where}encoding", encoding, ENCODINGS)
    told.one_of(f"{where}amount", amount, ("yuan", "fen"))
    if not fixed and (not 1 <= len(separator) <= 2 or not separator.isascii() or re.search(r"[0-9A-Za-z.\"\r\n]", separator)):
        told.wrong(f"{where}separator 不能作分隔符", f"{where}separator can't separate")


def _consistent(told: _Told, layout: Layout) -> None:
    if not _ID.fullmatch(layout.id):
        told.wrong("id 只能用小写字母、数字和 -", "id: lower-case letters, digits and - only")
    _dialect(told, "", layout.encoding, layout.separator, layout.amount, fixed=layout.fixed)
    told.one_of("line_end", layout.line_end, LINE_ENDS)
    told.one_of("rare", layout.rare, ("refuse", "gb18030"))
    if layout.rare == "gb18030" and layout.encoding != "gbk":
        told.wrong("rare = \"gb18030\" 只用于 gbk", "rare = \"gb18030\" goes with gbk only")
    if layout.quoted and not layout.fixed and len(layout.separator) != 1:
        told.wrong("两个字符的分隔符不能加引号：写 quoted = false", "a separator of two characters can't be quoted: quoted = false")
    places = set(_PLACES.findall(layout.file_name))
    if not _NAME.fullmatch(layout.file_name) or layout.file_name.startswith((".", "-")) or places - {"bat_no", "part"}:
        told.wrong("file_name 只能用字母、数字、汉字、_-. 和 {bat_no}、{part}", "file_name: letters, digits, _-. and {bat_no}, {part} only")
    if "bat_no" not in places or (layout.rows_per_file and "part" not in places):
        told.wrong("file_name 要含 {bat_no}；分文件时还要含 {part}", "file_name must hold {bat_no}, and {part} where files are split")
    named = {c.field for c in layout.columns}
    for need in ("bankacct", "acctname", "amt", "pay_sn"):
        if need not in named:
            told.wrong(f"columns 缺少 {need}", f"columns lacks {need}")
