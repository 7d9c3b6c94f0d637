"""
The exceptions of PEP 249, with the library's result codes on them.

The names are the standard's, also where they shadow a builtin: read them with the module's name,
as in `driver.Error`.
"""

from __future__ import annotations

import builtins


class Warning(builtins.Warning):  # noqa: A001  the standard's name
    """An important warning; this driver has none to give."""


class Error(Exception):
    """
    Base of all errors of this driver.

    Attributes:
        message: What happened, as the library or the driver says it.
        code: The library's primary result code; None where the driver itself refused.
        extended_code: The same with the library's finer distinction in its upper bits.
    """

    def __init__(self, message: str, *, extended_code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.extended_code = extended_code
        self.code = None if extended_code is None else extended_code & 0xFF


class InterfaceError(Error):
    """The driver was used in a way it does not know, such as a value of an unknown type."""


class DatabaseError(Error):
    """Something went wrong in the database."""


class DataError(DatabaseError):
    """A value cannot be stored: too large, or not encodable as UTF-8."""


class OperationalError(DatabaseError):
    """The statement could not be run: SQL error, locked, interrupted, disk full and the like."""


class IntegrityError(DatabaseError):
    """A constraint refused the change; also a push that is not a fast-forward."""


class InternalError(DatabaseError):
    """The library met an internal error."""


class ProgrammingError(DatabaseError):
    """The caller's mistake: wrong parameters, a closed connection, two threads at once."""


class NotSupportedError(DatabaseError):
    """The library cannot do this."""


class CorruptDatabase(DatabaseError):
    """The file is damaged, or is no database of this engine."""


class LibraryMissing(InterfaceError):
    """The engine's shared library is not installed or cannot be loaded on this platform."""


_CLASSES: dict[int, type[Error]] = {
    2: InternalError,  # INTERNAL
    11: CorruptDatabase,  # CORRUPT
    12: InternalError,  # NOTFOUND
    18: DataError,  # TOOBIG
    19: IntegrityError,  # CONSTRAINT
    20: IntegrityError,  # MISMATCH
    21: InterfaceError,  # MISUSE
    22: NotSupportedError,  # NOLFS
    25: InterfaceError,  # RANGE
    26: CorruptDatabase,  # NOTADB
}


def from_result(extended_code: int, message: str) -> Error:
    """Return the exception for a result code of the library; OperationalError where none fits."""
    kind = _CLASSES.get(extended_code & 0xFF, OperationalError)
    return kind(message, extended_code=extended_code)
