"""结算的发现 (what a person must look at after a month's statements)."""

from __future__ import annotations

import polars as pl

from nxmed.kernel import finding
from nxmed.kernel.period import Period
from nxmed.settlements.groups import Groups
from nxmed.settlements.holds import (
    FUND_UNKNOWN,
    IDENTITIES,
    MATERNITY_FLAG_MISSING,
    ORIGINAL_OPEN,
    OUT_OF_AGREEMENT,
    REFUND,
)
from nxmed.settlements.shapes import AMOUNTS, KEY, SETTLEMENTS, SettleInputs, shaped

HELD = {
    FUND_UNKNOWN: "险种 {} 有统筹支出 {} 元，无法确定由哪项基金支付，暂不认定",
    OUT_OF_AGREEMENT: "出院日期 {} 不在该机构任何一份协议期内，{} 元暂不认定",
    MATERNITY_FLAG_MISSING: "生育住院缺少签约或并发症标志（医疗类别 {}），统筹 {} 元暂不认定",
    ORIGINAL_OPEN: "退费所指原结算 {} 尚未认定，退费 {} 元暂不冲减",
}
BREAKS = {
    "01": "BREAK_PROVIDER_ONLY", "02": "BREAK_AGENCY_ONLY", "03": "BREAK_AMOUNT", "04": "BREAK_TYPE",
    "05": "BREAK_REFUND", "06": "BREAK_REPEATED", "07": "BREAK_OTHER_MONTH",
}


