"""The connections of one engine: lent one at a time, set to a ref, kept for the next use."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import pymysql

from ...protocol.errors import EngineError, NotFound, Unavailable
from ...protocol.schema import Row, Value
from ..sql import quoted
from .errors import translated
from .server import Server
from .signing_in import Session

_KEPT: Final = 4

Rows = list[dict[str, Value]]


class Connections:
    """
    Connections to one database.

    Attributes:
        server: Where they lead.
        database: Its name.
    """

    def __init__(self, server: Server, database: str) -> None:
        self.server = server
        self.database = database
        self._idle: list[Session[Any]] = []
        self._guard = threading.Lock()
        self._process = os.getpid()

    @contextmanager
    def at(
        self, ref: str = "", *, otherwise: Callable[[], str] | None = None
    ) -> Iterator[Session[Any]]:
        """
        Lend a connection that reads *ref* (branch or commit hash; "" for the default branch).

        It is in autocommit mode, so each statement sees the newest head. If *ref* is neither
        branch nor commit, *otherwise* is asked for the commit that it names.

        Raises:
            NotFound: No such ref.
            Unavailable: The server does not answer.
        """
        session = self._take_at(ref, otherwise)
        try:
            with translated():
                yield session
        except BaseException:
            self._drop(session)
            raise
        self._give_back(session)

    @contextmanager
    def apart(self, ref: str, *, otherwise: Callable[[], str]) -> Iterator[Session[Any]]:
        """Lend a connection as ``at``, and close it, whatever is still to be read."""
        session = self._take_at(ref, otherwise)
        try:
            with translated():
                yield session
        finally:
            self._drop(session)

    @contextmanager
    def writing(self, branch: str, *, timeout_s: float) -> Iterator[Session[Any]]:
        """
        Lend a connection on *branch* that no other engine of ours writes to meanwhile.

        The lock is the server's (GET_LOCK), so it holds between processes and ends with the
        connection; other programs do not know it.

        Raises:
            NotFound: No such branch.
            Unavailable: Another writer held the lock for longer than *timeout_s*.
        """
        name = _lock_name(self.database, branch)
        with self.at(branch) as session:
            if fetch(session, "SELECT GET_LOCK(%s, %s) AS got", (name, timeout_s))[0]["got"] != 1:
                raise Unavailable(
                    f"Another writer held {self.database} {branch} for over {timeout_s:g} seconds.",
                    hint="repeat the command",
                )
            yield session
            fetch(session, "SELECT RELEASE_LOCK(%s) AS released", (name,))

    def close(self) -> None:
        """Close what is idle."""
        with self._guard:
            idle, self._idle = self._idle, []
        for session in idle:
            self._drop(session)

    def _take_at(self, ref: str, otherwise: Callable[[], str] | None) -> Session[Any]:
        try:
            return self._take(f"{self.database}/{ref}" if ref else self.database)
        except NotFound:
            if otherwise is None:
                raise
            return self._take(f"{self.database}/{otherwise()}")

    def _take(self, database: str) -> Session[Any]:
        self._leave_to_parent()
        while True:
            with self._guard:
                session = self._idle.pop() if self._idle else None
            if session is None:
                return self.server.connect(database)
            try:
                # Also tells whether the connection still stands.
                with translated(), session.cursor() as cursor:
                    cursor.execute(f"USE {quoted(database)}")
            except NotFound:
                self._give_back(session)
                raise
            except EngineError:
                self._drop(session)
            else:
                return session

    def _leave_to_parent(self) -> None:
        """After a fork, forget the connections that the parent process goes on using."""
        if os.getpid() != self._process:
            self._process = os.getpid()
            self._guard = threading.Lock()
            for session in self._idle:
                session._force_close()  # type: ignore[attr-defined]  # noqa: SLF001  says no word
            self._idle = []

    def _give_back(self, session: Session[Any]) -> None:
        with self._guard:
            if len(self._idle) < _KEPT:
                self._idle.append(session)
                return
        self._drop(session)

    @staticmethod
    def _drop(session: Session[Any]) -> None:
        with suppress(pymysql.MySQLError, OSError):
            session.close()


def fetch(
    session: Session[Any], sql: str, params: Mapping[str, Value] | Sequence[Value] = ()
) -> Rows:
    """Run *sql*, written for the driver, and return its rows."""
    with session.cursor(pymysql.cursors.DictCursor) as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def run(session: Session[Any], sql: str, params: Row | None = None) -> int:
    """Run *sql*, written for the driver, and return the number of rows that it found."""
    with session.cursor() as cursor:
        return int(cursor.execute(sql, params or {}))


def _lock_name(database: str, branch: str) -> str:
    # 64 characters is all that a lock's name may have.
    return "wl-" + hashlib.sha256(f"{database}/{branch}".encode()).hexdigest()[:40]
