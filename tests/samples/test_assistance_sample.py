"""A year of assistance in data/samples: every planted item, payment and finding comes out, and nothing else."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from sample_rooms import Month, Outcome, differences

from nxmed.io.resources import data_path
from nxmed.io.runs import newest
from nxmed.io.workspace import Workspace, init
from nxmed.kernel.identifiers import account_ok, certno_ok, cnaps_ok
from nxmed.kernel.period import Period
from nxmed.pipelines.assist import run_assist
from nxmed.pipelines.settle import run_settle
from nxmed.samples.assistance_files import HOSPITALS, assistance_files
from nxmed.samples.planted import FINDINGS, unpack

MONTHS = ("2026-11", "2026-12")
CLASSES = {"due", "nothing_due", "not_referred", "no_standard", "no_identity", "refunded"}
CODES = {
    "FIRST_MONTH", "NO_STANDARD", "OVERPAID_ASSISTANCE", "SCHEME_CHANGED", "CERTIFICATE_MISSING", "NO_PAYING_AGENCY",
    "CLAIM_NOT_COVERED", "CLAIM_REPEATED", "CLAIM_PERSON_DIFFERS", "OPENING_NOT_PLACED", "BAD_CERTNO",
}


def planted(command: str) -> pl.DataFrame:
    rows = pl.read_csv(data_path("samples") / "ningxia" / "planted.csv", infer_schema=False).with_columns(pl.all().fill_null(""))
    return rows.filter(pl.col("command") == command)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Only the files of the assistance sample: what other scenes bring is theirs to prove."""
    ws = init(tmp_path_factory.mktemp("ws") / "ningxia", "ningxia", None)
    for path, content in assistance_files()[0].items():
        target = ws.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return ws


@pytest.fixture(scope="module")
def outcome(workspace: Workspace) -> Outcome:
    out: Outcome = {}
    for month in MONTHS:
        period = Period.parse(month)
        for command, run in (("assist", run_assist), ("settle", run_settle)):
            run(workspace, period)
            done = newest(workspace, command, period)
            assert done is not None
            frames = {p.stem: pl.read_parquet(p) for p in done.folder.rglob("*.parquet")}
            out[month, command] = Month(frames, frames["findings"])
    return out


def assisted(outcome: Outcome) -> Outcome:
    return {place: month for place, month in outcome.items() if place[1] == "assist"}


def test_both_months_find_what_was_planted_and_nothing_else(outcome: Outcome) -> None:
    assert differences(planted("assist"), assisted(outcome)) == []


@pytest.mark.parametrize(("table", "keys"), [
    ("assistance_items", ("setl_id", "clm_sn")), ("payout_items", ("source_key",)), ("assistance_watch", ("psn_no",))])
def test_every_published_row_is_planted(outcome: Outcome, table: str, keys: tuple[str, ...]) -> None:
    rows = planted("assist").filter(pl.col("table") == table)
    for (month, _), said in assisted(outcome).items():
        mine = [unpack(k) for k in rows.filter(pl.col("month") == month)["key"]]
        known = {k[name] for k in mine for name in keys if name in k}
        found = said.tables[table]
        assert found.height == len(mine) > 0
        assert [r for r in found.select(keys).iter_rows() if not known & set(r)] == []


def test_every_class_tier_and_code_is_planted() -> None:
    rows = planted("assist")
    items = rows.filter(pl.col("table") == "assistance_items")
    assert set(items["code"]) == CLASSES
    tiers = {unpack(e).get("tier") for e in items.filter(pl.col("code") == "due")["expect"]}
    assert tiers == {"1", "2", "3", "4", "5"}
    states = {unpack(e)["claim_state"] for e in items["expect"]}
    assert states == {"claimed", "claimable", "none"}
    assert set(rows.filter(pl.col("table") == FINDINGS)["code"]) >= CODES


