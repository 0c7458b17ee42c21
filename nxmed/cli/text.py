"""界面文字 (what people read): language, tables, progress. stdout is the result, stderr is progress and messages."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

HEARTBEAT_SECONDS = 30
PIPE_WIDTH = 160

_chosen: list[str] = []


def set_lang(lang: str | None) -> None:
    """选定语言 (zh or en; None: from the locale)."""
    _chosen[:] = [lang] if lang in ("zh", "en") else []


def language_in(words: Sequence[str]) -> str | None:
    """命令行里写的语言 (what stands after --lang; None without it)."""
    for i, word in enumerate(words):
        if word == "--lang" and i + 1 < len(words):
            return words[i + 1]
        if word.startswith("--lang="):
            return word.partition("=")[2]
    return None


def lang() -> str:
    """当前语言: chosen, else from the locale; Chinese where the locale says nothing."""
    if _chosen:
        return _chosen[0]
    for name in ("NXMED_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "en" if value.lower().startswith("en") else "zh"
    return "zh"


def t(zh: str, en: str) -> str:
    """按语言取文字."""
    return zh if lang() == "zh" else en


def console(*, stderr: bool = False) -> Console:
    """终端 (rich console; on a pipe a fixed wide width, so that nothing is cut)."""
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Screen(file=stream, highlight=False, markup=False, emoji=False, width=width, soft_wrap=False)


def out(*what: Any) -> None:
    """写到标准输出 (text or rich renderables)."""
    screen = console()
    for item in what:
        screen.print(item)


def say(*what: Any) -> None:
    """写到标准错误."""
    screen = console(stderr=True)
    for item in what:
        screen.print(item)


def table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]], *, title: str = "") -> Any:
    """对齐的表 (columns: (heading, "left"|"right")); widths follow East Asian width."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, show_edge=False, title=title or None, title_justify="left", padding=(0, 2, 0, 0))
    for heading, side in columns:
        made.add_column(heading, justify="right" if side == "right" else "left", overflow="fold",
                        no_wrap=side == "right")
    for row in rows:
        made.add_row(*["" if cell is None else str(cell) for cell in row])
    return made


def count(number: int) -> str:
    """计数, 千分位."""
    return f"{number:,}"


class Steps:
    """进度 (steps of a long command on stderr: a moving bar on a terminal, lines with a heartbeat in a log)."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._name = ""
        self._since = 0.0
        self._stop = threading.Event()
        self._status: Any = None

    def __call__(self, zh: str, en: str) -> None:
        """Say which step begins now."""
        if self.quiet:
            return
        self._finish()
        self._name, self._since = t(zh, en), time.monotonic()
        if self._terminal:
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._status = Progress(TextColumn("{task.description}"), BarColumn(bar_width=30), TimeElapsedColumn(),
                                    console=console(stderr=True), transient=True)
            self._status.add_task(self._name, total=None)
            self._status.start()
        else:
            sys.stderr.write(f"… {self._name}\n")
            sys.stderr.flush()

    def _finish(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._name and self._terminal:
            sys.stderr.write(f"  ✔ {self._name}  {time.monotonic() - self._since:.1f}s\n")
        self._name = ""

    def _beat(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            if self._name and not self._terminal:
                seconds = int(time.monotonic() - self._since)
                sys.stderr.write(t(f"  仍在进行：{self._name}（{seconds} 秒）\n", f"  still at: {self._name} ({seconds} s)\n"))
                sys.stderr.flush()

    @contextmanager
    def running(self) -> Iterator[Steps]:
        """Keep the heartbeat going while the command works."""
        beat = threading.Thread(target=self._beat, daemon=True)
        beat.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._finish()
