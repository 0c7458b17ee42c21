"""现状 (nxmed status): jobs, what is waited for, findings, batches, deadlines, disk, lock, calendar; for people and for monitors."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from nxmed.errors import EXIT_ABSENT, EXIT_INTERNAL, NxmedError
from nxmed.io import notices
from nxmed.io.calendar import working_days
from nxmed.io.job_files import job_paths, load_job
from nxmed.io.job_runs import JobRun, job_runs, last_run
from nxmed.io.lock import holder
from nxmed.io.run_store import current
from nxmed.io.workspace import Workspace
from nxmed.kernel.finding_codes import CODES
from nxmed.kernel.job import Job, worst
from nxmed.kernel.period import Period
from nxmed.kernel.working_days import WorkingDays
from nxmed.pipelines.job_due import begun
from nxmed.pipelines.job_inputs import arrived, foreign
from nxmed.pipelines.jobs import SHANGHAI, months_of

SOON_DAYS = 5
"""Working days before a deadline from which it is listed."""
HORIZON_DAYS = 60
WORDS = {"error": "错误", "warning": "警告"}
DISK_FREE = 2 << 30


@dataclass(frozen=True)
class Item:
    """一条: section, level ok, note or bad; `code` is the exit code of --check when it is bad."""

    section: str
    level: str
    key: str
    zh: str
    en: str
    code: int = 0
    values: dict[str, Any] = field(default_factory=dict)


def status(ws: Workspace, *, as_of: date, now: datetime, max_age: timedelta | None = None) -> list[Item]:
    """工作区的现状 (reads only). `as_of` decides what is late or due, `now` how old the last run of a job is."""
    jobs: list[Job] = []
    items: list[Item] = []
    for name in job_paths(ws.path):
        items += _guarded(partial(_loaded, ws, name, jobs))
    for section in (lambda: _jobs(ws, jobs, now, max_age), lambda: _waiting(ws, jobs, as_of), lambda: _findings(ws),
                    lambda: _batches(ws), lambda: _calendar(ws, as_of), lambda: _machine(ws)):
        items += _guarded(section)
    return items


def exit_code(items: list[Item]) -> int:
    """--check 的退出码 (the worst of what is bad)."""
    return worst(i.code for i in items if i.level == "bad")


def prometheus(items: list[Item]) -> str:
    """给监控的文本 (metrics of the node exporter's text collector)."""
    lines: dict[str, list[str]] = {}
    for item in items:
        for name, value in item.values.items():
            if isinstance(value, int):
                lines.setdefault(f"nxmed_{name}", []).append(f'nxmed_{name}{{key="{item.key}"}} {value}')
    lines["nxmed_problems"] = [f"nxmed_problems {sum(i.level == 'bad' for i in items)}"]
    return "".join(f"# TYPE {name} gauge\n" + "\n".join(rows) + "\n" for name, rows in sorted(lines.items()))


def _loaded(ws: Workspace, name: str, jobs: list[Job]) -> list[Item]:
    """A job file that is wrong is told, and the other jobs are looked at."""
    jobs.append(load_job(name, ws.path).for_region(ws.region))
    return []


def _guarded(section: Callable[[], list[Item]]) -> list[Item]:
    """A section that cannot be read is an item itself: the others are still told."""
    try:
        return section()
    except NxmedError as problem:
        return [Item("error", "bad", "error", problem.text, problem.text_en, problem.exit_code)]


def _jobs(ws: Workspace, jobs: list[Job], now: datetime, max_age: timedelta | None) -> list[Item]:
    found = []
    for job in jobs:
        last = last_run(ws, job.id)
        if last is None:
            found.append(Item("jobs", "note", job.id, f"{job.zh}：还没有运行过", f"{job.en}: never run"))
            continue
        begun = datetime.fromisoformat(str(last.start["at"]))
        at = begun.astimezone(SHANGHAI).strftime("%m-%d %H:%M")
        values = {"job_exit_code": last.code if last.code is not None else -1, "job_started_seconds": int(begun.timestamp())}
        level, zh, en, code = _verdict(last)
        if max_age is not None and job.due == "daily" and now - begun > max_age:
            level, code = "bad", EXIT_INTERNAL
            zh, en = f"{zh}；早于 {max_age} 之前", f"{en}; longer ago than {max_age}"
        found.append(Item("jobs", level, job.id, f"{job.zh}：{at} {last.period} {zh}", f"{job.en}: {at} {last.period} {en}", code, values))
    return found


def _verdict(last: JobRun) -> tuple[str, str, str, int]:
    if last.code is None:
        if last.stopped:
            again = f"nxmed run {last.job} --period {last.period} --resume"
            return "bad", f"中断，续跑：{again}", f"stopped; go on: {again}", EXIT_INTERNAL
        return "note", "正在运行", "running", 0
    if last.code == 0:
        return "ok", "完成", "done", 0
    failed = {s: int(e["code"]) for s, e in last.steps.items() if e["state"] == "failed"}
    if not failed and last.code == EXIT_ABSENT:
        names = "、".join(s for s, e in last.steps.items() if e["state"] == "waiting")
        return "note", f"在等文件（{names}）", f"waiting ({names})", 0
    code, names = worst(failed.values()) or last.code, "、".join(failed)  # a step that waits does not hide one that failed
    return "bad", f"失败（{names}，退出码 {code}）", f"failed ({names}, exit {code})", code


def _waiting(ws: Workspace, jobs: list[Job], as_of: date) -> list[Item]:
    """Files that begun and unfinished months of the jobs still lack."""
    from nxmed.io.resources import contracts

    found: dict[str, Item] = {}
    first = begun(ws)
    for job in jobs:
        tried = {r.period for r in job_runs(ws, job.id) if first is None or r.period >= first.text}
        done = {r.period for r in job_runs(ws, job.id) if r.code == 0}
        for text in sorted(tried - done):
            month = Period.parse(text)
            for step in job.steps:
                for wait in step.waits:
                    if arrived(ws, wait, months_of(month)) or foreign(ws, wait):
                        continue
                    where = f"inbox/{wait.month.format(**months_of(month))}"
                    name = "或".join(contracts()[c].zh for c in wait.contracts)
                    name_en = " or ".join(wait.contracts)
                    by = (month + 1).first_day.replace(day=wait.by_day) if wait.by_day else None
                    late = by is not None and as_of > by and first is not None
                    said = (f"，应在 {by} 前到，已迟" if late else f"，应在 {by} 前到") if by else ""
                    said_en = (f", due by {by}" + (", late" if late else "")) if by else ""
                    key = f"{where}/{'|'.join(wait.contracts)}"
                    found[key] = Item("waiting", "bad" if late else "note", key, f"{name}（{where}）{said}",
                                      f"{name_en} ({where}){said_en}", EXIT_ABSENT if late else 0, {"waiting_late": int(late)})
    return list(found.values())


def _findings(ws: Workspace) -> list[Item]:
    """Findings of the newest month of each command, by code, and since which month the code has stood without a gap."""
    by_command: dict[str, list[tuple[Period, dict[str, int]]]] = {}
    for run in current(ws):
        by_command.setdefault(run.command, []).append((run.period, dict(run.manifest["findings"]["codes"])))
    found = []
    for command, months in sorted(by_command.items()):
        months.sort(reverse=True)
        newest, codes = months[0]
        for code in sorted(codes, key=lambda c: ("error", "warning", "info").index(CODES[c].severity)):
            if CODES[code].severity == "info":
                continue
            since = newest
            for month, others in months[1:]:
                if month != since - 1 or code not in others:
                    break
                since = month
            age = newest.index - since.index
            found.append(Item(
                "findings", "note", f"{command}:{code}",
                f"{WORDS[CODES[code].severity]} {command} {newest.text} {CODES[code].zh}（{code}）{codes[code]:,} 条"
                + (f"，自 {since.text} 起" if age else ""),
                f"{CODES[code].severity} {command} {newest.text} {CODES[code].en} ({code}): {codes[code]:,}"
                + (f", since {since.text}" if age else ""),
                0, {"findings": codes[code], "finding_age_months": age}))
    return found


def _batches(ws: Workspace) -> list[Item]:
    from nxmed.io import payout_store
    from nxmed.kernel.money import yuan_grouped

    words = {"draft": ("待提交", "draft"), "submitted": ("待复核", "submitted"), "reviewed": ("待审批", "reviewed"),
             "approved": ("待导出", "approved"), "exported": ("等银行回盘", "exported"), "closed": ("已结", "closed"),
             "cancelled": ("已撤销", "cancelled")}
    if not payout_store.exists(ws):
        return []
    with payout_store.reading(ws) as store:
        rows = store.connection.execute(
            "SELECT state, count(*), sum(declared_amt) FROM batches GROUP BY state ORDER BY state").fetchall()
    return [Item("batches", "ok" if state in ("closed", "cancelled") else "note", state,
                 f"{words[state][0]} {count} 批 {yuan_grouped(amt)} 元", f"{words[state][1]}: {count}, {yuan_grouped(amt)} yuan", 0,
                 {"batches": count}) for state, count, amt in rows]


def _calendar(ws: Workspace, as_of: date) -> list[Item]:
    days = working_days(ws)
    horizon = days.horizon
    if horizon is None:
        return [Item("calendar", "note", "horizon", "没有工作日历（calendar），不能推算期限", "no calendar: no deadline can be told")]
    left = (horizon - as_of).days
    short = left < HORIZON_DAYS
    found = [Item("calendar", "bad" if left < 0 else "note" if short else "ok", "horizon",
                  f"工作日历到 {horizon}" + (f"，{f'剩 {left} 天' if left >= 0 else '已用完'}，请放入 {(horizon + timedelta(days=1)).year} 年的" if short else ""),
                  f"the calendar reaches {horizon}" + (f", {f'{left} days left' if left >= 0 else 'run out'}" if short else ""), EXIT_ABSENT if left < 0 else 0,
                  {"calendar_days_left": left})]
    return found + _deadlines(ws, days, as_of)


def _deadlines(ws: Workspace, days: WorkingDays, as_of: date) -> list[Item]:
    """The tax file of this month and the next, while it is due soon and not sent."""
    from nxmed.io.run_store import newest
    from nxmed.pipelines.job_due import tax_file_days

    this, first = Period(as_of.year, as_of.month), begun(ws)
    found = []
    for month in (this, this + 1):
        try:
            _, last = tax_file_days(ws, days, month)
            left = days.between(as_of, last)
        except NxmedError:
            continue
        if newest(ws, "assess", month) is not None:
            continue
        if last < as_of and first is not None and first <= month:
            found.append(Item("deadlines", "note", f"assess-{month.text}", f"{month.text} 核定信息应在 {last} 前送税务，已过期",
                              f"dues of {month.text} were to be at the tax bureau by {last}: overdue", 0, {"deadline_overdue": 1}))
        elif 0 <= left <= SOON_DAYS:
            found.append(Item("deadlines", "note", f"assess-{month.text}", f"{month.text} 核定信息 {last} 前送税务，剩 {left} 个工作日",
                              f"dues of {month.text} to the tax bureau by {last}: {left} working days left", 0,
                              {"deadline_workdays_left": left}))
    return found + _urgent(ws, days, as_of)


def _urgent(ws: Workspace, days: WorkingDays, as_of: date) -> list[Item]:
    """Cases, claims and settlements: how many are past their deadline, how many soon due."""
    from nxmed.pipelines.status_deadlines import urgent

    return [Item("deadlines", "note", u.key,
                 f"{u.zh}：逾期 {u.overdue} 件，五个工作日内到期 {u.soon} 件；最急 " + "、".join(f"{name}（{due}）" for due, name in u.first),
                 f"{u.en}: {u.overdue} overdue, {u.soon} due within five working days; first " + ", ".join(f"{name} ({due})" for due, name in u.first),
                 0, {"deadline_overdue": u.overdue, "deadline_soon": u.soon}) for u in urgent(ws, days, as_of, SOON_DAYS)]


def _machine(ws: Workspace) -> list[Item]:
    free = shutil.disk_usage(ws.path).free
    who = holder(ws.path)
    held = "" if who is None else f"{who.get('command', '?')}, {who.get('pid', '?')}"
    left = notices.waiting(ws)
    return [
        Item("machine", "bad" if free < DISK_FREE else "ok", "disk", f"磁盘剩 {free / (1 << 30):.1f} GiB",
             f"{free / (1 << 30):.1f} GiB free", EXIT_INTERNAL if free < DISK_FREE else 0, {"disk_free_bytes": free}),
        Item("machine", "note" if held else "ok", "lock", f"占用中：{held}" if held else "锁：空闲", f"in use: {held}" if held else "lock: free",
             0, {"lock_held": int(bool(held))}),
        *([Item("machine", "note", "spool", f"待发通知 {left} 条", f"{left} notices to send", 0, {"spool": left})] if left else []),
    ]
