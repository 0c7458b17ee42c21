"""缺件和环节 (each required material missing, all at once; steps in the wrong order or left out)."""

from __future__ import annotations

from typing import Any

import pytest
from case_desk import codes, d, law, one, run

from nxmed.cases.items import listed
from nxmed.report.case_lists import letter

ITEMS = listed(law())
R = {"rcvd_date": d("10-09")}


@pytest.mark.parametrize("item", [n for n, i in ITEMS.items() if any(m.required for m in i.materials)])
def test_each_required_material_of_each_item_is_missed(item: int) -> None:
    required = [m for m in ITEMS[item].materials if m.required]
    rows = [{"item_no": item, "matl_codes": ";".join(m.code for m in required if m is not gone), **R} for gone in required]
    rows = [{**r, "matl_codes": r["matl_codes"] or "0"} for r in rows] + [{"item_no": item, "matl_codes": ";".join(m.code for m in required), **R}]
    found = run(rows).tables["cases"].select("missing", "missing_cnt", "matl_state").rows()
    assert found == [*[(f"{m.code} {m.name}", 1, "missing") for m in required], (None, 0, "complete")]


def test_everything_missing_is_told_at_once_and_optional_materials_are_not_asked_for() -> None:
    found = one(item_no=38, matl_codes="0", **R)
    assert (found["missing_cnt"], found["matl_state"]) == (4, "missing")
    assert found["missing"] == "；".join(f"{m.code} {m.name}" for m in ITEMS[38].materials if m.required)
    assert one(item_no=38, matl_codes="1;2;3;4", **R)["matl_state"] == "complete"


@pytest.mark.parametrize("text", ["1;2;3;4", "1；2；3；4", "1，2、3,4", " 4;3 ; 2;1;", "1;2;3;4;b2"])
def test_ways_to_write_the_codes(text: str) -> None:
    assert one(item_no=38, matl_codes=text, **R)["matl_state"] == "complete"


def test_not_recorded_none_needed_and_unchecked() -> None:
    assert one(item_no=38, **R)["matl_state"] == "not_recorded"
    assert one(item_no=15, **R)["matl_state"] == "none_needed"
    assert one(item_no=15, matl_codes="0", **R)["missing_cnt"] == 0
    assert one(item_no=56, matl_codes="0", **R)["matl_state"] == "unchecked"


def test_findings_of_materials() -> None:
    step = {"chk_date": d("10-12"), "rchk_date": d("10-12"), "dfr_date": d("10-12"), "fnsh_date": d("10-13")}
    result = run([{"item_no": 38, "matl_codes": "1;7", **R}, {"item_no": 38, "matl_codes": "1", "result": "1", **step, **R},
                  {"item_no": 38, "matl_codes": "1", "result": "3", **step, **R}])
    assert codes(result) == {"CASE_MATERIALS_MISSING": 2, "CASE_UNKNOWN_MATERIAL": 1}  # 退回的不再催
    messages = [m for f in result.findings for m in f["message"].to_list()]
    assert sum("还缺" in m for m in messages) == 1
    assert sum("办结时缺" in m for m in messages) == 1


def test_the_letter_names_all_of_it() -> None:
    cases = run([{"item_no": 25, "matl_codes": "1", **R}]).tables["cases"]
    [text] = cases.select(letter()).to_series().to_list()
    assert text == ("您于 2026-10-09 申请的“城乡居民基本医疗保险个人退费业务（死亡、出国等）”（办件 B001）还缺 2 份材料，请一次补齐："
                    "2 迁出、出国定居、重复参保、死亡或转职工医保等证明材料；3 城乡居民医保退费申请表。")


@pytest.mark.parametrize(("dates", "told"), [
    ({"chk": "10-12", "rchk": "10-13", "dfr": "10-14", "fnsh": "10-14"}, None),
    ({"chk": "10-12", "rchk": "10-12", "dfr": "10-12", "fnsh": "10-12"}, None),  # 同一天可以
    ({"chk": "10-12"}, None),  # 后面的还没到
    ({"appy": "10-10", "chk": "10-12"}, "受理 2026-10-09 早于申请 2026-10-10"),
    ({"chk": "10-08"}, "审核 2026-10-08 早于受理 2026-10-09"),
    ({"chk": "10-13", "rchk": "10-12"}, "复核 2026-10-12 早于审核 2026-10-13"),
    ({"chk": "10-13", "rchk": "10-14", "aprv": "10-13"}, "审批 2026-10-13 早于复核 2026-10-14"),
    ({"chk": "10-13", "dfr": "10-12"}, "拨付 2026-10-12 早于审核 2026-10-13；没有复核日期"),
    ({"chk": "10-13", "rchk": "10-13", "dfr": "10-16", "fnsh": "10-15"}, "办结 2026-10-15 早于拨付 2026-10-16"),
    ({"fnsh": "10-12"}, "没有审核日期；没有复核日期；没有拨付日期"),
    ({"rchk": "10-12"}, "没有审核日期"),
    ({"fnsh": "10-08"}, "办结 2026-10-08 早于受理 2026-10-09；没有审核日期；没有复核日期；没有拨付日期"),
])
def test_steps_of_an_item_with_review_and_payment(dates: dict[str, str], told: str | None) -> None:
    row: dict[str, Any] = {f"{k}_date": d(v) for k, v in dates.items()}
    assert one(item_no=38, **R, **row)["step_error"] == told


def test_steps_that_the_item_does_not_have_are_not_missed() -> None:
    assert one(item_no=18, fnsh_date=d("10-09"), **R)["step_error"] is None  # 申请—受理—办结
    assert one(item_no=1, fnsh_date=d("10-09"), **R)["step_error"] == "没有审核日期"
    assert one(item_no=24, chk_date=d("10-12"), fnsh_date=d("10-13"), **R)["step_error"] == "没有拨付日期"
    assert one(item_no=24, fnsh_date=d("10-13"), result="2", **R)["step_error"] is None  # 不准的不拨付
    assert one(item_no=99, fnsh_date=d("10-13"), **R)["step_error"] is None


def test_a_suspension_without_its_first_day() -> None:
    found = one(item_no=24, suppl_end=d("10-12"), **R)
    assert (found["step_error"], found["suspended_days"]) == ("有补正止而没有补正起", 0)


def test_items_by_number_and_by_code() -> None:
    def known(**row: Any) -> tuple[int, dict[str, int]]:
        result = run([{**row, **R, "fnsh_date": d("10-09"), "result": "2"}])
        return result.tables["cases"]["item_no"][0], codes(result)

    assert known(item_no=48, serv_matt_code="002036008002") == (48, {})
    assert known(serv_matt_code="002036008002") == (48, {})
    assert known(item_no=48, serv_matt_code="002036008001") == (48, {"CASE_ITEM_DIFFERS": 1})
    assert known(serv_matt_code="002036214000") == (0, {"CASE_UNKNOWN_ITEM": 1})  # 这一编码有几项
    assert known(item_no=56) == (0, {"CASE_UNKNOWN_ITEM": 1})
    assert known(item_no=0) == (0, {"CASE_UNKNOWN_ITEM": 1})
