"""法规：条文的参数与规则 (what the text says, as data and expressions)."""
