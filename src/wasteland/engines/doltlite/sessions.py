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
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ...protocol.errors import NotFound, Unavailable
from . import driver
from .errors import translate
from .origins import patiently
from .session import Session

_KEPT: Final = 8
_PATIENCE_S: Final = 30.0
"""
How long a thread waits for its turn to read, as it would in a host's queue to write.

Readers share the interpreter's lock besides: of sixty-four on two cores, some waited for fourteen
seconds, and four sessions in place of one made none of them faster.
"""


class Use(Enum):
    """What a connection is for. Transfers have their own, as they may take minutes."""

    READ = "read"
    WRITE = "write"
    TRANSFER = "transfer"


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
        # Writers have waited in the host's queue before.
        patience_s = max(self._timeout_s, _PATIENCE_S) if use is Use.READ else self._timeout_s
        if not seat.lock.acquire(timeout=patience_s):
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
