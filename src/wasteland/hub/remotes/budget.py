"""What fetching from a remote may take in all: time, bytes, and the one address that it calls."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Final
from urllib.parse import urlsplit

from ...protocol.errors import LimitReached, Unavailable
from ...protocol.lean import dataclass

_MB: Final = 1024 * 1024
_PIECE: Final = 64 * 1024
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """
    What one fetch from a remote may take.

    Attributes:
        time_s: From the first call to the last byte, however slowly they come.
        size_bytes: All that the remote answers.
    """

    time_s: float = 60.0
    size_bytes: int = 256 * _MB


class Budget:
    """What is left of the limits of one fetch."""

    def __init__(self, limits: HeadLimits, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to count."""
        self._limits = limits
        self._clock = clock
        self._end = clock() + limits.time_s
        self._taken = 0

    def left_s(self) -> float:
        """
        Return the seconds that are left.

        Raises:
            Unavailable: None are.
        """
        left = self._end - self._clock()
        if left <= 0:
            raise Unavailable(
                f"The remote took longer than the {self._limits.time_s:g} seconds that this hub "
                "waits.",
                hint="push the branch to a fork on this hub",
            )
        return left

    def take(self, size_bytes: int) -> None:
        """
        Count bytes that came in.

        Raises:
            LimitReached: They are too many.
        """
        self._taken += size_bytes
        if self._taken > self._limits.size_bytes:
            raise LimitReached(
                f"The remote sends more than the {self._limits.size_bytes} bytes that this hub "
                "takes.",
                hint="push the branch to a fork on this hub",
                limit=self._limits.size_bytes,
                count=self._taken,
            )

    def copy(self, source: IO[bytes], target: IO[bytes]) -> None:
        """Copy what is left of *source*, counting it."""
        while piece := source.read(_PIECE):
            self.take(len(piece))
            target.write(piece)
        self.left_s()  # what was cut off for its slowness looks like an end


@dataclass(frozen=True, slots=True)
class Address:
    """
    Where a remote is.

    Attributes:
        netloc: Host and port as the URL has them.
        path: Without a slash at its end.
    """

    scheme: str
    netloc: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> Address:
        """Return the parts of a URL that ``check_address`` has let pass."""
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.scheme, parts.netloc, parts.hostname or "", port, parts.path.rstrip("/"))


@contextmanager
def dialled(budget: Budget, address: Address, alpn: Sequence[str] = ()) -> Iterator[socket.socket]:
    """
    Lend a connection to *address* that is cut when the time is over, whatever it is doing.

    Raises:
        Unavailable: It cannot be had, or breaks, or was cut.
    """
    try:
        plain = socket.create_connection((address.host, address.port), timeout=budget.left_s())
        with plain if address.scheme == "http" else _wrapped(plain, address, alpn) as wire:
            cut = threading.Timer(budget.left_s(), _cut, [wire])
            cut.daemon = True
            cut.start()
            try:
                if isinstance(wire, ssl.SSLSocket):
                    wire.do_handshake()
                yield wire
            finally:
                cut.cancel()
    except (OSError, http.client.HTTPException) as error:
        budget.left_s()
        raise Unavailable(
            f"The remote at {address.netloc} cannot be reached, or broke off.",
            hint="try again, or push the branch to a fork on this hub",
        ) from error


@contextmanager
def asked(
    budget: Budget, address: Address, method: str, target: str, body: bytes | None = None
) -> Iterator[http.client.HTTPResponse]:
    """
    Send one HTTP request to *address* and lend the answer; redirects are answers like others.

    Args:
        target: Path with query.
    Raises:
        Unavailable: As ``dialled``.
    """
    with dialled(budget, address) as wire:
        connection = http.client.HTTPConnection(address.netloc)
        connection.sock = wire
        connection.request(method, target, body, {"Connection": "close"})
        yield connection.getresponse()


def _wrapped(plain: socket.socket, address: Address, alpn: Sequence[str]) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context.wrap_socket(plain, server_hostname=address.host, do_handshake_on_connect=False)


def _cut(wire: socket.socket) -> None:
    # Wakes whoever reads; not the method of TLS, which takes its state from under the reader.
    with suppress(OSError):
        socket.socket.shutdown(wire, socket.SHUT_RDWR)
