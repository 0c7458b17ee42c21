"""多份对账单并行写 (workbooks of many providers written by several processes: they are plain Python, one core each).

A child gets the frames once, as files in a private folder, and writes its share with the function that a small month
uses in place: the same bytes, whoever writes them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

import nxmed
from nxmed.errors import NxmedError
from nxmed.kernel.period import Period

ALONE = 100
"""Up to so many workbooks one process is quicker than starting more."""
MOST = 8
CHILD = ("-P", "-m", "nxmed.report.statement_workers")


def write_statements(
    frames: Mapping[str, pl.DataFrame], paths: Sequence[tuple[str, Path]], names: Mapping[str, str], *, period: Period,
    region: str, run_id: str, processes: int | None = None
) -> int:
    """写各机构的对账单 (`frames` by piece, every provider's rows; `paths`: provider and where its workbook goes). Gives Σ paid,
    fen."""
    count = processes or (1 if len(paths) <= ALONE else min(MOST, _cores()))
    said = {"period": period.text, "region": region, "run_id": run_id}
    if count == 1 or not paths:
        return _write(frames, [(code, str(path), names.get(code, "")) for code, path in paths], said)
    with tempfile.TemporaryDirectory(prefix=".frames-", dir=paths[0][1].parent) as place:
        for name, frame in frames.items():
            frame.write_ipc(Path(place) / f"{name}.arrow")
        shares = [[(code, str(path), names.get(code, "")) for code, path in paths[k::count]] for k in range(count)]
        children: list[subprocess.Popen[bytes]] = []
        try:
            children += (_start(place, share, said) for share in shares if share)
            return sum(_paid(child) for child in children)
        finally:
            for child in children:
                if child.poll() is None:
                    child.kill()
                    child.wait()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(place: str, share: list[tuple[str, str, str]], said: Mapping[str, str]) -> subprocess.Popen[bytes]:
    home, known = str(Path(nxmed.__file__).parents[1]), os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": f"{home}{os.pathsep}{known}" if known else home, "POLARS_MAX_THREADS": "1"}
    child = subprocess.Popen(
        [sys.executable, *CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    assert child.stdin is not None
    child.stdin.write(json.dumps({"place": place, "share": share, "said": dict(said)}).encode())
    child.stdin.close()
    child.stdin = None
    return child


def _paid(child: subprocess.Popen[bytes]) -> int:
    told, _ = child.communicate()
    if child.returncode:
        raise NxmedError(
            f"写对账单的子进程出错（退出 {child.returncode}）", "检查磁盘空间后重新运行", text_en="a process writing statements failed "
            f"(exit {child.returncode})", hint_en="check the disk space and run again")
    return int(json.loads(told)["paid"])


def _write(frames: Mapping[str, pl.DataFrame], share: Sequence[Sequence[str]], said: Mapping[str, str]) -> int:
    from nxmed.report.provider_statement import write_statement

    pieces = {name: {str(key[0]): part for key, part in frame.partition_by("fixmedins_code", as_dict=True).items()}
              for name, frame in frames.items() if frame.height}
    period, paid = Period.parse(said["period"]), 0
    for code, path, name in share:
        own = {piece: pieces.get(piece, {}).get(code, frame.clear()) for piece, frame in frames.items()}
        paid += write_statement(Path(path), own, code=code, name=name, period=period, region=said["region"], run_id=said["run_id"])
    return paid


def _child() -> None:
    asked: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    codes = pl.Series([code for code, _, _ in asked["share"]], dtype=pl.String)
    frames = {}
    for path in sorted(Path(asked["place"]).glob("*.arrow")):
        frame = pl.read_ipc(path)
        frames[path.stem] = frame.filter(pl.col("fixmedins_code").is_in(codes.implode()))
    sys.stdout.write(json.dumps({"paid": _write(frames, asked["share"], asked["said"])}))


if __name__ == "__main__":
    _child()
