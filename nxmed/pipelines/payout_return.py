"""回盘的流程 (nxmed payout import-return): read what the bank sent, judge every row, move lines on in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from nxmed.errors import MissingInput, UsageError
from nxmed.kernel.stage import Equation, prove
from nxmed.pipelines.outcome import Progress, silent

if TYPE_CHECKING:
    from nxmed.io.inputs import Inputs
    from nxmed.io.payout_rows import PayoutStore
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period
    from nxmed.payouts.returns import Judged

SCOPE = "import-return"
COMMAND = "payout"
RETURN_POINTS = ("return.judged", "return.recorded", "return.quarantined")
"""Fault points of an import (at return.judged nothing is written yet)."""


@dataclass(frozen=True)
class ReturnOutcome:
    """回盘结果: status imported, unchanged or dry_run. batches: per batch counts and fen by new state, and its state now;
    reasons: (state, reason, count, fen) of what failed or came back this time; amounts in fen."""

    period: str
    status: str
    files: list[str]
    rows: int
    accepted: int
    same: int
    refused: pl.DataFrame
    rejected: int
    batches: list[dict[str, Any]]
    reasons: list[tuple[str, str, int, int]]
    finding_counts: Mapping[str, int]
    equations: list[Equation] = field(default_factory=list)
    quarantine: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class _Read:
    """What came in: rows (ROW), sha256 by file, findings of the door, rows that did not pass it, and the reading itself."""

    rows: pl.DataFrame
    shas: dict[str, str]
    findings: list[pl.DataFrame]
    rejected: int
    scope: str
    inputs: Inputs | None = None

    def masked(self) -> _Read:
        """Without the accounts that a bank may have written into its words: they would go into store, tables and screens."""
        from nxmed.payouts.returns import without_numbers

        return replace(self, rows=self.rows.with_columns(without_numbers(pl.col("pay_fail_desc"))))


def import_returns(ws: Workspace, period: Period | None, *, file: Path | None = None, layout: str | None = None,
                   dry_run: bool = False, progress: Progress = silent) -> ReturnOutcome:
    """读入回盘 of month `period` from the inbox, or one file in a bank's own form (`file` with `layout`).

    Refused rows change nothing and are findings; the same rows again change nothing. No file: MissingInput (6); a file
    refused as a whole: InputRefused (3); a store that does not prove: IntegrityError (7).
    """
    from nxmed.io import payout_store
    from nxmed.io.disk import disk_errors
    from nxmed.io.failpoint import failpoint
    from nxmed.io.recovery import recover
    from nxmed.pipelines.payout_gate import refresh

    if (file is None) != (layout is None):
        raise UsageError("--file 和 --layout 要一起写", "例如 --file 回盘.csv --layout gbk-csv", text_en="--file and --layout go together",
                         hint_en="such as --file F --layout gbk-csv")
    with ws.lock("payout import-return"):
        recover(ws)
        with disk_errors():
            if file is not None and layout is not None:
                read = _from_file(ws, file, layout)
                period = period or _month_of(read.rows, file)
            elif period is not None:
                read = _from_inbox(ws, period, progress)
            else:
                raise UsageError("要写月份，或用 --file 给出文件", "例如 nxmed payout import-return 2026-12", text_en="a month, or --file",
                                 hint_en="such as nxmed payout import-return 2026-12")
        read = read.masked()
        progress("判定回盘", "judging the answers")
        with payout_store.reading(ws) if dry_run else payout_store.writing(ws) as store:
            judged, numbers = _judge(ws, store, read)
            found = _findings(read, judged, period)
            before = store.findings_sha256(read.scope, period.text)
            equations = [_all_rows(read, judged)]
            status = "dry_run"
            if not dry_run:
                failpoint("return.judged")
                equations += _apply(store, read, judged, found, period)
                changed = judged.accepted.height or before != store.findings_sha256(read.scope, period.text)
                status = "imported" if changed else "unchanged"
            prove(equations)
            batches = [_batch_row(store, n, judged) for n in numbers]
        books: list[Path] = []
        if not dry_run:
            failpoint("return.recorded")
            books = _quarantine(ws, period, read, judged)
            failpoint("return.quarantined")
            refresh(ws)
    return ReturnOutcome(
        period.text, status, sorted(read.shas), read.rows.height + read.rejected, judged.accepted.height, judged.same.height,
        judged.refused, read.rejected, batches, _reasons(judged), dict(sorted(found.group_by("code").len().rows())), equations, books)


def _from_inbox(ws: Workspace, period: Period, progress: Progress) -> _Read:
    from nxmed.io.input_gate import gate_inputs
    from nxmed.io.inputs import read_inputs
    from nxmed.payouts.returns import ROW

    with ws.scratch() as spool:
        inputs = read_inputs(ws, period, required=["bank_returns"], spool=spool, progress=progress)
        gate_inputs(inputs)
        frame = inputs.frame("bank_returns").collect()
        more = [pl.lit(None, t).alias(n) for n, t in ROW.items() if n not in frame.columns]
        rows = frame.with_columns(more).select(pl.col(n).cast(t) for n, t in ROW.items())
        shas = {str(s["path"]): str(s["sha256"]) for s in inputs.sources}
        if inputs.rejects.height:
            _rejects_book(ws, period, inputs)
        return _Read(rows, shas, [inputs.findings], sum(r.rejected for r in inputs.reads), SCOPE, inputs)


def _from_file(ws: Workspace, file: Path, layout: str) -> _Read:
    import hashlib

    from nxmed.kernel import finding
    from nxmed.payouts.return_forms import read_return
    from nxmed.pipelines.bank_layouts import layout as layout_of

    form = layout_of(ws, layout)
    if not file.is_file():
        raise MissingInput(f"没有这个文件：{file}", "核对路径", text_en=f"no such file: {file}", hint_en="check the path")
    content = file.read_bytes()
    read = read_return(form, content, file.name)
    unread = pl.DataFrame([{"src_file": file.name, "src_row": n, "actual": c, "message": f"{file.name} 第 {n} 行 {c} {zh}"}
                           for n, c, zh, _ in read.unread],
                          schema={"src_file": pl.String, "src_row": pl.Int64, "actual": pl.String, "message": pl.String})
    told = [finding.make("RETURN_UNREADABLE", unread, pl.col("message"))] if unread.height else []
    return _Read(read.rows, {file.name: hashlib.sha256(content).hexdigest()}, told, len(read.unread), f"{SCOPE}:{file.name}")


def _month_of(rows: pl.DataFrame, file: Path) -> Period:
    from nxmed.kernel.period import Period

    newest = rows["tran_date"].max()
    if newest is None:
        raise UsageError(f"{file.name} 没有交易日期，无法判断月份", "写明月份：nxmed payout import-return YYYY-MM --file …",
                         text_en=f"{file.name} has no transaction date: which month?", hint_en="nxmed payout import-return YYYY-MM --file …")
    return Period.parse(str(newest)[:7])


def _judge(ws: Workspace, store: PayoutStore, read: _Read) -> tuple[Judged, list[str]]:
    """Every batch that the bank names is proved whole before a line of it is touched."""
    from nxmed.payouts.returns import CONTENT, LINE_STATE, judge
    from nxmed.pipelines.payout_gate import sound

    known = {str(b["bat_no"]): str(b["state"]) for b in store.batches()}
    numbers = sorted(set(read.rows["bat_no"].drop_nulls().to_list()) & set(known))
    lines, before = [pl.DataFrame(schema=LINE_STATE)], [pl.DataFrame(schema=CONTENT)]
    for number in numbers:
        found = sound(ws, store, number)
        lines.append(found.lines.select(
            pl.lit(number).alias("bat_no"), pl.lit(known[number]).alias("batch_state"), "pay_sn", "amt", "state"))
        before.append(store.returns(number).with_columns(pl.col("tran_date").str.to_date("%Y-%m-%d")).select(
            pl.col(n).cast(t) for n, t in CONTENT.items()))
    return judge(pl.concat(lines), read.rows, pl.concat(before)), numbers


def _findings(read: _Read, judged: Judged, period: Period) -> pl.DataFrame:
    from nxmed.kernel import finding

    return finding.collect([*read.findings, judged.findings], COMMAND, period.text)


def _all_rows(read: _Read, judged: Judged) -> Equation:
    return Equation("payout.return.rows", "回盘行数 = 采纳 + 未变 + 拒绝", {"回盘": read.rows.height},
                    {"采纳": judged.accepted.height, "未变": judged.same.height, "拒绝": judged.refused.height}, unit="rows",
                    en="rows of the answers = taken + nothing new + refused")


def _apply(store: PayoutStore, read: _Read, judged: Judged, found: pl.DataFrame, period: Period) -> list[Equation]:
    """What was judged, written with its log entries; then every batch and source proved again."""
    from nxmed.pipelines.payout_gate import batch_proofs, load, source_proofs

    shas = pl.DataFrame({"src_file": list(read.shas), "src_sha256": list(read.shas.values())},
                        schema={"src_file": pl.String, "src_sha256": pl.String})
    changes = judged.accepted.join(shas, on="src_file", how="left").with_columns(
        period=pl.lit(period.text), src_sha256=pl.col("src_sha256").fill_null(""))
    touched = sorted(changes["bat_no"].unique().to_list())
    for number in touched:
        mine = changes.filter(pl.col("bat_no") == number)
        store.apply_returns(number, mine)
        counted = dict(sorted(mine.group_by("pay_stas").len().rows()))
        store.log("import-return", number, period=period.text, files=read.shas, answers=counted)
    before = store.findings_sha256(read.scope, period.text)
    store.replace_findings(read.scope, period.text, found.to_dicts())
    after = store.findings_sha256(read.scope, period.text)
    if after != before:
        store.log("return-findings", scope=read.scope, period=period.text, findings=found.height, findings_sha256=after, files=read.shas)
    equations = [e for n in touched for e in batch_proofs(store, load(store, n))]
    sources = sorted({str(store.batch(n)["source"]) for n in touched})
    return equations + [e for s in sources for e in source_proofs(store, s)]


def _batch_row(store: PayoutStore, number: str, judged: Judged) -> dict[str, Any]:
    """One batch as it stands now (or would), with what this import did to it."""
    batch, lines = store.batch(number), store.lines(number)
    moved = judged.accepted.filter((pl.col("bat_no") == number) & pl.col("state").is_not_null())
    last = moved.unique("pay_sn", keep="last", maintain_order=True)
    refused = judged.refused.filter(pl.col("bat_no") == number).height
    now = {str(s): (int(n), int(a)) for s, n, a in lines.group_by("state").agg(n=pl.len(), a=pl.col("amt").sum()).iter_rows()}
    new = {str(s): (int(n), int(a)) for s, n, a in last.group_by("state").agg(n=pl.len(), a=pl.col("amt").sum()).iter_rows()}
    return {"bat_no": number, "source": batch["source"], "state": batch["state"], "lines": lines.height, "now": now, "new": new, "refused": refused}


def _reasons(judged: Judged) -> list[tuple[str, str, int, int]]:
    from nxmed.payouts.returns import normalised_reason

    bad = judged.accepted.filter(pl.col("state").is_in(["failed", "returned"]))
    named = bad.select("state", "amt", normalised_reason(pl.col("pay_fail_desc")).fill_null("未说明").alias("reason"))
    made = named.group_by("state", "reason").agg(n=pl.len(), fen=pl.col("amt").sum()).sort("state", "fen", "reason", descending=[False, True, False])
    return [(str(s), str(r), int(n), int(f)) for s, r, n, f in made.iter_rows()]


def _rejects_book(ws: Workspace, period: Period, inputs: Inputs) -> None:
    """Rows that did not pass the door go back to the bank in the house's workbook."""
    from nxmed.report.quarantine import write_quarantine

    _put(ws, period, "bank_returns_拒收.xlsx", lambda path: write_quarantine(path, inputs.reads_with_rejects))


