"""
A Dolt server that somebody else runs, found by URL.

Nothing of it is started, stopped or read but through SQL, as a user whose password is never part of
the URL. On the way to another machine everything is encrypted, and the server proves its name by a
certificate: one that the system trusts, or that SSL_CERT_FILE names.
"""

from __future__ import annotations

import os
import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import SplitResult, quote, unquote, urlsplit

import pymysql
from pymysql.constants import CR, ER

from ...protocol.errors import Invalid, Unavailable, Unsupported, WastelandError
from .connections import fetch
from .engine import DoltEngine
from .errors import translate, translated
from .program import check_version
from .server import Server
from .session import open_as
from .signing_in import Address, Session

_PORT: Final = 3306
_LONG_SILENCE_MS: Final = 30_000
_FORM: Final = "write it as mysql://user@host:port"
_SIGN_IN: Final = "put the password into WL_DOLT_PASSWORD, or a file named by WL_DOLT_PASSWORD_FILE"
_ABOUT: Final = "SELECT dolt_version() AS version, CURRENT_USER() AS account"
_DATABASES: Final = "SHOW DATABASES"
_GRANTS: Final = "let its administrator run: GRANT ALL ON *.* TO {} WITH GRANT OPTION"


@dataclass(frozen=True, slots=True)
class Target:
    """
    Which server, and as whom.

    Attributes:
        user: A name on the server.
        host: A name or a number.
        port: Of the MySQL protocol.
    """

    user: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """The URL in the form that we write."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"mysql://{quote(self.user, safe='')}@{host}:{self.port}"

    @property
    def is_here(self) -> bool:
        """Whether the way to it never leaves this machine."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False


def read_url(url: str) -> Target:
    """
    Return what ``mysql://user@host:port`` names; the port is 3306 where none is given.

    Raises:
        Invalid: It has another form, or holds a password, which is not repeated.
    """
    try:
        parts = urlsplit(url)
        target = Target(unquote(parts.username or ""), parts.hostname or "", parts.port or _PORT)
    except ValueError as error:
        raise _malformed() from error
    if parts.password is not None:
        raise Invalid(
            "The URL of a Dolt server may hold no password: other users see the arguments of "
            "programs.",
            hint=_SIGN_IN,
            field="dolt_url",
        )
    if parts.scheme != "mysql" or not target.user or not target.host or _has_more(parts):
        raise _malformed()
    return target


