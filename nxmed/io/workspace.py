"""工作区 (one agency's folder): configuration, policy, inbox, outbox, runs, quarantine, and its lock."""

from __future__ import annotations

import difflib
import errno
import hashlib
import json
import os
import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from nxmed.errors import UsageError
from nxmed.io import lock
from nxmed.io.files import FILE_MODE, FOLDER_MODE, make_folder, owner_alive
from nxmed.io.workspace_templates import POOLAREAS, REGIONS, config_text, policy_text, signers_text
from nxmed.kernel.period import Period

CONFIG_NAME = "nxmed.toml"
POLICY_NAME = "policy.toml"
SIGNERS_NAME = "allowed_signers"
CATALOGUE_NAME = "nxmed.duckdb"
FOLDERS = ("inbox", "outbox", "runs", "quarantine")
_KEYS = ("region", "poolarea_no", "people", "paths", "notify")
_NOTIFY_KEYS = ("command", "on")
NOTICES = ("ok", "waiting", "failed")
_PERSON_KEYS = ("name", "roles")
ROLES = ("submit", "review", "approve")
SCRATCH_PREFIX = ".scratch-"


@dataclass(frozen=True)
class Person:
    """经办人员 (a person with roles): `account` is the operating system's user name."""

    account: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Notify:
    """通知 (the command that takes events, and of which states; none by default)."""

    command: tuple[str, ...] = ()
    on: tuple[str, ...] = ("waiting", "failed")


@dataclass(frozen=True)
class Workspace:
    """工作区 (paths are absolute). Made by `open_workspace`, `find` or `init`."""

    path: Path
    region: str
    poolarea_no: str
    people: tuple[Person, ...] = ()
    inbox: Path = field(default=Path())
    outbox: Path = field(default=Path())
    runs: Path = field(default=Path())
    quarantine: Path = field(default=Path())
    notify: Notify = Notify()

    @property
    def config_path(self) -> Path:
        return self.path / CONFIG_NAME

    @property
    def policy_path(self) -> Path:
        return self.path / POLICY_NAME

    @property
    def catalogue_path(self) -> Path:
        return self.path / CATALOGUE_NAME

    def policy(self) -> dict[str, Any]:
        """当地数字 (policy.toml as read; empty without the file; UsageError, exit 2, when it is not TOML)."""
        return read_toml(self.policy_path) if self.policy_path.is_file() else {}

    def policy_sha(self, period: Period) -> str:
        """所用政策的哈希: of the values that can count in `period`; a value dated later does not change it,
        nor does a comment."""
        return policy_hash(self.policy(), period.last_day)

    @contextmanager
    def lock(self, command: str, *, reading: bool = False) -> Iterator[bool]:
        """占用工作区 (write commands only; exit 75 when another run holds it). `reading`: a dry run also works where nothing
        may be written (False is given then)."""
        with lock.hold(self.path, command, reading=reading) as writable:
            yield writable

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """临时文件夹 (hidden, private, removed at the end; leavings of dead processes go too)."""
        for old in self.runs.glob(f"{SCRATCH_PREFIX}*"):
            if not owner_alive(old.name):
                shutil.rmtree(old, ignore_errors=True)
        folder = self.runs / f"{SCRATCH_PREFIX}{os.getpid()}-{os.urandom(4).hex()}"
        try:
            make_folder(folder)
        except OSError as problem:
            if not isinstance(problem, PermissionError) and problem.errno != errno.EROFS:
                raise
            with tempfile.TemporaryDirectory(prefix="nxmed-") as private:  # an analyst who may only read
                yield Path(private)
            return
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def find(given: Path | None = None) -> Workspace:
    """找工作区: -w, else NXMED_WORKSPACE, else the current folder. Not a workspace: exit 2."""
    named = given if given is not None else os.environ.get("NXMED_WORKSPACE") or Path.cwd()
    return open_workspace(Path(named))


def open_workspace(path: Path) -> Workspace:
    """打开工作区 (reads and checks nxmed.toml; unknown keys are errors)."""
    root = path.expanduser().absolute()
    config = root / CONFIG_NAME
    if not config.is_file():
        raise UsageError(
            f"不是工作区：{root}",
            f"先建立工作区：nxmed init {root} --region ningxia，或用 -w 指明",
            text_en=f"Not a workspace: {root}",
            hint_en=f"Make one: nxmed init {root} --region ningxia, or name one with -w",
        )
    data = read_toml(config)
    _refuse_unknown(data, _KEYS, CONFIG_NAME)
    region, poolarea = data.get("region"), data.get("poolarea_no")
    if region not in REGIONS:
        raise _config_error("region 必须是 " + " 或 ".join(REGIONS), "region must be one of " + ", ".join(REGIONS))
    if not (isinstance(poolarea, str) and len(poolarea) == 6 and poolarea.isascii() and poolarea.isdigit()):
        raise _config_error("poolarea_no 必须是 6 位数字文本", "poolarea_no must be six digits as text")
    paths = _table(data, "paths")
    _refuse_unknown(paths, FOLDERS, f"{CONFIG_NAME} [paths]")
    return Workspace(root, str(region), poolarea, _people(data), notify=_notify(data),
                     **{n: _path(root, paths, n) for n in FOLDERS})


