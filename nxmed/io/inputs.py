"""一个月的输入 (what a command reads for month P): which files count, read once, joined by how each is supplied."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from nxmed.errors import InputRefused, MissingInput
from nxmed.io.reading import FileRead, contract_of, is_data_file, read_rows
from nxmed.io.reading_findings import unknown_file
from nxmed.io.reading_keys import settle
from nxmed.io.resources import contracts
from nxmed.kernel import finding
from nxmed.kernel.contract import Contract
from nxmed.kernel.period import Period
from nxmed.kernel.stage import Equation

FILES_SHAPE: dict[str, pl.DataType] = {
    "contract": pl.String(), "src_file": pl.String(), "inbox_month": pl.String(), "sha256": pl.String(),
    "bytes": pl.Int64(), "encoding": pl.String(), "format": pl.String(), "rows_read": pl.Int64(),
    "accepted": pl.Int64(), "rejected": pl.Int64(), "duplicates": pl.Int64(), "skipped_rows": pl.Int64(),
}
REJECTS_COLUMNS = (
    "contract", "src_file", "src_row", "cell", "column", "column_zh", "check", "value", "message", "hint")
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_LEFT_ALONE = ("~$", ".~", ".")
_UNFINISHED = (".tmp", ".part", ".crdownload", ".filepart", ".swp")

Progress = Callable[[str, str], None]


class Place(Protocol):
    """A workspace, as far as reading needs it."""

    @property
    def path(self) -> Path: ...
    @property
    def inbox(self) -> Path: ...


@dataclass
class Inputs:
    """读好的输入 of month P. `reads`: every file read, by contract and name."""

    period: Period
    reads: list[FileRead]
    wanted: tuple[str, ...]
    unclaimed: list[str] = field(default_factory=list)

    def present(self, contract: str) -> bool:
        """At least one file of that contract was read."""
        return any(r.contract.id == contract for r in self.reads)

    def month_of(self, contract: str) -> Period:
        """收件月份 (the newest inbox month that brought the contract; P when none did)."""
        months = [Period.parse(r.month) for r in self.reads if r.contract.id == contract]
        return max(months, default=self.period)

    def frame(self, contract: str, seen: pl.Expr | None = None) -> pl.LazyFrame:
        """接收的行 of a contract (typed by its schema, src_file, src_row, inbox_month, then columns outside it).

        Register: a key that a later month brought too counts as brought then. Absent contract: no rows, right shape.
        `seen`: only rows of which this is true are there at all, so an unseen row supersedes nothing.
        """
        kind = contracts()[contract]
        mine = [r for r in self.reads if r.contract.id == contract]
        if not mine:
            return pl.LazyFrame(schema=kind.schema())
        months = sorted({r.month for r in mine}, reverse=True)
        pieces: list[pl.LazyFrame] = []
        for month in months:
            here = pl.concat([r.frame for r in mine if r.month == month], how="diagonal")
            if seen is not None:
                here = here.filter(seen)
            if kind.supply == "register" and pieces:
                later = pl.concat([p.select(kind.key) for p in pieces])
                here = here.join(later, on=list(kind.key), how="anti", nulls_equal=True)
            pieces.append(here)
        return pl.concat(pieces[::-1], how="diagonal") if len(pieces) > 1 else pieces[0]

    def superseded(self, contract: str) -> pl.LazyFrame:
        """被取代的行 (history of a register: rows whose key a later month brought again)."""
        kind = contracts()[contract]
        mine = [r for r in self.reads if r.contract.id == contract]
        every = pl.concat([r.frame for r in mine], how="diagonal") if mine else pl.LazyFrame(schema=kind.schema())
        if kind.supply != "register":
            return every.limit(0)
        now = self.frame(contract).select("src_file", "src_row")
        return every.join(now, on=["src_file", "src_row"], how="anti")

    @property
    def files(self) -> pl.DataFrame:
        """收到的文件 (table `files`)."""
        rows = [(r.contract.id, r.src_file, r.month, r.sha256, r.bytes, r.encoding or None, r.format, r.rows_read,
                 r.accepted, r.rejected, r.duplicates, r.skipped_rows) for r in self.reads]
        return pl.DataFrame(rows, schema=FILES_SHAPE, orient="row").sort("contract", "src_file")

    @property
    def rejects(self) -> pl.DataFrame:
        """拒收明细 (table `rejects`, sorted by contract, file and row)."""
        pieces = [_placed(r, r.rejects.select(REJECTS_COLUMNS)) for r in self._sorted if r.reasons]
        if pieces:
            return pl.concat(pieces)
        return pl.DataFrame(schema={c: pl.Int64() if c == "src_row" else pl.String() for c in REJECTS_COLUMNS})

    @property
    def reads_with_rejects(self) -> list[FileRead]:
        """Files that go back to their senders."""
        return [r for r in self.reads if r.rejected]

    @property
    def findings(self) -> pl.DataFrame:
        """读取时的发现 (shape of kernel.finding)."""
        found = [_placed(r, r.findings) for r in self.reads] + [unknown_file(name) for name in self.unclaimed]
        kept = [f for f in found if f.height]
        return pl.concat(kept) if kept else finding.empty()

    @property
    def sources(self) -> list[dict[str, Any]]:
        """输入清单 for the manifest and the run_id."""
        return [{
            "contract": r.contract.id, "path": r.src_file, "month": r.month, "sha256": r.sha256, "bytes": r.bytes,
            "rows_read": r.rows_read, "accepted": r.accepted, "rejected": r.rejected, "duplicates": r.duplicates,
        } for r in self._sorted]

    @property
    def equations(self) -> list[Equation]:
        """守恒: rows read = accepted + rejected + identical duplicates, per file."""
        return [Equation(
            f"read.{r.src_file}", f"{r.src_file} 读到 = 接收 + 拒收 + 重复", {"读到": r.rows_read},
            {"接收": r.accepted, "拒收": r.rejected, "重复": r.duplicates}, unit="rows",
            en=f"{r.src_file}: read = accepted + rejected + duplicates",
        ) for r in self._sorted]

    @property
    def _sorted(self) -> list[FileRead]:
        return sorted(self.reads, key=lambda r: (r.contract.id, r.src_file))


def _placed(read: FileRead, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of further sheets under the sheet's name, numbered as Excel does."""
    file, row = read.place(pl.col("src_row"))
    return rows.with_columns(pl.when(pl.col("src_row").is_null()).then("src_file").otherwise(file).alias("src_file"),
                             row.alias("src_row"))


