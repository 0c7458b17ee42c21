"""月报工作簿 (the same numbers as cells): one sheet per table, each with its source."""

from __future__ import annotations

from pathlib import Path

from nxmed.report.month.figures import Report
from nxmed.report.workbook import Column, Kind, Workbook

KINDS: dict[str, Kind] = {"text": "text", "amount": "amount", "count": "count", "rate": "rate"}
UNSUMMED = ("summary", "spans", "trend", "statement", "counties", "assistance_paid", "findings", "controls")


def write(path: Path, report: Report) -> None:
    """写工作簿 (a table without rows has a sheet that says so)."""
    with Workbook(path, title=f"{report.region} 医保经办月报 {report.period}", footer=report.run_id) as book:
        cover = book.sheet("封面")
        cover.pairs([("地区", report.region), ("所属期", report.period), ("运行编号", report.run_id)], title=f"{report.region} 医保经办月报 {report.period}")
        cover.table([Column("表"), Column("依据"), Column("来源", width=100)],
                    [(t.zh, t.rule.replace(";", "、"), t.source) for t in report.tables.values()], title="各表来源", total=False)
        cover.signatures(["制表", "复核", "负责人"])
        for table in report.tables.values():
            sheet = book.sheet(table.zh.partition("（")[0].replace("，", " "))
            columns = [Column(c.zh, KINDS[c.kind], total=None if c.kind != "rate" else False) for c in table.columns]
            sheet.table(columns, table.rows, title=table.zh, total=table.id not in UNSUMMED, keys=1)
            if table.note:
                sheet.lines([table.note])
