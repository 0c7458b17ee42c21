"""命令行 (one file per command: parse, one call, render)."""
