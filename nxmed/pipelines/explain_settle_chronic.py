"""说清门诊慢特病和谈判药的复核: registered diseases, the limit of the day, the year's fees, the supplement on the own share."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from nxmed.kernel.money import PPM, fen_of, half_up_scalar, yuan_grouped
from nxmed.pipelines.explain_settle import NONE, Row, told
from nxmed.pipelines.explain_settle_stay import SKIPPED, Stay, agree, totals
from nxmed.pipelines.story import Both, Story, Words, cited, joined, place, product, rounded

if TYPE_CHECKING:
    from collections.abc import Mapping


def chronic(story: Story, stay: Stay) -> None:
    """门诊慢特病: the limit from the diseases registered on the day, 70 % within it, the yearly supplement."""
    row, rate = stay.row, stay.number("chronic.rate")
    story.add("待遇年度", "benefit year", str(row["benefit_year"]), Both("按费用结束日", "by the last day of the fee"), "DXTC-22")
    limit = _registered(story, stay)
    if row["state"] != "computed":
        story.add("未能复核", "not repriced", SKIPPED[row["state"]], Both("没有限额", "no limit"))
    scope = max(0, row["inscp_scp_amt"])
    agree("按比例", half_up_scalar(scope * rate.ppm, PPM), row["raw_amt"])
    story.add("按比例", "share", yuan_grouped(row["raw_amt"]), rounded(product(scope, rate.value)), cited(rate))
    totals(story, stay, limit)
    owns = [_own(one, Fraction(rate.value)) for one in (*stay.before, row)]
    _own_share(story, row, owns[-1], rate.value)
    if row["supp_run_after"] is not None:
        _supplement(story, stay, owns, "chronic")


def drug(story: Story, stay: Stay) -> None:
    """谈判药: the pool as billed, the year's own share above the threshold."""
    row = stay.row
    story.add("待遇年度", "benefit year", str(row["benefit_year"]), Both("按费用结束日", "by the last day of the fee"), "DXTC-22")
    story.add("统筹", "pool", yuan_grouped(row["fund_amt"]), Both("按结算单", "as billed"), place(stay.fee))
    for one in stay.before:
        story.add("年内以前", "before in the year", yuan_grouped(one["own_amt"]), told(one["setl_id"], Both("自付", "own share")), place(one))
    story.add("范围内自付", "own share in scope", yuan_grouped(row["own_amt"]), f"{yuan_grouped(row['inscp_scp_amt'])} − {yuan_grouped(row['hifp_pay'])}")
    _supplement(story, stay, [Fraction(one["own_amt"]) for one in (*stay.before, row)], "drug")


def _registered(story: Story, stay: Stay) -> Words:
    """Every registration of the person, whether it counts on the day, and the limit that comes of them."""
    import polars as pl

    from nxmed.settlements.shapes import CHRONIC, COUNT, TEXT, shaped

    listed = {key: r for r in stay.room.law.table("chronic_diseases") for key in (r["no"], r["name"])}
    rows = shaped(stay.room.chronic_registrations, {**CHRONIC, "src_file": TEXT, "src_row": COUNT}).filter(
        pl.col("psn_no") == stay.row["psn_no"]).sort("begndate", "dise_no").collect().to_dicts()
    limits: dict[str, int] = {}
    for one in rows:
        number = str(one["dise_no"] or "").strip().lstrip("0")
        disease = listed.get(number) or listed.get(str(one["dise_name"] or "").strip())
        counts = one["begndate"] <= stay.fee["begndate"] and (one["enddate"] is None or one["enddate"] >= stay.fee["begndate"])
        span = Both(f"{one['begndate']} 至 {one['enddate'] or '长期'}", f"{one['begndate']} to {one['enddate'] or 'open'}")
        meets = Both("覆盖本日", "covers the day") if counts else Both("不覆盖本日", "does not cover the day")
        if disease is None:
            unknown = Both("不在表内", "not in the table")
            story.add("认定病种", "registered", one["dise_no"], told(span, meets, unknown), place(one))
            continue
        fen = fen_of(disease["limit"])
        if counts:
            limits[number if number in listed else str(one["dise_no"])] = fen
        story.add("认定病种", "registered", Both(f"{disease['no']} {disease['name']}", f"disease {disease['no']}"), told(
            span, meets, Both(f"限额 {yuan_grouped(fen)}", f"limit {yuan_grouped(fen)}")), joined(
                place(one), Both(f"{disease['rule']}（{disease['source']}）", f"{disease['rule']}, no. {disease['no']}")))
    if not rows:
        story.add("认定病种", "registered", NONE, Both("慢特病认定中没有此人", "the register does not know the person"), "DXTC-31")
    return _limit(story, stay, limits)


