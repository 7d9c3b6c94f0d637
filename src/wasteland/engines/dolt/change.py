"""
One write transaction on one branch of a Dolt database.

Dolt merges transactions that ran side by side cell by cell, and two that write the same value
both succeed. Three things stand against a lost update. ``GET_LOCK`` lets the engines of ours write
to a branch one after another. Before the commit the branch must still be where the transaction
found it; only another program, in the moment between this look and the commit, slips through.
For that one the caller writes a token of its own into a row that rivals write too (a claim's row
in ``wlx_leases``), so that Dolt itself sees two values for one cell and refuses the second.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final

import pymysql

from ...protocol.diff import RowChange
from ...protocol.errors import EngineError, NotFound
from ...protocol.schema import Value
from ..base import Change, Params, Statement
from ..refusals import refuse_moved, refuse_strays, refuse_uncommitted
from ..sql import DOLT
from .commits import changed_tables, stage, write_commit
from .connections import fetch, run
from .errors import translated
from .history import uncommitted_rows
from .signing_in import Session

_PLACE: Final = "SELECT dolt_hashof('HEAD') AS head, active_branch() AS branch"
_NEWEST: Final = "SELECT dolt_hashof(%s) AS head"


@contextmanager
def transaction(session: Session[Any], branch: str) -> Iterator[str]:
    """
    Begin a transaction on a clean *branch*, where *session* is; yield its head; roll back.

    Raises:
        Conflict: The branch holds uncommitted rows of somebody else.
        NotFound: *branch* names a tag or a commit.
    """
    session.begin()
    place = fetch(session, _PLACE)[0]
    if place["branch"] != branch:
        raise NotFound(f"There is no branch {branch} .", hint="wl status", ref=branch)
    refuse_uncommitted(branch, changed_tables(session))
    try:
        yield str(place["head"])
    finally:
        with suppress(pymysql.MySQLError):
            session.rollback()


def newest(session: Session[Any], branch: str) -> str:
    """Return the head of *branch* as it is now, whatever the session's transaction sees."""
    return str(fetch(session, _NEWEST, (branch,))[0]["head"])


class DoltChange(Change):
    """A write transaction; begun by ``transaction``, which rolls it back if need be."""

    def __init__(self, session: Session[Any], branch: str, head: str) -> None:
        self.head = head
        self.statements: list[Statement] = []
        self._branch = branch
        self._session: Session[Any] | None = session
        self._process = os.getpid()

    def query(self, sql: str, params: Params | None = None) -> list[dict[str, Value]]:
        """Return the rows of a SELECT, as this transaction sees them."""
        with translated():
            return fetch(self._open(), DOLT.statement(sql), params or {})

    def run(self, sql: str, params: Params | None = None) -> int:
        """Run one write; the count includes rows that were set to what they held."""
        with translated():
            touched = run(self._open(), DOLT.statement(sql), params)
        self.statements.append(Statement(sql, params or {}))
        return touched

    def pending(self) -> list[RowChange]:
        """Return what this transaction has changed so far, against ``head``."""
        with translated():
            return uncommitted_rows(self._open())

    def commit(
        self, message: str, *, author: str, email: str = "", at: datetime, tables: Sequence[str]
    ) -> str:
        """
        Commit *tables* and end the transaction.

        Raises:
            Conflict: Another table has changed too; nothing is committed.
            Stale: The branch moved meanwhile, or a rival changed the same cells.
        """
        session = self._open()
        with translated():
            changed = changed_tables(session)
            refuse_strays(changed, tables)
            self.end()
            if not changed:
                session.rollback()
                return self.head
            refuse_moved(self._branch, expected=self.head, found=newest(session, self._branch))
            stage(session, changed)
            return write_commit(session, message, author=author, email=email, at=at)

    def end(self) -> None:
        """Refuse every further use."""
        self._session = None

    def _open(self) -> Session[Any]:
        if os.getpid() != self._process:
            raise EngineError("A change cannot go on in another process after a fork.")
        if self._session is None:
            raise EngineError("The change has ended; begin another one.")
        return self._session
