"""Sandboxes that the tests close, and databases on both engines."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.laboratory import AT, SCHEMA, Lab
from hub.sandbox.boards import make_files
from wasteland.engines.base import Engine
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub.sandbox import Sandbox

ENGINES = [pytest.param("doltlite"), pytest.param("dolt", marks=pytest.mark.dolt)]


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
