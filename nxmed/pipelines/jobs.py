"""跑作业 (nxmed run JOB): the steps of a job file one after another, each a command line of its own, each recorded at once.

A step that waits for a file, or fails, takes along only the steps that need it. A run that was stopped goes on with
--resume, unless an input of a finished step, the law or the code has changed since.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

from nxmed.errors import EXIT_ABSENT, EXIT_TERMINATED, GateError, MissingInput
from nxmed.io import journal, lock, notices
from nxmed.io.files import make_folder
from nxmed.io.fingerprint import code_digest
from nxmed.io.job_files import load_job
from nxmed.io.job_runs import HISTORY, JobRun, Recorder, last_run
from nxmed.io.workspace import Workspace
from nxmed.kernel.job import Job, Step, Wait, worst
from nxmed.kernel.period import Period
from nxmed.pipelines.job_due import due, months
from nxmed.pipelines.job_inputs import arrived, changed_since, foreign, inputs_of

SHANGHAI = timezone(timedelta(hours=8))
POLL_SECONDS = 20
GOOD = ("done", "kept")
Tell = Callable[["StepState"], None]


@dataclass(frozen=True)
class StepState:
    """一步的结果. state: done, kept (done before, --resume), waiting, failed, skipped; `code` is the command's."""

    step: Step
    place: int
    of: int
    state: str
    code: int = 0
    seconds: int = 0
    zh: str = ""
    en: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JobOutcome:
    """作业的结果. status: ran or not_due (then `zh`/`en` say why)."""

    job: Job
    period: str
    as_of: date
    status: str
    code: int
    record: str = ""
    states: tuple[StepState, ...] = ()
    zh: str = ""
    en: str = ""


def today() -> date:
    """今天 (in China, whatever the machine's time zone)."""
    return datetime.now(SHANGHAI).date()


def run_due(
    ws: Workspace, name: str, *, as_of: date, tell: Tell = lambda state: None,
    done: Callable[[JobOutcome], None] = lambda outcome: None,
) -> list[JobOutcome]:
    """到期才跑 (--if-due): months left unfinished first, then the day's own; what is not due says why."""
    job = load_job(name, ws.path).for_region(ws.region)
    made = []
    for month in months(ws, job, as_of):
        verdict = due(ws, job, month, as_of)
        if verdict.now:
            made.append(run_job(ws, name, as_of=as_of, period=month, tell=tell))
        else:
            made.append(JobOutcome(job, month.text, as_of, "not_due", 0, zh=verdict.zh, en=verdict.en))
        done(made[-1])
    return made


def run_job(
    ws: Workspace, name: str, *, as_of: date, period: Period | None = None, resume: bool = False, dry_run: bool = False,
    tell: Tell = lambda state: None,
) -> JobOutcome:
    """跑一份作业. `period`: the month, else by the job file from `as_of`. Worst exit code of the steps wins."""
    job = load_job(name, ws.path).for_region(ws.region)
    this = Period(as_of.year, as_of.month)
    month = period or {"last": this - 1, "this": this, "next": this + 1}[job.month]
    if dry_run:
        return _dry(ws, job, month, as_of, tell)
    make_folder(ws.path / HISTORY)
    journal.begin(ws.path)
    with lock.hold(ws.path / HISTORY, f"run {name}"):
        earlier = _to_resume(ws, job, month) if resume else None
        return _Run(ws, job, month, as_of, earlier, tell).go()


def months_of(period: Period) -> dict[str, str]:
    """命令里的月份 ({period}, {last} and {next} around it)."""
    return {"period": period.text, "last": (period - 1).text, "next": (period + 1).text}


def _to_resume(ws: Workspace, job: Job, month: Period) -> JobRun:
    earlier = last_run(ws, job.id, month.text)
    if earlier is None:
        raise MissingInput(f"作业 {job.id} 在 {month.text} 还没有运行过，没有可续的", f"nxmed run {job.id} --period {month.text}",
                           text_en=f"Job {job.id} has not run for {month.text}: nothing to resume")
    was = (earlier.start.get("law"), earlier.start.get("job_sha"))
    if was != (_law(ws, month), job.sha256):
        raise GateError("上次运行之后，法规数字、程序或作业文件变了，不能续跑", f"从头运行：nxmed run {job.id} --period {month.text}",
                        text_en="The law, the code or the job file changed since: the run cannot be resumed",
                        hint_en=f"Run it anew: nxmed run {job.id} --period {month.text}")
    done = [s for s, entry in earlier.steps.items() if entry["state"] in GOOD]
    changed = changed_since(ws, earlier, done)
    if changed:
        raise GateError(f"已完成的步骤读过的文件变了，不能续跑：{'、'.join(changed[:5])}",
                        f"从头运行：nxmed run {job.id} --period {month.text}",
                        text_en=f"Files that finished steps had read changed: {', '.join(changed[:5])}",
                        hint_en=f"Run it anew: nxmed run {job.id} --period {month.text}")
    return earlier


