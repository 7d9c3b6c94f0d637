"""
What the contract suite needs of an engine, and the few rows and commits that its tests share.

To put an engine under the contract, write ``tests/engines/<name>/fixture.py`` with a function
``make(place: Path) -> Lab`` and name the engine in ``conftest.ENGINES``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from wasteland.engines.base import MAIN, Engine
from wasteland.engines.sql import insert_sql
from wasteland.protocol.records import WantedItem
from wasteland.protocol.schema import TABLES, WANTED, Row, Value, canonical_row

AT: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SCHEMA: Final = [
    statement for table in TABLES.values() for statement in (table.create_sql(), *table.index_sql())
]
INSERT_WANTED: Final = insert_sql(WANTED, WANTED.column_names)


class Lab(ABC):
    """
    Makes engines of one kind for one test, in a directory of its own.

    A lab keeps what it made and closes it in ``close``. What is costly (a server) may be shared
    between labs.
    """

    @abstractmethod
    def create(self, name: str) -> Engine:
        """Return an engine on a new database without tables."""

    @abstractmethod
    def clone(self, source: Engine, name: str) -> Engine:
        """Return an engine on a full copy of *source*, which is its remote ``origin``."""

    @abstractmethod
    def remote_url(self, name: str) -> str:
        """Return the URL of a remote that nothing was pushed to yet."""

    @abstractmethod
    def missing_url(self) -> str:
        """Return the URL of a remote that cannot be reached, and that no push would create."""

    @abstractmethod
    def opener(self, engine: Engine) -> Callable[[], Engine]:
        """Return what opens the same database again; it is pickled and sent to processes."""

    @abstractmethod
    def scribble(self, engine: Engine, sql: str) -> None:
        """Run *sql* on main without committing it to the history, as another program might."""

    @abstractmethod
    def tag(self, engine: Engine, name: str) -> None:
        """Tag the head of main."""

    @abstractmethod
    def close(self) -> None:
        """Close every engine that was made here."""


def wanted(item_id: str, **cells: Value) -> dict[str, Value]:
    """Return the stored row of an open item."""
    return {**WantedItem(item_id, title=f"Item {item_id}").to_row(), **cells}


def save(
    engine: Engine,
    sql: str,
    rows: Sequence[Row],
    *,
    branch: str = MAIN,
    table: str = "wanted",
    message: str = "change",
    author: str = "alice",
    at: datetime = AT,
) -> str:
    """Run *sql* once for each of *rows*, one row each, in one commit; return its hash."""
    with engine.change(branch) as change:
        for row in rows:
            change.execute(sql, row)
        return change.commit(message, author=author, at=at, tables=[table])


def post(engine: Engine, *item_ids: str, branch: str = MAIN, **cells: Value) -> str:
    """Add open items in one commit; return its hash."""
    rows = [wanted(item_id, **cells) for item_id in item_ids]
    return save(engine, INSERT_WANTED, rows, branch=branch, message=f"post {' '.join(item_ids)}")


def retitle(
    engine: Engine, item_id: str, title: str, *, branch: str = MAIN, at: datetime = AT
) -> str:
    """Change an item's title in a commit of its own; return its hash."""
    sql = "UPDATE wanted SET title = :title WHERE id = :id"
    row = {"title": title, "id": item_id}
    return save(engine, sql, [row], branch=branch, message=f"retitle {item_id}", at=at)


def titles(engine: Engine, ref: str = MAIN) -> dict[str, Value]:
    """Return item id -> title at *ref*."""
    rows = engine.read("SELECT id, title FROM wanted ORDER BY id", ref=ref)
    return {str(row["id"]): row["title"] for row in rows}


def stored(engine: Engine, table: str, column: str, value: Value) -> dict[str, Value]:
    """Return one row in canonical spelling."""
    sql = f"SELECT * FROM `{table}` WHERE `{column}` = :value"
    (row,) = engine.read(sql, {"value": value})
    return canonical_row(table, row)
