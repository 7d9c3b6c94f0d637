"""The gate's own corpus through gate and sandbox, and past the gate straight at the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.sandbox.boards import files
from hub.sqlgate.databases import Database, database
from hub.sqlgate.hostile import HOSTILE
from hub.sqlgate.shapes import READS, Read
from wasteland.engines.base import Engine
from wasteland.hub import sqlgate
from wasteland.hub.sandbox import QueryResult, Sandbox, place_of
from wasteland.protocol.errors import WastelandError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CATEGORIES = sorted({statement.category for statement in HOSTILE})
ENGINES = ["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)]


@dataclass
class House:
    """A commons, the directory around it, and a sandbox."""

    database: Database
    directory: Path
    sandbox: Sandbox

    @property
    def engine(self) -> Engine:
        return self.database.engine

    def ask(self, sql: str) -> QueryResult:
        return self.sandbox.read(place_of(self.engine), sql)

    def state(self) -> list[object]:
        """Return what must be the same afterwards."""
        rows = {
            table: self.engine.read(f"SELECT * FROM `{table}`") for table in self.engine.tables()
        }
        return [rows, self.engine.branches(), self.engine.dirty(), files(self.directory)]


@pytest.fixture(scope="module", params=ENGINES)
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    name = str(request.param)
    if name == "dolt":
        request.getfixturevalue("dolt_program")
    directory = tmp_path_factory.mktemp(name)
    sandbox = Sandbox(workers=1, deadline_s=1.0)
    with database(name, directory) as made:
        yield House(made, directory, sandbox)
    sandbox.close()


@contextmanager
def unharmed(house: House) -> Iterator[None]:
    """Check that nothing has changed, and that honest queries are answered."""
    before = house.state()
    yield
    assert before == house.state()
    assert [("1",)] == house.ask("SELECT 1").rows


@pytest.mark.parametrize("category", CATEGORIES)
def test_what_the_gate_lets_through_does_nothing(house: House, category: str) -> None:
    with unharmed(house):
        for statement in HOSTILE:
            if statement.category == category and (checked := _checked(house, statement.sql)):
                assert house.ask(checked).status != "timeout"


@pytest.mark.parametrize("category", CATEGORIES)
def test_what_the_gate_refuses_does_nothing_either(house: House, category: str) -> None:
    """The sandbox does not rely on the gate."""
    with unharmed(house):
        for statement in HOSTILE:
            if statement.category == category:
                house.ask(statement.sql)


@pytest.mark.parametrize("read", READS, ids=lambda read: read.sql[:60])
def test_a_query_of_a_client_passes_both(house: House, read: Read) -> None:
    """The two lists of what is allowed agree about honest queries."""
    checked = _checked(house, read.sql)
    assert checked

    result = house.ask(checked)

    assert ("success", "") == (result.status, result.message)
    assert len(house.database.run(checked)[1]) == len(result.rows)


def _checked(house: House, sql: str) -> str:
    """Return what the gate prints for *sql*, "" if it refuses it."""
    try:
        return sqlgate.check_read(
            sql, dialect=house.engine.dialect.name, now=NOW, tables=house.engine.tables()
        ).sql
    except WastelandError:
        return ""
