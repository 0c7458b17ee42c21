"""验收：医疗救助，随机的小机构与平实模型逐格相同；算例与边上的情形从命令行走到底."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from agency_files import columns_of, write_file
from compare_assist import play
from plain_common import Row, fen
from random_agency import certno
from random_assistance import Office
from run_and_compare import command, table

AMOUNTS = [c for c, d in columns_of("settlements").items() if d["type"] == "amount"]
MONTH, NEXT = "2026-10", "2026-11"


@pytest.mark.parametrize("seed", [2, 3, 23])
def test_program_equals_the_plain_model(seed: int, tmp_path: Path) -> None:
    months, bad = play(seed, tmp_path / "office")
    assert not bad, "\n".join(bad)
    assert months >= 3


def test_the_generator_reaches_every_corner() -> None:
    """种子里确实有每一类、每一档、每种申请状态、每种发现，跨年的、退费后追回的、限额用尽的（只跑模型）."""
    seen: Counter[Any] = Counter()
    for seed in range(40):
        office = Office(seed)
        for index in range(len(office.months)):
            office.prepare(index)
        for result in office.results.values():
            seen.update(code for code, *_ in result.findings.elements())
            for item in result.items:
                seen[item["class"]] += 1
                seen[item["tier"]] += 1
                seen[item["claim_state"]] += 1
                seen["last year"] += item["begndate"].year < int(result.period[:4])
                seen["paid before"] += any(item["published"])
            seen["ordinary paid"] += any(p["fund_pay_type"] == "610100" for p in result.payouts)
            seen["tilt paid"] += any(p["fund_pay_type"] == "610102" for p in result.payouts)
            seen["cap reached"] += any(y["ordinary_left"] == 0 for y in result.years)
            seen["tilt cap reached"] += any(y["tilt_left"] == 0 for y in result.years)
            seen["watched"] += len(result.watch)
    wanted: set[Any] = {
        "due",
        "nothing_due",
        "not_referred",
        "no_standard",
        "no_identity",
        "refunded",
        1,
        2,
        3,
        4,
        5,
        None,
    }
    wanted |= {
        "claimed",
        "claimable",
        "none",
        "OVERPAID_ASSISTANCE",
        "NO_STANDARD",
        "SCHEME_CHANGED",
        "OPENING_NOT_PLACED",
    }
    wanted |= {"last year", "paid before", "ordinary paid", "tilt paid", "cap reached", "tilt cap reached", "watched"}
    assert not {w for w in wanted if not seen[w]}


# ---- 手写的情形：每个情形一个人，全部在一个工作区里跑一次 ----


@dataclass
class Case:
    """一个人：身份 (代码, 起, 止)、各笔费用、应有的每笔 (分类, 档次, 应救助, 应倾斜)."""

    name: str
    identities: list[tuple[str, str, str | None]]
    stays: list[dict[str, Any]]
    expected: list[tuple[str, str | None, str, str]]
    more: dict[str, Any] = field(default_factory=dict)


def bill(base: str, **more: Any) -> dict[str, Any]:
    """一笔住院：十月三日到五日."""
    return {"base": base, **more}


OPEN = "2026-01-01"
DUE1 = ("due", "1", "100.00", "0.00")


def money_cases() -> list[Case]:
    """算例、起付线、限额."""
    low, edge, orphan, poor, ill = "2303", "2305", "2304", "236004", "2306"

    def one(name: str, code: str, bases: list[str], owed: list[tuple[str, str]]) -> Case:
        return Case(
            name,
            [(code, OPEN, None)],
            [bill(b) for b in bases],
            [("due" if (o, t) != ("0.00", "0.00") else "nothing_due", TIER_OF[code], o, t) for o, t in owed],
        )

    return [
        one(
            "worked: tier 2",
            low,
            ["10000.00", "40000.00", "30000.00"],
            [("8000.00", "0.00"), ("32000.00", "4900.00"), ("10000.00", "14000.00")],
        ),
        one("worked: tier 3", edge, ["2500.00", "1200.00"], [("0.00", "0.00"), ("490.00", "0.00")]),
        one("worked: tier 5", ill, ["6999.99", "0.03"], [("0.00", "0.00"), ("0.01", "0.00")]),
        # 起付线：正好、过一分（一分的七成、六成都进为一分）、过两分
        *[
            one(
                f"start {code} {over}",
                code,
                [base],
                [(owed, "0.00")],
            )
            for code, over, base, owed in (
                (edge, 0, "3000.00", "0.00"),
                (edge, 1, "3000.01", "0.01"),  # 0.7 分
                (edge, 2, "3000.02", "0.01"),  # 1.4 分
                (poor, 0, "5000.00", "0.00"),
                (poor, 1, "5000.01", "0.01"),
                (ill, 0, "7000.00", "0.00"),
                (ill, 1, "7000.01", "0.01"),  # 0.6 分
                (ill, 4, "7000.04", "0.02"),  # 2.4 分
            )
        ],
        # 倾斜的起点：二档 E 15000 → 救助 12000，剩余正好 3000；15000.05 → 12000.04，剩余 3000.01 → 0.7 分
        one("tilt start", low, ["15000.00"], [("12000.00", "0.00")]),
        one("tilt start + 1 fen", low, ["15000.05"], [("12000.04", "0.01")]),
        one(
            "rounding up at half", low, ["0.01", "0.02", "0.03"], [("0.01", "0.00"), ("0.02", "0.00"), ("0.02", "0.00")]
        ),
        # 一档限额 5 万：正好、多一分；用尽后剩余进倾斜
        one("cap 1", orphan, ["50000.00", "0.01"], [("50000.00", "0.00"), ("0.00", "0.00")]),
        one("cap 1 + 1 fen at once", orphan, ["50000.01"], [("50000.00", "0.00")]),
        one("cap 1 then tilt", orphan, ["53000.00", "0.01"], [("50000.00", "0.00"), ("0.00", "0.01")]),
        one("cap 2", low, ["62500.00", "0.01"], [("50000.00", "6650.00"), ("0.00", "0.01")]),  # 剩余 12500 → 9500 × 0.7
        # 倾斜限额 11 万：剩余 3000 + 110000 / 0.7 = 160142.857…；160142.85 → 109999.995 进为 110000.00
        one("tilt cap", orphan, ["210142.84"], [("50000.00", "109999.99")]),  # 157142.84 × 0.7 = 109999.988
        one("tilt cap reached", orphan, ["210142.85", "1.00"], [("50000.00", "110000.00"), ("0.00", "0.00")]),
        one("tilt cap passed", orphan, ["300000.00"], [("50000.00", "110000.00")]),
        # 三档 16 万：3000 + 160000 / 0.7 = 231571.428…
        one("cap 3", edge, ["231571.42"], [("159999.99", "0.00")]),  # 228571.42 × 0.7 = 159999.994
        one("cap 3 reached", edge, ["231571.43", "1.00"], [("160000.00", "0.00"), ("0.00", "0.00")]),
        one(
            "cap 5", ill, ["273666.66", "0.02"], [("160000.00", "0.00"), ("0.00", "0.00")]
        ),  # 266666.66 × 0.6 = 159999.996
        one("cap 5 missed by a fen", ill, ["273666.65", "0.02"], [("159999.99", "0.00"), ("0.01", "0.00")]),
        one("nothing left to pay on", orphan, ["0.00"], [("0.00", "0.00")]),
        Case(
            "two tiers of one scheme share the totals",
            [(orphan, OPEN, "2026-10-01"), (low, "2026-10-02", None)],
            [bill("49999.99", begndate="2026-10-01", enddate="2026-10-01", setl_time="2026-10-01"), bill("10.00")],
            [("due", "1", "49999.99", "0.00"), ("due", "2", "0.01", "0.00")],
        ),
        Case(
            "tiers 3 and 5 share X, each with its own threshold",
            [(ill, OPEN, "2026-10-02"), (edge, "2026-10-03", None)],
            [
                bill("8000.00", begndate="2026-10-02", enddate="2026-10-02", setl_time="2026-10-02"),
                bill("100.00"),
            ],
            [("due", "5", "600.00", "0.00"), ("due", "3", "70.00", "0.00")],
        ),
        Case(
            "order is time of settlement, then number",
            [(edge, OPEN, None)],
            [
                bill("2000.00", begndate="2026-10-01", enddate="2026-10-01", setl_time="2026-10-05 12:00:01"),
                bill("1000.00", begndate="2026-10-02", setl_time="2026-10-05 12:00:00"),
                bill("1500.00", begndate="2026-10-03", setl_time="2026-10-05 12:00:00"),
            ],
            [
                ("due", "3", "1050.00", "0.00"),
                ("nothing_due", "3", "0.00", "0.00"),
                ("nothing_due", "3", "0.00", "0.00"),
            ],
        ),
        Case(
            "both schemes in one year",
            [(ill, OPEN, "2026-10-02"), (orphan, "2026-10-03", None)],
            [
                bill("7000.00", begndate="2026-10-02", enddate="2026-10-02", setl_time="2026-10-02"),
                bill("3000.00"),
            ],
            [("nothing_due", "5", "0.00", "0.00"), ("due", "1", "3000.00", "0.00")],
            {"scheme_changed": 1},
        ),
    ]


TIER_OF = {
    "2304": "1",
    "236001": "1",
    "2303": "2",
    "236002": "2",
    "236003": "2",
    "2305": "3",
    "236004": "4",
    "2306": "5",
}


def code_cases() -> list[Case]:
    """每个身份代码：有档的、没有标准的、不算身份的；几个在一起取最优."""
    out = []
    for code, tier in TIER_OF.items():
        owed = {"1": "100.00", "2": "80.00"}.get(tier, "0.00")
        kind = "due" if owed != "0.00" else "nothing_due"
        out.append(Case(f"code {code}", [(code, OPEN, None)], [bill("100.00")], [(kind, tier, owed, "0.00")]))
    for code in ("2101", "2102", "2103", "2104", "2105", "2160", "2360"):
        expected = [("no_standard", None, "0.00", "0.00")]
        out.append(Case(f"code {code}", [(code, OPEN, None)], [bill("100.00")], expected, {"no_standard": 1}))
        both = [(code, OPEN, None), ("2304", OPEN, None)]
        out.append(Case(f"code {code} with a tier", both, [bill("100.00")], [DUE1]))
    for code in ("2301", "2302", "2307", "2308"):
        out.append(Case(f"code {code}", [(code, OPEN, None)], [bill("100.00")], []))
        out.append(
            Case(
                f"code {code}, paid one-stop",
                [(code, OPEN, None)],
                [bill("100.00", maf_pay="0.01")],
                [("no_identity", None, "0.00", "0.00")],
                {"over": -1},
            )
        )
    several = [("2306", OPEN, None), ("2303", OPEN, None), ("2302", OPEN, None), ("2360", OPEN, None)]
    out.append(Case("the best of several", several, [bill("100.00")], [("due", "2", "80.00", "0.00")]))
    silent = [("2101", OPEN, None), ("2302", OPEN, None)]
    out.append(
        Case(
            "no standard wins over no tier",
            silent,
            [bill("9.99")],
            [("no_standard", None, "0.00", "0.00")],
            {"no_standard": 1},
        )
    )
    out.append(Case("not referred without identity", [], [bill("100.00", out_fil_type="11", pay_loc="4")], []))
    out.append(
        Case(
            "no standard before not referred",
            [("2101", OPEN, None)],
            [bill("100.00", out_fil_type="11", pay_loc="4")],
            [("no_standard", None, "0.00", "0.00")],
            {"no_standard": 1},
        )
    )
    return out


def day_cases() -> list[Case]:
    """身份的起止与住院（2026-10-03 至 10-05）、慢特病（就诊 10-03）."""
    out = []
    for begin, end, stay, chronic in (
        (OPEN, None, True, True),
        ("2026-10-03", None, True, True),
        ("2026-10-04", None, True, False),
        ("2026-10-05", None, True, False),
        ("2026-10-06", None, False, False),
        (OPEN, "2026-10-02", False, False),
        (OPEN, "2026-10-03", True, True),
        (OPEN, "2026-10-04", True, True),
        ("2026-10-04", "2026-10-04", True, False),
        ("2026-10-03", "2026-10-03", True, True),
        ("2026-10-05", "2026-10-05", True, False),
        ("2027-01-01", None, False, False),
        (OPEN, "9999-12-31", True, True),
    ):
        for kind, covered in (("21", stay), ("140104", chronic)):
            out.append(
                Case(
                    f"{kind} {begin} to {end}",
                    [("2304", begin, end)],
                    [bill("100.00", med_type=kind)],
                    [DUE1] if covered else [],
                )
            )
    gap = [("2304", OPEN, "2026-10-02"), ("2304", "2026-10-06", None)]
    out.append(Case("a stay in the gap of two identities", gap, [bill("100.00")], []))
    return out


def referral_cases() -> list[Case]:
    """备案类型 × 支付地点 × 急诊标志 × 医疗类别."""
    out = []
    kinds = ("140104", "21", "22", "23", "24", "25", "26", "27", "28")
    for filed, loc, flag, kind in product(
        (None, "02", "06", "07", "08", "09", "10", "11"), ("1", "2", "3", "4"), (None, "0", "1"), kinds
    ):
        if filed in ("02", "07", "08", "09") and kind not in ("21", "140104"):
            continue
        against = filed in ("10", "11") or (filed is None and loc == "4")
        good = not against or flag == "1" or kind == "24"
        out.append(
            Case(
                f"filed {filed} at {loc} emergency {flag} kind {kind}",
                [("2304", OPEN, None)],
                [bill("100.00", out_fil_type=filed, pay_loc=loc, emer_flag=flag, med_type=kind)],
                [DUE1 if good else ("not_referred", "1", "0.00", "0.00")],
            )
        )
    for kind in ("11", "12", "13", "15", "41", "51", "52", "9218"):
        out.append(Case(f"kind {kind} is not assisted", [("2304", OPEN, None)], [bill("100.00", med_type=kind)], []))
    out.append(
        Case(
            "what is not referred stays out of the totals",
            [("2305", OPEN, None)],
            [bill("3000.00", out_fil_type="11", setl_time="2026-10-05 08:00:00"), bill("3000.00")],
            [("not_referred", "3", "0.00", "0.00"), ("nothing_due", "3", "0.00", "0.00")],
        )
    )
    return out


def paid_cases() -> list[Case]:
    """一站式的分法（二档，E 40000：应救助 32000，应倾斜 3500）."""
    owed = ("due", "2", "32000.00", "3500.00")
    out = []
    for maf, ordinary, tilt in (
        ("0.00", "0.00", "0.00"),
        ("31999.99", "31999.99", "0.00"),
        ("32000.00", "32000.00", "0.00"),
        ("32000.01", "32000.00", "0.01"),
        ("35500.00", "32000.00", "3500.00"),
        ("35500.01", "32000.01", "3500.00"),
    ):
        more = {"paid": (ordinary, tilt), "over": -1 if maf == "35500.01" else 0}
        out.append(Case(f"one-stop {maf}", [("2303", OPEN, None)], [bill("40000.00", maf_pay=maf)], [owed], more))
    return out


def who_pays_cases() -> list[Case]:
    """付款地：参保地在区内、在区外、不明；户籍不在区内的不付."""
    out = []
    for insured, home, payer in (
        ("640104", "640422", "640104"),
        ("649900", "640422", "649900"),
        ("610100", "640422", "640422"),
        ("654000", "640000", "640000"),
        ("610100", "610100", None),
        ("164000", "640422", "640422"),
    ):
        out.append(
            Case(
                f"insured {insured}, home {home}",
                [("2304", OPEN, None)],
                [bill("100.00", insu_admdvs=insured, claim=home)],
                [DUE1],
                {"payer": payer},
            )
        )
    return out


def watch_cases() -> list[Case]:
    """2302：当年基数合计 20000 不列，20000.01 列；不论分类，退费的除外."""
    out = []
    for bases, codes, listed in (
        (["20000.00"], ["2302"], None),
        (["20000.01"], ["2302"], "20000.01"),
        (["10000.00", "10000.01"], ["2302"], "20000.01"),
        (["20000.01"], ["2303"], None),
        (["20000.01"], ["2302", "2303"], "20000.01"),
    ):
        out.append(
            Case(
                f"watch {bases} {codes}",
                [(c, OPEN, None) for c in codes],
                [bill(b) for b in bases],
                [] if "2303" not in codes else [("due", "2", "16000.01", "700.00")],  # 剩余 4000.00
                {"watch": listed},
            )
        )
    return out


CASES = [
    *money_cases(),
    *code_cases(),
    *day_cases(),
    *referral_cases(),
    *paid_cases(),
    *who_pays_cases(),
    *watch_cases(),
]


@dataclass
class Ran:
    """跑过的工作区."""

    folder: Path
    people: dict[str, Case]
    tables: dict[str, list[dict[str, Any]]]

    def of(self, name: str, key: str) -> list[dict[str, Any]]:
        """一个人的行."""
        return [r for r in self.tables[name] if r["certno"] == key]


def rows_of(people: dict[str, Case]) -> dict[str, list[Row]]:
    """各情形的来件."""
    settled: list[Row] = []
    identities: list[Row] = []
    claims: list[Row] = []
    for number, (key, case) in enumerate(people.items()):
        for code, begin, end in case.identities:
            identities.append(
                {
                    "certno": key,
                    "mat_idet_code": code,
                    "begntime": begin,
                    "psn_no": None,
                    "endtime": end,
                    "mat_data_souc": "1",
                    "hukou_admdvs": "640104",
                    "tram_date": "2026-10-01",
                }
            )
        for index, stay in enumerate(case.stays):
            row: Row = {
                **dict.fromkeys(AMOUNTS, "0.00"),
                **dict.fromkeys(("out_fil_type", "emer_flag", "org_setl_id")),
                "setl_id": f"S{number}-{index}",
                "refd_setl_flag": "0",
                "inscp_scp_amt": stay["base"],
                "medfee_sumamt": stay["base"],
                "psn_no": f"P{number}",
                "psn_name": "张伟",
                "certno": key,
                "fixmedins_code": "H64010000001",
                "insutype": "390",
                "med_type": "21",
                "clr_type": "21",
                "clr_optins": "640100",
                "setl_type": "2",
                "begndate": "2026-10-03",
                "enddate": "2026-10-05",
                "setl_time": f"2026-10-05 1{index}:00:00",
                "pay_loc": "2",
                "insu_admdvs": "640104",
                **{k: v for k, v in stay.items() if k not in ("base", "claim")},
            }
            settled.append(row)
            if "claim" in stay:
                same = set(columns_of("assistance_claims")) & set(row)
                claims.append(
                    {
                        **{k: row[k] for k in sorted(same)},
                        "clm_sn": f"C{number}-{index}",
                        "clm_way": "3",
                        "hukou_admdvs": stay["claim"],
                        "crtf_docno": None,
                        "invono": None,
                        "rcvd_date": "2026-10-20",
                    }
                )
    return {"settlements": settled, "assistance_identities": identities, "assistance_claims": claims}


def read(folder: Path, period: str) -> dict[str, list[dict[str, Any]]]:
    """四张表与发现."""
    names = ("assistance_items", "assistance_years", "assistance_watch", "payout_items", "findings")
    return {n: table(folder, "assist", period, n) for n in names}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("cases") / "w"
    rng = Random(7)
    people: dict[str, Case] = {}
    while len(people) < len(CASES):
        people.setdefault(certno(rng), CASES[len(people)])
    assert command("init", str(folder), "--region", "ningxia")[0] == 0
    for name, rows in rows_of(people).items():
        write_file(folder / "inbox" / MONTH, name, rows, rng, simple=True)
    code, _, err = command("assist", MONTH, "-w", str(folder))
    assert code == 0, err
    return Ran(folder, people, read(folder, MONTH))


def test_every_case_by_class_tier_and_amount(ran: Ran) -> None:
    bad = []
    for key, case in ran.people.items():
        rows = sorted(ran.of("assistance_items", key), key=lambda r: str(r["setl_id"]))
        got = [(r["class"], r["tier"], r["ordinary_amt"], r["tilt_amt"]) for r in rows]
        want = [(kind, tier, fen(o), fen(t)) for kind, tier, o, t in case.expected]
        if got != want:
            bad.append((case.name, got, want))
    assert not bad


def test_one_stop_payments_and_what_was_paid_too_much(ran: Ran) -> None:
    for key, case in ran.people.items():
        rows = ran.of("assistance_items", key)
        if "paid" in case.more:
            (row,) = rows
            assert (row["paid_ordinary"], row["paid_tilt"]) == tuple(fen(a) for a in case.more["paid"]), case.name
        if case.more.get("over"):
            (row,) = rows
            assert (row["delta_ordinary"], row["delta_tilt"]) == (case.more["over"], 0), case.name
    assert sum(r["code"] == "OVERPAID_ASSISTANCE" for r in ran.tables["findings"]) == sum(
        bool(c.more.get("over")) for c in CASES
    )


def test_findings_of_the_cases(ran: Ran) -> None:
    codes = Counter(r["code"] for r in ran.tables["findings"])
    assert codes["NO_STANDARD"] == sum(c.more.get("no_standard", 0) for c in CASES)
    assert codes["SCHEME_CHANGED"] == sum(c.more.get("scheme_changed", 0) for c in CASES)
    assert codes["NO_PAYING_AGENCY"] == 1


def test_who_pays(ran: Ran) -> None:
    paid = {r["source_key"]: r for r in ran.tables["payout_items"]}
    for number, case in enumerate(CASES):
        if "payer" in case.more:
            row = paid.pop(f"S{number}-0", None)
            got = row and (row["insu_admdvs"], row["amt"], row["fund_pay_type"], row["payee_type"], row["payee_code"])
            wanted = (case.more["payer"], 10000, "610100", "2", f"P{number}") if case.more["payer"] else None
            assert got == wanted, case.name
    assert not paid  # 没有申请的一笔也不付


def test_who_is_watched(ran: Ran) -> None:
    got = {r["certno"]: r["base_amt"] for r in ran.tables["assistance_watch"]}
    assert got == {key: fen(c.more["watch"]) for key, c in ran.people.items() if c.more.get("watch")}


def test_a_finished_month_computed_again_pays_nothing(ran: Ran) -> None:
    """下个月没有新的费用：每一笔都在，差额只剩没有申请的，不再有付款项."""
    write_file(ran.folder / "inbox" / NEXT, "settlements", [], Random(1), simple=True)
    code, _, err = command("assist", NEXT, "-w", str(ran.folder))
    assert code == 0, err
    after = read(ran.folder, NEXT)
    assert after["payout_items"] == []
    paid = {r["source_key"] for r in ran.tables["payout_items"]}
    items = {r["setl_id"]: r for r in after["assistance_items"]}
    for row in ran.tables["assistance_items"]:
        again = items.pop(row["setl_id"])
        same = ("class", "tier", "base_amt", "run_before", "run_after", "ordinary_amt", "tilt_amt")
        assert [again[c] for c in same] == [row[c] for c in same]
        if row["setl_id"] in paid:
            assert (again["delta_ordinary"], again["delta_tilt"]) == (0, 0)
            assert (again["paid_ordinary"], again["paid_tilt"]) == (row["ordinary_amt"], row["tilt_amt"])
        else:
            assert (again["delta_ordinary"], again["delta_tilt"]) == (row["delta_ordinary"], row["delta_tilt"])
    assert not items


def test_across_the_year_end(tmp_path: Path) -> None:
    """上年的项目：本年结算、退费或取得身份的才发布，按上年的累计；限额逐年重新起算."""
    orphan = [("2304", OPEN, None)]
    december = {"begndate": "2026-12-03", "enddate": "2026-12-05", "setl_time": "2026-12-05"}
    over = {"begndate": "2026-12-28", "enddate": "2027-01-03", "setl_time": "2027-01-03"}
    january = {"begndate": "2027-01-01", "enddate": "2027-01-09", "setl_time": "2027-01-09"}
    cases = [
        Case("late identity", [], [bill("100.00", **december)], []),
        Case("settled in January", orphan, [bill("49995.00", **december), bill("10.00", **over)], []),
        Case("refunded after a payment", orphan, [bill("100.00", claim="640104", **december)], []),
        Case("refunded, one-stop only", orphan, [bill("100.00", maf_pay="100.00", **december)], []),
        Case("nothing new", orphan, [bill("100.00", **december)], []),
        Case("caps start anew", orphan, [bill("60000.00", **december), bill("60000.00", **january)], []),
        Case("outside the year", orphan, [bill("1.00", **{**over, "begndate": "2026-01-01"})], []),
    ]
    rng = Random(11)
    people: dict[str, Case] = {}
    while len(people) < len(cases):
        people.setdefault(certno(rng), cases[len(people)])
    keys = list(people)
    files = rows_of(people)
    first = [r for r in files["settlements"] if str(r["setl_time"]) < "2027"]
    later = [r for r in files["settlements"] if str(r["setl_time"]) >= "2027"]
    later += [
        {
            **r,
            **{a: f"-{r[a]}" for a in AMOUNTS if fen(r[a])},
            "refd_setl_flag": "1",
            "org_setl_id": r["setl_id"],
            "setl_id": f"R{r['setl_id']}",
            "setl_time": "2027-01-20",
        }
        for r in first
        if r["setl_id"] in ("S2-0", "S3-0")
    ]
    identity = {**files["assistance_identities"][0], "certno": keys[0], "tram_date": "2027-01-04"}
    folder = tmp_path / "w"
    assert command("init", str(folder), "--region", "ningxia")[0] == 0
    for period, brought in (
        ("2026-12", {**files, "settlements": first}),
        ("2027-01", {"settlements": later, "assistance_identities": [identity]}),
    ):
        for name, rows in brought.items():
            write_file(folder / "inbox" / period, name, rows, rng, simple=True)
        code, _, err = command("assist", period, "-w", str(folder))
        assert code == 0, err
    after = read(folder, "2027-01")
    amounts = ("ordinary_amt", "tilt_amt", "delta_ordinary")
    assert {
        r["setl_id"]: (r["benefit_year"], r["class"], *(r[a] for a in amounts)) for r in after["assistance_items"]
    } == {
        "S0-0": (2026, "due", 10000, 0, 10000),
        "S1-1": (2026, "due", 500, 0, 500),  # 十二月已用 49995.00，限额还有 5.00
        "S2-0": (2026, "refunded", 0, 0, -10000),
        "S5-1": (2027, "due", 5000000, 490000, 5000000),  # 剩余 10000 − 3000 = 7000，七成
        "S6-0": (2026, "due", 100, 0, 100),
    }
    assert [(r["setl_id"], r["diff_amt"]) for r in after["findings"] if r["code"] == "OVERPAID_ASSISTANCE"] == [
        ("S2-0", 10000)
    ]
    years = {
        (r["certno"], r["benefit_year"]): (r["ordinary_amt"], r["ordinary_left"]) for r in after["assistance_years"]
    }
    assert years == {
        (keys[0], 2026): (10000, 4990000),
        (keys[1], 2026): (5000000, 0),
        (keys[5], 2027): (5000000, 0),
        (keys[6], 2026): (100, 4999900),
    }
