"""The engines under contract, and the fixtures that hand them to the tests."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.laboratory import AT, SCHEMA, Lab
from wasteland.engines.base import Engine

# Processes that the tests start take over this path, and find there what they are to run.
sys.path.insert(0, str(Path(__file__).parents[1]))

# Each has a module `tests/engines/<name>/fixture.py`; see `laboratory`.
ENGINES = [pytest.param("doltlite"), pytest.param("dolt", marks=pytest.mark.dolt)]


@pytest.fixture(params=ENGINES)
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    """Make engines of the kind under test."""
    name = str(request.param)
    if name == "dolt":
        request.getfixturevalue("dolt_program")
    made: Lab = importlib.import_module(f"engines.{name}.fixture").make(tmp_path)
    yield made
    made.close()


@pytest.fixture
def engine(lab: Lab) -> Engine:
    """Return an engine on a database with the whole schema and no rows."""
    made = lab.create("commons")
    made.run_ddl(SCHEMA, "schema", author="root", at=AT)
    return made
