"""nxmed runs: 列出运行."""

from __future__ import annotations

from typing import Annotated

import typer

from nxmed.cli.options import IdleDryRunOption, JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t

RUN_ID_WIDTH = 135
"""Columns of a screen that also has room for the run_id (it is always in --json)."""


def command(
    command_: Annotated[
        str | None,
        typer.Option("--command", "-c", metavar="NAME", show_default=False, help=t("只看一个命令", "one command only")),
    ] = None,
    period: Annotated[
        str | None,
        typer.Option("--period", "-p", metavar="YYYY-MM", show_default=False, help=t("只看一个月份", "one month only")),
    ] = None,
    json_: JsonOption = False,
    workspace: WorkspaceOption = None,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """列出已发布的运行：哪次现行、是否封存、谁在何时发布、有多少发现。"""
    del lang, dry_run
    from nxmed.errors import MissingInput
    from nxmed.io.run_store import current, runs, sealed_by
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import month

    ws = find(workspace)
    found = runs(ws, command_, month(period) if period is not None else None)
    if not found and (command_ is not None or period is not None):
        raise MissingInput("没有符合条件的运行", "nxmed runs 列出全部运行", text_en="no such run", hint_en="nxmed runs lists them all")
    standing = {r.name for r in current(ws)}
    rows = [
        {
            "seq": r.seq,
            "run_id": r.run_id,
            "command": r.command,
            "period": r.period.text,
            "no": r.no,
            "current": r.name in standing,
            "sealed_by": sealed_by(ws, r.command, r.period) or None,
            "as_of": r.manifest["as_of"],
            "who": r.manifest["who"],
            "host": r.manifest["host"],
            "finished_at": r.manifest["finished_at"],
            "version": r.manifest["version"],
            "findings": {s: r.manifest["findings"].get(s, 0) for s in ("error", "warning", "info")},
            "path": str(r.folder),
        }
        for r in sorted(found, key=lambda r: r.seq)
    ]
    if json_:
        import json
        import sys

        sys.stdout.write(json.dumps({"schema": "nxmed.runs/1", "runs": rows}, ensure_ascii=False, indent=1) + "\n")
        return
    _show(rows)


def _show(rows: list[dict[str, object]]) -> None:
    from nxmed.cli.text import console, out, table

    if not rows:
        out(t("还没有运行", "no runs yet"))
        return
    wide = console().width >= RUN_ID_WIDTH
    columns = [
        ("#", "right"),
        (t("运行", "run"), "left"),
        (t("状态", "state"), "left"),
        (t("封存于", "sealed by"), "left"),
        (t("截至", "as of"), "left"),
        (t("发布（北京时间）", "published (+08:00)"), "left"),
        (t("操作人", "who"), "left"),
        (t("错误", "errors"), "right"),
        (t("警告", "warnings"), "right"),
        *([(t("运行编号", "run_id"), "left")] if wide else []),
    ]
    lines = []
    for r in rows:
        counts = r["findings"]
        assert isinstance(counts, dict)
        lines.append(
            [
                r["seq"],
                f"{r['command']}/{r['period']}/{r['no']:04d}",
                t("现行", "current") if r["current"] else t("历史", "history"),
                r["sealed_by"],
                r["as_of"],
                _clock(str(r["finished_at"])),
                r["who"],
                counts["error"],
                counts["warning"],
                *([r["run_id"]] if wide else []),
            ]
        )
    out(table(columns, lines))


def _clock(moment: str) -> str:
    """The time of the manifest as the clock on the wall shows it in China."""
    from datetime import datetime, timedelta, timezone

    try:
        return datetime.fromisoformat(moment).astimezone(timezone(timedelta(hours=8))).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return moment
