"""Cursors: running statements and reading their rows."""

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from .exceptions import ProgrammingError
from .statements import Parameters, Statement, StatementPool
from .turns import Turn
from .values import Row


class Cursor:
    """
    Runs statements one after the other and reads their rows; made by `Connection.cursor`.

    Attributes:
        connection: Where it runs them; stays open while a cursor is left.
        description: One 7-tuple per column of the result: its name, the declared type of the
            table's column behind it (None behind an expression), the rest None. None if the last
            statement gives no rows.
        rowcount: Rows inserted, updated or deleted by the last statement or executemany(), once
            it is finished; -1 for any other.
        arraysize: How many rows fetchmany() returns by default.
    """

    def __init__(self, connection: object, turn: Turn, pool: StatementPool) -> None:
        self.connection = connection
        self.description: tuple[tuple[Any, ...], ...] | None = None
        self.rowcount = -1
        self.arraysize = 1
        self._turn = turn
        self._pool = pool
        self._statement: Statement | None = None  # while it stands at a row not yet fetched

    def execute(self, sql: str, parameters: Parameters = ()) -> Self:
        """
        Run one statement up to its first row.

        Args:
            sql: One statement, with `:name` or `?` placeholders.
            parameters: A mapping for names, a sequence for `?`; str, int, float, bytes or None.
        Returns:
            This cursor, to read the rows from.
        """
        with self._turn:
            self._forget()
            statement = self._pool.take(sql)
            try:
                statement.bind(parameters)
                has_row = statement.start()
            except BaseException:
                self._pool.give(statement)
                raise
            self.description = _describe(statement)
            self._statement = statement
            if not has_row:
                self._finish(statement)
        return self

    def executemany(self, sql: str, rows: Iterable[Parameters]) -> Self:
        """
        Run one statement, which must give no rows, once for each of *rows*.

        It opens no transaction: outside one, every row is committed by itself, and slowly.
        """
        with self._turn:
            self._forget()
            statement = self._pool.take(sql)
            try:
                self.rowcount = _run_for_each(statement, rows)
            finally:
                self._pool.give(statement)
        return self

    def fetchone(self) -> Row | None:
        """Return the next row; None after the last."""
        with self._turn:
            statement = self._standing()
            if statement is None:
                return None
            row = statement.row()
            self._step(statement)
            return row

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """Return the next *size* rows, or fewer at the end; by default `arraysize` of them."""
        return self._fetch(self.arraysize if size is None else size)

    def fetchall(self) -> list[Row]:
        """Return the rows that are left."""
        return self._fetch(-1)

    def close(self) -> None:
        """Give up the rows that are left; the cursor can be used again."""
        with self._turn:
            self._forget()

    def setinputsizes(self, sizes: Sequence[Any]) -> None:
        """Do nothing, as the standard allows."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Do nothing, as the standard allows."""

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

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
        if self._statement is not None:
            self._turn.give_later(self._statement)

    def _fetch(self, limit: int) -> list[Row]:
        """Return up to *limit* rows; all if it is negative."""
        with self._turn:
            rows: list[Row] = []
            statement = self._standing()
            while statement is not None and len(rows) != limit:
                rows.append(statement.row())
                statement = self._step(statement)
            return rows

    def _standing(self) -> Statement | None:
        """Return the statement that stands at a row; None after the last row."""
        if self.description is None:
            raise ProgrammingError("The last statement gives no rows.")
        return self._statement

    def _step(self, statement: Statement) -> Statement | None:
        """Go to the next row; return the statement if there is one."""
        try:
            if statement.step():
                return statement
        except BaseException:
            self._forget()
            raise
        self._finish(statement)
        return None

    def _finish(self, statement: Statement) -> None:
        self.rowcount = statement.changes()
        self._statement = None
        self._pool.give(statement)

    def _forget(self) -> None:
        """Drop what is left of the last statement."""
        statement, self._statement = self._statement, None
        if statement is not None:
            self._pool.give(statement)
        self.description = None
        self.rowcount = -1


def _run_for_each(statement: Statement, rows: Iterable[Parameters]) -> int:
    """Run *statement* for each of *rows*; return how many rows it changed in all, or -1."""
    if statement.names:
        raise ProgrammingError("executemany() is for statements that give no rows.")
    changes = 0
    for parameters in rows:
        statement.bind(parameters)
        statement.step()
        changes += statement.changes()
        statement.reset()
    return changes if statement.changes_rows else -1


def _describe(statement: Statement) -> tuple[tuple[Any, ...], ...] | None:
    columns = zip(statement.names, statement.types, strict=True)
    return tuple((name, kind, None, None, None, None, None) for name, kind in columns) or None
