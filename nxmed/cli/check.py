"""nxmed check: 检查送来的文件."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nxmed.cli.options import DryRunOption, JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t

if TYPE_CHECKING:
    from nxmed.pipelines.check import FileCheck

SHOWN = 50
IN_JSON = 10_000


def command(
    files: Annotated[list[Path], typer.Argument(metavar=t("文件…", "FILE…"), show_default=False,
                                                help=t("要检查的文件", "files to check"))],
    kind: Annotated[
        str | None, typer.Option("--kind", "-k", metavar=t("种类", "KIND"), show_default=False,
                                 help=t("文件种类（契约代号或中文名），默认按文件名判断",
                                        "kind of file; default: by its name"))
    ] = None,
    out_dir: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", show_default=False,
                                  help=t("问题工作簿写到此文件夹", "folder for the workbook of problems"))
    ] = None,
    workspace: WorkspaceOption = None,
    dry_run: DryRunOption = False,
    json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """检查文件，不入库：逐行逐格列出问题和改法，并生成退回用的问题工作簿。有拒收时退出码为 3，文件不存在时为 6。"""
    del lang
    from nxmed.errors import EXIT_OK, EXIT_REFUSED
    from nxmed.pipelines.check import run_check

    checks = run_check(files, kind=kind, out=out_dir, workspace=workspace, write=not dry_run)
    code = EXIT_OK if all(c.good for c in checks) else EXIT_REFUSED
    if json_:
        _write_json(checks, code)
    else:
        for check in checks:
            _show(check)
    raise typer.Exit(code)


def _show(check: FileCheck) -> None:
    from nxmed.cli.text import count, out
    from nxmed.report.quarantine import AS_IS_ROWS

    name = check.path.name
    if check.refused is not None:
        reason, hint = (t(*words) for words in check.refused)
        out(t(f"检查 {name}  ✘ 整份拒收", f"check {name}  ✘ refused as a whole"), f"  {reason}", f"  → {hint}")
        if check.workbook is not None:
            out(t(f"  已生成 {_book(check)}，说明原因，可退回送件单位", f"  written {_book(check)}: the reason, to go back to the sender"))
        _unwritten(check)
        return
    kind = t(check.kind_zh, check.kind)
    coded = f"{t('编码', 'encoding')} {check.encoding}" if check.encoding else f"{t('格式', 'format')} {check.format}"
    facts = [coded, t(f"{count(check.rows)} 行", f"{count(check.rows)} rows")]
    if check.duplicates:
        facts.append(t(f"重复 {count(check.duplicates)} 行", f"{count(check.duplicates)} duplicates"))
    head = f"{t('检查', 'check')} {name}  {kind}  {'  '.join(facts)}  →  "
    if check.good and not check.rows:
        out(head + t("! 没有数据行，请核对文件是否送全", "! no rows: check that the file is complete"))
    elif check.good:
        out(head + t("✔ 全部收下", "✔ all accepted"))
    else:
        found, bad = count(check.problems.height), count(check.rejected)
        out(head + t(f"✘ {found} 处问题，涉及 {bad} 行，未入库", f"✘ {found} problems in {bad} rows, nothing taken in"))
        _problems(check)
    _findings(check)
    _unwritten(check)
    if check.workbook is not None:
        book = _book(check)
        whole = check.rows <= AS_IS_ROWS and check.format != "parquet"
        what = t("原表原样" if whole else "只含被拒收的行", "the rows as they were" if whole else "the rejected rows")
        out(t(f"  已生成 {book}：{what}，出错格标红并带批注。改好后再次运行同一条命令即可。",
              f"  written {book}: {what}, wrong cells red with a comment. Mend and run again."))


def _book(check: FileCheck) -> str:
    """Its name, with the folder where it does not lie beside the file."""
    book = check.workbook
    return "" if book is None else book.name if book.parent == check.path.absolute().parent else str(book)


def _unwritten(check: FileCheck) -> None:
    from nxmed.cli.text import out

    if check.unwritten:
        out(t(f"  ! 问题工作簿没有写成（{check.unwritten}）：用 --out 另指一个文件夹",
              f"  ! the workbook could not be written ({check.unwritten}): name a folder with --out"))


def _problems(check: FileCheck) -> None:
    from nxmed.cli.text import count, out, table
    from nxmed.report.quarantine import column_label

    columns = [(t("行", "row"), "right"), (t("列", "column"), "left"), (t("代码", "code"), "left"),
               (t("值", "value"), "left"), (t("问题", "problem"), "left"), (t("怎么改", "how to mend"), "left")]
    empty, whole = t("(空)", "(empty)"), t("整行", "whole row")
    rows = [
        (p["row"], _short(column_label(p["column"], p["header"] or whole)), p["code"], _short(p["value"] or empty),
         t(p["text"], p["text_en"]), t(p["hint"], p["hint_en"]))
        for p in check.problems.head(SHOWN).iter_rows(named=True)
    ]
    out(table(columns, rows))
    more = check.problems.height - SHOWN
    if more > 0:
        out(t(f"  另有 {count(more)} 处，见问题工作簿", f"  {count(more)} more, see the workbook"))


def _short(text: str) -> str:
    """One line without control characters (a cell must not steer the terminal), at most 40 characters."""
    flat = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))
    return flat if len(flat) <= 40 else flat[:39] + "…"


def _findings(check: FileCheck) -> None:
    from nxmed.cli.text import count, out
    from nxmed.kernel.finding_codes import CODES

    for code, number in check.findings.items():
        known = CODES[code]
        out(t(f"  提示 {code}  {known.zh}  {count(number)} 处（照常收下）  → {known.next_zh}",
              f"  note {code}  {known.en}  {count(number)} (rows are kept)  → {known.next_en}"))


def _write_json(checks: list[FileCheck], code: int) -> None:
    import json
    import sys

    told = [_as_json(c) for c in checks]
    document = {"schema": "nxmed.check/1", "command": "check", "exit_code": code, "files": told}
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def _as_json(check: FileCheck) -> dict[str, Any]:
    from nxmed.report.quarantine import column_letters

    refused = None
    if check.refused is not None:
        refused = {"problem": t(*check.refused[0]), "hint": t(*check.refused[1])}
    return {
        "file": str(check.path), "kind": check.kind, "kind_zh": check.kind_zh, "encoding": check.encoding,
        "format": check.format, "rows": check.rows, "accepted": check.accepted, "rejected": check.rejected,
        "duplicates": check.duplicates, "refused": refused, "problem_count": check.problems.height,
        "problems": [
            {"row": p["row"], "column": column_letters(p["column"]) or None, "header": p["header"],
             "cell": f"{column_letters(p['column'])}{p['row']}" if p["column"] is not None else None,
             "code": p["code"], "value": p["value"], "problem": t(p["text"], p["text_en"]),
             "hint": t(p["hint"], p["hint_en"])}
            for p in check.problems.head(IN_JSON).iter_rows(named=True)
        ],
        "findings": check.findings, "workbook": str(check.workbook) if check.workbook else None,
    }
