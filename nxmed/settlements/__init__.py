"""定点机构结算 (providers): statements compared both ways, repriced, and what is owed to each."""