def test_statements_of_the_hospitals_agree_and_fund_610100_is_cleared(outcome: Outcome) -> None:
    mine = [h[0] for h in HOSPITALS]
    wanted = planted("settle").filter(pl.col("key").str.contains_any(mine) & (pl.col("table") == "payables"))
    assert wanted.height == 4
    for (month, command), said in outcome.items():
        if command != "settle":
            continue
        rows = said.tables["statement_rows"].filter(pl.col("fixmedins_code").is_in(mine))
        assert set(rows["stmt_diff"]) == {"00"}
        assert set(rows["state"]) == {"recognised"}
        assert set(said.findings["code"]) <= {"FIRST_MONTH", "REPRICE_SKIPPED", "BAD_CERTNO", "ONE_STOP_DIFF"}
        for row in wanted.filter(pl.col("month") == month).iter_rows(named=True):
            key = unpack(row["key"])
            [found] = said.tables["payables"].filter(
                (pl.col("fixmedins_code") == key["fixmedins_code"]) & (pl.col("fund_pay_type") == "610100")).to_dicts()
            assert {n: str(found[n]) for n in unpack(row["expect"])} == unpack(row["expect"])


def test_one_stop_differences_are_told_on_both_sides(outcome: Outcome) -> None:
    """Owed 2400 each: 1000 and 3000 were paid at the hospital. Both settlements are cleared with it in November."""
    told = {}
    for (month, command), said in outcome.items():
        rows = said.findings.filter(pl.col("code") == "ONE_STOP_DIFF").sort("diff_amt")
        told[month, command] = [(r["setl_id"], r["expected"], r["actual"], str(r["diff_amt"])) for r in rows.to_dicts()]
        assert set(rows["severity"]) <= {"warning"}
    assert [row[1:] for row in told["2026-11", "assist"]] == [
        ("2400.00", "1000.00", "-1400.00"), ("2400.00", "3000.00", "600.00")]
    assert told["2026-11", "settle"] == told["2026-11", "assist"]
    assert told["2026-12", "assist"] == told["2026-12", "settle"] == []


def test_one_stop_paid_is_what_the_hospitals_are_cleared_for(outcome: Outcome) -> None:
    """The two sides of fund 610100: Σ maf_pay of the ties = Σ recognised, month by month (refunds cancel out)."""
    for month in MONTHS:
        ties = outcome[month, "assist"].tables["assistance_ties"]
        payables = outcome[month, "settle"].tables["payables"].filter(pl.col("fund_pay_type") == "610100")
        assert ties["maf_pay"].sum() == payables["recognised_amt"].sum() > 0


def test_identity_numbers_and_accounts_have_right_check_digits(workspace: Workspace) -> None:
    people = pl.read_csv(workspace.path / "inbox/2026-01/救助对象身份_1月.txt", separator="\t", infer_schema=False)
    wrong = people.filter(~certno_ok(pl.col("证件号码")))
    assert wrong.height == 1  # the planted one
    accounts = pl.read_csv(workspace.path / "inbox/2026-11/账户登记_202611.csv", infer_schema=False)
    assert accounts.select(account_ok(pl.col("银行账号")).all(), cnaps_ok(pl.col("银行行号")).all()).row(0) == (True, True)
    assert accounts["银行账号"].n_unique() == accounts.height


def test_december_pays_nothing_again(outcome: Outcome) -> None:
    """What November listed counts as paid whatever the bank does: December's items are the certificate (4000.00) and
    the platform's shortfall (1400.00) only."""
    items = outcome["2026-12", "assist"].tables["payout_items"]
    assert sorted(str(a) for a in items["amt"]) == ["1400.00", "4000.00"]
    assert outcome["2026-11", "assist"].tables["payout_items"].height == 15


def test_year_end_of_the_ordinary_cap(outcome: Outcome) -> None:
    """低保 of the worked example: 8000 + 32000 + 10000 = 50000, nothing left; tilt 4900 + 14000 + 700 = 19600."""
    years = outcome["2026-12", "assist"].tables["assistance_years"]
    capped = years.filter(pl.col("tilt_amt") == pl.lit("19600.00").cast(pl.Decimal(16, 2)))
    assert [(str(a), str(b), str(c)) for a, b, c in capped.select("ordinary_amt", "ordinary_left", "tilt_left").rows()] == [
        ("50000.00", "0.00", "90400.00")]


def test_paths_are_of_the_months_that_hold_them() -> None:
    made, _ = assistance_files()
    assert {Path(p).parts[1] for p in made} == {f"2026-{m:02d}" for m in range(1, 13)}
