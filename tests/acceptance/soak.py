"""长跑 (soak.py FIRST COUNT [--settle [--buckets N]] [--simple] [--keep DIR]): random agencies against the plain models."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main() -> int:
    """跑一段种子，打印不一致."""
    import compare_settle
    import run_and_compare

    words = argparse.ArgumentParser()
    words.add_argument("first", type=int)
    words.add_argument("count", type=int)
    words.add_argument("--settle", action="store_true", help="机构结算；缺省为核定与对账")
    words.add_argument("--buckets", type=int, help="结算分桶算")
    words.add_argument("--simple", action="store_true")
    words.add_argument("--keep", type=Path)
    words.add_argument("--lines", type=int, default=12)
    asked = words.parse_args()

    def play(seed: int, folder: Path) -> tuple[int, list[str]]:
        if asked.settle:
            return compare_settle.play(seed, folder, simple=asked.simple, buckets=asked.buckets)
        return run_and_compare.play(seed, folder, simple=asked.simple)

    base = asked.keep or Path(tempfile.mkdtemp(prefix="soak"))
    months = failed = 0
    for seed in range(asked.first, asked.first + asked.count):
        folder = base / f"a{seed}"
        done, bad = play(seed, folder)
        months += done
        failed += bool(bad)
        for text in bad[: asked.lines]:
            print(text, flush=True)
        if not bad or not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{asked.count} agencies, {months} months compared, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
