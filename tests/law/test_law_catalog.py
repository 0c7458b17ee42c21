"""法规目录: numbers by region and date, policy keys, rule functions, ordered tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from nxmed.errors import MissingNumber, UsageError
from nxmed.law.catalog import Law
from nxmed.law.policy import policy_keys

DAY = date(2026, 12, 1)


def rate(*values: tuple[date, str]) -> dict[str, Any]:
    return {"values": [{"since": since, "value": text, "source": "示例通知"} for since, text in values]}


def policy(**keys: dict[str, Any]) -> dict[str, Any]:
    return {"contribution": keys}


RATES = policy(emp_rate=rate((date(2021, 1, 1), "0.08")), psn_rate=rate((date(2021, 1, 1), "0.02")))

EXPECTED = {
    "ningxia": {
        "contribution.base_floor_ratio": "0.60", "contribution.base_ceiling_ratio": "3.00",
        "contribution.average_wage_admdvs": "640000", "contribution.change_cutoff_day": "25",
        "contribution.undeclared_factor": "1.1", "contribution.deferral_max_years": "1",
        "contribution.tax_file_day": "5", "late_charge.daily_rate": "0.0005",
        "maternity.unsigned_share": "0.5", "maternity.region_admdvs": "640000",
        **{f"assistance.{name}_{tier}": value for tier, rate_ in (("1", "1.00"), ("2", "0.80")) for name, value in (
            ("rate", rate_), ("cap", "50000"), ("tilt_threshold", "3000"), ("tilt_rate", "0.70"), ("tilt_cap", "110000"))},
        **{f"assistance.{name}_{tier}": value for tier, threshold, rate_ in (
            ("3", "3000", "0.70"), ("4", "5000", "0.70"), ("5", "7000", "0.60")) for name, value in (
            ("threshold", threshold), ("rate", rate_), ("cap", "160000"))},
        "assistance.region_admdvs": "640000", "assistance.watch_amount": "20000", "assistance.payment_days": "30",
    },
    "dingxi": {
        "contribution.base_floor_ratio": "0.60", "contribution.base_ceiling_ratio": "3.00",
        "contribution.average_wage_admdvs": "620000", "contribution.change_cutoff_day": "31",
        "contribution.undeclared_factor": "1.1", "contribution.deferral_max_years": "1",
        "contribution.tax_file_day": "5", "late_charge.daily_rate": "0.0005",
        "contribution.emp_rate_fiscal": "0.064", "contribution.emp_rate_other": "0.067",
        "contribution.psn_rate": "0.02", "contribution.unemployment_rate": "0.087",
        "supplement.unit": "60.00", "supplement.employee": "120.00", "supplement.retiree": "120.00",
        "inpatient.deductible_home_1": "200.00", "inpatient.deductible_home_2": "400.00",
        "inpatient.deductible_home_3": "600.00", "inpatient.deductible_away_1": "200.00",
        "inpatient.deductible_away_2": "500.00", "inpatient.deductible_away_3": "800.00",
        "inpatient.rate_1": "0.98", "inpatient.rate_2": "0.95", "inpatient.rate_3": "0.93",
        "inpatient.yearly_limit": "70000.00", "inpatient.points_referred": "0.05",
        "inpatient.points_self_province": "0.10", "inpatient.points_self_other": "0.20",
        "chronic.rate": "0.70", "chronic.max_diseases": "3", "chronic.further_disease": "300.00",
        "supplement_pay.inpatient_threshold": "1000.00", "supplement_pay.inpatient_rate": "0.95",
        "supplement_pay.inpatient_limit": "600000.00", "supplement_pay.chronic_threshold": "1000.00",
        "supplement_pay.chronic_rate": "0.80", "supplement_pay.drug_threshold": "1000.00",
        "supplement_pay.drug_rate": "0.80", "settle.advance_month": "12",
    },
}


@pytest.mark.parametrize("region", ["ningxia", "dingxi"])
def test_every_number_of_a_region(region: str) -> None:
    law = Law.load(region)
    assert {key: law.number(key, on=DAY).value for key in law.keys} == EXPECTED[region]


@pytest.mark.parametrize("region", ["ningxia", "dingxi"])
def test_every_number_names_its_article_and_its_source(region: str) -> None:
    law = Law.load(region)
    for key in law.keys:
        number = law.number(key, on=DAY)
        assert law.article(number.rule).rule_id == number.rule
        assert number.source
        assert number.checked is not None
        assert number.zh


def test_the_regions_own_document_comes_before_the_national_one() -> None:
    assert Law.load("ningxia").number("contribution.undeclared_factor", on=DAY).rule == "NXJY-14"
    # before the regional document is in force, the national law stands
    assert Law.load("dingxi").number("contribution.undeclared_factor", on=date(2023, 12, 31)).rule == "SIL-62"


def test_the_supplement_is_dingxis_alone_and_only_while_in_force() -> None:
    dingxi, ningxia = Law.load("dingxi"), Law.load("ningxia")
    assert not dingxi.has("supplement.unit", date(2023, 12, 31))
    assert dingxi.has("supplement.unit", date(2024, 1, 1))
    assert dingxi.has("supplement.unit", date(2028, 12, 31))
    assert not dingxi.has("supplement.unit", date(2029, 1, 1))
    assert not ningxia.has("supplement.unit", DAY)
    assert not ningxia.has_rule("supplement_unit")


@pytest.mark.parametrize("key", ["contribution.emp_rate", "contribution.psn_rate"])
def test_ningxia_has_no_rate_of_its_own(key: str) -> None:
    with pytest.raises(MissingNumber) as stopped:
        Law.load("ningxia").number(key, on=DAY)
    assert stopped.value.exit_code == 4
    assert key in stopped.value.text
    assert "2026-12-01" in stopped.value.text
    assert key in stopped.value.text_en
    assert "policy.toml" in stopped.value.hint


def test_policy_gives_the_rates_by_date() -> None:
    law = Law.load("ningxia", policy(emp_rate=rate((date(2025, 1, 1), "0.08"), (date(2026, 7, 1), "0.085"))))
    assert law.number("contribution.emp_rate", on=date(2026, 6, 30)).ppm == 80_000
    assert law.number("contribution.emp_rate", on=date(2026, 7, 1)).ppm == 85_000
    assert law.number("contribution.emp_rate", on=date(2026, 7, 1)).source == "示例通知"
    with pytest.raises(MissingNumber, match="2024-12-31"):
        law.number("contribution.emp_rate", on=date(2024, 12, 31))
    assert [k.key for k in law.wanted] == ["contribution.psn_rate"]
    assert Law.load("ningxia", RATES).wanted == ()


@pytest.mark.parametrize(("content", "near"), [
    ({"contribution": {"emp_rat": rate((DAY, "0.08"))}}, "contribution.emp_rate"),
    ({"contribution": {"rate": {"emp": rate((DAY, "0.08"))}}}, "contribution"),
    ({"acount": {"credit_rate": rate((DAY, "1"))}}, "account.credit_rate"),
    ({"settle": {}, "unheard": {}}, ""),
    ({"contribution.emp_rates": rate((DAY, "0.08"))}, "contribution.emp_rate"),
    ({"region": "ningxia"}, ""),
])
def test_an_unknown_key_is_refused_with_the_nearest_known(content: Mapping[str, Any], near: str) -> None:
    with pytest.raises(UsageError) as stopped:
        Law.load("ningxia", content)
    assert stopped.value.exit_code == 2
    if near.startswith(("contribution.", "account.")):
        assert f"是否为 [{near}]" in stopped.value.hint


def test_a_rate_in_policy_does_not_override_the_text() -> None:
    # 定西办法第十一条：职工 2%；一份 policy.toml 可以两地共用
    law = Law.load("dingxi", policy(psn_rate=rate((DAY, "0.01")), emp_rate=rate((DAY, "0.01"))))
    assert law.number("contribution.psn_rate", on=DAY).ppm == 20_000
    assert law.number("contribution.emp_rate_fiscal", on=DAY).ppm == 64_000


@pytest.mark.parametrize("item", [
    "0.08", {"value": "0.08"}, {"values": []}, {"values": "0.08"}, {"values": [{"since": DAY, "value": "0.08"}]},
    {"values": [{"since": DAY, "value": 0.08, "source": "x"}]}, {"values": [{"since": DAY, "value": "8%", "source": "x"}]},
    {"values": [{"since": DAY, "value": "-0.08", "source": "x"}]},
    {"values": [{"since": DAY, "value": "1e-2", "source": "x"}]},
    {"values": [{"since": DAY, "value": "0.0000001", "source": "x"}]},
    {"values": [{"since": DAY, "value": "０.08", "source": "x"}]},
    {"values": [{"since": DAY, "value": "0.08", "source": "x"}], "note": "x"},
])
def test_a_badly_written_value_is_refused(item: Any) -> None:
    with pytest.raises(UsageError) as stopped:
        Law.load("ningxia", {"contribution": {"emp_rate": item}})
    assert stopped.value.exit_code == 2


def test_defaults_and_flags() -> None:
    key = "assistance.out_fil_type_10_is_referred"
    assert not Law.load("ningxia").number(key, on=DAY).flag
    given = {"assistance": {"out_fil_type_10_is_referred": rate((date(2024, 1, 1), "true"))}}
    assert Law.load("ningxia", given).number(key, on=DAY).flag
    assert not Law.load("ningxia", given).number(key, on=date(2023, 12, 31)).flag
    with pytest.raises(UsageError, match="写法不对"):
        Law.load("ningxia", {"assistance": {"out_fil_type_10_is_referred": rate((DAY, "yes"))}})


def test_a_heading_with_its_keys_commented_out_is_fine() -> None:
    assert Law.load("ningxia", {"contribution": {}, "screen": {}}).policy == {}


def test_sections_take_any_key_below_them() -> None:
    law = Law.load("ningxia", {"repricing": {"ningxia": {"deductible": {"3": rate((DAY, "600"))}}}})
    assert law.number("repricing.ningxia.deductible.3", on=DAY).value == "600"
    assert not law.has("repricing.ningxia.deductible.2", DAY)


def test_every_policy_key_can_be_given_and_read_back() -> None:
    values = {"ratio": "0.5", "flag": "true", "yuan": "50000", "text": "x"}
    for key in policy_keys():
        name = key.key.replace("*", "anything")
        content: dict[str, Any] = rate((DAY, values[key.unit]))
        for part in reversed(name.split(".")):
            content = {part: content}
        assert Law.load("ningxia", content).number(name, on=DAY).value == values[key.unit]


def test_the_digest_sees_numbers_and_not_layout() -> None:
    base = Law.load("ningxia", RATES).policy_digest
    swapped = {"contribution": dict(reversed(list(RATES["contribution"].items())))}
    assert Law.load("ningxia", swapped).policy_digest == base
    other = policy(emp_rate=rate((date(2021, 1, 1), "0.081")), psn_rate=RATES["contribution"]["psn_rate"])
    assert Law.load("ningxia", other).policy_digest != base
    assert Law.load("ningxia").policy_digest == Law.load("ningxia", {}).policy_digest != base


def test_an_unknown_region_key_rule_table_or_article() -> None:
    law = Law.load("ningxia")
    with pytest.raises(UsageError, match="不认识的地区"):
        Law.load("gansu")
    with pytest.raises(MissingNumber, match="emp_rate_fiscal"):
        law.number("contribution.emp_rate_fiscal", on=DAY)
    with pytest.raises(MissingNumber, match="supplement_unit"):
        law.rule("supplement_unit")
    with pytest.raises(MissingNumber, match="no_such_table"):
        law.table("no_such_table")
    with pytest.raises(UsageError, match="DXTC-11"):
        law.article("DXTC-11")


@pytest.mark.parametrize("region", ["ningxia", "dingxi"])
def test_levy_items_in_the_order_in_which_they_are_tried(region: str) -> None:
    law = Law.load(region)

    def kind(item: str) -> tuple[str, str] | None:
        return next(((r["insutype"], r["scheme"]) for r in law.table("levy_items") if r["contains"] in item), None)

    def part(item: str) -> str | None:
        return next((r["part"] for r in law.table("levy_parts") if r["contains"] in item), None)

    assert kind("职工基本医疗保险（单位缴纳）") == ("310", "own")
    assert kind("城乡居民基本医疗保险") == ("390", "other")  # 居民 comes before 基本医疗
    assert kind("职工大额医疗费用补助（个人缴纳）") == ("330", "own")
    assert kind("公务员医疗补助") == ("320", "own")
    assert kind("生育保险费") == ("310", "own")
    assert kind("工会经费") is None
    assert part("职工基本医疗保险（单位缴纳）") == "emp"
    assert part("职工基本医疗保险（个人缴纳）") == "psn"
    assert part("职工基本医疗保险") is None


@pytest.mark.parametrize(("region", "own"), [
    ("ningxia", {"base_bounds": "NXJY-16", "effect_month": "NXJY-27", "undeclared_amount": "NXJY-14",
                 "average_wage_year": "NXJY-20", "deferral_limit": "NXJY-25", "late_charge": "SIL-86",
                 "contribution_amount": "NXJY-21", "contribution_base": "NXJY-16", "base_rule_code": "NXJY-16"}),
    ("dingxi", {"base_bounds": "DXTC-10", "effect_month": "DXTC-9", "undeclared_amount": "SIL-62",
                "average_wage_year": "DXTC-10", "deferral_limit": "DXTC-12", "late_charge": "DXTC-12",
                "contribution_amount": "DXTC-11", "contribution_base": "DXTC-10", "base_rule_code": "DXTC-10"}),
])
def test_each_region_cites_its_own_article(region: str, own: dict[str, str]) -> None:
    law = Law.load(region)
    assert {concept: law.rule(concept).rule_id for concept in own} == own
    for function in law.rules.values():
        assert function.cite.split(";")[0] == function.rule_id
        assert all(law.article(article) for article in function.articles)


def test_every_docstring_begins_with_its_article() -> None:
    from nxmed.kernel.article import label

    for region in ("ningxia", "dingxi"):
        for function in Law.load(region).rules.values():
            first = function.text.split("：")[0].split("、")
            assert first[0] in {label(a) for a in function.articles}, function.name
            # named by the article it is filed under, or by another it cites
            numbers = {a.split("-")[1].split(".")[0] for a in function.articles}
            assert function.name.removeprefix("art").split("_")[0] in numbers


def test_silence_of_the_text_is_marked_as_a_reading() -> None:
    dingxi = Law.load("dingxi")
    for concept in ("average_wage_year", "deferral_limit", "average_monthly_wage"):
        assert dingxi.rule(concept).reading
    document = next(d for d in dingxi.documents if d.code == "DXTC")
    assert set(document.readings) == {"contribution.change_cutoff_day", "contribution.undeclared_factor",
                                      "contribution.deferral_max_years", "contribution.tax_file_day",
                                      "inpatient.points_referred"}
    assert not any(f.reading for f in Law.load("ningxia").rules.values())
