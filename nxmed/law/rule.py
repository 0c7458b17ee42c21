"""规则函数 (a rule of the law as a function): which concept it computes and which articles it rests on."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class RuleFunction:
    """规则函数: callable, and knows its concept, its article and the articles it also rests on."""

    concept: str
    rule_id: str
    articles: tuple[str, ...]
    function: Callable[..., Any]
    reading: str = ""

    @property
    def doc(self) -> str:
        """Code of the document, e.g. NXJY."""
        return self.rule_id.split("-", 1)[0]

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def cite(self) -> str:
        """All articles as a `rule` column wants them: "DXTC-12;SIL-86"."""
        return ";".join(self.articles)

    @property
    def text(self) -> str:
        """The docstring, as `nxmed law show` prints it."""
        return inspect.getdoc(self.function) or ""

    @property
    def signature(self) -> str:
        """Name and arguments, without their types."""
        return f"{self.name}({', '.join(inspect.signature(self.function).parameters)})"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


def rule(concept: str, rule_id: str, *more: str, reading: str = "") -> Callable[[Callable[..., Any]], RuleFunction]:
    """标明规则 (decorator: the concept and the article; `reading` says what is read where the text is silent)."""

    def mark(function: Callable[..., Any]) -> RuleFunction:
        return RuleFunction(concept, rule_id, (rule_id, *more), function, reading)

    return mark


def rules_of(module: ModuleType) -> dict[str, RuleFunction]:
    """文件内的规则函数 (concept → function; two for one concept is a mistake)."""
    found: dict[str, RuleFunction] = {}
    for value in vars(module).values():
        if isinstance(value, RuleFunction):
            if value.concept in found:
                raise ValueError(f"{module.__name__}: two rules for {value.concept}")
            found[value.concept] = value
    return found
