"""银行版式 by name (the samples that ship with nxmed, and the workspace's own)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nxmed.errors import UsageError

if TYPE_CHECKING:
    from nxmed.io.workspace import Workspace
    from nxmed.payouts.layouts import Layout

DEFAULT = "gbk-csv"


def layouts(ws: Workspace) -> dict[str, Layout]:
    """全部版式 by id. A file that is no layout, or an id given twice: UsageError (exit 2)."""
    from nxmed.io.bank_files import layout_tables
    from nxmed.payouts.layouts import layout_from

    found: dict[str, Layout] = {}
    for name, table in layout_tables(ws):
        layout = layout_from(table, name)
        if layout.id in found:
            raise UsageError(f"银行版式 {name}：id {layout.id} 已被另一份版式使用", "换一个 id",
                             text_en=f"bank layout {name}: the id {layout.id} is taken", hint_en="choose another id")
        found[layout.id] = layout
    return found


def layout(ws: Workspace, name: str) -> Layout:
    """一份版式 (UsageError, exit 2, when there is none of that name)."""
    known = layouts(ws)
    if name not in known:
        raise UsageError(f"没有这个银行版式：{name}", "可用：" + "、".join(f"{x.id}（{x.zh}）" for x in known.values()),
                         text_en=f"no such bank layout: {name}", hint_en="known: " + ", ".join(known))
    return known[name]
