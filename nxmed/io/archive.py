"""归档文件 (the archive of one closed month): one tar.gz that can be verified alone, with nxmed or with tar and sha256sum.

The same workspace gives the same bytes: names sorted, no times, no owners. ARCHIVE.json lists every file and the chain of
manifests from the first run of the month to its last; SHA256SUMS says the same for standard tools.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, NoReturn

import nxmed
from nxmed.errors import GateError, IntegrityError, MissingInput
from nxmed.io import payout_store
from nxmed.io.files import FILE_MODE, make_folder, sha256_of, sync_file, sync_folder, temp_beside
from nxmed.io.job_runs import HISTORY
from nxmed.io.run_store import Run, is_sealed, runs
from nxmed.io.workspace import Workspace
from nxmed.kernel.period import Period

SCHEMA = "nxmed.archive/1"
HEADER = "ARCHIVE.json"
SUMS = "SHA256SUMS"
UNSEALED = ("report",)
"""Commands on which nothing rests: they may stand open."""
MOST_BYTES = 64 << 30
Source = Path | bytes
"""What goes into the archive: a file, or bytes made for it."""


@dataclass(frozen=True)
class Packed:
    """归档结果: where it is, its sha256, how many files and bytes are in it."""

    path: Path
    sha256: str
    files: int
    bytes: int


def pack(ws: Workspace, period: Period, folder: Path) -> Packed:
    """打包一个已封存的月份 (not closed: GateError, exit 5; nothing of it here: MissingInput, exit 6)."""
    mine = [r for r in runs(ws) if r.period == period]
    if not mine:
        raise MissingInput(f"{period.text} 没有已发布的运行", "nxmed runs 列出有哪些", text_en=f"Nothing is published for {period.text}",
                           hint_en="nxmed runs lists what there is")
    still_open = sorted({r.command for r in mine if r.command not in UNSEALED and not is_sealed(ws, r.command, period)})
    if still_open:
        raise GateError(f"{period.text} 还没有封存：{'、'.join(still_open)}", f"{(period + 1).text} 的月度命令运行之后再归档",
                        text_en=f"{period.text} is not closed: {', '.join(still_open)}", hint_en=f"archive it after the commands of {(period + 1).text}")
    content = dict(_content(ws, period, mine))
    listed = [{"path": name, "sha256": _sha256(source), "bytes": _size(source)} for name, source in sorted(content.items())]
    header = {"schema": SCHEMA, "region": ws.region, "poolarea_no": ws.poolarea_no, "period": period.text, "version": nxmed.__version__,
              "chain": _chain(ws, mine), "files": listed}
    content[HEADER] = (json.dumps(header, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    content[SUMS] = "".join(f"{f['sha256']}  {f['path']}\n" for f in listed).encode()
    make_folder(folder)
    target = folder / f"nxmed_{ws.region}_{period.text}.tar.gz"
    temp = temp_beside(target)
    try:
        _tar(content, temp)
        sync_file(temp)
        sha = sha256_of(temp)
        if target.is_file() and sha256_of(target) != sha:
            raise IntegrityError(f"归档 {target.name} 已有，内容不同", "核对后把旧的移开再归档",
                                 text_en=f"The archive {target.name} is there with other content", hint_en="move the old one away after looking into it")
        temp.replace(target)
    finally:
        temp.unlink(missing_ok=True)
    sync_folder(folder)
    return Packed(target, sha, len(listed), sum(map(_size, content.values())))


def unpack(path: Path, folder: Path) -> Mapping[str, Any]:
    """解开并核对 (every file against ARCHIVE.json; IntegrityError, exit 7, at the first that differs)."""
    try:
        with gzip.open(path, "rb") as whole:  # to its end: the checksum stands behind the last file
            while whole.read(1 << 20):
                pass
        with tarfile.open(path, "r:gz") as tar:
            members = {m.name: m for m in tar.getmembers()}
            if sum(m.size for m in members.values()) > MOST_BYTES or any(not _plain(m) for m in members.values()):
                _broken(path, "有不该有的内容", "holds what it should not")
            if HEADER not in members:
                _broken(path, f"没有 {HEADER}", f"has no {HEADER}")
            header: Mapping[str, Any] = json.loads(_stream(tar, members[HEADER]).read())
            listed = {str(f["path"]): str(f["sha256"]) for f in header["files"]}
            extra = sorted(set(members) - set(listed) - {HEADER, SUMS})
            if extra:
                _broken(path, f"多出文件 {extra[0]}", f"holds a file too many: {extra[0]}")
            for name, sha in sorted(listed.items()):
                if name not in members:
                    _broken(path, f"缺少文件 {name}", f"lacks {name}")
                target = folder / name
                make_folder(target.parent)
                with target.open("wb") as out:
                    shutil.copyfileobj(_stream(tar, members[name]), out)
                if sha256_of(target) != sha:
                    _broken(path, f"文件被改动 {name}", f"a file was changed: {name}")
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError, KeyError, TypeError):
        _broken(path, "打不开或不完整", "cannot be opened, or is cut short")
    return header


def _content(ws: Workspace, period: Period, mine: list[Run]) -> Iterator[tuple[str, Source]]:
    """All that belongs to the month, by name inside the archive."""
    inputs = {str(i["path"]): str(i["sha256"]) for r in mine for i in r.manifest["inputs"] if str(i["path"]).startswith("inbox/")}
    for name, sha in sorted(inputs.items()):
        path = ws.inbox / PurePosixPath(name).relative_to("inbox")
        if not path.is_file():
            raise IntegrityError(f"输入文件不在了：{name}", "从备份恢复到收件箱再归档", text_en=f"An input is gone: {name}",
                                 hint_en="restore it into the inbox from the backup")
        if sha256_of(path) not in {sha, *_seen(mine, name)}:
            raise IntegrityError(f"输入文件与运行时不同：{name}", "从备份恢复到收件箱再归档", text_en=f"An input changed since its run: {name}",
                                 hint_en="restore it into the inbox from the backup")
        yield name, path
    for place, root in (("outbox", ws.outbox / period.text), ("quarantine", ws.quarantine / period.text)):
        yield from _tree(root, f"{place}/{period.text}")
    for run in mine:
        yield from _tree(run.folder, f"runs/{run.name}")
    for job in sorted((ws.path / HISTORY).glob(f"*/{period.text}")):
        yield from _tree(job, f"{HISTORY.as_posix()}/{job.parent.name}/{period.text}")
    for name in ("nxmed.toml", "policy.toml", "allowed_signers", "payouts.log.jsonl", "settle_resolutions.jsonl"):
        if (ws.path / name).is_file():
            yield name, ws.path / name
    if payout_store.exists(ws):
        yield "payouts.sqlite", _database(payout_store.path_of(ws))
    law = Path(nxmed.__file__).parent / "law"
    for path in sorted(law.rglob("*.toml")):
        yield f"law/{path.relative_to(law).as_posix()}", path


def _seen(mine: list[Run], name: str) -> set[str]:
    """Every content that a run of the month read under this name (a superseded run may have read an older one)."""
    return {str(i["sha256"]) for r in mine for i in r.manifest["inputs"] if i["path"] == name}


def _tree(root: Path, prefix: str) -> Iterator[tuple[str, Source]]:
    if root.is_dir():
        for path in sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink() and not p.name.startswith(".")):
            yield f"{prefix}/{path.relative_to(root).as_posix()}", path


def _database(path: Path) -> bytes:
    """The payout store as it stands at this moment, whatever is being written."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source, closing(sqlite3.connect(":memory:")) as copy:
        source.backup(copy)
        return copy.serialize()


