"""当地政策 (policy.toml): numbers by local notice, each with dates and source; unknown keys are errors."""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nxmed.errors import UsageError
from nxmed.kernel.parameter import Parameter, dated
from nxmed.law.document import strict
from nxmed.law.units import check_value

_FIELDS = {"zh", "en", "unit", "rules", "required", "fixed", "default"}


@dataclass(frozen=True)
class PolicyKey:
    """政策键: a number that a notice may give; `fixed` maps a region to the article that already gives it."""

    key: str
    zh: str
    en: str
    unit: str
    rules: Mapping[str, str]
    required: tuple[str, ...]
    fixed: Mapping[str, str]
    default: str | None

    @property
    def is_section(self) -> bool:
        return self.key.endswith(".*")

    def rule_in(self, region: str) -> str:
        """The article of a region that leaves the number open (of another region where it has none)."""
        return self.rules.get(region) or next(iter(self.rules.values()))

    def covers(self, key: str) -> bool:
        return key.startswith(self.key[:-1]) if self.is_section else key == self.key


@cache
def policy_keys() -> tuple[PolicyKey, ...]:
    """全部政策键."""
    path = Path(__file__).with_name("policy.toml")
    data = tomllib.loads(path.read_text("utf-8"))
    strict(data, {"keys"}, {"keys"}, path.name)
    found = []
    for key, item in data["keys"].items():
        strict(item, _FIELDS, {"zh", "en", "unit", "rules"}, f"{path.name} [{key}]")
        found.append(PolicyKey(key, item["zh"], item["en"], item["unit"], dict(item["rules"]),
                               tuple(item.get("required", ())), dict(item.get("fixed", {})), item.get("default")))
    return tuple(found)


def known(key: str) -> PolicyKey | None:
    """政策键说明 (None for an unknown key)."""
    return next((k for k in policy_keys() if k.covers(key)), None)


def _leaves(given: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        key = f"{above}{name}"
        if isinstance(value, Mapping) and "values" not in value:
            if not value:
                yield key, value
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value


def parse_policy(given: Mapping[str, Any], region: str, where: str = "policy.toml") -> dict[str, Parameter]:
    """读 policy.toml (key → parameter; UsageError on an unknown key or a bad value; a number that the region's own text gives is kept but never used)."""
    found: dict[str, Parameter] = {}
    for key, item in _leaves(given):
        about = known(key)
        if item == {} and any(k.key.startswith(f"{key}.") for k in policy_keys()):
            continue  # a heading with all its keys commented out
        if about is None:
            raise _unknown(key, where)
        if not isinstance(item, Mapping) or not isinstance(item.get("values"), list) or not item["values"]:
            raise UsageError(f"{where}：[{key}] 的写法不对",
                             '写成 values = [{ since = 2021-01-01, value = "…", source = "…" }]',
                             text_en=f"{where}: bad form of [{key}]",
                             hint_en='Write values = [{ since = 2021-01-01, value = "…", source = "…" }]')
        strict(item, {"values"}, {"values"}, f"{where} [{key}]")
        parameter = dated(key, item["values"], zh=about.zh, unit=about.unit, rule=about.rule_in(region), where=where)
        for number in parameter.values:
            check_value(number.value, about.unit, f"{where} [{key}]")
        found[key] = parameter
    return found


def _unknown(key: str, where: str) -> UsageError:
    names = [k.key for k in policy_keys()]
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.0)[0]
    return UsageError(f"{where}：不认识的键 [{key}]", f"是否为 [{near}]？可用：{'、'.join(names)}",
                      text_en=f"{where}: unknown key [{key}]",
                      hint_en=f"Did you mean [{near}]? Known: {', '.join(names)}")


def digest(policy: Mapping[str, Parameter]) -> str:
    """政策摘要 (sha256 over keys, dates, values and sources; independent of order and layout)."""
    content = [
        [key, [[n.since.isoformat(), n.until.isoformat() if n.until else "", n.value, n.source, n.rule]
               for n in policy[key].values]]
        for key in sorted(policy)
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
