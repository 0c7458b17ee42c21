"""验收：随机的小机构，程序与平实模型逐格相同；同样的收件箱换个地方再跑，字节相同."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_and_compare import play

SEEDS = (3, 18, 26, 41)


@pytest.mark.parametrize("seed", SEEDS)
def test_program_equals_the_plain_model(seed: int, tmp_path: Path) -> None:
    months, bad = play(seed, tmp_path / "agency")
    assert not bad, "\n".join(bad)
    assert months >= 3


@pytest.mark.parametrize("seed", [101])
def test_plain_files_give_the_same(seed: int, tmp_path: Path) -> None:
    _, bad = play(seed, tmp_path / "agency", simple=True)
    assert not bad, "\n".join(bad)


def test_the_generator_reaches_every_corner() -> None:
    """种子表确实含有每一类到账、每一种核定方式、每一条发现（模型单独跑，不开程序）."""
    from plain_reconcile import Reconciled
    from random_agency import Agency

    classes: set[str] = set()
    codes: set[str] = set()
    ways: set[tuple[str, str]] = set()
    steps: set[str | None] = set()
    sources: set[str] = set()
    ages: set[str] = set()
    negative = deferred = False
    for seed in range(80):
        agency = Agency(seed)
        for index in range(len(agency.months)):
            agency.prepare_assess(index)
            agency.prepare_reconcile(index)
        months: list[Reconciled] = list(agency.reconciled.values())
        for month in months:
            classes |= {x["class"] for x in month.arrivals}
            steps |= {x["step"] for x in month.arrivals}
            codes |= {f[0] for f in month.findings}
            sources |= {x["source"] for x in month.applications}
            ages |= {a[2] for a in month.arrears.values()}
            negative = negative or any(k[2] < 0 for k in month.person_credits)
        for run in agency.assessed.values():
            codes |= {f[0] for f in run.findings}
            ways |= {(b["insutype"], b["crtf_way"]) for b in run.bills.values()}
            deferred = deferred or any(d["deferred"] for d in run.dues.values())
    assert classes == {
        "duplicate",
        "unidentified",
        "other_scheme",
        "treasury_pending",
        "late_charge",
        "applied",
        "partly_applied",
        "credit",
        "reversal",
        "flexible",
    }
    assert {"a", "b", "c", "d"} <= steps
    assert ways == {("310", "1"), ("310", "2"), ("310", "3"), ("330", "1")}
    assert sources == {"payment", "reversal", "credit"}
    assert ages == {"1-30", "31-90", "91-180", "180+"}
    assert negative
    assert deferred
    assert codes >= {
        "LATE_CHANGE",
        "DOUBLE_MEMBERSHIP",
        "UNIT_NOT_ACTIVE",
        "WAGE_MISSING",
        "UNIT_NOT_DECLARED",
        "DEFERRAL_TOO_LONG",
        "DUPLICATE_ARRIVAL",
        "UNKNOWN_LEVY_ITEM",
        "TREASURY_DIFF",
        "TREASURY_MISSING",
        "TREASURY_ONLY",
        "PAYER_MISMATCH",
        "UNKNOWN_PAYER",
        "OVERPAID",
        "CREDIT_EXCEEDED",
        "REVERSAL_UNMATCHED",
        "LATEFEE_DIFF",
    }
