"""主键 (repeated keys within a month, over all files of a contract): identical rows count once, others are rejected."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from nxmed.io.reading import FileRead
from nxmed.kernel.split import REJECTS


def settle(reads: Sequence[FileRead]) -> None:
    """判重复与冲突 over the files of one contract and month, in place.

    Rows equal in every contract column: the first (by file name, then row) is kept, the rest are duplicates. Rows with
    one key and different content are all rejected (E301), also where one of them is rejected for another reason already:
    which of the two the sender meant is not for us to guess.
    """
    reads = sorted(reads, key=lambda r: r.src_file)
    if not reads or reads[0].contract.repeats:
        return
    _over_files(reads)
    if any(read.refused_keys for read in reads):
        _with_refused(reads)


def _over_files(reads: Sequence[FileRead]) -> None:
    hashes = [h for r in reads for h in r.key_hashes]
    if not hashes:
        return
    ordered = pl.concat(hashes).sort()  # far less memory than a table of millions of keys
    twice = ordered.filter(ordered == ordered.shift(1)).unique()
    if not twice.len():
        return
    _judge(reads, _candidates(reads, twice))


def _with_refused(reads: Sequence[FileRead]) -> None:
    """Rows rejected for another reason whose key stands there once more, in any file of the month: E301 for both."""
    key = list(reads[0].contract.key)
    pieces = [pl.concat(r.refused_keys).with_columns(_refused=True, _file=pl.lit(n, pl.Int64))
              for n, r in enumerate(reads) if r.refused_keys]
    hashes = pl.concat(pieces).select(pl.struct(key).hash()).to_series()
    for number, read in enumerate(reads):
        for part, known in zip(read.parts, read.key_hashes, strict=True):
            hit = known.is_in(hashes.implode())
            if hit.any():
                rows = part.filter(hit) if isinstance(part, pl.DataFrame) else (
                    pl.scan_parquet(part, glob=False).filter(pl.lit(hit)).collect())
                pieces.append(rows.select("_row", *key, _refused=pl.lit(False), _file=pl.lit(number, pl.Int64)))
    clash = _neighbours(pl.concat(pieces, how="diagonal").filter(pl.len().over(key) > 1), key)
    for number, read in enumerate(reads):
        mine = clash.filter((pl.col("_file") == number) & (pl.col("_refused") | ~pl.col("_row").is_in(read.dropped)))
        sound = mine.filter(~pl.col("_refused"))["_row"].to_list()
        _tell(reads, number, mine)
        read.dropped += sound
        read.rejected += len(sound)


def _neighbours(clash: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Adds of each key its first two places (_f0, _r0, _f1, _r1) and its text."""
    order = ["_file", "_row"]
    return clash.with_columns(
        _f0=pl.col("_file").first().over(key, order_by=order), _r0=pl.col("_row").first().over(key, order_by=order),
        _f1=pl.col("_file").get(1).over(key, order_by=order), _r1=pl.col("_row").get(1).over(key, order_by=order),
        _text=pl.concat_str([pl.col(k).cast(pl.String).fill_null("") for k in key], separator="|"),
    )


def _tell(reads: Sequence[FileRead], number: int, mine: pl.DataFrame) -> None:
    """E301 for these rows of a file, each with the place of the row it clashes with."""
    read = reads[number]
    if not mine.height:
        return
    for row, f0, r0, f1, r1 in mine.select("_row", "_f0", "_r0", "_f1", "_r1").iter_rows():
        file, other = (f1, r1) if (f0, r0) == (number, row) else (f0, r0)
        where = "" if file == number else f"{reads[file].src_file} "
        read.conflicts[row] = f"{where}第 {other} 行"
    read.reasons.append(mine.select(
        "_row", pl.lit(read.contract.key[0]).alias("column"), pl.lit("E301").alias("check"),
        pl.col("_text").alias("value")).select(list(REJECTS)))


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
    left = rows.filter(first).with_columns(_count=pl.len().over(contract.key))
    clash = left.filter(pl.col("_count") > 1)
    if not clash.height:
        return
    clash = _neighbours(clash, contract.key)
    for number, read in enumerate(reads):
        mine = clash.filter(pl.col("_file") == number)
        _tell(reads, number, mine)
        read.dropped += mine["_row"].to_list()
        read.rejected += mine.height
