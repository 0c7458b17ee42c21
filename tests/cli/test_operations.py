"""值守 (status, doctor, schedule, notify, the journal): what one busy person sees, and what a monitor gets."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import small

from nxmed.io.workspace import open_workspace
from nxmed.pipelines import doctor, schedule
from nxmed.pipelines.jobs import SHANGHAI
from nxmed.samples.scene_calendar import calendar_files

CALENDAR = next(iter(calendar_files("ningxia")[0].values()))


@pytest.fixture
def ws(tmp_path: Path) -> Path:
    made = small.make(tmp_path / "ws", {"tax_arrivals.csv": None})
    (made / "inbox" / small.MONTH / "calendar.csv").write_bytes(CALENDAR)
    return made


def status(ws: Path, as_of: str, *words: str) -> tuple[int, dict[str, dict[str, object]]]:
    done = small.nxmed("status", "-w", ws, "--as-of", as_of, "--check", "--json", *words)
    return done.returncode, {str(i["key"]): i for i in json.loads(done.stdout)["items"]}


def test_a_late_feed_turns_from_waited_for_to_late(ws: Path) -> None:
    small.nxmed("run", "month-end", "--period", "2026-11", "-w", ws)
    small.nxmed("run", "tax-feed", "--period", "2026-11", "-w", ws)
    key = "inbox/2026-11/tax_arrivals"
    code, items = status(ws, "2026-12-10")  # by_day 10 of the month after: the 10th itself is in time
    assert (code, items[key]["level"]) == (0, "note")
    code, items = status(ws, "2026-12-11")
    assert (code, items[key]["level"]) == (6, "bad")
    assert "inbox/2026-11/treasury_statement" not in items  # that one came
    small.write(ws / "inbox" / small.MONTH / "tax_arrivals.csv", small.ARRIVALS)
    assert small.nxmed("run", "tax-feed", "--period", "2026-11", "--resume", "-w", ws).returncode == 0
    code, items = status(ws, "2026-12-11")
    assert (code, key in items) == (0, False)
    assert items["tax-feed"]["level"] == "ok"


def test_findings_are_counted_and_aged(ws: Path) -> None:
    small.write(ws / "inbox" / small.MONTH / "persons.csv", [line.replace("640104199001011237", "640104199001011238") for line in small.PERSONS])
    for month in ("2026-11", "2026-12"):
        assert small.nxmed("assess", month, "-w", ws).returncode == 0
    _, items = status(ws, "2026-12-01")
    [told] = small.query(ws, "select count(*) n from findings where code = 'BAD_CERTNO' and period = '2026-12'")
    assert items["assess:BAD_CERTNO"]["findings"] == told["n"] > 0
    assert items["assess:BAD_CERTNO"]["finding_age_months"] == 1  # November and December


def test_a_failed_a_stopped_and_an_old_job_are_told_to_the_monitor(ws: Path) -> None:
    (ws / "jobs").mkdir()
    (ws / "jobs/odd.toml").write_text('month = "this"\ndue = "daily"\n[[step]]\nid = "a"\ncommand = ["assess", "2026-99"]\n', "utf-8")
    small.nxmed("run", "odd", "--period", "2026-11", "-w", ws)
    assert status(ws, "2026-12-01")[0] == 2
    record = ws / "jobs/history/odd/2026-11/0001.jsonl"
    lines = record.read_text("utf-8").splitlines()
    record.write_text("\n".join(lines[:-1]) + "\n", "utf-8")  # killed before its end
    code, items = status(ws, "2026-12-01")
    assert code == 1
    assert "--resume" in str(items["odd"]["message"])
    old = json.loads(lines[0])
    old["at"] = (datetime.now(SHANGHAI) - timedelta(hours=30)).isoformat()
    record.write_text("\n".join([json.dumps(old), '{"event": "end", "code": 0, "at": "x"}']) + "\n", "utf-8")
    assert status(ws, "2026-12-01", "--max-age", "31h")[0] == 0
    assert status(ws, "2026-12-01", "--max-age", "29h")[0] == 1
    assert small.nxmed("status", "-w", ws, "--max-age", "soon").returncode == 2


def test_deadlines_and_the_end_of_the_calendar(ws: Path) -> None:
    # December's tax file: by Friday 12-04 (the 5th is a Saturday). Friday 11-27 + 5 working days = 12-04; Thursday has 6
    assert "assess-2026-12" in status(ws, "2026-11-27")[1]
    assert "assess-2026-12" not in status(ws, "2026-11-26")[1]
    assert small.nxmed("assess", "2026-11", "-w", ws).returncode == 0
    assert small.nxmed("assess", "2026-12", "-w", ws).returncode == 0
    assert "assess-2026-12" not in status(ws, "2026-11-27")[1]
    assert status(ws, "2026-12-31")[1]["horizon"]["calendar_days_left"] == 0
    assert status(ws, "2027-01-01")[0] == 6


def test_a_tax_file_that_was_not_sent_does_not_vanish_after_its_day(ws: Path) -> None:
    _, items = status(ws, "2026-11-06")  # by Thursday 11-05
    assert "2026-11-05 前送税务，已过期" in str(items["assess-2026-11"]["message"])
    assert "assess-2026-10" not in status(ws, "2026-10-30")[1]  # before the agency's first month nothing was due


def test_metrics_for_the_node_exporter(ws: Path, tmp_path: Path) -> None:
    small.nxmed("run", "month-end", "--period", "2026-11", "-w", ws)
    target = tmp_path / "nxmed.prom"
    assert small.nxmed("status", "-w", ws, "--as-of", "2026-11-20", "--prom", target).returncode == 0
    lines = target.read_text("utf-8").splitlines()
    assert 'nxmed_job_exit_code{key="month-end"} 0' in lines
    assert 'nxmed_lock_held{key="lock"} 0' in lines
    assert "nxmed_problems 0" in lines
    assert [x for x in lines if not re.fullmatch(r'(# TYPE [a-z_]+ gauge|[a-z_]+(\{key="[^"]*"\})? -?[0-9]+)', x)] == []


def test_every_line_of_the_crontab_can_be_run_by_hand(ws: Path) -> None:
    text = small.nxmed("schedule", "--cron", "-w", ws).stdout
    lines = [x for x in text.splitlines() if re.match(r"[0-9*]", x)]
    assert len(lines) == 5
    commands = [" ".join(x.split(" ")[5:]) for x in lines]
    for command in commands:
        done = subprocess.run(["/bin/sh", "-c", command], check=False, env={**os.environ, "NXMED_AS_OF": "2026-11-20", "PYTHONUTF8": "1"})
        assert done.returncode in (0, 6), command
    log = (ws / "logs/cron.log").read_text("utf-8")
    assert "未到日：2026-12 从 2026-11-30 起核定" in log
    times = {x.split(" ")[1] + ":" + x.split(" ")[0].zfill(2) for x in lines[:4]}
    assert times == {"1:30", "6:00", "20:00", "8:00"}


def test_units_pass_the_systems_own_verifier_or_at_least_parse(ws: Path, tmp_path: Path) -> None:
    folder = tmp_path / "units"
    assert small.nxmed("schedule", "--systemd", "--user", "root", "--out", folder, "-w", ws).returncode == 0
    names = sorted(p.name for p in folder.iterdir())
    assert names == sorted(f"nxmed-{n}.{kind}" for n in ("nightly", "month-end", "tax-feed", "status", "notify") for kind in ("service", "timer"))
    for path in folder.iterdir():
        parsed = configparser.RawConfigParser(strict=False)
        parsed.optionxform = str  # type: ignore[assignment,method-assign]
        parsed.read_string(path.read_text("utf-8"))
        assert parsed.has_section("Timer" if path.suffix == ".timer" else "Service")
    assert "PrivateNetwork=true" in (folder / "nxmed-nightly.service").read_text("utf-8")
    assert "PrivateNetwork" not in (folder / "nxmed-notify.service").read_text("utf-8")
    verifier = shutil.which("systemd-analyze")
    if verifier:
        done = subprocess.run([verifier, "verify", *map(str, sorted(folder.iterdir()))], capture_output=True, text=True, check=False)
        said = [x for x in (done.stdout + done.stderr).splitlines() if "nxmed" in x]
        assert said == []


def test_blanks_and_percent_signs_in_a_path_are_quoted(tmp_path: Path) -> None:
    place = tmp_path / "a b%c"
    assert small.nxmed("init", place, "--region", "ningxia").returncode == 0
    ws = open_workspace(place)
    assert f"-w '{tmp_path}/a b\\%c'" in schedule.crontab(ws)
    unit = next(u.text for u in schedule.systemd(ws, "nobody") if u.name == "nxmed-nightly.service")
    assert f'-w "{tmp_path}/a b%%c"' in unit


def test_schedule_wants_one_of_two(ws: Path) -> None:
    assert small.nxmed("schedule", "-w", ws).returncode == 2
    assert small.nxmed("schedule", "--cron", "--systemd", "-w", ws).returncode == 2


def with_notify(ws: Path, *command: str) -> None:
    config = (ws / "nxmed.toml").read_text("utf-8")
    (ws / "nxmed.toml").write_text(config + f"\n[notify]\ncommand = {json.dumps(list(command))}\n", "utf-8")


def test_notices_are_kept_until_they_are_taken(ws: Path, tmp_path: Path) -> None:
    hook = tmp_path / "hook.sh"
    with_notify(ws, "/bin/sh", str(hook))
    small.nxmed("run", "month-end", "--period", "2026-11", "-w", ws)  # done: not wanted by default
    small.nxmed("run", "tax-feed", "--period", "2026-11", "-w", ws)
    assert len(list((ws / "spool").iterdir())) == 1
    hook.write_text("exit 1\n")
    done = small.nxmed("notify", "-w", ws)
    assert (done.returncode, len(list((ws / "spool").iterdir()))) == (1, 1)
    hook.write_text(f"cat >> {shlex.quote(str(tmp_path / 'taken'))}\n")
    assert small.nxmed("notify", "-w", ws).returncode == 0
    event = json.loads((tmp_path / "taken").read_text("utf-8"))
    assert (event["event"], event["state"], event["job"], event["period"], event["exit_code"]) == ("job", "waiting", "tax-feed", "2026-11", 6)
    assert event["steps"] == [{"exit_code": 6, "id": "reconcile", "state": "waiting"}, {"exit_code": 0, "id": "report", "state": "skipped"}]
    assert list((ws / "spool").iterdir()) == []


def test_a_configuration_of_notices_that_is_wrong_is_refused(ws: Path) -> None:
    assert small.nxmed("notify", "--test", "-w", ws).returncode == 2
    with_notify(ws, "x")
    text = (ws / "nxmed.toml").read_text("utf-8")
    (ws / "nxmed.toml").write_text(text + 'on = ["sometimes"]\n', "utf-8")
    assert small.nxmed("notify", "-w", ws).returncode == 2


def test_the_journal_masks_what_is_typed(ws: Path) -> None:
    small.nxmed("schedule", "--cron", "-w", ws)
    small.nxmed("sql", "select * from findings where message like '%640104199001011237%'", "-w", ws)
    small.nxmed("explain", "line", "x", "6222021234567890123", "-w", ws)
    text = (ws / "logs/nxmed.log").read_text("utf-8")
    assert "nxmed sql" in text
    assert "640104199001011237" not in text
    assert "6222021234567890123" not in text
    assert "******1237" in text
    assert (ws / "logs/nxmed.log").stat().st_mode & 0o777 == 0o600


def test_without_a_logs_folder_nothing_is_written(ws: Path) -> None:
    small.nxmed("sql", "select 1", "-w", ws)
    assert not (ws / "logs").exists()


def test_doctor_names_what_is_not_right(ws: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert small.nxmed("doctor", "-w", ws).returncode == 0
    now = datetime.now(SHANGHAI)
    here = open_workspace(ws)
    ws.chmod(0o755)
    (ws / "allowed_signers").write_text("")
    (ws / "allowed_signers").chmod(0o666)
    (ws / "inbox").chmod(0o777)
    bad = {c.key: c for c in doctor.doctor(here, now) if c.level == "bad"}
    assert {"rights", "allowed_signers"} <= set(bad)
    subprocess.run(bad["rights"].do_zh, shell=True, check=True)  # what it says to do mends it
    assert "rights" not in {c.key for c in doctor.doctor(here, now) if c.level == "bad"}
    assert small.nxmed("doctor", "-w", ws).returncode == 2
    assert small.nxmed("assess", "2026-11", "-w", ws).returncode == 0
    assert "clock" in {c.key for c in doctor.doctor(here, now - timedelta(days=1)) if c.level == "bad"}
    monkeypatch.setattr(doctor, "cjk_font", lambda: None)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor, "_filesystem", lambda path: "nfs4")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: SimpleNamespace(free=1 << 20))
    levels = {c.key: c.level for c in doctor.doctor(here, now)}
    assert (levels["font"], levels["ssh-keygen"], levels["filesystem"], levels["disk"]) == ("note", "bad", "bad", "bad")


def test_doctor_knows_versions_that_do_not_fit() -> None:
    assert doctor._fits("2.1.0", ">=2.1,<3")
    assert not doctor._fits("3.0.0", ">=2.1,<3")
    assert not doctor._fits("2.0.9", ">=2.1,<3")
    assert sys.version_info >= doctor.PYTHON
