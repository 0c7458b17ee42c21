"""家规 (rules of the house that a test can hold): light start, no binary floating point, every command told of."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nxmed"
HEAVY = {"polars", "pandas", "duckdb", "pandera", "pyarrow", "xlsxwriter", "python_calamine", "yaml"}
SOURCES = sorted(PACKAGE.rglob("*.py"))
ROOMS = {"kernel", "contributions", "collections", "settlements", "assistance", "payouts", "cases"}
"""Packages that compute amounts."""


def test_help_imports_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, json\nfrom nxmed.cli.main import run\nrun(['--help'])\n"
                               "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"],
        capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_no_binary_floating_point_and_no_loose_rounding(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    computes = path.relative_to(PACKAGE).parts[0] in ROOMS
    bad = []
    for node in ast.walk(tree):
        if computes and isinstance(node, ast.Constant) and isinstance(node.value, float):
            bad.append((node.lineno, node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("float", "round"):
            bad.append((node.lineno, node.func.id))
        if isinstance(node, ast.Attribute) and node.attr in ("Float32", "Float64", "round"):
            bad.append((node.lineno, node.attr))
    assert bad == []


def test_files_stay_small_enough_to_read() -> None:
    long = {p.relative_to(ROOT).as_posix(): n for p in SOURCES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 350}
    assert long == {}


def test_every_command_is_told_of_in_the_readme() -> None:
    from nxmed.cli.main import COMMANDS

    text = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    assert [name for name, *_ in COMMANDS if name not in text] == []


def test_the_two_commands_of_both_readmes_are_the_same() -> None:
    def commands(name: str) -> list[str]:
        return re.findall(r"```sh\n(python3 -m pip .*?)\n```", (ROOT / name).read_text(encoding="utf-8"))

    assert len(commands("README.md")) == 2
    assert commands("README.md") == commands("README.zh-CN.md")
    assert commands("README.md")[0].endswith("nxmed demo")


def test_constraints_pin_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.\-]+==[A-Za-z0-9.\-+!]+", line)] == []


def test_amounts_of_the_law_are_not_in_the_rooms() -> None:
    """No number of an article (rates, ratios, days, amounts) stands in the rooms, pipelines or kernel."""
    numbers = {"0.0005", "1.1", "0.08", "0.064", "0.067", "0.087", "0.60", "3.00", "5023", "25113", "8371", "4526", "22626"}
    found = []
    for path in SOURCES:
        if path.relative_to(PACKAGE).parts[0] in ("kernel", "contributions", "collections", "cases", "pipelines"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and not isinstance(node.value, (bool, type(None))) and str(node.value) in numbers:
                    found.append((path.name, node.lineno, node.value))
    assert found == []
