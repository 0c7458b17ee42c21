"""拨付的发布表 (what analysts see of the payout store in the catalogue): states as they are now, numbers masked."""

from __future__ import annotations

import sqlite3
from typing import Any

import polars as pl

from nxmed.errors import NxmedError
from nxmed.io import payout_store
from nxmed.io.payout_rows import PayoutStore
from nxmed.io.resources import tables
from nxmed.io.tables import _scaled, in_order, sort_key
from nxmed.io.workspace import Workspace
from nxmed.kernel.identifiers import mask_account_expr, mask_text_expr
from nxmed.kernel.table import TableColumn

COMMAND = "payout"
FINDINGS = "findings"


def names() -> list[str]:
    """拨付发布的表 (also the findings of payout, which join those of the runs)."""
    return [t.id for t in tables().values() if COMMAND in t.commands]


def stamp(ws: Workspace) -> str:
    """拨付库的标记 (head of its log; changes with every step). Empty without a store."""
    if not payout_store.exists(ws):
        return ""
    try:
        with payout_store.reading(ws) as store:
            return store.head()[1]
    except (NxmedError, OSError, sqlite3.Error):
        return "unreadable"


def frames(ws: Workspace) -> dict[str, pl.DataFrame]:
    """各表的行 in published form (run_id and period first, amounts as decimals). Without a store, or with one that
    can't be read (verify says so), the tables are empty."""
    try:
        with payout_store.reading(ws) as store:
            made = _made(store)
    except (NxmedError, OSError, sqlite3.Error, ValueError, KeyError):
        made = {}
    return {name: _published(name, made.get(name)) for name in names()}


def _made(store: PayoutStore) -> dict[str, pl.DataFrame]:
    batches = store.frame(
        "SELECT b.*, s.person AS submitted_by, r.person AS reviewed_by, a.person AS approved_by FROM batches b "
        "LEFT JOIN signatures s ON s.bat_no = b.bat_no AND s.round = b.round AND s.step = 'submit' "
        "LEFT JOIN signatures r ON r.bat_no = b.bat_no AND r.round = b.round AND r.step = 'review' "
        "LEFT JOIN signatures a ON a.bat_no = b.bat_no AND a.round = b.round AND a.step = 'approve'")
    run = batches.select("bat_no", "period", run_id=pl.format("payout-{}-{}", "period", pl.col("content_sha256").str.head(12)))
    lines = store.frame("SELECT * FROM lines")
    state = pl.col("state")
    zero = pl.lit(0, pl.Int64)
    sums = lines.group_by("bat_no").agg(
        paid_amt=pl.when(state == "paid").then("amt").otherwise(zero).sum(),
        failed_amt=pl.when(state.is_in(["failed", "returned"])).then("amt").otherwise(zero).sum(),
        waiting_amt=pl.when(state.is_in(["pending", "in_progress"])).then("amt").otherwise(zero).sum())
    items = store.frame("SELECT i.*, i.period AS item_period, l.bat_no FROM line_items i JOIN lines l USING (pay_sn)").with_columns(
        live=pl.col("live") == 1).drop("period", "run_id")
    answers = store.frame("SELECT *, no AS answer_no FROM returns").join(run.select("bat_no", "run_id"), on="bat_no", how="left")
    return {
        "payout_batches": batches.join(sums, on="bat_no", how="left").join(run.drop("period"), on="bat_no", how="left"),
        "payout_lines": lines.join(run, on="bat_no", how="left").with_columns(_masked_code(), mask_account_expr(
            pl.col("bankacct")).alias("bankacct")),
        "payout_line_items": items.join(run, on="bat_no", how="left"),
        "payout_held": store.held().with_columns(_masked_code()),
        "payout_answers": answers, "payout_log": _log(store, run), FINDINGS: _findings(store)}


def _masked_code() -> pl.Expr:
    return mask_text_expr(pl.col("payee_code")).alias("payee_code")


def _log(store: PayoutStore, run: pl.DataFrame) -> pl.DataFrame:
    months = dict(run.select("bat_no", "period").rows())
    rows = [{
        "run_id": f"payout-log-{e['hash'][:12]}", "period": months.get(e["bat_no"]) or e["detail"].get("period"), "seq": e["seq"],
        "at": e["at"], "action": e["action"], "bat_no": e["bat_no"] or None, "person": e["person"] or None, "who": e["who"],
        "reason": e["detail"].get("reason") or None, "hash": e["hash"]} for e in store.log_entries()]
    return pl.DataFrame(rows, schema={**dict.fromkeys(("run_id", "period"), pl.String()), **tables()["payout_log"].schema()})


def _findings(store: PayoutStore) -> pl.DataFrame:
    schema = tables()[FINDINGS].schema()
    rows: list[dict[str, Any]] = []
    made: dict[tuple[str, str], str] = {}
    for f in store.findings():
        key = (f["scope"], f["period"])
        made.setdefault(key, f"payout-{f['period']}-{store.findings_sha256(*key)[:12]}")
        rows.append({"run_id": made[key], **{c: f.get(c) for c in ("period", *schema)}})
    text = {**dict.fromkeys(("run_id", "period"), pl.String()), **schema, "stmt_date": pl.String()}
    return pl.DataFrame(rows, schema=text).with_columns(pl.col("stmt_date").str.to_date("%Y-%m-%d", strict=False))


def _published(name: str, frame: pl.DataFrame | None) -> pl.DataFrame:
    table = tables()[name]
    found = frame if frame is not None else table.empty().with_columns(
        run_id=pl.lit(None, pl.String), period=pl.lit(None, pl.String))
    return in_order(found, sort_key(table)).select(
        pl.col("run_id"), pl.col("period"), *[_column(c, found.schema[c.id]) for c in table.columns])


def _column(column: TableColumn, dtype: pl.DataType) -> pl.Expr:
    if column.type == "amount":
        return _scaled(column)
    if column.type == "date" and dtype == pl.String():
        return pl.col(column.id).str.to_date("%Y-%m-%d")
    return pl.col(column.id).cast(column.inside)
