"""发布表 (published tables): the gate each passes, its published form, and reading it back in inside form."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from nxmed.errors import IntegrityError
from nxmed.io.files import sha256_of
from nxmed.io.resources import tables
from nxmed.kernel.money import fen_of
from nxmed.kernel.period import Period
from nxmed.kernel.table import TableColumn, TableSchema

if TYPE_CHECKING:
    from nxmed.io.run_store import Run

_LIMITS = {"amount": 10**16 - 1, "rate": 10**9 - 1}
_PATTERNS = {"month": r"^[0-9]{4}(0[1-9]|1[0-2])$", "period": r"^[0-9]{4}-(0[1-9]|1[0-2])$"}
_SCALES = {"amount": 2, "rate": 6}
_SHOWN = 5
ROW_GROUP = 262_144
LEVEL = 1
"""Of zstd: level 3 takes a quarter more time for files a seventh smaller."""


def table_schema(name: str) -> TableSchema:
    """表结构 by id; KeyError for a table without schemas/tables/<name>.yaml."""
    return tables()[name]


def gate(table: TableSchema, frame: pl.DataFrame) -> pl.DataFrame:
    """出口关卡 (types, nulls, ranges, lists and the key of a stage's output, in inside form: fen, ppm).

    Gives the frame back with its columns in the order of the schema. IntegrityError (exit 7) names columns and checks,
    never values.
    """
    import pandera.polars as pa

    known = [c.id for c in table.columns]
    problems = [f"缺列 {n}" for n in known if n not in frame.columns]
    problems += [f"多出的列 {n}" for n in frame.columns if n not in known]
    try:
        if not problems:
            _pandera(table.id).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as failed:
        cases = failed.failure_cases
        pairs = (
            cases.select(pl.col("column").cast(pl.String), pl.col("check").cast(pl.String))
            .unique()
            .sort("column", "check", nulls_last=True)
        )
        problems = [_problem(table, column, check) for column, check in pairs.rows()]
    if not problems and _repeats(frame, table.key):
        problems = [f"主键 {'、'.join(table.key)} 有重复"]
    if problems:
        raise IntegrityError(
            f"表 {table.zh}（{table.id}）不符合表结构：" + "；".join(problems[:8]),
            "结果未发布。请保留收件箱，联系维护人员。",
            text_en=f"Table {table.id} does not fit its schema: " + "; ".join(problems[:8]),
            hint_en="Nothing was published. Keep the inbox and call the maintainers.",
        )
    return frame.select(c.id for c in table.columns)


def publishable(table: TableSchema, frame: pl.DataFrame, run_id: str, period: Period | str) -> pl.DataFrame:
    """发布形式: run_id and period first, fen → DECIMAL(16,2), ppm → DECIMAL(9,6), sorted by key (or all columns)."""
    ordered = in_order(frame.select(c.id for c in table.columns), sort_key(table))
    return ordered.select(
        pl.lit(run_id).alias("run_id"),
        pl.lit(str(period)).alias("period"),
        *[_scaled(c) if c.type in _SCALES else pl.col(c.id) for c in table.columns],
    )


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """写 Parquet (zstd, fixed row groups: the same rows give the same bytes)."""
    frame.rechunk().write_parquet(
        path, compression="zstd", compression_level=LEVEL, row_group_size=ROW_GROUP, statistics=True
    )


def read_table(run: Run, name: str) -> pl.DataFrame:
    """读回一张发布表, inside form (fen, ppm; without run_id and period), in published order.

    The file is held against the sha256 of the manifest (IntegrityError, exit 7). A table that this run does not have
    comes back empty.
    """
    return scan_table(run, name).collect()


def scan_table(run: Run, name: str) -> pl.LazyFrame:
    """惰性读回一张发布表 (as `read_table`; the row order is kept by sorting again where it matters)."""
    schema = table_schema(name)
    output = run.outputs.get(name)
    if output is None:
        return schema.empty().lazy()
    path = run.folder / str(output["path"])
    checked(path, str(output["sha256"]))
    have = set(map(str, output["columns"]))
    lazy = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    return lazy.select(
        _unscaled(c) if c.id in have else pl.lit(None, dtype=c.inside).alias(c.id) for c in schema.columns
    )


_seen: dict[tuple[str, int, int], str] = {}


def checked(path: Path, sha256: str) -> Path:
    """核对文件哈希 (once per process and file state; IntegrityError, exit 7, when missing or changed)."""
    try:
        state = path.stat()
        key = (str(path), state.st_mtime_ns, state.st_size)
        found = _seen.get(key) or _seen.setdefault(key, sha256_of(path))
    except FileNotFoundError:
        found = ""
    if found != sha256:
        what = "被改动" if found else "缺失"
        raise IntegrityError(
            f"运行文件{what}：{path.parent.name}/{path.name}",
            "从备份恢复该运行文件夹；用 nxmed verify 查全部问题",
            text_en=f"A file of a run is {'changed' if found else 'missing'}: {path.parent.name}/{path.name}",
            hint_en="Restore that run from the backup; nxmed verify lists every problem",
        )
    return path


def sums(table: TableSchema, frame: pl.DataFrame) -> dict[str, int]:
    """各金额列合计 (fen, of a frame in inside form; exact)."""
    names = [c.id for c in table.columns if c.type == "amount"]
    if not names:
        return {}
    totals = frame.select(pl.col(n).cast(pl.Int128).sum() for n in names).row(0)
    return {n: int(v or 0) for n, v in zip(names, totals, strict=True)}


def sort_key(table: TableSchema) -> list[str]:
    """排序键: the key, else every column."""
    return [k for k in table.key if k not in ("run_id", "period")] or [c.id for c in table.columns]


def in_order(frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """按键排序 (total order, nulls last; a frame that is in order already is left as it is)."""
    if frame.height < 2 or _ascending(frame, keys, strict=False):
        return frame
    # Sorting the keys and gathering the rows once takes a third of the time of sorting all columns along.
    return frame[frame.select(pl.arg_sort_by(keys, nulls_last=True)).to_series()]


def _ascending(frame: pl.DataFrame, keys: list[str], *, strict: bool) -> bool:
    """Whether rows ascend by `keys` without nulls in them (one pass over neighbours, no sort)."""
    if any(frame.select(pl.col(k).null_count() for k in keys).row(0)):
        return False
    # Mostly the first key that varies decides alone.
    for key in keys:
        column = frame[key]
        if (column == column[0]).all():
            continue
        if (column > column.shift(1)).slice(1).all():
            return True
        break
    later: pl.Expr = pl.lit(not strict)
    for key in reversed(keys):
        before = pl.col(key).shift(1)
        later = (pl.col(key) > before) | ((pl.col(key) == before) & later)
    return bool(frame.select(later.slice(1).all()).item())


def _repeats(frame: pl.DataFrame, key: tuple[str, ...]) -> bool:
    keys = [k for k in key if k not in ("run_id", "period")]
    if not keys or frame.height < 2 or _ascending(frame, keys, strict=True):
        return False
    return frame.select(keys).group_by(keys).len().filter(pl.col("len") > 1).height > 0


def _scaled(column: TableColumn) -> pl.Expr:
    # The same 128-bit integer read as a decimal: exact, and 50 times faster than a division.
    return pl.col(column.id).cast(pl.Int128).reinterpret(dtype=column.published)


def _unscaled(column: TableColumn) -> pl.Expr:
    if column.type not in _SCALES:
        return pl.col(column.id).cast(column.inside)
    wide = pl.Decimal(38, _SCALES[column.type])
    return pl.col(column.id).cast(wide).to_physical().cast(pl.Int64).alias(column.id)


@cache
def _pandera(name: str) -> Any:
    import pandera.polars as pa

    table = table_schema(name)
    columns = {}
    for c in table.columns:
        checks = []
        if c.minimum is not None:
            low = fen_of(c.minimum) if c.type == "amount" else int(c.minimum)
            checks.append(pa.Check.ge(low, n_failure_cases=_SHOWN))
        if c.type in _LIMITS:
            checks.append(pa.Check.in_range(-_LIMITS[c.type], _LIMITS[c.type], n_failure_cases=_SHOWN))
        if c.type in _PATTERNS:
            checks.append(pa.Check.str_matches(_PATTERNS[c.type], n_failure_cases=_SHOWN))
        if c.one_of:
            checks.append(pa.Check.isin(list(c.one_of), n_failure_cases=_SHOWN))
        columns[c.id] = pa.Column(c.inside, checks, nullable=c.nullable)
    return pa.DataFrameSchema(columns, strict=True, name=table.id)


_CHECKS = {
    "not_nullable": "有空值",
    "greater_than_or_equal_to": "低于下限",
    "in_range": "超出范围",
    "str_matches": "格式不对",
    "isin": "不在列表内",
    "dtype": "类型不对",
}


def _problem(table: TableSchema, column: str | None, check: str | None) -> str:
    kind = str(check or "").split("(")[0]
    known = next((zh for k, zh in _CHECKS.items() if kind.startswith(k)), "校验未过")
    titles = {c.id: c.zh for c in table.columns}
    name = column if column in titles else ""
    return f"{titles[name]}（{name}）{known}" if name else known
