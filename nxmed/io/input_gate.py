"""入口关卡 (what a stage is given has passed its contract): pandera over the accepted rows, a second proof after reading.

Reading has split every row already; this holds what came out of it against the contract once more, on collected frames.
It should never fire: when it does, nothing is published (exit 7).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from nxmed.errors import IntegrityError
from nxmed.io.resources import contracts
from nxmed.kernel.contract import Column, Contract
from nxmed.kernel.money import MAX_FEN

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.inputs import Inputs

_SHOWN = 5
BLOCK = 500_000
"""Rows proved at a time."""


def gate_inputs(inputs: Inputs) -> None:
    """证明每个契约接收的行 (types, empty cells, ranges). IntegrityError names contract, column and check, never a value."""
    for name in inputs.wanted:
        if inputs.present(name):
            gate_rows(contracts()[name], inputs.frame(name))


def gate_rows(contract: Contract, frame: pl.LazyFrame) -> None:
    """证明一个契约的行 (columns that must be there, and all amounts)."""
    import pandera.polars as pa

    held = [c.id for c in _held(contract)]
    schema = _schema(contract.id)
    wanted = frame.select(held)
    try:
        # Every check looks at one row: block by block it says the same, without all rows in memory.
        schema.validate(wanted.head(0).collect(), lazy=True)
        for block in wanted.collect_batches(chunk_size=BLOCK, maintain_order=False):
            schema.validate(block, lazy=True)
    except pa.errors.SchemaErrors as failed:
        pairs = failed.failure_cases.select("column", "check").unique().sort("column", "check", nulls_last=True).rows()
        told = "；".join(f"{column}：{check}" for column, check in pairs[:_SHOWN])
        raise IntegrityError(
            f"{contract.zh}（{contract.id}）接收的行不符合契约：{told}", "结果未发布。请保留收件箱，联系维护人员。",
            text_en=f"accepted rows of {contract.id} break their contract: {told}",
            hint_en="Nothing was published. Keep the inbox and call the maintainers.",
        ) from None


def _held(contract: Contract) -> list[Column]:
    return [c for c in contract.columns if not c.optional or c.type == "amount"]


@cache
def _schema(name: str) -> Any:
    import pandera.polars as pa

    contract = contracts()[name]
    # A column that the layout without header does not carry is empty there.
    bare = set(contract.headerless)
    return pa.DataFrameSchema({
        c.id: pa.Column(c.dtype, checks=_checks(c), nullable=c.nullable or (bool(bare) and c.id not in bare))
        for c in _held(contract)}, strict=True)


def _checks(column: Column) -> list[Any]:
    """Ranges of an amount, in fen."""
    import pandera.polars as pa

    if column.type != "amount":
        return []
    found = [pa.Check.in_range(-MAX_FEN if column.signed else 0, MAX_FEN, n_failure_cases=1)]
    if column.nonzero:
        found.append(pa.Check.not_equal_to(0, n_failure_cases=1))
    return found
