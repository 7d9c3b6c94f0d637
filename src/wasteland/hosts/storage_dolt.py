"""
Repositories of a local host that live on a Dolt server.

    <root>/.dolt-databases/    those of the host's own server, started at the first use
    <root>/.dolt-url           where they are, if somebody else runs the server, and what this host
                               is called there; holds no password

Each commons is a database there, each fork a prefix of branches in it. Imported only where it is
needed, as the MySQL driver takes time to load.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from ..engines.base import Engine
from ..engines.dolt import holdings
from ..engines.dolt.far import FarEngine, FarServer, read_url
from ..protocol.errors import Conflict, Unsupported
from .base import RepoName
from .storage import RawRemote, Storage
from .storage_server import DoltStorage, database_of

_OWN: Final = ".dolt-databases"
_NOTE: Final = ".dolt-url"


def open_storage(
    root: Path, *, program: str | None = None, url: str = "", password: str = ""
) -> Storage:
    """
    Return the storage of the host in *root*, which remembers the URL that it was given last.

    Args:
        root: The host's directory.
        program: The Dolt program, for a server of its own; None for the one on PATH.
        url: ``mysql://user@host:port`` of a server that somebody else runs.
        password: Of that user.
    Raises:
        Conflict: The host has databases on a server of its own.
        Invalid: The URL has another form, or holds a password.
        Unavailable: There is no such server, or it does not take the user.
        Unsupported: It cannot be used.
    """
    note = root / _NOTE
    noted, host = _read(note)
    known = read_url(url).url if url else noted
    if not known:
        return DoltStorage(root / _OWN, program)
    _refuse_own_databases(root / _OWN, known)
    storage = FarStorage(FarServer.reach(known, password), host or secrets.token_hex(16))
    if (known, storage.host) != (noted, host):
        _write(note, known, storage.host)
    return storage


class FarStorage(DoltStorage):
    """
    Repositories as databases of a server that somebody else runs, and other hosts may use too.

    Attributes:
        host: What this host is called on the server, in ``holdings``.
    """

    is_elsewhere = True
    _kind = FarEngine

    def __init__(self, server: FarServer, host: str) -> None:
        super().__init__(Path(os.devnull), None)
        self.location = server.location
        self.host = host
        self._server = server
        self._far = server

    def create(self, name: RepoName) -> None:
        """
        Make an empty database.

        Raises:
            Conflict: There is one of that name, of this host or of another.
        """
        database = database_of(name)
        if self._far.exists(database):
            raise Conflict(f"{self.location} has a database {database} already.", hint="wl list")
        with self._far.connect() as session:
            # First, so that a database is never without its note, whoever is killed.
            holdings.hold(session, database, self.host)
        super().create(name)

    def remove(self, name: RepoName) -> None:
        """Drop the database if this host has it."""
        if self.exists(name):
            super().remove(name)
            with self._far.connect() as session:
                holdings.let_go(session, database_of(name), self.host)

    def open(self, name: RepoName) -> Engine:
        """Return the engine; the server is asked for the database at the first time only."""
        with self._lock:
            return self._engines.get(name) or super().open(name)

    def exists(self, name: RepoName) -> bool:
        """Return whether there is a database, and this host has it."""
        database = database_of(name)
        if not self._far.exists(database):
            return False
        with self._far.connect() as session:
            return holdings.holder(session, database) == self.host

    def open_remote(self, name: RepoName, *, may_push: bool) -> RawRemote:
        """Raise Unsupported: the server's ports and users are not ours to open."""
        del may_push
        raise self._far.refuse(
            f"opens no port for raw dolt programs to {name}", "wl join clones it over the hub"
        )

    def close_remotes(self) -> bool:
        """Return False: nothing was opened."""
        return False

    def copy(self, name: RepoName, destination: Path) -> None:
        """Raise Unsupported: the server writes files where it runs."""
        del destination
        raise self._no_files(name)

    def take_copy(self, name: RepoName, source: Path) -> None:
        """Raise Unsupported: the server reads files where it runs."""
        del source
        raise self._no_files(name)

    def _no_files(self, name: RepoName) -> Unsupported:
        return self._far.refuse(
            f"copies {name} to no files of ours", "run dolt backup where the server runs"
        )


def _refuse_own_databases(own: Path, url: str) -> None:
    """Raise Conflict if a server of ours has databases, which another one would hide."""
    if next(own.glob("*/.dolt/noms"), None):
        raise Conflict(
            f"This host keeps Dolt databases in {own} , and they are not on {url} .",
            hint="use another host: WL_HOST",
        )


def _read(note: Path) -> tuple[str, str]:
    """Return the URL and what this host is called there; "" for what is not noted."""
    url, host, *_ = [*(note.read_text().split() if note.is_file() else []), "", ""]
    return url, host


def _write(note: Path, url: str, host: str) -> None:
    partial = note.with_suffix(".new")
    partial.write_text(f"{url}\n{host}\n")
    partial.replace(note)
