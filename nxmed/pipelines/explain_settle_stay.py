"""说清一次待遇复核 (nxmed explain stay): an inpatient stay by the text, step by step; chronic fees, drugs and packages go on
to their own stories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from nxmed.errors import MissingInput
from nxmed.kernel.identifiers import mask
from nxmed.kernel.money import PPM, half_up_scalar, ppm_of, yuan_grouped
from nxmed.kernel.stage import Equation, prove
from nxmed.pipelines.explain_settle import Found, Replay, Row, find_row, prove_rows, replayed, told
from nxmed.pipelines.explain_settle_holds import agreements, package
from nxmed.pipelines.story import Both, Story, Words, cited, joined, place, product, rounded

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.workspace import Workspace
    from nxmed.kernel.parameter import Number
    from nxmed.kernel.period import Period
    from nxmed.settlements.shapes import SettleInputs

REPRICED = ("fixmedins_code", "setl_id", "refd_setl_flag")
BRANCHES = {
    "home": Both("市内", "at home"), "long_term": Both("异地长期备案，按市内", "filed long-term: as at home"),
    "referred": Both("转诊", "referred"), "emergency": Both("急诊抢救，按转诊", "emergency: as referred"),
    "self_province": Both("省内自行就医", "self-chosen in the province"), "self_other": Both("省外自行就医", "self-chosen in another province"),
}
POINTS = {"referred": "points_referred", "emergency": "points_referred", "self_province": "points_self_province", "self_other": "points_self_other"}
LEVELS = {"3": Both("三级", "level 3"), "2": Both("二级", "level 2"), "1": Both("一级及以下", "level 1 and below")}
KINDS = {"inpatient": Both("住院", "inpatient stay"), "chronic": Both("门诊慢特病", "chronic fee"), "drug": Both("谈判药", "negotiated drug")}
SKIPPED = {"level_unknown": Both("机构等级未知，按结算单", "the hospital's level is unknown: as billed"),
           "disease_unknown": Both("病种不在第三十一条表内", "the disease is not in the table of article 31")}
DELIVERY = "52"


@dataclass(frozen=True)
class Stay:
    """一次就医: as published in `repricing`, as delivered, and the person's year before it (each with its own file and row)."""

    row: Row
    fee: Row
    before: list[Row]
    room: SettleInputs

    def number(self, key: str) -> Number:
        """The number that counts on the first day of the month."""
        return self.room.law.number(key, self.room.period.first_day)


def explain_stay(ws: Workspace, setl_id: str, period: Period | None = None, *, provider: str | None = None) -> Story:
    """一次住院、慢特病、谈判药的复核, or a delivery's package; the whole month is computed again as proof."""
    found = _delivered_in(find_row(ws, setl_id, "0", provider, period), period)
    run, code = found.at.run, found.key[0]
    with replayed(ws, run, code) as again:
        room = again.room
        fee = _fee(found, room)
        kept = _published(found)
        if kept is None and str(fee["med_type"] or "").startswith(DELIVERY):
            return _delivery(found, fee, again)
        if kept is None:
            raise _not_repriced(found, fee)
        year = _year(kept, room)
        prove_rows(run, [kept], year.filter(year["inbox_month"] == run.period.text).select(list(kept)), REPRICED)
        stay = Stay(kept, fee, _before(year, kept, fee, room), room)
        kind = KINDS[kept["kind"]]
        story = Story(f"{kind.zh}复核 {setl_id}（{code}，{run.period.text}）", f"repricing of the {kind.en} {setl_id} ({code}, {run.period.text})", run.run_id)
        _source(story, stay)
        if kept["kind"] == "inpatient":
            _inpatient(story, stay)
        else:
            from nxmed.pipelines.explain_settle_chronic import chronic, drug

            (chronic if kept["kind"] == "chronic" else drug)(story, stay)
        _bill(story, kept)
        story.replayed = {n: yuan_grouped(kept[n]) for n in ("fund_amt", "supp_amt", "diff_amt", "supp_diff_amt")}
        return story


