"""运行结果 (what a command has to say after it ran)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Progress = Callable[[str, str], None]
"""Called with the Chinese and the English name of the step that begins."""


def silent(zh: str, en: str) -> None:
    """不报进度."""
    del zh, en


@dataclass(frozen=True)
class Outcome:
    """一次运行的结果.

    status: published, up_to_date or dry_run. `facts` are plain values (amounts in fen where the name ends in _fen),
    `equations` the proved equations as in the manifest, `finding_counts` by code, `files` what was written.
    `unfinished`: the run is published, but a copy in the outbox or the catalogue is still to come (the next command does it).
    """

    command: str
    period: str
    status: str
    run_id: str
    run_dir: Path | None
    facts: Mapping[str, Any]
    equations: list[dict[str, Any]]
    finding_counts: Mapping[str, int]
    files: list[Path] = field(default_factory=list)
    quarantine: list[Path] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    statement: list[dict[str, Any]] = field(default_factory=list)
    unfinished: bool = False

    @property
    def rejected(self) -> int:
        return sum(int(i.get("rejected", 0)) for i in self.inputs)

    @property
    def errors(self) -> int:
        """How many findings are of severity error."""
        from nxmed.kernel.finding_codes import CODES

        return sum(n for code, n in self.finding_counts.items() if CODES[code].severity == "error")
