"""查看批次 (nxmed payout list, show): what stands in the store, accounts and identity numbers masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from nxmed.errors import UsageError
from nxmed.kernel.identifiers import mask_account_expr, mask_text_expr
from nxmed.payouts.shapes import BATCH_STATES

if TYPE_CHECKING:
    from nxmed.io.payout_rows import PayoutStore
    from nxmed.io.workspace import Workspace

MASKED_NUMBERS = ("payee_code",)
MASKED_ACCOUNTS = ("bankacct",)
LONGEST_REASON = 500


def batch_rows(ws: Workspace, *, state: str | None = None, source: str | None = None) -> list[dict[str, Any]]:
    """全部批次 (by bat_no, amounts in fen, with what the bank has answered so far)."""
    from nxmed.io import payout_store

    if state is not None and state not in BATCH_STATES:
        raise UsageError(f"没有这个状态：{state}", "可用：" + "、".join(BATCH_STATES), text_en=f"no such state: {state}",
                         hint_en="known: " + ", ".join(BATCH_STATES))
    with payout_store.reading(ws) as store:
        rows = store.batches("(?1 IS NULL OR state = ?1) AND (?2 IS NULL OR source = ?2)", (state, source))
        totals = store.totals()
    return [_batch(r, totals.get(str(r["bat_no"]), {})) for r in rows]


def held_rows(ws: Workspace) -> pl.DataFrame:
    """暂缓的付款项 (HELD, numbers masked)."""
    from nxmed.io import payout_store

    with payout_store.reading(ws) as store:
        return masked(store.held())


def one_batch(ws: Workspace, bat_no: str, *, unmask: str | None = None) -> dict[str, Any]:
    """一批的全部 (batch, lines, items, signatures, exports, answers, log). `unmask`: why numbers are wanted in full;
    who asked and why goes into the log first."""
    from nxmed.io import payout_store
    from nxmed.pipelines.payout_gate import changing, sound

    if unmask is not None:
        if not unmask.strip() or len(unmask) > LONGEST_REASON:
            raise UsageError("查看完整账号必须写明原因（--reason），500 字以内", '例如 --reason "退汇核对账户"',
                             text_en="--unmask needs a --reason of at most 500 characters", hint_en='such as --reason "returned payment"')
        with changing(ws, "payout show --unmask") as store:
            sound(ws, store, bat_no)  # an entry of the log vouches for the batch as it stands
            store.log("unmask", bat_no, reason=unmask.strip())
    with payout_store.reading(ws) as store:
        return _whole(store, bat_no, plain=unmask is not None)


def masked(frame: pl.DataFrame) -> pl.DataFrame:
    """遮盖账号和证件号码 (an account shows its last four digits, an identity number its ends)."""
    here = frame.columns
    return frame.with_columns([mask_text_expr(pl.col(c)).alias(c) for c in MASKED_NUMBERS if c in here] +
                              [mask_account_expr(pl.col(c)).alias(c) for c in MASKED_ACCOUNTS if c in here])


def _whole(store: PayoutStore, bat_no: str, *, plain: bool) -> dict[str, Any]:
    row = store.batch(bat_no)
    lines, items = store.lines(bat_no), store.line_items(bat_no)
    account = row["payer_bankacct"]
    if not plain:
        lines = masked(lines)
        account = pl.select(mask_account_expr(pl.lit(account, pl.String))).item()
    signed = [{k: v for k, v in s.items() if k != "bat_no"} for s in store.signatures(bat_no)]
    logged = [{k: e[k] for k in ("seq", "at", "who", "person", "action", "hash")} | {"reason": e["detail"].get("reason", "")}
              for e in store.log_entries() if e["bat_no"] == bat_no]
    return {**_batch({**row, "payer_bankacct": account}, store.totals().get(bat_no, {})), "lines": lines.to_dicts(),
            "items": items.to_dicts(), "signatures": signed, "exports": store.exports(bat_no),
            "answers": store.returns(bat_no).to_dicts(), "log": logged, "head": store.head()}


def _batch(row: dict[str, Any], totals: dict[str, tuple[int, int]]) -> dict[str, Any]:
    found = dict(row)
    for name in ("declared_amt",):
        found[f"{name}_fen"] = found.pop(name)
    found["lines_by_state"] = {s: {"count": n, "amt_fen": fen} for s, (n, fen) in sorted(totals.items())}
    return found