def _delivered_in(found: Found, period: Period | None) -> Found:
    """The month that delivered and repriced it (where none is named: the newest that did)."""
    if period is None:
        repriced = [m for m in found.months if any(r["agency_period"] == m.run.period.text for r in m.rows)]
        found.at = repriced[-1] if repriced else found.at
    return found


def _published(found: Found) -> Row | None:
    import polars as pl

    from nxmed.io.runs import scan_table

    here = pl.all_horizontal([pl.col(n) == v for n, v in zip(REPRICED, found.key, strict=True)])
    rows = scan_table(found.at.run, "repricing").filter(here).collect().to_dicts()
    return rows[0] if rows else None


def fees_of(room: SettleInputs) -> pl.LazyFrame:
    """结算明细, as repricing reads them, with what a person wants to see besides."""
    from nxmed.settlements.shapes import COUNT, FEES, SETTLEMENTS, TEXT, shaped

    return shaped(room.settlements, {**SETTLEMENTS, **FEES, "certno": TEXT, "src_file": TEXT, "src_row": COUNT})


def _fee(found: Found, room: SettleInputs) -> Row:
    import polars as pl

    here = pl.all_horizontal([pl.col(n) == v for n, v in zip(REPRICED, found.key, strict=True)])
    rows = fees_of(room).filter(here & (pl.col("inbox_month") <= room.period.text)).sort("inbox_month").collect().to_dicts()
    if not rows:
        raise MissingInput(f"中心没有结算 {found.key[1]}，无从复核", "用 nxmed explain settlement 看机构报了什么",
                           text_en=f"the agency has no settlement {found.key[1]}", hint_en="see what the provider listed: nxmed explain settlement")
    return rows[-1]


def _not_repriced(found: Found, fee: Row) -> MissingInput:
    """Why a settlement has no repricing (exit 6)."""
    from nxmed.settlements.funds import EMPLOYEES

    facts = found.at.run.facts.get("repricing", {})
    skipped = facts.get("skipped", [])
    if not facts.get("rows") and len(skipped) == 1 and found.at.run.manifest["arguments"]["region"] == "ningxia":
        why = Both(skipped[0], "repricing of the region was skipped: no numbers in the text or in policy.toml")
    elif fee["insutype"] != EMPLOYEES:
        why = Both(f"险种 {fee['insutype']}，只复核职工", f"insurance {fee['insutype']}: only employees are repriced")
    elif fee["inbox_month"] != found.at.run.period.text:
        why = Both(f"{fee['inbox_month']} 送达，那个月已复核或早于首月", f"delivered in {fee['inbox_month']}, not in this month")
    else:
        why = Both(f"医疗类别 {fee['med_type']} 不复核，或已退费，或缺慢特病认定",
                   f"med_type {fee['med_type']} is not repriced, or it was refunded, or the register is absent")
    setl_id = found.key[1]
    return MissingInput(f"结算 {setl_id} 在 {found.at.run.period.text} 没有复核：{why.zh}", f"对账和认定：nxmed explain settlement {setl_id}",
                        text_en=f"{setl_id} was not repriced in {found.at.run.period.text}: {why.en}",
                        hint_en=f"how it was compared and recognised: nxmed explain settlement {setl_id}")


def _year(row: Row, room: SettleInputs) -> pl.DataFrame:
    """The person's years, priced again (every person is priced alone)."""
    import polars as pl

    from nxmed.settlements.repricing import priced

    return priced(replace(room, settlements=room.settlements.filter(pl.col("psn_no") == row["psn_no"])))[0]


def _before(every: pl.DataFrame, row: Row, fee: Row, room: SettleInputs) -> list[Row]:
    """The fees of the same kind and year before this one, in order of settlement, with file and row."""
    import polars as pl

    from nxmed.settlements.repricing_shape import ORDER

    same = (pl.col("psn_no") == row["psn_no"]) & (pl.col("benefit_year") == row["benefit_year"]) & (pl.col("kind") == row["kind"])
    placed = fees_of(room).filter(pl.col("psn_no") == row["psn_no"]).select(
        "fixmedins_code", "setl_id", "refd_setl_flag", "inbox_month", "setl_time", "begndate", "src_file", "src_row").collect()
    known = every.filter(same).join(placed, on=["fixmedins_code", "setl_id", "refd_setl_flag", "inbox_month"], how="left").sort(ORDER)
    me = tuple(fee[n] for n in ORDER)
    return [r for r in known.to_dicts() if tuple(r[n] for n in ORDER) < me]


