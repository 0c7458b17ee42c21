"""埋设清单 (planted.csv): every difference that was put into a sample, and where it must show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

SHAPE: dict[str, pl.DataType] = {
    "month": pl.String(),
    "command": pl.String(),
    "table": pl.String(),
    "code": pl.String(),
    "key": pl.String(),
    "expect": pl.String(),
    "note": pl.String(),
}
"""month YYYY-MM · command that shows it · table · code (of a finding) or class or rule code · key and expected cells as
`column=value;column=value` (amounts in yuan) · note in Chinese."""

FINDINGS = "findings"


def pairs(values: Mapping[str, object]) -> str:
    """`column=value;column=value`."""
    return ";".join(f"{name}={value}" for name, value in values.items())


def unpack(text: str) -> dict[str, str]:
    """The other way round."""
    return dict(part.split("=", 1) for part in text.split(";") if part)


def frame(rows: Sequence[Mapping[str, str]]) -> pl.DataFrame:
    """Rows in the shape of planted.csv."""
    return pl.DataFrame(list(rows), schema=SHAPE)


def key_of(**columns: str) -> pl.Expr:
    """Key expression from columns: key_of(emp_no="emp_no") reads the column of that name."""
    parts: list[pl.Expr] = []
    for position, (name, column) in enumerate(columns.items()):
        parts += [pl.lit(f"{';' if position else ''}{name}="), pl.col(column).cast(pl.String)]
    return pl.concat_str(parts)


def many(
    found: pl.DataFrame,
    *,
    month: str,
    command: str,
    table: str,
    code: str,
    key: pl.Expr,
    note: str,
) -> pl.DataFrame:
    """Planted rows of one kind, from a frame with one row each."""
    return found.select(
        month=pl.lit(month),
        command=pl.lit(command),
        table=pl.lit(table),
        code=pl.lit(code),
        key=key,
        expect=pl.lit(""),
        note=pl.lit(note),
    )


def ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """In the order in which planted.csv is written."""
    return rows.select(list(SHAPE)).sort(list(SHAPE))
