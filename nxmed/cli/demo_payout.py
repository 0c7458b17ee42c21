"""演示里的救助与拨付 (what nxmed demo tells of assistance and payout)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nxmed.cli.text import t


def assisted(outcome: Any) -> None:
    """救助: classes, then what is to be paid, claimed and recovered."""
    from nxmed.cli.assist import WORDS
    from nxmed.cli.text import count, out, table
    from nxmed.kernel.money import yuan_grouped

    facts = outcome.facts
    rows = [[t(*WORDS[name]), count(c["n"]), yuan_grouped(c["ordinary_fen"]), yuan_grouped(c["tilt_fen"]), yuan_grouped(c["paid_fen"])]
            for name, c in facts["classes"].items()]
    out(table([(t("救助项", "items"), "left"), (t("项数", "count"), "right"), (t("应救助", "ordinary"), "right"), (t("应倾斜", "tilt"), "right"),
               (t("已付", "paid"), "right")], rows))
    pay, ask, back = (yuan_grouped(abs(facts[n])) for n in ("payout_fen", "claimable_fen", "overpaid_fen"))
    out(t(f"  付款项 {facts['payout_items']} 笔 {pay}；待申请 {facts['claimable_items']} 笔 {ask}；多付 {back}；返贫预警 {facts['watched']} 人",
          f"  {facts['payout_items']} payout items {pay}; to be claimed {facts['claimable_items']}: {ask}; overpaid {back}; watched {facts['watched']}"))


def paid(facts: Mapping[str, Any]) -> None:
    """拨付的一步."""
    TOLD[str(facts["step"])](facts)


def _standing(facts: Mapping[str, Any]) -> None:
    from nxmed.cli.text import out

    out("", t("拨付（payout）：以前演示的批次还在", "payout: batches of an earlier demo stand"))
    _batches(facts)


def _built(facts: Mapping[str, Any]) -> None:
    from nxmed.cli.text import out
    from nxmed.kernel.money import yuan_grouped
    from nxmed.payouts.shapes import HELD_REASONS

    out("", t("拨付（payout build）：按基金和付款机构编批，每个收款账户一行", "payout build: a batch per fund and agency, a line per account"))
    _batches(facts)
    for held in facts["held"]:
        zh, en = HELD_REASONS[held["reason"]]
        out(t(f"  暂缓 {yuan_grouped(held['amt_fen'])}：{zh}", f"  held {yuan_grouped(held['amt_fen'])}: {en}"))


def _batches(facts: Mapping[str, Any]) -> None:
    from nxmed.cli.text import count, out
    from nxmed.kernel.money import yuan_grouped
    from nxmed.payouts.shapes import BATCH_STATES

    for b in facts["batches"]:
        state = t(*BATCH_STATES[b["state"]])
        again = t(f"，其中重付 {b['again']} 行", f", {b['again']} of them paid again") if b.get("again") else ""
        out(t(f"  {b['bat_no']}  {count(b['lines'])} 行 {yuan_grouped(b['amt_fen'])}{again}（{state}）",
              f"  {b['bat_no']}  {count(b['lines'])} lines {yuan_grouped(b['amt_fen'])}{again} ({state})"))


def _unsigned(facts: Mapping[str, Any]) -> None:
    from nxmed.cli.text import out

    del facts
    out(t("  没有 ssh-keygen，演示到此为止：批次留作草稿。装上 OpenSSH 客户端（8.2 以上）后再签名",
          "  ssh-keygen is not installed: the batches stay drafts. Install the OpenSSH client (8.2 or later) to sign them"))


def _sent(facts: Mapping[str, Any]) -> None:
    from nxmed.cli.text import out

    done = facts["batches"]
    names = [s["name"] for s in done[0]["signed"]] if done else []
    out(t(f"  三人签名（{'、'.join(names)}，演示密钥当场生成），{len(done)} 批已导出：",
          f"  signed by three people ({', '.join(s['person'] for s in done[0]['signed']) if done else ''}; demo keys made on the spot), {len(done)} batches exported:"))
    for b in done:
        out(f"  {b['folder']}/  {t('、', ', ').join(b['files'])}")


def _answered(facts: Mapping[str, Any]) -> None:
    from nxmed.cli.text import out
    from nxmed.kernel.money import yuan_grouped
    from nxmed.payouts.shapes import LINE_STATES

    out(t(f"  银行回盘（payout import-return，样例银行）：{facts['rows']} 行，采纳 {facts['accepted']}，拒绝 {facts['refused']}",
          f"  payout import-return (a made-up bank): {facts['rows']} rows, {facts['accepted']} taken, {facts['refused']} refused"))
    for b in facts["batches"]:
        said = t("，", ", ").join(f"{t(*LINE_STATES[s])} {n['count']}{t(' 行 ', ': ')}{yuan_grouped(n['amt_fen'])}" for s, n in b["new"].items())
        out(f"  {b['bat_no']}  {said}")
    for _, reason, _, fen in facts["reasons"]:
        out(t(f"  {reason} {yuan_grouped(fen)}：重新待付，进入下一批次", f"  {reason} {yuan_grouped(fen)}: open again, in the next batch"))


TOLD: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "standing": _standing, "built": _built, "unsigned": _unsigned, "sent": _sent, "answered": _answered}