def read_inputs(
    workspace: Place, period: Period, required: Sequence[str], optional: Sequence[str] = (), *,
    spool: Path | None = None, months: tuple[Period, Period] | None = None, progress: Progress | None = None,
    only: Collection[str] | None = None,
) -> Inputs:
    """读取一个月的输入.

    Snapshot: the newest month at or before P. Register: all months up to P. Feed: P, or with `months` the range from
    the first to the last of them (P's own file must be there). `only`: the files of an earlier run ("inbox/2026-12/x.csv");
    what came later is left out. Raises MissingInput (exit 6) naming every required
    contract without a file, InputRefused (exit 3) naming every file that is refused.
    """
    inbox = listing(workspace.inbox)
    if only is not None:
        inbox = {month: [p for p in paths if relative(workspace, p) in only] for month, paths in inbox.items()}
    chosen: list[tuple[Contract, str, Path]] = []
    for name in dict.fromkeys([*required, *optional]):
        chosen += _choose(contracts()[name], inbox, period, months)
    have = {c.id for c, month, _ in chosen if c.supply != "feed" or month == period.text}
    missing = [contracts()[n] for n in required if n not in have]
    if missing:
        raise _missing(missing, period)
    reads = _read_all(workspace, chosen, spool, progress)
    unclaimed = [relative(workspace, p) for p in inbox.get(period.text, []) if not _claimed(p)]
    return Inputs(period, reads, tuple(dict.fromkeys([*required, *optional])), unclaimed)


