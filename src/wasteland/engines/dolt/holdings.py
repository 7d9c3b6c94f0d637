"""
Which host has which database on a server that several hosts use.

Somebody else's server may serve more than one host, and a database's name follows from the name of
its repository alone. So each host notes what it has, in a database for that and nothing else: what
it has not noted is another's, and is neither opened nor dropped by it.
"""

from __future__ import annotations

from typing import Any, Final

from ...protocol.errors import Conflict, NotFound
from .connections import fetch, run
from .errors import translated
from .signing_in import Session

DATABASE: Final = "wl_hosts"
"""Holds the notes; no repository's database is called so, as theirs have two underscores."""

_COLUMNS: Final = "name VARCHAR(64) PRIMARY KEY, host CHAR(32) NOT NULL"
_MAKE: Final = (
    f"CREATE DATABASE IF NOT EXISTS {DATABASE}",
    f"CREATE TABLE IF NOT EXISTS {DATABASE}.holdings ({_COLUMNS})",
)
_HOLD: Final = f"INSERT INTO {DATABASE}.holdings (name, host) VALUES (%s, %s)"
_HOLDER: Final = f"SELECT host FROM {DATABASE}.holdings WHERE name = %s"
_LET_GO: Final = f"DELETE FROM {DATABASE}.holdings WHERE name = %s AND host = %s"


def hold(session: Session[Any], name: str, host: str) -> None:
    """
    Note that *host* has the database *name*; once more is no error.

    Raises:
        Conflict: Another host has it.
    """
    with translated():
        for statement in _MAKE:
            run(session, statement)
    try:
        with translated():
            fetch(session, _HOLD, (name, host))
    except Conflict as error:
        if holder(session, name) != host:
            raise Conflict(
                f"The database {name} belongs to another host that uses this Dolt server.",
                hint="choose another name",
                database=name,
            ) from error


def holder(session: Session[Any], name: str) -> str:
    """Return the host that has the database *name*; "" for none."""
    try:
        with translated():
            rows = fetch(session, _HOLDER, (name,))
    except NotFound:  # nobody has noted anything yet
        return ""
    return str(rows[0]["host"]) if rows else ""


def let_go(session: Session[Any], name: str, host: str) -> None:
    """Note that *host* has the database *name* no more."""
    with translated():
        fetch(session, _LET_GO, (name, host))
