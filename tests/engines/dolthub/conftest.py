"""The engine under test here: databases of a hub, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.dolthub.fixture import DoltHubLab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[DoltHubLab]:
    """Make hosted databases."""
    made = DoltHubLab(tmp_path)
    yield made
    made.close()
