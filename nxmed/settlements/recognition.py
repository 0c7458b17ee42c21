"""认定 (recognised amounts): agency amounts of equal rows, decisions carried out, refunds after their originals."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import polars as pl

from nxmed.settlements import funds
from nxmed.settlements.holds import ORIGINAL_OPEN, REFUND, TOTALS_DIFFER
from nxmed.settlements.keys import MARK
from nxmed.settlements.matching import ON_AGENCY, ON_PROVIDER, Pool
from nxmed.settlements.shapes import FUND_COLUMNS, KEY, RESOLUTIONS, SettleInputs, shaped

AGENCY, PROVIDER, REJECT = "agency", "provider", "reject"
RECOGNISED, REJECTED, WAITING, REPEATED, SETTLED_BEFORE = "recognised", "rejected", "waiting", "repeated", "settled_before"
_DECIDED_ON = {
    "agency_medfee_sumamt": "medfee_sumamt", "agency_fund_pay_sumamt": "fund_pay_sumamt",
    "agency_acct_pay": "acct_pay", "provider_medfee_sumamt": "provider_medfee_sumamt",
    "provider_fund_pay_sumamt": "provider_fund_pay_sumamt", "provider_acct_pay": "provider_acct_pay",
}
"""What a decision was taken on: it is not carried out on a row that has changed since."""


def break_id(code: str, setl_id: str, flag: str) -> str:
    """差异编号 (the same for a key over all months)."""
    return hashlib.sha256(f"{code}|{setl_id}|{flag}".encode()).hexdigest()[:16]


def with_break_ids(rows: pl.DataFrame, wanted: pl.Expr) -> pl.DataFrame:
    """编差异号 (adds `break_id` on the rows that `wanted` names)."""
    keys = rows.filter(wanted).select(*KEY)
    ids = pl.Series("break_id", [break_id(*k) for k in keys.iter_rows()], pl.String)
    where = rows.select(wanted.alias("w")).to_series().fill_null(False)
    positions = where.arg_true()
    found = pl.DataFrame({"_row": positions.cast(pl.UInt32), "break_id": ids})
    return rows.with_row_index("_row").join(found, on="_row", how="left", maintain_order="left").drop("_row")


def entries(inputs: SettleInputs) -> pl.DataFrame:
    """处理决定 (the last of each break, in the order they were taken: `_order`)."""
    return shaped(inputs.resolutions, RESOLUTIONS).collect().with_row_index("_order").unique(
        "break_id", keep="last", maintain_order=True)


def decided(rows: pl.DataFrame, taken: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """带上处理决定 (adds `decision`; and the entries with KEY of their row: `_there` when it is among these rows, `_fits`
    when it still is what was decided on)."""
    facts = rows.filter(pl.col("break_id").is_not_null()).with_columns(_class="stmt_diff").select(
        "break_id", "_class", *_DECIDED_ON.values(), *KEY)
    met = taken.join(facts, on="break_id", how="left", suffix="_row")
    same = pl.all_horizontal([pl.col(e).eq_missing(pl.col(r if r not in RESOLUTIONS else f"{r}_row"))
                              for e, r in _DECIDED_ON.items()])
    there = pl.col("setl_id").is_not_null()
    # A difference that has closed by itself needs no decision any more.
    agrees = ((pl.col("_class") == "00") & (pl.col("decided_diff") != "00")).fill_null(False)
    met = met.with_columns(_there=there, _fits=same & there & ~agrees)
    if not taken.height:
        return rows.with_columns(decision=pl.lit(None, pl.String)), met
    return rows.join(met.filter("_fits").select("break_id", "decision"), on="break_id", how="left"), met


def judged(met: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """用上的与不再适用的决定 (over all buckets: each entry counts where its row is)."""
    each = pl.concat(met).sort("_order", "_there", descending=[False, True]).unique(
        "_order", keep="first", maintain_order=True)
    return each.filter("_fits"), each.filter(~pl.col("_fits"))


def recognise(rows: pl.DataFrame) -> pl.DataFrame:
    """认定与否 (adds `state`, settles `held_reason` of refunds).

    Needs stmt_diff, held_reason, decision and the originals. Refunds come after everything else: one whose
    original is not recognised waits (ORIGINAL_OPEN).
    """
    equal = (pl.col("stmt_diff") == "00") & pl.col("held_reason").is_null()
    differs = pl.col("stmt_diff").is_in(["02", "03", "04", "05"])
    lifted = pl.col("held_reason").is_null() | (pl.col("held_reason") == TOTALS_DIFFER)
    allowed = ON_AGENCY & differs & lifted & (
        (pl.col("decision") == AGENCY) | ((pl.col("decision") == PROVIDER) & ON_PROVIDER & _has_pool()))
    rejected = (pl.col("decision") == REJECT).fill_null(False) & ~pl.col("stmt_diff").is_in(["06", "07"])
    payable = (equal | allowed.fill_null(False)) & ~rejected
    rows = rows.with_columns(_payable=payable, _rejected=rejected)
    refund = pl.col("refd_setl_flag") == REFUND
    paid = rows.filter(~refund & pl.col("_payable"))[MARK]
    open_original = ~pl.col("org_recognised").fill_null(False)
    if rows.select(refund.any()).item():
        open_original = open_original & ~pl.col("org_hash").is_in(paid.implode()).fill_null(False)
    waits = refund & open_original & ON_AGENCY & (pl.col("stmt_diff") != "07")
    rows = rows.with_columns(
        held_reason=pl.when(waits & (pl.col("held_reason").is_null() | (pl.col("held_reason") == TOTALS_DIFFER)))
        .then(pl.lit(ORIGINAL_OPEN)).otherwise(pl.col("held_reason")),
        _payable=pl.col("_payable") & ~waits.fill_null(False))
    state = (
        pl.when(pl.col("_payable")).then(pl.lit(RECOGNISED)).when(pl.col("_rejected")).then(pl.lit(REJECTED))
        .when(pl.col("stmt_diff") == "07").then(pl.lit(SETTLED_BEFORE)).otherwise(pl.lit(WAITING)))
    return rows.with_columns(state=state).drop("_payable", "_rejected")


def with_funds(rows: pl.DataFrame, pool: Pool) -> pl.DataFrame:
    """认定额 (adds one column per fund and `recognised_amt`; 0 on rows that are not recognised)."""
    counts = pl.col("state") == RECOGNISED
    sources = pool.fetch(rows, (*FUND_COLUMNS, "acct_mulaid_pay", "package"))
    plain = pl.col("package").is_null()
    corrected = pl.when((pl.col("decision") == PROVIDER).fill_null(False) & (pl.col("stmt_diff") != "00")).then(
        pl.col("hifp_pay") + pl.col("provider_fund_pay_sumamt") - pl.col("fund_pay_sumamt")).otherwise(pl.col("hifp_pay"))
    pooled = pl.when(plain).then(corrected).otherwise(pl.col("package"))
    return sources.with_columns(funds.split_by_fund(counts, pooled, plain)).with_columns(
        recognised_amt=funds.total()).drop(*FUND_COLUMNS, "acct_mulaid_pay")


def _has_pool() -> pl.Expr:
    """A correction needs a pooled fund to go to."""
    return pl.col("insutype").is_in(list(funds.POOLED)) | (
        pl.col("provider_fund_pay_sumamt") == pl.col("fund_pay_sumamt"))
