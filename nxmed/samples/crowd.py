"""普通单位与人员 (the crowd: ordinary units and their people), columnar, any size.

Everything is drawn by position (`chance`): no row depends on another one's place, on threads or on hash order.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.kernel.money import clamp, half_up
from nxmed.kernel.period import Period
from nxmed.samples import identities
from nxmed.samples.chance import draw
from nxmed.samples.regions import Region

FIRST_PERSON = 10_000
"""Serial numbers below belong to the planted cases."""
FIRST_UNIT = 1_000
FIRST_VIRTUAL = 900
PAYING = ("1101", "1102", "1160")
RETIRED = ("1201",)
"""退休 (离休 1300 is no retiree for the supplement)."""
BUSY_SIZES = (5, 8, 13, 20, 34, 70)
"""Sizes of units that repeat over the region, 25 persons on average."""

_KINDS = (("bill", 500), ("period", 670), ("lump", 780), ("split", 860), ("open", 900), ("late", 940), ("short", 970))
_PLANTED_KINDS = (("over", 976), ("diff", 982), ("twice", 988))
_TYPES = (("1101", 78), ("1102", 80), ("1160", 82), ("1201", 97), ("1103", 99), ("1300", 100))


@dataclass(frozen=True)
class Crowd:
    """普通单位与人员.

    units: emp_no … as the contract, plus u, county, kind, declared, paid_day. persons: one row per person and unit,
    with u, wag (fen), enters and leaves (month index: on the roster for enters ≤ k < leaves), late, twice.
    """

    units: pl.DataFrame
    persons: pl.DataFrame


@dataclass(frozen=True)
class Wishes:
    """规模与内容: persons, sizes of units, wages with cents or in whole hundreds, planted differences among the crowd
    or none, number of counties (0: all)."""

    persons: int
    seed: int
    sizes: tuple[int, ...] = BUSY_SIZES
    cents: bool = True
    plants: bool = True
    counties: int = 0

    @property
    def units(self) -> int:
        """单位数 that the persons fill."""
        full, rest = divmod(self.persons, sum(self.sizes))
        return full * len(self.sizes) + sum(1 for n in range(len(self.sizes)) if sum(self.sizes[:n]) < rest)

    def spread(self, region: Region) -> int:
        """Counties in use (0: all of the region's)."""
        return min(self.counties or len(region.divisions), len(region.divisions))


def _steps(value: pl.Expr, steps: tuple[tuple[str, int], ...], otherwise: str) -> pl.Expr:
    chosen: pl.Expr = pl.lit(otherwise)
    for name, below in reversed(steps):
        chosen = pl.when(value < below).then(pl.lit(name)).otherwise(chosen)
    return chosen


def _county(region: Region, column: str) -> list[pl.Expr]:
    index = pl.col(column)
    codes = tuple(code for code, _ in region.divisions)
    names = tuple(zh for _, zh in region.divisions)
    return [identities.pick(index, codes).alias("insu_admdvs"), identities.pick(index, names).alias("place")]


def make_units(region: Region, wishes: Wishes) -> pl.DataFrame:
    """普通单位, then one virtual unit per county that holds its flexible workers (emp_mgt_type 02)."""
    seed = wishes.seed
    steps = (*_KINDS, *_PLANTED_KINDS) if wishes.plants else _KINDS
    units = (
        pl.select(u=pl.int_range(wishes.units, dtype=pl.Int64))
        .with_columns(
            county=draw("u", seed, "county", wishes.spread(region)),
            kind=_steps(draw("u", seed, "kind", 1000), steps, "bill"),
            declared=(draw("u", seed, "declared", 1000) >= 5) | (not wishes.plants),
            paid_day=5 + draw("u", seed, "day", 20),
            public=draw("u", seed, "public", 4) == 0,
        )
        .with_columns(_county(region, "county"))
        .with_columns(serial=pl.col("u") + FIRST_UNIT, area=pl.col("insu_admdvs").cast(pl.Int64))
        .with_columns(
            emp_no=pl.col("insu_admdvs") + pl.col("serial").cast(pl.String).str.zfill(6),
            emp_name=identities.unit_name(
                pl.col("place"),
                draw("u", seed, "word", len(identities.WORDS)),
                draw("u", seed, "trade", len(identities.TRADES)),
                pl.col("serial"),
            ),
            uscc=pl.when(pl.col("public"))
            .then(identities.uscc(pl.col("serial"), pl.col("area"), "12"))
            .otherwise(identities.uscc(pl.col("serial"), pl.col("area"))),
            emp_mgt_type=pl.lit("01"),
            quts_type=pl.when(pl.col("public")).then(pl.lit("1")).otherwise(pl.lit("2")),
            emp_insu_stas=pl.lit("2"),
        )
    )
    virtual = (
        pl.select(county=pl.int_range(wishes.spread(region), dtype=pl.Int64))
        .with_columns(_county(region, "county"))
        .with_columns(
            u=-1 - pl.col("county"), serial=pl.col("county") + FIRST_VIRTUAL, area=pl.col("insu_admdvs").cast(pl.Int64)
        )
        .with_columns(
            emp_no=pl.col("insu_admdvs") + pl.col("serial").cast(pl.String).str.zfill(6),
            emp_name=pl.col("place") + "灵活就业人员（虚拟单位）",
            uscc=identities.uscc(pl.col("serial"), pl.col("area"), "11"),
            emp_mgt_type=pl.lit("02"),
            quts_type=pl.lit("2"),
            emp_insu_stas=pl.lit("2"),
            kind=pl.lit("none"),
            declared=pl.lit(True),
            paid_day=pl.lit(5, pl.Int64),
            public=pl.lit(False),
        )
    )
    return pl.concat([units, virtual.select(units.columns)])


def make_persons(region: Region, wishes: Wishes, units: pl.DataFrame, months: int) -> pl.DataFrame:
    """普通人员, with the months in which they are on the roster."""
    seed, block = wishes.seed, sum(wishes.sizes)
    place_of = [n for n, size in enumerate(wishes.sizes) for _ in range(size)]
    first_of = {sum(wishes.sizes[:n]) for n in range(len(wishes.sizes))}
    at = pl.col("i") % block
    wage = (
        4_000
        + draw("i", seed, "wage", 60) * 100
        + pl.when(draw("i", seed, "high", 12) == 0).then(draw("i", seed, "more", 220) * 100).otherwise(0)
    )
    cents = draw("i", seed, "cents", 10_000) if wishes.cents else pl.lit(0, pl.Int64)
    moves = draw("i", seed, "moves", 400) if months > 1 else pl.lit(400, pl.Int64)
    when = 1 + draw("i", seed, "when", max(1, months - 1))
    ordinary = pl.col("psn_type").is_in(PAYING) & ~pl.col("first") & pl.col("declared")
    persons = (
        pl.select(i=pl.int_range(wishes.persons, dtype=pl.Int64))
        .with_columns(
            u=pl.col("i") // block * len(wishes.sizes)
            + at.replace_strict(list(range(block)), place_of, return_dtype=pl.Int64),
            first=at.is_in(sorted(first_of)),
            wag=wage * 100 + cents,
            drawn=_steps(draw("i", seed, "type", 100), _TYPES, "1101"),
            moves=moves,
            when=when,
        )
        .join(
            units.select("u", "county", "insu_admdvs", "emp_no", "declared", "area"),
            on="u",
            how="left",
            maintain_order="left",
        )
        .with_columns(psn_type=pl.when(pl.col("first")).then(pl.lit("1101")).otherwise("drawn"))
        .with_columns(
            mover=pl.when(ordinary).then(pl.col("moves")).otherwise(400),
            serial=pl.col("i") + FIRST_PERSON,
            retired=pl.col("psn_type").is_in(["1201", "1300"]),
        )
        .with_columns(
            enters=pl.when(pl.col("mover") == 0).then("when").otherwise(0),
            leaves=pl.when(pl.col("mover").is_in([1, 2])).then("when").otherwise(months),
            late=(pl.col("mover") == 2) & (region.cutoff_day < 31),
            psn_no=pl.col("insu_admdvs") + pl.col("serial").cast(pl.String).str.zfill(14),
            psn_name=identities.person_name(
                draw("i", seed, "surname", len(identities.SURNAMES)), draw("i", seed, "given", len(identities.GIVEN))
            ),
            certno=identities.certno(pl.col("serial"), pl.col("area"), pl.col("retired")),
            hi_type=pl.lit("1"),
            psn_insu_stas=pl.lit("1"),
            twice=pl.lit(False),
        )
    )
    virtual = units.filter(pl.col("u") < 0).select("county", home="emp_no")
    persons = (
        persons.join(virtual, on="county", how="left", maintain_order="left")
        .with_columns(
            emp_no=pl.when(pl.col("psn_type") == "1103").then("home").otherwise("emp_no"),
            u=pl.when(pl.col("psn_type") == "1103").then(-1 - pl.col("county")).otherwise("u"),
        )
        .drop("i", "drawn", "moves", "when", "county", "home", "area", "first")
    )
    return _with_second_jobs(persons, units, wishes)


def _with_second_jobs(persons: pl.DataFrame, units: pl.DataFrame, wishes: Wishes) -> pl.DataFrame:
    """重复参保: a few people stand in the unit next door as well (both are held, neither owes)."""
    if not wishes.plants:
        return persons
    chosen = (draw("serial", wishes.seed, "second", 5_000) == 0) & (pl.col("mover") > 2) & pl.col("declared")
    neighbours = units.filter(pl.col("declared")).select(
        u=pl.col("u") - 1, next_emp="emp_no", next_area="insu_admdvs", next_u="u"
    )
    second = (
        persons.filter(chosen & pl.col("psn_type").is_in(PAYING))
        .join(neighbours, on="u", how="inner", maintain_order="left")
        .with_columns(emp_no="next_emp", insu_admdvs="next_area", u="next_u", twice=pl.lit(True))
        .select(persons.columns)
    )
    seen = second.get_column("psn_no").implode()
    return pl.concat([persons.with_columns(twice=pl.col("psn_no").is_in(seen)), second])


def expected_dues(region: Region, wishes: Wishes, crowd: Crowd, start: Period, months: int) -> pl.DataFrame:
    """应缴 of every unit and month (u, k, insutype, emp, psn in fen; k = −1 is the month before the sample)."""
    payers = crowd.persons.filter(pl.col("psn_type").is_in(PAYING) & ~pl.col("twice")).join(
        crowd.units.select("u", "quts_type"), on="u", how="left"
    )
    rate = pl.col("quts_type").replace_strict(
        {k: v for k, v in region.unit_ppm.items() if k in ("1", "2")}, return_dtype=pl.Int64
    )
    found = []
    for k in range(months):
        bounds = region.bounds(start, start + k)
        base = clamp(pl.col("wag"), bounds.floor, bounds.ceiling)
        found.append(
            payers.filter((pl.col("enters") <= k) & (pl.col("leaves") > k))
            .group_by("u")
            .agg(emp=half_up(base, rate).sum(), psn=half_up(base, region.person_ppm).sum())
            .select("u", pl.lit(k, pl.Int64).alias("k"), pl.lit("310").alias("insutype"), "emp", "psn")
        )
    before = found[0].with_columns(k=pl.lit(-1, pl.Int64))
    silent = crowd.units.filter(~pl.col("declared")).get_column("u").implode()
    estimated, last = [], before.filter(pl.col("u").is_in(silent))
    for k in range(months):
        last = last.with_columns(
            k=pl.lit(k, pl.Int64), emp=half_up_estimate("emp", region), psn=half_up_estimate("psn", region)
        )
        estimated.append(last)
    found = [month.filter(~pl.col("u").is_in(silent)) for month in found]
    if region.supplement:
        found += [supplements(region, crowd, start, k) for k in range(months)]
    return pl.concat([before, *found, *estimated]).sort("k", "insutype", "u")


def half_up_estimate(column: str, region: Region) -> pl.Expr:
    """上月数额的 110 %, 四舍五入到分."""
    return ((pl.col(column) * region.estimate_ppm * 2 + 1_000_000) // 2_000_000).alias(column)


def supplements(region: Region, crowd: Crowd, start: Period, k: int) -> pl.DataFrame:
    """大额 (330) of month k: whoever comes in that month, and everybody in January."""
    january = (start + k).month == 1
    everyone = (pl.col("enters") <= k) & (pl.col("leaves") > k)
    due = everyone if january else (pl.col("enters") == k) & (k > 0)
    pays = pl.col("psn_type").is_in(PAYING)
    return (
        crowd.persons.filter(due & ~pl.col("twice") & (pays | pl.col("psn_type").is_in(RETIRED)))
        .group_by("u")
        .agg(emp=pays.cast(pl.Int64).sum() * region.supplement_emp, psn=pl.len().cast(pl.Int64) * region.supplement_psn)
        .select("u", pl.lit(k, pl.Int64).alias("k"), pl.lit("330").alias("insutype"), "emp", "psn")
    )


def make_crowd(region: Region, wishes: Wishes, months: int) -> Crowd:
    """普通单位与人员."""
    units = make_units(region, wishes)
    return Crowd(units, make_persons(region, wishes, units, months))
