"""国库核对 (NXJY-22): Σ(paid_amt + latefee) of all lines of a group so far against what the treasury took in.

A group is (ticket, insutype) where any current statement row lists the ticket; the other lines are grouped by
(treasury_code, day, insutype) against the statement rows that name no ticket.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.collections.wording import yuan_text
from nxmed.kernel import finding
from nxmed.kernel.period import Period

TICKET_GROUP = ["elec_taxrpt_no", "insutype"]
DAY_GROUP = ["treasury_code", "intsury_time", "insutype"]


@dataclass(frozen=True)
class Tie:
    """核对结果: `tied` = line numbers confirmed; `ties` = the groups; findings."""

    tied: pl.DataFrame
    ties: pl.DataFrame
    findings: list[pl.DataFrame]


def tie(lines: pl.DataFrame, booked: pl.DataFrame, statement: pl.DataFrame, period: Period, rule: str) -> Tie:
    """逐组核对.

    lines: lines handled in the month that have an insutype (line, elec_taxrpt_no, insutype, treasury_code,
    intsury_time, paid_amt, latefee_amt, src_file, src_row); booked: the same columns without `line`, of lines booked
    in earlier months; statement: current rows up to the month. A booked line stays booked whatever its group does.
    """
    received = pl.col("paid_amt") + pl.col("latefee_amt")
    keys = ["elec_taxrpt_no", "insutype", "treasury_code", "intsury_time"]
    both = pl.concat([
        lines.select(*keys, "line", "src_file", "src_row", open_amt=received, booked_before_amt=pl.lit(0, pl.Int64)),
        booked.select(*keys, pl.lit(None, pl.Int64).alias("line"), "src_file", "src_row",
                      open_amt=pl.lit(0, pl.Int64), booked_before_amt=received),
    ])
    rows = statement.select(
        "treasury_code", pl.col("stmt_date").alias("intsury_time"), "insutype", "elec_taxrpt_no", "src_file",
        "src_row", stmt_amt=pl.col("intsury_amt").fill_null(0) - pl.col("refd_amt").fill_null(0),
        moved=(pl.col("intsury_amt").fill_null(0) != 0) | (pl.col("refd_amt").fill_null(0) != 0),
        fresh=pl.col("inbox_month") == period.text,
    )
    listed = rows.filter(pl.col("elec_taxrpt_no").is_not_null()).group_by("elec_taxrpt_no").agg(
        listed=pl.lit(True), listed_now=pl.col("fresh").all())
    both = both.join(listed, on="elec_taxrpt_no", how="left")
    by_ticket = both.filter("listed")
    by_day = both.filter(pl.col("listed").is_null())
    # A day whose line was named by its ticket only now has changed, though its own statement row has not.
    left_day = by_ticket.filter("listed_now").select(DAY_GROUP).unique().with_columns(left=pl.lit(True))
    tickets = _groups(by_ticket, rows.filter(pl.col("elec_taxrpt_no").is_not_null()), TICKET_GROUP)
    days = _groups(by_day, rows.filter(pl.col("elec_taxrpt_no").is_null()), DAY_GROUP)
    days = days.join(left_day, on=DAY_GROUP, how="left").with_columns(
        fresh=pl.col("fresh") | pl.col("left").fill_null(False)).drop("left")
    tied = pl.concat([
        _confirmed(by_ticket, tickets, TICKET_GROUP, "ticket"), _confirmed(by_day, days, DAY_GROUP, "day"),
    ])
    groups = pl.concat([tickets.with_columns(tie_kind=pl.lit("ticket")), days.with_columns(tie_kind=pl.lit("day"))],
                       how="diagonal_relaxed")
    shown = groups.filter((pl.col("open_lines") > 0) | pl.col("fresh") | ~pl.col("state").is_in(["equal", "none"]))
    ties = shown.filter(pl.col("state") != "none").select(
        "tie_kind", "elec_taxrpt_no", "treasury_code", pl.col("intsury_time").alias("stmt_date"), "insutype",
        "state", "stmt_amt", "arrived_amt", "booked_before_amt", "open_amt", "open_lines", "booked_lines",
        diff_amt=pl.col("arrived_amt") - pl.col("stmt_amt"), rule=pl.lit(rule),
    ).sort("tie_kind", "elec_taxrpt_no", "treasury_code", "stmt_date", "insutype", nulls_last=True)
    origin = [*keys, "src_file", "src_row", "_first", "tie_kind"]
    by_row = pl.when(pl.col("elec_taxrpt_no").is_null()).then(pl.lit("day")).otherwise(pl.lit("ticket"))
    by_line = pl.when("listed").then(pl.lit("ticket")).otherwise(pl.lit("day"))
    sources = pl.concat([
        rows.with_columns(_first=pl.lit(0, pl.Int64), tie_kind=by_row).select(origin),
        both.with_columns(_first=pl.lit(1, pl.Int64), tie_kind=by_line).select(origin),
    ])
    return Tie(tied, ties, _findings(groups, sources, rule))


def _groups(lines: pl.DataFrame, rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Both sides of each group, and its state: equal, diff, missing (no statement row), only (no lines), none."""
    ours = lines.group_by(key).agg(
        pl.col("open_amt").sum(), pl.col("booked_before_amt").sum(),
        open_lines=pl.col("line").count().cast(pl.Int64), lines=pl.len().cast(pl.Int64),
    )
    theirs = rows.group_by(key).agg(
        pl.col("stmt_amt").sum(), pl.col("fresh").any(), pl.col("moved").any(), stmt_rows=pl.len().cast(pl.Int64),
    )
    numbers = ["open_amt", "booked_before_amt", "open_lines", "lines", "stmt_amt", "stmt_rows"]
    joined = ours.join(theirs, on=key, how="full", coalesce=True).with_columns(
        *(pl.col(c).fill_null(0) for c in numbers), pl.col("fresh").fill_null(False), pl.col("moved").fill_null(False),
    ).with_columns(arrived_amt=pl.col("open_amt") + pl.col("booked_before_amt"),
                   booked_lines=pl.col("lines") - pl.col("open_lines"))
    state = (
        pl.when((pl.col("lines") == 0) & pl.col("moved")).then(pl.lit("only"))
        .when(pl.col("lines") == 0).then(pl.lit("none"))
        .when(pl.col("stmt_rows") == 0).then(pl.lit("missing"))
        .when(pl.col("stmt_amt") == pl.col("arrived_amt")).then(pl.lit("equal"))
        .otherwise(pl.lit("diff"))
    )
    return joined.with_columns(state=state).drop("moved")


