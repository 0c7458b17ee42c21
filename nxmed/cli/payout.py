"""nxmed payout: 拨付. Batches are built, signed by three people, exported, and answered by the bank."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nxmed.cli import payout_bank
from nxmed.cli.options import DryRunOption, JsonOption, LangOption, PeriodArgument, WorkspaceOption
from nxmed.cli.text import t

app = typer.Typer(
    no_args_is_help=True,
    help=t("拨付批次：编批、经办提交、复核、审批、导出、回盘。三个岗位，三个人，三把密钥；改动任何内容，签名全部作废。",
           "Payout batches: build, submit, review, approve, export, import-return. Three people, three keys; any change "
           "voids all signatures."),
    context_settings={"help_option_names": ["-h", "--help"]},
)
BatchArgument = Annotated[str, typer.Argument(metavar="BAT", show_default=False, help=t("批次号（19 位）", "batch number"))]
KeyOption = Annotated[Path | None, typer.Option("--key", metavar="FILE", show_default=False, help=t(
    "OpenSSH 私钥；密钥在 ssh-agent 中的，给出其 .pub", "OpenSSH private key, or the .pub of a key in ssh-agent"))]
SignatureOption = Annotated[Path | None, typer.Option("--signature", metavar="FILE", show_default=False, help=t(
    "在别处用 ssh-keygen -Y sign 作的签名（内容见 payout content）", "a signature made elsewhere over what payout content prints"))]


@app.command("build")
def build(
    period: PeriodArgument,
    source: Annotated[str, typer.Option("--source", metavar="assist|settle", show_default=False, help=t(
        "付款项的来源", "where the items come from"))],
    on: Annotated[str | None, typer.Option("--on", metavar="YYYY-MM-DD", show_default=False, help=t(
        "账户在哪一天须有效（默认当月最后一天）", "day on which accounts must be valid (default: last of the month)"))] = None,
    workspace: WorkspaceOption = None, dry_run: DryRunOption = False, json_: JsonOption = False, lang: LangOption = None,
) -> None:
    """编批：把到该月为止未付的付款项按基金和付款机构编成批次，每个收款账户一行；没有有效账户的暂缓。"""
    del lang
    from nxmed.cli.payout_words import show_build
    from nxmed.cli.text import Steps
    from nxmed.io.workspace import find
    from nxmed.pipelines.arguments import day, month
    from nxmed.pipelines.payout_build import build_payout

    with Steps(quiet=json_).running() as steps:
        outcome = build_payout(find(workspace), month(period), source, on=day(on, "--on"), dry_run=dry_run, progress=steps)
    show_build(outcome, json=json_)


@app.command("submit")
def submit(batch: BatchArgument, key: KeyOption = None, signature: SignatureOption = None, workspace: WorkspaceOption = None,
           json_: JsonOption = False, lang: LangOption = None) -> None:
    """提交（经办）：证明批次未变，用经办人的密钥签名。"""
    del lang
    _step("submit", batch, key, signature, workspace, json_)


@app.command("review")
def review(batch: BatchArgument, key: KeyOption = None, signature: SignatureOption = None, workspace: WorkspaceOption = None,
           json_: JsonOption = False, lang: LangOption = None) -> None:
    """复核：不能是提交的人，也不能是同一把密钥。"""
    del lang
    _step("review", batch, key, signature, workspace, json_)


@app.command("approve")
def approve(batch: BatchArgument, key: KeyOption = None, signature: SignatureOption = None, workspace: WorkspaceOption = None,
            json_: JsonOption = False, lang: LangOption = None) -> None:
    """审批：不能是提交或复核的人；之后才能导出。"""
    del lang
    _step("approve", batch, key, signature, workspace, json_)


@app.command("reject")
def reject(
    batch: BatchArgument,
    reason: Annotated[str, typer.Option("--reason", show_default=False, help=t("退回的原因", "why"))],
    key: KeyOption = None, signature: SignatureOption = None, workspace: WorkspaceOption = None, json_: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """退回草稿（复核或审批岗，未导出的批次）：本轮签名全部作废，重新提交须重新签名。"""
    del lang
    _step("reject", batch, key, signature, workspace, json_, reason)


@app.command("cancel")
def cancel(
    batch: BatchArgument,
    reason: Annotated[str, typer.Option("--reason", show_default=False, help=t("作废的原因", "why"))],
    workspace: WorkspaceOption = None, json_: JsonOption = False, lang: LangOption = None,
) -> None:
    """作废草稿：付款项重新待编批，批次号不再使用。"""
    del lang
    from nxmed.cli.payout_words import show_step
    from nxmed.io.workspace import find
    from nxmed.pipelines.payout_steps import cancel as cancelled

    show_step(cancelled(find(workspace), batch, reason), json=json_)


@app.command("content")
def content(
    batch: BatchArgument,
    step: Annotated[str | None, typer.Option("--for", metavar="submit|review|approve|reject", show_default=False, help=t(
        "打印这一步要签名的文字", "print the text that this step signs"))] = None,
    reason: Annotated[str, typer.Option("--reason", show_default=False, help=t("退回的原因（--for reject）", "why (--for reject)"))] = "",
    workspace: WorkspaceOption = None, lang: LangOption = None,
) -> None:
    """打印批次的规范文本（其 sha256 被签名；含完整账号，记入日志），或用 --for 打印某一步要签名的文字，供在别处签名和审计。"""
    del lang
    import sys

    from nxmed.io.workspace import find
    from nxmed.pipelines.payout_steps import content_of

    sys.stdout.flush()
    sys.stdout.buffer.write(content_of(find(workspace), batch, step, reason))


@app.command("list")
def list_(
    state: Annotated[str | None, typer.Option("--state", metavar="STATE", show_default=False, help=t(
        "只列这个状态：draft、submitted、reviewed、approved、exported、closed、cancelled", "only batches in this state"))] = None,
    source: Annotated[str | None, typer.Option("--source", metavar="assist|settle", show_default=False, help=t(
        "只列这个来源", "only of this source"))] = None,
    workspace: WorkspaceOption = None, json_: JsonOption = False, lang: LangOption = None,
) -> None:
    """列出批次、状态和银行已答复的金额，以及暂缓的付款项。"""
    del lang
    from nxmed.cli.payout_words import show_list
    from nxmed.io.workspace import find
    from nxmed.pipelines.payout_show import batch_rows, held_rows

    ws = find(workspace)
    show_list(batch_rows(ws, state=state, source=source), held_rows(ws), json=json_)


@app.command("show")
def show(
    batch: BatchArgument,
    unmask: Annotated[bool, typer.Option("--unmask", help=t("显示完整账号和证件号码（须写 --reason，记入日志）",
                                                            "numbers in full (needs --reason, goes into the log)"))] = False,
    reason: Annotated[str, typer.Option("--reason", show_default=False, help=t("为何要看完整号码", "why"))] = "",
    workspace: WorkspaceOption = None, json_: JsonOption = False, lang: LangOption = None,
) -> None:
    """一个批次：付款行（账号遮盖）、签名、导出的文件、回盘和日志。"""
    del lang
    from nxmed.cli.payout_words import show_batch
    from nxmed.io.workspace import find
    from nxmed.pipelines.payout_show import one_batch

    show_batch(one_batch(find(workspace), batch, unmask=reason if unmask else None), json=json_)


@app.command("verify")
def verify(
    batch: Annotated[str | None, typer.Argument(metavar="[BAT]", show_default=False, help=t(
        "批次号（默认全部）", "batch number (default: all)"))] = None,
    workspace: WorkspaceOption = None, json_: JsonOption = False, lang: LangOption = None,
) -> None:
    """核验批次：内容、签名、日志、导出的文件、守恒等式；有一个字节不对，退出码 7。"""
    del lang
    from nxmed.cli.payout_words import show_verify
    from nxmed.io.workspace import find
    from nxmed.pipelines.payout_verify import verify_payouts

    show_verify(verify_payouts(find(workspace), batch), json=json_)


def _step(step: str, batch: str, key: Path | None, signature: Path | None, workspace: Path | None, json_: bool,
          reason: str = "") -> None:
    from nxmed.cli.payout_words import show_step
    from nxmed.io.workspace import find
    from nxmed.pipelines.payout_steps import sign_step

    made: dict[str, Any] = sign_step(find(workspace), batch, step, key=key, signature=signature, reason=reason)
    show_step(made, json=json_)


payout_bank.add(app)
