"""nxmed payout export, review-sheet, import-return: 银行文件, 审核簿, 回盘."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nxmed.cli.options import DryRunOption, JsonOption, LangOption, StrictOption, WorkspaceOption
from nxmed.cli.text import t

if TYPE_CHECKING:
    from nxmed.pipelines.payout_export import ExportOutcome
    from nxmed.pipelines.payout_return import ReturnOutcome

BatchArgument = Annotated[str, typer.Argument(metavar="BAT", show_default=False, help=t("批次号（19 位）", "batch number"))]
EXPORTED = {
    "exported": ("已导出", "exported"), "same": ("与首次导出的文件完全相同，未重写", "the same files as before"),
    "put_back": ("缺失的文件已放回，内容相同", "missing files put back, the same bytes"),
    "dry_run": ("试算，未写入", "dry run, nothing written"),
}
IMPORTED = {"imported": ("已采纳", "taken"), "unchanged": ("没有新内容，未变", "nothing new"), "dry_run": ("试算，未写入", "dry run, nothing written")}
SHOWN = 20


def export(
    batch: BatchArgument,
    layout: Annotated[list[str] | None, typer.Option("--layout", metavar="NAME", show_default=False, help=t(
        "银行版式，可写几次（默认 gbk-csv；再次导出用首次的版式）", "bank layout, may be repeated (default: gbk-csv, or as first exported)"))] = None,
    workspace: WorkspaceOption = None, dry_run: DryRunOption = False, json_: JsonOption = False, lang: LangOption = None,
) -> None:
    """导出已审批的批次：银行文件、pain.001、审核簿。先重验三个签名和全部内容；再次导出得到同样的文件。"""
    del lang
    from nxmed.cli.text import Steps
    from nxmed.io.workspace import find
    from nxmed.pipelines.payout_export import export_batch

    with Steps(quiet=json_).running() as steps:
        outcome = export_batch(find(workspace), batch, layout or (), dry_run=dry_run, progress=steps)
    _show_export(outcome, json=json_)


def review_sheet(
    batch: BatchArgument,
    out_file: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", show_default=False, help=t(
        "写到这个文件（默认在发件箱的 payout 文件夹）", "write it there (default: the outbox)"))] = None,
    workspace: WorkspaceOption = None, json_: JsonOption = False, lang: LangOption = None,
) -> None:
    """写付款审核簿：合计与大写、付款行（账号遮盖）、付款项、暂缓、签名和日志链头，供复核和审批阅看、打印。"""
    del lang
    from nxmed.cli.text import out
    from nxmed.io.workspace import find
    from nxmed.pipelines.payout_export import review_sheet as write

    path = write(find(workspace), batch, out_file)
    if json_:
        _document("payout review-sheet", {"bat_no": batch, "status": "written", "exit_code": 0, "file": str(path)})
        return
    out(t(f"✔ 已写出审核簿 {path}", f"✔ written {path}"))


def import_return(
    period: Annotated[str | None, typer.Argument(metavar="[YYYY-MM]", show_default=False, help=t(
        "月份：读该月收件箱的银行回盘（bank_returns）", "month: the bank_returns of its inbox"))] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", show_default=False, help=t(
        "银行自己格式的回盘文件", "a file in the bank's own form"))] = None,
    layout: Annotated[str | None, typer.Option("--layout", metavar="NAME", show_default=False, help=t(
        "该文件的版式", "its layout"))] = None,
    workspace: WorkspaceOption = None, dry_run: DryRunOption = False, strict: StrictOption = False, json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """读入银行回盘：按批次号和流水号核对，金额分毫不差才采纳；失败和退汇的付款项重新待编。同一回盘再读一次，什么都不变。"""
    del lang
    from nxmed.cli.text import Steps
    from nxmed.errors import EXIT_OK, EXIT_STRICT
    from nxmed.io.workspace import find
    from nxmed.kernel.finding_codes import CODES
    from nxmed.pipelines.arguments import month
    from nxmed.pipelines.payout_return import import_returns

    with Steps(quiet=json_).running() as steps:
        outcome = import_returns(find(workspace), month(period) if period else None, file=file, layout=layout, dry_run=dry_run,
                                 progress=steps)
    errors = any(CODES[c].severity == "error" for c in outcome.finding_counts)
    code = EXIT_STRICT if strict and errors else EXIT_OK
    _show_return(outcome, json=json_, code=code)
    raise typer.Exit(code)


def add(app: typer.Typer) -> None:
    """登记命令 (on the group nxmed payout)."""
    app.command("export")(export)
    app.command("review-sheet")(review_sheet)
    app.command("import-return")(import_return)


def _show_export(outcome: ExportOutcome, *, json: bool) -> None:
    from nxmed.cli.text import count, out, table
    from nxmed.kernel.money import yuan, yuan_grouped

    following = f"nxmed payout import-return YYYY-MM   # {outcome.bat_no}"
    if json:
        _document("payout export", {
            "bat_no": outcome.bat_no, "status": outcome.status, "exit_code": 0, "folder": str(outcome.folder),
            "declared_count": outcome.declared_count, "declared_amt": yuan(outcome.declared_amt), "layouts": outcome.layouts,
            "files": [{"name": f.name, "layout": f.layout, "sha256": f.sha256, "bytes": f.bytes, "rows": f.row_count, "amt": yuan(f.amt)}
                      for f in outcome.files],
            "notes": [t(*n) for n in outcome.notes], "controls": [e.as_json() for e in outcome.equations], "next": [following]})
        return
    out(t(f"导出 {outcome.bat_no} · {'、'.join(outcome.layouts)} · {EXPORTED[outcome.status][0]}",
          f"export {outcome.bat_no} · {', '.join(outcome.layouts)} · {EXPORTED[outcome.status][1]}"))
    out(t(f"  {count(outcome.declared_count)} 笔，{yuan_grouped(outcome.declared_amt)} 元，三个签名和内容已重验",
          f"  {count(outcome.declared_count)} lines, {yuan_grouped(outcome.declared_amt)} yuan; three signatures and content checked again"))
    out("", table(
        [(t("文件", "file"), "left"), (t("笔数", "rows"), "right"), (t("金额", "amount"), "right"), ("sha256", "left")],
        [[f.name, count(f.row_count) if f.row_count else "", yuan_grouped(f.amt) if f.row_count else "", f.sha256[:16] + "…"]
         for f in outcome.files]), "")
    for note in outcome.notes:
        out(f"! {t(*note)}")
    for e in outcome.equations:
        out(t(f"  ✔ {e.zh}", f"  ✔ {e.en}"))
    if outcome.status != "dry_run":
        out(t(f"写出 {outcome.folder}（账号完整：只交给银行，不要转发）", f"written to {outcome.folder} (full accounts: for the bank only)"))
        out(t("  同一批只按一种格式交给银行：交两份就会付两次", "  give the bank one form of a batch only: two forms are two payments"))
        out(t(f"下一步：收到回盘后 {following}", f"next: when the bank has answered, {following}"))


def _show_return(outcome: ReturnOutcome, *, json: bool, code: int) -> None:
    from nxmed.cli.render import SEVERITY
    from nxmed.cli.text import count, out, table
    from nxmed.kernel.finding_codes import CODES
    from nxmed.kernel.money import yuan, yuan_grouped
    from nxmed.payouts.shapes import BATCH_STATES, LINE_STATES

    if json:
        _document("payout import-return", {
            "period": outcome.period, "status": outcome.status, "exit_code": code, "files": outcome.files, "rows": outcome.rows,
            "accepted": outcome.accepted, "same": outcome.same, "refused": outcome.refused.height, "rejected": outcome.rejected,
            "batches": [{**b, "now": _amounts(b["now"]), "new": _amounts(b["new"])} for b in outcome.batches],
            "refused_rows": [{k: r[k] for k in ("src_file", "src_row", "code", "message")} for r in outcome.refused.head(1000).to_dicts()],
            "reasons": [{"state": s, "reason": r, "count": n, "amt": yuan(fen)} for s, r, n, fen in outcome.reasons],
            "findings": dict(outcome.finding_counts), "controls": [e.as_json() for e in outcome.equations],
            "quarantine": [str(p) for p in outcome.quarantine], "next": _next(outcome)})
        return
    out(t(f"银行回盘 {outcome.period} · {IMPORTED[outcome.status][0]}", f"bank answers {outcome.period} · {IMPORTED[outcome.status][1]}"))
    refused = outcome.refused.height + outcome.rejected
    out(t(f"  {'、'.join(outcome.files)}：{count(outcome.rows)} 行 = 采纳 {count(outcome.accepted)} + 未变 {count(outcome.same)} + 拒绝 {count(refused)}",
          f"  {', '.join(outcome.files)}: {count(outcome.rows)} rows = taken {count(outcome.accepted)} + nothing new {count(outcome.same)} "
          f"+ refused {count(refused)}"))

    def part(row: dict[str, Any], state: str) -> str:
        number = row["now"].get(state, (0, 0))[0]
        more = row["new"].get(state, (0, 0))[0]
        return f"{count(number)}（+{count(more)}）" if number and more else count(number) if number else ""

    if outcome.batches:
        states = ("paid", "failed", "returned", "in_progress", "pending")
        out("", table(
            [(t("批次号", "batch"), "left"), (t("状态", "state"), "left"), (t("笔数", "lines"), "right"),
             *[(t(*LINE_STATES[s]), "right") for s in states], (t("已付金额", "paid"), "right"), (t("拒绝", "refused"), "right")],
            [[b["bat_no"], t(*BATCH_STATES[b["state"]]), count(b["lines"]), *[part(b, s) for s in states],
              yuan_grouped(b["now"].get("paid", (0, 0))[1]), count(b["refused"]) if b["refused"] else ""] for b in outcome.batches]), "")
    for state, reason, number, fen in outcome.reasons:
        out(t(f"! {LINE_STATES[state][0]} {count(number)} 笔，{yuan_grouped(fen)} 元：{reason}",
              f"! {LINE_STATES[state][1]} {count(number)}, {yuan_grouped(fen)} yuan: {reason}"))
    for row in outcome.refused.head(SHOWN).iter_rows(named=True):
        out(f"✘ {row['src_file']} {t('第', 'row')} {row['src_row']} {t('行 ', '')}{row['code']} {row['message']}")
    if outcome.refused.height > SHOWN:
        out(t(f"  … 另有 {count(outcome.refused.height - SHOWN)} 行", f"  … {count(outcome.refused.height - SHOWN)} more"))
    for name, number in outcome.finding_counts.items():
        known = CODES[name]
        out(t(f"{SEVERITY[known.severity][0]} {name} {known.zh} {count(number)} 条 → {known.next_zh}",
              f"{SEVERITY[known.severity][1]} {name} {known.en}: {count(number)} → {known.next_en}"))
    broken = sum(not e.holds for e in outcome.equations)
    out(t(f"守恒：{len(outcome.equations)} 条等式，不成立 {broken}", f"conservation: {len(outcome.equations)} equations, {broken} fail"))
    if outcome.reasons:
        out(t("失败和退汇的付款项重新待编：更正账户登记后编入新批次，由三人重新签名",
              "what failed or came back is open again: correct the accounts, build a new batch, three people sign it anew"))
    for path in outcome.quarantine:
        out(t(f"拒绝的行见 {path}", f"refused rows: {path}"))
    for command in _next(outcome):
        out(t(f"下一步：{command}", f"next: {command}"))


def _next(outcome: ReturnOutcome) -> list[str]:
    if outcome.status == "dry_run":
        return [f"nxmed payout import-return {outcome.period}"]
    again = sorted({b["source"] for b in outcome.batches if {"failed", "returned"} & set(b["new"])})
    if again:
        return [f"nxmed payout build YYYY-MM --source {source}" for source in again]
    return ["nxmed payout list"]


def _amounts(states: dict[str, tuple[int, int]]) -> dict[str, dict[str, Any]]:
    from nxmed.kernel.money import yuan

    return {s: {"count": n, "amt": yuan(fen)} for s, (n, fen) in sorted(states.items())}


def _document(command: str, body: dict[str, Any]) -> None:
    import json
    import sys

    sys.stdout.write(json.dumps({"schema": "nxmed.payout/1", "command": command, **body}, ensure_ascii=False, indent=1, default=str) + "\n")
