"""拨付 (payout batches): building, the three signatures, the bank's answer. Pure: no files, no database, no processes."""
