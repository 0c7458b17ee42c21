"""征缴：税务到账、国库对账、入账、欠费 (arrivals of the tax bureau against the treasury and against what is due)."""
