"""长跑 (soak_assist.py FIRST COUNT [--simple] [--keep DIR]): random offices of medical assistance against the plain model."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main() -> int:
    """跑一段种子，打印不一致."""
    from compare_assist import play

    words = argparse.ArgumentParser()
    words.add_argument("first", type=int)
    words.add_argument("count", type=int)
    words.add_argument("--simple", action="store_true")
    words.add_argument("--keep", type=Path)
    words.add_argument("--lines", type=int, default=12)
    asked = words.parse_args()
    base = asked.keep or Path(tempfile.mkdtemp(prefix="soak"))
    months = failed = 0
    for seed in range(asked.first, asked.first + asked.count):
        folder = base / f"a{seed}"
        done, bad = play(seed, folder, simple=asked.simple)
        months += done
        failed += bool(bad)
        for text in bad[: asked.lines]:
            print(text, flush=True)
        if not bad or not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{asked.count} offices, {months} months compared, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