def listing(inbox: Path) -> dict[str, list[Path]]:
    """Files of each month of the inbox, hidden and unfinished ones left out."""
    if not inbox.is_dir():
        return {}
    found: dict[str, list[Path]] = {}
    for folder in sorted(inbox.iterdir()):
        if folder.is_dir() and _MONTH.fullmatch(folder.name):
            found[folder.name] = sorted(
                p for p in folder.iterdir()
                if not p.name.startswith(_LEFT_ALONE) and not p.name.lower().endswith(_UNFINISHED)
                and (p.is_symlink() or not p.is_dir()))
    return found


def _claimed(path: Path) -> bool:
    return contract_of(path.name) is not None and is_data_file(path.name)


def _choose(contract: Contract, inbox: dict[str, list[Path]], period: Period, months: tuple[Period, Period] | None
            ) -> Iterable[tuple[Contract, str, Path]]:
    mine = {month: [p for p in paths if is_data_file(p.name) and contract_of(p.name) is contract]
            for month, paths in inbox.items() if month <= period.text or months is not None}
    with_files = [m for m, paths in sorted(mine.items()) if paths]
    if contract.supply == "feed":
        first, last = (months[0].text, months[1].text) if months else (period.text, period.text)
        taken = [m for m in with_files if first <= m <= last]
    else:
        taken = [m for m in with_files if m <= period.text]
        if contract.supply == "snapshot":
            taken = taken[-1:]
    return [(contract, month, path) for month in taken for path in mine[month]]


def _read_all(
    workspace: Place, chosen: list[tuple[Contract, str, Path]], spool: Path | None, progress: Progress | None
) -> list[FileRead]:
    reads: list[FileRead] = []
    problems: list[tuple[str, str, str]] = []
    problems_en: list[tuple[str, str, str]] = []
    refused: list[InputRefused] = []
    for contract, month, path in chosen:
        src_file = relative(workspace, path)
        if progress is not None:
            progress(f"读取 {src_file}", f"reading {src_file}")
        try:
            reads.append(read_rows(path, contract, month, spool, src_file))
        except InputRefused as bad:
            refused.append(bad)
            told = bad.problems or [(src_file, bad.text, bad.hint)]
            problems += [(src_file, reason, hint) for _, reason, hint in told]
            told_en = bad.problems_en or [(src_file, bad.text_en, bad.hint_en)]
            problems_en += [(src_file, reason, hint) for _, reason, hint in told_en]
    if len(refused) == 1:
        refused[0].problems, refused[0].problems_en = problems, problems_en
        refused[0].hint += f"；给送件单位的说明：nxmed check {problems[0][0]}"
        refused[0].hint_en += f"; to tell the sender: nxmed check {problems[0][0]}"
        raise refused[0]
    if refused:
        raise InputRefused(
            f"{len(refused)} 份文件被整份拒收，未发布任何内容", "按下列各份的说明更正后重新运行；给送件单位的说明：nxmed check 文件",
            text_en=f"{len(refused)} files were refused as a whole, nothing was published",
            hint_en="mend each as said below and run again; to tell the senders: nxmed check FILE", problems=problems, problems_en=problems_en)
    groups: dict[tuple[str, str], list[FileRead]] = {}
    for read in reads:
        groups.setdefault((read.contract.id, read.month), []).append(read)
    for group in groups.values():
        settle(group)
    return reads


def relative(workspace: Place, path: Path) -> str:
    """The path inside the workspace, with forward slashes; inbox/… when the inbox lies elsewhere."""
    try:
        return path.relative_to(workspace.path).as_posix()
    except ValueError:
        return "inbox/" + path.relative_to(workspace.inbox).as_posix()


def _missing(missing: list[Contract], period: Period) -> MissingInput:
    names = "、".join(f"{c.zh}（{c.id}）" for c in missing)
    folder = f"inbox/{period.text}"
    return MissingInput(
        f"{period.text} 缺少应到的文件：{names}",
        f"放入 {folder}/，文件名以中文名或代号开头，如 {missing[0].id}_{period.ym}.csv",
        text_en=f"{period.text} lacks: {', '.join(c.id for c in missing)}",
        hint_en=f"Put them into {folder}/, names beginning with the contract's id, as {missing[0].id}_{period.ym}.csv")
