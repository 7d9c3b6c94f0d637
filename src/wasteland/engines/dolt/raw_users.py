"""
Users of a Dolt server for raw ``dolt`` programs: one that reads, one that pushes.

Dolt opens the port of these programs on every network interface of the machine and without TLS.
So these users are taken from this machine alone, and their passwords are files that only the owner
of the data directory can read. Dolt has no smaller right for pushing than to do anything with all
databases of the server; the reader can clone them all, and run no SQL.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

from .connections import fetch
from .datadir import DataDir
from .errors import translated
from .server import Server
from .signing_in import Session

_DROP: Final = "DROP USER IF EXISTS %s@'127.0.0.1'"
_CREATE: Final = "CREATE USER IF NOT EXISTS %s@'127.0.0.1' IDENTIFIED BY %s"
_GRANT: Final = "GRANT {} ON *.* TO %s@'127.0.0.1'"


class Right(Enum):
    """What a raw ``dolt`` program may do: the user for it, and the privilege that Dolt asks for."""

    READ = ("wl_read", "CLONE_ADMIN")
    PUSH = ("wl_push", "SUPER")

    @property
    def user(self) -> str:
        """Name of the user."""
        return self.value[0]

    @property
    def privilege(self) -> str:
        """Privilege in Dolt's words."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class RawUser:
    """
    What ``dolt --user`` and DOLT_REMOTE_PASSWORD take.

    Attributes:
        name: Of the user.
        password_file: Holds the password and nothing else.
    """

    name: str
    password_file: Path


def raw_user(server: Server, right: Right) -> RawUser:
    """
    Return the user with *right*, made if there is none; its password stays the same.

    Raises:
        Unavailable: The server does not answer.
    """
    directory = DataDir(server.data_dir)
    file = directory.password_file(right.user)
    with translated(), server.connect() as session, directory.lock():
        if not file.exists():
            fetch(session, _DROP, (right.user,))
            _write_secret(file)
        _create(session, right, file.read_text())
    return RawUser(right.user, file)


def drop_raw_users(server: Server) -> None:
    """
    Drop both users; who is made later gets a new password.

    Raises:
        Unavailable: The server does not answer.
    """
    directory = DataDir(server.data_dir)
    with translated(), server.connect() as session, directory.lock():
        for right in Right:
            fetch(session, _DROP, (right.user,))
            directory.password_file(right.user).unlink(missing_ok=True)


def _create(session: Session[Any], right: Right, password: str) -> None:
    fetch(session, _CREATE, (right.user, password))
    fetch(session, _GRANT.format(right.privilege), (right.user,))


def _write_secret(file: Path) -> None:
    partial = file.with_suffix(".new")
    partial.unlink(missing_ok=True)
    # Readable by its owner alone from the first moment on.
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as opened:
        opened.write(secrets.token_urlsafe(32))
    partial.replace(file)
