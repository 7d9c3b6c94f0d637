"""What a server that claims to be a Dolt remote answers to the first call."""

from __future__ import annotations

import socket

from commons.outgoing.servers import Received, Script
from wasteland.hub.remotes.grpc import text_field

NAME = "0123456789abcdefghijklmnopqrstuv"


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Return one frame of HTTP/2."""
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + payload


def listed(message: bytes) -> Script:
    """Return a script that answers the first call of a Dolt client with *message*."""
    body = b"\0" + len(message).to_bytes(4, "big") + message
    frames = [frame(4, 0, 0, b""), frame(6, 0, 0, bytes(8)), frame(1, 4, 1, b"\x88")]
    return raw(b"".join([*frames, frame(0, 0, 1, body), frame(1, 5, 1, b"\x88")]))


def raw(answer: bytes) -> Script:
    """Return a script that says *answer* and waits until the caller hangs up."""

    def script(connection: socket.socket, _: Received) -> None:
        connection.sendall(answer)
        connection.settimeout(10)
        while connection.recv(4096):
            pass

    return script


def table(url: str, name: str = NAME, root: bytes = b"r" * 20) -> bytes:
    """Return the list of one file."""
    info = text_field(1, name.encode()) + b"\x10\x03" + text_field(3, url.encode())
    return text_field(1, root) + text_field(2, info)
