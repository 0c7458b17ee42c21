"""办件属于哪一项, 用哪个时限 (which item of the list a case is, and which of its limits counts)."""

from __future__ import annotations

import polars as pl

from nxmed.law.catalog import Law
from nxmed.law.services import ServiceItem, service_items

CODE = "NXQD"
UNKNOWN = 0
"""Item number of a case that is none of the list."""
_LIMITS = {"item_no": pl.Int64(), "way": pl.String(), "limit": pl.Int64(), "unit": pl.String()}


def listed(law: Law) -> dict[int, ServiceItem]:
    """清单 of the region (empty where no document has one)."""
    return {n: item for document in law.documents for n, item in service_items(document).items()}


def placed(register: pl.DataFrame, items: dict[int, ServiceItem]) -> pl.DataFrame:
    """认项 (`item_no`, 0 for none of the list; `item_name`; `told`: why the register's own words do not fit).

    The item number decides; without it the sub-item's code, where only one item has that code.
    """
    codes: dict[str, list[int]] = {}
    for item in items.values():
        codes.setdefault(item.code, []).append(item.item)
    alone = {code: numbers[0] for code, numbers in codes.items() if len(numbers) == 1}
    by_code = pl.col("serv_matt_code").replace_strict(alone, default=None, return_dtype=pl.Int64)
    names = {n: item.name for n, item in items.items()}
    code_of = {n: item.code for n, item in items.items()}
    rows = register.with_columns(given=pl.col("item_no"), item_no=pl.coalesce("item_no", by_code))
    rows = rows.with_columns(item_no=pl.when(pl.col("item_no").is_in(list(items))).then("item_no").otherwise(UNKNOWN))
    own = pl.col("item_no").replace_strict(code_of, default=None, return_dtype=pl.String)
    return rows.with_columns(
        item_name=pl.col("item_no").replace_strict(names, default=None, return_dtype=pl.String), own_code=own,
        code_differs=(pl.col("serv_matt_code") != own).fill_null(False))


def with_limit(rows: pl.DataFrame, items: dict[int, ServiceItem], law: Law) -> pl.DataFrame:
    """起算日期和时限 (`start`, `limit`, `unit`; see Clock.run).

    By channel where the list tells on line from the counter (a channel that the list of channels lacks: the longer one).
    Where the list gives a limit after a supplementary payment and one was due or made, that one counts, from the day the
    payment was complete.
    """
    ways = {row["chnl"]: row["way"] for row in law.table("service_channels")}
    limits = pl.DataFrame(
        [(n, x.way, x.days, x.unit) for n, item in items.items() for x in item.limits], schema=_LIMITS, orient="row")
    with_supplement = limits.filter(pl.col("way") == "supplement")["item_no"].implode()
    by_channel = limits.filter(pl.col("way") == "online")["item_no"].implode()
    paying = pl.col("item_no").is_in(with_supplement) & ((pl.col("bkpay_flag") == "1") | pl.col("bkpay_date").is_not_null()).fill_null(False)
    rows = rows.with_columns(
        way=pl.when(paying).then(pl.lit("supplement"))
        .when(pl.col("item_no").is_in(by_channel)).then(pl.col("opt_chnl").replace_strict(ways, default="online", return_dtype=pl.String))
        .otherwise(pl.lit("any")),
        start=pl.when(paying).then("bkpay_date").otherwise("rcvd_date"))
    return rows.join(limits, on=["item_no", "way"], how="left", maintain_order="left")
