"""Commits: how one is written, and how they are read back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ...protocol.errors import Conflict
from ...protocol.schema import Value
from ..base import Commit
from .connections import fetch
from .session import Session

# The engine refuses an author without an address; this one cannot be anybody's (RFC 2606).
_NO_EMAIL: Final = "none@invalid"
_NOT_IN_AUTHOR: Final = re.compile(r"[<>\x00-\x1f\x7f]+")

_COMMIT: Final = "CALL dolt_commit('-m', %(message)s, '--author', %(author)s, '--date', %(date)s)"
_CHANGED: Final = "SELECT DISTINCT table_name FROM dolt_status ORDER BY table_name"


def write_commit(
    session: Session[Any], message: str, *, author: str, email: str = "", at: datetime
) -> str:
    """Commit what is staged on the session's branch, end its transaction, return the hash."""
    values = {"message": message, "author": _author(author, email), "date": _utc(at)}
    return str(fetch(session, _COMMIT, values)[0]["hash"])


def stage(session: Session[Any], tables: Sequence[str]) -> None:
    """Stage *tables*, or everything if there are none."""
    names = tables or ("-A",)
    fetch(session, f"CALL dolt_add({', '.join(['%s'] * len(names))})", names)


def changed_tables(session: Session[Any]) -> list[str]:
    """Return the tables with uncommitted rows or an uncommitted definition, by name."""
    return [str(row["table_name"]) for row in fetch(session, _CHANGED)]


def refuse_uncommitted(branch: str, tables: Sequence[str]) -> None:
    """Raise Conflict if *tables*, those with uncommitted rows, names any."""
    if tables:
        raise Conflict(
            f"Branch {branch} holds uncommitted rows in {', '.join(tables)}, which another program"
            " left there.",
            hint="wl doctor --fix",
            branch=branch,
            tables=list(tables),
        )


def read_commit(row: dict[str, Value]) -> Commit:
    """Return the commit that a row of ``dolt_log`` describes."""
    email = str(row["email"] or "")
    return Commit(
        hash=str(row["commit_hash"]),
        author=str(row["committer"]),
        email="" if email == _NO_EMAIL else email,
        at=read_date(row["date"]),
        message=str(row["message"]),
    )


def read_date(text: Value) -> datetime:
    """Return the time that the server gave as text."""
    return datetime.fromisoformat(str(text)).replace(tzinfo=UTC)


def _author(name: str, email: str) -> str:
    clean = [_NOT_IN_AUTHOR.sub(" ", text).strip() for text in (name, email)]
    return f"{clean[0] or 'unknown'} <{clean[1] or _NO_EMAIL}>"


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
