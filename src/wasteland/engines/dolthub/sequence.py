"""
Statements sent one at a time to a host that commits each of them.

They set values and name their row, so sending one twice does no harm. A statement whose answer
was lost is looked for on the branch before it is sent again; when all are there, the rows that
they changed are counted against what they had to change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ...protocol import ids, trailers
from ...protocol.errors import Conflict, Invalid, NotFound, Stale, Unavailable
from . import branches
from .database import Database, Guarded
from .history import count_changed

_SENDINGS: Final = 4
_LOOKS: Final = 3


def send(
    database: Database,
    branch: str,
    statements: Sequence[Guarded],
    touched: Mapping[str, int],
    head: str,
    *,
    op_id: str,
) -> str:
    """
    Run *statements* on *branch*, which stands at *head*; return its commit afterwards.

    Args:
        touched: Table -> how many of its rows they change.
        op_id: Named in the last one, so that only a whole change bears it; "" for none.
    Raises:
        Stale: They changed other rows.
        Unavailable: It is not known whether they did.
    """
    commit = head
    for number, statement in enumerate(statements):
        is_last = number == len(statements) - 1
        sql = _marked(statement.sql, op_id) if is_last else statement.sql
        commit = _sent(database, branch, sql, commit)
    _verify(database, branch, head, commit, touched)
    branches.wait_until_at(database, branch, commit)
    return commit


def _sent(database: Database, branch: str, sql: str, before: str) -> str:
    """Run one statement, looking for its commit where the answer was lost."""
    looks = 1
    for _ in range(_SENDINGS):
        try:
            commit = database.write(sql, base=branch, branch=branch)
            return commit or _moved(database, branch, before, _LOOKS) or before
        except Conflict:
            # An INSERT that arrived twice meets its own row.
            commit = _moved(database, branch, before, looks)
            if not commit:
                raise
            return commit
        except Unavailable as error:
            if not error.facts.get("unsure"):
                raise
            looks = _LOOKS
            if commit := _moved(database, branch, before, looks):
                return commit
    raise _lost(branch)


def _moved(database: Database, branch: str, before: str, looks: int) -> str:
    """Return the branch's head if it is no longer *before*, after so many looks; else ""."""
    left = iter(range(looks - 1))

    def look() -> str | None:
        head = branches.head_of(database, branch)
        if head != before:
            return head
        return None if next(left, None) is not None else ""

    return database.http.wait_for(look, f"a write on {branch}")


def _verify(
    database: Database, branch: str, base: str, head: str, touched: Mapping[str, int]
) -> None:
    """Raise Stale unless exactly the rows that were to change have changed."""
    for table, expected in touched.items():

        def look(table: str = table) -> int | None:
            try:
                return count_changed(database, base, head, table)
            except NotFound:  # a replica that does not know the commit yet
                return None

        found = database.http.wait_for(look, f"a write on {branch}")
        if found != expected:
            raise Stale(
                f"The host took the write, and {found} row(s) of {table} changed on {branch}, "
                f"not {expected}.",
                expected=expected,
                found=found,
                table=table,
            )


def _marked(sql: str, op_id: str) -> str:
    """
    Return *sql* with the operation in a comment, which becomes part of the commit's message.

    An id that could end the comment is left out.
    """
    try:
        ids.check_operation(op_id)
    except Invalid:
        return sql
    return f"{sql}\n/*\n{trailers.OPERATION}: {op_id}\n*/"


def _lost(branch: str) -> Unavailable:
    return Unavailable(
        f"What became of a write on {branch} is not known.",
        hint="repeat the command; it continues where it stopped",
        unsure=True,
    )
