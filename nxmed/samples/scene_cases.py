"""办件样例 (a case register of two months: every state, missing materials, suspension, steps, stages; deadlines counted by hand).

The register of November comes as TAB text in GB18030, December's as a workbook; every deadline lies within the sample's calendar.
"""

from __future__ import annotations

import polars as pl

from nxmed.io.resources import contracts
from nxmed.samples import files, planted

CONTRACT, COMMAND = "service_cases", "cases"
FIRST, LAST = "2026-11", "2026-12"
COLUMNS = (
    "serv_matt_inst_id", "item_no", "serv_matt_code", "opt_chnl", "appy_obj_type", "psn_no", "emp_no", "fixmedins_code", "optins_no",
    "appy_date", "rcvd_date", "matl_codes", "suppl_begn", "suppl_end", "bkpay_flag", "bkpay_date", "ctct_date", "info_date",
    "chk_date", "rchk_date", "dfr_date", "fnsh_date", "result",
)
CITY, COUNTY = "640104", "640422"


def _day(text: str) -> str:
    """"11-10" → "2026-11-10" ("" stays)."""
    return f"2026-{text}" if text else ""


def _row(number: int, item: str, received: str, *, channel: str = "3", office: str = CITY, kind: str = "2", **more: str) -> dict[str, str]:
    party = {"1": {"emp_no": f"6401040{number:03d}"}, "2": {"psn_no": f"NX{number:06d}"}, "3": {"fixmedins_code": f"H6401040{number:03d}"}}[kind]
    dated = {k: _day(v) if k.endswith(("_date", "_begn", "_end")) else v for k, v in more.items()}
    return dict.fromkeys(COLUMNS, "") | {
        "serv_matt_inst_id": f"BJ2611{number:03d}", "item_no": item, "opt_chnl": channel, "appy_obj_type": kind, "optins_no": office,
        "rcvd_date": _day(received), **party, **dated}


def november() -> list[dict[str, str]]:
    """十一月的登记."""
    done = {"result": "1"}
    return [
        _row(1, "1", "11-10", kind="1", matl_codes="1;2", chk_date="11-10", fnsh_date="11-10", **done),
        _row(2, "2", "11-10", kind="1", matl_codes="1;2;3", chk_date="11-11", fnsh_date="11-11", **done),
        _row(3, "5", "11-27", channel="4", matl_codes="1"),
        _row(4, "25", "11-02", office=COUNTY, matl_codes="1;3"),
        _row(5, "38", "09-28", matl_codes="1;2;3;4", chk_date="10-20"),
        _row(6, "35", "11-09", matl_codes="1;2;3", suppl_begn="11-12", suppl_end="11-18"),
        _row(7, "49", "10-09", kind="3", matl_codes="0"),
        _row(8, "27", "11-03", matl_codes="1;2", ctct_date="11-12", info_date="11-25", chk_date="11-26", fnsh_date="11-27", **done),
        _row(9, "16", "11-04", matl_codes="1;2;3", bkpay_flag="1", bkpay_date="11-05"),
        _row(10, "48", "11-10", office=COUNTY, matl_codes="1;2;3", suppl_begn="11-25"),
        _row(11, "38", "11-04", matl_codes="1;2;3;4", chk_date="11-12", rchk_date="11-10", dfr_date="11-18", fnsh_date="11-18", **done),
        _row(12, "44", "11-05", matl_codes="1;2;3", chk_date="11-09", dfr_date="11-16", fnsh_date="11-16", **done),
        _row(13, "77", "11-12", matl_codes="1"),
        _row(14, "", "11-20", office=COUNTY, serv_matt_code="002036008001", matl_codes="1;2;9"),
        _row(15, "6", "11-13", matl_codes="1;2"),
        _row(16, "18", "11-18", kind="1", serv_matt_code="002036218000", matl_codes="1;2", fnsh_date="11-18", **done),
    ]


