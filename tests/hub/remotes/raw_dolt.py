"""Real ``dolt`` as people without a hub use it: a server with a port to push to, and clones."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wasteland.engines.dolt.ports import free_port

_PATIENCE_S: Final = 20.0
_CHUNK: Final = 2


@dataclass(frozen=True)
class RawDolt:
    """
    The program, in a directory of its own for whoever uses it.

    Attributes:
        home: Its configuration, and below it what is made.
    """

    program: str
    home: Path

    def run(self, *arguments: str, at: Path | None = None) -> str:
        """Run it in a directory and return what it prints."""
        done = subprocess.run(
            [self.program, *arguments],
            cwd=at or self.home,
            env=self._settings(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        assert 0 == done.returncode, done.stdout + done.stderr
        return done.stdout

    def name_somebody(self) -> None:
        """Say who commits."""
        self.run("config", "--global", "--add", "user.name", "ada")
        self.run("config", "--global", "--add", "user.email", "ada@example.org")

    def clone(self, url: str) -> Path:
        """Clone what is at *url*, as somebody with a name."""
        self.name_somebody()
        self.run("clone", url, "mine")
        return self.home / "mine"

    def push(self, clone: Path, branch: str, sql: str) -> None:
        """Write a branch in a clone and push it where the clone comes from."""
        self.run("checkout", "-b", branch, at=clone)
        self.run("sql", "-q", sql, at=clone)
        self.run("commit", "-am", branch, at=clone)
        self.run("push", "--user", "root", "origin", branch, at=clone)

    @contextmanager
    def serving(self, databases: Path, remotes_port: int) -> Iterator[None]:
        """Serve a directory of databases, and let everybody clone and push at *remotes_port*."""
        port = free_port()
        config = {
            "log_level": "error",
            "listener": {"host": "127.0.0.1", "port": port},
            "data_dir": str(databases),
            "remotesapi": {"port": remotes_port},
        }
        file = self.home / "server.yaml"
        file.write_text(json.dumps(config))
        server = subprocess.Popen(
            [self.program, "sql-server", "--config", str(file)],
            cwd=databases,
            env=self._settings(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _await(server, (port, remotes_port))
            yield
        finally:
            server.terminate()
            server.wait(timeout=_PATIENCE_S)

    def _settings(self) -> dict[str, str]:
        ours = {"DOLT_ROOT_PATH": str(self.home), "DOLT_DISABLE_EVENT_FLUSH": "1"}
        return {**os.environ, **ours, "HOME": str(self.home), "DOLT_REMOTE_PASSWORD": ""}


def copied(database: Path, folder: Path) -> Path:
    """Copy a database that nobody writes just now; return the directory of databases."""
    shutil.copytree(database / ".dolt", folder / "board" / ".dolt")
    return folder


def swap_chunks(journal: Path) -> None:
    """
    Put what one chunk of a journal holds under the hash of another, with all checksums right.

    A record is its length in 4 bytes; 1 and its kind, 2 for a chunk; 2 and a hash of 20 bytes; 3
    and the chunk; and a checksum of all that in 4 bytes.
    """
    data = bytearray(journal.read_bytes())
    (one, one_size), (other, other_size) = list(_chunks(data))[5:7]
    hashes = data[one + 7 : one + 27], data[other + 7 : other + 27]
    data[other + 7 : other + 27], data[one + 7 : one + 27] = hashes
    for at, size in ((one, one_size), (other, other_size)):
        end = at + size - 4
        data[end : end + 4] = _crc32c(data[at:end]).to_bytes(4, "big")
    journal.write_bytes(data)


def _chunks(data: bytearray) -> Iterator[tuple[int, int]]:
    """Yield offset and size of each record that holds a chunk."""
    at = 0
    while size := int.from_bytes(data[at : at + 4], "big"):
        if data[at + 5] == _CHUNK:
            yield at, size
        at += size


def _crc32c(data: bytearray) -> int:
    """Return the checksum of Castagnoli, bit by bit."""
    found = 0xFFFFFFFF
    for byte in data:
        found ^= byte
        for _ in range(8):
            found = found >> 1 ^ (0x82F63B78 if found & 1 else 0)
    return found ^ 0xFFFFFFFF


def _await(server: subprocess.Popen[bytes], ports: tuple[int, ...]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    for port in ports:
        while not _accepts(port):
            assert server.poll() is None, "the server has ended"
            assert time.monotonic() < deadline, "the server does not answer"


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    except OSError:
        return False
