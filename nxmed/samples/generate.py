"""生成样例 (write a region of any size): inbox files of each month, policy.toml, and the list of what was planted."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from nxmed.errors import UsageError
from nxmed.kernel.period import Period
from nxmed.samples import files, planted
from nxmed.samples.compose import Sample, compose
from nxmed.samples.crowd import Wishes
from nxmed.samples.crowd_providers import Market
from nxmed.samples.crowd_statements import Ledger, month, planted_once
from nxmed.samples.regions import region

FORMATS = ("parquet", "csv")
PLANTED = "planted.csv"
PIECED = ("settlements", "provider_details", "chronic_registrations")
MOST_SETTLEMENTS = 50_000_000
_FRESH = ("nxmed.toml", "policy.toml", "allowed_signers", "nxmed.duckdb", "payouts.sqlite", "inbox", "outbox", "runs", "quarantine")


@dataclass(frozen=True)
class Written:
    """写出的文件: path below the folder, rows (None where they were not counted)."""

    path: str
    rows: int | None


def check_target(folder: Path, region_id: str) -> None:
    """可写 only: a folder that is not there, an empty one, or a fresh workspace of that region (else exit 2)."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(
            f"{folder.name} 不是文件夹",
            "换一个目标文件夹",
            text_en=f"{folder.name} is not a folder",
            hint_en="choose another folder",
        )
    strange = sorted(p.name for p in folder.iterdir() if p.name not in _FRESH and not p.name.startswith("."))
    used = [p for name in ("inbox", "runs", "outbox") for p in _files(folder / name)]
    if strange or used:
        raise UsageError(
            "目标文件夹里已有内容，不覆盖",
            "用一个空文件夹，或刚用 nxmed init 建好的工作区",
            text_en="the folder has content already; nothing is overwritten",
            hint_en="use an empty folder, or a workspace fresh from nxmed init",
        )
    config = folder / "nxmed.toml"
    if config.is_file():
        try:
            found = tomllib.loads(config.read_text("utf-8")).get("region")
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            found = None
        if found != region_id:
            raise UsageError(
                f"工作区的地区与样例 {region_id} 不一致",
                "用同一地区建工作区：nxmed init DIR --region " + region_id,
                text_en=f"the workspace is not of region {region_id}",
                hint_en=f"nxmed init DIR --region {region_id}",
            )


def _files(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()] if folder.is_dir() else []


def generate(
    folder: Path,
    region_id: str,
    *,
    persons: int,
    months: int,
    seed: int,
    start: Period,
    fmt: str = "parquet",
    plants: bool = True,
    settlements: int = 0,
) -> list[Written]:
    """生成样例 into `folder` (inbox/YYYY-MM/…, policy.toml, planted.csv).

    persons: ordinary people, besides a few dozen that are set up by hand. settlements: of each month, with what the
    providers list of them (0: no provider side); made and written piece by piece, so millions take no more memory. fmt: parquet or csv. plants: with planted
    differences among the ordinary units as well. The same arguments give the same bytes. Raises UsageError (exit 2).
    """
    if fmt not in FORMATS:
        raise UsageError(
            f"没有这种格式：{fmt}",
            "可用：parquet、csv",
            text_en=f"no such format: {fmt}",
            hint_en="known: parquet, csv",
        )
    check_target(folder, region_id)
    if not 0 <= settlements <= MOST_SETTLEMENTS:
        raise UsageError(
            "结算笔数不对",
            f"每月 0 至 {MOST_SETTLEMENTS} 笔",
            text_en="the number of settlements makes no sense",
            hint_en=f"0 to {MOST_SETTLEMENTS} a month",
        )
    sample = compose(region(region_id), Wishes(persons, seed, plants=plants), start, months)
    market = Market(sample.region, settlements, seed, start, months, plants) if settlements else None
    return list(write(sample, folder, fmt, market))


def write(sample: Sample, folder: Path, fmt: str, market: Market | None = None) -> Iterator[Written]:
    """Write a composed sample, one file per month and contract, and the provider side in pieces."""
    folder.mkdir(parents=True, exist_ok=True)
    for (k, contract), frame in sample.frames.items():
        if not frame.height and contract not in ("tax_arrivals", "treasury_statement"):
            continue
        name = f"inbox/{(sample.start + k).text}/{contract}.{fmt}"
        (files.parquet if fmt == "parquet" else files.csv)(frame, contract, folder / name)
        yield Written(name, frame.height)
    listed = [sample.planted]
    if market is not None:
        ledger = Ledger()
        for k in range(market.months):
            yield from _provider_month(market, k, ledger, folder, fmt)
        listed += [*ledger.plants, planted_once(market)]
    (folder / "policy.toml").write_text(sample.policy, "utf-8", newline="\n")
    found = planted.ordered(pl.concat(listed))
    found.write_csv(folder / PLANTED, include_bom=True)
    yield Written(PLANTED, found.height)


def _provider_month(market: Market, k: int, ledger: Ledger, folder: Path, fmt: str) -> Iterator[Written]:
    """The files of a provider month, a file for each piece."""
    counts: dict[str, int] = {}
    many = len(market.pieces()) > 1
    for contract, frame in month(market, k, ledger):
        nth = counts[contract] = counts.get(contract, 0) + 1
        piece = f"_{nth:03d}" if many and contract in PIECED else ""
        name = f"inbox/{(market.start + k).text}/{contract}{piece}.{fmt}"
        (files.parquet if fmt == "parquet" else files.csv)(frame, contract, folder / name)
        yield Written(name, frame.height)


def copy(source: Path, folder: Path, region_id: str) -> list[Written]:
    """复制小样例 of data/samples (`source`) into `folder`. Raises UsageError (exit 2)."""
    found = region(region_id)
    check_target(folder, found.id)
    written = []
    for path in sorted(_files(source / found.id)):
        name = path.relative_to(source / found.id).as_posix()
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        written.append(Written(name, None))
    return written
