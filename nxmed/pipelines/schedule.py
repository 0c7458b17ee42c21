"""排班 (nxmed schedule): the jobs as a crontab, or as systemd units and timers, ready to be put in place."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import dataclass

from nxmed.io.job_files import job_paths, load_job
from nxmed.io.workspace import Workspace
from nxmed.kernel.job import Job

STATUS_TIME = "08:00"
ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Unit:
    """一个单元文件."""

    name: str
    text: str


def scheduled(ws: Workspace) -> list[Job]:
    """有钟点的作业, by time of the day."""
    jobs = [load_job(name, ws.path) for name in job_paths(ws.path)]
    return sorted((j for j in jobs if j.schedule), key=lambda j: (j.schedule, j.id))


def program() -> list[str]:
    """怎样启动 nxmed (the installed command beside this Python, else the module)."""
    beside = os.path.join(os.path.dirname(sys.executable), "nxmed")
    found = beside if os.access(beside, os.X_OK) else shutil.which("nxmed")
    return [found] if found else [sys.executable, "-m", "nxmed"]


def crontab(ws: Workspace) -> str:
    """crontab (for the user who owns the workspace). Every line is a whole command, so it can be tried by hand."""
    log = ws.path / "logs" / "cron.log"
    lines = [
        "# nxmed 的 crontab：crontab -e 粘贴。钟点是北京时间；不认 CRON_TZ 的 cron，机器时区须为 Asia/Shanghai。",
        "# --if-due 未到期时什么也不做；退出码 6 是在等文件，75 是另一个运行占用着。",
        "SHELL=/bin/sh", f"CRON_TZ={ZONE}", "LANG=C.UTF-8", "",
    ]
    for job in scheduled(ws):
        for at in job.schedule:
            lines.append(f"# {job.zh}")
            lines.append(f"{_cron_time(at)} {_cron(_command(ws, 'run', job.id, '--if-due'))} >> {_cron([str(log)])} 2>&1")
    lines.append("# 晨检：有失败、中断、迟到时退出码不为 0；下一行每十分钟补发通知")
    lines.append(f"{_cron_time(STATUS_TIME)} {_cron(_command(ws, 'status', '--check'))} >> {_cron([str(log)])} 2>&1")
    lines.append(f"*/10 * * * * {_cron(_command(ws, 'notify'))} >> {_cron([str(log)])} 2>&1")
    return "\n".join(lines) + "\n"


def systemd(ws: Workspace, user: str) -> list[Unit]:
    """systemd 单元 (a service and a timer per job, the morning check, the sender of notices)."""
    units = []
    for job in scheduled(ws):
        units += _pair(ws, user, f"nxmed-{job.id}", f"nxmed {job.zh} ({job.en})", _command(ws, "run", job.id, "--if-due"),
                       [f"*-*-* {at}:00 {ZONE}" for at in job.schedule], private=True)
    units += _pair(ws, user, "nxmed-status", "nxmed 晨检 (morning check)", _command(ws, "status", "--check"),
                   [f"*-*-* {STATUS_TIME}:00 {ZONE}"], private=True)
    units += _pair(ws, user, "nxmed-notify", "nxmed 发送通知 (send notices)", _command(ws, "notify"), ["*-*-* *:00/10:00"],
                   private=False)
    return units


def _pair(ws: Workspace, user: str, name: str, title: str, command: list[str], times: list[str], *, private: bool) -> list[Unit]:
    """The job itself has no network; the sender of notices may have."""
    service = [
        "[Unit]", f"Description={title}", "", "[Service]", "Type=oneshot", f"User={user}", "UMask=0077",
        "Environment=LANG=C.UTF-8", f"WorkingDirectory={_unit(str(ws.path))}", f"ExecStart={' '.join(_unit(w, quote=True) for w in command)}",
        "SuccessExitStatus=6 75", "TimeoutStartSec=6h", "NoNewPrivileges=true", "PrivateTmp=true", "ProtectSystem=strict",
        f"ReadWritePaths={_unit(str(ws.path), quote=True)}", *(["PrivateNetwork=true"] if private else []), "",
    ]
    timer = ["[Unit]", f"Description={title}", "", "[Timer]", *[f"OnCalendar={t}" for t in times], "Persistent=true", "",
             "[Install]", "WantedBy=timers.target", ""]
    return [Unit(f"{name}.service", "\n".join(service)), Unit(f"{name}.timer", "\n".join(timer))]


def _command(ws: Workspace, *words: str) -> list[str]:
    return [*program(), *words, "-w", str(ws.path)]


def _cron_time(at: str) -> str:
    hour, minute = at.split(":")
    return f"{int(minute)} {int(hour)} * * *"


def _cron(words: list[str]) -> str:
    """Quoted for the shell; a percent sign means a new line to cron."""
    return shlex.join(words).replace("%", r"\%")


def _unit(word: str, *, quote: bool = False) -> str:
    """A word of a unit file: percent signs doubled, blanks and quotes kept together."""
    text = word.replace("%", "%%")
    if quote and any(c in text for c in " \t\"'\\;"):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text
