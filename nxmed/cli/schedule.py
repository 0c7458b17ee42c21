"""nxmed schedule: 排班."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nxmed.cli.options import IdleDryRunOption, JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t


def command(
    cron: Annotated[bool, typer.Option("--cron", help=t("写成 crontab", "as a crontab"))] = False,
    systemd: Annotated[bool, typer.Option("--systemd", help=t("写成 systemd 单元和定时器", "as systemd units and timers"))] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", show_default=False,
                                             help=t("单元文件写到这个文件夹", "write the unit files into this folder"))] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="NAME", show_default=False,
                                             help=t("以哪个账号运行，默认当前账号", "account that runs it; default: the current one"))] = None,
    workspace: WorkspaceOption = None,
    dry_run: IdleDryRunOption = False,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """把作业排成 crontab 或 systemd 定时器：打印出来，放到位即可（第二十一、六十九条；期限由 --if-due 按工作日历判断）。"""
    del lang, dry_run
    import json
    import sys

    from nxmed.cli.text import say
    from nxmed.errors import UsageError
    from nxmed.io import journal
    from nxmed.io.lock import user as account
    from nxmed.io.workspace import find
    from nxmed.pipelines import schedule

    if cron == systemd:
        raise UsageError("写明 --cron 或 --systemd 之一", "nxmed schedule --cron", text_en="choose --cron or --systemd",
                         hint_en="nxmed schedule --cron")
    ws = find(workspace)
    journal.begin(ws.path)
    units = [schedule.Unit("crontab", schedule.crontab(ws))] if cron else schedule.systemd(ws, user or account())
    if json_:
        sys.stdout.write(json.dumps({"schema": "nxmed.schedule/1", "files": {u.name: u.text for u in units}}, ensure_ascii=False,
                                    indent=1) + "\n")
        return
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for unit in units:
            (out / unit.name).write_text(unit.text, encoding="utf-8")
        say(t(f"已写出 {len(units)} 个文件到 {out}", f"{len(units)} files written to {out}"))
        return
    for unit in units:
        if systemd:
            sys.stdout.write(f"# /etc/systemd/system/{unit.name}\n")
        sys.stdout.write(unit.text + ("\n" if systemd else ""))
    if systemd:
        say(t("放到 /etc/systemd/system 后：systemctl daemon-reload && systemctl enable --now nxmed-nightly.timer …",
              "put them into /etc/systemd/system, then: systemctl daemon-reload && systemctl enable --now nxmed-nightly.timer …"))
