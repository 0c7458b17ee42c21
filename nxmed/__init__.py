"""nxmed：医保经办月度结算工具 (monthly settlement of a regional medical-insurance agency)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from nxmed.desk import Desk

__version__ = "0.1.0"
__all__ = ["__version__", "open"]


def open(path: str | Path) -> Desk:
    """打开工作区供分析 (the analyst's desk; reads only. UsageError when `path` is no workspace)."""
    desk: Desk = import_module("nxmed.desk").Desk(path)  # by name: the rooms that import nxmed know nothing of the desk
    return desk
