"""
The directory of a Dolt server: its databases, and the small files that say who serves it.

    <data>/<database>/.dolt         one database
    <data>/.dolt/sql-server.info    Dolt's own word: process id, port and the local user's password
    <data>/.wasteland/              ours: lock, state of the server that we started, its log
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from ...protocol.errors import Unavailable
from .process import Process


@dataclass(frozen=True, slots=True)
class Info:
    """
    What a running Dolt server writes about itself, readable by its owner alone.

    Attributes:
        secret: The password of Dolt's local user; new at each start, so a server that takes it
            is the one that wrote it.
    """

    pid: int
    port: int
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class State:
    """
    The server that we started.

    Attributes:
        server: The Dolt process.
        supervisor: The process of ours that holds it.
        directory: Identity of the data directory, so that a copy of it does not claim the server.
        remotes_port: Where raw ``dolt`` programs find it; None if that was not asked for.
    """

    server: Process
    supervisor: Process
    directory: str
    remotes_port: int | None = None


class DataDir:
    """
    A directory of databases.

    Attributes:
        path: Absolute.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._own = self.path / ".wasteland"

    @property
    def identity(self) -> str:
        """What stays the same when the directory is moved and differs when it is copied."""
        found = self.path.stat()
        return f"{found.st_dev}:{found.st_ino}"

    @property
    def log(self) -> Path:
        """The server's log, begun anew at each start."""
        return self._own / "server.log"

    @property
    def config(self) -> Path:
        """The configuration that we start the server with."""
        return self._own / "server.yaml"

    @property
    def home(self) -> Path:
        """What the server takes for its user's home, so that the real one stays untouched."""
        return self._own / "home"

    @property
    def wanted_remotes_port(self) -> int | None:
        """The port that raw ``dolt`` programs have been told, None if they are to have none."""
        try:
            return int(self._remotes_file.read_text())
        except (OSError, ValueError):
            return None

    def want_remotes_port(self, port: int | None) -> None:
        """Record at which port each later start serves raw ``dolt`` programs; None for none."""
        if port is None:
            self._remotes_file.unlink(missing_ok=True)
        else:
            self._replace(self._remotes_file, str(port))

    def password_file(self, user: str) -> Path:
        """Return the file that holds the password of a user for raw ``dolt`` programs."""
        return self._own / f"{user}.password"

    def prepare(self) -> None:
        """Make the directories, ours closed to other users."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._own.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def lock(self, timeout_s: float = 60.0) -> Iterator[None]:
        """
        Keep all others from starting and stopping the server meanwhile.

        Raises:
            Unavailable: Somebody held it for longer than *timeout_s*.
        """
        with (self._own / "lock").open("a") as file:
            _wait_for_lock(file, timeout_s)
            yield

    def info(self) -> Info | None:
        """Return Dolt's own word, None if there is none or it cannot be read."""
        try:
            pid, port, secret = self._info_file.read_text().split(":")
            return Info(int(pid), int(port), secret.strip())
        except (OSError, ValueError):
            return None

    def drop_unreadable_info(self) -> None:
        """Remove what a crash left of Dolt's own word; Dolt does not start beside it."""
        if self.info() is None:
            self._info_file.unlink(missing_ok=True)

    def state(self) -> State | None:
        """Return the server that we started for this very directory, None if we started none."""
        try:
            data = json.loads(self._state_file.read_text())
            server, supervisor = Process(**data.pop("server")), Process(**data.pop("supervisor"))
            state = State(server, supervisor, **data)
            identity = self.identity
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return state if state.directory == identity else None

    def write_state(self, state: State) -> None:
        """Record the server that we have started."""
        self._replace(self._state_file, json.dumps(asdict(state)))

    def forget_state(self) -> None:
        """Record that our server has ended."""
        self._state_file.unlink(missing_ok=True)

    def touch(self) -> None:
        """Note that the server is in use now."""
        if self._state_file.exists():
            os.utime(self._state_file)

    def unused_s(self) -> float | None:
        """Return the seconds since the last use, None if the record of our server is gone."""
        try:
            return max(0.0, time.time() - self._state_file.stat().st_mtime)
        except OSError:
            return None

    def log_tail(self, lines: int = 5) -> str:
        """Return the last lines of the server's log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    @property
    def _info_file(self) -> Path:
        return self.path / ".dolt" / "sql-server.info"

    @property
    def _state_file(self) -> Path:
        return self._own / "server.json"

    @property
    def _remotes_file(self) -> Path:
        return self._own / "remotes-port"

    @staticmethod
    def _replace(path: Path, text: str) -> None:
        """Write *path* whole or not at all; the caller holds the lock."""
        partial = path.with_suffix(".new")
        partial.write_text(text)
        partial.replace(path)


def _wait_for_lock(file: IO[str], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"Another process has been starting or stopping the Dolt server of "
                    f"{Path(file.name).parent.parent} for over {timeout_s:.0f} seconds.",
                ) from error
            time.sleep(0.01)
        else:
            return