def december() -> list[dict[str, str]]:
    """十二月的登记 (what changed, and what is new; a later row takes the earlier one's place)."""
    before = {r["serv_matt_inst_id"]: r for r in november()}

    def now(number: int, **more: str) -> dict[str, str]:
        dated = {k: _day(v) if k.endswith(("_date", "_begn", "_end")) else v for k, v in more.items()}
        return before[f"BJ2611{number:03d}"] | dated

    return [
        now(3, chk_date="12-01", fnsh_date="12-01", result="1"),
        now(5, rchk_date="12-01", dfr_date="12-02", fnsh_date="12-02", result="1"),
        now(6, chk_date="12-14", fnsh_date="12-14", result="1"),
        now(9, chk_date="12-03", fnsh_date="12-04", result="1"),
        now(10, suppl_end="12-03", matl_codes="1;2;3;4"),
        now(14, fnsh_date="12-03", result="4"),
        _row(17, "50", "12-17", kind="3", matl_codes="1;2;3;4;5"),
        _row(18, "30", "12-28", matl_codes="1;2;3", chk_date="12-28", fnsh_date="12-28", result="1"),
    ]


PLANTS: tuple[tuple[str, int, str, dict[str, str], str], ...] = (
    # month, case, state, cells, arithmetic (working days; 国庆后 10-08 至 10-31 有 18 个，11 月 21 个，12 月 23 个)
    (FIRST, 1, "done", {"due_date": "2026-11-10"}, "即时，当天办结"),
    (FIRST, 2, "done_late", {"due_date": "2026-11-10"}, "即时，次日才办结"),
    (FIRST, 3, "soon_due", {"due_date": "2026-12-01", "days_left": "1"}, "线上 2 个工作日：11-30、12-01"),
    (FIRST, 4, "soon_due", {"due_date": "2026-11-30", "days_left": "0", "missing_cnt": "1"}, "11-03 起第 20 个工作日；缺第 2 份材料"),
    (FIRST, 5, "overdue", {"due_date": "2026-11-13", "days_used": "41"}, "9 月 2 + 10 月 18 + 11 月 10 = 30；至 11-30 共 41"),
    (FIRST, 6, "in_time", {"due_date": "2026-12-14", "suspended_days": "5", "days_left": "10"}, "补正 11-12 至 11-18 五个工作日不计：2 + 8 + 10"),
    (FIRST, 7, "in_time", {"due_date": "2026-12-08", "days_used": "52", "missing_cnt": "6"}, "10-09 加 60 日；距期限六个工作日"),
    (FIRST, 8, "done_late", {"due_date": "2026-11-24"}, "11-04 起第 15 个工作日"),
    (FIRST, 9, "soon_due", {"begin_date": "2026-11-05", "due_date": "2026-12-03", "days_left": "3"}, "自补缴完成起 20 个工作日"),
    (FIRST, 10, "in_time", {"due_date": "", "suspended": "true", "days_used": "10", "days_left": "20", "missing_cnt": "1"}, "补正未止，没有期限：11-11 至 11-24 用了 10"),
    (FIRST, 11, "done", {"due_date": "2026-12-16"}, "复核早于审核"),
    (FIRST, 12, "done", {"due_date": "2026-12-03"}, "没有复核"),
    (FIRST, 13, "in_time", {"item_no": "0"}, "清单没有第 77 项"),
    (FIRST, 14, "in_time", {"item_no": "47", "due_date": "2026-12-11", "missing_cnt": "1"}, "子项编码只对应第 47 项；没有第 9 份材料"),
    (FIRST, 15, "in_time", {"days_used": "11"}, "清单未写时限"),
    (FIRST, 16, "done", {"item_no": "18"}, "子项编码与序号不符，按序号"),
    (LAST, 3, "done", {"days_used": "2"}, "期限当天办结"),
    (LAST, 4, "overdue", {"days_left": "-23", "missing_cnt": "1"}, "12 月 23 个工作日都超过"),
    (LAST, 5, "done_late", {"days_used": "43"}, "41 + 2"),
    (LAST, 6, "done", {"days_used": "20", "due_date": "2026-12-14"}, "扣除补正，恰在期限"),
    (LAST, 7, "overdue", {"days_left": "-23"}, "12-08 至 12-31 共 23 日"),
    (LAST, 9, "done_late", {"days_used": "21"}, "12-03 到期，12-04 办结"),
    (LAST, 10, "soon_due", {"due_date": "2026-12-31", "days_used": "30", "suspended_days": "7", "missing_cnt": "0"}, "11-25 至 12-03 七个不计；10 + 20"),
    (LAST, 13, "in_time", {"item_no": "0"}, "仍未更正"),
    (LAST, 14, "withdrawn", {"fnsh_date": "2026-12-03"}, "申请人撤回"),
    (LAST, 15, "in_time", {"days_used": "34"}, "11 + 23"),
    (LAST, 17, "soon_due", {"due_date": "2026-12-31", "days_left": "0"}, "12-18 起第 10 个工作日"),
    (LAST, 18, "done", {"due_date": "2026-12-28"}, "线下即时"),
)
FINDINGS: tuple[tuple[str, int, str], ...] = (
    (FIRST, 2, "CASE_DONE_LATE"), (FIRST, 3, "CASE_SOON_DUE"), (FIRST, 4, "CASE_SOON_DUE"), (FIRST, 4, "CASE_MATERIALS_MISSING"),
    (FIRST, 5, "CASE_OVERDUE"), (FIRST, 7, "CASE_MATERIALS_MISSING"), (FIRST, 8, "CASE_DONE_LATE"), (FIRST, 8, "CASE_STAGE_LATE"),
    (FIRST, 9, "CASE_SOON_DUE"), (FIRST, 10, "CASE_MATERIALS_MISSING"), (FIRST, 11, "CASE_STEP_ORDER"), (FIRST, 12, "CASE_STEP_ORDER"),
    (FIRST, 13, "CASE_UNKNOWN_ITEM"), (FIRST, 14, "CASE_MATERIALS_MISSING"), (FIRST, 14, "CASE_UNKNOWN_MATERIAL"),
    (FIRST, 16, "CASE_ITEM_DIFFERS"),
    (LAST, 4, "CASE_OVERDUE"), (LAST, 4, "CASE_MATERIALS_MISSING"), (LAST, 5, "CASE_DONE_LATE"), (LAST, 7, "CASE_OVERDUE"),
    (LAST, 7, "CASE_MATERIALS_MISSING"), (LAST, 9, "CASE_DONE_LATE"), (LAST, 13, "CASE_UNKNOWN_ITEM"), (LAST, 14, "CASE_UNKNOWN_MATERIAL"),
    (LAST, 10, "CASE_SOON_DUE"), (LAST, 17, "CASE_SOON_DUE"),
)
STAGES: tuple[tuple[str, int, int, str, str], ...] = (
    (FIRST, 8, 1, "done_late", "5 个工作日到 11-10，11-12 才发函"), (FIRST, 8, 2, "done", "11-12 起 10 个工作日到 11-26"),
    (FIRST, 8, 3, "done", "11-25 起 5 个工作日到 12-02"),
)


