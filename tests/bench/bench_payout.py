"""编批的速度 (payout build of 200,000 lines: items published, accounts read, batch built, proved, written, catalogue).

    python tests/bench/bench_payout.py [LINES]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "payouts"))
from agency import account, agency, item

from nxmed.kernel.period import Period
from nxmed.pipelines.payout_build import build_payout
from nxmed.pipelines.payout_verify import verify_payouts


def main(lines: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ws = agency(Path(folder) / "ws", [item(f"I{i:08d}", f"P{i:08d}", 100 + i) for i in range(lines)],
                    [account(f"P{i:08d}", f"62{i:012d}") for i in range(lines)])
        for name, work in (("build", lambda: build_payout(ws, Period.parse("2026-11"), "assist")), ("verify", lambda: verify_payouts(ws))):
            wall, busy = time.perf_counter(), time.process_time()
            work()
            sys.stdout.write(f"{name} {lines:,} lines: {time.perf_counter() - wall:.1f} s, processor {time.process_time() - busy:.1f} s\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
