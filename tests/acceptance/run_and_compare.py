"""跑真的命令，逐格与平实模型比 (writes the files, runs the commands, compares every table to the fen)."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
from agency_files import Count, write_rows
from plain_assess import Assessed
from plain_reconcile import Reconciled
from random_agency import Agency, policy_text

# 模型按条文说得出键的发现；其余（校验位、首月等）另有用例
KEYED: dict[str, tuple[str, ...]] = {
    "LATE_CHANGE": ("emp_no", "psn_no", "ref_no"),
    "DOUBLE_MEMBERSHIP": ("emp_no", "psn_no"),
    "UNIT_NOT_ACTIVE": ("emp_no", "psn_no"),
    "WAGE_MISSING": ("emp_no", "psn_no"),
    "UNIT_NOT_DECLARED": ("emp_no",),
    "DEFERRAL_TOO_LONG": ("emp_no", "ref_no"),
    "DUPLICATE_ARRIVAL": ("elec_taxrpt_no", "line_no"),
    "UNKNOWN_LEVY_ITEM": ("elec_taxrpt_no", "line_no"),
    "PAYER_MISMATCH": ("elec_taxrpt_no", "line_no"),
    "UNKNOWN_PAYER": ("elec_taxrpt_no", "line_no"),
    "OVERPAID": ("elec_taxrpt_no", "line_no"),
    "REVERSAL_UNMATCHED": ("elec_taxrpt_no", "line_no"),
    "REVERSAL_WAITS": ("elec_taxrpt_no", "line_no"),
    "CREDIT_EXCEEDED": ("ref_no",),
    "CREDIT_NOT_USED": ("ref_no",),
    "LATEFEE_DIFF": ("taxpayer_no", "diff_amt"),
}
TREASURY = ("TREASURY_DIFF", "TREASURY_MISSING", "TREASURY_ONLY")
LEFT_OPEN = {"FIRST_MONTH", "BAD_CERTNO", "BAD_USCC"}


def command(*words: str, inside: bool = True) -> tuple[int, str, str]:
    """跑一条命令."""
    if not inside:
        done = subprocess.run(
            [sys.executable, "-m", "nxmed", *words],
            text=True,
            capture_output=True,
            check=False,
            timeout=300,
            encoding="utf-8",
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        return done.returncode, done.stdout, done.stderr
    from nxmed.cli import text
    from nxmed.cli.main import run

    text.set_lang(None)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(list(words))
    return code, out.getvalue(), err.getvalue()


def table(folder: Path, name: str, period: str, table_name: str) -> list[dict[str, Any]]:
    """最新一次运行的一张表；金额化为分."""
    newest = max(p for p in (folder / "runs" / name / period).iterdir() if p.name.isdigit())
    rows = pl.read_parquet(newest / f"{table_name}.parquet").to_dicts()
    for row in rows:
        for key, value in row.items():
            if isinstance(value, Decimal):
                row[key] = int(value * 100)
    return rows


def differences(what: str, expected: Iterable[Any], actual: Iterable[Any]) -> list[str]:
    """两边各有而对方没有的."""
    want, got = Counter(expected), Counter(actual)
    return [f"{what} model only: {x} x{n}" for x, n in (want - got).items()] + [
        f"{what} program only: {x} x{n}" for x, n in (got - want).items()
    ]


def findings(rows: Iterable[dict[str, Any]], open_ties: Iterable[tuple[Any, ...]]) -> list[Any]:
    """程序的发现按键."""
    out: list[Any] = []
    loose = set(open_ties)
    for row in rows:
        code = row["code"]
        if code in LEFT_OPEN:
            continue
        if code in TREASURY:
            key = (
                ("ticket", row["elec_taxrpt_no"], row["insutype"])
                if row["elec_taxrpt_no"]
                else ("day", row["treasury_code"], str(row["stmt_date"]), row["insutype"])
            )
            if (code, *key) not in loose:
                out.append((code, row["severity"], *key))
        elif code in KEYED:
            out.append((code, None if code == "CREDIT_NOT_USED" else row["severity"], *(row[k] for k in KEYED[code])))
        else:
            out.append((code, row["severity"]))
    return out


def compare_assess(folder: Path, want: Assessed) -> list[str]:
    """核定的每一张表."""
    p, bad = want.period, []

    def read(name: str) -> list[dict[str, Any]]:
        return table(folder, "assess", p, name)

    bad += differences(
        "bill",
        [
            (
                b,
                x["emp_no"],
                x["insutype"],
                x["crtf_way"],
                x["count"],
                x["wages"],
                x["base"],
                x["base"],
                x["emp"],
                x["psn"],
                x["emp"] + x["psn"],
                *((x["provisional"], x["stat_year"]) if x["insutype"] == "310" else (None, None)),
            )
            for b, x in want.bills.items()
        ],
        [
            (
                r["clct_bill_id"],
                r["emp_no"],
                r["insutype"],
                r["crtf_way"],
                r["clct_psncnt"],
                r["staf_totlwag"] or 0,
                r["emp_clctstd_sumamt"] or 0,
                r["psn_clctstd_sumamt"] or 0,
                r["emp_clct_amt"],
                r["psn_clct_amt"],
                r["clct_sumamt"],
                *((r["provisional"], r["stat_year"]) if r["insutype"] == "310" else (None, None)),
            )
            for r in read("assessments")
        ],
    )
    bad += differences(
        "line",
        [(b, s, x["wag"], x["base"], x["base"], x["code"], x["emp"], x["psn"]) for (b, s), x in want.lines.items()],
        [
            (
                r["clct_bill_id"],
                r["psn_no"],
                r["wag"],
                r["psn_clctstd"],
                r["emp_clctstd"],
                r["clctstd_crtf_rule_codg"],
                r["emp_clct_amt"],
                r["psn_clct_amt"],
            )
            for r in read("assessment_lines")
        ],
    )
    bad += differences(
        "due",
        [
            (*k, d["emp_no"], d["taxpayer_no"], d["insutype"], d["accrym"], d["amt"], d["dedln_date"], d["deferred"])
            for k, d in want.dues.items()
        ],
        [
            (
                r["clct_bill_id"],
                r["part"],
                r["emp_no"],
                r["taxpayer_no"],
                r["insutype"],
                r["accrym"],
                r["amt"],
                r["dedln_date"],
                r["deferred"],
            )
            for r in read("dues")
        ],
    )
    bad += differences("held", want.held, [(r["psn_no"], r["emp_no"]) for r in read("held_persons")])
    bad += differences("finding", want.findings.elements(), findings(read("findings"), ()))
    return [f"assess {p}: {b}" for b in bad]


def compare_reconcile(folder: Path, want: Reconciled) -> list[str]:
    """对账的每一张表."""
    p, bad = want.period, []

    def read(name: str) -> list[dict[str, Any]]:
        return table(folder, "reconcile", p, name)

    def arrival(
        ticket: str, line: int, what: str, step: str | None, kind: str | None, part: str, emp: str | None, *amounts: Any
    ) -> Any:
        tested = what not in ("duplicate",) and kind is not None
        matched = what in ("applied", "partly_applied", "credit")
        return (
            ticket,
            line,
            what,
            step if matched else None,
            kind if tested else None,
            part if tested else None,
            emp if matched else None,
            *amounts,
        )

    bad += differences(
        "arrival",
        [
            arrival(
                x["ticket"],
                x["line"],
                x["class"],
                x["step"],
                x["insutype"],
                x["part"],
                x["emp_no"],
                x["taxpayer"],
                x["paid"],
                x["late"],
                x["applied"],
                x["credit"],
                x["on"],
                x["arrived"],
            )
            for x in want.arrivals
        ],
        [
            arrival(
                r["elec_taxrpt_no"],
                r["line_no"],
                r["class"],
                r["match_step"],
                r["insutype"],
                r["part"],
                r["emp_no"],
                r["taxpayer_no"],
                r["paid_amt"],
                r["latefee_amt"],
                r["applied_amt"],
                r["credit_amt"],
                r["intsury_time"],
                r["arrived_period"],
            )
            for r in read("arrivals")
        ],
    )

    def summed(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
        total: dict[Any, tuple[int, int]] = {}
        for *key, amt, fee in rows:
            before = total.get(tuple(key), (0, 0))
            total[tuple(key)] = (before[0] + amt, before[1] + fee)
        return list(total.items())

    bad += differences(
        "application",
        summed(
            (x["ticket"], x["line"], x["bill"], x["part"], x["source"], x["decision"], x["amt"], x["latefee"])
            for x in want.applications
        ),
        summed(
            (
                r["elec_taxrpt_no"],
                r["line_no"],
                r["clct_bill_id"],
                r["part"],
                r["source"],
                r["decision_sn"],
                r["amt"],
                r["latefee_due"],
            )
            for r in read("applications")
        ),
    )
    bad += differences(
        "balance",
        [
            (
                *k,
                d["emp_no"],
                d["insutype"],
                d["accrym"],
                d["amt"],
                d["paid"],
                d["outstanding"],
                d["status"],
                d["overdue"],
                d["dedln_date"],
            )
            for k, d in want.balances.items()
        ],
        [
            (
                r["clct_bill_id"],
                r["part"],
                r["emp_no"],
                r["insutype"],
                r["accrym"],
                r["amt"],
                r["paid"],
                r["outstanding"],
                r["status"],
                r["overdue"],
                r["dedln_date"],
            )
            for r in read("due_balances")
        ],
    )
    bad += differences(
        "unit credit",
        [(k, v) for k, v in want.unit_credits.items() if v],
        [((r["emp_no"], r["insutype"]), r["credit_amt"]) for r in read("unit_credits") if r["credit_amt"]],
    )
    bad += differences(
        "person credit",
        want.person_credits.elements(),
        [
            (r["clct_bill_id"], r["psn_no"], r["emp_clct_amt"], r["psn_clct_amt"], r["into_acct_amt"])
            for r in read("person_credits")
        ],
    )
    bad += differences(
        "arrears",
        [(*k, *v) for k, v in want.arrears.items()],
        [
            (r["clct_bill_id"], r["part"], r["outstanding"], r["overdue_days"], r["age"], r["latefee_due"])
            for r in read("arrears")
        ],
    )
    bad += differences(
        "refund",
        want.refunds.elements(),
        [
            (r["decision_sn"], r["emp_no"], r["insutype"], r["elec_taxrpt_no"], r["line_no"], r["amt"])
            for r in read("credit_refunds")
        ],
    )
    bad += differences("finding", want.findings.elements(), findings(read("findings"), want.open_ties))
    return [f"reconcile {p}: {b}" for b in bad]


def put(folder: Path, period: str, new: dict[str, list[Any]], rng: Random, simple: bool) -> dict[str, Count]:
    """放进收件箱."""
    return {name: write_rows(folder / "inbox" / period, name, rows, rng, simple=simple) for name, rows in new.items()}


def compare_files(folder: Path, name: str, period: str, counts: dict[str, Count]) -> list[str]:
    """本月写的每一种来件：读到、接收、拒收、重复."""
    got: dict[str, Count] = {}
    for row in table(folder, name, period, "files"):
        if row["inbox_month"] == period and row["contract"] in counts:
            one = got.setdefault(row["contract"], Count())
            one.read += row["rows_read"]
            one.accepted += row["accepted"]
            one.rejected += row["rejected"]
            one.duplicates += row["duplicates"]
            if row["rows_read"] != row["accepted"] + row["rejected"] + row["duplicates"]:
                return [f"{name} {period}: file not conserved {row}"]
    counts = {k: v for k, v in counts.items() if not k.startswith("opening_") or k in got}
    rejected = {
        (r["src_file"], r["src_row"])
        for r in table(folder, name, period, "rejects")
        if f"/{period}/" in r["src_file"] and r["contract"] in counts
    }
    bad = differences(
        f"{name} {period} files", [(k, str(v)) for k, v in counts.items()], [(k, str(v)) for k, v in got.items()]
    )
    if len(rejected) != sum(c.rejected for c in counts.values()):
        bad.append(f"{name} {period}: rejects {sorted(rejected)} expected {sum(c.rejected for c in counts.values())}")
    return bad


def play(seed: int, folder: Path, *, simple: bool = False, inside: bool = True) -> tuple[int, list[str]]:
    """一个随机机构的全部月份；给出比较的月数和不一致."""
    agency, files = Agency(seed), Random(seed * 7 + 1)
    code, _, err = command("init", str(folder), "--region", agency.region, inside=inside)
    assert code == 0, err
    (folder / "policy.toml").write_text(policy_text(agency.policy), encoding="utf-8")
    steps: list[tuple[str, int]] = []
    for i in range(len(agency.months)):
        steps += [("assess", i)] + ([("reconcile", i - 1)] if i else [])
    steps.append(("reconcile", len(agency.months) - 1))
    if agency.chance(0.5):
        steps = [(name, i) for i in range(len(agency.months)) for name in ("assess", "reconcile")]
    for name, i in steps:
        period = agency.months[i]
        new = agency.prepare_assess(i) if name == "assess" else agency.prepare_reconcile(i)
        counts = put(folder, period, new, files, simple)
        words = [name, period, "-w", str(folder)]
        if name == "assess" and agency.as_of[period]:
            words += ["--as-of", str(agency.as_of[period])]
        code, _, err = command(*words, inside=inside)
        if code:
            return i, [f"seed {seed} {name} {period}: exit {code}: {err}"]
        bad = (
            compare_assess(folder, agency.assessed[period])
            if name == "assess"
            else compare_reconcile(folder, agency.reconciled[period])
        )
        bad += compare_files(folder, name, period, counts)
        if bad:
            return i, [f"seed {seed} {agency.region}", *bad]
    return len(agency.months), []
