"""nxmed sql: 查询目录."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nxmed.cli.options import IdleDryRunOption, JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t

if TYPE_CHECKING:
    from nxmed.io.query import Answer

SCREEN_ROWS = 1_000


def command(
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="QUERY", show_default=False, help=t("一条 SELECT；- 从标准输入读", "one SELECT; - reads stdin")
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", "-f", metavar="FILE", show_default=False, help=t("从文件读查询", "read the query from a file")
        ),
    ] = None,
    csv_: Annotated[bool, typer.Option("--csv", help=t("输出 CSV，内容原样，供程序读；用表格软件看用 --xlsx",
                                                       "write CSV, as it is, for programs; for a spreadsheet use --xlsx"))] = False,
    json_: JsonOption = False,
    xlsx: Annotated[
        Path | None,
        typer.Option("--xlsx", metavar="FILE", show_default=False, help=t("写成 Excel 文件", "write a workbook")),
    ] = None,
    workspace: WorkspaceOption = None,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """只读查询目录：每张表一个视图，zh 下是中文视图（屏幕上证件号码打码）。"""
    del lang, dry_run
    from nxmed.errors import UsageError
    from nxmed.io.query import answer
    from nxmed.io.workspace import find

    if csv_ + json_ + (xlsx is not None) > 1:
        raise UsageError(
            "--csv、--json、--xlsx 只能选一个",
            "去掉多余的选项",
            text_en="Choose one of --csv, --json, --xlsx",
            hint_en="Leave the others out",
        )
    words = _query(query, file)
    with answer(find(workspace), words) as found:
        if csv_:
            _csv(found)
        elif json_:
            _json(found)
        elif xlsx is not None:
            _xlsx(found, xlsx)
        else:
            _screen(found)


def _query(given: str | None, file: Path | None) -> str:
    import sys

    from nxmed.errors import MissingInput, UsageError

    if (given is None) == (file is None):
        raise UsageError(
            "写一条查询，或用 -f 指明查询文件",
            '例如：nxmed sql "select * from findings"',
            text_en="Give one query, or a file with -f",
            hint_en='Such as: nxmed sql "select * from findings"',
        )
    if file is None:
        return sys.stdin.read() if given == "-" else str(given)
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MissingInput(
            f"没有这个文件：{file}", "核对路径", text_en=f"No such file: {file}", hint_en="Check the path"
        ) from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise UsageError(
            f"不是 UTF-8 文本文件：{file}",
            "用 UTF-8 另存",
            text_en=f"Not a UTF-8 text file: {file}",
            hint_en="Save it as UTF-8",
        ) from None


def _csv(found: Answer) -> None:
    import csv
    import sys

    from nxmed.io.query import flat

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(found.names)
    for row in found.rows():
        writer.writerow([flat(v) for v in row])


def _json(found: Answer) -> None:
    import json
    import sys

    from nxmed.io.query import plain

    sys.stdout.write("[")
    for i, row in enumerate(found.rows()):
        sys.stdout.write(",\n " if i else "\n ")
        sys.stdout.write(json.dumps(dict(zip(found.names, map(plain, row), strict=True)), ensure_ascii=False))
    sys.stdout.write("\n]\n")


def _xlsx(found: Answer, path: Path) -> None:
    import os

    from nxmed.cli.text import say
    from nxmed.io.files import temp_beside
    from nxmed.io.query import flat
    from nxmed.report.workbook import Column, Workbook

    rows = list(found.rows())
    kinds = [_kind(kind, [r[i] for r in rows]) for i, kind in enumerate(found.types)]
    cells = [[_cell(v, k, flat) for v, k in zip(row, kinds, strict=True)] for row in rows]
    temp = temp_beside(path.absolute()).with_suffix(".xlsx")
    try:
        with Workbook(temp, title=t("查询结果", "query")) as book:
            columns = [Column(n, k, total=False) for n, k in zip(found.names, kinds, strict=True)]  # type: ignore[arg-type]
            book.sheet(t("查询结果", "query")).table(columns, cells, total=False)
        os.replace(temp, path)
    finally:
        temp.unlink(missing_ok=True)
    say(t(f"写出 {path}（{len(rows):,} 行）", f"written: {path} ({len(rows):,} rows)"))


def _kind(sql_type: str, values: Sequence[Any]) -> str:
    """Kind of a workbook column; what Excel can't hold exactly stays text."""
    limit = 10**13
    if sql_type.startswith("DECIMAL") and sql_type.endswith((",2)", ", 2)")):
        return "amount" if all(v is None or abs(v) < limit for v in values) else "text"
    if sql_type in ("BIGINT", "INTEGER", "HUGEINT", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER"):
        return "int" if all(v is None or abs(v) < 100 * limit for v in values) else "text"
    return {"DATE": "date", "BOOLEAN": "bool"}.get(sql_type, "text")


def _cell(value: Any, kind: str, flat: Any) -> Any:
    if value is None:
        return None
    if kind == "amount":
        return int(value.scaleb(2))
    return value if kind in ("int", "date", "bool") else flat(value)


def _screen(found: Answer) -> None:
    import sys
    from itertools import islice

    from nxmed.cli.text import say
    from nxmed.io.query import is_number, on_screen

    rows = list(islice(found.rows(), SCREEN_ROWS + 1))
    cut = len(rows) > SCREEN_ROWS
    cells = [[on_screen(v) for v in row] for row in rows[:SCREEN_ROWS]]
    sides = [is_number(kind) for kind in found.types]
    for line in _lines(found.names, cells, sides, _width()):
        sys.stdout.write(line + "\n")
    if cut:
        say(
            t(
                f"只显示前 {SCREEN_ROWS:,} 行；全部结果用 --csv 或 --xlsx",
                f"first {SCREEN_ROWS:,} rows only; all with --csv or --xlsx",
            )
        )
    else:
        say(t(f"{len(cells):,} 行", f"{len(cells):,} rows"))


def _width() -> int:
    """Columns of the terminal; 0 (no limit) on a pipe."""
    import shutil
    import sys

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def _lines(names: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], width: int) -> Iterator[str]:
    """Aligned by East Asian width; records one below the other when a line would not fit the terminal."""
    from rich.cells import cell_len

    def pad(text: str, size: int, *, to_right: bool) -> str:
        blanks = " " * (size - cell_len(text))
        return blanks + text if to_right else text + blanks

    sizes = [max([cell_len(n), *(cell_len(r[i]) for r in rows)]) for i, n in enumerate(names)]
    if width and sum(sizes) + 2 * len(sizes) > width and rows:
        label = max(map(cell_len, names))
        for i, row in enumerate(rows, 1):
            yield f"─ {i} " + "─" * 20
            yield from (f"{pad(n, label, to_right=False)}  {v}" for n, v in zip(names, row, strict=True))
        return
    for line in (names, ["─" * s for s in sizes], *rows):
        yield "  ".join(pad(v, s, to_right=r) for v, s, r in zip(line, sizes, right, strict=True)).rstrip()
