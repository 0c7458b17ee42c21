"""跑真的 assist，逐格与平实模型比 (writes the files of each month, runs the command, compares every table to the fen)."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from plain_assist import Assisted
from plain_common import fen
from random_agency import policy_text
from random_assistance import Office
from run_and_compare import command, compare_files, differences, put, table

RUNS = ("run_before", "run_after")
AMOUNTS = ("ordinary_amt", "tilt_amt", "paid_ordinary", "paid_tilt", "delta_ordinary", "delta_tilt")


def findings(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """模型按条文说得出的发现：代码、级别、键与金额."""
    out: list[tuple[Any, ...]] = []
    for r in rows:
        fund = (r["ref_no"] or "").partition("|")[0]
        if r["code"] == "OVERPAID_ASSISTANCE":
            amounts = (fen(r["expected"]), fen(r["actual"]), r["diff_amt"])
            out.append((r["code"], r["severity"], r["psn_no"], r["setl_id"], fund, *amounts))
        elif r["code"] == "NO_STANDARD":
            out.append((r["code"], r["severity"], r["psn_no"], r["setl_id"], fen(r["actual"])))
        elif r["code"] == "SCHEME_CHANGED":
            out.append((r["code"], r["severity"], r["psn_no"], int(r["ref_no"].rpartition("|")[2])))
        elif r["code"] == "OPENING_NOT_PLACED":
            out.append((r["code"], r["severity"], r["diff_amt"]))
    return out


def compare_assist(folder: Path, want: Assisted) -> list[str]:
    """救助的每一张表."""
    p, bad = want.period, []

    def read(name: str) -> list[dict[str, Any]]:
        return table(folder, "assist", p, name)

    names = ("setl_id", "clm_sn", "certno", "psn_no", "benefit_year", "class", "tier", "base_amt", *RUNS, *AMOUNTS)
    bad += differences(
        "item",
        [
            (
                i["setl_id"],
                i["clm_sn"],
                i["certno"],
                i["psn_no"],
                i["begndate"].year,
                i["class"],
                None if i["tier"] is None else str(i["tier"]),
                i["base"],
                i["run_before"],
                i["run_after"],
                i["ordinary"],
                i["tilt"],
                *i["paid"],
                *i["delta"],
                i["claim_state"],
            )
            for i in want.items
        ],
        [tuple(r[n] for n in (*names, "claim_state")) for r in read("assistance_items")],
    )
    years = ("certno", "benefit_year", "scheme", "items", "base_amt", "run_amt", "ordinary_left", "tilt_left", *AMOUNTS)
    bad += differences(
        "year",
        [tuple(y[n] for n in years) for y in want.years],
        [tuple(r[n] for n in years) for r in read("assistance_years")],
    )
    watch = ("certno", "benefit_year", "items", "base_amt", "over_amt")
    bad += differences("watch", want.watch, [tuple(r[n] for n in watch) for r in read("assistance_watch")])
    bad += differences(
        "payout",
        [("assist", x["source_key"], x["fund_pay_type"], x["amt"], x["insu_admdvs"]) for x in want.payouts],
        [(r["source"], r["source_key"], r["fund_pay_type"], r["amt"], r["insu_admdvs"]) for r in read("payout_items")],
    )
    bad += differences("finding", want.findings.elements(), findings(read("findings")))
    return [f"assist {p}: {b}" for b in bad]


def play(seed: int, folder: Path, *, simple: bool = False, inside: bool = True) -> tuple[int, list[str]]:
    """一个随机机构的全部月份；给出比较的月数和不一致."""
    office, files = Office(seed), Random(seed * 7 + 1)
    code, _, err = command("init", str(folder), "--region", "ningxia", inside=inside)
    assert code == 0, err
    (folder / "policy.toml").write_text(policy_text(office.policy), encoding="utf-8")
    for i, period in enumerate(office.months):
        counts = {month: put(folder, month, new, files, simple) for month, new in office.prepare(i).items()}
        code, _, err = command("assist", period, "-w", str(folder), inside=inside)
        if code:
            return i, [f"seed {seed} assist {period}: exit {code}: {err}"]
        bad = compare_assist(folder, office.results[period])
        bad += compare_files(folder, "assist", period, counts[period])
        if bad:
            return i, [f"seed {seed}", *bad]
    return len(office.months), []
