"""发现 (findings): what a person must look at, as rows. A finding never stops a run.

`make` shapes the rows of one code; `collect` joins all of a run, adds ids that stay the same over reruns, and sorts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import polars as pl

from nxmed.kernel.finding_codes import CODES, FindingCode

KEY_COLUMNS: dict[str, pl.DataType] = {
    "emp_no": pl.String(), "psn_no": pl.String(), "clct_bill_id": pl.String(), "part": pl.String(),
    "insutype": pl.String(), "accrym": pl.String(), "taxpayer_no": pl.String(), "elec_taxrpt_no": pl.String(),
    "line_no": pl.Int64(), "treasury_code": pl.String(), "stmt_date": pl.Date(), "fixmedins_code": pl.String(),
    "setl_id": pl.String(), "ref_no": pl.String(),
}
"""Key columns of a finding; `ref_no` holds any other number (change, agreement, decision, file name)."""

VALUE_COLUMNS: dict[str, pl.DataType] = {
    "expected": pl.String(), "actual": pl.String(), "diff_amt": pl.Int64(), "rule": pl.String(),
    "src_file": pl.String(), "src_row": pl.Int64(), "message": pl.String(),
}

SHAPE: dict[str, pl.DataType] = {"code": pl.String(), "severity": pl.String(), **KEY_COLUMNS, **VALUE_COLUMNS}
"""Shape of what `make` returns; `diff_amt` in fen."""

PUBLISHED: dict[str, pl.DataType] = {"finding_id": pl.String(), "command": pl.String(), **SHAPE}


def empty() -> pl.DataFrame:
    """没有发现 (no rows, right shape)."""
    return pl.DataFrame(schema=SHAPE)


def make(code: str, frame: pl.DataFrame | pl.LazyFrame, message: pl.Expr | str, **columns: pl.Expr | str | int | None,
         ) -> pl.DataFrame:
    """一类发现 (one row per row of `frame`).

    Columns of SHAPE are taken from keyword arguments (an expression, or a constant), else from the column of the same
    name in `frame`, else left empty. `code` must be registered; `rule` defaults to the code's own.
    """
    known = CODES[code]
    unknown = set(columns) - set(SHAPE)
    if unknown:
        raise ValueError(f"no such finding column: {sorted(unknown)}")
    lazy = frame.lazy()
    have = lazy.collect_schema().names()
    picked: list[pl.Expr] = [pl.lit(code).alias("code"), pl.lit(known.severity).alias("severity")]
    for name, dtype in {**KEY_COLUMNS, **VALUE_COLUMNS}.items():
        if name == "message":
            value = message if isinstance(message, pl.Expr) else pl.lit(message)
        elif name in columns:
            given = columns[name]
            value = given if isinstance(given, pl.Expr) else pl.lit(given)
        elif name == "rule" and known.rule:
            value = pl.lit(known.rule)
        elif name in have:
            value = pl.col(name)
        else:
            value = pl.lit(None)
        picked.append(value.cast(dtype).alias(name))
    return lazy.select(picked).collect()


def collect(frames: Iterable[pl.DataFrame], command: str, period: str) -> pl.DataFrame:
    """汇总发现 (all findings of a run, with finding_id, sorted; identical rows count once)."""
    kept = [f for f in frames if f.height]
    joined = pl.concat(kept) if kept else empty()
    joined = joined.unique(maintain_order=False).sort(list(SHAPE), nulls_last=True)
    keys = joined.select("code", *KEY_COLUMNS, "src_file", "src_row")
    seen: dict[str, int] = {}
    ids = []
    for row in keys.iter_rows():
        text = "|".join("" if v is None else str(v) for v in (period, *row[: 1 + len(KEY_COLUMNS)]))
        nth = seen.get(text, 0)
        seen[text] = nth + 1
        ids.append(hashlib.sha256(f"{text}|{nth}".encode()).hexdigest()[:16])
    return joined.select(
        pl.Series("finding_id", ids, pl.String), pl.lit(command).alias("command"), pl.all()
    )


def summary(found: pl.DataFrame) -> list[tuple[FindingCode, int]]:
    """按代码计数 (codes with their counts: errors first, then by code)."""
    rank = {"error": 0, "warning": 1, "info": 2}
    counts = found.group_by("code").len().rows()
    return sorted(((CODES[c], n) for c, n in counts), key=lambda x: (rank[x[0].severity], x[0].code))


def next_steps(codes: Sequence[str], lang: str = "zh") -> list[str]:
    """下一步 (what to do about each code)."""
    return [CODES[c].next_zh if lang == "zh" else CODES[c].next_en for c in codes]
