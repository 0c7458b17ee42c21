"""内核：金额、月份、标识、参数、契约、守恒 (knows no law text, no files, no screens)."""