def agree(zh: str, shown: int, published: int) -> None:
    """所示算式的结果与发布数相同 (IntegrityError, exit 7: what is told must give what is paid)."""
    prove([Equation("explain.stay", f"{zh}：所示算式 = 发布数", {"算式": shown}, {"发布": published}, en="the arithmetic shown = as published")])


def _source(story: Story, stay: Stay) -> None:
    fee = stay.fee
    person = told(fee["psn_no"], mask(fee["certno"]) if fee.get("certno") else "")
    story.add("来源", "source", Both(f"{fee['begndate']} 至 {fee['enddate']}，医疗类别 {fee['med_type']}",
                                   f"{fee['begndate']} to {fee['enddate']}, med_type {fee['med_type']}"),
              Both(f"人员 {person.zh}，结算时间 {fee['setl_time']}", f"person {person.en}, settled {fee['setl_time']}"), place(fee))
    story.add("政策范围内", "in scope", yuan_grouped(stay.row["inscp_scp_amt"]), "inscp_scp_amt", place(fee))


def _inpatient(story: Story, stay: Stay) -> None:
    from nxmed.settlements.terms import ADMISSION_YEAR, PREFIX

    row, region = stay.row, stay.room.law.region
    by = Both("按入院日", "by the day of admission") if ADMISSION_YEAR[region] else Both("按出院日", "by the day of discharge")
    story.add("待遇年度", "benefit year", str(row["benefit_year"]), by, "NXJY-37.1" if ADMISSION_YEAR[region] else "DXTC-22")
    _level(story, stay)
    _branch(story, stay)
    if row["state"] == "computed":
        _share(story, stay, PREFIX[region])
    else:
        story.add("未能复核", "not repriced", SKIPPED[row["state"]], Both("按结算单计入年度累计", "counts as billed in the year's total"))
    totals(story, stay, cited(stay.number(f"{PREFIX[region]}.yearly_limit")))
    story.add("范围内自付", "own share in scope", yuan_grouped(row["own_amt"]),
              f"{yuan_grouped(row['inscp_scp_amt'])} − {yuan_grouped(row['fund_amt'])}")
    if row["supp_run_after"] is not None and row["state"] == "computed":
        _supplement(story, stay)


def _level(story: Story, stay: Stay) -> None:
    """Of the agreement that covers the discharge, else the newest, else what the settlement says."""
    terms = agreements(stay.room, stay.row["fixmedins_code"])
    day = stay.fee["enddate"]
    covering = [t for t in terms if t["efft_time"] <= day <= t["invd_time"] and t["dedc_hosp_lv"]]
    chosen = next(iter([*covering, *[t for t in terms[:1] if t["dedc_hosp_lv"]]]), None)
    grade = chosen["dedc_hosp_lv"] if chosen else stay.fee["hosp_lv"]
    how = Both(f"起付线等级 {grade or '无'}", f"dedc_hosp_lv {grade or 'none'}")
    if chosen is not None and chosen not in covering:
        how = told(how, Both("出院日不在协议期，取最新协议", "the discharge is in no agreement: the newest one"))
    elif chosen is None:
        how = Both(f"协议没有等级，取结算单的 {grade or '无'}", f"no level in the agreements: hosp_lv {grade or 'none'} of the settlement")
    level = stay.row["level"]
    story.add("机构级别", "level", LEVELS.get(level, Both("未知", "unknown")), how, joined(place(chosen) if chosen else place(stay.fee), "hospital_levels"))


