"""演示的支付部分 (the last part of a month in nxmed demo): assistance computed, batched, signed, exported, answered.

Keys of three made-up people are made on the spot, and so are the bank's answers: in the first month one account is
refused, in the second a payment comes back days after it was booked. What failed stands in the next batch again.
"""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed.errors import GateError
from nxmed.kernel.money import yuan
from nxmed.pipelines.outcome import Progress

if TYPE_CHECKING:
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period
    from nxmed.pipelines.demo import Shown

REGION = "ningxia"
"""Only its documents give medical assistance."""
SOURCE = "assist"
PEOPLE = (("demo_clerk", "演示经办", "submit"), ("demo_reviewer", "演示复核", "review"), ("demo_approver", "演示审批", "approve"))
KEYS_NAME = "demo-keys"
LAYOUTS = ("gbk-csv", "fixed-fen")
RETURNS_NAME = "银行回盘_演示.csv"
RETURN_HEADER = ("批次号", "支付流水号", "处理状态", "交易日期", "银行流水号", "返回码", "失败原因", "退回金额", "拨付金额")
REFUSED_NAME = "曾用名"
"""The sample's account that stands under a former name: the bank refuses it."""
COMES_BACK = 70_000
"""Fen of the sample's payment that is booked and returned in the following month."""


def assist_step(ws: Workspace, period: Period, progress: Progress) -> Iterator[Shown]:
    """救助."""
    from nxmed.pipelines.assist import run_assist
    from nxmed.pipelines.demo import Shown

    if ws.region == REGION:
        outcome = run_assist(ws, period, progress=progress)
        yield Shown(ws, outcome.command, outcome.period, outcome)


def payout_step(ws: Workspace, period: Period, progress: Progress) -> Iterator[Shown]:
    """拨付: what came back, a batch per fund and agency, three signatures each, bank files, and the bank's answers.

    A month that has batches already is only told of; without ssh-keygen the batches stay drafts, and it says so.
    """
    from nxmed.pipelines.demo import Shown
    from nxmed.pipelines.payout_build import build_payout
    from nxmed.pipelines.payout_show import batch_rows

    if ws.region != REGION:
        return
    made = [b for b in batch_rows(ws, source=SOURCE) if b["period"] == period.text]
    if made:
        yield Shown(ws, "payout", period.text, facts={"step": "standing", "batches": [_told(b) for b in made]})
        return
    answers = _answers_of_the_month(ws, period, booked=False)
    if answers:
        yield Shown(ws, "payout", period.text, facts=_imported(ws, period, answers, progress))
    built = build_payout(ws, period, SOURCE, progress=progress)
    yield Shown(ws, "payout", period.text, facts={
        "step": "built", "batches": [_of_batch(b.batch, b.lines.filter(b.lines["org_pay_sn"].is_not_null()).height) for b in built.batches],
        "held": [{"amt_fen": int(a), "reason": str(r)} for a, r in built.held.select("amt", "reason").sort("amt", "reason").rows()]})
    if shutil.which("ssh-keygen") is None:
        yield Shown(ws, "payout", period.text, facts={"step": "unsigned"})
        return
    ws = _with_people(ws)
    yield Shown(ws, "payout", period.text, facts=_sent(ws, [b.batch.bat_no for b in built.batches], progress))
    answers = _answers_of_the_month(ws, period, booked=True)
    if answers:
        yield Shown(ws, "payout", period.text, facts=_imported(ws, period, answers, progress))


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A batch as a plain record."""
    return {"bat_no": str(row["bat_no"]), "state": str(row["state"]), "lines": int(row["declared_count"]), "amt_fen": int(row["declared_amt_fen"])}


def _of_batch(batch: Any, again: int) -> dict[str, Any]:
    return {"bat_no": batch.bat_no, "state": "draft", "lines": batch.declared_count, "amt_fen": batch.declared_amt, "again": again}


def _with_people(ws: Workspace) -> Workspace:
    """三个演示人员 with a key each, in nxmed.toml and allowed_signers (the same ones when they are there)."""
    from nxmed.io.files import make_folder
    from nxmed.io.signatures import path_of
    from nxmed.io.workspace import open_workspace

    folder = ws.path / KEYS_NAME
    make_folder(folder)
    known = {p.account for p in open_workspace(ws.path).people}
    for account, name, role in PEOPLE:
        if account in known:
            continue
        key = folder / account
        if not key.is_file():
            done = subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", account, "-f", str(key)], check=False,
                                  capture_output=True)
            if done.returncode:
                raise GateError("ssh-keygen 没有生成演示密钥", f"核对文件夹权限：{folder}", text_en="ssh-keygen made no demo key",
                                hint_en=f"see the rights of {folder}")
        kind, public = Path(f"{key}.pub").read_text("ascii").split()[:2]
        _append(path_of(ws), [f'{account} namespaces="nxmed-payout" {kind} {public} {account}'])
        _append(ws.config_path, ["", f"[people.{account}]", f'name = "{name}"', f'roles = ["{role}"]'])
    return open_workspace(ws.path)


def _append(path: Path, lines: list[str]) -> None:
    from nxmed.io.files import write_bytes

    before = path.read_bytes() if path.is_file() else b""
    write_bytes(path, before + "".join(f"{line}\n" for line in lines).encode())


def _sent(ws: Workspace, numbers: list[str], progress: Progress) -> dict[str, Any]:
    """Three signatures and the bank's files of each batch."""
    from nxmed.pipelines.payout_export import export_batch
    from nxmed.pipelines.payout_steps import sign_step

    done = []
    for bat_no in numbers:
        signed = [sign_step(ws, bat_no, step, key=ws.path / KEYS_NAME / account) for account, _, step in PEOPLE]
        out = export_batch(ws, bat_no, LAYOUTS, progress=progress)
        done.append({"bat_no": bat_no, "state": "exported", "signed": [{"step": s["step"], "person": s["person"], "name": s["name"]} for s in signed],
                     "folder": str(out.folder), "files": [f.name for f in out.files]})
    return {"step": "sent", "batches": done}


