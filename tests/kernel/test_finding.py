"""发现: ids that stay, order, unknown codes."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.kernel import finding
from nxmed.kernel.finding_codes import CODES

UNITS = pl.DataFrame({"emp_no": ["E2", "E1"], "amt": [5, 7]})


def test_a_finding_takes_columns_of_the_frame_and_of_the_call() -> None:
    made = finding.make("OVERPAID", UNITS, pl.format("多缴 {} 分", "amt"), diff_amt=pl.col("amt"), insutype="310")
    assert made.columns == list(finding.SHAPE)
    assert made.select("emp_no", "insutype", "diff_amt", "severity", "message").rows() == [
        ("E2", "310", 5, "warning", "多缴 5 分"), ("E1", "310", 7, "warning", "多缴 7 分")]


def test_an_unregistered_code_or_column_is_refused() -> None:
    with pytest.raises(KeyError):
        finding.make("NO_SUCH_CODE", UNITS, "x")
    with pytest.raises(ValueError, match="amount"):
        finding.make("OVERPAID", UNITS, "x", amount=1)


@settings(max_examples=50, deadline=None)
@given(st.permutations(list(range(6))))
def test_ids_do_not_depend_on_order(order: list[int]) -> None:
    frame = pl.DataFrame({"emp_no": [f"E{i}" for i in range(6)]})
    straight = finding.collect([finding.make("OVERPAID", frame, "x")], "reconcile", "2026-12")
    shuffled = finding.collect([finding.make("OVERPAID", frame[order], "x")], "reconcile", "2026-12")
    assert straight.equals(shuffled)
    assert straight["finding_id"].n_unique() == 6


def test_the_id_is_one_per_period_code_and_key_whatever_the_amount() -> None:
    def one(period: str, amount: int) -> str:
        made = finding.make("OVERPAID", UNITS.head(1), "x", diff_amt=amount)
        return str(finding.collect([made], "reconcile", period)["finding_id"][0])

    assert one("2026-12", 1) == one("2026-12", 2)
    assert one("2026-12", 1) != one("2026-11", 1)


def test_two_findings_of_one_key_have_two_ids() -> None:
    frame = pl.DataFrame({"emp_no": ["E1", "E1"], "actual": ["a", "b"]})
    found = finding.collect([finding.make("BAD_USCC", frame, "x")], "assess", "2026-12")
    assert found.height == 2
    assert found["finding_id"].n_unique() == 2


def test_nothing_found_is_an_empty_table_of_the_right_shape() -> None:
    assert finding.collect([], "assess", "2026-12").columns == list(finding.PUBLISHED)


def test_summary_puts_errors_first() -> None:
    frames = [finding.make("OVERPAID", UNITS, "x"), finding.make("LATE_CHANGE", UNITS, "x"),
              finding.make("UNKNOWN_PAYER", UNITS, "x")]
    found = finding.collect(frames, "reconcile", "2026-12")
    assert [(c.code, n) for c, n in finding.summary(found)] == [("UNKNOWN_PAYER", 2), ("OVERPAID", 2), ("LATE_CHANGE", 2)]


def test_every_code_says_in_both_languages_what_it_is_and_what_to_do() -> None:
    for code in CODES.values():
        assert code.severity in {"error", "warning", "info"}
        assert all((code.zh, code.en, code.next_zh, code.next_en)), code.code
