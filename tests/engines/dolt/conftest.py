"""What the tests of the Dolt engine share: a program to start, and directories to start it in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.dolt.fixture import attach
from wasteland.engines.dolt.datadir import DataDir
from wasteland.engines.dolt.program import find_program
from wasteland.engines.dolt.server import Server


@pytest.fixture
def program(dolt_program: str) -> str:
    """Return the path of the dolt program under test."""
    return find_program(dolt_program)


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """Return an empty data directory; a server of ours that serves it later is stopped."""
    place = tmp_path / "data"
    yield place
    state = DataDir(place).state() if place.exists() else None
    if state is not None and state.supervisor.is_alive:
        attach(place).stop()


@pytest.fixture
def server(program: str, data_dir: Path) -> Server:
    """Return a running server of an empty data directory."""
    return attach(data_dir)
