"""nxmed catalogue: 说明表和列."""

from __future__ import annotations

from typing import Annotated

import typer

from nxmed.cli.options import IdleDryRunOption, IdleWorkspaceOption, JsonOption, LangOption
from nxmed.cli.text import t


def command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="TABLE",
            show_default=False,
            help=t("表名或中文表名；不写则列出全部", "a table by id or Chinese title; all without it"),
        ),
    ] = None,
    json_: JsonOption = False,
    workspace: IdleWorkspaceOption = None,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """说明发布的表：列名、中文名、类型、口径、依据。"""
    del lang, workspace, dry_run
    import json
    import sys

    from nxmed.io.resources import tables
    from nxmed.kernel.table import TableSchema

    known = tables()
    if name is None:
        rows = [
            {
                "table": x.id,
                "zh": x.zh,
                "en": x.en,
                "commands": list(x.commands),
                "key": list(x.key),
                "comment": t(x.comment, x.comment_en),
            }
            for x in known.values()
        ]
        if json_:
            sys.stdout.write(
                json.dumps({"schema": "nxmed.catalogue/1", "tables": rows}, ensure_ascii=False, indent=1) + "\n"
            )
        else:
            _list(list(known.values()))
        return
    found: TableSchema | None = known.get(name) or next((x for x in known.values() if x.zh == name), None)
    if found is None:
        raise _unknown(name, [*known, *(x.zh for x in known.values())])
    _table(found, json_=json_)


def _list(known: list[object]) -> None:
    from nxmed.cli.text import out, table
    from nxmed.kernel.table import TableSchema

    lines = [
        [x.id, x.zh, "、".join(x.commands), t(x.comment, x.comment_en)] for x in known if isinstance(x, TableSchema)
    ]
    out(
        table(
            [
                (t("表", "table"), "left"),
                (t("中文名", "title"), "left"),
                (t("命令", "command"), "left"),
                (t("内容", "content"), "left"),
            ],
            lines,
        )
    )


def _table(found: object, *, json_: bool) -> None:
    import json
    import sys

    from nxmed.cli.text import out, table
    from nxmed.io.catalogue_names import columns_of, meaning, sql_type
    from nxmed.kernel.table import TableSchema

    assert isinstance(found, TableSchema)
    columns = columns_of(found)
    if json_:
        rows = [
            {
                "column": c.id,
                "zh": c.zh,
                "type": sql_type(c),
                "nullable": c.nullable,
                "comment": c.comment,
                "en": c.en,
                "codes": dict(c.codes),
                "rule": c.rule,
            }
            for c in columns
        ]
        sys.stdout.write(
            json.dumps(
                {
                    "schema": "nxmed.catalogue/1",
                    "table": found.id,
                    "zh": found.zh,
                    "key": list(found.key),
                    "columns": rows,
                },
                ensure_ascii=False,
                indent=1,
            )
            + "\n"
        )
        return
    out(
        f"{found.id} · {found.zh} · {t(found.comment, found.comment_en)}",
        t(f"主键：{'、'.join(found.key) or '无'}", f"key: {', '.join(found.key) or 'none'}"),
        "",
    )
    lines = [[c.id, c.zh, sql_type(c), t(meaning(c).partition("：")[2], c.en), c.rule] for c in columns]
    out(
        table(
            [
                (t("列", "column"), "left"),
                (t("中文名", "title"), "left"),
                (t("类型", "type"), "left"),
                (t("口径", "meaning"), "left"),
                (t("依据", "rule"), "left"),
            ],
            lines,
        )
    )


def _unknown(name: str, known: list[str]) -> Exception:
    import difflib

    from nxmed.errors import UsageError

    near = difflib.get_close_matches(name, known, 1, 0.5)
    return UsageError(
        f"没有这张表：{name}",
        f"是否指 {near[0]}？" if near else "nxmed catalogue 列出全部表",
        text_en=f"No such table: {name}",
        hint_en=f"Did you mean {near[0]}?" if near else "nxmed catalogue lists all",
    )
