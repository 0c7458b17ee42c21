"""主键 (repeated keys within a month, over all files of a contract): identical rows count once, others are rejected."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from nxmed.io.reading import FileRead
from nxmed.kernel.split import REJECTS


def settle(reads: Sequence[FileRead]) -> None:
    """判重复与冲突 over the files of one contract and month, in place.

    Rows equal in every contract column: the first (by file name, then row) is kept, the rest are duplicates. Rows with
    one key and different content are all rejected (E301). A row rejected for another reason takes no other row with it,
    but is told in the same pass that its key stands in the file once more.
    """
    reads = sorted(reads, key=lambda r: r.src_file)
    if not reads or reads[0].contract.repeats:
        return
    _over_files(reads)
    for read in reads:
        if read.refused_keys:
            _with_refused(read)


def _over_files(reads: Sequence[FileRead]) -> None:
    hashes = [h for r in reads for h in r.key_hashes]
    if not hashes:
        return
    ordered = pl.concat(hashes).sort()  # far less memory than a table of millions of keys
    twice = ordered.filter(ordered == ordered.shift(1)).unique()
    if not twice.len():
        return
    _judge(reads, _candidates(reads, twice))


def _with_refused(read: FileRead) -> None:
    """Rows rejected for another reason whose key stands in the file once more: E301 as a further reason."""
    key = list(read.contract.key)
    refused = pl.concat(read.refused_keys)
    hashes = refused.select(pl.struct(key).hash()).to_series()
    pieces = [refused.with_columns(_refused=True)]
    for part, known in zip(read.parts, read.key_hashes, strict=True):
        hit = known.is_in(hashes.implode())
        if hit.any():
            rows = part.filter(hit) if isinstance(part, pl.DataFrame) else (
                pl.scan_parquet(part, glob=False).filter(pl.lit(hit)).collect())
            pieces.append(rows.select("_row", *key, _refused=pl.lit(False)))
    clash = pl.concat(pieces).filter(pl.len().over(key) > 1).with_columns(
        _text=pl.concat_str([pl.col(k).cast(pl.String).fill_null("") for k in key], separator="|"),
        _first=pl.col("_row").first().over(key, order_by="_row"),
        _second=pl.col("_row").get(1).over(key, order_by="_row"),
    )
    clash = clash.filter("_refused")
    for row, first, second in clash.select("_row", "_first", "_second").iter_rows():
        read.conflicts[row] = f"第 {(second if first == row else first)} 行"
    read.reasons.append(clash.select(
        "_row", pl.lit(key[0]).alias("column"), pl.lit("E301").alias("check"), pl.col("_text").alias("value")
    ).select(list(REJECTS)))


def _candidates(reads: Sequence[FileRead], twice: pl.Series) -> pl.DataFrame:
    """Rows whose key hash occurs more than once, with `_file` and `_row`."""
    pieces = []
    for number, read in enumerate(reads):
        known = [c.id for c in read.contract.columns if c.id in read.layout.names]
        for part, hashes in zip(read.parts, read.key_hashes, strict=True):
            hit = hashes.is_in(twice.implode())
            if not hit.any():
                continue
            if isinstance(part, pl.DataFrame):
                rows = part.filter(hit)
            else:
                rows = pl.scan_parquet(part, glob=False).filter(pl.lit(hit)).collect()
            pieces.append(rows.select("_row", *known).with_columns(_file=pl.lit(number, pl.Int64)))
    return pl.concat(pieces, how="diagonal").sort("_file", "_row")


def _judge(reads: Sequence[FileRead], rows: pl.DataFrame) -> None:
    contract = reads[0].contract
    content = [c.id for c in contract.columns if c.id in rows.columns]
    first = rows.select(pl.struct(content).is_first_distinct()).to_series()
    for number, row in rows.filter(~first).select("_file", "_row").iter_rows():
        reads[number].dropped.append(row)
        reads[number].duplicates += 1
    left = rows.filter(first).with_columns(_count=pl.len().over(contract.key), _key=pl.struct(contract.key))
    clash = left.filter(pl.col("_count") > 1)
    if not clash.height:
        return
    clash = clash.with_columns(
        _f0=pl.col("_file").first().over("_key", order_by=["_file", "_row"]),
        _r0=pl.col("_row").first().over("_key", order_by=["_file", "_row"]),
        _f1=pl.col("_file").get(1).over("_key", order_by=["_file", "_row"]),
        _r1=pl.col("_row").get(1).over("_key", order_by=["_file", "_row"]),
        _text=pl.concat_str([pl.col(k).cast(pl.String).fill_null("") for k in contract.key], separator="|"),
    )
    for number, read in enumerate(reads):
        mine = clash.filter(pl.col("_file") == number)
        if not mine.height:
            continue
        for row, f0, r0, f1, r1 in mine.select("_row", "_f0", "_r0", "_f1", "_r1").iter_rows():
            file, other = (f1, r1) if (f0, r0) == (number, row) else (f0, r0)
            where = "" if file == number else f"{reads[file].src_file} "
            read.conflicts[row] = f"{where}第 {other} 行"
        read.dropped += mine["_row"].to_list()
        read.rejected += mine.height
        read.reasons.append(mine.select(
            "_row", pl.lit(contract.key[0]).alias("column"), pl.lit("E301").alias("check"),
            pl.col("_text").alias("value")).select(list(REJECTS)))
