"""
Connections to a Dolt server, and how its values become ours.

Values are text, numbers or None: times as ``YYYY-MM-DD HH:MM:SS`` in UTC, decimals as numbers,
JSON as text. JSON ``null`` is read as None, because Dolt's own merge writes it where NULL was.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from pymysql.constants import CLIENT, FIELD_TYPE
from pymysql.converters import encoders

from ...protocol.schema import Value
from .signing_in import Address, Connection, Session, sign_in

LOCAL_USER: Final = "__dolt_local_user__"
"""Dolt's user for whoever owns the data directory; its password is in ``sql-server.info``."""

SET_UP: Final = (
    "SET time_zone = '+00:00', "
    "sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY'"
)
"""What each connection begins with."""


def open_session(
    port: int,
    secret: str,
    database: str | None = None,
    *,
    timeout_s: float = 10.0,
    answer_s: float | None = None,
) -> Session[Any]:
    """
    Return a connection in autocommit mode.

    Args:
        port: Of a server on this machine.
        secret: Password of its local user.
        database: A database, or ``database/ref``.
        timeout_s: How long connecting and signing in may take.
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
    timeout_s: float = 10.0,
    answer_s: float | None = None,
) -> Session[Any]:
    """
    Return a connection in autocommit mode, as *user*; see ``open_session``.

    Raises:
        pymysql.MySQLError: It cannot be had.
    """
    session = Connection(
        **address.options,
        user=user,
        password=password.encode(),  # of text the driver would take Latin-1 only
        database=database,
        charset="utf8mb4",
        autocommit=True,
        read_timeout=answer_s,
        init_command=SET_UP,
        # An UPDATE counts the rows that its WHERE found, as SQLite does.
        client_flag=CLIENT.FOUND_ROWS,
        conv={**encoders, **_DECODERS},
        defer_connect=True,
    )
    sign_in(session, address, timeout_s=timeout_s)
    return session


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
