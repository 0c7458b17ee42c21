"""核定 (contributions): who owes how much for a month."""
