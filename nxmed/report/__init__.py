"""报表 (what a run looks like as a workbook)."""
