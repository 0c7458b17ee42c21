"""核对法规数据 (every number on every day: exactly one value, no gap, no overlap; what policy.toml must still give)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from nxmed.errors import UsageError
from nxmed.kernel.parameter import Number
from nxmed.law.catalog import NATIONAL, REGIONS, Law, load_all, load_rules
from nxmed.law.document import Document
from nxmed.law.policy import parse_policy, policy_keys

FIRST_DAY, LAST_DAY = date(2021, 1, 1), date(2028, 12, 31)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """一段日期 (both ends included)."""

    since: date
    until: date

    def __str__(self) -> str:
        return f"{self.since} 至 {self.until}"


@dataclass(frozen=True)
class Problem:
    """一处问题: where, what, and how to mend it."""

    where: str
    zh: str
    en: str
    hint_zh: str = ""
    hint_en: str = ""


@dataclass(frozen=True)
class Wanted:
    """须由当地通知给出的数字: its key, and the days within the window that nothing covers."""

    region: str
    key: str
    zh: str
    en: str
    missing: tuple[Span, ...]
    required: bool
    never: bool
    """No value at all, on no day."""


@dataclass(frozen=True)
class Checked:
    """核对结果."""

    documents: int
    articles: int
    numbers: int
    rules: int
    problems: tuple[Problem, ...]
    wanted: tuple[Wanted, ...]


def check_law(policy: Mapping[str, Any] | None = None, region: str | None = None) -> Checked:
    """核对全部法规文件 (with `region`, its policy too); every document is tried, so that all problems show at once."""
    problems: list[Problem] = []
    documents: dict[str, tuple[Document, ...]] = {}
    for folder in (NATIONAL, *REGIONS):
        try:
            documents[folder] = load_all(folder)
        except UsageError as bad:
            problems.append(_problem(folder, bad))
    for folder, found in documents.items():
        problems += [p for document in found for p in document_problems(document)]
        problems += region_problems(folder, found)
        known_articles = {a for d in (*found, *documents.get(NATIONAL, ())) for a in d.articles}
        problems += rule_problems(folder, known_articles)
    wanted: list[Wanted] = []
    for name in REGIONS if region is None else (region,):
        try:
            given = parse_policy(policy or {}, name) if name == region else {}
        except UsageError as bad:
            problems.append(_problem("policy.toml", bad))
            continue
        wanted += wanted_numbers(name, {k: p.values for k, p in given.items()})
    every = [d for found in documents.values() for d in found]
    return Checked(len(every), sum(len(d.articles) for d in every), sum(len(d.parameters) for d in every),
                   sum(len(load_rules(f)) for f in documents), tuple(problems), tuple(wanted))


def _problem(where: str, bad: UsageError) -> Problem:
    return Problem(where, bad.text, bad.text_en, bad.hint, bad.hint_en)


def document_problems(document: Document) -> list[Problem]:
    """一个文件的问题: days of its force within the window on which one of its numbers has no value."""
    found = []
    window = _window(document)
    if window is None:
        return []
    for key, parameter in document.parameters.items():
        for span in gaps(parameter.values, window):
            found.append(Problem(
                document.path.name, f"{key} 在 {span} 没有值", f"{key} has no value from {span.since} to {span.until}",
                "补上该期间的值，或改正文件施行期", "Give a value for these days, or correct the document's force"))
    return found


def region_problems(folder: str, documents: tuple[Document, ...]) -> list[Problem]:
    """一个地区的问题: one number given by two of its documents on the same day."""
    found = []
    for i, first in enumerate(documents):
        for second in documents[i + 1:]:
            for key in sorted(set(first.parameters) & set(second.parameters)):
                for one in first.parameters[key].values:
                    for other in second.parameters[key].values:
                        since = max(one.since, other.since)
                        until = min(one.until or LAST_DAY, other.until or LAST_DAY)
                        if since <= until:
                            found.append(Problem(
                                folder, f"{key} 在 {since} 至 {until} 有两个文件给值：{first.code}、{second.code}",
                                f"{key} is given twice from {since} to {until}: {first.code}, {second.code}",
                                "前一个文件的值要先结束", "End the value of the earlier document first"))
    return found


def rule_problems(folder: str, articles: set[str]) -> list[Problem]:
    """规则函数所引条款须在文件里."""
    return [
        Problem(folder, f"{function.name} 引用的 {article} 不在文件里",
                f"{function.name} cites {article}, which no document has",
                "改正条款编号", "Correct the rule id")
        for function in load_rules(folder).values() for article in function.articles if article not in articles
    ]


def wanted_numbers(region: str, given: Mapping[str, tuple[Number, ...]]) -> list[Wanted]:
    """须由当地通知给出的数字 (required ones, and optional ones without a default, with the days not covered)."""
    law = Law.load(region)
    found = []
    window = _whole_force(law)
    for about in policy_keys():
        if about.is_section or about.default is not None or region not in about.rules:
            continue
        missing = gaps(given.get(about.key, ()), window)
        if missing:
            found.append(Wanted(region, about.key, about.zh, about.en, missing, region in about.required,
                                about.key not in given))
    return found


def gaps(values: tuple[Number, ...], window: Span) -> tuple[Span, ...]:
    """没有值的日子 (within the window; `values` are in order and don't overlap)."""
    found = []
    day = window.since
    for number in values:
        if number.since > day and day <= window.until:
            found.append(Span(day, min(number.since - ONE_DAY, window.until)))
        if number.until is None:
            return tuple(found)
        day = max(day, number.until + ONE_DAY)
    if day <= window.until:
        found.append(Span(day, window.until))
    return tuple(found)


def _window(document: Document) -> Span | None:
    since, until = max(document.since, FIRST_DAY), min(document.until or LAST_DAY, LAST_DAY)
    return Span(since, until) if since <= until else None


def _whole_force(law: Law) -> Span:
    own = [w for d in law.documents if d.region == law.region and d.parameters for w in [_window(d)] if w]
    return Span(min(w.since for w in own), max(w.until for w in own))
