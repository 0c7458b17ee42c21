"""拨付守恒 (what must hold of a batch and of the whole store at every moment; SPEC section 5)."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from nxmed.kernel.stage import Equation
from nxmed.payouts.shapes import LIVE_STATES, Batch


def batch_equations(batch: Batch, lines: pl.DataFrame, line_items: pl.DataFrame, answers: pl.DataFrame) -> list[Equation]:
    """一个批次: lines = declared, items = lines, what the bank paid = lines in state paid.

    lines in LINE, line_items in LINE_ITEM with `live`, answers: accepted rows of the bank (pay_sn, no, pay_stas, amt).
    """
    key = batch.bat_no
    # a success that arrives after its own return joins the history only: what counts is the furthest state, not the latest row
    last = answers.sort("pay_sn", "pay_stas", "no").unique("pay_sn", keep="last", maintain_order=True)
    paid = lines.filter(pl.col("state") == "paid")
    of_items = line_items.group_by("pay_sn").agg(items=pl.col("amt").sum())
    uneven = lines.join(of_items, on="pay_sn", how="full", coalesce=True).filter(pl.col("amt").ne_missing(pl.col("items")))
    alive = line_items.join(lines.select("pay_sn", "state"), on="pay_sn", how="left").filter(
        (pl.col("live") == 1).ne_missing(pl.col("state").is_in(LIVE_STATES)))
    return [
        Equation(f"payout.{key}.count", f"{key} 行数 = 申报笔数", {"行数": lines.height}, {"申报笔数": batch.declared_count}, unit="rows",
                 en=f"{key}: lines = declared count"),
        Equation(f"payout.{key}.amount", f"{key} 付款行合计 = 申报总额", {"付款行": _sum(lines)}, {"申报总额": batch.declared_amt},
                 en=f"{key}: lines = declared total"),
        Equation(f"payout.{key}.items", f"{key} 付款项合计 = 付款行合计", {"付款项": _sum(line_items)}, {"付款行": _sum(lines)},
                 en=f"{key}: items = lines"),
        Equation(f"payout.{key}.each", f"{key} 每行 = 其付款项之和，状态与占用一致", {"不符": uneven.height + alive.height}, {"": 0}, unit="rows",
                 en=f"{key}: each line = its items, live as its state says"),
        Equation(f"payout.{key}.paid", f"{key} 银行已付 = 已付行", {"银行已付": _sum(last.filter(pl.col("pay_stas") == "1"))},
                 {"已付行": _sum(paid)}, en=f"{key}: paid by the bank = lines in state paid"),
    ]


def store_equations(source: str, items: pl.DataFrame, held: pl.DataFrame) -> list[Equation]:
    """一个来源的全部付款项 = 暂缓 + 在途批次 + 已付 + 失败退汇待付 + 作废待编.

    items: every item ever in a batch (item_id, amt, pay_sn, live, line_state, one row per line it was on); held: HELD.
    """
    counted = items.filter(pl.col("line_state") != "cancelled")
    standing = pl.concat([counted.select("item_id", "amt"), held.select("item_id", "amt")]).unique()
    amounts = standing.height - standing["item_id"].n_unique()
    dropped = items.filter(pl.col("line_state") == "cancelled").join(standing.select("item_id"), on="item_id", how="anti").sort(
        "item_id", "pay_sn").unique("item_id", keep="last", maintain_order=True)
    known = pl.concat([standing, dropped.select("item_id", "amt")])
    live = counted.filter(pl.col("live") == 1)
    twice = live.height - live["item_id"].n_unique()
    paid = live.filter(pl.col("line_state") == "paid")
    waiting = live.filter(pl.col("line_state") != "paid")
    kept = held.join(live.select("item_id"), on="item_id", how="anti")
    bounced = counted.join(pl.concat([live.select("item_id"), kept.select("item_id")]), on="item_id", how="anti").unique("item_id")
    classes: Mapping[str, pl.DataFrame] = {
        "暂缓": kept, "在途批次": waiting, "已付": paid, "失败退汇待付": bounced, "作废待编": dropped}
    return [
        Equation(f"payout.{source}.items", f"{source} 付款项 = 暂缓 + 在途批次 + 已付 + 失败退汇待付 + 作废待编",
                 {"付款项": _sum(known)}, {name: _sum(frame) for name, frame in classes.items()},
                 en=f"{source}: items = held + in live batches + paid + failed or returned, open + of cancelled drafts"),
        Equation(f"payout.{source}.count", f"{source} 付款项数 = 各类之和", {"付款项": known.height},
                 {name: frame.height for name, frame in classes.items()}, unit="rows", en=f"{source}: items by count"),
        Equation(f"payout.{source}.once", f"{source} 每个付款项至多在一个有效行，金额始终相同", {"违反": twice + amounts}, {"": 0}, unit="rows",
                 en=f"{source}: an item stands in one live line at most, its amount the same always"),
    ]


def built_equations(source: str, chosen: pl.DataFrame, batched: int, held: pl.DataFrame) -> list[Equation]:
    """编批: 选中的付款项 = 编入批次 + 暂缓 (fen)."""
    return [Equation(f"payout.{source}.built", f"{source} 选中的付款项 = 编入批次 + 暂缓", {"选中": _sum(chosen)},
                     {"编入批次": batched, "暂缓": _sum(held)}, en=f"{source}: items chosen = batched + held")]


def _sum(frame: pl.DataFrame) -> int:
    return int(frame["amt"].sum() or 0)
