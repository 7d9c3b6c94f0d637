"""
The sockets of one request: pinned to checked addresses, with one deadline and one budget of bytes.

Names are resolved once, by us; the connection is made to what was checked, so a name that changes
its answer gains nothing. The deadline covers the whole exchange: a server that sends a byte now
and then cannot hold us.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import httpcore2

from ...protocol.errors import Unavailable

Resolver = Callable[[str, int], Sequence[str]]
Clock = Callable[[], float]

# Chunks of one byte take six on the wire; beyond them a little for the head.
_WIRE_FACTOR: Final = 8
_HEAD_BYTES: Final = 256 * 1024


class Deadline:
    """The moment by which an exchange must be over."""

    def __init__(self, clock: Clock, timeout_s: float) -> None:
        self._clock = clock
        self._end = clock() + timeout_s

    def left_s(self) -> float:
        """
        Return the seconds that are left, more than 0.

        Raises:
            httpcore2.ReadTimeout: None are.
        """
        left = self._end - self._clock()
        if left <= 0:
            raise httpcore2.ReadTimeout("the deadline of the request has passed")
        return left


class PinnedBackend(httpcore2.NetworkBackend):
    """
    Connects to given addresses, whatever name is asked for.

    Args:
        addresses: Checked; tried one after the other.
        deadline: Of the whole exchange.
        limit_bytes: Of the body that the caller is ready to take.
    """

    def __init__(self, addresses: Sequence[str], deadline: Deadline, limit_bytes: int) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._wire_bytes = limit_bytes * _WIRE_FACTOR + _HEAD_BYTES
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002  # the pinned addresses stand for it
        port: int,
        timeout: float | None = None,  # noqa: ARG002  # the deadline stands for it
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Return a connection to the first address that answers."""
        for address in self._addresses[:-1]:
            try:
                return self._connect(address, port, local_address, socket_options)
            except httpcore2.ConnectError:
                continue
        return self._connect(self._addresses[-1], port, local_address, socket_options)

    def _connect(
        self,
        address: str,
        port: int,
        local_address: str | None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None,
    ) -> httpcore2.NetworkStream:
        stream = self._sockets.connect_tcp(
            address, port, self._deadline.left_s(), local_address, socket_options
        )
        return BoundedStream(stream, self._deadline, self._wire_bytes)


class BoundedStream(httpcore2.NetworkStream):
    """A connection that ends with its deadline or its budget of bytes to read."""

    def __init__(
        self, stream: httpcore2.NetworkStream, deadline: Deadline, wire_bytes: int
    ) -> None:
        self._stream = stream
        self._deadline = deadline
        self._left_bytes = wire_bytes

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Return what has come in."""
        data = self._stream.read(max_bytes, self._deadline.left_s())
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise httpcore2.RemoteProtocolError("the answer is out of proportion to its body")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Send all of *buffer*."""
        self._stream.write(buffer, self._deadline.left_s())

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        """Return the same connection, encrypted; the name in the URL is what must be proved."""
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left_s())
        return BoundedStream(secured, self._deadline, self._left_bytes)

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection below knows."""
        return self._stream.get_extra_info(info)


def resolve(host: str, port: int) -> Sequence[str]:
    """
    Return the addresses of *host* as the system knows them, each once.

    Raises:
        OSError: It has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve_within(resolver: Resolver, host: str, port: int, deadline: Deadline) -> Sequence[str]:
    """
    Return what *resolver* says about *host*; nothing where it has no address.

    The system's resolver takes no timeout, so it is asked in a thread that may be left behind.

    Raises:
        Unavailable: There was no answer in time.
    """
    answers: queue.SimpleQueue[Sequence[str]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolver(host, port))
        except (OSError, UnicodeError):
            answers.put(())

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        return answers.get(timeout=deadline.left_s())
    except (queue.Empty, httpcore2.TimeoutException):
        raise Unavailable(f"{host} was not found in time.", hint="try again later") from None