class FarServer(Server):
    """
    A Dolt server that somebody else runs, from ``FarServer.reach``.

    Attributes:
        data_dir: Nothing can be there; its real one is not ours to read.
    """

    def __init__(self, url: str, password: str = "") -> None:
        """
        Name the server; nothing is sent.

        Args:
            url: See ``read_url``.
            password: Of the URL's user; "" only for a server of this machine.
        Raises:
            Invalid: The URL has another form, or a password is missing.
        """
        self.data_dir = Path(os.devnull)
        self._target = read_url(url)
        if not password and not self._target.is_here:
            raise Invalid(
                f"The Dolt server {self.location} is on another machine, and its user has no "
                "password.",
                hint=_SIGN_IN,
                field="password",
            )
        self._password = password
        tls = None if self._target.is_here else ssl.create_default_context()
        self._address = Address(self._target.port, self._target.host, tls)
        # Their passwords follow from ours: with none, they must come from this machine.
        self.readers_from = "%" if password else "localhost"

    @classmethod
    def reach(cls, url: str, password: str = "") -> Self:
        """
        Return the server at *url* after a first look at it.

        Raises:
            Invalid: The URL has another form, or a password is missing.
            Unavailable: It does not answer, or does not take the user with that password.
            Unsupported: It is too old, no Dolt server, or speaks no TLS.
        """
        server = cls(url, password)
        check_version(server.version)
        return server

    @property
    def location(self) -> str:
        """The URL, without a password."""
        return self._target.url

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self._address

    @property
    def secret(self) -> str:
        """Our own password there."""
        return self._password

    @property
    def grants_for_readers(self) -> str:
        """What lets our user make users that only read."""
        name, _, host = self._about("account").rpartition("@")
        return _GRANTS.format(f"'{name}'@'{host}'")

    @property
    def port(self) -> int:
        """Of the MySQL protocol."""
        return self._target.port

    @property
    def pid(self) -> int:
        """Not ours to know: 0."""
        return 0

    @property
    def version(self) -> str:
        """
        Dolt's.

        Raises:
            Unsupported: It is another kind of server.
        """
        return self._about("version")

    @property
    def is_ours(self) -> bool:
        """False: somebody else started it."""
        return False

    def open_remotes(self) -> None:
        """Raise Unsupported: its ports are not ours to open."""
        raise self.refuse("opens no port for raw dolt programs to us", "clone it where it runs")

    def close_remotes(self) -> bool:
        """Return False: we have opened none."""
        return False

    def remote_url(self, database: str) -> str:
        """Raise Unsupported: none is known."""
        raise self.refuse(f"tells no URL of {database} to us", "clone it where it runs")

    def connect(self, database: str | None = None) -> Session[Any]:
        """
        Return a new connection; the server may have begun anew meanwhile.

        Raises:
            NotFound: No such database or ref.
            Unavailable: The server does not answer, or takes the password no more.
            Unsupported: It speaks no TLS.
        """
        try:
            return self._open(database)
        except pymysql.MySQLError as error:
            raise self._explained(error) from error

    def dial(self, *, answer_s: float) -> Session[Any]:
        """Return a new connection for one short errand."""
        return self._open(None, answer_s=answer_s)

    def stop(self) -> bool:
        """Return False: it is not ours to stop."""
        return False

    def exists(self, database: str) -> bool:
        """Return whether there is a database of that name that our user may see."""
        with translated(), self.connect() as session:
            return database in {str(row["Database"]) for row in fetch(session, _DATABASES)}

    def refuse(self, what: str, hint: str) -> Unsupported:
        """Return the error that says what this server does not do for us."""
        return Unsupported(f"The Dolt server {self.location} {what}.", hint=hint)

    def _about(self, what: str) -> str:
        with self.connect() as session:
            try:
                return str(fetch(session, _ABOUT)[0][what])
            except pymysql.MySQLError as error:
                raise Unsupported(f"The server {self.location} is no Dolt server.") from error

    def _open(self, database: str | None, *, answer_s: float | None = None) -> Session[Any]:
        session = open_as(
            self._address, self._target.user, self._password, database, answer_s=answer_s
        )
        if not self._target.is_here:
            _limit_silence(session)
        return session

    def _explained(self, error: pymysql.MySQLError) -> WastelandError:
        number = error.args[0] if error.args else None
        if number == ER.ACCESS_DENIED_ERROR:
            return Unavailable(
                f"The Dolt server {self.location} does not take this user with this password.",
                hint=_SIGN_IN,
            )
        if number == CR.CR_SSL_CONNECTION_ERROR:
            return self.refuse(
                "speaks no TLS, and is on another machine", "give it tls_cert and tls_key"
            )
        return translate(error)


class FarEngine(DoltEngine):
    """One database of a far server, whose folder is out of sight."""

    def __init__(self, server: Server, database: str, **options: Any) -> None:
        """Name the database; see ``DoltEngine``."""
        super().__init__(server, database, **options)
        self.location = f"{server.location}/{database}"

    def size_bytes(self) -> int:
        """Return 0: Dolt does not tell it."""
        return 0


def _malformed() -> Invalid:
    return Invalid("That is no URL of a Dolt server.", hint=_FORM, field="dolt_url")


def _has_more(parts: SplitResult) -> bool:
    return bool(parts.path.strip("/") or parts.query or parts.fragment)


def _limit_silence(session: Session[Any]) -> None:
    """Give up on a connection that the network has forgotten; waiting for an answer is no such."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        vars(session)["_sock"].setsockopt(
            socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _LONG_SILENCE_MS
        )
