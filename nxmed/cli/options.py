"""公共选项 (options that every command takes)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nxmed.cli.text import t

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", envvar="NXMED_WORKSPACE", show_envvar=True, show_default=False,
                 help=t("工作区文件夹（默认当前文件夹）", "workspace folder (default: the current one)")),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", "-n", help=t("只计算和检查，不发布任何内容", "compute and check, publish nothing"))
]
IdleDryRunOption = Annotated[
    bool, typer.Option("--dry-run", "-n", hidden=True,
                       help=t("本命令不发布任何内容，写不写都一样", "this command publishes nothing anyway"))
]
IdleWorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", envvar="NXMED_WORKSPACE", hidden=True, show_default=False,
                 help=t("本命令的结果与工作区无关", "this command says the same in every workspace")),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help=t("标准输出只写一个 JSON 文档", "one JSON document on stdout"))
]
LangOption = Annotated[
    str | None, typer.Option("--lang", metavar="zh|en", show_default=False, help=t("界面语言", "language of the messages"))
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help=t("已发布但有错误级发现时退出码为 10", "exit 10 when error findings exist"))
]
PeriodArgument = Annotated[
    str, typer.Argument(metavar="YYYY-MM", help=t("所属期，如 2026-12", "month, such as 2026-12"), show_default=False)
]
