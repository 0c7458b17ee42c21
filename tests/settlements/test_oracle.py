"""随机月份对照 (thousands of rows over chained months against plain Python), and what must not matter."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.settlements.month import COMPARED_NAMES, H1, H2, Chain, classes, detail, provider, refund, settlement, totals
from tests.settlements.oracle import Oracle, key_of

H3 = "H64010400003"
CODES = (H1, H2, H3)
SPANS = {H1: [(date(2024, 1, 1), date(2026, 11, 12)), (date(2026, 11, 14), date(2027, 12, 31))], H2: [(date(2024, 1, 1), date(2027, 12, 31))],
         H3: [(date(2024, 1, 1), date(2027, 12, 31))]}
RATES = {H1: "0.05", H2: "0.0333", H3: "0"}
MONTHS = ("2026-10", "2026-11", "2026-12", "2027-01")


def random_row(rng: random.Random, setl_id: str) -> dict[str, Any]:
    row = settlement(setl_id, f"{rng.randint(0, 2000)}.{rng.randint(0, 99):02d}", f"{rng.randint(0, 300)}.{rng.randint(0, 99):02d}", f"{rng.randint(0, 99)}.00",
                     fixmedins_code=rng.choice(CODES), insutype=rng.choice(["310"] * 8 + ["390", "340"]), clr_type=rng.choice(["11", "21"]),
                     clr_optins=rng.choice(["640100", "640200"]), enddate=date(2026, 11, rng.randint(8, 20)))
    if rng.random() < 0.3:
        more = rng.randint(1, 5_000)
        row["hifob_pay"] += more
        for c in ("fund_pay_sumamt", "medfee_sumamt", "inscp_scp_amt"):
            row[c] += more
    if rng.random() < 0.05:
        row["hosp_part_amt"] += 1
    return row


def back(of: dict[str, Any], setl_id: str, own: bool) -> dict[str, Any]:
    row = {n: (-v if isinstance(v, int) and n not in ("src_row",) else v) for n, v in of.items()}
    return {**row, "setl_id": setl_id, "refd_setl_flag": "1", "org_setl_id": of["setl_id"] if own else None}


def changed(rng: random.Random, row: dict[str, Any]) -> dict[str, Any]:
    what = rng.choice(["fund_pay_sumamt", "medfee_sumamt", "acct_pay", "clr_type", "insutype", "none", "unnamed"])
    if what == "none":
        return row
    if what == "unnamed":
        return {**row, "insutype": None, "clr_type": None}
    return {**row, what: row[what] + rng.choice([-1, 1, 500])} if not isinstance(row[what], str) else {**row, what: "41" if what == "clr_type" else "390"}


def scenario(seed: int) -> tuple[Chain, Oracle, list[tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]]]:
    rng = random.Random(seed)
    chain = Chain(providers=[provider(c, dpst_rat=RATES[c], efft_time=b, invd_time=e) for c in CODES for b, e in SPANS[c]])
    oracle = Oracle({c: Decimal(r) for c, r in RATES.items()}, SPANS)
    agency: dict[str, list[dict[str, Any]]] = {m: [] for m in MONTHS}
    provider_rows: dict[str, list[dict[str, Any]]] = {m: [] for m in MONTHS}
    late = lambda m: rng.choice(MONTHS[MONTHS.index(m):])  # noqa: E731
    for n in range(140):
        m = rng.choice(MONTHS)
        row = random_row(rng, f"S{n:03d}")
        rows = [(row, m)]
        if rng.random() < 0.25:
            own = rng.random() < 0.5
            rows.append((back(row, f"R{n:03d}" if own else row["setl_id"], own), late(m)))
        for r, at in rows:
            roll = rng.random()
            if roll < 0.92:
                agency[at if roll < 0.8 else late(at)].append(r)
            if rng.random() < 0.9:
                agency_like = changed(rng, detail(r)) if rng.random() < 0.25 else detail(r)
                for _ in range(1 + (rng.random() < 0.06)):
                    provider_rows[at if rng.random() < 0.8 else late(at)].append(agency_like)
                if rng.random() < 0.15:
                    provider_rows[late(at)].append(detail(r))
        if rng.random() < 0.05:
            agency[late(m)].append({**row, "hosp_part_amt": 0})
    months = []
    for m in MONTHS:
        mine = list({key_of(r): r for r in agency[m]}.values())
        theirs = provider_rows[m]
        if rng.random() < 0.6:
            silent = rng.choice(CODES)
            theirs = [r for r in theirs if r["fixmedins_code"] != silent]
        rng.shuffle(theirs)
        theirs = [{**r, "src_file": f"d{i % 3}.csv", "src_row": i + 2} for i, r in enumerate(theirs)]
        said = [{**t, "medfee_sumamt": t["medfee_sumamt"] + (rng.random() < 0.25)} for t in totals(mine)] if rng.random() < 0.7 else []
        cut = [{"fixmedins_code": rng.choice(CODES), "fund_pay_type": rng.choice(["310100", "310200", "330100"]), "det_sn": f"D{i}", "det_type": "10",
                "det_amt": rng.randint(1, 200_000), "det_rea": "x"} for i in range(rng.randint(0, 3))]
        months.append((mine, theirs, said, cut))
    return chain, oracle, months


def compare(chain: Chain, oracle: Oracle, months: list[Any], rng: random.Random) -> int:
    seen = 0
    decisions: dict[Any, str] = {}
    for m, (mine, theirs, said, cut) in zip(MONTHS, months, strict=True):
        live = {}
        for k, what in decisions.items():
            before = chain.results[sorted(chain.results)[-1]].tables["statement_breaks"].filter(
                (pl.col("fixmedins_code") == k[0]) & (pl.col("setl_id") == k[1]) & (pl.col("refd_setl_flag") == k[2])).row(0, named=True)
            now_mine = {key_of(r): r for r in mine}.get(k)
            now_theirs = next((r for r in sorted(theirs, key=lambda r: (r["src_file"], r["src_row"])) if key_of(r) == k), None)
            changed_ = (now_mine is not None and any(now_mine[c] != before[c] for c in COMPARED_NAMES)) or (
                now_theirs is not None and any(now_theirs[c] != before[f"provider_{c}"] for c in COMPARED_NAMES))
            if not changed_:
                live[k] = what
        result = chain.run(m, mine, theirs, said, cut)
        told = oracle.month(mine, theirs, said, cut, live)
        rows = result.tables["statement_rows"]
        got = {(r["fixmedins_code"], r["setl_id"], r["refd_setl_flag"]): (
            r["stmt_diff"], r["held_reason"], r["state"],
            {c.removeprefix("recognised_"): r[c] for c in rows.columns if c.startswith(("recognised_3", "recognised_6", "recognised_9")) if r[c]})
            for r in rows.filter(pl.col("copy_no") == 1).iter_rows(named=True)}
        expected = {k: (v if v[0] != "07" else (v[0], got[k][1], v[2], v[3])) for k, v in told.rows.items()}
        assert got == expected
        assert rows.filter(pl.col("stmt_diff") == "06").height == told.copies
        owed = {(r["fixmedins_code"], r["fund_pay_type"]): {c: r[c] for c in ("recognised_amt", "carried_in_amt", "det_amt", "dpst_amt", "act_dfr_amt", "carried_out_amt")}
                for r in result.tables["payables"].iter_rows(named=True)}
        assert {k: v for k, v in owed.items() if any(v.values())} == {k: v for k, v in told.payables.items() if any(v.values())}
        seen += rows.height
        decisions = {}
        chain.decisions.clear()
        for r in result.tables["statement_breaks"].sort("break_id").iter_rows(named=True):
            if r["stmt_diff"] in ("02", "03", "04") and rng.random() < 0.2:
                options = ["reject", "agency"] + (["provider"] if r["stmt_diff"] == "03" and r["insutype"] in ("310", "390") else [])
                what = rng.choice(options)
                chain.resolve(r["setl_id"], what, r["refd_setl_flag"])
                decisions[r["fixmedins_code"], r["setl_id"], r["refd_setl_flag"]] = what
    return seen


@pytest.mark.parametrize("seed", range(14))
def test_random_chained_months(seed: int) -> None:
    chain, oracle, months = scenario(seed)
    assert compare(chain, oracle, months, random.Random(seed)) > 200


@pytest.mark.parametrize("seed", range(3))
def test_order_of_rows_and_of_files_does_not_matter(seed: int) -> None:
    chain, _, months = scenario(100 + seed)
    other, _, _ = scenario(100 + seed)
    rng = random.Random(seed)
    for m, (mine, theirs, said, cut) in zip(MONTHS, months, strict=True):
        one = chain.run(m, mine, theirs, said, cut)
        two = other.run(m, rng.sample(mine, len(mine)), rng.sample(theirs, len(theirs)), said[::-1], cut[::-1])
        for name, table in one.tables.items():
            assert table.equals(two.tables[name]), name


def test_every_row_is_in_exactly_one_class() -> None:
    chain, _, months = scenario(7)
    for m, (mine, theirs, said, cut) in zip(MONTHS, months, strict=True):
        rows = chain.run(m, mine, theirs, said, cut).tables["statement_rows"]
        assert rows.filter(pl.col("agency_period") == m).height == len(mine)
        assert rows.filter(pl.col("provider_period") == m).height == len(theirs)
        assert not rows.select("setl_id", "refd_setl_flag", "fixmedins_code", "side", "copy_no").is_duplicated().any()


@pytest.mark.parametrize("seed", range(3))
def test_swapping_sides_swaps_01_and_02_and_keeps_the_rest(seed: int) -> None:
    rng = random.Random(seed)
    rows = [settlement(f"S{n}", f"{rng.randint(1, 99)}.00") for n in range(120)]
    rows += [refund(r["setl_id"], "1.00") for r in rows[:20]]
    mine = [r for r in rows if rng.random() < 0.8]
    theirs = [detail(r, **({"acct_pay": "9.99"} if rng.random() < 0.2 else {}), **({"clr_type": "21"} if rng.random() < 0.1 else {})) for r in rows if rng.random() < 0.8]
    there = classes(Chain().run("2026-11", mine, theirs))
    full = {(r["setl_id"], r["refd_setl_flag"]): r for r in rows}
    turned = [{**full[d["setl_id"], d["refd_setl_flag"]], **{c: d[c] for c in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "clr_type", "insutype")}} for d in theirs]
    back_ = classes(Chain().run("2026-11", turned, [detail(r) for r in mine]))
    swap = {"01": "02", "02": "01"}
    assert {k: swap.get(v, v) for k, v in there.items()} == back_
