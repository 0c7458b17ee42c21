"""月报的数 (what the report says, and the query that says it). Amounts are fen inside, rates parts per million."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl


@dataclass(frozen=True)
class Col:
    """一列: id, headings, kind (text, amount, count or rate)."""

    id: str
    zh: str
    en: str
    kind: str = "amount"


@dataclass(frozen=True)
class Table:
    """一张表: rows in column order, and where they come from."""

    id: str
    zh: str
    en: str
    columns: tuple[Col, ...]
    rows: list[tuple[Any, ...]]
    source: str
    rule: str = ""
    note: str = ""


@dataclass(frozen=True)
class Query:
    """一条查询: `sql` with {p} the month, {first} eleven months before, {before} and {year_before}, {ym}, {year}, {quarter}."""

    id: str
    zh: str
    en: str
    columns: tuple[Col, ...]
    sql: str
    rule: str = ""
    note: str = ""


@dataclass
class Report:
    """月报的全部内容 (everything that the page, the PDF and the workbook show)."""

    period: str
    region: str
    region_en: str
    run_id: str
    tables: dict[str, Table] = field(default_factory=dict)
    charts: dict[str, str] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)

    def add(self, table: Table) -> None:
        self.tables[table.id] = table

    def texts(self) -> Iterable[str]:
        """Every text that comes from data."""
        yield from (self.period, self.region, self.run_id)
        for table in self.tables.values():
            yield from (table.zh, table.source, table.note, table.rule)
            yield from (c.zh for c in table.columns)
            yield from (cell for row in table.rows for cell in row if isinstance(cell, str))


NAME = Col("name", "项目", "item", "text")
QUERIES: tuple[Query, ...] = (
    Query("trend", "应征与到账，近十二个月", "dues and arrivals over twelve months",
          (Col("period", "月份", "month", "text"), Col("dues", "应征", "dues"), Col("arrived", "到账", "arrivals")), """
          SELECT coalesce(d.period, a.period), d.amt, a.amt
          FROM (SELECT period, sum(amt) AS amt FROM dues WHERE period BETWEEN '{first}' AND '{p}' GROUP BY period) d
          FULL JOIN (SELECT period, sum(paid_amt + coalesce(latefee_amt, 0)) AS amt FROM arrivals
                     WHERE period BETWEEN '{first}' AND '{p}' AND arrived_period = period GROUP BY period) a USING (period)
          ORDER BY 1""", "NXJY-21;NXJY-68"),
    Query("insured", "参保与核定", "insured and assessed",
          (Col("insutype", "险种", "type", "text"), Col("units", "单位", "units", "count"), Col("persons", "人员", "persons", "count"),
           Col("wages", "工资总额", "wages"), Col("emp", "单位应缴", "unit part"), Col("psn", "个人应缴", "person part"),
           Col("sum", "合计", "sum")), """
          SELECT b.insutype, count(DISTINCT b.emp_no),
                 (SELECT count(DISTINCT psn_no) FROM assessment_lines l WHERE l.period = '{p}' AND l.insutype = b.insutype),
                 sum(staf_totlwag), sum(emp_clct_amt), sum(psn_clct_amt), sum(clct_sumamt)
          FROM assessments b WHERE period = '{p}' GROUP BY b.insutype ORDER BY 1""", "NXJY-68"),
    Query("collected", "基金收入（到账去向）", "income by what became of it",
          (Col("class", "去向", "class", "text"), Col("lines", "笔数", "lines", "count"), Col("paid", "本金", "principal"),
           Col("late", "滞纳金", "late charges")), """
          SELECT class, count(*), sum(paid_amt), sum(coalesce(latefee_amt, 0)) FROM arrivals
          WHERE period = '{p}' AND arrived_period = '{p}' GROUP BY class ORDER BY 1""", "NXJY-22;NXJY-68"),
    Query("spans", "参保与收支，按月、季、年", "insured, income and spending by month, quarter and year",
          (Col("span", "期间", "span", "text"), Col("persons", "核定人员", "persons assessed", "count"), Col("dues", "应征", "dues"),
           Col("arrived", "到账", "arrivals"), Col("payable", "应付定点机构", "owed to providers"), Col("assistance", "手工救助", "assistance by claim")), """
          SELECT span,
            (SELECT count(DISTINCT psn_no) FROM assessment_lines WHERE period BETWEEN since AND '{p}'),
            (SELECT sum(amt) FROM dues WHERE period BETWEEN since AND '{p}'),
            (SELECT sum(paid_amt + coalesce(latefee_amt, 0)) FROM arrivals WHERE arrived_period = period AND period BETWEEN since AND '{p}'),
            (SELECT sum(act_dfr_amt) FROM payables WHERE period BETWEEN since AND '{p}'),
            (SELECT sum(amt) FROM payout_items WHERE source = 'assist' AND period BETWEEN since AND '{p}')
          FROM (SELECT unnest([1, 2, 3]) AS place, unnest(['本月 {p}', '本季 {quarter} 起', '本年 {january} 起']) AS span,
                       unnest(['{p}', '{quarter}', '{january}']) AS since) ORDER BY place""", "NXJY-68;NXJZ-35"),
    Query("arrears", "欠费，按逾期时间", "arrears by age",
          (Col("age", "逾期", "overdue", "text"), Col("dues", "笔数", "dues", "count"), Col("outstanding", "欠费", "arrears"),
           Col("late", "应收滞纳金", "late charge due")), """
          SELECT age, count(*), sum(outstanding), sum(coalesce(latefee_due, 0)) FROM arrears WHERE period = '{p}'
          GROUP BY age ORDER BY min(overdue_days)""", "NXJY-25"),
    Query("benefits", "基金支出（定点机构）", "spending on providers",
          (Col("fund", "基金", "fund", "text"), Col("recognised", "认定", "recognised"), Col("carried_in", "上期结转", "carried in"),
           Col("det", "扣款", "deductions"), Col("dpst", "预留金", "deposit"), Col("advance", "周转金抵扣", "advance"),
           Col("carried_out", "结转下期", "carried out"), Col("payable", "应付", "payable")), """
          SELECT fund_pay_type, sum(recognised_amt), sum(carried_in_amt), sum(det_amt), sum(dpst_amt), sum(advance_amt),
                 sum(carried_out_amt), sum(act_dfr_amt)
          FROM payables WHERE period = '{p}' GROUP BY fund_pay_type ORDER BY 1""", "NXJY-35;NXJY-68"),
    Query("providers", "应付，按机构", "payables by provider",
          (Col("provider", "机构", "provider", "text"), Col("recognised", "认定", "recognised"), Col("payable", "应付", "payable")), """
          SELECT fixmedins_code, sum(recognised_amt), sum(act_dfr_amt) FROM payables WHERE period = '{p}'
          GROUP BY fixmedins_code ORDER BY sum(act_dfr_amt) DESC, 1""", "NXJY-35"),
    Query("assistance", "医疗救助，按类别和档次（年初至今）", "assistance by class and tier, year to date",
          (Col("class", "分类", "class", "text"), Col("tier", "档次", "tier", "text"), Col("persons", "人数", "persons", "count"),
           Col("items", "项数", "items", "count"), Col("base", "救助基数", "base"), Col("ordinary", "救助", "ordinary"),
           Col("tilt", "倾斜救助", "tilt")), """
          SELECT class, coalesce(CAST(tier AS VARCHAR), ''), count(DISTINCT coalesce(certno, psn_no)), count(*), sum(base_amt),
                 sum(ordinary_amt), sum(tilt_amt)
          FROM assistance_items WHERE period = '{p}' AND benefit_year = {year} GROUP BY ALL ORDER BY 1, 2""", "NXJZ-14;NXJZ-35"),
    Query("assistance_paid", "救助资金支出，按月和季", "assistance paid by month and quarter",
          (Col("span", "期间", "span", "text"), Col("fund", "资金", "fund", "text"), Col("items", "笔数", "items", "count"),
           Col("amt", "手工支付", "paid by claim")), """
          SELECT span, fund_pay_type, count(*), sum(amt) FROM (
            SELECT unnest([1, 2, 3]) AS place, unnest(['本月 {p}', '本季 {quarter} 起', '本年 {january} 起']) AS span,
                   unnest(['{p}', '{quarter}', '{january}']) AS since) spans
          JOIN payout_items i ON i.source = 'assist' AND i.period BETWEEN spans.since AND '{p}'
          GROUP BY place, span, fund_pay_type ORDER BY place, fund_pay_type""", "NXJZ-35",
          "一站式救助随定点机构结算支付，见“基金支出”的 610100"),
    Query("findings", "发现", "findings",
          (Col("command", "环节", "command", "text"), Col("code", "代码", "code", "text"), Col("severity", "级别", "severity", "text"),
           Col("count", "条数", "count", "count")), """
          SELECT command, code, severity, count(*) FROM findings
          WHERE period = '{p}' AND severity <> 'info' AND command <> 'report'
          GROUP BY ALL ORDER BY 1, 3, 2"""),
)
SUMMARY: tuple[tuple[str, str, str, str], ...] = (
    ("dues", "应征", "dues", "SELECT sum(amt) FROM dues WHERE period = '{p}'"),
    ("arrived", "到账（含滞纳金）", "arrivals with late charges",
     "SELECT sum(paid_amt + coalesce(latefee_amt, 0)) FROM arrivals WHERE period = '{p}' AND arrived_period = '{p}'"),
    ("paid", "本月应征已缴", "of the month's dues, paid",
     "SELECT sum(paid) FROM due_balances WHERE period = '{p}' AND accrym = '{ym}' AND opened_period = '{p}'"),
    ("outstanding", "月末未缴（含以前月份）", "outstanding at the end", "SELECT sum(outstanding) FROM due_balances WHERE period = '{p}'"),
    ("payable", "应付定点机构", "owed to providers", "SELECT sum(act_dfr_amt) FROM payables WHERE period = '{p}'"),
    ("one_stop", "其中一站式救助", "of it one-stop assistance", "SELECT sum(act_dfr_amt) FROM payables WHERE period = '{p}' AND fund_pay_type = '610100'"),
    ("assistance", "手工救助支付", "assistance by claim", "SELECT sum(amt) FROM payout_items WHERE source = 'assist' AND period = '{p}'"),
)


def published(tables: Iterable[Table]) -> pl.DataFrame:
    """报告的数作为一张表 (report_figures: one row per figure, in inside form)."""
    rows = []
    for table in tables:
        for number, row in enumerate(table.rows, start=1):
            label = "；".join(str(cell) for cell, c in zip(row, table.columns, strict=True) if c.kind == "text" and cell is not None)
            for cell, column in zip(row, table.columns, strict=True):
                if column.kind != "text":
                    rows.append((table.id, number, label, column.id, cell if column.kind == "amount" else None,
                                 cell if column.kind == "count" else None, cell if column.kind == "rate" else None, table.rule))
    shape = {"section": pl.String, "row_no": pl.Int64, "label": pl.String, "measure": pl.String, "amt": pl.Int64,
             "number": pl.Int64, "rate": pl.Int64, "rule": pl.String}
    return pl.DataFrame(rows, schema=shape, orient="row").sort("section", "row_no", "measure")


def rate_text(ppm: int) -> str:
    """比率的文字 (all of its digits, at least two decimals, as the workbook shows it: 998878 → 99.8878%, 1000000 → 100.00%)."""
    whole, rest = divmod(abs(ppm), 10_000)
    return f"{'-' * (ppm < 0)}{whole}.{f'{rest:04d}'[:2]}{f'{rest:04d}'[2:].rstrip('0')}%"


def total(rows: Sequence[Sequence[Any]], at: int) -> int:
    """一列之和 (nothing counts as 0)."""
    return sum(int(row[at] or 0) for row in rows)
