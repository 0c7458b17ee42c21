"""说清一笔救助 (nxmed explain assistance): identity, tier, the year before it, totals, caps, what was paid, and the replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nxmed.errors import MissingInput
from nxmed.kernel.identifiers import mask
from nxmed.kernel.money import yuan_grouped
from nxmed.kernel.period import Period
from nxmed.pipelines.assist import load_assist
from nxmed.pipelines.explain_payment import payments
from nxmed.pipelines.story import (
    ROUNDED,
    Both,
    Step,
    Story,
    both,
    cited,
    files_of,
    joined,
    place,
    product,
    prove_equal,
    same_inputs,
)

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.runs import Run
    from nxmed.io.workspace import Workspace

CLASSES = {
    "due": Both("应救助", "assistance is due"), "nothing_due": Both("未达标准，应救助为零", "nothing is due"),
    "not_referred": Both("未按规定转诊，不救助", "not referred: no assistance"),
    "no_standard": Both("身份没有救助标准，未计算", "the identity has no standard: not computed"),
    "no_identity": Both("没有覆盖本项的救助身份", "no identity covers the item"),
    "refunded": Both("已退费，应救助为零", "refunded: nothing is due"),
}
STATES = {
    "claimed": Both("有申请，进入付款项", "claimed: goes into the payout items"),
    "claimable": Both("没有可付的申请，列入待申请名单", "no claim that can be paid: on the list to be claimed"),
    "none": Both("没有待付", "nothing to be paid"),
}
UNLISTED = {
    "无身份": Both("没有覆盖本项的救助身份，也没有支付和申请", "no identity, no payment and no claim"),
    "退费": Both("已退费，除一站式外没有支付", "refunded, and nothing besides the one-stop amount was paid"),
    "上年未变": Both("上一年度的项，今年没有结算、退费、申请或新身份", "of the year before, and nothing touched it this year"),
}
USELESS = {
    "kind": Both("医疗类别不是门诊慢特病或住院，不予救助", "its kind of care is neither chronic nor inpatient: not assisted"),
    "refunded": Both("所指结算已退费，不予救助", "the settlement it names was refunded"),
    "repeated": Both("同一笔费用已有申请，本申请不再支付", "the same fees were claimed before: nothing more is paid on this one"),
}
NONE = Both("无", "none")
STEP = Both("此后超过起点的 − 此前超过起点的", "above the threshold with the item, less without it")
WITHIN = Both("年度限额之内的部分", "the part within the yearly cap")


def explain_assistance(ws: Workspace, key: str, period: Period | None = None, *, why_not: bool = False) -> Story:
    """一笔救助 by settlement or claim number (the newest month that published it, or the named one).

    The whole month is computed again as proof. `why_not`: also an item that was not published, and for every item the
    first thing that made it nothing.
    """
    import polars as pl

    from nxmed.assistance.assist import assist
    from nxmed.io.runs import check_order, current, scan_table

    here = (pl.col("setl_id") == key) | (pl.col("clm_sn") == key)
    wanted = [r for r in current(ws, "assist") if period is None or r.period == period]
    listed = [(r, row) for r in wanted for row in scan_table(r, "assistance_items").filter(here).collect().to_dicts()]
    if not listed and not (why_not and wanted):
        raise MissingInput(f"没有找到救助项 {key}", "核对结算ID或受理号；没有发布的项加 --why-not",
                           text_en=f"no assistance item {key}", hint_en="check the number; for an item that is not listed add --why-not")
    run, stored = listed[-1] if listed else (wanted[-1], None)
    with ws.scratch() as spool:
        loaded = load_assist(ws, run.period, spool, first=check_order(ws, "assist", run.period), only=files_of(run))
        same_inputs(run, loaded)
        result = assist(loaded.room)
        everything = pl.concat([result.working, result.unlisted], how="diagonal")
        if stored is None and not everything.filter(here).height:
            other = _by_claim(result, everything, key)
            if other is None:
                return _useless(loaded, result, key, run)
            story = explain_assistance(ws, other, period, why_not=why_not)
            story.steps.insert(0, _belongs(result, key, other))
            return story
        row = _row(everything.filter(here), stored, key)
        story = Story(f"救助 {key}（{run.period.text}）", f"assistance {key} ({run.period.text})", run.run_id)
        if stored is not None:
            prove_equal(stored, row, list(stored), run)
        _source(story, row)
        _identities(story, row, loaded)
        if row["class"] in ("due", "nothing_due"):
            _year(story, row, everything)
            _amounts(story, row, loaded.room.law, run)
        story.add("分类", "class", row["class"], CLASSES[row["class"]], str(row["rule"]))
        _paid(story, row, ws, run)
        if why_not:
            story.add("为何没有", "why not", _reason(row), UNLISTED.get(row["why"] or "", ""), str(row["rule"]))
    story.replayed = {n: yuan_grouped(row[n]) for n in ("ordinary_amt", "tilt_amt", "delta_ordinary", "delta_tilt")}
    return story


def _by_claim(result: Any, everything: pl.DataFrame, key: str) -> str | None:
    """The item that a claim belongs to, where the item is paid on another claim."""
    import polars as pl

    items = result.claims.filter(pl.col("clm_sn") == key).select("item").join(everything, on="item", how="inner")
    return None if not items.height else str(items["setl_id"][0] or items["clm_sn"][0])


def _belongs(result: Any, key: str, other: str) -> Step:
    import polars as pl

    again = result.unplaced.filter(pl.col("clm_sn") == key)["reason"].to_list()
    how = joined(Both(f"属于救助项 {other}", f"belongs to item {other}"), USELESS[str(again[0])] if again else "")
    return Step(Both("申请", "claim"), both(key), how, both("NXJZ-19;NXJZ-22"))


def _useless(loaded: Any, result: Any, key: str, run: Run) -> Story:
    """为何什么都没有 of a claim without an item, or of a settlement whose kind of care is not assisted."""
    import polars as pl

    claims = result.unplaced.filter(pl.col("clm_sn") == key).to_dicts()
    rows = claims or loaded.files.frame("settlements").filter(pl.col("setl_id") == key).collect().to_dicts()
    if not rows:
        raise _absent(key)
    story = Story(f"救助 {key}（{run.period.text}）", f"assistance {key} ({run.period.text})", run.run_id)
    story.add("来源", "source", Both(f"医疗类别 {rows[0]['med_type']}", f"med_type {rows[0]['med_type']}"), "", place(rows[0]))
    story.add("为何没有", "why not", USELESS[str(claims[0]["reason"]) if claims else "kind"],
              Both(f"所指结算 {rows[0]['setl_id']}", f"names settlement {rows[0]['setl_id']}") if claims and rows[0]["setl_id"] else "", "NXJZ-13;NXJZ-22")
    story.replayed = {"assistance_items": "0"}
    return story


def _absent(key: str) -> MissingInput:
    return MissingInput(f"收件箱里没有 {key}", "核对结算ID或受理号", text_en=f"{key} is not in the inbox", hint_en="check the number")


def _row(found: pl.DataFrame, stored: dict[str, Any] | None, key: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = found.to_dicts()
    if stored is not None:
        rows = [r for r in rows if (r["setl_id"], r["clm_sn"]) == (stored["setl_id"], stored["clm_sn"])]
    if not rows:
        raise _absent(key)
    return rows[0]


def _source(story: Story, row: dict[str, Any]) -> None:
    if row["med_type"] is None:
        story.add("来源", "source", Both("已不在结算明细中", "no longer among the settlements"),
                  Both("以前付过，现按退费处理", "paid before, now handled as refunded"))
        return
    person = mask(row["certno"]) if row["certno"] else row["psn_no"]
    story.add("来源", "source", Both(f"{row['begndate']} 至 {row['enddate']}，医疗类别 {row['med_type']}",
                                   f"{row['begndate']} to {row['enddate']}, med_type {row['med_type']}"),
              Both(f"人员 {person}，结算时间 {row['setl_time']}", f"person {person}, settled {row['setl_time']}"), place(row))
    story.add("救助基数", "base", yuan_grouped(row["base_amt"]),
              Both("政策范围内 − 各项保险支付，不小于 0", "in-scope fees less insurance, not below 0"), "NXJZ-13")


def _identities(story: Story, row: dict[str, Any], loaded: Any) -> None:
    """Every identity row of the person, and whether it covers the item."""
    import polars as pl

    if row["med_type"] is None:
        return
    law = loaded.room.law
    mine = pl.col("certno") == row["certno"] if row["certno"] else pl.col("psn_no") == row["psn_no"]
    held = loaded.files.frame("assistance_identities").filter(mine).sort("begntime", "mat_idet_code").collect()
    covers = law.rule("identity_covers")
    told = held.with_columns(covers=covers(
        pl.lit(row["med_type"]), pl.lit(row["begndate"]), pl.lit(row["enddate"]), pl.col("begntime"), pl.col("endtime")))
    if not told.height:
        story.add("身份", "identity", NONE, Both("救助对象身份中没有此人", "the register does not know the person"), "NXJZ-12")
    for one in told.iter_rows(named=True):
        days = Both(f"{one['begntime']} 至 {one['endtime'] or '长期'}，推送 {one['tram_date']}",
                    f"{one['begntime']} to {one['endtime'] or 'open'}, pushed {one['tram_date']}")
        meets = Both("覆盖本项", "covers the item") if one["covers"] else Both("不覆盖本项", "does not cover the item")
        story.add("身份", "identity", one["mat_idet_code"], joined(days, meets, zh="，", en=", "), place(one))
    if row["tier"]:
        story.add("档次", "tier", row["tier"], Both("覆盖本项的最优档次", "the best that covers the item"), f"NXJZ-14.{row['tier']}")
    story.add("转诊", "referral", Both("视同规范转诊", "counts as referred") if row["referred"]
              else Both("未按规定转诊", "not referred"),
              Both(f"备案类型 {row['out_fil_type'] or '无'}，支付地点 {row['pay_loc']}，急诊标志 {row['emer_flag'] or '无'}",
                   f"out_fil_type {row['out_fil_type'] or 'none'}, pay_loc {row['pay_loc']}, emer_flag {row['emer_flag'] or 'none'}"),
              "NXJZ-13")


def _year(story: Story, row: dict[str, Any], everything: pl.DataFrame) -> None:
    """The items of the person's year before this one that count."""
    import polars as pl

    same = (pl.col("person") == row["person"]) & (pl.col("benefit_year") == row["benefit_year"]) & (pl.col("scheme") == row["scheme"])
    before = everything.filter(same).sort("setl_time", "item_key").filter(
        (pl.col("setl_time") < row["setl_time"]) | ((pl.col("setl_time") == row["setl_time"]) & (pl.col("item_key") < row["item_key"])))
    for one in before.iter_rows(named=True):
        o, tilt, run = (yuan_grouped(one[c]) for c in ("ordinary_amt", "tilt_amt", "run_after"))
        story.add("年内以前", "before in the year", yuan_grouped(one["base_amt"]),
                  Both(f"{one['item_key']}：救助 {o}，倾斜 {tilt}，累计 {run}", f"{one['item_key']}: ordinary {o}, tilt {tilt}, running total {run}"),
                  place(one))
    zh, en = ("救助后剩余累计", "remains") if row["scheme"] == "12" else ("基数累计", "bases")
    story.add(f"{zh}（此前）", f"{en} before", yuan_grouped(row["run_before"]), Both(f"{before.height} 项", f"{before.height} items"))
    story.add(f"{zh}（此后）", f"{en} after", yuan_grouped(row["run_after"]))
    o, tilt = (yuan_grouped(int(before[c].sum() or 0)) for c in ("ordinary_amt", "tilt_amt"))
    story.add("已用限额", "caps used", Both(f"救助 {o}  倾斜 {tilt}", f"ordinary {o}  tilt {tilt}"),
              Both("以前各项之和", "sum of the items before"))


