"""核验拨付 (nxmed payout verify): every byte of store, signatures, log and exported files against one another."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from nxmed.errors import NxmedError
from nxmed.payouts.content import sha256, statement
from nxmed.payouts.shapes import SOURCES
from nxmed.payouts.steps import STEPS_BEFORE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nxmed.io.payout_rows import PayoutStore
    from nxmed.io.workspace import Workspace


@dataclass
class PayoutReport:
    """核验结果 (problems and notes as (where, Chinese, English); counts of what was looked at; the chain's head)."""

    batches: int = 0
    signatures: int = 0
    files: int = 0
    entries: int = 0
    equations: int = 0
    head: str = ""
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)

    def problem(self, where: str, zh: str, en: str) -> None:
        self.problems.append((where, zh, en))

    def note(self, where: str, zh: str, en: str) -> None:
        self.notes.append((where, zh, en))


def verify_payouts(ws: Workspace, bat_no: str | None = None) -> PayoutReport:
    """核验拨付库 (all batches, or one; the log always). Reads only; problems are listed, not raised."""
    from nxmed.io import payout_log, payout_store

    report = PayoutReport()
    if not payout_store.exists(ws):
        if payout_log.path_of(ws).exists() or _folders(ws):
            report.problem(payout_store.STORE_NAME, "拨付库不在，日志或导出的文件还在", "the payout store is gone, its log or exported files are there")
        return report
    try:
        with payout_store.reading(ws) as store:
            wanted = [bat_no] if bat_no is not None else None
            if wanted:
                store.batch(bat_no or "")
            _database(store, report)
            _log(ws, store, report)
            logged = store.log_entries()
            _batches(ws, store, logged, wanted, report)
            if wanted is None:
                _lists(store, logged, report)
                _strangers(ws, store, report)
    except (ValueError, KeyError, TypeError, sqlite3.Error, pl.exceptions.PolarsError) as bad:
        report.problem(payout_store.STORE_NAME, f"拨付库不能读出（{type(bad).__name__}）", f"the payout store can't be read ({type(bad).__name__})")
    except NxmedError as bad:
        if bad.exit_code != 7:
            raise
        report.problem(payout_store.STORE_NAME, bad.text, bad.text_en)
    return report


def _database(store: PayoutStore, report: PayoutReport) -> None:
    from nxmed.io.payout_store import STORE_NAME, schema_differences

    for name in schema_differences(store.connection):
        report.problem(f"{STORE_NAME} {name}", "表、索引或触发器被改动", "a table, index or trigger was changed")
    for (said,) in store.connection.execute("PRAGMA integrity_check(5)"):
        if said != "ok":
            report.problem(STORE_NAME, "数据库文件损坏", "the database file is damaged")
    if store.connection.execute("PRAGMA foreign_key_check").fetchone():
        report.problem(STORE_NAME, "有指向不存在行的引用", "a row refers to one that is not there")


def _log(ws: Workspace, store: PayoutStore, report: PayoutReport) -> None:
    from nxmed.io import payout_log

    found, notes = payout_log.problems(ws, store.connection)
    for b in found:
        report.problem(b.where, b.zh, b.en)
    for b in notes:
        report.note(b.where, b.zh, b.en)
    report.entries, report.head = store.head()


def _batches(ws: Workspace, store: PayoutStore, logged: list[dict[str, Any]], wanted: list[str] | None, report: PayoutReport) -> None:
    entries: dict[str, list[dict[str, Any]]] = {}
    for entry in logged:
        if entry["bat_no"]:
            entries.setdefault(str(entry["bat_no"]), []).append(entry)
    here = [str(b["bat_no"]) for b in store.batches()]
    for number in sorted({*here, *entries} if wanted is None else wanted):
        if number not in here:
            report.problem(number, "日志里有这个批次，拨付库里没有", "the log knows this batch, the store does not")
            continue
        report.batches += 1
        _one(ws, store, number, entries.get(number, []), report)
    for source in SOURCES:
        _proved(store, source, report)


def _one(ws: Workspace, store: PayoutStore, number: str, entries: list[dict[str, Any]], report: PayoutReport) -> None:
    from nxmed.pipelines.payout_gate import batch_proofs, load

    found = load(store, number)
    now = sha256(found.content)
    if not entries or entries[0]["action"] != "build":
        report.problem(number, "日志里没有这个批次的编批", "the log does not know how this batch was built")
    if now != found.content_sha256:
        report.problem(number, "批次内容（批次、付款行或付款项）被改动", "the content (batch, lines or items) was changed")
    if any(e["detail"].get("content_sha256") != now for e in entries):
        report.problem(number, "批次内容与日志所记的不同", "the content differs from what the log recorded")
    if entries and entries[-1]["detail"].get("state_sha256") != store.state_sha256(number):
        report.problem(number, "状态、签名、导出或回盘记录与日志不符", "states, signatures, exports or answers differ from the log")
    for e in batch_proofs(store, found):
        report.equations += 1
        if not e.holds:
            report.problem(number, f"守恒等式不成立：{e.zh}，差 {e.residual}", f"equation does not hold: {e.id}, residual {e.residual}")
    _signatures(ws, store, found, report)
    _exported(ws, store, number, str(found.batch.period), report)


