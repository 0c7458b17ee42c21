"""普通机构的月份 (what both sides deliver of the crowd's settlements, piece by piece, and what must come of it).

A piece gives the files' rows; totals, planted rows and groups that differ are added up over the pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from nxmed.samples import layout, planted
from nxmed.samples.crowd_providers import LARGE_FEE, Market, kinds, make_pool, make_providers, rows
from nxmed.samples.layout_providers import AMOUNTS

SETTLE = "settle"
AMOUNT_IDS = [name for name, _, _ in AMOUNTS]
COMPARED = ["medfee_sumamt", "fund_pay_sumamt", "acct_pay"]
GROUP = ["fixmedins_code", "clr_optins", "insutype", "clr_type"]
OFF = 100
"""Differences are of one yuan."""
NEXT_MONTH = ("late", "again")
BREAKS = {
    "BREAK_PROVIDER_ONLY": ("provider_only",),
    "BREAK_AGENCY_ONLY": ("agency_only", "late"),
    "BREAK_AMOUNT": ("amount", "amount_refund"),
    "BREAK_TYPE": ("type",),
    "BREAK_REFUND": ("refund_off",),
    "BREAK_REPEATED": ("twice",),
}


@dataclass
class Ledger:
    """账上的合计: groups of both sides, and planted rows."""

    agency: list[pl.DataFrame] = field(default_factory=list)
    provider: list[pl.DataFrame] = field(default_factory=list)
    plants: list[pl.DataFrame] = field(default_factory=list)
    breaks: list[pl.DataFrame] = field(default_factory=list)


def month(market: Market, k: int, ledger: Ledger) -> Iterator[tuple[str, pl.DataFrame]]:
    """一个月的文件 (contract, rows in the shape of layout), in pieces; what was planted goes into `ledger`."""
    providers, pool = make_providers(market), make_pool(market)
    if k == 0:
        yield "providers", providers.select(list(layout.schema("providers")))
    for begin, end in market.pieces():
        made = rows(market, k, kinds(market, k, begin, end), providers, pool)
        before = pl.DataFrame()
        if k:
            earlier = kinds(market, k - 1, begin, end).filter(pl.col("kind").is_in(NEXT_MONTH))
            before = rows(market, k - 1, earlier, providers, pool)
        mine, theirs = _agency(made), _details(made, before)
        _count(ledger.agency, mine)
        _count(ledger.provider, theirs)
        _plant(market, k, made, before, ledger)
        yield "settlements", _shaped(mine, "settlements")
        yield "provider_details", _shaped(theirs, "provider_details")
        chronic = made.filter(pl.col("med_type") == "14")
        if chronic.height:
            yield "chronic_registrations", _register(market, chronic)
    totals, differing = _totals(ledger)
    yield "provider_totals", totals
    ledger.plants += [_break_findings(market, k, ledger), _group_findings(market, k, differing)]
    ledger.agency, ledger.provider, ledger.breaks = [], [], []


def _shaped(frame: pl.DataFrame, contract: str) -> pl.DataFrame:
    return frame.sort("setl_id", "refd_setl_flag").select([pl.col(n).cast(t) for n, t in layout.schema(contract).items()])


def _agency(made: pl.DataFrame) -> pl.DataFrame:
    """中心的结算: rows, refunds, and what does not add up."""
    kept = made.filter(pl.col("kind") != "provider_only").with_columns(
        hifp_pay=pl.col("hifp_pay") - pl.when(pl.col("kind") == "identity").then(OFF).otherwise(0))
    return pl.concat([kept, _refunds(made)])


def _refunds(made: pl.DataFrame) -> pl.DataFrame:
    """退费, in the month of the settlement and under its number."""
    back = made.filter(pl.col("kind").is_in(["refund", "refund_off", "amount_refund"]))
    return back.with_columns(
        -pl.col(AMOUNT_IDS), refd_setl_flag=pl.lit("1"), org_setl_id=pl.col("setl_id"))


def _details(made: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """机构的明细: with its own errors, and rows of the month before that come late or again."""
    off = pl.col("kind").is_in(["amount", "amount_refund"]) & (pl.col("refd_setl_flag") == "0")
    off = off | ((pl.col("kind") == "refund_off") & (pl.col("refd_setl_flag") == "1"))
    extra = pl.when(off).then(OFF).otherwise(0)
    listed = pl.concat([made.filter(~pl.col("kind").is_in(["agency_only", "late"])), _refunds(made)])
    twice = made.filter(pl.col("kind") == "twice")
    pieces = [listed, twice] if before.is_empty() else [listed, twice, before.select(listed.columns)]
    return pl.concat(pieces).with_columns(
        medfee_sumamt=pl.col("medfee_sumamt") + extra, fund_pay_sumamt=pl.col("fund_pay_sumamt") + extra,
        clr_type=pl.when(pl.col("kind") == "type").then(pl.lit("99")).otherwise("clr_type"))


def _register(market: Market, chronic: pl.DataFrame) -> pl.DataFrame:
    """门诊慢特病认定: one disease each (27 of article 31), from January on."""
    return chronic.select(
        "psn_no", dise_no=pl.lit("27"), dise_name=pl.lit("高血压病"),
        begndate=pl.lit(date(market.start.year, 1, 1)), enddate=pl.lit(None, pl.Date))


def _count(into: list[pl.DataFrame], side: pl.DataFrame) -> None:
    one = pl.when(pl.col("refd_setl_flag") == "1").then(-1).otherwise(1).cast(pl.Int64)
    into.append(side.group_by(GROUP).agg(pl.col(COMPARED).sum(), pl.col("psn_cash_pay").sum(), n=one.sum()))


def _totals(ledger: Ledger) -> tuple[pl.DataFrame, pl.DataFrame]:
    """对账单 (each provider's own sums), and the groups in which the agency has others."""
    names = [*COMPARED, "psn_cash_pay", "n"]
    mine, theirs = (pl.concat(side).group_by(GROUP).agg(pl.col(names).sum()) for side in (ledger.agency, ledger.provider))
    totals = theirs.rename({"psn_cash_pay": "cash_payamt", "n": "fixmedins_setl_cnt"}).sort(GROUP)
    both = theirs.join(mine, on=GROUP, how="full", coalesce=True, suffix="_mine").with_columns(
        pl.col(names + [f"{n}_mine" for n in names]).fill_null(0))
    differ = pl.any_horizontal([pl.col(n) != pl.col(f"{n}_mine") for n in (*COMPARED, "n")])
    return totals.select(list(layout.schema("provider_totals"))), both.filter(differ).sort(GROUP)


def _plant(market: Market, k: int, made: pl.DataFrame, before: pl.DataFrame, ledger: Ledger) -> None:
    """Rows that must be found one by one, and counts per provider and class."""
    odd = made.filter(pl.col("kind") != "even")
    one = planted.key_of(fixmedins_code="fixmedins_code", setl_id="setl_id")
    held = pl.concat_str([one, pl.lit(";ref_no=refund 0")])
    back = pl.concat_str([one, pl.lit(";ref_no=refund 1")])
    priced = bool(market.region.stays)
    chosen = [
        (odd.filter((pl.col("kind") == "fund") & (pl.col("hifp_pay") != 0)), "FUND_UNKNOWN", held, "险种没有统筹基金"),
        (odd.filter(pl.col("kind") == "agreement"), "OUT_OF_AGREEMENT", held, "协议生效前"),
        (odd.filter((pl.col("kind") == "flags") & (pl.col("med_type") == "52")), "MATERNITY_FLAG_MISSING", held, "没有并发症标志"),
        (odd.filter(pl.col("kind") == "amount_refund"), "ORIGINAL_OPEN", back, "原结算有差异"),
        (odd.filter((pl.col("kind") == "reprice") & (pl.col("med_type") == "21") & priced), "REPRICE_DIFF", one, "统筹多付 1 元"),
        (odd.filter(pl.col("kind") == "identity"), "AMOUNT_IDENTITY", one, "各项基金之和少 1 元"),
        (made.filter(pl.col("medfee_sumamt") >= LARGE_FEE), "LARGE_FEE", one, "达到会审起点"),
    ]
    name = (market.start + k).text
    ledger.plants += [
        planted.many(frame, month=name, command=SETTLE, table=planted.FINDINGS, code=code, key=key, note=note)
        for frame, code, key, note in chosen if frame.height]
    counts = [odd.filter(pl.col("kind").is_in(list(names))).select("fixmedins_code", code=pl.lit(code)) for code, names in BREAKS.items()]
    if not before.is_empty():
        counts.append(before.filter(pl.col("kind") == "again").select("fixmedins_code", code=pl.lit("BREAK_OTHER_MONTH")))
    ledger.breaks.append(pl.concat(counts).group_by("fixmedins_code", "code").agg(n=pl.len().cast(pl.Int64)))


def planted_once(market: Market) -> pl.DataFrame:
    """每次都有的发现 (the first month, and what cannot be repriced)."""
    found = [{"month": market.start.text, "code": "FIRST_MONTH", "key": "", "note": "工作区没有更早的结算"}]
    note = "没有谈判药标志列" if market.region.stays else "文件没有住院标准"
    for k in range(market.months):
        found.append({"month": (market.start + k).text, "code": "REPRICE_SKIPPED", "key": "", "note": note})
    return planted.frame([{**f, "command": SETTLE, "table": planted.FINDINGS, "expect": ""} for f in found])


def _break_findings(market: Market, k: int, ledger: Ledger) -> pl.DataFrame:
    sums = pl.concat(ledger.breaks).group_by("fixmedins_code", "code").agg(pl.col("n").sum())
    return sums.select(
        month=pl.lit((market.start + k).text), command=pl.lit(SETTLE), table=pl.lit(planted.FINDINGS), code="code",
        key=planted.key_of(fixmedins_code="fixmedins_code"), expect=pl.lit("actual=") + pl.col("n").cast(pl.String),
        note=pl.lit("该类笔数"))


def _group_findings(market: Market, k: int, differing: pl.DataFrame) -> pl.DataFrame:
    ref = pl.concat_str(["clr_optins", "clr_type"], separator="|").alias("ref")
    return planted.many(
        differing.with_columns(ref), month=(market.start + k).text, command=SETTLE, table=planted.FINDINGS,
        code="STATEMENT_DIFF", key=planted.key_of(fixmedins_code="fixmedins_code", insutype="insutype", ref_no="ref"),
        note="双方总额不符")
