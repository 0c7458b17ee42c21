"""说清为何暂缓 (what may hold a settlement whatever the other side says), and the maternity package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nxmed.kernel.money import yuan_grouped
from nxmed.pipelines.explain_settle import Row, told
from nxmed.pipelines.story import Both, Story, cited, joined, place, product, rounded

if TYPE_CHECKING:
    import polars as pl

    from nxmed.settlements.shapes import SettleInputs

PASSED, HELD, SKIPPED = Both("通过", "passed"), Both("暂缓", "held"), Both("未查", "not looked at")
IDENTITIES = (
    Both("医疗费 = 基金 + 个人 + 医院", "fees = fund + person + hospital"),
    Both("个人 = 账户 + 现金 + 共济", "person = account + cash + family account"),
    Both("医疗费 = 全自费 + 超限价 + 先行自付 + 政策范围内", "fees = self-paid + above limit + paid first + in scope"),
    Both("基金 = 各项基金之和", "fund = sum of the funds"),
)


def holds(story: Story, agency: Row, room: SettleInputs, held: str | None, original: Both, totals: Both) -> list[str]:
    """逐项检查, and what holds the row, `held` first (`original`, `totals`: what is known of the refunded settlement, and of
    the statement's totals; they are looked at where nothing else holds)."""
    from nxmed.settlements import holds as rules
    from nxmed.settlements.holds import DELIVERY, REFUND

    checks = [("暂缓检查：勾稽", "hold: sums", rules.AMOUNT_IDENTITY, *_identities(agency)),
              ("暂缓检查：基金", "hold: fund", rules.FUND_UNKNOWN, *_fund(agency)),
              ("暂缓检查：协议期", "hold: agreement", rules.OUT_OF_AGREEMENT, *_agreement(agency, room))]
    if str(agency["med_type"] or "").startswith(DELIVERY):
        checks.append(("暂缓检查：生育标志", "hold: maternity flags", rules.MATERNITY_FLAG_MISSING, *_flags(agency)))
    if totals.zh:
        checks.append(("暂缓检查：总额", "hold: totals", rules.TOTALS_DIFFER, totals, Both("", "")))
    if agency["refd_setl_flag"] == REFUND:
        checks.append(("暂缓检查：原结算", "hold: original", rules.ORIGINAL_OPEN, original, Both("", "")))
    reasons = reasons_of(agency, room)
    for zh, en, code, how, source in checks:
        after = code in (rules.TOTALS_DIFFER, rules.ORIGINAL_OPEN) and code != held and held is not None
        story.add(zh, en, HELD if code == held or code in reasons else SKIPPED if after else PASSED, how, source)
    return list(dict.fromkeys([*([held] if held else []), *reasons]))


def _identities(agency: Row) -> tuple[Both, Both]:
    """The identities with their figures: the first and the last, which hold the row, and the others where they break."""
    from nxmed.settlements.holds import IDENTITIES as RULES

    lines = []
    for words, (_, left, right, stops) in zip(IDENTITIES, RULES, strict=True):
        total = sum(agency[c] for c in right)
        if total == agency[left] and not stops:
            continue
        terms = " + ".join(yuan_grouped(agency[c]) for c in right if agency[c] or len(right) <= len(IDENTITIES))
        sign = "=" if total == agency[left] else "≠"
        ends = Both("", "") if total == agency[left] else Both("（暂缓）", " (holds)") if stops else Both("（仅提示）", " (told only)")
        lines.append(Both(f"{words.zh}：{yuan_grouped(agency[left])} {sign} {terms or '0.00'}{ends.zh}",
                          f"{words.en}: {yuan_grouped(agency[left])} {sign} {terms or '0.00'}{ends.en}"))
    return joined(*lines), Both("", "")


def _fund(agency: Row) -> tuple[Both, Both]:
    from nxmed.settlements.funds import POOLED

    insutype, amount = agency["insutype"], yuan_grouped(agency["hifp_pay"])
    if insutype in POOLED:
        return Both(f"险种 {insutype}，统筹入 {POOLED[insutype]}", f"insurance {insutype}: the pool is {POOLED[insutype]}"), Both("", "")
    return Both(f"险种 {insutype} 没有对应的统筹基金，统筹支出 {amount}", f"insurance {insutype} has no pool; hifp_pay {amount}"), Both("", "")


def _agreement(agency: Row, room: SettleInputs) -> tuple[Both, Both]:
    rows = agreements(room, agency["fixmedins_code"])
    spans = joined(*(_span(r) for r in rows), zh="、", en="; ")
    day = agency["enddate"]
    if not rows:
        spans = Both("没有这家机构", "no such provider")
    return (told(Both(f"出院 {day or '未填'}", f"discharged {day or 'empty'}"), Both(f"协议 {spans.zh}", f"agreements {spans.en}")),
            joined(*(place(r) for r in rows)))


def _span(row: Row) -> Both:
    return Both(f"{row['efft_time']} 至 {row['invd_time']}", f"{row['efft_time']} to {row['invd_time']}")


def agreements(room: SettleInputs, code: str) -> list[Row]:
    """一家机构的协议, newest first (terms in fen and ppm, src_file and src_row)."""
    import polars as pl

    from nxmed.settlements.providers import ranked
    from nxmed.settlements.shapes import COUNT, PROVIDERS, TEXT, shaped

    rows = shaped(room.providers, {**PROVIDERS, "src_file": TEXT, "src_row": COUNT}).filter(pl.col("fixmedins_code") == code).collect()
    return ranked(rows).sort("nth").to_dicts()


def _flags(agency: Row) -> tuple[Both, Both]:
    return Both(f"并发症标志 {agency['cop_flag'] or '缺'}，签约标志 {agency['booking_flag'] or '缺'}",
                f"cop_flag {agency['cop_flag'] or 'missing'}, booking_flag {agency['booking_flag'] or 'missing'}"), Both("", "")


def reasons_of(agency: Row, room: SettleInputs) -> list[str]:
    """全部暂缓原因, as the room finds them on the agency's row alone."""
    import polars as pl

    from nxmed.settlements import holds as rules
    from nxmed.settlements.shapes import PROVIDERS, shaped

    row = _frame(agency).with_columns(held_reason=pl.lit("")).collect()
    found = rules.every_reason(row, shaped(room.providers, PROVIDERS).collect(), room.law, room.period)
    return [r for r in found["held_reason"] if r]


def _frame(agency: Row) -> pl.LazyFrame:
    import polars as pl

    from nxmed.settlements.shapes import AGENCY_DATA, KEY, TEXT

    shape = {**dict.fromkeys(KEY, TEXT), **AGENCY_DATA}
    return pl.LazyFrame([{n: agency[n] for n in shape}], schema=shape)


def _package(agency: Row, room: SettleInputs) -> int | None:
    """What the room puts in place of the pooled fund (fen)."""
    from nxmed.settlements import holds as rules
    from nxmed.settlements.shapes import PROVIDERS, shaped

    found: int | None = rules.judged(_frame(agency), shaped(room.providers, PROVIDERS).collect(), room.law, room.period).select(
        "package").collect().item()
    return found


def package(story: Story, agency: Row, room: SettleInputs) -> int | None:
    """生育包干 (why it stands in place of the pooled fund, or why not; gives the amount in fen, None for the bill)."""
    day, law = room.period.first_day, room.law
    share = law.find("maternity.unsigned_share", day)
    terms = next((r for r in agreements(room, agency["fixmedins_code"]) if _within(agency, r)), None)
    amount = _package(agency, room)
    if share is None:
        story.add("生育包干", "maternity package", Both("不适用", "does not apply"), Both("本地区文件没有包干", "the region's text has no package"))
        return amount
    region = law.number("maternity.region_admdvs", day)
    if terms is None or terms["matn_headcap_amt"] is None:
        story.add("包干定额", "package agreed", Both("无", "none"), Both("协议没有约定，按结算单", "not in the agreement: as billed"),
                  place(terms) if terms else "")
        return amount
    story.add("包干定额", "package agreed", yuan_grouped(terms["matn_headcap_amt"]), _span(terms), place(terms))
    inside = str(terms["fix_blng_admdvs"] or "").startswith(region.value[:2])
    story.add("区内机构", "in the region", _yes(inside), Both(f"机构区划 {terms['fix_blng_admdvs']}", f"area {terms['fix_blng_admdvs']}"), cited(region))
    story.add("严重并发症", "complication", _yes(agency["cop_flag"] == "1"), Both(f"标志 {agency['cop_flag'] or '缺'}", f"cop_flag {agency['cop_flag'] or 'missing'}"),
              "NXJY-51")
    away = str(terms["fix_blng_admdvs"] or "")[:4] != str(agency["insu_admdvs"] or "")[:4]
    half = away and agency["booking_flag"] != "1"
    story.add("参保地以外未签约", "away without signing up", _yes(half),
              told(Both(f"参保区划 {agency['insu_admdvs']}", f"insured in {agency['insu_admdvs']}"),
                   Both(f"签约标志 {agency['booking_flag'] or '缺'}", f"booking_flag {agency['booking_flag'] or 'missing'}")), "NXJY-50")
    if amount is None:
        story.add("包干结算", "package", Both("按结算单", "as billed"), Both("区外、有并发症或标志缺失", "outside, complicated, or a flag is missing"), "NXJY-51")
        return None
    plain = terms["matn_headcap_amt"]
    story.add("包干结算", "package", yuan_grouped(amount), rounded(product(plain, share.value)) if half else Both("按定额", "the agreed amount"),
              cited(share) if half else "NXJY-49")
    story.add("与结算单之差", "difference to the bill", yuan_grouped(agency["hifp_pay"] - amount),
              Both(f"统筹 {yuan_grouped(agency['hifp_pay'])} − 包干，由机构承担或留用；其他基金 0",
                   f"hifp_pay {yuan_grouped(agency['hifp_pay'])} − package, stays with the provider; other funds 0"), "NXJY-49")
    return amount


def _within(agency: Row, terms: Row) -> bool:
    day = agency["enddate"]
    return day is not None and terms["efft_time"] <= day <= terms["invd_time"]


def _yes(value: Any) -> Both:
    return Both("是", "yes") if value else Both("否", "no")
