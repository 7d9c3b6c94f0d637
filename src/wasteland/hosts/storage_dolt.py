"""
Repositories of a local host that live on a Dolt server.

One server for each host, started at the first use; each commons is a database there, each fork a
prefix of branches in it. Imported only where it is needed, as the MySQL driver takes time to load.
"""

from __future__ import annotations

import threading
from pathlib import Path

from ..engines.base import Engine
from ..engines.dolt.engine import DoltEngine
from ..engines.dolt.names import database_name
from ..engines.dolt.server import Server
from ..protocol.errors import NotFound
from .base import RepoName
from .storage import Storage

_FORKS = "fork/"


class DoltStorage(Storage):
    """
    Repositories as databases of one server.

    Attributes:
        data_dir: The server's directory.
    """

    def __init__(self, data_dir: Path, program: str | None) -> None:
        self.data_dir = data_dir
        self._program = program
        self._server: Server | None = None
        self._engines: dict[RepoName, Engine] = {}
        self._lock = threading.RLock()

    def create(self, name: RepoName) -> None:
        """Make an empty database."""
        DoltEngine.create(self._attached(), _database(name)).close()

    def open(self, name: RepoName) -> Engine:
        """Return the engine on the repository's database."""
        if not self.exists(name):
            raise NotFound(f"The database of {name} is missing in {self.data_dir} .")
        with self._lock:
            if name not in self._engines:
                self._engines[name] = DoltEngine(
                    self._attached(), _database(name), hidden_prefix=_FORKS
                )
            return self._engines[name]

    def open_fork(self, name: RepoName, upstream: RepoName) -> Engine:
        """Return the view of the fork's branches."""
        with self._lock:
            if name not in self._engines:
                self._engines[name] = DoltEngine(
                    self._attached(), _database(upstream), branch_prefix=_prefix(name)
                )
            return self._engines[name]

    def exists(self, name: RepoName) -> bool:
        """Return whether there is a database."""
        return (self.data_dir / _database(name)).is_dir()

    def remove(self, name: RepoName) -> None:
        """Drop the database."""
        self._forget(name)
        if self.exists(name):
            DoltEngine(self._attached(), _database(name)).drop()

    def remove_fork(self, name: RepoName, upstream: RepoName) -> None:
        """Drop the fork's branches."""
        view = self.open_fork(name, upstream)
        for branch in view.branches():
            if branch.name != "main":
                view.delete_branch(branch.name)
        self._forget(name)

    def close(self) -> None:
        """Close all engines; the server ends by itself when nobody uses it."""
        with self._lock:
            for name in list(self._engines):
                self._forget(name)

    def _attached(self) -> Server:
        with self._lock:
            if self._server is None:
                self._server = Server.attach(self.data_dir, program=self._program)
            return self._server

    def _forget(self, name: RepoName) -> None:
        with self._lock:
            if engine := self._engines.pop(name, None):
                engine.close()


def _database(name: RepoName) -> str:
    return database_name(name.owner, name.name)


def _prefix(fork: RepoName) -> str:
    return f"{_FORKS}{fork.owner}/"
