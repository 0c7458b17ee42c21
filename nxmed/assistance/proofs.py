"""救助守恒 (classes, caps, what is owed against what is to be paid; re-proved by verify)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from nxmed.assistance.paid import CLAIMABLE, to_pay
from nxmed.kernel.stage import Equation

CLASSES = ("due", "nothing_due", "not_referred", "no_standard", "no_identity", "refunded")


def equations(tables: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Equation]:
    """守恒等式 (over the published tables, in inside form, and the facts of the manifest)."""
    items, persons, payouts = tables["assistance_items"], tables["assistance_years"], tables["payout_items"]
    year = int(facts["benefit_year"])
    counts = dict(items.group_by("class").len().rows())
    left_over = items.filter(~pl.col("class").is_in(CLASSES)).height
    mine = items.filter((pl.col("benefit_year") == year) & pl.col("class").is_in(["due", "nothing_due"]))
    now = persons.filter(pl.col("benefit_year") == year)
    over = persons.filter((pl.col("ordinary_left") < 0) | (pl.col("tilt_left").fill_null(0) < 0)).height
    beyond = persons.filter(pl.col("ordinary_amt") + pl.col("tilt_amt") > pl.col("base_amt")).height
    uneven = items.filter(
        (pl.col("delta_ordinary") != pl.col("ordinary_amt") - pl.col("paid_ordinary"))
        | (pl.col("delta_tilt") != pl.col("tilt_amt") - pl.col("paid_tilt"))).height
    above = {c: int(items.filter(pl.col(c) > 0)[c].sum() or 0) for c in ("delta_ordinary", "delta_tilt")}
    funds = {f: int(payouts.filter(pl.col("fund_pay_type") == f)["amt"].sum() or 0) for f in ("610100", "610102")}
    claimable = int(to_pay(items, CLAIMABLE)["amt"].sum() or 0)
    found = [
        Equation("assist.classes", "救助项 = 各类之和", {"救助项": items.height},
                 {**{c: int(counts.get(c, 0)) for c in CLASSES}, "未分类": left_over}, unit="rows",
                 en="items = Σ of the classes"),
        Equation("assist.unclassed", "未分类的救助项为零", {"未分类": left_over}, {}, unit="rows", en="no item without a class"),
        Equation("assist.items", "读入的救助项 = 发布 + 不发布", {"读入": int(facts["items_read"])},
                 {"发布": items.height - int(facts["vanished"]), **{str(k): int(v) for k, v in facts["unpublished"].items()}},
                 unit="rows", en="items read = published + not published"),
        Equation("assist.caps", "每人每年救助不超过限额", {"超过": over}, {}, unit="rows", en="every person-year within its caps"),
        Equation("assist.bases", "每人每年救助不超过自付", {"超过": beyond}, {}, unit="rows",
                 en="ordinary + tilt ≤ bases of the person-year"),
        Equation("assist.delta", "差额 = 应救助 − 已付，逐项", {"不符": uneven}, {}, unit="rows", en="delta = owed − paid, item by item"),
        Equation("assist.payable", "正差额 = 付款项 + 待申请", above, {**funds, "待申请": claimable},
                 en="Σ delta above 0 = payout items + claimable"),
        Equation("assist.repeats", "付款项编号不重复", {"付款项": payouts.height}, {"编号": payouts["item_id"].n_unique()},
                 unit="rows", en="payout item ids are unique"),
    ]
    if "assistance_ties" in tables:
        sums = {c: int(tables["assistance_ties"][c].sum() or 0) for c in ("maf_pay", "owed_amt", "diff_amt")}
        found.append(Equation("assist.one_stop", "一站式已付 = 按规则应付 + 差额", {"已付": sums["maf_pay"]},
                              {"应付": sums["owed_amt"], "差额": sums["diff_amt"]}, en="paid one-stop = owed + difference"))
    words = {"base_amt": "救助基数", "ordinary_amt": "救助", "tilt_amt": "倾斜救助", "delta_ordinary": "救助差额",
             "delta_tilt": "倾斜差额"}
    return found + [
        Equation(f"assist.years.{c}", f"本年度{zh}：救助项 = 人员年度", {"救助项": int(mine[c].sum() or 0)},
                 {"人员年度": int(now[c].sum() or 0)}, en=f"{c} of the year: items = persons' years")
        for c, zh in words.items()]
