"""到期没有 (--if-due): by the working-day calendar where a deadline decides (第二十一条: the tax file by the 5th)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from nxmed.io.calendar import working_days
from nxmed.io.inputs import listing
from nxmed.io.job_runs import job_runs
from nxmed.io.reading import contract_of
from nxmed.io.run_store import current
from nxmed.io.workspace import Workspace
from nxmed.kernel.job import Job
from nxmed.kernel.period import Period
from nxmed.kernel.working_days import WorkingDays
from nxmed.law.catalog import Law

TAX_FILE_DAY = "contribution.tax_file_day"
OPENING = "opening_"
"""Contracts of the first month of an agency that starts in mid-year."""


@dataclass(frozen=True)
class Verdict:
    """判断: due now or not, and why."""

    now: bool
    zh: str
    en: str


def due(ws: Workspace, job: Job, month: Period, as_of: date) -> Verdict:
    """一份作业在这一天到期没有."""
    first = begun(ws)
    if first is not None and month < first:
        return Verdict(False, f"本工作区从 {first.text} 起办理，{month.text} 不办", f"this workspace begins with {first.text}: nothing to do for {month.text}")
    done = [r for r in job_runs(ws, job.id, month.text) if r.code == 0]
    if job.due == "daily":
        return Verdict(True, "每天", "every day")
    if job.due == "open":
        if done:
            return Verdict(False, f"{month.text} 已完成（{done[-1].name}）", f"{month.text} is done ({done[-1].name})")
        return Verdict(True, f"{month.text} 未完成", f"{month.text} is not done")
    begin, last = tax_file_days(ws, working_days(ws), month)
    if as_of < begin:
        return Verdict(False, f"未到日：{month.text} 从 {begin} 起核定，{last} 前送税务", f"not yet: {month.text} from {begin}, at the tax bureau by {last}")
    if as_of > last and done:
        return Verdict(False, f"{month.text} 已完成（{done[-1].name}），期限 {last} 已过", f"{month.text} is done ({done[-1].name}), the deadline {last} is past")
    return Verdict(True, f"{month.text} 到期：{last} 前送税务", f"{month.text} is due: at the tax bureau by {last}")


def begun(ws: Workspace) -> Period | None:
    """本工作区从哪个月起办理 (None while nothing has come). No job waits for a file of a month before it.

    The month of the opening files or of the first assessment; without either the first month of the inbox. Months before
    it may well lie in the inbox: the settlements that the benefit year of assistance is counted from.
    """
    inbox = listing(ws.inbox)
    opened = [m for m, files in inbox.items() if any((c := contract_of(p.name)) is not None and c.id.startswith(OPENING) for p in files)]
    told = [*opened, *(r.period.text for r in current(ws, "assess"))] or [m for m, files in inbox.items() if files]
    return Period.parse(min(told)) if told else None


def months(ws: Workspace, job: Job, as_of: date) -> list[Period]:
    """要做的所属期, oldest first: what an earlier day left unfinished, then the month of the day itself.

    A month that was begun and never finished is not forgotten when the calendar turns over; the month whose tax file
    is still to be sent counts although the next one has begun.
    """
    this = Period(as_of.year, as_of.month)
    own = {"last": this - 1, "this": this, "next": this + 1}[job.month]
    first = begun(ws)
    tried: dict[str, bool] = {}
    for run in job_runs(ws, job.id):
        tried[run.period] = tried.get(run.period, False) or run.code == 0
    found = {Period.parse(p) for p, done in tried.items() if not done and p < own.text and (first is None or p >= first.text)}
    still_open = job.due == "tax_file" and this < own and not tried.get(this.text, False)
    if still_open and as_of <= tax_file_days(ws, working_days(ws), this)[1]:
        found.add(this)
    return [*sorted(found), own]


def tax_file_days(ws: Workspace, days: WorkingDays, month: Period) -> tuple[date, date]:
    """核定从哪天起, 最迟哪天送税务 for dues of `month`.

    The last day is the one the law names (for Ningxia the 5th), or the working day before it; the first is the last working
    day of the month before, but at least one working day before the last (NXJY-21: assessed by month end, sent by the 5th).
    """
    law = Law.load(ws.region, ws.policy())
    named = month.first_day.replace(day=law.number(TAX_FILE_DAY, on=month.first_day).int)
    last = days.on_or_before(named)
    month_end = days.on_or_before(month.first_day - timedelta(days=1))
    return min(month_end, days.add(last, -1)), last
