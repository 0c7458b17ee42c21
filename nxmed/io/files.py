"""文件落盘 (durable files): private rights, fsync of files and folders, temp + rename, hashes."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from nxmed.io.failpoint import failpoint

FILE_MODE = 0o600
FOLDER_MODE = 0o700
TEMP_PREFIX = ".nxmed-"


def make_folder(path: Path) -> None:
    """建文件夹 (with parents, rights 0700)."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=FOLDER_MODE, exist_ok=True)


def sha256_of(path: Path) -> str:
    """文件的 sha256."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync_file(path: Path) -> None:
    """把文件内容写到磁盘, rights 0600."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fchmod(handle, FILE_MODE)
        failpoint("fsync.file")
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """把文件夹的目录项写到磁盘."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        failpoint("fsync.folder")
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(root: Path) -> None:
    """整棵目录落盘 (every file, then every folder from the bottom up)."""
    for folder, _, names in os.walk(root, topdown=False):
        for name in sorted(names):
            sync_file(Path(folder, name))
        os.chmod(folder, FOLDER_MODE)
        sync_folder(Path(folder))


def write_bytes(path: Path, content: bytes) -> None:
    """原子写小文件 (temp beside it, fsync, rename, fsync of the folder)."""
    temp = temp_beside(path)
    try:
        _write(temp, content)
        os.replace(temp, path)
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def stage_bytes(path: Path, content: bytes) -> Path:
    """在旁边写好临时文件 (fsynced, ready for os.replace onto `path`)."""
    temp = temp_beside(path)
    try:
        _write(temp, content)
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
    return temp


def stage_copy(source: Path, path: Path) -> Path:
    """在目标旁边放好副本 (same bytes and modification time, fsynced, ready for os.replace onto `path`)."""
    make_folder(path.parent)
    temp = temp_beside(path)
    try:
        failpoint("deliver.copy")
        shutil.copyfile(source, temp)
        sync_file(temp)
        seen = source.stat()
        os.utime(temp, ns=(seen.st_mtime_ns, seen.st_mtime_ns))
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
    return temp


def temp_beside(path: Path) -> Path:
    """临时文件名 (hidden, in the same folder, so that a rename stays within one file system)."""
    return path.parent / f"{TEMP_PREFIX}{os.getpid()}-{path.name}"


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def owner_alive(name: str) -> bool:
    """名字里的进程号是否还在运行 (".building-123", ".nxmed-123-x"); unknown counts as gone."""
    digits = next((part for part in name.split("-")[1:2] if part.isdigit()), "")
    return bool(digits) and alive(int(digits))


def alive(pid: int) -> bool:
    """进程是否还在 (false for 0 and for one that is gone)."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def remove_empty(folder: Path) -> None:
    """删空文件夹 (leaves one with anything in it)."""
    try:
        folder.rmdir()
    except OSError:
        return
