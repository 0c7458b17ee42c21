"""缺哪些材料 (all required materials that are missing, at once: NXJZ-21, the list's own notes on items 37 to 41)."""

from __future__ import annotations

import polars as pl

from nxmed.cases.items import UNKNOWN
from nxmed.law.services import ServiceItem

_REQUIRED = {"item_no": pl.Int64(), "order": pl.Int64(), "code": pl.String(), "name": pl.String()}
NOTHING = "0"
"""What the register writes when not one material has come."""


def with_materials(rows: pl.DataFrame, items: dict[int, ServiceItem]) -> pl.DataFrame:
    """缺件 (`matl_state`, `missing`, `missing_cnt`, and `strange`: codes that the item does not have).

    An empty cell says that materials are not recorded: then nothing is said to be missing.
    """
    required = pl.DataFrame([(n, at, m.code, m.name) for n, item in items.items()
                             for at, m in enumerate(item.materials) if m.required], schema=_REQUIRED, orient="row")
    known = pl.DataFrame([(n, m.code) for n, item in items.items() for m in item.materials],
                         schema={"item_no": pl.Int64(), "code": pl.String()}, orient="row")
    received = rows.select(
        "case", "item_no", code=pl.col("matl_codes").str.to_uppercase().str.replace_all("[；，、,\\s]+", ";").str.split(";"),
    ).explode("code").filter(pl.col("code").is_not_null() & (pl.col("code") != ""))
    strange = received.filter(pl.col("code") != NOTHING).join(known, on=["item_no", "code"], how="anti").group_by("case").agg(
        strange=pl.col("code").unique().sort().str.join("；"))
    recorded = rows.filter(pl.col("matl_codes").is_not_null()).select("case", "item_no")
    lacking = recorded.join(required, on="item_no", how="inner").join(received, on=["case", "code"], how="anti").sort("case", "order")
    missing = lacking.group_by("case", maintain_order=True).agg(
        missing=pl.concat_str([pl.col("code"), pl.lit(" "), pl.col("name")]).str.join("；"), missing_cnt=pl.len().cast(pl.Int64))
    needing = required["item_no"].unique().implode()
    joined = rows.join(missing, on="case", how="left", maintain_order="left").join(strange, on="case", how="left", maintain_order="left")
    return joined.with_columns(
        missing_cnt=pl.col("missing_cnt").fill_null(0),
        matl_state=pl.when(pl.col("item_no") == UNKNOWN).then(pl.lit("unchecked")).when(~pl.col("item_no").is_in(needing)).then(pl.lit("none_needed"))
        .when(pl.col("matl_codes").is_null()).then(pl.lit("not_recorded"))
        .when(pl.col("missing").is_not_null()).then(pl.lit("missing")).otherwise(pl.lit("complete")))
