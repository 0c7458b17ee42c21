"""Between plain rows (Decimal yuan, as a clerk writes them) and the frames of the room (Int64 fen)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from nxmed.contributions.assess import AssessInputs, AssessResult
from nxmed.kernel.money import fen_of
from nxmed.kernel.period import Period
from nxmed.law.catalog import Law

TEXT, AMOUNT, DAY, NUMBER = pl.String(), "amount", pl.Date(), pl.Int64()
SHAPES: dict[str, dict[str, Any]] = {
    "units": {"emp_no": TEXT, "emp_name": TEXT, "uscc": TEXT, "insu_admdvs": TEXT, "emp_mgt_type": TEXT, "quts_type": TEXT, "emp_insu_stas": TEXT},
    "persons": {"psn_no": TEXT, "psn_name": TEXT, "certno": TEXT, "emp_no": TEXT, "insu_admdvs": TEXT, "psn_type": TEXT, "hi_type": TEXT, "psn_insu_stas": TEXT},
    "wage_declarations": {"year": NUMBER, "emp_no": TEXT, "psn_no": TEXT, "dcla_date": DAY, "wag": AMOUNT},
    "personnel_changes": {"chg_sn": TEXT, "emp_no": TEXT, "psn_no": TEXT, "psn_name": TEXT, "certno": TEXT, "psn_type": TEXT, "psn_chg_type": TEXT, "rcvd_date": DAY, "wag": AMOUNT, "insu_admdvs": TEXT},
    "average_wages": {"admdvs": TEXT, "stat_year": NUMBER, "yearly_amt": AMOUNT, "monthly_amt": AMOUNT, "lower_amt": AMOUNT, "upper_amt": AMOUNT, "publ_date": DAY, "source_doc": TEXT},
    "deferrals": {"defer_agre_no": TEXT, "emp_no": TEXT, "insutype": TEXT, "defer_part": TEXT, "accrym_begn": TEXT, "accrym_end": TEXT, "dedln_date": DAY, "sign_date": DAY, "agre_stas": TEXT},
    "opening_bills": {"emp_no": TEXT, "insutype": TEXT, "accrym": TEXT, "emp_clct_amt": AMOUNT, "psn_clct_amt": AMOUNT},
    "opening_supplements": {"psn_no": TEXT, "year": NUMBER, "amt": AMOUNT},
    "previous_bills": {"clct_bill_id": TEXT, "emp_no": TEXT, "insutype": TEXT, "accrym": TEXT, "emp_clct_amt": AMOUNT, "psn_clct_amt": AMOUNT},
    "previous_lines": {"clct_bill_id": TEXT, "emp_no": TEXT, "psn_no": TEXT, "insutype": TEXT, "psn_clctstd": AMOUNT},
}
INBOX = ("units", "persons", "wage_declarations", "personnel_changes", "average_wages", "deferrals", "opening_bills", "opening_supplements")
RATES = {"contribution": {
    "emp_rate": {"values": [{"since": date(2021, 1, 1), "value": "0.08", "source": "sample"}]},
    "psn_rate": {"values": [{"since": date(2021, 1, 1), "value": "0.02", "source": "sample"}]},
}}


def frame(name: str, rows: list[dict[str, Any]]) -> pl.LazyFrame:
    """Rows as a typed frame; inbox frames also say where each row stands."""
    shape = SHAPES[name]
    columns = {
        column: pl.Series(column, [fen_of(r[column]) if kind == AMOUNT and r.get(column) is not None else r.get(column) for r in rows],
                          pl.Int64() if kind == AMOUNT else kind)
        for column, kind in shape.items()
    }
    if name in INBOX:
        columns["src_file"] = pl.Series("src_file", [f"inbox/{name}.csv"] * len(rows), pl.String)
        columns["src_row"] = pl.Series("src_row", list(range(2, len(rows) + 2)), pl.Int64)
    return pl.DataFrame(columns).lazy()


def inputs(region: str, period: tuple[int, int], as_of: date, data: dict[str, Any]) -> AssessInputs:
    return AssessInputs(
        period=Period(*period), as_of=as_of, law=Law.load(region, RATES if region == "ningxia" else {}),
        first_month=data["first_month"], persons_month=Period(*data["persons_month"]),
        charged_supplements=pl.LazyFrame({"psn_no": sorted(data["charged_supplements"])}, schema={"psn_no": pl.String}),
        **{name: frame(name, data[name]) for name in SHAPES},
    )


def yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen) / 100


BILL = ("emp_no", "insutype", "accrym", "crtf_way", "clct_psncnt", "staf_totlwag", "emp_clctstd_sumamt", "psn_clctstd_sumamt",
        "emp_clct_amt", "psn_clct_amt", "clct_sumamt", "provisional", "stat_year")
DUE = ("emp_no", "psn_no", "taxpayer_no", "insutype", "accrym", "amt", "dedln_date", "deferred")


def plain(result: AssessResult) -> dict[str, Any]:
    """The room's tables in the oracle's form."""
    def value(column: str, cell: Any) -> Any:
        return yuan(cell) if column.endswith("amt") or column == "staf_totlwag" else cell

    bills = {r["clct_bill_id"]: {c: value(c, r[c]) for c in BILL} for r in result.tables["assessments"].to_dicts()}
    dues = {(r["clct_bill_id"], r["part"]): {c: value(c, r[c]) for c in DUE} for r in result.tables["dues"].to_dicts()}
    lines = {}
    for r in result.tables["assessment_lines"].to_dicts():
        assert r["psn_clctstd"] == r["emp_clctstd"]
        assert r["clct_bill_id"][6:] == f"-{r['emp_no']}-{r['insutype']}"
        lines[r["clct_bill_id"], r["psn_no"]] = {
            "wag": yuan(r["wag"]), "base": yuan(r["psn_clctstd"]), "code": r["clctstd_crtf_rule_codg"],
            "emp": yuan(r["emp_clct_amt"]), "psn": yuan(r["psn_clct_amt"])}
    held = {(r["psn_no"], r["emp_no"]): r["held_reason"] for r in result.tables["held_persons"].to_dicts()}
    found = sorted(result.findings.select("code", "emp_no", "psn_no").rows(), key=str)
    heights = (len(bills), len(dues), len(lines), len(held))
    assert heights == tuple(result.tables[t].height for t in ("assessments", "dues", "assessment_lines", "held_persons"))
    return {"bills": bills, "lines": lines, "dues": dues, "held": held, "found": found}
