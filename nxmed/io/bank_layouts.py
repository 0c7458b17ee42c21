"""银行版式文件 (schemas/banks/*.toml, and the workspace's own in banks/*.toml)."""

from __future__ import annotations

import tomllib
from pathlib import Path

from nxmed.errors import UsageError
from nxmed.io.resources import data_path
from nxmed.io.workspace import Workspace
from nxmed.payouts.layouts import Layout, layout_from

FOLDER = "banks"
DEFAULT = "gbk-csv"


def layouts(ws: Workspace) -> dict[str, Layout]:
    """全部版式 by id: the two samples, then the workspace's own. An id given twice: UsageError (exit 2)."""
    found: dict[str, Layout] = {}
    for folder in (data_path("schemas") / FOLDER, ws.path / FOLDER):
        for path in sorted(folder.glob("*.toml")):
            layout = layout_from(_read(path), path.name)
            if layout.id in found:
                raise UsageError(f"银行版式 {path.name}：id {layout.id} 已被另一份版式使用", "换一个 id",
                                 text_en=f"bank layout {path.name}: the id {layout.id} is taken", hint_en="choose another id")
            found[layout.id] = layout
    return found


def layout(ws: Workspace, name: str) -> Layout:
    """一份版式 (UsageError, exit 2, when there is none of that name)."""
    known = layouts(ws)
    if name not in known:
        raise UsageError(f"没有这个银行版式：{name}", "可用：" + "、".join(f"{x.id}（{x.zh}）" for x in known.values()),
                         text_en=f"no such bank layout: {name}", hint_en="known: " + ", ".join(known))
    return known[name]


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as bad:
        raise UsageError(f"银行版式 {path.name} 不是有效的 TOML（UTF-8）", "核对引号、括号和编码",
                         text_en=f"bank layout {path.name} is not valid TOML in UTF-8", hint_en="check quotes, brackets and encoding") from bad
