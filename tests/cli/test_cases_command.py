"""办件的命令 (nxmed cases): real files in GB18030 and xlsx, the workbook, exit codes, the register over months, status and the night."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import small

from nxmed.io.calendar import working_days
from nxmed.io.job_files import load_job
from nxmed.io.resources import data_path
from nxmed.io.workspace import open_workspace
from nxmed.kernel.period import Period
from nxmed.kernel.working_days import WorkingDays
from nxmed.pipelines import status_deadlines
from nxmed.pipelines.assist import run_assist
from nxmed.pipelines.settle import run_settle
from nxmed.samples.generate import copy
from nxmed.samples.scene_calendar import calendar_files

MONTH = "2026-10"
CALENDAR = next(iter(calendar_files("ningxia")[0].values()))
HEADER = ["受理号", "业务办理项序号", "渠道", "受理日期", "经办机构编号", "已收材料", "补正起", "补正止", "审核日期", "复核日期", "拨付日期", "办结日期", "结果", "个人编号"]
# 第 25 项 20 个工作日：9-29、30，10 月 18 个 → 10-30 到期；第 5 项线上 2 个：10-30 → 11-02、03；第 38 项补正中；第 1 项即时
ROWS = [
    ["甲1", "25", "柜台", "2026-09-28", "640104", "1；3", "", "", "", "", "", "", "", "64010400000000000001"],
    ["甲2", "5", "APP", "2026年10月30日", "640104", "1", "", "", "", "", "", "", "", "64010400000000000002"],
    ["甲3", "38", "3", "2026-10-09", "640105", "0", "2026-10-12", "", "", "", "", "", "", "64010400000000000003"],
    ["甲4", "1", "3", "2026-10-30", "640105", "1;2", "", "", "2026-10-30", "", "", "2026-10-30", "准", ""],
]


def text(rows: list[list[str]], encoding: str = "gb18030") -> bytes:
    return "".join(",".join(r) + "\r\n" for r in [HEADER, *rows]).encode(encoding)


def book(rows: list[list[str]]) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(["办件登记表"])
    sheet.append(HEADER)
    for row in rows:
        cells: list[object] = [date.fromisoformat(c) if len(c) == 10 and c[:5] == "2026-" else int(c) if c.isdigit() and len(c) < 3 else c or None for c in row]
        sheet.append(cells)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def workspace(folder: Path, content: bytes, name: str = "办件_10月.csv", calendar: bytes | None = CALENDAR, region: str = "ningxia") -> Path:
    made = small.make(folder, dict.fromkeys(small.files()), region=region)
    inbox = made / "inbox" / MONTH
    inbox.mkdir(parents=True)
    (inbox / name).write_bytes(content)
    if calendar is not None:
        (inbox / "工作日历_2026.csv").write_bytes(calendar)
    return made


STATES = [("甲1", "overdue", "2026-10-30", 0, 1), ("甲2", "soon_due", "2026-11-03", 2, 0), ("甲3", "in_time", None, 29, 4),
          ("甲4", "done", "2026-10-30", None, 0)]


def states(ws: Path, month: str = MONTH) -> list[tuple[object, ...]]:
    rows = small.query(ws, f"select serv_matt_inst_id a, state s, due_date d, days_left l, missing_cnt m from cases where period = '{month}' order by 1")
    return [(r["a"], r["s"], r["d"], r["l"], r["m"]) for r in rows]


def test_gb18030_and_xlsx_give_the_same(tmp_path: Path) -> None:
    plain = workspace(tmp_path / "a", text(ROWS))
    done = small.nxmed("cases", MONTH, "-w", plain)
    assert done.returncode == 0, done.stderr
    assert "逾期" in done.stdout
    assert states(plain) == STATES
    rows = [[c.replace("年10月30日", "-10-30") for c in r] for r in ROWS]
    sheets = workspace(tmp_path / "b", book(rows), "办件_10月.xlsx")
    assert small.nxmed("cases", MONTH, "-w", sheets).returncode == 0
    assert states(sheets) == STATES
    assert small.nxmed("verify", "-w", sheets).returncode == 0
    again = small.nxmed("cases", MONTH, "-w", sheets, "--json")
    assert json.loads(again.stdout)["status"] == "up_to_date"


def test_the_workbook_tells_what_to_do(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "a", text(ROWS))
    assert small.nxmed("cases", MONTH, "-w", ws).returncode == 0
    made = openpyxl.load_workbook(ws / "outbox" / MONTH / f"办件清单_{MONTH}.xlsx")
    assert made.sheetnames == ["封面", "逾期", "即将到期", "待告知缺件", "环节问题", "分段逾期", "统计"]

    def column(sheet: str, title: str) -> list[object]:
        rows = list(made[sheet].iter_rows(values_only=True))
        head = next(n for n, r in enumerate(rows) if title in r)
        return [r[rows[head].index(title)] for r in rows[head + 1:] if r[0] not in (None, "合计")]

    assert column("逾期", "办件编号") == ["甲1"]
    assert column("即将到期", "办件编号") == ["甲2"]
    assert column("待告知缺件", "办件编号") == ["甲1", "甲3"]
    letter = str(column("待告知缺件", "告知内容")[1])
    assert "还缺 4 份材料" in letter
    assert all(f"{n} " in letter for n in range(1, 5))
    assert column("统计", "办件") == [1, 1, 1, 1]


def test_a_later_row_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "a", text(ROWS))
    assert small.nxmed("cases", MONTH, "-w", ws).returncode == 0
    later = ROWS[0].copy()
    later[5], later[8], later[10], later[11], later[12] = "1;2;3", "2026-11-02", "2026-11-03", "2026-11-03", "准"
    small.write(ws / "inbox/2026-11/办件.csv", [",".join(r) for r in [HEADER, later]])
    assert small.nxmed("cases", "2026-11", "-w", ws).returncode == 0
    # 甲2 11-03 到期未办；甲3 仍在补正；甲4 十月已办结
    assert [(a, s) for a, s, *_ in states(ws, "2026-11")] == [("甲1", "done_late"), ("甲2", "overdue"), ("甲3", "in_time")]
    assert states(ws) == STATES  # 十月的不动


def test_looked_at_on_another_day(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "a", text(ROWS))
    assert small.nxmed("cases", MONTH, "-w", ws, "--as-of", "2026-10-20").returncode == 0
    # 10-30 受理的两件还没有；甲1 用了 2 + 8–10、12–16、19、20 共 12 个，剩 8 个
    assert [(a, s, n) for a, s, _, n, _ in states(ws)] == [("甲1", "in_time", 8), ("甲3", "in_time", 29)]
    assert small.nxmed("cases", MONTH, "-w", ws, "--as-of", "2026-09-30").returncode == 2
    assert small.nxmed("cases", MONTH, "-w", ws, "--as-of", "tomorrow").returncode == 2


@pytest.mark.parametrize("changed", ["calendar", "register", "date", "hole"])
def test_what_is_missing_is_named(tmp_path: Path, changed: str) -> None:
    rows = [*ROWS, ["甲5", "24", "3", "2025-10-30", "640104", "1", *[""] * 8]] if changed == "date" else ROWS
    calendar = None if changed == "calendar" else CALENDAR
    if changed == "hole":
        calendar = "\n".join(x for x in CALENDAR.decode("utf-8").splitlines() if not x.startswith("2026-10-15")).encode()
    ws = workspace(tmp_path / "a", text(rows), "别的.csv" if changed == "register" else "办件.csv", calendar)
    done = small.nxmed("cases", MONTH, "-w", ws)
    assert done.returncode == 6
    assert {"calendar": "工作日历", "register": "service_cases", "date": "2025-10-30", "hole": "2026-10-15"}[changed] in done.stderr
    assert not (ws / "runs/cases").exists()
    english = small.nxmed("cases", MONTH, "-w", ws, "--lang", "en").stderr.splitlines()[-2:]
    assert english[0].removeprefix("✘ ").replace("甲", "").isascii()
    assert english[1].removeprefix("  → ").isascii()


def test_an_old_register_is_no_register_of_the_month(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "a", text(ROWS))
    done = small.nxmed("cases", "2026-11", "-w", ws)
    assert (done.returncode, "2026-11 缺少应到的文件：办件" in done.stderr) == (6, True)


def test_dingxi_has_no_list(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "a", text(ROWS), region="dingxi")
    done = small.nxmed("cases", MONTH, "-w", ws)
    assert (done.returncode, "定西没有服务事项清单" in done.stderr) == (4, True)


def test_a_trial_run_and_strict(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "a", text(ROWS))
    done = small.nxmed("cases", MONTH, "-w", ws, "--dry-run", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["status"], told["facts"]["overdue"]) == (0, "dry_run", 1)
    assert not (ws / "runs/cases").exists()
    assert small.nxmed("cases", MONTH, "-w", ws, "--strict").returncode == 10
    assert small.query(ws, "select code, count(*) n from findings where command = 'cases' group by 1 order by 1") == [
        {"code": "CASE_MATERIALS_MISSING", "n": 2}, {"code": "CASE_OVERDUE", "n": 1}, {"code": "CASE_SOON_DUE", "n": 1}]


def test_rows_that_name_no_item_or_end_before_they_begin_are_rejected(tmp_path: Path) -> None:
    rows = [*ROWS, ["甲5", "", "3", "2026-10-09", *[""] * 10], ["甲6", "24", "3", "2026-10-09", "640104", "1", "2026-10-13", "2026-10-12", *[""] * 6]]
    ws = workspace(tmp_path / "a", text(rows))
    assert small.nxmed("cases", MONTH, "-w", ws).returncode == 0
    assert [r["check"] for r in small.query(ws, 'select "check" from rejects where contract = \'service_cases\'')] == ["E302"]
    # 没有子项编码一列，序号又空：不能确定哪一项
    assert small.query(ws, "select ref_no from findings where code = 'CASE_UNKNOWN_ITEM'") == [{"ref_no": "甲5"}]


def test_status_tells_of_cases(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "a", text(ROWS))
    assert small.nxmed("cases", MONTH, "-w", ws).returncode == 0

    def told(day: str) -> dict[str, object]:
        done = small.nxmed("status", "-w", ws, "--as-of", day, "--check", "--json")
        items = [i for i in json.loads(done.stdout)["items"] if i["key"] == "cases" and i["section"] == "deadlines"]
        return dict(items[0]) if items else {}

    assert (told("2026-10-31")["deadline_overdue"], told("2026-10-31")["deadline_soon"]) == (1, 1)
    assert "甲1（2026-10-30）" in str(told("2026-10-31")["message"])
    # 10-23 之后 26–30 五个工作日：甲1 到期在内；甲2（11-03）不在；10-22 之后六个
    assert (told("2026-10-23")["deadline_overdue"], told("2026-10-23")["deadline_soon"]) == (0, 1)
    assert told("2026-10-22") == {}


def test_status_tells_of_assistance_and_of_providers_not_paid(tmp_path: Path) -> None:
    made = small.make(tmp_path / "ws", dict.fromkeys(small.files()))
    ws = open_workspace(made)
    (made / "policy.toml").unlink()
    copy(data_path("samples"), made, "ningxia")
    run_assist(ws, Period.parse("2026-11"))
    run_settle(ws, Period.parse("2026-11"))
    days = WorkingDays({**working_days(ws).days, **{date(2027, 1, n): n > 3 and date(2027, 1, n).weekday() < 5 for n in range(1, 32)}})

    def told(day: str) -> dict[str, tuple[int, int]]:
        return {u.key: (u.overdue, u.soon) for u in status_deadlines.urgent(ws, days, date.fromisoformat(day), 5)}

    # 最早受理且待付的 11-09：11-10 起 30 个工作日，11 月 15 个、12 月 15 个 → 12-21；12-14 之后正好五个
    assert told("2026-12-11") == {}
    assert told("2026-12-14") == {"assist-claims": (0, 1)}
    assert told("2026-12-21")["assist-claims"][0] == 0
    assert told("2026-12-22")["assist-claims"][0] == 1
    # 机构对账单没有申报日期：自 11-30 起，12 月 23 个、一月 4–8、11、12 → 2027-01-12；十二家
    assert "settle-payables" not in told("2027-01-04")
    assert told("2027-01-05")["settle-payables"] == (0, 12)
    assert told("2027-01-12")["settle-payables"] == (0, 12)
    assert told("2027-01-13")["settle-payables"] == (12, 0)


def test_the_night_waits_for_the_register(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "a", text(ROWS), "别的.csv")
    job = load_job("nightly", ws)
    assert "cases" in {s.id for s in job.for_region("ningxia").steps}
    assert "cases" not in {s.id for s in job.for_region("dingxi").steps}
    done = small.nxmed("run", "nightly", "--period", MONTH, "-w", ws)
    assert done.returncode == 6
    assert "办件期限" in done.stdout
    (ws / "inbox" / MONTH / "办件.csv").write_bytes(text(ROWS))
    small.nxmed("run", "nightly", "--period", MONTH, "-w", ws, "--resume")
    assert states(ws) == STATES
