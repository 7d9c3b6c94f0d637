"""
A fair queue between processes and threads, in front of a database's lock.

The lock of the embedded engine polls, so that under a storm one process wins again and again and
others starve for over a second. Here everybody takes a numbered ticket (a file that its owner
keeps locked) and sleeps in the kernel until the ticket before it is let go. Locks die with their
process: nothing has to be cleaned up by hand after a kill, and there is no daemon.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..protocol.errors import Unavailable

PATIENCE_S = 30.0

_COUNTER = "lock"


class Queue:
    """
    First come, first served.

    Attributes:
        directory: Where the tickets lie; made when first needed.
        name: What is waited for, for messages.
        timeout_s: How long a turn waits before it gives up.
    """

    def __init__(self, directory: Path, name: str, *, timeout_s: float = PATIENCE_S) -> None:
        self.directory = directory
        self.name = name
        self.timeout_s = timeout_s

    @contextmanager
    def turn(self) -> Iterator[None]:
        """
        Wait for our turn and keep it for the length of the ``with`` block. Turns do not nest.

        Raises:
            Unavailable: Somebody kept us waiting for longer than ``timeout_s``.
        """
        ticket, earlier = self._take()
        try:
            self._wait_for(earlier)
            yield
        finally:
            self._let_go(ticket)

    def of_branch(self, branch: str) -> Queue:
        """Return the queue of one branch, which some others share: there are 256 at most."""
        number = f"{zlib.crc32(branch.encode()) % 256:02x}"
        directory = self.directory / "branches" / number
        return Queue(directory, f"{branch} of {self.name}", timeout_s=self.timeout_s)

    def waiting(self) -> list[int]:
        """Return the tickets that lie here, oldest first: the holder, then those who wait."""
        try:
            names = [entry.name for entry in self.directory.iterdir()]
        except FileNotFoundError:
            return []
        return sorted(int(name) for name in names if name.isdecimal())

    def _take(self) -> tuple[_Ticket, list[int]]:
        """Return a new ticket and the numbers before it."""
        counter = self._open_counter()
        try:
            fcntl.flock(counter, fcntl.LOCK_EX)
            earlier = self.waiting()
            # A number is never given twice while anybody waits for it: those who wait have
            # tickets themselves, with higher numbers.
            number = earlier[-1] + 1 if earlier else 1
            return _Ticket.create(self._path(number)), earlier
        finally:
            os.close(counter)

    def _open_counter(self) -> int:
        path = self.directory / _COUNTER
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def _wait_for(self, earlier: list[int]) -> None:
        """
        Return once none of *earlier* is alive.

        The newest goes first: when it has had its turn, so have the others and their files are
        gone. When it died or gave up while waiting, those before it are still to be waited for.
        """
        deadline = time.monotonic() + self.timeout_s
        for number in reversed(earlier):
            path = self._path(number)
            if not _wait_until_free(path, deadline - time.monotonic()):
                raise self._kept_waiting()
            # Left behind by a process that died; already gone in all other cases.
            path.unlink(missing_ok=True)

    def _let_go(self, ticket: _Ticket) -> None:
        self._path(ticket.number).unlink(missing_ok=True)
        ticket.close()

    def _path(self, number: int) -> Path:
        return self.directory / str(number)

    def _kept_waiting(self) -> Unavailable:
        holder = self._holder()
        return Unavailable(
            f"{self.name} is busy: process {holder or 'unknown'} did not finish its change within "
            f"{self.timeout_s:g} s.",
            hint="repeat the command; wl doctor if it stays busy",
            holder=holder,
        )

    def _holder(self) -> int | None:
        """Return the process that has its turn, None if that cannot be told any more."""
        with suppress(OSError, ValueError, IndexError):
            return int(self._path(self.waiting()[0]).read_text())
        return None


class _Ticket:
    """A locked file that holds its owner's process id."""

    def __init__(self, number: int, descriptor: int) -> None:
        self.number = number
        self._descriptor = descriptor

    @classmethod
    def create(cls, path: Path) -> _Ticket:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.write(descriptor, str(os.getpid()).encode())
        except OSError:
            os.close(descriptor)
            raise
        return cls(int(path.name), descriptor)

    def close(self) -> None:
        # Unlocked by hand: a child that was forked meanwhile still has the descriptor.
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)


def _wait_until_free(path: Path, timeout_s: float) -> bool:
    """Return whether the ticket at *path* was let go, or its owner died, within the time."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _sleep_on(descriptor, timeout_s)
    os.close(descriptor)
    return True


def _sleep_on(descriptor: int, timeout_s: float) -> bool:
    """
    Return whether *descriptor* could be locked within the time; it is closed in the end.

    The kernel wakes a blocked lock at once but knows no time-out, so a thread blocks for us; when
    we give up, it ends by itself as soon as the lock is free.
    """
    free = threading.Event()

    def block() -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.close(descriptor)
        free.set()

    threading.Thread(target=block, name="wl-queue", daemon=True).start()
    return free.wait(max(timeout_s, 0))
