"""A running hub for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.remotes import hubs


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[hubs.Hub]:
    with hubs.hub(tmp_path) as running:
        yield running
        assert running.board.check() == []
