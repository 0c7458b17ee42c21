"""逐条比对 (details both ways): every row of either side in exactly one class (NXJY-35, 36; NXJG-11).

Keys are joined as numbers with the positions of their rows; columns are fetched by position afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from nxmed.settlements import holds, past
from nxmed.settlements.holds import REFUND
from nxmed.settlements.keys import COPY, MARK, Collision, copies, hashed
from nxmed.settlements.past import Known
from nxmed.settlements.shapes import COMPARED, KEY, PROVIDER_DATA, SettleInputs
from nxmed.settlements.straight import TAKEN

NOT_A_REFUND = "0"
MINE, THEIRS = "_mine", "_theirs"
ORIGINALS: dict[str, pl.DataType] = {
    MARK: pl.UInt64(), "on_agency": pl.Boolean(), "on_provider": pl.Boolean(), "recognised": pl.Boolean()}
ON_AGENCY, ON_PROVIDER = pl.col(MINE).is_not_null(), pl.col(THEIRS).is_not_null()


@dataclass(frozen=True)
class Pool:
    """双方的行 (agency and provider rows of the month, then those still open from before) that positions point into."""

    mine: pl.DataFrame
    theirs: pl.DataFrame

    def column(self, name: str, positions: pl.Series) -> pl.Series:
        """一列 of the agency (`name`) or of the provider (`provider_…`) at positions; empty where there is no row."""
        if name.startswith("provider_"):
            return self.theirs[name.removeprefix("provider_")].gather(positions).alias(name)
        return self.mine[name].gather(positions).alias(name)

    def fetch(self, rows: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
        """加上列 (those of `names` that `rows` does not have yet)."""
        wanted = [n for n in names if n not in rows.columns]
        return rows.with_columns([
            self.column(n, rows[THEIRS if n.startswith("provider_") else MINE]) for n in wanted])


@dataclass(frozen=True)
class Paired:
    """配好的行.

    rows: one per key: MARK, MINE and THEIRS (positions in the pool, empty where a side has none), the key, what classes
    are told by, `delivered` (came this month), `settled` (dealt with in an earlier month), `opened_period`, `agreed` (its
    totals agreed in its month, no detail).
    copies: further copies of a key within the month, one side each (MINE or THEIRS, copy_no). originals: what earlier
    months know of the keys that refunds name. opening: how many rows were open at the start.
    """

    rows: pl.DataFrame
    copies: pl.DataFrame
    originals: pl.DataFrame
    opening: int
    pool: Pool
    seed: int


def pair(mine: pl.DataFrame, theirs: pl.DataFrame, providers: pl.DataFrame, known: Known, inputs: SettleInputs, seed: int,
         plain: pl.DataFrame) -> Paired:
    """配对 (judged agency rows and provider rows of the month that are not straight, every column, MARK and periods;
    `plain`: MARK of the month's rows, TAKEN where they are). Raises keys.Collision."""
    extra = {MINE: copies(mine), THEIRS: copies(theirs)}
    joined = _positions(mine, MINE, extra[MINE]).join(
        _positions(theirs, THEIRS, extra[THEIRS]), on=MARK, how="full", coalesce=True)
    again = pl.concat([
        frame.select(pl.col("_row").alias(name), COPY) for name, frame in extra.items()], how="diagonal").select(
        pl.col(MINE).cast(pl.UInt32), pl.col(THEIRS).cast(pl.UInt32), COPY)
    pool = Pool(mine, theirs)
    keys = _with_key(joined, pool)
    settled = keys[MARK].is_in(known.settled[MARK].implode()) if known.settled.height else pl.lit(False)
    rows = keys.with_columns(
        settled=settled, delivered=pl.lit(True), opened_period=pl.lit(None, pl.String), agreed=pl.lit(False))
    if known.open.height:
        rows, pool = _with_open(rows, pool, known.open, providers, inputs)
    rows = pool.fetch(rows, [*COMPARED, *(f"provider_{c}" for c in COMPARED), "insutype", "provider_insutype", "clr_type",
                             "provider_clr_type", "org_setl_id", "provider_org_setl_id", "hold", "package"])
    refunds = rows.filter(pl.col("refd_setl_flag") == REFUND)
    named = refunds.select(
        "fixmedins_code", setl_id=pl.coalesce("org_setl_id", "provider_org_setl_id", "setl_id"),
        refd_setl_flag=pl.lit(NOT_A_REFUND)).unique().with_columns(hashed(seed))
    earlier = past.originals(inputs, seed, named) if named.height else pl.DataFrame(schema=ORIGINALS)
    here = plain.lazy().filter(TAKEN).select(MARK).join(named.lazy().select(MARK), on=MARK, how="semi").collect(
        engine="streaming").select(
        MARK, on_agency=pl.lit(True), on_provider=pl.lit(True), recognised=pl.lit(True))
    return Paired(rows, again, pl.concat([earlier, here]), known.open.height, pool, seed)


def _positions(frame: pl.DataFrame, name: str, extra: pl.DataFrame) -> pl.DataFrame:
    rows = frame.select(MARK).with_row_index(name)
    return rows.filter(~pl.col(name).is_in(extra["_row"].implode())) if extra.height else rows


def _with_key(joined: pl.DataFrame, pool: Pool) -> pl.DataFrame:
    """The key in words, the agency's where it has the row; both sides of a pair must spell the same."""
    found = []
    for k in KEY:
        mine, theirs = pool.column(k, joined[MINE]), pool.column(f"provider_{k}", joined[THEIRS])
        if (mine != theirs).any():
            raise Collision
        found.append(mine.zip_with(mine.is_not_null(), theirs).alias(k))
    return joined.with_columns(found)


def _with_open(rows: pl.DataFrame, pool: Pool, opened: pl.DataFrame, providers: pl.DataFrame, inputs: SettleInputs
               ) -> tuple[pl.DataFrame, Pool]:
    """The month's rows with what is open from before: a side that did not come again stands as it was."""
    opened = opened.with_columns(
        _mine_open=_numbered(opened["medfee_sumamt"], pool.mine.height),
        _theirs_open=_numbered(opened["provider_medfee_sumamt"], pool.theirs.height))
    older = opened.filter(pl.col("_mine_open").is_not_null()).lazy()
    again = holds.judged(older, providers, inputs.law, inputs.period).collect()
    listed = opened.filter(pl.col("_theirs_open").is_not_null()).select(
        MARK, *KEY, *[pl.col(f"provider_{n}").alias(n) for n in (*PROVIDER_DATA, "period")])
    pool = Pool(pl.concat([pool.mine, again.select(pool.mine.columns)]), pl.concat([pool.theirs, listed.select(pool.theirs.columns)]))
    touched = rows[MARK].is_in(opened[MARK].implode())
    hit = rows.filter(touched).drop("opened_period").join(
        opened.select(MARK, *KEY, "_mine_open", "_theirs_open", "opened_period"), on=MARK, how="left", suffix="_open")
    if hit.select(pl.any_horizontal([pl.col(k) != pl.col(f"{k}_open") for k in KEY]).any()).item():
        raise Collision
    hit = hit.with_columns(pl.coalesce(MINE, "_mine_open").alias(MINE), pl.coalesce(THEIRS, "_theirs_open").alias(THEIRS))
    resting = opened.join(rows.select(MARK), on=MARK, how="anti").with_columns(
        pl.col("_mine_open").alias(MINE), pl.col("_theirs_open").alias(THEIRS), delivered=pl.lit(False), settled=pl.lit(False),
        # Equal by its totals in its month, and held since for another reason.
        agreed=((pl.col("stmt_diff") == "00") & pl.col("_theirs_open").is_null()).fill_null(False))
    return pl.concat([rows.filter(~touched), hit.select(rows.columns), resting.select(rows.columns)]), pool


def _numbered(present: pl.Series, start: int) -> pl.Series:
    """Positions from `start` for the rows that have the side."""
    there = present.is_not_null()
    numbers = there.cast(pl.UInt32).cum_sum() + start - 1
    return numbers.cast(pl.UInt32).zip_with(there, pl.Series([None], dtype=pl.UInt32))


def with_originals(paired: Paired, rows: pl.DataFrame) -> pl.DataFrame:
    """退费的原结算 (adds `org_hash`, `org_agency`, `org_provider`, `org_recognised`; empty on rows that are no refunds)."""
    seed = paired.seed
    refund = pl.col("refd_setl_flag") == REFUND
    named = pl.coalesce("org_setl_id", "provider_org_setl_id", "setl_id")
    marked = pl.when(refund).then(named.hash(seed) ^ pl.lit(NOT_A_REFUND).hash(seed + 1) ^ pl.col("fixmedins_code").hash(seed + 2))
    rows = rows.with_columns(org_hash=marked)
    here = rows.filter(rows[MARK].is_in(rows["org_hash"].drop_nulls().implode())).select(
        MARK, on_agency=ON_AGENCY, on_provider=ON_PROVIDER | pl.col("by_totals"), recognised=pl.lit(False))
    known = pl.concat([here, paired.originals]).group_by(MARK).agg(pl.col("on_agency", "on_provider", "recognised").any())
    return rows.join(known.select(
        pl.col(MARK).alias("org_hash"), pl.col("on_agency").alias("org_agency"), pl.col("on_provider").alias("org_provider"),
        pl.col("recognised").alias("org_recognised")), on="org_hash", how="left", maintain_order="left").with_columns(
        pl.when(refund).then(pl.col(c).fill_null(False)).alias(c) for c in ("org_agency", "org_provider", "org_recognised"))


def stmt_diff() -> pl.Expr:
    """对账结果 (the first class that holds; copies are classed apart). Needs `settled`, `by_totals` and the originals."""
    amounts = pl.any_horizontal([pl.col(c) != pl.col(f"provider_{c}") for c in COMPARED])
    kinds = pl.any_horizontal([
        (pl.col(c) != pl.col(f"provider_{c}")).fill_null(False) for c in ("insutype", "clr_type")])
    refund = pl.col("refd_setl_flag") == REFUND
    lost = ~(pl.col("org_agency") & pl.col("org_provider"))
    return (
        pl.when(pl.col("settled")).then(pl.lit("07"))
        .when(~ON_AGENCY).then(pl.lit("01"))
        .when(~ON_PROVIDER & pl.col("by_totals")).then(pl.lit("00"))
        .when(~ON_PROVIDER).then(pl.lit("02"))
        .when(kinds).then(pl.lit("04"))
        .when(refund & (amounts | lost)).then(pl.lit("05"))
        .when(amounts).then(pl.lit("03"))
        .otherwise(pl.lit("00"))
        .alias("stmt_diff")
    )
