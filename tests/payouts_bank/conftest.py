"""银行部分的测试共用 (the helpers of tests/payouts; keys made once; one code digest while the tests run)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "payouts"))
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session", autouse=True)
def one_digest() -> Iterator[None]:
    import nxmed.io.catalogue  # noqa: F401 - patched by name below

    patch = pytest.MonkeyPatch()
    for module in ("fingerprint", "run_builder", "catalogue"):
        patch.setattr(f"nxmed.io.{module}.code_digest", lambda: "0" * 64)
    # the catalogue has tests of its own; here it would be built anew after every step of every batch
    patch.setattr("nxmed.io.catalogue.is_stale", lambda *_: False)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """密钥 of zhang, li and wang."""
    from agency import PEOPLE, make_key

    folder = tmp_path_factory.mktemp("keys")
    for name in PEOPLE:
        make_key(folder, name)
    return folder
