"""入账匹配 (which payer, bill and month a line pays for): steps a to d and the class of every line.

Lines are principal confirmed by the treasury. a: a bill of this payer; b: the months given; c: everything open;
d: the payer is no unit. First all a-lines, then all b-lines, then all c-lines; each line is used once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from nxmed.kernel.allocation import ANY_PART, allocate
from nxmed.kernel.period import Period

FLEXIBLE = "1103"
LATE_CHARGE_ATTR = "滞纳金"
LINE_ORDER = ["intsury_time", "elec_taxrpt_no", "line_no"]
DUE_ORDER = ["deferred", "accrym", "part", "clct_bill_id"]
"""Order of dues: "emp" comes before "psn" in the alphabet as it does here."""
PART_CODES = {"emp": 0, "psn": 1, "any": ANY_PART}
WAITS = "treasury_pending"
UNIDENTIFIED = "unidentified"


@dataclass(frozen=True)
class Registers:
    """登记信息: units (emp_no, taxpayer_no), payers (taxpayer_no, first_emp), flexible workers (taxpayer_no)."""

    units: pl.DataFrame
    payers: pl.DataFrame
    flexible: pl.DataFrame

    @classmethod
    def of(cls, units: pl.DataFrame, persons: pl.DataFrame) -> Registers:
        known = units.select("emp_no", pl.col("uscc").alias("taxpayer_no")).drop_nulls().unique()
        payers = known.group_by("taxpayer_no").agg(first_emp=pl.col("emp_no").min())
        flexible = persons.filter(pl.col("psn_type") == FLEXIBLE).select(
            pl.col("certno").alias("taxpayer_no")).drop_nulls().unique()
        return cls(known, payers, flexible)


def with_bill_and_payer(lines: pl.DataFrame, known: pl.DataFrame, registers: Registers, period: Period) -> pl.DataFrame:
    """认单认人 (adds payer_known, bill_emp, bill_insutype, bill_payer, emp_no, flexible).

    known: all dues known so far with `payer` (taxpayer_no of their unit). emp_no is the named bill's unit where the
    bill is this payer's and of the line's insurance, else the payer's first unit.
    """
    named = lines.select("clct_bill_id").drop_nulls().unique()
    bills = (
        known.filter(pl.col("accrym") <= period.ym).join(named, on="clct_bill_id", how="semi")
        .group_by("clct_bill_id").agg(bill_emp=pl.col("emp_no").min(), bill_insutype=pl.col("insutype").min(),
                                      bill_payer=pl.col("payer").min())
    )
    own = (pl.col("bill_payer") == pl.col("taxpayer_no")).fill_null(False)
    fits = own & (pl.col("bill_insutype") == pl.col("insutype")).fill_null(False)
    return (
        lines.join(bills, on="clct_bill_id", how="left")
        .join(registers.payers, on="taxpayer_no", how="left")
        .join(registers.flexible.with_columns(flexible=pl.lit(True)), on="taxpayer_no", how="left")
        .with_columns(
            pl.col("flexible").fill_null(False), payer_known=pl.col("first_emp").is_not_null(), bill_own=own,
            bill_fits=fits, emp_no=pl.when(fits).then(pl.col("bill_emp")).otherwise(pl.col("first_emp")),
        )
    )


def classify(lines: pl.DataFrame) -> pl.DataFrame:
    """先定类别 (class, match_step and finding code of every line, before any money moves).

    lines: insutype, tied, waits, levy_attr, other_scheme, paid_amt, clct_bill_id, accrym_begn and the columns of
    `with_bill_and_payer`. The first test that hits decides; class stays empty for lines that go into matching
    (match_step a, b or c) and for reversals (reversal true).
    """
    principal = pl.col("insutype").is_not_null() & pl.col("tied") & ~pl.col("late_charge") & ~pl.col("other_scheme")
    forward = principal & (pl.col("paid_amt") > 0)
    bill_known = pl.col("bill_emp").is_not_null()
    mismatch = forward & bill_known & ~pl.col("bill_own")
    unknown = forward & ~mismatch & ~pl.col("payer_known")
    matched = forward & ~mismatch & ~unknown
    nothing = pl.lit(None, pl.String())
    return lines.with_columns(
        reversal=principal & (pl.col("paid_amt") < 0) & ~pl.col("waits"),
        match_step=pl.when(mismatch | (matched & pl.col("bill_fits"))).then(pl.lit("a"))
        .when(unknown).then(pl.lit("d"))
        .when(matched & pl.col("accrym_begn").is_not_null()).then(pl.lit("b"))
        .when(matched).then(pl.lit("c")).otherwise(nothing),
        code=pl.when(pl.col("insutype").is_null()).then(pl.lit("UNKNOWN_LEVY_ITEM"))
        .when(pl.col("waits")).then(pl.lit("REVERSAL_WAITS"))
        .when(mismatch).then(pl.lit("PAYER_MISMATCH"))
        .when(unknown & ~pl.col("flexible")).then(pl.lit("UNKNOWN_PAYER")).otherwise(nothing),
    ).with_columns(
        pl.when(pl.col("insutype").is_null()).then(pl.lit(UNIDENTIFIED))
        .when(~pl.col("tied") | pl.col("waits")).then(pl.lit(WAITS))
        .when(pl.col("other_scheme")).then(pl.lit("other_scheme"))
        .when(pl.col("late_charge")).then(pl.lit("late_charge"))
        .when(mismatch | (unknown & ~pl.col("flexible"))).then(pl.lit(UNIDENTIFIED))
        .when(unknown).then(pl.lit("flexible")).otherwise(nothing).alias("class"),
    )


def match(lines: pl.DataFrame, dues: pl.DataFrame) -> pl.DataFrame:
    """按步入账 (pieces line, due, amt).

    lines: line (order), taxpayer_no, insutype, part, match_step, paid_amt > 0, clct_bill_id, accrym_begn, accrym_end;
    dues: due (order), payer, clct_bill_id, insutype, accrym, part, open > 0.
    """
    pieces = [pl.DataFrame(schema={"line": pl.Int64, "due": pl.Int64, "amt": pl.Int64})]
    for step, line_key, due_key in (
        ("a", ["clct_bill_id"], ["clct_bill_id"]),
        ("b", ["taxpayer_no", "insutype"], ["payer", "insutype"]),
        ("c", ["taxpayer_no", "insutype"], ["payer", "insutype"]),
    ):
        payments = lines.filter(pl.col("match_step") == step)
        if payments.is_empty():
            continue
        taken = pl.concat(pieces).group_by("due").agg(taken=pl.col("amt").sum())
        left = dues.join(taken, on="due", how="left").with_columns(open=pl.col("open") - pl.col("taken").fill_null(0))
        found = _step(payments, left.filter(pl.col("open") > 0), line_key, due_key, by_month=step == "b")
        pieces.append(found)
    return pl.concat(pieces).sort("line", "due")


def _step(payments: pl.DataFrame, dues: pl.DataFrame, line_key: Sequence[str], due_key: Sequence[str], *,
          by_month: bool) -> pl.DataFrame:
    groups = payments.select(line_key).unique(maintain_order=True).with_row_index("group").with_columns(
        pl.col("group").cast(pl.Int64))
    part = pl.col("part").replace_strict(PART_CODES, return_dtype=pl.Int64)
    zero = pl.lit(0, pl.Int64)
    begin = pl.col("accrym_begn").cast(pl.Int64)
    end = pl.coalesce("accrym_end", "accrym_begn").cast(pl.Int64)
    given = payments.join(groups, on=line_key).select(
        "group", pl.col("line").alias("pay"), pl.col("paid_amt").alias("amt"),
        (begin if by_month else zero).alias("month_from"), (end if by_month else zero).alias("month_to"),
        part.alias("part"),
    )
    wanted = dues.join(groups, left_on=due_key, right_on=line_key).select(
        "group", "due", pl.col("open").alias("amt"),
        (pl.col("accrym").cast(pl.Int64) if by_month else zero).alias("month"), part.alias("part"),
    )
    return allocate(given, wanted).rename({"pay": "line"})
