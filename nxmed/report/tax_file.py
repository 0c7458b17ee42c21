"""核定信息 (the file and workbook of a month's dues for the tax bureau, NXJY-21), with control totals.

The CSV is for the receiving system (UTF-8 with BOM, one row per bill); the workbook is for people and carries the control
sheet: counts and sums per insurance type, and the sha256 of the CSV.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from nxmed.kernel.money import to_amount, to_fen
from nxmed.kernel.period import Period
from nxmed.report.workbook import Column, Workbook

INSUTYPES = {"310": "职工基本医疗保险", "330": "大额医疗费用补助"}
CRTF_WAYS = {"1": "据实申报", "2": "上月110%暂核", "3": "估定"}

COLUMNS: tuple[tuple[str, Column], ...] = tuple((c.id, c) for c in (
    Column("核定单号", "text", "clct_bill_id"),
    Column("单位编号", "text", "emp_no"),
    Column("单位名称", "name", "emp_name"),
    Column("缴费人识别号", "text", "taxpayer_no"),
    Column("险种", "code", "insutype"),
    Column("费款所属期", "month", "accrym"),
    Column("缴费人数", "count", "clct_psncnt"),
    Column("工资总额", "amount", "staf_totlwag"),
    Column("单位缴费基数总额", "amount", "emp_clctstd_sumamt"),
    Column("个人缴费基数总额", "amount", "psn_clctstd_sumamt"),
    Column("单位应缴", "amount", "emp_clct_amt"),
    Column("个人应缴", "amount", "psn_clct_amt"),
    Column("应缴合计", "amount", "clct_sumamt"),
    Column("单位缴款期限", "date", "emp_dedln_date"),
    Column("个人缴款期限", "date", "psn_dedln_date"),
    Column("核定方式", "text", "crtf_way_name"),
))
SHEET = [
    *(column for name, column in COLUMNS if name not in {"accrym", "psn_clctstd_sumamt", "emp_dedln_date", "psn_dedln_date", "crtf_way_name"}),
    Column("缴款期限", "text", "deadline"), Column("核定方式", "text", "crtf_way_name"),
]
"""Columns of the workbook: the month stands on the control sheet, both bases are equal, the deadlines in one cell."""
AMOUNTS = [c.id for _, c in COLUMNS if c.kind == "amount"]
WHOLE_LIST = 20_000
"""Up to so many bills the workbook lists them all; above, those that need a look (the CSV always has all)."""
RISKY = r"^[=+\-@\t\r＝＋－＠]"


@dataclass(frozen=True)
class TaxFile:
    """核定信息 (rows by clct_bill_id, amounts in fen) with the totals that the outbox must repeat."""

    rows: pl.DataFrame

    @property
    def totals(self) -> dict[str, int]:
        """Unit part and person part in fen, and the number of bills."""
        return {"bills": self.rows.height, "emp": int(self.rows["emp_clct_amt"].sum()),
                "psn": int(self.rows["psn_clct_amt"].sum())}


def tax_file(assessments: pl.DataFrame, dues: pl.DataFrame, units: pl.LazyFrame) -> TaxFile:
    """送税务的行 (one row per bill: tables assessments and dues in fen, units as read)."""
    parts = dues.select("clct_bill_id", "part", "taxpayer_no", "dedln_date")
    deadlines = [
        parts.filter(pl.col("part") == part).select("clct_bill_id", "taxpayer_no", pl.col("dedln_date").alias(f"{part}_dedln_date"))
        for part in ("emp", "psn")
    ]
    names = units.select("emp_no", "emp_name").unique("emp_no", keep="any").collect()
    rows = (
        assessments.join(deadlines[0], on="clct_bill_id", how="left")
        .join(deadlines[1].drop("taxpayer_no"), on="clct_bill_id", how="left")
        .join(names, on="emp_no", how="left")
        .with_columns(crtf_way_name=pl.col("crtf_way").replace_strict(CRTF_WAYS, default=pl.col("crtf_way")))
        .sort("clct_bill_id")
        .select([name for name, _ in COLUMNS])
    )
    return TaxFile(rows)


def write_csv(file: TaxFile, path: Path) -> str:
    """写 CSV (UTF-8 with BOM, amounts with two decimals; text that a spreadsheet would run gets a leading ').

    Gives the sha256 of what was written.
    """
    safe = pl.when(pl.col("emp_name").str.contains(RISKY)).then(pl.lit("'") + pl.col("emp_name")).otherwise(pl.col("emp_name"))
    text = file.rows.with_columns([to_amount(a) for a in AMOUNTS]).with_columns(emp_name=safe).rename(
        {name: column.title for name, column in COLUMNS}
    )
    data = b"\xef\xbb\xbf" + text.write_csv(line_terminator="\r\n").encode("utf-8")
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _deadline_text() -> pl.Expr:
    emp, psn = pl.col("emp_dedln_date").cast(pl.String), pl.col("psn_dedln_date").cast(pl.String)
    return pl.when(emp == psn).then(emp).otherwise(pl.format("单位 {}，个人 {}", emp, psn))


def read_totals(path: Path) -> dict[str, int]:
    """读回合计 (bills, unit part and person part as the written CSV has them: the last side of the conservation)."""
    back = pl.read_csv(path, infer_schema=False).select(pl.col("单位应缴", "个人应缴").cast(pl.Decimal(16, 2)))
    fen = back.select(to_fen("单位应缴"), to_fen("个人应缴"))
    return {"bills": back.height, "emp": int(fen["单位应缴"].sum()), "psn": int(fen["个人应缴"].sum())}


def write_workbook(
    file: TaxFile, path: Path, *, period: Period, poolarea_no: str, run_id: str, csv_name: str, csv_sha256: str,
    deadline: str,
) -> None:
    """写工作簿 (control sheet, summary, bills)."""
    totals = file.totals
    by_type = file.rows.group_by("insutype").agg(
        bills=pl.len().cast(pl.Int64), persons=pl.col("clct_psncnt").sum(), emp=pl.col("emp_clct_amt").sum(),
        psn=pl.col("psn_clct_amt").sum(), both=pl.col("clct_sumamt").sum(),
    ).sort("insutype").with_columns(name=pl.col("insutype").replace_strict(INSUTYPES, default=pl.col("insutype")))
    with Workbook(path, title=f"核定信息 {period.text}", footer=run_id) as book:
        cover = book.sheet("控制表")
        cover.pairs([
            ("文件类型", "职工医保费核定信息"), ("统筹区", poolarea_no), ("费款所属期", period.ym), ("运行号", run_id),
            ("核定单数", totals["bills"], "count"), ("单位应缴合计", totals["emp"], "amount"),
            ("个人应缴合计", totals["psn"], "amount"), ("应缴总计", totals["emp"] + totals["psn"], "amount"),
            ("数据文件", csv_name), ("数据文件 sha256", csv_sha256), ("送税务期限", deadline),
        ], title=f"核定信息 {period.text}")
        cover.table([
            Column("险种", "code", "insutype"), Column("名称", "text", "name"), Column("核定单", "count", "bills"),
            Column("人数", "count", "persons"), Column("单位应缴", "amount", "emp"), Column("个人应缴", "amount", "psn"),
            Column("合计", "amount", "both"),
        ], by_type, title="按险种")
        cover.signatures(["经办", "复核", "审批"])
        listed, title = file.rows, ""
        if file.rows.height > WHOLE_LIST:
            plain = (pl.col("crtf_way_name") == CRTF_WAYS["1"]) & (pl.max_horizontal("emp_dedln_date", "psn_dedln_date") <= period.last_day)
            listed = file.rows.filter(~plain)
            title = f"据实申报、没有缓缴的 {file.rows.height - listed.height:,} 张核定单不列在此，全部见 {csv_name}"
        book.sheet("核定单").table(SHEET, listed.with_columns(deadline=_deadline_text()), keys=2, title=title)

