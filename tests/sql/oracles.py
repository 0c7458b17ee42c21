"""现成问题的第二算法 (the questions of docs/sql answered without SQL): loops over published rows, amounts as Decimal.

Each function takes `rows(table)` (all current rows as dicts) and gives the answer's rows in order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Row = dict[str, Any]
Rows = Callable[[str], list[Row]]
Answer = list[tuple[Any, ...]]
N, D = "2026-11", "2026-12"
ZERO = Decimal("0.00")


def groups(rows: Iterable[Row], *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    made: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        made[tuple(row[k] for k in keys)].append(row)
    return made


def add(rows: Iterable[Row], column: str) -> Decimal:
    return sum((row[column] or ZERO for row in rows), ZERO)


def of(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    return [row for row in rows if all(row[k] == v for k, v in wanted.items())]


def mask(text: str) -> str:
    return text[:6] + "*" * (len(text) - 10) + text[-4:]


def q01(rows: Rows) -> Answer:
    made = []
    for month in (N, D):
        dues = add(of(rows("dues"), period=month), "amt")
        came = of(rows("arrivals"), period=month, arrived_period=month)
        arrived = add(came, "paid_amt") + add(came, "latefee_amt")
        made.append((month, dues, arrived, arrived - dues))
    return made


def q02(rows: Rows) -> Answer:
    open_ = [r for r in of(rows("due_balances"), period=D) if r["outstanding"] > 0]
    made = [(unit, len(g), add(g, "outstanding"), min(f"{r['accrym'][:4]}-{r['accrym'][4:]}" for r in g)) for (unit,), g in groups(open_, "emp_no").items()]
    return sorted(made, key=lambda x: (-x[2], x[0]))[:10]


def q03(rows: Rows) -> Answer:
    held = [r for r in rows("assessments") if r["crtf_way"] != "1"]
    return sorted((*key, len(g), sum(r["clct_psncnt"] for r in g), add(g, "clct_sumamt")) for key, g in groups(held, "period", "crtf_way").items())


def q04(rows: Rows) -> Answer:
    made = [(*key, len(g), add(g, "psn_clctstd")) for key, g in groups(of(rows("assessment_lines"), insutype="310"), "period", "clctstd_crtf_rule_codg").items()]
    return sorted(made, key=lambda x: (x[0], x[1] is None, x[1] or ""))


def q05(rows: Rows) -> Answer:
    made = []
    for (unit,), g in groups(of(rows("assessments"), insutype="310"), "emp_no").items():
        before, now = (of(g, period=m) for m in (N, D))
        if before and now and add(before, "clct_sumamt") > 0:
            a, b = add(before, "clct_sumamt"), add(now, "clct_sumamt")
            if abs(b - a) / a > Decimal("0.1"):
                made.append((unit, a, b, b - a))
    return sorted(made, key=lambda x: (-abs(x[3]), x[0]))


def q06(rows: Rows) -> Answer:
    return sorted((*key, len(g), add(g, "paid_amt"), add(g, "latefee_amt")) for key, g in groups(of(rows("arrivals"), period=D), "class").items())


def q07(rows: Rows) -> Answer:
    return sorted((r["period"], r["elec_taxrpt_no"], r["line_no"], r["class"], r["paid_amt"]) for r in rows("arrivals") if r["class"] in ("unidentified", "duplicate"))


def q08(rows: Rows) -> Answer:
    off = [r for r in rows("treasury_ties") if r["diff_amt"] != 0]
    return sorted((*key, len(g), add(g, "stmt_amt"), add(g, "arrived_amt"), add(g, "diff_amt")) for key, g in groups(off, "period", "state").items())


def q09(rows: Rows) -> Answer:
    left = [r for r in of(rows("unit_credits"), period=D) if r["credit_amt"] != 0]
    made = [(r["emp_no"], r["insutype"], r["opening_amt"], r["added_amt"], r["applied_amt"], r["refunded_amt"], r["credit_amt"]) for r in left]
    return sorted(made, key=lambda x: (-x[6], x[0], x[1]))


def q10(rows: Rows) -> Answer:
    return sorted((*key, len(g), add(g, "amt")) for key, g in groups(of(rows("dues"), deferred=True), "period", "dedln_date").items())


def q11(rows: Rows) -> Answer:
    lines = sorted(of(rows("assessment_lines"), period=D, insutype="310"), key=lambda r: (-r["psn_clct_amt"], r["psn_no"]))[:10]
    return [(mask(r["psn_no"]), r["psn_clctstd"], r["psn_clct_amt"]) for r in lines]


def q12(rows: Rows) -> Answer:
    return sorted((*key, len(g), len({r["psn_no"] for r in g})) for key, g in groups(rows("held_persons"), "period", "held_reason").items())


def q13(rows: Rows) -> Answer:
    made = [(min(r["overdue_days"] for r in g), age, len(g), add(g, "outstanding"), add(g, "latefee_due")) for (age,), g in groups(of(rows("arrears"), period=D), "age").items()]
    return [x[1:] for x in sorted(made)]


def q14(rows: Rows) -> Answer:
    made = []
    for month in (N, D):
        own = of(rows("due_balances"), period=month, opened_period=month, accrym=month.replace("-", ""), deferred=False)
        due, paid = add(own, "amt"), add(own, "paid")
        made.append((month, due, paid, (paid * 100 / due).quantize(Decimal("0.01"), ROUND_HALF_UP)))
    return made


def q15(rows: Rows) -> Answer:
    return sorted((*key, len(g), add(g, "recognised_amt")) for key, g in groups(rows("statement_rows"), "period", "stmt_diff").items())


def q16(rows: Rows) -> Answer:
    counts: dict[tuple[str, str, int], int] = defaultdict(int)
    for r in of(rows("statement_breaks"), period=D):
        year, month = map(int, r["opened_period"].split("-"))
        counts[r["stmt_diff"], r["side"], (2026 - year) * 12 + 12 - month] += 1
    return sorted((*key, n) for key, n in counts.items())


def q17(rows: Rows) -> Answer:
    columns = ("recognised_amt", "det_amt", "dpst_amt", "carried_out_amt", "act_dfr_amt")
    made = [(code, *(add(g, c) for c in columns)) for (code,), g in groups(of(rows("payables"), period=D), "fixmedins_code").items()]
    return sorted(made, key=lambda x: (-x[5], x[0]))


def q18(rows: Rows) -> Answer:
    return sorted((*key, add(g, "recognised_amt"), add(g, "act_dfr_amt")) for key, g in groups(rows("payables"), "period", "fund_pay_type").items())


def q19(rows: Rows) -> Answer:
    held = [r for r in rows("statement_rows") if r["held_reason"] is not None]
    return sorted((*key, len(g)) for key, g in groups(held, "period", "held_reason").items())


def q20(rows: Rows) -> Answer:
    due = [r for r in of(rows("assistance_items"), period=D) if r["class"] == "due" and int(r["benefit_year"]) == 2026]
    return sorted((*key, len({r["certno"] or r["psn_no"] for r in g}), len(g), add(g, "ordinary_amt"), add(g, "tilt_amt")) for key, g in groups(due, "tier").items())


def q21(rows: Rows) -> Answer:
    full = [r for r in of(rows("assistance_years"), period=D) if int(r["benefit_year"]) == 2026 and (r["ordinary_left"] == 0 or r["tilt_left"] == 0)]
    return [(mask(r["certno"]), r["scheme"], r["ordinary_amt"], r["tilt_amt"], r["ordinary_left"], r["tilt_left"])
            for r in sorted(full, key=lambda r: (r["certno"], r["scheme"]))]


def q22(rows: Rows) -> Answer:
    wanted = of(rows("assistance_items"), claim_state="claimable")
    return sorted((*key, len(g), sum((max(r["delta_ordinary"], ZERO) + max(r["delta_tilt"], ZERO) for r in g), ZERO)) for key, g in groups(wanted, "period").items())


def q23(rows: Rows) -> Answer:
    over = [r for r in rows("assistance_items") if r["delta_ordinary"] < 0 or r["delta_tilt"] < 0]
    return sorted((*key, len(g), sum((min(r["delta_ordinary"], ZERO) + min(r["delta_tilt"], ZERO) for r in g), ZERO)) for key, g in groups(over, "period", "class").items())


def q24(rows: Rows) -> Answer:
    return sorted((*key, len(g), add(g, "amt")) for key, g in groups(rows("payout_items"), "period", "source", "fund_pay_type", "insu_admdvs").items())


def q25(rows: Rows) -> Answer:
    told = [r for r in rows("findings") if r["command"] != "payout"]
    return sorted((*key, len(of(g, period=N)), len(of(g, period=D))) for key, g in groups(told, "command", "code", "severity").items())


def q26(rows: Rows) -> Answer:
    made: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for r in rows("rejects"):
        made[r["period"], r["src_file"], r["column_zh"] or "整行"].add(r["src_row"])
    return sorted((*key, len(n)) for key, n in made.items())


def q27(rows: Rows) -> Answer:
    read = [r for r in of(rows("files"), period=D) if r["run_id"].startswith("assess-")]
    return sorted((r["contract"], r["src_file"], r["rows_read"], r["accepted"], r["rejected"], r["duplicates"]) for r in read)


def q28(rows: Rows) -> Answer:
    begin = date(2026, 12, 1)
    mine = [r for r in of(rows("dues"), period=D, accrym="202612") if begin <= r["dedln_date"] <= date(2026, 12, 31)]
    # December 2026 has no holiday and no adjusted day: Monday to Friday are worked
    return sorted((day, sum((begin + timedelta(days=n)).weekday() < 5 for n in range(1, (day - begin).days + 1)), len(g), add(g, "amt"))
                  for (day,), g in groups(mine, "dedln_date").items())


ORACLES: dict[str, Callable[[Rows], Answer]] = {name[1:]: function for name, function in sorted(globals().items()) if name[0] == "q" and name[1:].isdigit()}


def text(answer: Answer) -> list[list[str]]:
    """As a CSV of DuckDB's client says it: amounts with their decimals, empty for nothing."""
    return [["" if cell is None else f"{cell:f}" if isinstance(cell, Decimal) else str(cell) for cell in row] for row in answer]
