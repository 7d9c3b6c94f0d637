"""
Driver errors become ours, once: by MySQL's error number, by text only where Dolt leaves none.

Dolt answers most of its own complaints with 1105, "unknown error"; for these the first phrase of
``_PHRASES`` that occurs decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pymysql
from pymysql.constants import CR, ER

from ...protocol.errors import (
    Conflict,
    EngineError,
    Invalid,
    MergeConflict,
    NotFound,
    Stale,
    Unauthenticated,
    Unavailable,
    WastelandError,
)

_UNKNOWN: Final = 1105
_CONSTRAINT_NUMBERS: Final = frozenset({ER.DUP_ENTRY, ER.BAD_NULL_ERROR})
_CONSTRAINT_PHRASES: Final = r"check constraint|doesn't have a default"
_NUMBERS: Final[dict[int, type[WastelandError]]] = {
    ER.BAD_DB_ERROR: NotFound,
    ER.NO_SUCH_TABLE: NotFound,
    ER.DB_CREATE_EXISTS: Conflict,
    ER.LOCK_DEADLOCK: Stale,  # Dolt: a rival changed the same cells
    ER.LOCK_WAIT_TIMEOUT: Unavailable,
    ER.DATA_TOO_LONG: Invalid,
    ER.ACCESS_DENIED_ERROR: Unavailable,  # another server has taken the port
    ER.CON_COUNT_ERROR: Unavailable,
    CR.CR_AUTH_PLUGIN_CANNOT_LOAD: Unavailable,  # likewise
    CR.CR_SERVER_HANDSHAKE_ERR: Unavailable,  # likewise
    CR.CR_CONN_HOST_ERROR: Unavailable,
    CR.CR_SERVER_GONE_ERROR: Unavailable,
    CR.CR_SERVER_LOST: Unavailable,
    0: Unavailable,  # the driver's own: the connection is closed
}
_PHRASES: Final[tuple[tuple[str, type[WastelandError]], ...]] = (
    (r"non-fast-forward|not possible to fast-forward|nothing to commit", Stale),
    (r"merge conflict|conflicts found|constraint violations", MergeConflict),
    (r"invalid branch name", Invalid),
    (r"too large for column|invalid json|incorrect .* value|out of range", Invalid),
    (r"unauthenticated|permission ?denied|has not been granted", Unauthenticated),
    (r"unknown remote|remote '.*' not found", NotFound),
    (r"no common ancestor", Conflict),
    (r"code = unavailable|could not be accessed|could not access|could not read", Unavailable),
    (r"contains no dolt data|online garbage collection", Unavailable),
    (r"already exists", Conflict),
    (r"uncommitted changes", Conflict),
    (r"not found|invalid ref spec|is not a commit", NotFound),
)


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the driver raises inside as an error of ours."""
    try:
        yield
    except pymysql.MySQLError as error:
        raise translate(error) from error
    except UnicodeEncodeError as error:
        raise Invalid(f"A value cannot be stored: {error}.", reason=str(error)) from error


def translate(error: pymysql.MySQLError) -> WastelandError:
    """Return the error of ours that says what *error* says; ``facts["reason"]`` is Dolt's text."""
    number, text = _parts(error)
    reason = text.strip().rstrip(".")
    if number in _CONSTRAINT_NUMBERS or _says(_CONSTRAINT_PHRASES, reason):
        return Conflict(f"A rule of the table refuses this row: {reason}.", constraint=reason)
    kind = _NUMBERS.get(number) or (_kind_of(reason) if number == _UNKNOWN else EngineError)
    return kind(f"Dolt says: {reason}.", number=number, reason=reason)


def _parts(error: pymysql.MySQLError) -> tuple[int, str]:
    arguments = error.args
    number = arguments[0] if arguments and isinstance(arguments[0], int) else -1
    if isinstance(error, pymysql.InterfaceError):
        number = 0
    return number, str(arguments[-1]) if arguments else type(error).__name__


def _kind_of(text: str) -> type[WastelandError]:
    for phrase, kind in _PHRASES:
        if _says(phrase, text):
            return kind
    return EngineError


def _says(phrase: str, text: str) -> bool:
    return re.search(phrase, text, re.IGNORECASE) is not None
