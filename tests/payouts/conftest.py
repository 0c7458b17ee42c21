"""拨付测试共用 (keys are made once; one code digest whatever is saved in the checkout meanwhile)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session", autouse=True)
def one_digest() -> Iterator[None]:
    import nxmed.io.catalogue  # noqa: F401 - patched by name below

    patch = pytest.MonkeyPatch()
    for module in ("fingerprint", "run_builder", "catalogue"):
        patch.setattr(f"nxmed.io.{module}.code_digest", lambda: "0" * 64)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """密钥 of zhang, li, wang and of a stranger."""
    from agency import make_key

    folder = tmp_path_factory.mktemp("keys")
    for name in ("zhang", "li", "wang", "stranger"):
        make_key(folder, name)
    return folder
