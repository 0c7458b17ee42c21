"""计量 (wall seconds and peak memory of a command as a whole process)."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """一次运行: wall and processor seconds, peak resident memory in MiB, exit code."""

    wall: float
    cpu: float
    peak: float
    code: int


def run(words: Sequence[str | Path], cwd: Path | None = None) -> Figure:
    """运行并计量 (output thrown away)."""
    began = time.perf_counter()
    process = subprocess.Popen([str(w) for w in words], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Figure(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode)


def median(figures: Sequence[Figure]) -> Figure:
    """中位 (the run with the middle wall time)."""
    return sorted(figures, key=lambda f: f.wall)[len(figures) // 2]


def row(name: str, figure: Figure, against: Figure | None = None) -> str:
    """一行 for the page."""
    ratio = f"{figure.wall / against.wall:.2f}" if against else ""
    return f"| {name} | {figure.wall:.2f} | {figure.cpu:.2f} | {figure.peak:,.0f} | {ratio} |"
