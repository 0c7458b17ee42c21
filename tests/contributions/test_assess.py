"""核定 by hand: average wage, wages, bases, rates, units that have not declared, deferral, supplement, bills."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from nxmed.errors import MissingNumber, UsageError

from .cases import Region, dingxi, ningxia

D = Decimal


def base_and_amounts(region: Region, psn_no: str = "P1") -> tuple[D, str | None, D, D]:
    line = region.line(psn_no)
    return line["base"], line["code"], line["emp"], line["psn"]


# 1 平均工资


def test_last_years_wage_counts_from_the_day_it_is_published() -> None:
    region = ningxia().wage_notice(stat_year=2024, monthly_amt="8000", publ_date=date(2025, 6, 1)).person("P1").wage("P1", "1")
    bill = region.plain()["bills"]["202612-E1-310"]
    assert (bill["stat_year"], bill["provisional"], bill["psn_clctstd_sumamt"]) == (2025, False, D("5023.00"))


@pytest.mark.parametrize(("published", "year", "provisional", "floor"), [
    (date(2026, 11, 30), 2025, False, "5023.00"),  # on the as-of day itself
    (date(2026, 12, 1), 2024, True, "4800.00"),  # a day later: 0.60 × 8000
])
def test_an_unpublished_wage_leaves_the_year_before_and_is_provisional(published: date, year: int, provisional: bool, floor: str) -> None:
    region = Region().unit("E1").wage_notice(stat_year=2025, monthly_amt="8371", lower_amt="5023", publ_date=published)
    region.wage_notice(stat_year=2024, monthly_amt="8000", publ_date=date(2025, 6, 1)).person("P1").wage("P1", "1")
    result = region.result()
    bill = result.tables["assessments"].row(0, named=True)
    assert (bill["stat_year"], bill["provisional"]) == (year, provisional)
    assert region.line("P1")["base"] == D(floor)
    assert result.facts["average_wage"]["stat_year"] == year
    assert ("NXJY-20" in bill["rule"]) is provisional


def test_no_average_wage_of_either_year_is_exit_4() -> None:
    region = Region().unit("E1").person("P1").wage_notice(stat_year=2023, monthly_amt="8000", publ_date=date(2024, 6, 1))
    with pytest.raises(MissingNumber) as stop:
        region.result()
    assert stop.value.exit_code == 4


def test_bounds_from_a_yearly_amount_use_the_unrounded_month() -> None:
    # 100000.01 / 12 = 8333.334166…; floor 0.60 × = 5000.0005 → 5000.00; ceiling 3.00 × = 25000.0025 → 25000.00
    # (from the rounded month 8333.33 the ceiling would be 24999.99)
    region = Region().unit("E1").wage_notice(stat_year=2025, yearly_amt="100000.01", publ_date=date(2026, 6, 1))
    region.person("P1").wage("P1", "1").person("P2").wage("P2", "99999")
    assert region.line("P1")["base"] == D("5000.00")
    assert region.line("P2")["base"] == D("25000.00")


def test_only_the_regions_own_figure_counts() -> None:
    region = Region().unit("E1").person("P1").wage_notice(admdvs="620000", stat_year=2025, monthly_amt="8000", publ_date=date(2026, 6, 1))
    with pytest.raises(MissingNumber):
        region.result()


def test_without_a_rate_in_the_policy_ningxia_stops_with_exit_4() -> None:
    from dataclasses import replace

    from nxmed.contributions.assess import assess
    from nxmed.law.catalog import Law

    from . import bridge

    region = ningxia().person("P1").wage("P1", "8000")
    given = bridge.inputs("ningxia", region.period, region.as_of, region.data)
    with pytest.raises(MissingNumber, match=r"contribution\.psn_rate"):
        assess(replace(given, law=Law.load("ningxia", {})))


def test_a_floor_above_the_ceiling_is_a_mistake_in_the_notice() -> None:
    region = Region().unit("E1").wage_notice(stat_year=2025, monthly_amt="8000", lower_amt="9000", upper_amt="5000", publ_date=date(2026, 6, 1))
    with pytest.raises(UsageError):
        region.person("P1").result()


# 4, 5, 6 工资、基数、费率


@pytest.mark.parametrize(("wag", "base", "code", "emp", "psn"), [
    ("4000", "5023.00", "2", "401.84", "100.46"),
    ("30000", "25113.00", "3", "2009.04", "502.26"),
    ("8371.13", "8371.13", "1", "669.69", "167.42"),  # 669.6904 and 167.4226
    ("5023", "5023.00", "1", "401.84", "100.46"),  # on the floor itself
    ("5022.99", "5023.00", "2", "401.84", "100.46"),
    ("25113", "25113.00", "1", "2009.04", "502.26"),  # on the ceiling itself
    ("25113.01", "25113.00", "3", "2009.04", "502.26"),
    ("0", "5023.00", "2", "401.84", "100.46"),  # a wage of nothing is a wage
    ("6000.25", "6000.25", "1", "480.02", "120.01"),  # 480.0200; 120.0050 rounds away from zero
])
def test_ningxia_base_code_and_amounts(wag: str, base: str, code: str, emp: str, psn: str) -> None:
    region = ningxia().person("P1").wage("P1", wag)
    assert base_and_amounts(region) == (D(base), code, D(emp), D(psn))
    assert region.line("P1")["wag"] == D(wag)


@pytest.mark.parametrize(("unit", "emp", "psn"), [
    ({"quts_type": "1"}, "640.00", "200.00"),  # 6.4 % and 2 % of 10000
    ({"quts_type": "2"}, "670.00", "200.00"),
    ({"quts_type": "2", "emp_mgt_type": "05"}, "870.00", "0"),  # the unemployment fund pays 8.7 %, the person nothing
    ({"quts_type": "1", "emp_mgt_type": "05"}, "870.00", "0"),
])
def test_dingxi_rates_by_who_funds_the_unit(unit: dict[str, str], emp: str, psn: str) -> None:
    region = dingxi().unit("E2", **unit).person("P1", "E2").wage("P1", "10000", "E2")
    line = region.line("P1", emp_no="E2")
    assert (line["emp"], line["psn"]) == (D(emp), D(psn))
    rule = region.result().tables["assessment_lines"].row(0, named=True)["rule"]
    assert rule == ("DXTC-10;DXTC-13" if "emp_mgt_type" in unit else "DXTC-10;DXTC-11")


def test_the_newest_declaration_of_the_year_seen_by_the_as_of_day_counts() -> None:
    region = ningxia().person("P1").wage("P1", "6000", on=date(2026, 1, 10)).wage("P1", "7000", on=date(2026, 11, 30))
    region.wage("P1", "8000", on=date(2026, 12, 1)).wage("P1", "9000", on=date(2026, 11, 1), year=2025)
    assert region.line("P1")["wag"] == D(7000)


def test_without_a_declaration_the_newest_add_change_with_a_wage_counts() -> None:
    region = ningxia().person("P1").person("P2").wage("P2", "9000")
    region.change("P1", "11", date(2026, 3, 1), wag="6000").change("P1", "12", date(2026, 5, 1), wag="6500")
    region.change("P1", "12", date(2026, 6, 1)).change("P1", "21", date(2026, 2, 1), wag="1").change("P1", "11", date(2026, 12, 1), wag="9999")
    assert region.line("P1")["wag"] == D(6500)
    assert region.result().tables["assessment_lines"]["wage_source"].to_list() == ["change", "declared"]


def test_a_wage_from_a_change_does_not_make_the_unit_a_declaring_one() -> None:
    region = ningxia().person("P1").change("P1", "11", date(2026, 3, 1), wag="6000")
    assert region.plain()["bills"]["202612-E1-310"]["crtf_way"] == "3"


def test_a_missing_wage_in_a_declared_unit_gets_the_floor_and_is_reported_with_its_row() -> None:
    region = ningxia().person("P1").person("P2").wage("P1", "8000")
    assert base_and_amounts(region, "P2") == (D("5023.00"), "4", D("401.84"), D("100.46"))
    found = region.result().findings
    assert found.select("code", "severity", "emp_no", "psn_no", "src_file", "src_row").rows() == [
        ("WAGE_MISSING", "warning", "E1", "P2", "inbox/persons.csv", 3)]
    assert region.plain()["bills"]["202612-E1-310"]["staf_totlwag"] == D(8000)


def test_a_declaration_for_somebody_else_still_means_the_unit_has_declared() -> None:
    region = ningxia().person("P1").wage("P9", "8000")
    assert region.plain()["bills"]["202612-E1-310"]["crtf_way"] == "1"
    assert region.line("P1")["code"] == "4"


# 7 未申报


def test_a_unit_that_has_not_declared_owes_110_percent_of_each_part() -> None:
    # 12345.67 × 1.1 = 13580.237 → 13580.24; 3086.42 × 1.1 = 3395.062 → 3395.06
    region = ningxia().person("P1").last_bill("12345.67", "3086.42")
    bill = region.plain()["bills"]["202612-E1-310"]
    assert (bill["emp_clct_amt"], bill["psn_clct_amt"], bill["clct_sumamt"], bill["crtf_way"]) == (D("13580.24"), D("3395.06"), D("16975.30"), "2")
    assert bill["staf_totlwag"] == 0
    found = region.result().findings
    assert found.select("code", "severity", "emp_no", "src_file", "src_row").rows() == [("UNIT_NOT_DECLARED", "warning", "E1", "inbox/units.csv", 2)]


def test_the_raised_amount_is_spread_by_last_months_base_with_the_floor_for_newcomers() -> None:
    # weights 10000, 4977, floor 5023: total 20000; 1000.00 × 1.1 = 1100.00 → 550.00, 273.735, 276.265
    # one fen left over for equal remainders .5: P2 comes before P3
    region = ningxia().person("P1").person("P2").person("P3").last_bill("1000", "0").last_line("P1", "10000").last_line("P2", "4977").last_line("P9", "99999")
    lines = {p: region.line(p) for p in ("P1", "P2", "P3")}
    assert [lines[p]["emp"] for p in lines] == [D("550.00"), D("273.74"), D("276.26")]
    assert [lines[p]["base"] for p in lines] == [D(10000), D(4977), D(5023)]
    assert all(x["wag"] is None and x["code"] is None and x["psn"] == 0 for x in lines.values())


def test_last_months_base_counts_only_in_the_same_unit() -> None:
    region = ningxia().unit("E2").person("P1").person("P2").last_bill("100", "0").last_line("P1", "20000", "E2")
    assert region.line("P1")["base"] == region.line("P2")["base"] == D(5023)


@pytest.mark.parametrize(("accrym", "insutype", "way"), [("202611", "310", "2"), ("202610", "310", "3"), ("202611", "330", "3")])
def test_an_opening_bill_stands_in_only_for_the_month_before(accrym: str, insutype: str, way: str) -> None:
    region = ningxia().person("P1").opening_bill("100", "25", accrym=accrym, insutype=insutype)
    assert region.plain()["bills"]["202612-E1-310"]["crtf_way"] == way


def test_the_bill_of_the_run_before_wins_over_the_opening_bill() -> None:
    region = ningxia().person("P1").opening_bill("100", "25").last_bill("200", "50")
    assert region.plain()["bills"]["202612-E1-310"]["emp_clct_amt"] == D("220.00")


def test_with_no_last_month_every_payer_is_estimated_at_the_average_wage() -> None:
    # yearly 100000.01 / 12 = 8333.334… → base 8333.33; 8 % 666.6664 → 666.67; 2 % 166.6666 → 166.67
    region = Region().unit("E1").wage_notice(stat_year=2025, yearly_amt="100000.01", publ_date=date(2026, 6, 1)).person("P1").person("P2").person("P3", psn_type="1201")
    line = region.line("P1")
    assert (line["base"], line["code"], line["wag"], line["emp"], line["psn"]) == (D("8333.33"), None, None, D("666.67"), D("166.67"))
    bill = region.plain()["bills"]["202612-E1-310"]
    assert (bill["crtf_way"], bill["clct_psncnt"], bill["emp_clct_amt"], bill["staf_totlwag"]) == ("3", 2, D("1333.34"), D(0))


def test_a_unit_without_payers_has_no_bill_and_is_not_reported() -> None:
    region = ningxia().unit("E2").person("P1", psn_type="1201").person("P2", psn_type="1103").last_bill("100", "20")
    result = region.result()
    assert result.tables["assessments"].is_empty()
    assert result.tables["dues"].is_empty()
    assert result.findings.is_empty()


# 8 缓缴


def due(region: Region, part: str) -> tuple[date, bool]:
    row = region.plain()["dues"]["202612-E1-310", part]
    return row["dedln_date"], row["deferred"]


LAST = date(2026, 12, 31)


@pytest.mark.parametrize(("part", "emp", "psn"), [("1", (date(2027, 6, 30), True), (LAST, False)), ("2", (date(2027, 6, 30), True), (date(2027, 6, 30), True))])
def test_an_agreement_defers_the_parts_it_names(part: str, emp: tuple[date, bool], psn: tuple[date, bool]) -> None:
    region = ningxia().person("P1").wage("P1", "8000").agreement("A1", defer_part=part)
    assert (due(region, "emp"), due(region, "psn")) == (emp, psn)


@pytest.mark.parametrize("unfit", [
    {"agre_stas": "3"}, {"sign_date": date(2026, 12, 1)}, {"accrym_begn": "202701", "accrym_end": "202703"},
    {"accrym_begn": "202609", "accrym_end": "202611"}, {"insutype": "330"}, {"emp_no": "E2"},
])
def test_an_agreement_that_does_not_fit_defers_nothing(unfit: dict[str, object]) -> None:
    region = ningxia().person("P1").wage("P1", "8000").agreement("A1", **unfit)
    assert (due(region, "emp"), due(region, "psn")) == ((LAST, False), (LAST, False))
    assert region.result().findings.is_empty()


def test_of_several_agreements_the_one_signed_last_counts_alone() -> None:
    region = ningxia().person("P1").wage("P1", "8000").agreement("A1", defer_part="2", sign_date=date(2026, 10, 1))
    region.agreement("A2", sign_date=date(2026, 11, 1), dedln_date=date(2027, 3, 31)).agreement("A3", sign_date=date(2026, 11, 1), dedln_date=date(2027, 4, 30))
    assert (due(region, "emp"), due(region, "psn")) == ((date(2027, 4, 30), True), (LAST, False))


@pytest.mark.parametrize(("deadline", "applied"), [(date(2027, 12, 1), True), (date(2027, 12, 2), False)])
def test_an_agreement_over_one_year_is_not_applied(deadline: date, applied: bool) -> None:
    region = ningxia().person("P1").wage("P1", "8000").agreement("A1", dedln_date=deadline)
    assert due(region, "emp")[1] is applied
    found = region.result().findings.select("code", "severity", "emp_no", "ref_no", "src_row").rows()
    assert found == ([] if applied else [("DEFERRAL_TOO_LONG", "error", "E1", "A1", 2)])


def test_an_agreement_too_long_leaves_the_next_newest() -> None:
    region = ningxia().person("P1").wage("P1", "8000").agreement("A1", sign_date=date(2026, 10, 1)).agreement("A2", dedln_date=date(2029, 1, 1))
    assert due(region, "emp") == (date(2027, 6, 30), True)


# 9 大额


def test_dingxi_charges_the_supplement_once_a_year() -> None:
    region = dingxi().person("P1").person("P2", psn_type="1201").person("P3", psn_type="1103").person("P4", psn_type="1300")
    region.person("P5").person("P6").wage("P1", "10000")
    region.data["charged_supplements"] = {"P5"}
    region.data["opening_supplements"] = [{"psn_no": "P6", "year": 2026, "amt": D(120)}, {"psn_no": "P1", "year": 2025, "amt": D(180)}]
    plain = region.plain()
    assert {p: (x["emp"], x["psn"]) for (n, p), x in plain["lines"].items() if n.endswith("-330")} == {"P1": (D(60), D(120)), "P2": (D(0), D(120))}
    bill = plain["bills"]["202612-E1-330"]
    assert (bill["crtf_way"], bill["clct_psncnt"], bill["emp_clct_amt"], bill["psn_clct_amt"], bill["emp_clctstd_sumamt"], bill["staf_totlwag"]) == ("1", 2, D(60), D(240), D(0), D(0))


def test_the_supplement_needs_neither_declaration_nor_payers_and_is_never_deferred() -> None:
    region = dingxi().unit("E2").person("P1", "E2", "1203").person("P2").agreement("A1", defer_part="2")
    plain = region.plain()
    assert set(plain["bills"]) == {"202612-E1-310", "202612-E1-330", "202612-E2-330"}
    assert plain["dues"]["202612-E1-310", "psn"]["deferred"]
    assert not plain["dues"]["202612-E1-330", "emp"]["deferred"]
    assert plain["dues"]["202612-E2-330", "emp"]["amt"] == 0
    assert region.result().tables["assessments"].filter(insutype="330")["rule"].unique().to_list() == ["DXTC-44;DXTC-43"]


def test_ningxia_has_no_supplement() -> None:
    assert set(ningxia().person("P1").plain()["bills"]) == {"202612-E1-310"}


# 10 核定单


def test_a_bill_sums_its_lines_and_its_dues_name_the_payer() -> None:
    region = ningxia().person("P2").person("P1").wage("P1", "8371.13").wage("P2", "4000")
    result, plain = region.result(), region.plain()
    assert plain["bills"]["202612-E1-310"] == {
        "emp_no": "E1", "insutype": "310", "accrym": "202612", "crtf_way": "1", "clct_psncnt": 2, "staf_totlwag": D("12371.13"),
        "emp_clctstd_sumamt": D("13394.13"), "psn_clctstd_sumamt": D("13394.13"),  # 8371.13 + 5023.00
        "emp_clct_amt": D("1071.53"), "psn_clct_amt": D("267.88"),  # 669.69 + 401.84; 167.42 + 100.46
        "clct_sumamt": D("1339.41"), "provisional": False, "stat_year": 2025,
    }
    assert plain["dues"]["202612-E1-310", "psn"] == {
        "emp_no": "E1", "psn_no": None, "taxpayer_no": "USCC-E1", "insutype": "310", "accrym": "202612", "amt": D("267.88"),
        "dedln_date": LAST, "deferred": False}
    assert result.tables["assessment_lines"]["psn_no"].to_list() == ["P1", "P2"]
    assert result.tables["assessments"]["rule"].to_list() == ["NXJY-16;NXJY-21"]


def test_tables_are_sorted_by_bill_number_as_text() -> None:
    region = ningxia().unit("E1-310").unit("E1A").person("P1").person("P2", "E1-310").person("P3", "E1A")
    numbers = region.result().tables["assessments"]["clct_bill_id"].to_list()
    assert numbers == sorted(numbers) == ["202612-E1-310", "202612-E1-310-310", "202612-E1A-310"]


def test_the_first_month_is_said_once() -> None:
    region = ningxia()
    region.data["first_month"] = True
    assert region.result().findings.select("code", "severity", "accrym").rows() == [("FIRST_MONTH", "info", "202612")]


@pytest.mark.parametrize("region", [ningxia(), dingxi()])
def test_every_table_passes_the_gate_of_its_published_schema(region: Region) -> None:
    from nxmed.io.resources import tables
    from nxmed.io.tables import gate

    region.unit("E2").person("P1").person("P2", "E2").person("P3", "E404").wage("P1", "9000").agreement("A1")
    for name, frame in region.result().tables.items():
        schema = tables()[name]
        assert frame.height > 0
        assert frame.schema == schema.schema()
        assert gate(schema, frame).equals(frame.sort(schema.key))
