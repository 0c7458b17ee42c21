"""银行版式文件 (schemas/banks/*.toml, and the workspace's own in banks/*.toml), as they stand on the disk."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nxmed.errors import UsageError
from nxmed.io.resources import data_path
from nxmed.io.workspace import Workspace

FOLDER = "banks"


def layout_tables(ws: Workspace) -> list[tuple[str, Mapping[str, Any]]]:
    """版式文件的内容: (file name, tables), the two samples first, then the workspace's own, each by name."""
    return [(path.name, _read(path)) for folder in (data_path("schemas") / FOLDER, ws.path / FOLDER)
            for path in sorted(folder.glob("*.toml"))]


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as bad:
        raise UsageError(f"银行版式 {path.name} 不是有效的 TOML（UTF-8）", "核对引号、括号和编码",
                         text_en=f"bank layout {path.name} is not valid TOML in UTF-8", hint_en="check quotes, brackets and encoding") from bad