def _law(ws: Workspace, month: Period) -> str:
    return f"{ws.policy_sha(month)}|{code_digest()}"


def _dry(ws: Workspace, job: Job, month: Period, as_of: date, tell: Tell) -> JobOutcome:
    """What would run and what is waited for; nothing is started."""
    states = []
    for place, step in enumerate(job.steps, start=1):
        missing = [w for w in step.waits if not arrived(ws, w, months_of(month))]
        never = [w for w in step.waits if foreign(ws, w)]
        zh, en = _never(never) if never else _waiting(missing, month) if missing else (
            "会运行：" + _line(step, month), "would run: " + _line(step, month))
        states.append(StepState(step, place, len(job.steps), "skipped" if never else "waiting" if missing else "planned", zh=zh, en=en))
        tell(states[-1])
    return JobOutcome(job, month.text, as_of, "dry_run", 0, states=tuple(states))


class _Run:
    """One run of a job, recorded step by step."""

    def __init__(self, ws: Workspace, job: Job, month: Period, as_of: date, earlier: JobRun | None, tell: Tell) -> None:
        self.ws, self.job, self.month, self.as_of, self.earlier, self.tell = ws, job, month, as_of, earlier, tell
        self.record = Recorder(ws, job.id, month.text)
        self.states: dict[str, StepState] = {}
        self.child: subprocess.Popen[bytes] | None = None

    def go(self) -> JobOutcome:
        self.record.write(
            "start", job=self.job.id, period=self.month.text, as_of=self.as_of.isoformat(), at=_now(), pid=_pid(),
            job_sha=self.job.sha256, law=_law(self.ws, self.month),
            resumed=self.earlier.name if self.earlier is not None else None)
        before = signal.signal(signal.SIGTERM, self._terminated)
        try:
            halted = False
            for place, step in enumerate(self.job.steps, start=1):
                state = self._step(step, place, halted=halted)
                halted = halted or (step.stop and state.state not in GOOD)
        finally:
            signal.signal(signal.SIGTERM, before)
        code = worst(s.code for s in self.states.values() if s.state != "skipped")
        self.record.write("end", code=code, at=_now())
        how = "ok" if code == 0 else "failed" if any(s.state == "failed" for s in self.states.values()) else "waiting"
        notices.spool(self.ws, "job", how, {
            "job": self.job.id, "period": self.month.text, "as_of": self.as_of.isoformat(), "exit_code": code,
            "steps": [{"id": s.step.id, "state": s.state, "exit_code": s.code} for s in self.states.values()]})
        return JobOutcome(self.job, self.month.text, self.as_of, "ran", code, self.record.path.relative_to(self.ws.path).as_posix(),
                          tuple(self.states.values()))

    def _step(self, step: Step, place: int, *, halted: bool) -> StepState:
        of = len(self.job.steps)
        kept = self.earlier.steps.get(step.id) if self.earlier is not None else None
        broken = [n for n in step.needs if self.states[n].state not in GOOD]
        inputs: list[dict[str, str]] = []
        if kept is not None and kept["state"] in GOOD:
            state = StepState(step, place, of, "kept", zh="上次已完成", en="finished before")
            inputs = list(kept.get("inputs", []))
        elif broken or halted:
            names = "、".join(self.states[n].step.zh for n in broken) or "前面的步骤"
            state = StepState(step, place, of, "skipped", zh=f"跳过：{names}未完成", en=f"skipped: {', '.join(broken) or 'a step before'} did not finish")
        else:
            state = self._wait_and_run(step, place)
            inputs = inputs_of(self.ws, str(state.result.get("run_id", ""))) if state.state == "done" else []
        self.states[step.id] = state
        self.record.write("step", id=step.id, state=state.state, code=state.code, seconds=state.seconds, message=state.zh,
                          message_en=state.en, run_id=state.result.get("run_id"), inputs=inputs, at=_now())
        self.tell(state)
        return state

    def _wait_and_run(self, step: Step, place: int) -> StepState:
        of = len(self.job.steps)
        if never := [w for w in step.waits if foreign(self.ws, w)]:
            zh, en = _never(never)
            return StepState(step, place, of, "skipped", zh=zh, en=en)
        until = time.monotonic() + step.wait_minutes * 60
        while missing := [w for w in step.waits if not arrived(self.ws, w, months_of(self.month))]:
            if time.monotonic() >= until:
                zh, en = _waiting(missing, self.month)
                return StepState(step, place, of, "waiting", EXIT_ABSENT, zh=zh, en=en)
            time.sleep(min(POLL_SECONDS, max(0, until - time.monotonic())))
        begun = time.monotonic()
        code, result = self._command(step)
        seconds = int(time.monotonic() - begun)
        if code == 0:
            zh, en = _said(result)
            return StepState(step, place, of, "done", 0, seconds, zh, en, result)
        text = str(result.get("message", "")) or _problems(result)
        state = "waiting" if code == EXIT_ABSENT else "failed"
        return StepState(step, place, of, state, code, seconds, text, text, result)

    def _command(self, step: Step) -> tuple[int, dict[str, Any]]:
        words = [w.format(**months_of(self.month), as_of=self.as_of.isoformat()) for w in step.command]
        self.child = subprocess.Popen(
            [sys.executable, "-m", "nxmed", *words, "-w", str(self.ws.path), "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        text, _ = self.child.communicate()
        code = self.child.returncode
        self.child = None
        try:
            found = json.loads(text)
        except ValueError:
            found = {}
        return (code if code >= 0 else 128 - code), found if isinstance(found, dict) else {}

    def _terminated(self, number: int, frame: object) -> None:
        """SIGTERM: the command that runs is told too, and leaves the workspace as it was."""
        del number, frame
        if self.child is not None:
            self.child.terminate()
            self.child.wait()
        raise SystemExit(EXIT_TERMINATED)


def _waiting(missing: Sequence[Wait], month: Period) -> tuple[str, str]:
    from nxmed.io.resources import contracts

    zh = "；".join(f"{'或'.join(contracts()[c].zh for c in w.contracts)}（inbox/{w.month.format(**months_of(month))}）" for w in missing)
    en = "; ".join(f"{' or '.join(w.contracts)} in inbox/{w.month.format(**months_of(month))}" for w in missing)
    return f"等待 {zh}", f"waiting for {en}"


def _never(waits: Sequence[Wait]) -> tuple[str, str]:
    from nxmed.io.resources import contracts

    kinds = [c for w in waits for c in w.contracts]
    return f"从未收到 {'、'.join(contracts()[c].zh for c in kinds)}，不办", f"no {', '.join(kinds)} has ever come: nothing to do"


def _said(result: Mapping[str, Any]) -> tuple[str, str]:
    """What a finished command has to say in one line."""
    status = {"published": ("已发布", "published"), "up_to_date": ("输入未变", "up to date"), "ok": ("通过", "ok")}
    zh, en = status.get(str(result.get("status", "")), ("完成", "done"))
    found = result.get("findings")
    total = sum(found.values()) if isinstance(found, dict) else 0
    rejected = int(result.get("rejected") or 0)
    more_zh = [f"{total:,} 条发现"] * bool(total) + [f"拒收 {rejected:,} 行"] * bool(rejected)
    more_en = [f"{total:,} findings"] * bool(total) + [f"{rejected:,} rows rejected"] * bool(rejected)
    return "，".join([zh, *more_zh]), ", ".join([en, *more_en])


def _problems(result: Mapping[str, Any]) -> str:
    problems = result.get("problems") or []
    return "；".join(str(p.get("message", "")) for p in problems[:3] if isinstance(p, dict))


def _line(step: Step, month: Period) -> str:
    return "nxmed " + " ".join(w.format(**months_of(month), as_of="…") for w in step.command)


def _now() -> str:
    return datetime.now(SHANGHAI).isoformat(timespec="microseconds")


def _pid() -> int:
    import os

    return os.getpid()


