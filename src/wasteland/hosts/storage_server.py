"""
Repositories of a local host that live on a Dolt server of its own.

Each commons is a database there, each fork a prefix of branches in it.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ..engines.base import Engine
from ..engines.dolt.connections import fetch
from ..engines.dolt.engine import DoltEngine
from ..engines.dolt.errors import translated
from ..engines.dolt.names import database_name
from ..engines.dolt.raw_users import Right, drop_raw_users, raw_user
from ..engines.dolt.server import Server
from ..protocol.errors import NotFound
from .base import RepoName
from .storage import RawRemote, Storage

_FORKS: Final = "fork/"
_COPY: Final = "CALL dolt_backup('sync-url', %s)"
_TAKE_COPY: Final = "CALL dolt_backup('restore', %s, %s)"


class DoltStorage(Storage):
    """
    Repositories as databases of one server.

    Attributes:
        data_dir: The server's directory.
        location: Where they are, for messages.
    """

    _kind: type[DoltEngine] = DoltEngine

    def __init__(self, data_dir: Path, program: str | None) -> None:
        self.data_dir = data_dir
        self.location = str(data_dir)
        self._program = program
        self._server: Server | None = None
        self._engines: dict[RepoName, Engine] = {}
        self._lock = threading.RLock()

    def create(self, name: RepoName) -> None:
        """Make an empty database."""
        self._kind.create(self._attached(), database_of(name)).close()

    def open(self, name: RepoName) -> Engine:
        """Return the engine on the repository's database."""
        if not self.exists(name):
            raise NotFound(f"The database of {name} is missing in {self.location} .")
        with self._lock:
            if name not in self._engines:
                self._engines[name] = self._kind(
                    self._attached(), database_of(name), hidden_prefix=_FORKS
                )
            return self._engines[name]

    def open_fork(self, name: RepoName, upstream: RepoName) -> Engine:
        """Return the view of the fork's branches."""
        with self._lock:
            if name not in self._engines:
                self._engines[name] = self._kind(
                    self._attached(), database_of(upstream), branch_prefix=_prefix(name)
                )
            return self._engines[name]

    def exists(self, name: RepoName) -> bool:
        """Return whether there is a database."""
        return (self.data_dir / database_of(name)).is_dir()

    def remove(self, name: RepoName) -> None:
        """Drop the database."""
        self._forget(name)
        if self.exists(name):
            self._kind(self._attached(), database_of(name)).drop()

    def remove_fork(self, name: RepoName, upstream: RepoName) -> None:
        """Drop the fork's branches."""
        view = self.open_fork(name, upstream)
        for branch in view.branches():
            if branch.name != "main":
                view.delete_branch(branch.name)
        self._forget(name)

    def open_remote(self, name: RepoName, *, may_push: bool) -> RawRemote:
        """Open the server's port for raw ``dolt`` programs, with a user for them."""
        self.open(name)
        server = self._attached()
        server.open_remotes()
        user = raw_user(server, Right.PUSH if may_push else Right.READ)
        return RawRemote(server.remote_url(database_of(name)), user.name, user.password_file)

    def close_remotes(self) -> bool:
        """Close the server's port for raw ``dolt`` programs, and drop their users."""
        server = self._attached()
        drop_raw_users(server)
        return server.close_remotes()

    def copy(self, name: RepoName, destination: Path) -> None:
        """Let the server copy the database with all branches, those of forks too, to a folder."""
        self.open(name)
        with translated(), self._attached().connect(database_of(name)) as session:
            fetch(session, _COPY, (_url(destination),))

    def take_copy(self, name: RepoName, source: Path) -> None:
        """Let the server make the database anew."""
        with translated(), self._attached().connect() as session:
            fetch(session, _TAKE_COPY, (_url(source), database_of(name)))

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


def database_of(name: RepoName) -> str:
    """Return the database that holds a commons."""
    return database_name(name.owner, name.name)


def _prefix(fork: RepoName) -> str:
    return f"{_FORKS}{fork.owner}/"


def _url(folder: Path) -> str:
    return f"file://{quote(str(folder))}"
