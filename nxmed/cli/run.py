"""nxmed run: 跑作业."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nxmed.cli.options import DryRunOption, JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t

MARKS = {"done": "✔", "kept": "=", "waiting": "…", "skipped": "·", "failed": "✘", "planned": "→"}
WORDS = {"done": ("完成", "done"), "kept": ("已有", "kept"), "waiting": ("等待", "waiting"), "skipped": ("跳过", "skipped"),
         "failed": ("失败", "failed"), "planned": ("待运行", "planned")}


def command(
    job: Annotated[str | None, typer.Argument(metavar="JOB", show_default=False,
                                              help=t("作业名，如 nightly；不写则列出", "a job such as nightly; without it they are listed"))] = None,
    period: Annotated[str | None, typer.Option("--period", metavar="YYYY-MM", show_default=False,
                                               help=t("所属期，默认按作业文件从运行日算", "month; default: by the job file from the day"))] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", envvar="NXMED_AS_OF", show_default=False,
                                              help=t("运行日，默认今天（北京时间）", "the day it runs for; default: today in China"))] = None,
    if_due: Annotated[bool, typer.Option("--if-due", help=t("未到期就什么也不做，退出码 0", "do nothing, exit 0, when it is not due"))] = False,
    resume: Annotated[bool, typer.Option("--resume", help=t("续跑：只做上次未完成的步骤", "only what did not finish last time"))] = False,
    workspace: WorkspaceOption = None,
    dry_run: DryRunOption = False,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """按作业文件依次运行各步：缺文件的等待，依赖它的跳过，其余照做；退出码取最严重的一步。第二十一条的期限按工作日历。"""
    del lang
    import json
    import sys

    from nxmed.cli.text import out
    from nxmed.errors import UsageError
    from nxmed.io.workspace import find
    from nxmed.kernel.job import worst
    from nxmed.pipelines.arguments import day, month
    from nxmed.pipelines.jobs import run_due, run_job, today

    ws = find(workspace)
    if job is None:
        _list(ws, json_=json_)
        return
    shown = (lambda state: None) if json_ else (lambda state: out(_line(state)))
    on = day(as_of, "--as-of") or today()
    if if_due:
        if period or resume or dry_run:
            raise UsageError("--if-due 自己定所属期，不与 --period、--resume、--dry-run 同用", "去掉其中一个",
                             text_en="--if-due chooses the month itself: not with --period, --resume, --dry-run",
                             hint_en="leave one of them out")
        outcomes = run_due(ws, job, as_of=on, tell=shown, done=lambda o: None if json_ else _conclude(o))
    else:
        outcomes = [run_job(ws, job, as_of=on, period=month(period) if period else None, resume=resume, dry_run=dry_run,
                            tell=shown)]
        if not json_:
            _conclude(outcomes[0])
    code = worst(o.code for o in outcomes)
    if json_:
        sys.stdout.write(json.dumps({"schema": "nxmed.job/1", "job": job, "exit_code": code,
                                     "runs": [_document(o) for o in outcomes]}, ensure_ascii=False, indent=1) + "\n")
    raise typer.Exit(code)


def _line(state: Any) -> str:
    """One step in one line."""
    took = t(f"  {state.seconds} 秒", f"  {state.seconds} s") if state.seconds else ""
    said = t(state.zh, state.en)
    name = t(state.step.zh, state.step.en)
    return f"  {state.place}/{state.of} {MARKS[state.state]} {t(*WORDS[state.state])}  {name}" + (f"：{said}" if said else "") + (
        t(f"（退出码 {state.code}）", f" (exit {state.code})") if state.state == "failed" else "") + took


def _conclude(outcome: Any) -> None:
    from nxmed.cli.text import out

    title = t(outcome.job.zh, outcome.job.en)
    if outcome.status == "not_due":
        out(t(f"作业 {outcome.job.id}（{title}）{outcome.as_of}：{outcome.zh}", f"job {outcome.job.id} ({title}) {outcome.as_of}: {outcome.en}"))
        return
    if outcome.status == "dry_run":
        out(t(f"作业 {outcome.job.id} 所属期 {outcome.period}：试看，未运行", f"job {outcome.job.id} {outcome.period}: nothing was started"))
        return
    out(t(f"作业 {outcome.job.id}（{title}）所属期 {outcome.period} · 运行日 {outcome.as_of} · 退出码 {outcome.code} · {outcome.record}",
          f"job {outcome.job.id} ({title}) {outcome.period} · for {outcome.as_of} · exit {outcome.code} · {outcome.record}"))
    if outcome.code:
        out(t(f"  续跑：nxmed run {outcome.job.id} --period {outcome.period} --resume",
              f"  go on: nxmed run {outcome.job.id} --period {outcome.period} --resume"))


def _document(outcome: Any) -> dict[str, Any]:
    return {
        "period": outcome.period, "as_of": outcome.as_of.isoformat(),
        "status": outcome.status, "exit_code": outcome.code, "record": outcome.record or None,
        "message": t(outcome.zh, outcome.en),
        "steps": [{"id": s.step.id, "state": s.state, "exit_code": s.code, "seconds": s.seconds, "message": t(s.zh, s.en),
                   "run_id": s.result.get("run_id")} for s in outcome.states],
    }


def _list(ws: Any, *, json_: bool) -> None:
    import json
    import sys

    from nxmed.cli.text import out, table
    from nxmed.io.job_files import job_paths, load_job
    from nxmed.io.job_runs import last_run

    jobs = [load_job(name, ws.path).for_region(ws.region) for name in job_paths(ws.path)]
    last = {j.id: last_run(ws, j.id) for j in jobs}
    if json_:
        sys.stdout.write(json.dumps({"schema": "nxmed.jobs/1", "jobs": [
            {"job": j.id, "zh": j.zh, "en": j.en, "steps": [s.id for s in j.steps], "last": found.name if (found := last[j.id]) else None,
             "code": found.code if found else None} for j in jobs]}, ensure_ascii=False, indent=1) + "\n")
        return
    rows = [[j.id, t(j.zh, j.en), " → ".join(s.id for s in j.steps), found.name if (found := last[j.id]) else "—",
             "—" if found is None else t("中断", "stopped") if found.code is None else found.code] for j in jobs]
    out(table([(t("作业", "job"), "left"), (t("名称", "name"), "left"), (t("步骤", "steps"), "left"), (t("最近一次", "last run"), "left"),
               (t("退出码", "exit"), "right")], rows))
