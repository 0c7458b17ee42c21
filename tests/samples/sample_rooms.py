"""样例走一遍 (a composed sample through both rooms, month by month, without a file), and planted against found."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from nxmed.collections.reconcile import ReconcileInputs, reconcile
from nxmed.contributions.assess import AssessInputs, assess
from nxmed.io.resources import contracts, tables
from nxmed.kernel.money import yuan
from nxmed.law.catalog import Law
from nxmed.samples.compose import Sample
from nxmed.samples.planted import FINDINGS, unpack

MONEY = re.compile(r"-?[0-9]+\.[0-9]{2}")
DOOR = ("BAD_CERTNO", "BAD_USCC", "UNKNOWN_CODE", "UNKNOWN_COLUMN")
CODED = {"arrivals": "class", "assistance_items": "class", "rejects": "check", "statement_rows": "stmt_diff",
         "statement_groups": "state", "repricing": "state"}
"""Tables whose planted code stands in a column."""


@dataclass(frozen=True)
class Month:
    """What one command said of one month."""

    tables: Mapping[str, pl.DataFrame]
    findings: pl.DataFrame


Outcome = dict[tuple[str, str], Month]
"""(month, command) → what came out."""


def delivered(sample: Sample, contract: str, k: int) -> pl.LazyFrame:
    """Rows of a contract that month k sees: snapshot, register or feed, as the contract says."""
    known = contracts()[contract]
    found = []
    for month in range(k + 1):
        frame = sample.frames.get((month, contract))
        if frame is None or (known.supply == "feed" and month != k):
            continue
        if known.supply == "snapshot":
            found = []
        name = (sample.start + month).text
        found.append(frame.with_row_index("src_row", 2).with_columns(
            src_file=pl.lit(f"inbox/{name}/{contract}"), inbox_month=pl.lit(name)))
    if not found:
        return pl.LazyFrame(schema=known.schema())
    whole = pl.concat(found)
    whole = whole.select([
        pl.col(name).cast(dtype) if name in whole.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in known.schema().items()
    ])
    if known.supply == "register":
        whole = whole.unique(list(known.key), keep="last", maintain_order=True)
    return whole.lazy()


def run(sample: Sample) -> Outcome:
    """assess and reconcile of every month of the sample."""
    law = Law.load(sample.region.id, tomllib.loads(sample.policy))
    assessed, reconciled, out = [], [], {}
    for k in range(sample.months):
        period = sample.start + k
        months = [sample.start + m for m in range(k + 1)]

        def rows(contract: str, k: int = k) -> pl.LazyFrame:
            return delivered(sample, contract, k)

        def last(name: str) -> pl.LazyFrame:
            return assessed[-1].tables[name].lazy() if assessed else tables()[name].empty().lazy()

        this_year = [r for r, month in zip(assessed, months, strict=False) if month.year == period.year]
        charged = [r.tables["assessment_lines"].filter(pl.col("insutype") == "330").select("psn_no") for r in this_year]
        now = assess(AssessInputs(
            period=period, as_of=(period - 1).last_day, law=law, first_month=k == 0, units=rows("units"),
            persons=rows("persons"), wage_declarations=rows("wage_declarations"),
            personnel_changes=rows("personnel_changes"), deferrals=rows("deferrals"), average_wages=rows("average_wages"),
            opening_bills=rows("opening_bills"), opening_supplements=rows("opening_supplements"),
            persons_month=sample.start, previous_bills=last("assessments"), previous_lines=last("assessment_lines"),
            charged_supplements=pl.concat([pl.DataFrame(schema={"psn_no": pl.String}), *charged]).lazy(),
        ))
        assessed.append(now)
        out[period.text, "assess"] = Month(now.tables, now.findings)

        def joined(name: str, results: list, months: list) -> pl.LazyFrame:  # type: ignore[type-arg]
            frames = [r.tables[name].lazy().with_columns(period=pl.lit(m.text))
                      for r, m in zip(results, months, strict=True)]
            return pl.concat(frames) if frames else pl.LazyFrame()

        done = reconcile(ReconcileInputs(
            period=period, law=law, first_month=k == 0, units=rows("units"), persons=rows("persons"),
            tax_arrivals=rows("tax_arrivals"), treasury_statement=rows("treasury_statement"),
            credit_decisions=rows("credit_decisions"), opening_dues=rows("opening_dues"),
            opening_credits=rows("opening_credits"), dues=joined("dues", assessed, months),
            lines=joined("assessment_lines", assessed, months),
            prior_balances=joined("due_balances", reconciled[-1:], months[-2:-1]),
            prior_arrivals=joined("arrivals", reconciled, months[:-1]),
            prior_applications=joined("applications", reconciled, months[:-1]),
            prior_lots=joined("credit_lots", reconciled[-1:], months[-2:-1]),
        ))
        reconciled.append(done)
        out[period.text, "reconcile"] = Month(done.tables, pl.concat(done.findings))
    return out


def shown(value: object, wanted: str) -> str:
    """A cell as planted.csv writes it (amounts inside are fen)."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and MONEY.fullmatch(wanted):
        return yuan(value)
    return str(value)


def differences(planted: pl.DataFrame, out: Outcome) -> list[str]:
    """What was planted and not found, found with other cells, or found and not planted."""
    wrong: list[str] = []
    seen: dict[tuple[str, str], set[int]] = {}
    for row in planted.iter_rows(named=True):
        month = out[row["month"], row["command"]]
        frame = (month.findings if row["table"] == FINDINGS else month.tables[row["table"]]).with_row_index("_nth")
        if row["table"] == FINDINGS:
            frame = frame.filter(pl.col("code") == row["code"])
        elif row["table"] in CODED:
            frame = frame.filter(pl.col(CODED[row["table"]]) == row["code"])
        for name, value in unpack(row["key"]).items():
            frame = frame.filter(pl.col(name).cast(pl.String) == value)
        label = f"{row['month']} {row['command']} {row['table']} {row['code']} {row['key']}"
        if frame.height != 1:
            wrong.append(f"{label}: {frame.height} rows")
            continue
        if row["table"] == FINDINGS:
            seen.setdefault((row["month"], row["command"]), set()).add(int(frame["_nth"][0]))
        for name, value in unpack(row["expect"]).items():
            if shown(frame[name][0], value) != value:
                wrong.append(f"{label}: {name} is {shown(frame[name][0], value)}, not {value}")
    for place, month in out.items():
        for nth, found in enumerate(month.findings.iter_rows(named=True)):
            if nth not in seen.get(place, set()):
                key = {k: v for k, v in found.items() if v is not None and k in ("emp_no", "psn_no", "elec_taxrpt_no", "ref_no", "taxpayer_no")}
                wrong.append(f"{place} {found['code']} {key}: not planted")
    return wrong


def without_door(planted: pl.DataFrame) -> pl.DataFrame:
    """Planted rows that the rooms can show (what the door refuses or remarks on is not theirs)."""
    return planted.filter(~pl.col("code").is_in(DOOR) & ~pl.col("table").is_in(["rejects", "files"]))
