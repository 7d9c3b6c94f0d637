"""
One call of gRPC: as much of HTTP/2 and of protocol buffers as asking a Dolt remote takes.

Dolt's own client would do more than asked: it goes wherever the remote's answers name. One question
with one answer on a connection of its own needs neither a header that is understood (an answer
without a message is a refusal) nor a table of headers.

Source: RFC 9113, RFC 7541 (literals without indexing), the gRPC protocol over HTTP/2.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Final

from ...protocol.errors import Unavailable
from .budget import Address, Budget, dialled

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GO_AWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_ACK, _END_STREAM, _END_HEADERS, _PADDED = 0x1, 0x1, 0x4, 0x8
_INITIAL_WINDOW: Final = 4
_MESSAGE_LIMIT: Final = 1024 * 1024
_FRAME_LIMIT: Final = 16_384
_HEAD: Final = 5  # a flag for compression, and four bytes of length
_MORE: Final = 0x80
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def call(budget: Budget, address: Address, method: str, message: bytes) -> bytes:
    """
    Return what *address* answers to *message*; b"" where it refuses.

    Args:
        method: ``/package.Service/Method``.
    Raises:
        LimitReached: The answer is too long.
        Unavailable: It cannot be reached, or does not speak gRPC.
    """
    with dialled(budget, address, alpn=["h2"]) as wire:
        wire.sendall(_question(address, method, message))
        body = b"".join(_answer(budget, wire))
    if not body:
        return b""
    if body[0] or len(body) != _HEAD + int.from_bytes(body[1:_HEAD], "big"):
        raise Unavailable(f"The remote at {address.netloc} does not answer as Dolt does.")
    return body[_HEAD:]


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """
    Yield number and value of each field of a protocol buffer.

    Raises:
        ValueError: It is none.
    """
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in {_FIXED64, _FIXED32}:
            size = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError("no such kind of field")
        if at + size > len(message):
            raise ValueError("a field ends behind its message")
        yield number, message[at : at + size]
        at += size


def text_field(number: int, value: bytes) -> bytes:
    """Return a field of text or of a message."""
    return _write_varint(number << 3 | _BYTES) + _write_varint(len(value)) + value


def _question(address: Address, method: str, message: bytes) -> bytes:
    """Return all that is sent before the answer: greeting, room for it, headers, message."""
    headers = {
        ":method": "POST",
        ":scheme": address.scheme,
        ":path": method,
        ":authority": address.netloc,
        "content-type": "application/grpc",
        "te": "trailers",
    }
    window = _INITIAL_WINDOW.to_bytes(2, "big") + _MESSAGE_LIMIT.to_bytes(4, "big")
    body = b"\0" + len(message).to_bytes(4, "big") + message
    lines = b"".join(_literal(name, value) for name, value in headers.items())
    return b"".join(
        [
            _PREFACE,
            _frame(_SETTINGS, 0, 0, window),
            _frame(_WINDOW, 0, 0, _MESSAGE_LIMIT.to_bytes(4, "big")),
            _frame(_HEADERS, _END_HEADERS, 1, lines),
            _frame(_DATA, _END_STREAM, 1, body),
        ]
    )


def _answer(budget: Budget, wire: socket.socket) -> Iterator[bytes]:
    """Yield the pieces of the message, answering what HTTP/2 wants answered."""
    taken = 0
    while True:
        head = _read(budget, wire, 9)
        size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        if size > _FRAME_LIMIT or kind in {_RESET, _GO_AWAY}:
            raise ConnectionError("the remote ends the call")
        payload = _read(budget, wire, size)
        if kind in {_SETTINGS, _PING} and not flags & _ACK:
            wire.sendall(_frame(kind, _ACK, 0, payload if kind == _PING else b""))
        if kind == _DATA:
            taken += len(payload)
            if taken > _MESSAGE_LIMIT or flags & _PADDED:
                raise ConnectionError("the remote answers too much")
            yield payload
        if kind in {_DATA, _HEADERS} and flags & _END_STREAM:
            return


def _read(budget: Budget, wire: socket.socket, size: int) -> bytes:
    budget.take(size)
    got = bytearray()
    while len(got) < size:
        piece = wire.recv(size - len(got))
        if not piece:
            raise ConnectionError("the remote hangs up")
        got += piece
    return bytes(got)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + payload


def _literal(name: str, value: str) -> bytes:
    return b"\x10" + _string(name.encode()) + _string(value.encode())


def _string(text: bytes) -> bytes:
    most = 0x7F
    if len(text) < most:
        return bytes([len(text)]) + text
    return bytes([most]) + _write_varint(len(text) - most) + text


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & _MORE:
            return value, at
    raise ValueError("a number does not end")


def _write_varint(value: int) -> bytes:
    out = bytearray()
    while value >= _MORE:
        out.append(value & 0x7F | _MORE)
        value >>= 7
    return bytes([*out, value])
