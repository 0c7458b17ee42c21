"""普通机构与结算 (the crowd's providers and their settlements), columnar, made piece by piece: any number of rows.

Everything is drawn by position (`chance`): a piece can be made alone, and again for the next month's late rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from nxmed.kernel.money import half_up
from nxmed.kernel.period import Period
from nxmed.samples import identities
from nxmed.samples.chance import draw
from nxmed.samples.layout_providers import AMOUNTS
from nxmed.samples.regions import Region

PIECE = 262_144
"""Positions of one piece: a row group, a few hundred MB at work."""
FIRST_PROVIDER = 1_000
FIRST_PERSON = 20_000_000
ROWS_PER_PROVIDER = 3_000
FEWEST, MOST = 12, 800
POOL = 200_000
"""Names and identity numbers that the crowd's patients share out."""
PACKAGE = 400_000
LARGE_FEE = 20_000_000
OVERPAID = 100
DEPOSIT = "0.05"
KINDS = (
    "provider_only", "agency_only", "late", "amount", "amount_refund", "type", "refund", "refund_off", "twice", "again",
    "identity", "fund", "agreement", "flags", "reprice", "large",
)
"""What is planted: each about one settlement in two thousand (large fees: one in twenty thousand)."""
SHARE = 100_000
EACH, FEW = 50, 5
DAY_BEFORE = date(2023, 12, 31)
"""No agreement covers it."""


