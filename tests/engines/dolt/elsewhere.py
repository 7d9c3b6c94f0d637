"""Dolt servers that somebody else runs: with a password, on a port, and a directory not ours."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pymysql

from wasteland.engines.dolt.ports import free_port

PASSWORD: Final = "correct-hörse-4711"
_PATIENCE_S: Final = 30.0


class Elsewhere:
    """
    A server whose root has PASSWORD.

    Attributes:
        url: Where it is, and as whom; the same after each start.
    """

    def __init__(self, place: Path, program: str, **listener: Any) -> None:
        self.port = free_port()
        self.url = f"mysql://root@127.0.0.1:{self.port}"
        self._place, self._program = place, program
        self._process: subprocess.Popen[bytes] | None = None
        place.mkdir()
        config = {
            "listener": {"host": "127.0.0.1", "port": self.port, **listener},
            "data_dir": str(place),
            "system_variables": {"secure_file_priv": str(place / "no-files")},
        }
        (place / "server.yaml").write_text(json.dumps(config))

    def start(self) -> None:
        """Start it and wait until it answers."""
        env = {
            **os.environ,
            "DOLT_ROOT_PATH": str(self._place),
            "DOLT_DISABLE_EVENT_FLUSH": "1",
            "DOLT_ROOT_PASSWORD": PASSWORD,
        }
        with (self._place / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, "sql-server", "--config", str(self._place / "server.yaml")],
                cwd=self._place,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        while self._process.poll() is None and not _answers(self.port):
            pass
        assert self._process.poll() is None, (self._place / "server.log").read_text()

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=_PATIENCE_S)

    def run(self, sql: str, user: str = "root") -> Any:
        """Run a statement as a user with PASSWORD and return its rows."""
        with (
            pymysql.connect(
                host="127.0.0.1",
                port=self.port,
                user=user,
                password=PASSWORD.encode(),
                autocommit=True,
            ) as session,
            session.cursor() as cursor,
        ):
            cursor.execute(sql)
            return cursor.fetchall()


@contextmanager
def running(place: Path, program: str, **listener: Any) -> Iterator[Elsewhere]:
    """Yield a server that runs."""
    server = Elsewhere(place, program, **listener)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as asked:
            return bool(asked.recv(1))
    except OSError:
        return False
