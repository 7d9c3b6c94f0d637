"""
The embedded engine as a database module of PEP 249.

It differs from the standard library's `sqlite3` where that leaves things implicit:

- No transaction begins by itself. Outside `BEGIN IMMEDIATE` ... `COMMIT` each statement is its own.
- `with connect(...)` closes the connection; what was not committed is rolled back.
- A connection may be handed from thread to thread, but two at once are refused: an accident of
  sharing shows itself at once, and nobody waits unknowingly behind another's transaction.
- After `os.fork` the child cannot use a connection of its parent.
- Text is never ended by a NUL, and all types go in and out as they are: no adapters, no
  converters, no type constructors.
"""

import functools
import math
import os
import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self, TypeAlias

from . import library as _library
from ._abi import ffi
from .cursors import Cursor
from .exceptions import (
    CorruptDatabase,
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    LibraryMissing,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,  # noqa: A004  the standard's name
)
from .statements import Parameters, Statement, StatementPool, check, encode
from .turns import Turn
from .values import Library, Pointer

__all__ = [
    "Connection",
    "CorruptDatabase",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "LibraryMissing",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Warning",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]

apilevel = "2.0"
threadsafety = 1
paramstyle = "named"

_READ_ONLY, _READ_WRITE, _CREATE = 0x1, 0x2, 0x4
_URI = 0x40
_NO_MUTEX = 0x8000  # we let in one thread at a time ourselves
_EXTENDED_CODES = 0x02000000

_OK, _DENY = 0, 1

Judge: TypeAlias = Callable[[int, str | None, str | None, str | None, str | None], bool]
"""Says whether a statement may do something; see `Connection.set_authorizer`."""

# Steps of the library's virtual machine between two looks at the clock: a fraction of a
# millisecond of work, against one microsecond for the look.
_STEPS_PER_LOOK = 10_000


def connect(
    path: str | os.PathLike[str],
    *,
    uri: bool = False,
    timeout_s: float = 5.0,
    read_only: bool = False,
    create: bool = True,
    cached_statements: int = 64,
    library: str | None = None,
) -> "Connection":
    """
    Open a database file.

    Args:
        path: The file; `c.db/branch` and `c.db/<commit hash>` open it at a branch or revision;
            `:memory:` is a database of its own.
        uri: Read *path* as a URI such as `file:/abs/c.db?lazy_origin=1` (a lazy clone).
        timeout_s: How long a statement waits for another process's lock.
        read_only: Refuse every write.
        create: Make the file if it is missing.
        cached_statements: How many idle prepared statements are kept.
        library: Path of the shared library; None for the installed one.
    Raises:
        LibraryMissing: This platform has no such library.
        OperationalError: There is no such file, branch or revision, or it cannot be opened.
    """
    name = os.fsencode(path)
    if b"\0" in name:
        raise ProgrammingError("The path holds a NUL character.")
    flags = _READ_ONLY if read_only else _READ_WRITE | (_CREATE if create else 0)
    flags |= _NO_MUTEX | _EXTENDED_CODES | (_URI if uri else 0)
    lib = _library.load(_library.find_library(library))
    db = _open(lib, name, flags)
    lib.sqlite3_busy_timeout(db, math.ceil(timeout_s * 1000))
    return Connection(lib, db, cached_statements)


class Connection:
    """An open database; made by `connect`."""

    def __init__(self, lib: Library, db: Pointer, cached_statements: int) -> None:
        self._lib = lib
        self._db = db
        self._deadline = ffi.new("double *")
        self._authorizer: Any = ffi.NULL  # kept here, as the library has only its address
        self._pool = StatementPool(lib, db, cached_statements)
        self._turn = Turn(self._pool)
        self._closing = threading.Lock()  # against interrupt(), which needs no turn

    @property
    def in_transaction(self) -> bool:
        """Whether a BEGIN waits for its COMMIT or ROLLBACK."""
        with self._turn:
            return not self._lib.sqlite3_get_autocommit(self._db)

    @property
    def changes(self) -> int:
        """Rows that the last finished INSERT, UPDATE or DELETE changed."""
        with self._turn:
            return int(self._lib.sqlite3_changes64(self._db))

    def cursor(self) -> Cursor:
        """Return a new cursor."""
        return Cursor(self, self._turn, self._pool)

    def execute(self, sql: str, parameters: Parameters = ()) -> Cursor:
        """Run *sql* on a new cursor, and return it."""
        return self.cursor().execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Parameters]) -> Cursor:
        """Run *sql* on a new cursor once for each of *rows*, and return it."""
        return self.cursor().executemany(sql, rows)

    def executescript(self, sql: str) -> None:
        """Run any number of statements without parameters, dropping their rows."""
        with self._turn:
            rest = encode(sql)
            while rest:
                statement = Statement(self._lib, self._db, rest)
                rest = statement.rest
                try:
                    while statement.step():
                        pass
                finally:
                    statement.finalize()

    def commit(self) -> None:
        """Commit the transaction, if there is one."""
        if self.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """Roll the transaction back, if there is one."""
        if self.in_transaction:
            self.execute("ROLLBACK")

    def interrupt(self) -> None:
        """Make what runs in another thread fail with OperationalError, code 9."""
        with self._closing:
            if self._turn.is_open:
                self._lib.sqlite3_interrupt(self._db)

    def set_time_limit(self, seconds: float | None) -> None:
        """
        Let statements run until *seconds* from now; None lifts the limit.

        What runs later fails with OperationalError, code 9; a write so stopped rolls its
        transaction back. Waiting for a lock and the work inside one `dolt_...` call are not
        stopped.
        """
        with self._turn:
            if seconds is None:
                self._lib.sqlite3_progress_handler(self._db, 0, ffi.NULL, ffi.NULL)
                return
            self._deadline[0] = time.monotonic() + seconds
            self._lib.sqlite3_progress_handler(
                self._db, _STEPS_PER_LOOK, _deadline_callback(), self._deadline
            )

    def set_limit(self, category: int, limit: int) -> int:
        """Set one of the library's limits (`SQLITE_LIMIT_...`); return what it was."""
        with self._turn:
            return int(self._lib.sqlite3_limit(self._db, category, limit))

    def set_authorizer(self, judge: Judge | None) -> None:
        """
        Ask *judge* about all that a statement would do, whenever one is prepared; None lifts that.

        Statements that are prepared already are prepared and judged again. What is refused fails
        with OperationalError, code 23; so does everything if *judge* itself fails.

        Args:
            judge: Called with the action (`SQLITE_READ` and so on), its two arguments, the
                database's name, and the view or trigger that asks for it.
        """
        with self._turn:
            callback = ffi.NULL if judge is None else _authorizer_callback(judge)
            self._lib.sqlite3_set_authorizer(self._db, callback, ffi.NULL)
            self._authorizer = callback

    def close(self) -> None:
        """
        Close the database; a second time does nothing.

        In a child after `os.fork` nothing is touched: the file is the parent's.
        """
        if self._turn.is_foreign or not self._turn.is_open:
            return
        with self._turn, self._closing:
            if self._turn.is_nested:
                raise ProgrammingError("The connection cannot be closed while a statement runs.")
            self._turn.is_open = False
            self._pool.close()
            self._lib.sqlite3_close_v2(self._db)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def _open(lib: Library, name: bytes, flags: int) -> Pointer:
    db = ffi.new("sqlite3 **")
    code = lib.sqlite3_open_v2(name, db, flags, ffi.NULL)
    try:
        check(lib, db[0], code)
    except Error:
        lib.sqlite3_close_v2(db[0])
        raise
    return db[0]


@functools.cache
def _deadline_callback() -> Any:
    """Return the C function that is true once the time that it is given a pointer to is past."""

    def is_past(deadline: Any) -> bool:
        return bool(time.monotonic() >= ffi.cast("double *", deadline)[0])

    # Where it fails it says "past", so that no limit is lost.
    return ffi.callback("int(void *)", is_past, error=1)


def _authorizer_callback(judge: Judge) -> Any:
    def decide(_: Any, action: int, *details: Any) -> int:
        return _OK if judge(action, *map(_text_or_none, details)) else _DENY

    declaration = "int(void *, int, const char *, const char *, const char *, const char *)"
    return ffi.callback(declaration, decide, error=_DENY)


def _text_or_none(pointer: Pointer) -> str | None:
    text: Any = ffi.string(pointer) if pointer else None
    return None if text is None else text.decode("utf-8", "replace")
