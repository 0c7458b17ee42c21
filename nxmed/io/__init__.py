"""文件进出 (the only package that touches files)."""
