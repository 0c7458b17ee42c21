"""编批 (building batches): open items by fund and paying agency, one line per payee and account (NXJY-66, 67; NXJZ-24)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from nxmed.errors import GateError
from nxmed.kernel.finding import make
from nxmed.kernel.identifiers import mask_text_expr
from nxmed.kernel.period import Period
from nxmed.payouts.accounts import payee_accounts, payer_of
from nxmed.payouts.content import content, sha256
from nxmed.payouts.shapes import HELD, HELD_REASONS, LINE, LINE_ITEM, SOURCE_WORDS, SOURCES, Batch

MOST_LINES = 999_999
MOST_BATCHES = 99
MOST_FEN = 10**15
SAME = ("amt", "source_key", "period", "fund_pay_type", "insu_admdvs", "payee_type", "payee_code")
"""What must not differ between an item as published and as it was batched before."""
ACCOUNT_REASONS = ("no_account", "not_active", "several_accounts")


@dataclass(frozen=True)
class BuiltBatch:
    """编好的一批 (lines in LINE, line_items in LINE_ITEM, the canonical text and its sha256)."""

    batch: Batch
    lines: pl.DataFrame
    line_items: pl.DataFrame
    content: bytes
    sha256: str


@dataclass(frozen=True)
class Built:
    """编批结果: batches, held items (HELD), findings, and the items chosen (ITEM)."""

    batches: list[BuiltBatch]
    held: pl.DataFrame
    findings: list[pl.DataFrame] = field(default_factory=list)
    chosen: pl.DataFrame = field(default_factory=pl.DataFrame)


def build(
    items: pl.DataFrame, past: pl.DataFrame, accounts: pl.DataFrame, *, source: str, period: Period, day: date,
    taken: Collection[str] = (),
) -> Built:
    """编批.

    items: every payout item published for months up to `period` (ITEM). past: where items stand or stood already
    (item_id, amt, source_key, period, fund_pay_type, insu_admdvs, payee_type, payee_code, pay_sn, live, line_state,
    org_pay_sn). accounts: the register's rows. taken: batch numbers in use. Amounts in fen.
    """
    changed, gone = _differences(items, past)
    live = past.filter(pl.col("live") == 1).select("item_id")
    chosen = items.join(live, on="item_id", how="anti")
    reason = pl.when(pl.col("item_id").is_in(changed["item_id"].implode())).then(pl.lit("changed")).when(
        ~pl.col("insu_admdvs").str.contains(r"^[0-9]{6}$").fill_null(False)).then(pl.lit("no_agency")).when(
        ~pl.col("fund_pay_type").str.contains(r"^[0-9]{6}$").fill_null(False)).then(pl.lit("bad_fund"))
    ready = chosen.with_columns(first=reason)
    paid_to = payee_accounts(accounts, ready, day)
    ready = ready.join(paid_to, on=["payee_type", "payee_code"], how="left").with_columns(
        reason=pl.coalesce("first", "reason"))
    held = ready.filter(pl.col("reason").is_not_null()).select(list(HELD)).sort("item_id")
    payable = ready.filter(pl.col("reason").is_null()).join(_origins(past), on="item_id", how="left")
    batches = list(_batches(payable, accounts, source, period, day, set(taken)))
    return Built(batches, held, _findings(held, changed, gone), chosen)


def _differences(items: pl.DataFrame, past: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Items batched before (cancelled batches apart) that are published differently now, and those no longer published."""
    kept = past.filter(pl.col("line_state") != "cancelled").sort("item_id", "pay_sn").unique("item_id", keep="last", maintain_order=True)
    both = kept.join(items.select("item_id", *[pl.col(c).alias(f"now_{c}") for c in SAME]), on="item_id", how="left")
    differs = pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"now_{c}")) for c in SAME)
    there = both.filter(pl.col("now_amt").is_not_null())
    return there.filter(differs), both.filter(pl.col("now_amt").is_null())


def _origins(past: pl.DataFrame) -> pl.DataFrame:
    """The failed or returned line that an open item comes from: the one that no later line has replaced yet."""
    replaced = past.filter((pl.col("line_state") != "cancelled") & pl.col("org_pay_sn").is_not_null()).select(
        "item_id", pay_sn="org_pay_sn")
    return past.filter(pl.col("line_state").is_in(["failed", "returned"])).join(
        replaced, on=["item_id", "pay_sn"], how="anti").group_by("item_id").agg(org_pay_sn=pl.col("pay_sn").max())


