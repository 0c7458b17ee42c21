"""分配：overlap and rank forms against each other and against a plain loop."""

from __future__ import annotations

import random

import polars as pl
import pytest

from nxmed.kernel import allocation
from nxmed.kernel.allocation import ANY_PART, allocate, by_overlap, by_rank

PAY = {"group": pl.Int64, "pay": pl.Int64, "amt": pl.Int64, "month_from": pl.Int64, "month_to": pl.Int64, "part": pl.Int64}
DUE = {"group": pl.Int64, "due": pl.Int64, "amt": pl.Int64, "month": pl.Int64, "part": pl.Int64}


def loop(payments: list[tuple[int, ...]], dues: list[tuple[int, ...]]) -> list[tuple[int, int, int]]:
    """Payment by payment, due by due."""
    need = {d[1]: d[2] for d in dues}
    out = []
    for group, pay, amt, lo, hi, part in sorted(payments, key=lambda p: p[1]):
        left = amt
        for dgroup, due, _, month, dpart in sorted(dues, key=lambda d: d[1]):
            if dgroup != group or not lo <= month <= hi or part not in (ANY_PART, dpart):
                continue
            take = min(left, need[due])
            if take > 0:
                out.append((pay, due, take))
                left -= take
                need[due] -= take
    return sorted(out)


def frames(payments: list[tuple[int, ...]], dues: list[tuple[int, ...]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    return pl.DataFrame(payments, PAY, orient="row"), pl.DataFrame(dues, DUE, orient="row")


def problem(rng: random.Random, *, uniform: bool) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    groups = rng.randint(1, 3)
    months = list(range(202601, 202607))
    pays, dues = [], []
    reach = {g: (rng.choice(months), rng.choice(months), rng.choice([ANY_PART, 0, 1])) for g in range(groups)}
    for i in range(rng.randint(0, 9)):
        g = rng.randrange(groups)
        a, b, part = reach[g] if uniform else (rng.choice(months), rng.choice(months), rng.choice([ANY_PART, 0, 1]))
        if uniform or rng.random() < 0.9:
            a, b = min(a, b), max(a, b)
        pays.append((g, i, rng.randint(1, 9), a, b, part))
    for i in range(rng.randint(0, 12)):
        dues.append((rng.randrange(groups + 1), i, rng.randint(0, 9), rng.choice(months), rng.choice([0, 1])))
    rng.shuffle(pays)
    rng.shuffle(dues)
    return pays, dues


def test_worked_example_of_the_interval_overlap() -> None:
    # payments 10, 5 → ends 10, 15; dues 8, 4, 9 → ends 8, 12, 21
    # pieces: (0,8] pay 0 due 0; (8,10] pay 0 due 1; (10,12] pay 1 due 1; (12,15] pay 1 due 2
    pays, dues = frames([(7, 0, 10, 0, 0, ANY_PART), (7, 1, 5, 0, 0, ANY_PART)],
                        [(7, 0, 8, 0, 0), (7, 1, 4, 0, 1), (7, 2, 9, 0, 0)])
    got = by_overlap(pays, dues).sort("pay", "due").rows()
    assert got == [(0, 0, 8), (0, 1, 2), (1, 1, 2), (1, 2, 3)]


def test_a_part_alone_in_its_months_takes_only_its_part() -> None:
    # The line for all parts (January) keeps the group whole; February's line is the person's and leaves emp alone.
    pays = [(0, 0, 3, 202601, 202601, ANY_PART), (0, 1, 5, 202602, 202602, 1)]
    dues = [(0, 0, 4, 202601, 0), (0, 1, 4, 202602, 0), (0, 2, 4, 202602, 1)]
    assert allocate(*frames(pays, dues)).rows() == [(0, 0, 3), (1, 2, 4)]


@pytest.mark.parametrize("seed", range(40))
def test_both_forms_equal_the_loop(seed: int) -> None:
    rng = random.Random(seed)
    for uniform in (True, *[False] * 6):
        pays, dues = problem(rng, uniform=uniform)
        expected = loop(pays, dues)
        p, d = frames(pays, dues)
        assert allocate(p, d).rows() == expected
        kept = d.filter(pl.col("amt") > 0)
        assert by_rank(p, kept).sort("pay", "due").rows() == expected


def test_a_large_mixed_problem_equals_the_loop() -> None:
    rng = random.Random(5)
    pays = [(0, i, rng.randint(1, 50), 202601, rng.choice([202602, 202604]), rng.choice([ANY_PART, 0, 1])) for i in range(300)]
    dues = [(0, i, rng.randint(1, 200), 202601 + i % 5, i % 2) for i in range(40)]
    assert allocate(*frames(pays, dues)).rows() == loop(pays, dues)


def test_separate_months_and_parts_need_no_rank_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> pl.DataFrame:
        raise AssertionError("a rank pass was not expected")

    monkeypatch.setattr(allocation, "by_rank", never)
    pays = [(0, 0, 5, 202601, 202601, 0), (0, 1, 5, 202601, 202601, 1), (0, 2, 5, 202602, 202603, 0)]
    dues = [(0, 0, 4, 202601, 0), (0, 1, 9, 202601, 1), (0, 2, 2, 202602, 0), (0, 3, 2, 202603, 0)]
    # emp January: 4 of 5; psn January: 5 of 9; emp February to March: 2 + 2 of 5
    assert allocate(*frames(pays, dues)).rows() == [(0, 0, 4), (1, 1, 5), (2, 2, 2), (2, 3, 2)]


def test_order_of_rows_changes_nothing() -> None:
    pays, dues = problem(random.Random(1), uniform=False)
    p, d = frames(pays, dues)
    assert allocate(p, d).equals(allocate(p.reverse(), d.sample(fraction=1, shuffle=True, seed=3)))


def test_nothing_to_allocate_gives_the_shape() -> None:
    p, d = frames([], [])
    assert allocate(p, d).schema == allocation.PIECES
    assert allocate(p, d).height == 0
