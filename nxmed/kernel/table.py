"""表结构 (shapes of the published tables, as data from schemas/tables)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

INSIDE: dict[str, pl.DataType] = {
    "text": pl.String(), "code": pl.String(), "name": pl.String(), "month": pl.String(), "period": pl.String(),
    "amount": pl.Int64(), "rate": pl.Int64(), "int": pl.Int64(), "count": pl.Int64(),
    "bool": pl.Boolean(), "date": pl.Date(), "datetime": pl.Datetime("us"),
}
"""Types inside a run: amounts in fen, rates in ppm."""

PUBLISHED: dict[str, pl.DataType] = {**INSIDE, "amount": pl.Decimal(16, 2), "rate": pl.Decimal(9, 6)}
"""Types in Parquet and the catalogue."""


@dataclass(frozen=True)
class TableColumn:
    """列 of a published table. `minimum` is yuan text for amounts, a number otherwise; `one_of` lists allowed values,
    `rule` the rule that says what the column holds."""

    id: str
    zh: str
    type: str
    comment: str = ""
    en: str = ""
    nullable: bool = False
    codes: Mapping[str, str] = field(default_factory=dict)
    minimum: str | int | None = None
    one_of: tuple[str, ...] = ()
    rule: str = ""

    @property
    def inside(self) -> pl.DataType:
        return INSIDE[self.type]

    @property
    def published(self) -> pl.DataType:
        return PUBLISHED[self.type]


@dataclass(frozen=True)
class TableSchema:
    """表 of the catalogue; `key` is unique within a period. `run_id` and `period` are added by the publisher."""

    id: str
    zh: str
    en: str
    commands: tuple[str, ...]
    key: tuple[str, ...]
    columns: tuple[TableColumn, ...]
    comment: str = ""
    comment_en: str = ""

    def column(self, name: str) -> TableColumn:
        """The column of that id; KeyError if none."""
        return {c.id: c for c in self.columns}[name]

    def schema(self) -> dict[str, pl.DataType]:
        """Types of the frame a stage hands over (fen, ppm)."""
        return {c.id: c.inside for c in self.columns}

    def empty(self) -> pl.DataFrame:
        """No rows, right shape."""
        return pl.DataFrame(schema=self.schema())


def table_from(data: Mapping[str, Any]) -> TableSchema:
    """读表结构 (from its YAML mapping; unknown fields, types and key columns raise ValueError)."""
    allowed = {"id", "zh", "en", "command", "key", "columns", "comment", "comment_en"}
    if set(data) - allowed:
        raise ValueError(f"table {data.get('id')}: {sorted(set(data) - allowed)}")
    columns = tuple(_column_from(data["id"], c) for c in data["columns"])
    names = [c.id for c in columns]
    if len(set(names)) < len(names) or set(data["key"]) - {*names, "run_id", "period"}:
        raise ValueError(f"table {data['id']}: column ids repeat or a key column is not there")
    command = data["command"]
    return TableSchema(
        data["id"], data["zh"], data.get("en", ""), tuple([command] if isinstance(command, str) else command),
        tuple(data["key"]), columns, data.get("comment", ""), data.get("comment_en", ""),
    )


def _column_from(table: str, data: Mapping[str, Any]) -> TableColumn:
    allowed = {"id", "zh", "type", "comment", "en", "nullable", "codes", "min", "one_of", "rule"}
    if set(data) - allowed or data.get("type") not in INSIDE:
        raise ValueError(f"table {table}, column {data.get('id')}: {sorted(set(data) - allowed) or data.get('type')}")
    codes = {str(k): str(v) for k, v in data.get("codes", {}).items()}
    return TableColumn(
        data["id"], data["zh"], data["type"], data.get("comment", ""), data.get("en", ""),
        bool(data.get("nullable", False)), codes, data.get("min"), tuple(str(v) for v in data.get("one_of", ())),
        str(data.get("rule", "")),
    )