def _signatures(ws: Workspace, store: PayoutStore, found: Any, report: PayoutReport) -> None:
    """Every signature ever made on the batch, also of rounds that a rejection ended."""
    from nxmed.io import signatures

    number = found.batch.bat_no
    made = store.signatures(number)
    now = {s["step"]: s for s in made if s["round"] == found.turn}
    for step in STEPS_BEFORE[found.state]:
        if step not in now:
            report.problem(f"{number} {step}", "缺少签名", "the signature is missing")
    doers = [(s["person"], s["fingerprint"]) for step, s in now.items() if step != "reject"]
    if len({p for p, _ in doers}) < len(doers) or len({f for _, f in doers}) < len(doers):
        report.problem(number, "三岗不是三个人、三把密钥", "not three people with three keys")
    for s in made:
        where = f"{number} {s['step']} {s['round']}"
        report.signatures += 1
        said = s["statement"].encode()
        told = dict(line.partition(": ")[::2] for line in s["statement"].splitlines())
        if s["step"] != "reject" and said != statement(found.batch, sha256(found.content), s["step"], s["round"]):
            report.problem(where, "签名不是对现在的内容作的", "the signature is not over today's content")
        elif (told.get("step"), told.get("round"), told.get("bat_no")) != (s["step"], str(s["round"]), number):
            report.problem(where, "签名属于另一步、另一轮或另一批", "the signature is of another step, round or batch")
        try:
            key = signatures.check(ws, said, s["signature"], s["at"])
        except NxmedError as bad:
            report.problem(where, bad.text, bad.text_en)
            continue
        if (key.person, key.fingerprint) != (s["person"], s["fingerprint"]):
            report.problem(where, f"密钥登记在 {key.person} 名下，记录的签名人是 {s['person']}",
                           f"the key is registered for {key.person}, the record says {s['person']}")


def _exported(ws: Workspace, store: PayoutStore, number: str, period: str, report: PayoutReport) -> None:
    from nxmed.io.files import sha256_of

    folder = ws.outbox / period / "payout" / number
    listed = {str(f["name"]): f for f in store.exports(number)}
    for name, f in sorted(listed.items()):
        path = folder / name
        where = f"outbox/{period}/payout/{number}/{name}"
        if not path.is_file():
            report.note(where, "导出的文件不在原处；nxmed payout export 会放回同样的文件", "the exported file is not there; export again puts it back")
            continue
        report.files += 1
        if sha256_of(path) != f["sha256"]:
            report.problem(where, "导出的文件被改动", "the exported file was changed")
    if folder.is_dir():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.relative_to(folder).as_posix() not in listed:
                report.problem(f"outbox/{period}/payout/{number}/{path.name}", "没有哪一步导出过这个文件", "no step exported this file")


def _proved(store: PayoutStore, source: str, report: PayoutReport) -> None:
    from nxmed.pipelines.payout_gate import source_proofs

    for e in source_proofs(store, source):
        report.equations += 1
        if not e.holds:
            report.problem(source, f"守恒等式不成立：{e.zh}，差 {e.residual}", f"equation does not hold: {e.id}, residual {e.residual}")


def _lists(store: PayoutStore, logged: list[dict[str, Any]], report: PayoutReport) -> None:
    """Held items and findings against the newest entry that recorded them."""
    held: dict[str, str] = {}
    findings: dict[tuple[str, str], str] = {}
    for e in logged:
        detail: Mapping[str, Any] = e["detail"]
        if "held_sha256" in detail:
            held[str(detail["source"])] = str(detail["held_sha256"])
        if "findings_sha256" in detail:
            findings[str(detail["scope"]), str(detail["period"])] = str(detail["findings_sha256"])
    for source in sorted({*held, *SOURCES, *store.held()["source"].to_list()}):
        if held.get(source, EMPTY) != store.held_sha256(source):
            report.problem(f"held {source}", "暂缓清单与日志不符", "the held items differ from the log")
    for scope, period in sorted({*findings, *((str(f["scope"]), str(f["period"])) for f in store.findings())}):
        if findings.get((scope, period), EMPTY) != store.findings_sha256(scope, period):
            report.problem(f"findings {scope} {period}", "发现与日志不符", "the findings differ from the log")


EMPTY = sha256(b"")
"""Hash of no rows."""


def _folders(ws: Workspace) -> list[str]:
    return sorted(p.relative_to(ws.outbox).as_posix() for p in ws.outbox.glob("*/payout/*") if p.is_dir() and not p.name.startswith("."))


def _strangers(ws: Workspace, store: PayoutStore, report: PayoutReport) -> None:
    """Folders of batches that the store doesn't know as exported: an old copy of the store, or files nobody approved."""
    for place in _folders(ws):
        period, _, number = place.split("/")
        row = store.batches("bat_no = ?", (number,))
        if not row or row[0]["period"] != period or not store.exports(number):
            report.problem(f"outbox/{place}", "有导出的文件，拨付库却没有导出记录：拨付库被换成旧的，或文件不是导出的",
                           "exported files without a record: an old copy of the store, or files that no step made")
    for entry in store.connection.execute("SELECT line FROM log").fetchall():
        json.loads(entry[0])