def _confirmed(lines: pl.DataFrame, groups: pl.DataFrame, key: list[str], kind: str) -> pl.DataFrame:
    return (
        lines.filter(pl.col("line").is_not_null())
        .join(groups.select(*key, tied=pl.col("state") == "equal"), on=key, how="left", nulls_equal=True)
        .select("line", pl.col("tied").fill_null(False), tie_kind=pl.lit(kind))
    )


def _findings(groups: pl.DataFrame, sources: pl.DataFrame, rule: str) -> list[pl.DataFrame]:
    """One per group: unequal with lines that wait (or changed under lines booked long ago), or nothing but treasury."""
    stirred = (pl.col("open_lines") > 0) | pl.col("fresh") | (pl.col("state") == "only")
    shown = groups.filter(stirred & pl.col("state").is_in(["diff", "missing", "only"])).with_columns(
        expected=yuan_text(pl.col("stmt_amt")), actual=yuan_text(pl.col("arrived_amt")),
        diff_amt=pl.col("arrived_amt") - pl.col("stmt_amt"),
    )
    located = pl.concat([
        _located(shown.filter(pl.col("tie_kind") == kind), sources.filter(pl.col("tie_kind") == kind), key)
        for kind, key in (("ticket", TICKET_GROUP), ("day", DAY_GROUP))
    ]).rename({"intsury_time": "stmt_date"})
    text = {
        "TREASURY_DIFF": ("diff", "到账合计 {} 元，国库 {} 元，不相等；未入账的明细等待确认"),
        "TREASURY_MISSING": ("missing", "到账合计 {} 元，国库对账单没有相应行（{} 元）；暂不入账"),
        "TREASURY_ONLY": ("only", "税务到账合计 {} 元，国库已入库 {} 元，没有相应到账明细"),
    }
    return [
        finding.make(code, located.filter(pl.col("state") == state),
                     pl.format(message, pl.col("actual"), pl.col("expected")), rule=rule)
        for code, (state, message) in text.items()
    ]


def _located(groups: pl.DataFrame, sources: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """File and row of each group: its first statement row, else its first line."""
    first = (
        sources.join(groups.select(key), on=key, how="semi")
        .sort("_first", "src_file", "src_row", nulls_last=True)
        .unique(key, keep="first", maintain_order=True).select(*key, "src_file", "src_row")
    )
    return groups.join(first, on=key, how="left")


def waiting_reversals(lines: pl.DataFrame) -> pl.DataFrame:
    """等待原税票的退库 (line numbers of reversals whose named ticket has a line that is still pending).

    lines: line, elec_taxrpt_no, org_taxrpt_no, tied, reversal. A reversal that waits is itself a pending line of its
    ticket; the loop runs as often as reversals name reversals, not once per row.
    """
    pending = lines.filter(~pl.col("tied")).select("elec_taxrpt_no").unique()
    candidates = lines.filter(pl.col("tied") & pl.col("reversal") & pl.col("org_taxrpt_no").is_not_null())
    waits = candidates.clear()
    while True:
        more = candidates.join(pending, left_on="org_taxrpt_no", right_on="elec_taxrpt_no", how="semi")
        if more.is_empty():
            return waits.select("line")
        waits = pl.concat([waits, more])
        candidates = candidates.join(more, on="line", how="anti")
        pending = more.select("elec_taxrpt_no").unique()
