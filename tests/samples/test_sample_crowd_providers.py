"""Millions of settlements in small: the crowd's provider months through `settle`, both ways; pieces that do not matter."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest
from sample_rooms import Month, Outcome, differences

from nxmed.errors import UsageError
from nxmed.io.runs import newest
from nxmed.io.workspace import Workspace, init
from nxmed.kernel.period import Period
from nxmed.pipelines.settle import run_settle
from nxmed.samples import crowd_providers
from nxmed.samples.crowd_providers import KINDS, Market, kinds, make_pool, make_providers, rows
from nxmed.samples.crowd_statements import Ledger, month
from nxmed.samples.generate import generate
from nxmed.samples.planted import FINDINGS
from nxmed.samples.regions import region

REGIONS = ("ningxia", "dingxi")
START = Period(2026, 11)
COUNT = 12_000


@pytest.fixture(scope="module", params=REGIONS)
def generated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Outcome]:
    ws = init(tmp_path_factory.mktemp("ws") / request.param, request.param, None)
    generate(ws.path, request.param, persons=0, months=2, seed=3, start=START, settlements=COUNT)
    out: Outcome = {}
    for k in (0, 1):
        run_settle(ws, START + k)
        run = newest(ws, "settle", START + k)
        assert run is not None
        frames = {p.stem: pl.read_parquet(p) for p in run.folder.rglob("*.parquet")}
        out[(START + k).text, "settle"] = Month(frames, frames["findings"])
    return ws, out


def market(name: str, **over: int) -> Market:
    return Market(region(name), over.get("settlements", COUNT), over.get("seed", 3), START, 2)


def test_settle_finds_what_was_planted_and_nothing_else(generated: tuple[Workspace, Outcome]) -> None:
    ws, out = generated
    planted = pl.read_csv(ws.path / "planted.csv", infer_schema=False).with_columns(pl.all().fill_null(""))
    planted = planted.filter(pl.col("command") == "settle")
    assert planted.filter(pl.col("table") == FINDINGS).height > 140
    assert differences(planted, out) == []
    codes = set(planted["code"])
    assert {"BREAK_PROVIDER_ONLY", "BREAK_AGENCY_ONLY", "BREAK_AMOUNT", "BREAK_TYPE", "BREAK_REFUND", "BREAK_REPEATED",
            "BREAK_OTHER_MONTH", "AMOUNT_IDENTITY", "FUND_UNKNOWN", "OUT_OF_AGREEMENT", "ORIGINAL_OPEN", "STATEMENT_DIFF"} <= codes
    assert ("REPRICE_DIFF" in codes) == (ws.region == "dingxi")
    assert ("MATERNITY_FLAG_MISSING" in codes) == (ws.region == "ningxia")


def test_every_provider_is_owed_what_its_even_settlements_add_up_to(generated: tuple[Workspace, Outcome]) -> None:
    """A second opinion on the payables of both months: 5 % deposit on the pooled funds, packages of 4,000.00."""
    ws, out = generated
    m = market(ws.region)
    providers, pool = make_providers(m), make_pool(m)
    whole = [rows(m, k, kinds(m, k, 0, COUNT), providers, pool) for k in (0, 1)]
    never = ["provider_only", "agency_only", "late", "amount", "amount_refund", "type", "identity", "agreement", "flags", "refund"]
    for k in (0, 1):
        held = pl.col("kind").is_in(never) & ~((pl.col("kind") == "flags") & (pl.col("med_type") != "52"))
        held = held | ((pl.col("kind") == "fund") & (pl.col("hifp_pay") != 0))
        came = [whole[k].filter(~held)]
        if k:
            came.append(whole[0].filter(pl.col("kind") == "late"))
        package = (pl.col("med_type") == "52") & (ws.region == "ningxia")
        sums = pl.concat(came).with_columns(pooled=pl.when(package).then(400_000).otherwise("hifp_pay")).group_by("fixmedins_code", "insutype").agg(
            pl.col("pooled", "hifob_pay", "acct_pay").sum())
        expected: dict[tuple[str, str], int] = {}
        for code, insutype, pooled, large, account in sums.iter_rows():
            for fund, fen in (({"310": "310100", "390": "390100"}.get(insutype, ""), pooled), ("330100", large), ("310200", account)):
                if fen:
                    expected[code, fund] = expected.get((code, fund), 0) + fen
        owed = out[(START + k).text, "settle"].tables["payables"].filter(pl.col("recognised_amt") != 0)
        cents = pl.col("recognised_amt", "dpst_amt", "act_dfr_amt").to_physical()
        found = {(c, f): (r, d, a) for c, f, r, d, a in owed.select("fixmedins_code", "fund_pay_type", cents).iter_rows()}
        assert len(found) > 20
        assert {key: r for key, (r, _, _) in found.items()} == expected
        for (_, fund), (recognised, deposit, paid) in found.items():
            assert deposit == (0 if fund == "310200" else (recognised * 5 + 50) // 100)
            assert paid == recognised - deposit


def test_pieces_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    m = market("dingxi", settlements=5_000)
    made = []
    for piece in (5_000, 700):
        monkeypatch.setattr(crowd_providers, "PIECE", piece)
        ledger = Ledger()
        files = [(k, name, frame) for k in (0, 1) for name, frame in month(m, k, ledger)]
        places = sorted({(k, name) for k, name, _ in files})
        whole = {place: pl.concat([f for k, name, f in files if (k, name) == place]) for place in places}
        made.append(({p: f.sort(f.columns) for p, f in whole.items()}, pl.concat(ledger.plants).sort(pl.all())))
    assert made[0][0].keys() == made[1][0].keys()
    assert all(made[0][0][place].equals(made[1][0][place]) for place in made[0][0])
    assert made[0][1].equals(made[1][1])


def test_every_kind_has_its_share() -> None:
    m = market("ningxia", settlements=400_000)
    counts = dict(kinds(m, 0, 0, 400_000).group_by("kind").len().iter_rows())
    assert counts.keys() == {*KINDS, "even"}
    assert all(120 < counts[kind] < 280 for kind in KINDS if kind != "large")
    assert 5 < counts["large"] < 50
    plain = Market(m.region, 400_000, 3, START, 1, plants=False)
    assert kinds(plain, 0, 0, 1_000)["kind"].unique().to_list() == ["even"]


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        generate(tmp_path / name, "dingxi", persons=0, months=1, seed=8, start=Period(2026, 3), settlements=900)
        found.append({p.relative_to(tmp_path / name).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
                      for p in sorted((tmp_path / name).rglob("*")) if p.is_file()})
    assert found[0] == found[1]
    assert "inbox/2026-03/settlements.parquet" in found[0]


def test_none_or_too_many(tmp_path: Path) -> None:
    made = generate(tmp_path / "a", "dingxi", persons=0, months=1, seed=8, start=START, settlements=0)
    assert not [w for w in made if "settlements" in w.path]
    for wrong in (-1, 50_000_001):
        with pytest.raises(UsageError) as problem:
            generate(tmp_path / "b", "dingxi", persons=0, months=1, seed=8, start=START, settlements=wrong)
        assert problem.value.exit_code == 2
    assert not (tmp_path / "b").exists()
