"""拨付的界面 (what the payout commands print: tables for people, one JSON document for programs)."""

from __future__ import annotations

import json as _json
import sys
from typing import TYPE_CHECKING, Any

import typer

from nxmed.cli.text import count, out, t, table

if TYPE_CHECKING:
    import polars as pl

    from nxmed.pipelines.payout_build import BuildOutcome
    from nxmed.pipelines.payout_verify import PayoutReport

SHOWN = 40
NEXT = {"draft": "submit", "submitted": "review", "reviewed": "approve", "approved": "export"}
BUILT = {"built": ("已编批", "built"), "held": ("没有可编的批次，付款项暂缓", "nothing to build, items held"),
         "up_to_date": ("没有新的付款项可编", "nothing new to build"), "dry_run": ("试算，未写入", "dry run, nothing written")}


def show_build(outcome: BuildOutcome, *, json: bool) -> None:
    """编批结果."""
    from nxmed.kernel.money import yuan, yuan_grouped

    following = [f"nxmed payout submit {b.batch.bat_no} --key FILE" for b in outcome.batches] if outcome.status == "built" else []
    if json:
        _document("payout build", {
            "period": outcome.period, "source": outcome.source, "on": outcome.day, "status": outcome.status, "exit_code": 0,
            "batches": [{"bat_no": b.batch.bat_no, "fund_pay_type": b.batch.fund_pay_type, "insu_admdvs": b.batch.insu_admdvs,
                         "declared_count": b.batch.declared_count, "declared_amt": yuan(b.batch.declared_amt),
                         "items": b.line_items.height, "payer": b.batch.payer is not None, "content_sha256": b.sha256}
                        for b in outcome.batches],
            "held": [{"item_id": r["item_id"], "source_key": r["source_key"], "amt": yuan(r["amt"]), "reason": r["reason"]}
                     for r in outcome.held.iter_rows(named=True)],
            "findings": dict(outcome.finding_counts), "rejected": outcome.rejected,
            "controls": [e.as_json() for e in outcome.equations], "next": following})
        return
    out(" · ".join([t(f"编批 {outcome.period}", f"payout build {outcome.period}"), outcome.source,
                    t(f"账户有效日 {outcome.day}", f"accounts valid on {outcome.day}"), t(*BUILT[outcome.status])]))
    if outcome.batches:
        out("", table(
            [(t("批次号", "batch"), "left"), (t("基金", "fund"), "left"), (t("付款机构", "agency"), "left"), (t("笔数", "lines"), "right"),
             (t("付款项", "items"), "right"), (t("金额", "amount"), "right"), (t("付款账户", "payer account"), "left")],
            [[b.batch.bat_no, b.batch.fund_pay_type, b.batch.insu_admdvs, count(b.batch.declared_count), count(b.line_items.height),
              yuan_grouped(b.batch.declared_amt), t("有", "yes") if b.batch.payer else t("未登记", "not registered")]
             for b in outcome.batches]))
    _held(outcome.held)
    _findings(outcome.finding_counts)
    if outcome.rejected:
        out(t(f"账户登记有 {outcome.rejected} 行被拒收：nxmed check 查原因", f"{outcome.rejected} account rows were rejected: see nxmed check"))
    wrong = [e for e in outcome.equations if not e.holds]
    out(t(f"守恒：{len(outcome.equations)} 条等式，不成立 {len(wrong)}", f"conservation: {len(outcome.equations)} equations, {len(wrong)} fail"))
    for command in following[:SHOWN]:
        out(t(f"下一步：{command}", f"next: {command}"))


def show_step(made: dict[str, Any], *, json: bool) -> None:
    """办完一步."""
    from nxmed.kernel.money import yuan, yuan_grouped
    from nxmed.payouts.shapes import BATCH_STATES
    from nxmed.payouts.steps import STEP_WORDS

    following = f"nxmed payout {NEXT[made['state']]} {made['bat_no']}" if made["state"] in NEXT else ""
    if json:
        shown = {k: v for k, v in made.items() if k != "declared_fen"}
        _document(f"payout {made['step']}", {**shown, "declared_amt": yuan(made["declared_fen"]), "status": "done", "exit_code": 0,
                                             "next": [following] if following else []})
        return
    out(t(f"✔ 批次 {made['bat_no']} 已{STEP_WORDS[made['step']][0]}，现为“{BATCH_STATES[made['state']][0]}”",
          f"✔ batch {made['bat_no']}: {made['step']} done, now {made['state']}"))
    out(t(f"  {count(made['declared_count'])} 笔，{yuan_grouped(made['declared_fen'])} 元",
          f"  {count(made['declared_count'])} lines, {yuan_grouped(made['declared_fen'])} yuan"))
    if "person" in made:
        out(t(f"  签名：{made['name']}（{made['person']}），密钥 {made['fingerprint']}，第 {made['round']} 轮",
              f"  signed by {made['name']} ({made['person']}), key {made['fingerprint']}, round {made['round']}"))
    out(t(f"  内容 sha256 {made['content_sha256']}", f"  content sha256 {made['content_sha256']}"))
    if following:
        out(t(f"下一步：{following}", f"next: {following}"))


