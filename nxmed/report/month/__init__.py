"""月报 (the month on a page): figures, charts, page, PDF and workbook, all from the same numbers."""
