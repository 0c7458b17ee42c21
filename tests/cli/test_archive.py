"""归档 (nxmed archive): a closed month in one file, verified alone; whatever is changed in it is named."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import small

Member = tuple[tarfile.TarInfo, bytes]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """November assessed, and December: November is closed."""
    made = small.make(tmp_path_factory.mktemp("archive") / "ws")
    for month in ("2026-11", "2026-12"):
        assert small.nxmed("assess", month, "-w", made).returncode == 0
    assert small.nxmed("archive", "2026-11", "-w", made).returncode == 0
    return made


def packed(ws: Path) -> Path:
    return ws / "archive/nxmed_ningxia_2026-11.tar.gz"


def members(path: Path) -> list[Member]:
    with tarfile.open(path, "r:gz") as tar:
        return [(m, tar.extractfile(m).read()) for m in tar.getmembers()]  # type: ignore[union-attr]


def pack(path: Path, content: list[Member]) -> Path:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for member, data in content:
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    path.write_bytes(gzip.compress(raw.getvalue()))
    return path


def test_what_is_in_it(closed: Path) -> None:
    names = {m.name for m, _ in members(packed(closed))}
    assert {"ARCHIVE.json", "SHA256SUMS", "nxmed.toml", "policy.toml", "inbox/2026-11/units.csv", "runs/assess/2026-11/0001/manifest.json",
            "runs/assess/2026-11/0001/assessments.parquet", "law/ningxia/employee_insurance_2020.toml"} <= names
    assert not [n for n in names if "2026-12" in n]
    assert [m.name for m, _ in members(packed(closed))][:2] == ["ARCHIVE.json", "SHA256SUMS"]
    assert packed(closed).stat().st_mode & 0o777 == 0o600


def test_it_verifies_alone_and_with_standard_tools(closed: Path, tmp_path: Path) -> None:
    copy = shutil.copy(packed(closed), tmp_path / "x.tar.gz")
    done = small.nxmed("verify", "--archive", copy, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    told = json.loads(done.stdout)
    assert told["runs"] == 1
    assert told["equations"] > 0
    subprocess.run(["tar", "xzf", str(copy)], cwd=tmp_path, check=True)
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)


def test_the_same_month_gives_the_same_bytes(closed: Path, tmp_path: Path) -> None:
    assert small.nxmed("archive", "2026-11", "-w", closed, "--out", tmp_path / "again").returncode == 0
    assert (tmp_path / "again" / packed(closed).name).read_bytes() == packed(closed).read_bytes()
    assert small.nxmed("archive", "2026-11", "-w", closed).returncode == 0  # once more: the same file


def test_an_open_month_and_an_empty_one_are_refused(closed: Path) -> None:
    done = small.nxmed("archive", "2026-12", "-w", closed)
    assert done.returncode == 5
    assert "assess" in done.stderr
    assert small.nxmed("archive", "2026-10", "-w", closed).returncode == 6
    assert not (closed / "archive/nxmed_ningxia_2026-12.tar.gz").exists()


def change_one_byte(content: list[Member]) -> list[Member]:
    return [(m, data[:-1] + bytes([data[-1] ^ 1]) if m.name.endswith("units.csv") else data) for m, data in content]


def take_one_away(content: list[Member]) -> list[Member]:
    return [(m, data) for m, data in content if not m.name.endswith("dues.parquet")]


def add_one(content: list[Member]) -> list[Member]:
    return [*content, (tarfile.TarInfo("inbox/2026-11/more.csv"), b"x")]


def climb_out(content: list[Member]) -> list[Member]:
    return [*content, (tarfile.TarInfo("../out.csv"), b"x")]


def swap_the_chain(content: list[Member]) -> list[Member]:
    made = []
    for m, data in content:
        if m.name != "ARCHIVE.json":
            made.append((m, data))
            continue
        head = json.loads(data)
        head["chain"][0]["manifest_sha256"] = "0" * 64
        made.append((m, json.dumps(head).encode()))
    return made


@pytest.mark.parametrize("how", [change_one_byte, take_one_away, add_one, climb_out, swap_the_chain])
def test_whatever_is_changed_is_found(closed: Path, tmp_path: Path, how: Callable[[list[Member]], list[Member]]) -> None:
    bad = pack(tmp_path / "bad.tar.gz", how(members(packed(closed))))
    assert small.nxmed("verify", "--archive", bad, cwd=tmp_path).returncode == 7
    assert not (tmp_path.parent / "out.csv").exists()


@pytest.mark.parametrize("keep", [0, 10, 1000, -20])
def test_a_cut_file_is_found(closed: Path, tmp_path: Path, keep: int) -> None:
    bad = tmp_path / "cut.tar.gz"
    bad.write_bytes(packed(closed).read_bytes()[:keep])
    done = small.nxmed("verify", "--archive", bad, cwd=tmp_path)
    assert done.returncode == 7
    assert "Traceback" not in done.stderr


def test_a_workspace_that_does_not_verify_is_not_archived(closed: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(closed, tmp_path / "ws")
    shutil.rmtree(copy / "archive")
    (copy / "inbox/2026-11/units.csv").write_text("x", "utf-8")
    done = small.nxmed("archive", "2026-11", "-w", copy)
    assert done.returncode == 7
    assert "units.csv" in done.stderr
    (copy / "runs/assess/2026-11/0001/dues.parquet").write_bytes(b"x")
    assert small.nxmed("archive", "2026-11", "-w", copy).returncode == 7
    assert list(copy.glob("archive/*")) == []
