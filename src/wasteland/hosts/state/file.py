"""A SQLite file of ours: its schema, how it is brought up to date, and its transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ...protocol.errors import EngineError, Unavailable, Unsupported
from ...protocol.records import read_time

BUSY_TIMEOUT_S = 10.0

Migrations = Sequence[Sequence[str]]
"""One entry for each version of a schema: entry n brings a file from version n to n + 1."""

MIGRATIONS: Final[Migrations] = (
    (
        """
        CREATE TABLE repositories (
            repo TEXT PRIMARY KEY,
            engine TEXT NOT NULL,
            parent TEXT REFERENCES repositories (repo),
            created_at TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX repositories_parent ON repositories (parent, repo)",
        """
        CREATE TABLE pulls (
            repo TEXT NOT NULL REFERENCES repositories (repo) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            title TEXT NOT NULL,
            body TEXT NOT NULL,
            author TEXT NOT NULL,
            source TEXT NOT NULL,
            branch TEXT NOT NULL,
            head TEXT NOT NULL,
            state TEXT NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            merged_as TEXT NOT NULL DEFAULT '',
            reason TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (repo, number)
        ) STRICT
        """,
        "CREATE INDEX pulls_state ON pulls (repo, state, number)",
        "CREATE INDEX pulls_author ON pulls (repo, author, number)",
        """
        CREATE UNIQUE INDEX pulls_open_branch ON pulls (repo, source, branch)
            WHERE state = 'open'
        """,
        """
        CREATE TABLE comments (
            id INTEGER PRIMARY KEY,
            repo TEXT NOT NULL,
            number INTEGER NOT NULL,
            author TEXT NOT NULL,
            body TEXT NOT NULL,
            created_at TEXT NOT NULL,
            FOREIGN KEY (repo, number) REFERENCES pulls (repo, number) ON DELETE CASCADE
        ) STRICT
        """,
        "CREATE INDEX comments_pull ON comments (repo, number, id)",
        """
        CREATE TABLE operations (
            serial INTEGER PRIMARY KEY,
            repo TEXT NOT NULL REFERENCES repositories (repo) ON DELETE CASCADE,
            id TEXT NOT NULL,
            actor TEXT NOT NULL,
            digest TEXT NOT NULL,
            receipt TEXT,
            started_at TEXT NOT NULL,
            UNIQUE (repo, id)
        ) STRICT
        """,
        "CREATE INDEX operations_actor ON operations (repo, actor, serial)",
        "CREATE INDEX operations_unfinished ON operations (repo, serial) WHERE receipt IS NULL",
        """
        CREATE TABLE renewals (
            repo TEXT NOT NULL REFERENCES repositories (repo) ON DELETE CASCADE,
            wanted_id TEXT NOT NULL,
            token TEXT NOT NULL,
            until TEXT NOT NULL,
            PRIMARY KEY (repo, wanted_id)
        ) STRICT
        """,
    ),
    (
        """
        CREATE TABLE moved_commits (
            repo TEXT NOT NULL REFERENCES repositories (repo) ON DELETE CASCADE,
            old TEXT NOT NULL,
            new TEXT NOT NULL,
            PRIMARY KEY (repo, old)
        ) STRICT
        """,
        """
        CREATE TABLE mirrors (
            repo TEXT PRIMARY KEY REFERENCES repositories (repo) ON DELETE CASCADE,
            source TEXT NOT NULL,
            source_head TEXT NOT NULL,
            pulled_at TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE mirrored_commits (
            repo TEXT NOT NULL REFERENCES repositories (repo) ON DELETE CASCADE,
            theirs TEXT NOT NULL,
            ours TEXT NOT NULL,
            PRIMARY KEY (repo, theirs)
        ) STRICT
        """,
    ),
    (
        "DROP INDEX pulls_author",
        "CREATE INDEX pulls_author ON pulls (repo, author, state, number)",
    ),
    (
        "CREATE INDEX pulls_branch ON pulls (repo, source, branch, number)",
        # By what follows the rig in wl/<rig>/<item>.
        """
        CREATE INDEX pulls_open_item
            ON pulls (repo, substr(branch, instr(substr(branch, 4), '/') + 4))
            WHERE state = 'open'
        """,
        # Names that differ in case only are looked for whenever one is given.
        "CREATE INDEX repositories_name ON repositories (repo COLLATE NOCASE)",
    ),
)


class StateFile:
    """
    A file with a connection to read and one to write: no read waits for a write that waits.

    Attributes:
        path: The file; made, for its owner only, when it does not exist.
    """

    def __init__(self, path: Path, migrations: Migrations = MIGRATIONS) -> None:
        self.path = path
        self._writer = _Line(path)
        self._reader = _Line(path, read_only=True)
        with self._writer.taken() as connection:
            _migrate(connection, path, migrations)

    def close(self) -> None:
        """Close the file; using it afterwards opens it again."""
        self._reader.close()
        self._writer.close()

    def using(self) -> AbstractContextManager[sqlite3.Connection]:
        """Return the connection for several statements that only read."""
        return self._reader.taken()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection inside a write transaction, rolled back on any error."""
        with self._writer.taken() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def read(self, sql: str, parameters: Any = ()) -> list[sqlite3.Row]:
        """Return the rows of one SELECT."""
        with self.using() as connection:
            return connection.execute(sql, parameters).fetchall()

    def write(self, sql: str, parameters: Any = ()) -> int:
        """Run one write and return the number of rows that it changed."""
        with self._writer.taken() as connection:
            return connection.execute(sql, parameters).rowcount


class _Line:
    """One connection, one call at a time; a child made by fork opens its own."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._lock = threading.RLock()
        self._process = 0
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        with self._lock:
            # One that came through fork is the parent's: closing it would drop the parent's locks.
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
                self._connection = None

    @contextmanager
    def taken(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._open()
            except sqlite3.OperationalError as error:
                raise Unavailable(f"{self._path} cannot be used: {error}.") from error
            except sqlite3.DatabaseError as error:
                raise EngineError(f"{self._path} failed: {error}.", hint="wl doctor") from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or self._process != os.getpid():
            self._connection = _connect(self._path)
            self._connection.execute(f"PRAGMA query_only = {self._read_only:d}")
            self._process = os.getpid()
        return self._connection


def stored_time(text: str) -> datetime:
    """Return a time that ``write_time`` has written."""
    when = read_time(text)
    if when is None:
        raise EngineError(f"The host's state holds no time but {text!r}.", hint="wl doctor")
    return when


def _connect(path: Path) -> sqlite3.Connection:
    # Made by hand, so that nobody else may read it whatever the umask is; its journals inherit.
    # One that is there is not opened: closing it would drop the locks of our other connections.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Migrations) -> None:
    if _version(connection) == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read again: another process may have been quicker.
        version = _version(connection)
        if version > len(migrations):
            raise Unsupported(
                f"{path} was written by a newer version of this program.",
                hint="pip install --upgrade wasteland",
            )
        for statement in (sql for step in migrations[version:] for sql in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
