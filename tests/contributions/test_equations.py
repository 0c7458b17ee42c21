"""守恒: the equations hold for a result and fail for each way of tampering with it."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from nxmed.contributions.assess import AssessResult, equations
from nxmed.contributions.roster import in_two_units
from nxmed.errors import IntegrityError
from nxmed.kernel.stage import prove

from .cases import dingxi

Tables = dict[str, pl.DataFrame]


def result() -> AssessResult:
    region = dingxi().unit("E2").person("P1").person("P2").person("P3", "E2").person("P3").person("P4", "E2").wage("P1", "9000")
    return region.result()


def test_the_equations_of_a_result_hold_and_can_be_proved_again_from_tables_and_facts() -> None:
    got = result()
    prove(got.equations)
    again = equations(got.tables, got.facts)
    assert [e.as_json() for e in again] == [e.as_json() for e in got.equations]
    assert {e.id for e in again} == {
        "assess.payers", "assess.headcount", "assess.bills",
        *(f"assess.{i}.{p}.{of}" for i in ("310", "330") for p in ("emp", "psn") for of in ("lines", "dues"))}


def cent(table: str, column: str) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        at = pl.int_range(pl.len()) == 0
        tables[table] = tables[table].with_columns(pl.when(at).then(pl.col(column) + 1).otherwise(pl.col(column)).alias(column))

    return change


def drop(table: str) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[table] = tables[table].slice(1)

    return change


def moved(tables: Tables) -> None:
    """A fen from one bill's line to another's: totals stay, bills do not."""
    lines = tables["assessment_lines"].filter(insutype="310")
    ids = lines["clct_bill_id"].unique().sort()
    delta = pl.when(pl.col("clct_bill_id") == ids[0]).then(1).when(pl.col("clct_bill_id") == ids[1]).then(-1).otherwise(0)
    first = pl.col("psn_no").is_first_distinct().over("clct_bill_id")
    tables["assessment_lines"] = tables["assessment_lines"].with_columns(
        pl.when(first & pl.col("clct_bill_id").is_in(ids.implode())).then(pl.col("emp_clct_amt") + delta).otherwise(pl.col("emp_clct_amt")).alias("emp_clct_amt"))


@pytest.mark.parametrize(("tamper", "broken"), [
    (cent("assessment_lines", "emp_clct_amt"), "明细 = 核定单"),
    (cent("assessments", "psn_clct_amt"), "核定单 = 应缴"),
    (cent("dues", "amt"), "核定单 = 应缴"),
    (cent("assessments", "clct_sumamt"), "逐单"),
    (cent("assessments", "clct_psncnt"), "明细行数"),
    (drop("assessment_lines"), "名册缴费人数"),
    (drop("held_persons"), "名册缴费人数"),
    (drop("dues"), "核定单 = 应缴"),
    (moved, "逐单"),
])
def test_tampering_breaks_an_equation(tamper: Callable[[Tables], None], broken: str) -> None:
    got = result()
    tables = dict(got.tables)
    tamper(tables)
    with pytest.raises(IntegrityError, match=broken):
        prove(equations(tables, got.facts))


def test_hashes_that_collide_do_not_make_anybody_a_member_of_two_units(monkeypatch: pytest.MonkeyPatch) -> None:
    members = pl.DataFrame({"psn_no": ["P1", "P2", "P3", "P2"]})
    expected = [False, True, False, True]
    assert in_two_units(members).to_list() == expected
    monkeypatch.setattr(pl.Expr, "hash", lambda self, *_: self.str.len_bytes())
    assert in_two_units(members).to_list() == expected
