"""nxmed samples: 样例地区 (made-up regions to try things with)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nxmed.cli.options import JsonOption, LangOption
from nxmed.cli.text import t

if TYPE_CHECKING:
    from nxmed.samples.generate import Written

app = typer.Typer(
    help=t(
        "样例地区：复制随附的小样例，或生成任意规模的样例（全部是编造的）。",
        "sample regions: copy the small ones that come along, or make one of any size (all made up).",
    ),
    no_args_is_help=True,
)

FolderArgument = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        show_default=False,
        help=t("空文件夹，或刚用 nxmed init 建好的工作区", "an empty folder, or a workspace fresh from nxmed init"),
    ),
]
REGION = t("地区", "region")


@app.command("generate")
def generate_command(
    folder: FolderArgument,
    region: Annotated[
        str | None,
        typer.Option(
            "--region",
            metavar="ningxia|dingxi",
            show_default=False,
            help=t("地区（DIR 是工作区时默认按工作区）", "region (default where DIR is a workspace: its own)"),
        ),
    ] = None,
    persons: Annotated[
        int, typer.Option("--persons", metavar="N", help=t("普通人员数", "number of ordinary persons"))
    ] = 10_000,
    settlements: Annotated[
        int,
        typer.Option(
            "--settlements",
            metavar="N",
            help=t("每月结算笔数（机构一侧；0 为不要）", "settlements a month, with the providers' side (0: none)"),
        ),
    ] = 5_000,
    months: Annotated[int, typer.Option("--months", metavar="K", help=t("月数", "number of months"))] = 2,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="S",
            help=t("种子：相同的参数写出相同的字节", "seed: the same arguments give the same bytes"),
        ),
    ] = 1,
    start: Annotated[str, typer.Option("--start", metavar="YYYY-MM", help=t("首个月份", "first month"))] = "2026-11",
    fmt: Annotated[
        str, typer.Option("--format", metavar="parquet|csv", help=t("文件格式", "format of the files"))
    ] = "parquet",
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """生成任意规模的样例地区（单位与人员、税务到账、机构结算）：各月收件箱、policy.toml、埋设清单 planted.csv。"""
    del lang
    from nxmed.errors import UsageError
    from nxmed.kernel.period import Period
    from nxmed.samples.generate import generate

    try:
        first = Period.parse(start)
    except ValueError:
        raise UsageError(
            f"月份写得不对：{start}",
            "写成 2026-11 的样子",
            text_en=f"not a month: {start}",
            hint_en="write it like 2026-11",
        ) from None
    chosen = region if region is not None else _region_of(folder)
    written = generate(folder, chosen, persons=persons, months=months, seed=seed, start=first, fmt=fmt, settlements=settlements)
    _report(folder, chosen, written, json_)


@app.command("copy")
def copy_command(
    region: Annotated[str, typer.Argument(metavar="ningxia|dingxi", show_default=False, help=REGION)],
    folder: FolderArgument,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """把随附的小样例（两个月，约 900 人）复制到文件夹或新工作区。"""
    del lang
    from nxmed.io.resources import data_path
    from nxmed.samples.generate import copy

    _report(folder, region, copy(data_path("samples"), folder, region), json_)


def _region_of(folder: Path) -> str:
    """The region of the workspace; UsageError (exit 2) where the folder is none."""
    from nxmed.errors import UsageError
    from nxmed.io.workspace import CONFIG_NAME, open_workspace

    if not (folder / CONFIG_NAME).is_file():
        raise UsageError(
            "缺少选项 --region",
            "写明 --region ningxia 或 --region dingxi；目标文件夹是工作区时可不写",
            text_en="Missing option --region",
            hint_en="Give --region ningxia or --region dingxi; a workspace as target needs none",
        )
    return open_workspace(folder).region


def _next(folder: Path, region: str, written: list[Written]) -> list[str]:
    """What to run to assess the first month of the sample."""
    import shlex

    from nxmed.io.reading import contract_of
    from nxmed.io.workspace import CONFIG_NAME

    brought = [(w.path.split("/")[1], contract_of(w.path.rsplit("/", 1)[1])) for w in written if w.path.startswith("inbox/")]
    month = min(month for month, contract in brought if contract is not None and contract.id == "units")
    here = shlex.quote(str(folder))
    if (folder / CONFIG_NAME).is_file():
        return [f"nxmed assess {month} -w {here}"]
    fresh = shlex.quote(f"{folder}-ws")
    return [
        f"nxmed init {fresh} --region {region}",
        f"cp -r {here}/inbox {here}/policy.toml {fresh}/",
        f"nxmed assess {month} -w {fresh}",
    ]


def _report(folder: Path, region: str, written: list[Written], json_: bool) -> None:
    from nxmed.cli.text import count, out, table

    following = _next(folder, region, written)
    if json_:
        import json
        import sys

        sys.stdout.write(
            json.dumps(
                {
                    "schema": "nxmed.result/1",
                    "command": "samples",
                    "folder": str(folder),
                    "region": region,
                    "files": [{"path": w.path, "rows": w.rows} for w in written],
                    "next": following,
                },
                ensure_ascii=False,
            )
            + "\n"
        )
        return
    out(
        table(
            [(t("文件", "file"), "left"), (t("行", "rows"), "right")],
            [(w.path, "" if w.rows is None else count(w.rows)) for w in written],
        )
    )
    out(
        t(
            f"样例写在 {folder}；埋设的内容见 planted.csv",
            f"the sample is in {folder}; planted.csv says what was put into it",
        )
    )
    for line in following:
        out(t(f"下一步：{line}", f"next: {line}"))
