"""待遇复核 (DXTC-22, 27, 30.4, 31, 45): worked numbers by hand, boundaries, and an independent walk in exact fractions."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest

from nxmed.law.catalog import Law
from tests.settlements.month import H1, Chain, codes, provider, refund, settlement

LIMITS = {"1": 9_000_000, "13": 500_000, "26": 300_000, "34": 200_000, "36": 200_000}
LV = {"3": "02", "2": "06", "1": "09"}


def stay(setl_id: str, scope: str, **over: Any) -> dict[str, Any]:
    row = settlement(setl_id, "0.00", "0.00", scope, med_type="21", clr_type="21", setl_time=datetime(2026, 11, 10, 9))
    return {**row, **over}


def chronic(setl_id: str, scope: str, **over: Any) -> dict[str, Any]:
    return {**stay(setl_id, scope), "med_type": "14", **over}


def registered(*diseases: str, psn_no: str = "P1", begndate: date = date(2026, 1, 1), enddate: date | None = None) -> list[dict[str, Any]]:
    return [{"psn_no": psn_no, "dise_no": d, "dise_name": None, "begndate": begndate, "enddate": enddate} for d in diseases]


def priced(rows: list[dict[str, Any]], level: str = "3", register: list[dict[str, Any]] | None = None, month: str = "2026-11", **chain: Any
           ) -> dict[str, dict[str, Any]]:
    made = Chain(region="dingxi", providers=[provider(H1, dedc_hosp_lv=LV[level], fix_blng_admdvs="621102")], chronic=register or [], **chain)
    result = made.run(month, rows, [])
    return {r["setl_id"]: r for r in result.tables["repricing"].iter_rows(named=True)}


def test_the_worked_stays() -> None:
    # S 30,000.00: (30000 − 600) × 93 % = 27,342.00; own 2,658.00; (2658 − 1000) × 95 % = 1,575.10
    one = priced([stay("S1", "30000.00")])["S1"]
    assert (one["fund_amt"], one["own_amt"], one["supp_amt"]) == (2_734_200, 265_800, 157_510)
    # S 100,000.00: 92,442.00 capped to 70,000.00; own 30,000.00; supplement 27,550.00
    two = priced([stay("S1", "100000.00")])["S1"]
    assert (two["raw_amt"], two["fund_amt"], two["own_amt"], two["supp_amt"]) == (9_244_200, 7_000_000, 3_000_000, 2_755_000)


@pytest.mark.parametrize(("level", "pay_loc", "filed", "emergency", "expected"), [
    # scope 10,000.00; at home: 10000 − 200/400/600 at 98/95/93 %
    ("1", "2", None, None, 960_400), ("2", "2", None, None, 912_000), ("3", "2", None, None, 874_200), ("3", "1", "11", None, 874_200),
    # filed long-term: as at home
    ("1", "4", "02", None, 960_400), ("2", "3", "07", None, 912_000), ("3", "4", "08", None, 874_200), ("3", "3", "09", "1", 874_200),
    # referred: away deductible 200/500/800, −5 points: 93/90/88 %
    ("1", "3", "06", None, 911_400), ("2", "4", "06", None, 855_000), ("3", "4", "06", None, 809_600),
    # emergency: as referred
    ("3", "4", None, "1", 809_600), ("2", "3", "11", "1", 855_000),
    # self-chosen in the province −10: 88/85/83 %; another province −20: 78/75/73 %
    ("1", "3", None, None, 862_400), ("2", "3", "10", None, 807_500), ("3", "3", "11", "0", 763_600),
    ("1", "4", None, None, 764_400), ("2", "4", "10", None, 712_500), ("3", "4", "11", None, 671_600),
])
def test_rate_and_deductible_by_level_and_place(level: str, pay_loc: str, filed: str | None, emergency: str | None, expected: int) -> None:
    got = priced([stay("S1", "10000.00", pay_loc=pay_loc, out_fil_type=filed, emer_flag=emergency)], level)["S1"]
    assert got["fund_amt"] == expected


@pytest.mark.parametrize(("scope", "fund", "supplement"), [
    ("600.00", 0, 0), ("599.99", 0, 0), ("600.01", 1, 0), ("1000.00", 37_200, 0),
    ("6314.28", 531_428, 0),      # (6314.28 − 600) × 93 % = 5314.2804; own 1,000.00: nothing above
    ("6314.44", 531_443, 1),      # 5314.4292 → 5314.43; own 1,000.01: 0.0095 → 0.01
    ("0.00", 0, 0)])
def test_boundaries_of_deductible_and_threshold(scope: str, fund: int, supplement: int) -> None:
    got = priced([stay("S1", scope)])["S1"]
    assert (got["fund_amt"], got["supp_amt"]) == (fund, supplement)


def test_the_years_limit_runs_in_order_of_settlement_over_all_months() -> None:
    chain = Chain(region="dingxi", providers=[provider(H1)], chronic=[])
    early = stay("A1", "50600.00", setl_time=datetime(2026, 3, 1), enddate=date(2026, 3, 1), begndate=date(2026, 2, 20))  # 46,500.00
    last_year = stay("A0", "60600.00", setl_time=datetime(2026, 1, 2), enddate=date(2025, 12, 31), begndate=date(2025, 12, 1))
    chain.before("2026-03", [early, last_year])
    late = stay("B2", "20600.00", setl_time=datetime(2026, 11, 9))    # 18,600.00 → 46,500 + 18,600 = 65,100
    later = stay("B1", "10600.00", setl_time=datetime(2026, 11, 10))  # 9,300.00, left 4,900.00
    after = stay("B3", "10600.00", setl_time=datetime(2026, 11, 11))
    result = chain.run("2026-11", [after, later, late], [])
    got = {r["setl_id"]: (r["run_before"], r["fund_amt"], r["own_amt"]) for r in result.tables["repricing"].iter_rows(named=True)}
    assert got == {"B2": (4_650_000, 1_860_000, 200_000), "B1": (6_510_000, 490_000, 570_000), "B3": (7_000_000, 0, 1_060_000)}


def test_the_year_is_that_of_the_discharge() -> None:
    rows = [stay("A", "100000.00", enddate=date(2025, 12, 31), begndate=date(2025, 12, 1), setl_time=datetime(2026, 11, 1)),
            stay("B", "100000.00", enddate=date(2026, 1, 1), begndate=date(2025, 12, 1), setl_time=datetime(2026, 11, 2))]
    got = priced(rows)
    assert [got[s]["fund_amt"] for s in "AB"] == [7_000_000, 7_000_000]
    assert [got[s]["benefit_year"] for s in "AB"] == [2025, 2026]


def test_the_supplements_yearly_limit() -> None:
    rows = [stay("A", "400000.00", setl_time=datetime(2026, 11, 1)), stay("B", "400000.00", setl_time=datetime(2026, 11, 2))]
    got = priced(rows)
    # A: own 330,000: 329,000 × 95 % = 312,550; B: own 400,000: 399,000 × 95 % = 379,050, left 287,450
    assert [got[s]["supp_amt"] for s in "AB"] == [31_255_000, 28_745_000]


def test_a_refunded_stay_drops_out() -> None:
    a, b = stay("A", "100000.00", setl_time=datetime(2026, 11, 1)), stay("B", "30000.00", setl_time=datetime(2026, 11, 2))
    back = {**refund("A"), "med_type": "21"}
    got = priced([a, b, back])
    assert list(got) == ["B"]
    assert got["B"]["fund_amt"] == 2_734_200


def test_two_diseases_and_the_limit_inside_a_fee() -> None:
    # limits 5,000 and 3,000: 5,300; fees 9,000.00: 6,300.00 capped to 5,300.00, own until there 2,271.43, supplement 1,017.14
    got = priced([chronic("C1", "9000.00")], register=registered("13", "26"))["C1"]
    assert (got["limit_amt"], got["raw_amt"], got["fund_amt"], got["own_amt"], got["supp_amt"]) == (530_000, 630_000, 530_000, 227_143, 101_714)


@pytest.mark.parametrize(("diseases", "limit"), [
    (["1"], 9_000_000), (["36"], 200_000), (["13", "26"], 530_000), (["13", "26", "34"], 560_000), (["13", "26", "34", "36"], 560_000),
    (["34", "36"], 230_000), (["013"], 500_000), (["99"], 0), ([], 0)])
def test_up_to_three_diseases_count(diseases: list[str], limit: int) -> None:
    got = priced([chronic("C1", "100.00")], register=registered(*diseases))["C1"]
    assert got["limit_amt"] == limit
    assert got["fund_amt"] == (7_000 if limit else 0)


def test_a_disease_may_be_named_instead_of_numbered() -> None:
    register = [{**registered("X1")[0], "dise_name": "糖尿病伴并发症"}]
    assert priced([chronic("C1", "100.00")], register=register)["C1"]["limit_amt"] == 500_000


def test_all_36_diseases_with_their_limits() -> None:
    rows = Law.load("dingxi").table("chronic_diseases")
    limits = [int(r["limit"].split(".")[0]) for r in rows]
    assert [int(r["no"]) for r in rows] == list(range(1, 37))
    assert limits == [90000, 60000, 30000, 20000, 14000, *[10000] * 7, *[5000] * 11, *[4000] * 2, *[3000] * 8, *[2000] * 3]
    assert all(r["source"].endswith(f"序号 {r['no']}") and r["rule"] == "DXTC-31" for r in rows)


def test_a_registration_counts_from_its_day_to_its_end() -> None:
    register = registered("26", begndate=date(2026, 1, 1), enddate=date(2026, 11, 10)) + registered("13", begndate=date(2026, 11, 11))
    day = {d: chronic(f"D{d}", "1000.00", begndate=date(2026, 11, d), enddate=date(2026, 11, d), setl_time=datetime(2026, 11, d)) for d in (9, 10, 11)}
    got = priced(list(day.values()), register=register)
    assert [got[f"D{d}"]["limit_amt"] for d in (9, 10, 11)] == [300_000, 300_000, 500_000]


def test_the_year_of_chronic_fees_adds_up_over_months() -> None:
    chain = Chain(region="dingxi", providers=[provider(H1)], chronic=registered("26"))  # 3,000.00
    chain.before("2026-05", [chronic("A", "3000.00", setl_time=datetime(2026, 5, 1), begndate=date(2026, 5, 1), enddate=date(2026, 5, 1))])
    rows = [chronic("B", "1000.00", setl_time=datetime(2026, 11, 1)), chronic("C", "1000.00", setl_time=datetime(2026, 11, 2))]
    got = {r["setl_id"]: r for r in chain.run("2026-11", rows, []).tables["repricing"].iter_rows(named=True)}
    # A: 2,100 own 900; B: 700 own 300 (1,200: 200 above → 160.00); C: left 200: own 200 × 3/7 = 85.714…: 68.57
    assert [(got[s]["fund_amt"], got[s]["supp_amt"]) for s in "BC"] == [(70_000, 16_000), (20_000, 6_857)]
    assert got["C"]["own_amt"] == 8_571


def test_differences_are_found_with_their_steps() -> None:
    right = stay("R", "30000.00", hifp_pay=2_734_200, hifob_pay=157_510, setl_time=datetime(2026, 11, 1))
    wrong = stay("W", "30000.00", hifp_pay=2_734_201, hifob_pay=157_510, setl_time=datetime(2026, 11, 2), psn_no="P2")
    result = Chain(region="dingxi", providers=[provider(H1)], chronic=[]).run("2026-11", [right, wrong], [])
    assert codes(result)["REPRICE_DIFF"] == 1
    found = next(f for f in result.findings if "REPRICE_DIFF" in f["code"].to_list()).row(0, named=True)
    assert (found["setl_id"], found["diff_amt"], found["expected"]) == ("W", 1, "28917.10")
    assert "30000.00 − 起付 600.00，× 93% = 27342.00" in found["message"]


def test_an_unknown_level_is_said_and_keeps_what_was_settled() -> None:
    a = stay("A", "30000.00", fixmedins_code="H99999900001", hifp_pay=6_900_000, setl_time=datetime(2026, 11, 1), pay_loc="4")
    b = stay("B", "30000.00", setl_time=datetime(2026, 11, 2))
    result = Chain(region="dingxi", providers=[provider(H1)], chronic=[]).run("2026-11", [a, b], [])
    got = {r["setl_id"]: r for r in result.tables["repricing"].iter_rows(named=True)}
    assert got["A"]["state"] == "level_unknown"
    assert got["B"]["fund_amt"] == 100_000
    assert codes(result)["REPRICE_SKIPPED"] == 1
    with_level = Chain(region="dingxi", providers=[provider(H1)], chronic=[]).run("2026-11", [{**a, "hosp_lv": "06"}], [])
    # level 2 in another province, self-chosen: (30000 − 500) × 75 % = 22,125.00
    assert with_level.tables["repricing"]["fund_amt"].to_list() == [2_212_500]


def test_negotiated_drugs_have_a_total_of_their_own() -> None:
    rows = [{**chronic("D1", "3000.00"), "tdrug_flag": "1", "hifp_pay": 210_000, "setl_time": datetime(2026, 11, 1)},
            {**chronic("D2", "1000.00"), "tdrug_flag": "1", "hifp_pay": 50_000, "setl_time": datetime(2026, 11, 2)}]
    got = priced(rows, register=registered("26"))
    # own 900.00 then 500.00: 400.00 above 1,000.00 → 320.00
    assert [(got[s]["kind"], got[s]["supp_amt"]) for s in ("D1", "D2")] == [("drug", 0), ("drug", 32_000)]


def test_ningxia_is_skipped_with_a_line_unless_the_policy_gives_the_numbers() -> None:
    skipped = Chain().run("2026-11", [stay("S1", "30000.00")], [])
    assert skipped.tables["repricing"].height == 0
    assert "未复核" in skipped.facts["repricing"]["skipped"][0]
    values = {f"deductible_{p}_{n}": "500.00" for p in ("home", "away") for n in "123"} | {f"rate_{n}": "0.80" for n in "123"} | {
        "yearly_limit": "60000.00", "points_referred": "0.05", "points_self_province": "0.10", "points_self_other": "0.20"}
    policy = {"repricing": {"ningxia": {k: {"values": [{"since": date(2021, 1, 1), "value": v, "source": "示例"}]} for k, v in values.items()}}}
    crossing = stay("S1", "100000.00", begndate=date(2025, 12, 20), enddate=date(2026, 1, 5), setl_time=datetime(2026, 11, 1))
    rows = [crossing, stay("S2", "30000.00", setl_time=datetime(2026, 11, 2))]
    got = Chain(policy=policy).run("2026-11", rows, []).tables["repricing"]
    # by the year of admission: S1 is 2025's (79,600.00 → 60,000.00), S2 has 2026 for itself: 29,500 × 80 % = 23,600.00
    assert got.select("setl_id", "benefit_year", "fund_amt").rows() == [("S1", 2025, 6_000_000), ("S2", 2026, 2_360_000)]


# an independent walk

def half(x: Fraction) -> int:
    return (abs(x.numerator) * 2 + x.denominator) // (2 * x.denominator) * (1 if x >= 0 else -1)


def walk(stays: Iterable[dict[str, Any]], fees: Iterable[dict[str, Any]], register: list[dict[str, Any]], level: int) -> dict[str, tuple[int, int]]:
    order = lambda r: (r["setl_time"], r["setl_id"])  # noqa: E731
    out: dict[str, tuple[int, int]] = {}
    fund: dict[Any, int] = {}
    supp: dict[Any, int] = {}
    for r in sorted(stays, key=order):
        who = (r["psn_no"], r["enddate"].year)
        away = r["pay_loc"] in ("3", "4")
        points = 0
        if away and r["out_fil_type"] in ("02", "07", "08", "09"):
            away = False
        elif away:
            points = 5 if r["out_fil_type"] == "06" or r["emer_flag"] == "1" else 10 if r["pay_loc"] == "3" else 20
        dedc = {1: 200, 2: 500 if away else 400, 3: 800 if away else 600}[level] * 100
        rate = Fraction({1: 98, 2: 95, 3: 93}[level] - points, 100)
        raw = half(max(0, r["inscp_scp_amt"] - dedc) * rate)
        paid = min(raw, 7_000_000 - fund.get(who, 0))
        fund[who] = fund.get(who, 0) + paid
        more = half(Fraction(max(0, r["inscp_scp_amt"] - paid - 100_000) * 95, 100))
        more = min(more, 60_000_000 - supp.get(who, 0))
        supp[who] = supp.get(who, 0) + more
        out[r["setl_id"]] = paid, more
    run: dict[Any, int] = {}
    own: dict[Any, Fraction] = {}
    for r in sorted(fees, key=order):
        who = (r["psn_no"], r["enddate"].year)
        mine = sorted({LIMITS[g["dise_no"]] for g in register if g["psn_no"] == r["psn_no"] and g["begndate"] <= r["begndate"]
                       and (g["enddate"] is None or g["enddate"] >= r["begndate"])}, reverse=True)
        count = len({g["dise_no"] for g in register if g["psn_no"] == r["psn_no"] and g["begndate"] <= r["begndate"]
                     and (g["enddate"] is None or g["enddate"] >= r["begndate"])})
        limit = mine[0] + 30_000 * (min(3, count) - 1) if mine else 0
        raw = half(r["inscp_scp_amt"] * Fraction(7, 10))
        paid = min(raw, max(0, limit - run.get(who, 0)))
        share = Fraction(r["inscp_scp_amt"] - paid) if paid == raw and limit else paid * Fraction(3, 7)
        before = own.get(who, Fraction(0))
        run[who], own[who] = run.get(who, 0) + paid, before + share
        out[r["setl_id"]] = paid, half((max(Fraction(0), own[who] - 100_000) - max(Fraction(0), before - 100_000)) * Fraction(4, 5))
    return out


@pytest.mark.parametrize("seed", range(6))
def test_against_an_independent_walk(seed: int) -> None:
    rng = random.Random(seed)
    level = rng.choice((1, 2, 3))
    people = [f"P{n}" for n in range(12)]
    register = []
    for p in people:
        for d in rng.sample(list(LIMITS), rng.randint(0, 4)):
            begin = date(2026, rng.randint(1, 10), 1)
            register += registered(d, psn_no=p, begndate=begin, enddate=rng.choice([None, None, date(2026, 9, rng.randint(1, 28))]))
            register[-1]["enddate"] = register[-1]["enddate"] if not register[-1]["enddate"] or register[-1]["enddate"] >= begin else None
    register = list({(g["psn_no"], g["dise_no"]): g for g in register}.values())
    months: dict[str, list[dict[str, Any]]] = {}
    for n in range(260):
        m = rng.randint(1, 11)
        day = datetime(2026, m, rng.randint(1, 28), rng.randint(0, 3))
        scope = f"{rng.choice([rng.randint(0, 3_000), rng.randint(0, 90_000)])}.{rng.randint(0, 99):02d}"
        begin = date(2025, 12, 28) if m == 1 and rng.random() < 0.5 else day.date()
        common = {"psn_no": rng.choice(people), "setl_time": day, "begndate": begin, "enddate": rng.choice([begin, day.date()]) if m > 1 else begin}
        row = stay(f"S{n:03d}", scope, pay_loc=rng.choice("1234"), out_fil_type=rng.choice([None, "02", "06", "07", "10", "11"]),
                   emer_flag=rng.choice([None, "0", "1"]), **common) if rng.random() < 0.4 else chronic(f"C{n:03d}", scope, **common)
        months.setdefault(f"2026-{m:02d}", []).append(row)
    chain = Chain(region="dingxi", providers=[provider(H1, dedc_hosp_lv=LV[str(level)])], chronic=register)
    for m in sorted(months):
        if m != "2026-11":
            chain.before(m, rng.sample(months[m], len(months[m])))
    result = chain.run("2026-11", months.get("2026-11", []), [])
    every = [r for rows in months.values() for r in rows]
    expected = walk([r for r in every if r["med_type"] == "21"], [r for r in every if r["med_type"] == "14"], register, level)
    got = {r["setl_id"]: (r["fund_amt"], r["supp_amt"]) for r in result.tables["repricing"].iter_rows(named=True)}
    assert set(got) == {r["setl_id"] for r in months.get("2026-11", [])}
    assert got == {s: expected[s] for s in got}
