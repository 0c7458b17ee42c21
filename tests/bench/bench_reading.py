"""读取速度: MB/s and peak memory of reading one large CSV (GB18030 unless told otherwise) against the persons contract.

python tests/bench/bench_reading.py [--mb 500] [--encoding gb18030] [--quoted] [--parquet] [--dir DIR]

The file is made of positions, not of chance: the same bytes each time. Reading runs in a process of its own, so that
its peak memory is its own; `bare` is polars alone on the same text already in UTF-8, without any check, for the ratio.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

BATCH = 200_000
SURNAMES = "张王李赵马丁杨陈刘周吴徐孙朱胡郭何高林罗纳哈沙锁"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def people(start: int, rows: int) -> pl.DataFrame:
    """`rows` persons from position `start`, with certificate numbers that check."""
    i = pl.int_range(start, start + rows, dtype=pl.Int64)
    frame = pl.select(i=i).with_columns(
        first=pl.lit("640104") + (1950 + pl.col("i") % 55).cast(pl.String)
        + (1 + pl.col("i") // 55 % 12).cast(pl.String).str.zfill(2) + (1 + pl.col("i") // 660 % 28).cast(pl.String).str.zfill(2)
        + (pl.col("i") // 18_480 % 1000).cast(pl.String).str.zfill(3))
    number = pl.col("first").cast(pl.Int64)
    total = pl.sum_horizontal([number // 10 ** (16 - k) % 10 * w for k, w in enumerate(WEIGHTS)]) % 11
    check = total.cast(pl.Int64).replace_strict(list(range(11)), list("10X98765432"), return_dtype=pl.String)

    def letter(text: str, at: pl.Expr) -> pl.Expr:
        return (at % len(text)).replace_strict(list(range(len(text))), list(text), return_dtype=pl.String)

    p = pl.col("i")
    return frame.select(
        人员编号=pl.lit("6400000000") + p.cast(pl.String).str.zfill(12),
        姓名=letter(SURNAMES, p) + letter(GIVEN, p // 24) + letter(GIVEN, p // 552),
        证件号码=pl.col("first") + check,
        单位编号=pl.lit("64010") + (p // 25).cast(pl.String).str.zfill(7),
        参保地=pl.lit("640104"), 人员类别=pl.when(p % 9 == 0).then(pl.lit("1201")).otherwise(pl.lit("1101")),
        医保类型=pl.lit("1"), 参保状态=pl.lit("1"),
        首次参保日期=pl.lit("20") + (10 + p % 16).cast(pl.String) + pl.lit("-03-01"),
        住址=pl.lit("银川市兴庆区解放西街") + (p % 997).cast(pl.String) + pl.lit("号"),
    )


def make(path: Path, megabytes: int, encoding: str, *, quoted: bool) -> None:
    """Writes a file of about that size."""
    done, start = 0, 0
    with path.open("wb") as out:
        while done < megabytes * 1_000_000:
            text = people(start, BATCH).write_csv(include_header=start == 0, quote_style="always" if quoted else "necessary")
            done += out.write(text.encode(encoding))
            start += BATCH


def child(path: Path, spool: Path) -> None:
    """Reads the file and prints what it took, as JSON."""
    from nxmed.io.reading import read_file

    begin, cpu = time.perf_counter(), time.process_time()
    read = read_file(path, "persons", "2026-12", spool)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "rows": read.rows_read, "accepted": read.accepted,
                      "rejected": read.rejected, "findings": read.findings.height, "bytes": read.bytes}))


def main() -> None:
    """Makes the file, reads it, prints MB/s and peak memory."""
    options = argparse.ArgumentParser()
    options.add_argument("--mb", type=int, default=500)
    options.add_argument("--encoding", default="gb18030")
    options.add_argument("--quoted", action="store_true")
    options.add_argument("--parquet", action="store_true")
    options.add_argument("--dir", type=Path)
    options.add_argument("--child", nargs=2, type=Path)
    given = options.parse_args()
    if given.child:
        child(*given.child)
        return
    with tempfile.TemporaryDirectory(dir=given.dir) as name:
        folder = Path(name)
        path = folder / ("persons.parquet" if given.parquet else "persons.csv")
        if given.parquet:
            pl.concat([people(s, BATCH) for s in range(0, given.mb * 9_000, BATCH)]).write_parquet(path)
        else:
            make(path, given.mb, given.encoding, quoted=given.quoted)
        out = subprocess.run([sys.executable, __file__, "--child", str(path), str(folder / "spool")], check=True,
                             capture_output=True, text=True)
        told = json.loads(out.stdout)
        size = told["bytes"] / 1_000_000
        print(f"{path.name} {given.encoding} {size:.0f} MB, {told['rows']:,} rows: {told['seconds']:.2f} s "
              f"({told['cpu']:.2f} s of processor), "
              f"{size / told['seconds']:.1f} MB/s, {told['rows'] / told['seconds'] / 1000:,.0f} thousand rows/s, "
              f"peak {told['peak']:.0f} MiB, accepted {told['accepted']:,}, rejected {told['rejected']:,}, "
              f"findings {told['findings']:,}")


if __name__ == "__main__":
    main()
