"""表头 (which row is the header, which column is which)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nxmed.io.raw_bytes import refuse
from nxmed.kernel.contract import RESERVED, Contract, fold_header

WITHIN = 30
"""表头所在 (the header stands within that many lines)."""
SEPARATORS = ",\t;|"


@dataclass(frozen=True)
class Layout:
    """列的位置: `names` per position (contract id, or the sender's own name), `known` which of them are the contract's,
    `header_row` and the last line it takes, `header` as written, `titles` above it."""

    header_row: int
    header_end: int
    names: tuple[str, ...]
    known: tuple[bool, ...]
    header: tuple[str, ...]
    titles: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return len(self.names)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Columns outside the contract."""
        return tuple(n for n, k in zip(self.names, self.known, strict=True) if not k)

    def position(self, column: str) -> int | None:
        """Place of a contract column, from 0."""
        return self.names.index(column) if column in self.names else None


def letter(position: int) -> str:
    """列字母 as Excel shows it (0 → A)."""
    text = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        text = chr(65 + rest) + text
    return text


def score(cells: Sequence[str | None], contract: Contract) -> int:
    """How many columns of the contract a row names."""
    headers = contract.headers
    return len({headers[f] for c in cells if c and (f := fold_header(c)) in headers})


def best_row(rows: Iterable[tuple[int, Sequence[str | None]]], contract: Contract
             ) -> tuple[int, int, Sequence[str | None]] | None:
    """(score, row, cells) of the first row within `WITHIN` that names the most columns; None if none names two."""
    best: tuple[int, int, Sequence[str | None]] | None = None
    for row, cells in rows:
        if row > WITHIN:
            break
        points = score(cells, contract)
        if points >= min(2, len(contract.columns)) and (best is None or points > best[0]):
            best = points, row, cells
    return best


def layout(path: Path, contract: Contract, cells: Sequence[str | None], *, row: int = 0, end: int = 0,
           titles: Sequence[str] = ()) -> Layout:
    """列对号 (by id, then Chinese header, then alias). Raises InputRefused E006 (column missing), E007 (twice)."""
    trimmed = [(c or "").strip() for c in cells]
    while trimmed and not trimmed[-1]:
        trimmed.pop()
    folded = [fold_header(c) for c in trimmed]
    twice = [t for i, t in enumerate(trimmed) if folded[i] and folded[i] in folded[:i]]
    if twice:
        raise refuse(path, "E007", "、".join(dict.fromkeys(twice)))
    place: dict[int, str] = {}
    for strength in range(3):
        for column in contract.columns:
            spellings = {fold_header(n) for n in ((column.id,), (column.zh,), column.aliases)[strength]}
            for at in [i for i, f in enumerate(folded) if f and i not in place and f in spellings]:
                if column.id not in place.values():
                    place[at] = column.id
                elif strength < 2:
                    raise refuse(path, "E007", f"{trimmed[at]}（{column.zh}）")
    missing = [f"{c.zh}（{c.id}）" for c in contract.columns if not c.optional and c.id not in place.values()]
    if missing:
        raise refuse(path, "E006", "、".join(missing))
    taken = {*RESERVED, "_row", *(c.id for c in contract.columns)}
    titled: list[str] = []
    for i, title in enumerate(trimmed):
        name = place.get(i) or (title or f"列{letter(i)}")
        while i not in place and name in taken:
            name += "_"
        taken.add(name)
        titled.append(name)
    return Layout(row, end, tuple(titled), tuple(i in place for i in range(len(titled))),
                  tuple(c or "" for c in cells[: len(titled)]), tuple(titles))


def headerless(cells: Sequence[str | None], contract: Contract) -> Layout | None:
    """无表头的列位 (TAB text in the order the contract names; columns at the end may be missing). None if it is not that."""
    names = contract.headerless[: len(cells)]
    needed = {c.id for c in contract.columns if not c.optional}
    if not names or len(cells) > len(contract.headerless) or needed & set(contract.headerless[len(cells):]):
        return None
    return Layout(0, 0, names, (True,) * len(names), names)
