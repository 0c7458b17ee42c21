"""nxmed status: 现状."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from nxmed.cli.options import IdleDryRunOption, JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t

SECTIONS = {"jobs": ("作业", "jobs"), "waiting": ("在等的文件", "waited for"), "findings": ("发现", "findings"), "batches": ("拨付批次", "batches"),
            "deadlines": ("期限", "deadlines"), "calendar": ("日历", "calendar"), "machine": ("机器", "machine"), "error": ("出错", "errors")}
MARKS = {"ok": "✔", "note": "·", "bad": "✘"}


def command(
    check: Annotated[bool, typer.Option("--check", help=t("给监控：有失败、中断、迟到时退出码不为 0",
                                                             "for monitors: not 0 when something failed, stopped or is late"))] = False,
    max_age: Annotated[str | None, typer.Option("--max-age", metavar="26h", show_default=False,
                                                help=t("每天的作业早于此就报警", "alarm when a daily job is older than this"))] = None,
    prom: Annotated[Path | None, typer.Option("--prom", metavar="FILE", show_default=False,
                                              help=t("另写一份监控指标（node_exporter 文本）", "also write metrics for the node exporter"))] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", envvar="NXMED_AS_OF", show_default=False,
                                              help=t("按哪一天看，默认今天（北京时间）", "the day; default: today in China"))] = None,
    workspace: WorkspaceOption = None,
    dry_run: IdleDryRunOption = False,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """一眼看清：各作业最近一次、在等哪份文件、未了的发现、批次、五个工作日内的期限、磁盘、锁、日历（第二十一、六十九条）。"""
    del lang, dry_run
    import json
    import sys
    from datetime import datetime

    from nxmed.io.files import write_bytes
    from nxmed.io.workspace import find
    from nxmed.pipelines import status
    from nxmed.pipelines.arguments import day
    from nxmed.pipelines.jobs import SHANGHAI, today

    ws = find(workspace)
    items = status.status(ws, as_of=day(as_of, "--as-of") or today(), now=datetime.now(SHANGHAI), max_age=_hours(max_age))
    if prom is not None:
        write_bytes(prom.absolute(), status.prometheus(items).encode())
    code = status.exit_code(items) if check else 0
    if json_:
        sys.stdout.write(json.dumps({"schema": "nxmed.status/1", "status": "problems" if status.exit_code(items) else "ok",
                                     "exit_code": code, "items": [
            {"section": i.section, "level": i.level, "key": i.key, "message": t(i.zh, i.en), **i.values} for i in items]},
            ensure_ascii=False, indent=1) + "\n")
    else:
        _show(items)
    raise typer.Exit(code)


def _show(items: list[Any]) -> None:
    from nxmed.cli.text import out, table

    rows = []
    for section, title in SECTIONS.items():
        for n, item in enumerate(i for i in items if i.section == section):
            rows.append(["" if n else t(*title), MARKS[item.level], t(item.zh, item.en)])
    out(table([("", "left"), ("", "left"), ("", "left")], rows))


def _hours(text: str | None) -> Any:
    from datetime import timedelta

    from nxmed.errors import UsageError

    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,4})(h|d)", text)
    if not found:
        raise UsageError(f"--max-age 的写法不对：{text}", "如 26h 或 2d", text_en=f"--max-age: not a time: {text}", hint_en="such as 26h or 2d")
    return timedelta(hours=int(found[1]) * (24 if found[2] == "d" else 1))
