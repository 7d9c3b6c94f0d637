"""One open connection, as the engine uses it: statements in, rows out, errors translated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, TypeVar

from ...protocol.schema import Value
from ..base import Params
from . import driver
from .errors import translate
from .origins import patiently

_NO_PARAMS: Final[Params] = {}
_Result = TypeVar("_Result")


class Session:
    """
    A connection at one branch or commit, used by one holder at a time.

    Attributes:
        location: The file's path, for messages.
        is_open: False once it was closed.
    """

    def __init__(self, connection: driver.Connection, location: str, *, timeout_s: float) -> None:
        """
        Take a connection, which is closed with the session.

        Args:
            timeout_s: How long an origin or remote that others write is waited for.
        """
        self._connection = connection
        self._timeout_s = timeout_s
        self.location = location
        self.is_open = True

    def rows(self, sql: str, params: Params | None = None) -> list[dict[str, Value]]:
        """Return the rows of a SELECT by column name."""
        names, rows = self.table(sql, params)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def table(
        self, sql: str, params: Params | None = None
    ) -> tuple[tuple[str, ...], list[tuple[Value, ...]]]:
        """Return column names and rows; names may repeat."""
        names, rows, _ = self._done(sql, params)
        return names, rows

    def values(self, sql: str, params: Params | None = None) -> list[Value]:
        """Return the first column."""
        return [row[0] for row in self.table(sql, params)[1]]

    def text(self, sql: str, params: Params | None = None) -> str:
        """Return the single value of a SELECT as text; "" for NULL."""
        value = self.values(sql, params)[0]
        return "" if value is None else str(value)

    def run(self, sql: str, params: Params | None = None) -> int:
        """Run one statement; return the number of rows that it changed."""
        return max(self._done(sql, params)[2], 0)

    def stream(self, sql: str, params: Params | None = None) -> Iterator[dict[str, Value]]:
        """Run a SELECT now, and yield its rows one at a time; close the session at the end."""
        return self._yield_rows(
            self._patiently(lambda: self._connection.execute(sql, params or _NO_PARAMS))
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the file's write lock; roll back whatever ``COMMIT`` has not ended."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._roll_back()

    def close(self) -> None:
        """Close the connection."""
        self.is_open = False
        with suppress(driver.Error):
            self._connection.close()

    def _done(
        self, sql: str, params: Params | None
    ) -> tuple[tuple[str, ...], list[tuple[Value, ...]], int]:
        """Run one statement to its end; return column names, rows, and how many it changed."""

        def run() -> tuple[tuple[str, ...], list[tuple[Value, ...]], int]:
            cursor = self._connection.execute(sql, params or _NO_PARAMS)
            if cursor.description is None:
                return (), [], cursor.rowcount
            names = tuple(column[0] for column in cursor.description)
            return names, cursor.fetchall(), cursor.rowcount

        return self._patiently(run)

    def _patiently(self, run: Callable[[], _Result]) -> _Result:
        try:
            began = self._connection.in_transaction
            return patiently(
                run,
                timeout_s=self._timeout_s,
                # What took its transaction with it is not to be repeated outside of it.
                may_repeat=lambda: self._connection.in_transaction == began,
            )
        except driver.Error as error:
            raise translate(error, self.location) from error

    def _roll_back(self) -> None:
        try:
            self._connection.rollback()
        except driver.Error:
            # Closing rolls back too; the next holder opens a connection of its own.
            self.close()

    def _yield_rows(self, cursor: driver.Cursor) -> Iterator[dict[str, Value]]:
        names = [column[0] for column in cursor.description or ()]
        try:
            for row in cursor:
                yield dict(zip(names, row, strict=True))
        except driver.Error as error:
            raise translate(error, self.location) from error
        finally:
            cursor.close()
            self.close()