def _batches(payable: pl.DataFrame, accounts: pl.DataFrame, source: str, period: Period, day: date, taken: set[str]
             ) -> Iterator[BuiltBatch]:
    usage, words = SOURCE_WORDS[source]
    payee = ["payee_type", "payee_code", "bankacct", "acctname", "bankcode", "bank_name", "acct_type"]
    for (fund, agency), mine in sorted(payable.partition_by("fund_pay_type", "insu_admdvs", as_dict=True).items()):
        grouped = mine.group_by(payee).agg(
            pl.col("amt").sum(), org_pay_sn=pl.col("org_pay_sn").max(), most=pl.col("amt").cast(pl.Int128).sum()).sort(payee, nulls_last=True)
        for start in range(0, grouped.height, MOST_LINES):
            bat_no = _number(f"{period.text[2:4]}{period.text[5:]}{SOURCES[source]}{fund}{agency}", taken)
            part = grouped.slice(start, MOST_LINES).with_row_index("row_no", offset=1).with_columns(pl.col("row_no").cast(pl.Int64))
            total = int(part["most"].sum())
            if total > MOST_FEN:
                raise _too_large(bat_no)
            lines = part.with_columns(
                pay_sn=pl.lit(bat_no) + pl.col("row_no").cast(pl.String).str.zfill(6), payee_name="acctname",
                usage=pl.lit(usage), postscript=pl.lit(f"{words}{period.text}"), state=pl.lit("pending")).select(
                pl.col(n).cast(t) for n, t in LINE.items())
            line_items = mine.join(lines.select(*payee, "pay_sn"), on=payee, how="inner", nulls_equal=True).select(
                pl.col(n).cast(t) for n, t in LINE_ITEM.items()).sort("pay_sn", "item_id")
            batch = Batch(bat_no, source, period.text, str(fund), str(agency), day, lines.height, total,
                          payer_of(accounts, str(fund), str(agency), day))
            text = content(batch, lines, line_items)
            yield BuiltBatch(batch, lines, line_items, text, sha256(text))


def _number(prefix: str, taken: set[str]) -> str:
    """The next free number of a fund, agency and month; a cancelled number is not used again."""
    used = [int(n[17:]) for n in taken if n[:17] == prefix]
    following = max(used, default=0) + 1
    if following > MOST_BATCHES:
        raise GateError(
            f"{prefix} 的批次号已用完（两位序号 {MOST_BATCHES}）", "并入下一个月编批", text_en=f"batch numbers of {prefix} are used up",
            hint_en="build them with the next month")
    made = f"{prefix}{following:02d}"
    taken.add(made)
    return made


def _too_large(bat_no: str) -> GateError:
    return GateError(f"批次 {bat_no} 的总额超出可处理的范围", "核对付款项金额", text_en=f"the total of batch {bat_no} is out of range",
                     hint_en="check the amounts of the items")


def _findings(held: pl.DataFrame, changed: pl.DataFrame, gone: pl.DataFrame) -> list[pl.DataFrame]:
    code = mask_text_expr(pl.col("payee_code"))
    who: dict[str, pl.Expr | str | int | None] = {
        "psn_no": pl.when(pl.col("payee_type") == "2").then(code), "emp_no": pl.when(pl.col("payee_type") == "4").then(code),
        "fixmedins_code": pl.when(pl.col("payee_type") == "5").then(code), "ref_no": pl.col("item_id"), "diff_amt": pl.col("amt")}
    words = pl.col("reason").replace_strict({k: zh for k, (zh, _) in HELD_REASONS.items()}, return_dtype=pl.String)
    told = words + pl.lit("，该付款项暂缓")

    def of(reasons: Sequence[str]) -> pl.DataFrame:
        return held.filter(pl.col("reason").is_in(reasons))

    differs = pl.lit("付款项 ") + pl.col("item_id") + pl.lit(" 已编入 ") + pl.col("pay_sn")
    return [
        make("NO_ACCOUNT", of(ACCOUNT_REASONS), told, **who), make("NO_PAYING_AGENCY", of(["no_agency"]), told, **who),
        make("FUND_UNKNOWN", of(["bad_fund"]), told, **who),
        make("PAYOUT_ITEM_CHANGED", changed, differs + pl.lit("，现在发布的与当时不同"), **{
            **who, "expected": _said("amt"), "actual": _said("now_amt"), "diff_amt": pl.col("now_amt") - pl.col("amt")}),
        make("PAYOUT_ITEM_GONE", gone, differs + pl.lit("，现在的运行里已没有它"), **who)]


def _said(column: str) -> pl.Expr:
    fen = pl.col(column)
    return pl.concat_str([fen // 100, pl.lit("."), (fen % 100).cast(pl.String).str.zfill(2)])
