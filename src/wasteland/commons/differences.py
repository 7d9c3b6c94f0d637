"""What differs between any two states of a commons: how many rows of which table, and which."""

from __future__ import annotations

from collections.abc import Sequence

from ..engines.base import TableDiff
from ..protocol.diff import RowChange
from ..protocol.lean import dataclass
from . import commit_log
from .commit_log import Entry
from .session import Session


@dataclass(frozen=True, slots=True)
class Difference:
    """
    Two states of a commons.

    Attributes:
        start: The commit of the first; it may be the younger one.
        tables: Those that differ, by name.
    """

    start: Entry
    end: Entry
    tables: Sequence[TableDiff]


def between(session: Session, start: str | None, end: str | None) -> Difference:
    """
    Return what differs between two states.

    Args:
        start: Commit, branch, tag or date; None for main as it is.
        end: As *start*.
    Raises:
        NotFound: There is no such commit, or history begins later.
    """
    first, last = (point(session, named) for named in (start, end))
    counts = session.engine.diff_counts(first.commit, last.commit)
    return Difference(first, last, counts)


def point(session: Session, named: str | None) -> Entry:
    """
    Return the commit that a commit, branch, tag or date names; that of main for None.

    Raises:
        NotFound: There is no such commit, or history begins later.
    """
    return commit_log.entry(session.engine.log(session.ref(named), limit=1)[0])


def rows(
    session: Session, found: Difference, table: str, *, skip: int = 0, limit: int
) -> list[RowChange]:
    """Return row changes of one table, *limit* at most, without the first *skip*."""
    start, end = found.start.commit, found.end.commit
    return session.engine.diff_page(start, end, table, skip=skip, limit=limit)
