"""
Where a local host keeps its repositories, and the engines open on them.

    <root>/<owner>/<name>.db    a DoltLite repository, or a fork's lazy clone of one

Repositories on Dolt are in ``storage_dolt``.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from pathlib import Path
from typing import Final

from ..engines.base import Engine
from ..engines.doltlite.engine import DoltLiteEngine
from ..protocol.errors import Invalid, NotFound
from .base import RepoName
from .forks import ForkEngine

OPEN_FORKS: Final = 32
"""How many forks of a host keep their files open; each takes up to nine descriptors."""


class Storage(ABC):
    """Repositories of one engine."""

    @abstractmethod
    def create(self, name: RepoName) -> None:
        """
        Make an empty repository.

        Raises:
            Conflict: There is one.
        """

    @abstractmethod
    def open(self, name: RepoName) -> Engine:
        """
        Return the engine of a repository.

        Raises:
            NotFound: There is no database of that name.
        """

    @abstractmethod
    def open_fork(self, name: RepoName, upstream: RepoName) -> Engine:
        """Return the engine of a fork, which need not have been written yet."""

    @abstractmethod
    def exists(self, name: RepoName) -> bool:
        """Return whether there is a database of that name."""

    @abstractmethod
    def remove(self, name: RepoName) -> None:
        """Delete the database of that name; a missing one is no error."""

    @abstractmethod
    def remove_fork(self, name: RepoName, upstream: RepoName) -> None:
        """Delete what a fork has written."""

    @abstractmethod
    def close(self) -> None:
        """Close all engines."""


class DoltLiteStorage(Storage):
    """
    Repositories as files.

    Attributes:
        root: The host's directory, absolute.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._engines: dict[RepoName, Engine] = {}
        self._recent: OrderedDict[RepoName, Engine] = OrderedDict()
        self._lock = threading.RLock()

    def create(self, name: RepoName) -> None:
        """Make an empty database file."""
        path = self._path(name)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        DoltLiteEngine.create(path).close()

    def open(self, name: RepoName) -> Engine:
        """Return the engine on the repository's file."""
        path = self._path(name)
        if not path.is_file():
            raise NotFound(f"The file of {name} is missing: {path} .", hint="wl doctor")
        with self._lock:
            return self._engines.get(name) or self._keep(name, DoltLiteEngine(path))

    def open_fork(self, name: RepoName, upstream: RepoName) -> Engine:
        """Return the engine that reads upstream until the fork is written."""
        path = self._path(name)
        with self._lock:
            engine = self._engines.get(name) or self._keep(
                name, ForkEngine(path, self.open(upstream), self._path(upstream))
            )
            idle = self._note_use(name, engine)
        # Outside the lock, because closing waits for whoever is using the engine.
        if idle is not None:
            idle.close()
        return engine

    def exists(self, name: RepoName) -> bool:
        """Return whether there is a file."""
        return self._path(name).exists()

    def remove(self, name: RepoName) -> None:
        """Delete the file, and those that the engine keeps beside it."""
        path = self._path(name)
        with self._lock:
            self._recent.pop(name, None)
            if engine := self._engines.pop(name, None):
                engine.close()
        for beside in (path.name, f".{path.name}-lock", f"{path.name}-gc-tmp"):
            path.with_name(beside).unlink(missing_ok=True)

    def remove_fork(self, name: RepoName, upstream: RepoName) -> None:
        """Delete the fork's file; *upstream* is not touched."""
        del upstream
        self.remove(name)

    def close(self) -> None:
        """Close all engines."""
        with self._lock:
            for engine in self._engines.values():
                engine.close()
            self._engines.clear()
            self._recent.clear()

    def _note_use(self, name: RepoName, engine: Engine) -> Engine | None:
        """Return the fork to be closed, the one that was not asked for longest; it may reopen."""
        self._recent[name] = engine
        self._recent.move_to_end(name)
        return self._recent.popitem(last=False)[1] if len(self._recent) > OPEN_FORKS else None

    def _keep(self, name: RepoName, engine: Engine) -> Engine:
        self._engines[name] = engine
        return engine

    def _path(self, name: RepoName) -> Path:
        """
        Return the file of *name*.

        Raises:
            Invalid: A symbolic link, or the name itself, leads out of the host's directory.
        """
        path = self.root / name.owner / f"{name.name}.db"
        if path.resolve() != path:
            raise Invalid(
                f"{name} does not lie in {self.root} : a symbolic link leads out of it.",
                field="commons",
                value=str(name),
            )
        return path
