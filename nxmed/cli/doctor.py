"""nxmed doctor: 体检."""

from __future__ import annotations

import typer

from nxmed.cli.options import IdleDryRunOption, JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t

MARKS = {"ok": "✔", "note": "·", "bad": "✘"}


def command(
    workspace: WorkspaceOption = None,
    dry_run: IdleDryRunOption = False,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """机器和工作区能不能用：Python 与库、字体、ssh-keygen、权限、文件系统、时钟、目录版本；不行的写明怎么办，退出码 2。"""
    del lang, dry_run
    import json
    import sys
    from datetime import datetime

    from nxmed.cli.text import out, table
    from nxmed.errors import EXIT_USAGE, UsageError
    from nxmed.io.workspace import find
    from nxmed.pipelines.doctor import doctor
    from nxmed.pipelines.jobs import SHANGHAI

    try:
        ws = find(workspace)
    except UsageError:
        if workspace is not None:
            raise
        ws = None
    checks = doctor(ws, datetime.now(SHANGHAI))
    code = EXIT_USAGE if any(c.level == "bad" for c in checks) else 0
    if json_:
        sys.stdout.write(json.dumps({"schema": "nxmed.doctor/1", "status": "bad" if code else "ok", "exit_code": code, "checks": [
            {"key": c.key, "level": c.level, "message": t(c.zh, c.en), "do": t(c.do_zh, c.do_en)} for c in checks]},
            ensure_ascii=False, indent=1) + "\n")
    else:
        if ws is None:
            out(t("（不在工作区里，只查机器）", "(no workspace here: only the machine)"))
        out(table([("", "left"), (t("看到的", "seen"), "left"), (t("怎么办", "what to do"), "left")],
                  [[MARKS[c.level], t(c.zh, c.en), t(c.do_zh, c.do_en)] for c in checks]))
    raise typer.Exit(code)
