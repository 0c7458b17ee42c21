"""结算对账单 (what each provider gets): one workbook per provider with only its own rows, the payable list, the 3202 result.

The workbook is read by the provider's finance clerk: cover with what is paid in figures and in capital numerals, totals
of both sides, every difference with its cause and what to do, deductions, boxes to sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from nxmed.kernel.chinese_amount import capital_of_fen
from nxmed.kernel.money import yuan
from nxmed.kernel.period import Period
from nxmed.kernel.stage import Equation
from nxmed.report.provider_words import (
    CAUSES,
    CLASSES,
    CLASSES_EN,
    CLEARINGS,
    DECISIONS,
    DEDUCTIONS,
    FUNDS,
    HELD,
    INSURANCES,
    NOTES,
    REFUND_AMOUNTS,
    REFUND_ORIGINAL,
    STATES,
    WHAT_TO_DO,
)
from nxmed.report.statement_workers import write_statements
from nxmed.report.workbook import Column, Sheet, Workbook

Outbox = Callable[[str], Path]
AMOUNTS = (("medfee_sumamt", "医疗费"), ("fund_pay_sumamt", "基金支付"), ("acct_pay", "个账"))
HELD_ROWS = pl.col("held_reason").is_not_null() & (pl.col("state") == "waiting")
OPEN = pl.col("state").is_in(["waiting", "repeated", "settled_before", "rejected"]) | pl.col("decision").is_not_null()


@dataclass(frozen=True)
class Written:
    """写出的交付: how many providers, and the equation that what was written is what is owed."""

    providers: int
    equations: tuple[Equation, ...]


def provider_names(providers: pl.LazyFrame) -> dict[str, str]:
    """机构名称 by code (the newest agreement's)."""
    frame = providers.select("fixmedins_code", "fixmedins_name", "efft_time").sort("efft_time").collect()
    return {code: name for code, name, _ in frame.iter_rows() if code}


def write_all(
    outbox: Outbox, result: Any, room: Any, names: Mapping[str, str], *, period: Period, region: str, run_id: str
) -> Written:
    """写全部交付 (workbooks, result texts, payable list) and hold the sums against the payables."""
    tables, told = result.tables, result.told
    deductions = room.deductions.collect()
    frames = {
        "groups": tables["statement_groups"], "payables": tables["payables"], "deductions": deductions,
        "differences": told.filter(OPEN), "breaks": tables["statement_breaks"].filter(pl.col("opened_period") < period.text),
        "classes": _classes(result.counted)}
    codes = sorted({code for frame in frames.values() for code in frame["fixmedins_code"].unique().drop_nulls()})
    paths = [(code, outbox(f"结算对账单_{_safe(code)}_{period.text}.xlsx")) for code in codes]
    with ThreadPoolExecutor(1) as beside:
        statements = beside.submit(write_statements, frames, paths, names, period=period, region=region, run_id=run_id)
        for lines in result.line_buckets or (result.lines,):
            _write_results(outbox, told, lines, period)
        listed = write_payables(outbox(f"应付清单_{period.text}.xlsx"), tables["payables"], names, period=period, run_id=run_id)
        written = statements.result()
    owed = int(tables["payables"]["act_dfr_amt"].sum() or 0)
    return Written(len(codes), (
        Equation("settle.outbox.statements", "各机构对账单应付之和 = 应付", {"对账单": written}, {"应付": owed},
                 en="Σ of the statements = payables"),
        Equation("settle.outbox.list", "应付清单合计 = 应付", {"清单": listed}, {"应付": owed}, en="payable list = payables"),
    ))


def _by_provider(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    if not frame.height:
        return {}
    return {str(key[0]): part for key, part in frame.partition_by("fixmedins_code", as_dict=True).items()}


def _classes(counted: pl.DataFrame) -> pl.DataFrame:
    """各类笔数和金额 (from the tally, per provider and class, the held ones and those of earlier months apart; fund and
    account together, fen; empty for a side that sent nothing)."""
    label = pl.concat_str([
        pl.col("stmt_diff"), pl.lit(" "), pl.col("stmt_diff").replace_strict(CLASSES, default="", return_dtype=pl.String),
        pl.when(HELD_ROWS).then(pl.lit("（暂缓）")), pl.when("older").then(pl.lit("（以前月份，本月了结）"))], ignore_nulls=True)
    sums = [pl.when(pl.col(f"{side}_there").any()).then((pl.col(f"{side}_fund_pay_sumamt") + pl.col(f"{side}_acct_pay")).sum())
            .alias(side) for side in ("provider", "agency")]
    return counted.with_columns(label=label).group_by("fixmedins_code", "label").agg(
        pl.col("n").sum(), pl.col("recognised_amt").sum(), *sums).sort("fixmedins_code", "label")


def _safe(code: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "_", code)[:40]


def write_statement(
    path: Path, own: Mapping[str, pl.DataFrame], *, code: str, name: str, period: Period, region: str, run_id: str
) -> int:
    """一家机构的结算对账单 (frames of this provider only: groups, payables, differences, breaks, deductions). Gives Σ paid."""
    owed = own["payables"].sort("fund_pay_type").with_columns(fund=_worded("fund_pay_type", FUNDS))
    paid = int(owed["act_dfr_amt"].sum() or 0)
    differences, older = _explained(own["differences"]), _explained(own["breaks"])
    who = f"{name or code} {period.text}"
    with Workbook(path, title=f"结算对账单 {code} {period.text}", footer=f"{code} {run_id}") as book:
        cover = book.sheet("封面", portrait=True)
        cover.pairs([
            ("定点医药机构", name, "strong"), ("机构编号", code), ("结算月份", period.text), ("经办地区", region),
            ("付款经办机构", _one(owed["fix_blng_admdvs"])),
            ("本月应付（小写）", paid, "strong_amount"), ("本月应付（大写）", capital_of_fen(paid), "strong"),
        ], title=f"医疗保障基金结算对账单 {period.text}", span=7)
        cover.table([
            Column("基金", id="fund", width=26), Column("认定", "amount", "recognised_amt"),
            Column("上期结转", "amount", "carried_in_amt"), Column("扣款", "amount", "det_amt"),
            Column("预留金", "amount", "dpst_amt"), Column("周转金", "amount", "advance_amt"),
            Column("结转下期", "amount", "carried_out_amt"), Column("应付", "amount", "act_dfr_amt"),
        ], owed, title="一、应付（按基金，单位：元）")
        cover.table([
            Column("结果", id="label", width=26), Column("笔数", "count", "n"), Column("机构申报", "amount", "provider"),
            Column("中心记录", "amount", "agency"), Column("本月认定", "amount", "recognised_amt"),
        ], own["classes"], title="二、逐笔核对结果（基金加个人账户，单位：元）")
        cover.lines([
            f"本月差异和暂缓 {differences.height} 笔，见“差异”；以前月份未了 {older.height} 笔，见“以前未了”；"
            f"扣款 {own['deductions'].height} 笔，见“扣款”。", *NOTES])
        cover.signatures(["机构经办（医保办）", "机构财务", "机构负责人（盖章）", "经办机构经办", "经办机构复核"], height=48)
        _sheet_groups(book, own["groups"], who)
        amounts = [Column(f"{side}{word}", "amount", f"{{}}{c}", 11) for c, word in AMOUNTS for side in ("机构", "中心")]
        reasons = [Column("原因", id="cause", width=28, wrap=True), Column("怎么办", id="todo", width=30, wrap=True),
                   Column("差异编号", id="break_id")]
        _listed(book.sheet("差异"), [
            Column("结算ID", id="setl_id"), Column("退费", id="refund", width=6), Column("结果", id="class", width=13, wrap=True),
            Column("状态", id="stand"), *_sided(amounts, "agency_"), *reasons], differences, f"差异和暂缓　{who}", "本月没有差异。")
        _listed(book.sheet("以前未了"), [
            Column("结算ID", id="setl_id"), Column("退费", id="refund", width=6), Column("结果", id="class", width=13, wrap=True),
            Column("起始月份", "period", "opened_period"), *_sided(amounts, ""), *reasons], older,
            f"以前月份未了的差异　{who}", "没有以前月份未了的差异。")
        _listed(book.sheet("扣款"), [
            Column("扣款流水号", id="det_sn"), Column("基金", id="fund"), Column("类型", id="kind"),
            Column("金额", "amount", "det_amt"), Column("原因", id="det_rea", width=60, wrap=True),
        ], own["deductions"].sort("fund_pay_type", "det_sn").with_columns(
            fund=_worded("fund_pay_type", FUNDS), kind=_worded("det_type", DEDUCTIONS)), f"扣款　{who}", "本月没有扣款。")
    return paid


def _one(codes: pl.Series) -> str:
    return "、".join(codes.drop_nulls().unique().sort().to_list())


def _sided(columns: list[Column], agency: str) -> list[Column]:
    """Amount columns with the names they have in the frame at hand."""
    return [replace(c, id=c.id.format("provider_" if c.title.startswith("机构") else agency)) for c in columns]


def _listed(sheet: Sheet, columns: list[Column], rows: pl.DataFrame, title: str, none: str) -> None:
    """A table under its title, or a line that says there is nothing."""
    if rows.height:
        sheet.table(columns, rows, keys=1, title=title)
    else:
        sheet.lines([none], title=title)


def _sheet_groups(book: Workbook, groups: pl.DataFrame, who: str) -> None:
    names = {"medfee_sumamt": "医疗费", "fund_pay_sumamt": "基金支付", "acct_pay": "个人账户"}
    columns = [Column("清算经办机构", id="clr_optins"), Column("险种", id="insutype"), Column("清算类别", id="clr_type")]
    for side, zh in (("provider", "机构"), ("agency", "中心"), ("diff", "差额")):
        columns += [Column(f"{zh}{word}", "amount", f"{side}_{c}") for c, word in names.items()]
        columns.append(Column(f"{zh}笔数", "count", f"{side}_cnt"))
    columns.append(Column("结果", id="result"))
    words = {"equal": "相符", "differs": "不符", "no_statement": "未报对账单"}
    rows = groups.with_columns(
        result=_worded("state", words), insutype=_worded("insutype", INSURANCES), clr_type=_worded("clr_type", CLEARINGS))
    _listed(book.sheet("对账单"), columns, rows, f"对账单总额比对　{who}", "本月双方都没有结算。")


def _explained(rows: pl.DataFrame) -> pl.DataFrame:
    """差异的原因与办法 (in words)."""
    held, kind = pl.col("held_reason"), pl.col("stmt_diff")
    decision = pl.col("decision") if "decision" in rows.columns else pl.lit(None, pl.String)
    stand = _worded("state", STATES) if "state" in rows.columns else pl.lit("待处理")
    mine = "agency_" if "agency_medfee_sumamt" in rows.columns else ""
    apart = pl.concat_str([
        pl.when(pl.col(f"provider_{c}") != pl.col(f"{mine}{c}")).then(
            pl.format("{}机构减中心 {}", pl.lit(word), _yuan(pl.col(f"provider_{c}") - pl.col(f"{mine}{c}"))))
        for c, word in AMOUNTS], separator="，", ignore_nulls=True)
    said = pl.when((kind == "05") & (apart != "")).then(pl.lit(REFUND_AMOUNTS)).when(kind == "05").then(
        pl.lit(REFUND_ORIGINAL)).otherwise(kind.replace_strict(CAUSES, default="", return_dtype=pl.String))
    reason = pl.concat_str([
        said, pl.when(kind.is_in(["03", "05"]) & (apart != "")).then(apart),
        pl.when(held.is_not_null()).then(held.replace_strict(HELD, default="", return_dtype=pl.String)),
    ], separator="；", ignore_nulls=True).str.strip_chars("；")
    step = pl.when(decision.is_not_null()).then(decision.replace_strict(DECISIONS, default="", return_dtype=pl.String)).otherwise(
        pl.coalesce(pl.when(kind != "00").then(kind.replace_strict(WHAT_TO_DO, default=None, return_dtype=pl.String)),
                    held.replace_strict(WHAT_TO_DO, default=None, return_dtype=pl.String)))
    return rows.sort("stmt_diff", "setl_id", "refd_setl_flag").with_columns(
        cause=reason, todo=step, stand=stand, refund=_worded("refd_setl_flag", {"0": "", "1": "退费"}),
        **{"class": kind + pl.lit(" ") + kind.replace_strict(CLASSES, default="", return_dtype=pl.String)
           + pl.when((kind == "00") & held.is_not_null()).then(pl.lit("，暂缓")).otherwise(pl.lit(""))})


def _worded(column: str, words: Mapping[str, str]) -> pl.Expr:
    return pl.col(column).replace_strict(words, default=pl.col(column), return_dtype=pl.String)


def _write_results(outbox: Outbox, rows: pl.DataFrame, details: pl.LazyFrame, period: Period) -> None:
    """3202 对账结果 (per provider, TAB, no header, literal null, its own rows): psn_no, mdtrt_id, setl_id, msgid, stmt_rslt,
    refd_setl_flag, memo, medfee_sumamt, fund_pay_sumamt, acct_pay, exp_content."""
    key = ["fixmedins_code", "setl_id", "refd_setl_flag"]
    told = rows.filter(~pl.col("straight") & (pl.col("provider_period") == period.text) & (pl.col("copy_no") == 1)).select(
        *key, "stmt_diff", "held_reason")
    repeated = rows.filter(pl.col("stmt_diff") == "06").select(key).unique().with_columns(repeated=pl.lit(True))
    lines = details.join(repeated.lazy(), on=key, how="left", maintain_order="left").collect() if repeated.height else (
        details.with_columns(repeated=pl.lit(None, pl.Boolean)).collect())
    more = pl.col("repeated").fill_null(False)
    copies = lines.filter(more).with_columns(copy=pl.int_range(pl.len()).over(key, order_by=["src_file", "src_row"]))
    lines = pl.concat([lines.filter(~more).with_columns(copy=pl.lit(0, pl.Int64)), copies])
    sent = lines.lazy().join(told.lazy(), on=key, how="left", maintain_order="left").with_columns(
        stmt_diff=pl.when(pl.col("copy") > 0).then(pl.lit("06")).otherwise(pl.col("stmt_diff").fill_null("00")),
        held_reason=pl.when(pl.col("copy") > 0).then(pl.lit(None, pl.String)).otherwise(pl.col("held_reason")))
    words = pl.concat_str([
        pl.when(pl.col("stmt_diff") != "00").then(pl.col("stmt_diff").replace_strict(CLASSES, default="", return_dtype=pl.String)),
        pl.col("held_reason").replace_strict(HELD, default=None, return_dtype=pl.String)], separator="；", ignore_nulls=True)
    empty = pl.lit("null")
    shown = sent.select(
        "fixmedins_code", "src_file", "src_row", *[pl.col(c).fill_null(empty) for c in ("psn_no", "mdtrt_id", "setl_id")],
        empty.alias("msgid"), pl.col("stmt_diff").alias("stmt_rslt"), "refd_setl_flag",
        pl.when(words == "").then(empty).otherwise(words).alias("memo"),
        *[_yuan(pl.col(c)).alias(c) for c in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")],
        pl.col("exp_content").fill_null(empty)).sort("fixmedins_code", "src_file", "src_row").collect()
    for code, part in _by_provider(shown).items():
        part.drop("fixmedins_code", "src_file", "src_row").write_csv(
            outbox(f"对账结果_{_safe(code)}_{period.text}.txt"), include_header=False, separator="\t", quote_style="never")


def _yuan(fen: pl.Expr) -> pl.Expr:
    size = fen.abs()
    return pl.concat_str([
        pl.when(fen < 0).then(pl.lit("-")).otherwise(pl.lit("")), (size // 100).cast(pl.String), pl.lit("."),
        (size % 100).cast(pl.String).str.zfill(2)])


def write_payables(path: Path, owed: pl.DataFrame, names: Mapping[str, str], *, period: Period, run_id: str) -> int:
    """应付清单 (provider × fund, total in figures and capital numerals). Gives Σ paid."""
    rows = owed.sort("fixmedins_code", "fund_pay_type").with_columns(
        name=_worded("fixmedins_code", names) if names else pl.col("fixmedins_code"), fund=_worded("fund_pay_type", FUNDS))
    paid = int(owed["act_dfr_amt"].sum() or 0)
    with Workbook(path, title=f"应付清单 {period.text}", footer=run_id) as book:
        cover = book.sheet("应付清单")
        cover.pairs([("结算月份", period.text), ("应付合计（小写）", paid, "amount"), ("应付合计（大写）", capital_of_fen(paid)),
                     ("运行号", run_id)], title=f"定点医药机构应付清单 {period.text}")
        cover.table([
            Column("机构编号", id="fixmedins_code"), Column("机构", id="name", width=28), Column("基金代码", id="fund_pay_type"),
            Column("基金", id="fund"), Column("付款经办机构", id="fix_blng_admdvs"), Column("认定", "amount", "recognised_amt"),
            Column("上期结转", "amount", "carried_in_amt"), Column("扣款", "amount", "det_amt"),
            Column("预留金", "amount", "dpst_amt"), Column("周转金", "amount", "advance_amt"),
            Column("结转下期", "amount", "carried_out_amt"), Column("应付", "amount", "act_dfr_amt"),
        ], rows, keys=2)
        cover.signatures(["经办", "复核", "审批", "财务"])
    return paid


def screen_lines(owed: pl.DataFrame, counted: pl.DataFrame) -> list[dict[str, Any]]:
    """屏幕上的汇总 (from payables and the tally of the rows: classes with counts and agency amounts, then from recognised to
    paid; amounts in fen)."""
    fund = pl.when("agency_there").then("agency_fund_pay_sumamt").otherwise("provider_fund_pay_sumamt").sum()
    by = counted.group_by("stmt_diff").agg(n=pl.col("n").sum(), amount=fund).sort("stmt_diff")
    lines: list[dict[str, Any]] = [
        {"kind": "class", "id": kind, "zh": CLASSES[kind], "en": f"{kind} {CLASSES_EN[kind]}", "count": n, "amount_fen": int(amount or 0), "note": ""}
        for kind, n, amount in by.rows()]
    held = counted.filter(HELD_ROWS)
    lines.append({"kind": "class", "id": "held", "zh": "其中暂缓", "en": "of them held", "count": int(held["n"].sum() or 0),
                  "amount_fen": int(held["agency_fund_pay_sumamt"].sum() or 0), "note": ""})
    for kind, column, zh, en in (
        ("start", "recognised_amt", "本月认定", "recognised"), ("plus", "carried_in_amt", "上期结转", "carried in"),
        ("minus", "det_amt", "扣款", "deductions"), ("minus", "dpst_amt", "预留金", "deposit"),
        ("minus", "advance_amt", "周转金", "advance"), ("minus", "carried_out_amt", "结转下期", "carried out"),
        ("sum", "act_dfr_amt", "本月应付", "payable"),
    ):
        lines.append({"kind": kind, "id": column, "zh": zh, "en": en, "count": None,
                      "amount_fen": int(owed[column].sum() or 0), "note": ""})
    lines[-1]["note"] = capital_of_fen(lines[-1]["amount_fen"])
    lines[-1]["amount"] = yuan(lines[-1]["amount_fen"])
    return lines
