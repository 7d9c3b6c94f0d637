"""The commons that checked SQL is run on: one for each engine and module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.sqlgate.databases import Database, database


@pytest.fixture(scope="module")
def doltlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Return the commons on DoltLite."""
    with database("doltlite", tmp_path_factory.mktemp("doltlite")) as made:
        yield made


@pytest.fixture(scope="module")
def dolt(tmp_path_factory: pytest.TempPathFactory, dolt_program: str) -> Iterator[Database]:
    """Return the commons on Dolt."""
    with database("dolt", tmp_path_factory.mktemp("dolt")) as made:
        yield made