def show_list(batches: list[dict[str, Any]], held: pl.DataFrame, *, json: bool) -> None:
    """批次清单."""
    from nxmed.kernel.money import yuan_grouped
    from nxmed.payouts.shapes import BATCH_STATES

    if json:
        _document("payout list", {"status": "ok", "exit_code": 0, "batches": [
            {k: v for k, v in _plain(b).items() if not k.startswith("payer_")} for b in batches],
            "held": [_plain(r) for r in _with_fen(held).to_dicts()]})
        return
    if not batches and not held.height:
        out(t("没有批次。编批：nxmed payout build YYYY-MM --source assist", "no batches; make some: nxmed payout build YYYY-MM --source assist"))
        return

    def part(row: dict[str, Any], *states: str) -> str:
        return yuan_grouped(sum(row["lines_by_state"].get(s, {"amt_fen": 0})["amt_fen"] for s in states))

    if batches:
        out(table(
            [(t("批次号", "batch"), "left"), (t("所属期", "month"), "left"), (t("状态", "state"), "left"), (t("笔数", "lines"), "right"),
             (t("金额", "amount"), "right"), (t("已付", "paid"), "right"), (t("失败退汇", "failed"), "right")],
            [[b["bat_no"], b["period"], t(*BATCH_STATES[b["state"]]), count(b["declared_count"]), yuan_grouped(b["declared_amt_fen"]),
              part(b, "paid"), part(b, "failed", "returned")] for b in batches]))
    _held(held)


def show_batch(found: dict[str, Any], *, json: bool) -> None:
    """一个批次."""
    from nxmed.kernel.money import yuan_grouped
    from nxmed.payouts.shapes import BATCH_STATES, LINE_STATES
    from nxmed.payouts.steps import STEP_WORDS

    if json:
        _document("payout show", {"status": "ok", "exit_code": 0, **_plain(found)})
        return
    out(t(f"批次 {found['bat_no']} · {found['source']} {found['period']} · {BATCH_STATES[found['state']][0]} · 第 {found['round']} 轮",
          f"batch {found['bat_no']} · {found['source']} {found['period']} · {found['state']} · round {found['round']}"))
    out(t(f"  基金 {found['fund_pay_type']}，付款机构 {found['insu_admdvs']}，账户有效日 {found['make_date']}，付款账户 "
          f"{found['payer_bankacct'] or '未登记'} {found['payer_acctname'] or ''}",
          f"  fund {found['fund_pay_type']}, agency {found['insu_admdvs']}, accounts valid on {found['make_date']}, payer account "
          f"{found['payer_bankacct'] or 'not registered'} {found['payer_acctname'] or ''}"))
    out(t(f"  申报 {count(found['declared_count'])} 笔，{yuan_grouped(found['declared_amt_fen'])} 元；内容 sha256 {found['content_sha256']}",
          f"  declared {count(found['declared_count'])} lines, {yuan_grouped(found['declared_amt_fen'])} yuan; sha256 {found['content_sha256']}"))
    lines = found["lines"]
    out("", table(
        [(t("序号", "row"), "right"), (t("收款方", "payee"), "left"), (t("户名", "name"), "left"), (t("账号", "account"), "left"),
         (t("金额", "amount"), "right"), (t("状态", "state"), "left"), (t("原付款行", "replaces"), "left")],
        [[r["row_no"], r["payee_code"], r["acctname"], r["bankacct"], yuan_grouped(r["amt"]), t(*LINE_STATES[r["state"]]),
          r["org_pay_sn"] or ""] for r in lines[:SHOWN]]))
    if len(lines) > SHOWN:
        out(t(f"  … 另有 {count(len(lines) - SHOWN)} 行：nxmed payout show {found['bat_no']} --json，或查目录 payout_lines",
              f"  … {count(len(lines) - SHOWN)} more: --json, or the table payout_lines"))
    for s in found["signatures"]:
        out(t(f"  {STEP_WORDS[s['step']][0]}：{s['person']}，{s['at']}，{s['fingerprint']}（第 {s['round']} 轮）",
              f"  {s['step']}: {s['person']}, {s['at']}, {s['fingerprint']} (round {s['round']})"))
    for f in found["exports"]:
        out(t(f"  导出 {f['name']}（{f['layout']}，{count(f['row_count'])} 行）{f['sha256']}",
              f"  exported {f['name']} ({f['layout']}, {count(f['row_count'])} lines) {f['sha256']}"))
    for e in found["log"]:
        out(t(f"  日志 {e['seq']} {e['at']} {e['action']} {e['person'] or e['who']} {e['reason']}",
              f"  log {e['seq']} {e['at']} {e['action']} {e['person'] or e['who']} {e['reason']}"))
    if found["state"] in NEXT:
        following = f"nxmed payout {NEXT[found['state']]} {found['bat_no']}"
        out(t(f"下一步：{following}", f"next: {following}"))


