"""
The Dolt server of one data directory: found there, or started.

A server is known by its directory, never by a port: Dolt leaves its process id, port and the
local user's password there, and whoever takes that password is the server that wrote it. One that
somebody else started is used and never stopped. One of ours outlives the command that started it,
is found again by the next, and is ended by ``stop`` or, unused for a while, by its supervisor.
"""

from __future__ import annotations

import json
import math
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
from .ports import free_port
from .process import Process, identify, is_dolt_server, working_directory
from .program import check_version, find_program
from .session import open_session
from .signing_in import Address, Session

IDLE_S: Final = 15 * 60.0
_STOP_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Wish:
    """How a server is to be started if there is none."""

    program: str | None
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

    readers_from: str = "127.0.0.1"
    """From where the server takes those that only read, in the words of CREATE USER."""

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
        idle_s: float = IDLE_S,
    ) -> Server:
        """
        Return the server that serves *data_dir*; start one if there is none.

        Args:
            data_dir: Made if it does not exist.
            program: The ``dolt`` to start; else the one on PATH.
            idle_s: How long a server of ours stays without use.

        Raises:
            Unsupported: No ``dolt`` program, or too old a one.
            Unavailable: It does not start, for one because a server that serves another
                directory holds a database of this one.
        """
        directory = DataDir(data_dir)
        wish = _Wish(program, idle_s)
        return cls(directory, _attach(directory, wish), wish)

    @property
    def location(self) -> str:
        """Which server it is, for messages; holds no secret."""
        return str(self.data_dir)

    @property
    def address(self) -> Address:
        """Where it listens."""
        return Address(self.port)

    @property
    def secret(self) -> str:
        """
        What only those know who may use the server.

        Raises:
            Unavailable: It does not run.
        """
        return self._info().secret

    @property
    def grants_for_readers(self) -> str:
        """What lets our user make users that only read; "" as this one may do all."""
        return ""

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

    def open_remotes(self) -> None:
        """
        Serve raw ``dolt`` programs too, now and after each later start, if it can be at one port.

        A server of ours that has no port for them begins anew. Dolt opens that port on every
        network interface of the machine, without TLS.

        Raises:
            Unsupported: Somebody else started the server, without telling us of such a port.
        """
        if not self.is_ours:
            raise self._no_remotes(
                "it was started by another program", "add remotesapi to its configuration"
            )
        with self._directory.lock():
            if self._directory.wanted_remotes_port is None:
                self._directory.want_remotes_port(free_port())
        self._found = _attach(self._directory, self._wish)  # somebody may just have begun it anew
        if self._remotes_port is None:
            self._begin_anew()

    def close_remotes(self) -> bool:
        """Serve raw ``dolt`` programs no more; return whether they were served."""
        with self._directory.lock():
            was_open = self._directory.wanted_remotes_port is not None
            self._directory.want_remotes_port(None)
        if self.is_ours and self._remotes_port is not None:
            self._begin_anew()
        return was_open

    def remote_url(self, database: str) -> str:
        """
        Return the URL under which raw ``dolt`` programs find *database*.

        Raises:
            Unsupported: The server has no port for them.
        """
        if self._remotes_port is None:
            raise self._no_remotes("none was opened", "wl remote")
        return f"http://127.0.0.1:{self._remotes_port}/{database}"

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

    def dial(self, *, answer_s: float) -> Session[Any]:
        """
        Return a new connection to a server that runs, for one short errand.

        Args:
            answer_s: How long the server may take over an answer.
        Raises:
            Unavailable: It does not run.
            pymysql.MySQLError: It does not answer.
        """
        info = self._info()
        return open_session(info.port, info.secret, answer_s=answer_s)

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

    @property
    def _remotes_port(self) -> int | None:
        return self._found.state.remotes_port if self._found.state else None

    def _begin_anew(self) -> None:
        self.stop()
        self._found = _attach(self._directory, self._wish)

    def _no_remotes(self, why: str, hint: str) -> Unsupported:
        return Unsupported(
            f"The Dolt server of {self.data_dir} has no port for raw dolt programs: {why}.",
            hint=hint,
        )

    def _info(self) -> Info:
        """Return what the server says of itself now: another process may have begun it anew."""
        info = self._directory.info()
        if info is None:
            raise Unavailable(f"The Dolt server of {self.data_dir} does not run.")
        return info

    def _connect(self, database: str | None) -> Session[Any]:
        info = self._found.info
        with translated():
            return open_session(info.port, info.secret, database)


def _attach(directory: DataDir, wish: _Wish) -> _Found:
    directory.prepare()
    with directory.lock():
        found = _running(directory) or _started(directory, wish)
        directory.touch()
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
    # Raw programs cannot start it, so it waits for them for ever.
    idle_s = wish.idle_s if directory.wanted_remotes_port is None else math.inf
    answer = _launch(directory, [program, str(idle_s)])
    found = None if "error" in answer else _running(directory)
    if found is None:
        raise Unavailable(
            str(answer.get("error", f"The Dolt server of {directory.path} did not start.")),
            hint=f"see {directory.log}",
        )
    return found


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
