"""
The Dolt server of one data directory: found there, or started.

A server is known by its directory, never by a port: Dolt leaves its process id, port and the
local user's password there, and whoever takes that password is the server that wrote it. One that
somebody else started is used and never stopped. One of ours outlives the command that started it,
is found again by the next, and is ended by ``stop`` or, unused for a while, by its supervisor.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pymysql

from ...protocol.errors import EngineError, Unavailable, Unsupported
from .datadir import DataDir, Info, State
from .errors import translated
from .process import Process, identify, is_dolt_server, working_directory
from .program import check_version, find_program
from .session import LOCAL_USER, Session, open_session

IDLE_S: Final = 15 * 60.0
_STOP_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Wish:
    """How a server is to be started if there is none."""

    program: str | None
    with_remotes: bool
    idle_s: float


@dataclass(frozen=True, slots=True)
class _Found:
    """A server that runs; ``state`` is None if somebody else started it."""

    info: Info
    state: State | None
    version: str


class Server:
    """
    A running Dolt server, from ``Server.attach``.

    Attributes:
        data_dir: Absolute; holds one subfolder for each database.
    """

    def __init__(self, directory: DataDir, found: _Found, wish: _Wish) -> None:
        self.data_dir = directory.path
        self._directory = directory
        self._found = found
        self._wish = wish

    @classmethod
    def attach(
        cls,
        data_dir: Path,
        *,
        program: str | None = None,
        with_remotes: bool = False,
        idle_s: float = IDLE_S,
    ) -> Server:
        """
        Return the server that serves *data_dir*; start one if there is none.

        Args:
            data_dir: Made if it does not exist.
            program: The ``dolt`` to start; else the one on PATH.
            with_remotes: Open a port for raw ``dolt clone`` as well.
            idle_s: How long a server of ours stays without use.

        Raises:
            Unsupported: No ``dolt`` program, too old a one, or it runs without the wanted port.
            Unavailable: It does not start, for one because a server that serves another
                directory holds a database of this one.
        """
        directory = DataDir(data_dir)
        wish = _Wish(program, with_remotes, idle_s)
        return cls(directory, _attach(directory, wish), wish)

    @property
    def port(self) -> int:
        """Of the MySQL protocol, on 127.0.0.1; another one after the server began anew."""
        return self._found.info.port

    @property
    def pid(self) -> int:
        """Of the Dolt process."""
        return self._found.info.pid

    @property
    def version(self) -> str:
        """Dolt's."""
        return self._found.version

    @property
    def is_ours(self) -> bool:
        """Whether we started it, in this process or another."""
        return self._found.state is not None

    @property
    def remote_user(self) -> tuple[str, str]:
        """Name and password that ``dolt clone --user`` and DOLT_REMOTE_PASSWORD take."""
        return LOCAL_USER, self._found.info.secret

    def remote_url(self, database: str) -> str:
        """
        Return the URL under which raw ``dolt clone`` finds *database*.

        Raises:
            Unsupported: The server has no port for it.
        """
        state = self._found.state
        if state is None or state.remotes_port is None:
            raise _no_remotes(self._directory)
        return f"http://127.0.0.1:{state.remotes_port}/{database}"

    def connect(self, database: str | None = None) -> Session[Any]:
        """
        Return a new connection; a server that ended meanwhile is started again first.

        Args:
            database: A database, or ``database/ref``.

        Raises:
            NotFound: No such database or ref.
            Unavailable: The server does not answer.
        """
        try:
            return self._connect(database)
        except Unavailable:
            self._found = _attach(self._directory, self._wish)
            return self._connect(database)

    def stop(self) -> bool:
        """
        Stop the server if it is ours, and wait until it has ended; return whether it was.

        Raises:
            Unavailable: It did not end in time.
        """
        with self._directory.lock():
            state = self._directory.state()
            if state is None:
                return False
            for process in (state.supervisor, state.server):
                _end(process)
            self._directory.forget_state()
            return True

    def _connect(self, database: str | None) -> Session[Any]:
        info = self._found.info
        with translated():
            return open_session(info.port, info.secret, database)


def _attach(directory: DataDir, wish: _Wish) -> _Found:
    directory.prepare()
    with directory.lock():
        found = _running(directory) or _started(directory, wish)
        directory.touch()
    if wish.with_remotes and (found.state is None or found.state.remotes_port is None):
        raise _no_remotes(directory)
    return found


def _running(directory: DataDir) -> _Found | None:
    """Return the server of *directory*, None if what its files name does not serve it (now)."""
    info = directory.info()
    if info is None or not is_dolt_server(info.pid):
        return None
    state = directory.state()
    if state is not None and identify(info.pid) != state.server:
        state = None
    if state is None and not _works_in(info.pid, directory):
        return None
    version = _version(info)
    return None if version is None else _Found(info, state, version)


def _started(directory: DataDir, wish: _Wish) -> _Found:
    program = find_program(wish.program)
    directory.forget_state()
    directory.drop_unreadable_info()
    remotes = ["--remotes"] if wish.with_remotes else []
    answer = _launch(directory, [program, str(wish.idle_s), *remotes])
    found = None if "error" in answer else _running(directory)
    if found is None:
        raise Unavailable(
            str(answer.get("error", f"The Dolt server of {directory.path} did not start.")),
            hint=f"see {directory.log}",
        )
    return found


def _no_remotes(directory: DataDir) -> Unsupported:
    return Unsupported(
        f"The Dolt server of {directory.path} runs without a port for dolt clone.",
        hint="stop it, then repeat the command",
    )


def _works_in(pid: int, directory: DataDir) -> bool:
    """Return whether *pid* works in *directory*, or the system does not tell where it works."""
    place = working_directory(pid)
    return place is None or place == directory.path


def _version(info: Info) -> str | None:
    """Return the version of the server that wrote *info*, None if another one answers, or none."""
    try:
        with open_session(info.port, info.secret) as session, session.cursor() as cursor:
            cursor.execute("SELECT dolt_version()")
            row = cursor.fetchone()
    except pymysql.MySQLError:
        return None
    version = str(row[0]) if row else ""
    check_version(version)
    return version


def _launch(directory: DataDir, arguments: list[str]) -> dict[str, Any]:
    """Run the supervisor and return the one line that it answers."""
    # -P: a file of the working directory must not stand in for a module of ours.
    command = [sys.executable, "-P", "-m", "wasteland.engines.dolt.supervisor"]
    with directory.log.open("ab") as log:
        supervisor = subprocess.Popen(
            [*command, str(directory.path), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    with supervisor:
        line = supervisor.stdout.readline() if supervisor.stdout else b""
    try:
        answer: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise EngineError(
            f"The supervisor of the Dolt server failed: {directory.log_tail()}",
            hint=f"see {directory.log}",
        ) from error
    return answer


def _end(process: Process) -> None:
    if process.is_alive:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while process.is_alive:
        if time.monotonic() > deadline:
            raise Unavailable(f"The process {process.pid} did not end when it was told to.")
        time.sleep(0.01)
