"""
A change on one branch of a hosted database: gathered here, sent when it is committed.

A hub of ours gets all statements in one request and runs them in one transaction. DoltHub takes
one statement a request and commits each: there a change is a row of commits, every prefix of
which must do no harm, and what the branch holds afterwards is read back, because neither a lost
answer nor a write that found no row would be noticed otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from ...protocol import trailers
from ...protocol.diff import RowChange
from ...protocol.errors import EngineError, Unsupported
from ...protocol.schema import Value
from ..base import Change, Params, Statement
from ..refusals import refuse_moved, refuse_strays
from . import branches, bundle, sequence, statements
from .database import Database, Guarded
from .literals import render
from .paging import whole


class DoltHubChange(Change):
    """
    Statements that wait to be sent.

    Queries answer as the branch stood when the change began: what it gathers is not seen in them.
    """

    def __init__(self, database: Database, branch: str, head: str) -> None:
        self.head = head
        self.statements: list[Statement] = []
        self._database = database
        self._branch = branch
        self._gathered: list[Guarded] = []
        self._touched: Counter[str] = Counter()
        self._is_open = True

    def query(self, sql: str, params: Params | None = None) -> list[dict[str, Value]]:
        """Return the rows of a SELECT at ``head``."""
        self._need_open()
        return whole(self._database, render(sql, params), self.head)

    def run(self, sql: str, params: Params | None = None) -> int:
        """
        Gather one write; return how many rows it will change, as the branch stands.

        Raises:
            Unsupported: It is no plain INSERT of one row, UPDATE or DELETE.
        """
        self._need_open()
        count = statements.counting(sql)
        rows = 1
        if count:
            rows = int(self.query(count, params)[0]["n"] or 0)
        self._gather(sql, params, rows)
        return rows

    def execute(self, sql: str, params: Params | None = None, *, rows: int = 1) -> None:
        """
        Gather one write that must touch exactly *rows* rows.

        A hub of ours checks that itself, when it runs the statement.

        Raises:
            Stale: It would touch another number.
        """
        if self._database.http.is_hub:
            self._need_open()
            self._gather(sql, params, rows)
        else:
            super().execute(sql, params, rows=rows)

    def pending(self) -> list[RowChange]:
        """Refuse: rows that were not sent yet cannot be shown."""
        raise Unsupported("What a change on a host will do is not known before it is sent.")

    def commit(
        self, message: str, *, author: str, email: str = "", at: datetime, tables: Sequence[str]
    ) -> str:
        """
        Send what was gathered; return the commit that holds it.

        The host states author and date itself: whose token it is, and its own clock.

        Raises:
            Stale: The branch moved meanwhile, or a statement changed other rows than it must.
            Unavailable: It is not known what became of it (``facts["unsure"]``): repeat it under
                the same operation id.
        """
        del author, email, at
        self._need_open()
        refuse_strays(sorted(self._touched), tables)
        self.end()
        if not self._gathered:
            return self.head
        if self._database.http.is_hub:
            return bundle.send(self._database, self._branch, self._gathered, message)
        found = branches.head_of(self._database, self._branch)
        refuse_moved(self._branch, expected=self.head, found=found)
        op_id = trailers.find(message) or ""
        return sequence.send(
            self._database, self._branch, self._gathered, self._touched, self.head, op_id=op_id
        )

    def end(self) -> None:
        """Refuse every further use."""
        self._is_open = False

    def _gather(self, sql: str, params: Params | None, rows: int) -> None:
        self._gathered.append(Guarded(render(sql, params), rows))
        self._touched[statements.table_of(sql)] += rows
        self.statements.append(Statement(sql, params or {}))

    def _need_open(self) -> None:
        if not self._is_open:
            raise EngineError("The change has ended; begin another one.")