def init(path: Path, region: str, poolarea_no: str | None = None) -> Workspace:
    """建立工作区 (in a folder that does not exist or is empty, else exit 2)."""
    if region not in REGIONS:
        raise UsageError(
            f"没有这个地区：{region}",
            "可用：" + "、".join(REGIONS),
            text_en=f"No such region: {region}",
            hint_en="Known: " + ", ".join(REGIONS),
        )
    pool = poolarea_no or POOLAREAS[region]
    if not (len(pool) == 6 and pool.isascii() and pool.isdigit()):
        raise UsageError(
            f"统筹区编号不对：{pool}",
            "写 6 位数字，如 640000",
            text_en=f"Not a pooling area: {pool}",
            hint_en="Six digits, such as 640000",
        )
    root = path.expanduser().absolute()
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UsageError(
            f"文件夹不是空的：{root}",
            "换一个新的或空的文件夹",
            text_en=f"The folder is not empty: {root}",
            hint_en="Take a new or an empty folder",
        )
    make_folder(root)
    os.chmod(root, FOLDER_MODE)
    for name in FOLDERS:
        make_folder(root / name)
    # nxmed.toml last: a half-made folder is no workspace
    texts = ((SIGNERS_NAME, signers_text()), (POLICY_NAME, policy_text(region)), (CONFIG_NAME, config_text(region, pool)))
    for name, text in texts:
        target = root / name
        target.write_text(text, encoding="utf-8")
        os.chmod(target, FILE_MODE)
    return open_workspace(root)


def read_toml(path: Path) -> dict[str, Any]:
    """读 TOML (UsageError, exit 2, with the place when it is not TOML)."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageError(
            f"{path.name} 不是 UTF-8 编码",
            "用 UTF-8 另存",
            text_en=f"{path.name} is not UTF-8",
            hint_en="Save it as UTF-8",
        ) from None
    except tomllib.TOMLDecodeError as problem:
        place = str(problem).rpartition("(")[2].rstrip(")")
        raise UsageError(
            f"{path.name} 写法不对（{place}）",
            "核对引号、方括号和等号",
            text_en=f"{path.name} is not TOML ({place})",
            hint_en="Check quotes, brackets and equals signs",
        ) from None


def policy_hash(policy: Mapping[str, Any], last_day: date) -> str:
    """政策哈希 (canonical: order of keys, comments and values that begin after `last_day` do not count)."""

    def kept(value: object) -> object:
        if isinstance(value, Mapping):
            return {k: kept(v) for k, v in sorted(value.items())}
        if isinstance(value, list):
            return [kept(v) for v in value if not (isinstance(v, Mapping) and _later(v.get("since")))]
        return value.isoformat() if isinstance(value, date | datetime) else value

    def _later(since: object) -> bool:
        return isinstance(since, date) and not isinstance(since, datetime) and since > last_day

    text = json.dumps(kept(policy), ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _people(data: Mapping[str, Any]) -> tuple[Person, ...]:
    made = []
    for account, entry in _table(data, "people").items():
        where = f"{CONFIG_NAME} [people.{account}]"
        if not isinstance(entry, dict):
            raise _config_error(f"{where} 必须是一张表", f"{where} must be a table")
        _refuse_unknown(entry, _PERSON_KEYS, where)
        roles = entry.get("roles", [])
        if not isinstance(roles, list):
            raise _config_error(f"{where} 的 roles 必须是数组", f"roles of {where} must be an array")
        _refuse_unknown(dict.fromkeys(map(str, roles)), ROLES, where)
        made.append(Person(account, str(entry.get("name", account)), tuple(map(str, roles))))
    return tuple(made)


def _notify(data: Mapping[str, Any]) -> Notify:
    entry = _table(data, "notify")
    _refuse_unknown(entry, _NOTIFY_KEYS, f"{CONFIG_NAME} [notify]")
    command, on = entry.get("command", []), entry.get("on", list(Notify().on))
    for name, given in (("command", command), ("on", on)):
        if not isinstance(given, list) or any(not isinstance(w, str) for w in given):
            raise _config_error(f"[notify] {name} 必须是文本数组", f"[notify] {name} must be an array of text")
    _refuse_unknown(dict.fromkeys(on), NOTICES, f"{CONFIG_NAME} [notify] on")
    return Notify(tuple(command), tuple(on))


def _table(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key, {})
    if not isinstance(found, dict):
        raise _config_error(f"{key} 必须是一张表", f"{key} must be a table")
    return found


def _path(root: Path, paths: Mapping[str, Any], name: str) -> Path:
    given = paths.get(name, name)
    if not isinstance(given, str) or not given.strip():
        raise _config_error(f"[paths] {name} 必须是路径文本", f"[paths] {name} must be text")
    return (root / Path(given).expanduser()).absolute()


def _refuse_unknown(data: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1, 0.5)
            raise UsageError(
                f"{where} 里有不认识的键：{key}",
                f"是否指 {near[0]}？" if near else "可用：" + "、".join(known),
                text_en=f"Unknown key in {where}: {key}",
                hint_en=f"Did you mean {near[0]}?" if near else "Known: " + ", ".join(known),
            )


def _config_error(zh: str, en: str) -> UsageError:
    return UsageError(
        f"{CONFIG_NAME}：{zh}", "改正后重新运行", text_en=f"{CONFIG_NAME}: {en}", hint_en="Mend it and run again"
    )
