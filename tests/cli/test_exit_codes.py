"""退出码 (every exit code of the house, produced by a command as a user types it)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small import AVERAGE, MONTH, UNITS, make, nxmed, query, tree, write


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make(tmp_path_factory.mktemp("ws") / "agency")
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    return folder


def test_0_published_then_up_to_date(assessed: Path) -> None:
    before = tree(assessed)
    again = nxmed("assess", MONTH, "-w", assessed)
    assert again.returncode == 0
    assert "输入未变" in again.stdout
    assert tree(assessed) == before


@pytest.mark.parametrize(("words", "said"), [
    (["assess"], "缺少参数"), (["assess", "2026-13"], "所属期写法不对"), (["assess", MONTH, "--nonsense"], "没有这个选项"),
    (["nonsense"], "没有这个命令"), (["assess", MONTH, "--as-of", "yesterday"], "日期不对"),
    (["init", "x", "--region", "nowhere"], "没有这个地区"), (["law", "show", "NXJY-999"], "没有条款"),
])
def test_2_wrong_usage_in_two_lines_without_a_traceback(tmp_path: Path, assessed: Path, words: list[str], said: str) -> None:
    given = words if words[0] in ("init", "law", "nonsense") else [*words, "-w", str(assessed)]
    done = nxmed(*given, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2


def test_2_not_a_workspace_and_unknown_keys(tmp_path: Path) -> None:
    assert nxmed("assess", MONTH, "-w", tmp_path).returncode == 2
    folder = make(tmp_path / "a", policy='[contribution.emp_rat]\nvalues = [{ since = 2021-01-01, value = "0.08", source = "x" }]\n')
    done = nxmed("assess", MONTH, "-w", folder)
    assert done.returncode == 2
    assert "contribution.emp_rate" in done.stderr


def test_3_a_missing_column_refuses_the_file_and_publishes_nothing(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {"units.csv": [line.rsplit(",", 1)[0] for line in UNITS]})
    before = tree(folder)
    done = nxmed("assess", MONTH, "-w", folder)
    assert done.returncode == 3
    assert "单位参保状态" in done.stderr or "emp_insu_stas" in done.stderr
    assert tree(folder) == before


def test_4_names_the_missing_number(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", policy="")
    done = nxmed("assess", MONTH, "-w", folder)
    assert done.returncode == 4
    assert "contribution.emp_rate" in done.stderr
    # 2025、2024 年平均工资在 2026-06-30 都还没有公布
    early = make(tmp_path / "b")
    done = nxmed("assess", MONTH, "--as-of", "2026-06-30", "-w", early)
    assert done.returncode == 4
    assert query(early, "select count(*) n from assessments") == [{"n": 0}]


def test_5_a_sealed_month_is_not_republished(tmp_path: Path) -> None:
    folder = make(tmp_path / "a")
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    assert nxmed("assess", "2026-12", "-w", folder).returncode == 0
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0, "unchanged inputs of a sealed month are up to date"
    write(folder / "inbox" / MONTH / "wage_declarations_late.csv",
          ["year,emp_no,psn_no,dcla_date,wag", "2026,E1,P1,2026-10-10,7000.00"])
    before = tree(folder / "runs")
    done = nxmed("assess", MONTH, "-w", folder)
    assert done.returncode == 5
    assert "NXJY-13" in done.stderr
    assert tree(folder / "runs") == before


def test_6_absent_file_gap_and_reconcile_before_assess(tmp_path: Path, assessed: Path) -> None:
    folder = make(tmp_path / "a", {"wage_declarations.csv": None})
    done = nxmed("assess", MONTH, "-w", folder)
    assert done.returncode == 6
    assert "wage_declarations" in done.stderr
    assert nxmed("assess", "2027-03", "-w", assessed).returncode == 6
    assert nxmed("reconcile", MONTH, "-w", folder).returncode == 6


def test_7_a_changed_byte_is_found(tmp_path: Path) -> None:
    folder = make(tmp_path / "a")
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    assert nxmed("verify", "-w", folder).returncode == 0
    table = folder / "runs" / "assess" / MONTH / "0001" / "dues.parquet"
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.chmod(0o600)
    table.write_bytes(bytes(content))
    done = nxmed("verify", "-w", folder)
    assert done.returncode == 7
    assert "dues" in done.stdout + done.stderr


def test_10_strict_with_error_findings(tmp_path: Path) -> None:
    # E2 状态 3（暂停）：其人员暂不核定，UNIT_NOT_ACTIVE 为错误级
    folder = make(tmp_path / "a", {"units.csv": [*UNITS[:2], UNITS[2][:-1] + "3"]})
    assert nxmed("assess", MONTH, "--strict", "-w", folder).returncode == 10
    assert query(folder, "select distinct code from findings where severity = 'error'") == [{"code": "UNIT_NOT_ACTIVE"}]


def test_75_the_workspace_is_locked(tmp_path: Path, assessed: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c",
         "import sys, time; from pathlib import Path; from nxmed.io.workspace import find\n"
         "with find(Path(sys.argv[1])).lock('assess'):\n print('held', flush=True); time.sleep(60)", str(assessed)],
        stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "held"
        done = nxmed("assess", MONTH, "-w", assessed)
        assert done.returncode == 75
        assert str(holder.pid) in done.stderr
        assert nxmed("sql", "select 1 one", "-w", assessed).returncode == 0, "reading takes no lock"
    finally:
        holder.kill()
        holder.wait()
    assert nxmed("assess", MONTH, "-w", assessed).returncode == 0, "kill -9 frees the lock"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_130_and_143_interrupted_publishes_nothing(tmp_path: Path, number: signal.Signals, code: int) -> None:
    folder = make(tmp_path / "a")
    before = tree(folder)
    # 停在发布前的一步，再发信号
    script = ("import sys, time; import nxmed.pipelines.execute as e; real = e._fill\n"
              "def slow(*a, **k):\n print('computing', flush=True); time.sleep(30); real(*a, **k)\n"
              "e._fill = slow\nfrom nxmed.__main__ import main; main(sys.argv[1:])")
    running = subprocess.Popen([sys.executable, "-c", script, "assess", MONTH, "-w", str(folder)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env={**os.environ, "NXMED_LANG": "zh"})
    assert running.stdout is not None
    assert running.stdout.readline().strip() == "computing"
    time.sleep(0.2)
    running.send_signal(number)
    _, told = running.communicate(timeout=60)
    assert running.returncode == code
    assert "未发布" in told
    assert tree(folder) == before


def test_1_an_unforeseen_error_tells_its_place_and_no_data(tmp_path: Path) -> None:
    folder = make(tmp_path / "a")
    script = ("import sys; import nxmed.pipelines.assess as a\n"
              "def broken(room): raise KeyError('640104199001011237')\n"
              "a._compute = broken\nfrom nxmed.__main__ import main; main(sys.argv[1:])")
    done = subprocess.run([sys.executable, "-c", script, "assess", MONTH, "-w", str(folder)], capture_output=True, text=True,
                          check=False, env={k: v for k, v in os.environ.items() if k != "NXMED_TRACEBACK"})
    assert done.returncode == 1
    assert "640104199001011237" not in done.stderr + done.stdout
    assert "KeyError" in done.stderr
    assert "Traceback" not in done.stderr
    assert query(folder, "select count(*) n from assessments") == [{"n": 0}]


def test_an_average_wage_given_by_the_year_alone(tmp_path: Path) -> None:
    # 年 97054.00：月 8087.8333…；下限 round(0.60 × 97054 ÷ 12) = 4852.70，上限 24263.50
    lines = [AVERAGE[0], "640000,2025,97054.00,,,,2026-07-01,样例"]
    folder = make(tmp_path / "a", {"average_wages.csv": lines})
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    assert query(folder, "select psn_clctstd from assessment_lines where psn_no='P2'") == [{"psn_clctstd": "4852.70"}]