def show_verify(report: PayoutReport, *, json: bool) -> None:
    """核验结果 (exit 7 with a problem)."""
    from nxmed.errors import EXIT_INTEGRITY

    code = EXIT_INTEGRITY if report.problems else 0
    if json:
        _document("payout verify", {
            "status": "broken" if report.problems else "ok", "exit_code": code, "batches": report.batches,
            "signatures": report.signatures, "files": report.files, "equations": report.equations, "log_entries": report.entries,
            "log_head": report.head, "problems": [{"where": w, "message": t(zh, en)} for w, zh, en in report.problems],
            "notes": [{"where": w, "message": t(zh, en)} for w, zh, en in report.notes]})
        raise typer.Exit(code)
    for w, zh, en in report.notes:
        out(t(f"· {w}：{zh}", f"· {w}: {en}"))
    for w, zh, en in report.problems:
        out(t(f"✘ {w}：{zh}", f"✘ {w}: {en}"))
    counts = t(f"{report.batches} 个批次，{report.signatures} 个签名，{report.files} 个导出文件，{report.entries} 条日志，{report.equations} 条等式",
               f"{report.batches} batches, {report.signatures} signatures, {report.files} exported files, {report.entries} log entries, "
               f"{report.equations} equations")
    out(t(f"核验未过：{counts}，{len(report.problems)} 个问题", f"verification failed: {counts}, {len(report.problems)} problems")
        if report.problems else t(f"✔ 核验通过：{counts}", f"✔ verified: {counts}"))
    if report.head:
        out(t(f"  日志链头 {report.head}", f"  head of the log {report.head}"))
    raise typer.Exit(code)


def _held(held: pl.DataFrame) -> None:
    if not held.height:
        return
    import polars as pl

    from nxmed.kernel.money import yuan_grouped
    from nxmed.payouts.shapes import HELD_REASONS

    sums = held.group_by("source", "reason").agg(n=pl.len(), fen=pl.col("amt").sum()).sort("source", "reason")
    for source, reason, n, fen in sums.iter_rows():
        zh, en = HELD_REASONS.get(reason, (reason, reason))
        out(t(f"! 暂缓 {source} {count(n)} 个付款项，{yuan_grouped(fen)} 元：{zh}", f"! held {source}: {count(n)} items, {yuan_grouped(fen)} yuan: {en}"))


def _findings(counts: Any) -> None:
    from nxmed.cli.render import SEVERITY
    from nxmed.kernel.finding_codes import CODES

    for code, n in counts.items():
        known = CODES[code]
        out(t(f"{SEVERITY[known.severity][0]} {code} {known.zh} {count(n)} 条 → {known.next_zh}",
              f"{SEVERITY[known.severity][1]} {code} {known.en}: {count(n)} → {known.next_en}"))


def _with_fen(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.rename({"amt": "amt_fen"})


def _plain(value: Any) -> Any:
    """Amounts (fen in names ending in _fen, and amt of lines) as yuan text."""
    from nxmed.kernel.money import yuan

    if isinstance(value, dict):
        return {(k.removesuffix("_fen")): (yuan(v) if (k.endswith("_fen") or k in ("amt", "ret_amt")) and isinstance(v, int) else _plain(v))
                for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _document(command: str, body: dict[str, Any]) -> None:
    sys.stdout.write(_json.dumps({"schema": "nxmed.payout/1", "command": command, **body}, ensure_ascii=False, indent=1, default=str)
                     + "\n")
