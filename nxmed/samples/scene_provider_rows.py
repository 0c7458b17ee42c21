"""机构场景里的行 (the rows of a provider scene: providers, what they list, what becomes of it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from nxmed.samples.layout_providers import AMOUNTS

Row = dict[str, object]

FIRST_PATIENT = 7_000
"""Serial numbers of the people of provider scenes (below: units' people; from 10,000: the crowd)."""
AMOUNT_IDS = tuple(name for name, _, _ in AMOUNTS)
POOLED = {"310": "310100", "390": "390100"}
FUND_OF = {
    "cvlserv_pay": "320100",
    "hifob_pay": "330100",
    "hifdm_pay": "350100",
    "hifes_pay": "370100",
    "hifmi_pay": "390200",
    "maf_pay": "610100",
    "oth_pay": "999997",
}
ACCOUNT = "310200"
RECOGNISED, WAITING, REPEATED, BEFORE, REJECTED = "recognised", "waiting", "repeated", "settled_before", "rejected"
ALWAYS = ((date(2024, 1, 1), date(2027, 12, 31)),)
SETTLE = "settle"
RESOLVE = "settle resolve"


@dataclass(frozen=True)
class Provider:
    """定点机构: deposit in ppm, advance in fen, `states`: sends a statement of totals."""

    nth: int
    code: str
    name: str
    admdvs: str
    deposit: int
    advance: int
    states: bool
    headerless: bool

    @property
    def optins(self) -> str:
        """清算经办机构: of the city."""
        return self.admdvs[:4] + "00"


@dataclass(frozen=True)
class Listing:
    """机构申报的一笔: in its detail file (`detail`), in its statement (`stated`), without types (`typeless`)."""

    k: int
    provider: Provider
    row: Row
    detail: bool
    stated: bool
    typeless: bool


@dataclass(frozen=True)
class Verdict:
    """一笔的结果: class, state, what holds it, recognised fen by fund; `came`: delivered in this month."""

    k: int
    provider: Provider
    row: Row
    kind: str
    state: str
    held: str
    funds: Mapping[str, int]
    came: bool


@dataclass(frozen=True)
class Refused:
    """门口拒收的一行: the row as it should have been, and the cells as they were written."""

    k: int
    contract: str
    provider: Provider
    row: Row
    cells: Mapping[str, str]
    check: str
    note: str


def key_of(row: Row) -> dict[str, object]:
    """主键 of a statement row."""
    return {name: row[name] for name in ("fixmedins_code", "setl_id", "refd_setl_flag")}


def own_funds(row: Row) -> dict[str, int]:
    """按基金 (what a settlement's own amounts are, by fund; funds without an amount left out)."""
    found: dict[str, int] = {}
    pooled = POOLED.get(str(row["insutype"]))
    if pooled and row["hifp_pay"]:
        found[pooled] = fen(row, "hifp_pay")
    if account := fen(row, "acct_pay") + fen(row, "acct_mulaid_pay"):
        found[ACCOUNT] = account
    for column, fund in FUND_OF.items():
        if row[column]:
            found[fund] = fen(row, column)
    return found


def fen(row: Row, name: str) -> int:
    value = row[name]
    if not isinstance(value, int):
        raise TypeError(name)
    return value
