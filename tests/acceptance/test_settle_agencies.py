"""验收：随机的机构结算，程序与平实模型逐格相同（对账、认定、应付、付款项、复核、发现）."""

from __future__ import annotations

from pathlib import Path

import pytest
from compare_settle import play
from plain_reprice import reprice
from random_clinic import Clinic

SEEDS = ((17, None), (7, 3))


@pytest.mark.parametrize(("seed", "buckets"), SEEDS)
def test_program_equals_the_plain_model(seed: int, buckets: int | None, tmp_path: Path) -> None:
    months, bad = play(seed, tmp_path / "agency", buckets=buckets)
    assert not bad, "\n".join(bad)
    assert months >= 2


def test_the_generator_reaches_every_corner() -> None:
    """种子表确实含有每一类、每一种暂缓、每一种决定的去向、结转、周转金、封顶（模型单独跑，不开程序）."""
    classes: set[str] = set()
    held: set[str | None] = set()
    codes: set[str] = set()
    late: set[str] = set()
    carried = advanced = capped = supplemented = packaged = settled_refund = False
    for seed in range(40):
        clinic = Clinic(seed)
        for i, period in enumerate(clinic.months):
            clinic.prepare(i)
            month = clinic.run(i)
            clinic.decide(month)
            classes |= {r["diff"] for r in month.rows}
            held |= {r["held"] for r in month.rows}
            codes |= {f[0] for f in month.findings}
            late |= {e.diff for e in month.entries.values() if e.closed_period == period and e.opened < period}
            settled_refund |= any(r["key"][1] == "1" and r["paid"] for r in month.rows)
            carried |= any(v["cin"] for v in month.payables.values())
            advanced |= any(v["adv"] for v in month.payables.values())
            packaged |= any(r["paid"].get("310100") in (125001, 150000, 166667, 250001, 300000) for r in month.rows)
            if clinic.region == "dingxi":
                rows = reprice(clinic.inbox, period).rows.values()
                capped |= any(r["raw"] is not None and r["fund"] < r["raw"] for r in rows)
                supplemented |= any(r["supp"] for r in rows if r["kind"] == "chronic")
    assert classes == {"00", "01", "02", "03", "04", "05", "06", "07"}
    assert held == {
        None, "AMOUNT_IDENTITY", "FUND_UNKNOWN", "OUT_OF_AGREEMENT", "MATERNITY_FLAG_MISSING", "ORIGINAL_OPEN", "TOTALS_DIFFER",
    }  # fmt: skip
    assert late >= {"00", "01", "02", "03", "04", "05"}
    assert codes >= {"STATEMENT_INCONSISTENT", "LARGE_FEE", "AMOUNT_IDENTITY", "FUND_UNKNOWN", "OUT_OF_AGREEMENT"}
    assert (carried, advanced, capped, supplemented, packaged, settled_refund) == (True,) * 6
