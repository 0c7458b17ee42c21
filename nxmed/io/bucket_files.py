"""桶文件 (buckets on disk): a frame split once into files of whole keys, and frames put away for later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from nxmed.io.files import make_folder
from nxmed.kernel.buckets import bucket

GROUP = 65_536
"""Rows per row group of a bucket's file: every open file holds one in memory."""
_NUMBER = "_bucket"


def split(frame: pl.LazyFrame, key: str, count: int, folder: Path) -> list[pl.LazyFrame]:
    """按键分桶 (one pass over the frame; the files go into `folder`, which is there for nothing else)."""
    if count == 1:
        return [frame]
    make_folder(folder)
    schema = frame.collect_schema()
    frame.sink_parquet(
        pl.PartitionBy(folder, key={_NUMBER: bucket(key, count)}, include_key=False, approximate_bytes_per_file=None),
        compression="lz4", statistics=False, row_group_size=GROUP, mkdir=True)
    found = []
    for number in range(count):
        files = sorted((folder / f"{_NUMBER}={number}").glob("*.parquet"))
        found.append(pl.scan_parquet(files, glob=False, hive_partitioning=False) if files else pl.LazyFrame(schema=schema))
    return found


def shelf(folder: Path) -> Callable[[pl.DataFrame], pl.LazyFrame]:
    """放架 (puts frames into `folder` as they come and gives each back lazily)."""
    make_folder(folder)
    kept = 0

    def keep(frame: pl.DataFrame) -> pl.LazyFrame:
        nonlocal kept
        path = folder / f"{kept:06d}.parquet"
        kept += 1
        frame.write_parquet(path, compression="lz4", statistics=False)
        return pl.scan_parquet(path, glob=False, hive_partitioning=False)

    return keep
