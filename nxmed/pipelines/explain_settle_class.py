"""说清对账结果 (which test of the class order decided a row, and why the earlier ones did not)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nxmed.kernel.money import yuan_grouped
from nxmed.pipelines.explain_settle import (
    CLASSES,
    COMPARED,
    COMPARED_WORDS,
    NO,
    STATES,
    YES,
    Found,
    Row,
    named,
    three,
    told,
)
from nxmed.pipelines.story import Both, Story, joined, place

if TYPE_CHECKING:
    from nxmed.io.workspace import Workspace
    from nxmed.settlements.shapes import SettleInputs

CLOSED = ("recognised", "rejected")


@dataclass(frozen=True)
class Case:
    """要说清的一笔: as published (`main`), each side as delivered, further copies, and the months it was seen in."""

    ws: Workspace
    found: Found
    main: Row
    agency: Row | None
    provider: Row | None
    copies: list[Row]
    group: Row | None
    original: Both
    room: SettleInputs


def classed(story: Story, case: Case) -> None:
    """逐项检验, in their order, up to the one that decided."""
    tests: dict[str, tuple[Any, Any]] = {
        "06": _repeated(case), "07": _before(case), "01": _only_provider(case), "02": _only_agency(case), "04": _types(case),
        "05": _refund(case), "03": _amounts(case), "00": (Both("以上都不成立", "none of the above"), case.main["rule"])}
    for code, (how, source) in tests.items():
        title = named(code, CLASSES)
        decided = case.main["stmt_diff"] == code
        story.add(title.zh, title.en, YES if decided else NO, how, source)
        if decided:
            return


def _repeated(case: Case) -> tuple[Both, Both]:
    n = len(case.copies)
    if not n:
        return Both("本月没有第二份", "no second copy this month"), Both("", "")
    return (Both(f"本月共 {n + 1} 份：第 1 份参加比对（本说明），其余 {n} 份各列一行 06，不付",
                 f"{n + 1} copies this month: the first is compared (told here), {n} more stand as 06 and are not paid"),
            joined(*(place(c) for c in case.copies)))


def settled_in(case: Case) -> Both | None:
    """哪月已结 (the earlier month that settled the key, or None)."""
    for seen in reversed([m for m in case.found.months if m.run.period < case.found.at.run.period]):
        for row in seen.rows:
            if row["state"] in CLOSED:
                return told(Both(seen.run.period.text, seen.run.period.text), STATES[row["state"]], yuan_grouped(row["recognised_amt"]))
    return None


def _before(case: Case) -> tuple[Both, str]:
    settled = settled_in(case)
    if case.main["stmt_diff"] != "07":
        return Both("以前月份没有了结过同一笔", "no earlier month closed the same row"), ""
    if settled is None:
        return Both("启用前的月份双方一致或对方未报送，视为已结", "of a month before the first run, equal or never listed: counts as settled"), ""
    return joined(Both("已在别的月份了结", "closed in another month"), settled, zh="：", en=": "), ""


def _only_provider(case: Case) -> tuple[Both, Both]:
    if case.agency is None:
        return Both("中心到本月为止没有这一笔", "the agency has no such settlement up to this month"), Both("", "")
    return Both("中心有", "the agency has it"), place(case.agency)


def _only_agency(case: Case) -> tuple[Both, Both]:
    if case.provider is not None:
        return Both("机构有", "the provider has it"), place(case.provider)
    group = case.group
    if group is not None and not group["details"] and group["state"] != "no_statement":
        equal = group["state"] == "equal"
        so = Both("本组总额相符，视同逐笔相符", "the group's totals are equal and stand for the rows") if equal else Both(
            "本组总额不符", "the group's totals differ")
        return told(Both("机构只报总额，没有明细", "the provider sent totals, no details"), so), _groups(group)
    if group is not None and not group["details"]:
        return Both("机构本月没有报送对账单和明细", "the provider sent neither statement nor details"), Both("", "")
    return Both("机构明细里没有这一笔", "the provider's details do not have it"), Both("", "")


def _groups(group: Row) -> Both:
    mine, theirs = three(group, "agency_"), three(group, "provider_")
    return Both(f"中心 {mine.zh} {group['agency_cnt']} 笔；机构 {theirs.zh} {group['provider_cnt']} 笔",
                f"agency {mine.en}, {group['agency_cnt']} rows; provider {theirs.en}, {group['provider_cnt']} rows")


def totals(case: Case) -> Both:
    """没有明细时的总额 (both sides' totals of the group; empty where there are details or no statement)."""
    if case.provider is not None or case.group is None or case.group["details"] or case.group["state"] == "no_statement":
        return Both("", "")
    return _groups(case.group)


def _types(case: Case) -> tuple[Both, str]:
    mine, theirs = case.agency, case.provider
    if mine is None or theirs is None:
        return Both("没有明细可比", "no details to compare"), ""
    shown = [f"{name} {mine[c]} / {theirs[c] or '未列'}" for c, name in (("insutype", "险种"), ("clr_type", "清算类别"))]
    told_en = [f"{c} {mine[c]} / {theirs[c] or 'not given'}" for c in ("insutype", "clr_type")]
    return Both(f"中心 / 机构：{'，'.join(shown)}", f"agency / provider: {', '.join(told_en)}"), ""


def _refund(case: Case) -> tuple[Both, str]:
    if case.found.key[2] != "1":
        return Both("不是退费", "not a refund"), ""
    return joined(_differences(case), case.original), ""


def _amounts(case: Case) -> tuple[Both, str]:
    return _differences(case), ""


def _differences(case: Case) -> Both:
    """Provider less agency, per amount."""
    mine, theirs = case.agency, case.provider
    if mine is None or theirs is None:
        return Both("没有明细可比", "no details to compare")
    lines = [(COMPARED_WORDS[c], f"{yuan_grouped(theirs[c])} − {yuan_grouped(mine[c])} = {yuan_grouped(theirs[c] - mine[c])}")
             for c in COMPARED if theirs[c] != mine[c]]
    if not lines:
        return Both("三项金额相同", "the three amounts are equal")
    return Both("机构 − 中心：" + "；".join(f"{w.zh} {x}" for w, x in lines), "provider − agency: " + "; ".join(f"{w.en} {x}" for w, x in lines))
