"""契约 (contracts): what a delivered file must look like, as data.

A contract names its columns with their Chinese headers and aliases, their types, its key, how it is supplied, and the
checks that look at two columns at once. `convert` and `split` apply it; `io.resources` loads it from schemas/inbox.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

TYPES: dict[str, pl.DataType] = {
    "text": pl.String(), "code": pl.String(), "name": pl.String(), "flag": pl.String(), "month": pl.String(),
    "idcard": pl.String(), "uscc": pl.String(), "account": pl.String(), "cnaps": pl.String(),
    "amount": pl.Int64(), "rate": pl.Int64(), "int": pl.Int64(), "year": pl.Int64(),
    "date": pl.Date(), "datetime": pl.Datetime("us"),
}
"""Types of columns and what they become: amount in fen, rate in ppm, month as YYYYMM, year as a number."""

IDENTIFIERS = frozenset({"code", "idcard", "uscc", "account", "cnaps", "flag"})
MASKED = frozenset({"idcard", "account"})
SUPPLIES = ("snapshot", "register", "feed")
RESERVED = ("src_file", "src_row", "inbox_month")
FLAG_CODES = {"0": "否", "1": "是"}


@dataclass(frozen=True)
class Column:
    """列: id, 中文 header, type, and what its cells may hold.

    `optional`: the column may be missing. `empty`: the cell may be empty (always so for optional columns).
    `signed`: amounts and numbers may be negative; `nonzero`: and must not be 0. `open_end`: "" no open end, "null" 长期
    and 9999-12-31 become null, "far" they become 9999-12-31. `codes`: value → 中文, empty = no list; `prefix`: a longer
    value that begins with a listed one is known. `labels`: what people write instead → value. `upper`: letters are
    written large. `maximum`: largest number.
    """

    id: str
    zh: str
    type: str
    optional: bool = False
    empty: bool = False
    aliases: tuple[str, ...] = ()
    en: str = ""
    signed: bool = False
    nonzero: bool = False
    open_end: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    prefix: bool = False
    upper: bool = False
    maximum: int | None = None

    @property
    def dtype(self) -> pl.DataType:
        return TYPES[self.type]

    @property
    def nullable(self) -> bool:
        return self.optional or self.empty

    @property
    def is_identifier(self) -> bool:
        """Cells are numbers of things, cleaned and never computed with."""
        return self.type in IDENTIFIERS

    @property
    def is_masked(self) -> bool:
        """Values must not be shown in full."""
        return self.type in MASKED


@dataclass(frozen=True)
class Check:
    """跨列检查: `rule` is ordered (first column ≤ second, empty passes), either (one of them filled), or together."""

    rule: str
    columns: tuple[str, ...]
    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Contract:
    """契约 of one kind of file. `key` identifies a row within a month; `repeats`: repeated keys are let through;
    `headerless`: the order of columns in TAB text without a header (empty: there must be one)."""

    id: str
    zh: str
    en: str
    supply: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()
    repeats: bool = False
    headerless: tuple[str, ...] = ()
    comment: str = ""

    def column(self, name: str) -> Column:
        """The column of that id; KeyError if none."""
        return self._by_id[name]

    @cached_property
    def _by_id(self) -> dict[str, Column]:
        return {c.id: c for c in self.columns}

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that must be in a file."""
        return tuple(c.id for c in self.columns if not c.optional)

    def schema(self) -> dict[str, pl.DataType]:
        """Types of an accepted frame: contract columns, then where a row comes from."""
        known: dict[str, pl.DataType] = {c.id: c.dtype for c in self.columns}
        return {**known, "src_file": pl.String(), "src_row": pl.Int64(), "inbox_month": pl.String()}

    @cached_property
    def headers(self) -> dict[str, str]:
        """Every accepted header, folded by `fold_header` → column id."""
        found: dict[str, str] = {}
        for names in (lambda c: (c.id,), lambda c: (c.zh,), lambda c: c.aliases):
            for column in self.columns:
                for name in names(column):
                    found.setdefault(fold_header(name), column.id)
        return found


