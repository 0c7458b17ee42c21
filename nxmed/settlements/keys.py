"""主键 (keys of settlements as one 64-bit number): joined on, and proved free of collisions by the text itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import polars as pl

from nxmed.errors import IntegrityError
from nxmed.settlements.shapes import KEY

T = TypeVar("T")
TRIES = 8
MARK = "key_hash"
CHECK = "key_check"
COPY = "copy_no"


class Collision(Exception):
    """两个主键撞成一个数 (two keys gave one number: try again with another seed)."""


def hashed(seed: int, *, setl_id: str = "setl_id", flag: pl.Expr | None = None) -> pl.Expr:
    """主键的 64 位数 (provider, settlement, refund flag)."""
    refund = pl.col("refd_setl_flag") if flag is None else flag
    return (
        pl.col(setl_id).hash(seed) ^ refund.hash(seed + 1) ^ pl.col("fixmedins_code").hash(seed + 2)
    ).alias(MARK)


def checked(seed: int) -> pl.Expr:
    """第二个 64 位数 of the same key, from other seeds: two keys that share one number do not share both."""
    return (
        pl.col("setl_id").hash(seed + 5) ^ pl.col("refd_setl_flag").hash(seed + 6) ^ pl.col("fixmedins_code").hash(seed + 7)
    ).alias(CHECK)


def with_seed(work: Callable[[int], T]) -> T:
    """换种子直到没有碰撞 (runs `work(seed)`; the result does not depend on which seed was free of collisions)."""
    for seed in range(0, TRIES * 10, 10):
        try:
            return work(seed)
        except Collision:
            continue
    raise IntegrityError("主键哈希多次碰撞", "请保留输入文件并联系维护人员",
                         text_en="key hashes collided again and again", hint_en="keep the inputs and call the maintainers")


def repeated(marks: pl.Series) -> bool:
    """有无重复 (whether any number occurs twice)."""
    ordered = marks.sort()
    return bool((ordered == ordered.shift(1)).any())


def copies(frame: pl.DataFrame) -> pl.DataFrame:
    """副本 (rows that repeat a key: `_row` and `copy_no`, 2 for the second by file and row; none when keys are unique).

    Raises Collision where two different keys share a number.
    """
    none = pl.DataFrame(schema={"_row": pl.UInt32, COPY: pl.Int64})
    if not repeated(frame[MARK]):
        return none
    again = frame.with_row_index("_row").filter(pl.col(MARK).is_duplicated())
    proved(again)
    return again.select(
        "_row", pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(MARK, order_by=["src_file", "src_row"]).alias(COPY),
    ).filter(pl.col(COPY) > 1).sort("_row")


def proved(frame: pl.DataFrame) -> None:
    """证明没有碰撞 (rows that share a number share the key)."""
    if frame.select(MARK, *KEY).n_unique() != frame[MARK].n_unique():
        raise Collision


def same_key(joined: pl.DataFrame, suffix: str = "_other") -> None:
    """证明配对正确 (both sides of every pair carry the same text)."""
    pairs = joined.filter(pl.col(f"setl_id{suffix}").is_not_null())
    differ = pl.any_horizontal([pl.col(k) != pl.col(f"{k}{suffix}") for k in KEY])
    if pairs.select(differ.any()).item():
        raise Collision
