"""三岗的流程 (nxmed payout submit, review, approve, reject, cancel): prove the batch, sign, move it on, log it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed.errors import UsageError
from nxmed.kernel.stage import prove
from nxmed.payouts import steps
from nxmed.payouts.content import sha256, statement

if TYPE_CHECKING:
    from nxmed.io.workspace import Workspace

LONGEST_REASON = 500


def sign_step(ws: Workspace, bat_no: str, step: str, *, key: Path | None = None, signature: Path | None = None,
              reason: str = "") -> dict[str, Any]:
    """办一步并签名 (step: submit, review, approve, reject). Gives what was recorded.

    key: an OpenSSH private key, or the .pub of one in ssh-agent; signature: a file made elsewhere over what
    `nxmed payout content BAT --for STEP` prints. A gate: exit 5; what doesn't hold: exit 7; nothing is written then.
    """
    from nxmed.io import payout_log, signatures
    from nxmed.io.files import sha256_of
    from nxmed.pipelines.payout_gate import batch_proofs, changing, load, sound, source_proofs, unchanged

    _one_of(key, signature)
    if step == "reject":
        reason = _reason(reason)
    with changing(ws, f"payout {step}") as store:
        steps.check_state(bat_no, store.batch(bat_no)["state"], step)
        found = sound(ws, store, bat_no)
        if step != "reject":
            unchanged(ws, store, found)
        text = statement(found.batch, found.content_sha256, step, found.turn, reason)
        signatures.allowed(ws)  # a register that can't be trusted is told before anybody is asked for a passphrase
        made = signatures.sign(key, text) if key is not None else signatures.read_signature(signature or Path())
        at = payout_log.now()
        owner = signatures.check(ws, text, made, at)
        signer = steps.Signer(owner.person, owner.fingerprint, signatures.roles_of(ws, owner))
        earlier = [(s["step"], s["person"], s["fingerprint"]) for s in store.signatures(bat_no, found.turn)]
        steps.check_person(step, signer, earlier)
        store.sign({"bat_no": bat_no, "round": found.turn, "step": step, "person": signer.person,
                    "fingerprint": signer.fingerprint, "at": at, "statement": text.decode(), "signature": made})
        if step == "reject":
            store.back_to_draft(bat_no)
        else:
            store.set_state(bat_no, steps.SIGNING[step][1])
        prove([*batch_proofs(store, load(store, bat_no)), *source_proofs(store, found.batch.source)])
        store.log(step, bat_no, person=signer.person, at=at, round=found.turn, fingerprint=signer.fingerprint,
                  statement_sha256=sha256(text), signers_sha256=sha256_of(signatures.path_of(ws)), reason=reason)
        state = store.batch(bat_no)["state"]
    names = {p.account: p.name for p in ws.people}
    return {"bat_no": bat_no, "step": step, "state": state, "person": signer.person, "name": names.get(signer.person, signer.person),
            "fingerprint": signer.fingerprint, "at": at, "round": found.turn, "declared_count": found.batch.declared_count,
            "declared_fen": found.batch.declared_amt, "content_sha256": found.content_sha256}


def cancel(ws: Workspace, bat_no: str, reason: str) -> dict[str, Any]:
    """作废草稿 (its items are open again; the number is not used again)."""
    from nxmed.pipelines.payout_gate import batch_proofs, changing, load, sound, source_proofs

    reason = _reason(reason)
    with changing(ws, "payout cancel") as store:
        steps.check_state(bat_no, store.batch(bat_no)["state"], "cancel")
        found = sound(ws, store, bat_no)
        store.cancel(bat_no)
        prove([*batch_proofs(store, load(store, bat_no)), *source_proofs(store, found.batch.source)])
        store.log("cancel", bat_no, reason=reason)
    return {"bat_no": bat_no, "step": "cancel", "state": "cancelled", "declared_count": found.batch.declared_count,
            "declared_fen": found.batch.declared_amt, "content_sha256": found.content_sha256}


def content_of(ws: Workspace, bat_no: str, step: str | None = None, reason: str = "") -> bytes:
    """打印的内容: the canonical text (accounts in full, so who printed it goes into the log), or with a step the short
    text which that step signs in this round."""
    from nxmed.io import payout_store
    from nxmed.pipelines.payout_gate import changing, load, sound

    if step is None:
        with changing(ws, "payout content") as store:
            found = sound(ws, store, bat_no)
            store.log("content", bat_no)
        return found.content
    if step not in (*steps.SIGNING, "reject"):
        raise UsageError(f"没有这一步：{step}", "可用：submit、review、approve、reject", text_en=f"no such step: {step}",
                         hint_en="known: submit, review, approve, reject")
    with payout_store.reading(ws) as store:
        found = load(store, bat_no)
        reason = _reason(reason) if step == "reject" else ""
        return statement(found.batch, sha256(found.content), step, found.turn, reason)


def _one_of(key: Path | None, signature: Path | None) -> None:
    if (key is None) == (signature is None):
        raise UsageError("用 --key 或 --signature 之一签名", "例如 --key ~/.ssh/id_ed25519", text_en="sign with --key or --signature, one of them",
                         hint_en="such as --key ~/.ssh/id_ed25519")


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise UsageError("必须写明原因（--reason），500 字以内", '例如 --reason "账户待核"', text_en="a reason of at most 500 characters is needed",
                         hint_en='such as --reason "check the accounts"')
    return reason
