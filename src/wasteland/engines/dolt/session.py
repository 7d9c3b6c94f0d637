"""
Connections to a Dolt server, and how its values become ours.

Values are text, numbers or None: times as ``YYYY-MM-DD HH:MM:SS`` in UTC, decimals as numbers,
JSON as text. JSON ``null`` is read as None, because Dolt's own merge writes it where NULL was.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from ssl import SSLContext
from typing import Any, Final

import pymysql
from pymysql.constants import CLIENT, CR, FIELD_TYPE
from pymysql.converters import encoders

from ...protocol.schema import Value

LOCAL_USER: Final = "__dolt_local_user__"
"""Dolt's user for whoever owns the data directory; its password is in ``sql-server.info``."""

Session = pymysql.connections.Connection

_TELLING: Final = (
    "mysql_clear_password",
    "mysql_old_password",
    "dialog",
    "sha256_password",
    "caching_sha2_password",
)
"""Ways to sign in that, without TLS, give the password to whoever is at the other end."""

SET_UP: Final = (
    "SET time_zone = '+00:00', "
    "sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY'"
)
"""What each connection begins with."""


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
        secrecy: dict[str, Any] = {"ssl": self.tls}
        if self.tls is None:
            # Whoever holds the port while the server is away must not be told the password.
            secrecy = {"ssl_disabled": True, "auth_plugin_map": {}}
        return {"host": self.host, "port": self.port, **secrecy}


class _Refusal:
    """Answers a server that asks for the password itself."""

    def __init__(self, session: object) -> None:
        del session

    def authenticate(self, packet: object) -> None:
        """Send nothing."""
        del packet
        raise pymysql.OperationalError(
            CR.CR_AUTH_PLUGIN_CANNOT_LOAD, "The server asks for the password in plain text"
        )


def open_session(
    port: int,
    secret: str,
    database: str | None = None,
    *,
    timeout_s: int = 10,
    answer_s: float | None = None,
) -> Session[Any]:
    """
    Return a connection in autocommit mode.

    Args:
        port: Of a server on this machine.
        secret: Password of its local user.
        database: A database, or ``database/ref``.
        timeout_s: How long connecting may take.
        answer_s: How long the server may take over an answer; None for ever.
    Raises:
        pymysql.MySQLError: It cannot be had.
    """
    return open_as(
        Address(port), LOCAL_USER, secret, database, timeout_s=timeout_s, answer_s=answer_s
    )


def open_as(
    address: Address,
    user: str,
    password: str,
    database: str | None = None,
    *,
    timeout_s: int = 10,
    answer_s: float | None = None,
) -> Session[Any]:
    """
    Return a connection in autocommit mode, as *user*; see ``open_session``.

    Raises:
        pymysql.MySQLError: It cannot be had.
    """
    return pymysql.connect(
        **address.options,
        user=user,
        password=password.encode(),  # of text the driver would take Latin-1 only
        database=database,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=timeout_s,
        read_timeout=answer_s,
        init_command=SET_UP,
        # An UPDATE counts the rows that its WHERE found, as SQLite does.
        client_flag=CLIENT.FOUND_ROWS,
        conv={**encoders, **_DECODERS},
    )


def _number(text: str) -> int | float:
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _json(value: str | bytes) -> Value:
    text = _text(value)
    return None if text == "null" else text


def _time(text: str) -> str:
    return text[:19]


_DECODERS: Final[dict[Any, Any]] = {
    **dict.fromkeys(
        (
            FIELD_TYPE.TINY,
            FIELD_TYPE.SHORT,
            FIELD_TYPE.INT24,
            FIELD_TYPE.LONG,
            FIELD_TYPE.LONGLONG,
            FIELD_TYPE.YEAR,
        ),
        int,
    ),
    **dict.fromkeys((FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE), float),
    **dict.fromkeys((FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL), _number),
    **dict.fromkeys((FIELD_TYPE.TIMESTAMP, FIELD_TYPE.DATETIME), _time),
    **dict.fromkeys(
        (
            FIELD_TYPE.BLOB,
            FIELD_TYPE.TINY_BLOB,
            FIELD_TYPE.MEDIUM_BLOB,
            FIELD_TYPE.LONG_BLOB,
            FIELD_TYPE.STRING,
            FIELD_TYPE.VAR_STRING,
            FIELD_TYPE.VARCHAR,
            FIELD_TYPE.BIT,
        ),
        _text,
    ),
    FIELD_TYPE.JSON: _json,
}
