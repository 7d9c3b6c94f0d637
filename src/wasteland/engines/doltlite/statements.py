"""
Prepared statements, and the pool that keeps them for the next use.

Nothing here locks: the caller lets one thread at a time use the statements of a connection.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from . import exceptions, values
from ._abi import ffi
from .values import Library, Pointer, Row

Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]

_ROW, _DONE = 100, 101
_PERSISTENT = 1  # SQLITE_PREPARE_PERSISTENT: the statement will be kept
_REPREPARE = 5  # SQLITE_STMTSTATUS_REPREPARE: how often a changed schema recompiled it

_CHANGES = {b"INSERT", b"UPDATE", b"DELETE", b"REPLACE", b"WITH"}

# Possessive throughout, so that no text can make it slow.
_BLANK = re.compile(rb"(?:[\s;]++|--[^\n]*+|/\*.*?(?:\*/|\Z))*+", re.DOTALL)


def check(lib: Library, db: Pointer, code: int) -> None:
    """Raise the exception for *code*, with the connection's message, unless it is OK."""
    if code:
        raise exceptions.from_result(code, _text(lib.sqlite3_errmsg(db)))


class Statement:
    """
    One prepared statement.

    Attributes:
        rest: The text that followed it, from the next statement on; empty if there is none.
        changes_rows: It is an INSERT, UPDATE, DELETE or REPLACE.
        names: The column names of its result, right after `start`; empty if it has none.
        types: As long; the declared type of the column behind it, None behind an expression.
    """

    def __init__(self, lib: Library, db: Pointer, text: bytes) -> None:
        self._lib = lib
        self._db = db
        self._pointer, self.rest = _prepare(lib, db, text)
        self.changes_rows = _is_change(text) and not lib.sqlite3_stmt_readonly(self._pointer)
        self._placeholders = _placeholders(lib, self._pointer)
        self._bind = values.binder(lib)
        self._read = values.reader(lib)
        self._describe()

    def bind(self, parameters: Parameters) -> None:
        """
        Give every placeholder its value.

        Raises:
            DataError: A value does not fit: over 64 bits, over 2 GiB, or no valid Unicode.
            InterfaceError: A value is of a type that cannot be stored.
            ProgrammingError: The parameters do not match the placeholders.
        """
        ordered = _arrange(parameters, self._placeholders)
        if not self._pointer:  # which the next call would not survive
            raise exceptions.ProgrammingError("The statement was closed while in use.")
        self._lib.sqlite3_clear_bindings(self._pointer)
        try:
            code = self._bind(self._pointer, ordered, 1)
        except (OverflowError, UnicodeEncodeError) as error:
            raise exceptions.DataError(f"{error}.") from error
        check(self._lib, self._db, code)

    def start(self) -> bool:
        """Take the first step, which also notices a changed schema; True if there is a row."""
        has_row = self.step()
        if self._recompiled != self._lib.sqlite3_stmt_status(self._pointer, _REPREPARE, 0):
            self._describe()
        return has_row

    def step(self) -> bool:
        """Run up to the next row; True if there is one."""
        code = self._lib.sqlite3_step(self._pointer)
        if code == _ROW:
            return True
        if code != _DONE:
            check(self._lib, self._db, code)
        return False

    def row(self) -> Row:
        """Return the row that the last step found."""
        return self._read(self._pointer, self._columns)

    def changes(self) -> int:
        """Return how many rows it changed, right after it is done; -1 if that is not its kind."""
        return int(self._lib.sqlite3_changes64(self._db)) if self.changes_rows else -1

    def reset(self) -> None:
        """End the run: the statement holds no lock any more and can be started again."""
        self._lib.sqlite3_reset(self._pointer)

    def finalize(self) -> None:
        """Free the statement; a second time does nothing."""
        pointer, self._pointer = self._pointer, ffi.NULL
        self._lib.sqlite3_finalize(pointer)

    def _describe(self) -> None:
        lib, pointer = self._lib, self._pointer
        self._columns = range(lib.sqlite3_column_count(pointer))
        self.names = tuple(_text(lib.sqlite3_column_name(pointer, i)) for i in self._columns)
        declared = (lib.sqlite3_column_decltype(pointer, i) for i in self._columns)
        self.types = tuple(_text(name) if name else None for name in declared)
        self._recompiled = lib.sqlite3_stmt_status(pointer, _REPREPARE, 0)


