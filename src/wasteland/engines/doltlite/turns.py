"""Turns: who may use a connection just now."""

import contextlib
import os
import threading
from collections import deque

from .exceptions import ProgrammingError
from .statements import Statement, StatementPool


class Turn:
    """
    Lets one thread at a time, of the process that opened it, use a connection.

    Entered again by the thread that has it, as by rows that are read while others are written.

    Attributes:
        is_open: False once the connection is closed.
    """

    def __init__(self, pool: StatementPool) -> None:
        self.is_open = True
        self._pool = pool
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._depth = 0
        self._orphans: deque[Statement] = deque()

    @property
    def is_foreign(self) -> bool:
        """Whether this is a forked child of the process that opened the connection."""
        return os.getpid() != self._pid

    @property
    def is_nested(self) -> bool:
        """Whether the thread that has it entered it more than once."""
        return self._depth > 1

    def give_later(self, statement: Statement) -> None:
        """
        Give *statement* of a forgotten cursor back as soon as it is safe.

        Finalisers run in any thread, in the middle of anything: perhaps in that of a call.
        """
        self._orphans.append(statement)
        with contextlib.suppress(ProgrammingError), self:
            pass  # entering gave it back, unless the connection is in use just now

    def __enter__(self) -> None:
        if os.getpid() != self._pid:
            raise ProgrammingError(
                "This connection was opened before a fork; open a new connection in the child."
            )
        if not self._lock.acquire(blocking=False):
            raise ProgrammingError("Another thread is using this connection.")
        if not self.is_open:
            self._lock.release()
            raise ProgrammingError("The connection is closed.")
        self._depth += 1
        if self._orphans and self._depth == 1:
            self._adopt()

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        self._lock.release()

    def _adopt(self) -> None:
        while self._orphans:
            self._pool.give(self._orphans.popleft())
