"""The sandbox: one checked SELECT in, rows as DoltHub prints them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from . import servers
from .places import FilePlace, Place
from .results import Column, Limits, QueryResult
from .workers import WorkerGone, WorkerLate, Workers

_SQL_BYTES: Final = 65_536
_PATIENCE_S: Final = 5.0


class Sandbox:
    """
    Runs SELECT statements of strangers, a few at a time, each within its limits.

    Used by any number of threads. A statement is taken to be hostile: that it was checked before
    is not relied on. What it may touch is decided where it runs, in ``allowed`` for DoltLite and by
    the grants of a user of its own on Dolt.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        deadline_s: float = 3.0,
        memory_bytes: int = 512 << 20,
        row_limit: int = 1000,
        byte_limit: int = 4 << 20,
    ) -> None:
        """
        Set the limits; processes are started when they are needed.

        Args:
            workers: How many statements run at once.
            deadline_s: How long each may take.
            memory_bytes: How large a process that reads a DoltLite file may grow.
            row_limit: How many rows an answer has at most.
            byte_limit: How much text.
        """
        self._limits = Limits(deadline_s, row_limit, byte_limit)
        self._workers = Workers(workers, memory_bytes=memory_bytes, patience_s=_PATIENCE_S)

    def read(
        self,
        place: Place,
        sql: str,
        *,
        row_limit: int | None = None,
        deadline_s: float | None = None,
    ) -> QueryResult:
        """
        Run one SELECT at *place*.

        Args:
            place: From ``places.place_of``, just before.
            sql: In the engine's own dialect, without parameters.
            row_limit: Instead of the sandbox's own.
            deadline_s: Instead of the sandbox's own.
        Raises:
            Unavailable: All workers stayed busy, or the database's server does not answer.
            Unsupported: The database's server makes no user for reading.
        """
        refusal = _refusal(sql)
        if refusal:
            return QueryResult.failure("error", refusal)
        limits = Limits(
            self._limits.deadline_s if deadline_s is None else deadline_s,
            self._limits.rows if row_limit is None else row_limit,
            self._limits.bytes,
        )
        if isinstance(place, FilePlace):
            return self._read_file(place, sql, limits)
        with self._workers.lent():
            return servers.read(place, sql, limits)

    def close(self) -> None:
        """Run no more statements; those that run are finished."""
        self._workers.close()

    def _read_file(self, place: FilePlace, sql: str, limits: Limits) -> QueryResult:
        request = {
            "path": place.path,
            "ref": place.ref,
            "lazy": place.lazy,
            "sql": sql,
            "limit_s": limits.soft_s,
            "row_limit": limits.rows,
            "byte_limit": limits.bytes,
        }
        try:
            with self._workers.lent() as worker:
                return _result(worker.ask(request, deadline_s=limits.deadline_s))
        except WorkerLate:
            return QueryResult.failure("timeout", "The query took too long.")
        except WorkerGone:
            return QueryResult.failure("error", "The query took more than it may.")


def _refusal(sql: str) -> str:
    """Return why *sql* is no text for an engine, "" if it is."""
    try:
        size = len(sql.encode())
    except UnicodeEncodeError:
        return "The statement is no valid Unicode."
    return "The statement is longer than 64 KiB." if size > _SQL_BYTES else ""


def _result(answer: Mapping[str, Any]) -> QueryResult:
    columns = tuple(Column(str(name), str(kind)) for name, kind in answer["columns"])
    rows = [tuple(row) for row in answer["rows"]]
    return QueryResult(columns, rows, answer["status"], str(answer["message"]))
