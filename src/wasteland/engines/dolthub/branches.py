"""
Branches of a hosted database: found, made and deleted, and seen to be so.

A host may answer from a replica that lags behind. So what was done is waited for until reads show
it; only then may anything be decided by what they show.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from ...protocol.errors import Conflict, NotFound, Unavailable
from ..base import MAIN, Branch
from .database import Database
from .literals import literal, render
from .paging import in_order

_ALL: Final = "SELECT name, hash FROM dolt_branches"
_DELETE: Final = "CALL DOLT_BRANCH('-D', :name)"
_SENDINGS: Final = 4


def beginning(database: Database, prefix: str = "") -> list[Branch]:
    """Return the branches whose name begins with *prefix*, by name."""
    begins = f" WHERE SUBSTRING(name, 1, {len(prefix)}) = {literal(prefix)}" if prefix else ""
    pages = in_order(database, f"{_ALL}{begins} ORDER BY name", MAIN)
    found = [Branch(str(row["name"]), str(row["hash"])) for page in pages for row in page]
    return sorted(found, key=lambda branch: branch.name)


def head_of(database: Database, name: str) -> str:
    """
    Return the commit that branch *name* is at.

    Raises:
        NotFound: There is no such branch.
    """
    sql = f"{_ALL} WHERE name = {literal(name)}"
    rows = database.read(sql, MAIN).rows
    if not rows:
        raise NotFound(f"There is no branch {name} .", hint="wl status", ref=name)
    return str(rows[0]["hash"])


def create(database: Database, name: str, commit: str) -> None:
    """
    Make branch *name* at *commit*.

    Raises:
        Conflict: There is one. On a host that does not know a repeated request again, one that is
            at *commit* counts as made: it may have been made by this very request.
        Unavailable: It is not known whether it was made (``facts["unsure"]``).
    """
    for sending in range(_SENDINGS):
        try:
            database.create_branch(name, commit)
        except Conflict:
            if database.http.is_hub or not is_at(database, name, commit):
                raise
        except Unavailable as error:
            is_last = sending == _SENDINGS - 1
            if not error.facts.get("unsure") or (is_last and not is_at(database, name, commit)):
                raise
            if not is_at(database, name, commit):
                continue
        wait_until_at(database, name, commit)
        return


def delete(database: Database, name: str) -> None:
    """
    Delete branch *name*; a missing one is no error.

    Raises:
        Unsupported: The host deletes no branches.
    """
    if _is_gone(database, name):
        return
    with suppress(NotFound):  # asked twice
        sql = render(_DELETE, {"name": name})
        database.write(sql, base=MAIN, branch=MAIN, repeatable=True)
    database.http.wait_for(lambda: _is_gone(database, name) or None, f"deleting {name}")


def wait_until_at(database: Database, name: str, commit: str) -> None:
    """Return once reads show branch *name* at *commit*; a hub of ours has no replicas."""
    if not database.http.is_hub:
        database.http.wait_for(lambda: is_at(database, name, commit) or None, f"branch {name}")


def is_at(database: Database, name: str, commit: str) -> bool:
    """Return whether branch *name* is there, and at *commit*."""
    try:
        return head_of(database, name) == commit
    except NotFound:
        return False


def _is_gone(database: Database, name: str) -> bool:
    try:
        return not head_of(database, name)
    except NotFound:
        return True