def _amounts(story: Story, row: dict[str, Any], law: Any, run: Run) -> None:
    """Share, rounding, cap; and the tilt."""
    from nxmed.assistance.entitlement import standards_day

    tier, day = row["tier"], standards_day(run.period.first_day, row["benefit_year"])
    rate, cap = (law.number(f"assistance.{n}_{tier}", day) for n in ("rate", "cap"))
    if row["scheme"] == "12":
        story.add("按比例", "share", product(row["base_amt"], rate.value), ROUNDED, cited(rate))
    else:
        start = law.number(f"assistance.threshold_{tier}", day)
        story.add("超过起点的部分", "above the threshold", yuan_grouped(_part(row, start.fen)), STEP, cited(start))
        story.add("按比例", "share", product(_part(row, start.fen), rate.value), ROUNDED, cited(rate))
    story.add("应救助", "ordinary", yuan_grouped(row["ordinary_amt"]), WITHIN, cited(cap))
    if row["scheme"] == "12":
        start, rate, cap = (law.number(f"assistance.{n}_{tier}", day) for n in ("tilt_threshold", "tilt_rate", "tilt_cap"))
        part = _part(row, start.fen)
        story.add("剩余自付超过起点的部分", "remains above the threshold", yuan_grouped(part), STEP, cited(start))
        story.add("倾斜", "tilt", yuan_grouped(row["tilt_amt"]), joined(product(part, rate.value), ROUNDED, WITHIN, zh="，", en=", "),
                  joined(cited(rate), cited(cap)))


