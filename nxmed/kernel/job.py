"""作业 (a job): steps with what each needs and waits for. Data from a job file, and the order in which steps run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SEVERITY = (7, 1, 2, 3, 4, 6, 5, 10, 75, 143, 130, 0)
"""Exit codes from the worst to the best: who must act first."""


def worst(codes: Iterable[int]) -> int:
    """最严重的退出码 (0 without any; an unknown code counts as an internal error)."""
    rank = {code: place for place, code in enumerate(SEVERITY)}
    return min((c if c in rank else 1 for c in codes), key=lambda c: rank[c], default=0)


@dataclass(frozen=True)
class Wait:
    """等待的文件: one file of any of `contracts` in the inbox of `month` ("{period}").

    `by_day`: the day of the month after the period by which it should have come (0: nobody says); later it is late.
    `optional`: an agency to which no such file has ever come is not waited for: the step is none of its work.
    """

    contracts: tuple[str, ...]
    month: str
    by_day: int = 0
    optional: bool = False


@dataclass(frozen=True)
class Step:
    """一步 (an nxmed command line). `needs`: steps that must have succeeded; `stop`: when it fails nothing else runs."""

    id: str
    zh: str
    en: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    waits: tuple[Wait, ...] = ()
    wait_minutes: int = 0
    stop: bool = False
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """作业. `month`: last, this or next, from the day it runs for; `due`: daily, open or tax_file."""

    id: str
    zh: str
    en: str
    month: str
    due: str
    steps: tuple[Step, ...]
    sha256: str
    schedule: tuple[str, ...] = ()

    def for_region(self, region: str) -> Job:
        """一个地区的步骤 (a step of another region is not there, nor is it needed)."""
        kept = [s for s in self.steps if not s.regions or region in s.regions]
        here = {s.id for s in kept}
        steps = tuple(
            Step(s.id, s.zh, s.en, s.command, tuple(n for n in s.needs if n in here), s.waits, s.wait_minutes, s.stop)
            for s in kept)
        return Job(self.id, self.zh, self.en, self.month, self.due, steps, self.sha256, self.schedule)


def ordered(steps: Iterable[Step]) -> tuple[Step, ...]:
    """按依赖排序 (as written, a step after all it needs). A circle or an unknown step: ValueError naming it."""
    left = list(steps)
    known = {s.id for s in left}
    for step in left:
        unknown = [n for n in step.needs if n not in known]
        if unknown:
            raise ValueError(unknown[0])
    done: list[Step] = []
    while left:
        ready = next((s for s in left if {d.id for d in done}.issuperset(s.needs)), None)
        if ready is None:
            raise ValueError(left[0].id)
        done.append(ready)
        left.remove(ready)
    return tuple(done)