@dataclass(frozen=True)
class Market:
    """规模: settlements a month, seed, months from `start`; `plants`: with differences among them."""

    region: Region
    settlements: int
    seed: int
    start: Period
    months: int
    plants: bool = True

    @property
    def count(self) -> int:
        """机构数."""
        return min(max(self.settlements // ROWS_PER_PROVIDER, FEWEST), MOST)

    def pieces(self) -> list[tuple[int, int]]:
        """Positions of a month, piece by piece."""
        return [(a, min(a + PIECE, self.settlements)) for a in range(0, self.settlements, PIECE)]


def make_providers(market: Market) -> pl.DataFrame:
    """普通机构 (one in four a pharmacy; levels 1 to 3), with p, county and level besides the contract's columns."""
    region, seed = market.region, market.seed
    codes, names = (tuple(x) for x in zip(*region.divisions, strict=True))
    shop = pl.col("p") % 4 == 3
    grade = draw("p", seed, "hospital level", 3)
    return (
        pl.select(p=pl.int_range(market.count, dtype=pl.Int64))
        .with_columns(county=draw("p", seed, "provider county", len(codes)), shop=shop, grade=grade)
        .with_columns(
            fix_blng_admdvs=identities.pick(pl.col("county"), codes), place=identities.pick(pl.col("county"), names),
            level=pl.col("grade").replace_strict([0, 1, 2], ["3", "2", "1"], return_dtype=pl.String),
            hosp_lv=pl.when("shop").then(pl.lit("11")).otherwise(
                pl.col("grade").replace_strict([0, 1, 2], ["02", "05", "08"], return_dtype=pl.String)),
            number=pl.col("p") + FIRST_PROVIDER,
        )
        .with_columns(
            fixmedins_code=pl.when("shop").then(pl.lit("P")).otherwise(pl.lit("H")) + pl.col("fix_blng_admdvs")
            + pl.col("number").cast(pl.String).str.zfill(5),
            fixmedins_name=pl.col("place") + pl.lit("样例") + pl.when("shop").then(pl.lit("药店")).otherwise(pl.lit("医院"))
            + pl.col("number").cast(pl.String),
            fixmedins_type=pl.when("shop").then(pl.lit("2")).otherwise(pl.lit("1")),
            dedc_hosp_lv="hosp_lv", efft_time=pl.lit(date(2024, 1, 1)), invd_time=pl.lit(date(2099, 12, 31)),
            cntr_stas=pl.lit("1"), clr_way=pl.lit("10"), dpst_rat=pl.lit(DEPOSIT), turnover_fund=pl.lit(None, pl.Int64),
            matn_headcap_amt=pl.when("shop").then(None).otherwise(pl.lit(PACKAGE, pl.Int64)),
            clr_optins=pl.col("fix_blng_admdvs").str.slice(0, 4) + pl.lit("00"),
        )
    )


def make_pool(market: Market) -> pl.DataFrame:
    """就诊人员的姓名和证件 (shared out among the patients by position)."""
    area = int(market.region.divisions[0][0])
    size = min(POOL, max(market.settlements, 1))
    at = pl.int_range(size, dtype=pl.Int64)
    return pl.select(
        psn_name=identities.person_name(
            draw(at, market.seed, "patient surname", len(identities.SURNAMES)),
            draw(at, market.seed, "patient given", len(identities.GIVEN))),
        certno=identities.certno(at, pl.lit(area, pl.Int64), pl.lit(False)))


def kinds(market: Market, k: int, begin: int, end: int) -> pl.DataFrame:
    """位置与种类 (`i` the position in the month, `g` over all months, `kind`)."""
    at = pl.int_range(begin, end, dtype=pl.Int64)
    frame = pl.select(i=at).with_columns(g=pl.col("i") + k * market.settlements)
    drawn = draw("g", market.seed, "settlement kind", SHARE)
    kind: pl.Expr = pl.lit("even")
    if market.plants:
        below = FEW
        kind = pl.when(drawn < below).then(pl.lit("large")).otherwise(pl.lit("even"))
        for name in KINDS[:-1]:
            kind = pl.when((drawn >= below) & (drawn < below + EACH)).then(pl.lit(name)).otherwise(kind)
            below += EACH
    return frame.with_columns(kind=kind)


def rows(market: Market, k: int, chosen: pl.DataFrame, providers: pl.DataFrame, pool: pl.DataFrame) -> pl.DataFrame:
    """结算 (settlements at the positions of `chosen`, as both sides would have them; with kind, p and level)."""
    region, seed = market.region, market.seed
    month = market.start + k
    dingxi = region.supplement
    frame = _who(market, chosen, providers, pool).with_columns(share=draw("g", seed, "medical type", 1000))
    plain = ~pl.col("kind").is_in(["even", "flags", "reprice", "large"])
    kind_of = (
        pl.when("shop").then(pl.lit("41")).when(plain).then(pl.lit("11"))
        .when(pl.col("kind").is_in(["reprice", "large"])).then(pl.lit("21"))
        .when(pl.col("kind") == "flags").then(pl.lit("11" if dingxi else "52"))
        .when(pl.col("share") < 80).then(pl.lit("21"))
        .when(pl.col("share") < 110).then(pl.lit("14" if dingxi else "11"))
        .when(pl.col("share") < 115).then(pl.lit("11" if dingxi else "52"))
        .otherwise(pl.lit("11")))
    frame = frame.with_columns(med_type=kind_of)
    stay, chronic, delivery, shop = (pl.col("med_type") == t for t in ("21", "14", "52", "41"))
    resident = ~stay & ~chronic & ~delivery & ~shop & (draw("g", seed, "resident", 4) == 0) & (pl.col("kind") == "even")
    frame = frame.with_columns(
        clr_type=pl.when(stay | delivery).then(pl.lit("21")).when(shop).then(pl.lit("41")).otherwise(pl.lit("11")),
        insutype=pl.when(pl.col("kind") == "fund").then(pl.lit("340")).when(resident).then(pl.lit("390")).otherwise(pl.lit("310")),
        begndate=pl.when(pl.col("kind") == "agreement").then(pl.lit(DAY_BEFORE)).otherwise(
            pl.lit(month.first_day) + pl.duration(days=draw("g", seed, "day", 27))),
    )
    frame = _amounts(market, frame, stay, chronic, delivery, shop)
    number = pl.lit(f"{month.ym}") + pl.col("i").cast(pl.String).str.zfill(10)
    return frame.with_columns(
        setl_id=pl.lit("JS") + number, mdtrt_id=pl.lit("M") + number, refd_setl_flag=pl.lit("0"), setl_type=pl.lit("2"),
        enddate="begndate", setl_time=pl.col("begndate").cast(pl.Datetime("us")) + pl.duration(hours=9 + pl.col("g") % 8),
        pay_loc=pl.lit("2"), out_fil_type=pl.lit(None, pl.String), emer_flag=pl.lit(None, pl.String),
        org_setl_id=pl.lit(None, pl.String), insu_admdvs=pl.col("fix_blng_admdvs"), booking_flag=pl.lit(None, pl.String),
        cop_flag=pl.when(delivery & (pl.col("kind") != "flags")).then(pl.lit("0")),
    )


def _who(market: Market, chosen: pl.DataFrame, providers: pl.DataFrame, pool: pl.DataFrame) -> pl.DataFrame:
    """Where and who: a provider (the first ones are the big ones), a patient of one's own."""
    places = chosen.with_columns(
        p=pl.min_horizontal(draw("g", market.seed, "provider", market.count), draw("g", market.seed, "provider again", market.count)))
    found = providers.select("fixmedins_code", "fix_blng_admdvs", "clr_optins", "level", "shop")[places["p"]]
    people = pool[chosen.select(draw("g", market.seed, "patient", pool.height)).to_series()]
    psn_no = found["fix_blng_admdvs"] + chosen.select((pl.col("g") + FIRST_PERSON).cast(pl.String).str.zfill(14)).to_series()
    return pl.concat([places, found, people, psn_no.alias("psn_no").to_frame()], how="horizontal")


def _amounts(
    market: Market, frame: pl.DataFrame, stay: pl.Expr, chronic: pl.Expr, delivery: pl.Expr, shop: pl.Expr
) -> pl.DataFrame:
    """The twenty amounts. Stays are priced by the level's numbers where the region's text gives them, else at 80 %."""
    seed, zero = market.seed, pl.lit(0, pl.Int64)
    scope = (
        pl.when(stay).then(150_000 + draw("g", seed, "stay", 3_850_000))
        .when(delivery).then(350_000 + draw("g", seed, "delivery", 150_000))
        .when(chronic).then(10_000 + draw("g", seed, "chronic", 90_000))
        .otherwise(zero))
    terms = market.region.stays
    if terms:
        deductible, rate = (pl.col("level").replace_strict(terms[n], return_dtype=pl.Int64) for n in ("deductible", "rate"))
        priced = half_up(scope - deductible, rate)
        own = scope - priced
        large = half_up(pl.max_horizontal(own - terms["threshold"], zero), pl.lit(terms["supplement"], pl.Int64))
    else:
        priced, large = half_up(scope, pl.lit(800_000, pl.Int64)), zero
    share = half_up(scope, pl.lit(700_000, pl.Int64))
    frame = frame.with_columns(
        scope=scope,
        hifp_pay=pl.when(stay).then(priced).when(delivery).then(scope).when(chronic).then(share).when(shop).then(zero)
        .otherwise(2_000 + draw("g", seed, "visit fund", 38_000)),
        hifob_pay=pl.when(stay).then(large).otherwise(zero),
        acct_pay=pl.when(stay | chronic | delivery).then(zero).when(shop).then(500 + draw("g", seed, "shop", 20_000))
        .otherwise(draw("g", seed, "visit account", 6_000)),
        cash=pl.when(stay | chronic | delivery | shop).then(zero).otherwise(500 + draw("g", seed, "visit cash", 9_000)),
        beyond=pl.when((pl.col("kind") == "large") & stay).then(LARGE_FEE).otherwise(zero),
    )
    visit = pl.col("scope") == 0
    frame = frame.with_columns(
        hifp_pay=pl.col("hifp_pay") + pl.when((pl.col("kind") == "reprice") & stay).then(OVERPAID).otherwise(zero),
        inscp_scp_amt=pl.when(visit).then(pl.col("hifp_pay") + pl.col("acct_pay") + pl.col("cash")).otherwise("scope"))
    frame = frame.with_columns(
        fund_pay_sumamt=pl.col("hifp_pay") + pl.col("hifob_pay"),
        medfee_sumamt=pl.col("inscp_scp_amt") + pl.col("beyond"), fulamt_ownpay_amt="beyond")
    frame = frame.with_columns(
        psn_part_amt=pl.col("medfee_sumamt") - pl.col("fund_pay_sumamt"),
        psn_cash_pay=pl.col("medfee_sumamt") - pl.col("fund_pay_sumamt") - pl.col("acct_pay"))
    missing = [pl.lit(0, pl.Int64).alias(n) for n, _, _ in AMOUNTS if n not in frame.columns]
    return frame.with_columns(missing)


