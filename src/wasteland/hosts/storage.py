"""
Where a local host keeps its repositories, and the engines open on them.

    <root>/<owner>/<name>.db    a DoltLite repository, or a fork's lazy clone of one

Repositories on Dolt are in ``storage_dolt``.
"""

from __future__ import annotations

import shutil
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ..engines.base import Engine
from ..engines.doltlite import driver
from ..engines.doltlite.engine import DoltLiteEngine
from ..engines.doltlite.errors import translate
from ..protocol.errors import Conflict, Invalid, NotFound
from ..protocol.lean import dataclass
from .base import RepoName
from .forks import ForkEngine

OPEN_FORKS: Final = 32
"""How many forks of a host keep their files open; each takes up to nine descriptors."""
_COPY_PATIENCE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class RawRemote:
    """
    How programs other than ours reach a repository's database.

    Attributes:
        url: As the engine's own clone takes it.
        user: Whom the program must name; "" where files are opened.
        password_file: Holds that user's password and nothing else; None where none is asked for.
    """

    url: str
    user: str = ""
    password_file: Path | None = None


class Storage(ABC):
    """Repositories of one engine."""

    is_elsewhere: bool = False
    """Whether the databases are on a server that somebody else runs, and copies."""

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
    def open_remote(self, name: RepoName, *, may_push: bool) -> RawRemote:
        """
        Let programs other than ours reach a repository, and return how.

        Raises:
            Unsupported: The server of the database can open no port for them.
        """

    @abstractmethod
    def close_remotes(self) -> bool:
        """Keep other programs out of all repositories; return whether they were let in."""

    @abstractmethod
    def copy(self, name: RepoName, destination: Path) -> None:
        """
        Copy a repository, or what a fork has written, to *destination* while others write.

        The copy is the repository as it was at one moment.

        Raises:
            NotFound: There is no database of that name.
        """

    @abstractmethod
    def take_copy(self, name: RepoName, source: Path) -> None:
        """
        Make a repository out of what ``copy`` has left at *source*.

        Raises:
            Conflict: There is one of that name.
        """

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
        if _is_empty(path):
            path.unlink()
        DoltLiteEngine.create(path).close()

    def open(self, name: RepoName) -> Engine:
        """Return the engine on the repository's file."""
        path = self._path(name)
        if not path.is_file():
            raise NotFound(f"The file of {name} is missing: {path} .", hint="wl doctor")
        if _is_empty(path):
            raise NotFound(
                f"The file of {name} is empty: its creation was interrupted, or it was cut short.",
                hint=f"restore {path} from a backup; if it never held anything: wl create {name}",
            )
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
        """Return whether there is a file that holds anything."""
        path = self._path(name)
        return path.exists() and not _is_empty(path)

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

    def open_remote(self, name: RepoName, *, may_push: bool) -> RawRemote:
        """Return the file's address: its permissions say who may read and who may push."""
        del may_push
        return RawRemote(f"file://{self._path(name)}")

    def close_remotes(self) -> bool:
        """Return False: nothing was opened."""
        return False

    def copy(self, name: RepoName, destination: Path) -> None:
        """Copy the file, which only grows at its end, while we hold its write lock."""
        path = self._path(name)
        if not path.is_file():
            raise NotFound(f"The file of {name} is missing: {path} .", hint="wl doctor")
        with _write_locked(path):
            shutil.copyfile(path, destination)
        destination.chmod(0o600)

    def take_copy(self, name: RepoName, source: Path) -> None:
        """Copy the file to its place."""
        path = self._path(name)
        if path.exists():
            raise Conflict(f"There is already a file {path} .", path=str(path))
        path.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(source, path)
        path.chmod(0o600)

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


@contextmanager
def _write_locked(path: Path) -> Iterator[None]:
    """Keep writers and the garbage collector off a file, whole or lazy, also a dirty one."""
    uri = f"file:{quote(str(path))}?lazy_origin=1"
    try:
        with driver.connect(uri, uri=True, timeout_s=_COPY_PATIENCE_S, create=False) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
    except driver.Error as error:
        raise translate(error, str(path)) from error


def _is_empty(path: Path) -> bool:
    """Return whether *path* is what a creation leaves that was killed before its first write."""
    return path.is_file() and path.stat().st_size == 0
