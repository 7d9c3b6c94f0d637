"""Commits: how one is written, and how they are read back from the log."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Final

from ...protocol.errors import Tampered
from ...protocol.names import visible
from ...protocol.schema import TABLES, Row, Value
from ..authors import shown_email, stored_author
from ..base import Commit, RowVersion
from ..refusals import began_later
from ..sql import quoted
from .session import Session

_COMMIT: Final = "SELECT dolt_commit('-Am', :message, '--author', :author, '--date', :date)"
_CHANGED_TABLES: Final = "SELECT DISTINCT table_name FROM dolt_status ORDER BY table_name"
_LOG: Final = (
    "SELECT commit_hash, committer, email, date, message FROM dolt_log(:range) LIMIT :limit"
)
_LOG_UNTIL: Final = "SELECT commit_hash FROM dolt_log(:range) WHERE date <= :until LIMIT 1"
_KEY_COLUMN: Final = "SELECT name FROM pragma_table_info(:table) ORDER BY pk = 0, pk, cid LIMIT 1"
_PARENTS: Final = "SELECT commit_hash, parent_hash FROM dolt_commit_ancestors"
_VERSION_COLUMNS: Final = 3  # commit_hash, committer and commit_date follow the row's own columns


def write_commit(session: Session, message: str, *, author: str, email: str, at: datetime) -> str:
    """
    Commit everything uncommitted on the session's branch and end its transaction.

    Returns:
        The new commit's hash.
    """
    head = session.text(
        _COMMIT,
        {"message": message, "author": stored_author(author, email), "date": _stored(at, "T")},
    )
    # The commit is on disk now, and no rollback would undo it; COMMIT only lets go of the lock.
    session.run("COMMIT")
    return head


def changed_tables(session: Session) -> list[str]:
    """Return the tables with uncommitted rows or an uncommitted definition, by name."""
    return [str(name) for name in session.values(_CHANGED_TABLES)]


def read_log(session: Session, commit: str, *, after: str, limit: int | None) -> list[Commit]:
    """
    Return commits, newest first.

    Args:
        commit: Hash of the newest.
        after: Hash; it and its ancestors are left out; "" for the whole history.
        limit: How many at most; None for all.
    """
    span = f"{after}..{commit}" if after else commit
    rows = session.table(_LOG, {"range": span, "limit": -1 if limit is None else limit})[1]
    return [_commit(row) for row in rows]


def commit_until(session: Session, commit: str, when: datetime) -> str:
    """
    Return the newest commit in the history of *commit* that is not younger than *when*.

    Raises:
        NotFound: The history begins later.
    """
    found = session.values(_LOG_UNTIL, {"range": commit, "until": _stored(when, " ")})
    if not found:
        raise began_later(commit, when)
    return str(found[0])


def row_versions(session: Session, table: str, key: str) -> list[RowVersion]:
    """Return what the history of the session's place holds of one row, newest first."""
    # First of all, as it also makes the connection see history tables that are new.
    parents = _parents(session)
    column = TABLES[table].key if table in TABLES else session.text(_KEY_COLUMN, {"table": table})
    names, rows = session.table(
        f"SELECT * FROM {quoted(f'dolt_history_{table}')} WHERE {quoted(column)} = :key",
        {"key": key},
    )
    versions = [_version(names, row) for row in rows]
    # Every commit holds the row; one that holds what a parent of it held did not change it.
    held = {version.commit: version.row for version in versions}
    return [
        version
        for version in versions
        if all(held.get(parent) != version.row for parent in parents[version.commit])
    ]


def _parents(session: Session) -> dict[str, list[str]]:
    parents: dict[str, list[str]] = defaultdict(list)
    for commit, parent in session.table(_PARENTS)[1]:
        parents[str(commit)].append(str(parent))
    return parents


def _version(names: tuple[str, ...], row: tuple[Value, ...]) -> RowVersion:
    own = len(names) - _VERSION_COLUMNS
    commit, author, date = row[own:]
    stored: Row = dict(zip(names[:own], row, strict=False))
    return RowVersion(str(commit), str(author), read_date(date), stored)


def _commit(row: tuple[Value, ...]) -> Commit:
    commit, author, email, date, message = row
    address = shown_email(str(email or ""))
    return Commit(str(commit), str(author), address, read_date(date), str(message))


def _stored(at: datetime, between: str) -> str:
    """Return UTC text, whole seconds; the engine reads it with a T and writes it with a space."""
    utc = at.astimezone(UTC) if at.tzinfo else at
    return utc.replace(tzinfo=None, microsecond=0).isoformat(between)


def read_date(text: Value) -> datetime:
    """
    Return a date that the library printed.

    Raises:
        Tampered: It lies outside the years that can be told; commits come from strangers.
    """
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=UTC)
    except ValueError as error:
        raise Tampered(f"A commit has no date that can be read: {visible(str(text))}.") from error
