"""
Reading DoltLite files inside a worker: connections that are kept, and one SELECT at a time.

A connection is opened to read only, told what it may do, and never untold.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from ...engines.doltlite import driver
from .allowed import Rules
from .cells import NULL, Cell, as_text, cut, declared_type, value_type
from .wire import Message

_KEPT: Final = 6
_PATIENCE_S: Final = 1.0
_NO_MEMORY, _INTERRUPTED, _NOT_AUTHORIZED = 7, 9, 23

# The library's numbers for its limits: LENGTH, SQL_LENGTH, EXPR_DEPTH, COMPOUND_SELECT, VDBE_OP,
# ATTACHED, LIKE_PATTERN_LENGTH, TRIGGER_DEPTH, WORKER_THREADS.
_LIMITS: Final = {
    0: 1_000_000, 1: 65_536, 3: 100, 4: 20, 5: 250_000, 7: 0, 8: 200, 10: 1, 11: 0,
}  # fmt: skip
_HEAP: Final = "PRAGMA hard_heap_limit = {}"
_PRAGMAS: Final = (
    "PRAGMA case_sensitive_like = ON",  # as on Dolt
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",
)
_TABLES: Final = (
    "SELECT lower(name) FROM pragma_table_list WHERE schema = 'main'"
    " AND type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
)
_MODULES: Final = "SELECT lower(name) FROM pragma_module_list"

_Identity = tuple[int, int]


class _Place:
    """A file opened at a branch or commit."""

    def __init__(self, path: str, ref: str, *, lazy: bool) -> None:
        self.identity = _identify(path)
        self.connection = _connect(path, ref, lazy=lazy)
        try:
            for pragma in _PRAGMAS:
                self.connection.execute(pragma).close()
            self.rules = Rules(self._names(_TABLES), self._names(_MODULES))
            for category, limit in _LIMITS.items():
                self.connection.set_limit(category, limit)
            self.connection.set_authorizer(self.rules.allows)
        except BaseException:
            self.connection.close()
            raise

    def _names(self, sql: str) -> set[str]:
        return {str(name) for (name,) in self.connection.execute(sql)}


class Files:
    """The files that a worker has open, the least recently used closed first."""

    def __init__(self, *, heap_bytes: int) -> None:
        """Limit what the engine may take of the memory, where the system does not."""
        with driver.connect(":memory:") as connection:
            connection.execute(_HEAP.format(heap_bytes)).close()
        self._places: OrderedDict[tuple[str, str], _Place] = OrderedDict()

    def answer(self, request: Message) -> Message:
        """Return what `read` gives, or why it gives nothing."""
        try:
            return self._read(request)
        except MemoryError:
            return _failure("error", "The query needs too much memory.", is_spent=True)
        except driver.Error as error:
            if error.code == _INTERRUPTED:
                return _failure("timeout", "The query took too long.")
            if error.code == _NO_MEMORY:
                return _failure("error", "The query needs too much memory.", is_spent=True)
            return _failure("error", error.message)

    def _read(self, request: Message) -> Message:
        path, ref, lazy = request["path"], request["ref"], request["lazy"]
        place, is_kept = self._place(path, ref, lazy=lazy)
        try:
            return _select(place, request)
        except driver.Error as error:
            if error.code == _INTERRUPTED:
                raise
            self._forget(path, ref)
            if not is_kept and error.code == _NOT_AUTHORIZED:
                return _failure("error", f"The query may not use {place.rules.refused} .")
            if not is_kept or error.code == _NO_MEMORY:
                raise
        # The table, branch or commit may be younger than the connection.
        return self._read(request)

    def _place(self, path: str, ref: str, *, lazy: bool) -> tuple[_Place, bool]:
        """Return the open place, and whether it was open before; opened anew for another file."""
        place = self._places.get((path, ref))
        if place is not None and place.identity == _identify(path):
            self._places.move_to_end((path, ref))
            return place, True
        self._forget(path, ref)
        place = self._places[path, ref] = _Place(path, ref, lazy=lazy)
        if len(self._places) > _KEPT:
            self._places.popitem(last=False)[1].connection.close()
        return place, False

    def _forget(self, path: str, ref: str) -> None:
        place = self._places.pop((path, ref), None)
        if place is not None:
            place.connection.close()


def _connect(path: str, ref: str, *, lazy: bool) -> driver.Connection:
    # Opened to read only, a lazy clone fetches what it lacks and stores nothing.
    name = f"file:{quote(path)}/{quote(ref)}?lazy_origin=1" if lazy else f"{path}/{ref}"
    return driver.connect(name, uri=lazy, timeout_s=_PATIENCE_S, read_only=True, create=False)


def _identify(path: str) -> _Identity | None:
    """Return which file is at *path*; collecting garbage puts another one there."""
    try:
        found = os.stat(path)  # noqa: PTH116  pathlib is not needed by anything else here
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _select(place: _Place, request: Message) -> Message:
    place.connection.set_time_limit(request["limit_s"])
    with place.connection.execute(request["sql"]) as cursor:
        names = [column[0] for column in cursor.description or ()]
        types = [declared_type(column[1]) for column in cursor.description or ()]
        kept, message = cut(
            _text_rows(cursor, types),
            row_limit=request["row_limit"],
            byte_limit=request["byte_limit"],
        )
    return {
        "columns": [(name, kind or NULL) for name, kind in zip(names, types, strict=True)],
        "rows": kept,
        "status": "row_limit" if message else "success",
        "message": message,
    }


def _text_rows(cursor: driver.Cursor, types: list[str]) -> Iterator[tuple[str | None, ...]]:
    """Yield rows of text; columns without a type get that of their first value in *types*."""
    rows: Iterator[Sequence[Cell]] = cursor if types else iter(())
    for row in rows:
        if "" in types:
            types[:] = map(_or_of_value, types, row)
        yield tuple(map(as_text, row, types))


def _or_of_value(kind: str, cell: Cell) -> str:
    return kind or value_type(cell)


def _failure(status: str, message: str, *, is_spent: bool = False) -> Message:
    """Return an answer without rows; a worker that is spent shall not be asked again."""
    return {
        "columns": [],
        "rows": [],
        "status": status,
        "message": message,
        "is_spent": is_spent,
    }
