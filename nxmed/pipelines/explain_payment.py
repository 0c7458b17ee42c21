"""说清付到哪一步 (what became of a payout item: batch, signatures, bank line, the bank's answer)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nxmed.kernel.identifiers import mask_text
from nxmed.kernel.money import yuan_grouped
from nxmed.pipelines.story import Both, Story, joined

if TYPE_CHECKING:
    from nxmed.io.payout_rows import PayoutStore
    from nxmed.io.workspace import Workspace

LINES = (
    "SELECT l.pay_sn, l.bat_no, i.amt, l.state AS line_state, b.state AS batch_state, b.round FROM line_items i "
    "JOIN lines l USING (pay_sn) JOIN batches b USING (bat_no) WHERE i.item_id = ? ORDER BY l.pay_sn")
ANSWERS = {"0": Both("处理中", "in progress"), "1": Both("已付", "paid"), "2": Both("失败", "failed"), "3": Both("退汇", "returned")}


def payments(story: Story, ws: Workspace, item_id: str) -> None:
    """拨付情况 of a payout item: one step per bank line it was ever on, oldest first, with who signed and what the bank said."""
    from nxmed.io import payout_store

    if not payout_store.exists(ws):
        story.add("拨付", "payment", Both("尚未编批", "in no batch yet"), "nxmed payout build")
        return
    with payout_store.reading(ws) as store:
        lines = store.frame(LINES, (item_id,)).to_dicts()
        held = [h for h in store.held().to_dicts() if h["item_id"] == item_id]
        for line in lines:
            _line(story, store, line)
        if held:
            _held(story, held[0])
        elif not lines:
            story.add("拨付", "payment", Both("尚未编批", "in no batch yet"), "nxmed payout build")


def _line(story: Story, store: PayoutStore, line: dict[str, Any]) -> None:
    from nxmed.payouts.shapes import BATCH_STATES, LINE_STATES
    from nxmed.payouts.steps import STEP_WORDS

    signed = [Both(f"{STEP_WORDS[s['step']][0]} {s['person']} {s['at']}", f"{STEP_WORDS[s['step']][1]} {s['person']} {s['at']}")
              for s in store.signatures(line["bat_no"], line["round"])]
    story.add("批次", "batch", Both(*BATCH_STATES[line["batch_state"]]), joined(
        *signed) if signed else Both("还没有签名", "not signed yet"), line["bat_no"])
    answers = store.frame("SELECT * FROM returns WHERE pay_sn = ? ORDER BY no", (line["pay_sn"],)).to_dicts()
    said = [joined(ANSWERS[a["pay_stas"]], a["tran_date"] or "", _reason(a), f"{a['src_file']}", zh=" ", en=" ") for a in answers]
    story.add("银行付款行", "bank line", Both(*LINE_STATES[line["line_state"]]), joined(
        Both(f"金额 {yuan_grouped(line['amt'])}", f"amount {yuan_grouped(line['amt'])}"),
        *(said or [Both("银行还没有答复", "no answer of the bank yet")])), line["pay_sn"])


def _reason(answer: dict[str, Any]) -> str:
    return mask_text(" ".join(str(answer[n]) for n in ("ret_code", "pay_fail_desc") if answer[n]))


def _held(story: Story, held: dict[str, Any]) -> None:
    from nxmed.payouts.shapes import HELD_REASONS

    story.add("拨付", "payment", Both("暂缓", "held"), Both(*HELD_REASONS.get(held["reason"], (held["reason"], held["reason"]))), "nxmed payout list")
