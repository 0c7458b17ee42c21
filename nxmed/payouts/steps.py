"""三岗 (who may do which step, and in what order): submit 经办, review 复核, approve 审批; reject sends back to draft."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from nxmed.errors import GateError
from nxmed.payouts.shapes import BATCH_STATES

SIGNING: Mapping[str, tuple[str, str]] = {
    "submit": ("draft", "submitted"), "review": ("submitted", "reviewed"), "approve": ("reviewed", "approved")}
"""Signed steps in their order: from which state to which."""
STEP_WORDS: Mapping[str, tuple[str, str]] = {
    "submit": ("提交（经办）", "submit"), "review": ("复核", "review"), "approve": ("审批", "approve"), "reject": ("退回", "reject"),
    "cancel": ("作废", "cancel"), "export": ("导出", "export")}
REJECTABLE = ("submitted", "reviewed", "approved")
REJECTERS = ("review", "approve")
STEPS_BEFORE: Mapping[str, tuple[str, ...]] = {
    "draft": (), "submitted": ("submit",), "reviewed": ("submit", "review"), "approved": ("submit", "review", "approve"),
    "exported": ("submit", "review", "approve"), "closed": ("submit", "review", "approve"), "cancelled": ()}
"""Which signatures of the current round a batch in each state must have."""


@dataclass(frozen=True)
class Signer:
    """签名人 (person: the key in nxmed.toml [people]; the roles that this key may act in)."""

    person: str
    fingerprint: str
    roles: tuple[str, ...]


def check_state(bat_no: str, state: str, step: str) -> None:
    """批次是否在可办这一步的状态 (GateError, exit 5, naming the state)."""
    allowed = {"reject": REJECTABLE, "cancel": ("draft",), "export": ("approved", "exported", "closed")}.get(
        step) or (SIGNING[step][0],)
    if state in allowed:
        return
    zh, en = BATCH_STATES[state]
    needed_zh, needed_en = "、".join(BATCH_STATES[s][0] for s in allowed), ", ".join(allowed)
    raise GateError(
        f"批次 {bat_no} 现为“{zh}”，不能{STEP_WORDS[step][0]}", f"须先处于：{needed_zh}；查看：nxmed payout show {bat_no}",
        text_en=f"batch {bat_no} is {en}: no {step} now", hint_en=f"It must be: {needed_en}; see nxmed payout show {bat_no}")


def check_person(step: str, signer: Signer, earlier: Sequence[tuple[str, str, str]]) -> None:
    """岗位与三人三钥 (GateError, exit 5).

    earlier: (step, person, fingerprint) of the signatures of this round. Whoever did an earlier step, or whose key did,
    can't do this one. No switch turns this off.
    """
    needed: Collection[str] = REJECTERS if step == "reject" else (step,)
    if not set(needed) & set(signer.roles):
        raise GateError(
            f"{signer.person} 没有{STEP_WORDS[step][0]}的岗位", "在 nxmed.toml 的 [people] 中核对岗位，或换有该岗位的人",
            text_en=f"{signer.person} has no role for {step}",
            hint_en="Check the roles in nxmed.toml [people], or let somebody with the role do it")
    if step == "reject":
        return
    for done, person, fingerprint in earlier:
        if done != "reject" and (person == signer.person or fingerprint == signer.fingerprint):
            what = "本人" if person == signer.person else "同一把密钥"
            raise GateError(
                f"{signer.person} 不能{STEP_WORDS[step][0]}：这一批的{STEP_WORDS[done][0]}是{what}办的", "三个岗位须由三个人、三把密钥办理",
                text_en=f"{signer.person} can't {step}: {done} of this batch was done by the same person or key",
                hint_en="Three steps, three people, three keys")