def _answers_of_the_month(ws: Workspace, period: Period, *, booked: bool) -> list[tuple[str, ...]]:
    """回盘 that the made-up bank sends in `period`: for the batches of the month itself (booked; only those of the first
    month are answered), or for what was booked in the month before and comes back now."""
    from nxmed.pipelines.demo import MONTHS
    from nxmed.pipelines.payout_show import batch_rows, one_batch

    first = period.text == MONTHS[0]
    of = period if booked else period - 1
    if booked != first or (ws.inbox / period.text / RETURNS_NAME).exists():
        return []
    rows = []
    for batch in batch_rows(ws, source=SOURCE):
        if batch["period"] != of.text or batch["state"] not in ("exported", "closed"):
            continue
        for line in one_batch(ws, str(batch["bat_no"]))["lines"]:
            number, amount = str(line["pay_sn"]), int(line["amt"])
            if booked:
                refused = REFUSED_NAME in str(line["acctname"])
                answer = ("2", "E102", "收款人户名不符") if refused else ("1", "0000", "")
                rows.append((batch["bat_no"], number, answer[0], period.last_day.isoformat(), f"YH{number[-10:]}", *answer[1:], "", yuan(amount)))
            elif line["state"] == "paid" and amount == COMES_BACK:
                rows.append((batch["bat_no"], number, "3", period.first_day.replace(day=3).isoformat(), f"YT{number[-10:]}", "R201", "账户已销户",
                             yuan(amount), yuan(amount)))
    return sorted(tuple(str(c) for c in row) for row in rows)


def _imported(ws: Workspace, period: Period, answers: list[tuple[str, ...]], progress: Progress) -> dict[str, Any]:
    """The bank's file put into the inbox and read."""
    from nxmed.io.files import write_bytes
    from nxmed.pipelines.payout_return import import_returns

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(RETURN_HEADER)
    writer.writerows(answers)
    place = ws.inbox / period.text / RETURNS_NAME
    write_bytes(place, text.getvalue().encode("gb18030"))
    out = import_returns(ws, period, progress=progress)
    return {"step": "answered", "file": place.name, "rows": out.rows, "accepted": out.accepted, "refused": out.refused.height, "batches": [
        {"bat_no": b["bat_no"], "state": b["state"], "new": {s: {"count": n, "amt_fen": fen} for s, (n, fen) in sorted(b["new"].items())}}
        for b in out.batches], "reasons": [list(r) for r in out.reasons]}
