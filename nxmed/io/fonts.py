"""中文字体 (a font with Chinese glyphs for charts and PDF): from a package, else the system's. None is never passed over in silence."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("nxmed_fonts", "mplfonts")
FAMILIES = ("NotoSansCJK", "NotoSansSC", "SourceHanSans", "NotoSerifCJK", "wqy-", "DroidSansFallback")
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")


def cjk_font() -> Path | None:
    """一个中文字体文件 (the first found, regular weight before others; None when there is none)."""
    found = sorted(_candidates(), key=lambda p: (_rank(p), "Regular" not in p.name, p.name))
    return found[0] if found else None


def _candidates() -> Iterator[Path]:
    for folder in [*_packaged(), *(Path(f).expanduser() for f in FOLDERS)]:
        if folder.is_dir():
            yield from (p for p in folder.rglob("*") if p.suffix.lower() in (".ttf", ".otf", ".ttc") and _rank(p) < len(FAMILIES))


def _packaged() -> Iterator[Path]:
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin:
            yield Path(spec.origin).parent


def _rank(path: Path) -> int:
    return next((n for n, family in enumerate(FAMILIES) if path.name.startswith(family)), len(FAMILIES))
