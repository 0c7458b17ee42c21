"""nxmed notify: 发送通知."""

from __future__ import annotations

from typing import Annotated

import typer

from nxmed.cli.options import IdleDryRunOption, JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t


def command(
    test: Annotated[bool, typer.Option("--test", help=t("先存入一条试发的", "spool one to try it first"))] = False,
    workspace: WorkspaceOption = None,
    dry_run: IdleDryRunOption = False,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """把待发的通知交给 nxmed.toml 里的命令（事件 JSON 从标准输入给它）；没有接下的留着下次再发。"""
    del lang, dry_run
    import json
    import sys

    from nxmed.cli.text import out
    from nxmed.errors import EXIT_INTERNAL, UsageError
    from nxmed.io import notices
    from nxmed.io.workspace import find

    ws = find(workspace)
    if test:
        if not ws.notify.command:
            raise UsageError("nxmed.toml 没有 [notify] command", '写上 [notify] command = ["/路径/命令"]',
                             text_en="nxmed.toml has no [notify] command", hint_en='add [notify] command = ["/path/to/it"]')
        notices.spool(ws, "test", ws.notify.on[0] if ws.notify.on else "ok", {})
    sent = notices.send(ws)
    code = EXIT_INTERNAL if sent.left and ws.notify.command else 0
    if json_:
        sys.stdout.write(json.dumps({"schema": "nxmed.notify/1", "taken": sent.taken, "left": sent.left,
                                     "message": t(sent.why_zh, sent.why_en), "exit_code": code}, ensure_ascii=False) + "\n")
    else:
        out(t(f"已发 {sent.taken} 条，待发 {sent.left} 条", f"{sent.taken} sent, {sent.left} left")
            + (f"：{t(sent.why_zh, sent.why_en)}" if sent.why_zh else ""))
    raise typer.Exit(code)
