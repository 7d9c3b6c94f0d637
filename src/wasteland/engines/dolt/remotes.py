"""Other copies of the database: ``file://`` and ``http(s)://`` remotes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from ...protocol.errors import NotFound
from ..base import Remote
from ..refusals import check_name
from .connections import fetch as ask
from .errors import translated
from .signing_in import Session

_LIST: Final = "SELECT name, url FROM dolt_remotes ORDER BY name"
_ADD: Final = "CALL dolt_remote('add', %s, %s)"
_REMOVE: Final = "CALL dolt_remote('remove', %s)"
_FETCH_ONE: Final = "CALL dolt_fetch(%s, %s)"
_FETCH_ALL: Final = "CALL dolt_fetch('--prune', %s)"
_PUSH: Final = "CALL dolt_push(%s, %s)"
_FORCE_PUSH: Final = "CALL dolt_push('--force', %s, %s)"


def list_remotes(session: Session[Any]) -> list[Remote]:
    """Return the remotes by name."""
    return [Remote(str(row["name"]), str(row["url"])) for row in ask(session, _LIST)]


def add(session: Session[Any], name: str, url: str) -> None:
    """Add a remote; one with another URL is replaced, and its fetched branches are forgotten."""
    check_name(name)
    known = {remote.name: remote.url for remote in list_remotes(session)}
    if known.get(name) == url:
        return
    if name in known:
        remove(session, name)
    ask(session, _ADD, (name, url))


def remove(session: Session[Any], name: str) -> None:
    """Remove a remote if it exists."""
    with suppress(NotFound), translated():
        ask(session, _REMOVE, (check_name(name),))


def fetch(session: Session[Any], remote: str, branch: str | None) -> None:
    """Fetch one branch, or all of them and drop what is gone there."""
    check_name(remote)
    if branch is None:
        ask(session, _FETCH_ALL, (remote,))
    else:
        ask(session, _FETCH_ONE, (remote, check_name(branch)))


def push(session: Session[Any], remote: str, branch: str, *, force: bool) -> None:
    """Push a branch to the branch of the same name."""
    sql = _FORCE_PUSH if force else _PUSH
    ask(session, sql, (check_name(remote), check_name(branch)))


def delete_branch(session: Session[Any], remote: str, branch: str) -> None:
    """Delete a branch of the remote if it is there."""
    # The engine deletes only what it has fetched.
    with suppress(NotFound), translated():
        fetch(session, remote, branch)
        ask(session, _PUSH, (remote, f":{branch}"))
