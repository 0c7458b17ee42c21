"""手写的机构结算来件 (a settlement, its detail, an agreement, written as CSV; amounts in yuan text)."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from run_and_compare import command

AMOUNTS = (
    "medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt", "act_pay_dedc", "hifp_pay",
    "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay", "maf_pay", "oth_pay", "fund_pay_sumamt",
    "psn_part_amt", "acct_pay", "psn_cash_pay", "acct_mulaid_pay", "hosp_part_amt",
)  # fmt: skip
FUNDS = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay", "maf_pay", "oth_pay")
Row = dict[str, Any]


def bill(setl: str, scope: str, hifp: str = "0.00", acct: str = "0.00", **over: Any) -> Row:
    """一笔结算：范围内 `scope`，统筹 `hifp`，账户 `acct`，其余现金；金额勾稽."""
    others = {f: Decimal(over.pop(f, "0.00")) for f in FUNDS if f != "hifp_pay"}
    fund = Decimal(hifp) + sum(others.values())
    person = Decimal(scope) - fund
    row: Row = {
        **dict.fromkeys(AMOUNTS, "0.00"), "setl_id": setl, "refd_setl_flag": "0", "medfee_sumamt": scope,
        "inscp_scp_amt": scope, "hifp_pay": hifp, **{f: f"{v:.2f}" for f, v in others.items()},
        "fund_pay_sumamt": f"{fund:.2f}", "psn_part_amt": f"{person:.2f}", "acct_pay": acct,
        "psn_cash_pay": f"{person - Decimal(acct):.2f}", "psn_no": "P1", "psn_name": "张伟",
        "certno": "640104199001011237", "fixmedins_code": "H01", "insutype": "310", "med_type": "11", "clr_type": "11",
        "clr_optins": "640104", "setl_type": "2", "begndate": "2026-11-03", "enddate": "2026-11-05",
        "setl_time": "2026-11-05 10:00:00", "pay_loc": "2", "out_fil_type": "", "emer_flag": "", "org_setl_id": "",
        "insu_admdvs": "640104",
    }  # fmt: skip
    return {**row, **over}


def back(row: Row, setl: str | None = None, **over: Any) -> Row:
    """整笔退费."""
    turned = {c: f"{-Decimal(row[c]):.2f}" for c in AMOUNTS}
    return {
        **row,
        **turned,
        "refd_setl_flag": "1",
        "setl_id": setl or row["setl_id"],
        "org_setl_id": row["setl_id"],
        **over,
    }


def line(row: Row, **over: Any) -> Row:
    """机构自己的一行."""
    keep = ("setl_id", "refd_setl_flag", "fixmedins_code", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay")
    return {**{c: row[c] for c in keep}, "mdtrt_id": f"M{row['setl_id']}", **over}


def agreement(code: str = "H01", **over: Any) -> Row:
    """一份协议."""
    return {
        "fixmedins_code": code, "fixmedins_name": f"机构{code}", "fixmedins_type": "1", "hosp_lv": "02",
        "dedc_hosp_lv": "02", "fix_blng_admdvs": "640104", "efft_time": "2026-01-01", "invd_time": "2027-12-31",
        "cntr_stas": "1", "clr_way": "1", "dpst_rat": "0", "turnover_fund": "", "matn_headcap_amt": "", **over,
    }  # fmt: skip


def room(folder: Path, region: str = "ningxia", policy: str = "") -> Path:
    """一个工作区."""
    code, _, err = command("init", str(folder), "--region", region)
    assert code == 0, err
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    return folder


def put(folder: Path, month: str, files: Mapping[str, Sequence[Row]]) -> None:
    """写进收件箱."""
    for name, rows in files.items():
        path = folder / "inbox" / month / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        header = list(dict.fromkeys(c for r in rows or [bill("", "0.00")] for c in r))
        with path.open("w", encoding="utf-8", newline="") as stream:
            out = csv.DictWriter(stream, header, restval="")
            out.writeheader()
            out.writerows(rows)


def settle(
    folder: Path, month: str, bills: Sequence[Row], lines: Sequence[Row] | None = None, **more: Sequence[Row]
) -> None:
    """送一个月的件，结算到成；机构明细缺省与中心一致，协议缺省一份."""
    files: dict[str, Sequence[Row]] = {"settlements": bills, **more}
    theirs = [line(b) for b in bills] if lines is None else lines
    if theirs:
        files["provider_details"] = theirs
    if not list(folder.glob("inbox/*/providers.csv")) and "providers" not in files:
        files["providers"] = [agreement()]
    put(folder, month, files)
    run(folder, "settle", month)


def run(folder: Path, *words: str) -> str:
    """跑到成."""
    code, out, err = command(*words, "-w", str(folder))
    assert code == 0, err
    return out


def ask(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """查询各月最新一次运行的表 (as `nxmed sql` would; read here from the published Parquet, which is quicker)."""
    name = re.search(r"from (\w+)", sql)
    assert name is not None
    newest = [
        max(n for n in month.iterdir() if n.name.isdigit()) for month in sorted((folder / "runs" / "settle").iterdir())
    ]
    frames = [pl.scan_parquet(run / f"{name[1]}.parquet") for run in newest]
    found = pl.SQLContext({name[1]: pl.concat(frames)}).execute(sql).collect()
    return [tuple(str(v) if isinstance(v, Decimal) else v for v in row) for row in found.iter_rows()]


def asked(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """查询，用 nxmed sql."""
    return [tuple(row.values()) for row in json.loads(run(folder, "sql", sql, "--json"))]


def classes(folder: Path, month: str) -> list[tuple[Any, ...]]:
    """逐条结果：键、类别、暂缓原因、认定额."""
    return ask(
        folder,
        "select setl_id, refd_setl_flag, stmt_diff, held_reason, recognised_amt from statement_rows "
        f"where period = '{month}' order by 1, 2, copy_no",
    )


def owed(folder: Path, month: str) -> list[tuple[Any, ...]]:
    """应付：基金、认定、结转进、扣款、预留、周转、结转出、实付."""
    return ask(
        folder,
        "select fixmedins_code, fund_pay_type, recognised_amt, carried_in_amt, det_amt, dpst_amt, advance_amt, "
        f"carried_out_amt, act_dfr_amt from payables where period = '{month}' order by 1, 2",
    )


def priced(folder: Path, month: str) -> dict[str, tuple[Any, ...]]:
    """复核：结算 → (应付统筹, 应付补助)."""
    rows = ask(folder, f"select setl_id, fund_amt, supp_amt from repricing where period = '{month}' order by 1")
    return {r[0]: r[1:] for r in rows}