def _chain(ws: Workspace, mine: list[Run]) -> list[dict[str, Any]]:
    """Every run between the month's first and last, so that the chain can be followed without the other months."""
    first, last = min(r.seq for r in mine), max(r.seq for r in mine)
    return [{"seq": r.seq, "run": r.name, "run_id": r.run_id, "manifest_sha256": r.manifest_sha, "previous": dict(r.manifest["previous"])}
            for r in sorted(runs(ws), key=lambda r: r.seq) if first <= r.seq <= last]


def _tar(content: Mapping[str, Source], target: Path) -> None:
    """Names sorted, the header first; no times, no owners."""
    with (
        open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in sorted(content, key=lambda n: (n != HEADER, n != SUMS, n)):
            source = content[name]
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = _size(source), FILE_MODE, 0
            with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
                tar.addfile(member, stream)


def _size(source: Source) -> int:
    return len(source) if isinstance(source, bytes) else source.stat().st_size


def _sha256(source: Source) -> str:
    return hashlib.sha256(source).hexdigest() if isinstance(source, bytes) else sha256_of(source)


def _plain(member: tarfile.TarInfo) -> bool:
    """A regular file below the folder, nothing else."""
    path = PurePosixPath(member.name)
    return member.isreg() and not path.is_absolute() and ".." not in path.parts


def _stream(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    stream = tar.extractfile(member)
    if stream is None:
        raise tarfile.TarError(member.name)
    return stream


def _broken(path: Path, zh: str, en: str) -> NoReturn:
    raise IntegrityError(f"归档 {path.name} {zh}", "换一份没有动过的归档", text_en=f"The archive {path.name} {en}",
                         hint_en="take a copy that nobody has touched")
