"""手算用例的积木 (small pieces for cases worked by hand; amounts in yuan text, turned into fen)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from reconcile_chain import Chain, law

from nxmed.collections.reconcile import ReconcileResult
from nxmed.law.catalog import Law

Row = dict[str, Any]
UNITS = [{"emp_no": "E1", "uscc": "P1"}, {"emp_no": "E2", "uscc": "P2"}]
LEVY = {("310", "emp"): "基本医疗保险费（单位缴纳）", ("310", "psn"): "基本医疗保险费（个人缴纳）", ("310", "any"): "基本医疗保险费",
        ("330", "any"): "大额医疗补助"}


def fen(yuan: str) -> int:
    return int(Decimal(yuan) * 100)


def due(emp: str, ym: str, part: str, amt: str, *, insutype: str = "310", deadline: date | None = None, deferred: bool = False,
        payer: str | None = None) -> Row:
    last = date(int(ym[:4]) + (ym[4:] == "12"), int(ym[4:]) % 12 + 1, 1).toordinal() - 1
    return {"clct_bill_id": f"{ym}-{emp}-{insutype}", "part": part, "emp_no": emp, "taxpayer_no": payer or f"P{emp[1:]}",
            "insutype": insutype, "accrym": ym, "amt": fen(amt), "dedln_date": deadline or date.fromordinal(last), "deferred": deferred}


def line(ticket: str, amt: str, *, no: int = 1, payer: str = "P1", item: str | None = None, insutype: str = "310", part: str = "any",
         bill: str | None = None, begin: str | None = None, end: str | None = None, day: date = date(2026, 12, 10),
         latefee: str | None = None, attr: str | None = None, original: str | None = None, treasury: str = "K1") -> Row:
    return {"elec_taxrpt_no": ticket, "line_no": no, "taxpayer_no": payer, "clct_bill_id": bill,
            "levy_subitem_name": item or LEVY[insutype, part], "accrym_begn": begin, "accrym_end": end, "paid_amt": fen(amt),
            "latefee": None if latefee is None else fen(latefee), "levy_attr": attr, "intsury_time": day, "treasury_code": treasury,
            "org_taxrpt_no": original, "src_file": "inbox/tax.csv", "src_row": no + 1}


def stmt(taken: str, back: str = "0", *, ticket: str | None = None, insutype: str = "310", day: date = date(2026, 12, 10),
         treasury: str = "K1", month: str = "2026-12") -> Row:
    return {"treasury_code": treasury, "stmt_date": day, "insutype": insutype, "elec_taxrpt_no": ticket, "intsury_amt": fen(taken),
            "refd_amt": fen(back), "inbox_month": month, "src_file": "inbox/treasury.csv", "src_row": 2}


def agreeing(*lines: Row, month: str = "2026-12") -> list[Row]:
    """A statement that lists every ticket with just what these lines say."""
    sums: dict[tuple[str, str, date, str], int] = {}
    for x in lines:
        name = x["levy_subitem_name"]
        insutype = "390" if "居民" in name else "330" if "大额" in name else "320" if "公务员" in name else "310"
        key = (x["elec_taxrpt_no"], x["treasury_code"], x["intsury_time"], insutype)
        sums[key] = sums.get(key, 0) + x["paid_amt"] + (x["latefee"] or 0)
    return [{"treasury_code": k, "stmt_date": d, "insutype": i, "elec_taxrpt_no": t, "intsury_amt": max(v, 0), "refd_amt": max(-v, 0),
             "inbox_month": month, "src_file": "inbox/treasury.csv", "src_row": 2} for (t, k, d, i), v in sums.items()]


def one_month(*lines: Row, dues: list[Row], statement: list[Row] | None = None, decisions: list[Row] | None = None,
              units: list[Row] | None = None, persons: list[Row] | None = None, opening_dues: list[Row] | None = None,
              opening_credits: list[Row] | None = None, bill_persons: list[Row] | None = None, by: Law | None = None,
              ) -> ReconcileResult:
    """December 2026 as first month; without a statement the treasury agrees with every line."""
    chain = Chain(by or law(), units or UNITS, persons or [], opening_dues or [], opening_credits or [], bill_persons or [])
    return chain.month("2026-12", arrivals=list(lines), statement=agreeing(*lines) if statement is None else statement,
                       decisions=decisions or [], dues=dues)


def two_months(**options: Any) -> Chain:
    return Chain(law(), options.pop("units", UNITS), **options)


def classes(result: ReconcileResult) -> dict[tuple[str, int], tuple[str, str | None, int, int]]:
    """(ticket, line) → class, step, applied, credit."""
    rows = result.tables["arrivals"].select("elec_taxrpt_no", "line_no", "class", "match_step", "applied_amt", "credit_amt").rows()
    return {(r[0], r[1]): r[2:] for r in rows}


def applied(result: ReconcileResult) -> dict[tuple[str | None, str, str], int]:
    """(ticket, bill, part) → Σ amt."""
    out: dict[tuple[str | None, str, str], int] = {}
    for t, b, p, amt in result.tables["applications"].select("elec_taxrpt_no", "clct_bill_id", "part", "amt").rows():
        out[t, b, p] = out.get((t, b, p), 0) + amt
    return out


def outstanding(result: ReconcileResult) -> dict[tuple[str, str], int]:
    rows = result.tables["due_balances"].select("clct_bill_id", "part", "outstanding").rows()
    return {(b, p): o for b, p, o in rows}


def credits(result: ReconcileResult) -> dict[tuple[str, str], int]:
    return {(e, i): c for e, i, c in result.tables["unit_credits"].select("emp_no", "insutype", "credit_amt").rows() if c}
