"""Sandboxes that the tests close."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.sandbox.boards import make_files
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Return a sandbox with the limits of production."""
    made = Sandbox()
    yield made
    made.close()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[DoltLiteEngine]:
    """Return a board on the embedded engine."""
    with make_files(tmp_path) as engine:
        yield engine
