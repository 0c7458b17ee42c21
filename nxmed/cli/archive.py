"""nxmed archive: 归档."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nxmed.cli.options import IdleDryRunOption, JsonOption, LangOption, PeriodArgument, WorkspaceOption
from nxmed.cli.text import t


def command(
    period: PeriodArgument,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", show_default=False,
                                             help=t("放在哪个文件夹，默认工作区的 archive", "folder; default: archive/ of the workspace"))] = None,
    workspace: WorkspaceOption = None,
    dry_run: IdleDryRunOption = False,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """把已封存的月份打成一个可单独核验的文件：输入、运行、对外文件、拨付签名、法规数字（NXJG-11）。没封存的退出码 5。"""
    del lang, dry_run
    import json
    import sys

    from nxmed.cli.text import Steps, count
    from nxmed.cli.text import out as show
    from nxmed.io.workspace import find
    from nxmed.pipelines.archive import archive_month
    from nxmed.pipelines.arguments import month

    with Steps(quiet=json_).running() as steps:
        steps("核验并归档", "verifying and packing")
        made = archive_month(find(workspace), month(period), out)
    if json_:
        sys.stdout.write(json.dumps({"schema": "nxmed.archive/1", "status": "packed", "exit_code": 0, "path": str(made.path),
                                     "sha256": made.sha256, "files": made.files, "bytes": made.bytes}, ensure_ascii=False) + "\n")
        return
    show(t(f"✔ 已归档 {period}：{count(made.files)} 个文件，{made.path}", f"✔ {period} archived: {count(made.files)} files, {made.path}"))
    show(f"  sha256 {made.sha256}")
    show(t(f"  单独核验：nxmed verify --archive {made.path}；或 tar xzf 后 sha256sum -c SHA256SUMS",
           f"  verify alone: nxmed verify --archive {made.path}; or tar xzf, then sha256sum -c SHA256SUMS"))
