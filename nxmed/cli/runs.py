"""nxmed runs: 列出运行."""

from __future__ import annotations

from typing import Annotated

import typer

from nxmed.cli.options import JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t


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
    lang: LangOption = None,
) -> None:
    """列出已发布的运行：哪次现行、是否封存、谁在何时发布、有多少发现。"""
    del lang
    from nxmed.io.run_store import current, runs, sealed_by
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import month

    ws = find(workspace)
    found = runs(ws, command_, month(period) if period is not None else None)
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
    from nxmed.cli.text import out, table

    if not rows:
        out(t("还没有运行", "no runs yet"))
        return
    columns = [
        ("#", "right"),
        (t("运行", "run"), "left"),
        (t("状态", "state"), "left"),
        (t("截至", "as of"), "left"),
        (t("发布", "published"), "left"),
        (t("操作人", "who"), "left"),
        (t("错误", "errors"), "right"),
        (t("警告", "warnings"), "right"),
        (t("运行编号", "run_id"), "left"),
    ]
    lines = []
    for r in rows:
        state = t("现行", "current") if r["current"] else t("历史", "history")
        if r["sealed_by"]:
            state += t(f"，封存（{r['sealed_by']}）", f", sealed ({r['sealed_by']})")
        counts = r["findings"]
        assert isinstance(counts, dict)
        lines.append(
            [
                r["seq"],
                f"{r['command']}/{r['period']}/{r['no']:04d}",
                state,
                r["as_of"],
                r["finished_at"],
                r["who"],
                counts["error"],
                counts["warning"],
                r["run_id"],
            ]
        )
    out(table(columns, lines))
