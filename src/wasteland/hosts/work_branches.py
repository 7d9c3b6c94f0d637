"""
Work branches as pull requests: how they are read on a remote that knows branches only.

``wl/<rig>/<item>`` is a rig's work on an item, ``wl/register/<rig>`` its registration. The newest
commit says the rest.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ..engines.base import Branch, Commit
from ..protocol.names import read_branch
from .base import PullRequest, PullState, RepoName

WORK: Final = "wl/"


def as_pull(repo: RepoName, branch: Branch, newest: Commit) -> PullRequest:
    """Return the pull request that *branch*, whose newest commit is given, stands for."""
    title, _, body = newest.message.partition("\n")
    return _pull(repo, branch, title, body.strip(), newest.at)


def ended_pull(repo: RepoName, name: str, at: datetime) -> PullRequest:
    """Return what can be told of a branch that is gone: its name, and no head."""
    return _pull(repo, Branch(name, ""), "", "", at)


def _pull(repo: RepoName, branch: Branch, title: str, body: str, at: datetime) -> PullRequest:
    return PullRequest(
        id=branch.name,
        repo=repo,
        title=title,
        body=body,
        author=read_branch(branch.name)[0],
        source=repo,
        branch=branch.name,
        head=branch.head,
        state=PullState.OPEN,
        created_at=at,
        updated_at=at,
    )
