"""
The chunks of a database file, by their hashes, from the library's own remote server.

Only the server of the library reads chunks. It knows no rights, so it listens on loopback, on a
port that the system picks, and sees a file only under a random name in a directory of this
process alone: another user of the machine would have to guess 128 bits. Nothing is written
through it.
"""

from __future__ import annotations

import atexit
import http.client
import os
import secrets
import shutil
import struct
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from ...protocol.errors import EngineError, NotFound, Unavailable
from ._abi import ffi
from .library import find_library, load

HASH_BYTES: Final = 20
_ADDRESS: Final = "127.0.0.1"
_TIMEOUT_S: Final = 60.0
_KEPT_NAMES: Final = 512
_MISSING: Final = 0xFFFFFFFF
_LENGTH: Final = struct.Struct(">I")


class ChunkServer:
    """
    The library's server, started at the first use; safe to use from several threads.

    It answers while this process lives; a child after ``os.fork`` starts one of its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._handle: Any = None
        self._port = 0
        self._directory: Path | None = None
        self._names: OrderedDict[Path, str] = OrderedDict()

    def store(self, path: Path) -> ChunkStore:
        """
        Return the chunks that lie in the file *path*; those of a lazy clone's origin do not.

        Raises:
            NotFound: There is no such file.
            Unavailable: The server does not start.
        """
        if not path.is_file():
            raise NotFound(f"There is no database at {path} .", hint="wl doctor")
        with self._lock:
            directory = self._directory
            if directory is None or self._pid != os.getpid():
                directory = self._start()
            return ChunkStore(path, self._port, self._name(directory, path))

    def close(self) -> None:
        """Stop the server; a second time does nothing, and using it afterwards starts another."""
        with self._lock:
            handle, directory, is_ours = self._handle, self._directory, self._pid == os.getpid()
            self._handle = self._directory = None
            self._names.clear()
        if handle is not None and is_ours:
            # Stopped by hand at the latest when Python ends: its threads outlive the library.
            atexit.unregister(self.close)
            load(find_library()).doltliteServerStop(handle)
        if directory is not None and is_ours:
            shutil.rmtree(directory, ignore_errors=True)

    def _start(self) -> Path:
        directory = Path(tempfile.mkdtemp(prefix="wl-chunks-"))
        lib = load(find_library())
        handle = lib.doltliteServeAsync(os.fsencode(directory), 0, _ADDRESS.encode())
        if handle == ffi.NULL:
            directory.rmdir()
            raise Unavailable("The server of DoltLite's library does not start.")
        atexit.register(self.close)
        self._handle, self._port = handle, int(lib.doltliteServerPort(handle))
        self._pid, self._directory = os.getpid(), directory
        self._names.clear()
        return directory

    def _name(self, directory: Path, path: Path) -> str:
        name = self._names.get(path)
        if name is None:
            name = self._names[path] = f"{secrets.token_hex(16)}.db"
            (directory / name).symlink_to(path)
        self._names.move_to_end(path)
        if len(self._names) > _KEPT_NAMES:
            oldest = self._names.popitem(last=False)[1]
            (directory / oldest).unlink(missing_ok=True)
        return name


class ChunkStore:
    """The chunks of one file, from ``ChunkServer.store``."""

    def __init__(self, path: Path, port: int, name: str) -> None:
        self._path = path
        self._port = port
        self._name = name

    def has(self, hashes: Sequence[bytes]) -> list[bool]:
        """Return for each hash whether its chunk lies in the file."""
        if not hashes:
            return []
        answer = self._ask("has-chunks", hashes)
        if len(answer) != len(hashes):
            raise self._failure("a short answer")
        return [flag == 1 for flag in answer]

    def get(self, hashes: Sequence[bytes]) -> Iterator[bytes | None]:
        """Yield the chunk of each hash, None for one that is not in the file."""
        if not hashes:
            return
        answer = memoryview(self._ask("get-chunks", hashes))
        at = 0
        for _ in hashes:
            if len(answer) - at < _LENGTH.size:
                raise self._failure("a short answer")
            (size,) = _LENGTH.unpack_from(answer, at)
            at += _LENGTH.size
            if size == _MISSING:
                yield None
                continue
            if len(answer) - at < size:
                raise self._failure("a short answer")
            yield bytes(answer[at : at + size])
            at += size

    def _ask(self, route: str, hashes: Sequence[bytes]) -> bytes:
        try:
            with closing(http.client.HTTPConnection(_ADDRESS, self._port, _TIMEOUT_S)) as wire:
                wire.request("POST", f"/{self._name}/{route}", b"".join(hashes))
                answer = wire.getresponse()
                body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(
                f"The chunks of {self._path} cannot be read: {error}.", hint="repeat the command"
            ) from error
        if answer.status != http.client.OK:
            raise self._failure(f"status {answer.status}")
        return body

    def _failure(self, reason: str) -> EngineError:
        return EngineError(f"The chunks of {self._path} cannot be read: {reason}.", reason=reason)
