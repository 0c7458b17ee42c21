"""法规文件: what is refused in a law file, and that every rule of the catalogue stands in one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nxmed.errors import UsageError
from nxmed.kernel.article import split
from nxmed.law.catalog import load_all
from nxmed.law.document import parse_document, read_document
from nxmed.law.pages import documents
from nxmed.law.units import check_value, units

PATH = Path("test.toml")


def test_a_good_file_is_read(good_law: dict[str, Any]) -> None:
    document = parse_document(good_law, PATH)
    assert document.number_on("a.rate", date(2025, 12, 31)).value == "0.06"  # type: ignore[union-attr]
    assert document.number_on("a.rate", date(2026, 1, 1)).value == "0.07"  # type: ignore[union-attr]
    assert document.number_on("a.rate", date(2029, 1, 1)) is None
    assert document.in_force(date(2028, 12, 31))
    assert not document.in_force(date(2023, 12, 31))
    assert list(document.articles) == ["TEST-1", "TEST-2"]


def change(where: str, to: object) -> Callable[[dict[str, Any]], None]:
    def apply(data: dict[str, Any]) -> None:
        *path, last = where.split("/")
        place: Any = data
        for name in path:
            place = place[int(name)] if name.isdigit() and isinstance(place, list) else place[name]
        if to is None:
            del place[last]
        else:
            place[int(last) if isinstance(place, list) else last] = to

    return apply


RATE = "parameters/a.rate"


@pytest.mark.parametrize(("fault", "said"), [
    (change("notes", {}), "notes"),
    (change("document/colour", "red"), "colour"),
    (change("document/until", date(2023, 1, 1)), "施行日期"),
    (change("document/authority", None), "authority"),
    (change(f"{RATE}/colour", "red"), "colour"),
    (change(f"{RATE}/rule", "TEST-9"), "TEST-9"),
    (change(f"{RATE}/unit", "stone"), "stone"),
    (change(f"{RATE}/values/0/colour", "red"), "colour"),
    (change(f"{RATE}/values/0/value", "6%"), "写法"),
    (change(f"{RATE}/values/0/value", 0.06), "文本"),
    (change(f"{RATE}/values/0/until", date(2025, 12, 30)), "空档"),
    (change(f"{RATE}/values/0/until", date(2026, 1, 1)), "重叠"),
    (change(f"{RATE}/values/0/since", date(2023, 12, 31)), "施行期"),
    (change(f"{RATE}/values/1/until", date(2029, 1, 1)), "施行期"),
    (change(f"{RATE}/values/1/until", None), "施行期"),
    (change("articles/2/colour", "red"), "colour"),
    (change("articles/2/commands", None), "commands"),
    (change("articles/1/commands", ["assess"]), "commands"),
    (change("articles/1/status", "soon"), "status"),
    (change("articles/x", {"zh": "x", "status": "duty"}), "条款编号"),
    (change("tables/items/0", {"contains": "甲"}), "字段"),
    (change("tables/items/0/kind", 1), "文本"),
    (change("articles", None), "articles"),
])
def test_a_fault_is_refused_and_named(good_law: dict[str, Any], fault: Callable[[dict[str, Any]], None], said: str) -> None:
    data = copy.deepcopy(good_law)
    fault(data)
    with pytest.raises(UsageError) as stopped:
        parse_document(data, PATH)
    assert said in stopped.value.text
    assert "test.toml" in stopped.value.text
    assert stopped.value.hint


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("[document\n", "utf-8")
    with pytest.raises(UsageError, match=r"broken\.toml"):
        read_document(path)


@pytest.mark.parametrize(("unit", "good", "bad"), [
    ("ratio", ["0", "0.0005", "1.1", "3.00"], ["", ".5", "-1", "+1", "1e3", "0.0000001", "１", "1,000", "00.5"]),
    ("yuan", ["60", "60.00", "160000"], ["60.001", "6万", "-60", "1 000"]),
    ("day", ["1", "25", "31"], ["0", "32", "025"]),
    ("years", ["1", "15"], ["1.5", "100"]),
    ("count", ["0", "36"], ["-1", "3.0"]),
    ("flag", ["true", "false"], ["True", "是", "1"]),
    ("admdvs", ["640000"], ["64000", "6400000", "64000x"]),
    ("text", ["任何文本"], ["", "两\n行"]),
])
def test_units(unit: str, good: list[str], bad: list[str]) -> None:
    for value in good:
        check_value(value, unit, "x")
    for value in bad:
        with pytest.raises(UsageError):
            check_value(value, unit, "x")
    assert unit in units()


# how many articles each document has; the paragraphs that are rules of their own come on top
COUNTS = {"NXJY": 73, "NXJZ": 38, "NXQD": 55, "NXJG": 32, "DXTC": 68}
PARAGRAPHS = {"NXJY-37.1", "NXJY-37.2", *(f"NXJZ-14.{n}" for n in range(1, 6)), "NXJZ-36.2", "DXTC-30.4"}


def test_no_article_is_forgotten() -> None:
    every = {rule_id for document in documents() for rule_id in document.articles}
    wanted = {f"{code}-{n}" for code, count in COUNTS.items() for n in range(1, count + 1)} | PARAGRAPHS
    assert every == wanted | {"SIL-62", "SIL-86"}


def test_articles_stand_in_order_and_say_something_in_both_languages() -> None:
    for document in documents():
        assert list(document.articles) == sorted(document.articles, key=split)
        assert all(a.zh.endswith("。") and a.en.endswith(".") for a in document.articles.values())


def test_every_file_lies_in_the_folder_of_its_region() -> None:
    for region in ("ningxia", "dingxi", "national"):
        assert {d.region for d in load_all(region)} == {region}


def test_the_reissue_of_the_ningxia_rules_leaves_no_gap() -> None:
    rules = next(d for d in documents() if d.code == "NXJY")
    first, second = rules.issues
    assert (first.until, second.since) == (date(2023, 1, 1), date(2023, 1, 2))
    assert rules.in_force(date(2023, 1, 2))
