"""机构结算 (NXJY-35 to 37, 39, 49 to 51; NXJG-11; DXTC-22, 26, 27, 30.4, 31, 45, 58): a month's statements.

The agency as one bucket of providers (see room), then what no bucket can say alone: decisions that met no row, repricing
over each person's year, the equations in total. Pure: frames in, frames out, amounts in fen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from nxmed.kernel.buckets import Parts, Piece, bucket, buckets_for, merged
from nxmed.kernel.stage import Equation, prove
from nxmed.settlements import findings, groups, proofs, recognition, straight, tables
from nxmed.settlements.proofs import equations
from nxmed.settlements.recognition import RECOGNISED
from nxmed.settlements.repricing import Repriced, reprice
from nxmed.settlements.room import Bucket, settle_bucket
from nxmed.settlements.shapes import SettleInputs, SettleResult

__all__ = ["SettleInputs", "SettleResult", "equations", "settle", "settle_in_buckets", "settle_in_one"]

Keep = Callable[[pl.DataFrame], pl.LazyFrame]
LINES = 1_000_000
"""Detail rows handed on together."""

SORTED = {
    "statement_groups": groups.GROUP, "statement_breaks": ("fixmedins_code", "setl_id", "refd_setl_flag"),
    "payables": ("fixmedins_code", "fund_pay_type"), "payout_items": ("item_id",),
}
"""Tables that buckets bring in pieces, and their order."""


def settle(inputs: SettleInputs) -> SettleResult:
    """结算一个月, 所有表都在内存里 (see SettleInputs and SettleResult; amounts in fen).

    Raises IntegrityError (exit 7) where a conservation equation does not hold, MissingNumber (exit 4) where a number
    of the law is missing for the month.
    """
    result = settle_in_one(inputs)
    whole = {name: parts.collect() for name, parts in result.parts.items()}
    names = ("statement_groups", "statement_rows", *(n for n in result.tables if n != "statement_groups"))
    return SettleResult({n: {**result.tables, **whole}[n] for n in names}, result.findings, result.equations,
                        result.facts, result.lines, result.line_buckets, {}, result.told, result.counted)


def settle_in_one(inputs: SettleInputs) -> SettleResult:
    """结算一个月, 逐条对账表分段给出 (the agency as one bucket; statement_rows in `parts`)."""
    made = settle_bucket(inputs, recognition.entries(inputs))
    period, cite = inputs.period.text, groups.RULE[inputs.law.region]

    def rows() -> Iterator[pl.DataFrame]:
        yield from _slices(made.others)
        for piece in made.plain.slices():
            yield straight.published(piece.lazy(), period, cite).collect()

    shown = Shown(made, told(made.others, period))
    return whole([shown], inputs, reprice(inputs), Parts(_schema(made, inputs), made.others.height + made.plain.height, rows))


def settle_in_buckets(inputs: SettleInputs, buckets: Sequence[SettleInputs], persons: Sequence[pl.LazyFrame], keep: Keep
                      ) -> SettleResult:
    """逐桶结算一个月 (the same rows as settle_in_one).

    inputs: the whole agency. buckets: the same, each with whole providers and `filed`. persons: repricing.fees in buckets
    of whole persons. keep: puts a frame away and gives it back lazily.
    """
    period, cite = inputs.period.text, groups.RULE[inputs.law.region]
    decisions = recognition.entries(inputs)
    shown: list[Shown] = []
    others: list[list[Piece]] = []
    plain: list[list[Piece]] = []
    height, schema = 0, {}
    for part in buckets:
        made = settle_bucket(part, decisions)
        height, schema = height + made.others.height + made.plain.height, _schema(made, inputs)
        others.append([_kept(p, keep) for p in _slices(made.others) if p.height])
        plain.append([_kept(p, keep) for p in made.plain.slices() if p.height])
        shown.append(Shown(made.without_rows(), told(made.others, period)))
        del made

    def rows() -> Iterator[pl.DataFrame]:
        yield from merged(others, tables.ROW_KEY)
        for piece in merged(plain, straight.ORDER):
            yield straight.published(piece.lazy(), period, cite).collect()

    return whole(shown, inputs, reprice(inputs, persons), Parts(schema, height, rows))


def _kept(piece: pl.DataFrame, keep: Keep) -> Piece:
    return Piece(piece["setl_id"][0], piece["setl_id"][-1], keep(piece))


def _slices(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for start in range(0, rows.height, straight.SLICE):
        yield rows.slice(start, straight.SLICE)


def _schema(made: Bucket, inputs: SettleInputs) -> dict[str, pl.DataType]:
    """Columns of statement_rows as the room gives them."""
    few = straight.published(made.plain.agency.head(0).lazy(), inputs.period.text, groups.RULE[inputs.law.region])
    return dict(pl.concat([made.others.head(0).lazy(), few]).collect_schema())


@dataclass(frozen=True)
class Shown:
    """一桶留下的 (a bucket's result, and what of its rows providers are told)."""

    bucket: Bucket
    told: pl.DataFrame


def told(others: pl.DataFrame, period: str) -> pl.DataFrame:
    """要告诉机构的行 (of the rows that are not straight: what the provider sent this month, what is not recognised, what
    was decided)."""
    return others.filter((pl.col("provider_period") == period).fill_null(False) | (pl.col("state") != RECOGNISED)
                         | pl.col("decision").is_not_null())


def whole(shown: Sequence[Shown], inputs: SettleInputs, repriced: Repriced, rows: Parts) -> SettleResult:
    """合成一个月 (the buckets together; every equation again in total)."""
    period = inputs.period
    buckets = [s.bucket for s in shown]
    made = {name: pl.concat([b.tables[name] for b in buckets]).sort(by, nulls_last=True) for name, by in SORTED.items()}
    others = pl.concat([s.told for s in shown])
    used, stale = recognition.judged([b.met for b in buckets])
    made["statement_decisions"] = _decisions(used, stale, others)
    made["repricing"] = repriced.table
    counted = proofs.added([b.counted for b in buckets])
    classes = counted.group_by("stmt_diff").agg(pl.col("n").sum()).sort("stmt_diff")
    facts: dict[str, Any] = {
        "period": period.text, "first_month": inputs.first_month,
        **{name: sum(b.facts[name] for b in buckets) for name in buckets[0].facts},
        "classes": dict(classes.rows()), "repricing": repriced.facts,
    }
    proved = proofs.stated(counted, made, facts)
    proved.append(Equation("settle.rows", "逐条对账行数 = 各类之和", {"逐条对账": rows.height},
                           {k: int(n) for k, n in classes.rows()}, unit="rows", en="statement rows = classes"))
    prove(proved)
    found = [*findings.of_run(inputs.first_month), *(f for b in buckets for f in b.findings),
             *findings.of_resolutions(stale), *repriced.findings]
    lines = [b.lines for b in buckets]
    few = tuple(part for b in buckets for part in _divided(b.lines, b.facts["provider_rows"]))
    return SettleResult(made, found, proved, facts, pl.concat(lines) if len(lines) > 1 else lines[0], few,
                        {"statement_rows": rows}, others, counted)


def _divided(lines: pl.LazyFrame, rows: int) -> list[pl.LazyFrame]:
    """Detail rows in buckets small enough to be turned into text at once."""
    count = buckets_for(rows, LINES)
    if count == 1:
        return [lines]
    return [lines.filter(bucket("fixmedins_code", count, within=True) == number) for number in range(count)]


DECISIONS: dict[str, pl.DataType] = {
    **dict.fromkeys(("entry_id", "break_id", "fixmedins_code", "setl_id", "refd_setl_flag", "decision", "note", "who",
                     "who_name", "at", "stmt_diff", "state"), pl.String()), "recognised_amt": pl.Int64()}


def _decisions(used: pl.DataFrame, stale: pl.DataFrame, published: pl.DataFrame) -> pl.DataFrame:
    """处理决定的执行 (which entries this run read, with what came of each)."""
    if not used.height and not stale.height:
        return pl.DataFrame(schema=DECISIONS)
    carried = published.filter(pl.col("decision").is_not_null()).select("break_id", "stmt_diff", "state", "recognised_amt")
    gone = stale.with_columns(
        stmt_diff=pl.lit(None, pl.String), state=pl.lit("stale"), recognised_amt=pl.lit(0, pl.Int64))
    done = used.join(carried, on="break_id", how="left").with_columns(pl.col("state").fill_null("waiting"))
    return pl.concat([f.select(pl.col(n).cast(d) for n, d in DECISIONS.items()) for f in (done, gone)]).sort("entry_id")
