"""建立运行 (building a run): in a hidden folder beside its place, renamed there when its manifest is complete.

Nothing outside the hidden folder changes before the rename. After it come the head of the chain, the copies in outbox
and quarantine and the catalogue; a crash in between is completed by `recover`, which every command calls first.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from nxmed import __version__
from nxmed.io import catalogue, deliveries
from nxmed.io.disk import disk_error, disk_errors, os_error_in
from nxmed.io.failpoint import failpoint
from nxmed.io.files import make_folder, remove_empty, sha256_of, stage_bytes, stage_copy, sync_folder, sync_tree
from nxmed.io.fingerprint import Request, code_digest
from nxmed.io.lock import user
from nxmed.io.resources import tables
from nxmed.io.run_store import (
    BUILDING_PREFIX,
    HEAD_NAME,
    LOG_NAME,
    MANIFEST_NAME,
    Run,
    _load,
    places,
    runs,
    tip,
)
from nxmed.io.table_parts import put_table
from nxmed.io.tables import table_schema
from nxmed.io.workspace import Workspace
from nxmed.kernel.buckets import Parts
from nxmed.kernel.money import yuan
from nxmed.kernel.stage import Equation, prove

MANIFEST_SCHEMA = "nxmed.manifest/1"


class RunBuilder:
    """正在建立的运行. Use under `ws.lock(...)`, after `recover` and `plan`:

        with RunBuilder(ws, request, as_of=day) as run:
            run.table("assessments", frame)
            write(run.outbox("核定信息_2026-12.csv"))
            run.equations(result.equations)
            published = run.publish()

    Leaving the block without `publish` removes everything that was built. With `dry_run` everything is computed, gated,
    written and proved (in `scratch`, so that nothing is touched), and `publish` returns None.
    """

    def __init__(self, ws: Workspace, request: Request, *, as_of: date | None = None, dry_run: bool = False,
                 scratch: Path | None = None) -> None:
        self.ws = ws
        self.request = request
        self.as_of = as_of
        self.dry_run = dry_run
        self.run_id = request.run_id
        self.place = ws.runs / request.command / request.period.text
        self.folder = scratch / "dry" if dry_run and scratch else self.place / f"{BUILDING_PREFIX}{os.getpid()}"
        self.warnings: list[str] = []
        self._started = _now()
        self._outputs: dict[str, dict[str, Any]] = {}
        self._deliveries: list[tuple[str, str]] = []
        self._equations: list[Equation] = []
        self._facts: dict[str, Any] = {}
        self._log: list[dict[str, Any]] = []
        self._findings: dict[str, Any] = {"error": 0, "warning": 0, "info": 0, "codes": {}}
        self._staged: list[tuple[Path, Path]] = []

    def __enter__(self) -> Self:
        with disk_errors():
            shutil.rmtree(self.folder, ignore_errors=True)
            make_folder(self.folder)
            try:
                failpoint("build.folder")
            except OSError:
                self._remove()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()
        found = os_error_in(problem)
        if found is not None:
            raise disk_error(found) from problem

    def table(self, name: str, frame: pl.DataFrame | Parts) -> None:
        """加一张表 (inside form: fen, ppm; in pieces when it is big). It passes the gate of schemas/tables/<name>.yaml,
        else exit 7; the bytes are the same in one piece or many."""
        schema = table_schema(name)
        if self.request.command not in schema.commands or name in self._outputs:
            raise ValueError(f"{self.request.command} does not publish {name}, or did so already")
        path = self.folder / f"{name}.parquet"
        failpoint("table.write")
        with disk_errors():
            written = put_table(schema, frame, path, self.run_id, self.request.period)
        failpoint("table.written")
        self._outputs[name] = {
            "table": name,
            "path": path.name,
            "rows": written.rows,
            "sums": {column: yuan(fen) for column, fen in written.sums.items()},
            "columns": written.columns,
            "sha256": sha256_of(path),
            "bytes": path.stat().st_size,
        }
        self.log("table", table=name, rows=written.rows)
        if name == "findings" and isinstance(frame, pl.DataFrame):
            self._count(frame)

    def outbox(self, name: str) -> Path:
        """交付文件的写入位置 (goes to outbox/<period>/<name> when the run is published)."""
        return self._deliver("outbox", name)

    def quarantine(self, name: str) -> Path:
        """隔离文件的写入位置 (goes to quarantine/<period>/<name>)."""
        return self._deliver("quarantine", name)

    def equations(self, stated: Iterable[Equation]) -> None:
        """守恒等式: proved here and now (IntegrityError, exit 7), kept in the manifest with both sides."""
        given = list(stated)
        prove(given)
        self._equations += given
        self.log("equations", proved=len(given))

    def facts(self, known: Mapping[str, Any]) -> None:
        """事实 (numbers and texts that later months and `verify` read from the manifest; JSON values)."""
        self._facts.update(known)

    def log(self, event: str, **fields: Any) -> None:
        """记日志 (log.jsonl; no times and no personal data: the file is the same on every machine)."""
        self._log.append({"event": event, **fields})

    def summary(self) -> dict[str, Any]:
        """至此为止 (facts, equations as in the manifest, finding counts by code): what a dry run has to show."""
        return {
            "facts": dict(self._facts),
            "equations": [e.as_json() for e in self._equations],
            "codes": dict(self._findings["codes"]),
            "outputs": {name: dict(o) for name, o in sorted(self._outputs.items())},
        }

    def publish(self) -> Run | None:
        """发布: all at once or not at all. None with `dry_run`."""
        lacking = [t.id for t in tables().values() if self.request.command in t.commands and t.id not in self._outputs]
        if lacking:
            raise ValueError(f"tables not given: {lacking}")
        previous = tip(self.ws)
        with disk_errors():
            failpoint("log.write")
            lines = "".join(json.dumps(entry, ensure_ascii=False, default=str) + "\n" for entry in self._log)
            (self.folder / LOG_NAME).write_text(lines, encoding="utf-8")
            content = json.dumps(self._manifest(previous), ensure_ascii=False, indent=1, default=str).encode()
            failpoint("manifest.write")
            (self.folder / MANIFEST_NAME).write_bytes(content)
            failpoint("manifest.written")
            sync_tree(self.folder)
            if self.dry_run:
                return None
            return self._commit(previous)

    def _commit(self, previous: Mapping[str, Any]) -> Run:
        ws, period = self.ws, self.request.period.text
        no = max((p[3] for p in places(ws, self.request.command, self.request.period)), default=0) + 1
        final = self.place / f"{no:04d}"
        for place, name in self._deliveries:
            target = deliveries.folder_of(ws, place, period) / name
            self._staged.append((stage_copy(self.folder / place / name, target), target))
        top = {
            "seq": int(previous["seq"]) + 1,
            "run": f"{self.request.command}/{period}/{no:04d}",
            "manifest_sha256": sha256_of(self.folder / MANIFEST_NAME),
        }
        failpoint("head.write")
        head_path = ws.runs / HEAD_NAME
        head_temp = stage_bytes(head_path, json.dumps(top, ensure_ascii=False, indent=1).encode())
        view_temp: Path | None = None
        try:
            failpoint("run.rename")
            os.rename(self.folder, final)
            try:
                for folder in (self.place, self.place.parent, ws.runs):
                    sync_folder(folder)
                failpoint("run.renamed")
                failpoint("catalogue.build")
                view_temp = catalogue.build(ws)
                failpoint("catalogue.built")
                failpoint("head.replace")
                os.replace(head_temp, head_path)
            except BaseException:
                # Nobody has seen it yet: the head, the copies and the catalogue still show the state before.
                os.rename(final, self.folder)
                raise
        except BaseException:
            head_temp.unlink(missing_ok=True)
            if view_temp is not None:
                view_temp.unlink(missing_ok=True)
            raise
        run = _load(final, self.request.command, self.request.period, no)
        self._follow_up(view_temp)
        return run

    def _follow_up(self, view_temp: Path) -> None:
        """After the commit: what fails here does not undo the run; the next command completes it."""
        try:
            sync_folder(self.ws.runs)
            failpoint("head.replaced")
            deliveries.put(self._staged)
            self._staged.clear()
            for old in deliveries.stale(self.ws, runs(self.ws)):
                old.unlink(missing_ok=True)
            failpoint("catalogue.swap")
            catalogue.swap(self.ws, view_temp)
            failpoint("catalogue.swapped")
        except OSError as problem:
            view_temp.unlink(missing_ok=True)
            self.warnings.append(disk_error(problem).text)

    def _deliver(self, place: str, name: str) -> Path:
        path = self.folder / place / deliveries.file_name(name)
        if (place, name) in self._deliveries:
            raise ValueError(f"delivered twice: {name}")
        failpoint("outbox.stage")
        make_folder(path.parent)
        self._deliveries.append((place, name))
        return path

    def _count(self, found: pl.DataFrame) -> None:
        for severity, code, n in found.group_by("severity", "code").len().sort("severity", "code").rows():
            self._findings[severity] = self._findings.get(severity, 0) + n
            self._findings["codes"][code] = self._findings["codes"].get(code, 0) + n

    def _manifest(self, previous: Mapping[str, Any]) -> dict[str, Any]:
        request = self.request
        return {
            "schema": MANIFEST_SCHEMA,
            "run_id": self.run_id,
            "seq": int(previous["seq"]) + 1,
            "command": request.command,
            "period": request.period.text,
            "arguments": dict(request.arguments),
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "who": user(),
            "host": socket.gethostname(),
            "started_at": self._started,
            "finished_at": _now(),
            "version": __version__,
            "code_sha256": code_digest(),
            "policy_sha256": request.policy_sha,
            "inputs_sha256": request.inputs_digest,
            "upstream": sorted(request.upstream),
            "inputs": [dict(s) for s in request.sources],
            "outputs": [self._outputs[name] for name in sorted(self._outputs)],
            "deliveries": [
                {
                    "place": place,
                    "name": name,
                    "sha256": sha256_of(self.folder / place / name),
                    "bytes": (self.folder / place / name).stat().st_size,
                }
                for place, name in sorted(self._deliveries)
            ],
            "log_sha256": sha256_of(self.folder / LOG_NAME),
            "findings": self._findings,
            "equations": [e.as_json() for e in self._equations],
            "facts": self._facts,
            "previous": {"run": previous["run"], "manifest_sha256": previous["manifest_sha256"]},
        }

    def _remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.place not in self.folder.parents:
            return
        for folder in (self.place, self.place.parent):
            remove_empty(folder)
        for temp, target in self._staged:
            temp.unlink(missing_ok=True)
            remove_empty(target.parent)


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
