"""处理差异的流程 (nxmed settle resolve): what may be decided on an open break, and who decided."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from nxmed.errors import MissingInput, UsageError

if TYPE_CHECKING:
    from nxmed.io.workspace import Workspace

DECISIONS = ("agency", "provider", "reject")
LONGEST_NOTE = 500


def resolve_break(ws: Workspace, break_id: str, decision: str, note: str) -> dict[str, Any]:
    """记下处理决定 (gives the entry). Unknown decision or an empty note: exit 2; no such open break: exit 6."""
    import polars as pl

    from nxmed.io import resolutions
    from nxmed.io.lock import user
    from nxmed.io.runs import read_table, recover, runs

    if decision not in DECISIONS:
        raise UsageError(f"不认识的处理方式：{decision}", f"可用：{'、'.join(DECISIONS)}",
                         text_en=f"no such decision: {decision}", hint_en=f"known: {', '.join(DECISIONS)}")
    if not note.strip() or len(note) > LONGEST_NOTE:
        raise UsageError("必须写明依据（--note），500 字以内", '例如 --note "与医院核对票据，按中心记录"',
                         text_en="a note of at most 500 characters is needed", hint_en='such as --note "checked with the hospital"')
    with ws.lock("settle resolve"):
        recover(ws)
        found = runs(ws, "settle")
        if not found:
            raise MissingInput("还没有结算过，没有可处理的差异", "先运行 nxmed settle", text_en="nothing was settled yet",
                               hint_en="run nxmed settle first")
        last = max(found, key=lambda r: (r.period, r.no))
        rows = read_table(last, "statement_breaks").filter(pl.col("break_id") == break_id)
        if not rows.height:
            raise MissingInput(
                f"{last.period.text} 末没有编号为 {break_id} 的未了差异",
                "核对编号：nxmed sql \"select break_id, setl_id, stmt_diff from statement_breaks\"",
                text_en=f"no open break {break_id} at the end of {last.period.text}",
                hint_en="check the id: nxmed sql \"select break_id, setl_id, stmt_diff from statement_breaks\"")
        row = rows.row(0, named=True)
        check_decision(row, decision)
        account = user()
        names = {p.account: p.name for p in ws.people}
        entry = {
            "break_id": break_id, "decision": decision, "note": note.strip(), "who": account,
            "who_name": names.get(account), "at": datetime.now().astimezone().isoformat(timespec="seconds"),
            "period": last.period.text, "fixmedins_code": row["fixmedins_code"], "setl_id": row["setl_id"],
            "refd_setl_flag": row["refd_setl_flag"], "agency_medfee_sumamt": row["medfee_sumamt"],
            "agency_fund_pay_sumamt": row["fund_pay_sumamt"], "provider_medfee_sumamt": row["provider_medfee_sumamt"],
            "provider_fund_pay_sumamt": row["provider_fund_pay_sumamt"], "agency_acct_pay": row["acct_pay"],
            "provider_acct_pay": row["provider_acct_pay"], "decided_diff": row["stmt_diff"],
        }
        entry_id = resolutions.append(ws, entry)
    return {**entry, "entry_id": entry_id}


def check_decision(row: dict[str, Any], decision: str) -> None:
    """决定是否可行 (UsageError, exit 2, saying what can be done instead)."""
    mine, theirs = row["medfee_sumamt"] is not None, row["provider_medfee_sumamt"] is not None
    if decision == "reject":
        return
    if row["stmt_diff"] == "00":
        raise UsageError(f"这一笔双方一致，因 {row['held_reason']} 暂缓，不能按差异认定", "消除暂缓原因后自动认定；确不应付的用 --as reject",
                         text_en=f"both sides agree; the row is held for {row['held_reason']}",
                         hint_en="mend the cause, or --as reject")
    if not mine:
        raise UsageError("中心没有这笔结算，无从认定", "等待平台补传，或用 --as reject", text_en="the agency has no such settlement",
                         hint_en="wait for it, or --as reject")
    if decision == "provider" and not theirs:
        raise UsageError("机构没有申报这笔结算", "用 --as agency 按中心认定，或 --as reject", text_en="the provider has no such row",
                         hint_en="--as agency or --as reject")
    if decision == "provider" and row["insutype"] not in ("310", "390") and row["fund_pay_sumamt"] != row["provider_fund_pay_sumamt"]:
        raise UsageError(f"险种 {row['insutype']} 没有统筹基金可更正", "用 --as agency 或 --as reject",
                         text_en="no pooled fund to correct", hint_en="--as agency or --as reject")
