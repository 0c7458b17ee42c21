"""文件自带的合计 (a 合计 row and declared counts and amounts must equal what was read, or the file is refused)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from nxmed.io.raw_bytes import refuse
from nxmed.io.raw_header import Layout
from nxmed.io.raw_totals import amount_of, declared, is_total
from nxmed.kernel.contract import Contract


class Totals:
    """累计与核对 of one file, in yuan per amount column over all data rows, accepted or not."""

    def __init__(self, path: Path, contract: Contract, layout: Layout) -> None:
        self.path, self.layout = path, layout
        self._titles = {c.id: c.zh for c in contract.columns}
        self._amounts = [c.id for c in contract.columns if c.type == "amount" and c.id in layout.names]
        self._sums: dict[str, Decimal] = dict.fromkeys(self._amounts, Decimal(0))
        self._since: dict[str, Decimal] = dict.fromkeys(self._amounts, Decimal(0))
        self._texts: list[str] = list(layout.titles)

    def add(self, sums: dict[str, Decimal]) -> None:
        """Sums of a block."""
        for name, value in sums.items():
            self._sums[name] += value
            self._since[name] += value

    def add_ragged(self, rows: list[list[str]]) -> None:
        """Amounts of rows that were rejected for their width, as far as their places go."""
        for cells in rows:
            for name in self._amounts:
                at = self.layout.position(name)
                if at is not None and at < len(cells) and (value := amount_of(cells[at])) is not None:
                    self._sums[name] += value
                    self._since[name] += value

    def concerns(self, cells: list[str]) -> bool:
        """A footer whose amounts must equal the rows above it."""
        return is_total(cells)

    def footer(self, row: int, cells: list[str], rows_read: int) -> None:
        """One footer row. Raises InputRefused E009."""
        self._texts.append(" ".join(c for c in cells if c and c.strip()))
        if not is_total(cells):
            return
        placed = False
        for name in self._amounts:
            at = self.layout.position(name)
            told = amount_of(cells[at]) if at is not None and at < len(cells) else None
            if told is None:
                continue
            placed = True
            if told not in (self._sums[name], self._since[name]):
                real = self._sums[name]
                raise self._refused(f"第 {row} 行合计 {self._titles[name]} {told:,.2f}，明细相加 {real:,.2f}",
                                    f"row {row}: {name} {told:,.2f}, rows add up to {real:,.2f}")
        if not placed and len(cells) != self.layout.width and self._amounts:
            for told in (amount_of(c) for c in cells if "." in c):
                if told is not None and told not in (*self._sums.values(), *self._since.values()):
                    raise self._refused(f"第 {row} 行合计 {told:,.2f} 不等于任何一列的明细相加",
                                        f"row {row}: {told:,.2f} is the sum of no column")
        self._since = dict.fromkeys(self._amounts, Decimal(0))

    def close(self, rows_read: int) -> None:
        """At the end: what the file says about itself. Raises InputRefused E009."""
        counts, amounts = declared(self._texts)
        for count in counts:
            if count != rows_read:
                raise self._refused(f"自报 {count} 笔，读到 {rows_read} 笔", f"declares {count}, has {rows_read}")
        for told in amounts:
            if self._amounts and told not in self._sums.values():
                shown = "、".join(f"{self._titles[n]} {v:,.2f}" for n, v in self._sums.items())
                raise self._refused(f"自报金额 {told:,.2f}，读到 {shown}", f"declares {told:,.2f}")

    def _refused(self, zh: str, en: str) -> Exception:
        return refuse(self.path, "E009", zh, en)
