"""法规文件 (one document of the law as data): its force, its numbers, its ordered tables, its articles.

The toml beside the rule functions is read strictly: an unknown key, a gap, an overlap or a date outside the
document's force is an error, never ignored.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from nxmed.errors import UsageError
from nxmed.kernel.parameter import Number, Parameter, dated
from nxmed.law.units import check_value

STATUSES = {"computed": "已实现", "later": "后续章节", "duty": "职责或引用，无计算"}
RULE_ID = re.compile(r"[A-Z]{3,4}-[1-9][0-9]*(\.[1-9])?")

_DOCUMENT = {"code", "number", "title", "title_en", "authority", "region", "since", "until", "note", "note_en",
             "issues"}
_ISSUE = {"number", "since", "until", "note", "note_en"}
_PARAMETER = {"zh", "en", "unit", "rule", "values", "reading"}
_ARTICLE = {"zh", "en", "commands", "status"}
_TOP = {"document", "parameters", "tables", "articles"}


@dataclass(frozen=True)
class Issue:
    """一次印发 (one issue of the document, with its own force)."""

    number: str
    since: date
    until: date | None
    note: str
    note_en: str


@dataclass(frozen=True)
class Article:
    """条款: what it says in our own words, which commands compute it, and whether they do yet."""

    rule_id: str
    zh: str
    en: str
    commands: tuple[str, ...]
    status: str


@dataclass(frozen=True)
class Document:
    """法规文件, as read from its toml."""

    code: str
    number: str
    title: str
    title_en: str
    authority: str
    region: str
    since: date
    until: date | None
    note: str
    note_en: str
    issues: tuple[Issue, ...]
    parameters: Mapping[str, Parameter]
    tables: Mapping[str, tuple[Mapping[str, str], ...]]
    articles: Mapping[str, Article]
    readings: Mapping[str, str] = field(default_factory=dict)
    english: Mapping[str, str] = field(default_factory=dict)
    path: Path = field(default_factory=Path)

    def in_force(self, day: date) -> bool:
        """施行期内 (both ends included)."""
        return self.since <= day and (self.until is None or day <= self.until)

    def number_on(self, key: str, day: date) -> Number | None:
        """某日的数值 (None when this document doesn't give it on that day)."""
        parameter = self.parameters.get(key)
        if parameter is None:
            return None
        return next((n for n in parameter.values if n.since <= day and (n.until is None or day <= n.until)), None)


def strict(given: Mapping[str, Any], allowed: Iterable[str], required: Iterable[str], where: str) -> None:
    """严格核对字段 (unknown or missing fields raise UsageError)."""
    strange = sorted(set(given) - set(allowed))
    if strange:
        raise UsageError(f"{where}：有不认识的字段 {'、'.join(strange)}", f"可用：{'、'.join(sorted(allowed))}",
                         text_en=f"{where}: unknown field {', '.join(strange)}",
                         hint_en=f"Allowed: {', '.join(sorted(allowed))}")
    absent = sorted(k for k in required if k not in given)
    if absent:
        raise UsageError(f"{where}：缺少字段 {'、'.join(absent)}", "补上该字段",
                         text_en=f"{where}: missing field {', '.join(absent)}", hint_en="Add it")


def read_document(path: Path) -> Document:
    """读法规文件 (raises UsageError naming file and key)."""
    with path.open("rb") as file:
        try:
            data = tomllib.load(file)
        except tomllib.TOMLDecodeError as bad:
            raise UsageError(f"{path.name} 不是有效的 TOML：{bad}", "核对语法",
                             text_en=f"{path.name} is not valid TOML: {bad}", hint_en="Check the syntax") from bad
    return parse_document(data, path)


def parse_document(data: Mapping[str, Any], path: Path) -> Document:
    """解析法规文件 (the content of one toml; `path` names it in errors)."""
    where = path.name
    strict(data, _TOP, {"document", "articles"}, where)
    head = data["document"]
    strict(head, _DOCUMENT, {"code", "number", "title", "authority", "region", "since"}, f"{where} [document]")
    since, until = _force(head, f"{where} [document]")
    code = str(head["code"])
    parameters: dict[str, Parameter] = {}
    readings: dict[str, str] = {}
    english: dict[str, str] = {}
    articles = _articles(data["articles"], code, where)
    for key, given in data.get("parameters", {}).items():
        at = f"{where} [parameters.{key}]"
        strict(given, _PARAMETER, {"zh", "unit", "rule", "values"}, at)
        parameter = dated(key, given["values"], zh=given["zh"], unit=given["unit"], rule=given["rule"], where=where)
        for number in parameter.values:
            check_value(number.value, number.unit, at)
            _inside(number, since, until, at)
            if number.rule not in articles:
                raise UsageError(f"{at}：条款 {number.rule} 不在本文件", "改为本文件的条款编号",
                                 text_en=f"{at}: {number.rule} is no article of this document",
                                 hint_en="Use an article of this document")
        parameters[key] = parameter
        english[key] = given.get("en", "")
        if "reading" in given:
            readings[key] = given["reading"]
    return Document(
        code, head["number"], head["title"], head.get("title_en", ""), head["authority"], head["region"], since, until,
        head.get("note", ""), head.get("note_en", ""), _issues(head, where), parameters,
        _tables(data.get("tables", {}), where), articles, readings, english, path,
    )


def _force(given: Mapping[str, Any], where: str) -> tuple[date, date | None]:
    since, until = given["since"], given.get("until")
    if type(since) is not date or (until is not None and type(until) is not date) or (until and until < since):
        raise UsageError(f"{where}：施行日期不对", "写成 since = 2021-01-01，until 不早于 since",
                         text_en=f"{where}: bad dates of force",
                         hint_en="Write since = 2021-01-01, until not before it")
    return since, until


def _issues(head: Mapping[str, Any], where: str) -> tuple[Issue, ...]:
    found = []
    for item in head.get("issues", []):
        strict(item, _ISSUE, {"number", "since"}, f"{where} [document.issues]")
        since, until = _force(item, f"{where} [document.issues]")
        found.append(Issue(item["number"], since, until, item.get("note", ""), item.get("note_en", "")))
    return tuple(found)


def _inside(number: Number, since: date, until: date | None, where: str) -> None:
    after = until is not None and (number.until is None or number.until > until)
    if number.since < since or after:
        raise UsageError(f"{where}：{number.since} 起的值超出文件施行期", "值的日期要在文件施行期之内",
                         text_en=f"{where}: the value since {number.since} lies outside the document's force",
                         hint_en="Keep its dates within the document's force")


def _articles(given: Mapping[str, Any], code: str, where: str) -> dict[str, Article]:
    found: dict[str, Article] = {}
    for short, item in given.items():
        rule_id = f"{code}-{short}"
        at = f"{where} [articles.{short}]"
        if not RULE_ID.fullmatch(rule_id):
            raise UsageError(f"{at}：条款编号不对", '写成 16 或 "14.1"',
                             text_en=f"{at}: bad article number", hint_en='Write 16 or "14.1"')
        strict(item, _ARTICLE, {"zh", "status"}, at)
        commands = tuple(item.get("commands", ()))
        if item["status"] not in STATUSES or (item["status"] == "duty") != (not commands):
            raise UsageError(f"{at}：status 与 commands 不相符", "duty 无命令；computed、later 要写命令",
                             text_en=f"{at}: status and commands disagree",
                             hint_en="duty has no command; computed and later name one")
        found[rule_id] = Article(rule_id, item["zh"], item.get("en", ""), commands, item["status"])
    return found


def _tables(given: Mapping[str, Any], where: str) -> dict[str, tuple[Mapping[str, str], ...]]:
    found: dict[str, tuple[Mapping[str, str], ...]] = {}
    for name, rows in given.items():
        at = f"{where} [tables.{name}]"
        if not rows or any(set(r) != set(rows[0]) or not all(isinstance(v, str) for v in r.values()) for r in rows):
            raise UsageError(f"{at}：各行字段要相同且都是文本", "补齐字段，数字也加引号",
                             text_en=f"{at}: rows must have the same fields, all of them text",
                             hint_en="Complete the fields, quote numbers")
        found[name] = tuple(dict(r) for r in rows)
    return found
