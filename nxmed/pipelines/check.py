"""检查的流程 (nxmed check): files are read as a run would read them, nothing is published.

The workbook of problems is written beside the file, into the folder asked for, or, for a file inside a workspace, into
its quarantine folder: the inbox is never changed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from nxmed.errors import InputRefused, MissingInput, UsageError

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.reading import FileRead
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.contract import Contract
    from nxmed.report.returned import Returned

SUFFIX = ".问题.xlsx"
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])\Z")


@dataclass(frozen=True)
class FileCheck:
    """一份文件的检查结果.

    problems: report.returned.PROBLEM_SHAPE with text_en and hint_en; `refused`: reason and hint, in Chinese and in
    English, when the file was refused as a whole; `findings`: counts by code; `workbook`: written for this file,
    `unwritten`: why it could not be.
    """

    path: Path
    kind: str
    kind_zh: str
    encoding: str
    format: str
    rows: int
    accepted: int
    rejected: int
    duplicates: int
    problems: pl.DataFrame
    findings: dict[str, int] = field(default_factory=dict)
    refused: tuple[tuple[str, str], tuple[str, str]] | None = None
    workbook: Path | None = None
    unwritten: str = ""

    @property
    def good(self) -> bool:
        """全部收下 (no row and not the file is rejected)."""
        return self.refused is None and self.rejected == 0


def run_check(
    files: Sequence[Path], *, kind: str | None = None, out: Path | None = None, workspace: Path | None = None,
    write: bool = True,
) -> list[FileCheck]:
    """检查文件 (each alone). `kind`: contract id or Chinese title for all of them.

    An absent file: MissingInput (exit 6) before anything is read. Unknown kind or unusable `out`: UsageError (exit 2).
    """
    contract = _kind(kind)
    _all_there(files)
    if out is not None and not out.is_dir():
        raise UsageError(f"不是文件夹：{out}", "先建立该文件夹，或去掉 --out",
                         text_en=f"not a folder: {out}", hint_en="make it first, or leave --out away")
    given = _given_workspace(workspace)
    taken: set[Path] = set()
    return [_check(path, contract, out, given, taken, write) for path in files]


def _kind(kind: str | None) -> Contract | None:
    from nxmed.io.resources import contracts

    if kind is None:
        return None
    for contract in contracts().values():
        if kind in (contract.id, contract.zh):
            return contract
    known = "、".join(f"{c.id} {c.zh}" for c in contracts().values())
    raise UsageError(f"没有这种文件：{kind}", f"可用：{known}", text_en=f"no such kind of file: {kind}",
                     hint_en="known: " + ", ".join(contracts()))


def _all_there(files: Sequence[Path]) -> None:
    absent = [str(f) for f in files if not f.exists() and not f.is_symlink()]
    if absent:
        raise MissingInput("文件不存在：" + "、".join(absent), "核对文件名和路径",
                           text_en="no such file: " + ", ".join(absent), hint_en="check names and folders")


def _given_workspace(given: Path | None) -> Workspace | None:
    from nxmed.io.workspace import find

    return find(given) if given is not None or os.environ.get("NXMED_WORKSPACE") else None


def _check(
    path: Path, contract: Contract | None, out: Path | None, ws: Workspace | None, taken: set[Path], write: bool
) -> FileCheck:
    import polars as pl

    from nxmed.io.reading import contract_of, read_file
    from nxmed.report.returned import PROBLEM_SHAPE, problems_of

    known = contract or contract_of(path.name)
    try:
        with TemporaryDirectory(prefix="nxmed-check-") as spool:
            read = read_file(path, known, month=_month(path), spool=Path(spool))
            problems = problems_of(read)
            book, unwritten = None, ""
            if problems.height and write:
                try:
                    book = _write(path, [read], out, ws, taken)
                except OSError as problem:  # the problems themselves are told all the same
                    unwritten = problem.strerror or type(problem).__name__
            findings = dict(sorted(read.findings.group_by("code").len().rows()))
            return FileCheck(path, read.contract.id, read.contract.zh, read.encoding, read.format, read.rows_read,
                             read.accepted, read.rejected, read.duplicates, problems, findings, None, book, unwritten)
    except InputRefused as refused:
        empty = pl.DataFrame(schema={**PROBLEM_SHAPE, "text_en": pl.String(), "hint_en": pl.String()})
        reason = (refused.text, refused.text_en), (refused.hint, refused.hint_en)
        book, unwritten = None, ""
        if write:
            try:
                book = _write(path, [_whole(path, refused)], out, ws, taken)
            except OSError as problem:
                unwritten = problem.strerror or type(problem).__name__
        return FileCheck(path, known.id if known else "", known.zh if known else "", "", "", 0, 0, 0, 0, empty,
                         refused=reason, workbook=book, unwritten=unwritten)


def _whole(path: Path, refused: InputRefused) -> Returned:
    """A file that could not be read at all, as it goes back: no rows, what is wrong in the list."""
    import polars as pl

    from nxmed.report.returned import PROBLEM_SHAPE, Returned

    told = refused.problems or [(path.name, refused.text, refused.hint)]
    rows = [(None, None, None, "", None, text, hint) for _, text, hint in told]
    return Returned(path.name, pl.DataFrame(schema={"_row": pl.Int64()}), pl.DataFrame(rows, schema=PROBLEM_SHAPE, orient="row"), head=0)


def _month(path: Path) -> str:
    name = path.absolute().parent.name
    return name if _MONTH.match(name) else ""


def _write(path: Path, reads: Sequence[FileRead | Returned], out: Path | None, ws: Workspace | None, taken: set[Path]) -> Path:
    """The workbook of problems, put in place by rename."""
    from nxmed.io.files import make_folder, sync_file, temp_beside
    from nxmed.report.quarantine import write_quarantine

    folder = out.absolute() if out is not None else _folder(path, ws)
    target = folder / f"{path.stem}{SUFFIX}"
    if target in taken:
        target = folder / f"{path.name}{SUFFIX}"
    taken.add(target)
    make_folder(folder)
    temp = temp_beside(target)
    try:
        write_quarantine(temp, reads)
        sync_file(temp)
        os.replace(temp, target)
    finally:
        temp.unlink(missing_ok=True)
    return target


def _folder(path: Path, ws: Workspace | None) -> Path:
    """Beside the file; for a file of a workspace its quarantine folder."""
    from nxmed.io.workspace import CONFIG_NAME, open_workspace

    place = path.absolute().parent
    owner = ws if ws is not None and any(place.is_relative_to(p) for p in (ws.path, ws.inbox)) else None
    if owner is None:
        root = next((p for p in (place, *place.parents) if (p / CONFIG_NAME).is_file()), None)
        owner = open_workspace(root) if root is not None else None
    if owner is None:
        return place
    month = _month(path)
    return owner.quarantine / month if month else owner.quarantine
