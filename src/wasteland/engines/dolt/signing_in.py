"""
Where a server listens, and signing in to whoever answers there, which need not be the server.

While a server is away, any user of this machine can take its port. So signing in ends in time
whatever the other end does, and on a way without TLS the password is never told.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ssl import SSLContext
from threading import Timer
from typing import TYPE_CHECKING, Any, Final

import pymysql
from pymysql.constants import CR

Session = pymysql.connections.Connection

_NATIVE: Final = "mysql_native_password"
"""What Dolt asks for without TLS; the answer is a digest with the other end's random number."""


@dataclass(frozen=True, slots=True)
class Address:
    """
    Where a server listens.

    Attributes:
        port: Of the MySQL protocol.
        host: A name or a number.
        tls: How the connection is encrypted; None only where it never leaves the machine.
    """

    port: int
    host: str = "127.0.0.1"
    tls: SSLContext | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What the driver takes; with a context it never falls back to plain text."""
        secrecy: dict[str, Any] = {"ssl": self.tls} if self.tls else {"ssl_disabled": True}
        return {"host": self.host, "port": self.port, **secrecy}


class Connection(Session[Any] if TYPE_CHECKING else Session):  # type: ignore[misc]
    """A connection that without TLS signs in by Dolt's usual way and no other."""

    def _request_authentication(self) -> None:
        self._check_way(self._auth_plugin_name)
        super()._request_authentication()

    def _get_auth_plugin_handler(self, plugin_name: bytes) -> Any:
        self._check_way(plugin_name.decode("ascii", "replace"))
        return super()._get_auth_plugin_handler(plugin_name)

    def _check_way(self, way: str) -> None:
        if not self.ssl and way not in {"", _NATIVE}:
            raise pymysql.OperationalError(
                CR.CR_AUTH_PLUGIN_CANNOT_LOAD,
                "The server asks for the password in a way that would tell it",
            )


def sign_in(session: Session[Any], where: Address, *, timeout_s: float) -> None:
    """
    Connect *session*, made with ``defer_connect``.

    Args:
        where: Where it leads.
        timeout_s: How long that may take altogether.
    Raises:
        pymysql.MySQLError: It cannot be had.
    """
    with _reached(where, timeout_s) as way:
        try:
            session.connect(way)
        except (pymysql.InternalError, LookupError, ValueError, struct.error) as error:
            raise pymysql.OperationalError(
                CR.CR_SERVER_HANDSHAKE_ERR, "What answers there is no Dolt server"
            ) from error


@contextmanager
def _reached(where: Address, timeout_s: float) -> Iterator[socket.socket]:
    """Lend a way to the server that is cut when its user needs too long."""
    try:
        way = socket.create_connection((where.host, where.port), timeout_s)
    except OSError as error:
        raise pymysql.OperationalError(
            CR.CR_CONN_HOST_ERROR, f"Nothing answers at {where.host}:{where.port} ({error})"
        ) from error
    way.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    way.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    with way.dup() as same:  # TLS takes the other one
        watchdog = Timer(timeout_s, _cut, [same])
        watchdog.daemon = True
        watchdog.start()
        try:
            yield way
        finally:
            watchdog.cancel()


def _cut(way: socket.socket) -> None:
    with suppress(OSError):
        way.shutdown(socket.SHUT_RDWR)
