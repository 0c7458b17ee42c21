"""法规目录 (which document of which region gives a number or a rule, by date).

`Law.load("ningxia", policy)` joins the region's documents, the national ones and the workspace's policy.toml.
A number is looked for in that order; nowhere: MissingNumber (exit 4) naming key and date.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from nxmed.errors import MissingNumber, UsageError
from nxmed.kernel.parameter import Number, Parameter, missing
from nxmed.law.document import Article, Document, read_document
from nxmed.law.policy import PolicyKey, digest, known, parse_policy, policy_keys
from nxmed.law.rule import RuleFunction, rules_of

REGIONS = ("ningxia", "dingxi")
NATIONAL = "national"
REGION_NAMES = {"ningxia": "宁夏", "dingxi": "定西", "national": "全国"}


def load_all(folder: str) -> tuple[Document, ...]:
    """一个地区的全部文件 (in order of file name)."""
    return tuple(_read(path) for path in sorted((Path(__file__).parent / folder).glob("*.toml")))


@cache
def _read(path: Path) -> Document:
    return read_document(path)


@cache
def load_rules(folder: str) -> Mapping[str, RuleFunction]:
    """一个地区的规则函数 (concept → function, over all its documents)."""
    found: dict[str, RuleFunction] = {}
    for path in sorted((Path(__file__).parent / folder).glob("*.py")):
        if path.stem != "__init__":
            for concept, function in rules_of(importlib.import_module(f"nxmed.law.{folder}.{path.stem}")).items():
                if concept in found:
                    raise ValueError(f"{folder}: two documents give {concept}")
                found[concept] = function
    return found


@dataclass(frozen=True)
class Law:
    """一个地区适用的法规与政策."""

    region: str
    documents: tuple[Document, ...]
    policy: Mapping[str, Parameter] = field(default_factory=dict)
    rules: Mapping[str, RuleFunction] = field(default_factory=dict)

    @classmethod
    def load(cls, region: str, policy: Mapping[str, Any] | None = None) -> Law:
        """装载法规 (`policy`: content of policy.toml; unknown keys raise UsageError; the law's own numbers come first)."""
        if region not in REGIONS:
            raise UsageError(f"不认识的地区 {region}", f"可用：{'、'.join(REGIONS)}",
                             text_en=f"Unknown region {region}", hint_en=f"Known: {', '.join(REGIONS)}")
        parsed = parse_policy(policy or {}, region)
        rules = {**load_rules(NATIONAL), **load_rules(region)}
        return cls(region, load_all(region) + load_all(NATIONAL), parsed, rules)

    def number(self, key: str, on: date) -> Number:
        """某日适用的数值 (the region's document, then national ones, then policy.toml, then its stated default)."""
        found = self.find(key, on)
        if found is not None:
            return found
        about = known(key)
        if about is not None and self.region not in about.fixed:
            raise missing(key, on, about.zh)
        raise MissingNumber(
            f"{REGION_NAMES[self.region]}的文件在 {on:%Y-%m-%d} 没有规定 {key}",
            "核对日期与地区；nxmed law check 列出各数字的起止",
            text_en=f"No document of {self.region} gives {key} on {on:%Y-%m-%d}",
            hint_en="Check date and region; nxmed law check lists what is given when",
        )

    def find(self, key: str, on: date) -> Number | None:
        """某日适用的数值, 没有则 None."""
        for document in self.documents:
            number = document.number_on(key, on)
            if number is not None:
                return number
        given = self.policy[key].values if key in self.policy else ()
        for number in given:
            if number.since <= on and (number.until is None or on <= number.until):
                return number
        about = known(key)
        if about is not None and about.default is not None and not about.is_section:
            return Number(key, about.default, about.rule_in(self.region), date.min, None, "nxmed 默认 (default)", None,
                          about.zh, about.unit)
        return None

    def has(self, key: str, on: date) -> bool:
        """某日是否有该数值."""
        return self.find(key, on) is not None

    def rule(self, concept: str) -> RuleFunction:
        """概念对应的规则函数 (the region's own before the national one)."""
        if concept not in self.rules:
            raise MissingNumber(
                f"{REGION_NAMES[self.region]}的文件没有规定 {concept}", f"可用：{'、'.join(sorted(self.rules))}",
                text_en=f"No document of {self.region} has a rule for {concept}",
                hint_en=f"Known: {', '.join(sorted(self.rules))}",
            )
        return self.rules[concept]

    def has_rule(self, concept: str) -> bool:
        """是否有该概念的规则函数."""
        return concept in self.rules

    def table(self, name: str) -> tuple[Mapping[str, str], ...]:
        """有序对照表 (records in the order in which they are tried)."""
        for document in self.documents:
            if name in document.tables:
                return document.tables[name]
        raise MissingNumber(f"{REGION_NAMES[self.region]}的文件没有对照表 {name}", "核对表名",
                            text_en=f"No document of {self.region} has a table {name}", hint_en="Check its name")

    def article(self, rule_id: str) -> Article:
        """条款说明."""
        for document in self.documents:
            if rule_id in document.articles:
                return document.articles[rule_id]
        raise UsageError(f"没有条款 {rule_id}", "nxmed law list 列出全部条款",
                         text_en=f"No such rule {rule_id}", hint_en="nxmed law list shows them all")

    @property
    def keys(self) -> tuple[str, ...]:
        """文件给出的全部键 (sorted)."""
        return tuple(sorted({key for document in self.documents for key in document.parameters}))

    @property
    def wanted(self) -> tuple[PolicyKey, ...]:
        """须由 policy.toml 给出而尚未给出的键."""
        return tuple(k for k in policy_keys() if self.region in k.required and k.key not in self.policy)

    @property
    def policy_digest(self) -> str:
        """政策摘要 (sha256; the same for the same numbers whatever their layout)."""
        return digest(self.policy)
