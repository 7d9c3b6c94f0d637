"""Queries on Dolt servers, run as the reader of their database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

from pymysql.constants import FIELD_TYPE, FLAG
from pymysql.cursors import SSCursor

from ...engines.dolt.readers import OutOfRoom, OutOfTime, reading
from ...protocol.errors import Unavailable, Unsupported, WastelandError
from .cells import BINARY, cut, too_large
from .places import ServerPlace
from .results import Column, Limits, QueryResult, TextRow

_BINARY_CHARSET: Final = 63
_BYTES_PER_CHARACTER: Final = 4

_NAMES: Final = {
    FIELD_TYPE.TINY: "tinyint(1)",
    FIELD_TYPE.SHORT: "smallint",
    FIELD_TYPE.INT24: "mediumint",
    FIELD_TYPE.LONG: "int",
    FIELD_TYPE.LONGLONG: "bigint",
    FIELD_TYPE.YEAR: "year",
    FIELD_TYPE.FLOAT: "float",
    FIELD_TYPE.DOUBLE: "double",
    FIELD_TYPE.TIMESTAMP: "timestamp",
    FIELD_TYPE.DATETIME: "datetime",
    FIELD_TYPE.DATE: "date",
    FIELD_TYPE.TIME: "time",
    FIELD_TYPE.JSON: "json",
    FIELD_TYPE.BIT: "bit",
    FIELD_TYPE.NULL: "null",
}
_CHARACTERS: Final = {
    FIELD_TYPE.STRING: ("char", "binary"),
    FIELD_TYPE.VARCHAR: ("varchar", "varbinary"),
    FIELD_TYPE.VAR_STRING: ("varchar", "varbinary"),
}
# The longest of each in bytes, then its names for text and for bytes.
_LONG: Final = (
    (1020, "tinytext", "tinyblob"),
    (262140, "text", "blob"),
    (67108860, "mediumtext", "mediumblob"),
)
_LONGEST: Final = ["longtext", "longblob"]

_TIMES: Final = frozenset({FIELD_TYPE.TIMESTAMP, FIELD_TYPE.DATETIME})
_SECONDS: Final = len("2026-01-02 03:04:05")


def read(place: ServerPlace, sql: str, limits: Limits) -> QueryResult:
    """
    Run one SELECT.

    Raises:
        Unavailable: The server does not answer.
        Unsupported: It makes no user for reading.
    """
    deadline = time.monotonic() + limits.soft_s
    try:
        with reading(
            place.server, place.place, sql, deadline=deadline, limit_bytes=limits.bytes
        ) as cursor:
            return _fetch(cursor, limits)
    except OutOfTime as error:
        return QueryResult.failure("timeout", error.message)
    except (Unavailable, Unsupported):
        raise
    except (WastelandError, ValueError) as error:
        return QueryResult.failure("error", str(error))


class _Rows:
    """Rows as text, up to one that is too large to be read."""

    def __init__(self, cursor: SSCursor) -> None:
        self._cursor = cursor
        self._is_json = [field.type_code == FIELD_TYPE.JSON for field in _fields(cursor)]
        self._is_time = [field.type_code in _TIMES for field in _fields(cursor)]
        self.is_cut = False

    def __iter__(self) -> Iterator[TextRow]:
        return self

    def __next__(self) -> TextRow:
        try:
            row = self._cursor.fetchone()
        except OutOfRoom:
            self.is_cut, row = True, None
        if row is None:
            raise StopIteration
        return tuple(map(_text, row, self._is_json, self._is_time))


def _fetch(cursor: SSCursor, limits: Limits) -> QueryResult:
    columns = tuple(map(_column, _fields(cursor)))
    rows = _Rows(cursor)
    kept, message = cut(rows if columns else (), row_limit=limits.rows, byte_limit=limits.bytes)
    if rows.is_cut:
        message = too_large(len(kept))
    return QueryResult(columns, kept, "row_limit" if message else "success", message)


def _fields(cursor: SSCursor) -> list[Any]:
    """Return the driver's records of the columns, which say more than its description."""
    result: Any = vars(cursor)["_result"]
    return result.fields if cursor.description else []


def _column(field: Any) -> Column:
    is_key = bool(field.flags & FLAG.PRI_KEY and field.org_table)
    return Column(field.name, _type(field), field.org_table, is_key)


def _type(field: Any) -> str:
    code, length, is_text = field.type_code, field.length, field.charsetnr != _BINARY_CHARSET
    if code in _CHARACTERS:
        name = _CHARACTERS[code][0 if is_text else 1]
        return f"{name}({length // _BYTES_PER_CHARACTER if is_text else length})"
    if code in {FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL}:
        # The length counts the sign, and the point where there is one.
        return f"decimal({length - 1 - bool(field.scale)},{field.scale})"
    if code in _NAMES:
        return _NAMES[code]
    names = next((names for longest, *names in _LONG if length <= longest), _LONGEST)
    return names[0 if is_text else 1]


def _text(cell: str | bytes | None, is_json: bool, is_time: bool) -> str | None:
    if cell is None or isinstance(cell, bytes):
        return None if cell is None else BINARY
    if is_json and cell == "null":
        return None  # Dolt's merge writes it where NULL was
    return cell[:_SECONDS] if is_time else cell
