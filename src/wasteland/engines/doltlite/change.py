"""One write transaction on one branch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from ...protocol.diff import RowChange
from ...protocol.errors import EngineError, NotFound
from ...protocol.schema import Value
from ..base import Change, Params, Statement
from ..refusals import refuse_strays, refuse_uncommitted
from . import diffs
from .commits import changed_tables, write_commit
from .session import Session

_PLACE: Final = "SELECT dolt_hashof('HEAD'), active_branch()"


@contextmanager
def write_transaction(session: Session, branch: str) -> Iterator[str]:
    """
    Hold the write lock on a clean *branch*; yield its head; roll back what was not committed.

    Raises:
        Conflict: The branch holds uncommitted rows of somebody else.
        NotFound: *branch* names a tag or a commit.
    """
    with session.transaction():
        head, active = session.table(_PLACE)[1][0]
        if active != branch:
            raise NotFound(f"There is no branch {branch} .", hint="wl status", ref=branch)
        refuse_uncommitted(branch, changed_tables(session))
        yield str(head)


class DoltLiteChange(Change):
    """A write transaction; begun by `write_transaction`, which rolls it back if need be."""

    def __init__(self, session: Session, head: str) -> None:
        self.head = head
        self.statements: list[Statement] = []
        self._session: Session | None = session

    def query(self, sql: str, params: Params | None = None) -> list[dict[str, Value]]:
        """Return the rows of a SELECT, as this transaction sees them."""
        return self._open().rows(sql, params)

    def run(self, sql: str, params: Params | None = None) -> int:
        """Run one write; the count includes rows that were set to what they held."""
        touched = self._open().run(sql, params)
        self.statements.append(Statement(sql, params or {}))
        return touched

    def pending(self) -> list[RowChange]:
        """Return what this transaction has changed so far, against ``head``."""
        session = self._open()
        tables = diffs.tables_with_changed_rows(session, self.head, diffs.WORKING)
        return diffs.changed_rows(session, self.head, diffs.WORKING, tables)

    def commit(
        self, message: str, *, author: str, email: str = "", at: datetime, tables: Sequence[str]
    ) -> str:
        """
        Commit *tables* and end the transaction.

        Raises:
            Conflict: Another table has changed too; nothing is committed.
        """
        session = self._open()
        changed = changed_tables(session)
        refuse_strays(changed, tables)
        self.end()
        if not changed:
            session.run("ROLLBACK")
            return self.head
        return write_commit(session, message, author=author, email=email, at=at)

    def end(self) -> None:
        """Refuse every further use."""
        self._session = None

    def _open(self) -> Session:
        if self._session is None:
            raise EngineError("The change has ended; begin another one.")
        return self._session
