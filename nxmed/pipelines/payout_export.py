"""导出的流程 (nxmed payout export, review-sheet): prove the batch, write its files aside, record, put them in place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from nxmed.kernel.stage import Equation, prove
from nxmed.pipelines.outcome import Progress, silent

if TYPE_CHECKING:
    from nxmed.io.payout_rows import ExportedFile, PayoutStore
    from nxmed.io.workspace import Workspace
    from nxmed.payouts.layouts import Layout
    from nxmed.pipelines.payout_gate import StoredBatch

PAIN = "pain.001.001.09"
REVIEW = "review"
SUMS = "SHA256SUMS"
BOOK = "付款审核簿"


@dataclass(frozen=True)
class ExportOutcome:
    """导出结果: status exported, same (the same files as before), put_back (missing files put back) or dry_run.

    notes: (Chinese, English) of what the operator should know; amounts in fen.
    """

    bat_no: str
    status: str
    folder: Path
    files: list[ExportedFile]
    declared_count: int
    declared_amt: int
    layouts: list[str]
    notes: list[tuple[str, str]] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)


def export_batch(ws: Workspace, bat_no: str, names: Sequence[str] = (), *, dry_run: bool = False,
                 progress: Progress = silent) -> ExportOutcome:
    """导出一批. Layouts by name (default: those of the first export, else gbk-csv).

    A batch that is not approved: GateError (5); content, signatures, or files that differ: IntegrityError (7); a line that
    does not fit the layout: InputRefused (3). Nothing is written then.
    """
    from nxmed.io import payout_files, payout_store
    from nxmed.io.disk import disk_errors
    from nxmed.io.failpoint import failpoint
    from nxmed.io.recovery import recover
    from nxmed.payouts.steps import check_state
    from nxmed.pipelines.payout_gate import refresh, sound

    with ws.lock("payout export"):
        recover(ws)
        with payout_store.reading(ws) as store:
            check_state(bat_no, store.batch(bat_no)["state"], "export")
            progress("重验签名与内容", "checking signatures and content again")
            found = sound(ws, store, bat_no)
            progress("写银行文件", "writing the bank's files")
            with disk_errors():
                made = _render(ws, store, found, _chosen(ws, store, bat_no, names))
        prove(made.equations)
        period = found.batch.period
        missing, wrong = payout_files.differing(ws, period, bat_no, made.contents)
        payout_files.refuse_strange(bat_no, wrong)
        if dry_run:
            return _outcome(ws, found, made, "dry_run")
        staged = payout_files.stage(ws, period, bat_no, made.contents)
        try:
            with payout_store.writing(ws) as store:
                sound(ws, store, bat_no)
                first = store.record_export(bat_no, made.files)
                if first or missing:
                    listed = {f.name: f.sha256 for f in made.files}
                    store.log("export" if first else "export-again", bat_no, layouts=made.layouts, files=listed)
            failpoint("export.recorded")
            if missing:
                payout_files.place(ws, period, bat_no, staged, missing)
        finally:
            payout_files.discard(staged)
        refresh(ws)
    return _outcome(ws, found, made, "exported" if first else "put_back" if missing else "same")


def review_sheet(ws: Workspace, bat_no: str, out: Path | None = None) -> Path:
    """写审核簿 of a batch as it stands (before it is signed, between signatures, or later). Gives where it was written."""
    import os

    from nxmed.io import payout_store
    from nxmed.io.disk import disk_errors
    from nxmed.io.files import make_folder, sync_file, temp_beside
    from nxmed.pipelines.payout_gate import sound
    from nxmed.report.payout_review import write_review

    with payout_store.reading(ws) as store:
        found = sound(ws, store, bat_no)
        review = _review(store, found, whole=True)
    target = (out or ws.outbox / found.batch.period / "payout" / f"{bat_no}_{BOOK}.xlsx").absolute()
    with disk_errors():
        make_folder(target.parent)
        temp = temp_beside(target)
        try:
            write_review(temp, review)
            sync_file(temp)
            os.replace(temp, target)
        finally:
            temp.unlink(missing_ok=True)
    return target


@dataclass(frozen=True)
class _Made:
    contents: dict[str, bytes]
    files: list[ExportedFile]
    layouts: list[str]
    notes: list[tuple[str, str]]
    equations: list[Equation]


def _chosen(ws: Workspace, store: PayoutStore, bat_no: str, names: Sequence[str]) -> list[Layout]:
    from nxmed.pipelines.bank_layouts import DEFAULT, layout, layouts

    wanted = list(dict.fromkeys(names))
    if not wanted:
        known = layouts(ws)
        wanted = sorted({str(f["layout"]) for f in store.exports(bat_no)} & set(known)) or [DEFAULT]
    return [layout(ws, name) for name in wanted]


def _render(ws: Workspace, store: PayoutStore, found: StoredBatch, chosen: Sequence[Layout]) -> _Made:
    """Every file of the export, its count and total proved against what was declared."""
    from nxmed.io.pain001_schema import check_message
    from nxmed.io.payout_rows import ExportedFile
    from nxmed.payouts import bankfiles, pain001

    batch, lines = found.batch, found.lines
    contents: dict[str, bytes] = {}
    files: list[ExportedFile] = []
    notes: list[tuple[str, str]] = []
    equations: list[Equation] = []

    def add(name: str, layout: str, content: bytes, rows: int = 0, amt: int = 0) -> None:
        contents[name] = content
        files.append(ExportedFile(name, layout, hashlib.sha256(content).hexdigest(), len(content), rows, amt))

    for layout in chosen:
        rendered = bankfiles.render(layout, batch, lines)
        for (name, content), (rows, amt) in zip(rendered.files, rendered.sums, strict=True):
            add(name, layout.id, content, rows, amt)
        equations += _equal(batch, layout.id, sum(n for n, _ in rendered.sums), sum(a for _, a in rendered.sums))
        notes += _said(layout, rendered)
    message = pain001.render(batch, lines)
    if message is None:
        notes.append(("未登记付款账户（支出户），没有写 pain.001", "no payer account is registered: no pain.001 was written"))
    else:
        if not check_message(message):
            notes.append(("没有安装 schema 校验库（lxml、sepaxml），pain.001 未按 schema 校验",
                          "the validating libraries (lxml, sepaxml) are not installed: pain.001 was not checked by the schema"))
        add(f"{batch.bat_no}.xml", PAIN, message, *pain001.totals(message))
        equations += _equal(batch, PAIN, files[-1].row_count, files[-1].amt)
    add(f"{batch.bat_no}_{BOOK}.xlsx", REVIEW, _book(ws, _review(store, found, whole=False)))
    sums = "".join(f"{f.sha256}  {f.name}\n" for f in sorted(files, key=lambda f: f.name))
    add(SUMS, "sums", sums.encode())
    return _Made(contents, files, [x.id for x in chosen], notes, equations)


def _equal(batch: Any, layout: str, count: int, amt: int) -> list[Equation]:
    return [
        Equation(f"payout.{batch.bat_no}.{layout}.count", f"{layout} 笔数 = 申报笔数", {"文件": count}, {"申报": batch.declared_count},
                 unit="rows", en=f"{layout}: rows = declared count"),
        Equation(f"payout.{batch.bat_no}.{layout}.amount", f"{layout} 金额 = 申报总额", {"文件": amt}, {"申报": batch.declared_amt},
                 en=f"{layout}: amounts = declared total")]


def _said(layout: Layout, rendered: Any) -> list[tuple[str, str]]:
    said = []
    if rendered.encoding != layout.encoding:
        said.append((f"{layout.id}：有 {layout.encoding.upper()} 没有的字，整批写成 {rendered.encoding.upper()}；送交前问银行能否接收",
                     f"{layout.id}: characters outside {layout.encoding.upper()}, written in {rendered.encoding.upper()}: ask the bank"))
    if rendered.cut_rows:
        n, rows = len(rendered.cut_rows), "、".join(map(str, rendered.cut_rows[:10]))
        said.append((f"{layout.id}：{n} 行的附言或用途按版式截短（第 {rows} 行）",
                     f"{layout.id}: free text of {n} rows was cut as the layout says (rows {rows.replace('、', ', ')})"))
    return said


def _book(ws: Workspace, review: Any) -> bytes:
    from nxmed.report.payout_review import write_review

    with TemporaryDirectory(prefix=".nxmed-review-", dir=ws.path) as folder:
        path = Path(folder, "review.xlsx")
        write_review(path, review)
        return path.read_bytes()


def _review(store: PayoutStore, found: StoredBatch, *, whole: bool) -> Any:
    """The workbook's content. For the export (`whole` False): as of the approval, so that it never changes again."""
    import polars as pl

    from nxmed.io.resources import contracts
    from nxmed.payouts.shapes import BATCH_STATES, HELD_REASONS, SOURCE_WORDS
    from nxmed.report.payout_review import Review

    batch = found.batch
    signed = sorted(store.signatures(batch.bat_no), key=lambda s: (s["round"], ("submit", "review", "approve", "reject").index(s["step"])))
    head, head_of, state = store.head(), "制表时", BATCH_STATES[found.state][0]
    held = None
    if whole:
        held = store.held(batch.source).with_columns(
            reason_zh=pl.col("reason").replace_strict({k: v[0] for k, v in HELD_REASONS.items()}, default="", return_dtype=pl.String))
    else:
        approval = [e for e in store.log_entries() if e["bat_no"] == batch.bat_no and e["action"] == "approve"][-1]
        head, head_of, state = (int(approval["seq"]), str(approval["hash"])), "审批时", BATCH_STATES["approved"][0]
    column = next((c for c in contracts()["bank_accounts"].columns if c.id == "fund_pay_type"), None)
    funds = dict(getattr(column, "codes", None) or {})
    return Review(batch, found.turn, found.content_sha256, found.lines, found.line_items, signed, head, head_of, state,
                  SOURCE_WORDS[batch.source][1], str(funds.get(batch.fund_pay_type, "")), held)


def _outcome(ws: Workspace, found: StoredBatch, made: _Made, status: str) -> ExportOutcome:
    from nxmed.io.payout_files import folder_of

    batch = found.batch
    return ExportOutcome(batch.bat_no, status, folder_of(ws, batch.period, batch.bat_no), made.files, batch.declared_count,
                         batch.declared_amt, made.layouts, made.notes, made.equations)
