"""
Cells: how Python values are bound to a statement and read from its rows.

The two functions made here run once for each cell of every row, and each call into the library
costs a third of a microsecond. So they keep the library's functions in local names, make as few
calls as they can, and are one flat loop each.

Text is UTF-8 with its length, so a NUL character in it is kept. Stored bytes that are not UTF-8
(another program's doing) read as U+FFFD: text that comes from here can always be printed, hashed
and sent on. The stored bytes are to be had with `CAST(x AS BLOB)`.
"""

import functools
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from . import exceptions
from ._abi import ffi

Library: TypeAlias = Any
Pointer: TypeAlias = Any
Row: TypeAlias = tuple[Any, ...]

_INTEGER, _FLOAT, _TEXT, _NULL = 1, 2, 3, 5
_TRANSIENT = -1  # SQLITE_TRANSIENT: the library copies what it is given


@functools.cache
def binder(lib: Library) -> Callable[[Pointer, Iterable[Any], int], int]:
    """Return the function that binds values to a statement whose bindings are clear."""
    bind_text, bind_blob = lib.sqlite3_bind_text, lib.sqlite3_bind_blob
    bind_int, bind_float = lib.sqlite3_bind_int64, lib.sqlite3_bind_double

    def bind(statement: Pointer, values: Iterable[Any], first: int) -> int:
        """Bind *values* from placeholder *first* on; return the first result code not OK, or 0."""
        code = 0
        for index, value in enumerate(values, first):
            kind = type(value)
            if kind is str:
                data = value.encode()
                code = bind_text(statement, index, data, len(data), _TRANSIENT)
            elif value is None:
                continue
            elif kind is int:
                code = bind_int(statement, index, value)
            elif kind is float:
                code = bind_float(statement, index, value)
            elif kind is bytes:
                code = bind_blob(statement, index, value, len(value), _TRANSIENT)
            else:
                code = bind(statement, (_plain(value),), index)
            if code:
                return code
        return 0

    return bind


@functools.cache
def reader(lib: Library) -> Callable[[Pointer, range], Row]:
    """Return the function that reads the columns of a statement's current row."""
    type_of, size_of = lib.sqlite3_column_type, lib.sqlite3_column_bytes
    text_of, blob_of = lib.sqlite3_column_text, lib.sqlite3_column_blob
    int_of, float_of = lib.sqlite3_column_int64, lib.sqlite3_column_double
    unpack: Callable[[Pointer, int], bytes] = ffi.unpack  # type: ignore[assignment]  # of chars

    def read(statement: Pointer, columns: range) -> Row:
        row: list[Any] = []
        append = row.append
        for column in columns:
            kind = type_of(statement, column)
            if kind == _TEXT:
                text = text_of(statement, column)  # before its size: it may convert the text
                append(unpack(text, size_of(statement, column)).decode("utf-8", "replace"))
            elif kind == _NULL:
                append(None)
            elif kind == _INTEGER:
                append(int_of(statement, column))
            elif kind == _FLOAT:
                append(float_of(statement, column))
            else:
                blob = blob_of(statement, column)  # NULL if empty
                append(unpack(blob, size_of(statement, column)) if blob else b"")
        return tuple(row)

    return read


def _plain(value: object) -> str | int | float | bytes:
    """Return *value* as the builtin type that it extends or can be stored as."""
    if isinstance(value, int):  # bool too
        return int(value)
    if isinstance(value, str):
        return str.__str__(value)  # not str(value): an enum's own __str__ gives its name
    if isinstance(value, float):
        return float(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise exceptions.InterfaceError(f"A value of type {type(value).__name__} cannot be stored.")
