"""
What a copy of a commons needs to follow its main: the rows that changed since a commit, or else
all of them, page by page.

Only the tables of a commons and ours are told; what else a database holds is none of a copy's
affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final, Protocol

from ..engines.base import Engine
from ..engines.sql import quoted
from ..protocol.errors import Invalid, NotFound, Unsupported
from ..protocol.lean import dataclass
from ..protocol.names import visible
from ..protocol.schema import TABLES, Row

_MOST_ROWS: Final = 5000
_MOST_CHARACTERS: Final = 1_000_000
_PAGE_ROWS: Final = 1000
_COMMIT: Final = re.compile(r"[0-9a-z]{32,64}\Z")


@dataclass(frozen=True, slots=True)
class Changed:
    """
    A row that is not what it was.

    Attributes:
        table: Its table.
        key: Its primary key.
        row: As it is now; None where it is gone.
    """

    table: str
    key: str
    row: Row | None


@dataclass(frozen=True, slots=True)
class Changes:
    """
    What happened on main.

    Attributes:
        head: Main's head.
        is_whole: Whether ``rows`` is all that differs; if not, a copy takes every table anew.
        rows: At most one for each row; empty unless whole.
        tables: Table -> columns at ``head``; empty where ``rows`` is whole.
        pending: How many pull requests are open; None where that is not told.
    """

    head: str
    is_whole: bool
    rows: Sequence[Changed] = ()
    tables: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pending: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """
    Some rows of a table.

    Attributes:
        items: By key.
        next: The key to go on after; None at the end.
    """

    items: Sequence[Row]
    next: str | None = None


class Source(Protocol):
    """Where a copy is taken from."""

    def changes(self, after: str) -> Changes:
        """Return what happened on main since the commit *after*; "" for the beginning."""

    def page(self, table: str, at: str, after: str | None) -> Page:
        """Return the rows of *table* at commit *at* whose keys follow *after*; None for all."""


class EngineSource:
    """A database as the source of copies; opened when it is asked."""

    def __init__(self, open_engine: Callable[[], Engine]) -> None:
        self._open = open_engine

    @property
    def _engine(self) -> Engine:
        return self._open()

    def changes(self, after: str) -> Changes:
        """Return what happened on main since the commit *after*."""
        head = self._engine.head()
        if after == head:
            return Changes(head, is_whole=True)
        rows = self._rows(after, head) if _COMMIT.match(after) else None
        if rows is not None:
            return Changes(head, is_whole=True, rows=rows)
        return Changes(head, is_whole=False, tables=self._tables(head))

    def page(self, table: str, at: str, after: str | None) -> Page:
        """
        Return the rows of *table* at commit *at* whose keys follow *after*.

        Raises:
            Invalid: *at* is no commit.
            NotFound: There is no such table, or no such commit.
        """
        if not _COMMIT.match(at):
            raise Invalid(f"{visible(at)} is no commit.", field="at", value=visible(at))
        if table not in TABLES:
            raise NotFound(f"A commons has no table {visible(table)}.")
        key = TABLES[table].key
        start = "" if after is None else f"WHERE {quoted(key)} > :after "
        sql = f"SELECT * FROM {quoted(table)} {start}ORDER BY {quoted(key)} LIMIT :n"
        params = {"n": _PAGE_ROWS} | ({} if after is None else {"after": after})
        found = self._engine.read(sql, params, ref=at)
        items = list(_fitting(found))
        is_last = len(items) == len(found) < _PAGE_ROWS
        return Page(items, None if is_last else str(items[-1][key]))

    def _rows(self, after: str, head: str) -> list[Changed] | None:
        """Return the rows that changed; None where that cannot be told, or is too much."""
        try:
            if TABLES.keys() & set(self._engine.schema_changes(after, head)):
                return None
            found = self._engine.diff(after, head, tables=list(TABLES))
        except (NotFound, Unsupported):
            return None
        rows = [Changed(one.table, one.key, one.after) for one in found]
        if len(rows) > _MOST_ROWS or sum(_size(one.row or {}) for one in rows) > _MOST_CHARACTERS:
            return None
        return rows

    def _tables(self, head: str) -> dict[str, Sequence[str]]:
        found = self._engine.tables(ref=head)
        return {name: columns for name, columns in found.items() if name in TABLES}


def _fitting(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows up to what one answer may hold, the first one in any case."""
    size = 0
    for row in rows:
        size += _size(row)
        if size > _MOST_CHARACTERS and size > _size(row):
            return
        yield row


def _size(row: Row) -> int:
    return sum(len(str(value)) for value in row.values())