def _limit(story: Story, stay: Stay, limits: Mapping[str, int]) -> Words:
    """The highest limit and a fixed sum for each further disease, as many as count."""
    most, further = stay.number("chronic.max_diseases"), stay.number("chronic.further_disease")
    if not limits:
        story.add("本日限额", "limit of the day", yuan_grouped(0), Both("本日没有可计的病种", "no disease counts on the day"), "DXTC-31")
        return "DXTC-31"
    more = min(len(limits), most.int) - 1
    top = max(limits.values())
    how = f"{yuan_grouped(top)} + {yuan_grouped(further.fen)} × {more} = {yuan_grouped(top + further.fen * more)}" if more else yuan_grouped(top)
    agree("限额", top + further.fen * more, stay.row["limit_amt"])
    words = Both(f"最高一种，另 {more} 种各加（最多 {most.value} 种）：{how}", f"the highest, and {more} more (at most {most.value}): {how}")
    story.add("本日限额", "limit of the day", yuan_grouped(stay.row["limit_amt"]), words, joined(cited(most), cited(further)))
    return "DXTC-31"


def _own(row: Row, rate: Fraction) -> Fraction:
    """Own share within the limit, exact: all of it below the limit, up to the point where the limit is reached inside a fee."""
    if row["limit_amt"] <= 0:
        return Fraction(0)
    if row["fund_amt"] == row["raw_amt"]:
        return Fraction(max(0, row["inscp_scp_amt"]) - row["fund_amt"])
    fund = Fraction(row["fund_amt"])
    return fund / rate - fund


def _own_share(story: Story, row: Row, own: Fraction, rate: str) -> None:
    how: Words
    if row["limit_amt"] <= 0:
        how = Both("没有限额，不计", "no limit: nothing counts")
    elif row["fund_amt"] == row["raw_amt"]:
        how = f"{yuan_grouped(max(0, row['inscp_scp_amt']))} − {yuan_grouped(row['fund_amt'])}"
    else:
        fund = yuan_grouped(row["fund_amt"])
        how = told(Both("只计到达到限额为止", "up to the point where the limit is reached"), f"{fund} ÷ {rate} − {fund} = {_exact(own)}")
    story.add("限额内自付", "own share within the limit", yuan_grouped(row["own_amt"]), how, "DXTC-45")


def _supplement(story: Story, stay: Stay, owns: list[Fraction], kind: str) -> None:
    """What this fee adds above the yearly threshold, exact until the one rounding."""
    row = stay.row
    start, rate = (stay.number(f"supplement_pay.{kind}_{n}") for n in ("threshold", "rate"))
    before = sum(owns[:-1], Fraction(0))
    after = before + owns[-1]
    story.add("年内自付累计", "own shares of the year", _exact(after), f"{_exact(before)} + {_exact(owns[-1])}")
    high, low = max(Fraction(0), after - start.fen), max(Fraction(0), before - start.fen)
    story.add("超过起付的部分", "above the threshold", _exact(high - low), Both(
        f"此后超过的 {_exact(high)} − 此前超过的 {_exact(low)}", f"above it after {_exact(high)} − before {_exact(low)}"), cited(start))
    exact = (high - low) * Fraction(rate.value)
    agree("大额补助", half_up_scalar(exact.numerator, exact.denominator), row["supp_amt"])
    story.add("应付大额补助", "supplement", yuan_grouped(row["supp_amt"]),
              rounded(f"{_exact(high - low)} × {rate.value} = {_exact(exact)}"), cited(rate))


def _exact(fen: Fraction) -> str:
    """元 (two decimals where that is exact, six with … where it is not)."""
    if fen.denominator == 1:
        return yuan_grouped(int(fen))
    millionths = half_up_scalar(fen.numerator * 10_000, fen.denominator)
    text = f"{millionths // 1_000_000:,}.{millionths % 1_000_000:06d}"
    return text if Fraction(millionths, 10_000) == fen else text + "…"
