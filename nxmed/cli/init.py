"""nxmed init: 建立工作区."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nxmed.cli.options import JsonOption, LangOption
from nxmed.cli.text import t


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", show_default=False, help=t("新的或空的文件夹", "a new or an empty folder"))
    ],
    region: Annotated[
        str, typer.Option("--region", metavar="ningxia|dingxi", show_default=False, help=t("地区", "region"))
    ],
    poolarea_no: Annotated[
        str | None,
        typer.Option(
            "--poolarea",
            metavar="NNNNNN",
            show_default=False,
            help=t("统筹区编号（默认按地区）", "pooling area (default: by region)"),
        ),
    ] = None,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """建立一个经办机构的工作区：配置、当地数字、收件箱、发件箱、运行和隔离文件夹。"""
    del lang
    from nxmed.cli.text import out
    from nxmed.io import catalogue
    from nxmed.io.disk import disk_errors
    from nxmed.io.workspace import init

    with disk_errors():
        ws = init(folder, region, poolarea_no)
        catalogue.rebuild(ws)
    if json_:
        import json
        import sys

        sys.stdout.write(
            json.dumps(
                {
                    "schema": "nxmed.result/1",
                    "command": "init",
                    "workspace": str(ws.path),
                    "region": ws.region,
                    "poolarea_no": ws.poolarea_no,
                },
                ensure_ascii=False,
            )
            + "\n"
        )
        return
    out(
        t(f"已建立工作区 {ws.path}", f"made the workspace {ws.path}"),
        t(f"  填写当地数字：{ws.policy_path}", f"  fill in the local numbers: {ws.policy_path}"),
        t(f"  把收到的文件放入：{ws.inbox}/YYYY-MM/", f"  put what you receive into: {ws.inbox}/YYYY-MM/"),
        t(f"下一步：放好文件后 nxmed check {ws.inbox}/YYYY-MM/*，无误后 nxmed assess YYYY-MM -w {ws.path}",
          f"next: with the files there, nxmed check {ws.inbox}/YYYY-MM/*, then nxmed assess YYYY-MM -w {ws.path}"),
    )
