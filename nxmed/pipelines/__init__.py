"""流程 (a run: read, compute, check, publish)."""
