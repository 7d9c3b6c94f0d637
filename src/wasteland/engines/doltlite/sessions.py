"""
Open connections to one database file: one for each place that is read or written.

A connection stands at a branch or a commit, so reading a ref means opening the file there (a third
of a millisecond); the last few stay open. Readers cannot write, and writers are never read from,
so that nobody sees rows that are not committed.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

from ...protocol.errors import NotFound, Unavailable
from ...protocol.schema import Value
from ..base import Params
from . import driver
from .errors import translate
from .origins import patiently

_KEPT: Final = 8
_PATIENCE_S: Final = 30.0
"""
How long a thread waits for its turn at a session, as for the turn to write.

Threads share two locks, this one and the interpreter's: sixty-four of them on two cores waited for
up to fourteen seconds, and were no faster with four sessions in place of one.
"""
_NO_PARAMS: Final[Params] = {}
_Result = TypeVar("_Result")


class Use(Enum):
    """What a connection is for. Transfers have their own, as they may take minutes."""

    READ = "read"
    WRITE = "write"
    TRANSFER = "transfer"


class Session:
    """
    A connection at one branch or commit, used by one holder at a time.

    Attributes:
        location: The file's path, for messages.
        is_open: False once it was closed.
    """

    def __init__(self, connection: driver.Connection, location: str, *, timeout_s: float) -> None:
        """
        Take a connection, which is closed with the session.

        Args:
            timeout_s: How long the origin of a lazy clone is waited for.
        """
        self._connection = connection
        self._timeout_s = timeout_s
        self.location = location
        self.is_open = True

    def rows(self, sql: str, params: Params | None = None) -> list[dict[str, Value]]:
        """Return the rows of a SELECT by column name."""
        names, rows = self.table(sql, params)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def table(
        self, sql: str, params: Params | None = None
    ) -> tuple[tuple[str, ...], list[tuple[Value, ...]]]:
        """Return column names and rows; names may repeat."""
        names, rows, _ = self._done(sql, params)
        return names, rows

    def values(self, sql: str, params: Params | None = None) -> list[Value]:
        """Return the first column."""
        return [row[0] for row in self.table(sql, params)[1]]

    def text(self, sql: str, params: Params | None = None) -> str:
        """Return the single value of a SELECT as text; "" for NULL."""
        value = self.values(sql, params)[0]
        return "" if value is None else str(value)

    def run(self, sql: str, params: Params | None = None) -> int:
        """Run one statement; return the number of rows that it changed."""
        return max(self._done(sql, params)[2], 0)

    def stream(self, sql: str, params: Params | None = None) -> Iterator[dict[str, Value]]:
        """Run a SELECT now, and yield its rows one at a time; close the session at the end."""
        return self._yield_rows(
            self._patiently(lambda: self._connection.execute(sql, params or _NO_PARAMS))
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the file's write lock; roll back whatever ``COMMIT`` has not ended."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._roll_back()

    def close(self) -> None:
        """Close the connection."""
        self.is_open = False
        with suppress(driver.Error):
            self._connection.close()

    def _done(
        self, sql: str, params: Params | None
    ) -> tuple[tuple[str, ...], list[tuple[Value, ...]], int]:
        """Run one statement to its end; return column names, rows, and how many it changed."""

        def run() -> tuple[tuple[str, ...], list[tuple[Value, ...]], int]:
            cursor = self._connection.execute(sql, params or _NO_PARAMS)
            if cursor.description is None:
                return (), [], cursor.rowcount
            names = tuple(column[0] for column in cursor.description)
            return names, cursor.fetchall(), cursor.rowcount

        return self._patiently(run)

    def _patiently(self, run: Callable[[], _Result]) -> _Result:
        try:
            began = self._connection.in_transaction
            return patiently(
                run,
                timeout_s=self._timeout_s,
                # What took its transaction with it is not to be repeated outside of it.
                unharmed=lambda: self._connection.in_transaction == began,
            )
        except driver.Error as error:
            raise translate(error, self.location) from error

    def _roll_back(self) -> None:
        try:
            self._connection.rollback()
        except driver.Error:
            # Closing rolls back too; the next holder opens a connection of its own.
            self.close()

    def _yield_rows(self, cursor: driver.Cursor) -> Iterator[dict[str, Value]]:
        names = [column[0] for column in cursor.description or ()]
        try:
            for row in cursor:
                yield dict(zip(names, row, strict=True))
        except driver.Error as error:
            raise translate(error, self.location) from error
        finally:
            cursor.close()
            self.close()


class _Seat:
    """A place in the pool: its lock, and its session while that is open."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.session: Session | None = None

    def close(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            session.close()


class Sessions:
    """
    The sessions of one database file, the least recently used closed first.

    A child process after ``os.fork`` leaves its parent's connections alone and opens its own.
    """

    def __init__(self, path: Path, *, timeout_s: float, lazy: bool) -> None:
        self.path = path
        self._timeout_s = timeout_s
        self._lazy = lazy
        self._begin()

    @contextmanager
    def use(self, place: str, use: Use = Use.READ) -> Iterator[Session]:
        """
        Hold the session at *place* (a branch or a commit hash), opened if need be.

        Raises:
            NotFound: There is no such place, or no database.
            Unavailable: Another thread held the session for too long.
        """
        seat = self._seat(place, use)
        if not seat.lock.acquire(timeout=max(self._timeout_s, _PATIENCE_S)):
            raise Unavailable(
                f"Another thread kept the database at {self.path} busy.", hint="repeat the command"
            )
        try:
            if seat.session is None or not seat.session.is_open:
                seat.session = self.open(place, read_only=use is Use.READ)
            yield seat.session
        finally:
            seat.lock.release()

    def open(self, place: str, *, read_only: bool = True) -> Session:
        """Return a new session that the caller closes."""
        if not self.path.is_file():
            raise NotFound(f"There is no database at {self.path} .", hint="wl create")
        try:
            connection = patiently(
                lambda: self._connect(place, read_only=read_only), timeout_s=self._timeout_s
            )
        except driver.Error as error:
            raise translate(error, str(self.path)) from error
        return Session(connection, str(self.path), timeout_s=self._timeout_s)

    def forget(self, place: str) -> None:
        """Close the sessions at *place*; one that is held just now goes when its holder does."""
        for use in Use:
            with self._lock:
                seat = self._seats.pop((place, use), None)
            if seat is not None and seat.lock.acquire(blocking=False):
                seat.close()
                seat.lock.release()

    def close(self) -> None:
        """Close all sessions; using the pool afterwards opens new ones."""
        self._leave_parent()
        for place, _ in list(self._seats):
            self.forget(place)

    def _connect(self, place: str, *, read_only: bool) -> driver.Connection:
        if not self._lazy:
            name = f"{self.path}/{place}"
            return driver.connect(
                name, timeout_s=self._timeout_s, read_only=read_only, create=False
            )
        # Reading a lazy clone stores what it fetches, so only SQL is kept from writing.
        uri = f"file:{quote(str(self.path))}/{quote(place)}?lazy_origin=1"
        connection = driver.connect(uri, uri=True, timeout_s=self._timeout_s, create=False)
        if read_only:
            connection.execute("PRAGMA query_only = 1")
        return connection

    def _seat(self, place: str, use: Use) -> _Seat:
        self._leave_parent()
        with self._lock:
            seat = self._seats.setdefault((place, use), _Seat())
            self._seats.move_to_end((place, use))
            if len(self._seats) > _KEPT:
                self._evict()
        return seat

    def _evict(self) -> None:
        """Close the oldest session that nobody holds."""
        for key, seat in self._seats.items():
            if seat.lock.acquire(blocking=False):
                del self._seats[key]
                seat.close()
                seat.lock.release()
                return

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._seats: OrderedDict[tuple[str, Use], _Seat] = OrderedDict()

    def _leave_parent(self) -> None:
        if os.getpid() != self._pid:
            self._begin()