def _branch(story: Story, stay: Stay) -> None:
    fee, branch = stay.fee, stay.row["branch"]
    inputs = Both(f"支付地点 {fee['pay_loc']}，备案类型 {fee['out_fil_type'] or '无'}，急诊标志 {fee['emer_flag'] or '无'}",
                  f"pay_loc {fee['pay_loc']}, out_fil_type {fee['out_fil_type'] or 'none'}, emer_flag {fee['emer_flag'] or 'none'}")
    why = {"home": Both("支付地点不是 3、4", "pay_loc is neither 3 nor 4"), "long_term": Both("长期备案在先", "filed long-term comes first"),
           "referred": Both("没有长期备案，有转诊备案", "not filed long-term, referred"),
           "emergency": Both("没有备案，急诊或抢救", "neither filed nor referred, an emergency"),
           "self_province": Both("没有备案、转诊、急诊，支付地点 3", "neither filed, referred nor an emergency, pay_loc 3"),
           "self_other": Both("没有备案、转诊、急诊，支付地点 4", "neither filed, referred nor an emergency, pay_loc 4")}[branch]
    story.add("就医去向", "place of care", BRANCHES[branch], told(inputs, why), stay.row["rule"])


def _share(story: Story, stay: Stay, prefix: str) -> None:
    """Deductible, rate, and the share before the yearly limit."""
    row = stay.row
    branch, level = row["branch"], row["level"]
    where = "home" if branch in ("home", "long_term") else "away"
    start, rate = stay.number(f"{prefix}.deductible_{where}_{level}"), stay.number(f"{prefix}.rate_{level}")
    points = stay.number(f"{prefix}.{POINTS[branch]}") if branch in POINTS else None
    story.add("起付标准", "deductible", yuan_grouped(row["dedc_amt"]), told(LEVELS[level], Both(
        "市内" if where == "home" else "转外", "at home" if where == "home" else "away")), cited(start))
    net = Decimal(rate.value) - (Decimal(points.value) if points else 0)
    how: Words = f"{rate.value} − {points.value} = {net}" if points else LEVELS[level]
    story.add("支付比例", "rate", str(net), how, joined(cited(rate), cited(points)) if points else cited(rate))
    over = max(0, row["inscp_scp_amt"] - row["dedc_amt"])
    above = f"{yuan_grouped(row['inscp_scp_amt'])} − {yuan_grouped(row['dedc_amt'])}"
    agree("按比例", half_up_scalar(over * ppm_of(net), PPM), row["raw_amt"])
    story.add("超过起付的部分", "above the deductible", yuan_grouped(over), above if over else Both(f"{above}，不足 0 按 0", f"{above}, not below 0"))
    story.add("按比例", "share", yuan_grouped(row["raw_amt"]), rounded(product(over, str(net))))


def totals(story: Story, stay: Stay, source: Words) -> None:
    """年度限额 (the year before this one, item by item; the total before and after; what still fits)."""
    row = stay.row
    for one in stay.before:
        story.add("年内以前", "before in the year", yuan_grouped(one["fund_amt"]), told(
            one["setl_id"], Both(f"{one['setl_time']:%Y-%m-%d} 结算", f"settled {one['setl_time']:%Y-%m-%d}"),
            Both(f"范围内 {yuan_grouped(one['inscp_scp_amt'])}", f"in scope {yuan_grouped(one['inscp_scp_amt'])}")), place(one))
    story.add("年内累计（此前）", "total before", yuan_grouped(row["run_before"]), Both(f"{len(stay.before)} 项", f"{len(stay.before)} items"))
    room = max(0, row["limit_amt"] - row["run_before"])
    agree("应付统筹", min(row["raw_amt"], room), row["fund_amt"])
    story.add("年度限额", "yearly limit", yuan_grouped(row["limit_amt"]),
              Both(f"还余 {yuan_grouped(row['limit_amt'])} − {yuan_grouped(row['run_before'])} = {yuan_grouped(room)}",
                   f"left: {yuan_grouped(row['limit_amt'])} − {yuan_grouped(row['run_before'])} = {yuan_grouped(room)}"), source)
    story.add("应付统筹", "fund share", yuan_grouped(row["fund_amt"]),
              Both(f"{yuan_grouped(row['raw_amt'])} 与余额 {yuan_grouped(room)} 取小", f"the smaller of {yuan_grouped(row['raw_amt'])} and {yuan_grouped(room)}"))
    story.add("年内累计（此后）", "total after", yuan_grouped(row["run_after"]),
              f"{yuan_grouped(row['run_before'])} + {yuan_grouped(row['fund_amt'])}")


