"""工作区锁 (one writer at a time): flock on a file, so that the kernel frees it when the holder dies."""

from __future__ import annotations

import errno
import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from nxmed.errors import UsageError, WorkspaceLocked
from nxmed.io.disk import disk_error
from nxmed.io.files import FILE_MODE

LOCK_NAME = ".nxmed.lock"


@contextmanager
def hold(folder: Path, command: str, *, reading: bool = False) -> Iterator[bool]:
    """占用工作区 (WorkspaceLocked, exit 75, names pid, user, command and start of who holds it). Gives True.

    In a workspace that may only be read: exit 2; with `reading` the lock is shared with other readers, or not taken where
    there is none, and False is given.
    """
    try:
        handle = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, FILE_MODE)
    except OSError as problem:
        if problem.errno not in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise disk_error(problem) from problem
        if not reading:
            raise UsageError(
                "工作区不可写，未发布任何内容", "用有写权限的账号运行；只看结果加 --dry-run",
                text_en="The workspace can't be written to; nothing was published",
                hint_en="Use an account that may write; to see the result only, add --dry-run") from None
        with _shared(folder):
            yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(handle) from None
        who = {
            "pid": os.getpid(),
            "user": user(),
            "host": socket.gethostname(),
            "command": command,
            "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        }
        # The lock is the kernel's; the name in the file is for people, and a full disk may lose it.
        with suppress(OSError):
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(who, ensure_ascii=False).encode(), 0)
        try:
            yield True
        finally:
            with suppress(OSError):
                os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def holder(folder: Path) -> Mapping[str, object] | None:
    """谁占用着 (pid, user, command and so on, as far as it is told; None when nobody does), by a look that takes no lock for itself."""
    try:
        handle = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except OSError:
        return None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            try:
                who = json.loads(os.pread(handle, 4096, 0) or b"{}")
            except ValueError:
                who = {}
            return who if isinstance(who, dict) else {}
        return None
    finally:
        os.close(handle)


@contextmanager
def _shared(folder: Path) -> Iterator[None]:
    """Beside other readers; not while somebody writes. A file that can't even be read is no reason to stop."""
    try:
        handle = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(handle) from None
        yield
    finally:
        os.close(handle)


def user() -> str:
    """操作系统用户名 (the account that runs nxmed)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _taken(handle: int) -> WorkspaceLocked:
    """Who holds it; the holder writes its name right after taking the lock, so a short wait may be needed."""
    held: dict[str, object] = {}
    for _ in range(20):
        try:
            held = json.loads(os.pread(handle, 4096, 0) or b"{}")
        except ValueError:
            held = {}
        if held:
            break
        time.sleep(0.01)
    pid, name = held.get("pid", "?"), held.get("user", "?")
    command, since = held.get("command", "?"), held.get("since", "?")
    return WorkspaceLocked(
        f"工作区正被占用：进程 {pid}，用户 {name}，命令 {command}，自 {since}",
        "等它结束后再运行；进程已不在的，锁会自动释放",
        text_en=f"The workspace is in use: pid {pid}, user {name}, command {command}, since {since}",
        hint_en="Run again when it has ended; the lock frees itself when that process is gone",
    )
