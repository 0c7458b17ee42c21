"""工作区: init, configuration, finding it, its policy hash, and its lock."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from nxmed.errors import UsageError, WorkspaceLocked
from nxmed.io.workspace import find, init, open_workspace, policy_hash
from nxmed.kernel.period import Period


def test_init_makes_private_folders_and_a_readable_configuration(tmp_path: Path) -> None:
    ws = init(tmp_path / "new", "ningxia")
    assert (ws.region, ws.poolarea_no, ws.policy()) == ("ningxia", "640000", {})
    for name in ("inbox", "outbox", "runs", "quarantine"):
        assert stat.S_IMODE((ws.path / name).stat().st_mode) == 0o700
    for name in ("nxmed.toml", "policy.toml"):
        assert stat.S_IMODE((ws.path / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(ws.path.stat().st_mode) == 0o700


def test_init_takes_an_empty_folder_and_refuses_any_other(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert init(tmp_path / "empty", "dingxi").poolarea_no == "621100"
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    with pytest.raises(UsageError) as full:
        init(tmp_path / "full", "dingxi")
    assert full.value.exit_code == 2
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["x"]
    with pytest.raises(UsageError, match="shanghai"):
        init(tmp_path / "other", "shanghai")
    assert not (tmp_path / "other").exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError):
        init(tmp_path / "file", "dingxi")


def test_templates_name_every_key_of_their_region(tmp_path: Path) -> None:
    ningxia = init(tmp_path / "n", "ningxia").policy_path.read_text()
    dingxi = init(tmp_path / "d", "dingxi").policy_path.read_text()
    for key in ("account.credit_rate", "settle.large_fee"):
        assert f"[{key}]" in ningxia
        assert f"[{key}]" in dingxi
    for key in ("contribution.emp_rate", "contribution.psn_rate", "assistance.out_fil_type_10_is_referred"):
        assert f"[{key}]" in ningxia
        assert f"[{key}]" not in dingxi


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('region = "ningxia"\npoolarea_no = "640000"\nregoin = "x"', "regoin"),
        ('region = "ningxia"\npoolarea_no = "640000"\n[path]\ninbox = "x"', "path"),
        ('region = "ningxia"\npoolarea_no = "640000"\n[paths]\ninbx = "x"', "inbx"),
        ('region = "ningxia"\npoolarea_no = "640000"\n[people.a]\nrole = ["submit"]', "role"),
        ('region = "ningxia"\npoolarea_no = "640000"\n[people.a]\nroles = ["sumbit"]', "sumbit"),
        ('region = "lanzhou"\npoolarea_no = "640000"', "region"),
        ('poolarea_no = "640000"', "region"),
        ('region = "ningxia"\npoolarea_no = 640000', "poolarea_no"),
        ('region = "ningxia"\npoolarea_no = "６４００００"', "poolarea_no"),
        ('region = "ningxia', "nxmed.toml"),
    ],
)
def test_a_wrong_configuration_is_exit_2_and_names_the_place(tmp_path: Path, text: str, said: str) -> None:
    ws = init(tmp_path / "w", "ningxia")
    ws.config_path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as wrong:
        open_workspace(ws.path)
    assert wrong.value.exit_code == 2
    assert said in wrong.value.text
    assert wrong.value.hint


def test_a_near_miss_is_suggested(tmp_path: Path) -> None:
    ws = init(tmp_path / "w", "ningxia")
    ws.config_path.write_text('region = "ningxia"\npoolarea_no = "640000"\n[paths]\noutbx = "x"')
    with pytest.raises(UsageError) as wrong:
        open_workspace(ws.path)
    assert "outbox" in wrong.value.hint


def test_people_and_paths_are_read(tmp_path: Path) -> None:
    ws = init(tmp_path / "w", "ningxia")
    ws.config_path.write_text(
        f'region = "ningxia"\npoolarea_no = "640100"\n[people.li]\nname = "李某"\nroles = ["submit", "review"]\n'
        f'[paths]\ninbox = "{tmp_path}/elsewhere"\noutbox = "out"'
    )
    found = open_workspace(ws.path)
    assert [(p.account, p.name, p.roles) for p in found.people] == [("li", "李某", ("submit", "review"))]
    assert (found.inbox, found.outbox, found.runs) == (tmp_path / "elsewhere", ws.path / "out", ws.path / "runs")


def test_it_is_found_by_option_then_variable_then_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = (init(tmp_path / n, "ningxia") for n in ("one", "two", "three"))
    monkeypatch.chdir(three.path)
    monkeypatch.setenv("NXMED_WORKSPACE", str(two.path))
    assert find(one.path).path == one.path
    assert find().path == two.path
    monkeypatch.delenv("NXMED_WORKSPACE")
    assert find().path == three.path
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="不是工作区") as none:
        find()
    assert "nxmed init" in none.value.hint


def test_the_policy_hash_sees_values_in_force_and_nothing_else(tmp_path: Path) -> None:
    ws = init(tmp_path / "w", "ningxia")
    december, january = Period.parse("2026-12"), Period.parse("2027-01")
    rate = '[contribution.emp_rate]\nvalues = [{ since = 2021-01-01, value = "0.08", source = "x" }]\n'
    ws.policy_path.write_text(rate)
    first = ws.policy_sha(december)
    ws.policy_path.write_text("# a remark\n" + rate)
    assert ws.policy_sha(december) == first
    later = rate.replace("}]", '}, { since = 2027-01-01, value = "0.07", source = "y" }]')
    ws.policy_path.write_text(later)
    assert ws.policy_sha(december) == first
    assert ws.policy_sha(january) != first
    ws.policy_path.write_text(rate.replace("0.08", "0.085"))
    assert ws.policy_sha(december) != first
    assert policy_hash({}, date(2026, 12, 31)) != first


def test_the_lock_names_its_holder_and_is_freed_by_kill_9(tmp_path: Path) -> None:
    ws = init(tmp_path / "w", "ningxia")
    program = (
        "import sys, time; from pathlib import Path; from nxmed.io.workspace import open_workspace\n"
        "with open_workspace(Path(sys.argv[1])).lock('assess 2026-12'):\n    print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(ws.path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WorkspaceLocked) as taken, ws.lock("assess"):
            pass
        assert taken.value.exit_code == 75
        for part in (str(holder.pid), "assess 2026-12", "自 20"):
            assert part in taken.value.text
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.communicate()
    with ws.lock("assess"):
        assert (ws.path / ".nxmed.lock").stat().st_size > 0
    with ws.lock("assess"):
        pass


def test_scratch_is_removed_and_so_are_leavings_of_the_dead(tmp_path: Path) -> None:
    ws = init(tmp_path / "w", "ningxia")
    dead = ws.runs / ".scratch-999999999-ab"
    dead.mkdir()
    with ws.scratch() as folder:
        assert not dead.exists()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "x").write_text("x")
    assert list(ws.runs.iterdir()) == []


@pytest.mark.parametrize("refusal", [PermissionError(), OSError(errno.EROFS, "Read-only file system")])
def test_who_may_only_read_gets_a_private_scratch_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: OSError
) -> None:
    def refused(_: Path) -> None:
        raise refusal

    ws = init(tmp_path / "w", "ningxia")
    monkeypatch.setattr("nxmed.io.workspace.make_folder", refused)
    with ws.scratch() as folder:
        assert not folder.is_relative_to(ws.path)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()
