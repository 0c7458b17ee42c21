"""运行编号 (run_id): command, period and a hash of inputs, arguments, policy and code; never of who, where or when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import nxmed
from nxmed.kernel.period import Period

_CODE_SUFFIXES = (".py", ".toml", ".yaml", ".j2", ".typ")


@cache
def code_digest() -> str:
    """代码哈希 (version and content of every .py, .toml, .yaml and template that can change a result; once per process).

    The same for a checkout and an installed wheel: schemas count under the same name in both.
    """
    from nxmed.io.resources import data_path

    package = Path(nxmed.__file__).parent
    total = hashlib.sha256(nxmed.__version__.encode())
    for root, label in ((package, "nxmed"), (Path(data_path("schemas")), "schemas")):
        for path in sorted(p for p in root.rglob("*") if p.suffix in _CODE_SUFFIXES):
            inside = path.relative_to(root).as_posix()
            if label == "nxmed" and inside.startswith("_data/"):
                continue
            total.update(f"\0{label}/{inside}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


@dataclass(frozen=True)
class Request:
    """运行请求 (all that a result depends on).

    `arguments` hold the region and everything else given (as-of, options); `sources` are the inputs as `read_inputs`
    lists them (contract, path, sha256 count); `upstream` are run_ids of the runs this one reads.
    """

    command: str
    period: Period
    arguments: Mapping[str, Any] = field(default_factory=dict)
    sources: Sequence[Mapping[str, Any]] = ()
    policy_sha: str = ""
    upstream: Sequence[str] = ()

    @property
    def inputs_digest(self) -> str:
        """Hash of all but the code: what a sealed period is held against."""
        return hashlib.sha256(self._canonical().encode()).hexdigest()

    @property
    def run_id(self) -> str:
        return fingerprint(
            self.command, self.period, self.arguments, self.sources, self.policy_sha, self.upstream, code_digest()
        )

    def _canonical(self) -> str:
        files = sorted({(str(s["contract"]), str(s["path"]), str(s["sha256"])) for s in self.sources})
        return canonical(
            {
                "command": self.command,
                "period": self.period.text,
                "arguments": self.arguments,
                "files": files,
                "policy": self.policy_sha,
                "upstream": sorted(self.upstream),
            }
        )


def fingerprint(
    command: str,
    period: Period,
    arguments: Mapping[str, Any],
    sources: Sequence[Mapping[str, Any]],
    policy_sha: str,
    upstream_run_ids: Sequence[str],
    code: str,
) -> str:
    """运行编号 such as assess-2026-12-0123456789ab."""
    request = Request(command, period, arguments, sources, policy_sha, upstream_run_ids)
    digest = hashlib.sha256(f"{request.inputs_digest}|{code}".encode()).hexdigest()
    return f"{command}-{period.text}-{digest[:12]}"


def canonical(value: object) -> str:
    """规范 JSON (sorted keys, no blanks, dates as ISO text)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
