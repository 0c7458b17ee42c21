"""作业 (nxmed run): a month by the command lines of cron, a feed that comes late, a machine stopped in the night."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import small

from nxmed.errors import UsageError
from nxmed.io.job_files import job_paths, load_job
from nxmed.kernel.job import Step, ordered, worst
from nxmed.samples.scene_calendar import calendar_files

CALENDAR = next(iter(calendar_files("ningxia")[0].values()))


@pytest.fixture
def ws(tmp_path: Path) -> Path:
    """An agency with the month's registers; its tax feed has not come yet."""
    made = small.make(tmp_path / "ws", {"tax_arrivals.csv": None})
    (made / "inbox" / small.MONTH / "calendar.csv").write_bytes(CALENDAR)
    return made


def run(ws: Path, *words: str) -> tuple[int, str]:
    done = small.nxmed("run", *words, "-w", ws)
    return done.returncode, done.stdout + done.stderr


def states(ws: Path, *words: str) -> dict[str, str]:
    done = small.nxmed("run", *words, "-w", ws, "--json")
    return {s["id"]: s["state"] for s in json.loads(done.stdout)["runs"][-1]["steps"]}


def test_month_end_by_the_calendar(ws: Path) -> None:
    # 2026-11-05 is a Thursday: last working day of October is Friday 30; one working day before the 5th is the 4th
    code, text = run(ws, "month-end", "--if-due", "--as-of", "2026-10-29")
    assert code == 0
    assert "未到日：2026-11 从 2026-10-30 起核定，2026-11-05 前送税务" in text
    assert not (ws / "runs" / "assess").exists()
    code, text = run(ws, "month-end", "--if-due", "--as-of", "2026-10-30")
    assert code == 0
    assert "核定：已发布" in text
    code, text = run(ws, "month-end", "--if-due", "--as-of", "2026-11-04")
    assert code == 0
    assert "2026-12 从 2026-11-30 起核定，2026-12-04 前送税务" in text  # December 5th is a Saturday


def test_a_machine_that_was_off_at_the_end_of_the_month(ws: Path) -> None:
    code, text = run(ws, "month-end", "--if-due", "--as-of", "2026-11-05")
    assert code == 0
    assert "所属期 2026-11" in text
    assert (ws / "runs/assess/2026-11/0001").is_dir()


def test_a_feed_that_comes_late(ws: Path) -> None:
    assert run(ws, "month-end", "--period", "2026-11")[0] == 0
    code, text = run(ws, "tax-feed", "--if-due", "--as-of", "2026-12-01")
    assert code == 6
    assert "等待 税务到账明细（inbox/2026-11）" in text
    small.write(ws / "inbox" / small.MONTH / "tax_arrivals.csv", small.ARRIVALS)
    code, text = run(ws, "tax-feed", "--if-due", "--as-of", "2027-01-02")  # the month is not forgotten when the year turns
    assert "所属期 2026-11" in text
    assert (ws / "runs/reconcile/2026-11/0001").is_dir()
    assert code == 6  # December's own feed is waited for
    assert "所属期 2026-12" in text


