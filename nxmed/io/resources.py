"""随包数据 (what ships beside the code): contracts, table schemas, samples, jobs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from nxmed.errors import UsageError
from nxmed.kernel.contract import Contract, contract_from
from nxmed.kernel.table import TableSchema, table_from

_CHECKOUT = {"schemas": "schemas", "samples": "data/samples", "jobs": "jobs", "docs": "docs"}


def data_path(name: str) -> Path:
    """数据目录: "schemas", "samples", "jobs" or "docs", in the installed package or in a checkout.

    Raises UsageError (exit 2) when it is in neither.
    """
    package = Path(__file__).resolve().parent.parent
    for place in (package / "_data" / name, package.parent / _CHECKOUT[name]):
        if place.is_dir():
            return place
    raise UsageError(f"安装不完整：找不到 {name} 目录", "重新安装 nxmed",
                     text_en=f"The installation lacks {name}", hint_en="Install nxmed again")


def _load(path: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open(encoding="utf-8") as stream:
        return yaml.load(stream, Loader=loader)  # noqa: S506 - a safe loader, in C where there is one


@cache
def contracts() -> dict[str, Contract]:
    """全部契约 by id (schemas/inbox/*.yaml with the code lists of schemas/codes.yaml)."""
    root = data_path("schemas")
    codes = _load(root / "codes.yaml")
    found: dict[str, Contract] = {}
    for path in sorted((root / "inbox").glob("*.yaml")):
        try:
            contract = contract_from(_load(path), codes)
        except (KeyError, TypeError, ValueError, yaml.YAMLError) as bad:
            raise UsageError(f"契约 {path.name} 写得不对", "核对字段名、类型和代码表",
                             text_en=f"Contract {path.name} is not well formed") from bad
        found[contract.id] = contract
    return found


@cache
def tables() -> dict[str, TableSchema]:
    """全部表结构 by id (schemas/tables/*.yaml)."""
    found: dict[str, TableSchema] = {}
    for path in sorted((data_path("schemas") / "tables").glob("*.yaml")):
        try:
            table = table_from(_load(path))
        except (KeyError, TypeError, ValueError, yaml.YAMLError) as bad:
            raise UsageError(f"表结构 {path.name} 写得不对", "核对字段名、类型和主键",
                             text_en=f"Table schema {path.name} is not well formed") from bad
        found[table.id] = table
    return found


@cache
def divisions() -> dict[str, str]:
    """县区名称 by administrative code (schemas/divisions.yaml; for headings only, never to judge a code)."""
    return {str(k): str(v) for k, v in _load(data_path("schemas") / "divisions.yaml").items()}
