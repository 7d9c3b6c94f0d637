"""Messages between the hub and a worker: JSON behind its length, over a socket."""

from __future__ import annotations

import json
import os
import struct
from typing import Any, Final, Protocol

_LENGTH: Final = struct.Struct("!I")
_LARGEST: Final = 64 << 20

Message = dict[str, Any]


class Pipe(Protocol):
    """What bytes go through, both ways."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of *data*."""

    def recv(self, size: int, /) -> bytes:
        """Return up to *size* bytes; none once the other side is gone."""


class Standard:
    """Standard input of this process, which is a socket, read and written to block."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of *data*."""
        while data:
            data = data[os.write(0, data) :]

    def recv(self, size: int, /) -> bytes:
        """Return up to *size* bytes; none once the other side is gone."""
        return os.read(0, size)


def send(pipe: Pipe, message: Message) -> None:
    """Send one message."""
    data = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    pipe.sendall(_LENGTH.pack(len(data)) + data)


def receive(pipe: Pipe) -> Message | None:
    """
    Return the next message, None once the other side is gone.

    Raises:
        ValueError: What came is no message.
    """
    head = _take(pipe, _LENGTH.size)
    if head is None:
        return None
    (size,) = _LENGTH.unpack(head)
    if size > _LARGEST:
        raise ValueError(f"A message of {size} bytes is too long.")
    data = _take(pipe, size)
    message: Message | None = None if data is None else json.loads(data)
    return message


def _take(pipe: Pipe, size: int) -> bytes | None:
    parts = []
    while size:
        part = pipe.recv(min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
