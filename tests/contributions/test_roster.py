"""名册 by hand: which changes count in which month, and who is held."""

from __future__ import annotations

from datetime import date

import pytest

from .cases import Region, dingxi, ningxia


def on_roster(region: Region) -> list[str]:
    return sorted(p for _, p in region.plain()["lines"])


def codes(region: Region) -> list[tuple[str, str | None, str | None]]:
    return [f for f in region.plain()["found"] if f[0] != "UNIT_NOT_DECLARED"]


@pytest.mark.parametrize(("day", "there"), [(date(2026, 11, 25), True), (date(2026, 11, 26), False), (date(2026, 10, 26), True)])
def test_ningxia_changes_after_the_25th_wait_a_month(day: date, there: bool) -> None:
    region = ningxia().change("P1", "11", day)
    assert on_roster(region) == (["P1"] if there else [])
    assert codes(region) == ([] if there else [("LATE_CHANGE", "E1", "P1")])


def test_a_late_change_says_when_it_takes_effect() -> None:
    found = ningxia().change("P1", "11", date(2026, 11, 26), sn="C7").result().findings.row(0, named=True)
    assert (found["severity"], found["ref_no"], found["actual"], found["src_file"], found["src_row"], found["rule"]) == (
        "info", "C7", "2027-01", "inbox/personnel_changes.csv", 2, "NXJY-27")
    assert "2027-01" in found["message"]


def test_dingxi_counts_every_day_of_the_month() -> None:
    region = dingxi().change("P1", "11", date(2026, 11, 30))
    assert on_roster(region) == ["P1", "P1"]  # 310 and 330
    assert codes(region) == []


def test_what_is_received_after_the_as_of_day_is_not_seen_at_all() -> None:
    region = ningxia(as_of=date(2026, 11, 20)).change("P1", "11", date(2026, 11, 21))
    assert on_roster(region) == []
    assert codes(region) == []


def test_changes_that_took_effect_before_the_snapshot_are_in_it_already() -> None:
    region = ningxia().person("P1").change("P1", "21", date(2026, 10, 25))  # effect November, snapshot of December
    assert on_roster(region) == ["P1"]
    region.data["persons_month"] = (2026, 11)
    assert on_roster(region) == []


@pytest.mark.parametrize(("kinds", "there"), [
    (["21"], False), (["22"], False), (["23"], False), (["24"], False), (["21", "11"], True), (["11", "21"], False),
    (["12", "22", "13"], True), (["14", "24", "14", "24"], False), (["35"], True), (["27"], True),
])
def test_the_last_add_or_removal_decides(kinds: list[str], there: bool) -> None:
    region = ningxia().person("P1")
    for day, kind in enumerate(kinds, 1):
        region.change("P1", kind, date(2026, 11, day))
    assert on_roster(region) == (["P1"] if there else [])


def test_on_one_day_the_number_of_the_change_decides_as_text() -> None:
    both = ningxia().change("P1", "11", date(2026, 11, 5), sn="C9").change("P1", "21", date(2026, 11, 5), sn="C10")
    assert on_roster(both) == ["P1"]  # "C10" comes before "C9"


def test_a_removal_in_one_unit_leaves_the_other() -> None:
    region = ningxia().unit("E2").person("P1").change("P1", "24", date(2026, 11, 2)).change("P1", "14", date(2026, 11, 3), "E2")
    assert list(region.plain()["lines"]) == [("202612-E2-310", "P1")]


def test_somebody_already_there_keeps_the_type() -> None:
    region = ningxia().person("P1", psn_type="1201").change("P1", "11", date(2026, 11, 2), psn_type="1101")
    assert on_roster(region) == []
    again = ningxia().person("P1", psn_type="1201").change("P1", "21", date(2026, 11, 1)).change("P1", "11", date(2026, 11, 2), psn_type="1101")
    assert on_roster(again.change("P1", "12", date(2026, 11, 3), psn_type="1201")) == ["P1"]


@pytest.mark.parametrize(("kinds", "pays"), [
    (["25"], False), (["25", "11"], False), (["25", "21", "11"], True), (["21", "25", "11"], True), (["21", "11", "25"], False),
])
def test_retiring_counts_for_the_stay_in_which_it_comes(kinds: list[str], pays: bool) -> None:
    region = ningxia().person("P1")
    for day, kind in enumerate(kinds, 1):
        region.change("P1", kind, date(2026, 11, day))
    assert on_roster(region) == (["P1"] if pays else [])


def test_a_retirement_of_somebody_not_there_does_nothing() -> None:
    region = dingxi().change("P1", "25", date(2026, 11, 5))
    assert region.plain()["lines"] == {}


@pytest.mark.parametrize("status", ["0", "2", "3", "4"])
def test_only_status_1_is_on_the_roster(status: str) -> None:
    assert on_roster(ningxia().person("P1", psn_insu_stas=status)) == []


@pytest.mark.parametrize(("kind", "pays"), [("1101", True), ("1102", True), ("1160", True), ("1103", False), ("1201", False), ("1300", False), ("1401", False)])
def test_who_pays(kind: str, pays: bool) -> None:
    assert on_roster(ningxia().person("P1", psn_type=kind)) == (["P1"] if pays else [])


def test_a_person_in_two_units_is_held_in_both_payer_or_not() -> None:
    region = ningxia().unit("E2", emp_insu_stas="3").person("P1").person("P1", "E2", "1201").person("P2")
    assert on_roster(region) == ["P2"]
    assert codes(region) == [("DOUBLE_MEMBERSHIP", "E1", "P1"), ("DOUBLE_MEMBERSHIP", "E2", "P1")]
    held = region.result().tables["held_persons"]
    assert held.select("psn_no", "emp_no", "pays", "held_reason", "src_row").rows() == [
        ("P1", "E1", True, "DOUBLE_MEMBERSHIP", 2), ("P1", "E2", False, "DOUBLE_MEMBERSHIP", 3)]


@pytest.mark.parametrize("status", ["1", "3", "4"])
def test_a_unit_that_is_not_active_holds_its_people(status: str) -> None:
    region = ningxia().unit("E2", emp_insu_stas=status).person("P1", "E2").person("P2", "E2", "1201")
    assert codes(region) == [("UNIT_NOT_ACTIVE", "E2", "P1"), ("UNIT_NOT_ACTIVE", "E2", "P2")]
    assert region.plain()["bills"] == {}


def test_an_unknown_unit_holds_its_people_and_names_the_row_that_brought_them() -> None:
    region = ningxia().change("P1", "11", date(2026, 11, 5), "E404")
    found = region.result().findings.row(0, named=True)
    assert (found["code"], found["severity"], found["emp_no"], found["src_file"], found["src_row"]) == (
        "UNIT_NOT_ACTIVE", "error", "E404", "inbox/personnel_changes.csv", 2)


def test_a_person_removed_in_one_of_two_units_is_no_longer_held() -> None:
    region = ningxia().unit("E2").person("P1").person("P1", "E2").change("P1", "21", date(2026, 11, 5), "E2")
    assert codes(region) == []
    assert on_roster(region) == ["P1"]
