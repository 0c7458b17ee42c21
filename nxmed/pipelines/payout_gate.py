"""拨付关口 (what every step on a batch proves first): content, declared figures, log, signatures, published items."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from nxmed.errors import GateError, IntegrityError
from nxmed.kernel.stage import Equation, prove
from nxmed.payouts.batch import SAME
from nxmed.payouts.content import content, sha256, statement
from nxmed.payouts.proofs import batch_equations, store_equations
from nxmed.payouts.shapes import LINE, LINE_ITEM, Batch, Payer
from nxmed.payouts.steps import STEPS_BEFORE

if TYPE_CHECKING:
    from nxmed.io.payout_rows import PayoutStore
    from nxmed.io.workspace import Workspace


@dataclass(frozen=True)
class StoredBatch:
    """库中的一批 (lines in LINE, line_items in LINE_ITEM and `live`; turn: the round of signatures)."""

    batch: Batch
    state: str
    turn: int
    content_sha256: str
    lines: pl.DataFrame
    line_items: pl.DataFrame

    @property
    def content(self) -> bytes:
        """规范文本."""
        return content(self.batch, self.lines, self.line_items)


@contextmanager
def changing(ws: Workspace, command: str) -> Iterator[PayoutStore]:
    """办一步 (under the lock; one transaction with its log entry; the catalogue follows)."""
    from nxmed.io import payout_store
    from nxmed.io.recovery import recover

    with ws.lock(command):
        recover(ws)
        with payout_store.writing(ws) as store:
            yield store
        refresh(ws)


def refresh(ws: Workspace) -> bool:
    """让查询目录跟上 (False when the disk did not let it; the next command does it)."""
    from nxmed.io import catalogue

    try:
        if catalogue.is_stale(ws):
            catalogue.rebuild(ws)
    except OSError:
        return False
    return True


def batch_of(row: dict[str, Any]) -> Batch:
    """库中一行 → 批次."""
    payer = None if row["payer_bankacct"] is None else Payer(
        row["payer_bankacct"], row["payer_acctname"], row["payer_bankcode"], row["payer_bank_name"])
    day = date.fromisoformat(row["make_date"]) if row["make_date"] else None
    return Batch(row["bat_no"], row["source"], row["period"], row["fund_pay_type"], row["insu_admdvs"], day,
                 row["declared_count"], row["declared_amt"], payer)


def load(store: PayoutStore, bat_no: str) -> StoredBatch:
    """读出一批 (as it stands, nothing proved; MissingInput, exit 6, when there is none)."""
    row = store.batch(bat_no)
    lines = store.lines(bat_no).select(pl.col(n).cast(t) for n, t in LINE.items())
    items = store.line_items(bat_no).select(*[pl.col(n).cast(t) for n, t in LINE_ITEM.items()], "live")
    return StoredBatch(batch_of(row), row["state"], row["round"], row["content_sha256"], lines, items)


def sound(ws: Workspace, store: PayoutStore, bat_no: str) -> StoredBatch:
    """证明一批完好 and give it: content as hashed and as logged, declared count and total, state as last logged, every
    signature that its state asks for. IntegrityError (7) or GateError (5) otherwise."""
    found = load(store, bat_no)
    logged = [e for e in store.log_entries() if e["bat_no"] == bat_no]
    now = sha256(found.content)
    if now != found.content_sha256 or not logged or any(e["detail"]["content_sha256"] != now for e in logged):
        raise IntegrityError(
            f"批次 {bat_no} 的内容在编批之后被改动，全部签名作废", "停止拨付，从备份恢复；nxmed payout verify 指出哪里不同",
            text_en=f"batch {bat_no} was changed after it was built: all signatures are void",
            hint_en="Stop paying and restore from the backup; nxmed payout verify says what differs")
    if logged[-1]["detail"]["state_sha256"] != store.state_sha256(bat_no):
        raise IntegrityError(
            f"批次 {bat_no} 的状态、签名或回盘与日志不符", "停止拨付，从备份恢复；nxmed payout verify 指出哪里不同",
            text_en=f"states, signatures or answers of batch {bat_no} differ from the log",
            hint_en="Stop paying and restore from the backup; nxmed payout verify says what differs")
    prove(batch_proofs(store, found))
    check_signatures(ws, store, found)
    return found


def batch_proofs(store: PayoutStore, found: StoredBatch) -> list[Equation]:
    """一批的守恒等式."""
    return batch_equations(found.batch, found.lines, found.line_items, store.returns(found.batch.bat_no))


def source_proofs(store: PayoutStore, source: str) -> list[Equation]:
    """一个来源的守恒等式."""
    return store_equations(source, store.item_lines(source), store.held(source))


def check_signatures(ws: Workspace, store: PayoutStore, found: StoredBatch) -> None:
    """本轮签名逐一再核 (over today's content, by registered keys valid when they signed, three people, three keys)."""
    from nxmed.io import signatures

    bat_no = found.batch.bat_no
    made = {s["step"]: s for s in store.signatures(bat_no, found.turn)}
    needed = STEPS_BEFORE[found.state]
    for step in needed:
        if step not in made:
            raise IntegrityError(f"批次 {bat_no} 缺少签名：{step}", "停止拨付，从备份恢复", text_en=f"batch {bat_no} lacks a signature: {step}",
                                 hint_en="Stop paying and restore from the backup")
        text = statement(found.batch, found.content_sha256, step, found.turn)
        if made[step]["statement"].encode() != text:
            raise IntegrityError(f"批次 {bat_no} 的签名不是对现在的内容作的：{step}", "停止拨付，从备份恢复",
                                 text_en=f"batch {bat_no}: the signature of {step} is not over today's content",
                                 hint_en="Stop paying and restore from the backup")
        key = signatures.check(ws, text, made[step]["signature"], made[step]["at"])
        if (key.person, key.fingerprint) != (made[step]["person"], made[step]["fingerprint"]):
            raise IntegrityError(f"批次 {bat_no} 的签名人与密钥登记不符：{step}", "核对 allowed_signers 是否被改动",
                                 text_en=f"batch {bat_no}: the signer of {step} is not whom the key belongs to",
                                 hint_en="Has allowed_signers been changed?")
    people = {made[s]["person"] for s in needed}
    keys = {made[s]["fingerprint"] for s in needed}
    if len(people) != len(needed) or len(keys) != len(needed):
        raise GateError(f"批次 {bat_no} 的三岗不是三个人、三把密钥", "停止拨付，查明经过", text_en=f"batch {bat_no}: not three people with three keys",
                        hint_en="Stop paying and find out")


def published(ws: Workspace, source: str, until: str) -> pl.DataFrame:
    """现行运行发布的付款项 (ITEM with period and run_id, months up to `until`)."""
    from nxmed.io.runs import current, scan_table
    from nxmed.payouts.shapes import ITEM

    found = [r for r in current(ws, source) if r.period.text <= until]
    frames = [scan_table(r, "payout_items").with_columns(period=pl.lit(r.period.text), run_id=pl.lit(r.run_id)) for r in found]
    if not frames:
        return pl.DataFrame(schema=ITEM)
    return pl.concat(frames).select(pl.col(n).cast(t) for n, t in ITEM.items()).collect().sort("item_id", "period")


def unchanged(ws: Workspace, store: PayoutStore, found: StoredBatch) -> None:
    """批次里的付款项与现行运行一致 (GateError, exit 5, when one changed or is gone)."""
    bat_no = found.batch.bat_no
    mine = store.item_lines(found.batch.source).filter(pl.col("bat_no") == bat_no)
    now = published(ws, found.batch.source, str(mine["period"].max() or found.batch.period))
    both = mine.join(now.select("item_id", *[pl.col(c).alias(f"now_{c}") for c in SAME]), on="item_id", how="left")
    differs = both.filter(pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"now_{c}")) for c in SAME))
    if differs.height:
        raise GateError(
            f"批次 {bat_no} 有 {differs.height} 个付款项在编批之后变动或消失", f"退回草稿后作废，再编批：nxmed payout cancel {bat_no} --reason …",
            text_en=f"batch {bat_no}: {differs.height} items were changed or taken back since it was built",
            hint_en=f"Send it back to draft, cancel it and build again: nxmed payout cancel {bat_no} --reason …")
