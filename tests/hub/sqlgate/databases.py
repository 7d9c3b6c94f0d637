"""One small commons on each engine, and what running checked SQL there gives."""

from __future__ import annotations

import hashlib
import importlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pymysql

from engines.laboratory import AT, SCHEMA, Lab
from wasteland.engines.base import Engine
from wasteland.engines.doltlite import driver
from wasteland.engines.sql import insert_sql
from wasteland.hub.sqlgate import check_read, check_write
from wasteland.protocol.schema import TABLES, Value

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
NEAR, FAR, BOB = "wl/a_n/w-1", "wl/axn/w-2", "wl/bob/w-3"
"""Branches; the first two differ where LIKE has a wildcard."""

Cells = tuple[Value, ...]
Rows = Sequence[tuple[object, ...]]

_ITEMS: list[dict[str, Value]] = [
    {"id": "w-1", "title": "Fix it", "tags": '["go", "sql"]', "priority": 1, "type": "bug"},
    {"id": "w-2", "title": "fix IT \\ 100% 'now'", "tags": '["Go"]', "priority": 0},
    {"id": "w-3", "title": "a_b", "description": "line\nnext", "priority": 1, "project": "hub"},
    {"id": "w-4", "title": "axb", "tags": "[]", "priority": 4, "status": "completed"},
    {"id": "w-5", "title": "caf\u00e9 -- /* ; */", "status": "in_review", "claimed_by": "bob"},
]
_RIGS: list[dict[str, Value]] = [
    {"handle": "ann", "display_name": "Ann", "trust_level": 3, "rig_type": "human"},
    {"handle": "bob", "trust_level": 1, "rig_type": "agent", "parent_rig": "ann"},
]
_COMPLETIONS: list[dict[str, Value]] = [
    {"id": "c-1", "wanted_id": "w-4", "completed_by": "bob", "evidence": "x", "stamp_id": "s-1"},
]
_STAMPS: list[dict[str, Value]] = [
    {"id": "s-1", "subject": "bob", "valence": '{"quality": 4, "reliability": 5}'},
    {"id": "s-2", "subject": "bob", "valence": '{"quality": 3}', "severity": "root"},
    {"id": "s-3", "subject": "cy", "valence": '{"quality": 1, "note": "x"}'},
]


class Database(ABC):
    """
    A commons with its rows, on one engine.

    Attributes:
        dialect: "doltlite" or "dolt".
        engine: For what the tests need besides.
    """

    dialect: str

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.engine = filled(lab.create("commons"))

    def read(self, sql: str) -> tuple[list[str], list[Cells]]:
        """Return column names and rows of what the gate makes of *sql*."""
        return self.run(check_read(sql, dialect=self.dialect, now=NOW, database="board").sql)

    def write(self, sql: str) -> None:
        """Run what the gate makes of *sql*."""
        self.run(check_write(sql, dialect=self.dialect, now=NOW, owner=True).sql)

    @abstractmethod
    def run(self, sql: str) -> tuple[list[str], list[Cells]]:
        """Run text as it stands on main."""

    def close(self) -> None:
        """Remove the database."""
        self._lab.close()


class OnDoltLite(Database):
    """A file."""

    dialect = "doltlite"

    def run(self, sql: str) -> tuple[list[str], list[Cells]]:
        with driver.connect(f"{self.engine.location}/main") as connection:
            connection.execute("PRAGMA case_sensitive_like = ON")
            cursor = connection.execute(sql)
            if cursor.description is None:
                return [], []
            return [column[0] for column in cursor.description], cursor.fetchall()


class OnDolt(Database):
    """A database of a server."""

    dialect = "dolt"

    def run(self, sql: str) -> tuple[list[str], list[Cells]]:
        server: Any = importlib.import_module("engines.dolt.fixture").shared_server()
        with server.connect(Path(self.engine.location).name) as session:
            cursor: pymysql.cursors.Cursor = session.cursor()
            cursor.execute(sql)
            return [column[0] for column in cursor.description or ()], list(cursor.fetchall())


@contextmanager
def database(dialect: str, place: Path) -> Iterator[Database]:
    """Make the commons on the engine *dialect*, under *place*."""
    lab: Lab = importlib.import_module(f"engines.{dialect}.fixture").make(place)
    kinds: dict[str, type[Database]] = {"doltlite": OnDoltLite, "dolt": OnDolt}
    made = kinds[dialect](lab)
    try:
        yield made
    finally:
        made.close()


def filled(engine: Engine) -> Engine:
    """Give an empty database the schema, the rows and the branches."""
    engine.run_ddl(SCHEMA, "schema", author="root", at=AT)
    stamps = [{"author": "ann", "severity": "leaf", **stamp} for stamp in _STAMPS]
    for table, rows in (
        ("wanted", [{"status": "open", "posted_by": "ann", **item} for item in _ITEMS]),
        ("rigs", _RIGS),
        ("completions", _COMPLETIONS),
        ("stamps", stamps),
    ):
        _insert(engine, table, rows)
    for branch, item in ((NEAR, "w-1"), (FAR, "w-2"), (BOB, "w-3")):
        _claim(engine, branch, item)
    return engine


def canonical(cells: tuple[object, ...]) -> tuple[object, ...]:
    """Return a row with its values in the one form that both engines can be held to."""
    return tuple(_canonical(cell) for cell in cells)


def checksum(engine: Engine) -> str:
    """Return a digest of all rows, branches and commits."""
    state: list[object] = [engine.branches(), engine.log(limit=50)]
    state += [sorted(map(repr, engine.read(f"SELECT * FROM `{name}`"))) for name in sorted(TABLES)]
    return hashlib.sha256(repr(state).encode()).hexdigest()


def _insert(engine: Engine, table: str, rows: list[dict[str, Value]]) -> None:
    times = {"created_at": "2026-01-01 00:00:00"} if table in {"wanted", "stamps"} else {}
    with engine.change() as change:
        for row in rows:
            cells = {**times, **row}
            change.execute(insert_sql(table, tuple(cells)), cells)
        change.commit(f"Fill {table}", author="root", at=AT, tables=[table])


def _claim(engine: Engine, branch: str, item: str) -> None:
    engine.create_branch(branch)
    sql = "UPDATE wanted SET status = 'claimed', claimed_by = 'bob' WHERE id = :id"
    with engine.change(branch) as change:
        change.execute(sql, {"id": item})
        change.commit(f"Claim {item}", author="bob", at=AT, tables=["wanted"])


def _canonical(cell: object) -> object:
    if isinstance(cell, str) and cell[:1] in {"{", "["}:
        try:
            return json.dumps(json.loads(cell), sort_keys=True)
        except ValueError:
            return cell
    if isinstance(cell, int | float):
        return f"{cell:.6g}"
    # An engine may give the number in a JSON value as text.
    return cell
