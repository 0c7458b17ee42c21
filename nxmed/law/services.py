"""服务事项清单 (the list of service items as data): materials, limits, stages, steps, and which channel is on line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nxmed.law.document import Document

UNITS = {"0": ("即时", "at once"), "1": ("工作日", "working days"), "2": ("日", "days")}
WAYS = {"any": ("", ""), "counter": ("线下", "counter: "), "online": ("线上", "online: "),
        "supplement": ("补缴完成后", "after the supplementary payment: ")}
TABLES = ("service_items", "service_limits", "service_stages", "service_materials")


@dataclass(frozen=True)
class Limit:
    """时限: `way` any, counter, online or supplement; `unit` 0 at once, 1 working days, 2 calendar days."""

    way: str
    days: int
    unit: str

    def text(self, lang: str = "zh") -> str:
        """写出来 ("线上 2 工作日", "即时")."""
        at = 0 if lang == "zh" else 1
        name, unit = WAYS[self.way][at], UNITS[self.unit][at]
        if self.unit == "0":
            return f"{name}{unit}"
        return f"{name} {self.days} {unit}".strip() if at == 0 else f"{name}{self.days} {unit}"


@dataclass(frozen=True)
class Stage:
    """分段时限: from the day in column `begin` to the day in column `end`."""

    no: int
    name: str
    begin: str
    end: str
    limit: Limit


@dataclass(frozen=True)
class Material:
    """材料: `required`, or asked of some groups only."""

    code: str
    name: str
    required: bool


@dataclass(frozen=True)
class ServiceItem:
    """业务办理项."""

    item: int
    code: str
    name: str
    steps: tuple[str, ...]
    limits: tuple[Limit, ...]
    stages: tuple[Stage, ...]
    materials: tuple[Material, ...]


def service_items(document: Document) -> dict[int, ServiceItem]:
    """清单的全部业务办理项 by number (empty for a document without such a list)."""
    if "service_items" not in document.tables:
        return {}
    limits, stages, materials = (_by_item(document.tables[name]) for name in TABLES[1:])
    return {
        int(row["item"]): ServiceItem(
            int(row["item"]), row["code"], row["name"], tuple(row["steps"].split(";")),
            tuple(_limit(r) for r in limits.get(row["item"], [])),
            tuple(Stage(int(r["stage"]), r["name"], r["begin"], r["end"], _limit({**r, "way": "any"})) for r in stages.get(row["item"], [])),
            tuple(Material(r["code"], r["name"], r["need"] == "required") for r in materials.get(row["item"], [])),
        )
        for row in document.tables["service_items"]
    }


def service_of(document: Document, rule_id: str) -> dict[str, Any] | None:
    """一项的时限、环节、材料 for `nxmed law show` (None when the rule is no item of a list)."""
    found = service_items(document).get(int(rule_id.rpartition("-")[2].partition(".")[0]))
    if found is None:
        return None
    return {
        "item": found.item, "code": found.code, "name": found.name, "steps": list(found.steps),
        "limits": [{"way": x.way, "days": x.days, "unit": x.unit, "zh": x.text(), "en": x.text("en")} for x in found.limits],
        "stages": [{"stage": s.no, "name": s.name, "zh": s.limit.text(), "en": s.limit.text("en")} for s in found.stages],
        "materials": [{"code": x.code, "name": x.name, "required": x.required} for x in found.materials],
    }


def _limit(row: Mapping[str, str]) -> Limit:
    return Limit(row["way"], int(row["days"]), row["unit"])


def _by_item(rows: tuple[Mapping[str, str], ...]) -> dict[str, list[Mapping[str, str]]]:
    found: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        found.setdefault(row["item"], []).append(row)
    return found