_DROP = dict.fromkeys(map(ord, " \t\r\n\u3000\xa0\u200b\u200c\u200d\ufeff*＊'\""))


def fold_header(text: str) -> str:
    """表头归一 (width, case, spaces, asterisks and a unit in brackets don't matter)."""
    folded = unicodedata.normalize("NFKC", text).translate(_DROP).lower()
    for unit in ("(元)", "(yuan)", "(必填)", "(选填)"):
        folded = folded.removesuffix(unit)
    return folded


def _text_map(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def column_from(data: Mapping[str, Any], codes: Mapping[str, Mapping[str, Any]]) -> Column:
    """读一列 (from its YAML mapping; unknown fields and types raise ValueError)."""
    allowed = {"id", "zh", "type", "optional", "empty", "aliases", "en", "signed", "nonzero", "open_end", "codes",
               "upper", "max"}
    strange = set(data) - allowed
    if strange or data.get("type") not in TYPES or data.get("open_end", "") not in ("", "null", "far"):
        raise ValueError(f"column {data.get('id')}: {sorted(strange) or data.get('type')}")
    listed: Mapping[str, Any] = codes[data["codes"]] if "codes" in data else {}
    values = _text_map(listed.get("values"))
    labels = {zh: value for value, zh in values.items()}
    if data["type"] == "flag":
        values, labels = dict(FLAG_CODES), {"是": "1", "否": "0", "TRUE": "1", "FALSE": "0", "Y": "1", "N": "0"}
    labels.update(_text_map(listed.get("labels")))
    for value in values:
        short = value.lstrip("0")
        if short and short not in values and sum(v.lstrip("0") == short for v in values) == 1:
            labels.setdefault(short, value)
    return Column(
        id=data["id"], zh=data["zh"], type=data["type"], optional=bool(data.get("optional", False)),
        empty=bool(data.get("empty", False)), aliases=tuple(data.get("aliases", ())), en=data.get("en", ""),
        signed=bool(data.get("signed", False)), nonzero=bool(data.get("nonzero", False)),
        open_end=data.get("open_end", ""), codes=values, labels=labels, prefix=bool(listed.get("prefix", False)),
        upper=bool(data.get("upper", False)) or bool(values) or data["type"] in ("idcard", "uscc"),
        maximum=data.get("max"),
    )


def contract_from(data: Mapping[str, Any], codes: Mapping[str, Mapping[str, Any]]) -> Contract:
    """读契约 (from its YAML mapping; raises ValueError where it contradicts itself)."""
    allowed = {"id", "zh", "en", "supply", "key", "columns", "checks", "repeats", "headerless", "comment"}
    if set(data) - allowed or data["supply"] not in SUPPLIES:
        raise ValueError(f"contract {data.get('id')}: {sorted(set(data) - allowed) or data['supply']}")
    columns = tuple(column_from(c, codes) for c in data["columns"])
    names = [c.id for c in columns]
    checks = tuple(_check_from(c) for c in data.get("checks", ()))
    headerless = tuple(data.get("headerless", ()))
    used: Sequence[str] = [*data["key"], *(n for c in checks for n in c.columns), *headerless]
    if len(set(names)) < len(names) or set(used) - set(names) or set(names) & set(RESERVED):
        raise ValueError(f"contract {data['id']}: column ids repeat, are reserved, or are not there")
    return Contract(data["id"], data["zh"], data["en"], data["supply"], tuple(data["key"]), columns, checks,
                    bool(data.get("repeats", False)), headerless, data.get("comment", ""))


def _check_from(data: Mapping[str, Any]) -> Check:
    code = {"ordered": "E302", "either": "E303", "together": "E304"}[data["rule"]]
    return Check(data["rule"], tuple(data["columns"]), code, data["zh"], data["en"])
