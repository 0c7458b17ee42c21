"""Helpers of this folder (fake_run) can be imported by name; runs made with it stand alone."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def stand_alone() -> Iterator[None]:
    """The same code digest and tables here as in the programs of fake_run."""
    import fake_run

    patch = fake_run.stand_alone()
    yield
    patch.undo()