def test_months_before_the_first_are_not_waited_for(tmp_path: Path) -> None:
    ws = small.make(tmp_path / "ws")
    files = ws / "inbox" / small.MONTH
    later = tmp_path / "later"
    files.rename(later)
    assert run(ws, "tax-feed", "--if-due", "--as-of", "2026-10-28")[0] == 6  # nothing has come: nobody knows where it begins
    assert (ws / "jobs/history/tax-feed/2026-09/0001.jsonl").is_file()
    assert small.nxmed("status", "--check", "-w", ws, "--as-of", "2026-10-28").returncode == 0  # nor is anything late
    later.rename(files)
    (ws / "inbox/2026-01").mkdir()
    (ws / "inbox/2026-01/settlements.csv").write_text("x\n", "utf-8")  # what the benefit year of assistance counts from
    (files / "opening_dues.csv").write_text("clct_bill_id,part,emp_no,insutype,accrym,amt,dedln_date\n", "utf-8")
    code, text = run(ws, "tax-feed", "--if-due", "--as-of", "2026-10-29")
    assert (code, "2026-09 不办" in text) == (0, True)
    told = small.nxmed("status", "--check", "-w", ws, "--as-of", "2026-10-29")
    assert (told.returncode, "inbox/2026-09" in told.stdout) == (0, False)
    code, text = run(ws, "tax-feed", "--if-due", "--as-of", "2026-11-29")
    assert (code, "2026-10 不办" in text) == (0, True)
    assert not (ws / "jobs/history/tax-feed/2026-09/0002.jsonl").exists()  # nor is the old month taken up again
    assert "所属期 2026-11" in run(ws, "tax-feed", "--if-due", "--as-of", "2026-12-01")[1]


def test_a_step_that_waits_does_not_hide_one_that_failed(ws: Path) -> None:
    (ws / "jobs").mkdir()
    (ws / "jobs/two.toml").write_text(
        'month = "this"\ndue = "daily"\n[[step]]\nid = "a"\ncommand = ["assess", "{period}"]\n'
        '[[step]]\nid = "too-early"\ncommand = ["archive", "{period}"]\nneeds = ["a"]\n'
        '[[step]]\nid = "feed"\ncommand = ["reconcile", "{period}"]\nwaits_for = [{ any_of = ["tax_arrivals"] }]\n', "utf-8")
    code, text = run(ws, "two", "--period", "2026-11")
    assert "等待 税务到账明细" in text
    failed = json.loads((ws / "jobs/history/two/2026-11/0001.jsonl").read_text("utf-8").splitlines()[2])  # an open month
    assert (failed["state"], failed["code"]) == ("failed", 5)
    told = small.nxmed("status", "--check", "-w", ws, "--as-of", "2026-12-01")
    assert (code, told.returncode) == (6, 5)
    assert "失败（too-early，退出码 5）" in told.stdout


def test_a_number_that_another_process_took_over_is_not_the_job(ws: Path) -> None:
    record = ws / "jobs/history/nightly/2026-11/0001.jsonl"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"event": "start", "pid": os.getpid(), "at": "2026-12-02T01:30:00+08:00"}) + "\n", "utf-8")
    told = small.nxmed("status", "--check", "-w", ws, "--as-of", "2026-12-02")
    assert (told.returncode, "中断，续跑" in told.stdout) == (1, True)
    record.write_text("", "utf-8")  # the power went before the first line was on the disk
    told = small.nxmed("status", "--check", "-w", ws, "--as-of", "2026-12-02")
    assert (told.returncode, "还没有运行过" in told.stdout) == (0, True)


def test_resume_does_what_did_not_finish(ws: Path) -> None:
    (ws / "jobs").mkdir()
    (ws / "jobs/both.toml").write_text(
        'month = "this"\ndue = "open"\n[[step]]\nid = "a"\ncommand = ["assess", "{period}"]\n'
        '[[step]]\nid = "b"\ncommand = ["reconcile", "{period}"]\nneeds = ["a"]\n'
        'waits_for = [{ any_of = ["tax_arrivals"] }]\n[[step]]\nid = "c"\ncommand = ["verify"]\nneeds = ["b"]\n', "utf-8")
    assert states(ws, "both", "--period", "2026-11") == {"a": "done", "b": "waiting", "c": "skipped"}
    small.write(ws / "inbox" / small.MONTH / "tax_arrivals.csv", small.ARRIVALS)
    assert states(ws, "both", "--period", "2026-11", "--resume") == {"a": "kept", "b": "done", "c": "done"}


