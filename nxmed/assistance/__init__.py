"""医疗救助 (medical assistance, NXJZ-10 to 20 and 36.2): a year recomputed, the difference paid."""
