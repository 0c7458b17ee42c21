"""运行 (runs): one door to what pipelines need: request, plan, build, publish, read back."""

from __future__ import annotations

from nxmed.io.fingerprint import Request, code_digest, fingerprint
from nxmed.io.recovery import recover
from nxmed.io.run_builder import RunBuilder
from nxmed.io.run_store import (
    Plan,
    Run,
    check_order,
    current,
    history,
    is_sealed,
    newest,
    plan,
    runs,
    sealed_by,
)
from nxmed.io.tables import gate, publishable, read_table, scan_table

__all__ = [
    "Plan",
    "Request",
    "Run",
    "RunBuilder",
    "check_order",
    "code_digest",
    "current",
    "fingerprint",
    "gate",
    "history",
    "is_sealed",
    "newest",
    "plan",
    "publishable",
    "read_table",
    "recover",
    "runs",
    "scan_table",
    "sealed_by",
]
