"""清单 (the 55 items as data): limits, materials, steps as the list has them; what `law show` tells."""

from __future__ import annotations

import json

import pytest
import typer.testing
from case_desk import law

from nxmed.cases.items import listed
from nxmed.cli.main import app
from nxmed.law.catalog import Law
from nxmed.law.services import ServiceItem

ITEMS = listed(law())
AT_ONCE = {*range(1, 5), *range(7, 24), 26, 28, 55}
WORKING = {15: {24, 27, 29, 47}, 20: {25, 35, 36, *range(43, 47)}, 30: {*range(37, 43), 48, 53, 54}, 10: {50, 52}}


def limits(item: ServiceItem) -> set[tuple[str, int, str]]:
    return {(x.way, x.days, x.unit) for x in item.limits}


def test_limits_of_all_items() -> None:
    assert set(ITEMS) == set(range(1, 56))
    wanted: dict[int, set[tuple[str, int, str]]] = {n: {("any", 0, "0")} for n in AT_ONCE}
    wanted |= {n: {("any", days, "1")} for days, numbers in WORKING.items() for n in numbers}
    wanted |= {n: {("any", 60, "2")} for n in (49, 51)} | {6: set()}
    wanted |= {n: {("counter", 0, "0"), ("online", 2, "1")} for n in (5, *range(30, 35))}
    wanted |= {n: {("any", 0, "0"), ("supplement", 20, "1")} for n in (16, 17)}
    assert {n: limits(item) for n, item in ITEMS.items()} == wanted


def test_stages_of_item_27_only() -> None:
    assert {n: [(s.limit.days, s.limit.unit) for s in i.stages] for n, i in ITEMS.items() if i.stages} == {27: [(5, "1"), (10, "1"), (5, "1")]}


@pytest.mark.parametrize(("item", "code", "required", "optional", "steps"), [
    (1, "002036001001", 2, 0, "申请—受理—审核—办结"), (2, "002036001002", 3, 6, "申请—受理—审核—办结"),
    (13, "002036001004", 1, 1, "申请—受理—审核—复核—办结"), (15, "002036001006", 0, 0, "申请—受理—审核—办结"),
    (16, "002036001007", 3, 0, "申请—受理—（计算保费）—审核—办结"), (19, "002036219000", 2, 0, "申请—受理—办结"),
    (24, "002036219000", 1, 3, "申请—受理—审核—拨付—办结"), (29, "002036218000", 2, 0, "申请—受理—审核—办结"),
    (34, "002036217000", 3, 0, "申请—受理—审核—办结"), (40, "002036215000", 5, 4, "申请—受理—审核—复核—拨付—办结"),
    (46, "002036214000", 4, 4, "申请—受理—审核—复核—拨付—办结"), (48, "002036008002", 4, 3, "申请—受理—审核—拨付—办结"),
    (51, "002036214000", 8, 0, "申请—受理—审核—验收—办结"), (52, "002036214000", 5, 0, "申请—受理—办结"),
    (53, "002036211000", 1, 1, "申请—受理—审核—复核—拨付—办结"), (55, "002036210000", 1, 0, "申请—受理—办结"),
])
def test_code_materials_and_steps(item: int, code: str, required: int, optional: int, steps: str) -> None:
    found = ITEMS[item]
    assert (found.code, "—".join(found.steps)) == (code, steps)
    assert (sum(m.required for m in found.materials), sum(not m.required for m in found.materials)) == (required, optional)


def test_material_codes_are_numbered_within_the_item() -> None:
    for item in ITEMS.values():
        assert [m.code for m in item.materials if m.required] == [str(n + 1) for n in range(sum(m.required for m in item.materials))]
        assert all(m.code.startswith("B") != m.required for m in item.materials)


def test_dingxi_has_no_list() -> None:
    assert listed(Law.load("dingxi")) == {}


def test_law_show_tells_materials_and_limit() -> None:
    run = typer.testing.CliRunner().invoke
    text = run(app, ["law", "show", "NXQD-25"]).output
    assert "20 工作日" in text
    assert "城乡居民医保退费申请表" in text
    assert "002036219000" in text
    told = json.loads(run(app, ["law", "show", "NXQD-30", "--json"]).stdout)["service"]
    assert [x["zh"] for x in told["limits"]] == ["线下即时", "线上 2 工作日"]
    assert [m["code"] for m in told["materials"]] == ["1", "2", "3"]
    assert "清单未写" in run(app, ["law", "show", "NXQD-6"]).output
    assert json.loads(run(app, ["law", "show", "NXJY-16", "--json"]).stdout)["service"] is None