def _part(row: dict[str, Any], start: int) -> int:
    return max(0, int(row["run_after"]) - start) - max(0, int(row["run_before"]) - start)


def _paid(story: Story, row: dict[str, Any], ws: Workspace, run: Run) -> None:
    """What was paid, by run; the difference; the claim; the payout items of this month."""
    import polars as pl

    from nxmed.io.runs import history, scan_table

    story.add("一站式已付", "paid one-stop", yuan_grouped(row["maf_pay"] or 0), "", place(row))
    mine = pl.col("source_key") == row["source_key"]
    for earlier in [*history(ws, "assist", before=run.period), run]:
        for item in scan_table(earlier, "payout_items").filter(mine).sort("fund_pay_type").collect().iter_rows(named=True):
            this = ("本月付款项", "payout item of this month") if earlier.period == run.period else ("以前付款项", "payout item before")
            story.add(*this, yuan_grouped(item["amt"]), Both(
                f"{item['item_id']}，基金 {item['fund_pay_type']}，由 {item['insu_admdvs']} 支付",
                f"{item['item_id']}, fund {item['fund_pay_type']}, paid by {item['insu_admdvs']}"), f"{earlier.run_id} {item['rule']}")
            payments(story, ws, item["item_id"])
    o, tilt = yuan_grouped(row["delta_ordinary"]), yuan_grouped(row["delta_tilt"])
    story.add("差额", "difference", Both(f"救助 {o}  倾斜 {tilt}", f"ordinary {o}  tilt {tilt}"), Both("应救助 − 已付", "owed − paid"))
    story.add("申请", "claim", row["clm_sn"] or NONE, STATES[row["claim_state"]], "NXJZ-19;NXJZ-22")


def _reason(row: dict[str, Any]) -> Both:
    """The first thing that made it nothing, in words."""
    if row["class"] != "due":
        return CLASSES[row["class"]]
    if max(row["delta_ordinary"], row["delta_tilt"]) <= 0:
        return Both("应救助的已经付清", "what is due was paid already")
    return STATES[row["claim_state"]]
