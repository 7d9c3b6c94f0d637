"""Pull requests whose branch lives on another remote: bringing that branch here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from ...engines.base import Engine
from ...engines.refusals import check_name
from ...protocol.errors import NotFound
from .addresses import check_address

_DIGITS: Final = 16


def remote_branch(url: str, branch: str) -> str:
    """Return what the branch of a remote is called here."""
    return f"remote/{_digest(url)}/{check_name(branch)}"


def fetch_head(engine: Engine, url: str, branch: str, allow: Sequence[str]) -> str:
    """
    Bring a branch of the remote at *url* here, under its ``remote_branch`` name; return its commit.

    Nothing of it is kept but that branch, nor is the URL, which may hold a token. What the remote
    sends is as big as its operator, whom ours has allowed, makes it. One caller at a time for each
    repository: ask under the host's ``turn``.

    Args:
        engine: Of the repository that is asked to take the branch.
        allow: What the operator allows to fetch from; see ``check_address``.
    Raises:
        Forbidden: The operator has not allowed that remote.
        Invalid: The URL or the name of the branch is malformed.
        NotFound: The remote has no such branch.
        Unavailable: It cannot be reached.
    """
    here = remote_branch(url, branch)
    check_address(url, allow)
    remote = f"head-{_digest(url)}"
    engine.add_remote(remote, url)
    try:
        engine.fetch(remote, branch)
        commit = _fetched(engine, remote, branch)
        if here in {found.name for found in engine.branches(here)}:
            engine.move_branch(here, commit)
        else:
            engine.create_branch(here, commit)
    finally:
        engine.remove_remote(remote)
    return commit


def _fetched(engine: Engine, remote: str, branch: str) -> str:
    for found in engine.remote_branches(remote, branch):
        if found.name == branch:
            return found.head
    raise NotFound(f"The remote has no branch {branch} .", ref=branch)


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:_DIGITS]
