"""桶数不改结果: 1, 3 and 16 buckets of providers on disk, and one frame, give the same bytes of every table."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nxmed.errors import IntegrityError
from nxmed.io.bucket_files import shelf, split
from nxmed.io.files import sha256_of
from nxmed.io.table_parts import put_table
from nxmed.io.tables import table_schema
from nxmed.kernel import finding
from nxmed.kernel.buckets import Parts, Piece, bucket, buckets_for, merged
from nxmed.pipelines import settle_room
from nxmed.settlements import settle as room
from nxmed.settlements import straight
from nxmed.settlements.shapes import SettleInputs, SettleResult
from tests.settlements import month
from tests.settlements.month import H1, H2, Chain, classes, codes, detail, provider, refund, row, settlement, totals
from tests.settlements.test_oracle import MONTHS, scenario

COUNTS = (1, 3, 16)


def written(result: SettleResult, folder: Path, period: str) -> dict[str, Any]:
    """Every table as a run would write it (by hash), findings, facts and equations."""
    folder.mkdir(parents=True)
    found: dict[str, Any] = {}
    frames: dict[str, pl.DataFrame | Parts] = {
        **result.tables, **result.parts, "findings": finding.collect(result.findings, "settle", period)}
    for name, frame in frames.items():
        path = folder / f"{name}.parquet"
        put_table(table_schema(name), frame, path, "settle-test", period)
        found[name] = sha256_of(path)
    found["facts"] = result.facts
    found["equations"] = [e.as_json() for e in result.equations]
    found["told"] = result.told.sort("setl_id", "refd_setl_flag", "fixmedins_code", "side", "copy_no").rows()
    found["counted"] = result.counted.rows()
    keys = ["src_file", "src_row", "setl_id", "fixmedins_code"]
    found["lines"] = pl.concat([f.sort(keys).collect() for f in result.line_buckets]).sort(keys).rows()
    return found


class Both:
    """The room as the chain calls it: settled in every number of buckets, the bytes compared, one result given back."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs, self.counts = folder, 0, COUNTS[1:2]

    def __call__(self, inputs: SettleInputs) -> SettleResult:
        self.runs += 1
        place = self.folder / str(self.runs)
        expected = written(room.settle_in_one(inputs), place / "one", inputs.period.text)
        for count in self.counts:
            folder = place / f"in-{count}"
            again = settle_room.in_buckets(inputs, count, folder / "spool")
            assert len(again.line_buckets) == count
            found = written(again, folder / "tables", inputs.period.text)
            assert {n for n in expected if found[n] != expected[n]} == set()
        return room.settle(inputs)


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    checked = Both(tmp_path)
    monkeypatch.setattr(month, "settle", checked)
    monkeypatch.setattr(straight, "SLICE", 7)
    yield checked
    assert checked.runs > 0


@pytest.mark.parametrize("seed", [201])
def test_random_chained_months_in_any_number_of_buckets(seed: int, both: Both) -> None:
    both.counts = COUNTS
    chain, _, months = scenario(seed)
    rng, seen = random.Random(seed), 0
    for name, (mine, theirs, said, cut) in zip(MONTHS, months, strict=True):
        result = chain.run(name, mine, theirs, said, cut)
        seen += result.tables["statement_rows"].height
        chain.decisions.clear()
        for r in result.tables["statement_breaks"].filter(pl.col("stmt_diff").is_in(["02", "03", "04"])).iter_rows(named=True):
            if rng.random() < 0.3:
                chain.resolve(r["setl_id"], rng.choice(["reject", "agency", "provider"]), r["refd_setl_flag"])
    assert seen > 200
    assert both.runs == len(MONTHS)


def test_one_settlement_id_at_two_providers_are_two_keys(both: Both) -> None:
    here, there = settlement("S1"), settlement("S1", "300.00", fixmedins_code=H2)
    result = Chain().run("2026-11", [here, there], [detail(there), detail(here), detail(settlement("S1", fixmedins_code="H9"))])
    rows = result.tables["statement_rows"].sort("fixmedins_code")
    assert rows.select("fixmedins_code", "stmt_diff").rows() == [(H1, "00"), (H2, "00"), ("H9", "01")]


