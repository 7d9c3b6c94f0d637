from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.desks import Desk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A hub on the embedded engine."""
    with open_desk(tmp_path / "host") as found:
        yield found


@pytest.fixture(params=["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)])
def any_desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A hub on each engine."""
    dolt = request.getfixturevalue("dolt_program") if request.param == "dolt" else ""
    with open_desk(tmp_path / "host", engine=request.param, dolt=dolt) as found:
        yield found
