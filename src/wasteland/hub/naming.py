"""Names that are being given: one request at a time for each, so that slow ones delay no others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ..hosts.base import RepoName


class Names:
    """The names that repositories are being given just now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._users: Counter[str] = Counter()

    @contextmanager
    def held(self, repo: RepoName) -> Iterator[None]:
        """Keep others off *repo*, in whatever case they spell it, for a ``with`` block."""
        name = str(repo).casefold()
        with self._lock:
            self._users[name] += 1
            lock = self._locks.setdefault(name, threading.Lock())
        try:
            with lock:
                yield
        finally:
            with self._lock:
                self._users[name] -= 1
                if not self._users[name]:
                    del self._users[name], self._locks[name]
