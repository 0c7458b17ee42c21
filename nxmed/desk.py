"""分析台 (the analyst's desk in Python): a workspace opened for reading, its tables as polars frames or through DuckDB.

    import nxmed

    with nxmed.open("/data/yinchuan") as desk:
        dues = desk.table("dues", period="2026-12")                      # polars LazyFrame, amounts Decimal(16, 2)
        rows = desk.sql("select emp_no, sum(amt) from dues group by 1")  # polars DataFrame
        desk.duckdb.sql("from zh.核定单 limit 5").show()                  # a read-only DuckDB connection

Nothing is written; amounts are exact decimals everywhere.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from nxmed.errors import MissingInput, UsageError

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection


class Desk:
    """打开的工作区 (made by `nxmed.open`; close it, or use it in a `with`)."""

    def __init__(self, path: str | Path) -> None:
        from nxmed.io import catalogue
        from nxmed.io.workspace import open_workspace

        self._ws = open_workspace(Path(path))
        if catalogue.is_stale(self._ws):
            catalogue.rebuild(self._ws)
        self._connection: DuckDBPyConnection | None = None

    @property
    def path(self) -> Path:
        """工作区文件夹."""
        return self._ws.path

    @property
    def tables(self) -> dict[str, str]:
        """已发布的表 (id → Chinese name; those without a run are empty)."""
        from nxmed.io.resources import tables

        return {t.id: t.zh for t in tables().values()}

    @property
    def periods(self) -> list[str]:
        """有结果的月份."""
        from nxmed.io.run_store import current

        return sorted({r.period.text for r in current(self._ws)})

    @property
    def duckdb(self) -> DuckDBPyConnection:
        """只读的 DuckDB 连接 to the catalogue: views in main, Chinese ones in zh, facts about runs in meta."""
        import duckdb

        if self._connection is None:
            self._connection = duckdb.connect(str(self._ws.catalogue_path), read_only=True)
        return self._connection

    def table(self, name: str, period: str | None = None) -> pl.LazyFrame:
        """一张表 (current rows of all periods, or of one). Unknown name: UsageError; a period without it: MissingInput."""
        import polars as pl

        from nxmed.io.resources import tables
        from nxmed.io.run_store import current

        if name not in tables():
            raise UsageError(f"没有这张表：{name}", "可用：" + "、".join(self.tables), text_en=f"No such table: {name}",
                             hint_en="Known: " + ", ".join(self.tables))
        files = [r.folder / r.outputs[name]["path"] for r in current(self._ws)
                 if name in r.outputs and (period is None or r.period.text == period)]
        if not files:
            raise MissingInput(f"没有 {name} 的已发布结果" + (f"（{period}）" if period else ""), f"有结果的月份：{'、'.join(self.periods) or '无'}",
                               text_en=f"Nothing is published for {name}" + (f" in {period}" if period else ""),
                               hint_en=f"Months with results: {', '.join(self.periods) or 'none'}")
        return pl.concat([pl.scan_parquet(f, glob=False) for f in files], how="diagonal")

    def sql(self, query: str, parameters: list[object] | None = None) -> pl.DataFrame:
        """查询 (a polars frame; DECIMAL columns stay decimals)."""
        import polars as pl

        found = pl.from_arrow(self.duckdb.sql(query, params=parameters).to_arrow_table())
        return found if isinstance(found, pl.DataFrame) else found.to_frame()

    def close(self) -> None:
        """关闭连接."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<nxmed {self._ws.region} {self._ws.path.name}: {', '.join(self.periods) or 'no results'}>"