def test_a_refund_whose_original_is_at_another_provider_has_none(both: Both) -> None:
    original, back = settlement("S1"), refund("R1", fixmedins_code=H2, org_setl_id="S1")
    result = Chain().run("2026-11", [original, back], [detail(original), detail(back)])
    assert row(result, "R1", "1")["stmt_diff"] == "05"
    assert row(result, "R1", "1")["held_reason"] == "ORIGINAL_OPEN"


def test_a_decision_is_stale_only_when_no_bucket_has_its_row(both: Both) -> None:
    chain = Chain()
    chain.run("2026-11", [settlement("S1"), settlement("S2", fixmedins_code=H2)],
              [detail(settlement("S1"), acct_pay="1.00"), detail(settlement("S2", fixmedins_code=H2), acct_pay="1.00")])
    chain.resolve("S1", "agency")
    chain.resolve("S2", "agency")
    chain.decisions.append({**chain.decisions[0], "entry_id": "E9", "break_id": "0" * 16})
    result = chain.run("2026-12", [], [detail(settlement("S2", fixmedins_code=H2), medfee_sumamt="1.00")])
    states = dict(result.tables["statement_decisions"].select("entry_id", "state").rows())
    # S1 as decided on; S2 has changed since; the third names a break that nobody has
    assert list(states.values()) == ["recognised", "stale", "stale"]
    assert codes(result)["RESOLUTION_STALE"] == 2


def test_a_month_before_the_first_run_is_filed_whatever_provider_it_names(both: Both) -> None:
    # October's file of the agency names only H2: that H1's X1 is not in it still leaves X1 open
    chain = Chain().before("2026-10", [settlement("S9", fixmedins_code=H2)], [detail(settlement("X1"))])
    result = chain.run("2026-11", [settlement("X1")], [])
    assert classes(result)["X1", "0"] == "00"
    alone = Chain().before("2026-10", [], [detail(settlement("X1"))]).run("2026-11", [settlement("X1")], [])
    assert classes(alone)["X1", "0"] == "07"


def test_a_nameless_file_is_given_its_provider_by_all_of_them(both: Both) -> None:
    rows = [settlement(f"S{n}", fixmedins_code=H2 if n % 3 else H1) for n in range(9)]
    lines = [{**detail(r), "fixmedins_code": None, "src_file": f"d{r['fixmedins_code'] == H2}.txt", "src_row": n} for n, r in enumerate(rows)]
    assert set(classes(Chain().run("2026-11", rows, lines)).values()) == {"00"}


def test_totals_deductions_and_advances_stay_with_their_provider(both: Both) -> None:
    many = [f"H6401040{n:04d}" for n in range(20)]
    chain = Chain(region="dingxi", chronic=[], providers=[provider(c, turnover_fund="100.00", dpst_rat="0.05") for c in many])
    rows = [settlement(f"S{n}", f"{n * 13 % 90}.00", fixmedins_code=many[n % 17]) for n in range(60)]
    said = totals(rows)
    cut = [{"fixmedins_code": c, "fund_pay_type": "310100", "det_sn": c, "det_type": "10", "det_amt": 5_000, "det_rea": "x"} for c in many[::3]]
    result = chain.run("2026-12", rows, [detail(r) for r in rows if r["fixmedins_code"] > many[8]], said, cut)
    # An advance of 100.00 from each of twenty, whether it has rows or not.
    assert result.tables["payables"]["advance_amt"].sum() == 20 * 10_000


def test_a_persons_year_runs_over_all_providers(both: Both) -> None:
    chain = Chain(region="dingxi", chronic=[], providers=[provider(H1), provider(H2)])
    stays = [settlement(f"S{n}", "0.00", "0.00", "60000.00", psn_no=f"P{n % 2}", fixmedins_code=H1 if n < 3 else H2, med_type="21",
                        setl_time=datetime(2026, 11, 2 + n, 9), enddate=date(2026, 11, 2 + n)) for n in range(6)]
    result = chain.run("2026-11", stays, [detail(s) for s in stays])
    of_p0 = result.tables["repricing"].filter(pl.col("psn_no") == "P0").sort("setl_id")
    # (60000 − 600) × 93 % = 55,242.00 first, then what is left of 70,000.00, then nothing: at H1, H1 and H2
    assert of_p0["fund_amt"].to_list() == [5_524_200, 1_475_800, 0]
    assert of_p0["fixmedins_code"].to_list() == [H1, H1, H2]


