"""A small law file without a fault, for tests that plant one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

GOOD: dict[str, Any] = {
    "document": {"code": "TEST", "number": "〔2024〕1号", "title": "试行办法", "authority": "某局", "region": "ningxia",
                 "since": date(2024, 1, 1), "until": date(2028, 12, 31)},
    "parameters": {"a.rate": {"zh": "费率", "unit": "ratio", "rule": "TEST-2", "values": [
        {"since": date(2024, 1, 1), "until": date(2025, 12, 31), "value": "0.06", "source": "第二条"},
        {"since": date(2026, 1, 1), "until": date(2028, 12, 31), "value": "0.07", "source": "第二条"}]}},
    "tables": {"items": [{"contains": "甲", "kind": "1"}, {"contains": "乙", "kind": "2"}]},
    "articles": {"1": {"zh": "目的。", "status": "duty"}, "2": {"zh": "费率。", "status": "computed", "commands": ["assess"]}},
}


@pytest.fixture(scope="session")
def good_law() -> dict[str, Any]:
    """The content of its toml; copy it before changing it."""
    return GOOD