def test_resume_refuses_when_an_input_or_the_law_changed(ws: Path) -> None:
    (ws / "jobs").mkdir()
    (ws / "jobs/both.toml").write_text(
        'month = "this"\ndue = "open"\n[[step]]\nid = "a"\ncommand = ["assess", "{period}"]\n'
        '[[step]]\nid = "b"\ncommand = ["reconcile", "{period}"]\nwaits_for = [{ any_of = ["tax_arrivals"] }]\n', "utf-8")
    run(ws, "both", "--period", "2026-11")
    late = small.write(ws / "inbox" / small.MONTH / "persons_more.csv", [small.PERSONS[0]])
    code, text = run(ws, "both", "--period", "2026-11", "--resume")
    assert code == 5
    assert "persons_more.csv" in text
    late.unlink()
    policy = (ws / "policy.toml").read_text("utf-8")
    (ws / "policy.toml").write_text(policy.replace('"0.08"', '"0.09"'), "utf-8")
    code, text = run(ws, "both", "--period", "2026-11", "--resume")
    assert code == 5
    assert "法规数字" in text
    (ws / "policy.toml").write_text(policy, "utf-8")
    units = ws / "inbox" / small.MONTH / "units.csv"
    units.write_text(units.read_text("utf-8").replace("甲公司", "甲厂"), "utf-8")
    assert run(ws, "both", "--period", "2026-11", "--resume")[0] == 5


