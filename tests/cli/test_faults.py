"""断电、满盘、坏文件 (kill -9 and a full disk at write points of real commands, broken files): old or new, never a third."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import xlsxwriter
from small import MONTH, PERSONS, UNITS, make, nxmed, query, tree, write

from nxmed.io.failpoint import AFTER_COMMIT, BEFORE_COMMIT

KILLED = -9


def results(folder: Path) -> dict[str, bytes]:
    """Everything published but what carries times (manifest, head) and the catalogue."""
    return {k: v for k, v in tree(folder).items() if k.startswith(("runs/", "outbox/", "quarantine/"))
            and not k.endswith(("manifest.json", "head.json"))}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = make(tmp_path_factory.mktemp("ref") / "agency")
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    return results(folder)


@pytest.mark.parametrize("point", [*random.Random(7).sample(sorted(BEFORE_COMMIT), 4), *random.Random(7).sample(sorted(AFTER_COMMIT), 3)])
def test_killed_at_a_write_point_the_state_is_old_or_new_and_the_next_run_completes(
    tmp_path: Path, reference: dict[str, bytes], point: str
) -> None:
    folder = make(tmp_path / "a")
    old = results(folder)
    killed = nxmed("assess", MONTH, "-w", folder, env={"NXMED_FAILPOINT": f"{point}:kill"})
    assert killed.returncode == KILLED, f"{point} was not reached: {killed.stderr}"
    seen = query(folder, "select count(*) n from assessments")[0]["n"]
    assert seen in (0, 2), "an analyst sees all bills or none"
    if point in BEFORE_COMMIT:
        assert {k for k in results(folder) if "/." not in k} == set(old)
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    assert results(folder) == reference
    assert nxmed("verify", "-w", folder).returncode == 0


@pytest.mark.parametrize("point", ["table.write", "manifest.write", "run.rename"])
def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path, reference: dict[str, bytes], point: str) -> None:
    folder = make(tmp_path / "a")
    before = results(folder)
    full = nxmed("assess", MONTH, "-w", folder, env={"NXMED_FAILPOINT": f"{point}:enospc"})
    assert full.returncode == 1
    assert "磁盘空间不足" in full.stderr
    assert "Traceback" not in full.stderr
    assert results(folder) == before
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    assert results(folder) == reference


def workbook(path: Path, lines: list[str], *, far: bool = False) -> Path:
    """An xlsx with a title row, the header in row 3 and text cells."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("登记表")
    sheet.write_string(0, 0, "参保单位登记表")
    for r, line in enumerate(lines, 2):
        for c, cell in enumerate(line.split(",")):
            sheet.write_string(r, c, cell)
    if far:
        sheet.write_string(1_048_575, 16_383, "x")
    book.close()
    return path


def test_a_workbook_with_title_rows_gives_the_same_result_as_the_csv(tmp_path: Path, reference: dict[str, bytes]) -> None:
    folder = make(tmp_path / "a", {"units.csv": None})
    workbook(folder / "inbox" / MONTH / "参保单位.xlsx", UNITS)
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    mine = {k.rsplit("/", 1)[1]: v for k, v in results(folder).items() if k.endswith(".csv")}
    assert mine == {k.rsplit("/", 1)[1]: v for k, v in reference.items() if k.endswith(".csv")}


def broken_files() -> list[tuple[str, bytes | None, str]]:
    """名称、内容、报错应说的话."""
    gb = ("\n".join(PERSONS) + "\n").encode("gb18030")
    mixed = "\n".join(PERSONS[:3]).encode("gb18030") + b"\n" + ("\n".join(PERSONS[3:]) + "\n").replace("赵四", "测试单位中文").encode()
    cut = gb[: gb.rindex("赵四".encode("gb18030")) + 1]
    return [("persons.csv", cut, "汉字中间截断"), ("persons.csv", mixed, "编码"), ("persons.csv", b"", "空"),
            ("persons.csv", gb.replace(b"\nP2", b"\n\x00P2"), "空字节"), ("persons.xlsx", gb, "xlsx"), ("persons.parquet", gb, "Parquet")]


@pytest.mark.parametrize(("name", "content", "said"), broken_files())
def test_a_broken_file_is_refused_by_name_and_changes_nothing(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    folder = make(tmp_path / "a", {"persons.csv": None})
    (folder / "inbox" / MONTH / name).write_bytes(content)
    before = tree(folder)
    done = nxmed("assess", MONTH, "-w", folder)
    assert done.returncode == 3
    assert name in done.stderr
    assert said.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert tree(folder) == before
    (folder / "inbox" / MONTH / name).unlink()
    write(folder / "inbox" / MONTH / "persons.csv", PERSONS)
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0


def test_truncated_and_far_celled_workbooks_are_refused(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {"units.csv": None})
    place = workbook(folder / "inbox" / MONTH / "units.xlsx", UNITS)
    whole = place.read_bytes()
    for size in (100, len(whole) // 2, len(whole) - 30):
        place.write_bytes(whole[:size])
        assert nxmed("assess", MONTH, "-w", folder).returncode == 3
    workbook(place, UNITS, far=True)
    done = nxmed("assess", MONTH, "-w", folder)
    assert done.returncode == 3
    assert "XFD" in done.stderr
    place.write_bytes(whole)
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0


def test_a_total_row_that_does_not_agree_refuses_the_file(tmp_path: Path) -> None:
    # 881.84 + 220.46 + 900.00 = 2002.30
    total = "合计,,,,,,,,{},,,,,"
    folder = make(tmp_path / "a")
    assert nxmed("assess", MONTH, "-w", folder).returncode == 0
    place = folder / "inbox" / MONTH / "tax_arrivals.csv"
    lines = place.read_text(encoding="utf-8").splitlines()
    write(place, [*lines, total.format("2002.31")])
    done = nxmed("reconcile", MONTH, "-w", folder)
    assert done.returncode == 3
    assert "2002.3" in done.stderr.replace(",", "")
    write(place, [*lines, total.format("2002.30")])
    assert nxmed("reconcile", MONTH, "-w", folder).returncode == 0