TEXT = st.text("abc", min_size=1, max_size=3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=st.lists(st.lists(st.tuples(TEXT, st.integers(0, 9)), max_size=25), min_size=1, max_size=4), step=st.integers(1, 6))
def test_merging_gives_the_order_of_one_sort(runs: list[list[tuple[str, int]]], step: int) -> None:
    # No two rows alike: the run's number makes them differ.
    kept, every = [], []
    for number, rows in enumerate(runs):
        frame = pl.DataFrame(sorted({(a, b, number) for a, b in rows}), schema={"a": pl.String, "b": pl.Int64, "n": pl.Int64}, orient="row")
        every.append(frame)
        kept.append([Piece(p["a"][0], p["a"][-1], p.lazy()) for k in range(0, frame.height, step) if (p := frame.slice(k, step)).height])
    got = list(merged(kept, ("a", "b", "n")))
    whole = pl.concat(every).sort("a", "b", "n")
    assert (pl.concat(got) if got else whole.clear()).equals(whole)


def test_buckets_hold_whole_keys_and_every_row(tmp_path: Path) -> None:
    frame = pl.DataFrame({"k": [None if n % 50 == 0 else f"H{n % 23}" for n in range(500)], "n": range(500)})
    parts = [p.collect() for p in split(frame.lazy(), "k", 5, tmp_path / "b")]
    assert pl.concat(parts).sort("n").equals(frame)
    owners = [set(p["k"]) for p in parts]
    assert sum(len(o) for o in owners) == len(set(frame["k"]))
    assert all(p["n"].is_sorted() for p in parts)
    assert frame.select(bucket("k", 5).filter(pl.col("k").is_null())).to_series().unique().len() == 1
    assert [buckets_for(n, 10) for n in (0, 1, 10, 11, 40, 41)] == [1, 1, 1, 2, 4, 5]
    keep = shelf(tmp_path / "s")
    assert [keep(f).collect().equals(f) for f in parts] == [True] * 5


def test_pieces_out_of_order_or_too_few_are_never_published(tmp_path: Path) -> None:
    table = table_schema("payables")
    one = room.settle(_inputs()).tables["payables"]
    assert one.height == 4
    first, second = one.head(2), one.tail(2)
    good = put_table(table, Parts(one.schema, 4, lambda: [first, second]), tmp_path / "a", "r", "2026-11")
    put_table(table, one, tmp_path / "b", "r", "2026-11")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (good.rows, good.sums["act_dfr_amt"]) == (4, int(one["act_dfr_amt"].sum()))
    for pieces in ([second, first], [first, first], [first, one]):
        with pytest.raises(IntegrityError):
            put_table(table, Parts(one.schema, 4, lambda pieces=pieces: pieces), tmp_path / "c", "r", "2026-11")
    with pytest.raises(IntegrityError):
        put_table(table, Parts(one.schema, 4, lambda: [first]), tmp_path / "c", "r", "2026-11")
    with pytest.raises(IntegrityError):  # the gate: a null where none may be
        put_table(table, Parts(one.schema, 4, lambda: [first, second.with_columns(act_dfr_amt=pl.lit(None, pl.Int64))]), tmp_path / "c", "r", "2026-11")


def _inputs() -> SettleInputs:
    seen: list[SettleInputs] = []
    chain = Chain()
    rows = [settlement("S1"), settlement("S2", fixmedins_code=H2)]
    original = month.settle
    month.settle = lambda inputs: (seen.append(inputs), original(inputs))[1]  # type: ignore[assignment]
    try:
        chain.run("2026-11", rows, [detail(r) for r in rows])
    finally:
        month.settle = original
    return seen[0]