def test_a_failed_step_takes_along_only_what_needs_it(ws: Path) -> None:
    (ws / "jobs").mkdir()
    (ws / "jobs/three.toml").write_text(
        'month = "this"\ndue = "daily"\n[[step]]\nid = "bad"\ncommand = ["assess", "2026-99"]\n'
        '[[step]]\nid = "after"\ncommand = ["verify"]\nneeds = ["bad"]\n[[step]]\nid = "other"\ncommand = ["verify"]\n', "utf-8")
    assert states(ws, "three", "--period", "2026-11") == {"bad": "failed", "after": "skipped", "other": "done"}
    assert run(ws, "three", "--period", "2026-11")[0] == 2  # the worst of 2 and 0
    text = (ws / "jobs/three.toml").read_text("utf-8").replace('id = "bad"', 'id = "bad"\non_failure = "stop"')
    (ws / "jobs/three.toml").write_text(text, "utf-8")
    assert states(ws, "three", "--period", "2026-11") == {"bad": "failed", "after": "skipped", "other": "skipped"}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_machine_stopped_in_the_night(ws: Path, number: signal.Signals) -> None:
    (ws / "jobs").mkdir()
    (ws / "jobs/slow.toml").write_text(
        'month = "this"\ndue = "daily"\n[[step]]\nid = "a"\ncommand = ["assess", "{period}"]\n'
        '[[step]]\nid = "b"\ncommand = ["reconcile", "{period}"]\nwait_minutes = 5\n'
        'waits_for = [{ any_of = ["tax_arrivals"] }]\n', "utf-8")
    going = subprocess.Popen([sys.executable, "-m", "nxmed", "run", "slow", "--period", "2026-11", "-w", str(ws)],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONUTF8": "1"})
    record = ws / "jobs/history/slow/2026-11/0001.jsonl"
    for _ in range(600):
        if record.is_file() and '"state": "done"' in record.read_text("utf-8"):
            break
        time.sleep(0.05)
    assert run(ws, "slow", "--period", "2026-11")[0] == 75  # one at a time
    going.send_signal(number)
    assert going.wait(20) == (-9 if number == signal.SIGKILL else 143)
    small.write(ws / "inbox" / small.MONTH / "tax_arrivals.csv", small.ARRIVALS)
    assert states(ws, "slow", "--period", "2026-11", "--resume") == {"a": "kept", "b": "done"}
    assert small.nxmed("verify", "-w", ws).returncode == 0


def test_nothing_is_started_by_a_dry_run(ws: Path) -> None:
    code, text = run(ws, "tax-feed", "--period", "2026-11", "--dry-run")
    assert code == 0
    assert "等待 税务到账明细" in text
    assert not (ws / "jobs").exists()


STEP = 'month = "this"\ndue = "daily"\n[[step]]\nid = "a"\n'


@pytest.mark.parametrize(("text", "said"), [
    ('month = "x"\ndue = "daily"', "month 必须是"),
    ('month = "this"\ndue = "daily"', "没有步骤"),
    ('month = "this"\ndue = "daily"\ncolour = 1', "不认识的键 colour"),
    ('month = "this"\ndue = "daily"\n[[step]]\nid = "a"\ncommand = ["verify"]\nneeds = ["b"]', "步骤 b 的依赖"),
    ('month = "this"\ndue = "daily"\n[[step]]\nid = "a"\ncommand = ["verify"]\nneeds = ["a"]', "成环"),
    ('month = "this"\ndue = "daily"\n[[step]]\nid = "a"\ncommand = ["verify"]\nwaits_for = [{any_of = ["no"]}]', "等待的文件种类不对"),
    ("month = ", "TOML"),
    ('month = "this"\ndue = "daily"\nstep = "x"', "步骤写成"),
    (STEP + 'command = ["settle", "{perod}"]', "不认识 {perod}"),
    (STEP + 'command = ["settle", "{period"]', "不认识 {period"),
    (STEP + 'command = ["verify"]\nregions = "dingxi"', "regions 要写成数组"),
    (STEP + 'command = ["verify"]\nwaits_for = "units"', "waits_for 要写成数组"),
    (STEP + 'command = ["verify"]\nwaits_for = [{any_of = ["units"], month = "{foo}"}]', "等待的 month"),
    (STEP + 'command = ["verify"]\nwaits_for = [{any_of = ["units"], month = "period"}]', "等待的 month"),
])
def test_a_job_file_that_is_wrong_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs/odd.toml").write_text(text, "utf-8")
    with pytest.raises(UsageError) as bad:
        load_job("odd", tmp_path)
    assert said in bad.value.text


def test_a_job_file_that_is_wrong_is_told_beside_the_others(ws: Path) -> None:
    (ws / "jobs").mkdir()
    (ws / "jobs/odd.toml").write_text("month = ", "utf-8")
    told = small.nxmed("status", "--check", "-w", ws, "--as-of", "2026-12-01")
    assert told.returncode == 2
    assert "作业 odd.toml" in told.stdout
    assert "夜间：还没有运行过" in told.stdout


def test_an_optional_file_that_never_came_is_not_waited_for(ws: Path) -> None:
    (ws / "jobs").mkdir()
    (ws / "jobs/own.toml").write_text(
        'month = "this"\ndue = "daily"\n[[step]]\nid = "cases"\ncommand = ["cases", "{period}"]\n'
        'waits_for = [{ any_of = ["service_cases"], by_day = 5, optional = true }]\n', "utf-8")
    code, text = run(ws, "own", "--period", "2026-11")
    assert (code, "从未收到 办件" in text) == (0, True)
    (ws / "inbox/2026-10").mkdir()
    (ws / "inbox/2026-10/办件.csv").write_text("x\n", "utf-8")  # once it came, it is waited for
    assert run(ws, "own", "--period", "2026-11")[0] == 6


def test_shipped_jobs_load_and_unknown_ones_are_named(ws: Path) -> None:
    assert {"nightly", "month-end", "tax-feed"} <= set(job_paths())
    assert [load_job(n).id for n in job_paths()] == list(job_paths())
    code, text = run(ws, "noctly")
    assert code == 2
    assert "nightly" in text


def test_order_and_worst_code() -> None:
    a, b, c = (Step(n, n, n, ("verify",), needs) for n, needs in (("a", ("c",)), ("b", ()), ("c", ())))
    assert [s.id for s in ordered([a, b, c])] == ["b", "c", "a"]
    assert worst([0, 6, 5]) == 6
    assert worst([1, 7, 3]) == 7
    assert worst([0, 99]) == 1
    assert worst([]) == 0
