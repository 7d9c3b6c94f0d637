"""Other copies of the database: ``file://`` and ``http(s)://`` remotes."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from ...protocol.errors import NotFound, Unavailable
from ..base import MAIN, Remote
from ..refusals import check_name
from .origins import can_be_read
from .refs import commit_of
from .session import Session

_LIST: Final = "SELECT name, url FROM dolt_remotes ORDER BY name"
_ADD: Final = "SELECT dolt_remote('add', :name, :url)"
_REMOVE: Final = "SELECT dolt_remote('remove', :name)"
_FETCH_ONE: Final = "SELECT dolt_fetch(:remote, :branch)"
_FETCH_ALL: Final = "SELECT dolt_fetch('--prune', :remote)"
_PUSH: Final = "SELECT dolt_push(:remote, :branch)"
_FORCE_PUSH: Final = "SELECT dolt_push(:remote, :branch, '--force')"


def list_remotes(session: Session) -> list[Remote]:
    """Return the remotes by name."""
    return [Remote(str(name), str(url)) for name, url in session.table(_LIST)[1]]


def add(session: Session, name: str, url: str) -> None:
    """Add a remote; one with another URL is replaced, and its fetched branches are forgotten."""
    check_name(name)
    known = {remote.name: remote.url for remote in list_remotes(session)}
    if known.get(name) == url:
        return
    if name in known:
        remove(session, name)
    session.run(_ADD, {"name": name, "url": url})


def remove(session: Session, name: str) -> None:
    """Remove a remote if it exists."""
    with suppress(NotFound):
        session.run(_REMOVE, {"name": check_name(name)})


def fetch(session: Session, remote: str, branch: str | None) -> None:
    """Fetch one branch, or all of them and drop what is gone there."""
    _need_file(session, check_name(remote))
    # The library's fetch does not look whether other connections gave the remote another URL
    # meanwhile; asking for a commit does.
    commit_of(session, MAIN)
    if branch is None:
        session.run(_FETCH_ALL, {"remote": remote})
    else:
        session.run(_FETCH_ONE, {"remote": remote, "branch": check_name(branch)})


def push(session: Session, remote: str, branch: str, *, force: bool) -> None:
    """Push a branch to the branch of the same name."""
    _need_file(session, check_name(remote), may_be_made=True)
    # The library's push does not look for branches that other connections made meanwhile; asking
    # for the branch's commit does.
    commit_of(session, branch)
    sql = _FORCE_PUSH if force else _PUSH
    session.run(sql, {"remote": remote, "branch": check_name(branch)})


def delete_branch(session: Session, remote: str, branch: str) -> None:
    """Delete a branch of the remote if it is there."""
    _need_file(session, check_name(remote))
    with suppress(NotFound):
        session.run(_PUSH, {"remote": remote, "branch": f":{check_name(branch)}"})


def _need_file(session: Session, remote: str, *, may_be_made: bool = False) -> None:
    """Raise Unavailable where a remote's file is gone; the library calls it like a busy one."""
    for known in list_remotes(session):
        if known.name == remote and not can_be_read(known.url, may_be_made=may_be_made):
            raise Unavailable(f"There is no database at {known.url} .", hint="wl doctor")
