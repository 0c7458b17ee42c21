"""作业文件 (jobs/*.toml): shipped ones, and a workspace's own of the same name in their place. Unknown keys are errors."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from nxmed.errors import UsageError
from nxmed.io.resources import contracts, data_path
from nxmed.kernel.job import Job, Step, Wait, ordered

MONTHS = ("last", "this", "next")
DUES = ("daily", "open", "tax_file")
_JOB_KEYS = ("zh", "en", "month", "due", "schedule", "step")
_STEP_KEYS = ("id", "zh", "en", "command", "needs", "waits_for", "wait_minutes", "on_failure", "regions")
_WAIT_KEYS = ("any_of", "month", "by_day", "optional")
LAST_BY_DAY = 28
_ON_FAILURE = ("go_on", "stop")
_MONTHS = {"period": "2026-11", "last": "2026-10", "next": "2026-12"}
"""Names that a command line or the month of a wait may hold, with a month to try them on (a command also {as_of})."""
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


def job_paths(workspace: Path | None = None) -> dict[str, Path]:
    """全部作业文件 by name (those of the workspace's jobs/ stand before the shipped ones)."""
    found = {p.stem: p for p in sorted(data_path("jobs").glob("*.toml"))}
    if workspace is not None:
        found |= {p.stem: p for p in sorted((workspace / "jobs").glob("*.toml"))}
    return dict(sorted(found.items()))


def load_job(name: str, workspace: Path | None = None) -> Job:
    """读一份作业 (UsageError, exit 2, when there is none of that name or it is not well formed)."""
    paths = job_paths(workspace)
    if name not in paths:
        raise UsageError(f"没有这个作业：{name}", "可用：" + "、".join(paths), text_en=f"No such job: {name}",
                         hint_en="Known: " + ", ".join(paths))
    content = paths[name].read_bytes()
    try:
        data = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        _bad(name, "不是 UTF-8 的 TOML", "not TOML in UTF-8")
    _known(name, "", data, _JOB_KEYS)
    for key, allowed in (("month", MONTHS), ("due", DUES)):
        if data.get(key) not in allowed:
            _bad(name, f"{key} 必须是 {'、'.join(allowed)} 之一", f"{key} must be one of {', '.join(allowed)}")
    times = data.get("schedule", [])
    if not isinstance(times, list) or any(not isinstance(x, str) or not _TIME.fullmatch(x) for x in times):
        _bad(name, 'schedule 写每天的钟点，如 ["01:30"]', 'schedule: times of the day such as ["01:30"]')
    entries = data.get("step", [])
    if not isinstance(entries, list):
        _bad(name, "步骤写成 [[step]]", "steps are written [[step]]")
    steps = tuple(_step(name, entry) for entry in entries)
    if not steps:
        _bad(name, "没有步骤", "no steps")
    if len({s.id for s in steps}) < len(steps):
        _bad(name, "步骤编号重复", "a step id stands twice")
    try:
        steps = ordered(steps)
    except ValueError as bad:
        _bad(name, f"步骤 {bad} 的依赖不存在或成环", f"what step {bad} needs is not there, or goes in a circle")
    return Job(name, str(data.get("zh", name)), str(data.get("en", name)), data["month"], data["due"], steps,
               hashlib.sha256(content).hexdigest(), tuple(times))


def _step(name: str, entry: Mapping[str, Any]) -> Step:
    where = f"步骤 {entry.get('id', '?') if isinstance(entry, Mapping) else '?'}"
    _known(name, where, entry, _STEP_KEYS)
    command = entry.get("command")
    if not (isinstance(entry.get("id"), str) and isinstance(command, list) and command
            and all(isinstance(w, str) for w in command)):
        _bad(name, f"{where} 要有 id 和 command（文本数组）", "a step needs an id and a command (array of text)")
    for word in command:
        if _filled(word, {**_MONTHS, "as_of": "2026-11-30"}) is None:
            _bad(name, f"{where} 的 command 里不认识 {word}；可用 {{period}}、{{last}}、{{next}}、{{as_of}}",
                 f"unknown name in {word}; known: {{period}}, {{last}}, {{next}}, {{as_of}}")
    for key in ("needs", "regions", "waits_for"):
        if not isinstance(entry.get(key, []), list):
            _bad(name, f"{where} 的 {key} 要写成数组 […]", f"{key} must be an array")
    if entry.get("on_failure", "go_on") not in _ON_FAILURE:
        _bad(name, f"{where} 的 on_failure 必须是 go_on 或 stop", "on_failure must be go_on or stop")
    minutes = entry.get("wait_minutes", 0)
    if not isinstance(minutes, int) or isinstance(minutes, bool) or minutes < 0:
        _bad(name, f"{where} 的 wait_minutes 必须是不小于 0 的整数", "wait_minutes must be a whole number from 0")
    waits = []
    for wait in entry.get("waits_for", []):
        _known(name, where, wait, _WAIT_KEYS)
        kinds = wait.get("any_of", [])
        unknown = [str(c) for c in kinds if c not in contracts()] if isinstance(kinds, list) else [str(kinds)]
        if unknown or not kinds:
            _bad(name, f"{where} 等待的文件种类不对：{'、'.join(unknown) or '空'}", "waits_for names no contract of the inbox")
        if not _MONTH.fullmatch(_filled(str(wait.get("month", "{period}")), _MONTHS) or ""):
            _bad(name, f"{where} 等待的 month 写 {{period}}、{{last}}、{{next}} 或 YYYY-MM", "the month of a wait: {period}, {last}, {next} or YYYY-MM")
        by_day = wait.get("by_day", 0)
        if not isinstance(by_day, int) or isinstance(by_day, bool) or not 0 <= by_day <= LAST_BY_DAY:
            _bad(name, f"{where} 的 by_day 是次月的日，1 至 {LAST_BY_DAY}", f"by_day: a day of the next month, 1 to {LAST_BY_DAY}")
        if not isinstance(wait.get("optional", False), bool):
            _bad(name, f"{where} 的 optional 写 true 或 false", "optional must be true or false")
        waits.append(Wait(tuple(wait["any_of"]), str(wait.get("month", "{period}")), by_day, wait.get("optional", False)))
    return Step(entry["id"], str(entry.get("zh", entry["id"])), str(entry.get("en", entry["id"])), tuple(command),
                tuple(entry.get("needs", [])), tuple(waits), minutes, entry.get("on_failure") == "stop",
                tuple(entry.get("regions", [])))


def _filled(text: str, names: Mapping[str, str]) -> str | None:
    """The text with its names filled in (None when it holds another name, or braces that are none)."""
    try:
        return text.format(**names)
    except (KeyError, ValueError, IndexError, AttributeError):
        return None


def _known(name: str, where: str, data: object, keys: tuple[str, ...]) -> None:
    if not isinstance(data, Mapping):
        _bad(name, f"{where} 必须是一张表", "must be a table")
    for key in data:
        if key not in keys:
            _bad(name, f"{where}有不认识的键 {key}；可用：{'、'.join(keys)}", f"unknown key {key}; known: {', '.join(keys)}")


def _bad(name: str, zh: str, en: str) -> NoReturn:
    raise UsageError(f"作业 {name}.toml：{zh}", "改正后重新运行", text_en=f"Job {name}.toml: {en}",
                     hint_en="Mend it and run again")
