"""Commits: how one is written, and how they are read back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ...protocol.schema import Value
from ..authors import shown_email, stored_author
from ..base import Commit
from .connections import fetch
from .signing_in import Session

_COMMIT: Final = "CALL dolt_commit('-m', %(message)s, '--author', %(author)s, '--date', %(date)s)"
_CHANGED: Final = "SELECT DISTINCT table_name FROM dolt_status ORDER BY table_name"


def write_commit(
    session: Session[Any], message: str, *, author: str, email: str = "", at: datetime
) -> str:
    """Commit what is staged on the session's branch, end its transaction, return the hash."""
    values = {"message": message, "author": stored_author(author, email), "date": _utc(at)}
    return str(fetch(session, _COMMIT, values)[0]["hash"])


def stage(session: Session[Any], tables: Sequence[str]) -> None:
    """Stage *tables*, or everything if there are none."""
    names = tables or ("-A",)
    fetch(session, f"CALL dolt_add({', '.join(['%s'] * len(names))})", names)


def changed_tables(session: Session[Any]) -> list[str]:
    """Return the tables with uncommitted rows or an uncommitted definition, by name."""
    return [str(row["table_name"]) for row in fetch(session, _CHANGED)]


def read_commit(row: dict[str, Value]) -> Commit:
    """Return the commit that a row of ``dolt_log`` describes."""
    return Commit(
        hash=str(row["commit_hash"]),
        author=str(row["committer"]),
        email=shown_email(str(row["email"] or "")),
        at=read_date(row["date"]),
        message=str(row["message"]),
    )


def read_date(text: Value) -> datetime:
    """Return the time that the server gave as text."""
    return datetime.fromisoformat(str(text)).replace(tzinfo=UTC)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