class StatementPool:
    """
    All statements of one connection: those in use, each by one cursor, and up to *size* idle ones.

    A statement in use is never handed out again; the same text is prepared once more instead.
    """

    def __init__(self, lib: Library, db: Pointer, size: int) -> None:
        self._lib = lib
        self._db = db
        self._size = size
        self._idle: OrderedDict[str, Statement] = OrderedDict()  # least recently used first
        self._in_use: dict[Statement, str] = {}

    def take(self, sql: str) -> Statement:
        """
        Return a statement for *sql* that is in nobody's use.

        Raises:
            ProgrammingError: The text holds no statement, or more than one.
        """
        statement = self._idle.pop(sql, None) or self._prepare(sql)
        self._in_use[statement] = sql
        return statement

    def give(self, statement: Statement) -> None:
        """Take *statement* back; the one unused for longest makes room for it."""
        sql = self._in_use.pop(statement)
        statement.reset()
        twin = self._idle.pop(sql, None)
        self._idle[sql] = statement
        if twin:
            twin.finalize()
        if len(self._idle) > self._size:
            self._idle.popitem(last=False)[1].finalize()

    def close(self) -> None:
        """Free all statements, also those in use."""
        for statement in (*self._in_use, *self._idle.values()):
            statement.finalize()
        self._in_use.clear()
        self._idle.clear()

    def _prepare(self, sql: str) -> Statement:
        statement = Statement(self._lib, self._db, encode(sql))
        if statement.rest:
            statement.finalize()
            raise exceptions.ProgrammingError(
                "The text holds more than one statement; executescript() runs such text."
            )
        return statement


def encode(sql: str) -> bytes:
    """Return *sql* as the library takes it, from its first statement on."""
    if "\0" in sql:  # the library would silently stop there
        raise exceptions.ProgrammingError("The SQL text holds a NUL character.")
    try:
        return _skip_blank(sql.encode())
    except UnicodeEncodeError as error:
        raise exceptions.ProgrammingError(f"The SQL text is no valid Unicode: {error}.") from error


def _skip_blank(text: bytes) -> bytes:
    """Return *text* without leading space, comments and semicolons."""
    match = _BLANK.match(text)
    return text[match.end() :] if match else text


def _prepare(lib: Library, db: Pointer, text: bytes) -> tuple[Pointer, bytes]:
    """Compile the first statement of *text*; return it and the text after it."""
    start = ffi.cast("const char *", ffi.from_buffer(text))
    end = ffi.new("const char **")
    pointer = ffi.new("sqlite3_stmt **")
    check(lib, db, lib.sqlite3_prepare_v3(db, start, -1, _PERSISTENT, pointer, end))
    if not pointer[0]:
        raise exceptions.ProgrammingError("The text holds no SQL statement.")
    return pointer[0], _skip_blank(text[end[0] - start :])


def _is_change(text: bytes) -> bool:
    verb = re.match(rb"[A-Za-z]*", text)
    return verb is not None and verb[0].upper() in _CHANGES


def _placeholders(lib: Library, pointer: Pointer) -> tuple[str | None, ...]:
    """Return one name per placeholder, without its first character; None for `?` and `?1`."""
    count = lib.sqlite3_bind_parameter_count(pointer)
    names = (lib.sqlite3_bind_parameter_name(pointer, i) for i in range(1, count + 1))
    return tuple(_text(name)[1:] if name and name[0] != b"?" else None for name in names)


def _arrange(parameters: Parameters, names: tuple[str | None, ...]) -> Sequence[Any]:
    """Return the values in the order of the placeholders."""
    if isinstance(parameters, dict | Mapping):
        return _by_name(parameters, names)
    if isinstance(parameters, str | bytes) or not isinstance(parameters, Sequence):
        kind = type(parameters).__name__
        raise exceptions.ProgrammingError(f"Parameters are a sequence or a mapping, not {kind}.")
    if any(names):
        raise exceptions.ProgrammingError("Named placeholders take a mapping of parameters.")
    if len(parameters) != len(names):
        raise exceptions.ProgrammingError(
            f"The statement has {len(names)} placeholders, not {len(parameters)}."
        )
    return parameters


def _by_name(parameters: Mapping[str, Any], names: tuple[str | None, ...]) -> list[Any]:
    ordered = []
    for name in names:
        if name is None:
            raise exceptions.ProgrammingError("Placeholders without names take a sequence.")
        if name not in parameters:
            raise exceptions.ProgrammingError(f"There is no value for placeholder {name} .")
        ordered.append(parameters[name])
    return ordered


def _text(pointer: Pointer) -> str:
    text = ffi.string(pointer)
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
