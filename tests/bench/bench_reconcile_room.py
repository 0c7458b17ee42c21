"""到账对账的速度 (one month of a city: 120,000 dues and 130,000 arrivals; run as a script).

`python tests/bench/bench_reconcile_room.py [units] [months]` prints seconds for two chained months.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1] / "collections"))

from reconcile_chain import Chain, law

Row = dict[str, Any]


def month(rng: random.Random, units: int, ym: str, day: date) -> tuple[list[Row], list[Row], list[Row]]:
    """Dues of a month, its arrivals (half of the units in two lines, some with bill or period, some short or over)."""
    dues: list[Row] = []
    arrivals: list[Row] = []
    sums: dict[tuple[Any, ...], int] = {}
    for u in range(units):
        emp, payer = f"640100{u:08d}", f"91640100MA{u:08d}"
        for insutype in ("310", "330"):
            bill = f"{ym}-{emp}-{insutype}"
            parts = {"emp": rng.randint(50_000, 900_000), "psn": rng.randint(10_000, 200_000)}
            for part, amt in parts.items():
                dues.append({"clct_bill_id": bill, "part": part, "emp_no": emp, "taxpayer_no": payer, "insutype": insutype,
                             "accrym": ym, "amt": amt, "deferred": False, "dedln_date": day})
            ticket = f"3640{ym}{u:010d}{insutype}"
            base = {"elec_taxrpt_no": ticket, "taxpayer_no": payer, "latefee": 0, "levy_attr": "正常", "treasury_code": "26030000001",
                    "intsury_time": day - timedelta(days=rng.randrange(25)), "src_file": "inbox/a.csv", "src_row": len(arrivals)}
            name = "职工基本医疗保险费" if insutype == "310" else "大额医疗补助"
            named = {"clct_bill_id": bill} if u % 3 == 0 else {"accrym_begn": ym} if u % 3 == 1 else {}
            factor = rng.choice([100, 100, 100, 97, 103])
            lines = [("单位", parts["emp"]), ("个人", parts["psn"])] if u % 8 else [("", sum(parts.values())), ("个人", 5_000)]
            for n, (word, amt) in enumerate(lines, 1):
                paid = amt * factor // 100
                arrivals.append({**base, **named, "line_no": n, "levy_subitem_name": name + word, "paid_amt": paid})
                key = ("26030000001", base["intsury_time"], insutype, ticket if u % 2 else None)
                sums[key] = sums.get(key, 0) + paid
    extra = [{**a, "elec_taxrpt_no": "9" + a["elec_taxrpt_no"][1:], "paid_amt": 100, "clct_bill_id": None, "accrym_begn": None}
             for a in arrivals[:: max(1, len(arrivals) // (units // 3))]]
    for a in extra:
        key = ("26030000001", a["intsury_time"], "310" if "基本" in a["levy_subitem_name"] else "330", None)
        sums[key] = sums.get(key, 0) + a["paid_amt"]
    statement = [{"treasury_code": k[0], "stmt_date": k[1], "insutype": k[2], "elec_taxrpt_no": k[3], "intsury_amt": v, "refd_amt": 0}
                 for k, v in sums.items()]
    return dues, arrivals + extra, statement


def main() -> None:
    units = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    months = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    rng = random.Random(1)
    chain = Chain(law(), [{"emp_no": f"640100{u:08d}", "uscc": f"91640100MA{u:08d}"} for u in range(units)])
    statement: list[Row] = []
    for i in range(months):
        ym, day = f"2026{i + 1:02d}", date(2026, i + 1, 28)
        dues, arrivals, rows = month(rng, units, ym, day)
        statement += [{**r, "inbox_month": f"2026-{i + 1:02d}"} for r in rows]
        chain.month(f"2026-{i + 1:02d}", arrivals=arrivals, statement=statement, dues=dues)
        print(f"2026-{i + 1:02d}: {chain.seconds[-1]:.2f} s, dues {len(chain.dues):,}, arrivals {len(arrivals):,}",
              chain.results[-1].tables["arrivals"]["class"].value_counts().sort("class").rows())


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"{time.perf_counter() - started:.1f} s with making the rows; polars {pl.__version__}")
