"""操作日志 (logs/nxmed.log): one line per command, rotated, with every long number masked.

It is kept where the folder logs/ is: `nxmed run` and `nxmed schedule` make it, `mkdir logs` does too.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

from nxmed.io.files import FILE_MODE, make_folder

FOLDER = "logs"
NAME = "nxmed.log"
MAX_BYTES = 5_000_000
KEPT = 12
CONFIG_NAME = "nxmed.toml"
_LONG_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){10,}[Xx]?")
_NOTES = ("--note", "--reason", "--why")


def masked(text: str) -> str:
    """掩去长号码 (eleven digits and more: identity numbers, accounts, telephones; the last four stay)."""
    return _LONG_NUMBER.sub(lambda m: "*" * 6 + m.group()[-4:], text)


def begin(root: Path) -> None:
    """开始记日志 (makes the folder)."""
    make_folder(root / FOLDER)


def note(words: Sequence[str], code: int, seconds: str, *, environment: str | None = None) -> None:
    """记一条命令 (its words masked, what was written as a note left out). Without a journal: nothing."""
    root = _workspace(words, environment)
    if root is None:
        return
    shown = [("…" if i and words[i - 1] in _NOTES else word) for i, word in enumerate(words)]
    folder = root / FOLDER
    try:
        os.close(os.open(folder / NAME, os.O_CREAT | os.O_WRONLY, FILE_MODE))
        handler = RotatingFileHandler(folder / NAME, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8")
    except OSError:  # a reader's workspace: reading needs no journal
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(process)d %(message)s"))
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk is the command's to tell
    level = logging.INFO if code == 0 else logging.WARNING if code in (5, 6, 10, 75) else logging.ERROR
    record = logging.LogRecord("nxmed", level, "", 0, f"exit={code} seconds={seconds} nxmed {masked(' '.join(shown))}", None, None)
    try:
        handler.handle(record)
    finally:
        handler.close()


def _workspace(words: Sequence[str], environment: str | None) -> Path | None:
    """The workspace that the command line names, without reading its configuration."""
    named = next((words[i + 1] for i, w in enumerate(words[:-1]) if w in ("-w", "--workspace")), None)
    named = named or next((w.partition("=")[2] for w in words if w.startswith("--workspace=")), None)
    try:
        root = Path(named or environment or ".").expanduser().absolute()
    except OSError:  # started in a folder that is gone
        return None
    return root if (root / CONFIG_NAME).is_file() and (root / FOLDER).is_dir() else None