def _supplement(story: Story, stay: Stay) -> None:
    """The part of the own share above the threshold, within the year's limit."""
    row = stay.row
    start, rate = (stay.number(f"supplement_pay.inpatient_{n}") for n in ("threshold", "rate"))
    over = max(0, row["own_amt"] - start.fen)
    above = f"{yuan_grouped(row['own_amt'])} − {yuan_grouped(start.fen)}"
    story.add("自付超过起付的部分", "own share above the threshold", yuan_grouped(over),
              above if over else Both(f"{above}，不足 0 按 0", f"{above}, not below 0"), cited(start))
    limit = stay.room.law.find("supplement_pay.inpatient_limit", stay.room.period.first_day)
    full = half_up_scalar(over * rate.ppm, PPM)
    agree("大额补助", full if limit is None else min(full, max(0, limit.fen - row["supp_run_before"])), row["supp_amt"])
    left = "" if limit is None else Both(
        f"限额还余 {yuan_grouped(limit.fen)} − {yuan_grouped(row['supp_run_before'])} = {yuan_grouped(limit.fen - row['supp_run_before'])}",
        f"left of the limit {yuan_grouped(limit.fen)} − {yuan_grouped(row['supp_run_before'])} = {yuan_grouped(limit.fen - row['supp_run_before'])}")
    story.add("应付大额补助", "supplement", yuan_grouped(row["supp_amt"]), joined(rounded(product(over, rate.value)), left),
              joined(cited(rate), *([cited(limit)] if limit else [])))
    story.add("剩余自付", "left to the person", yuan_grouped(row["own_amt"] - row["supp_amt"]),
              f"{yuan_grouped(row['own_amt'])} − {yuan_grouped(row['supp_amt'])}")


def _bill(story: Story, row: Row) -> None:
    """Settled − by the text, for the pool and the supplement."""
    for zh, en, bill, right, diff in (("统筹与结算单之差", "pool: bill − text", "hifp_pay", "fund_amt", "diff_amt"),
                                      ("大额与结算单之差", "supplement: bill − text", "hifob_pay", "supp_amt", "supp_diff_amt")):
        verdict = Both("相符", "equal") if row[diff] == 0 else Both("结算单多", "the bill is higher") if row[diff] > 0 else Both("结算单少", "the bill is lower")
        story.add(zh, en, yuan_grouped(row[diff]), joined(
            f"{bill} {yuan_grouped(row[bill])} − {yuan_grouped(row[right])}", verdict, zh="，", en=", "), row["rule"])


def _delivery(found: Found, fee: Row, again: Replay) -> Story:
    """A delivery: the package, or the bill; proved by what was recognised."""
    run, (code, setl_id, _) = found.at.run, found.key
    prove_rows(run, found.at.rows, again.rows, (*REPRICED, "side", "copy_no"))
    story = Story(f"生育住院 {setl_id}（{code}，{run.period.text}）", f"delivery {setl_id} ({code}, {run.period.text})", run.run_id)
    story.add("来源", "source", Both(f"{fee['begndate']} 至 {fee['enddate']}，医疗类别 {fee['med_type']}",
                                   f"{fee['begndate']} to {fee['enddate']}, med_type {fee['med_type']}"),
              Both(f"人员 {fee['psn_no']}", f"person {fee['psn_no']}"), place(fee))
    story.add("结算单统筹", "billed pool", yuan_grouped(fee["hifp_pay"]), "hifp_pay", place(fee))
    amount = package(story, fee, again.own)
    recognised = sum(r["recognised_310100"] + r["recognised_390100"] for r in found.at.rows)
    state = found.at.rows[0]["state"] if found.at.rows else "waiting"
    story.add("认定统筹", "recognised of the pool", yuan_grouped(recognised), Both("已认定", "recognised") if state == "recognised" else Both(
        f"尚未认定，见 nxmed explain settlement {setl_id}", f"not recognised yet: nxmed explain settlement {setl_id}"), "NXJY-49;NXJY-50;NXJY-51")
    story.replayed = {"package": yuan_grouped(amount) if amount is not None else "-", "recognised": yuan_grouped(recognised)}
    return story
