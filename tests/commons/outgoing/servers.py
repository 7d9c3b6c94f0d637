"""Real servers on loopback: one that nobody may reach, one that follows a script, and names."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

LOOPBACK = "127.0.0.1"
Wrap = Callable[[socket.socket], socket.socket]
Script = Callable[[socket.socket, "Received"], None]


class Canary:
    """Listens on loopback and knows whether anybody has connected."""

    def __init__(self) -> None:
        self._sockets = [socket.create_server((LOOPBACK, 0))]
        self.port = int(self._sockets[0].getsockname()[1])
        with suppress(OSError):
            self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for listener in self._sockets:
            listener.setblocking(False)

    def hits(self) -> int:
        """Return how many connections wait; the kernel completes them before connect returns."""
        return sum(self._accepted(listener) for listener in self._sockets)

    def close(self) -> None:
        """Stop listening."""
        for listener in self._sockets:
            listener.close()

    @staticmethod
    def _accepted(listener: socket.socket) -> int:
        count = 0
        with suppress(BlockingIOError):
            while True:
                listener.accept()[0].close()
                count += 1
        return count


@dataclass
class Received:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """
    An HTTP server of one connection at a time.

    Attributes:
        answers: What it says to one request after the other; the last is said again.
        received: The requests, in order.
    """

    answers: list[Script]
    received: list[Received] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def running(self, wrap: Wrap | None = None) -> Iterator[Receiver]:
        """Serve until the block ends."""
        listener = socket.create_server((LOOPBACK, 0))
        self.port = int(listener.getsockname()[1])
        thread = threading.Thread(target=self._serve, args=(listener, wrap), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            # Closing alone does not wake a thread in accept.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(timeout=10)

    def url(self, host: str = LOOPBACK, path: str = "/") -> str:
        """Return an address of this server under a name."""
        return f"http://{host}:{self.port}{path}"

    def _serve(self, listener: socket.socket, wrap: Wrap | None) -> None:
        while True:
            try:
                plain = listener.accept()[0]
            except OSError:
                return
            # A client that hangs up in the middle is what many tests are about.
            with suppress(OSError), plain, wrap(plain) if wrap else plain as connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        request = _read(connection)
        self.received.append(request)
        index = min(len(self.received), len(self.answers)) - 1
        self.answers[index](connection, request)


def reply(
    status: int = 200, body: bytes = b"ok", headers: Sequence[tuple[str, str]] = ()
) -> Script:
    """Return a script that gives one whole answer."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    head = "\r\n".join([*lines, "", ""]).encode()
    return lambda connection, _: connection.sendall(head + body)


def redirect(location: str, status: int = 302) -> Script:
    """Return a script that sends its caller elsewhere."""
    return reply(status, b"", [("Location", location)])


def endless(head: str, again: bytes) -> Script:
    """Return a script that says *head* once and *again* until the caller hangs up."""

    def script(connection: socket.socket, _: Received) -> None:
        connection.sendall(head.replace("\n", "\r\n").encode())
        while True:
            connection.sendall(again)

    return script


def ticking(step_s: float) -> Callable[[], float]:
    """Return a clock on which each look takes *step_s* seconds."""
    ticks = itertools.count(0.0, step_s)
    return lambda: next(ticks)


class Names:
    """
    A resolver with answers of its own.

    Args:
        known: Name -> one list of addresses for each time it is asked; the last is given again.
    """

    def __init__(self, **known: Sequence[Sequence[str]]) -> None:
        self._known = {name.replace("_", "."): list(answers) for name, answers in known.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the next answer; what is no name here is read as loosely as the C library does."""
        self.asked.append(host)
        if host not in self._known:
            found = socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)
            return [str(entry[4][0]) for entry in found]
        answers = self._known[host]
        return answers[min(self.asked.count(host), len(answers)) - 1]


def _read(connection: socket.socket) -> Received:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    method, path, _ = first.split(" ")
    return Received(method, path, headers, body)
