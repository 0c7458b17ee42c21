"""The inputs of a month: which files count, registers and their history, keys over several files, what is missing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nxmed.errors import InputRefused, MissingInput
from nxmed.io.inputs import Inputs, read_inputs
from nxmed.io.resources import contracts, tables
from nxmed.kernel.finding import SHAPE
from nxmed.kernel.period import Period
from nxmed.kernel.stage import prove

WAGE = "年度,单位编号,人员编号,申报日期,申报工资"
UNIT = "单位编号,单位名称,统一社会信用代码,参保地,单位管理类型,编制类型,单位参保状态"
DEC = Period.parse("2026-12")


class Box:
    """A workspace with an inbox."""

    def __init__(self, path: Path) -> None:
        self.place = SimpleNamespace(path=path, inbox=path / "inbox")

    def put(self, name: str, *lines: str, encoding: str = "utf-8") -> None:
        target = self.place.inbox / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(lines) + "\n", encoding=encoding)

    def read(self, required: list[str], optional: list[str] | None = None, period: Period = DEC, **options: object) -> Inputs:
        return read_inputs(self.place, period, required, optional or [], spool=self.place.path / "spool", **options)  # type: ignore[arg-type]


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def wage(person: int, amount: str, day: str = "2026-01-05") -> str:
    return f"2026,E1,P{person},{day},{amount}"


def arrival(ticket: str, line: int, amount: str) -> str:
    return f"{ticket},{line},91640100MA76XXXX1A,,,职工基本医疗保险费(单位),,,{amount},,,2026-12-10,2601,"


ARRIVAL = ("电子税票号码,明细序号,纳税人识别号,纳税人名称,核定单号,征收品目,所属时期起,所属时期止,实缴金额,滞纳金,税款属性,入库日期,"
           "收款国库,原税票号")


def test_snapshot_takes_the_newest_month_only(box: Box) -> None:
    box.put("2026-10/units.csv", UNIT, "E1,甲,91640100MA76XXXX1A,640104,01,2,2")
    box.put("2026-11/参保单位.csv", UNIT, "E2,乙,91640100MA76XXXX1A,640104,01,2,2")
    box.put("2027-01/units.csv", UNIT, "E3,丙,91640100MA76XXXX1A,640104,01,2,2")
    inputs = box.read(["units"])
    frame = inputs.frame("units").collect()
    assert frame["emp_no"].to_list() == ["E2"]
    assert frame["src_file"].to_list() == ["inbox/2026-11/参保单位.csv"]
    assert frame["inbox_month"].to_list() == ["2026-11"]
    assert frame["src_row"].to_list() == [2]
    assert inputs.month_of("units") == Period.parse("2026-11")
    assert frame.columns[: len(contracts()["units"].schema())] == list(contracts()["units"].schema())


def test_register_joins_all_months_and_a_later_key_supersedes(box: Box) -> None:
    box.put("2026-10/wage_declarations.csv", WAGE, wage(1, "1.00"), wage(2, "2.00"))
    box.put("2026-11/wage_declarations.csv", WAGE, wage(1, "1.50"), wage(3, "bad"))
    box.put("2026-12/wage_declarations.csv", WAGE, wage(1, "1.50", "2026-02-01"), wage(3, "3.00"))
    box.put("2027-01/wage_declarations.csv", WAGE, wage(2, "9.00"))
    inputs = box.read(["wage_declarations"])
    rows = inputs.frame("wage_declarations").select("psn_no", "wag", "inbox_month").collect().sort("psn_no", "inbox_month").rows()
    assert rows == [("P1", 150, "2026-11"), ("P1", 150, "2026-12"), ("P2", 200, "2026-10"), ("P3", 300, "2026-12")]
    old = inputs.superseded("wage_declarations").select("psn_no", "wag", "src_file").collect().rows()
    assert old == [("P1", 100, "inbox/2026-10/wage_declarations.csv")]
    assert inputs.files.height == 3
    assert inputs.rejects.select("src_file", "src_row", "check").rows() == [("inbox/2026-11/wage_declarations.csv", 3, "E211")]


def test_feed_takes_the_month_or_a_range(box: Box) -> None:
    for month in ("2026-09", "2026-11", "2026-12", "2027-01"):
        box.put(f"{month}/tax_arrivals.csv", ARRIVAL, arrival(f"T{month}", 1, "5.00"))
    assert box.read(["tax_arrivals"]).frame("tax_arrivals").collect()["elec_taxrpt_no"].to_list() == ["T2026-12"]
    some = box.read(["tax_arrivals"], months=(Period.parse("2026-10"), DEC))
    assert some.frame("tax_arrivals").collect()["elec_taxrpt_no"].to_list() == ["T2026-11", "T2026-12"]
    late = box.read(["tax_arrivals"], months=(DEC, DEC + 1))
    assert late.frame("tax_arrivals").collect().height == 2


def test_of_a_range_the_months_own_file_must_be_there(box: Box) -> None:
    box.put("2026-11/tax_arrivals.csv", ARRIVAL, arrival("T", 1, "5.00"))
    with pytest.raises(MissingInput):
        box.read(["tax_arrivals"], months=(Period.parse("2026-01"), DEC))


def test_missing_files_are_named_all_at_once(box: Box) -> None:
    with pytest.raises(MissingInput) as caught:
        box.read(["units", "tax_arrivals"], ["deferrals"])
    assert "参保单位（units）" in caught.value.text
    assert "税务到账明细（tax_arrivals）" in caught.value.text
    assert caught.value.exit_code == 6


def test_an_absent_optional_contract_is_empty_and_typed(box: Box) -> None:
    box.put("2026-12/wage_declarations.csv", WAGE, wage(1, "1"))
    inputs = box.read(["wage_declarations"], ["deferrals"])
    assert not inputs.present("deferrals")
    assert inputs.present("wage_declarations")
    assert inputs.frame("deferrals").collect().schema == pl.Schema(contracts()["deferrals"].schema())
    assert inputs.month_of("deferrals") == DEC


def test_keys_are_settled_over_all_files_of_a_month(box: Box) -> None:
    box.put("2026-12/tax_arrivals_1.csv", ARRIVAL, arrival("T1", 1, "5.00"), arrival("T2", 1, "6.00"), arrival("T3", 7, "7.00"))
    box.put("2026-12/税务到账明细_2.csv", ARRIVAL, arrival("T1", 1, "5"), arrival("T2", 1, "6.01"), arrival("T3", 8, "7"),
            encoding="gb18030")
    inputs = box.read(["tax_arrivals"])
    rows = inputs.frame("tax_arrivals").select("elec_taxrpt_no", "line_no").collect().sort("elec_taxrpt_no", "line_no").rows()
    assert rows == [("T1", 1), ("T3", 7), ("T3", 8)]
    counts = inputs.files.select("src_file", "rows_read", "accepted", "rejected", "duplicates").rows()
    assert counts == [("inbox/2026-12/tax_arrivals_1.csv", 3, 2, 1, 0), ("inbox/2026-12/税务到账明细_2.csv", 3, 1, 1, 1)]
    assert inputs.rejects["message"].to_list() == [
        "与inbox/2026-12/税务到账明细_2.csv 第 3 行主键相同、内容不同", "与inbox/2026-12/tax_arrivals_1.csv 第 3 行主键相同、内容不同"]
    prove(inputs.equations)


def test_a_line_number_is_a_number_in_the_key(box: Box) -> None:
    box.put("2026-12/tax_arrivals.csv", ARRIVAL, arrival("T1", 1, "5.00"), arrival("T1", 1, "5.00").replace(",1,", ",01,", 1))
    assert box.read(["tax_arrivals"]).files.select("accepted", "duplicates").rows() == [(1, 1)]


def test_an_empty_key_cell_is_a_key_too(box: Box) -> None:
    head = "国库代码,报表日期,险种,税票号,入库金额,退库金额"
    box.put("2026-12/treasury_statement.csv", head, "2601,2026-12-10,310,,5.00,0", "2601,2026-12-10,310,,6.00,0",
            "2601,2026-12-11,310,,5.00,0", "2601,2026-12-11,职工医保,,5.00,0.00")
    assert box.read(["treasury_statement"]).files.select("accepted", "rejected", "duplicates").rows() == [(1, 2, 1)]


def test_repeated_details_of_providers_are_let_through(box: Box) -> None:
    head = "结算ID,退费结算标志,医疗机构编码,就诊ID,人员编号,总费用,医保支付,账户支付"
    box.put("2026-12/机构结算明细.csv", head, *["S1,0,h64010400001,M1,P1,5.00,4.00,0"] * 2)
    frame = box.read(["provider_details"]).frame("provider_details").collect()
    assert frame["fixmedins_code"].to_list() == ["H64010400001"] * 2


def test_refused_files_are_all_named(box: Box) -> None:
    box.put("2026-12/wage_declarations_1.csv", "年度,单位编号", "2026,E1")
    box.put("2026-12/wage_declarations_2.csv", WAGE, wage(1, "1"), "合计,,,,9")
    box.put("2026-12/wage_declarations_3.csv", WAGE, wage(2, "1"))
    with pytest.raises(InputRefused) as caught:
        box.read(["wage_declarations"])
    assert [p[0] for p in caught.value.problems] == [
        "inbox/2026-12/wage_declarations_1.csv", "inbox/2026-12/wage_declarations_2.csv"]
    assert [p[1].split(" ")[0] for p in caught.value.problems_en] == ["E006", "E009"]


def test_strangers_in_the_inbox(box: Box) -> None:
    box.put("2026-12/wage_declarations.csv", WAGE, wage(1, "1"))
    for name in ("说明.docx", "随便.csv", "units.pdf"):
        box.put(f"2026-12/{name}", "x")
    for name in (".hidden.csv", "~$wage_declarations.xlsx", "wage_declarations.csv.part"):
        box.put(f"2026-12/{name}", "x")
    (box.place.inbox / "2026-12" / "旧文件").mkdir()
    found = box.read(["wage_declarations"]).findings
    assert found["code"].to_list() == ["UNKNOWN_FILE"] * 3
    assert sorted(found["ref_no"].to_list()) == ["inbox/2026-12/units.pdf", "inbox/2026-12/说明.docx", "inbox/2026-12/随便.csv"]
    assert found.schema == pl.Schema(SHAPE)


def test_tables_files_and_rejects_have_their_published_shape(box: Box) -> None:
    box.put("2026-12/wage_declarations.csv", WAGE, wage(1, "1"), wage(2, "x"))
    inputs = box.read(["wage_declarations"])
    for name, frame in (("files", inputs.files), ("rejects", inputs.rejects)):
        assert frame.schema == pl.Schema(tables()[name].schema())
    source = inputs.sources[0]
    assert {k: source[k] for k in ("contract", "path", "month", "rows_read", "accepted", "rejected", "duplicates")} == {
        "contract": "wage_declarations", "path": "inbox/2026-12/wage_declarations.csv", "month": "2026-12", "rows_read": 2,
        "accepted": 1, "rejected": 1, "duplicates": 0}
    assert len(source["sha256"]) == 64
    assert [r.src_file for r in inputs.reads_with_rejects] == ["inbox/2026-12/wage_declarations.csv"]


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["1", "1.0", "2", "bad"])), min_size=1, max_size=14),
       st.lists(st.integers(0, 2), min_size=14, max_size=14))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_file_or_several_give_the_same_rows(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str]],
                                               place: list[int]) -> None:
    lines = [wage(p, a) for p, a in rows]
    one, many = Box(tmp_path_factory.mktemp("one")), Box(tmp_path_factory.mktemp("many"))
    one.put("2026-12/wage_declarations.csv", WAGE, *lines)
    for part in range(3):
        many.put(f"2026-12/wage_declarations_{part}.csv", WAGE, *(x for x, at in zip(lines, place, strict=False) if at == part))
    results = []
    for box in (one, many):
        inputs = box.read(["wage_declarations"])
        prove(inputs.equations)
        accepted = sorted(inputs.frame("wage_declarations").select("psn_no", "wag").collect().rows())
        results.append((accepted, *inputs.files.select(pl.col("rows_read", "accepted", "rejected", "duplicates").sum()).row(0)))
    assert results[0] == results[1]
    # by hand: a person whose amounts differ, or one of them can't be read, is rejected in full; equal amounts count once
    amounts: dict[int, set[str]] = {}
    for person, amount in rows:
        amounts.setdefault(person, set()).add({"1.0": "1"}.get(amount, amount))
    assert results[0][0] == sorted((f"P{p}", int(next(iter(a))) * 100) for p, a in amounts.items() if len(a) == 1 and a != {"bad"})