def case_files() -> tuple[dict[str, bytes], pl.DataFrame]:
    """样例文件 and their rows of planted.csv."""
    titles = {c.id: c.zh for c in contracts()[CONTRACT].columns}
    header = [titles[c] for c in COLUMNS]
    dates = [n for n, c in enumerate(COLUMNS) if c.endswith(("_date", "_begn", "_end"))]

    def cells(rows: list[dict[str, str]]) -> list[list[str]]:
        return [[r[c] for c in COLUMNS] for r in rows]

    made = {
        f"inbox/{FIRST}/办件_11月.txt": files.delimited(header, cells(november()), separator="\t", end="\r\n", encoding="gb18030"),
        f"inbox/{LAST}/办件_12月.xlsx": files.workbook(
            header, cells(december()), sheet="办件", titles=("宁夏样例医保中心", "2026 年 12 月办件登记"), footer=[], numbers=[], dates=dates),
    }
    return made, planted.frame([*_states(), *_found(), *_staged()])


def _planted(month: str, table: str, code: str, key: dict[str, object], note: str, expect: dict[str, str]) -> dict[str, str]:
    return dict(zip(planted.SHAPE, (month, COMMAND, table, code, planted.pairs(key), planted.pairs(expect), note), strict=True))


def _states() -> list[dict[str, str]]:
    return [_planted(month, "cases", state, {"serv_matt_inst_id": f"BJ2611{n:03d}"}, note, cells) for month, n, state, cells, note in PLANTS]


def _found() -> list[dict[str, str]]:
    return [_planted(month, planted.FINDINGS, code, {"ref_no": f"BJ2611{n:03d}"}, "办件样例", {}) for month, n, code in FINDINGS]


def _staged() -> list[dict[str, str]]:
    return [_planted(month, "case_stages", state, {"serv_matt_inst_id": f"BJ2611{n:03d}", "stage": stage}, note, {})
            for month, n, stage, state, note in STAGES]
