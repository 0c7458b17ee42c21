"""一个小地区 (a workspace of two units and four persons, every amount derivable by hand)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

POLICY = '''[contribution.emp_rate]
values = [{ since = 2021-01-01, value = "0.08", source = "样例" }]
[contribution.psn_rate]
values = [{ since = 2021-01-01, value = "0.02", source = "样例" }]
'''
U1, U2 = "91640104MA00003B6D", "91640100MA76XXXX1A"
UNITS = ["emp_no,emp_name,uscc,insu_admdvs,emp_mgt_type,quts_type,emp_insu_stas",
         f"E1,甲公司,{U1},640104,01,2,2", f"E2,乙公司,{U2},640104,01,2,2"]
PERSONS = ["psn_no,psn_name,certno,emp_no,insu_admdvs,psn_type,hi_type,psn_insu_stas",
           "P1,张一,640104199001011237,E1,640104,1101,1,1", "P2,李二,640104199001021233,E1,640104,1101,1,1",
           "P3,王三,64010419900103123X,E2,640104,1101,1,1", "P4,赵四,640104199001041236,E2,640104,1201,1,1"]
WAGES = ["year,emp_no,psn_no,dcla_date,wag", "2026,E1,P1,2026-01-10,6000.00", "2026,E1,P2,2026-01-10,4000.00",
         "2026,E2,P3,2026-01-10,10000.00"]
AVERAGE = ["admdvs,stat_year,yearly_amt,monthly_amt,lower_amt,upper_amt,publ_date,source_doc",
           "640000,2025,,8371.00,5023.00,25113.00,2026-07-01,样例"]
# E1: 6000 → 480.00 + 120.00；4000 → 下限 5023 → 401.84 + 100.46；单位 881.84，个人 220.46
# E2: 10000 → 800.00 + 200.00
ARRIVALS = ["elec_taxrpt_no,line_no,taxpayer_no,taxpayer_name,clct_bill_id,levy_subitem_name,accrym_begn,accrym_end,paid_amt,"
            "latefee,levy_attr,intsury_time,treasury_code,org_taxrpt_no",
            f"T1,1,{U1},甲公司,202611-E1-310,职工基本医疗保险费（单位缴纳）,202611,202611,881.84,,正常,2026-11-12,64010000000,",
            f"T1,2,{U1},甲公司,202611-E1-310,职工基本医疗保险费（个人缴纳）,202611,202611,220.46,,正常,2026-11-12,64010000000,",
            f"T2,1,{U2},乙公司,,职工基本医疗保险费,202611,202611,900.00,,正常,2026-11-13,64010000000,"]
STATEMENT = ["treasury_code,stmt_date,insutype,elec_taxrpt_no,intsury_amt,refd_amt",
             "64010000000,2026-11-12,310,T1,1102.30,0.00", "64010000000,2026-11-13,310,,900.00,0.00"]
MONTH = "2026-11"


def write(path: Path, lines: Sequence[str], encoding: str = "utf-8") -> Path:
    """写一个文件."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def nxmed(*words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None,
          timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """运行一条命令 as a user does, in a process of its own."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("NXMED_", "LC_", "LANG"))}
    return subprocess.run([sys.executable, "-m", "nxmed", *map(str, words)], cwd=cwd, text=True, capture_output=True,
                          check=False, timeout=timeout, env={**clean, "PYTHONUTF8": "1", **(env or {})}, encoding="utf-8")


def files() -> dict[str, list[str]]:
    """收件箱的文件, by name."""
    return {"units.csv": list(UNITS), "persons.csv": list(PERSONS), "wage_declarations.csv": list(WAGES),
            "average_wages.csv": list(AVERAGE), "tax_arrivals.csv": list(ARRIVALS), "treasury_statement.csv": list(STATEMENT)}


def make(folder: Path, changed: Mapping[str, Sequence[str] | None] | None = None, *, policy: str = POLICY,
         region: str = "ningxia", month: str = MONTH) -> Path:
    """建立工作区 with these files in the inbox (`changed` replaces a file's lines, or leaves it out with None)."""
    done = nxmed("init", folder, "--region", region)
    assert done.returncode == 0, done.stderr
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    for name, lines in {**files(), **(changed or {})}.items():
        if lines is not None:
            write(folder / "inbox" / month / name, lines)
    return folder


def query(folder: Path, sql: str) -> list[dict[str, Any]]:
    """查询目录 (as JSON)."""
    done = nxmed("sql", sql, "--json", "-w", folder)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def tree(folder: Path) -> dict[str, bytes]:
    """文件夹里的全部文件 (but the lock), by relative path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file() and "lock" not in p.name}
