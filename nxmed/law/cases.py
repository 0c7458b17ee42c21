"""条文用例 (cases per article, in the staff's words): read from yaml, run through the region's own rule functions.

A case gives known quantities (已知) and what must come out (应得), with the arithmetic beside it (算式). Numbers that
the law gives are taken from the law on the case's day (日期), so a wrong number fails a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from nxmed.errors import MissingNumber, UsageError
from nxmed.kernel.money import fen_of, ppm_of, yuan
from nxmed.law.catalog import Law
from nxmed.law.concepts import CONCEPTS, LAW_NUMBERS, Slot

if TYPE_CHECKING:
    import polars as pl

DAY = date(2026, 12, 1)
NOTHING = "无"
_FILE = {"条款", "地区", "说明", "用例"}
_CASE = {"情形", "日期", "已知", "应得", "算式"}
_RESULTS = {concept.result: name for name, concept in CONCEPTS.items()}


@dataclass(frozen=True)
class Case:
    """一个用例."""

    rule_id: str
    region: str
    name: str
    day: date
    given: Mapping[str, Any]
    expected: Mapping[str, str]
    arithmetic: str
    file: str


def cases_folder() -> Path | None:
    """用例目录 (in the installed package, else in a checkout; None when neither is there)."""
    package = Path(__file__).resolve().parent.parent
    for place in (package / "_data" / "cases", package.parent / "tests" / "law"):
        if place.is_dir():
            return place
    return None


@cache
def all_cases() -> tuple[Case, ...]:
    """全部用例 (in order of file and place)."""
    folder = cases_folder()
    if folder is None:
        return ()
    return tuple(case for path in sorted(folder.glob("*/art*.yaml")) for case in read_cases(path))


def cases_of(rule_id: str) -> tuple[Case, ...]:
    """一条的用例."""
    return tuple(case for case in all_cases() if case.rule_id == rule_id)


def read_cases(path: Path) -> list[Case]:
    """读用例文件 (every scalar is text, so no amount passes through a binary float)."""
    data = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - the loader that only makes text
    _strict(data, _FILE, {"条款", "地区", "用例"}, path.name)
    found = []
    for item in data["用例"]:
        _strict(item, _CASE, {"情形", "已知", "应得", "算式"}, path.name)
        day = date.fromisoformat(item.get("日期", DAY.isoformat()))
        found.append(Case(data["条款"], data["地区"], item["情形"], day,
                          item["已知"], item["应得"], item["算式"], f"{path.parent.name}/{path.name}"))
    return found


def _strict(given: Mapping[str, Any], allowed: set[str], required: set[str], where: str) -> None:
    if set(given) - allowed or required - set(given):
        raise UsageError(f"{where}：用例字段不对", f"可用：{'、'.join(sorted(allowed))}",
                         text_en=f"{where}: bad fields in a case", hint_en=f"Allowed: {', '.join(sorted(allowed))}")


def run_case(case: Case, law: Law) -> dict[str, str]:
    """算一个用例 (result name → what comes out, as text in the form of `expected`)."""
    if "参数" in case.given:
        key = case.given["参数"]
        return {"值": law.number(key, on=case.day).value if law.has(key, case.day) else NOTHING}
    return {result: _run_one(_RESULTS[result], case, law) for result in case.expected}


def rules_tested(case: Case, law: Law) -> set[str]:
    """用例所及的条款 (articles of the rule functions it runs, or of the number it reads)."""
    if "参数" in case.given:
        found = law.find(case.given["参数"], case.day)
        return {found.rule} if found else {case.rule_id}
    return {article for result in case.expected for article in law.rule(_RESULTS[result]).articles}


def _run_one(name: str, case: Case, law: Law) -> str:
    import inspect

    import polars as pl

    concept, function = CONCEPTS[name], law.rule(name)
    arguments: dict[str, Any] = {}
    columns: dict[str, Any] = {}
    for argument in inspect.signature(function.function).parameters:
        if argument in concept.slots:
            slot = concept.slots[argument]
            value = _value(case.given.get(slot.zh, NOTHING), slot.kind)
            if slot.column:
                columns[argument] = pl.Series([value], dtype=_dtype(slot, pl))
                arguments[argument] = pl.col(argument)
            else:
                arguments[argument] = value
        else:
            number = law.number(LAW_NUMBERS[argument], on=case.day)
            arguments[argument] = {"yuan": lambda n: n.fen, "ratio": lambda n: n.ppm}.get(
                number.unit, lambda n: n.int)(number)
    try:
        result = function(**arguments)
    except MissingNumber:
        return "缺数，退出码 4"
    if columns:
        result = pl.DataFrame(columns).select(result.alias("result")).item()
    return _show(result, concept.kind)


def _dtype(slot: Slot, polars: Any) -> pl.DataType:
    kinds = {"yuan": polars.Int64, "count": polars.Int64, "date": polars.Date, "flag": polars.Boolean}
    return kinds.get(slot.kind, polars.String)()  # type: ignore[no-any-return]


def _value(text: Any, kind: str) -> Any:
    if kind == "published":
        return {int(year): date.fromisoformat(day) for year, day in text.items()} if isinstance(text, Mapping) else {}
    if text == NOTHING:
        return None
    match kind:
        case "yuan":
            return fen_of(text)
        case "percent":
            return ppm_of(text.removesuffix("%")) // 100
        case "date":
            return date.fromisoformat(text)
        case "month":
            return text.replace("-", "")
        case "count":
            return int(text)
        case "flag":
            return text == "是"
    return text


def _show(value: Any, kind: str) -> str:
    match kind:
        case "yuan":
            return yuan(value)
        case "bounds":
            return f"{yuan(value.floor)} 至 {yuan(value.ceiling)}"
        case "percent":
            whole, rest = divmod(value, 10_000)
            return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + "%"
        case "wage_year":
            return f"{value.stat_year}" + ("（暂定）" if value.provisional else "")
        case "month_index":
            return f"{value // 12:04d}-{value % 12 + 1:02d}"
        case "flag":
            return "是" if value else "否"
    return str(value)
