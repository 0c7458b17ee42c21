"""nxmed verify: 核验全部运行."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nxmed.cli.options import IdleDryRunOption, JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t


def command(
    archive: Annotated[Path | None, typer.Option("--archive", metavar="FILE", show_default=False,
                                                 help=t("只核验这份归档，不用工作区", "verify this archive alone, without a workspace"))] = None,
    json_: JsonOption = False,
    workspace: WorkspaceOption = None,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """核验全部运行：文件哈希、清单链、各表合计、守恒等式；有问题退出码 7。"""
    del lang, dry_run
    import json
    import sys

    from nxmed.cli.text import Steps, out, say
    from nxmed.errors import EXIT_INTEGRITY
    from nxmed.io.workspace import find
    from nxmed.pipelines.archive import verify_archive
    from nxmed.pipelines.verify import verify

    with Steps(quiet=json_).running() as steps:
        steps("核验运行", "verifying the runs")
        report = verify_archive(archive)[0] if archive is not None else verify(find(workspace))
    if json_:
        sys.stdout.write(
            json.dumps(
                {
                    "schema": "nxmed.verify/1",
                    "status": "broken" if report.problems else "ok",
                    "exit_code": EXIT_INTEGRITY if report.problems else 0,
                    "runs": report.runs,
                    "files": report.files,
                    "equations": report.equations,
                    "problems": [{"kind": p.kind, "where": p.where, "message": t(p.zh, p.en)} for p in report.problems],
                    "notes": [{"kind": p.kind, "where": p.where, "message": t(p.zh, p.en)} for p in report.notes],
                },
                ensure_ascii=False,
                indent=1,
            )
            + "\n"
        )
    else:
        for p in report.notes:
            say(t(f"· {p.where}：{p.zh}", f"· {p.where}: {p.en}"))
        for p in report.problems:
            out(t(f"✘ {p.where}：{p.zh}", f"✘ {p.where}: {p.en}"))
        counts = t(
            f"{report.runs} 次运行，{report.files} 个文件，{report.equations} 条等式",
            f"{report.runs} runs, {report.files} files, {report.equations} equations",
        )
        if report.problems:
            out(
                t(
                    f"核验未过：{counts}，{len(report.problems)} 个问题",
                    f"verification failed: {counts}, {len(report.problems)} problems",
                )
            )
            say(
                t(
                    "  → 从备份恢复所列文件夹后再核验；不要手工修改 runs",
                    "  → restore these folders from the backup; do not edit runs",
                )
            )
        else:
            out(t(f"✔ 核验通过：{counts}", f"✔ verified: {counts}"))
    if report.problems:
        raise typer.Exit(EXIT_INTEGRITY)