def yuan_text(amount: pl.Expr) -> pl.Expr:
    """元, 两位小数 (fen as text, also inside messages)."""
    size = amount.abs()
    return pl.concat_str([
        pl.when(amount < 0).then(pl.lit("-")).otherwise(pl.lit("")), (size // 100).cast(pl.String), pl.lit("."),
        (size % 100).cast(pl.String).str.zfill(2)])


def of_run(first_month: bool) -> list[pl.DataFrame]:
    """首月提示."""
    if not first_month:
        return []
    return [finding.make("FIRST_MONTH", pl.DataFrame({"month": [1]}),
                         "首个结算月份：以前月份双方一致的结算视为已经清算，不再支付")]


def of_amounts(inputs: SettleInputs) -> list[pl.DataFrame]:
    """四个恒等式 (one finding per settlement of the month and identity that does not hold)."""
    wrong = pl.any_horizontal([pl.col(left) != pl.sum_horizontal(right) for _, left, right, _ in IDENTITIES])
    names = (*KEY, "psn_no", "insutype", "src_file", "src_row", *AMOUNTS)
    agency = _of_month(inputs).filter(wrong).select(names).collect(engine="streaming")
    found = []
    for number, (words, left, right, holds) in enumerate(IDENTITIES, start=1):
        total = pl.sum_horizontal(right)
        bad = agency.filter(pl.col(left) != total)
        if bad.height:
            end = "暂不认定" if holds else "仅提示"
            found.append(finding.make(
                "AMOUNT_IDENTITY", bad, pl.format("{}：应为 {}，实为 {}，{}", pl.lit(words), yuan_text(total),
                                                  yuan_text(pl.col(left)), pl.lit(end)),
                expected=yuan_text(total), actual=yuan_text(pl.col(left)), diff_amt=pl.col(left) - total,
                ref_no=pl.format("identity {}|{}", pl.lit(number), pl.col("refd_setl_flag"))))
    return found


def _of_month(inputs: SettleInputs) -> pl.LazyFrame:
    return shaped(inputs.settlements, SETTLEMENTS).filter(pl.col("inbox_month") == inputs.period.text)


def of_rows(rows: pl.DataFrame, cite: str) -> list[pl.DataFrame]:
    """逐行发现 of the month's rows: what holds them."""
    subject = {FUND_UNKNOWN: pl.col("insutype"), OUT_OF_AGREEMENT: pl.col("enddate").cast(pl.String),
               MATERNITY_FLAG_MISSING: pl.col("med_type"),
               ORIGINAL_OPEN: pl.coalesce("org_setl_id", "setl_id")}
    amount = {FUND_UNKNOWN: "hifp_pay", OUT_OF_AGREEMENT: "fund_pay_sumamt", MATERNITY_FLAG_MISSING: "hifp_pay",
              ORIGINAL_OPEN: "fund_pay_sumamt"}
    found = []
    for code, text in HELD.items():
        held = rows.filter(pl.col("held_reason") == code)
        if held.height:
            found.append(finding.make(
                code, held, pl.format(text, subject[code].fill_null("（未填）"), yuan_text(pl.col(amount[code]))),
                actual=yuan_text(pl.col(amount[code])), diff_amt=pl.col(amount[code]),
                ref_no=pl.concat_str([pl.lit("refund "), pl.col("refd_setl_flag")]), rule=pl.lit(cite)))
    return found


def of_breaks(others: pl.DataFrame, period: Period, cite: str) -> list[pl.DataFrame]:
    """差异汇总 (of the rows that are not straight: one finding per provider and class; they stand in statement_rows
    under their break ids)."""
    open_ = others.filter((pl.col("stmt_diff") != "00") & ~pl.col("state").is_in(["recognised", "rejected"]))
    sums = open_.group_by("fixmedins_code", "stmt_diff").agg(
        n=pl.len(), amount=(pl.col("provider_fund_pay_sumamt").fill_null(0) - pl.col("agency_fund_pay_sumamt").fill_null(0)).sum())
    return [
        finding.make(code, sums.filter(pl.col("stmt_diff") == kind), pl.format(
            "{} 笔，基金支付机构减中心 {} 元，待处理", pl.col("n"), yuan_text(pl.col("amount"))),
            diff_amt=pl.col("amount"), accrym=pl.lit(period.ym), actual=pl.col("n").cast(pl.String), rule=pl.lit(cite))
        for kind, code in BREAKS.items()
    ]


def of_groups(groups: Groups, cite: str) -> list[pl.DataFrame]:
    """总额不符, 对账单与自己的明细不符."""
    group = pl.concat_str([pl.col("clr_optins").fill_null(""), pl.col("clr_type").fill_null("")], separator="|")
    differ = groups.table.filter(pl.col("state") == "differs")
    names = {"medfee_sumamt": "医疗费", "fund_pay_sumamt": "基金", "acct_pay": "账户"}
    statement = pl.concat_str([pl.lit(f"{zh} ") + yuan_text(pl.col(f"stated_{c}")) for c, zh in names.items()], separator="，")
    listed = pl.concat_str([pl.lit(f"{zh} ") + yuan_text(pl.col(f"listed_{c}")) for c, zh in names.items()], separator="，")
    mine = pl.concat_str([pl.lit(f"{zh} ") + yuan_text(pl.col(f"agency_{c}")) for c, zh in names.items()], separator="，")
    theirs = pl.concat_str([pl.lit(f"{zh} ") + yuan_text(pl.col(f"provider_{c}")) for c, zh in names.items()], separator="，")
    return [
        finding.make("STATEMENT_INCONSISTENT", groups.inconsistent, pl.format(
            "对账单：{}，{} 笔；自己的明细：{}，{} 笔", statement, pl.col("stated_cnt"), listed, pl.col("listed_cnt")),
            expected=listed, actual=statement, rule=pl.lit(cite), ref_no=pl.col("clr_type"),
            diff_amt=pl.col("stated_fund_pay_sumamt") - pl.col("listed_fund_pay_sumamt")),
        finding.make("STATEMENT_DIFF", differ, pl.format(
            "中心：{}，{} 笔；机构：{}，{} 笔", mine, pl.col("agency_cnt"), theirs, pl.col("provider_cnt")),
            expected=mine, actual=theirs, ref_no=group, diff_amt=pl.col("diff_fund_pay_sumamt"), rule=pl.lit(cite)),
    ]


def of_large_fees(inputs: SettleInputs) -> list[pl.DataFrame]:
    """大额会审清单 (NXJY-39: single fees at or above the threshold of policy.toml; nothing without it)."""
    threshold = inputs.law.find("settle.large_fee", inputs.period.first_day)
    if threshold is None:
        return []
    large = _of_month(inputs).filter(
        (pl.col("medfee_sumamt") >= threshold.fen) & (pl.col("refd_setl_flag") != REFUND)).collect(engine="streaming")
    return [finding.make(
        "LARGE_FEE", large, pl.format("单笔医疗费 {} 元，达到会审起点 {} 元，列入会审", yuan_text(pl.col("medfee_sumamt")),
                                      pl.lit(threshold.value)),
        expected=pl.lit(threshold.value), actual=yuan_text(pl.col("medfee_sumamt")))]


def of_resolutions(stale: pl.DataFrame) -> list[pl.DataFrame]:
    """处理决定不再适用 (the row has changed since, or is no longer open)."""
    if not stale.height:
        return []
    return [finding.make("RESOLUTION_STALE", stale, pl.format(
        "差异 {} 的处理决定（{}）作出后该笔数据已变动或已了结，未执行", pl.col("break_id"), pl.col("decision")),
        ref_no=pl.col("break_id"))]