def _quarantine(ws: Workspace, period: Period, read: _Read, judged: Judged) -> list[Path]:
    """The workbook of refused rows; one that an earlier import left goes when nothing is refused any more."""
    from nxmed.report.payout_returns import write_refused

    stem = "回盘拒收" if read.scope == SCOPE else f"回盘拒收_{Path(read.scope.partition(':')[2]).stem}"
    made: list[Path] = []
    if read.inputs is not None and read.inputs.rejects.height:
        made.append(ws.quarantine / period.text / "bank_returns_拒收.xlsx")
    told = judged.refused.height + (0 if read.inputs is not None else read.rejected)
    if told:
        unread = [f for f in read.findings if f.height] if read.inputs is None else []
        made.append(_put(ws, period, f"{stem}.xlsx", lambda path: write_refused(path, judged.refused, unread)))
    else:
        (ws.quarantine / period.text / f"{stem}.xlsx").unlink(missing_ok=True)
    return made


def _put(ws: Workspace, period: Period, name: str, write: Any) -> Path:
    import os

    from nxmed.io.disk import disk_errors
    from nxmed.io.files import make_folder, sync_file, sync_folder, temp_beside

    target = ws.quarantine / period.text / name
    with disk_errors():
        make_folder(target.parent)
        temp = temp_beside(target)
        try:
            write(temp)
            sync_file(temp)
            os.replace(temp, target)
            sync_folder(target.parent)
        finally:
            temp.unlink(missing_ok=True)
    return target


